//! A snapshot of memory: every note of one commit, as text. What is not a note of ours is skipped and said so.

use super::{NoteText, ReadError, Store, TreeEntry};
use crate::model::{NotePath, ObjectId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The notes of memory at one commit.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub commit: ObjectId,
    pub tree: ObjectId,
    pub notes: BTreeMap<NotePath, NoteText>,
    pub skipped: Vec<Skipped>,
}

impl Snapshot {
    /// The notes that are not as they were, each with what it said before.
    pub fn changed_since<'a>(&'a self, before: Option<&'a Snapshot>) -> Vec<(&'a NotePath, &'a str, &'a str)> {
        let changed = |(path, text): (&'a NotePath, &'a NoteText)| {
            let old = before.and_then(|before| before.notes.get(path));
            let same = old.is_some_and(|old| old.is(text) || old == text);
            (!same).then(|| (path, old.map_or("", |old| &**old), &**text))
        };
        self.notes.iter().filter_map(changed).collect()
    }
}

/// Something that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub what: String,
    pub why: String,
}

/// Whether a path of the repository is a note of memory, by its name and the memory folders alone.
pub fn is_note(path: &str, folders: &[String]) -> bool {
    let inside = |folder: &String| match plain(folder) {
        "" => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    };
    let shown = |rest: &str| rest.split('/').all(|part| !part.starts_with('.'));
    path.to_ascii_lowercase().ends_with(".md") && folders.iter().filter_map(inside).any(shown)
}

/// A folder as settings name it, as a path: without `./` and the last `/`; empty for the whole tree.
fn plain(folder: &str) -> &str {
    let path = folder.trim_end_matches('/').trim_start_matches("./");
    if path == "." { "" } else { path }
}

impl Store {
    /// All `*.md` files under the folders (`.` is the whole tree) of a commit. Folders and files whose name starts
    /// with a dot are no part of memory, unless such a folder is asked for by name.
    pub fn snapshot(&self, commit: ObjectId, folders: &[String]) -> Result<Snapshot, ReadError> {
        self.read_notes(commit, folders, None)
    }

    /// The same as [`Store::snapshot`]; notes that `like` has from the same blobs are taken from it, not read again.
    /// `like` must be of these folders.
    pub fn snapshot_like(&self, commit: ObjectId, folders: &[String], like: &Snapshot) -> Result<Snapshot, ReadError> {
        let tree = self.commit(commit)?.tree;
        match self.brought_up_to(commit, tree, folders, like.clone()) {
            Ok((snapshot, _)) => Ok(snapshot),
            Err(like) => self.read_notes(commit, folders, Some(&like)),
        }
    }

    pub(super) fn read_notes(
        &self,
        commit: ObjectId,
        folders: &[String],
        like: Option<&Snapshot>,
    ) -> Result<Snapshot, ReadError> {
        let tree = self.commit(commit)?.tree;
        let mut snapshot = Snapshot { commit, tree, notes: BTreeMap::new(), skipped: Vec::new() };
        for folder in folders {
            let path = plain(folder);
            let old = like.map(|like| self.find_path(like.tree, path)).transpose()?.flatten();
            let old = like.zip(old.filter(TreeEntry::is_folder).map(|entry| entry.id));
            match self.find_path(tree, path)? {
                Some(entry) if entry.is_folder() => self.collect(entry.id, path, old, &mut snapshot)?,
                _ => {}
            }
        }
        Ok(snapshot)
    }

    /// How many notes a commit holds, by their names alone: no note is read.
    pub fn count_notes(&self, commit: ObjectId, folders: &[String]) -> Result<usize, ReadError> {
        let tree = self.commit(commit)?.tree;
        let mut seen = BTreeSet::new();
        let mut count = 0;
        for folder in folders {
            let entry = self.find_path(tree, plain(folder))?.filter(TreeEntry::is_folder);
            // Folders that are asked for twice, or within each other, are counted once.
            let mut waiting: Vec<(String, ObjectId)> =
                entry.map(|entry| (plain(folder).to_owned(), entry.id)).into_iter().collect();
            while let Some((path, tree)) = waiting.pop() {
                if !seen.insert(path.clone()) {
                    continue;
                }
                for entry in self.tree(tree)?.into_iter().filter(|entry| !entry.name.starts_with(b".")) {
                    let Ok(name) = std::str::from_utf8(&entry.name) else { continue };
                    let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
                    if entry.is_folder() {
                        waiting.push((path, entry.id));
                    } else if entry.is_file()
                        && name.to_ascii_lowercase().ends_with(".md")
                        && NotePath::new(&path).is_ok()
                    {
                        count += 1;
                    }
                }
            }
        }
        Ok(count)
    }

    /// One file of a commit.
    pub fn file(&self, commit: ObjectId, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let tree = self.commit(commit)?.tree;
        match self.find_path(tree, path)? {
            Some(entry) if entry.is_file() => self.blob(entry.id).map(Some),
            _ => Ok(None),
        }
    }

    /// `old` is another snapshot with its tree at the same path.
    fn collect(
        &self,
        tree: ObjectId,
        prefix: &str,
        old: Option<(&Snapshot, ObjectId)>,
        snapshot: &mut Snapshot,
    ) -> Result<(), ReadError> {
        let known = old.map(|(_, tree)| self.tree(tree)).transpose()?.unwrap_or_default();
        let known: BTreeMap<&[u8], &TreeEntry> = known.iter().map(|entry| (entry.name.as_slice(), entry)).collect();
        for entry in self.tree(tree)?.into_iter().filter(|entry| !entry.name.starts_with(b".")) {
            let name = String::from_utf8_lossy(&entry.name);
            let path = if prefix.is_empty() { name.clone().into_owned() } else { format!("{prefix}/{name}") };
            let before = old.zip(known.get(entry.name.as_slice()).copied()).map(|((old, _), entry)| (old, entry));
            if entry.is_folder() {
                let before = before.filter(|(_, old)| old.is_folder()).map(|(old, entry)| (old, entry.id));
                self.collect(entry.id, &path, before, snapshot)?;
            } else if name.to_ascii_lowercase().ends_with(".md") {
                let same = before.filter(|(_, old)| **old == entry).map(|(old, _)| old);
                self.note(&entry, path, same, snapshot)?;
            }
        }
        Ok(())
    }

    /// `same` is another snapshot whose tree has the very same entry here.
    fn note(
        &self,
        entry: &TreeEntry,
        path: String,
        same: Option<&Snapshot>,
        snapshot: &mut Snapshot,
    ) -> Result<(), ReadError> {
        let mut skip = |path: &str, why: String| {
            snapshot.skipped.push(Skipped { what: path.to_owned(), why });
            Ok(())
        };
        if !entry.is_file() {
            return skip(&path, "it is a symbolic link or a submodule".to_owned());
        }
        let valid = std::str::from_utf8(&entry.name).map_err(|_| "its name is not UTF-8".to_owned());
        let note = valid.and_then(|_| NotePath::new(&path).map_err(|error| error.why.to_owned()));
        let note = match note {
            Ok(note) => note,
            Err(why) => return skip(&path, why),
        };
        if let Some(text) = same.and_then(|same| same.notes.get(&note)) {
            snapshot.notes.insert(note, text.clone());
            return Ok(());
        }
        match String::from_utf8(self.blob(entry.id)?) {
            Ok(text) => {
                snapshot.notes.insert(note, text.into());
                Ok(())
            }
            Err(_) => skip(&path, "it is not UTF-8 text".to_owned()),
        }
    }
}
