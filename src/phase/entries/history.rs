//! What history says of entries: which change of which dream gave each its words, when, and on what evidence. Reads the
//! dreams that have to do with an entry when it is asked for; for files of many entries also what they were before.

use super::written::Written;
use crate::config::Environment;
use crate::model::{BeliefKey, Document, DreamId, ObjectId};
use crate::phase::Held;
use crate::store::dream::{ChangeRecord, Dream};
use crate::store::{DreamIndex, Records, Store};
use chrono::DateTime;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// For a file of many entries: the dream that wrote each, and which of its changes did.
type Edited = BTreeMap<String, (DreamId, usize)>;

/// The changes that stand in memory, and when sessions happened.
pub struct History<'a> {
    pub dreams: &'a DreamIndex<'a>,
    records: &'a Records,
    environment: Environment,
    git_dir: PathBuf,
    edited: Mutex<HashMap<String, Arc<Edited>>>,
}

impl<'a> History<'a> {
    pub fn new(store: &Store, dreams: &'a DreamIndex<'a>, records: &'a Records) -> Self {
        let (environment, git_dir) = (store.environment().clone(), store.git_dir().to_owned());
        Self { dreams, records, environment, git_dir, edited: Mutex::default() }
    }

    /// The changes of a file that stand, oldest first.
    fn changes(&self, path: &str) -> impl DoubleEndedIterator<Item = (&'a Dream, usize, &'a ChangeRecord)> {
        let of = move |dream: &'a Dream| {
            let stands = move |change: &ChangeRecord| {
                change.path.as_deref().unwrap_or_default() == path && dream.holds(&change.key)
            };
            let changes = dream.changes.iter().enumerate();
            changes.filter(move |(_, change)| stands(change)).map(move |(nth, change)| (dream, nth, change))
        };
        self.dreams.changing(path).flat_map(of)
    }

    /// The files in which a belief may stand, that of the newest dream first; some perhaps several times.
    pub fn paths_of(&self, key: &BeliefKey) -> impl Iterator<Item = &'a str> {
        let changes = self.dreams.proposing(key).rev().filter_map(|dream| dream.change(key));
        changes.map(|change| change.path.as_deref().unwrap_or_default())
    }

    /// Which change wrote which entry of a file of many.
    fn edited(&self, path: &str) -> Arc<Edited> {
        let mut known = self.edited.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(edited) = known.get(path) {
            return Arc::clone(edited);
        }
        let mut edited = Edited::new();
        let mut changes = self.changes(path).peekable();
        // The repository that a thread has belongs to it alone.
        let store = changes.peek().and_then(|_| Store::open(&self.environment, &self.git_dir).ok());
        for ((dream, nth, change), store) in changes.zip(std::iter::repeat(store.as_ref())) {
            let Some(store) = store else { break };
            let after = entries_at(store, change.commit, path);
            let parent = store.commit(change.commit).ok().and_then(|commit| commit.parents.first().copied());
            let before = parent.map(|parent| entries_at(store, parent, path)).unwrap_or_default();
            edited.extend(after.difference(&before).map(|text| (text.clone(), (dream.id.clone(), nth))));
        }
        let edited = Arc::new(edited);
        known.insert(path.to_owned(), Arc::clone(&edited));
        edited
    }

    /// The change that gave an entry its words, if a dream's did.
    fn change(&self, entry: &Written) -> Option<&'a ChangeRecord> {
        let path = entry.path.as_str();
        match entry.whole_note {
            true => self.changes(path).next_back().map(|(_, _, change)| change),
            false => {
                let edited = self.edited(path);
                let (dream, nth) = edited.get(&entry.text)?;
                self.dreams.get(dream)?.changes.get(*nth)
            }
        }
    }

    pub fn held(&self, entry: Written) -> Held {
        let change = self.change(&entry);
        let cited = change.iter().flat_map(|change| &change.evidence);
        let times =
            cited.filter_map(|cited| self.records.find(&cited.session)).map(|at| self.records.happened_moment(at));
        Held {
            key: change.map(|change| change.key.clone()),
            since: change.map(|change| change.time),
            last_evidence: times.max().map(DateTime::from),
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
