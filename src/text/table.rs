//! Numbers by the hash of a word, as bytes that are read where they lie: looking one up takes a few reads, however many
//! there are.
//!
//! Two lists, all numbers little-endian. Rows by their keys: the key, and where its numbers end in the other list. And
//! the numbers of each key, in their order.

use rayon::prelude::*;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

const KEY: usize = 8;
const NUMBER: usize = 4;
const ROW: usize = KEY + NUMBER;

/// Bytes that lie somewhere. Nothing where they are none of its, or cannot be read.
pub trait Bytes {
    fn get(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>>;
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number that stands so many numbers from the beginning.
    fn number(&self, at: usize) -> Option<u32> {
        let begin = at.checked_mul(NUMBER)?;
        let bytes = self.get(begin..begin.checked_add(NUMBER)?)?;
        Some(u32::from_le_bytes(bytes.as_ref().try_into().ok()?))
    }

    fn numbers(&self, range: Range<u32>) -> Option<Vec<u32>> {
        let bytes = self.get(range.start as usize * NUMBER..range.end as usize * NUMBER)?;
        Some(bytes.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number)).collect())
    }
}

impl Bytes for Vec<u8> {
    fn get(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        self.as_slice().get(range).map(Cow::Borrowed)
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }
}

/// The two lists.
#[derive(Debug, Clone, Copy)]
pub struct Table<B> {
    pub rows: B,
    pub numbers: B,
}

impl<B: Bytes> Table<B> {
    /// Where the numbers of a key stand; an empty range where it has none.
    pub fn find(&self, key: u64) -> Range<u32> {
        self.row(key).and_then(|at| Some(self.begin(at)?..self.end(at)?)).unwrap_or_default()
    }

    /// Numbers that were found.
    pub fn numbers(&self, range: Range<u32>) -> Vec<u32> {
        if range.is_empty() { Vec::new() } else { self.numbers.numbers(range).unwrap_or_default() }
    }

    pub fn of(&self, key: u64) -> Vec<u32> {
        self.numbers(self.find(key))
    }

    /// All numbers, each with its key.
    pub fn pairs(&self) -> Vec<(u64, u32)> {
        let row = |at| Some((self.key(at)?, self.numbers(self.begin(at)?..self.end(at)?)));
        let rows = (0..self.keys()).map_while(row);
        rows.flat_map(|(key, numbers)| numbers.into_iter().map(move |number| (key, number))).collect()
    }

    /// How many keys there are.
    pub fn keys(&self) -> usize {
        self.rows.len() / ROW
    }

    /// A key by its place among all.
    pub fn key(&self, at: usize) -> Option<u64> {
        let row = self.rows.get(at * ROW..at * ROW + KEY)?;
        Some(u64::from_le_bytes(row.as_ref().try_into().ok()?))
    }

    /// The numbers of all keys that another table has too: as fast as the smaller of the two is long.
    pub fn shared(&self, other: &Table<impl Bytes>) -> Vec<u32> {
        let own = |key: u64| self.numbers(self.find(key));
        match self.keys() <= other.keys() {
            true => (0..self.keys())
                .filter_map(|at| self.key(at))
                .filter(|key| !other.find(*key).is_empty())
                .flat_map(own)
                .collect(),
            false => (0..other.keys()).filter_map(|at| other.key(at)).flat_map(own).collect(),
        }
    }

    fn row(&self, key: u64) -> Option<usize> {
        seek(self.keys(), key, |at| Some(self.key(at)?.cmp(&key)))
    }

    fn end(&self, at: usize) -> Option<u32> {
        let end = self.rows.get(at * ROW + KEY..(at + 1) * ROW)?;
        Some(u32::from_le_bytes(end.as_ref().try_into().ok()?))
    }

    fn begin(&self, at: usize) -> Option<u32> {
        at.checked_sub(1).map_or(Some(0), |before| self.end(before))
    }
}

impl Table<Vec<u8>> {
    /// A table of these; the numbers of one key keep their order.
    pub fn new(mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.par_sort_by_key(|(key, _)| *key);
        let (mut rows, mut numbers) = (Vec::new(), Vec::with_capacity(pairs.len() * NUMBER));
        for same in pairs.chunk_by(|a, b| a.0 == b.0) {
            same.iter().for_each(|(_, number)| numbers.extend(number.to_le_bytes()));
            rows.extend(same[0].0.to_le_bytes());
            rows.extend(u32::try_from(numbers.len() / NUMBER).unwrap_or(u32::MAX).to_le_bytes());
        }
        Self { rows, numbers }
    }
}

/// Finds a row among sorted ones. Keys are hashes, so where one stands among all can be told from its first bits: rows
/// are looked at from there, a few on average however many there are.
pub fn seek(rows: usize, key: u64, compare: impl Fn(usize) -> Option<Ordering>) -> Option<usize> {
    let guess = (u128::from(key) * rows as u128) >> 64;
    let (mut low, mut high, mut step) = (0, rows, 8);
    let mut at = usize::try_from(guess).ok()?;
    // Steps that double, until the row stands between the ends; then the middle of these.
    while low < high {
        match compare(at)? {
            Ordering::Equal => return Some(at),
            Ordering::Less => low = at + 1,
            Ordering::Greater => high = at,
        }
        at = match high - low <= 2 * step {
            true => low.midpoint(high),
            false if at < low => low.saturating_add(step).min(high - 1),
            false => high.saturating_sub(step).max(low),
        };
        step *= 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn every_number_is_found_by_its_key(
            pairs in prop::collection::vec((prop_oneof![any::<u64>(), 0..20_u64, (u64::MAX - 5)..=u64::MAX], any::<u32>()), 0..300),
            others in prop::collection::vec(any::<u64>(), 0..20),
        ) {
            let mut wanted: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
            pairs.iter().for_each(|(key, number)| wanted.entry(*key).or_default().push(*number));
            let mut sorted = pairs.clone();
            sorted.sort_by_key(|(key, _)| *key);
            let table = Table::new(pairs);
            prop_assert_eq!(table.pairs(), sorted.clone());
            let few = Table::new(sorted.iter().copied().step_by(7).chain([(5, 0)]).collect());
            let is_shared = |(key, _): &&(u64, u32)| !few.find(*key).is_empty();
            let shared: Vec<u32> = sorted.iter().filter(is_shared).map(|(_, number)| *number).collect();
            prop_assert_eq!(table.shared(&few), shared);
            let shared: Vec<u32> = few.pairs().into_iter().filter(|(key, _)| !table.find(*key).is_empty()).map(|(_, number)| number).collect();
            prop_assert_eq!(few.shared(&table), shared);
            for (key, numbers) in &wanted {
                prop_assert_eq!(&table.of(*key), numbers);
                prop_assert_eq!(table.find(*key).len(), numbers.len());
            }
            for key in others.into_iter().chain([0, 19, u64::MAX]).filter(|key| !wanted.contains_key(key)) {
                prop_assert_eq!(table.of(key), Vec::<u32>::new());
            }
        }
    }

    #[test]
    fn bytes_that_are_cut_hold_no_numbers() {
        let mut table = Table::new((0..100).map(|nth| (nth << 56, nth as u32)).collect());
        table.numbers.truncate(200);
        assert_eq!(table.of(99 << 56), Vec::<u32>::new());
        table.rows.truncate(30);
        assert_eq!((table.of(1 << 56), table.of(50 << 56)), (vec![1], Vec::new()));
    }
}
