//! Where reflections are kept, by what they cost: in a file that may be deleted, or with their session.

use super::cache::{Cache, Look};
use super::extract::{Extract, Keeping};
use super::reflection::Reflection;
use crate::model::{ObjectId, SessionRecord};
use crate::store::session::SessionError;
use crate::store::{KeptReflection, PaidReflections, Store};
use crate::text::probe::Word;
use crate::text::secret;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// So many sessions at least are one core's.
const LEAST: usize = 64;

/// The reflections of one engine.
pub(super) enum Shelf {
    Cache(Cache),
    /// With a copy in a file, since each that is asked for there is an object; none where all is asked anew.
    Sessions {
        engine: String,
        version: String,
        copy: Option<Cache>,
    },
    Nowhere,
}

/// A reflection as it stands on the sessions ref.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stored {
    pub schema: u32,
    pub engine: String,
    pub version: String,
    pub reflection: Reflection,
}

impl Shelf {
    /// Opens it, wherever that is called.
    pub(super) fn opening(store: &Store, engine: &dyn Extract) -> impl FnOnce() -> Self + Send + use<> {
        let file = Cache::file(store, engine);
        let (keeping, engine, version) = (engine.keeping(), engine.name().to_owned(), engine.version().to_owned());
        move || match keeping {
            Keeping::Cache => Shelf::Cache(Cache::open(file)),
            Keeping::Session => Shelf::Sessions { engine, version, copy: Some(Cache::open(file)) },
            Keeping::Afresh => Shelf::Sessions { engine, version, copy: None },
            Keeping::Nowhere => Shelf::Nowhere,
        }
    }

    /// What is kept of each record.
    pub(super) fn get_all(
        &self,
        store: &Store,
        records: &[&SessionRecord],
        look: Look,
        known: &mut Vec<Option<Reflection>>,
    ) {
        match self {
            Shelf::Cache(cache) => cache.get_all(records, look, known),
            Shelf::Nowhere | Shelf::Sessions { copy: None, .. } => known.resize(records.len(), None),
            Shelf::Sessions { engine, version, copy: Some(copy) } => {
                copy.get_all(records, look, known);
                let missing: Vec<(&SessionRecord, &mut Option<Reflection>)> =
                    records.iter().copied().zip(known).filter(|(_, known)| known.is_none()).collect();
                paid(store, engine, version, missing, copy);
            }
        }
    }

    /// Where a session's reflection stands in the file of those that may be deleted.
    pub(super) fn place(&self, session: Word) -> Option<u64> {
        match self {
            Shelf::Cache(cache) => cache.place(session),
            _ => None,
        }
    }

    /// Takes a new reflection as it will be read again: secrets masked.
    pub(super) fn put(&self, record: &SessionRecord, reflection: Reflection) -> Reflection {
        match self {
            Shelf::Cache(cache) => cache.put(record, reflection),
            _ => masked(reflection),
        }
    }

    /// Keeps what was paid for, in one commit.
    pub(super) fn keep<'r>(
        &self,
        store: &Store,
        fresh: impl Iterator<Item = &'r Reflection>,
    ) -> Result<(), SessionError> {
        let Shelf::Sessions { engine, version, .. } = self else { return Ok(()) };
        // What is there already stays as it is.
        let mut paid = store.paid_reflections().map_err(SessionError::Read)?;
        let mut there = |id, blob| paid.get(id, &name(engine, version, blob)).is_ok_and(|kept| kept.is_some());
        let kept: Vec<KeptReflection> = fresh
            .filter(|reflection| !there(&reflection.session, reflection.blob))
            .map(|reflection| {
                let (engine, version) = (engine.clone(), version.clone());
                let name = name(&engine, &version, reflection.blob);
                let stored = Stored { schema: 1, engine, version, reflection: reflection.clone() };
                let mut bytes = serde_json::to_vec_pretty(&stored).expect("a reflection has only string keys");
                bytes.push(b'\n');
                KeptReflection { session: reflection.session.clone(), name, bytes }
            })
            .collect();
        store.keep_reflections(engine, &kept).map(drop)
    }
}

/// Reads what was paid for with the sessions, on all cores, and keeps a copy. Judgements come later than transcripts, so
/// they are renewed.
fn paid(
    store: &Store,
    engine: &str,
    version: &str,
    mut missing: Vec<(&SessionRecord, &mut Option<Reflection>)>,
    copy: &Cache,
) {
    let read = |paid: &mut PaidReflections<'_>, record: &SessionRecord| -> Option<Reflection> {
        let bytes = paid.get(&record.id, &name(engine, version, record.blob()?)).ok()??;
        let stored: Stored = serde_json::from_slice(&bytes).ok()?;
        let mut reflection = stored.reflection;
        let same = stored.version == *version && Some(reflection.blob) == record.blob();
        reflection.judge(record);
        (same && reflection.session == record.id).then_some(reflection)
    };
    let all = |store: &Store, missing: &mut [(&SessionRecord, &mut Option<Reflection>)]| -> Option<()> {
        let mut paid = store.paid_reflections().ok()?;
        for (record, known) in missing.iter_mut().filter(|(_, known)| known.is_none()) {
            **known = read(&mut paid, record).inspect(|reflection| copy.keep(record, reflection));
        }
        Some(())
    };
    let (environment, folder) = (store.environment(), store.git_dir());
    let piece = missing.len().div_ceil(rayon::current_num_threads()).max(LEAST);
    let on_all_cores = (missing.len() > LEAST).then(|| {
        let one = |missing: &mut [_]| all(&Store::open(environment, folder).ok()?, missing);
        missing.par_chunks_mut(piece).try_for_each(one)
    });
    // Of few it is not worth it; and what is there must not be paid for again because a core could not open it.
    if on_all_cores.flatten().is_none() {
        all(store, &mut missing);
    }
}

/// One file per engine, version and transcript as it was read: what is stored there is never replaced.
fn name(engine: &str, version: &str, blob: ObjectId) -> String {
    format!("{engine}-{}-{}.json", ObjectId::of_blob(version.as_bytes()).short(), blob.short())
}

fn masked(reflection: Reflection) -> Reflection {
    let masked = serde_json::to_string(&reflection).ok().map(|text| secret::mask(&text).into_owned());
    masked.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(reflection)
}
