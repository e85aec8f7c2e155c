//! What a run that did not come to its end was asked, so that `git dream run --resume` asks for the same. Answers that
//! were paid for are kept elsewhere, and found again whether a run is resumed or begun anew.

use crate::store::Store;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::PathBuf;

/// The options that decide what a run reads and asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub since: Option<String>,
    pub agent: Vec<String>,
    pub session: Vec<String>,
    pub max_sessions: Option<u32>,
    pub max_changes: Option<u32>,
    pub instructions: Option<String>,
    pub engine: Option<String>,
    pub model: Option<String>,
    /// Whether questions were asked in batches.
    #[serde(default)]
    pub batch: bool,
}

fn file(store: &Store) -> PathBuf {
    store.common_dir().join("dream/unfinished.json")
}

/// The run that did not come to its end, if there is one.
pub fn unfinished(store: &Store) -> Option<Asked> {
    serde_json::from_slice(&std::fs::read(file(store)).ok()?).ok()
}

/// Notes that a run has begun.
pub fn begin(store: &Store, asked: &Asked) -> io::Result<()> {
    let path = file(store);
    let folder = path.parent().expect("it lies in a folder of ours");
    std::fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(&serde_json::to_vec(asked)?)?;
    new.persist(path).map(drop).map_err(|error| error.error)
}

/// Notes that it came to its end.
pub fn end(store: &Store) {
    // A file that stays costs one needless look at what is kept.
    let _ = std::fs::remove_file(file(store));
}
