//! Reading sessions: transcripts become reflections, in parallel, with one transcript in memory per worker. A
//! reflection is kept in a cache keyed by engine and record; the cache may be deleted at any time and changes no result.

use super::cache::Cache;
use super::extract::{Extract, Session};
use super::quotes::{self, Answer};
use super::reflection::Reflection;
use super::settle::Skipped;
use crate::model::{ObjectId, SessionId, SessionRecord};
use crate::store::Store;
use crate::transcript::{self, Hint};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What reading gave.
#[derive(Debug, Default)]
pub struct Read {
    /// In the order of the records asked for.
    pub reflections: Vec<Reflection>,
    pub skipped: Vec<Skipped>,
    /// Quotes of new reflections that stand.
    pub(super) found: Vec<Answer>,
}

/// A new reflection, and which of its quotes stand.
type Fresh<'a> = (&'a SessionId, Result<(Reflection, Vec<Answer>), Skipped>);

/// Reads sessions for one engine.
pub struct Reader<'a> {
    store: &'a Store,
    engine: &'a dyn Extract,
    cache: Cache,
}

impl<'a> Reader<'a> {
    pub fn new(store: &'a Store, engine: &'a dyn Extract) -> Self {
        Self { store, engine, cache: Cache::open(store, engine) }
    }

    /// Reflects on every record, from the cache where it can.
    pub fn reflect(&self, records: &[&SessionRecord]) -> Read {
        let cache = &self.cache;
        let mut known: Vec<Option<Reflection>> = records.par_iter().map(|record| cache.get(record)).collect();
        for (record, known) in records.iter().zip(&mut known).filter(|(record, _)| !record.is_kept()) {
            *known = kept(self.store, record);
        }
        let mut missing: BTreeMap<Vec<ObjectId>, Vec<&SessionRecord>> = BTreeMap::new();
        for (record, _) in records.iter().zip(&known).filter(|(_, known)| known.is_none()) {
            missing.entry(parts(record)).or_default().push(record);
        }
        let fresh = fresh(self.store, self.engine, &self.cache, missing.into_values().collect());
        let mut fresh: BTreeMap<_, _> = fresh.into_iter().collect();
        let mut read = Read::default();
        for (record, known) in records.iter().zip(known) {
            match known.map(|known| Ok((known, Vec::new()))).or_else(|| fresh.remove(&record.id)) {
                Some(Ok((reflection, found))) => {
                    read.reflections.push(reflection);
                    read.found.extend(found);
                }
                Some(Err(skipped)) => read.skipped.push(skipped),
                None => {}
            }
        }
        read
    }
}

/// What an expired session taught, as it was kept with the record.
pub(super) fn kept(store: &Store, record: &SessionRecord) -> Option<Reflection> {
    let bytes = store.kept_reflection(&record.id).ok()??;
    let mut reflection: Reflection = serde_json::from_slice(&bytes).ok()?;
    reflection.judge(record);
    (reflection.session == record.id).then_some(reflection)
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
) -> Vec<Fresh<'a>> {
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
) -> Vec<Fresh<'a>> {
    let (bytes, mut sessions) = match sessions(store, group[0]) {
        Ok(read) => read,
        Err(why) => return group.iter().map(|record| (&record.id, Err(skip(record, &why)))).collect(),
    };
    let one = |record: &&'a SessionRecord| {
        let session = take(&mut sessions, record).ok_or_else(|| skip(record, "its transcript no longer holds it"));
        let fresh = session.map(|session| {
            let reflection = cache.put(record, engine.reflect(&session));
            let found = quotes::standing(record, &bytes, &reflection);
            (reflection, found)
        });
        (&record.id, fresh)
    };
    group.iter().map(one).collect()
}

/// A transcript with all sessions that it holds.
fn sessions(store: &Store, record: &SessionRecord) -> Result<(Vec<u8>, Vec<transcript::Session>), String> {
    if !record.is_kept() {
        return Err("its transcript was dropped because of its age".to_owned());
    }
    let bytes = store.transcript(record).map_err(|error| format!("could not {error}"))?;
    let parsed = transcript::parse(&bytes, &Hint::new(record.id.as_str())).map_err(|error| error.to_string())?;
    Ok((bytes, parsed.sessions))
}

fn take(sessions: &mut [transcript::Session], record: &SessionRecord) -> Option<Session> {
    let index = sessions.iter().position(|session| session.root == record.root)?;
    let turns = std::mem::take(&mut sessions[index].turns);
    Some(Session { record: record.clone(), turns })
}

/// Reads one session as an engine would.
pub fn session(store: &Store, record: &SessionRecord) -> Result<Session, String> {
    take(&mut sessions(store, record)?.1, record).ok_or_else(|| "its transcript no longer holds it".to_owned())
}
