//! Tombstones: what was taken out of the repository for good, by whom, when and why. They hold hashes and sizes of what
//! is gone and never a byte of it. A hash of something short can be tested by guessing; nothing here prevents that.

use super::{Lines, ObjectId, Removal, SessionId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One removal, as it is stored in `tombstones/<name>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    pub schema: u32,
    pub name: String,
    pub kind: Removal,
    pub reason: String,
    /// `Name <address>`.
    pub by: String,
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<RemovedPart>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<RemovedNote>,
    /// Commits whose own message held removed words. Those that only have another parent or tree are not listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<Moved>,
    /// Where each ref stood before, and after; of the sessions' ref, the commit below the tombstone's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<MovedRef>,
}

/// What an object was, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub id: ObjectId,
    pub bytes: u64,
    pub sha256: String,
}

/// A part of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedPart {
    pub session: SessionId,
    /// From 1.
    pub version: usize,
    /// From 1.
    pub part: usize,
    /// Empty for all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Lines>,
    pub old: Sum,
    /// Nothing when the part expired.
    pub new: Option<Sum>,
}

/// A file of memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedNote {
    pub path: String,
    pub versions: Vec<Sum>,
    /// Whether the file left every tree; otherwise words in it were replaced.
    pub gone: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub old: ObjectId,
    pub new: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedRef {
    pub name: String,
    pub old: ObjectId,
    pub new: ObjectId,
}

impl Tombstone {
    /// Every object that held removed bytes itself. None of them may be in the repository.
    pub fn removed(&self) -> impl Iterator<Item = ObjectId> + '_ {
        let parts = self.parts.iter().map(|part| part.old.id);
        let notes = self.notes.iter().flat_map(|note| &note.versions).map(|sum| sum.id);
        parts.chain(notes).chain(self.commits.iter().map(|commit| commit.old))
    }
}
