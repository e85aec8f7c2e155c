//! Which entries bear on which: found by comparing each with those that are near it, and noted, so that it is not found
//! out again as long as all that is near stays what it is.

use super::Entries;
use super::kept::{Kept, Part};
use crate::model::Kind;
use crate::text::Relation;
use crate::text::known::{Key, short};
use crate::text::probe::{COMMON, Word};
use rayon::prelude::*;
use sha1::{Digest, Sha1};
use std::collections::{BTreeSet, HashMap};
use std::sync::MutexGuard;

/// Meaningful words of a statement at most.
const LONG: usize = 20;

/// What entries bear on, as it was found out now and is not noted.
pub(super) type Found = HashMap<u32, Vec<(u8, Relation)>>;

/// What is around those entries of which it is not known from before what they bear on: those that are new, and those
/// near which something came or went.
pub(super) struct Surroundings {
    names: Vec<Key>,
    around: HashMap<u32, Key>,
}

/// Whether an entry can contradict another one: notes of mistakes and commands differ in names and numbers by nature, and
/// what is long says more than one thing.
pub fn is_statement(kind: Option<Kind>, size: usize) -> bool {
    matches!(kind, None | Some(Kind::Fact | Kind::Preference)) && size <= LONG
}

impl Entries<'_> {
    /// The entries that one bears on by its words: it says what they say, or they differ in a value alone.
    pub fn bearing(&self, at: usize) -> Vec<(usize, Relation)> {
        let noted = self.to_keep(at);
        // Of two that contradict each other the newer one holds, and how old a note of nobody's is nobody knows.
        if noted.iter().all(|(_, how)| *how == Relation::Contradicts) && !self.is_timed(at) {
            return Vec::new();
        }
        let near = self.near_own(at);
        noted.into_iter().filter_map(|(nth, how)| Some((*near.get(usize::from(nth))?, how))).collect()
    }

    /// The entries that may bear on another one.
    pub fn may_bear(&self) -> Vec<usize> {
        let Some(kept) = &self.kept else { return (0..self.fresh.held.len()).collect() };
        let around = &self.surroundings().around;
        let alike = kept.alike().into_iter().filter(|at| !self.gone.contains(at)).map(|at| at as usize);
        let mut all: BTreeSet<usize> = around.keys().map(|at| *at as usize).collect();
        all.extend(alike);
        all.extend(self.kept_of_dreams(Part::Contrary));
        all.into_iter().collect()
    }

    /// The same, where it is known.
    fn noted(&self, at: usize) -> Option<Vec<(u8, Relation)>> {
        match (&self.kept, self.surroundings().around.get(&(at as u32))) {
            (_, Some(around)) => self.texts.noted(around).or_else(|| self.found().get(&(at as u32)).cloned()),
            (Some(kept), None) => Some(kept.bearing(at)),
            (None, None) => None,
        }
    }

    fn compared(&self, at: usize) -> Vec<(u8, Relation)> {
        let near = self.near_own(at);
        let others = (0..).zip(near).filter(|(_, near)| *near != at);
        let bears = |(nth, near)| Some((nth, self.meaning(at).bears_on(self.meaning(near))?));
        let found: Vec<(u8, Relation)> = others.filter_map(bears).collect();
        match self.surroundings().around.get(&(at as u32)).filter(|_| self.is_noting) {
            Some(around) => self.texts.note(*around, &found),
            None => drop(self.found().insert(at as u32, found.clone())),
        }
        found
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What an entry bears on, by places among what is near it.
    pub(super) fn to_keep(&self, at: usize) -> Vec<(u8, Relation)> {
        self.noted(at).unwrap_or_else(|| self.compared(at))
    }

    pub(super) fn name(&self, at: usize) -> Key {
        match self.locate(at) {
            Ok(fresh) => self.surroundings().names[fresh],
            Err(kept) => kept.name(at),
        }
    }

    /// For each of those entries a hash of all that decides what is near it: the same as long as it and all that share a
    /// rare word with it are the same, in the same order.
    fn surroundings(&self) -> &Surroundings {
        self.surroundings.get_or_init(|| {
            let names = self.fresh.names();
            let affected = self.kept.as_ref().map(|kept| self.whole.affected(&kept.table(Part::Lookers)));
            let first_fresh = self.first_fresh();
            let fresh = (0..self.fresh.held.len()).map(|fresh| (first_fresh + fresh) as u32);
            let ats: Vec<u32> = affected.into_iter().flatten().chain(fresh).collect();
            let rare: Vec<Vec<(Word, usize)>> =
                ats.par_iter().map(|at| self.whole.rare(&self.words(*at as usize))).collect();
            let mut words: Vec<(Word, usize)> = rare.iter().flatten().copied().collect();
            words.par_sort_unstable();
            words.dedup();
            let name = |at: usize| match (at.checked_sub(first_fresh), &self.kept) {
                (None, Some(kept)) => Kept::name(kept, at),
                (fresh, _) => names[fresh.unwrap_or(at)],
            };
            let of_word = |(word, spread): &(Word, usize)| {
                let mut hash = Sha1::new();
                hash.update(((*spread).min(COMMON + 1) as u64).to_le_bytes());
                self.whole.first(*word).into_iter().for_each(|at| hash.update(name(at)));
                (*word, short(hash))
            };
            let hashes: HashMap<Word, Key> = words.par_iter().map(of_word).collect();
            let of_one = |(at, rare): (&u32, &Vec<(Word, usize)>)| {
                let mut hash = Sha1::new();
                hash.update(b"near");
                hash.update(name(*at as usize));
                rare.iter().for_each(|(word, _)| hash.update(hashes[word]));
                (*at, short(hash))
            };
            let around = ats.par_iter().zip(&rare).map(of_one).collect();
            Surroundings { names, around }
        })
    }
}
