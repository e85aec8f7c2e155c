//! Reads all dreams back from history: one walk over memory and the tips of open and closed dreams, each commit read
//! once, linear in their number. Refuses to believe anything but refs, parents and messages.

use super::dream::{CLOSED, Dream, FindDreamError, OPEN, find};
use super::message::{Fact, read};
use super::standing::judge;
use super::{Commit, ReadError, Signature, Store};
use crate::model::{DreamId, ObjectId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Every dream that refs and history know of, as seen from one memory commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    pub tip: Option<ObjectId>,
    pub dreams: BTreeMap<DreamId, Dream>,
    /// The dreams that each commit of a change or of a landing belongs to.
    homes: HashMap<ObjectId, Vec<DreamId>>,
}

impl Ledger {
    /// A dream by its id, a unique prefix, its branch name, or the four characters at its end.
    pub fn find(&self, name: &str) -> Result<&Dream, FindDreamError> {
        find(&self.dreams, name)
    }

    /// The dreams that a commit belongs to.
    pub(super) fn dreams_of(&self, commit: ObjectId) -> impl Iterator<Item = &Dream> {
        self.homes.get(&commit).into_iter().flatten().filter_map(|id| self.dreams.get(id))
    }

    /// Newest first, as a list shows them.
    pub fn newest_first(&self) -> impl Iterator<Item = &Dream> {
        let mut dreams: Vec<&Dream> = self.dreams.values().collect();
        dreams.sort_by(|a, b| (b.created(), &b.id).cmp(&(a.created(), &a.id)));
        dreams.into_iter()
    }
}

/// Adds the changes of another source that the first ones lack.
fn add_missing(changes: &mut Vec<super::ChangeRecord>, more: Vec<super::ChangeRecord>) {
    let known = changes.len();
    for change in more {
        if !changes[..known].iter().any(|known| known.same(&change)) {
            changes.push(change);
        }
    }
}

fn homes(dreams: &BTreeMap<DreamId, Dream>) -> HashMap<ObjectId, Vec<DreamId>> {
    let mut homes: HashMap<ObjectId, Vec<DreamId>> = HashMap::new();
    for dream in dreams.values() {
        let changes = dream.changes.iter().map(|change| change.commit);
        let commits = changes.chain(dream.landed.values().flatten().copied()).chain(dream.landings.iter().copied());
        for commit in commits {
            let here = homes.entry(commit).or_default();
            if here.last() != Some(&dream.id) {
                here.push(dream.id.clone());
            }
        }
    }
    homes
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
pub(super) struct History {
    pub nodes: Vec<Node>,
    pub places: HashMap<ObjectId, usize>,
    /// Commits of the memory branch, as places in `nodes`, newest first.
    pub memory: Vec<usize>,
}

impl Store {
    /// Reads the ledger as seen from a memory commit, or from a memory without one.
    pub fn ledger(&self, tip: Option<ObjectId>) -> Result<Ledger, ReadError> {
        let open = self.dream_tips(OPEN)?;
        let closed = self.dream_tips(CLOSED)?;
        let tips: Vec<ObjectId> = tip.iter().chain(open.values()).chain(closed.values()).copied().collect();
        let history = self.history(tip, &tips)?;
        let mut dreams = judge(&history);
        for (id, at) in &open {
            let dream = dreams.entry(id.clone()).or_insert_with(|| Dream::new(id.clone()));
            dream.open = Some(*at);
        }
        for (id, at) in &closed {
            let dream = dreams.entry(id.clone()).or_insert_with(|| Dream::new(id.clone()));
            dream.closed = Some(*at);
        }
        for dream in dreams.values_mut() {
            history.add_proposal(dream);
            history.close(dream);
        }
        // A review that landed without any change, such as a branch from which everything was dropped by hand.
        dreams.retain(|_, dream| dream.open.is_some() || dream.closed.is_some() || !dream.landings.is_empty());
        Ok(Ledger { tip, homes: homes(&dreams), dreams })
    }

    fn dream_tips(&self, prefix: &str) -> Result<BTreeMap<DreamId, ObjectId>, ReadError> {
        let id = |name: &str| DreamId::new(name.strip_prefix(prefix)?).ok();
        let references = self.references(prefix)?;
        let tips = references.into_iter().filter_map(|(name, tip)| Some((id(&name)?, tip)));
        // A ref that leads to something else than a commit is no dream.
        Ok(tips.filter(|(_, tip)| self.commit(*tip).is_ok()).collect())
    }

    fn history(&self, memory: Option<ObjectId>, tips: &[ObjectId]) -> Result<History, ReadError> {
        let mut history = History { nodes: Vec::new(), places: HashMap::new(), memory: Vec::new() };
        let mut in_memory: HashSet<ObjectId> = memory.into_iter().collect();
        for id in self.walk(tips, &[], false)? {
            let commit = self.commit(id?)?;
            let fact = read(&commit);
            let Commit { id, parents, author, committer, .. } = commit;
            let place = history.nodes.len();
            let inside = in_memory.remove(&id);
            if inside {
                in_memory.extend(&parents);
                history.memory.push(place);
            }
            history.places.insert(id, place);
            history.nodes.push(Node { id, parents, author, committer, fact, in_memory: inside });
        }
        Ok(history)
    }
}

impl History {
    pub fn node(&self, id: ObjectId) -> Option<&Node> {
        self.places.get(&id).map(|place| &self.nodes[*place])
    }

    /// What the dream's own refs say: its review and its changes in the order of the branch. These come before what
    /// landed, because a squash or a partial approval shows less.
    fn add_proposal(&self, dream: &mut Dream) {
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
    fn branch(&self, tip: ObjectId, dream: &DreamId) -> (Option<super::Review>, Vec<super::ChangeRecord>) {
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
    fn close(&self, dream: &mut Dream) {
        use super::dream::{Decided, Standing};
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
