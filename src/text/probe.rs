//! An index over statements that finds the few that may be about the same thing, without comparing all pairs: only
//! the rarest words of a statement are looked up, and words that occur everywhere are not.

use super::meaning::Meaning;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;

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

/// Statements by their words.
#[derive(Debug, Default)]
pub struct Probe {
    places: HashMap<String, Vec<u32>>,
    sizes: Vec<u32>,
}

impl Probe {
    pub fn new() -> Self {
        Self::default()
    }

    /// All of these statements, in their order.
    pub fn of<'m>(meanings: impl IntoIterator<Item = &'m Meaning>) -> Self {
        let mut probe = Self::new();
        for meaning in meanings {
            probe.add(meaning);
        }
        probe
    }

    /// Adds a statement and returns its number: 0, 1, 2, …
    pub fn add(&mut self, meaning: &Meaning) -> usize {
        let at = self.sizes.len();
        let keys = meaning.keys();
        self.sizes.push(keys.len() as u32);
        for key in keys {
            match self.places.get_mut(key) {
                Some(places) => places.push(at as u32),
                None => {
                    self.places.insert(key.to_owned(), vec![at as u32]);
                }
            }
        }
        at
    }

    /// The statements that share rare words with this one, most shared words first.
    pub fn near(&self, meaning: &Meaning) -> Vec<usize> {
        let mut postings: Vec<&Vec<u32>> = meaning.keys().iter().filter_map(|key| self.places.get(*key)).collect();
        postings.sort_by_key(|places| places.len());
        let rare =
            postings.iter().take(PROBES).enumerate().take_while(|(nth, places)| *nth == 0 || places.len() <= COMMON);
        let places = rare.flat_map(|(_, places)| places.iter().take(COMMON));
        COUNTS.with_borrow_mut(|counts| {
            counts.resize(counts.len().max(self.sizes.len()), 0);
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
