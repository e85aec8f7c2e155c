//! Three-way merge of trees: only folders that differ are entered, memory files that both sides changed are merged by
//! entry, everything else by file. What does not fit is returned as a list; nothing is visible until the end, so a
//! merge that is given up leaves nothing behind.

use super::object::{EMPTY_TREE, FOLDER};
use super::{EntryMerge, NewCommit, PackWriter, ReadError, Store, TreeEntry, WriteError, merge_entries};
use crate::model::ObjectId;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Why a path cannot be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConflictKind {
    /// Both sides edited the entry (or the file, where it is no memory file).
    Edited,
    /// One side edited what the other removed.
    Removed,
    /// Both sides added the path with different content.
    Added,
    /// A file on one side, a folder on the other.
    FileAndFolder,
}

/// One thing that a person must settle: an entry of a file, or a whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub path: String,
    pub kind: ConflictKind,
    /// The entry (or file) on each side; `None` where it is missing there, or is no text.
    pub base: Option<String>,
    pub ours: Option<String>,
    pub theirs: Option<String>,
}

/// The outcome of a merge of three trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeMerge {
    Merged(ObjectId),
    /// In order of their paths, never empty.
    Conflict(Vec<Conflict>),
}

#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("read what is to be merged")]
    Read(#[from] ReadError),
    #[error("write what was merged")]
    Write(#[from] WriteError),
}

/// Merges one after the other, each able to build on the last, and writes all results as one pack.
pub struct Merger<'s> {
    store: &'s Store,
    writer: PackWriter<'s>,
    /// What was merged and is not in the repository yet.
    trees: HashMap<ObjectId, Rc<Vec<TreeEntry>>>,
    blobs: HashMap<ObjectId, Rc<Vec<u8>>>,
}

/// What stands at one name: mode and id.
type Place = Option<(u32, ObjectId)>;

impl<'s> Merger<'s> {
    pub fn new(store: &'s Store) -> Self {
        Self { store, writer: store.writer(), trees: HashMap::new(), blobs: HashMap::new() }
    }

    /// Merges what `ours` and `theirs` made of `base`; no base is an empty tree.
    pub fn merge(&mut self, base: Option<ObjectId>, ours: ObjectId, theirs: ObjectId) -> Result<TreeMerge, MergeError> {
        let mut conflicts = Vec::new();
        let folder = |id| Some((FOLDER, id));
        let base = folder(base.unwrap_or(EMPTY_TREE));
        let merged = self.place("", base, folder(ours), folder(theirs), &mut conflicts)?;
        if !conflicts.is_empty() {
            conflicts.sort_by(|a: &Conflict, b| a.path.cmp(&b.path));
            return Ok(TreeMerge::Conflict(conflicts));
        }
        match merged {
            Some((_, id)) => Ok(TreeMerge::Merged(id)),
            None => Ok(TreeMerge::Merged(self.writer.tree(&[])?)),
        }
    }

    /// Adds a commit to what will be written.
    pub fn commit(&mut self, commit: &NewCommit) -> Result<ObjectId, MergeError> {
        Ok(self.writer.commit(commit)?)
    }

    /// Makes everything visible.
    pub fn finish(self) -> Result<(), MergeError> {
        Ok(self.writer.finish()?)
    }

    fn place(
        &mut self,
        path: &str,
        base: Place,
        ours: Place,
        theirs: Place,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<Place, MergeError> {
        let is = |place: Place, folder: bool| place.is_some_and(|(mode, _)| (mode == FOLDER) == folder);
        // A folder that both sides removed is no base for the file that one of them put there, nor the other way.
        let base = base.filter(|(mode, _)| [ours, theirs].iter().any(|side| is(*side, *mode == FOLDER)));
        if ours == theirs || theirs == base {
            return Ok(ours);
        }
        if ours == base {
            return Ok(theirs);
        }
        let sides = [base, ours, theirs];
        if !sides.iter().any(|side| is(*side, false)) {
            return self.folder(path, sides, conflicts);
        }
        if is(ours, false) && is(theirs, false) && !is(base, true) {
            return self.file(path, base, ours, theirs, conflicts);
        }
        let kind = match is(ours, true) || is(theirs, true) {
            true => ConflictKind::FileAndFolder,
            false => ConflictKind::Removed,
        };
        conflicts.push(self.whole(path, kind, sides)?);
        Ok(None)
    }

    fn folder(&mut self, path: &str, sides: [Place; 3], conflicts: &mut Vec<Conflict>) -> Result<Place, MergeError> {
        let mut names: BTreeMap<Vec<u8>, [Place; 3]> = BTreeMap::new();
        let mut lists = Vec::with_capacity(3);
        for side in sides {
            lists.push(self.tree(side.map_or(EMPTY_TREE, |(_, id)| id))?);
        }
        for (at, list) in lists.iter().enumerate() {
            for entry in list.iter() {
                names.entry(entry.name.clone()).or_default()[at] = Some((entry.mode, entry.id));
            }
        }
        let mut merged = Vec::with_capacity(names.len());
        for (name, [base, ours, theirs]) in names {
            let child = match path {
                "" => String::from_utf8_lossy(&name).into_owned(),
                folder => format!("{folder}/{}", String::from_utf8_lossy(&name)),
            };
            if let Some((mode, id)) = self.place(&child, base, ours, theirs, conflicts)? {
                merged.push(TreeEntry { mode, name, id });
            }
        }
        if merged.is_empty() || !conflicts.is_empty() {
            return Ok(None);
        }
        merged.sort_by(TreeEntry::order);
        let id = self.writer.tree(&merged)?;
        self.trees.insert(id, Rc::new(merged));
        Ok(Some((FOLDER, id)))
    }

    fn file(
        &mut self,
        path: &str,
        base: Place,
        ours: Place,
        theirs: Place,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<Place, MergeError> {
        let (Some((our_mode, our_id)), Some((their_mode, their_id))) = (ours, theirs) else { return Ok(None) };
        let sides = [base, ours, theirs];
        let Some((base_mode, base_id)) = base else {
            conflicts.push(self.whole(path, ConflictKind::Added, sides)?);
            return Ok(None);
        };
        let sort = |mode: u32| mode & 0o170000;
        if sort(our_mode) != sort(base_mode) || sort(their_mode) != sort(base_mode) {
            conflicts.push(self.whole(path, ConflictKind::Edited, sides)?);
            return Ok(None);
        }
        let mode = if our_mode == base_mode { their_mode } else { our_mode };
        if our_id == their_id || their_id == base_id {
            return Ok(Some((mode, our_id)));
        }
        if our_id == base_id {
            return Ok(Some((mode, their_id)));
        }
        let regular = sort(base_mode) == 0o100000;
        let texts = [self.text(base)?, self.text(ours)?, self.text(theirs)?];
        match texts {
            [Some(b), Some(o), Some(t)] if regular && path.ends_with(".md") => match merge_entries(&b, &o, &t) {
                EntryMerge::Merged(text) => Ok(Some((mode, self.write(text)?))),
                EntryMerge::Conflict(list) => {
                    conflicts.extend(list.into_iter().map(|conflict| Conflict {
                        path: path.to_owned(),
                        kind: match (&conflict.ours, &conflict.theirs) {
                            (Some(_), Some(_)) => ConflictKind::Edited,
                            _ => ConflictKind::Removed,
                        },
                        base: conflict.base,
                        ours: conflict.ours,
                        theirs: conflict.theirs,
                    }));
                    Ok(None)
                }
            },
            _ => {
                conflicts.push(self.whole(path, ConflictKind::Edited, sides)?);
                Ok(None)
            }
        }
    }

    fn whole(&self, path: &str, kind: ConflictKind, [base, ours, theirs]: [Place; 3]) -> Result<Conflict, MergeError> {
        let (base, ours, theirs) = (self.text(base)?, self.text(ours)?, self.text(theirs)?);
        Ok(Conflict { path: path.to_owned(), kind, base, ours, theirs })
    }

    fn write(&mut self, text: String) -> Result<ObjectId, MergeError> {
        let id = self.writer.blob(text.as_bytes())?;
        self.blobs.insert(id, Rc::new(text.into_bytes()));
        Ok(id)
    }

    fn tree(&self, id: ObjectId) -> Result<Rc<Vec<TreeEntry>>, MergeError> {
        match self.trees.get(&id) {
            Some(entries) => Ok(Rc::clone(entries)),
            None => Ok(Rc::new(self.store.tree(id)?)),
        }
    }

    /// A file as text; nothing for a folder, a submodule or bytes that are no text.
    fn text(&self, place: Place) -> Result<Option<String>, MergeError> {
        let Some((_, id)) = place.filter(|(mode, _)| matches!(mode & 0o170000, 0o100000 | 0o120000)) else {
            return Ok(None);
        };
        let bytes = match self.blobs.get(&id) {
            Some(bytes) => bytes.to_vec(),
            None => self.store.blob(id)?,
        };
        Ok(String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')))
    }
}
