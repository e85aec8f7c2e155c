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
use crate::store::Store;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &[u8] = concat!("git-dream sessions 4 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();
/// Tree, four numbers and a checksum.
const HEAD: usize = 20 + 4 * 8 + 4;
/// Fewer records than this are read faster than a file is written. Tests keep nearly everything.
const WORTHWHILE: usize = if crate::FAULTS { 4 } else { 64 };
/// Room for rows that are new, so that those that are kept need not be moved elsewhere: this many, and this part of all.
const ROOM: usize = 64;
const SHARE: usize = 32;
/// This part of all records is read one by one; whoever asks for more gets them all at once.
const FEW: usize = 64;

/// Where the records are that nobody asked for yet.
pub(super) struct Kept {
    /// What they are the sessions of.
    tree: ObjectId,
    file: Mutex<File>,
    /// Where the records begin.
    begin: u64,
    length: usize,
    /// How many were asked for, and how many may be before all are read.
    asked: AtomicUsize,
    few: usize,
    all: OnceLock<Vec<u8>>,
    environment: Environment,
    git_dir: PathBuf,
    damaged: AtomicBool,
}

impl Kept {
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// The record of a session; nothing where it can be read nowhere.
    pub fn record(&self, row: Row<'_>, id: &str) -> Option<SessionRecord> {
        let kept = self.packed(row).and_then(|packed| borsh::from_slice(&packed).ok());
        kept.or_else(|| self.again(row, id)).or_else(|| {
            self.damaged.store(true, Ordering::Relaxed);
            None
        })
    }

    /// A record as it is packed, if it is what was kept.
    fn packed(&self, row: Row<'_>) -> Option<Cow<'_, [u8]>> {
        let (at, length) = (row.record(), row.packed());
        let end = at.checked_add(length).filter(|end| *end <= self.length)?;
        let many = self.asked.fetch_add(1, Ordering::Relaxed) >= self.few;
        let packed = match many || self.all.get().is_some() {
            // What is missing is found missing when it is asked for.
            true => Cow::Borrowed(self.all.get_or_init(|| self.read(0, self.length).unwrap_or_default()).get(at..end)?),
            false => Cow::Owned(self.read(at, length).ok()?),
        };
        (stamp_of(&packed)? == row.stamp()).then_some(packed)
    }

    fn read(&self, at: usize, length: usize) -> io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        file.seek(SeekFrom::Start(self.begin + at as u64))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
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
    fn read(file: &mut File) -> Option<(Self, u32)> {
        let mut bytes = [0; MAGIC.len() + HEAD];
        file.read_exact(&mut bytes).ok()?;
        let (tree, rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
        let (numbers, checksum) = rest.split_first_chunk::<{ 4 * 8 }>()?;
        let mut numbers = numbers.as_chunks().0.iter().map(|number| usize::try_from(u64::from_le_bytes(*number)).ok());
        let mut number = || numbers.next().flatten();
        let (rows, agents, ids, records) = (number()?, number()?, number()?, number()?);
        let head = Self { tree: ObjectId::from_bytes(*tree), rows, agents, ids, records };
        let whole = head.begin()?.checked_add(records as u64)?;
        (file.metadata().ok()?.len() == whole).then_some((head, u32::from_le_bytes(*checksum.first_chunk()?)))
    }

    /// Where the records begin.
    fn begin(&self) -> Option<u64> {
        let rows = self.rows.checked_mul(ROW)?;
        let all = (MAGIC.len() + HEAD).checked_add(rows)?.checked_add(self.agents)?.checked_add(self.ids)?;
        Some(all as u64)
    }

    fn bytes(&self) -> Vec<u8> {
        let numbers = [self.rows, self.agents, self.ids, self.records].map(|number| (number as u64).to_le_bytes());
        [self.tree.as_bytes(), numbers.as_flattened()].concat()
    }

    fn checksum(&self, rows: &[Bytes], agents: &[u8], ids: &[u8]) -> u32 {
        let mut checksum = crc32fast::Hasher::new();
        [&self.bytes(), rows.as_flattened(), agents, ids].iter().for_each(|bytes| checksum.update(bytes));
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

    /// The packed record of one that is kept.
    fn packed(&self, row: Row<'_>) -> Option<Cow<'_, [u8]>> {
        self.kept.as_ref()?.packed(row)
    }
}

impl Store {
    /// What is kept, with the tree that it was made of.
    pub(in crate::store) fn kept_records(&self) -> Option<(ObjectId, Records)> {
        let mut file = File::open(self.records_file()).ok()?;
        let (head, checksum) = Head::read(&mut file)?;
        let begin = head.begin()?;
        let mut rows = Vec::with_capacity(head.rows + ROOM + head.rows / SHARE);
        rows.resize(head.rows, [0; ROW]);
        file.read_exact(rows.as_flattened_mut()).ok()?;
        let (mut agents, mut ids) = (vec![0; head.agents], vec![0; head.ids]);
        file.read_exact(&mut agents).ok()?;
        file.read_exact(&mut ids).ok()?;
        if head.checksum(&rows, &agents, &ids) != checksum {
            return None;
        }
        let kept = Kept {
            tree: head.tree,
            file: Mutex::new(file),
            begin,
            length: head.records,
            asked: AtomicUsize::new(0),
            few: head.rows / FEW,
            all: OnceLock::new(),
            environment: self.environment().clone(),
            git_dir: self.git_dir().to_owned(),
            damaged: AtomicBool::new(false),
        };
        let agents = Agents::new(borsh::from_slice(&agents).ok()?);
        let (ids, read) = (String::from_utf8(ids).ok()?, Slots::new(head.rows));
        Some((head.tree, Records { rows, ids, agents, own: Vec::new(), kept: Some(kept), read }))
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
        file.write_all(&head.checksum(&rows, &agents, &ids).to_le_bytes())?;
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
                false => written.records.extend_from_slice(&all.packed(row).ok_or(io::ErrorKind::InvalidData)?),
            }
            written.ids.extend_from_slice(all.id(at).as_bytes());
            let number = |length| u32::try_from(length).map_err(io::Error::other);
            let agent = written.agents.number(&all.agents.names[row.agent()]);
            written.rows.push(row.moved(number(begin)?, number(id)?, agent));
        }
        Ok(written)
    }
}
