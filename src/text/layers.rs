//! An index in two layers: statements that are kept where they are read in place, but for some that are gone, and new
//! ones. It finds what an index over all of them would find, in the same order.

use super::probe::{ByWord, COMMON, Probe, Word, most_hit, rarest, rarity};
use super::table::{Bytes, Table};
use std::collections::HashSet;
use std::ops::Range;

/// Where a kept statement stands among all; a new one stands between two of these.
pub fn rank(kept: u32) -> u64 {
    (u64::from(kept) + 1) << 32
}

/// Statements that are kept, by their words.
pub struct Kept<B> {
    pub table: Table<B>,
    pub statements: usize,
    /// Those that are gone, and how many of them had each word.
    pub gone: HashSet<u32>,
    pub gone_words: ByWord<u32>,
}

/// Statements by their words: those kept, which keep their numbers, and then new ones.
pub struct Layers<B> {
    kept: Option<Kept<B>>,
    new: Probe,
    /// Where each of the new ones stands among all; rising.
    ranks: Vec<u64>,
}

/// What is known of a word.
struct Found<'l> {
    word: Word,
    kept: Range<u32>,
    new: &'l [u32],
    spread: usize,
}

impl<B: Bytes> Layers<B> {
    /// New statements alone.
    pub fn new(new: Probe) -> Self {
        Self { kept: None, new, ranks: Vec::new() }
    }

    /// New statements, with where each stands among those that are kept: see [`rank`].
    pub fn over(kept: Kept<B>, new: Probe, ranks: Vec<u64>) -> Self {
        debug_assert!(ranks.is_sorted() && ranks.len() == new.len());
        Self { kept: Some(kept), new, ranks }
    }

    /// Where the new statements' numbers begin.
    pub fn first_new(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.statements)
    }

    /// By what statements are put in order.
    pub fn rank(&self, at: usize) -> u64 {
        match at.checked_sub(self.first_new()) {
            None => rank(at as u32),
            Some(new) => self.ranks.get(new).copied().unwrap_or(new as u64),
        }
    }

    fn find(&self, word: Word) -> Found<'_> {
        let new = self.new.places(word);
        let (kept, gone) = match &self.kept {
            None => (0..0, 0),
            Some(kept) => (kept.table.find(word), kept.gone_words.get(&word).map_or(0, |gone| *gone as usize)),
        };
        let spread = (kept.len() + new.len()).saturating_sub(gone);
        Found { word, kept, new, spread }
    }

    fn looked_up(&self, words: &[Word]) -> Vec<Found<'_>> {
        let known = words.iter().map(|word| self.find(*word)).filter(|found| found.spread > 0);
        rarest(known.collect(), |found| found.spread)
    }

    /// The words that are looked up of a statement's, each with how many statements have it.
    pub fn rare(&self, words: &[Word]) -> Vec<(Word, usize)> {
        self.looked_up(words).into_iter().map(|found| (found.word, found.spread)).collect()
    }

    /// The first statements that have a word, as many as are looked at.
    pub fn first(&self, word: Word) -> Vec<usize> {
        self.places(&self.find(word)).map(|place| place as usize).collect()
    }

    fn places(&self, found: &Found<'_>) -> impl Iterator<Item = u32> {
        let mut places = self.kept.as_ref().filter(|_| !found.kept.is_empty()).map_or_else(Vec::new, |kept| {
            let gone = kept.gone_words.get(&found.word).copied().unwrap_or_default();
            let Range { start, end } = found.kept;
            let mut places = kept.table.numbers(start..end.min(start.saturating_add(gone + COMMON as u32)));
            if gone > 0 {
                places.retain(|place| !kept.gone.contains(place));
            }
            places
        });
        let (first_new, both) = (self.first_new() as u32, !places.is_empty() && !found.new.is_empty());
        places.extend(found.new.iter().take(COMMON).map(|new| first_new + new));
        if both {
            // Two runs that are in order each.
            places.sort_by_key(|place| self.rank(*place as usize));
        }
        places.truncate(COMMON);
        places.into_iter()
    }

    /// The statements that share rare words with one of these words, most shared words first.
    pub fn near(&self, words: &[Word]) -> Vec<usize> {
        let looked_up = self.looked_up(words);
        let hits = looked_up.iter().flat_map(|found| self.places(found));
        most_hit(hits, self.first_new() + self.new.len(), |place| self.rank(place as usize))
    }

    /// The kept statements near which something came or went, or whose rarest words are others now. `lookers` has those
    /// that look a common word up.
    pub fn affected(&self, lookers: &Table<B>) -> Vec<u32> {
        let Some(kept) = &self.kept else { return Vec::new() };
        let mut words: HashSet<Word> = kept.gone_words.keys().copied().collect();
        words.extend(self.new.words().map(|(word, _)| word));
        let mut affected = HashSet::new();
        for word in words {
            let found = self.find(word);
            let before = found.kept.len();
            let shown = before.min(found.spread) <= COMMON || rarity(before) != rarity(found.spread);
            affected.extend(if shown { kept.table.numbers(found.kept) } else { lookers.of(word) });
        }
        let mut affected: Vec<u32> = affected.into_iter().filter(|at| !kept.gone.contains(at)).collect();
        affected.sort_unstable();
        affected
    }
}

/// Those of so many statements that look a common word up, by that word.
pub fn lookers(pairs: impl Iterator<Item = (u32, Vec<(Word, usize)>)>) -> Table<Vec<u8>> {
    let common = |(at, rare): (u32, Vec<(Word, usize)>)| {
        let common = rare.into_iter().find(|(_, spread)| *spread > COMMON);
        common.map(|(word, _)| (word, at))
    };
    Table::new(pairs.filter_map(common).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words of which a few stand in more statements than are looked at.
    fn statement() -> impl Strategy<Value = Vec<Word>> {
        let word = prop_oneof![3 => 0..4_u64, 2 => 4..12_u64, 1 => 12..200_u64];
        prop::collection::btree_set(word, 1..7).prop_map(|words| {
            words.into_iter().map(|word| word.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect::<Vec<_>>()
        })
    }

    fn count(words: &mut ByWord<u32>, statement: &[Word]) {
        statement.iter().for_each(|word| *words.entry(*word).or_default() += 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// Some statements are kept, of which some go while others come between them.
        #[test]
        fn two_layers_find_what_one_finds(all in prop::collection::vec((statement(), 0..8_u8), 300..1200)) {
            // Of eight: one is gone, one is new, six stay.
            let kept: Vec<&Vec<Word>> = all.iter().filter(|(_, fate)| *fate != 1).map(|(words, _)| words).collect();
            let pairs = kept.iter().zip(0..).flat_map(|(words, at)| words.iter().map(move |word| (*word, at)));
            let table = Table::new(pairs.collect());
            let before = Layers::<Vec<u8>>::new(Probe::of(kept.iter().map(|words| words.iter().copied()), 0));
            let lookers = lookers(kept.iter().zip(0..).map(|(words, at)| (at, before.rare(words))));
            let (mut gone, mut gone_words) = (HashSet::new(), ByWord::default());
            let (mut new, mut ranks, mut at) = (Vec::new(), Vec::new(), 0);
            // The number of each that is there, in their order.
            let (mut there, mut fates) = (Vec::new(), Vec::new());
            for (words, fate) in &all {
                match fate {
                    1 => {
                        ranks.push((u64::from(at) << 32) + 1 + new.len() as u64);
                        there.push(kept.len() + new.len());
                        fates.push(None);
                        new.push(words);
                        continue;
                    }
                    0 => {
                        gone.insert(at);
                        count(&mut gone_words, words);
                    }
                    _ => {
                        there.push(at as usize);
                        fates.push(Some(at));
                    }
                }
                at += 1;
            }
            let is_new: Vec<&Vec<Word>> = all.iter().filter(|(_, fate)| *fate != 0).map(|(words, _)| words).collect();
            let one = Layers::<Vec<u8>>::new(Probe::of(is_new.iter().map(|words| words.iter().copied()), 0));
            let kept = Kept { table, statements: kept.len(), gone, gone_words };
            let two = Layers::over(kept, Probe::of(new.iter().map(|words| words.iter().copied()), 0), ranks);
            let affected = two.affected(&lookers);
            for (nth, words) in is_new.iter().enumerate() {
                let wanted: Vec<usize> = one.near(words).into_iter().map(|near| there[near]).collect();
                prop_assert_eq!(two.near(words), wanted.clone());
                prop_assert_eq!(two.rare(words), one.rare(words));
                if let Some(at) = fates[nth].filter(|at| affected.binary_search(at).is_err()) {
                    let earlier: Vec<usize> = before.near(words);
                    prop_assert_eq!(wanted, earlier, "what is near {} is as it was", at);
                }
            }
        }
    }
}
