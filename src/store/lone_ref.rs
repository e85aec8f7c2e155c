//! Moving one ref of our own without another process, by the protocol that git has for loose refs: `<ref>.lock` made if
//! it is not there, written, on disk, renamed. Only where git would do nothing else (no reflog, no hook, no packed
//! value, no shared modes); everything else, and every refusal, is left to git.

use super::{RefUpdate, Store, fault};
use crate::model::ObjectId;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Refs of our own, which no log and no HEAD follows.
const OWN: &str = "refs/dream/";

impl Store {
    /// Whether the move was made here. If not, nothing has happened, and git is to be asked.
    pub(super) fn move_alone(&self, updates: &[RefUpdate]) -> bool {
        let [RefUpdate { name, expected: Some(expected), new: Some(new), .. }] = updates else { return false };
        name.starts_with(OWN) && !self.git_would_do_more(name) && replace(self.common_dir(), name, *expected, *new)
    }

    fn git_would_do_more(&self, name: &str) -> bool {
        let logged = self.config("core.logallrefupdates").is_some_and(|value| value.eq_ignore_ascii_case("always"));
        let hooked = self.config("core.hookspath").is_some() || !self.config_names("hook.").is_empty();
        let shared = self.config("core.sharedrepository").is_some();
        let exists = |path: &str| self.common_dir().join(path).symlink_metadata().is_ok();
        logged || hooked || shared || exists("hooks/reference-transaction") || exists(&format!("logs/{name}"))
    }
}

/// Replaces one loose ref's value, if it has the one that is expected.
fn replace(folder: &Path, name: &str, expected: ObjectId, new: ObjectId) -> bool {
    let (path, lock) = (folder.join(name), folder.join(format!("{name}.lock")));
    // A link may lead to a ref of another name.
    if !path.symlink_metadata().is_ok_and(|file| file.is_file()) {
        return false;
    }
    let Ok(mut file) = OpenOptions::new().write(true).create_new(true).open(&lock) else { return false };
    fault::point();
    let mut moved = || -> io::Result<bool> {
        if fs::read_to_string(&path)? != format!("{expected}\n") {
            return Ok(false);
        }
        file.write_all(format!("{new}\n").as_bytes())?;
        fault::point();
        file.sync_all()?;
        fault::point();
        fs::rename(&lock, &path)?;
        Ok(true)
    };
    let moved = moved().unwrap_or_default();
    if !moved {
        // It is ours, and git must not find it in its way.
        let _ = fs::remove_file(&lock);
    }
    moved
}
