//! A copy of all notes of one tree in one file: reading it takes a tenth of the time that a hundred thousand objects
//! take, and of a later tree only the notes that differ are read. Checked by a checksum, thrown away on any doubt, never
//! needed.
//!
//! The file: a line with format and version; tree and folders as one id, the tree, the lengths of the list and of the
//! texts, a checksum over both; the list in pieces, each behind its length; the texts in its order.

use super::object::is_file;
use super::snapshot::{Skipped, is_note};
use super::{FileDelta, NoteText, ReadError, Snapshot, Store, TreeDiff};
use crate::model::{NotePath, ObjectId};
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = concat!("git-dream notes 2 ", env!("CARGO_PKG_VERSION"), "\n");
/// Fewer notes than this are read faster than a file is written. Tests keep everything.
const WORTHWHILE: usize = if crate::FAULTS { 1 } else { 1000 };
/// This many notes, or this part of those that are kept, may be read anew each time before all are kept again.
const NEW: usize = if crate::FAULTS { 0 } else { 64 };
const SHARE: usize = 50;
const ID: usize = 20;
/// Two ids, two lengths and a checksum.
const HEAD: usize = MAGIC.len() + 2 * ID + 2 * 8 + 4;

/// Notes in one piece of the list: pieces are read side by side.
const PIECE: usize = 4096;

/// Some notes, each with the length of its text.
type Piece = Vec<(NotePath, u32)>;

/// Puts what was skipped and the pieces one behind the other.
fn list_of(snapshot: &Snapshot) -> io::Result<Vec<u8>> {
    let packed = |bytes: postcard::Result<Vec<u8>>| bytes.map_err(io::Error::other);
    let length = |text: &NoteText| u32::try_from(text.len()).map_err(io::Error::other);
    let notes: Piece =
        snapshot.notes.iter().map(|(path, text)| Ok((path.clone(), length(text)?))).collect::<io::Result<_>>()?;
    let mut list = Vec::new();
    let mut add = |piece: Vec<u8>| {
        list.extend_from_slice(&(piece.len() as u64).to_le_bytes());
        list.extend_from_slice(&piece);
    };
    add(packed(postcard::to_allocvec(&snapshot.skipped))?);
    for piece in notes.chunks(PIECE) {
        add(packed(postcard::to_allocvec(piece))?);
    }
    Ok(list)
}

fn read_list(mut list: &[u8]) -> Option<(Vec<Skipped>, Vec<Piece>)> {
    let mut pieces = Vec::new();
    while let Some((length, rest)) = list.split_first_chunk() {
        let (piece, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        pieces.push(piece);
        list = rest;
    }
    let (skipped, pieces) = pieces.split_first()?;
    let pieces = pieces.par_iter().map(|piece| postcard::from_bytes(piece).ok());
    Some((postcard::from_bytes(skipped).ok()?, pieces.collect::<Option<_>>()?))
}

impl Store {
    /// The same as [`Store::snapshot`], from what was kept of this tree or of an older one where there is something.
    pub fn kept_snapshot(&self, commit: ObjectId, folders: &[String]) -> Result<Snapshot, ReadError> {
        let tree = self.commit(commit)?.tree;
        let kept = self.kept_notes(folders);
        let (snapshot, new) = match kept {
            Some(kept) if kept.tree == tree => return Ok(Snapshot { commit, ..kept }),
            Some(kept) => match self.brought_up_to(commit, tree, folders, kept) {
                Ok(brought) => brought,
                // The older tree may be gone by now.
                Err(kept) => match self.read_notes(commit, folders, Some(&kept)) {
                    Ok(snapshot) => {
                        let new = differing(&snapshot, &kept);
                        (snapshot, new)
                    }
                    Err(_) => (self.snapshot(commit, folders)?, usize::MAX),
                },
            },
            None => (self.snapshot(commit, folders)?, usize::MAX),
        };
        if snapshot.notes.len() >= WORTHWHILE && new > NEW && new > snapshot.notes.len() / SHARE {
            // A cache that cannot be written is no error.
            let _ = self.keep_notes(&snapshot, folders);
        }
        Ok(snapshot)
    }

    /// The snapshot of a later tree, made from an earlier one and the files that differ, and how many differ. What was
    /// given comes back where one of them is no plain note, before or after.
    pub(super) fn brought_up_to(
        &self,
        commit: ObjectId,
        tree: ObjectId,
        folders: &[String],
        mut kept: Snapshot,
    ) -> Result<(Snapshot, usize), Snapshot> {
        let changed = self.changed_notes(kept.tree, tree, folders, |note| kept.notes.contains_key(note));
        let Some(changes) = changed else { return Err(kept) };
        let new = changes.len();
        for (note, text) in changes {
            match text {
                Some(text) => drop(kept.notes.insert(note, text.into())),
                None => drop(kept.notes.remove(&note)),
            }
        }
        Ok((Snapshot { commit, tree, ..kept }, new))
    }

    /// The notes that differ between two trees, each with its text, or none where it is gone. Nothing at all where a
    /// file that differs is no plain note, before or after; `had` says of a path whether it was one before.
    pub fn changed_notes(
        &self,
        old: ObjectId,
        new: ObjectId,
        folders: &[String],
        had: impl Fn(&NotePath) -> bool,
    ) -> Option<Vec<(NotePath, Option<String>)>> {
        let mut changes = Vec::new();
        for FileDelta { path, old, new } in TreeDiff::new(self).files(Some(old), new).ok()? {
            if path.contains(char::REPLACEMENT_CHARACTER) {
                return None;
            }
            if !is_note(&path, folders) {
                continue;
            }
            let note = NotePath::new(&path).ok()?;
            let text = match new {
                Some((mode, id)) if is_file(mode) => self.blob(id).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
                _ => None,
            };
            if text.is_some() != new.is_some() || old.is_some() != had(&note) {
                return None;
            }
            changes.push((note, text));
        }
        Some(changes)
    }

    fn notes_file(&self) -> PathBuf {
        self.common_dir().join("dream/cache/notes")
    }

    fn kept_notes(&self, folders: &[String]) -> Option<Snapshot> {
        let mut file = File::open(self.notes_file()).ok()?;
        let mut head = [0; HEAD];
        file.read_exact(&mut head).ok()?;
        let (magic, rest) = head.split_at(MAGIC.len());
        let (name, rest) = rest.split_at(ID);
        let (tree, rest) = rest.split_at(ID);
        let (lengths, checksum) = rest.split_at(2 * 8);
        let tree = ObjectId::from_bytes(tree.try_into().ok()?);
        let length = |nth: usize| usize::try_from(u64::from_le_bytes(lengths[nth * 8..][..8].try_into().ok()?)).ok();
        let (list, text) = (length(0)?, length(1)?);
        let size = file.metadata().ok()?.len();
        if magic != MAGIC.as_bytes()
            || name != self::name(tree, folders).as_bytes()
            || size != (HEAD as u64).checked_add(list.checked_add(text)? as u64)?
        {
            return None;
        }
        let mut bytes = vec![0; list];
        file.read_exact(&mut bytes).ok()?;
        let mut texts = Vec::with_capacity(text);
        file.read_to_end(&mut texts).ok()?;
        let (sum, list) = rayon::join(|| checksum_of(&bytes, &texts), || read_list(&bytes));
        if sum.to_le_bytes() != checksum || texts.len() != text {
            return None;
        }
        let (skipped, notes) = list?;
        let whole = Arc::new(String::from_utf8(texts).ok()?);
        let mut at = 0;
        let cut = |(path, length): (NotePath, u32)| {
            let part = at..at + length as usize;
            at = part.end;
            Some((path, NoteText::part(&whole, part)?))
        };
        let notes = notes.into_iter().flatten().map(cut).collect::<Option<_>>()?;
        Some(Snapshot { commit: tree, tree, notes, skipped })
    }

    fn keep_notes(&self, snapshot: &Snapshot, folders: &[String]) -> io::Result<()> {
        let path = self.notes_file();
        let folder = path.parent().expect("the file has a folder");
        fs::create_dir_all(folder)?;
        let list = list_of(snapshot)?;
        let mut sum = crc32fast::Hasher::new();
        sum.update(&list);
        let mut text = 0;
        for note in snapshot.notes.values() {
            sum.update(note.as_bytes());
            text += note.len() as u64;
        }
        let mut file = BufWriter::with_capacity(1 << 20, tempfile::NamedTempFile::new_in(folder)?);
        file.write_all(MAGIC.as_bytes())?;
        file.write_all(name(snapshot.tree, folders).as_bytes())?;
        file.write_all(snapshot.tree.as_bytes())?;
        file.write_all(&(list.len() as u64).to_le_bytes())?;
        file.write_all(&text.to_le_bytes())?;
        file.write_all(&sum.finalize().to_le_bytes())?;
        file.write_all(&list)?;
        snapshot.notes.values().try_for_each(|note| file.write_all(note.as_bytes()))?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}

fn checksum_of(list: &[u8], texts: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(list);
    sum.update(texts);
    sum.finalize()
}

/// The same tree in other folders is another memory.
fn name(tree: ObjectId, folders: &[String]) -> ObjectId {
    ObjectId::of_blob(format!("{tree}\0{}", folders.join("\0")).as_bytes())
}

/// Notes that are not taken from the other snapshot.
fn differing(snapshot: &Snapshot, other: &Snapshot) -> usize {
    let same = |(path, text): &(&NotePath, &NoteText)| other.notes.get(path).is_some_and(|known| known.is(text));
    snapshot.notes.iter().filter(|note| !same(note)).count()
}
