//! Editing a tree without an index or a checkout: only folders on the way to an edit are ever read, and only changed
//! ones are written again.

use super::object::{EMPTY_TREE, FOLDER};
use super::pack::encode_checked;
use super::prepared::Prepared;
use super::{PackWriter, ReadError, Store, TreeEntry, WriteError};
use crate::model::ObjectId;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A tree under edit. Give every [`TreeEditor::write`] the same writer until that is finished: folders that were
/// written once are not written again.
pub struct TreeEditor<'s> {
    store: &'s Store,
    root: Folder,
    id: ObjectId,
}

#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("put '{path}' into the tree: '{blocker}' is a file")]
    FileInTheWay { path: String, blocker: String },
    #[error("put '{path}' into the tree: it is a folder there")]
    FolderInTheWay { path: String },
    #[error("put '{0}' into the tree: it is no path")]
    BadPath(String),
    #[error("read the tree")]
    Read(#[source] ReadError),
    #[error("write the tree")]
    Write(#[source] WriteError),
}

#[derive(Default)]
struct Folder {
    /// In git's order. The id of an open folder is out of date until it is written.
    entries: Vec<TreeEntry>,
    /// Boxed, since a map has room for eleven where one is: folders of one file are many.
    open: BTreeMap<Vec<u8>, Box<Folder>>,
    changed: bool,
    /// As it was last written, for the next difference.
    written: Option<(ObjectId, Vec<u8>)>,
    /// As it is written next.
    prepared: Option<(Prepared, Vec<u8>)>,
}

/// Fewer folders than this are written sooner than threads for it are awake; of more, so many are made ready at a time.
const FEW: usize = 32;

impl<'s> TreeEditor<'s> {
    /// Starts from a tree, or from nothing.
    pub fn new(store: &'s Store, base: Option<ObjectId>) -> Result<Self, TreeError> {
        let entries = base.map_or(Ok(Vec::new()), |id| store.tree(id)).map_err(TreeError::Read)?;
        // Without a base even the empty tree has to be written once.
        let root = Folder { entries, changed: base.is_none(), ..Folder::default() };
        Ok(Self { store, root, id: base.unwrap_or(EMPTY_TREE) })
    }

    /// Puts a file (or a link) at a `/`-separated path, making the folders on the way.
    pub fn set(&mut self, path: impl AsRef<[u8]>, mode: u32, id: ObjectId) -> Result<(), TreeError> {
        let path = path.as_ref();
        let (folders, name) = split(path)?;
        let mut folder = &mut self.root;
        for part in folders {
            if folder.position(part, false).is_ok() {
                return Err(TreeError::FileInTheWay { path: text(path), blocker: text(part) });
            }
            folder.changed = true;
            folder = folder.enter(self.store, part).map_err(TreeError::Read)?;
        }
        if folder.position(name, true).is_ok() {
            return Err(TreeError::FolderInTheWay { path: text(path) });
        }
        folder.changed = true;
        let entry = TreeEntry { mode, name: name.to_vec(), id };
        match folder.position(name, false) {
            Ok(at) => folder.entries[at] = entry,
            Err(at) => folder.entries.insert(at, entry),
        }
        Ok(())
    }

    /// Takes a file or a whole folder out, and every folder that this leaves empty. Says whether it was there.
    pub fn remove(&mut self, path: impl AsRef<[u8]>) -> Result<bool, TreeError> {
        let (folders, name) = split(path.as_ref())?;
        self.root.remove(self.store, &folders, name).map_err(TreeError::Read)
    }

    /// The entry at a path as edited so far. The id of a changed folder is known only after [`TreeEditor::write`].
    pub fn find(&mut self, path: impl AsRef<[u8]>) -> Result<Option<TreeEntry>, TreeError> {
        let (folders, name) = split(path.as_ref())?;
        let mut folder = &mut self.root;
        for part in folders {
            if folder.position(part, true).is_err() {
                return Ok(None);
            }
            folder = folder.enter(self.store, part).map_err(TreeError::Read)?;
        }
        let at = folder.position(name, false).or_else(|_| folder.position(name, true)).ok();
        Ok(at.map(|at| folder.entries[at].clone()))
    }

    /// Writes every folder that changed since the last time, and gives the id of the whole tree.
    pub fn write(&mut self, writer: &mut PackWriter<'_>) -> Result<ObjectId, TreeError> {
        if self.root.changed {
            self.id = self.root.write(writer).map_err(TreeError::Write)?;
        }
        Ok(self.id)
    }
}

impl Folder {
    /// Where a name stands, or would stand, as a folder or as anything else.
    fn position(&self, name: &[u8], folder: bool) -> Result<usize, usize> {
        let end = folder.then_some(b'/');
        let wanted = || name.iter().copied().chain(end);
        self.entries.binary_search_by(|entry| {
            let own = entry.is_folder().then_some(b'/');
            entry.name.iter().copied().chain(own).cmp(wanted())
        })
    }

    /// The folder of this name, read when it exists and was not open, made when it does not exist.
    fn enter(&mut self, store: &Store, name: &[u8]) -> Result<&mut Folder, ReadError> {
        if !self.open.contains_key(name) {
            let folder = match self.position(name, true) {
                Ok(at) => Folder { entries: store.tree(self.entries[at].id)?, ..Folder::default() },
                Err(at) => {
                    self.entries.insert(at, TreeEntry { mode: FOLDER, name: name.to_vec(), id: EMPTY_TREE });
                    Folder { changed: true, ..Folder::default() }
                }
            };
            self.open.insert(name.to_vec(), Box::new(folder));
        }
        Ok(self.open.get_mut(name).expect("it was just opened"))
    }

    fn remove(&mut self, store: &Store, folders: &[&[u8]], name: &[u8]) -> Result<bool, ReadError> {
        let Some((first, rest)) = folders.split_first() else { return Ok(self.take(name)) };
        if self.position(first, true).is_err() {
            return Ok(false);
        }
        let child = self.enter(store, first)?;
        let removed = child.remove(store, rest, name)?;
        let empty = child.entries.is_empty();
        self.changed |= removed;
        if removed && empty {
            self.take(first);
        }
        Ok(removed)
    }

    fn take(&mut self, name: &[u8]) -> bool {
        let Ok(at) = self.position(name, false).or_else(|_| self.position(name, true)) else { return false };
        self.entries.remove(at);
        self.open.remove(name);
        self.changed = true;
        true
    }

    fn write(&mut self, writer: &mut PackWriter<'_>) -> Result<ObjectId, WriteError> {
        let mut open = std::mem::take(&mut self.open);
        let mut changed: Vec<_> = open.iter_mut().filter(|(_, folder)| folder.changed).collect();
        let many = changed.len() >= FEW && self.prepared.is_none();
        // What is made ready is in memory until it is written.
        for some in changed.chunks_mut(FEW) {
            if many {
                some.par_iter_mut().for_each(|(_, folder)| {
                    folder.prepare();
                });
            }
            for (name, folder) in some {
                let at = self.position(name, true).expect("an open folder has an entry");
                self.entries[at].id = folder.write(writer)?;
            }
        }
        self.open = open;
        self.changed = false;
        if let Some((prepared, bytes)) = self.prepared.take() {
            writer.prepared_tree(&prepared)?;
            self.written = Some((prepared.id, bytes));
            return Ok(prepared.id);
        }
        let bytes = encode_checked(&self.entries)?;
        let old = self.written.as_ref().map(|(id, bytes)| (*id, bytes.as_slice()));
        let id = writer.tree_after(old, &bytes)?;
        self.written = Some((id, bytes));
        Ok(id)
    }

    /// Makes ready what [`Folder::write`] writes of a folder that is new, and of all in it; gives its id. Nothing of one
    /// that is told as a difference, or cannot be written: that is the writer's to say.
    fn prepare(&mut self) -> Option<ObjectId> {
        // Whoever made the folder above ready did so with this one.
        if let Some((prepared, _)) = &self.prepared {
            return Some(prepared.id);
        }
        if self.written.is_some() {
            return None;
        }
        let mut open = std::mem::take(&mut self.open);
        let mut all = true;
        for (name, folder) in open.iter_mut().filter(|(_, folder)| folder.changed) {
            let at = self.position(name, true).expect("an open folder has an entry");
            match folder.prepare() {
                Some(id) => self.entries[at].id = id,
                None => all = false,
            }
        }
        self.open = open;
        let bytes = encode_checked(&self.entries).ok().filter(|_| all)?;
        let prepared = Prepared::tree(&bytes).ok()?;
        let id = prepared.id;
        self.prepared = Some((prepared, bytes));
        Some(id)
    }
}

/// The folders on the way and the name at the end.
fn split(path: &[u8]) -> Result<(Vec<&[u8]>, &[u8]), TreeError> {
    let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(TreeError::BadPath(text(path)));
    }
    let name = parts.pop().expect("splitting gives at least one part");
    Ok((parts, name))
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
