//! Extract: one session becomes one reflection, alone and without looking at memory, so that it is made once per
//! session and engine, in parallel, and kept.

use crate::model::{AgentName, ObjectId, SessionId, SessionRecord, Turn};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A session as an engine reads it.
#[derive(Debug, Clone)]
pub struct Session {
    pub record: SessionRecord,
    pub turns: Vec<Turn>,
}

/// What one session taught, as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reflection {
    pub schema: u32,
    pub session: SessionId,
    pub blob: ObjectId,
    pub agent: AgentName,
    pub happened: DateTime<Utc>,
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
