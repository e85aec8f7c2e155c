//! What every command is given: the surroundings, the terminal, and the repository once it is asked for.

use super::Failure;
use super::ui::Ui;
use crate::config::{ConfigError, Environment, Key, Settings, Warning};
use crate::model::ObjectId;
use crate::store::{Ledger, Store};
use crate::text::listed;
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

/// One run of the program.
#[derive(Debug)]
pub struct Context {
    pub environment: Environment,
    pub ui: Ui,
    /// How the program was called.
    program: PathBuf,
    /// What was put together last without anything typed.
    resolved: RefCell<Option<Resolved>>,
}

/// Settings, and what they were put together of: a repository and its file.
#[derive(Debug)]
struct Resolved {
    repository: PathBuf,
    file: Option<String>,
    settings: Settings,
    warnings: Vec<Warning>,
}

impl Context {
    pub fn new(mut environment: Environment, directory: Option<PathBuf>, program: PathBuf) -> Self {
        let program = environment.directory.join(program);
        if let Some(directory) = directory {
            environment.directory.push(directory);
        }
        let ui = Ui::new(|name| environment.variable(name).map(str::to_owned));
        Self { environment, ui, program, resolved: RefCell::default() }
    }

    /// Refuses a directory given by `-C` that does not exist.
    pub fn enter(&self) -> Result<(), Failure> {
        match self.environment.directory.is_dir() {
            true => Ok(()),
            false => Err(Failure::refuse(format!("'{}' is no directory", self.environment.directory.display()))),
        }
    }

    /// The folder that the program was called from, when it was called by a path.
    pub fn program_folder(&self) -> Option<&Path> {
        self.program.is_file().then(|| self.program.parent()).flatten()
    }

    /// The program itself, for whoever is to call it again: as it was called, else found as a shell would.
    pub fn program(&self) -> Result<PathBuf, Failure> {
        if self.program.is_file() {
            return Ok(self.program.clone());
        }
        let paths = self.environment.variable("PATH").unwrap_or_default();
        let found = paths.split(':').map(|folder| Path::new(folder).join("git-dream")).find(|path| path.is_file());
        found.ok_or_else(|| Failure::refuse("git-dream is not on your PATH"))
    }

    /// What a shell types to call us: `git dream` where git finds us, else the program itself.
    pub fn command_line(&self) -> Result<String, Failure> {
        let program = self.program()?;
        let paths = self.environment.variable("PATH").unwrap_or_default();
        let found = paths.split(':').map(|folder| Path::new(folder).join("git-dream")).find(|path| path.is_file());
        let same = |path: PathBuf| path.canonicalize().ok() == program.canonicalize().ok();
        match found.is_some_and(same) {
            true => Ok("git dream".to_owned()),
            false => Ok(format!("'{}'", program.to_string_lossy().replace('\'', "'\\''"))),
        }
    }

    /// A path as it was typed, from the directory that the command runs in.
    pub fn path(&self, typed: &Path) -> PathBuf {
        self.environment.directory.join(typed)
    }

    /// The repository around the current directory; from here on the user's pager, editor and colours are known.
    ///
    /// It is never closed: the command ends with the process, and to give back what libgit2 holds takes longer than that.
    pub fn store(&self) -> Result<ManuallyDrop<Store>, Failure> {
        let store = self.discover()?;
        self.configure(&store);
        Ok(ManuallyDrop::new(store))
    }

    /// The repository, of which nothing may be printed before it is [`Context::configure`]d.
    pub fn discover(&self) -> Result<Store, Failure> {
        Ok(Store::discover_with_settings(&self.environment, &self.environment.directory)?)
    }

    pub fn configure(&self, store: &Store) {
        self.ui.configure(store);
        store.recover();
        self.know_secrets(store);
    }

    /// Scrubbing must know the user's patterns before a word is printed or written. Settings that cannot be read are
    /// complained about by whoever needs them.
    fn know_secrets(&self, store: &Store) {
        let file = store.memory_tip().ok().flatten().and_then(|tip| self.settings_file(store, tip).ok().flatten());
        if let Ok((settings, warnings)) = Settings::resolve(file.as_deref(), |key| store.config(key), &[]) {
            listed::configure(&settings.secrets_allow, &settings.secrets_extra);
            let repository = store.git_dir().to_owned();
            self.resolved.replace(Some(Resolved { repository, file, settings, warnings }));
        }
    }

    /// Both configuring and the command itself ask for the same.
    fn resolve(
        &self,
        store: &Store,
        file: Option<String>,
        flags: &[(Key, String)],
    ) -> Result<(Settings, Vec<Warning>), ConfigError> {
        match self.resolved.take() {
            Some(known) if known.repository == store.git_dir() && known.file == file && flags.is_empty() => {
                Ok((known.settings, known.warnings))
            }
            _ => Settings::resolve(file.as_deref(), |key| store.config(key), flags),
        }
    }

    /// Settings as memory holds them at its tip, under git config and what was typed. Says which have no effect.
    pub fn settings(&self, store: &Store, flags: &[(Key, String)]) -> Result<Settings, Failure> {
        let file = match store.memory_tip()? {
            Some(tip) => self.settings_file(store, tip)?,
            None => None,
        };
        let (settings, warnings) = self.resolve(store, file, flags)?;
        for warning in warnings {
            self.ui.warn(&warning.to_string());
        }
        for name in store.config_names("dream.").into_iter().filter(|name| !name.contains('.') && !Key::is_in_git(name))
        {
            let near = Key::near_name(&name).map(|near| format!("; did you mean dream.{near}?"));
            self.ui.warn(&format!("git config: unknown key dream.{name}{}", near.unwrap_or_default()));
        }
        Ok(settings)
    }

    fn settings_file(&self, store: &Store, commit: ObjectId) -> Result<Option<String>, Failure> {
        let bytes = store.settings_of(commit)?;
        let text = bytes.map(String::from_utf8).transpose();
        text.map_err(|_| {
            Failure::refuse("dream.toml is not UTF-8 text").hint("write it again; see 'git dream init --help'")
        })
    }

    /// Every dream, as seen from memory as it is now.
    pub fn ledger(&self, store: &Store) -> Result<Ledger, Failure> {
        Ok(store.ledger(store.memory_tip()?)?)
    }

    /// Keeps look-ups fast after a command that wrote. What was asked for is done: a failure is no more than a warning.
    pub fn tidy(&self, store: &Store) {
        if let Err(error) = store.tidy() {
            self.ui.warn(&format!("the packs of the repository could not be joined: {error}"));
        }
    }

    /// A time as `list` and `show` print it: UTC, to the minute.
    pub fn time(time: chrono::DateTime<chrono::Utc>) -> String {
        time.format("%Y-%m-%d %H:%M").to_string()
    }
}
