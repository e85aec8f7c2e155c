//! Moving refs: all of one operation or none, each against the value it is expected to have, on disk when it returns.
//! git's own `update-ref` does the transaction, so that reflogs, hooks and locks are git's; but for one ref of our own
//! for which git would do no more than move it.

use super::{GitError, ReadError, Store, StoreLock, fault, stale};
use crate::model::ObjectId;
use crate::text::Scrubbed;
use std::io;
use std::path::PathBuf;

/// One ref, what it must be now (`None`: it must not exist) and what it shall be (`None`: gone).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    pub name: String,
    pub expected: Option<ObjectId>,
    pub new: Option<ObjectId>,
    /// For the reflog.
    pub reason: String,
}

#[derive(Debug, thiserror::Error)]
pub enum RefError {
    #[error("move {name}: it has moved on meanwhile")]
    Moved { name: String, expected: Option<ObjectId>, found: Option<ObjectId> },
    /// Somebody else is writing; trying again later is right.
    #[error("write: another process holds {}", .path.display())]
    Locked { path: PathBuf },
    /// A lock file that nobody seems to hold, but that may not be ours to clear.
    #[error("write: {} was left behind by another program", .path.display())]
    Stale { path: PathBuf },
    #[error("take the lock {}", .path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error("see where {name} stands")]
    Read { name: String, source: ReadError },
    /// git or one of its hooks said no.
    #[error("move refs: {0}")]
    Refused(String),
    #[error("move refs")]
    Git(#[source] GitError),
}

impl Store {
    /// Moves all of these refs or none of them.
    pub fn update_refs(&self, updates: &[RefUpdate]) -> Result<(), RefError> {
        if updates.is_empty() {
            return Ok(());
        }
        self.update_refs_under(&mut self.lock()?, updates)
    }

    /// The same, for a caller that holds the lock since before it read the expected values.
    pub fn update_refs_under(&self, lock: &mut StoreLock, updates: &[RefUpdate]) -> Result<(), RefError> {
        self.finish_begun(lock)?;
        if !lock.begun().is_empty() {
            return Err(RefError::Refused(KILLED.to_owned()));
        }
        self.expect(updates)?;
        let locks = stale::locks_of(self, updates);
        let noted = |source| RefError::Lock { path: self.common_dir().join("dream/lock"), source };
        lock.note(updates, &locks).map_err(noted)?;
        fault::point();
        let result = self.transact(lock, updates, &locks);
        fault::point();
        lock.forget().map_err(noted)?;
        result
    }

    /// Clears what a dead holder of the lock left in the way, and moves those refs that it had not come to; when it had
    /// moved none, none is moved.
    pub(super) fn finish_begun(&self, lock: &mut StoreLock) -> Result<(), RefError> {
        stale::clear(self, lock.left_behind());
        let begun = std::mem::take(lock.begun());
        let stands = |update: &RefUpdate, at: Option<ObjectId>| self.found(&update.name).is_ok_and(|found| found == at);
        let (moved, left): (Vec<_>, Vec<_>) = begun
            .iter()
            .filter(|update| update.expected != update.new)
            .cloned()
            .partition(|update| stands(update, update.new));
        if !moved.is_empty() && !left.is_empty() && left.iter().all(|update| stands(update, update.expected)) {
            // A hook or a person may have another opinion by now; then things stay as git left them.
            let ended = self.run_update(&left)?;
            // Where the git that ends it is killed as well, the next one ends it.
            if ended.is_err_and(|complaint| complaint == KILLED) && !self.stands_at_new(&left) {
                lock.inherit(&begun, &stale::locks_of(self, &begun));
            }
        }
        let noted = |source| RefError::Lock { path: self.common_dir().join("dream/lock"), source };
        lock.forget().map_err(noted)
    }

    fn transact(&self, lock: &mut StoreLock, updates: &[RefUpdate], locks: &[String]) -> Result<(), RefError> {
        if self.move_alone(updates) {
            return Ok(());
        }
        let Err(complaint) = self.run_update(updates)? else { return Ok(()) };
        // git moves ref after ref: one that failed or was killed half way is ended, as if we had died with it. One that
        // was not killed has removed its locks itself.
        lock.inherit(updates, if complaint == KILLED { locks } else { &[] });
        self.finish_begun(lock)?;
        if !lock.begun().is_empty() {
            return Err(RefError::Refused(complaint));
        }
        self.undo_some(updates)?;
        if self.stands_at_new(updates) {
            return Ok(());
        }
        self.expect(updates)?;
        match stale::in_the_way(self, locks) {
            Some((path, true)) => Err(RefError::Locked { path }),
            Some((path, false)) => Err(RefError::Stale { path }),
            // It was freed between git's last try and this look.
            None if complaint.contains(".lock': File exists") => {
                Err(RefError::Locked { path: locks[0].clone().into() })
            }
            None => Err(RefError::Refused(complaint)),
        }
    }

    /// Takes back what moved where the rest could not be moved at all.
    fn undo_some(&self, updates: &[RefUpdate]) -> Result<(), RefError> {
        let stands = |update: &RefUpdate, at: Option<ObjectId>| self.found(&update.name).is_ok_and(|found| found == at);
        let changes = updates.iter().filter(|update| update.expected != update.new);
        let (moved, left): (Vec<_>, Vec<_>) = changes.cloned().partition(|update| stands(update, update.new));
        if !moved.is_empty() && !left.is_empty() && left.iter().all(|update| stands(update, update.expected)) {
            let back = |update| {
                let RefUpdate { name, expected, new, reason } = update;
                RefUpdate { name, expected: new, new: expected, reason }
            };
            let back: Vec<RefUpdate> = moved.into_iter().map(back).collect();
            // What cannot even be put back is said by the refs themselves.
            let _ = self.run_update(&back)?;
        }
        Ok(())
    }

    /// Runs the transaction; the inner error is what git had to say.
    fn run_update(&self, updates: &[RefUpdate]) -> Result<Result<(), String>, RefError> {
        let mut git = self.git().clone();
        if self.environment.fixed_clock {
            git = git.with("GIT_COMMITTER_DATE", &format!("@{} +0000", self.environment.now.timestamp()));
        }
        // git itself waits for a held lock, with backoff, for as long as this says.
        let settings =
            ["-c", "core.fsync=reference", "-c", "core.filesRefLockTimeout=1000", "-c", "core.packedRefsTimeout=1000"];
        let reason = reason(updates);
        let args = [&settings[..], &["update-ref", "-m", &reason, "--stdin"]].concat();
        let output = git.run_with_input(&args, script(updates).as_bytes()).map_err(RefError::Git)?;
        Ok(match output.status {
            0 => Ok(()),
            -1 => Err(KILLED.to_owned()),
            _ => Err(complaint(&output.error_text())),
        })
    }

    fn expect(&self, updates: &[RefUpdate]) -> Result<(), RefError> {
        for RefUpdate { name, expected, .. } in updates {
            let found = self.found(name)?;
            if found != *expected {
                return Err(RefError::Moved { name: name.clone(), expected: *expected, found });
            }
        }
        Ok(())
    }

    /// After an error the refs decide what happened, not the message.
    fn stands_at_new(&self, updates: &[RefUpdate]) -> bool {
        let changes = updates.iter().any(|update| update.new != update.expected);
        changes && updates.iter().all(|update| self.found(&update.name).is_ok_and(|found| found == update.new))
    }

    fn found(&self, name: &str) -> Result<Option<ObjectId>, RefError> {
        self.reference(name).map_err(|source| RefError::Read { name: name.to_owned(), source })
    }
}

/// `start` and `commit` make an input that was cut short change nothing.
fn script(updates: &[RefUpdate]) -> String {
    let mut text = String::from("start\n");
    for RefUpdate { name, expected, new, .. } in updates {
        let old = expected.unwrap_or(ObjectId::ZERO);
        text.push_str(&match new {
            _ if new == expected => format!("verify {name} {old}\n"),
            Some(new) => format!("update {name} {new} {old}\n"),
            None => format!("delete {name} {old}\n"),
        });
    }
    text.push_str("prepare\ncommit\n");
    text
}

/// What is said of a git that a signal ended.
const KILLED: &str = "git was killed";

/// One transaction has one reflog message in git: the reasons that differ, in order.
fn reason(updates: &[RefUpdate]) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for update in updates {
        if !reasons.contains(&update.reason.as_str()) {
            reasons.push(&update.reason);
        }
    }
    Scrubbed::line(&reasons.join("; ")).into_string()
}

fn complaint(stderr: &str) -> String {
    let first = stderr.lines().find(|line| line.starts_with("fatal: ")).or(stderr.lines().next()).unwrap_or_default();
    Scrubbed::line(first.trim_start_matches("fatal: ")).into_string()
}
