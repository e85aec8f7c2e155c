//! What came since all records were kept, in a small file beside them: so that each night compares the folders of sessions
//! with those of the night before, not with those of a month ago. Checked by a checksum, thrown away on any doubt, never
//! needed.

use super::since::Changes;
use crate::model::ObjectId;
use crate::store::Store;
use borsh::{BorshDeserialize, BorshSerialize};
use std::fs;
use std::io::{self, Write};
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
        let bytes = fs::read(file(store)).ok()?;
        let (sum, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
        let tail: Self =
            (crc32fast::hash(body).to_le_bytes() == *sum).then(|| borsh::from_slice(body).ok()).flatten()?;
        (tail.base == base).then_some(tail)
    }

    /// Keeps it in place of another. A cache that cannot be written is no error.
    pub fn keep(&self, store: &Store) {
        let _ = self.write(store);
    }

    fn write(&self, store: &Store) -> io::Result<()> {
        let path = file(store);
        let body = borsh::to_vec(self)?;
        let mut new = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(&path))?;
        new.write_all(&[MAGIC, &crc32fast::hash(&body).to_le_bytes(), &body].concat())?;
        new.persist(path).map(drop).map_err(|error| error.error)
    }
}

fn file(store: &Store) -> PathBuf {
    store.common_dir().join("dream/cache/sessions.since")
}
