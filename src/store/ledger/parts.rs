//! The index of a kept ledger: checked as a whole once, then read where it is asked. A command that asks about one
//! dream of ten thousand takes a few kilobytes of it into memory.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// So many questions are answered from the file; then the part is read whole.
const FEW: usize = 64;
/// Bytes that are checked at once.
const STEP: usize = 1 << 16;

pub(super) struct Parts<const N: usize> {
    file: Mutex<File>,
    parts: [Part; N],
    /// Where what follows the parts begins.
    pub end: u64,
}

#[derive(Default)]
struct Part {
    at: u64,
    length: usize,
    asked: AtomicUsize,
    loaded: OnceLock<Vec<u8>>,
}

impl<const N: usize> Parts<N> {
    /// The parts that begin there, if the file is so long.
    pub fn open(file: File, begin: u64, lengths: [u64; N]) -> Option<Self> {
        let mut end = begin;
        let mut parts: [Part; N] = std::array::from_fn(|_| Part::default());
        for (part, length) in parts.iter_mut().zip(lengths) {
            (part.at, part.length) = (end, usize::try_from(length).ok()?);
            end = end.checked_add(length)?;
        }
        (end <= file.metadata().ok()?.len()).then_some(Self { file: Mutex::new(file), parts, end })
    }

    /// Nothing unless all of them together have this checksum.
    pub fn check(&self, checksum: u32) -> Option<()> {
        let mut file = self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let begin = self.parts.first().map_or(self.end, |part| part.at);
        file.seek(SeekFrom::Start(begin)).ok()?;
        let (mut hash, mut buffer) = (crc32fast::Hasher::new(), vec![0; STEP]);
        let mut left = usize::try_from(self.end - begin).ok()?;
        while left > 0 {
            let step = left.min(STEP);
            file.read_exact(&mut buffer[..step]).ok()?;
            hash.update(&buffer[..step]);
            left -= step;
        }
        (hash.finalize() == checksum).then_some(())
    }

    pub fn len(&self, part: usize) -> usize {
        self.parts[part].length
    }

    /// Some bytes of a part; nothing where they are none of its, or cannot be read any more.
    pub fn get(&self, part: usize, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        let Part { at, length, asked, loaded } = &self.parts[part];
        if range.start > range.end || range.end > *length {
            return None;
        }
        if loaded.get().is_some() || asked.fetch_add(1, Ordering::Relaxed) >= FEW {
            return self.all(part).get(range).map(Cow::Borrowed);
        }
        self.read(at + range.start as u64, range.len()).ok().map(Cow::Owned)
    }

    /// A whole part; empty where it cannot be read any more.
    pub fn all(&self, part: usize) -> &[u8] {
        self.parts[part].loaded.get_or_init(|| self.fetch(part))
    }

    /// The same, for who keeps it.
    pub fn fetch(&self, part: usize) -> Vec<u8> {
        self.read(self.parts[part].at, self.parts[part].length).unwrap_or_default()
    }

    pub fn read(&self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Everything that follows the parts.
    pub fn rest(&self) -> io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        file.seek(SeekFrom::Start(self.end))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn parts(bytes: &[u8], lengths: [u64; 2], checksum: u32) -> Option<Parts<2>> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"head").and_then(|()| file.write_all(bytes)).expect("written");
        let parts = Parts::open(file, 4, lengths)?;
        parts.check(checksum).map(|()| parts)
    }

    #[test]
    fn parts_are_the_same_asked_little_or_much() {
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let lengths = [80_000, bytes.len() as u64 - 80_000 - 5];
        let checksum = crc32fast::hash(&bytes[..bytes.len() - 5]);
        let parts = parts(&bytes, lengths, checksum).expect("good parts");
        for at in 0..200 {
            assert_eq!(parts.get(1, at * 7..at * 7 + 9).as_deref(), Some(&bytes[80_000 + at * 7..80_009 + at * 7]));
        }
        assert_eq!((parts.all(0), parts.len(0)), (&bytes[..80_000], 80_000));
        assert_eq!(parts.rest().expect("the rest"), bytes[bytes.len() - 5..]);
        assert_eq!(parts.get(0, 79_999..80_001), None);
    }

    #[test]
    fn damaged_or_cut_parts_are_none() {
        let bytes = vec![7; 300_000];
        let checksum = crc32fast::hash(&bytes);
        assert!(parts(&bytes, [100_000, 200_000], checksum).is_some());
        assert!(parts(&bytes[..299_999], [100_000, 200_000], checksum).is_none());
        assert!(parts(&bytes, [100_000, u64::MAX], checksum).is_none());
        let mut damaged = bytes;
        damaged[250_000] = 8;
        assert!(parts(&damaged, [100_000, 200_000], checksum).is_none());
    }
}
