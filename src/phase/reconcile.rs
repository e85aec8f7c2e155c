//! Reconcile and prune: reflections meet memory. An engine returns proposals; whether they may be committed is decided
//! elsewhere.

use super::Reflection;
use crate::model::{BeliefKey, Kind, NotePath, ObjectId, Proposal};
use chrono::{DateTime, Duration, Utc};

/// One belief that memory holds, with what history says about it.
#[derive(Debug, Clone)]
pub struct Held {
    pub path: NotePath,
    /// The entry's exact text.
    pub text: String,
    /// Whether the file is one note with front matter, or a free-form file of many entries.
    pub whole_note: bool,
    pub name: Option<String>,
    pub description: Option<String>,
    pub kind: Option<Kind>,
    pub tags: Vec<String>,
    pub pinned: bool,
    /// The key under which a dream proposed it, if one did.
    pub key: Option<BeliefKey>,
    /// When the entry's present text came into memory.
    pub since: Option<DateTime<Utc>>,
    /// The newest evidence for it, by when the session happened.
    pub last_evidence: Option<DateTime<Utc>>,
    /// Sessions that support it, by the trailers of its history.
    pub sessions: u32,
}

/// All that an engine may look at.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    pub now: DateTime<Utc>,
    pub memory_commit: Option<ObjectId>,
    pub held: &'a [Held],
    pub reflections: &'a [Reflection],
    /// Sessions that must agree before a pattern becomes a note.
    pub min_support: u32,
    pub stale_after: Option<Duration>,
    pub instructions: Option<&'a str>,
}

/// What an engine does with all reflections and memory together.
pub trait Reconcile {
    /// Proposals of the extract, reconcile and prune phases, the most useful first. The same situation gives the same
    /// proposals, whatever the order of the reflections.
    fn propose(&self, situation: &Situation<'_>) -> Vec<Proposal>;
}
