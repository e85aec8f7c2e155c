//! The same checks over a range of commits, as continuous integration sees a pull request: whatever it holds, dreams,
//! parts of dreams, or commits that somebody made by hand. Loss is what the trees say, because an edit by hand lists
//! no changes.

use super::{
    CheckError, Finding, Verdict, content, cost, entries, finding, over_budget, provenance, trust, unreasoned, weighed,
};
use crate::config::Settings;
use crate::config::guard::Check;
use crate::model::{Document, ObjectId};
use crate::store::dream::ChangeRecord;
use crate::store::{Between, ReadError, Snapshot, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Runs every check that is not off on what `head` has and `base` has not.
pub fn check_range(
    store: &Store,
    settings: &Settings,
    base: ObjectId,
    head: ObjectId,
) -> Result<Vec<Finding>, CheckError> {
    let work = store.between(base, head)?;
    let before = store.kept_snapshot(base, &settings.folders)?;
    let after = store.snapshot_like(head, &settings.folders, &before)?;
    let changes: Vec<ChangeRecord> = work.dreams.iter().flat_map(|dream| dream.changes.iter().cloned()).collect();
    let set = &settings.checks;
    let mut findings = unreasoned(&before, &changes);
    let (lost, total) = lost(&before, &after);
    findings.push(over_budget(lost, total, set.loss_budget as usize));
    findings.extend(edits(&work));
    findings.extend(of_dreams(store, &work, &before, set.bill_budget)?);
    findings.extend(content::words(Some(&before), Some(&after), &changes, &messages(store, &changes)?));
    for edit in &work.edits {
        findings.extend(content::message(edit.commit, &store.commit(edit.commit)?.message));
    }
    findings.push(cost::size(Some(&before), Some(&after), set.size_budget));
    Ok(weighed(once(findings), set))
}

/// The checks that ask about a dream: what stands under its changes, and what it cost.
fn of_dreams(store: &Store, work: &Between, before: &Snapshot, bill_budget: u32) -> Result<Vec<Finding>, CheckError> {
    let ledger = store.ledger(store.memory_tip().ok().flatten())?;
    let mut findings = Vec::new();
    for dream in &work.dreams {
        findings.extend(provenance(store, dream)?);
        findings.extend(trust::check(&ledger, Some(before), dream));
        let review = dream.review.as_ref().map(|review| store.commit(review.commit)).transpose()?;
        findings.push(cost::bill(review.as_ref().map(|commit| commit.message.as_str()), bill_budget));
    }
    Ok(findings)
}

fn messages(store: &Store, changes: &[ChangeRecord]) -> Result<Vec<String>, ReadError> {
    changes.iter().map(|change| Ok(store.commit(change.commit)?.message)).collect()
}

/// Commits that a person made by hand: allowed in a pull request, but nothing stands under them.
fn edits(work: &Between) -> impl Iterator<Item = Finding> + '_ {
    work.edits.iter().map(|edit| {
        let detail = format!("commit {} ('{}') is no change of a dream", edit.commit.short(), edit.subject);
        finding(Check::Provenance, Verdict::Warn, detail)
    })
}

/// How many entries are nowhere any more, of how many. An entry that moved is not lost.
fn lost(before: &Snapshot, after: &Snapshot) -> (usize, usize) {
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    let of = |text: &str| Document::parse(text).entries().map(str::to_owned).collect::<Vec<_>>();
    // Notes that are the same lose nothing to one another.
    let changed = after.changed_since(Some(before));
    changed.iter().flat_map(|(_, _, text)| of(text)).for_each(|entry| *left.entry(entry).or_default() += 1);
    let gone = before.changed_since(Some(after)).into_iter().flat_map(|(_, _, text)| of(text));
    let (mut lost, total) = (0, entries(before));
    for entry in gone {
        match left.get_mut(&entry).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => lost += 1,
        }
    }
    (lost, total)
}

/// Several dreams pass a check with one line; a check that found something is not said to have passed.
fn once(mut findings: Vec<Finding>) -> Vec<Finding> {
    let failed: BTreeSet<Check> =
        findings.iter().filter(|finding| finding.verdict == Verdict::Fail).map(|finding| finding.name).collect();
    let mut said = BTreeSet::new();
    findings.retain(|finding| {
        let passed = finding.verdict == Verdict::Pass;
        !passed || !failed.contains(&finding.name) && said.insert((finding.name, finding.detail.clone()))
    });
    findings.sort_by_key(|finding| finding.name);
    findings
}
