//! Nights that had nothing to propose, kept: the same refs, settings, engine and day give the same answer, so it need
//! not be found again. Keyed by all that decides it; may be deleted at any time and changes no result.

use super::dream::{DreamError, Engine, Request, SessionRead};
use super::settle::Skipped;
use crate::model::ObjectId;
use crate::store::dream::{CLOSED, OPEN};
use crate::store::{ReadError, SESSIONS, Store};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a night without a proposal told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    key: ObjectId,
    pub sessions: Vec<SessionRead>,
    pub skipped: Vec<Skipped>,
}

/// The last quiet night of a repository.
pub(super) struct Quiet {
    key: ObjectId,
    file: PathBuf,
}

impl Quiet {
    pub fn new(store: &Store, engine: &dyn Engine, request: &Request<'_>, tip: ObjectId) -> Result<Self, DreamError> {
        let key = key(store, engine, request, tip)?;
        Ok(Self { key, file: store.common_dir().join("dream/cache/quiet.json") })
    }

    /// What was told when nothing that decides it has changed since.
    pub fn told(&self) -> Option<Told> {
        let told: Told = serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()?;
        (told.key == self.key).then_some(told)
    }

    /// Keeps an answer. A cache that cannot be written is no error.
    pub fn keep(&self, sessions: &[SessionRead], skipped: &[Skipped]) {
        let told = Told { key: self.key, sessions: sessions.to_vec(), skipped: skipped.to_vec() };
        let write = || -> Option<()> {
            let folder = self.file.parent()?;
            std::fs::create_dir_all(folder).ok()?;
            let mut new = tempfile::NamedTempFile::new_in(folder).ok()?;
            serde_json::to_writer(&mut new, &told).ok()?;
            new.persist(&self.file).ok().map(drop)
        };
        let _ = write();
    }
}

/// A hash of all that a night depends on.
fn key(store: &Store, engine: &dyn Engine, request: &Request<'_>, tip: ObjectId) -> Result<ObjectId, ReadError> {
    let mut text = format!(
        "quiet 1\n{} {} {}\n{}\n{tip}\n{:?}\n{:?}\n{:?}\n",
        env!("CARGO_PKG_VERSION"),
        engine.name(),
        engine.version(),
        super::dream::today(store),
        store.reference(SESSIONS)?,
        request.settings,
        request.filter,
    );
    for prefix in [OPEN, CLOSED] {
        for (name, id) in store.references(prefix)? {
            text.push_str(&format!("{name} {id}\n"));
        }
    }
    Ok(ObjectId::of_blob(text.as_bytes()))
}
