//! By what a file is told from what it was, without a look into it: as git's index does it.

use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What was written so lately may be written again without looking any different: where files have times of whole
/// seconds, and where they have finer ones.
pub(super) const SETTLED: [Duration; 2] = [Duration::from_secs(2), Duration::from_millis(100)];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Since 1970.
    pub modified: Duration,
    pub length: u64,
    /// The file's number, and when that was given to it; nothing where files have none.
    number: Option<(u64, i64, i64)>,
}

impl Mark {
    pub fn of(path: &Path) -> Option<Self> {
        Self::read(&std::fs::metadata(path).ok()?)
    }

    pub fn read(file: &Metadata) -> Option<Self> {
        #[cfg(unix)]
        let number = {
            use std::os::unix::fs::MetadataExt;
            Some((file.ino(), file.ctime(), file.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let number = None;
        let modified = file.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Self { modified, length: file.len(), number })
    }

    /// Whether whoever writes the file from now on changes its mark; `now` is by the clock of the files, not ours.
    pub fn is_settled(&self, now: Duration) -> bool {
        self.newest() + SETTLED[usize::from(self.newest().subsec_nanos() != 0)] <= now
    }

    /// The newest of its times.
    fn newest(&self) -> Duration {
        let changed = self.number.map(|(_, seconds, nanos)| {
            Duration::new(u64::try_from(seconds).unwrap_or_default(), u32::try_from(nanos).unwrap_or_default())
        });
        changed.map_or(self.modified, |changed| changed.max(self.modified))
    }
}
