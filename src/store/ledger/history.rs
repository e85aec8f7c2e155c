//! Commits read for what they say of dreams, each once. Refuses to believe anything but parents and messages.

use crate::model::{DreamId, ObjectId};
use crate::store::dream::{Decided, Dream, Standing};
use crate::store::message::{Fact, read};
use crate::store::{ChangeRecord, Commit, ReadError, Review, Signature, Store};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Adds the changes of another source that the first ones lack.
fn add_missing(changes: &mut Vec<ChangeRecord>, more: Vec<ChangeRecord>) {
    let known = changes.len();
    for change in more {
        if !changes[..known].iter().any(|known| known.same(&change)) {
            changes.push(change);
        }
    }
}

/// What is kept of a commit after it was read.
pub(super) struct Node {
    pub id: ObjectId,
    pub parents: Vec<ObjectId>,
    pub author: Signature,
    pub committer: Signature,
    pub fact: Option<Fact>,
    pub in_memory: bool,
}

/// History in topological order, children first.
#[derive(Default)]
pub(super) struct History {
    pub nodes: Vec<Node>,
    pub places: HashMap<ObjectId, usize>,
    /// Commits of the memory branch, as places in `nodes`, newest first.
    pub memory: Vec<usize>,
}

impl Store {
    /// All history behind these commits.
    pub(super) fn history(&self, memory: Option<ObjectId>, tips: &[ObjectId]) -> Result<History, ReadError> {
        let mut history = History::default();
        let mut in_memory: HashSet<ObjectId> = memory.into_iter().collect();
        for id in self.walk(tips, &[], false)? {
            let id = id?;
            let node = Node::read(self.commit(id)?, in_memory.remove(&id));
            if node.in_memory {
                in_memory.extend(&node.parents);
            }
            history.push(node);
        }
        Ok(history)
    }

    /// What memory gained since a commit of it; nothing when it has gained more than this.
    pub(super) fn gained(&self, memory: ObjectId, since: ObjectId, most: usize) -> Result<Option<History>, ReadError> {
        let mut history = History::default();
        for id in self.walk(&[memory], &[since], false)? {
            if history.nodes.len() == most {
                return Ok(None);
            }
            history.push(Node::read(self.commit(id?)?, true));
        }
        Ok(Some(history))
    }

    /// The commits of one dream behind a tip, down to where the dream began.
    pub(super) fn dream_history(
        &self,
        tip: ObjectId,
        dream: &DreamId,
        memory: Option<ObjectId>,
    ) -> Result<History, ReadError> {
        let mut history = History::default();
        let mut next = Some(tip);
        while let Some(id) = next {
            let mut node = Node::read(self.commit(id)?, false);
            next = node.parents.first().copied();
            match &node.fact {
                Some(Fact::Change(id, _)) if id == dream => {}
                Some(Fact::Change(..) | Fact::Review(..) | Fact::Approval { .. }) => next = None,
                _ => {
                    node.in_memory = memory.map_or(Ok(false), |memory| self.is_ancestor(id, memory))?;
                    next = next.filter(|_| !node.in_memory);
                }
            }
            history.push(node);
        }
        Ok(history)
    }
}

impl Node {
    fn read(commit: Commit, in_memory: bool) -> Self {
        let fact = read(&commit);
        let Commit { id, parents, author, committer, .. } = commit;
        Self { id, parents, author, committer, fact, in_memory }
    }
}

impl History {
    fn push(&mut self, node: Node) {
        let place = self.nodes.len();
        self.places.insert(node.id, place);
        self.memory.extend(node.in_memory.then_some(place));
        self.nodes.push(node);
    }

    /// Adds what another history has more.
    pub fn add(&mut self, other: History) {
        for node in other.nodes {
            if !self.places.contains_key(&node.id) {
                self.push(node);
            }
        }
    }

    /// Whether a commit here may change what older ones mean.
    pub fn takes_back(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.fact, Some(Fact::Undo(_) | Fact::Restore { .. })))
    }

    /// The dreams that these of its commits name.
    pub fn named(&self, which: impl Fn(&Node) -> bool) -> BTreeSet<DreamId> {
        let mut named = BTreeSet::new();
        for fact in self.nodes.iter().filter(|node| which(node)).filter_map(|node| node.fact.as_ref()) {
            let mut one = |fact: &Fact| match fact {
                Fact::Review(dream, _) | Fact::Change(dream, _) => drop(named.insert(dream.clone())),
                Fact::Approval { dream, .. } | Fact::Revert { dream, .. } => drop(named.insert(dream.clone())),
                Fact::Squash { dreams, .. } => named.extend(dreams.iter().cloned()),
                Fact::Rejection { .. } | Fact::Restore { .. } | Fact::Undo(_) => {}
            };
            one(fact);
            if let Fact::Squash { parts, .. } = fact {
                parts.iter().for_each(one);
            }
        }
        named
    }

    pub fn node(&self, id: ObjectId) -> Option<&Node> {
        self.places.get(&id).map(|place| &self.nodes[*place])
    }

    /// What the dream's own refs say: its review and its changes in the order of the branch. These come before what
    /// landed, because a squash or a partial approval shows less.
    pub fn add_proposal(&self, dream: &mut Dream) {
        let own = [dream.open, dream.closed].into_iter().flatten().map(|tip| self.branch(tip, &dream.id));
        let mut changes = Vec::new();
        for (review, found) in own {
            dream.review = review.or(dream.review.take());
            add_missing(&mut changes, found);
        }
        add_missing(&mut changes, std::mem::take(&mut dream.changes));
        dream.changes = changes;
    }

    /// The commits of one dream behind a tip, oldest first. Stops at the first commit of something else that is no
    /// merge and no edit on top of the dream: what lies below is not the dream's.
    fn branch(&self, tip: ObjectId, dream: &DreamId) -> (Option<Review>, Vec<ChangeRecord>) {
        let (mut review, mut changes, mut at) = (None, Vec::new(), self.node(tip));
        while let Some(node) = at {
            match &node.fact {
                Some(Fact::Change(id, change)) if id == dream => changes.push((**change).clone()),
                Some(Fact::Review(id, found)) if id == dream => {
                    review = Some((**found).clone());
                    break;
                }
                Some(Fact::Change(..) | Fact::Review(..) | Fact::Approval { .. }) => break,
                _ if node.in_memory => break,
                _ => {}
            }
            at = node.parents.first().and_then(|parent| self.node(*parent));
        }
        changes.reverse();
        (review, changes)
    }

    /// A dream that never landed is rejected when its tip was put away.
    pub fn close(&self, dream: &mut Dream) {
        // One commit that somebody picked from an open dream decides nothing about the rest.
        let picked = dream.open.is_some() && dream.closed.is_none() && dream.dropped.is_empty();
        let part = dream.changes.iter().any(|change| !dream.landed.contains_key(&change.key));
        if dream.standing == Standing::Approved && picked && part {
            dream.standing = Standing::Open;
            dream.decided = None;
        }
        let (Standing::Open, Some(tip)) = (dream.standing, dream.closed) else { return };
        dream.standing = Standing::Rejected;
        let Some(node) = self.node(tip) else { return };
        match &node.fact {
            Some(Fact::Rejection { dream: id, by, reason }) if *id == dream.id => {
                dream.decided = Some(Decided::new(by.as_deref(), &node.committer, node.id));
                dream.reject_reason = reason.as_deref().map(crate::text::Scrubbed::block);
            }
            _ => dream.decided = Some(Decided::new(None, &node.committer, node.id)),
        }
    }
}
