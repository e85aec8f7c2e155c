//! Extract: one session becomes one reflection, alone and without looking at memory, so that it is made once per
//! session and engine, in parallel, and kept.

use super::Reflection;
use crate::model::{SessionRecord, Turn};

/// A session as an engine reads it.
#[derive(Debug, Clone)]
pub struct Session {
    pub record: SessionRecord,
    pub turns: Vec<Turn>,
}

/// What an engine does with one session.
pub trait Extract: Sync {
    /// As settings name the engine.
    fn name(&self) -> &str;
    /// Changes whenever the same session could give another reflection; part of the cache's key.
    fn version(&self) -> &str;
    /// Reflects on one session. Deterministic for engines that say so; never fails on strange input.
    fn reflect(&self, session: &Session) -> Reflection;
}
