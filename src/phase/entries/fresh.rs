//! Entries of which nothing is kept, or only what their texts tell.

use super::super::Held;
use super::written::Written;
use crate::model::{BeliefKey, NotePath};
use crate::text::known::{self, Key};
use crate::text::probe::{Probe, Word, word};
use crate::text::{Known, Meaning, Told};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::OnceLock;

pub(super) struct Fresh<'a> {
    pub held: Cow<'a, [Held]>,
    told: Vec<(Key, Told<'a>)>,
    /// Their files, those without an entry among them, by the lower case of their paths.
    taken: HashSet<Word>,
    pub meanings: Vec<OnceLock<Box<Meaning>>>,
    /// The entry of each sentence, and where it stands in the entry's text.
    pub sentences: Vec<(u32, Range<u32>)>,
    pub part_meanings: Vec<OnceLock<Box<Meaning>>>,
    /// Sentences by what they count.
    pub counted: BTreeMap<String, Vec<u32>>,
    by_path: OnceLock<HashMap<Word, Vec<u32>>>,
}

/// What is noted of some entries, one behind the other.
#[derive(Default)]
struct Piece {
    meanings: Vec<OnceLock<Box<Meaning>>>,
    sentences: Vec<(u32, Range<u32>)>,
    part_meanings: Vec<OnceLock<Box<Meaning>>>,
    counted: BTreeMap<String, Vec<u32>>,
}

impl Piece {
    /// Of many entries the meanings of their sentences would take more memory than all the rest; few are asked for.
    fn with(mut self, (entry, (_, told)): (usize, &mut (Key, Told<'_>)), is_small: bool) -> Self {
        let (whole, made) = told.made.take().map(|made| *made).unzip();
        let made = made.filter(|_| is_small);
        let known = |made: Option<Meaning>| made.map(|made| OnceLock::from(Box::new(made))).unwrap_or_default();
        self.meanings.push(known(whole));
        let mut made = made.into_iter().flatten();
        for part in told.parts() {
            for unit in part.counted() {
                self.counted.entry(unit.to_owned()).or_default().push(self.sentences.len() as u32);
            }
            self.part_meanings.push(known(made.next()));
            self.sentences.push((entry as u32, part.range));
        }
        self
    }

    fn append(&mut self, mut next: Self) {
        let before = self.sentences.len() as u32;
        self.meanings.append(&mut next.meanings);
        self.sentences.append(&mut next.sentences);
        self.part_meanings.append(&mut next.part_meanings);
        for (unit, parts) in next.counted {
            self.counted.entry(unit).or_default().extend(parts.into_iter().map(|at| before + at));
        }
    }
}

impl<'a> Fresh<'a> {
    /// `noted` says whether what the texts tell is noted for the next time.
    pub fn new(held: Cow<'a, [Held]>, texts: &'a Known, noted: bool) -> Self {
        let tell = |held: &Held| match noted {
            true => texts.told(&held.text),
            false => {
                let name = known::name_of(&held.text);
                (name, texts.told_before(&name).unwrap_or_else(|| Told::of(&held.text)))
            }
        };
        let mut told: Vec<(Key, Told<'a>)> = held.par_iter().map(tell).collect();
        let pieces: Vec<Piece> =
            told.par_iter_mut().enumerate().fold(Piece::default, |piece, next| piece.with(next, noted)).collect();
        let mut all = Piece { meanings: Vec::with_capacity(held.len()), ..Piece::default() };
        pieces.into_iter().for_each(|piece| all.append(piece));
        let Piece { meanings, sentences, part_meanings, counted } = all;
        let taken = held.iter().map(|held| taken(&held.path)).collect();
        let by_path = OnceLock::new();
        Self { held, told, taken, meanings, sentences, part_meanings, counted, by_path }
    }

    /// Their files, those without an entry among them.
    pub fn with_files(mut self, paths: &[NotePath]) -> Self {
        self.taken.extend(paths.iter().map(taken));
        self
    }

    /// Indexes over the entries and over their sentences.
    pub fn probes(&mut self) -> (Probe, Probe) {
        // The sentences of a text have about as many words as the text.
        let words: usize = self.told.iter().map(|(_, told)| told.words().len()).sum();
        let sentences = self.told.iter().flat_map(|(_, told)| told.parts());
        rayon::join(
            || Probe::of(self.told.iter().map(|(_, told)| told.words()), words),
            || Probe::of(sentences.map(|part| part.words()), words),
        )
    }

    pub fn told(&self, at: usize) -> Told<'_> {
        Told::kept(&self.told[at].1.bytes)
    }

    pub fn is_taken(&self, name: Word) -> bool {
        self.taken.contains(&name)
    }

    pub fn entries_of(&self, path: &str) -> impl Iterator<Item = usize> {
        self.entries_at(word(path)).filter(move |at| self.held[*at].path.as_str() == path)
    }

    /// The entries of a file, by the hash of its path.
    pub fn entries_at(&self, path: Word) -> impl Iterator<Item = usize> {
        let by_path = self.by_path.get_or_init(|| {
            let mut by_path: HashMap<Word, Vec<u32>> = HashMap::new();
            for (at, held) in self.held.iter().enumerate() {
                by_path.entry(word(held.path.as_str())).or_default().push(at as u32);
            }
            by_path
        });
        by_path.get(&path).map_or(&[][..], Vec::as_slice).iter().map(|at| *at as usize)
    }

    pub fn of_belief(&self, key: &BeliefKey) -> Vec<usize> {
        (0..self.held.len()).filter(|at| self.held[*at].key.as_ref() == Some(key)).collect()
    }

    /// A name of each entry by what it says and where it stands.
    pub fn names(&self) -> Vec<Key> {
        // Of several that are equally near, those that stand first are compared.
        let mut ordinals: Vec<u64> = Vec::with_capacity(self.held.len());
        for (entry, own) in self.held.iter().enumerate() {
            let before = entry.checked_sub(1).filter(|before| self.held[*before].path == own.path);
            ordinals.push(before.map_or(0, |before| ordinals[before] + 1));
        }
        let name = |((held, (text, _)), ordinal): ((&Held, &(Key, Told<'_>)), u64)| {
            known::named(&[text, held.path.as_str().as_bytes(), &ordinal.to_le_bytes()])
        };
        self.held.par_iter().zip(&self.told).zip(ordinals).map(name).collect()
    }
}

/// A path as it is told from others: on many machines case alone is no difference.
fn taken(path: &NotePath) -> Word {
    word(&path.as_str().to_lowercase())
}

/// As an entry is kept.
pub(super) fn written(held: &Held) -> Written {
    Written {
        path: held.path.clone(),
        whole_note: held.whole_note,
        text: held.text.clone(),
        name: held.name.clone(),
        description: held.description.clone(),
        kind: held.kind,
        tags: held.tags.clone(),
        pinned: held.pinned,
    }
}
