//! Our hooks as files in the folder where git looks for hooks: put there, taken away, listed. A file that is not ours
//! to the byte is never written to and never removed.

use super::{GitError, Store};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where people commit.
    Client,
    /// Where they push to.
    Server,
}

/// The hooks that are shipped, in the order in which a commit, or a push, meets them.
const CLIENT: [(&str, &str); 3] = [
    ("pre-commit", include_str!("../../hooks/pre-commit")),
    ("commit-msg", include_str!("../../hooks/commit-msg")),
    ("post-merge", include_str!("../../hooks/post-merge")),
];
const SERVER: [(&str, &str); 1] = [("pre-receive", include_str!("../../hooks/pre-receive"))];

/// What stands where one of our hooks would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookState {
    Absent,
    Installed,
    /// Ours, but not executable: git passes it over.
    Disabled,
    /// Somebody else's (or ours, edited), and it calls git dream.
    Calling,
    /// Somebody else's.
    Foreign,
}

impl HookState {
    pub fn as_str(self) -> &'static str {
        match self {
            HookState::Absent => "absent",
            HookState::Installed => "installed",
            HookState::Disabled => "not executable",
            HookState::Calling => "called by another hook",
            HookState::Foreign => "foreign",
        }
    }
}

/// One of our hooks, in this repository.
#[derive(Debug, Clone)]
pub struct HookFile {
    pub name: &'static str,
    pub path: PathBuf,
    pub state: HookState,
    text: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum HookFileError {
    #[error("find the folder of hooks")]
    Folder(#[from] GitError),
    /// `core.hooksPath` is set for more than this repository.
    #[error("install hooks: git runs those in {} for every repository (core.hooksPath)", .0.display())]
    Shared(PathBuf),
    #[error("read the hook {}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("write the hook {}", .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("remove the hook {}", .path.display())]
    Remove { path: PathBuf, source: io::Error },
}

impl Store {
    /// Where git looks for this repository's hooks: `core.hooksPath`, else the folder that all work trees share.
    pub fn hooks_folder(&self) -> Result<PathBuf, HookFileError> {
        let output = self.git().check(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"])?;
        Ok(PathBuf::from(output.text()))
    }

    /// Our hooks, and what stands in their places.
    pub fn hook_files(&self, side: Side) -> Result<Vec<HookFile>, HookFileError> {
        let folder = self.hooks_folder()?;
        let hooks: &[(&'static str, &'static str)] = match side {
            Side::Client => &CLIENT,
            Side::Server => &SERVER,
        };
        hooks.iter().map(|(name, text)| HookFile::look(&folder, name, text)).collect()
    }

    /// The hooks that this kind of repository has, and those of the other kind that are there all the same.
    pub fn present_hooks(&self) -> Result<Vec<HookFile>, HookFileError> {
        let (own, other) = if self.is_bare() { (Side::Server, Side::Client) } else { (Side::Client, Side::Server) };
        let mut files = self.hook_files(own)?;
        files.extend(self.hook_files(other)?.into_iter().filter(|file| file.state != HookState::Absent));
        Ok(files)
    }

    /// Puts the hooks that are absent in place, and makes ours executable again; gives all as they stand then. Refuses
    /// a folder that other repositories share.
    pub fn install_hooks(&self, side: Side) -> Result<Vec<HookFile>, HookFileError> {
        let files = self.hook_files(side)?;
        let absent = |file: &HookFile| matches!(file.state, HookState::Absent | HookState::Disabled);
        if files.iter().any(absent) && self.shares_hooks()? {
            return Err(HookFileError::Shared(self.hooks_folder()?));
        }
        files.iter().filter(|file| absent(file)).try_for_each(HookFile::write)?;
        self.hook_files(side)
    }

    /// Removes the hooks that are ours to the byte; gives all as they were before.
    pub fn uninstall_hooks(&self) -> Result<Vec<HookFile>, HookFileError> {
        let files = self.present_hooks()?;
        let ours = files.iter().filter(|file| matches!(file.state, HookState::Installed | HookState::Disabled));
        for file in ours {
            let failed = |source| HookFileError::Remove { path: file.path.clone(), source };
            fs::remove_file(&file.path).map_err(failed)?;
        }
        Ok(files)
    }

    /// Whether `core.hooksPath` is set by the person or the system, not by this repository.
    fn shares_hooks(&self) -> Result<bool, HookFileError> {
        let output = self.git().run(&["config", "--show-scope", "--get", "core.hooksPath"])?;
        let text = output.text();
        let scope = text.split_whitespace().next().unwrap_or_default();
        Ok(output.success() && !matches!(scope, "local" | "worktree"))
    }
}

impl HookFile {
    fn look(folder: &Path, name: &'static str, text: &'static str) -> Result<Self, HookFileError> {
        let path = folder.join(name);
        let state = match fs::symlink_metadata(&path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                HookState::Absent
            }
            Err(source) => return Err(HookFileError::Read { path, source }),
            Ok(file) if file.is_file() => state(&path, name, text, executable(&file))?,
            Ok(_) => match state(&path, name, text, true) {
                // A link is somebody's own, wherever it leads.
                Ok(HookState::Installed | HookState::Calling) => HookState::Calling,
                _ => HookState::Foreign,
            },
        };
        Ok(Self { name, path, state, text })
    }

    /// Appears whole or not at all, and never in the place of another file.
    fn write(&self) -> Result<(), HookFileError> {
        let failed = |source| HookFileError::Write { path: self.path.clone(), source };
        if self.state == HookState::Disabled {
            return permit(&self.path).map_err(failed);
        }
        let folder = self.path.parent().expect("a hook stands in a folder");
        fs::create_dir_all(folder).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(self.text.as_bytes()).map_err(failed)?;
        permit(file.path()).map_err(failed)?;
        file.persist_noclobber(&self.path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// The line by which a foreign hook can call ours.
    pub fn call(&self) -> String {
        format!("git dream hook {} \"$@\" || exit 1", self.name)
    }
}

fn state(path: &Path, name: &str, text: &str, executable: bool) -> Result<HookState, HookFileError> {
    let found = fs::read(path).map_err(|source| HookFileError::Read { path: path.to_owned(), source })?;
    let call = format!("git dream hook {name}");
    Ok(match (found == text.as_bytes(), executable) {
        (true, true) => HookState::Installed,
        (true, false) => HookState::Disabled,
        (false, _) if memchr::memmem::find(&found, call.as_bytes()).is_some() => HookState::Calling,
        (false, _) => HookState::Foreign,
    })
}

#[cfg(unix)]
fn executable(file: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o100 != 0
}

#[cfg(unix)]
fn permit(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn permit(_: &Path) -> io::Result<()> {
    Ok(())
}
