//! How an object of a pack begins: its kind, its size once it is inflated, and what it is a difference from.

use super::Pack;
use super::windows::{Windows, read_at};
use crate::model::ObjectId;
use git2::ObjectType;
use std::fs::File;

/// The bytes of a pack after its last object.
pub(super) const CHECKSUM: u64 = 20;
const HEADER: u64 = 12;
/// More bytes than kind, size and base ever take.
const LONGEST: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Whole(ObjectType),
    /// A difference from what stands so many bytes before it.
    Before(u64),
    /// A difference from this object.
    Of(ObjectId),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub kind: Kind,
    pub size: usize,
    /// Where the compressed bytes begin.
    pub data: u64,
}

/// Whether a file begins as a pack of version 2 does.
pub(super) fn is_pack(file: &File) -> bool {
    let mut start = [0; 8];
    read_at(file, &mut start, 0).is_ok_and(|read| read == start.len()) && start == *b"PACK\0\0\0\x02"
}

impl Entry {
    pub fn read(windows: &mut Windows, pack: &Pack, number: usize, at: u64) -> Option<Self> {
        if at < HEADER || at >= pack.end {
            return None;
        }
        let near = windows.at(pack, number, at)?;
        if let Some(whole) = near.get(..LONGEST) {
            return Self::parse(whole, at);
        }
        // What stands at the end of a window goes on in the next.
        let mut start = near.to_vec();
        start.extend(windows.at(pack, number, at + start.len() as u64).unwrap_or_default().iter().take(LONGEST));
        Self::parse(&start, at)
    }

    fn parse(start: &[u8], at: u64) -> Option<Self> {
        let mut bytes = start.iter().copied();
        let first = bytes.next()?;
        let (mut size, mut shift, mut more) = (usize::from(first & 15), 4, first & 0x80 != 0);
        while more {
            let byte = bytes.next()?;
            size |= usize::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 50)?;
            (shift, more) = (shift + 7, byte & 0x80 != 0);
        }
        let kind = match first >> 4 & 7 {
            1 => Kind::Whole(ObjectType::Commit),
            2 => Kind::Whole(ObjectType::Tree),
            3 => Kind::Whole(ObjectType::Blob),
            4 => Kind::Whole(ObjectType::Tag),
            6 => Kind::Before(distance(&mut bytes)?),
            7 => {
                let mut id = [0; 20];
                for byte in &mut id {
                    *byte = bytes.next()?;
                }
                Kind::Of(ObjectId::from_bytes(id))
            }
            _ => return None,
        };
        let data = at + (start.len() - bytes.len()) as u64;
        Some(Self { kind, size, data })
    }
}

/// The highest bits first, each step less one.
fn distance(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut byte = bytes.next()?;
    let mut back = u64::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        byte = bytes.next()?;
        back = back.checked_add(1)?.checked_mul(0x80)? | u64::from(byte & 0x7f);
    }
    Some(back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_reads_back_what_the_writer_writes() {
        for back in [1, 0x7f, 0x80, 0x407f, 0x4080, 1 << 20, 1 << 40] {
            let bytes = crate::store::tree_delta::distance(back);
            assert_eq!(distance(&mut bytes.into_iter()), Some(back));
        }
        assert_eq!(distance(&mut [0xff; 30].into_iter()), None);
    }

    #[test]
    fn what_no_object_begins_with_is_none() {
        for start in
            [&[][..], &[0x90], &[0x90, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &[0x50], &[0x70, 1]]
        {
            assert!(Entry::parse(start, 12).is_none(), "{start:?}");
        }
        let found = Entry::parse(&[0xb5, 0x01, 9], 12).expect("a blob of 21 bytes");
        assert_eq!((found.kind, found.size, found.data), (Kind::Whole(ObjectType::Blob), 21, 14));
    }
}
