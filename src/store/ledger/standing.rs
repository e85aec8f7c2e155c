//! Where each dream stands in memory: which commits brought it in, which took it back, and which of those were taken
//! back themselves. Pure over the commits that were read.

use super::history::{History, Node};
use crate::model::{BeliefKey, DreamId, ObjectId};
use crate::store::ChangeRecord;
use crate::store::dream::{Decided, Dream, Standing};
use crate::store::message::Fact;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How a commit came into memory: on its first-parent line, or through a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Main,
    Through(ObjectId),
}

/// What one merge brought in beside its first parent.
#[derive(Default)]
struct Brought {
    dreams: BTreeSet<DreamId>,
    keys: BTreeSet<(DreamId, BeliefKey)>,
    /// The dream of the oldest commit that is no merge, if it is a dream's.
    first: Option<DreamId>,
    /// Commits of no dream.
    other: bool,
}

/// All dreams that the memory's history names. With a part of history, those that it names and those that are known
/// of what lies below it, as they were judged there.
pub(super) fn judge(history: &History, mut known: BTreeMap<DreamId, Dream>) -> BTreeMap<DreamId, Dream> {
    known.values_mut().for_each(|dream| dream.reverts.reverse());
    let ways = ways(history);
    let brought = brought(history, &ways);
    let mut bench = Bench { history, ways, brought, dreams: known, effects: HashMap::new() };
    let in_force = bench.in_force();
    for place in history.memory.iter().rev() {
        bench.step(&history.nodes[*place], &in_force);
    }
    bench
        .dreams
        .into_values()
        .map(|mut dream| {
            let gone = !dream.landings.is_empty() && dream.landed.keys().all(|key| dream.reverted.contains(key));
            dream.standing = match () {
                () if dream.landings.is_empty() => Standing::Open,
                () if gone && !dream.reverts.is_empty() => Standing::Reverted,
                () => Standing::Approved,
            };
            if dream.standing == Standing::Approved {
                dream.decided.clone_from(&dream.approved);
            }
            dream.reverts.reverse();
            (dream.id.clone(), dream)
        })
        .collect()
}

fn ways(history: &History) -> HashMap<ObjectId, Way> {
    let mut ways: HashMap<ObjectId, Way> = HashMap::new();
    for place in &history.memory {
        let node = &history.nodes[*place];
        let own = *ways.entry(node.id).or_insert(Way::Main);
        for (nth, parent) in node.parents.iter().enumerate() {
            let way = if nth == 0 { own } else { Way::Through(node.id) };
            let known = ways.entry(*parent).or_insert(way);
            if *known != Way::Main {
                *known = way;
            }
        }
    }
    ways
}

fn brought(history: &History, ways: &HashMap<ObjectId, Way>) -> HashMap<ObjectId, Brought> {
    let mut brought: HashMap<ObjectId, Brought> = HashMap::new();
    for node in history.memory.iter().map(|place| &history.nodes[*place]) {
        let Some(Way::Through(merge)) = ways.get(&node.id) else { continue };
        let group = brought.entry(*merge).or_default();
        let dream = match &node.fact {
            Some(Fact::Change(dream, change)) => {
                group.keys.insert((dream.clone(), change.key.clone()));
                Some(dream)
            }
            Some(Fact::Review(dream, _)) => Some(dream),
            _ => None,
        };
        group.dreams.extend(dream.cloned());
        if node.parents.len() < 2 {
            group.other |= dream.is_none();
            // Children come first: the last one seen is the oldest.
            group.first = dream.cloned();
        }
    }
    brought
}

struct Bench<'h> {
    history: &'h History,
    ways: HashMap<ObjectId, Way>,
    brought: HashMap<ObjectId, Brought>,
    dreams: BTreeMap<DreamId, Dream>,
    /// What a revert of a commit would take back.
    effects: HashMap<ObjectId, BTreeSet<(DreamId, Option<BeliefKey>)>>,
}

impl Bench<'_> {
    /// Revert commits that no later commit took back, itself in force. Newest first, so that each is judged after
    /// all that could concern it.
    fn in_force(&self) -> HashSet<ObjectId> {
        let (mut undone, mut restored) = (HashSet::new(), HashSet::new());
        let mut in_force = HashSet::new();
        for node in self.history.memory.iter().map(|place| &self.history.nodes[*place]) {
            if undone.contains(&node.id) {
                continue;
            }
            match &node.fact {
                Some(Fact::Undo(target)) if !self.taken_back(*target, &restored) => {
                    undone.insert(*target);
                    in_force.insert(node.id);
                }
                Some(Fact::Restore { dream, .. }) => {
                    restored.insert(dream.clone());
                }
                Some(Fact::Revert { dream, .. }) if !restored.contains(dream) => {
                    in_force.insert(node.id);
                }
                _ => {}
            }
        }
        in_force
    }

    /// Whether a plain revert of this commit was taken back by a later restore of the dream that it concerns.
    fn taken_back(&self, target: ObjectId, restored: &HashSet<DreamId>) -> bool {
        if restored.is_empty() {
            return false;
        }
        let direct = self.history.node(target).and_then(|node| node.fact.as_ref()).is_some_and(|fact| match fact {
            Fact::Change(dream, _) | Fact::Approval { dream, .. } => restored.contains(dream),
            Fact::Squash { dreams, .. } => dreams.iter().any(|dream| restored.contains(dream)),
            _ => false,
        });
        let merged = self.brought.get(&target);
        direct || merged.is_some_and(|group| group.dreams.iter().any(|dream| restored.contains(dream)))
    }

    fn dream(&mut self, id: &DreamId) -> &mut Dream {
        self.dreams.entry(id.clone()).or_insert_with(|| Dream::new(id.clone()))
    }

    fn step(&mut self, node: &Node, in_force: &HashSet<ObjectId>) {
        self.merge(node);
        match &node.fact {
            Some(Fact::Review(id, review)) => {
                self.dream(id).review.get_or_insert_with(|| (**review).clone());
            }
            Some(Fact::Change(id, change)) => self.change(node, id, change),
            Some(Fact::Approval { dream, by, dropped }) => self.approval(node, dream, by.as_deref(), dropped),
            Some(Fact::Squash { dreams, parts }) => self.squash(node, dreams, parts),
            Some(Fact::Revert { dream, key, by }) if in_force.contains(&node.id) => {
                let taken = BTreeSet::from([(dream.clone(), key.clone())]);
                self.revert(node, &taken, by.as_deref());
            }
            Some(Fact::Undo(target)) if in_force.contains(&node.id) => {
                let taken = self.effects.get(target).cloned().unwrap_or_default();
                self.revert(node, &taken, None);
            }
            _ => {}
        }
    }

    /// A merge that brought in exactly one dream, from its first commit on, is that dream's landing.
    fn merge(&mut self, node: &Node) {
        let Some(group) = self.brought.get(&node.id).filter(|group| !group.dreams.is_empty()) else { return };
        let effects = group.keys.iter().map(|(dream, key)| (dream.clone(), Some(key.clone()))).collect();
        let (keys, whole) = (group.keys.clone(), group.whole());
        self.effects.insert(node.id, effects);
        for (id, key) in keys {
            let dream = self.dream(&id);
            dream.reverted.remove(&key);
            if whole.as_ref() == Some(&id) {
                dream.land(node, None);
            }
        }
    }

    fn change(&mut self, node: &Node, id: &DreamId, change: &ChangeRecord) {
        let by_merge = match self.ways.get(&node.id) {
            Some(Way::Through(merge)) => {
                let approval = self.history.node(*merge).and_then(|node| node.fact.as_ref());
                let ours = matches!(approval, Some(Fact::Approval { dream, .. }) if dream == id);
                ours || self.brought.get(merge).and_then(Brought::whole).as_ref() == Some(id)
            }
            _ => false,
        };
        self.effects.entry(node.id).or_default().insert((id.clone(), Some(change.key.clone())));
        let dream = self.dream(id);
        if !dream.changes.iter().any(|known| known.same(change)) {
            dream.changes.push(change.clone());
        }
        dream.landed.insert(change.key.clone(), Some(node.id));
        dream.reverted.remove(&change.key);
        if !by_merge {
            dream.land(node, None);
        }
    }

    fn approval(&mut self, node: &Node, id: &DreamId, by: Option<&str>, dropped: &BTreeSet<BeliefKey>) {
        let dream = self.dream(id);
        dream.dropped.extend(dropped.iter().cloned());
        dream.land(node, by);
        self.effects.entry(node.id).or_default().insert((id.clone(), None));
    }

    fn squash(&mut self, node: &Node, dreams: &BTreeSet<DreamId>, parts: &[Fact]) {
        for part in parts {
            match part {
                Fact::Review(id, review) => {
                    self.dream(id).review.get_or_insert_with(|| (**review).clone());
                }
                Fact::Change(id, change) => {
                    let dream = self.dream(id);
                    if !dream.changes.iter().any(|known| known.same(change)) {
                        dream.changes.push((**change).clone());
                    }
                    dream.landed.entry(change.key.clone()).or_insert(None);
                    dream.reverted.remove(&change.key);
                }
                _ => {}
            }
        }
        for id in dreams {
            self.dream(id).land(node, None);
            self.effects.entry(node.id).or_default().insert((id.clone(), None));
        }
    }

    /// Takes keys (or with `None` all of a dream) back.
    fn revert(&mut self, node: &Node, taken: &BTreeSet<(DreamId, Option<BeliefKey>)>, by: Option<&str>) {
        for (id, key) in taken {
            let Some(dream) = self.dreams.get_mut(id) else { continue };
            match key {
                Some(key) if !dream.landed.contains_key(key) => continue,
                Some(key) => drop(dream.reverted.insert(key.clone())),
                None => dream.reverted.extend(dream.landed.keys().cloned()),
            }
            if dream.reverts.last() != Some(&node.id) {
                dream.reverts.push(node.id);
            }
            dream.decided = Some(Decided::new(by, &node.author, node.id));
            // A revert of the revert takes back the same.
            self.effects.entry(node.id).or_default().insert((id.clone(), key.clone()));
        }
    }
}

impl Brought {
    fn whole(&self) -> Option<DreamId> {
        let one = self.dreams.len() == 1;
        self.first.clone().filter(|_| one)
    }
}

impl Dream {
    fn land(&mut self, node: &Node, by: Option<&str>) {
        if self.landings.last() != Some(&node.id) {
            self.landings.push(node.id);
        }
        // Who pressed a forge's button is the author there; a rebase keeps the author and its committer decided.
        let rebased = matches!(node.fact, Some(Fact::Change(..)));
        let signature = if rebased { &node.committer } else { &node.author };
        self.approved = Some(Decided::new(by, signature, node.id));
    }
}
