//! Memory as drafts are held against it: an index over its entries, and over the sentences in them.

use crate::phase::Held;
use crate::text::known::{self, Key};
use crate::text::{Known, Meaning, Probe, Told};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::OnceLock;

/// Memory with an index over its entries, and over the sentences in them.
pub struct Memory<'a> {
    pub held: &'a [Held],
    /// Of those entries that something was compared with.
    meanings: Vec<OnceLock<Box<Meaning>>>,
    /// Meaningful words of each entry.
    pub sizes: Vec<usize>,
    pub probe: Probe,
    /// For each entry a hash of what is near it.
    pub surroundings: Vec<Key>,
    pub parts: Vec<Part>,
    pub part_probe: Probe,
    /// Sentences by what they count.
    pub counted: BTreeMap<String, Vec<usize>>,
    pub keys: HashMap<&'a str, usize>,
    pub texts: &'a Known,
}

/// One sentence of an entry.
pub struct Part {
    pub entry: usize,
    /// Where it stands in the entry's text.
    range: Range<u32>,
    meaning: OnceLock<Box<Meaning>>,
}

/// What is noted of some entries, one behind the other.
#[derive(Default)]
struct Piece {
    meanings: Vec<OnceLock<Box<Meaning>>>,
    sizes: Vec<usize>,
    parts: Vec<Part>,
    counted: BTreeMap<String, Vec<usize>>,
}

impl Piece {
    fn with(mut self, entry: usize, mut told: Told<'_>) -> Self {
        let (whole, made) = told.made.take().map(|made| *made).unzip();
        self.meanings.push(whole.map(|whole| OnceLock::from(Box::new(whole))).unwrap_or_default());
        self.sizes.push(told.size() as usize);
        let mut made = made.into_iter().flatten();
        for part in told.parts() {
            for unit in part.counted() {
                self.counted.entry(unit.to_owned()).or_default().push(self.parts.len());
            }
            let meaning = made.next().map(|made| OnceLock::from(Box::new(made))).unwrap_or_default();
            self.parts.push(Part { entry, range: part.range, meaning });
        }
        self
    }

    fn append(&mut self, mut next: Self) {
        let before = self.parts.len();
        self.meanings.append(&mut next.meanings);
        self.sizes.append(&mut next.sizes);
        self.parts.append(&mut next.parts);
        for (unit, parts) in next.counted {
            self.counted.entry(unit).or_default().extend(parts.into_iter().map(|at| before + at));
        }
    }
}

impl<'a> Memory<'a> {
    pub fn new(held: &'a [Held], texts: &'a Known) -> Self {
        let told: Vec<(Key, Told<'_>)> = held.par_iter().map(|held| texts.told(&held.text)).collect();
        // The sentences of a text have about as many words as the text.
        let words: usize = told.iter().map(|(_, told)| told.words().len()).sum();
        let told_parts = told.iter().flat_map(|(_, told)| told.parts());
        let (probe, part_probe) = rayon::join(
            || Probe::of(told.iter().map(|(_, told)| told.words()), words),
            || Probe::of(told_parts.map(|part| part.words()), words),
        );
        let names = names(held, &told);
        let pieces: Vec<Piece> = told
            .into_par_iter()
            .enumerate()
            .fold(Piece::default, |piece, (at, (_, told))| piece.with(at, told))
            .collect();
        let mut all = Piece { meanings: Vec::with_capacity(held.len()), ..Piece::default() };
        pieces.into_iter().for_each(|piece| all.append(piece));
        let Piece { meanings, sizes, parts, counted } = all;
        let keys = held.iter().enumerate().filter_map(|(at, held)| Some((held.key.as_ref()?.as_str(), at))).collect();
        let surroundings = probe.surroundings(&names);
        Self { held, meanings, sizes, probe, surroundings, parts, part_probe, counted, keys, texts }
    }

    pub fn meaning(&self, at: usize) -> &Meaning {
        self.meanings[at].get_or_init(|| Box::new(self.texts.meaning(&self.held[at].text)))
    }

    pub fn text(&self, part: &Part) -> &'a str {
        self.held[part.entry].text.get(part.range.start as usize..part.range.end as usize).unwrap_or_default()
    }

    pub fn part_meaning<'m>(&self, part: &'m Part) -> &'m Meaning {
        part.meaning.get_or_init(|| Box::new(self.texts.meaning(self.text(part))))
    }

    /// The sentence's text where it is only a part of its entry.
    pub fn whole(&self, part: &Part) -> Option<String> {
        let text = self.text(part);
        (text.len() + 2 < self.held[part.entry].text.trim().len()).then(|| text.to_owned())
    }
}

impl Drop for Memory<'_> {
    /// To give back a million small pieces takes as long as to find something among them: another thread does it.
    fn drop(&mut self) {
        let (probe, part_probe) = (std::mem::take(&mut self.probe), std::mem::take(&mut self.part_probe));
        let (meanings, parts) = (std::mem::take(&mut self.meanings), std::mem::take(&mut self.parts));
        rayon::spawn(move || drop((probe, part_probe, meanings, parts)));
    }
}

/// A name of each entry by what it says and where it stands.
fn names(held: &[Held], told: &[(Key, Told<'_>)]) -> Vec<Key> {
    // Of several that are equally near, those that stand first are compared.
    let mut ordinals: Vec<u64> = Vec::with_capacity(held.len());
    for (entry, own) in held.iter().enumerate() {
        let before = entry.checked_sub(1).filter(|before| held[*before].path == own.path);
        ordinals.push(before.map_or(0, |before| ordinals[before] + 1));
    }
    let name = |((held, (text, _)), ordinal): ((&Held, &(Key, Told<'_>)), u64)| {
        known::named(&[text, held.path.as_str().as_bytes(), &ordinal.to_le_bytes()])
    };
    held.par_iter().zip(told).zip(ordinals).map(name).collect()
}
