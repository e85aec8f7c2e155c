//! An index over statements that finds the few that may be about the same thing, without comparing all pairs: only
//! the rarest words of a statement are looked up, and words that occur everywhere are not.

use super::meaning::Meaning;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// How many of a statement's rarest words are looked up.
const PROBES: usize = 8;
/// A word that stands in more statements than this is not looked up, unless a statement has no rarer one.
pub const COMMON: usize = 400;
/// How many candidates are compared at most.
const NEAREST: usize = 24;

thread_local! {
    /// How often each statement was hit; all zero between two questions. At most [`PROBES`] times.
    static COUNTS: RefCell<Vec<u8>> = RefCell::default();
}

/// A word by its hash: two words in one place would only have more statements compared.
pub type Word = u64;

/// FNV-1a, with its bits mixed so that any of them may choose a bucket.
pub fn word(text: &str) -> Word {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

/// The words by which an index finds a statement, in the order of their texts.
pub fn words_of(meaning: &Meaning) -> Vec<Word> {
    meaning.keys().into_iter().map(word).collect()
}

/// A word is its own hash.
#[derive(Debug, Default)]
pub struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}

pub type ByWord<T> = HashMap<Word, T, BuildHasherDefault<Itself>>;

/// How rare a word is that stands in so many statements, the rarest first. Of common words only how many digits their
/// number has counts, so that one more or less of them seldom makes another choice.
pub(super) fn rarity(spread: usize) -> usize {
    if spread <= COMMON { spread } else { COMMON + spread.ilog2() as usize }
}

/// The words that are looked up of a statement's, which come in the order of words, each with what is known of it.
pub(super) fn rarest<T>(mut words: Vec<T>, spread: impl Fn(&T) -> usize) -> Vec<T> {
    words.sort_by_key(|word| rarity(spread(word)));
    words.truncate(PROBES);
    let common = words.iter().skip(1).position(|word| spread(word) > COMMON);
    words.truncate(common.map_or(PROBES, |at| at + 1));
    words
}

/// The statements that were hit most often, each hit once for each word that it shares; of several hit as often those
/// that come first in the order of memory.
pub(super) fn most_hit(hits: impl Iterator<Item = u32>, statements: usize, order: impl Fn(u32) -> u64) -> Vec<usize> {
    COUNTS.with_borrow_mut(|counts| {
        counts.resize(counts.len().max(statements), 0);
        let mut hit = Vec::new();
        for place in hits {
            let count = &mut counts[place as usize];
            if *count == 0 {
                hit.push(place);
            }
            *count += 1;
        }
        let count = |place: u32| (Reverse(std::mem::take(&mut counts[place as usize])), order(place), place);
        let mut near: Vec<(Reverse<u8>, u64, u32)> = hit.into_iter().map(count).collect();
        if near.len() > NEAREST {
            near.select_nth_unstable(NEAREST);
            near.truncate(NEAREST);
        }
        near.sort_unstable();
        near.into_iter().map(|(_, _, place)| place as usize).collect()
    })
}

/// Statements by their words.
#[derive(Debug, Default)]
pub struct Probe {
    /// Each word's number.
    numbers: ByWord<u32>,
    /// The statements of each word, by its number.
    places: Vec<Vec<u32>>,
    statements: usize,
}

impl Probe {
    pub fn new() -> Self {
        Self::default()
    }

    /// All of these statements by their [`words_of`], in their order; so many words in all.
    pub fn of<W: IntoIterator<Item = Word>>(statements: impl IntoIterator<Item = W>, words: usize) -> Self {
        let mut probe = Self::new();
        // To grow by and by takes as long as all the rest.
        probe.numbers.reserve(words / 4);
        for words in statements {
            probe.add_words(words);
        }
        probe
    }

    /// Adds a statement and returns its number: 0, 1, 2, …
    pub fn add(&mut self, meaning: &Meaning) -> usize {
        self.add_words(words_of(meaning))
    }

    pub fn add_words(&mut self, words: impl IntoIterator<Item = Word>) -> usize {
        let at = self.statements;
        for word in words {
            let number = *self.numbers.entry(word).or_insert_with(|| {
                self.places.push(Vec::new());
                self.places.len() as u32 - 1
            });
            self.places[number as usize].push(at as u32);
        }
        self.statements += 1;
        at
    }

    /// How many statements there are.
    pub fn len(&self) -> usize {
        self.statements
    }

    pub fn is_empty(&self) -> bool {
        self.statements == 0
    }

    /// The statements that have a word, in their order.
    pub fn places(&self, word: Word) -> &[u32] {
        self.numbers.get(&word).map_or(&[], |number| &self.places[*number as usize])
    }

    /// All words.
    pub fn words(&self) -> impl Iterator<Item = (Word, &[u32])> {
        self.numbers.iter().map(|(word, number)| (*word, self.places[*number as usize].as_slice()))
    }

    /// The statements that share rare words with this one, most shared words first.
    pub fn near(&self, meaning: &Meaning) -> Vec<usize> {
        let known = words_of(meaning).into_iter().map(|word| self.places(word)).filter(|places| !places.is_empty());
        let looked_up = rarest(known.collect(), |places| places.len());
        let hits = looked_up.iter().flat_map(|places| places.iter().take(COMMON).copied());
        most_hit(hits, self.statements, u64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_with_shared_rare_words_are_found() {
        let texts = ["Run the linter before committing", "Deploy on Fridays only", "Commit after the linter ran"];
        let mut probe = Probe::new();
        for text in texts {
            probe.add(&Meaning::of(text));
        }
        assert_eq!(probe.near(&Meaning::of("linter before commit"))[0], 0);
        assert!(probe.near(&Meaning::of("unheard words")).is_empty());
    }
}
