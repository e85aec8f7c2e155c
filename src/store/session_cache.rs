//! A copy of all session records in one file, so that listing ten thousand of them does not read twenty thousand
//! objects, and after an import only those of sessions that are new. Keyed by the tree it was made of, checked by a
//! checksum, thrown away on any doubt, never needed.

use super::Store;
use crate::model::{ObjectId, SessionRecord};
use rayon::prelude::*;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &[u8] = b"git-dream sessions 3\n";
/// Tree and checksum.
const HEAD: usize = 20 + 4;
/// Fewer records than this are read faster than a file is written.
const WORTHWHILE: usize = 64;
/// Records in one piece: pieces are read side by side.
const PIECE: usize = 256;

impl Store {
    /// What is kept, with the tree that it was made of.
    pub(super) fn cached_sessions(&self) -> Option<(ObjectId, Vec<SessionRecord>)> {
        let bytes = fs::read(self.cache_file()).ok()?;
        let (head, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<HEAD>()?;
        let (tree, _) = head.split_first_chunk()?;
        let tree = ObjectId::from_bytes(*tree);
        if *head != header(tree, body) {
            return None;
        }
        let mut pieces = Vec::new();
        let mut rest = body;
        while let Some((length, after)) = rest.split_first_chunk() {
            let (piece, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            pieces.push(piece);
            rest = after;
        }
        let read = |piece: &&[u8]| borsh::from_slice::<Vec<SessionRecord>>(piece).ok();
        let read: Vec<Vec<SessionRecord>> = pieces.par_iter().map(read).collect::<Option<_>>()?;
        // With room for some that are new.
        let mut records = Vec::with_capacity((pieces.len() + 1) * PIECE);
        read.into_iter().for_each(|mut piece| records.append(&mut piece));
        Some((tree, records))
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
        for records in records.chunks(PIECE) {
            let piece = borsh::to_vec(records)?;
            body.extend(u32::try_from(piece.len()).map_err(io::Error::other)?.to_le_bytes());
            body.extend(piece);
        }
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(MAGIC)?;
        file.write_all(&header(tree, &body))?;
        file.write_all(&body)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn cache_file(&self) -> PathBuf {
        self.common_dir().join("dream/cache/sessions")
    }
}

fn header(tree: ObjectId, body: &[u8]) -> [u8; HEAD] {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(tree.as_bytes());
    checksum.update(body);
    let mut header = [0; HEAD];
    header[..20].copy_from_slice(tree.as_bytes());
    header[20..].copy_from_slice(&checksum.finalize().to_le_bytes());
    header
}
