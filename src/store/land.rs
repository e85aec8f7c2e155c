//! One decision becomes one commit on memory: work trees rehearsed, moved, hooks run, commit written, refs moved in
//! one transaction. Whatever fails, everything is put back and nothing has changed.

use super::hook::{HookError, Like, Verify, after, before};
use super::journal::{Entry, Journal};
use super::sign::{Sign, SignError};
use super::worktree::{CheckedOut, WorkTreeError, index_lock};
use super::{IdentityError, NewCommit, RefError, RefUpdate, Store, fault, stale};
use crate::model::ObjectId;
use crate::text::Scrubbed;
use std::path::Path;

/// How a decision is carried out.
#[derive(Debug, Clone)]
pub struct Manner {
    pub verify: Verify,
    pub sign: Sign,
    /// Paragraphs for the message's body, such as what the checks said.
    pub notes: Vec<Scrubbed>,
    /// Required checks that failed and were set aside, each with the reason.
    pub overrides: Vec<Scrubbed>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { verify: Verify::Yes, sign: Sign::AsConfigured, notes: Vec::new(), overrides: Vec::new() }
    }
}

/// What a decision did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    pub commit: ObjectId,
    /// What hooks said that run when all is done, and could change nothing.
    pub complaints: Vec<Scrubbed>,
}

#[derive(Debug, thiserror::Error)]
pub enum LandError {
    #[error(transparent)]
    WorkTree(#[from] WorkTreeError),
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Refs(#[from] RefError),
}

/// A commit that is to be the memory branch's next.
pub(super) struct Landing<'a> {
    pub branch: &'a str,
    pub old: ObjectId,
    pub old_tree: ObjectId,
    /// Already written.
    pub tree: ObjectId,
    /// The second parent of a merge.
    pub merged: Option<ObjectId>,
    pub message: String,
    /// Further refs that move with it.
    pub others: Vec<RefUpdate>,
    /// For the reflog.
    pub reason: String,
}

impl Store {
    pub(super) fn land(
        &self,
        journal: &mut Journal,
        landing: Landing<'_>,
        manner: &Manner,
    ) -> Result<Landed, LandError> {
        let lock = |source| RefError::Lock { path: self.common_dir().join("dream/landing"), source };
        let checked_out = CheckedOut::find(self, landing.branch, landing.old_tree, landing.tree)?;
        let entry = Entry {
            branch: landing.branch.to_owned(),
            old: landing.old_tree,
            new: landing.tree,
            paths: checked_out.paths().into_iter().map(Path::to_owned).collect(),
        };
        // So far only an index is locked: were we killed, there would be a lock to clear and nothing to put back.
        journal.note(&Entry { new: entry.old, ..entry.clone() }).map_err(lock)?;
        if let Err(error) = checked_out.prepare().map_err(LandError::from) {
            self.clear_up(&error, &entry);
            // What a killed git left and still seems to be held is left to the next decision.
            if !is_killed_git(&error) {
                journal.forget().map_err(lock)?;
            }
            return Err(self.nobodys_lock(error));
        }
        journal.note(&entry).map_err(lock)?;
        fault::point();
        let landed = self.land_prepared(&landing, &checked_out, manner);
        // File by file: a git that was at work at the same time may have committed some, or made the index forget them.
        let settled = landed.as_ref().err().is_none_or(|error| {
            self.clear_up(error, &entry);
            self.put_all_back(&entry)
        });
        fault::point();
        // What could not be put back is left to the next decision.
        if settled {
            journal.forget().map_err(lock)?;
        }
        landed.map_err(|error| self.nobodys_lock(error))
    }

    fn clear_up(&self, error: &LandError, entry: &Entry) {
        if is_killed_git(error) {
            self.clear_index_locks(entry);
        }
    }

    /// Waiting for an index whose lock nobody holds would be in vain.
    fn nobodys_lock(&self, error: LandError) -> LandError {
        let LandError::WorkTree(WorkTreeError::Locked { path }) = &error else { return error };
        let lock = index_lock(&self.git().at(path)).ok().and_then(|lock| stale::in_the_way(self, &[lock]));
        match lock {
            Some((path, false)) => RefError::Stale { path }.into(),
            _ => error,
        }
    }

    fn land_prepared(
        &self,
        landing: &Landing<'_>,
        checked_out: &CheckedOut,
        manner: &Manner,
    ) -> Result<Landed, LandError> {
        let advanced = checked_out.advance();
        fault::point();
        let like = if landing.merged.is_some() { Like::Merge } else { Like::Commit };
        let commit =
            advanced.map_err(LandError::from).and_then(|()| self.land_commit(landing, like, checked_out, manner));
        let commit = commit?;
        let git = checked_out.first().map_or_else(|| self.git().clone(), |(git, _)| git.clone());
        Ok(Landed { commit, complaints: after(&git, like).into_iter().collect() })
    }

    fn land_commit(
        &self,
        landing: &Landing<'_>,
        like: Like,
        checked_out: &CheckedOut,
        manner: &Manner,
    ) -> Result<ObjectId, LandError> {
        let (git, git_dir) = match checked_out.first() {
            Some((git, git_dir)) => (git.clone(), git_dir),
            None => (self.git().clone(), self.git_dir().to_owned()),
        };
        let message = before(&git, &git_dir, like, manner.verify, &landing.message)?;
        let commit = NewCommit {
            tree: landing.tree,
            parents: std::iter::once(landing.old).chain(landing.merged).collect(),
            author: self.author_identity()?,
            committer: self.identity()?,
            message,
        };
        let id = self.write_decision(&commit, &manner.sign)?;
        let mut updates = vec![RefUpdate {
            name: landing.branch.to_owned(),
            expected: Some(landing.old),
            new: Some(id),
            reason: landing.reason.clone(),
        }];
        updates.extend(landing.others.iter().cloned());
        self.update_refs(&updates)?;
        Ok(id)
    }
}

fn is_killed_git(error: &LandError) -> bool {
    matches!(error, LandError::WorkTree(error) if error.is_killed_git())
}
