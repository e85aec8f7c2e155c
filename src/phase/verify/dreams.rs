//! Each dream as a whole: a review that lists what its changes cite, phases in order, a key for every belief, and a
//! base that memory still has.

use super::change::FORGED;
use super::record::{ChangeStep, History, Node, What};
use super::sessions::Archive;
use super::{Finding, Report, finding};
use crate::model::{BeliefKey, ChangeType, DreamId, ObjectId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const REWRITTEN: &str =
    "history was rewritten: 'git reflog' and other clones still know it; put it back, or merge it again";

pub(super) fn check(history: &History, archive: &Archive, report: &mut Report) {
    let main: HashSet<ObjectId> = history.main_line().map(|node| node.id).collect();
    let mut reviews: HashMap<&DreamId, Vec<(&Node, &super::record::ReviewStep)>> = HashMap::new();
    let mut dreams: BTreeSet<&DreamId> = BTreeSet::new();
    for node in &history.nodes {
        match &node.what {
            What::Review(dream, review) => reviews.entry(dream).or_default().push((node, review)),
            What::Squash(parts) => dreams.extend(parts),
            _ => {}
        }
        dreams.extend(node.what.of_branch());
    }
    report.totals.dreams = dreams.len() as u64;
    for (dream, review) in reviews.iter().flat_map(|(dream, list)| list.iter().map(move |review| (*dream, review))) {
        report.find(base(history, dream, review.0, review.1.base));
    }
    let inner: HashSet<ObjectId> = branch_parents(history);
    for node in &history.nodes {
        let What::Change(dream, step) = &node.what else { continue };
        let listed = reviews.get(dream).map(Vec::as_slice).unwrap_or_default();
        report.find(cited(history, archive, node, dream, step, listed, main.contains(&node.id)));
        report.find(order(history, node, dream, step));
        if !inner.contains(&node.id) {
            report.find(keys(history, node, dream));
        }
    }
}

fn of(dream: &DreamId, found: Finding) -> Finding {
    Finding { dream: Some(dream.clone()), ..found }
}

/// Memory still has the commit from which a dream began.
fn base(history: &History, dream: &DreamId, node: &Node, base: Option<ObjectId>) -> Option<Finding> {
    let base = base.filter(|_| !history.limited && history.shallow.is_empty())?;
    let there = history.node(base).is_some_and(|node| node.in_memory);
    let why = || format!("the dream began from memory {}, which memory's history does not have", base.short());
    (!there).then(|| of(dream, finding("history", node.id, why(), REWRITTEN)))
}

/// The review of the dream lists every session that a change cites. A forge that rebases drops the review, which
/// changes no file: then nothing lists them.
fn cited(
    history: &History,
    archive: &Archive,
    node: &Node,
    dream: &DreamId,
    step: &ChangeStep,
    reviews: &[(&Node, &super::record::ReviewStep)],
    on_main: bool,
) -> Vec<Finding> {
    if reviews.is_empty() {
        let lost = !on_main && !history.limited && history.shallow.is_empty();
        let why = "no review of its dream says what was read".to_owned();
        return lost.then(|| of(dream, finding("review", node.id, why, FORGED))).into_iter().collect();
    }
    let listed = |place: &u32| reviews.iter().any(|(_, review)| review.sessions.binary_search(place).is_ok());
    let missing = step.sessions.iter().filter(|place| !listed(place));
    let why = |place: &u32| {
        format!("it cites session {}, which its review does not list", archive.records[*place as usize].id)
    };
    missing.map(|place| of(dream, finding("review", node.id, why(place), FORGED))).collect()
}

/// Commits that another commit of the same dream was made on.
fn branch_parents(history: &History) -> HashSet<ObjectId> {
    let own = history.nodes.iter().filter_map(|node| Some((node.what.of_branch()?, node.parents.first()?)));
    let below =
        own.filter(|(dream, parent)| history.node(**parent).and_then(|node| node.what.of_branch()) == Some(dream));
    below.map(|(_, parent)| *parent).collect()
}

/// A change is made on a change of the same phase or an earlier one.
fn order(history: &History, node: &Node, dream: &DreamId, step: &ChangeStep) -> Option<Finding> {
    let below = node.parents.first().and_then(|parent| history.node(*parent))?;
    let What::Change(other, earlier) = &below.what else { return None };
    let why =
        || format!("{} comes after {}; the phases are review, extract, reconcile, prune", step.phase, earlier.phase);
    (other == dream && earlier.phase > step.phase).then(|| of(dream, finding("phases", node.id, why(), FORGED)))
}

/// Along one branch no two changes have the same key.
fn keys(history: &History, tip: &Node, dream: &DreamId) -> Vec<Finding> {
    let mut seen: BTreeMap<&BeliefKey, ObjectId> = BTreeMap::new();
    let mut findings = Vec::new();
    let line = std::iter::successors(Some(tip), |node| node.parents.first().and_then(|parent| history.node(*parent)));
    for node in line {
        let What::Change(own, step) = &node.what else { break };
        if own != dream {
            break;
        }
        if let Some(other) = seen.insert(&step.key, node.id) {
            let why = format!("its key {} is that of another change of its dream, {}", step.key, node.id.short());
            findings.push(of(dream, finding("trailers", other, why, FORGED)));
        }
    }
    findings
}

/// Changes that use the key of a belief which memory holds, word for word, somewhere else.
pub(super) fn borrowed(history: &History, held: impl Fn(ObjectId, &str) -> Option<ObjectId>) -> Vec<Finding> {
    let mut by_key: HashMap<&BeliefKey, Vec<(&Node, &DreamId, &ChangeStep)>> = HashMap::new();
    for node in &history.nodes {
        if let What::Change(dream, step) = &node.what
            && !matches!(step.change, ChangeType::Join | ChangeType::Retire)
        {
            by_key.entry(&step.key).or_default().push((node, dream, step));
        }
    }
    let mut findings = Vec::new();
    for changes in by_key.values().filter(|changes| changes.len() > 1) {
        for (node, dream, step) in changes {
            let Some(parent) = node.parents.first() else { continue };
            let other = changes.iter().find(|(other, owner, earlier)| {
                let elsewhere = owner != dream && other.in_memory && earlier.path != step.path;
                let place = earlier.path.as_deref().zip(earlier.blob).filter(|_| elsewhere);
                place.is_some_and(|(path, blob)| held(*parent, path) == Some(blob))
            });
            if let Some((other, _, earlier)) = other {
                let path = earlier.path.as_deref().unwrap_or_default();
                let why = format!("its key {} is that of the belief in {path}, of {}", step.key, other.id.short());
                findings.push(of(dream, finding("trailers", node.id, why, FORGED)));
            }
        }
    }
    findings
}
