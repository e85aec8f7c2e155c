//! What else remembers: closed dreams and reflogs. A memory that once held a dream, and neither holds it nor says that
//! it was taken back, was rewritten.

use super::landing::Landings;
use super::record::{History, What};
use super::{Report, Request, VerifyError, dreams, finding};
use crate::model::{DreamId, ObjectId};
use crate::store::dream::CLOSED;
use crate::store::message::{Fact, read};
use crate::store::{ReadError, SESSIONS, Store};
use std::collections::BTreeSet;

/// Commits that a reflog knows and memory does not have, looked at.
const MOST_LOST: usize = 10_000;
const LOST: &str = "if nobody meant to: git branch rescue COMMIT, then merge it";

pub(super) fn check(
    store: &Store,
    request: &Request,
    history: &History,
    landings: &Landings,
    report: &mut Report,
) -> Result<(), VerifyError> {
    report.find(dreams::borrowed(history, |commit, path| held(store, history, commit, path).ok().flatten()));
    for (name, tip) in store.references(CLOSED)? {
        let Some(id) = name.strip_prefix(CLOSED).and_then(|id| DreamId::new(id).ok()) else { continue };
        let rejected = history.node(tip).is_some_and(|node| matches!(node.what, What::Rejection));
        if !rejected && !landings.contains_key(&id) && history.shallow.is_empty() {
            let why = format!("{name} keeps what an approval left out, and memory holds no such approval");
            report.find([super::Finding { dream: Some(id), ..finding("history", tip, why, LOST) }]);
        }
    }
    let Some(tip) = request.tip else { return Ok(()) };
    let gone = |id: &ObjectId| !history.node(*id).is_some_and(|node| node.in_memory);
    let lost: Vec<ObjectId> = store.reflog(&request.branch)?.into_iter().filter(gone).collect();
    report.find(forgotten(store, history, landings, &lost, tip)?);
    if let Some(tip) = store.reference(SESSIONS)? {
        for old in store.reflog(SESSIONS)? {
            if store.commit(old).is_ok() && !store.is_ancestor(old, tip)? {
                let why = format!("{SESSIONS} was once at this commit, and no longer contains it");
                report.find([finding("sessions", old, why, LOST)]);
            }
        }
    }
    Ok(())
}

fn held(store: &Store, history: &History, commit: ObjectId, path: &str) -> Result<Option<ObjectId>, ReadError> {
    let tree =
        history.node(commit).map_or_else(|| store.commit(commit).map(|commit| commit.tree), |node| Ok(node.tree))?;
    Ok(store.find_path(tree, path)?.map(|entry| entry.id))
}

/// Decisions that commits outside of memory record and memory does not.
fn forgotten(
    store: &Store,
    history: &History,
    landings: &Landings,
    lost: &[ObjectId],
    tip: ObjectId,
) -> Result<Vec<super::Finding>, ReadError> {
    let there: Vec<ObjectId> = lost.iter().copied().filter(|id| store.commit(*id).is_ok()).collect();
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let taken_back: BTreeSet<&DreamId> = history
        .nodes
        .iter()
        .filter(|node| node.in_memory)
        .filter_map(|node| match &node.what {
            What::Revert(dream) => Some(dream),
            _ => None,
        })
        .collect();
    let mut findings = Vec::new();
    for id in store.walk(&there, &[tip], false)?.take(MOST_LOST) {
        let commit = store.commit(id?)?;
        let (dream, did) = match read(&commit) {
            Some(Fact::Approval { dream, .. }) if !landings.contains_key(&dream) => (dream, "approved"),
            Some(Fact::Revert { dream, .. }) if !taken_back.contains(&dream) => (dream, "took back"),
            Some(Fact::Squash { dreams, .. }) => match dreams.into_iter().find(|dream| !landings.contains_key(dream)) {
                Some(dream) => (dream, "approved"),
                None => continue,
            },
            _ => continue,
        };
        let why = format!("memory once held this commit, which {did} dream {dream}, and no longer does");
        findings.push(super::Finding { dream: Some(dream), ..finding("history", commit.id, why, LOST) });
    }
    Ok(findings)
}
