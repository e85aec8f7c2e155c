//! Reading sessions: transcripts become reflections, in parallel, with one transcript in memory per worker. A
//! reflection is kept in a cache keyed by engine and record; the cache may be deleted at any time and changes no result.

use super::extract::{Extract, Session};
use super::reflection::Reflection;
use super::settle::{Quotes, Skipped};
use crate::model::{Evidence, ObjectId, SessionId, SessionRecord};
use crate::store::Store;
use crate::text::secret;
use crate::transcript::{self, Hint};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of transcripts kept for looking up quotes.
const KEPT_BYTES: usize = 128 << 20;

/// What reading gave.
#[derive(Debug, Default)]
pub struct Read {
    /// In the order of the records asked for.
    pub reflections: Vec<Reflection>,
    pub skipped: Vec<Skipped>,
}

/// Reflects on every record, from the cache where it can.
pub fn reflect(store: &Store, engine: &dyn Extract, records: &[&SessionRecord]) -> Read {
    let cache = Cache::new(store, engine);
    let mut found: BTreeMap<&SessionId, Result<Reflection, Skipped>> = BTreeMap::new();
    let mut missing: BTreeMap<Vec<ObjectId>, Vec<&SessionRecord>> = BTreeMap::new();
    for record in records {
        match cache.get(record) {
            Some(reflection) => drop(found.insert(&record.id, Ok(reflection))),
            None => missing.entry(parts(record)).or_default().push(record),
        }
    }
    found.extend(fresh(store, engine, &cache, missing.into_values().collect()));
    let mut read = Read::default();
    for record in records {
        match found.remove(&record.id) {
            Some(Ok(reflection)) => read.reflections.push(reflection),
            Some(Err(skipped)) => read.skipped.push(skipped),
            None => {}
        }
    }
    read
}

fn parts(record: &SessionRecord) -> Vec<ObjectId> {
    record.current().map(|version| version.parts.iter().map(|part| part.blob).collect()).unwrap_or_default()
}

/// Sessions that share one transcript (a file that holds several) are read together, so it is parsed once.
fn fresh<'a>(
    store: &Store,
    engine: &dyn Extract,
    cache: &Cache,
    mut groups: Vec<Vec<&'a SessionRecord>>,
) -> Vec<(&'a SessionId, Result<Reflection, Skipped>)> {
    // The longest first, so that no worker ends with one alone.
    let weight = |group: &[&SessionRecord]| -> u64 {
        let parts = group.first().and_then(|record| record.current()).map(|version| version.parts.as_slice());
        parts.unwrap_or_default().iter().map(|part| part.bytes).sum()
    };
    groups.sort_by_key(|group| std::cmp::Reverse(weight(group)));
    let (environment, folder) = (store.environment(), store.git_dir());
    let open = || Store::open(environment, folder).map_err(|error| error.to_string());
    let read = |store: &mut Result<Store, String>, group: &Vec<&'a SessionRecord>| match store {
        Ok(store) => reflect_group(store, engine, cache, group),
        Err(why) => group.iter().map(|record| (&record.id, Err(skip(record, &*why)))).collect(),
    };
    groups.par_iter().map_init(open, read).flatten_iter().collect()
}

fn skip(record: &SessionRecord, why: impl std::fmt::Display) -> Skipped {
    Skipped { what: format!("session {}", record.id), why: why.to_string() }
}

fn reflect_group<'a>(
    store: &Store,
    engine: &dyn Extract,
    cache: &Cache,
    group: &[&'a SessionRecord],
) -> Vec<(&'a SessionId, Result<Reflection, Skipped>)> {
    let mut sessions = match sessions(store, group[0]) {
        Ok(sessions) => sessions,
        Err(why) => return group.iter().map(|record| (&record.id, Err(skip(record, &why)))).collect(),
    };
    let one = |record: &&'a SessionRecord| {
        let session = take(&mut sessions, record).ok_or_else(|| skip(record, "its transcript no longer holds it"));
        (&record.id, session.map(|session| cache.put(record, engine.reflect(&session))))
    };
    group.iter().map(one).collect()
}

fn sessions(store: &Store, record: &SessionRecord) -> Result<Vec<transcript::Session>, String> {
    let bytes = store.transcript(record).map_err(|error| format!("could not {error}"))?;
    let parsed = transcript::parse(&bytes, &Hint::new(record.id.as_str())).map_err(|error| error.to_string())?;
    Ok(parsed.sessions)
}

fn take(sessions: &mut [transcript::Session], record: &SessionRecord) -> Option<Session> {
    let index = sessions.iter().position(|session| session.root == record.root)?;
    let turns = std::mem::take(&mut sessions[index].turns);
    Some(Session { record: record.clone(), turns })
}

/// Reads one session as an engine would.
pub fn session(store: &Store, record: &SessionRecord) -> Result<Session, String> {
    take(&mut sessions(store, record)?, record).ok_or_else(|| "its transcript no longer holds it".to_owned())
}

/// Reflections by engine, version and session record: its blob, and what was judged of it since.
struct Cache {
    folder: PathBuf,
}

impl Cache {
    fn new(store: &Store, engine: &dyn Extract) -> Self {
        let version = ObjectId::of_blob(format!("{} {}", engine.name(), engine.version()).as_bytes());
        Self { folder: store.common_dir().join("dream/cache/reflections").join(version.short()) }
    }

    fn file(&self, record: &SessionRecord) -> Option<PathBuf> {
        let name = ObjectId::of_blob(&serde_json::to_vec(record).ok()?).to_string();
        Some(self.folder.join(&name[..2]).join(format!("{}.json", &name[2..])))
    }

    fn get(&self, record: &SessionRecord) -> Option<Reflection> {
        let bytes = std::fs::read(self.file(record)?).ok()?;
        let reflection: Reflection = serde_json::from_slice(&bytes).ok()?;
        (Some(reflection.blob) == record.blob() && reflection.session == record.id).then_some(reflection)
    }

    /// Keeps a reflection, secrets masked, and gives it back as a later run will read it. A cache that cannot be
    /// written is no error.
    fn put(&self, record: &SessionRecord, reflection: Reflection) -> Reflection {
        let Ok(text) = serde_json::to_string(&reflection) else { return reflection };
        let masked = secret::mask(&text);
        let Ok(kept) = serde_json::from_str::<Reflection>(&masked) else { return reflection };
        if let Some(file) = self.file(record) {
            let _ = replace(&file, masked.as_bytes());
        }
        kept
    }
}

fn replace(file: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut new, bytes)?;
    new.persist(file)?;
    Ok(())
}

/// Looks quotes up in the stored transcripts.
pub struct Transcripts<'a> {
    store: &'a Store,
    records: BTreeMap<&'a SessionId, &'a SessionRecord>,
    /// Notes of memory, where memory itself is the evidence.
    notes: BTreeMap<ObjectId, Arc<str>>,
    kept: BTreeMap<SessionId, Vec<u8>>,
    bytes: usize,
}

impl<'a> Transcripts<'a> {
    pub fn new(store: &'a Store, records: &'a [SessionRecord]) -> Self {
        let records = records.iter().map(|record| (&record.id, record)).collect();
        Self { store, records, notes: BTreeMap::new(), kept: BTreeMap::new(), bytes: 0 }
    }

    /// Makes a note citable as `memory@<blob>`.
    pub fn cite_note(&mut self, text: &Arc<str>) -> ObjectId {
        let blob = ObjectId::of_blob(text.as_bytes());
        self.notes.entry(blob).or_insert_with(|| Arc::clone(text));
        blob
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
}

impl Quotes for Transcripts<'_> {
    fn stands(&mut self, evidence: &Evidence) -> bool {
        if let Some(note) = self.notes.get(&evidence.blob) {
            return !evidence.quote.is_empty() && note.contains(&evidence.quote);
        }
        let Some(record) = self.records.get(&evidence.session) else { return false };
        let named = record.current().and_then(|version| version.blob_of_line(evidence.place.lines.last));
        if named != Some(evidence.blob) || evidence.quote.trim().is_empty() {
            return false;
        }
        let quote = &evidence.quote;
        let Some(bytes) = self.load(&evidence.session) else { return false };
        let index = transcript::Index::new(bytes);
        index.holds(&evidence.place, quote)
            || quote.contains(secret::MASK)
                && index
                    .strings(&evidence.place)
                    .is_some_and(|texts| texts.iter().any(|text| secret::mask(text).contains(quote.as_str())))
    }
}
