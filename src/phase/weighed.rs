//! What the night before had weighed, kept: then of thirty thousand sessions only those are looked at that are new, or
//! were left open then. May be deleted at any time and changes no result; where anything else changed, all are looked at.

use super::corpus::Name;
use super::review::{self, Filter, Selection};
use crate::model::{ObjectId, SessionId};
use crate::store::{ReadMark, Records, SessionsRead, Store, small};
use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{DateTime, Utc};
use std::io;
use std::path::Path;

/// Fewer sessions than this are looked through faster than a file is written.
const WORTHWHILE: usize = if crate::FAULTS { 1 } else { 1024 };
/// Where more are open, all are looked at.
const MOST: usize = 512;
/// Also the format's version.
const MAGIC: &[u8] = concat!("git-dream weighed 1 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// Of each session in this tree it is certain that it was read then, and stands in these columns as it is: but for
/// those that are open.
#[derive(Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Weighed {
    pub columns: Name,
    pub tree: ObjectId,
    pub read: ReadMark,
    pub open: Vec<SessionId>,
}

/// The sessions of which something may be otherwise than it was.
#[derive(Debug)]
pub(super) struct Among {
    /// Their places, rising.
    pub places: Vec<usize>,
    /// How many of them came since.
    pub added: usize,
}

/// The sessions of a dream, and which were looked at for it.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub selection: Selection,
    /// Nothing for all.
    pub among: Option<Among>,
}

impl Weighed {
    pub fn read(file: &Path) -> Option<Self> {
        small::read(file, MAGIC)
    }

    /// Keeps it for the next night, where that is worth it.
    pub fn write(&self, file: &Path, records: &Records) -> io::Result<()> {
        if records.len() < WORTHWHILE || self.open.len() > MOST {
            return Ok(());
        }
        small::write(file, MAGIC, self)
    }

    /// Nothing where that may be all of them.
    pub fn open_now(
        self,
        store: &Store,
        (records, read): (&Records, &SessionsRead),
        filter: &Filter,
        columns: Name,
    ) -> Option<Among> {
        if !filter.is_open() || columns != self.columns || !self.read.is_part_of(&read.mark()) {
            return None;
        }
        let added = store.sessions_added(self.tree, records.tree()?)?;
        let mut places: Vec<usize> =
            self.open.iter().chain(&added).map(|id| records.find(id)).collect::<Option<_>>()?;
        places.sort_unstable();
        places.dedup();
        Some(Among { places, added: added.len() })
    }
}

impl Chosen {
    /// What a dream reads, of at most so many sessions that are new; of all sessions, or of these alone.
    pub fn new(
        (records, read): (&Records, &SessionsRead),
        (filter, now): (&Filter, DateTime<Utc>),
        among: Option<Among>,
        most: usize,
    ) -> Self {
        let of = |among: &Among| review::select_among(records, read, filter, now, &among.places);
        // Of those that wait for another night some may stand in the columns.
        let some = among.as_ref().map(of).filter(|selection| selection.unread.len() <= most);
        match some {
            Some(selection) => Self { selection, among },
            None => Self { selection: review::select(records, read, filter, now), among: None },
        }
    }
}
