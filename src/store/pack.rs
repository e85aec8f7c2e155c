//! Writing objects: everything of one operation goes into one pack (version 2, with its own index), which appears in
//! the repository only when it is finished and on disk. A pack that is given up leaves nothing.

use super::deflate::{Crew, Deflater};
use super::object::encode_tree;
use super::prepared::{Prepared, object_id};
use super::{NewCommit, ReadError, Store, TreeEntry, fault, pack_index, tree_delta};
use crate::model::ObjectId;
use sha1::{Digest, Sha1};
use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use tempfile::NamedTempFile;

/// From this size on an object is compressed by another thread.
const BIG: usize = 64 * 1024;
/// Bytes that may wait for compression: bounds memory when large transcripts stream through.
const MOST_PENDING: usize = 16 * 1024 * 1024;
/// Differences of differences, as deep as git makes them.
const DEEPEST: u8 = 50;

/// Collects the objects of one operation.
pub struct PackWriter<'s> {
    store: &'s Store,
    folder: PathBuf,
    file: Option<BufWriter<NamedTempFile>>,
    /// Made with the pack: who finishes it may be keeping others waiting.
    index: Option<NamedTempFile>,
    offset: u64,
    entries: Vec<PackEntry>,
    known: HashSet<ObjectId>,
    /// Trees of this pack, which later ones may be told as differences from.
    trees: HashMap<ObjectId, Base>,
    deflater: Deflater,
    crew: Crew,
    pending: VecDeque<Pending>,
    pending_bytes: usize,
    scratch: Vec<u8>,
    all_new: bool,
}

/// Where an object stands in the pack.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackEntry {
    pub id: ObjectId,
    pub crc: u32,
    pub offset: u64,
}

struct Pending {
    id: ObjectId,
    size: usize,
    deflated: Receiver<io::Result<Vec<u8>>>,
}

#[derive(Debug, Clone, Copy)]
struct Base {
    offset: u64,
    depth: u8,
}

/// What an object is, as packs number it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Commit = 1,
    Tree = 2,
    Blob = 3,
    Delta = 6,
}

impl Kind {
    /// Whether an object of this size is worth a closer look for what repeats in it.
    pub fn is_dense(self, size: usize) -> bool {
        self == Self::Blob && size >= BIG
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("write a pack into {}", .folder.display())]
    Pack { folder: PathBuf, source: io::Error },
    #[error("write a tree: '{0}' cannot be a name in it")]
    Name(String),
    #[error("write a tree: '{0}' stands in it twice")]
    Twice(String),
    #[error("see what the repository holds")]
    Read(#[source] ReadError),
}

impl Store {
    pub fn writer(&self) -> PackWriter<'_> {
        PackWriter {
            store: self,
            folder: self.common_dir().join("objects/pack"),
            file: None,
            index: None,
            offset: HEADER,
            entries: Vec::new(),
            known: HashSet::new(),
            trees: HashMap::new(),
            deflater: Deflater::fast(),
            crew: Crew::new(),
            pending: VecDeque::new(),
            pending_bytes: 0,
            scratch: Vec::new(),
            all_new: false,
        }
    }
}

impl PackWriter<'_> {
    pub fn blob(&mut self, bytes: &[u8]) -> Result<ObjectId, WriteError> {
        match bytes.len() {
            BIG.. => self.shared_blob(&Arc::new(bytes.to_vec())),
            _ => self.add(Kind::Blob, "blob", bytes),
        }
    }

    /// Like [`PackWriter::blob`], without a copy of large bytes.
    pub fn shared_blob(&mut self, bytes: &Arc<Vec<u8>>) -> Result<ObjectId, WriteError> {
        if bytes.len() < BIG {
            return self.add(Kind::Blob, "blob", bytes);
        }
        let id = object_id("blob", bytes);
        self.known_blob(id, bytes)?;
        Ok(id)
    }

    /// A blob whose id the caller has computed.
    pub(super) fn known_blob(&mut self, id: ObjectId, bytes: &Arc<Vec<u8>>) -> Result<(), WriteError> {
        if !self.is_new(id) {
            return Ok(());
        }
        if bytes.len() < BIG {
            return self.insert(id, Kind::Blob, bytes).map(drop);
        }
        let deflated = self.crew.deflate(Arc::clone(bytes));
        self.pending.push_back(Pending { id, size: bytes.len(), deflated });
        self.pending_bytes += bytes.len();
        while self.pending_bytes > MOST_PENDING {
            self.settle_one()?;
        }
        Ok(())
    }

    /// A blob that was made ready elsewhere; nothing is written of one that was found to be stored.
    pub(super) fn prepared(&mut self, object: &Prepared) -> Result<(), WriteError> {
        let Some(deflated) = object.deflated.as_ref().filter(|_| self.known.insert(object.id)) else { return Ok(()) };
        self.append_prepared(object, deflated).map(drop)
    }

    /// The same of a tree, which later ones may be told as differences from.
    pub(super) fn prepared_tree(&mut self, object: &Prepared) -> Result<(), WriteError> {
        let Some(deflated) = object.deflated.as_ref().filter(|_| self.is_new(object.id)) else { return Ok(()) };
        let offset = self.append_prepared(object, deflated)?;
        self.trees.insert(object.id, Base { offset, depth: 0 });
        Ok(())
    }

    fn append_prepared(&mut self, object: &Prepared, deflated: &[u8]) -> Result<u64, WriteError> {
        let header = entry_header(object.kind, object.size);
        self.append(object.id, &header, deflated).map_err(|error| self.failed(error))
    }

    /// A tree of these entries, in whatever order they come.
    pub fn tree(&mut self, entries: &[TreeEntry]) -> Result<ObjectId, WriteError> {
        self.tree_after(None, &encode_checked(entries)?)
    }

    /// An encoded tree that replaces another: told as the difference when that one is in this pack.
    pub(super) fn tree_after(&mut self, old: Option<(ObjectId, &[u8])>, bytes: &[u8]) -> Result<ObjectId, WriteError> {
        let id = object_id("tree", bytes);
        if !self.is_new(id) {
            return Ok(id);
        }
        let base = old.and_then(|(old, old_bytes)| {
            let base = self.trees.get(&old).copied().filter(|base| base.depth < DEEPEST)?;
            tree_delta::delta(old_bytes, bytes).map(|delta| (base, delta))
        });
        let depth = base.as_ref().map_or(0, |(base, _)| base.depth + 1);
        let offset = match base {
            Some((base, delta)) => self.insert_after(id, Kind::Delta, Some(base.offset), &delta)?,
            None => self.insert(id, Kind::Tree, bytes)?,
        };
        self.trees.insert(id, Base { offset, depth });
        Ok(id)
    }

    pub fn commit(&mut self, commit: &NewCommit) -> Result<ObjectId, WriteError> {
        self.encoded_commit(&commit.encode())
    }

    /// A commit whose bytes are ready, such as a signed one.
    pub fn encoded_commit(&mut self, bytes: &[u8]) -> Result<ObjectId, WriteError> {
        self.add(Kind::Commit, "commit", bytes)
    }

    /// Puts the pack on disk for good and makes its objects visible; nothing is written when there are none.
    pub fn finish(self) -> Result<(), WriteError> {
        let store = self.store;
        self.finish_unread()?;
        store.refresh().map_err(WriteError::Read)
    }

    /// Like [`PackWriter::finish`], for who does not read of it next; who misses an object looks for new packs.
    pub(super) fn finish_unread(mut self) -> Result<(), WriteError> {
        while !self.pending.is_empty() {
            self.settle_one()?;
        }
        let Some(file) = self.file.take() else { return Ok(()) };
        fault::point();
        self.publish(file).map_err(|source| WriteError::Pack { folder: self.folder.clone(), source })
    }

    fn add(&mut self, kind: Kind, word: &str, bytes: &[u8]) -> Result<ObjectId, WriteError> {
        let id = object_id(word, bytes);
        if self.is_new(id) {
            self.insert(id, kind, bytes)?;
        }
        Ok(id)
    }

    fn insert(&mut self, id: ObjectId, kind: Kind, bytes: &[u8]) -> Result<u64, WriteError> {
        self.insert_after(id, kind, None, bytes)
    }

    /// Compresses and appends; `base` is the offset that a difference refers to. Gives the object's own offset.
    fn insert_after(&mut self, id: ObjectId, kind: Kind, base: Option<u64>, bytes: &[u8]) -> Result<u64, WriteError> {
        let mut deflated = std::mem::take(&mut self.scratch);
        deflated.clear();
        let mut header = entry_header(kind, bytes.len());
        header.extend(base.map(|base| tree_delta::distance(self.offset - base)).unwrap_or_default());
        let written = self.deflater.deflate(bytes, &mut deflated);
        let offset = written.and_then(|()| self.append(id, &header, &deflated)).map_err(|error| self.failed(error))?;
        self.scratch = deflated;
        Ok(offset)
    }

    fn is_new(&mut self, id: ObjectId) -> bool {
        (self.all_new || !self.store.knows(id)) && self.known.insert(id)
    }

    /// From here on nothing is looked for in the repository before it is written: to be called by who writes what cannot
    /// be there yet. What is there after all is there twice, which git's upkeep mends.
    pub(super) fn all_new(&mut self) {
        self.all_new = true;
    }

    /// Waits for the oldest object in compression, so that the order in the pack never depends on timing.
    fn settle_one(&mut self) -> Result<(), WriteError> {
        let Some(next) = self.pending.pop_front() else { return Ok(()) };
        self.pending_bytes -= next.size;
        let deflated = next.deflated.recv().unwrap_or_else(|_| Err(stopped()));
        let written =
            deflated.and_then(|deflated| self.append(next.id, &entry_header(Kind::Blob, next.size), &deflated));
        written.map(drop).map_err(|error| self.failed(error))
    }

    pub(super) fn failed(&self, source: io::Error) -> WriteError {
        WriteError::Pack { folder: self.folder.clone(), source }
    }

    fn append(&mut self, id: ObjectId, header: &[u8], deflated: &[u8]) -> io::Result<u64> {
        let mut crc = crc32fast::Hasher::new();
        crc.update(header);
        crc.update(deflated);
        let file = self.open()?;
        file.write_all(header)?;
        file.write_all(deflated)?;
        let offset = self.offset;
        self.offset += (header.len() + deflated.len()) as u64;
        self.entries.push(PackEntry { id, crc: crc.finalize(), offset });
        Ok(offset)
    }

    /// The unfinished pack, under the name that `git prune` clears away after a crash.
    fn open(&mut self) -> io::Result<&mut BufWriter<NamedTempFile>> {
        if self.file.is_none() {
            fs::create_dir_all(&self.folder)?;
            let mut file = BufWriter::with_capacity(1 << 18, temporary(&self.folder, "tmp_pack_")?);
            file.write_all(&pack_header(0))?;
            self.index = Some(temporary(&self.folder, "tmp_idx_")?);
            self.file = Some(file);
        }
        Ok(self.file.as_mut().expect("it was just made"))
    }

    fn publish(&mut self, file: BufWriter<NamedTempFile>) -> io::Result<()> {
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        fault::point();
        let checksum = seal(file.as_file_mut(), self.offset, self.entries.len())?;
        fault::point();
        let name = self.folder.join(format!("pack-{}", crate::model::id::hex(&checksum)));
        let mut index = self.index.take().map_or_else(|| temporary(&self.folder, "tmp_idx_"), Ok)?;
        index.write_all(&pack_index::encode(&mut self.entries, &checksum))?;
        // The disk is waited for once.
        std::thread::scope(|scope| {
            let other = std::thread::Builder::new().spawn_scoped(scope, || index.as_file().sync_all());
            file.as_file().sync_all()?;
            // Where no thread can be had, it takes a little longer.
            other.map_or_else(|_| index.as_file().sync_all(), |other| other.join().unwrap_or_else(|_| Err(stopped())))
        })?;
        fault::point();
        // git looks for an index first: the pack must be there before it.
        file.persist(name.with_extension("pack")).map_err(|error| error.error)?;
        fault::point();
        index.persist(name.with_extension("idx")).map_err(|error| error.error)?;
        fault::point();
        File::open(&self.folder)?.sync_all()
    }
}

fn stopped() -> io::Error {
    io::Error::other("a thread stopped")
}

const HEADER: u64 = 12;

fn pack_header(objects: u32) -> [u8; HEADER as usize] {
    let mut header = *b"PACK\0\0\0\x02\0\0\0\0";
    header[8..].copy_from_slice(&objects.to_be_bytes());
    header
}

/// Writes the true number of objects and the checksum of the whole file.
fn seal(file: &mut File, length: u64, objects: usize) -> io::Result<[u8; 20]> {
    let objects = u32::try_from(objects).map_err(io::Error::other)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&pack_header(objects))?;
    file.seek(SeekFrom::Start(0))?;
    let mut hash = Sha1::new();
    let mut step = vec![0; length.min(1 << 18) as usize];
    loop {
        match file.read(&mut step)? {
            0 => break,
            read => hash.update(&step[..read]),
        }
    }
    let checksum: [u8; 20] = hash.finalize().into();
    file.write_all(&checksum)?;
    Ok(checksum)
}

/// Type and size: four bits of size in the first byte, seven in each that follows.
fn entry_header(kind: Kind, size: usize) -> Vec<u8> {
    let mut header = Vec::with_capacity(10);
    let mut byte = ((kind as u8) << 4) | (size & 15) as u8;
    let mut rest = size >> 4;
    while rest > 0 {
        header.push(byte | 0x80);
        byte = (rest & 0x7f) as u8;
        rest >>= 7;
    }
    header.push(byte);
    header
}

/// The tree's bytes, its entries in git's order and each under a name of its own.
pub(super) fn encode_checked(entries: &[TreeEntry]) -> Result<Vec<u8>, WriteError> {
    let text = |entry: &TreeEntry| String::from_utf8_lossy(&entry.name).into_owned();
    if let Some(bad) = entries.iter().find(|entry| !is_name(&entry.name)) {
        return Err(WriteError::Name(text(bad)));
    }
    if entries.is_sorted_by(|a, b| a.order(b).is_lt()) {
        return Ok(encode_tree(entries));
    }
    let mut sorted = entries.to_vec();
    sorted.sort_by(TreeEntry::order);
    match sorted.windows(2).find(|pair| pair[0].order(&pair[1]).is_eq()) {
        Some(pair) => Err(WriteError::Twice(text(&pair[0]))),
        None => Ok(encode_tree(&sorted)),
    }
}

/// Packs are read-only files that everybody may read whom the umask lets.
fn temporary(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o444));
    builder.tempfile_in(folder)
}

/// Names that `git fsck --strict` and every checkout accept, as far as a single part can tell.
fn is_name(name: &[u8]) -> bool {
    let special = name.is_empty() || name == b"." || name == b".." || name.eq_ignore_ascii_case(b".git");
    !special && !name.contains(&b'/') && !name.contains(&0)
}
