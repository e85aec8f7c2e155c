//! How far a belief may be trusted, over its whole lineage: what was joined, revised or superseded into it counts with
//! its least trusted part, so rewriting never makes a belief more trusted than it was. Only a belief that is added
//! anew starts anew. What it means for a dream is the check `trust`; nothing here decides whether a belief is true.

use super::check::{Finding, Verdict, finding};
use super::memory::MEMORY;
use crate::config::guard::Check;
use crate::model::{ChangeType, Kind, NotePath, ObjectId, Risk};
use crate::store::dream::{ChangeRecord, Dream};
use crate::store::{DreamIndex, Ledger, Snapshot};
use std::cell::LazyCell;
use std::collections::BTreeMap;

/// Who stands behind a belief, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Nothing but the output of tools and fetched text.
    Untrusted,
    /// A person, or an agent in its own words.
    Said,
}

/// The trust of each file's belief as memory was rewritten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    levels: BTreeMap<String, Trust>,
}

impl Lineage {
    /// Memory as the dreams that landed made it. What a revert took back still counts: it may come back by a restore.
    pub fn of(ledger: &Ledger) -> Self {
        let mut dreams: Vec<&Dream> = ledger.all().filter(|dream| !dream.landed.is_empty()).collect();
        dreams.sort_by(|a, b| (a.created(), &a.id).cmp(&(b.created(), &b.id)));
        let mut lineage = Self::default();
        let landed = dreams
            .into_iter()
            .flat_map(|dream| dream.changes.iter().filter(|change| dream.landed.contains_key(&change.key)));
        for change in landed {
            let path = change.path.as_deref().unwrap_or_default();
            lineage.rewrite(path, &[], own(change), change.change == ChangeType::Add);
        }
        lineage
    }

    /// The trust of a file's belief; what no dream touched was written by a person.
    pub fn level(&self, path: &str) -> Trust {
        self.levels.get(path).copied().unwrap_or(Trust::Said)
    }

    /// The trust that a change leaves at a path: its own, and that of all it replaces and joins.
    pub fn after<'a>(&self, path: &'a str, joined: &[&'a str], own: Trust, fresh: bool) -> Trust {
        let old = if fresh { Trust::Said } else { self.level(path) };
        joined.iter().map(|path| self.level(path)).chain([own, old]).min().unwrap_or(own)
    }

    /// Records a change.
    pub fn rewrite(&mut self, path: &str, joined: &[&str], own: Trust, fresh: bool) {
        let level = self.after(path, joined, own, fresh);
        self.levels.insert(path.to_owned(), level);
    }

    /// Whether a file holds what only untrusted sources support.
    pub fn is_untrusted(dreams: &DreamIndex<'_>, path: &str) -> bool {
        let mut lineage = Self::default();
        for dream in dreams.changing(path) {
            let landed = dream.changes.iter().filter(|change| dream.landed.contains_key(&change.key));
            for change in landed.filter(|change| change.path.as_deref().unwrap_or_default() == path) {
                lineage.rewrite(path, &[], own(change), change.change == ChangeType::Add);
            }
        }
        lineage.level(path) == Trust::Untrusted
    }
}

/// The trust of what a change itself cites, or says of itself. Memory as evidence adds nothing of its own; a mistake
/// is what tools did, so their output is its proper evidence.
fn own(change: &ChangeRecord) -> Trust {
    let cited = || change.evidence.iter().filter(|cited| cited.session.as_str() != MEMORY);
    let tools = cited().next().is_some() && cited().all(|cited| cited.role.is_untrusted());
    let mistake = change.kind == Some(Kind::Mistake);
    let marked = change.risks.contains(&Risk::UntrustedSource);
    if marked || tools && !mistake { Trust::Untrusted } else { Trust::Said }
}

/// The check: no change says more, or says it with more authority, than the least trusted evidence under it.
pub fn check(ledger: &Ledger, before: Option<&Snapshot>, dream: &Dream) -> Vec<Finding> {
    let mut lineage = Lineage::of(ledger);
    // Seldom does a change rest on notes.
    let notes: LazyCell<BTreeMap<String, &NotePath>, _> = LazyCell::new(|| {
        let notes = before.into_iter().flat_map(|snapshot| &snapshot.notes);
        notes.map(|(path, text)| (ObjectId::of_blob(text.as_bytes()).short(), path)).collect()
    });
    let mut findings = Vec::new();
    for change in &dream.changes {
        let path = change.path.as_deref().unwrap_or_default();
        let cites = change.evidence.iter().filter(|cited| cited.session.as_str() == MEMORY);
        let joined: Vec<&str> = cites.filter_map(|cited| notes.get(&cited.blob)).map(|path| path.as_str()).collect();
        let fresh = change.change == ChangeType::Add;
        let level = lineage.after(path, &joined, own(change), fresh);
        lineage.rewrite(path, &joined, own(change), fresh);
        let why = match change.kind {
            _ if level == Trust::Said || change.change == ChangeType::Retire => continue,
            Some(Kind::Preference | Kind::Workflow) if own_tools(change) => {
                "only the output of tools supports it, which never becomes a directive"
            }
            _ if !change.risks.contains(&Risk::UntrustedSource) => {
                "it rests on an untrusted source and is not marked untrusted-source"
            }
            _ => continue,
        };
        findings.push(Finding::of(Check::Trust, Verdict::Fail, why.to_owned(), change));
    }
    if findings.is_empty() {
        let detail = "no change says more than the least trusted evidence under it".to_owned();
        findings.push(finding(Check::Trust, Verdict::Pass, detail));
    }
    findings
}

/// Nothing but tools and the host speaks for it, whatever it says of itself.
fn own_tools(change: &ChangeRecord) -> bool {
    let mut cited = change.evidence.iter().filter(|cited| cited.session.as_str() != MEMORY).peekable();
    cited.peek().is_some() && cited.all(|cited| cited.role.is_untrusted())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rewriting_never_raises_trust(steps in prop::collection::vec((0..5_usize, prop::collection::vec(0..5_usize, 0..3), any::<bool>(), 0..6_u8), 1..40)) {
            let paths = ["a", "b", "c", "d", "e"];
            let mut lineage = Lineage::default();
            // All support that ever went into a path, since it was last added anew.
            let mut support: Vec<Vec<Trust>> = vec![Vec::new(); paths.len()];
            for (at, joined, said, fresh) in steps {
                let (own, fresh) = (if said { Trust::Said } else { Trust::Untrusted }, fresh == 0);
                let mut all: Vec<Trust> = joined.iter().flat_map(|path| support[*path].clone()).collect();
                if !fresh {
                    all.extend(support[at].clone());
                }
                all.push(own);
                support[at] = all;
                let names: Vec<&str> = joined.iter().map(|path| paths[*path]).collect();
                lineage.rewrite(paths[at], &names, own, fresh);
                let least = support[at].iter().min().copied();
                prop_assert_eq!(Some(lineage.level(paths[at])), least);
            }
        }
    }
}
