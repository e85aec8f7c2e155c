//! Keeping the number of packs small: every operation writes one, and thousands of them make each look-up slow.

use super::{GitError, Store};
use std::fs;

/// git's own default for `gc.autoPackLimit`.
const MOST_PACKS: usize = 50;
/// So many while there is always somebody in line.
const MANY_PACKS: usize = 128;

impl Store {
    /// Joins packs when there are too many, unless `gc.auto` is 0. Nothing is dropped, reachable or not. To be called
    /// after an operation that wrote, never by one that reads.
    pub fn tidy(&self) -> Result<(), GitError> {
        // Where others wait for their turn, the one that finds nobody behind it has the time.
        let most = if self.is_line() { MANY_PACKS } else { MOST_PACKS };
        if self.config("gc.auto").as_deref() == Some("0") || self.packs() <= most {
            return Ok(());
        }
        // Who joins packs already is not waited for, and keeps nobody from writing: git leaves newer packs alone, and who
        // misses a pack looks where its objects went.
        let Ok(Some(_alone)) = self.packs_lock(false) else { return Ok(()) };
        if self.packs() <= MOST_PACKS {
            return Ok(());
        }
        self.git().check(&["repack", "-q", "-d", "--geometric=2", "--no-write-bitmap-index"]).map(drop)
    }

    fn packs(&self) -> usize {
        let Ok(files) = fs::read_dir(self.common_dir().join("objects/pack")) else { return 0 };
        files.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "pack")).count()
    }
}
