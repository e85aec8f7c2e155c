//! One decision becomes one commit on memory: work trees rehearsed, moved, hooks run, commit written, refs moved in
//! one transaction. Whatever fails, everything is put back and nothing has changed.

use super::hook::{HookError, Like, Verify, after, before};
use super::sign::{Sign, SignError};
use super::worktree::{CheckedOut, WorkTreeError};
use super::{IdentityError, NewCommit, RefError, RefUpdate, Store, fault};
use crate::model::ObjectId;
use crate::text::Scrubbed;

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
    pub(super) fn land(&self, landing: Landing<'_>, manner: &Manner) -> Result<Landed, LandError> {
        let lock = |source| RefError::Lock { path: self.common_dir().join("dream/landing"), source };
        let mut journal = self.journal()?;
        let checked_out = CheckedOut::find(self, landing.branch, landing.old_tree, landing.tree)?;
        if !checked_out.paths().is_empty() {
            journal.note(landing.branch, landing.old_tree, landing.tree, &checked_out.paths()).map_err(lock)?;
        }
        fault::point();
        let landed = self.land_prepared(&landing, &checked_out, manner);
        fault::point();
        journal.forget().map_err(lock)?;
        landed
    }

    fn land_prepared(
        &self,
        landing: &Landing<'_>,
        checked_out: &CheckedOut,
        manner: &Manner,
    ) -> Result<Landed, LandError> {
        checked_out.prepare()?;
        checked_out.advance()?;
        fault::point();
        let like = if landing.merged.is_some() { Like::Merge } else { Like::Commit };
        let commit = self.land_commit(landing, like, checked_out, manner).inspect_err(|_| checked_out.roll_back())?;
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
