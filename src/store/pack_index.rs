//! The index of a pack, version 2: fan-out, sorted ids, checksums, offsets (those beyond 2 GiB in a table of their
//! own), the pack's checksum and the index's.

use super::pack::PackEntry;
use sha1::{Digest, Sha1};

/// Offsets with this bit set point into the table of 64-bit offsets.
const LARGE: u64 = 0x8000_0000;

/// Sorts the entries by id and encodes them.
pub fn encode(entries: &mut [PackEntry], pack_checksum: &[u8; 20]) -> Vec<u8> {
    entries.sort_unstable_by_key(|entry| entry.id);
    let mut bytes = Vec::with_capacity(8 + 1024 + entries.len() * 28 + 40);
    bytes.extend_from_slice(b"\xfftOc\0\0\0\x02");
    fan_out(entries, &mut bytes);
    entries.iter().for_each(|entry| bytes.extend_from_slice(entry.id.as_bytes()));
    entries.iter().for_each(|entry| bytes.extend_from_slice(&entry.crc.to_be_bytes()));
    offsets(entries, &mut bytes);
    bytes.extend_from_slice(pack_checksum);
    let own: [u8; 20] = Sha1::digest(&bytes).into();
    bytes.extend_from_slice(&own);
    bytes
}

/// For each first byte, how many ids start with it or a smaller one.
fn fan_out(entries: &[PackEntry], bytes: &mut Vec<u8>) {
    for first in 0..=u8::MAX {
        let count = entries.partition_point(|entry| entry.id.as_bytes()[0] <= first);
        bytes.extend_from_slice(&(count as u32).to_be_bytes());
    }
}

fn offsets(entries: &[PackEntry], bytes: &mut Vec<u8>) {
    let mut large = Vec::new();
    for entry in entries {
        let small = if entry.offset < LARGE {
            entry.offset as u32
        } else {
            large.push(entry.offset);
            (LARGE as u32) | (large.len() as u32 - 1)
        };
        bytes.extend_from_slice(&small.to_be_bytes());
    }
    large.iter().for_each(|offset| bytes.extend_from_slice(&offset.to_be_bytes()));
}
