//! The merge driver in a repository's own, unshared settings: which program merges notes, and which files are notes.
//! Tracked files are never touched, and a driver of that name that somebody set is left as it is.

use super::{GitError, Store};
use std::fs;
use std::io;
use std::path::PathBuf;

const DRIVER: &str = "merge.dream.driver";

#[derive(Debug, thiserror::Error)]
pub enum MergeConfigError {
    #[error("set up the merge driver")]
    Git(#[from] GitError),
    #[error("read or write {}", .path.display())]
    File { path: PathBuf, source: io::Error },
}

impl Store {
    /// Lets plain git merge the notes of these folders by `program`, a command for a shell; gives whether anything
    /// was missing.
    pub fn install_merge_driver(&self, program: &str, folders: &[String]) -> Result<bool, MergeConfigError> {
        let missing = self.config(DRIVER).is_none();
        if missing {
            let driver = format!("{program} merge-driver %O %A %B %P --marker-size %L");
            self.git().check(&["config", "merge.dream.name", "belief by belief"])?;
            self.git().check(&["config", DRIVER, &driver])?;
        }
        let (path, text) = self.attributes()?;
        let lines: Vec<String> = folders.iter().map(|folder| line(folder)).collect();
        let new: String = lines
            .iter()
            .filter(|line| !text.lines().any(|other| other == *line))
            .map(|line| format!("{line}\n"))
            .collect();
        if !new.is_empty() {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            self.write_attributes(path, &format!("{text}{gap}{new}"))?;
        }
        Ok(missing || !new.is_empty())
    }

    /// Takes away what [`Store::install_merge_driver`] put there; gives whether there was anything.
    pub fn uninstall_merge_driver(&self) -> Result<bool, MergeConfigError> {
        let ours = |driver: &String| driver.contains(" merge-driver %O");
        let there = self.config(DRIVER).filter(ours).is_some();
        if there {
            self.git().check(&["config", "--remove-section", "merge.dream"])?;
        }
        let (path, text) = self.attributes()?;
        let kept: String = text.split_inclusive('\n').filter(|line| !line.trim_end().ends_with(ATTRIBUTE)).collect();
        if kept != text {
            self.write_attributes(path, &kept)?;
        }
        Ok(there || kept != text)
    }

    fn attributes(&self) -> Result<(PathBuf, String), MergeConfigError> {
        let path = self.common_dir().join("info/attributes");
        match fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((path, String::new())),
            Err(source) => Err(MergeConfigError::File { path, source }),
        }
    }

    fn write_attributes(&self, path: PathBuf, text: &str) -> Result<(), MergeConfigError> {
        let folder = path.parent().expect("a file stands in a folder");
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        written.map_err(|source| MergeConfigError::File { path, source })
    }
}

const ATTRIBUTE: &str = " merge=dream";

/// gitattributes(5): a pattern with white space or quotes is written in quotes, as in C.
fn line(folder: &str) -> String {
    let folder = folder.trim_end_matches('/');
    let pattern = if folder == "." { "*.md".to_owned() } else { format!("/{folder}/**/*.md") };
    let escaped = pattern.replace('\\', "\\\\").replace('"', "\\\"");
    let plain = !pattern.contains([' ', '\t', '"', '\\']);
    format!("{}{ATTRIBUTE}", if plain { pattern } else { format!("\"{escaped}\"") })
}
