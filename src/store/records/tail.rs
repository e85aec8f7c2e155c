//! What came since all records were kept, in a small file beside them: so that each night compares the folders of sessions
//! with those of the night before, not with those of a month ago. Checked by a checksum, thrown away on any doubt, never
//! needed.

use super::since::Changes;
use crate::model::ObjectId;
use crate::store::{Store, small};
use borsh::{BorshDeserialize, BorshSerialize};
use std::path::PathBuf;

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &[u8] = concat!("git-dream sessions since 1 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

#[derive(BorshSerialize, BorshDeserialize)]
pub(super) struct Tail {
    /// The tree of which all records are kept.
    pub base: ObjectId,
    /// The tree that differs from it by these.
    pub tree: ObjectId,
    pub changes: Changes,
}

impl Tail {
    /// What is kept since this tree.
    pub fn read(store: &Store, base: ObjectId) -> Option<Self> {
        small::read(&file(store), MAGIC).filter(|tail: &Self| tail.base == base)
    }

    /// Keeps it in place of another. A cache that cannot be written is no error.
    pub fn keep(&self, store: &Store) {
        let _ = small::write(&file(store), MAGIC, self);
    }
}

fn file(store: &Store) -> PathBuf {
    store.common_dir().join("dream/cache/sessions.since")
}
