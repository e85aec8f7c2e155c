//! The index of a kept ledger: checked as a whole once, then looked at where it is asked. A command that asks about one
//! dream of ten thousand has a few kilobytes of it in memory.

use crate::store::Mapped;
use std::ops::Range;

pub(super) struct Parts<const N: usize> {
    file: Mapped,
    parts: [Range<usize>; N],
    /// Where what follows the parts begins.
    pub end: usize,
}

impl<const N: usize> Parts<N> {
    /// The parts that begin there, if the file is so long.
    pub fn open(file: Mapped, begin: usize, lengths: [u64; N]) -> Option<Self> {
        let mut end = begin;
        let mut parts = [const { 0..0 }; N];
        for (part, length) in parts.iter_mut().zip(lengths) {
            *part = end..end.checked_add(usize::try_from(length).ok()?)?;
            end = part.end;
        }
        (end <= file.len()).then_some(Self { file, parts, end })
    }

    /// Nothing unless all of them together have this checksum.
    pub fn check(&self, checksum: u32) -> Option<()> {
        let begin = self.parts.first().map_or(self.end, |part| part.start);
        (crc32fast::hash(&self.file[begin..self.end]) == checksum).then_some(())
    }

    pub fn len(&self, part: usize) -> usize {
        self.parts[part].len()
    }

    /// Some bytes of a part; nothing where they are none of its.
    pub fn get(&self, part: usize, range: Range<usize>) -> Option<&[u8]> {
        self.all(part).get(range)
    }

    /// A whole part.
    pub fn all(&self, part: usize) -> &[u8] {
        &self.file[self.parts[part].clone()]
    }

    /// The same, for who keeps it.
    pub fn part(&self, part: usize) -> Option<Mapped> {
        self.file.part(self.parts[part].clone())
    }

    /// Some bytes of what follows the parts.
    pub fn rest(&self, at: usize, length: usize) -> Option<&[u8]> {
        self.file[self.end..].get(at..at.checked_add(length)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(bytes: &[u8], lengths: [u64; 2], checksum: u32) -> Option<Parts<2>> {
        let parts = Parts::open(Mapped::with(&[b"head", bytes].concat()), 4, lengths)?;
        parts.check(checksum).map(|()| parts)
    }

    #[test]
    fn parts_are_where_they_were_written() {
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let lengths = [80_000, bytes.len() as u64 - 80_000 - 5];
        let checksum = crc32fast::hash(&bytes[..bytes.len() - 5]);
        let parts = parts(&bytes, lengths, checksum).expect("good parts");
        for at in 0..200 {
            assert_eq!(parts.get(1, at * 7..at * 7 + 9), Some(&bytes[80_000 + at * 7..80_009 + at * 7]));
        }
        assert_eq!((parts.all(0), parts.len(0)), (&bytes[..80_000], 80_000));
        assert_eq!(parts.rest(1, 4), Some(&bytes[bytes.len() - 4..]));
        assert_eq!((parts.rest(1, 5), parts.rest(usize::MAX, 5)), (None, None));
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
