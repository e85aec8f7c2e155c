//! The advisory lock: one writer of refs at a time, first come first served, instead of compare-and-swap races. The
//! kernel frees it when its holder dies. What the holder is about to lock in git is noted in it, so that the next
//! holder knows which of git's lock files a killed one left behind.

use super::queue::Ticket;
use super::{RefError, RefUpdate, Store};
use crate::model::ObjectId;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

pub(super) const PATIENCE: Duration = Duration::from_secs(10);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Held as long as it lives.
#[derive(Debug)]
pub struct StoreLock {
    file: File,
    /// Lock files of git that the last holder was making when it died.
    left_behind: Vec<String>,
    /// Moves of refs that the last holder had begun when it died.
    begun: Vec<RefUpdate>,
    /// Dropped last: the lock is free when the next in line goes on.
    _ticket: Option<Ticket>,
}

impl Store {
    /// The lock of a scheduled night, freed by the kernel when its holder dies; nothing when another night of this
    /// repository is being dreamt on this machine.
    pub fn night_lock(&self) -> Result<Option<File>, RefError> {
        let (file, path) = self.lock_file("night.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(RefError::Lock { path, source }),
        }
    }

    /// Held by who rewrites packs: what one has read, another must not remove meanwhile. Nothing when somebody else has
    /// it and is not to be waited for.
    pub(super) fn packs_lock(&self, wait_for_it: bool) -> Result<Option<File>, RefError> {
        let (file, path) = self.lock_file("packs.lock")?;
        if wait_for_it {
            wait(&file, &path)?;
            return Ok(Some(file));
        }
        Ok(file.try_lock().is_ok().then_some(file))
    }

    /// Waits for the lock of this repository: up to ten seconds for whoever holds it, and where others wait already, as
    /// long again to be the next.
    pub fn lock(&self) -> Result<StoreLock, RefError> {
        let (mut file, path) = self.lock_file("lock")?;
        let ticket = match self.is_line() || file.try_lock().is_err() {
            true => Some(self.stand_in_line()?),
            false => None,
        };
        if ticket.is_some() {
            wait(&file, &path)?;
        }
        let (left_behind, begun) = read_note(&mut file).map_err(|source| RefError::Lock { path, source })?;
        Ok(StoreLock { file, left_behind, begun, _ticket: ticket })
    }

    /// The lock, where nobody has it.
    fn lock_if_free(&self) -> Option<StoreLock> {
        let (mut file, _) = self.lock_file("lock").ok()?;
        file.try_lock().ok()?;
        let (left_behind, begun) = read_note(&mut file).ok()?;
        Some(StoreLock { file, left_behind, begun, _ticket: None })
    }

    fn lock_file(&self, name: &str) -> Result<(File, PathBuf), RefError> {
        let folder = self.common_dir().join("dream");
        let path = folder.join(name);
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        match fs::create_dir_all(&folder).and_then(|()| open()) {
            Ok(file) => Ok((file, path)),
            Err(source) => Err(RefError::Lock { path, source }),
        }
    }

    /// Ends what a killed command had begun: git moves the refs of one transaction one after the other. To be called
    /// before anything is read; costs a look at one file when there is nothing to do.
    pub fn recover(&self) {
        let path = self.common_dir().join("dream/lock");
        if fs::metadata(path).is_ok_and(|file| file.len() > 0) {
            // Where this may not write, or somebody alive is at work, whoever writes next does it.
            let lock = self.lock_if_free();
            let _ = lock.map(|mut lock| self.finish_begun(&mut lock));
        }
    }
}

impl StoreLock {
    /// Notes which refs are about to be moved, and which of git's lock files are about to be made for that, relative to
    /// the common folder.
    pub(super) fn note(&mut self, updates: &[RefUpdate], locks: &[String]) -> io::Result<()> {
        let mut text: String = locks.iter().chain(&self.left_behind).map(|path| format!("{path}\n")).collect();
        updates.iter().for_each(|update| text.push_str(&line(update)));
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text.as_bytes())
    }

    /// No git of ours is at work any more; what a dead one left and could not be cleared or ended stays noted.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        match self.left_behind.is_empty() && self.begun.is_empty() {
            true => self.file.set_len(0),
            false => self.note(&self.begun.clone(), &[]),
        }
    }

    /// What is left of a git that was killed while we hold the lock, as if a holder had died with it.
    pub(super) fn inherit(&mut self, updates: &[RefUpdate], locks: &[String]) {
        self.left_behind.extend_from_slice(locks);
        self.begun = updates.to_vec();
    }

    /// git's lock files that the last holder noted and was killed before it could forget.
    pub(super) fn left_behind(&mut self) -> &mut Vec<String> {
        &mut self.left_behind
    }

    /// Moves of refs that the last holder noted and was killed before it could forget.
    pub(super) fn begun(&mut self) -> &mut Vec<RefUpdate> {
        &mut self.begun
    }
}

pub(super) fn wait(file: &File, path: &std::path::Path) -> Result<(), RefError> {
    let wrap = |source| RefError::Lock { path: PathBuf::from(path), source };
    match file.try_lock() {
        Ok(()) => return Ok(()),
        Err(TryLockError::Error(source)) => return Err(wrap(source)),
        Err(TryLockError::WouldBlock) => {}
    }
    // The kernel lets those who wait go on in the order in which they came, which nobody who asks again and again does. It
    // knows no deadline, so a thread waits; one that is given up on frees what it gets with its own end. The thread takes
    // no memory of its own: making it ready to would cost more than the wait.
    let same = file.try_clone().map_err(wrap)?;
    let told = Arc::new((Mutex::new(None), Condvar::new()));
    let tell = Arc::clone(&told);
    let waiting = move || {
        let locked = loop {
            match same.lock() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let (answer, ready) = &*tell;
        *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(locked);
        ready.notify_one();
    };
    std::thread::Builder::new().name("lock".to_owned()).spawn(waiting).map_err(wrap)?;
    let (answer, ready) = &*told;
    let answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = ready.wait_timeout_while(answer, PATIENCE, |answer| answer.is_none());
    match waited.unwrap_or_else(PoisonError::into_inner).0.take() {
        Some(locked) => locked.map_err(wrap),
        None => Err(RefError::Locked { path: PathBuf::from(path) }),
    }
}

/// `ref <name> <old id> <new id>`, zeros for none.
fn line(update: &RefUpdate) -> String {
    let id = |id: Option<ObjectId>| id.unwrap_or(ObjectId::ZERO);
    format!("ref {} {} {}\n", update.name, id(update.expected), id(update.new))
}

fn parse(line: &str) -> Option<RefUpdate> {
    let mut words = line.strip_prefix("ref refs/")?.split(' ');
    let name = format!("refs/{}", words.next()?);
    let mut id = || ObjectId::parse(words.next()?).ok().map(|id| Some(id).filter(|id| *id != ObjectId::ZERO));
    let (expected, new) = (id()?, id()?);
    Some(RefUpdate { name, expected, new, reason: "dream: what was begun is ended".to_owned() })
}

fn read_note(file: &mut File) -> io::Result<(Vec<String>, Vec<RefUpdate>)> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    // A line that a crash cut short, or that leads elsewhere, is no lock file of git.
    let safe =
        |line: &&str| line.ends_with(".lock") && !line.starts_with('/') && !line.split('/').any(|part| part == "..");
    let lines = text.lines().filter(safe).map(str::to_owned).collect();
    Ok((lines, text.lines().filter_map(parse).collect()))
}
