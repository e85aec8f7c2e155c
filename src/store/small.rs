//! Small files that hold one value each, packed and behind a checksum: what is kept beside a repository, may be thrown away
//! at any time and is never needed.

use borsh::{BorshDeserialize, BorshSerialize};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The value of a file; nothing where it is damaged, or of another format than this first line names.
pub fn read<T: BorshDeserialize>(file: &Path, magic: &[u8]) -> Option<T> {
    let bytes = fs::read(file).ok()?;
    let (sum, body) = bytes.strip_prefix(magic)?.split_first_chunk()?;
    (crc32fast::hash(body).to_le_bytes() == *sum).then(|| borsh::from_slice(body).ok()).flatten()
}

/// Keeps a value in place of another.
pub fn write(file: &Path, magic: &[u8], value: &impl BorshSerialize) -> io::Result<()> {
    let body = borsh::to_vec(value)?;
    let mut new = tempfile::NamedTempFile::new_in(file.parent().unwrap_or(file))?;
    new.write_all(&[magic, &crc32fast::hash(&body).to_le_bytes(), &body].concat())?;
    new.persist(file).map(drop).map_err(|error| error.error)
}
