//! Lock files of git that nobody holds any more. A killed writer leaves `<ref>.lock` behind, and then every later write
//! fails until a person deletes it. One is cleared here only when all of this holds: the killed writer noted that it
//! was about to make it, it did not change while git waited for it, and no living process can be its owner.

use super::{RefUpdate, Store};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A lock file as it was before git waited for it.
pub struct Seen {
    path: PathBuf,
    reference: String,
    state: Option<(SystemTime, u64)>,
}

pub enum Verdict {
    /// No lock stands in the way: git failed for another reason.
    NoLock,
    Cleared,
    Held(PathBuf),
    Unclear(PathBuf),
}

/// The lock files that these updates need, and how they stand now.
pub fn seen(common_dir: &Path, updates: &[RefUpdate]) -> Vec<Seen> {
    let own = updates.iter().map(|update| (format!("{}.lock", update.name), update.name.clone()));
    // Deleting any ref rewrites the packed refs.
    let packed = updates.iter().filter(|update| update.new.is_none()).take(1);
    let packed = packed.map(|update| ("packed-refs.lock".to_owned(), update.name.clone()));
    own.chain(packed)
        .map(|(file, reference)| {
            let path = common_dir.join(file);
            let state = state(&path);
            Seen { path, reference, state }
        })
        .collect()
}

/// Decides about the locks that are there, and removes them when none of them can have an owner.
pub fn judge(store: &Store, seen: &[Seen], left_behind: &[String]) -> Verdict {
    let locks: Vec<&Seen> = seen.iter().filter(|lock| lock.path.exists()).collect();
    let Some(first) = locks.first() else { return Verdict::NoLock };
    for lock in &locks {
        let unchanged = lock.state.is_some() && state(&lock.path) == lock.state;
        if !unchanged || is_alive(store, &lock.path) {
            return Verdict::Held(lock.path.clone());
        }
        if !left_behind.contains(&lock.reference) {
            return Verdict::Unclear(lock.path.clone());
        }
    }
    match locks.iter().all(|lock| fs::remove_file(&lock.path).is_ok()) {
        true => Verdict::Cleared,
        false => Verdict::Unclear(first.path.clone()),
    }
}

fn state(path: &Path) -> Option<(SystemTime, u64)> {
    let file: Metadata = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

/// Whether a process has the file open, or is a git at work in this repository (git closes a lock file between
/// preparing and committing). Where the system cannot tell, everything is alive.
fn is_alive(store: &Store, lock: &Path) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    let homes: Vec<&Path> =
        [Some(store.common_dir()), Some(store.git_dir()), store.work_dir()].into_iter().flatten().collect();
    processes.flatten().any(|process| {
        let path = process.path();
        let numeric = process.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit());
        numeric && (has_open(&path, lock) || is_git_at_work(&path, &homes))
    })
}

fn has_open(process: &Path, lock: &Path) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target == lock))
}

/// `git dream` itself runs under a git that only waits for it.
fn is_git_at_work(process: &Path, homes: &[&Path]) -> bool {
    let Ok(line) = fs::read(process.join("cmdline")) else { return false };
    let mut words = line.split(|byte| *byte == 0);
    let program = words.next().unwrap_or_default();
    let is_git = program == b"git" || program.ends_with(b"/git");
    let cwd = || fs::read_link(process.join("cwd"));
    is_git
        && !words.any(|word| word == b"dream")
        && cwd().is_ok_and(|cwd| homes.iter().any(|home| cwd.starts_with(home)))
}
