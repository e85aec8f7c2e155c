//! What goes from the transcripts: which blobs become which, which lines of which session, and the words that stood
//! there. Decided from the records as they stand; nothing is moved here.

use super::{Asked, RedactError};
use crate::model::evidence::Cited;
use crate::model::tombstone::{RemovedPart, Sum};
use crate::model::{Expired, Former, Lines, ObjectId, Removal, SessionId, SessionRecord, SessionVersion, id::hex};
use crate::store::{PackWriter, Store};
use crate::text::Trace;
use crate::text::trace::is_telling;
use crate::transcript::blank::{self, Edit};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What one blob of a transcript becomes.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    pub old: Sum,
    /// Nothing when all of it is dropped.
    pub new: Option<Sum>,
    /// Lines that were replaced, counted from the part's first as 1.
    lines: Vec<u32>,
}

/// All that goes from the transcripts.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    pub blobs: HashMap<ObjectId, Cut>,
    /// The lines of each session that go, counted through a version, with every name of the part that they end in.
    pub gone: BTreeMap<SessionId, Vec<(Vec<String>, Lines)>>,
    /// Sessions whose kept reflection goes.
    pub forgotten: BTreeSet<String>,
    pub parts: Vec<RemovedPart>,
}

/// What stood in removed lines.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub trace: Trace,
    /// Texts that are searched for afterwards, and whether one found in another transcript is the same thing.
    pub needles: BTreeMap<String, bool>,
}

/// Texts longer than this are searched for by their beginning.
const LONGEST_NEEDLE: usize = 512;

pub(super) fn sum(bytes: &[u8]) -> Sum {
    Sum { id: ObjectId::of_blob(bytes), bytes: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) }
}

impl Cuts {
    /// Takes lines out of a session, or all of them, in its newest version; in older ones the lines that say the same.
    pub fn redact(
        &mut self,
        store: &Store,
        writer: &mut PackWriter<'_>,
        record: &SessionRecord,
        asked: Option<Lines>,
        words: &mut Words,
    ) -> Result<(), RedactError> {
        self.forgotten.insert(record.id.to_string());
        let mut taken: BTreeSet<Vec<u8>> = BTreeSet::new();
        for version in record.versions.iter().rev().filter(|version| version.is_kept()) {
            let bytes = store.version_bytes(version)?;
            let all: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
            let last = all.len() as u32;
            let lines: Vec<Lines> = match asked {
                None => vec![Lines { first: 1, last }],
                Some(asked) if taken.is_empty() => {
                    if asked.last > last || asked.last == last && all[last as usize - 1].is_empty() {
                        return Err(RedactError::NoLine { session: record.id.clone(), last: asked.last, lines: last });
                    }
                    vec![asked]
                }
                Some(_) => {
                    let same = |(at, line): (usize, &&[u8])| taken.contains(*line).then(|| Lines::one(at as u32 + 1));
                    all.iter().enumerate().filter_map(same).collect()
                }
            };
            let inside = |at: usize| lines.iter().any(|lines| lines.meets(Lines::one(at as u32 + 1)));
            taken.extend(
                all.iter().enumerate().filter(|(at, line)| inside(*at) && !line.is_empty()).map(|(_, l)| l.to_vec()),
            );
            let edits = blank::redact(&bytes, &lines);
            words.learn(&bytes, &lines, &edits);
            self.apply(writer, version, &bytes, &edits)?;
        }
        Ok(())
    }

    /// Drops all bytes of a session.
    pub fn expire(&mut self, store: &Store, record: &SessionRecord) -> Result<(), RedactError> {
        let parts = record.versions.iter().flat_map(|version| &version.parts);
        for part in parts.filter(|part| part.expired.is_none()) {
            if let Entry::Vacant(place) = self.blobs.entry(part.blob) {
                place.insert(Cut { old: sum(&store.blob(part.blob)?), new: None, lines: Vec::new() });
            }
        }
        Ok(())
    }

    fn apply(
        &mut self,
        writer: &mut PackWriter<'_>,
        version: &SessionVersion,
        bytes: &[u8],
        edits: &[Edit],
    ) -> Result<(), RedactError> {
        let (mut start, mut newlines) = (0, 0);
        for part in &version.parts {
            let stretch = start..start + part.bytes as usize;
            let new = blank::apply(bytes, stretch.clone(), edits);
            if new != bytes[stretch.clone()] {
                writer.blob(&new).map_err(RedactError::Write)?;
                let here = edits.iter().filter(|edit| edit.range.start < stretch.end && edit.range.end > stretch.start);
                let lines = here.map(|edit| edit.line - newlines).collect();
                let old = sum(&bytes[stretch.clone()]);
                self.blobs.insert(part.blob, Cut { old, new: Some(sum(&new)), lines });
            }
            start = stretch.end;
            newlines += part.newlines;
        }
        Ok(())
    }

    /// Notes which lines and parts go, for every session that holds one of the blobs: a file may hold several.
    pub fn settle(&mut self, records: &[SessionRecord]) {
        for record in records {
            for (at, version) in record.versions.iter().enumerate() {
                let mut newlines = 0;
                for (number, part) in version.parts.iter().enumerate() {
                    if let Some(cut) = self.blobs.get(&part.blob).filter(|_| part.expired.is_none()) {
                        let lines = spans(cut.lines.iter().map(|line| line + newlines));
                        let names: Vec<String> = part.blobs().map(|blob| blob.short()).collect();
                        let gone = self.gone.entry(record.id.clone()).or_default();
                        gone.extend(lines.iter().map(|lines| (names.clone(), *lines)));
                        self.parts.push(RemovedPart {
                            session: record.id.clone(),
                            version: at + 1,
                            part: number + 1,
                            lines,
                            old: cut.old.clone(),
                            new: cut.new.clone(),
                        });
                    }
                    newlines += part.newlines;
                }
            }
        }
    }

    /// A record as it reads afterwards; nothing when it stays.
    pub fn record(
        &self,
        record: &SessionRecord,
        tombstone: &str,
        at: DateTime<Utc>,
        words: &Words,
    ) -> Option<SessionRecord> {
        let mut new = record.clone();
        for version in &mut new.versions {
            let mut newlines = 0;
            for part in &mut version.parts {
                let tombstone = tombstone.to_owned();
                match self.blobs.get(&part.blob).filter(|_| part.expired.is_none()) {
                    Some(Cut { old, new: None, .. }) => {
                        part.expired = Some(Expired { at, sha256: old.sha256.clone(), tombstone });
                    }
                    Some(Cut { old, new: Some(new), lines }) => {
                        part.was.push(Former {
                            blob: old.id,
                            bytes: old.bytes,
                            sha256: old.sha256.clone(),
                            kind: Removal::Redacted,
                            lines: spans(lines.iter().map(|line| line + newlines)),
                            tombstone: Some(tombstone),
                        });
                        (part.blob, part.bytes) = (new.id, new.bytes);
                    }
                    None => {}
                }
                newlines += part.newlines;
            }
        }
        if self.gone.contains_key(&record.id) {
            for outcome in &mut new.outcomes {
                for text in [&mut outcome.explanation, &mut outcome.task].into_iter().flatten() {
                    *text = words.trace.remove(text, crate::text::Suspicion::High).unwrap_or(std::mem::take(text));
                }
            }
        }
        (new != *record).then_some(new)
    }

    /// Whether evidence cites lines that go.
    pub fn meets(&self, cited: &Cited) -> bool {
        let gone = self.gone.get(&cited.session).map(Vec::as_slice).unwrap_or_default();
        gone.iter().any(|(names, lines)| lines.meets(cited.place.lines) && names.contains(&cited.blob))
    }

    pub fn is_empty(&self) -> bool {
        self.blobs.is_empty()
    }
}

impl Words {
    fn learn(&mut self, bytes: &[u8], lines: &[Lines], edits: &[Edit]) {
        let gone = |line: u32| lines.iter().any(|lines| lines.meets(Lines::one(line)));
        let count = 1 + memchr::memchr_iter(b'\n', bytes).count() as u32;
        let kept: Vec<Lines> = (1..=count).filter(|line| !gone(*line)).map(Lines::one).collect();
        let kept = blank::strings(bytes, &kept);
        for text in blank::strings(bytes, lines) {
            // What stands in every line of a host's format says nothing; words of people are looked for wherever.
            if !kept.contains(&text) || text.split_whitespace().count() >= 3 {
                self.trace.learn(&text);
                self.search_for(&text);
            }
        }
        kept.iter().for_each(|text| self.trace.allow(text));
        for edit in edits {
            let line = String::from_utf8_lossy(&bytes[edit.range.clone()]);
            if line.len() >= 40 {
                self.needles.insert(beginning(&line).to_owned(), true);
            }
        }
        let telling = |needle: &String| !needle.contains(char::is_whitespace);
        let known = |needle: &String| {
            telling(needle)
                && !crate::text::secret::found(needle)
                && kept.iter().any(|text| text.contains(needle.as_str()))
        };
        self.needles.retain(|needle, _| !known(needle));
    }

    /// Text that shall be nowhere afterwards: as a whole when it is more than a few words, and its telling words.
    pub fn search_for(&mut self, text: &str) {
        let trimmed = text.trim();
        if trimmed.chars().count() >= 24 && trimmed.split_whitespace().count() >= 4 {
            self.needles.entry(beginning(trimmed).to_owned()).or_insert(false);
        }
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>' | ',' | ';');
        for token in trimmed.split(ends).map(|token| token.trim_end_matches(['.', ':', '!', '?'])) {
            if is_telling(token) {
                self.needles.insert(beginning(token).to_owned(), true);
            }
        }
    }
}

fn beginning(text: &str) -> &str {
    let end = (0..=LONGEST_NEEDLE.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// Lines in order as spans.
fn spans(lines: impl Iterator<Item = u32>) -> Vec<Lines> {
    let mut spans: Vec<Lines> = Vec::new();
    for line in lines {
        match spans.last_mut() {
            Some(last) if last.last + 1 == line || last.last == line => last.last = line,
            _ => spans.push(Lines::one(line)),
        }
    }
    spans
}

/// The sessions that are asked for, as they stand.
pub(super) fn record_of<'r>(records: &'r [SessionRecord], asked: &Asked) -> Option<&'r SessionRecord> {
    let Asked::Session { id, .. } = asked else { return None };
    records.iter().find(|record| record.id == *id)
}
