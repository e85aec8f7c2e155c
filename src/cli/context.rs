//! What every command is given: the surroundings, the terminal, and the repository once it is asked for.

use super::ui::Ui;
use super::Failure;
use crate::config::Environment;
use std::path::{Path, PathBuf};

/// One run of the program.
#[derive(Debug)]
pub struct Context {
    pub environment: Environment,
    pub ui: Ui,
}

impl Context {
    pub fn new(mut environment: Environment, directory: Option<PathBuf>) -> Self {
        if let Some(directory) = directory {
            environment.directory.push(directory);
        }
        let ui = Ui::new(|name| environment.variable(name).map(str::to_owned));
        Self { environment, ui }
    }

    /// Refuses a directory given by `-C` that does not exist.
    pub fn enter(&self) -> Result<(), Failure> {
        match self.environment.directory.is_dir() {
            true => Ok(()),
            false => Err(Failure::refuse(format!("'{}' is no directory", self.environment.directory.display()))),
        }
    }

    /// A path as it was typed, from the directory that the command runs in.
    pub fn path(&self, typed: &Path) -> PathBuf {
        self.environment.directory.join(typed)
    }
}
