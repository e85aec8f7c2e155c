//! A copy of all session records in one file, so that listing ten thousand of them does not read twenty thousand
//! objects, and after an import only those of sessions that are new. Keyed by the tree it was made of, checked by a
//! checksum, thrown away on any doubt, never needed.

use super::Store;
use crate::model::{ObjectId, SessionRecord, id::hex};
use rayon::prelude::*;
use sha1::{Digest, Sha1};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = "git-dream sessions 2";
/// Fewer records than this are read faster than a file is written.
const WORTHWHILE: usize = 64;
/// Records on one line: lines are read side by side.
const LINE: usize = 256;

impl Store {
    /// What is kept, with the tree that it was made of.
    pub(super) fn cached_sessions(&self) -> Option<(ObjectId, Vec<SessionRecord>)> {
        let bytes = fs::read(self.cache_file()).ok()?;
        let end = memchr::memchr(b'\n', &bytes)?;
        let (head, body) = (&bytes[..end], &bytes[end + 1..]);
        let tree = std::str::from_utf8(head.strip_prefix(MAGIC.as_bytes())?.get(1..1 + 40)?).ok()?;
        let tree = ObjectId::parse(tree).ok()?;
        if head != header(tree, body).as_bytes() {
            return None;
        }
        let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let read = |line: &&[u8]| serde_json::from_slice::<Vec<SessionRecord>>(line).ok();
        let read: Vec<Vec<SessionRecord>> = lines.par_iter().map(read).collect::<Option<_>>()?;
        Some((tree, read.into_iter().flatten().collect()))
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
        let mut body = Vec::new();
        for line in records.chunks(LINE) {
            serde_json::to_writer(&mut body, line)?;
            body.push(b'\n');
        }
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
