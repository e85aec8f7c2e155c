//! The ledger of one memory commit, kept in a file: so that asking about one dream of ten thousand reads one. Checked by
//! checksums, thrown away on any doubt, never needed; a damaged record has the ledger read from history again.
//!
//! The file: a line with format and version; the lengths of three parts and a checksum over them; the commits of the
//! first-parent line, sorted; commits with the number of the dream that they belong to, sorted; the index; the records.

use super::lookup::{Row, homes};
use super::{Dreams, Ledger};
use crate::config::Environment;
use crate::model::{DreamId, ObjectId, SessionId};
use crate::store::Store;
use crate::store::dream::Dream;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = concat!("git-dream ledger 1 ", env!("CARGO_PKG_VERSION"), "\n");
/// Fewer commits than this are read faster than a file is written. Tests keep everything.
const WORTHWHILE: usize = if cfg!(feature = "faults") { 1 } else { 256 };
/// This many commits, or this part of those that are kept, may be read anew each time before all is kept again.
const NEW: usize = 256;
const SHARE: usize = 50;
const ID: usize = 20;
/// A commit and the number of its dream.
const HOME: usize = ID + 4;

/// Where a dream stands in the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(usize);

#[derive(Serialize, Deserialize)]
struct Index {
    tip: ObjectId,
    commits: usize,
    sessions: Vec<(SessionId, ObjectId)>,
    entries: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    id: DreamId,
    pub open: Option<ObjectId>,
    pub closed: Option<ObjectId>,
    /// Nothing for a dream that no list shows.
    row: Option<Row>,
    /// Numbers in the list of sessions.
    sessions: Vec<u32>,
    /// With what its own refs say.
    shown: Option<Record>,
    /// As memory alone tells it, where that is something else; none where memory does not name it.
    judged: Judged,
}

#[derive(Serialize, Deserialize)]
enum Judged {
    AsShown,
    As(Record),
    Unnamed,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
struct Record {
    at: u64,
    length: u32,
    checksum: u32,
}

pub(super) struct Kept {
    file: Mutex<File>,
    main: Vec<u8>,
    homes: Vec<u8>,
    index: Index,
    /// Where the records begin.
    records: u64,
    environment: Environment,
    git_dir: PathBuf,
    /// Read from history, when a record turns out to be damaged.
    whole: OnceLock<Option<Ledger>>,
}

fn path(store: &Store) -> PathBuf {
    store.common_dir().join("dream/cache/ledger")
}

impl Kept {
    pub fn open(store: &Store) -> Option<Self> {
        let mut file = File::open(path(store)).ok()?;
        let mut head = [0; MAGIC.len() + 3 * 8 + 4];
        file.read_exact(&mut head).ok()?;
        let (magic, lengths) = head.split_at(MAGIC.len());
        let (lengths, checksum) = lengths.split_at(3 * 8);
        let length = |nth: usize| usize::try_from(u64::from_le_bytes(lengths[nth * 8..][..8].try_into().ok()?)).ok();
        let (main, homes, index) = (length(0)?, length(1)?, length(2)?);
        let whole = main.checked_add(homes)?.checked_add(index)?;
        if magic != MAGIC.as_bytes() || whole as u64 > file.metadata().ok()?.len() {
            return None;
        }
        let mut bytes = vec![0; whole];
        file.read_exact(&mut bytes).ok()?;
        if crc32fast::hash(&bytes).to_le_bytes() != checksum {
            return None;
        }
        let index = postcard::from_bytes(&bytes[main + homes..]).ok()?;
        let records = (head.len() + whole) as u64;
        let homes = bytes[main..main + homes].to_vec();
        bytes.truncate(main);
        let (environment, git_dir) = (store.environment().clone(), store.git_dir().to_owned());
        Some(Self {
            file: Mutex::new(file),
            main: bytes,
            homes,
            index,
            records,
            environment,
            git_dir,
            whole: OnceLock::new(),
        })
    }

    pub fn tip(&self) -> ObjectId {
        self.index.tip
    }

    /// How many new commits are read before all is kept anew.
    pub fn worth_reading(&self) -> usize {
        NEW.max(self.index.commits / SHARE)
    }

    pub fn entry(&self, id: &DreamId) -> Option<&Entry> {
        let place = self.index.entries.binary_search_by(|entry| entry.id.cmp(id)).ok()?;
        self.index.entries.get(place)
    }

    /// Dreams that have refs of their own.
    pub fn with_refs(&self) -> impl Iterator<Item = &DreamId> {
        let entries = self.index.entries.iter().filter(|entry| entry.open.is_some() || entry.closed.is_some());
        entries.map(|entry| &entry.id)
    }

    pub fn rows(&self) -> impl Iterator<Item = (&Row, Place)> {
        let entries = self.index.entries.iter().enumerate();
        entries.filter_map(|(place, entry)| Some((entry.row.as_ref()?, Place(place))))
    }

    pub fn is_on_main(&self, id: ObjectId) -> bool {
        let (ids, _) = self.main.as_chunks::<ID>();
        ids.binary_search(id.as_bytes()).is_ok()
    }

    pub fn homes(&self, commit: ObjectId) -> impl Iterator<Item = &DreamId> {
        let (homes, _) = self.homes.as_chunks::<HOME>();
        let first = homes.partition_point(|home| home[..ID] < commit.as_bytes()[..]);
        let own = homes[first..].iter().take_while(move |home| home[..ID] == commit.as_bytes()[..]);
        own.filter_map(|home| {
            let number = u32::from_le_bytes(home[ID..].try_into().ok()?);
            self.index.entries.get(number as usize).map(|entry| &entry.id)
        })
    }

    pub fn sessions(&self, place: Place) -> impl Iterator<Item = u32> {
        self.index.entries.get(place.0).into_iter().flat_map(|entry| entry.sessions.iter().copied())
    }

    pub fn session(&self, number: u32) -> Option<(SessionId, ObjectId)> {
        self.index.sessions.get(number as usize).cloned()
    }

    /// A dream as a ledger shows it.
    pub fn dream(&self, place: Place, id: &DreamId) -> Option<Dream> {
        let kept = self.index.entries.get(place.0).and_then(|entry| self.read(entry.shown?));
        kept.or_else(|| {
            let again = || {
                let store = Store::open(&self.environment, &self.git_dir).ok()?;
                // The next command keeps it anew.
                let _ = fs::remove_file(path(&store));
                store.ledger(Some(self.index.tip)).ok()
            };
            self.whole.get_or_init(again).as_ref()?.get(id).cloned()
        })
    }

    /// A dream as memory alone tells it, if it does. Nothing at all where it cannot be read.
    pub fn judged(&self, id: &DreamId) -> Option<Option<Dream>> {
        let Some(entry) = self.entry(id) else { return Some(None) };
        match entry.judged {
            Judged::Unnamed => Some(None),
            Judged::As(record) => self.read(record).map(Some),
            Judged::AsShown => self.read(entry.shown?).map(Some),
        }
    }

    fn read(&self, Record { at, length, checksum }: Record) -> Option<Dream> {
        let mut file = self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        file.seek(SeekFrom::Start(self.records.checked_add(at)?)).ok()?;
        let mut bytes = Vec::new();
        (&*file).take(length.into()).read_to_end(&mut bytes).ok()?;
        (crc32fast::hash(&bytes) == checksum).then(|| postcard::from_bytes(&bytes).ok()).flatten()
    }
}

/// Keeps a ledger; of those dreams that memory alone tells in another way, also that.
pub(super) fn write(
    store: &Store,
    tip: ObjectId,
    commits: usize,
    main: &[ObjectId],
    judged: &BTreeMap<DreamId, Option<Dream>>,
    shown: &Dreams,
) -> io::Result<()> {
    if commits < WORTHWHILE {
        return Ok(());
    }
    let mut main = main.to_vec();
    main.sort_unstable();
    let main: Vec<u8> = main.iter().flat_map(|id| *id.as_bytes()).collect();
    let (index, records) = index(tip, commits, judged, shown)?;
    let numbers: BTreeMap<&DreamId, u32> = index.entries.iter().map(|entry| &entry.id).zip(0..).collect();
    let mut at_home: Vec<(ObjectId, u32)> = homes(shown)
        .into_iter()
        .flat_map(|(commit, ids)| {
            ids.into_iter().filter_map(|id| Some((commit, *numbers.get(&id)?))).collect::<Vec<_>>()
        })
        .collect();
    at_home.sort_unstable();
    let homes: Vec<u8> = at_home
        .iter()
        .flat_map(|(commit, number)| commit.as_bytes().iter().copied().chain(number.to_le_bytes()))
        .collect();
    let index = postcard::to_stdvec(&index).map_err(io::Error::other)?;
    let mut checksum = crc32fast::Hasher::new();
    [&main, &homes, &index].into_iter().for_each(|part| checksum.update(part));
    let path = path(store);
    let folder = path.parent().unwrap_or(&path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(MAGIC.as_bytes())?;
    for part in [&main, &homes, &index] {
        file.write_all(&(part.len() as u64).to_le_bytes())?;
    }
    file.write_all(&checksum.finalize().to_le_bytes())?;
    for part in [main, homes, index, records] {
        file.write_all(&part)?;
    }
    file.persist(path).map(drop).map_err(|error| error.error)
}

fn index(
    tip: ObjectId,
    commits: usize,
    judged: &BTreeMap<DreamId, Option<Dream>>,
    shown: &Dreams,
) -> io::Result<(Index, Vec<u8>)> {
    let mut records = Vec::new();
    let mut record = |dream: &Dream| {
        let bytes = postcard::to_stdvec(dream).map_err(io::Error::other)?;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let record = Record { at: records.len() as u64, length, checksum: crc32fast::hash(&bytes) };
        records.extend_from_slice(&bytes);
        Ok::<_, io::Error>(record)
    };
    let mut index = Index { tip, commits, sessions: Vec::new(), entries: Vec::new() };
    let mut known: BTreeMap<(SessionId, ObjectId), u32> = BTreeMap::new();
    let ids: BTreeSet<&DreamId> = judged.keys().chain(shown.keys()).collect();
    for id in ids {
        let dream = shown.get(id);
        let sessions = dream.into_iter().flat_map(|dream| dream.sessions()).map(|session| {
            *known.entry(session.clone()).or_insert_with(|| {
                index.sessions.push(session.clone());
                index.sessions.len() as u32 - 1
            })
        });
        let sessions = sessions.collect();
        let alone = match judged.get(id) {
            None => Judged::AsShown,
            Some(None) => Judged::Unnamed,
            Some(judged) if judged.as_ref() == dream => Judged::AsShown,
            Some(Some(judged)) => Judged::As(record(judged)?),
        };
        index.entries.push(Entry {
            id: id.clone(),
            open: dream.and_then(|dream| dream.open),
            closed: dream.and_then(|dream| dream.closed),
            row: dream.map(Row::of),
            sessions,
            shown: dream.map(&mut record).transpose()?,
            judged: alone,
        });
    }
    Ok((index, records))
}
