//! Taking an approved dream back, or one change of it, and taking that back again. Always a new commit, always by
//! entry: what was edited since is a conflict, shown, never overwritten.

use super::decide::{Memory, listed};
use super::journal::Journal;
use super::land::Landing;
use super::{DecideError, Dream, Landed, Manner, Merger, Standing, Store, TreeMerge};
use crate::model::{BeliefKey, ObjectId, Trailers, trailer};
use crate::text::Scrubbed;

/// What is to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// One change, by its key, a prefix of it, or its number.
    Change(String),
}

impl Store {
    /// Undoes an approved dream, or one change of it, on top of memory.
    pub fn revert(
        &self,
        name: &str,
        extent: &Extent,
        reason: Option<&Scrubbed>,
        manner: &Manner,
    ) -> Result<Landed, DecideError> {
        self.in_turn(|journal| self.revert_now(journal, name, extent, reason, manner))
    }

    fn revert_now(
        &self,
        journal: &mut Journal,
        name: &str,
        extent: &Extent,
        reason: Option<&Scrubbed>,
        manner: &Manner,
    ) -> Result<Landed, DecideError> {
        let memory = self.memory_now()?;
        let dream = memory.ledger.find(name)?;
        match dream.standing {
            Standing::Approved => {}
            Standing::Reverted => {
                return Err(DecideError::AlreadyReverted { verb: "revert", dream: dream.id.clone() });
            }
            standing => return Err(DecideError::Standing { verb: "revert", dream: dream.id.clone(), standing }),
        }
        let (commits, key) = match extent {
            Extent::Whole => (dream.landings.iter().rev().copied().collect(), None),
            Extent::Change(name) => {
                let key = dream.pick(name)?.key.clone();
                (vec![reverted_commit(dream, &key)?], Some(key))
            }
        };
        let tree = self.undo(&memory, &commits)?;
        let mut trailers = Trailers::new();
        trailers.push("Dream-Revert", dream.id.as_str());
        if let Some(key) = &key {
            trailers.push("Dream-Change-Key", key.as_str());
        }
        trailers.push("Dream-Decision", "reverted").push("Reverted-by", self.decider()?);
        let subject = match &key {
            Some(key) => format!("Revert change {key} of dream {}", dream.id),
            None => format!("Revert dream {}", dream.id),
        };
        let concerned = dream.changes.iter().filter(|change| match &key {
            Some(key) => change.key == *key,
            None => dream.holds(&change.key),
        });
        let body: Vec<Scrubbed> = reason.into_iter().cloned().chain([listed(concerned)]).collect();
        let undo = Undo { memory: &memory, tree, subject: &subject, body, trailers: &trailers };
        self.land_undo(journal, undo, manner)
    }

    /// Reverts every revert of a dream that is in force, so that memory holds it again.
    pub fn restore(&self, name: &str, manner: &Manner) -> Result<Landed, DecideError> {
        self.in_turn(|journal| self.restore_now(journal, name, manner))
    }

    fn restore_now(&self, journal: &mut Journal, name: &str, manner: &Manner) -> Result<Landed, DecideError> {
        let memory = self.memory_now()?;
        let dream = memory.ledger.find(name)?;
        if dream.reverts.is_empty() {
            return Err(DecideError::NothingToRestore(dream.id.clone()));
        }
        let tree = self.undo(&memory, &dream.reverts)?;
        let mut trailers = Trailers::new();
        trailers.push("Dream-Restore", dream.id.as_str()).push("Restored-by", self.decider()?);
        let body = vec![listed(dream.changes.iter().filter(|change| dream.reverted.contains(&change.key)))];
        let subject = format!("Restore dream {}", dream.id);
        let undo = Undo { memory: &memory, tree, subject: &subject, body, trailers: &trailers };
        self.land_undo(journal, undo, manner)
    }

    /// Memory's tree with these commits undone, each against its first parent, in this order.
    fn undo(&self, memory: &Memory, commits: &[ObjectId]) -> Result<ObjectId, DecideError> {
        let mut merger = Merger::new(self);
        let mut tree = memory.tree;
        for id in commits {
            let commit = self.commit(*id)?;
            let parent = commit.parents.first().ok_or(DecideError::CutOff(*id))?;
            let before = self.commit(*parent)?.tree;
            tree = match merger.merge(Some(commit.tree), tree, before)? {
                TreeMerge::Merged(tree) => tree,
                TreeMerge::Conflict(list) => return Err(DecideError::Conflict(list)),
            };
        }
        if tree == memory.tree {
            return Err(DecideError::NothingToRevert);
        }
        merger.finish()?;
        Ok(tree)
    }

    fn land_undo(&self, journal: &mut Journal, undo: Undo<'_>, manner: &Manner) -> Result<Landed, DecideError> {
        let Undo { memory, tree, subject, mut body, trailers } = undo;
        body.extend(manner.notes.iter().cloned());
        let landing = Landing {
            branch: &memory.branch,
            old: memory.tip,
            old_tree: memory.tree,
            tree,
            merged: None,
            message: trailer::message(&Scrubbed::line(subject), &body, trailers),
            others: Vec::new(),
            reason: format!("dream: {subject}"),
        };
        Ok(self.land(journal, landing, manner)?)
    }
}

/// A commit that takes something back, and what it says.
struct Undo<'a> {
    memory: &'a Memory,
    tree: ObjectId,
    subject: &'a str,
    body: Vec<Scrubbed>,
    trailers: &'a Trailers,
}

/// The commit to undo for one change: its own in memory, or on the dream's branch where a squash brought it in.
fn reverted_commit(dream: &Dream, key: &BeliefKey) -> Result<ObjectId, DecideError> {
    if dream.reverted.contains(key) {
        return Err(DecideError::AlreadyReverted { verb: "revert", dream: dream.id.clone() });
    }
    match (dream.landed.get(key), dream.change(key)) {
        (Some(Some(commit)), _) => Ok(*commit),
        (Some(None), Some(change)) if !dream.landings.contains(&change.commit) => Ok(change.commit),
        (Some(None), _) => {
            let commit = dream.landings.last().copied().unwrap_or(ObjectId::ZERO);
            Err(DecideError::Inseparable { key: key.clone(), commit })
        }
        (None, _) => Err(DecideError::NothingToRevert),
    }
}
