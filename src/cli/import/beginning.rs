//! What a file begins with: what is stored of it, as long as it is still the same file.

use crate::model::id::BlobHash;
use crate::model::{Host, ObjectId, SessionId, SessionRecord};
use crate::store::known_files::Beginning;
use blake3::Hasher;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bytes that are compared by themselves.
const BLOCK: u64 = if crate::FAULTS { 1 << 10 } else { 1 << 20 };
/// Bytes that are hashed at a time.
const STEP: usize = 128 << 10;

/// What a file begins with, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    pub id: SessionId,
    pub host: Host,
    pub parts: Vec<(ObjectId, u64)>,
    pub newlines: u32,
    pub turns: u32,
    /// What tells its bytes sooner than the ids of its parts do.
    pub blocks: Option<Vec<[u8; 32]>>,
}

impl After {
    /// All of a record's newest version; nothing where bytes of it were taken out.
    pub fn of(record: &SessionRecord) -> Option<Self> {
        let version = record.current().filter(|_| record.root.is_none())?;
        let whole =
            !version.parts.is_empty() && version.parts.iter().all(|part| part.was.is_empty() && part.expired.is_none());
        whole.then(|| Self {
            id: record.id.clone(),
            host: record.host,
            parts: version.parts.iter().map(|part| (part.blob, part.bytes)).collect(),
            newlines: version.parts.iter().map(|part| part.newlines).sum(),
            turns: record.turns,
            blocks: None,
        })
    }

    /// The same of a file of which the beginning is known, if that is what is stored now.
    pub fn known(record: &SessionRecord, beginning: Option<&Beginning>) -> Option<Self> {
        let after = Self::of(record)?;
        let all = after.bytes().div_ceil(BLOCK);
        let known = beginning.filter(|known| known.parts == told(&after.parts) && known.blocks.len() as u64 == all);
        Some(Self { blocks: known.map(|known| known.blocks.clone()), ..after })
    }

    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|(_, length)| length).sum()
    }
}

/// One hash of the ids of parts and of their lengths.
fn told(parts: &[(ObjectId, u64)]) -> [u8; 32] {
    let mut hasher = Hasher::new();
    for (id, length) in parts {
        hasher.update(id.as_bytes()).update(&length.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// A comparison of a file with what is stored of it, at which several threads may [`work`](Self::work).
pub struct Comparison<'a> {
    path: &'a Path,
    after: &'a After,
    /// The next block that nobody has begun with.
    next: AtomicUsize,
    differs: AtomicBool,
    /// What was found out of the last block, and of all where they were not known.
    last: Mutex<Option<Blocks>>,
}

impl<'a> Comparison<'a> {
    pub fn new(path: &'a Path, after: &'a After) -> Self {
        Self { path, after, next: AtomicUsize::new(0), differs: AtomicBool::new(false), last: Mutex::default() }
    }

    /// Compares until there is nothing left to begin with.
    pub fn work(&self) {
        let step = || match &self.after.blocks {
            Some(known) => self.block(known, self.next.fetch_add(1, Ordering::Relaxed)),
            None if self.next.fetch_add(1, Ordering::Relaxed) == 0 => self.parts(),
            None => Ok(false),
        };
        while !self.differs.load(Ordering::Relaxed) {
            match step() {
                Ok(true) => {}
                Ok(false) => return,
                Err(_) => self.differs.store(true, Ordering::Relaxed),
            }
        }
    }

    /// One of the blocks that are known; whether there was one.
    fn block(&self, known: &[[u8; 32]], at: usize) -> io::Result<bool> {
        let Some(wanted) = known.get(at) else { return Ok(false) };
        let (start, end) = (at as u64 * BLOCK, self.after.bytes());
        let mut file = File::open(self.path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut blocks = Blocks::default();
        let length = end.min(start + BLOCK).checked_sub(start).ok_or(io::ErrorKind::InvalidData)?;
        read(&mut file, length, |bytes| blocks.update(bytes))?;
        if blocks.clone().finish() != [*wanted] {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if at + 1 == known.len() {
            *self.last.lock().expect("nobody panics with it") = Some(blocks);
        }
        Ok(true)
    }

    /// Every part, by its id.
    fn parts(&self) -> io::Result<bool> {
        let mut file = File::open(self.path)?;
        let mut blocks = Blocks::default();
        for (id, length) in &self.after.parts {
            let mut blob = BlobHash::new(*length);
            read(&mut file, *length, |bytes| {
                blob.update(bytes);
                blocks.update(bytes);
            })?;
            if blob.finish() != *id {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        *self.last.lock().expect("nobody panics with it") = Some(blocks);
        Ok(false)
    }

    /// What the file begins with once a blob is stored behind what was; nothing where it is another file. To be called
    /// when nobody works any more.
    pub fn beginning(&self, new: (ObjectId, &[u8])) -> Option<Beginning> {
        let last = self.last.lock().ok()?.take();
        let mut blocks = last.filter(|_| !self.differs.load(Ordering::Relaxed))?;
        if let Some(known) = &self.after.blocks {
            blocks.whole = known[..known.len() - 1].to_vec();
        }
        let (id, bytes) = new;
        let added = Some((id, bytes.len() as u64)).filter(|_| !bytes.is_empty());
        let parts: Vec<_> = self.after.parts.iter().copied().chain(added).collect();
        blocks.update(bytes);
        Some(Beginning { parts: told(&parts), blocks: blocks.finish() })
    }
}

/// Hashes of the blocks of a file, of which the last is not at its end.
#[derive(Clone, Default)]
struct Blocks {
    whole: Vec<[u8; 32]>,
    last: Hasher,
}

impl Blocks {
    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.last.count() == BLOCK {
                self.whole.push(std::mem::take(&mut self.last).finalize().into());
            }
            let (now, rest) = bytes.split_at(bytes.len().min((BLOCK - self.last.count()) as usize));
            self.last.update(now);
            bytes = rest;
        }
    }

    fn finish(mut self) -> Vec<[u8; 32]> {
        self.whole.push(self.last.finalize().into());
        self.whole
    }
}

/// So many bytes of a file, by and by.
fn read(file: &mut File, mut left: u64, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; STEP.min(left as usize)];
    while left > 0 {
        let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.read_exact(&mut buffer[..want])?;
        take(&buffer[..want]);
        left -= want as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_as_long_as_each_stored_byte_is() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text: Vec<u8> = (0..3 * BLOCK + 7).map(|at| (at * at % 251) as u8).collect();
        let (middle, end) = (2 * BLOCK as usize + 9, text.len());
        std::fs::write(file.path(), &text).expect("written");
        let part = |range: std::ops::Range<usize>| (ObjectId::of_blob(&text[range.clone()]), range.len() as u64);
        let id = SessionId::new("s").expect("an id");
        let after = After { id, host: Host::Minimal, parts: vec![part(0..4)], newlines: 1, turns: 1, blocks: None };
        let compared = |after: &After, new: std::ops::Range<usize>| {
            let comparison = Comparison::new(file.path(), after);
            std::thread::scope(|scope| {
                scope.spawn(|| comparison.work());
                comparison.work();
            });
            comparison.beginning((part(new.clone()).0, &text[new]))
        };
        let first = compared(&after, 0..0).expect("the same");
        assert_eq!(first.parts, told(&after.parts));
        let grown = compared(&after, 4..middle).expect("the same");
        let longer = After { parts: vec![part(0..4), part(4..middle)], ..after.clone() };
        assert_eq!(grown.parts, told(&longer.parts));
        let known = After { blocks: Some(grown.blocks), ..longer.clone() };
        let whole = compared(&known, middle..end).expect("the same");
        assert_eq!(Some(&whole), compared(&longer, middle..end).as_ref());
        assert_eq!(whole.blocks.len(), text.len().div_ceil(BLOCK as usize));
        for wrong in [0, 3, 4, BLOCK as usize - 1, BLOCK as usize, middle - 1] {
            let mut changed = text.clone();
            changed[wrong] ^= 1;
            std::fs::write(file.path(), changed).expect("written");
            assert!(compared(&known, middle..end).is_none() && compared(&longer, middle..end).is_none());
        }
        std::fs::write(file.path(), &text[..middle - 1]).expect("written");
        assert!(compared(&known, middle..end).is_none() && compared(&longer, middle..end).is_none());
    }
}
