//! One import as it is collected: what is new against one state of the sessions ref, and how it is written there. No ref
//! moves here.

use super::super::growth::{Measures, Relation, relation};
use super::super::object::FILE;
use super::super::prepared::Prepared;
use super::super::session::{SessionError, decode, encode, merge_outcomes, part_path, record_path};
use super::super::{PackWriter, Store, TreeEditor};
use super::{ImportReport, Imported, Incoming, Moved, Records, What};
use crate::model::id::hex;
use crate::model::{
    AgentName, Former, Lines, ObjectId, Part, Removal, SessionId, SessionRecord, SessionVersion, Trailers, trailer,
};
use crate::text::Scrubbed;
use crate::transcript::blank::{self, Edit};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The newest version that begins with these parts, none of them changed since.
fn following(record: &SessionRecord, after: &[ObjectId]) -> Option<usize> {
    let is = |(part, id): (&Part, &ObjectId)| part.blob == *id && part.was.is_empty() && part.expired.is_none();
    let begins = |version: &SessionVersion| {
        !after.is_empty() && version.parts.len() >= after.len() && version.parts.iter().zip(after).all(is)
    };
    record.versions.iter().rposition(begins)
}

/// One import against one state of the sessions ref.
pub(super) struct Attempt<'s> {
    store: &'s Store,
    pub tip: Option<ObjectId>,
    base: Option<ObjectId>,
    editor: TreeEditor<'s>,
    writer: PackWriter<'s>,
    measures: Measures,
    pub records: Records,
    pub report: ImportReport,
    /// Bytes of all transcripts that came.
    pub bytes: usize,
}

impl<'s> Attempt<'s> {
    pub fn new(store: &'s Store, tip: Option<ObjectId>) -> Result<Self, SessionError> {
        let base =
            tip.map(|tip| store.commit(tip).map(|commit| commit.tree)).transpose().map_err(SessionError::Read)?;
        let editor = TreeEditor::new(store, base).map_err(SessionError::Tree)?;
        let (measures, records, report) = Default::default();
        Ok(Self { store, tip, base, editor, writer: store.writer(), measures, records, report, bytes: 0 })
    }

    /// The same sessions on another tip, as long as none of them is another one there.
    pub fn onto(self, tip: Option<ObjectId>) -> Result<Moved<'s>, SessionError> {
        let mut fresh = Attempt::new(self.store, tip)?;
        for id in self.records.keys() {
            let entry = |base: Option<ObjectId>| {
                let found = base.map(|base| self.store.find_path(base, &record_path(id))).transpose();
                Ok::<_, SessionError>(found.map_err(SessionError::Read)?.flatten())
            };
            if entry(self.base)? != entry(fresh.base)? {
                return Ok(Moved::Not(self));
            }
        }
        for (id, record) in &self.records {
            for (number, version) in record.versions.iter().enumerate() {
                fresh.set_parts(id, number + 1, version)?;
            }
        }
        let Attempt { writer, measures, records, report, bytes, .. } = self;
        Ok(Moved::Onto(Attempt { writer, measures, records, report, bytes, ..fresh }))
    }

    pub fn add(&mut self, incoming: Incoming) -> Result<(), SessionError> {
        self.bytes += incoming.bytes.len();
        if let Some(prepared) = &incoming.prepared {
            self.measures.know(&incoming.bytes, prepared.id);
        }
        let stored = self.stored(&incoming.id)?;
        let (record, what, outcomes) = match stored {
            None if !incoming.after.is_empty() => return self.add_whole(incoming),
            Some(record) if !incoming.after.is_empty() && following(&record, &incoming.after).is_none() => {
                return self.add_whole(incoming);
            }
            None => (self.first(&incoming)?, What::Added, incoming.outcomes.len()),
            Some(mut record) => {
                let what = self.compare(&mut record, &incoming)?;
                let outcomes = merge_outcomes(&mut record.outcomes, &incoming.outcomes);
                (record, what, outcomes)
            }
        };
        let imported = Imported { id: incoming.id, agent: record.agent.clone(), what, outcomes };
        if imported.is_new() {
            self.records.insert(imported.id.clone(), record);
        }
        let last = self.report.sessions.last_mut().filter(|last| last.id == imported.id);
        match last.filter(|_| !incoming.after.is_empty()) {
            // One file came in pieces.
            Some(last) => last.go_on(imported),
            None => self.report.sessions.push(imported),
        }
        Ok(())
    }

    /// The same with all bytes of the transcript: what is stored is not what it was when these were read.
    fn add_whole(&mut self, incoming: Incoming) -> Result<(), SessionError> {
        let mut bytes = Vec::new();
        for part in &incoming.after {
            bytes.append(&mut self.read(*part)?);
        }
        bytes.extend_from_slice(&incoming.bytes);
        self.add(Incoming { bytes: Arc::new(bytes), after: Vec::new(), prepared: None, ..incoming })
    }

    /// A blob, which may have come earlier in this same import: then what was written so far is finished first.
    fn read(&mut self, id: ObjectId) -> Result<Vec<u8>, SessionError> {
        if !self.store.knows(id) {
            std::mem::replace(&mut self.writer, self.store.writer()).finish().map_err(SessionError::Write)?;
        }
        self.store.blob(id).map_err(SessionError::Read)
    }

    /// Takes a record over whose parts are stored already, just not under this tip.
    pub fn adopt(&mut self, record: SessionRecord) -> Result<(), SessionError> {
        for (number, version) in record.versions.iter().enumerate() {
            self.set_parts(&record.id, number + 1, version)?;
        }
        let (id, agent, outcomes) = (record.id.clone(), record.agent.clone(), record.outcomes.len());
        self.report.sessions.push(Imported { id, agent, what: What::Added, outcomes });
        self.records.insert(record.id.clone(), record);
        Ok(())
    }

    fn set_parts(&mut self, id: &SessionId, number: usize, version: &SessionVersion) -> Result<(), SessionError> {
        let kept = version.parts.iter().enumerate().filter(|(_, part)| part.expired.is_none());
        for (at, part) in kept {
            let path = part_path(id, number, at + 1);
            self.editor.set(path, FILE, part.blob).map_err(SessionError::Tree)?;
        }
        Ok(())
    }

    /// The record as this import has it so far.
    pub fn stored(&mut self, id: &SessionId) -> Result<Option<SessionRecord>, SessionError> {
        if let Some(record) = self.records.get(id) {
            return Ok(Some(record.clone()));
        }
        match self.editor.find(record_path(id)).map_err(SessionError::Tree)? {
            Some(entry) => decode(id.as_str(), &self.store.blob(entry.id).map_err(SessionError::Read)?).map(Some),
            None => Ok(None),
        }
    }

    fn first(&mut self, incoming: &Incoming) -> Result<SessionRecord, SessionError> {
        let mut outcomes = Vec::new();
        merge_outcomes(&mut outcomes, &incoming.outcomes);
        let mut record = SessionRecord {
            schema: 1,
            id: incoming.id.clone(),
            agent: incoming.agent.clone(),
            host: incoming.host,
            project: incoming.project.clone(),
            started: incoming.started,
            ended: incoming.ended,
            imported: self.store.environment().now,
            turns: incoming.turns,
            versions: vec![SessionVersion { parts: Vec::new() }],
            root: incoming.root.clone(),
            outcomes,
        };
        self.append(&mut record, incoming, 0)?;
        Ok(record)
    }

    /// Finds out how the transcript stands to what is stored, and stores what is new of it.
    fn compare(&mut self, record: &mut SessionRecord, incoming: &Incoming) -> Result<What, SessionError> {
        let newest = record.versions.len();
        let before = incoming.after.len();
        for at in (0..newest).rev().filter(|_| before == 0) {
            let version = record.versions[at].clone();
            match (self.relation(&version.parts, incoming)?, at + 1 == newest) {
                (Relation::Same, true) => return Ok(What::Unchanged),
                (Relation::Same, false) | (Relation::Prefix, _) => return Ok(What::Older),
                (Relation::Extends { from }, true) => {
                    return Ok(What::Grown { part: self.append(record, incoming, from)? });
                }
                (Relation::Extends { from }, false) => {
                    // A copy that had been left behind went on: its stored parts keep their names in evidence.
                    self.adopt_parts(record, version)?;
                    self.append(record, incoming, from)?;
                    return Ok(What::Rewritten { version: newest + 1 });
                }
                (Relation::Different, _) => {}
            }
        }
        let mut begun = SessionVersion { parts: Vec::new() };
        if let Some(at) = following(record, &incoming.after) {
            let version = record.versions[at].clone();
            match self.relation(&version.parts[before..], incoming)? {
                Relation::Same if at + 1 == newest => return Ok(What::Unchanged),
                Relation::Same | Relation::Prefix => return Ok(What::Older),
                Relation::Extends { from } if at + 1 == newest => {
                    return Ok(What::Grown { part: self.append(record, incoming, from)? });
                }
                Relation::Extends { .. } | Relation::Different => {
                    begun.parts.extend_from_slice(&version.parts[..before])
                }
            }
        }
        self.adopt_parts(record, begun)?;
        self.append(record, incoming, 0)?;
        Ok(What::Rewritten { version: newest + 1 })
    }

    fn relation(&mut self, parts: &[Part], incoming: &Incoming) -> Result<Relation, SessionError> {
        let mut measures = std::mem::take(&mut self.measures);
        let relation = relation(parts, &incoming.bytes, &mut measures, &mut |id| self.read(id));
        self.measures = measures;
        relation
    }

    fn adopt_parts(&mut self, record: &mut SessionRecord, version: SessionVersion) -> Result<(), SessionError> {
        self.set_parts(&record.id, record.versions.len() + 1, &version)?;
        record.versions.push(version);
        Ok(())
    }

    /// Stores the bytes from here on as the next part of the newest version; gives the part's number.
    fn append(&mut self, record: &mut SessionRecord, incoming: &Incoming, from: usize) -> Result<usize, SessionError> {
        let length = incoming.bytes.len();
        let measure = self.measures.measure(&incoming.bytes, from, length);
        let mut part = Part::new(measure.id, (length - from) as u64, measure.newlines, self.store.environment().now);
        let masks: Vec<Edit> = incoming.masks.iter().filter(|mask| mask.range.end > from).cloned().collect();
        if let Some(prepared) = incoming.prepared.as_ref().filter(|_| from == 0 && masks.is_empty()) {
            self.writer.prepared(prepared).map_err(SessionError::Write)?;
        } else if masks.is_empty() {
            let bytes = if from == 0 { Arc::clone(&incoming.bytes) } else { Arc::new(incoming.bytes[from..].to_vec()) };
            self.writer.known_blob(measure.id, &bytes).map_err(SessionError::Write)?;
        } else {
            self.mask(&mut part, incoming, from, &masks)?;
        }
        let number = record.versions.len();
        let version = record.versions.last_mut().expect("a record has a version before parts are added");
        let blob = part.blob;
        version.parts.push(part);
        let count = version.parts.len();
        self.editor.set(part_path(&record.id, number, count), FILE, blob).map_err(SessionError::Tree)?;
        // The agent stays what it was first imported as: a name given by hand is not lost to a derived one.
        record.host = incoming.host;
        (record.turns, record.root) = (incoming.turns, incoming.root.clone());
        if incoming.after.is_empty() {
            record.project = incoming.project.clone().or(record.project.take());
            (record.started, record.ended) = (incoming.started.or(record.started), incoming.ended.or(record.ended));
        } else {
            // What comes later tells less of how the session began.
            record.project = record.project.take().or(incoming.project.clone());
            record.started = [record.started, incoming.started].into_iter().flatten().min();
            record.ended = [record.ended, incoming.ended].into_iter().flatten().max();
        }
        Ok(count)
    }

    /// Stores a part with its credentials masked; the record keeps what the part was.
    fn mask(&mut self, part: &mut Part, incoming: &Incoming, from: usize, masks: &[Edit]) -> Result<(), SessionError> {
        let length = incoming.bytes.len();
        let stored = blank::apply(&incoming.bytes, from..length, masks);
        let sha256 = hex(&Sha256::digest(&incoming.bytes[from..]));
        let lines = masks.iter().map(|mask| Lines::one(mask.line)).collect();
        let (blob, bytes) = (part.blob, part.bytes);
        part.was.push(Former { blob, bytes, sha256, kind: Removal::Masked, lines, tombstone: None });
        (part.blob, part.bytes) = (ObjectId::of_blob(&stored), stored.len() as u64);
        self.writer.known_blob(part.blob, &Arc::new(stored)).map_err(SessionError::Write)
    }

    /// Writes records, trees and commit; the ref does not move yet.
    pub fn write(mut self) -> Result<(ImportReport, Records), SessionError> {
        self.writer.all_new();
        if self.records.is_empty() {
            return Ok((self.report, self.records));
        }
        write_records(&self.records, &mut self.writer, &mut self.editor)?;
        let tree = self.editor.write(&mut self.writer).map_err(SessionError::Tree)?;
        if self.base != Some(tree) {
            let message = message(&self.report, &self.records);
            self.report.commit = Some(self.store.seal_sessions(self.writer, self.tip, tree, &message)?);
        }
        Ok((self.report, self.records))
    }
}

/// So many records are made at a time: all of them, and no more, are in memory as JSON.
const SOME: usize = 1024;
/// Fewer are written sooner than threads for it are awake.
const FEW: usize = 64;

fn write_records(
    records: &Records,
    writer: &mut PackWriter<'_>,
    editor: &mut TreeEditor<'_>,
) -> Result<(), SessionError> {
    let prepared = |record: &SessionRecord| Prepared::blob(&encode(record));
    let records: Vec<_> = records.iter().collect();
    for some in records.chunks(SOME) {
        let made: Result<Vec<_>, _> = match some.len() {
            ..FEW => some.iter().map(|(_, record)| prepared(record)).collect(),
            _ => some.par_iter().map(|(_, record)| prepared(record)).collect(),
        };
        let made = made.map_err(|error| SessionError::Write(writer.failed(error)))?;
        for ((id, _), record) in some.iter().zip(made) {
            writer.prepared(&record).map_err(SessionError::Write)?;
            editor.set(record_path(id), FILE, record.id).map_err(SessionError::Tree)?;
        }
    }
    Ok(())
}

fn message(report: &ImportReport, records: &Records) -> String {
    let mut agents: BTreeMap<&AgentName, usize> = BTreeMap::new();
    records.values().for_each(|record| *agents.entry(&record.agent).or_default() += 1);
    let whose = match agents.keys().collect::<Vec<_>>()[..] {
        [agent] => agent.to_string(),
        ref several => format!("{} agents", several.len()),
    };
    let plural = if records.len() == 1 { "" } else { "s" };
    let subject = Scrubbed::line(&format!("import: {} session{plural} of {whose}", records.len()));
    let count = |wanted: fn(&What) -> bool| report.sessions.iter().filter(|session| wanted(&session.what)).count();
    let counts = [
        (count(|what| matches!(what, What::Added)), "added"),
        (count(|what| matches!(what, What::Grown { .. })), "grown"),
        (count(|what| matches!(what, What::Rewritten { .. })), "rewritten"),
    ];
    let counts = counts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}"));
    let mut body = vec![Scrubbed::line(&counts.collect::<Vec<_>>().join(", "))];
    if agents.len() > 1 {
        let lines: Vec<String> = agents.iter().map(|(agent, number)| format!("{agent}: {number}")).collect();
        body.push(Scrubbed::block(&lines.join("\n")));
    }
    let mut trailers = Trailers::new();
    trailers.push("Dream-Import", records.len().to_string());
    trailer::message(&subject, &body, &trailers)
}
