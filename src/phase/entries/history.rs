//! What history says of entries: which change of which dream gave each its words, when, and on what evidence. Reads no
//! more of history than the ledger holds, except for files of many entries that a dream has edited.

use super::written::Written;
use crate::model::{BeliefKey, Document, ObjectId, SessionId, SessionRecord};
use crate::phase::Held;
use crate::store::dream::{ChangeRecord, Dream};
use crate::store::{Ledger, Store};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// For a file of many entries: which change wrote which entry.
type Edited<'a> = BTreeMap<String, &'a ChangeRecord>;

/// The changes that stand in memory, and when sessions happened.
#[derive(Default)]
pub struct History<'a> {
    /// By the file, oldest first.
    changes: HashMap<&'a str, Vec<&'a ChangeRecord>>,
    /// The files of each belief.
    beliefs: HashMap<&'a str, Vec<&'a str>>,
    happened: HashMap<&'a SessionId, DateTime<Utc>>,
    edited: HashMap<String, Edited<'a>>,
}

impl<'a> History<'a> {
    pub fn of(ledger: &'a Ledger, records: &'a [SessionRecord]) -> Self {
        let mut history = Self::default();
        for dream in oldest_first(ledger) {
            for change in dream.changes.iter().filter(|change| dream.holds(&change.key)) {
                let path = change.path.as_deref().unwrap_or_default();
                history.changes.entry(path).or_default().push(change);
                history.beliefs.entry(change.key.as_str()).or_default().push(path);
            }
        }
        history.happened = records.iter().map(|record| (&record.id, record.happened())).collect();
        history
    }

    /// The files that dreams have changed.
    pub fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.changes.keys().copied()
    }

    pub fn knows(&self, path: &str) -> bool {
        self.changes.contains_key(path)
    }

    /// The files in which a belief may stand.
    pub fn paths_of(&self, key: &BeliefKey) -> &[&'a str] {
        self.beliefs.get(key.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Finds out which change wrote which entry of a file of many.
    pub fn look_into(&mut self, store: &Store, path: &str) {
        let Some(changes) = self.changes.get(path).filter(|_| !self.edited.contains_key(path)) else { return };
        let mut edited = Edited::new();
        for change in changes {
            let after = entries_at(store, change.commit, path);
            let parent = store.commit(change.commit).ok().and_then(|commit| commit.parents.first().copied());
            let before = parent.map(|parent| entries_at(store, parent, path)).unwrap_or_default();
            edited.extend(after.difference(&before).map(|text| (text.clone(), *change)));
        }
        self.edited.insert(path.to_owned(), edited);
    }

    /// The change that gave an entry its words, if a dream's did.
    fn change(&self, entry: &Written) -> Option<&'a ChangeRecord> {
        let path = entry.path.as_str();
        match entry.whole_note {
            true => self.changes.get(path)?.last().copied(),
            false => self.edited.get(path)?.get(&entry.text).copied(),
        }
    }

    pub fn held(&self, entry: Written) -> Held {
        let change = self.change(&entry);
        let cited = change.iter().flat_map(|change| &change.evidence);
        let times = cited.filter_map(|cited| self.happened.get(&cited.session));
        Held {
            key: change.map(|change| change.key.clone()),
            since: change.map(|change| change.time),
            last_evidence: times.max().copied(),
            sessions: change.and_then(|change| change.support).map_or(0, |support| support.sessions),
            path: entry.path,
            text: entry.text,
            whole_note: entry.whole_note,
            name: entry.name,
            description: entry.description,
            kind: entry.kind,
            tags: entry.tags,
            pinned: entry.pinned,
        }
    }
}

fn entries_at(store: &Store, commit: ObjectId, path: &str) -> BTreeSet<String> {
    let bytes = store.file(commit, path).ok().flatten().unwrap_or_default();
    Document::parse(&String::from_utf8_lossy(&bytes)).entries().map(str::to_owned).collect()
}

pub fn oldest_first(ledger: &Ledger) -> Vec<&Dream> {
    let mut dreams: Vec<&Dream> = ledger.all().collect();
    dreams.sort_by(|a, b| (a.created(), &a.id).cmp(&(b.created(), &b.id)));
    dreams
}
