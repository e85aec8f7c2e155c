//! Reading sessions: transcripts become reflections, in parallel, with one transcript in memory per worker. What
//! was reflected on before is taken from where the engine keeps it.

use super::answers::Answer;
use super::cache::Look;
use super::extract::{Extract, Keeping, Session};
use super::kept::Shelf;
use super::mask;
use super::quotes;
use super::reflection::Reflection;
use super::settle::Skipped;
use crate::model::{ObjectId, SessionId, SessionRecord};
use crate::store::Store;
use crate::store::session::SessionError;
use crate::text::probe::Word;
use crate::transcript::{self, Hint};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// So many reflections more than are known find room beside them.
const ROOM: usize = 128;

/// What reading gave.
#[derive(Debug, Default)]
pub struct Read {
    /// In the order of the records asked for.
    pub reflections: Vec<Reflection>,
    pub skipped: Vec<Skipped>,
    /// Sessions that the engine could not reflect on this time: they stay unread.
    pub failed: BTreeSet<SessionId>,
    /// How many reflections were made, not found.
    pub fresh: usize,
    /// Quotes of new reflections that stand.
    pub(super) found: Vec<Answer>,
}

/// Why there is no reflection.
enum Missing {
    /// The transcript cannot be read, now or later.
    Unreadable(String),
    /// The engine has no answer yet.
    Failed(String),
}

/// A new reflection, and which of its quotes stand.
type Fresh<'a> = (&'a SessionId, Result<(Reflection, Vec<Answer>), Missing>);

/// Reads sessions for one engine.
pub struct Reader<'a> {
    store: &'a Store,
    engine: &'a dyn Extract,
    shelf: Shelf,
}

impl<'a> Reader<'a> {
    pub fn new(store: &'a Store, engine: &'a dyn Extract) -> Self {
        Self::with(store, engine, Shelf::opening(store, engine)())
    }

    /// With a shelf that was opened before.
    pub(super) fn with(store: &'a Store, engine: &'a dyn Extract, shelf: Shelf) -> Self {
        Self { store, engine, shelf }
    }

    pub(super) fn store(&self) -> &'a Store {
        self.store
    }

    /// What is kept of these records, and nothing new.
    pub fn recall(&self, records: &[&SessionRecord]) -> Read {
        let reflections = self.kept(records, Look::Everywhere).into_iter().flatten().collect();
        Read { reflections, ..Read::default() }
    }

    /// Where the reflection of a session stands that this reader gave.
    pub(super) fn place(&self, session: Word) -> Option<u64> {
        self.shelf.place(session)
    }

    fn kept(&self, records: &[&SessionRecord], look: Look) -> Vec<Option<Reflection>> {
        // With room for what is read anew, so that thousands need not be moved for it.
        let mut known = Vec::with_capacity(records.len() + records.len() / 4 + ROOM);
        self.shelf.get_all(self.store, records, look, &mut known);
        for (record, known) in records.iter().zip(&mut known).filter(|(record, _)| !record.is_kept()) {
            *known =
                known.take().filter(|_| self.engine.keeping() != Keeping::Cache).or_else(|| kept(self.store, record));
        }
        known
    }

    /// Reflects on every record, from what is kept where it can.
    pub fn reflect(&self, records: &[&SessionRecord]) -> Result<Read, SessionError> {
        self.reflect_from(records, Look::Everywhere)
    }

    /// The same where it is known how far what is kept was looked through.
    pub(super) fn reflect_from(&self, records: &[&SessionRecord], look: Look) -> Result<Read, SessionError> {
        let known = self.kept(records, look);
        if known.iter().all(Option::is_some) {
            // They stay where they are: there may be ten thousand.
            let reflections = known.into_iter().map(|known| known.expect("each is there")).collect();
            return Ok(Read { reflections, ..Read::default() });
        }
        let mut missing: BTreeMap<Vec<ObjectId>, Vec<&SessionRecord>> = BTreeMap::new();
        for (record, _) in records.iter().zip(&known).filter(|(_, known)| known.is_none()) {
            missing.entry(parts(record)).or_default().push(record);
        }
        let fresh = fresh(self.store, self.engine, &self.shelf, missing.into_values().collect());
        let made = fresh.iter().filter_map(|(_, made)| made.as_ref().ok().map(|(reflection, _)| reflection));
        self.shelf.keep(self.store, made)?;
        let mut fresh: BTreeMap<_, _> = fresh.into_iter().collect();
        let mut read = Read::default();
        for (record, known) in records.iter().zip(known) {
            match (known, fresh.remove(&record.id)) {
                (Some(known), _) => read.reflections.push(known),
                (None, Some(made)) => read.add(record, made),
                (None, None) => {}
            }
        }
        Ok(read)
    }
}

impl Read {
    fn add(&mut self, record: &SessionRecord, made: Result<(Reflection, Vec<Answer>), Missing>) {
        match made {
            Ok((reflection, found)) => {
                self.fresh += 1;
                self.reflections.push(reflection);
                self.found.extend(found);
            }
            Err(Missing::Unreadable(why)) => self.skipped.push(skip(record, why)),
            Err(Missing::Failed(why)) => {
                self.failed.insert(record.id.clone());
                self.skipped.push(skip(record, why));
            }
        }
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
    shelf: &Shelf,
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
        Ok(store) => reflect_group(store, engine, shelf, group),
        Err(why) => group.iter().map(|record| (&record.id, Err(Missing::Unreadable(why.clone())))).collect(),
    };
    let Some(workers) = engine.workers() else {
        return groups.par_iter().map_init(open, read).flatten_iter().collect();
    };
    // These workers wait for answers most of the time: there are as many as asked for, whatever the cores.
    let waiting = || groups.par_iter().with_max_len(1).map_init(open, read).flatten_iter().collect();
    match rayon::ThreadPoolBuilder::new().num_threads(workers.max(1)).build() {
        Ok(pool) => pool.install(waiting),
        Err(_) => waiting(),
    }
}

fn skip(record: &SessionRecord, why: impl std::fmt::Display) -> Skipped {
    Skipped { what: format!("session {}", record.id), why: why.to_string() }
}

fn reflect_group<'a>(
    store: &Store,
    engine: &dyn Extract,
    shelf: &Shelf,
    group: &[&'a SessionRecord],
) -> Vec<Fresh<'a>> {
    let (bytes, mut sessions) = match sessions(store, group[0]) {
        Ok(read) => read,
        Err(why) => {
            return group.iter().map(|record| (&record.id, Err(Missing::Unreadable(why.clone())))).collect();
        }
    };
    let taken: Vec<(&&SessionRecord, Option<Session>)> =
        group.iter().map(|record| (record, take(&mut sessions, record))).collect();
    let one = |(record, session): (&&'a SessionRecord, Option<Session>)| {
        let session = session.ok_or_else(|| Missing::Unreadable("its transcript no longer holds it".to_owned()));
        let fresh = session.and_then(|session| {
            let reflection = shelf.put(record, engine.reflect(&session).map_err(Missing::Failed)?);
            let found = quotes::standing(record, &bytes, &reflection);
            Ok((reflection, found))
        });
        (&record.id, fresh)
    };
    taken.into_par_iter().map(one).collect()
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
    let mut turns = std::mem::take(&mut sessions[index].turns);
    turns.iter_mut().for_each(mask::mask);
    Some(Session { record: record.clone(), turns })
}

/// Reads one session as an engine would.
pub fn session(store: &Store, record: &SessionRecord) -> Result<Session, String> {
    take(&mut sessions(store, record)?.1, record).ok_or_else(|| "its transcript no longer holds it".to_owned())
}
