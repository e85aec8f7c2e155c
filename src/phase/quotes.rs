//! Looking quotes up in the stored transcripts. What was found once in bytes that cannot change (a transcript is named
//! by its blobs) is remembered as a hash of all that decided it: where, in which blobs, which words.

use super::answers::{Answer, Answers};
use super::reflection::Reflection;
use super::settle::Quotes;
use crate::model::{Evidence, ObjectId, Place, SessionId, SessionRecord};
use crate::store::{NoteText, Records, Store};
use crate::text::secret;
use crate::transcript;
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;

/// Bytes of transcripts kept while looking.
const KEPT_BYTES: usize = 128 << 20;
/// The rule by which a quote stands. Another rule makes every remembered answer unreadable.
const RULE: &[u8] = b"git-dream quote 1\0";
/// Looks quotes up in the stored transcripts.
pub struct Transcripts<'a> {
    store: &'a Store,
    records: &'a Records,
    /// Notes of memory, where memory itself is the evidence.
    notes: BTreeMap<ObjectId, NoteText>,
    kept: BTreeMap<SessionId, Vec<u8>>,
    bytes: usize,
    found: Answers,
}

impl<'a> Transcripts<'a> {
    pub fn new(store: &'a Store, records: &'a Records) -> Self {
        let found = Answers::open(store);
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
