//! Extract: one session becomes one reflection, alone and without looking at memory, so that it is made once per
//! session and engine, in parallel, and kept.

use super::Reflection;
use super::corpus::Index;
use crate::model::{SessionRecord, Turn};

/// A session as an engine reads it.
#[derive(Debug, Clone)]
pub struct Session {
    pub record: SessionRecord,
    pub turns: Vec<Turn>,
}

/// Where reflections are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// In a file that may be deleted: they cost nothing but time.
    Cache,
    /// With the session, on the sessions ref: they were paid for.
    Session,
    /// The same, but what is kept there is not looked at: every exchange is wanted.
    Afresh,
    /// Nowhere: somebody else's exchanges are looked at again.
    Nowhere,
}

/// What an engine does with one session.
pub trait Extract: Sync {
    /// As settings name the engine.
    fn name(&self) -> &str;
    /// Changes whenever the same session could give another reflection; part of the cache's key.
    fn version(&self) -> &str;
    /// Reflects on one session. Deterministic for engines that say so; never fails on strange input, only where
    /// somebody else must answer. Then it says why, and the session counts as unread.
    fn reflect(&self, session: &Session) -> Result<Reflection, String>;
    /// What it looks up of a reflection when it weighs all sessions, kept as long as its version is the same; nothing for
    /// an engine that reads them whole.
    fn index(&self) -> Option<fn(&Reflection) -> Index> {
        None
    }
    /// How many sessions are reflected on at once; `None` for one per core.
    fn workers(&self) -> Option<usize> {
        None
    }
    fn keeping(&self) -> Keeping {
        Keeping::Cache
    }
}
