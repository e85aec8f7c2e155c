//! The index of a pack, version 2, as far as it says where an object stands.

use super::windows::read_at;
use crate::model::ObjectId;
use std::fs::File;
use std::path::Path;

const MAGIC: &[u8; 8] = b"\xfftOc\0\0\0\x02";
const FAN_OUT: usize = 256 * 4;
const ID: usize = 20;
/// Offsets with this bit set point into the table of 64-bit offsets.
const LARGE: u32 = 0x8000_0000;

pub(super) struct Index {
    /// For each first byte, how many ids start with it or a smaller one.
    fan_out: Vec<u32>,
    /// Sorted, one after the other.
    ids: Vec<u8>,
    offsets: Vec<u8>,
    large: Vec<u8>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Index of {} objects", self.ids.len() / ID)
    }
}

impl Index {
    /// `None` where it is not what git writes.
    pub fn open(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
        let read = |from: usize, length: usize| {
            let mut bytes = vec![0; length];
            (read_at(&file, &mut bytes, from as u64).ok()? == length).then_some(bytes)
        };
        let start = read(0, MAGIC.len() + FAN_OUT)?;
        let fan_out: Vec<u32> = numbers(start.strip_prefix(MAGIC)?).collect();
        let count = *fan_out.last()? as usize;
        let ids = start.len();
        // Between ids and offsets stand checksums, after the offsets two hashes.
        let offsets = ids + count * (ID + 4);
        let large = offsets + count * 4;
        let end = length.checked_sub(40).filter(|end| *end >= large)?;
        let sound = fan_out.is_sorted() && (end - large).is_multiple_of(8);
        let (ids, offsets, large) = (read(ids, count * ID)?, read(offsets, count * 4)?, read(large, end - large)?);
        sound.then_some(Self { fan_out, ids, offsets, large })
    }

    pub fn offset(&self, id: &ObjectId) -> Option<u64> {
        let wanted = id.as_bytes();
        let first = usize::from(wanted[0]);
        let from = if first == 0 { 0 } else { self.fan_out[first - 1] as usize };
        let (ids, _) = self.ids.as_chunks::<ID>();
        let near = &ids[from..self.fan_out[first] as usize];
        let place = from + search(near, wanted)?;
        let offset = numbers(&self.offsets[place * 4..]).next()?;
        if offset & LARGE == 0 {
            return Some(u64::from(offset));
        }
        let (large, _) = self.large.as_chunks::<8>();
        large.get((offset & !LARGE) as usize).map(|bytes| u64::from_be_bytes(*bytes))
    }
}

/// The place of an id among others that start with the same byte. Ids are spread evenly: the bytes that follow tell
/// about where it stands, and from there it is looked for in growing steps, for which little memory is touched.
fn search(ids: &[[u8; ID]], wanted: &[u8; ID]) -> Option<usize> {
    let next = u32::from_be_bytes([wanted[1], wanted[2], wanted[3], wanted[4]]);
    let guess = ((u64::from(next) * ids.len() as u64) >> 32) as usize;
    let order = |place: usize| order(&ids[place], wanted);
    let (mut from, mut to, mut step) = (guess, guess, 8);
    while from > 0 && order(from).is_gt() {
        (from, to) = (from.saturating_sub(step), from);
        step *= 2;
    }
    while to < ids.len() && order(to).is_le() {
        (from, to) = (to, (to + step).min(ids.len()));
        step *= 2;
    }
    Some(from + ids[from..to].binary_search_by(|id| self::order(id, wanted)).ok()?)
}

/// As arrays compare, mostly settled by one number each.
fn order(a: &[u8; ID], b: &[u8; ID]) -> std::cmp::Ordering {
    let start = |id: &[u8; ID]| id.first_chunk::<8>().map(|start| u64::from_be_bytes(*start));
    start(a).cmp(&start(b)).then_with(|| a.cmp(b))
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_found_where_it_stands_however_ids_are_spread(
            mut ids in prop::collection::vec((0u8..3, any::<[u8; 6]>()), 0..300), other in any::<[u8; 6]>()
        ) {
            let id = |(first, rest): (u8, [u8; 6])| {
                let mut id = [first * 60; ID];
                id[0] = 7;
                id[14..].copy_from_slice(&rest);
                if first == 2 {
                    id[1..7].copy_from_slice(&rest);
                }
                id
            };
            ids.sort_unstable_by_key(|one| id(*one));
            let ids: Vec<[u8; ID]> = ids.into_iter().map(id).collect();
            for wanted in ids.iter().copied().chain([id((0, other)), id((2, other))]) {
                let found = search(&ids, &wanted);
                prop_assert_eq!(found.map(|place| ids[place]), ids.binary_search(&wanted).ok().map(|place| ids[place]));
            }
        }
    }
}
