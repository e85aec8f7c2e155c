//! Reverts and restores: they take back, or bring back, what the dream that they name did, and touch nothing else.

use super::change::FORGED;
use super::claim::{entries, turnover};
use super::landing::Landings;
use super::record::{History, Node, What};
use super::{Report, VerifyError, finding};
use crate::model::{DreamId, ObjectId};
use crate::store::{ReadError, Store, TreeDiff};
use std::collections::{BTreeSet, HashMap};

/// Entries of one file that may come and go.
#[derive(Default)]
struct Known {
    before: BTreeSet<String>,
    after: BTreeSet<String>,
}

pub(super) fn check(
    store: &Store,
    history: &History,
    landings: &Landings,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let mut diff = TreeDiff::new(store);
    let mut known: HashMap<&DreamId, HashMap<String, Known>> = HashMap::new();
    let decided = |node: &Node| matches!(node.what, What::Revert(..) | What::Restore(_));
    let mut done: HashMap<&DreamId, Vec<ObjectId>> = HashMap::new();
    for node in history.nodes.iter().filter(|node| decided(node)) {
        if let What::Revert(dream) | What::Restore(dream) = &node.what {
            done.entry(dream).or_default().push(node.id);
        }
    }
    for (dream, commits) in &done {
        let landed = landings.get(*dream).map(Vec::as_slice).unwrap_or_default();
        // A part of history does not show where a dream landed.
        if landed.is_empty() && (history.limited || !history.shallow.is_empty()) {
            continue;
        }
        if landed.is_empty() {
            let why = format!("it takes back dream {dream}, which memory never held");
            report.find(commits.iter().map(|id| finding("history", *id, why.clone(), FORGED)));
            continue;
        }
        let files = known.entry(dream).or_default();
        for id in landed.iter().chain(commits) {
            effects(store, history, &mut diff, *id, files)?;
        }
        for id in commits {
            report.find(
                touched(store, history, &mut diff, *id, files)?
                    .into_iter()
                    .map(|why| super::Finding { dream: Some((*dream).clone()), ..finding("tree", *id, why, FORGED) }),
            );
        }
    }
    Ok(())
}

/// What a commit made of each file that it touched.
fn effects(
    store: &Store,
    history: &History,
    diff: &mut TreeDiff<'_>,
    id: ObjectId,
    files: &mut HashMap<String, Known>,
) -> Result<(), ReadError> {
    let Some(node) = history.node(id) else { return Ok(()) };
    // A revert may only bring what the dream had changed: reverts themselves make no file known.
    let landing = !matches!(node.what, What::Revert(..) | What::Restore(_));
    for delta in diff.files(parent_tree(store, history, node)?, node.tree)? {
        if !landing && !files.contains_key(&delta.path) {
            continue;
        }
        let known = files.entry(delta.path).or_default();
        if landing {
            known.before.extend(entries(store, delta.old)?);
            known.after.extend(entries(store, delta.new)?);
        }
    }
    Ok(())
}

fn touched(
    store: &Store,
    history: &History,
    diff: &mut TreeDiff<'_>,
    id: ObjectId,
    files: &HashMap<String, Known>,
) -> Result<Vec<String>, ReadError> {
    let Some(node) = history.node(id) else { return Ok(Vec::new()) };
    let back = matches!(node.what, What::Revert(..));
    let mut wrong = Vec::new();
    for delta in diff.files(parent_tree(store, history, node)?, node.tree)? {
        let Some(known) = files.get(&delta.path) else {
            wrong.push(format!("it touches {}, which the dream did not", delta.path));
            continue;
        };
        let turnover = turnover(store, &delta)?;
        let (may_come, may_go) = if back { (&known.before, &known.after) } else { (&known.after, &known.before) };
        let strange = turnover.come.iter().any(|entry| !may_come.contains(entry))
            || turnover.gone.iter().any(|entry| !may_go.contains(entry));
        if strange {
            wrong.push(format!("it does more to {} than to undo what was done", delta.path));
        }
    }
    Ok(wrong)
}

fn parent_tree(store: &Store, history: &History, node: &Node) -> Result<Option<ObjectId>, ReadError> {
    let Some(parent) = node.parents.first().filter(|_| !history.shallow.contains(&node.id)) else { return Ok(None) };
    match history.node(*parent) {
        Some(parent) => Ok(Some(parent.tree)),
        None => store.commit(*parent).map(|parent| Some(parent.tree)),
    }
}
