//! Lock files of git that nobody holds any more. A killed writer leaves `<ref>.lock` behind, and then every later write
//! fails until a person deletes it. One is cleared here only when all of this holds: the killed writer noted that it
//! was about to make it, it does not change any more, and no living process can be its owner.

use super::{RefUpdate, Store};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long a left lock file is watched before it is cleared.
const WATCH: Duration = Duration::from_millis(50);

/// The lock files that git makes for these updates, relative to the common folder: one for each ref, one for the HEAD
/// that may follow a branch, one for the packed refs.
pub fn locks_of(store: &Store, updates: &[RefUpdate]) -> Vec<String> {
    let head = store.git_dir().strip_prefix(store.common_dir()).unwrap_or(Path::new("")).join("HEAD.lock");
    let refs = updates.iter().map(|update| format!("{}.lock", update.name));
    refs.chain([head.to_string_lossy().into_owned(), "packed-refs.lock".to_owned()]).collect()
}

/// Removes what the dead left, and takes it off the list; what may be alive stays on it.
pub fn clear(store: &Store, left_behind: &mut Vec<String>) {
    let path = |lock: &String| store.common_dir().join(lock);
    left_behind.retain(|lock| path(lock).exists());
    if left_behind.is_empty() {
        return;
    }
    let before: Vec<_> = left_behind.iter().map(|lock| state(&path(lock))).collect();
    std::thread::sleep(WATCH);
    let mut before = before.into_iter();
    left_behind.retain(|lock| {
        let path = path(lock);
        let changes = before.next().flatten() != state(&path);
        changes || is_alive(store, &path) || fs::remove_file(&path).is_err()
    });
}

/// The first of these lock files that stands in the way, and whether somebody may be holding it.
pub fn in_the_way(store: &Store, locks: &[String]) -> Option<(PathBuf, bool)> {
    let path = locks.iter().map(|lock| store.common_dir().join(lock)).find(|path| path.exists())?;
    let before = state(&path);
    if is_alive(store, &path) {
        return Some((path, true));
    }
    // Its holder may have ended, and the next one begun, while we looked.
    std::thread::sleep(WATCH);
    let alive = before.is_none() || state(&path) != before || is_alive(store, &path);
    Some((path, alive))
}

/// When it was made or changed last, its size, and its number where files have one.
fn state(path: &Path) -> Option<(SystemTime, u64, u64)> {
    let file = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&file);
    #[cfg(not(unix))]
    let number = 0;
    Some((file.modified().ok()?, file.len(), number))
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
