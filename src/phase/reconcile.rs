//! Reconcile and prune: reflections meet memory. An engine returns proposals; whether they may be committed is decided
//! elsewhere.

use super::Reflection;
use super::bill::Bill;
use super::corpus::{Corpus, Recall};
use super::entries::Entries;
use super::settle::Skipped;
use crate::model::{BeliefKey, Kind, NotePath, ObjectId, Proposal, SessionId};
use chrono::{DateTime, Duration, Utc};
use std::collections::BTreeSet;
use std::error::Error;

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
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    pub now: DateTime<Utc>,
    pub memory_commit: Option<ObjectId>,
    pub memory: &'a Entries<'a>,
    /// Of all sessions, for engines that ask for them whole.
    pub reflections: &'a [Reflection],
    /// All sessions in columns, for engines that [look them up](super::Extract::index).
    pub corpus: &'a Corpus,
    /// What a proposal cites of them.
    pub recall: &'a dyn Recall,
    /// Sessions that no standing dream had read; the others are support.
    pub unread: &'a BTreeSet<SessionId>,
    /// Sessions that must agree before a pattern becomes a note.
    pub min_support: u32,
    pub stale_after: Option<Duration>,
    pub instructions: Option<&'a str>,
}

/// How an engine came to its proposals.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The model that answered, if one did.
    pub model: Option<String>,
    /// Names the prompts that were used.
    pub prompts: Option<ObjectId>,
    pub bill: Option<Bill>,
    /// What of its own work it had to leave out or refused.
    pub skipped: Vec<Skipped>,
    /// Sessions whose lessons nobody answered for: they stay unread.
    pub unread: BTreeSet<SessionId>,
    /// Whether asking again could give more: something failed that may pass.
    pub unfinished: bool,
}

/// What an engine does with all reflections and memory together.
pub trait Reconcile {
    /// Proposals of the extract, reconcile and prune phases, the most useful first. The same situation gives the same
    /// proposals, whatever the order of the reflections.
    fn propose(&self, situation: &Situation<'_>) -> Vec<Proposal>;
    /// What an auditor must know of how it was done. Asked after the last proposal.
    fn report(&self) -> Report {
        Report::default()
    }
    /// Why it cannot go on at all: a wrong key, an unknown model. Asked after sessions were read and after proposals.
    fn fault(&self) -> Option<Box<dyn Error + Send + Sync>> {
        None
    }
}
