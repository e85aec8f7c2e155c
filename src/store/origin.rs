//! Where beliefs come from: for each entry that memory holds, the commit that made its present text. One walk for any
//! number of files; only folders that differ between a commit and its parent are looked into, and a text is followed
//! through merges to the side that had it.

use super::{ChangeRecord, Commit, Decided, Ledger, ReadError, Store, TreeEntry};
use crate::model::{Document, DreamId, ObjectId};
use crate::text::Scrubbed;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One entry of memory and the commit that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub path: String,
    /// The entry's exact text.
    pub entry: String,
    /// 1-based.
    pub line: u32,
    pub commit: ObjectId,
    pub subject: Scrubbed,
    /// `Name <address>`.
    pub author: String,
    pub time: DateTime<Utc>,
}

/// What an origin is to the ledger.
#[derive(Debug, Clone, PartialEq)]
pub enum Source<'l> {
    Dream {
        dream: &'l DreamId,
        change: Option<&'l ChangeRecord>,
        approved: Option<&'l Decided>,
    },
    /// A person's own commit.
    Edit,
}

impl Ledger {
    /// The change of a dream that a commit is, or (a squash) that it brought to a path.
    pub fn source(&self, commit: ObjectId, path: &str) -> Source<'_> {
        if let Some(dream) = self.dreams_of(commit).next() {
            let key = dream.landed.iter().find(|(_, at)| **at == Some(commit)).map(|(key, _)| key);
            let here = |change: &&ChangeRecord| change.path.as_deref() == Some(path);
            let mut own = dream.changes.iter().filter(|change| change.commit == commit);
            // A squash made many changes: the one that is about this file.
            let squashed = || dream.changes.iter().filter(|_| dream.landings.contains(&commit)).find(here);
            let change = own.clone().find(here).or(key.and_then(|key| dream.change(key))).or_else(|| own.next());
            let change = change.or_else(squashed);
            return Source::Dream { dream: &dream.id, change, approved: dream.approved.as_ref() };
        }
        Source::Edit
    }
}

/// The entry on a 1-based line of a memory file; any line of a note means its body.
pub fn entry_at(text: &str, line: u32) -> Option<String> {
    let document = Document::parse(text);
    if document.front().is_some() {
        return document.entries().next().map(str::to_owned);
    }
    let entries = document.entries().zip(document.lines());
    let mut on_line =
        entries.filter(|(entry, first)| (*first..=first + entry.matches('\n').count() as u32).contains(&line));
    on_line.next().map(|(entry, _)| entry.to_owned())
}

/// More files than this are compared folder by folder instead of one by one.
const FEW: usize = 12;

/// A file of which some entries are still looked for: its blob at the commit in hand, and the entries' places in the
/// list of origins.
#[derive(Debug, Clone)]
struct Sought {
    blob: ObjectId,
    entries: Vec<usize>,
}

type Pending = BTreeMap<String, Sought>;

impl Store {
    /// The origin of every entry of these files, as they stand in a commit; in the order of the files and of their
    /// entries. Files that are not there, or are no text, have none.
    pub fn origins(&self, tip: ObjectId, paths: &[String]) -> Result<Vec<Origin>, ReadError> {
        let mut trace = Trace { store: self, origins: Vec::new(), waiting: HashMap::new() };
        trace.begin(tip, paths)?;
        for id in self.walk(&[tip], &[], false)? {
            if trace.waiting.is_empty() {
                break;
            }
            let id = id?;
            if let Some(pending) = trace.waiting.remove(&id) {
                trace.step(&self.commit(id)?, pending)?;
            }
        }
        Ok(trace.origins)
    }

    /// The entry on a line of a file of memory, and where it comes from.
    pub fn origin_of_line(&self, tip: ObjectId, path: &str, line: u32) -> Result<Option<Origin>, ReadError> {
        let text = self.file(tip, path)?.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let Some(entry) = entry_at(&text, line) else { return Ok(None) };
        let origins = self.origins(tip, &[path.to_owned()])?;
        let nearest = |origin: &Origin| origin.line.abs_diff(line);
        Ok(origins.into_iter().filter(|origin| origin.entry == entry).min_by_key(nearest))
    }
}

struct Trace<'s> {
    store: &'s Store,
    origins: Vec<Origin>,
    /// What is still looked for, at commits that the walk has yet to reach.
    waiting: HashMap<ObjectId, Pending>,
}

impl Trace<'_> {
    fn begin(&mut self, tip: ObjectId, paths: &[String]) -> Result<(), ReadError> {
        let tree = self.store.commit(tip)?.tree;
        let mut pending = Pending::new();
        for path in paths {
            let Some(blob) = self.file(tree, path)? else { continue };
            let Some(document) = self.document(blob)? else { continue };
            let first = self.origins.len();
            self.origins.extend(document.entries().zip(document.lines()).map(|(entry, line)| Origin {
                path: path.clone(),
                entry: entry.to_owned(),
                line,
                commit: tip,
                subject: Scrubbed::default(),
                author: String::new(),
                time: DateTime::default(),
            }));
            let entries: Vec<usize> = (first..self.origins.len()).collect();
            if !entries.is_empty() {
                pending.insert(path.clone(), Sought { blob, entries });
            }
        }
        self.wait(tip, pending);
        Ok(())
    }

    /// Hands what is looked for to the parents that have it; the rest was made here.
    fn step(&mut self, commit: &Commit, mut pending: Pending) -> Result<(), ReadError> {
        let parents: Result<Vec<Commit>, _> = commit.parents.iter().map(|parent| self.store.commit(*parent)).collect();
        let parents = parents?;
        let mut other: Vec<BTreeMap<String, Option<ObjectId>>> = Vec::new();
        for parent in &parents {
            let differing = self.differing(commit.tree, parent.tree, &pending)?;
            let changed = differing.keys().filter_map(|path| pending.remove_entry(path)).collect();
            self.wait(parent.id, std::mem::replace(&mut pending, changed));
            other.push(differing);
        }
        for (path, mut sought) in pending {
            for (parent, blobs) in parents.iter().zip(&other) {
                let Some(blob) = blobs.get(&path).copied().flatten() else { continue };
                let Some(document) = self.document(blob)? else { continue };
                let said: BTreeSet<&str> = document.entries().collect();
                let known = |at: &usize| said.contains(self.origins[*at].entry.as_str());
                let (there, rest): (Vec<usize>, Vec<usize>) = sought.entries.iter().partition(|at| known(at));
                sought.entries = rest;
                if !there.is_empty() {
                    self.wait(parent.id, Pending::from([(path.clone(), Sought { blob, entries: there })]));
                }
            }
            for at in sought.entries {
                let origin = &mut self.origins[at];
                origin.commit = commit.id;
                origin.subject = Scrubbed::line(commit.subject());
                origin.author = super::dream::person(&commit.author);
                origin.time = commit.committer.time;
            }
        }
        Ok(())
    }

    fn wait(&mut self, commit: ObjectId, mut pending: Pending) {
        if pending.is_empty() {
            return;
        }
        let there = self.waiting.entry(commit).or_default();
        if there.len() < pending.len() {
            // Mostly one of the two is empty: the larger one is never moved entry by entry.
            std::mem::swap(there, &mut pending);
        }
        for (path, sought) in pending {
            match there.get_mut(&path) {
                Some(known) => known.entries.extend(sought.entries),
                None => drop(there.insert(path, sought)),
            }
        }
    }

    /// Sought files that differ in a parent's tree, with the blob that the parent has there.
    fn differing(
        &self,
        own: ObjectId,
        parent: ObjectId,
        pending: &Pending,
    ) -> Result<BTreeMap<String, Option<ObjectId>>, ReadError> {
        let mut found = BTreeMap::new();
        if own == parent {
            return Ok(found);
        }
        if pending.len() > FEW {
            self.compare(String::new(), own, Some(parent), &mut found)?;
            return Ok(found);
        }
        for (path, sought) in pending {
            let there = self.file(parent, path)?;
            if there != Some(sought.blob) {
                found.insert(path.clone(), there);
            }
        }
        Ok(found)
    }

    /// All files of a tree that another tree does not hold in the same place with the same content.
    fn compare(
        &self,
        folder: String,
        own: ObjectId,
        other: Option<ObjectId>,
        found: &mut BTreeMap<String, Option<ObjectId>>,
    ) -> Result<(), ReadError> {
        let others = other.map_or(Ok(Vec::new()), |other| self.store.tree(other))?;
        let mut others = others.iter().peekable();
        for entry in self.store.tree(own)? {
            while others.next_if(|there| there.order(&entry).is_lt()).is_some() {}
            let there = others.next_if(|there| there.order(&entry).is_eq());
            if there.is_some_and(|there| there.id == entry.id) {
                continue;
            }
            let path = format!("{folder}{}", String::from_utf8_lossy(&entry.name));
            match entry.is_folder() {
                true => {
                    let there = there.filter(|there| there.is_folder()).map(|there| there.id);
                    self.compare(format!("{path}/"), entry.id, there, found)?;
                }
                false => drop(found.insert(path, there.filter(|there| there.is_file()).map(|there| there.id))),
            }
        }
        Ok(())
    }

    fn file(&self, tree: ObjectId, path: &str) -> Result<Option<ObjectId>, ReadError> {
        Ok(self.store.find_path(tree, path)?.filter(TreeEntry::is_file).map(|entry| entry.id))
    }

    fn document(&self, blob: ObjectId) -> Result<Option<Document>, ReadError> {
        Ok(String::from_utf8(self.store.blob(blob)?).ok().map(|text| Document::parse(&text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_entry() {
        let text = "# T\n\n- one\n- two\n  goes on\n\nLast.\n";
        let at = |line| entry_at(text, line);
        assert_eq!([at(1), at(2)], [None, None]);
        assert_eq!(at(3).as_deref(), Some("one"));
        assert_eq!(at(5).as_deref(), Some("two\n  goes on"));
        assert_eq!(at(7).as_deref(), Some("Last."));
        assert_eq!(entry_at("---\nname: x\n---\nBody.\n", 2).as_deref(), Some("Body."));
    }
}
