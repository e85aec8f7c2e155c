//! A copy of all session records in one file, so that listing ten thousand of them does not read twenty thousand
//! objects, and after an import only those of sessions that are new. Keyed by the tree it was made of, checked by
//! checksums, thrown away on any doubt, never needed.
//!
//! The file: a line with format and version; the tree, how many rows there are, the lengths of agents, ids and records,
//! and a checksum over all that but the records; the rows; the agents; the ids; and the packed records. Of those each is
//! checked by its stamp, which stands in its row, when it is asked for: so no byte is believed that was not checked. One
//! that is damaged is read from its object.

use super::agents::Agents;
use super::row::{Bytes, ROW, Row, record_stamp, stamp_of};
use super::{Records, Slots};
use crate::config::Environment;
use crate::model::{AgentName, ObjectId, SessionId, SessionRecord};
use crate::store::stamp::Stamp;
use crate::store::{Mapped, Store};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &[u8] = concat!("git-dream sessions 4 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();
/// Tree, four numbers and a checksum.
const HEAD: usize = 20 + 4 * 8 + 4;
/// Fewer records than this are read faster than a file is written. Tests keep nearly everything.
const WORTHWHILE: usize = if crate::FAULTS { 4 } else { 64 };

/// What is asked for one by one.
pub(super) struct Kept {
    /// What they are the sessions of.
    tree: ObjectId,
    /// One behind the other.
    ids: Mapped,
    records: Mapped,
    environment: Environment,
    git_dir: PathBuf,
    damaged: AtomicBool,
}

impl Kept {
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// The id of one that is kept.
    pub fn id(&self, row: Row<'_>) -> &str {
        self.ids.get(row.id()).and_then(|id| str::from_utf8(id).ok()).unwrap_or_default()
    }

    /// The record of a session; nothing where it can be read nowhere.
    pub fn record(&self, row: Row<'_>, id: &str) -> Option<SessionRecord> {
        let kept = self.packed(row).and_then(|packed| borsh::from_slice(packed).ok());
        kept.or_else(|| self.again(row, id)).or_else(|| {
            self.damaged.store(true, Ordering::Relaxed);
            None
        })
    }

    /// A record as it is packed, if it is what was kept.
    fn packed(&self, row: Row<'_>) -> Option<&[u8]> {
        let packed = self.records.get(row.record()..row.record().checked_add(row.packed())?)?;
        (stamp_of(packed)? == row.stamp()).then_some(packed)
    }

    /// Reads a record from its object, by whatever thread that is.
    fn again(&self, row: Row<'_>, id: &str) -> Option<SessionRecord> {
        let store = Store::open(&self.environment, &self.git_dir).ok()?;
        // The next command keeps all of them anew.
        let _ = fs::remove_file(store.records_file());
        let record = store.session_in(&store.tree(self.tree).ok()?, &SessionId::new(id).ok()?).ok()??;
        (record_stamp(&record)? == row.stamp()).then_some(record)
    }
}

/// What the file begins with.
struct Head {
    tree: ObjectId,
    rows: usize,
    agents: usize,
    ids: usize,
    records: usize,
}

impl Head {
    fn read(file: &[u8]) -> Option<(Self, u32)> {
        let (tree, rest) = file.strip_prefix(MAGIC)?.split_first_chunk()?;
        let (numbers, rest) = rest.split_first_chunk::<{ 4 * 8 }>()?;
        let mut numbers = numbers.as_chunks().0.iter().map(|number| usize::try_from(u64::from_le_bytes(*number)).ok());
        let mut number = || numbers.next().flatten();
        let (rows, agents, ids, records) = (number()?, number()?, number()?, number()?);
        let head = Self { tree: ObjectId::from_bytes(*tree), rows, agents, ids, records };
        Some((head, u32::from_le_bytes(*rest.first_chunk()?)))
    }

    fn bytes(&self) -> Vec<u8> {
        let numbers = [self.rows, self.agents, self.ids, self.records].map(|number| (number as u64).to_le_bytes());
        [self.tree.as_bytes(), numbers.as_flattened()].concat()
    }

    fn checksum(&self, rows: &[u8], agents: &[u8], ids: &[u8]) -> u32 {
        let mut checksum = crc32fast::Hasher::new();
        [&self.bytes(), rows, agents, ids].iter().for_each(|bytes| checksum.update(bytes));
        checksum.finalize()
    }
}

impl Records {
    /// What is kept now belongs to this tree.
    pub(super) fn move_to(&mut self, tree: ObjectId) {
        if let Some(kept) = &mut self.kept {
            kept.tree = tree;
        }
    }

    /// The tree that they were put together for out of what is kept; nothing where all were read.
    pub fn tree(&self) -> Option<ObjectId> {
        self.kept.as_ref().map(|kept| kept.tree)
    }

    /// The packed record of one that is kept.
    fn packed(&self, row: Row<'_>) -> Option<&[u8]> {
        self.kept.as_ref()?.packed(row)
    }
}

impl Store {
    /// What is kept, with the tree that it was made of.
    pub(in crate::store) fn kept_records(&self) -> Option<(ObjectId, Records)> {
        let path = self.records_file();
        let opened = File::open(&path).ok()?;
        let file = Mapped::of(&opened).ok()?;
        let (head, checksum) = Head::read(&file)?;
        let mut begin = MAGIC.len() + HEAD;
        let mut part = |length: usize| {
            let part = file.part(begin..begin.checked_add(length)?)?;
            begin += length;
            Some(part)
        };
        let (rows, agents, ids) = (part(head.rows.checked_mul(ROW)?)?, part(head.agents)?, part(head.ids)?);
        let records = part(head.records)?;
        let named = ObjectId::of_blob(file.get(..MAGIC.len() + HEAD)?);
        let is_whole = || head.checksum(&rows, &agents, &ids) == checksum;
        let length = (rows.len() + agents.len() + ids.len()) as u64;
        if begin != file.len() || !Stamp::vouches(&opened, &path, (named, length), is_whole) {
            return None;
        }
        let kept = Kept {
            tree: head.tree,
            ids,
            records,
            environment: self.environment().clone(),
            git_dir: self.git_dir().to_owned(),
            damaged: AtomicBool::new(false),
        };
        let agents = Agents::new(borsh::from_slice(&agents).ok()?);
        let (rows, own, read) = (rows.into(), Vec::new(), Slots::new(head.rows));
        Some((head.tree, Records { rows, agents, own, kept: Some(kept), read }))
    }

    /// Keeps the records of a tree. A cache that cannot be written is no error.
    pub(in crate::store) fn keep_records(&self, tree: ObjectId, records: &Records) {
        if records.len() >= WORTHWHILE {
            let _ = self.write_records(tree, records);
        }
    }

    fn write_records(&self, tree: ObjectId, records: &Records) -> io::Result<()> {
        let path = self.records_file();
        let folder = path.parent().expect("the file has a folder");
        fs::create_dir_all(folder)?;
        let Written { rows, agents, ids, records } = Written::of(records)?;
        let agents = borsh::to_vec::<Vec<AgentName>>(&agents.names)?;
        let head = Head { tree, rows: rows.len(), agents: agents.len(), ids: ids.len(), records: records.len() };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(MAGIC)?;
        file.write_all(&head.bytes())?;
        file.write_all(&head.checksum(rows.as_flattened(), &agents, &ids).to_le_bytes())?;
        for part in [rows.as_flattened(), &agents, &ids, &records] {
            file.write_all(part)?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn records_file(&self) -> PathBuf {
        self.common_dir().join("dream/cache/sessions")
    }
}

/// The parts of the file, without what is gone.
#[derive(Default)]
struct Written {
    rows: Vec<Bytes>,
    agents: Agents,
    ids: Vec<u8>,
    records: Vec<u8>,
}

impl Written {
    fn of(all: &Records) -> io::Result<Self> {
        let mut written = Self::default();
        for at in 0..all.len() {
            let (row, id, begin) = (all.row(at), written.ids.len(), written.records.len());
            match row.is_own() {
                true => borsh::to_writer(&mut written.records, &all.own[row.record()])?,
                false => written.records.extend_from_slice(all.packed(row).ok_or(io::ErrorKind::InvalidData)?),
            }
            written.ids.extend_from_slice(all.id(at).as_bytes());
            let number = |length| u32::try_from(length).map_err(io::Error::other);
            let agent = written.agents.number(&all.agents.names[row.agent()]);
            written.rows.push(row.moved(number(begin)?, number(id)?, agent));
        }
        Ok(written)
    }
}
