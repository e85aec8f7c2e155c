//! Looking quotes up in the stored transcripts. What was found once in bytes that cannot change (a transcript is named
//! by its blobs) is remembered as a hash of all that decided it: where, in which blobs, which words. The memory of it
//! may be deleted at any time and changes no result; a flipped bit in it only means looking again.

use super::reflection::Reflection;
use super::settle::Quotes;
use crate::model::{Evidence, ObjectId, Place, SessionId, SessionRecord};
use crate::store::{NoteText, Records, Store};
use crate::text::secret;
use crate::transcript;
use rayon::prelude::*;
use sha1::{Digest, Sha1};
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// Bytes of transcripts kept while looking.
const KEPT_BYTES: usize = 128 << 20;
/// The rule by which a quote stands. Another rule makes every remembered answer unreadable.
const RULE: &[u8] = b"git-dream quote 1\0";
/// Bytes of remembered answers at most: about 200,000 quotes.
const MOST_REMEMBERED: usize = 4 << 20;

/// So many answers are looked for one after the other.
const FEW: usize = 32;

/// A quote that stands, as a hash of all that decides it.
pub(super) type Answer = [u8; 20];

/// Looks quotes up in the stored transcripts.
pub struct Transcripts<'a> {
    store: &'a Store,
    records: &'a Records,
    /// Notes of memory, where memory itself is the evidence.
    notes: BTreeMap<ObjectId, NoteText>,
    kept: BTreeMap<SessionId, Vec<u8>>,
    bytes: usize,
    found: Found,
}

impl<'a> Transcripts<'a> {
    pub fn new(store: &'a Store, records: &'a Records) -> Self {
        let found = Found::open(store);
        Self { store, records, notes: BTreeMap::new(), kept: BTreeMap::new(), bytes: 0, found }
    }

    /// Makes a note citable as `memory@<blob>`.
    pub fn cite_note(&mut self, text: &NoteText) -> ObjectId {
        let blob = ObjectId::of_blob(text.as_bytes());
        self.notes.entry(blob).or_insert_with(|| text.clone());
        blob
    }

    /// Remembers what was found, for the next run.
    pub fn remember(&mut self) {
        // A cache that cannot be written is no error.
        let _ = self.found.write();
    }

    fn load(&mut self, session: &SessionId) -> Option<&[u8]> {
        if !self.kept.contains_key(session) {
            let record = self.records.get(session)?;
            let bytes = self.store.transcript(record).ok()?;
            if self.bytes + bytes.len() > KEPT_BYTES {
                self.kept.clear();
                self.bytes = 0;
            }
            self.bytes += bytes.len();
            self.kept.insert(session.clone(), bytes);
        }
        self.kept.get(session).map(Vec::as_slice)
    }

    fn look(&mut self, evidence: &Evidence) -> bool {
        if let Some(record) = self.records.get(&evidence.session).filter(|record| !record.is_kept()) {
            // It stood when the reflection was made, and nothing more will ever be known.
            let kept = super::read::kept(self.store, record);
            let same = |cite: &&super::reflection::Cite| cite.place == evidence.place && cite.quote == evidence.quote;
            return kept.is_some_and(|kept| kept.cites().any(|cite| same(&cite)));
        }
        let Some(bytes) = self.load(&evidence.session) else { return false };
        holds(&transcript::Index::new(bytes), &evidence.place, &evidence.quote)
    }

    /// Takes over what was found while sessions were read.
    pub(super) fn learn(&mut self, found: Vec<Answer>) {
        self.found.add_all(found);
    }
}

/// The quotes of a reflection that stand in its transcript, looked up while it is at hand.
pub(super) fn standing(record: &SessionRecord, bytes: &[u8], reflection: &Reflection) -> Vec<Answer> {
    let index = transcript::Index::new(bytes);
    let cited = reflection
        .cites()
        .filter(|cite| named(record, &cite.place, cite.blob, &cite.quote) && holds(&index, &cite.place, &cite.quote));
    cited.map(|cite| answer(record, &cite.place, &cite.quote)).collect()
}

/// Whether this is a quote at all, and of the blob in which its lines end.
fn named(record: &SessionRecord, place: &Place, blob: ObjectId, quote: &str) -> bool {
    let found = record.current().and_then(|version| version.blob_of_line(place.lines.last));
    found == Some(blob) && !quote.trim().is_empty()
}

/// Whether the words stand there, as they are or with secrets masked.
fn holds(index: &transcript::Index<'_>, place: &Place, quote: &str) -> bool {
    let masked = |text: &String| secret::mask(text).contains(quote);
    index.holds(place, quote)
        || quote.contains(secret::MASK) && index.strings(place).is_some_and(|texts| texts.iter().any(masked))
}

impl Quotes for Transcripts<'_> {
    fn stands(&mut self, evidence: &Evidence) -> bool {
        if let Some(note) = self.notes.get(&evidence.blob) {
            return !evidence.quote.is_empty() && note.contains(&evidence.quote);
        }
        let Some(record) = self.records.get(&evidence.session) else { return false };
        if !named(record, &evidence.place, evidence.blob, &evidence.quote) {
            return false;
        }
        let answer = answer(record, &evidence.place, &evidence.quote);
        if self.found.holds(&answer) {
            return true;
        }
        let stands = self.look(evidence);
        if stands {
            self.found.add(answer);
        }
        stands
    }
}

/// All that decides whether a quote stands.
fn answer(record: &SessionRecord, place: &Place, quote: &str) -> Answer {
    let mut hash = Sha1::new_with_prefix(RULE);
    for part in record.current().into_iter().flat_map(|version| &version.parts) {
        hash.update(part.blob.as_bytes());
    }
    let lines = place.lines;
    hash.update(format!("\0{} {} ", lines.first, lines.last));
    hash.update(place.pointer.as_deref().unwrap_or("\0"));
    hash.update(b"\0\0");
    hash.update(quote);
    hash.finalize().into()
}

/// The quotes that were found, by this run and by those before.
struct Found {
    file: PathBuf,
    /// Read when it is asked first.
    before: OnceCell<Before>,
    new: BTreeSet<Answer>,
    unwritten: Vec<Answer>,
}

/// What earlier runs found.
struct Before {
    bytes: Vec<u8>,
    asked: Cell<usize>,
    sorted: OnceCell<Vec<Answer>>,
    /// The file is too long or ends within an answer: it is written anew.
    renew: bool,
}

impl Before {
    /// Few are looked for one after the other, which takes less than to put all in order.
    fn holds(&self, answer: &Answer) -> bool {
        self.asked.set(self.asked.get() + 1);
        match self.asked.get() > FEW {
            false => self.answers().contains(answer),
            true => self.sorted().binary_search(answer).is_ok(),
        }
    }

    fn answers(&self) -> &[Answer] {
        self.bytes.as_chunks().0
    }

    fn sorted(&self) -> &[Answer] {
        self.sorted.get_or_init(|| {
            let mut sorted = self.answers().to_vec();
            sorted.par_sort_unstable();
            sorted
        })
    }
}

impl Found {
    fn open(store: &Store) -> Self {
        let file = store.common_dir().join("dream/cache/quotes");
        Self { file, before: OnceCell::new(), new: BTreeSet::new(), unwritten: Vec::new() }
    }

    fn before(&self) -> &Before {
        self.before.get_or_init(|| {
            let bytes = fs::read(&self.file).unwrap_or_default();
            let (_, rest) = bytes.as_chunks::<20>();
            let renew = !rest.is_empty() || bytes.len() > MOST_REMEMBERED;
            let bytes = if renew { Vec::new() } else { bytes };
            Before { bytes, asked: Cell::new(0), sorted: OnceCell::new(), renew }
        })
    }

    fn holds(&self, answer: &Answer) -> bool {
        self.new.contains(answer) || self.before().holds(answer)
    }

    /// Adds those that are new: of few it is found out in one pass over all that was found before.
    fn add_all(&mut self, answers: Vec<Answer>) {
        if answers.is_empty() {
            return;
        }
        let before = self.before();
        let known: HashSet<Answer> = match answers.len() > FEW {
            true => {
                let asked: HashSet<Answer> = answers.iter().copied().collect();
                before.answers().iter().filter(|answer| asked.contains(*answer)).copied().collect()
            }
            false => answers.iter().filter(|answer| before.answers().contains(answer)).copied().collect(),
        };
        answers.into_iter().filter(|answer| !known.contains(answer)).for_each(|answer| self.add(answer));
    }

    fn add(&mut self, answer: Answer) {
        if self.new.insert(answer) {
            self.unwritten.push(answer);
        }
    }

    /// Appends what is new, in one write: another run may be appending too.
    fn write(&mut self) -> io::Result<()> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(self.file.parent().unwrap_or(&self.file))?;
        let mut options = OpenOptions::new();
        let options = if self.before().renew { options.write(true).truncate(true) } else { options.append(true) };
        // The order in which they were found depends on no core.
        self.unwritten.sort_unstable();
        options.create(true).open(&self.file)?.write_all(self.unwritten.as_flattened())?;
        self.unwritten.clear();
        if let Some(before) = self.before.get_mut() {
            before.renew = false;
        }
        Ok(())
    }
}
