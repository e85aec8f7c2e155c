//! A copy of all session records in one file, so that listing ten thousand of them does not read twenty thousand
//! objects. Keyed by the tree it was made of, checked by a checksum, thrown away on any doubt, never needed.

use super::Store;
use crate::model::{ObjectId, SessionRecord, id::hex};
use sha1::{Digest, Sha1};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = "git-dream sessions 1";
/// Fewer records than this are read faster than a file is written.
const WORTHWHILE: usize = 64;

impl Store {
    pub(super) fn cached_sessions(&self, tree: ObjectId) -> Option<Vec<SessionRecord>> {
        let bytes = fs::read(self.cache_file()).ok()?;
        let end = memchr::memchr(b'\n', &bytes)?;
        let (head, body) = (&bytes[..end], &bytes[end + 1..]);
        if head != header(tree, body).as_bytes() {
            return None;
        }
        serde_json::from_slice(body).ok()
    }

    /// A cache that cannot be written is no error.
    pub(super) fn cache_sessions(&self, tree: ObjectId, records: &[SessionRecord]) {
        if records.len() >= WORTHWHILE {
            let _ = self.write_cache(tree, records);
        }
    }

    fn write_cache(&self, tree: ObjectId, records: &[SessionRecord]) -> io::Result<()> {
        let path = self.cache_file();
        let folder = path.parent().expect("the file has a folder");
        fs::create_dir_all(folder)?;
        let body = serde_json::to_vec(records)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", header(tree, &body))?;
        file.write_all(&body)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn cache_file(&self) -> PathBuf {
        self.common_dir().join("dream/cache/sessions")
    }
}

fn header(tree: ObjectId, body: &[u8]) -> String {
    format!("{MAGIC} {tree} {}", hex(&Sha1::digest(body)))
}
