//! The entries of one tree of memory with all that is known of what they say, read from a file where it is asked for.
//!
//! The file's body: the lengths of its parts; what is known of the whole; one row for each entry, in the order of
//! paths; the entries as bytes, each behind it what its text tells; tables of the entries by their words and by the
//! lower case of their path, of sentences by their words and by what they count, and of the entries that look a common
//! word up; the entry of each sentence; what each entry bears on; the entries that say what another one says; and tables, by
//! their paths, of the entries that contradict another one and of those that name a date.

use super::written::Written;
use crate::model::{NotePath, ObjectId};
use crate::store::{FileName, Pages, Section, Skipped, Store};
use crate::text::known::{self, Key};
use crate::text::probe::{Word, word};
use crate::text::table::{Bytes, Table};
use crate::text::{Relation, Told};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// Also the format's version: another text makes every older file unreadable.
pub(super) const MAGIC: &str = concat!("git-dream entries 1 ", env!("CARGO_PKG_VERSION"), "\n");
pub(super) const NAME: &str = "entries";
const PARTS: usize = 20;
/// Where the record ends; the length of what its text tells, with a bit that says that it is a whole note; where its
/// sentences end; where what it bears on ends; its name.
pub(super) const ROW: usize = 8 + 4 + 4 + 4 + 16;
pub(super) const WHOLE: u32 = 1 << 31;
/// In the table of paths: a note without an entry.
pub(super) const NONE: u32 = u32::MAX;

/// All that decides what is kept, beside what texts tell.
static VERSION: LazyLock<ObjectId> = LazyLock::new(|| {
    let mut hash = Sha1::new();
    hash.update(known::version());
    for source in [
        include_str!("kept.rs"),
        include_str!("keep.rs"),
        include_str!("written.rs"),
        include_str!("../../model/document.rs"),
        include_str!("../../model/front.rs"),
        include_str!("../../model/note.rs"),
        include_str!("../../text/date.rs"),
    ] {
        hash.update(source);
    }
    ObjectId::from_bytes(hash.finalize().into())
});

/// The parts by their places.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Head,
    Rows,
    Records,
    Words,
    SentenceWords = 5,
    Counted = 7,
    Paths = 9,
    Entries = 11,
    Bearing,
    Lookers,
    Alike = 15,
    Contrary,
    Dated = 18,
}

/// What is known of the whole.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub name: ObjectId,
    pub tree: ObjectId,
    pub entries: u32,
    pub sentences: u32,
    pub notes: u32,
    pub skipped: Vec<Skipped>,
}

/// What the file is of: sources and folders.
pub(super) fn name(folders: &[String]) -> ObjectId {
    ObjectId::of_blob(format!("{}\0{}", *VERSION, folders.join("\0")).as_bytes())
}

/// An entry with what its text tells.
#[derive(Debug)]
pub(super) struct Record {
    pub written: Written,
    told: Vec<u8>,
}

impl Record {
    pub fn told(&self) -> Told<'_> {
        Told::kept(&self.told)
    }
}

/// Entries that are kept.
pub(super) struct Kept {
    sections: [Section; PARTS],
    pub head: Head,
    records: Sparse<Option<Box<Record>>>,
}

/// Where an entry's things are.
struct Row {
    record: Range<usize>,
    told: usize,
    sentences: Range<u32>,
    bearing: Range<usize>,
}

impl Kept {
    pub fn open(store: &Store, folders: &[String]) -> Option<Self> {
        let sections: [Section; PARTS] = store.sections(NAME, MAGIC)?;
        let head = &sections[Part::Head as usize];
        let head: Head = postcard::from_bytes(&head.get(0..head.len())?).ok()?;
        let fits = sections[Part::Rows as usize].len() == head.entries as usize * ROW;
        let is_ours = fits && head.name == name(folders);
        is_ours.then(|| Self { records: Sparse::new(head.entries as usize), sections, head })
    }

    pub fn is_damaged(&self) -> bool {
        self.pages().is_damaged()
    }

    fn pages(&self) -> &Pages {
        self.sections[0].pages()
    }

    pub fn len(&self) -> usize {
        self.head.entries as usize
    }

    pub fn section(&self, part: Part) -> &Section {
        &self.sections[part as usize]
    }

    pub fn table(&self, part: Part) -> Table<Section> {
        let at = part as usize;
        Table { rows: self.sections[at].clone(), numbers: self.sections[at + 1].clone() }
    }

    fn row(&self, at: usize) -> Option<Row> {
        let rows = self.section(Part::Rows);
        let begin = at.saturating_sub(1) * ROW;
        let bytes = rows.get(begin..(at + 1) * ROW)?;
        let (before, own) = bytes.split_at(if at == 0 { 0 } else { ROW });
        let number = |row: &[u8], at: usize| Some(u32::from_le_bytes(row.get(at..at + 4)?.try_into().ok()?));
        let end = |row: &[u8]| usize::try_from(u64::from_le_bytes(*row.first_chunk()?)).ok();
        let (mut record, mut sentences, mut bearing) = (0, 0, 0);
        if at > 0 {
            (record, sentences, bearing) = (end(before)?, number(before, 12)?, number(before, 16)? as usize);
        }
        Some(Row {
            record: record..end(own)?,
            told: (number(own, 8)? & !WHOLE) as usize,
            sentences: sentences..number(own, 12)?,
            bearing: bearing..number(own, 16)? as usize,
        })
    }

    /// The name by which its surroundings know an entry.
    pub fn name(&self, at: usize) -> Key {
        let name = self.section(Part::Rows).get((at + 1) * ROW - 16..(at + 1) * ROW);
        name.and_then(|name| name.as_ref().try_into().ok()).unwrap_or_default()
    }

    pub fn is_whole_note(&self, at: usize) -> bool {
        let told = self.section(Part::Rows).get(at * ROW + 8..at * ROW + 12);
        told.is_some_and(|told| told[3] & 0x80 != 0)
    }

    /// An entry; nothing where it cannot be read, which is noted.
    pub fn record(&self, at: usize) -> Option<&Record> {
        let read = || {
            let row = self.row(at)?;
            let bytes = self.section(Part::Records).get(row.record)?;
            let (written, told) = bytes.split_at_checked(bytes.len().checked_sub(row.told)?)?;
            let written = postcard::from_bytes(written).ok()?;
            Some(Box::new(Record { written, told: told.to_vec() }))
        };
        let record = self.records.get(at, read)?.as_deref();
        if record.is_none() {
            self.pages().distrust();
        }
        record
    }

    /// The bytes of an entry and of what its text tells.
    pub fn bytes(&self, at: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let row = self.row(at)?;
        let mut written = self.section(Part::Records).get(row.record)?.into_owned();
        let told = written.split_off(written.len().checked_sub(row.told)?);
        Some((written, told))
    }

    /// An entry's text alone, which is not kept in memory.
    pub fn text(&self, at: usize) -> Option<String> {
        let (written, _) = self.bytes(at)?;
        postcard::from_bytes::<Written>(&written).ok().map(|written| written.text)
    }

    /// Whether an entry stands in a file of such a path.
    fn is_at(&self, at: usize, is_path: impl Fn(&str) -> bool) -> bool {
        let own = self.row(at).and_then(|row| self.section(Part::Records).get(row.record));
        own.is_some_and(|bytes| postcard::take_from_bytes::<&str>(&bytes).is_ok_and(|(own, _)| is_path(own)))
    }

    /// The entries of a file. Nothing at all where there is no such note.
    pub fn entries_of(&self, path: &str) -> Option<Range<usize>> {
        self.entries_at(word(&path.to_lowercase()), |own| own == path)
    }

    /// The same of a file of such a path, of which the lower case has this hash.
    fn entries_at(&self, lower: Word, is_path: impl Fn(&str) -> bool) -> Option<Range<usize>> {
        let firsts = self.table(Part::Paths).of(lower);
        let begin = firsts.iter().map(|at| *at as usize).find(|at| *at < self.len() && self.is_at(*at, &is_path));
        match begin {
            Some(begin) => {
                let end = (begin..self.len()).find(|at| !self.is_at(*at, &is_path)).unwrap_or(self.len());
                Some(begin..end)
            }
            None => firsts.contains(&NONE).then_some(0..0),
        }
    }

    /// The entries of a file that say exactly this. None of them is made for it.
    pub fn saying(&self, file: FileName, text: &str) -> impl Iterator<Item = usize> {
        let all = self.entries_at(file.lower, |own| word(own) == file.exact).unwrap_or_default();
        all.filter(move |at| self.row(*at).and_then(|row| self.is_text(row, text)).unwrap_or_default())
    }

    fn is_text(&self, row: Row, text: &str) -> Option<bool> {
        let bytes = self.section(Part::Records).get(row.record)?;
        let own = postcard::take_from_bytes::<(&str, bool, &str)>(&bytes).ok();
        if own.is_none() {
            self.pages().distrust();
        }
        own.map(|((_, _, own), _)| own == text)
    }

    /// How many entries stand in files before this one.
    pub fn before(&self, path: &NotePath) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let own = self.row(middle).and_then(|row| self.section(Part::Records).get(row.record));
            let is_before = own.is_some_and(|bytes| {
                postcard::take_from_bytes::<&str>(&bytes).is_ok_and(|(own, _)| own < path.as_str())
            });
            if is_before { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The numbers of an entry's sentences.
    pub fn sentences(&self, at: usize) -> Range<u32> {
        self.row(at).map_or(0..0, |row| row.sentences)
    }

    /// How many sentences stand before those of an entry, or of the place behind the last.
    pub fn sentences_before(&self, at: usize) -> u32 {
        if at < self.len() { self.sentences(at).start } else { self.head.sentences }
    }

    /// The entry of a sentence.
    pub fn entry_of(&self, sentence: u32) -> Option<usize> {
        self.section(Part::Entries).number(sentence as usize).map(|at| at as usize)
    }

    /// What an entry bears on, by their places among those that are near it.
    pub fn bearing(&self, at: usize) -> Vec<(u8, Relation)> {
        let bytes = self.row(at).and_then(|row| self.section(Part::Bearing).get(row.bearing));
        bytes.map_or_else(Vec::new, |bytes| read_bearing(&bytes))
    }

    /// The entries that say what another one says.
    pub fn alike(&self) -> Vec<u32> {
        let alike = self.section(Part::Alike);
        alike.numbers(0..(alike.len() / 4) as u32).unwrap_or_default()
    }
}

pub(super) fn read_bearing(bytes: &[u8]) -> Vec<(u8, Relation)> {
    let relation = |code: u8| match code {
        0 => Relation::Same,
        1 => Relation::Contains,
        2 => Relation::Within,
        3 => Relation::Contradicts,
        _ => Relation::Unrelated,
    };
    bytes.as_chunks().0.iter().map(|[nth, code]| (*nth, relation(*code))).collect()
}

pub(super) fn bearing_bytes(bearing: &[(u8, Relation)]) -> Vec<u8> {
    let code = |relation: Relation| match relation {
        Relation::Same => 0,
        Relation::Contains => 1,
        Relation::Within => 2,
        Relation::Contradicts => 3,
        Relation::Unrelated => 4,
    };
    bearing.iter().flat_map(|(nth, relation)| [*nth, code(*relation)]).collect()
}

/// Things of which few are ever made.
pub(super) struct Sparse<T> {
    rows: Vec<OnceLock<Box<[OnceLock<T>]>>>,
}

impl<T> Sparse<T> {
    const ROW: usize = 128;

    pub fn new(length: usize) -> Self {
        Self { rows: (0..length.div_ceil(Self::ROW)).map(|_| OnceLock::new()).collect() }
    }

    pub fn get(&self, at: usize, make: impl FnOnce() -> T) -> Option<&T> {
        let row = self.rows.get(at / Self::ROW)?;
        let row = row.get_or_init(|| (0..Self::ROW).map(|_| OnceLock::new()).collect());
        Some(row[at % Self::ROW].get_or_init(make))
    }
}
