//! Writing down what is known of the entries of a tree, once enough of them are new.

use super::fresh::written;
use super::kept::{self, Head, NAME, NONE, PARTS, WHOLE};
use super::open::At;
use super::{Entries, Part};
use crate::model::NotePath;
use crate::text::probe::{Word, word};
use crate::text::table::Table;
use crate::text::{Relation, Told, layers};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::io;

/// Fewer entries than this are worked out faster than a file is written. Tests keep everything.
const WORTHWHILE: usize = if cfg!(feature = "faults") { 1 } else { 1000 };
/// This many files, or this part of all, may differ from those that are kept before all are kept again.
const NEW: usize = if cfg!(feature = "faults") { 0 } else { 64 };
const SHARE: usize = 50;

pub(super) fn is_worthwhile(entries: usize) -> bool {
    entries >= WORTHWHILE
}

/// One entry as it is written.
struct Line {
    at: usize,
    written: Vec<u8>,
    told: Vec<u8>,
    is_whole: bool,
    bearing: Vec<(u8, Relation)>,
    rare: Vec<(Word, usize)>,
}

impl Entries<'_> {
    /// Keeps all that is known of these entries, where that is worth it. A file that cannot be written is no error.
    pub fn keep(&self, at: &At<'_>) {
        let differ = self.origin.changed > NEW && self.origin.changed > self.len() / SHARE;
        let due = self.kept.is_none() || differ;
        if due && is_worthwhile(self.len()) && !self.is_damaged() {
            let _ = self.body(at).map(|body| at.store.keep_pages(NAME, kept::MAGIC, &body));
        }
    }

    pub(super) fn body(&self, at: &At<'_>) -> io::Result<Vec<u8>> {
        let tree = self.origin.tree.ok_or_else(|| io::Error::other("they are of no tree"))?;
        let first_fresh = self.first_fresh();
        let kept = (0..first_fresh).filter(|at| !self.gone.contains(&(*at as u32)));
        let mut order: Vec<usize> = kept.chain((0..self.fresh.held.len()).map(|at| first_fresh + at)).collect();
        order.sort_by_key(|at| self.rank(*at));
        let lines: Vec<Line> = order.par_iter().map(|at| self.line(*at)).collect::<io::Result<_>>()?;
        let mut tables = Tables::default();
        let (mut rows, mut records, mut bearings) = (Vec::new(), Vec::new(), Vec::new());
        let (mut owners, mut alike) = (Vec::new(), Vec::new());
        for (number, line) in (0_u32..).zip(&lines) {
            records.extend_from_slice(&line.written);
            records.extend_from_slice(&line.told);
            bearings.extend(kept::bearing_bytes(&line.bearing));
            if line.bearing.iter().any(|(_, how)| *how != Relation::Contradicts) {
                alike.extend(number.to_le_bytes());
            }
            tables.add(number, &Told::kept(&line.told), &mut owners);
            rows.extend((records.len() as u64).to_le_bytes());
            let whole = if line.is_whole { WHOLE } else { 0 };
            rows.extend((small(line.told.len())? | whole).to_le_bytes());
            rows.extend(small(owners.len() / 4)?.to_le_bytes());
            rows.extend(small(bearings.len())?.to_le_bytes());
            rows.extend(self.name(line.at));
        }
        let lookers = layers::lookers((0..).zip(lines.iter().map(|line| line.rare.clone())));
        let (paths, notes) = self.paths(&order);
        let head = Head {
            name: kept::name(at.folders),
            tree,
            entries: small(lines.len())?,
            sentences: small(owners.len() / 4)?,
            notes,
            skipped: self.origin.skipped.clone(),
        };
        let head = postcard::to_stdvec(&head).map_err(io::Error::other)?;
        let (words, (part_words, counted)) = rayon::join(
            || Table::new(tables.words),
            || rayon::join(|| Table::new(tables.part_words), || Table::new(tables.counted)),
        );
        let parts: [&[u8]; PARTS] = [
            &head,
            &rows,
            &records,
            &words.rows,
            &words.numbers,
            &part_words.rows,
            &part_words.numbers,
            &counted.rows,
            &counted.numbers,
            &paths.rows,
            &paths.numbers,
            &owners,
            &bearings,
            &lookers.rows,
            &lookers.numbers,
            &alike,
        ];
        let lengths = parts.iter().flat_map(|part| (part.len() as u64).to_le_bytes());
        let mut body: Vec<u8> = lengths.collect();
        body.reserve(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| body.extend_from_slice(part));
        match self.is_damaged() {
            true => Err(io::Error::other("what is kept is damaged")),
            false => Ok(body),
        }
    }

    fn line(&self, at: usize) -> io::Result<Line> {
        let gone = || io::Error::other("what is kept is damaged");
        let (written, told, is_whole) = match self.locate(at) {
            Ok(fresh) => {
                let held = &self.fresh.held[fresh];
                let written = postcard::to_stdvec(&written(held)).map_err(io::Error::other)?;
                (written, self.fresh.told(fresh).bytes.into_owned(), held.whole_note)
            }
            Err(kept) => {
                let (written, told) = kept.bytes(at).ok_or_else(gone)?;
                (written, told, kept.is_whole_note(at))
            }
        };
        let words: Vec<Word> = Told::kept(&told).words().collect();
        Ok(Line { at, written, told, is_whole, bearing: self.to_keep(at), rare: self.whole.rare(&words) })
    }

    /// The first entry of each file by the lower case of its path, and how many files there are.
    fn paths(&self, order: &[usize]) -> (Table<Vec<u8>>, u32) {
        let name = |path: &str| word(&path.to_lowercase());
        let mut pairs: Vec<(u64, u32)> = Vec::new();
        let first_fresh = self.first_fresh();
        let numbers: HashMap<usize, u32> = order.iter().copied().zip(0..).collect();
        if let Some(kept) = &self.kept {
            let mut gone = self.gone_empty.clone();
            for (key, at) in kept.table(Part::Paths).pairs() {
                let number = numbers.get(&(at as usize)).copied();
                // Of a file without an entry nothing else tells that it is gone.
                let mut is_left = || match gone.get_mut(&key).filter(|gone| **gone > 0) {
                    Some(gone) => {
                        *gone -= 1;
                        false
                    }
                    None => true,
                };
                let place = if at == NONE { Some(NONE).filter(|_| is_left()) } else { number };
                pairs.extend(place.map(|place| (key, place)));
            }
        }
        for (fresh, held) in self.fresh.held.iter().enumerate() {
            if fresh == 0 || self.fresh.held[fresh - 1].path != held.path {
                pairs.push((name(held.path.as_str()), numbers[&(first_fresh + fresh)]));
            }
        }
        let with: HashSet<&NotePath> = self.fresh.held.iter().map(|held| &held.path).collect();
        let without = self.origin.files.iter().filter(|path| !with.contains(path));
        pairs.extend(without.map(|path| (name(path.as_str()), NONE)));
        let notes = pairs.len() as u32;
        (Table::new(pairs), notes)
    }
}

/// What tables are made of.
#[derive(Default)]
struct Tables {
    words: Vec<(Word, u32)>,
    part_words: Vec<(Word, u32)>,
    counted: Vec<(Word, u32)>,
}

impl Tables {
    /// `owners` has the entry of each sentence so far.
    fn add(&mut self, number: u32, told: &Told<'_>, owners: &mut Vec<u8>) {
        self.words.extend(told.words().map(|word| (word, number)));
        for part in told.parts() {
            let sentence = (owners.len() / 4) as u32;
            self.part_words.extend(part.words().map(|word| (word, sentence)));
            self.counted.extend(part.counted().map(|unit| (word(unit), sentence)));
            owners.extend(number.to_le_bytes());
        }
    }
}

fn small(number: usize) -> io::Result<u32> {
    u32::try_from(number)
        .ok()
        .filter(|number| number & WHOLE == 0)
        .ok_or_else(|| io::Error::other("memory is too large"))
}
