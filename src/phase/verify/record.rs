//! What is kept of a commit after it was examined: little enough for millions of them.

use crate::model::{BeliefKey, ChangeType, DreamId, ObjectId, Phase};
use std::collections::HashMap;

/// A session as a place in the archive.
pub(super) type SessionPlace = u32;

/// Who stands for a commit on memory's own line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Approver {
    /// A trailer names a person.
    Named,
    /// Nobody is named: a plain merge or a forge's button; its author stands for it.
    Author,
    /// The message claims an approval and names nobody, or an engine.
    Missing,
    Engine,
}

#[derive(Debug, Clone)]
pub(super) struct ReviewStep {
    pub base: Option<ObjectId>,
    /// Sorted.
    pub sessions: Vec<SessionPlace>,
}

#[derive(Debug, Clone)]
pub(super) struct ChangeStep {
    pub key: BeliefKey,
    pub change: ChangeType,
    pub phase: Phase,
    /// Cited sessions that the archive has.
    pub sessions: Vec<SessionPlace>,
    /// The file that it is about, and the blob there afterwards.
    pub path: Option<String>,
    pub blob: Option<ObjectId>,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    /// No dream's: a person's edit, or a merge.
    Plain {
        edits: bool,
    },
    Review(DreamId, Box<ReviewStep>),
    Change(DreamId, Box<ChangeStep>),
    Approval(DreamId),
    Rejection,
    Revert(DreamId),
    Restore(DreamId),
    Squash(Vec<DreamId>),
}

impl What {
    /// The dream whose own branch this commit belongs to.
    pub fn of_branch(&self) -> Option<&DreamId> {
        match self {
            What::Review(dream, _) | What::Change(dream, _) => Some(dream),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub id: ObjectId,
    pub tree: ObjectId,
    pub parents: Box<[ObjectId]>,
    pub approver: Approver,
    pub what: What,
    /// Reachable from memory's tip.
    pub in_memory: bool,
}

/// Everything that was walked, in the order of the walk.
#[derive(Debug, Default)]
pub(super) struct History {
    pub nodes: Vec<Node>,
    pub places: HashMap<ObjectId, u32>,
    pub tip: Option<ObjectId>,
    /// Commits whose parents are not here because the clone is shallow.
    pub shallow: std::collections::HashSet<ObjectId>,
    /// The walk was limited by the person who asked.
    pub limited: bool,
}

impl History {
    pub fn node(&self, id: ObjectId) -> Option<&Node> {
        self.places.get(&id).map(|place| &self.nodes[*place as usize])
    }

    /// Memory's own line: the first parents from its tip on, the newest first.
    pub fn main_line(&self) -> impl Iterator<Item = &Node> {
        let first = self.tip.and_then(|tip| self.node(tip));
        std::iter::successors(first, |node| node.parents.first().and_then(|parent| self.node(*parent)))
    }

    /// A merge's side: the first parents from its second parent on, down to a commit of memory's own line.
    pub fn side<'h>(&'h self, merge: &Node, main: &'h std::collections::HashSet<ObjectId>) -> Vec<&'h Node> {
        let first = merge.parents.get(1).and_then(|parent| self.node(*parent));
        let line = std::iter::successors(first, |node| node.parents.first().and_then(|parent| self.node(*parent)));
        line.take_while(|node| !main.contains(&node.id)).collect()
    }

    /// Commits of no dream that change files, in memory.
    pub fn direct_edits(&self) -> Vec<ObjectId> {
        let edit = |node: &&Node| node.in_memory && matches!(node.what, What::Plain { edits: true });
        self.nodes.iter().filter(edit).map(|node| node.id).collect()
    }
}
