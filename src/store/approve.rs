//! Approving a dream: a merge with `--no-ff`, three-way by entry when memory moved on; all of it or a part.

use super::decide::{Memory, listed};
use super::journal::Journal;
use super::land::Landing;
use super::message::{self, Fact};
use super::{
    Commit, DecideError, Dream, Landed, Manner, Merger, NewCommit, RefUpdate, Selection, Standing, Store, TreeMerge,
};
use crate::model::{BeliefKey, DreamId, ObjectId, Trailers, trailer};
use crate::text::Scrubbed;
use std::collections::BTreeSet;

/// What an approval did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    pub dream: DreamId,
    pub landed: Landed,
    pub dropped: BTreeSet<BeliefKey>,
}

impl Store {
    /// Merges a dream, or the selected part of it, into memory. On a conflict nothing has changed.
    pub fn approve(&self, name: &str, selection: &Selection, manner: &Manner) -> Result<Approved, DecideError> {
        self.in_turn(|journal| self.approve_now(journal, name, selection, manner))
    }

    fn approve_now(
        &self,
        journal: &mut Journal,
        name: &str,
        selection: &Selection,
        manner: &Manner,
    ) -> Result<Approved, DecideError> {
        let memory = self.memory_now()?;
        let dream = memory.ledger.find(name)?;
        let Plan { merger, tip, kept, tree, dropped } = self.plan(&memory, dream, selection)?;
        merger.finish()?;
        let Memory { branch, tip: old, tree: old_tree, .. } = &memory;
        let landing = Landing {
            branch,
            old: *old,
            old_tree: *old_tree,
            tree,
            merged: Some(kept),
            message: self.approval_message(dream, &dropped, manner)?,
            others: self.closing(dream, tip, (!dropped.is_empty()).then_some(tip))?,
            reason: format!("dream approve {}", dream.id),
        };
        let landed = self.land(journal, landing, manner)?;
        Ok(Approved { dream: dream.id.clone(), landed, dropped })
    }

    /// Whether an approval would go through as memory stands: the same errors, and nothing is written or changed.
    pub fn rehearse_approval(&self, name: &str, selection: &Selection) -> Result<(), DecideError> {
        let memory = self.memory_now()?;
        let dream = memory.ledger.find(name)?;
        self.plan(&memory, dream, selection).map(drop)
    }

    fn plan(&self, memory: &Memory, dream: &Dream, selection: &Selection) -> Result<Plan<'_>, DecideError> {
        let (verb, id) = ("approve", || dream.id.clone());
        match dream.standing {
            Standing::Open => {}
            Standing::Approved => return Err(DecideError::AlreadyApproved(id())),
            Standing::Reverted => return Err(DecideError::AlreadyReverted { verb, dream: id() }),
            Standing::Rejected => return Err(DecideError::AlreadyRejected { verb, dream: id() }),
        }
        let tip = dream.open.ok_or_else(|| DecideError::NoBranch(id()))?;
        self.holds_base(dream, memory.tip)?;
        let dropped = dream.left_out(selection)?;
        let fork = self.merge_base(memory.tip, tip)?.ok_or_else(|| DecideError::Unrelated(id()))?;
        let mut merger = Merger::new(self);
        let kept = match dropped.is_empty() {
            true => Kept { tip, tree: self.commit(tip)?.tree },
            false => self.without(&mut merger, dream, fork, tip, &dropped)?,
        };
        let tree = if fork == memory.tip {
            kept.tree
        } else {
            match merger.merge(Some(self.commit(fork)?.tree), memory.tree, kept.tree)? {
                TreeMerge::Merged(tree) => tree,
                TreeMerge::Conflict(list) => return Err(DecideError::Conflict(list)),
            }
        };
        Ok(Plan { merger, tip, kept: kept.tip, tree, dropped })
    }

    /// A memory that was rewound would get back, with the dream, what a person took out of it.
    fn holds_base(&self, dream: &Dream, tip: ObjectId) -> Result<(), DecideError> {
        let Some(base) = dream.base() else { return Ok(()) };
        // Where history is cut off, nobody can tell.
        match self.merge_base(base, tip) {
            Ok(Some(common)) if common != base => Err(DecideError::Rewound { dream: dream.id.clone(), base }),
            _ => Ok(()),
        }
    }

    fn approval_message(
        &self,
        dream: &Dream,
        dropped: &BTreeSet<BeliefKey>,
        manner: &Manner,
    ) -> Result<String, DecideError> {
        let kept = listed(dream.changes.iter().filter(|change| !dropped.contains(&change.key)));
        let mut body = vec![kept];
        if !dropped.is_empty() {
            let left = listed(dream.changes.iter().filter(|change| dropped.contains(&change.key)));
            body.push(Scrubbed::block(&format!("Left out:\n{left}")));
        }
        body.extend(manner.notes.iter().cloned());
        let mut trailers = Trailers::new();
        trailers.push("Dream-Id", dream.id.as_str()).push("Dream-Decision", "approved");
        for key in dropped {
            trailers.push("Dream-Dropped", key.as_str());
        }
        for set_aside in &manner.overrides {
            trailers.push("Dream-Override", set_aside.as_str());
        }
        trailers.push("Approved-by", self.decider()?);
        Ok(trailer::message(&Scrubbed::line(&format!("Merge dream {}", dream.id)), &body, &trailers))
    }

    /// The refs of a decided dream: its branch goes unless somebody has it checked out, `closed` is kept.
    pub(super) fn closing(
        &self,
        dream: &Dream,
        tip: ObjectId,
        closed: Option<ObjectId>,
    ) -> Result<Vec<RefUpdate>, DecideError> {
        let branch = dream.branch();
        let trees = self.work_trees().map_err(super::LandError::from)?;
        let checked_out = trees.iter().any(|tree| tree.branch.as_deref() == Some(&branch));
        let reason = format!("dream {} decided", dream.id);
        let new = checked_out.then_some(tip);
        let mut updates = Vec::new();
        if dream.open.is_some() {
            updates.push(RefUpdate { name: branch, expected: Some(tip), new, reason: reason.clone() });
        }
        if closed.is_some() {
            let name = format!("{}{}", super::dream::CLOSED, dream.id);
            updates.push(RefUpdate { name, expected: dream.closed, new: closed, reason });
        }
        Ok(updates)
    }

    /// The dream's branch made again without some of its changes: each kept commit's own edit, by entry, on top of
    /// the last. Commits before the first one that is left out stay what they are.
    fn without(
        &self,
        merger: &mut Merger<'_>,
        dream: &Dream,
        fork: ObjectId,
        tip: ObjectId,
        dropped: &BTreeSet<BeliefKey>,
    ) -> Result<Kept, DecideError> {
        let mut kept = Kept { tip: fork, tree: self.commit(fork)?.tree };
        let mut rewritten = false;
        for commit in self.own_commits(fork, tip)? {
            let change = match message::read(&commit) {
                Some(Fact::Change(id, change)) if id == dream.id => Some(change),
                _ => None,
            };
            if change.as_ref().is_some_and(|change| dropped.contains(&change.key)) {
                rewritten = true;
                continue;
            }
            if !rewritten {
                kept = Kept { tip: commit.id, tree: commit.tree };
                continue;
            }
            let parent = commit.parents.first().ok_or(DecideError::CutOff(commit.id))?;
            let tree = match merger.merge(Some(self.commit(*parent)?.tree), kept.tree, commit.tree)? {
                TreeMerge::Merged(tree) => tree,
                TreeMerge::Conflict(conflicts) => {
                    let key = change.map_or_else(|| commit.id.short(), |change| change.key.to_string());
                    let subject = Scrubbed::line(commit.subject());
                    return Err(DecideError::Depends { key, subject, conflicts });
                }
            };
            let Commit { author, committer, message, .. } = commit;
            let parents = vec![kept.tip];
            kept = Kept { tip: merger.commit(&NewCommit { tree, parents, author, committer, message })?, tree };
        }
        Ok(kept)
    }

    /// The commits of a branch since its fork point, oldest first.
    fn own_commits(&self, fork: ObjectId, tip: ObjectId) -> Result<Vec<Commit>, DecideError> {
        let commits: Result<Vec<Commit>, _> = self.walk(&[tip], &[fork], false)?.map(|id| self.commit(id?)).collect();
        let mut commits = commits?;
        commits.reverse();
        match commits.iter().find(|commit| commit.parents.len() > 1) {
            Some(merge) => Err(DecideError::HoldsMerge(merge.id)),
            None => Ok(commits),
        }
    }
}

/// An approval that fits, before anything of it is visible.
struct Plan<'s> {
    merger: Merger<'s>,
    /// Where the dream's branch stands.
    tip: ObjectId,
    /// What will be merged: the branch, or the branch made again without what is dropped.
    kept: ObjectId,
    tree: ObjectId,
    dropped: BTreeSet<BeliefKey>,
}

/// The tip of what is approved, and its tree.
#[derive(Debug, Clone, Copy)]
struct Kept {
    tip: ObjectId,
    tree: ObjectId,
}
