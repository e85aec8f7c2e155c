//! Writing down what is known of the entries of a tree, once enough of them are new.

use super::fresh::written;
use super::kept::{self, Head, NAME, NONE, WHOLE};
use super::open::At;
use super::written::Written;
use super::{Entries, Part, is_statement};
use crate::model::NotePath;
use crate::text::probe::{Word, word};
use crate::text::table::Table;
use crate::text::{Relation, Told, date, layers};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io;

/// Fewer entries than this are worked out faster than a file is written. Tests keep everything.
const WORTHWHILE: usize = if crate::FAULTS { 1 } else { 64 };
/// This many files, or this part of all, may differ from those that are kept before all are kept again.
const NEW: usize = if crate::FAULTS { 0 } else { 16 };
const SHARE: usize = 50;

pub(super) fn is_worthwhile(entries: usize) -> bool {
    entries >= WORTHWHILE
}

/// One entry as it is written.
struct Line<'e> {
    at: usize,
    written: Cow<'e, [u8]>,
    told: Cow<'e, [u8]>,
    is_whole: bool,
    path: Word,
    is_dated: bool,
    is_statement: bool,
    bearing: Vec<(u8, Relation)>,
    rare: Vec<(Word, usize)>,
}

impl Entries<'_> {
    /// Keeps all that is known of these entries, where that is worth it. A file that cannot be written is no error.
    pub fn keep(&self, at: &At<'_>) {
        let differ = self.origin.changed > NEW && self.origin.changed > self.len() / SHARE;
        let due = self.kept.is_none() || differ;
        if due && is_worthwhile(self.len()) && !self.is_damaged() {
            let _ = self.body(at).and_then(|parts| at.store.keep_sections(NAME, kept::MAGIC, &parts));
        }
    }

    pub(super) fn body(&self, at: &At<'_>) -> io::Result<Vec<Vec<u8>>> {
        let tree = self.origin.tree.ok_or_else(|| io::Error::other("they are of no tree"))?;
        let first_fresh = self.first_fresh();
        let kept = (0..first_fresh).filter(|at| !self.gone.contains(&(*at as u32)));
        let mut order: Vec<usize> = kept.chain((0..self.fresh.held.len()).map(|at| first_fresh + at)).collect();
        order.sort_by_key(|at| self.rank(*at));
        let lines: Vec<Line<'_>> = order.par_iter().map(|at| self.line(*at)).collect::<io::Result<_>>()?;
        let mut tables = Tables::default();
        let (mut rows, mut records, mut bearings) = (Vec::new(), Vec::new(), Vec::new());
        let (mut owners, mut alike) = (Vec::new(), Vec::new());
        let (mut contrary, mut dated) = (Vec::new(), Vec::new());
        for (number, line) in (0_u32..).zip(&lines) {
            records.extend_from_slice(&line.written);
            records.extend_from_slice(&line.told);
            bearings.extend(kept::bearing_bytes(&line.bearing));
            let contradicts = |(_, how): &(u8, Relation)| *how == Relation::Contradicts;
            if !line.bearing.iter().all(contradicts) {
                alike.extend(number.to_le_bytes());
            } else if line.is_statement && !line.bearing.is_empty() {
                contrary.push((line.path, number));
            }
            if line.is_dated {
                dated.push((line.path, number));
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
        drop(lines);
        let head = postcard::to_stdvec(&head).map_err(io::Error::other)?;
        let [words, part_words, counted] = tables.tables();
        let (contrary, dated) = (Table::new(contrary), Table::new(dated));
        let parts = [
            head,
            rows,
            records,
            words.rows,
            words.numbers,
            part_words.rows,
            part_words.numbers,
            counted.rows,
            counted.numbers,
            paths.rows,
            paths.numbers,
            owners,
            bearings,
            lookers.rows,
            lookers.numbers,
            alike,
            contrary.rows,
            contrary.numbers,
            dated.rows,
            dated.numbers,
        ];
        match self.is_damaged() {
            true => Err(io::Error::other("what is kept is damaged")),
            false => Ok(parts.into()),
        }
    }

    fn line(&self, at: usize) -> io::Result<Line<'_>> {
        let gone = || io::Error::other("what is kept is damaged");
        let (written, told, is_whole) = match self.locate(at) {
            Ok(fresh) => {
                let held = &self.fresh.held[fresh];
                let written = postcard::to_stdvec(&written(held)).map_err(io::Error::other)?;
                (Cow::Owned(written), self.fresh.told(fresh).bytes, held.whole_note)
            }
            Err(kept) => {
                let (written, told) = kept.bytes(at).ok_or_else(gone)?;
                (Cow::Owned(written), Cow::Owned(told), kept.is_whole_note(at))
            }
        };
        let words: Vec<Word> = Told::kept(&told).words().collect();
        let entry: Written = postcard::from_bytes(&written).map_err(io::Error::other)?;
        let (path, is_dated) = (word(entry.path.as_str()), date::names_one(&entry.text));
        let is_statement = is_statement(entry.kind, Told::kept(&told).size() as usize);
        let (bearing, rare) = (self.to_keep(at), self.whole.rare(&words));
        Ok(Line { at, written, told, is_whole, path, is_dated, is_statement, bearing, rare })
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
    fn tables(self) -> [Table<Vec<u8>>; 3] {
        let [words, part_words, counted] = [self.words, self.part_words, self.counted];
        let (words, (part_words, counted)) =
            rayon::join(|| Table::new(words), || rayon::join(|| Table::new(part_words), || Table::new(counted)));
        [words, part_words, counted]
    }

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
