//! An index over statements that finds the few that may be about the same thing, without comparing all pairs: only
//! the rarest words of a statement are looked up, and words that occur everywhere are not.

use super::known::{Key, short};
use super::meaning::Meaning;
use rayon::prelude::*;
use sha1::{Digest, Sha1};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// How many of a statement's rarest words are looked up.
const PROBES: usize = 8;
/// A word that stands in more statements than this is not looked up, unless a statement has no rarer one.
const COMMON: usize = 400;
/// How many candidates are compared at most.
const NEAREST: usize = 24;

thread_local! {
    /// How often each statement was hit; all zero between two questions. At most [`PROBES`] times.
    static COUNTS: RefCell<Vec<u8>> = RefCell::default();
}

/// A word by its hash: two words in one place would only have more statements compared.
pub type Word = u64;

/// FNV-1a, with its bits mixed so that any of them may choose a bucket.
fn word(text: &str) -> Word {
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
struct Itself(u64);

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

/// Statements by their words.
#[derive(Debug, Default)]
pub struct Probe {
    /// Each word's number.
    numbers: HashMap<Word, u32, BuildHasherDefault<Itself>>,
    /// The statements of each word, by its number.
    places: Vec<Vec<u32>>,
    /// The words of all statements, each in the order of words, and where those of each statement end.
    words: Vec<u32>,
    ends: Vec<usize>,
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
        probe.words.reserve(words);
        for words in statements {
            probe.add_words(words);
        }
        probe
    }

    /// Adds a statement and returns its number: 0, 1, 2, …
    pub fn add(&mut self, meaning: &Meaning) -> usize {
        self.add_words(words_of(meaning))
    }

    fn add_words(&mut self, words: impl IntoIterator<Item = Word>) -> usize {
        let at = self.ends.len();
        for word in words {
            let number = *self.numbers.entry(word).or_insert_with(|| {
                self.places.push(Vec::new());
                self.places.len() as u32 - 1
            });
            self.places[number as usize].push(at as u32);
            self.words.push(number);
        }
        self.ends.push(self.words.len());
        at
    }

    /// The statements that share rare words with this one, most shared words first.
    pub fn near(&self, meaning: &Meaning) -> Vec<usize> {
        self.sharing(&self.rare(words_of(meaning).iter().filter_map(|word| self.numbers.get(word).copied())))
    }

    /// The same for one of the statements here.
    pub fn near_own(&self, at: usize) -> Vec<usize> {
        self.sharing(&self.rare(self.own(at)))
    }

    fn own(&self, at: usize) -> impl Iterator<Item = u32> + '_ {
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.words[begin..self.ends[at]].iter().copied()
    }

    /// The words that are looked up of these, which come in the order of words.
    fn rare(&self, words: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut words: Vec<u32> = words.collect();
        let spread = |word: u32| self.places[word as usize].len();
        words.sort_by_key(|word| spread(*word));
        words.truncate(PROBES);
        let common = words.iter().skip(1).position(|word| spread(*word) > COMMON);
        words.truncate(common.map_or(PROBES, |at| at + 1));
        words
    }

    /// For each statement a hash of all that decides what is near it: the same as long as it and all that share a rare
    /// word with it are the same, in the same order. `names` say of each what it is and where it stands.
    pub fn surroundings(&self, names: &[Key]) -> Vec<Key> {
        let of_word = |places: &Vec<u32>| {
            let mut hash = Sha1::new();
            hash.update((places.len().min(COMMON + 1) as u64).to_le_bytes());
            places.iter().take(COMMON).for_each(|at| hash.update(names[*at as usize]));
            short(hash)
        };
        let words: Vec<Key> = self.places.par_iter().map(of_word).collect();
        let of_one = |at: usize| {
            let mut hash = Sha1::new();
            hash.update(b"near");
            hash.update(names[at]);
            self.rare(self.own(at)).iter().for_each(|word| hash.update(words[*word as usize]));
            short(hash)
        };
        (0..self.ends.len()).into_par_iter().map(of_one).collect()
    }

    /// The statements that share these words, most shared words first.
    fn sharing(&self, words: &[u32]) -> Vec<usize> {
        let places = words.iter().flat_map(|word| self.places[*word as usize].iter().take(COMMON));
        COUNTS.with_borrow_mut(|counts| {
            counts.resize(counts.len().max(self.ends.len()), 0);
            let mut hit = Vec::new();
            for place in places {
                let count = &mut counts[*place as usize];
                if *count == 0 {
                    hit.push(*place);
                }
                *count += 1;
            }
            let mut near: Vec<(Reverse<u8>, u32)> =
                hit.into_iter().map(|place| (Reverse(std::mem::take(&mut counts[place as usize])), place)).collect();
            if near.len() > NEAREST {
                near.select_nth_unstable(NEAREST);
                near.truncate(NEAREST);
            }
            near.sort_unstable();
            near.into_iter().map(|(_, place)| place as usize).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surroundings_are_the_same_as_long_as_what_is_near_is() {
        let texts = ["Run the linter before committing", "Deploy on Fridays only", "Commit after the linter ran"];
        let around = |texts: &[&str]| {
            let meanings: Vec<Meaning> = texts.iter().map(|text| Meaning::of(text)).collect();
            let names: Vec<Key> = texts.iter().map(|text| short(Sha1::new_with_prefix(text))).collect();
            let words: Vec<Vec<Word>> = meanings.iter().map(words_of).collect();
            let probe = Probe::of(words.iter().cloned(), 0);
            (0..texts.len()).for_each(|at| assert_eq!(probe.near_own(at), probe.near(&meanings[at])));
            probe.surroundings(&names)
        };
        let before = around(&texts);
        let after = around(&["An owl is no lark", texts[0], texts[1], texts[2], "The linter is new"]);
        assert_eq!(after[2], before[1], "nothing new is near the second");
        assert!(after[1] != before[0] && after[3] != before[2], "something new is near the others");
    }

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
