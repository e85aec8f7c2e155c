//! The ledger of one memory commit, kept in a file: so that asking about one dream of ten thousand reads one. Checked by
//! checksums, thrown away on any doubt, never needed; a damaged record has the ledger read from history again.
//!
//! The file: a line with format and version; the lengths of six parts and a checksum over them; what is known of the
//! whole; the commits of the first-parent line, sorted; commits with the number of the dream that they belong to,
//! sorted; dreams by id, with where each entry ends; the entries; the sessions, as hash and blob, by hash; and then the
//! records, behind each the sessions that its dream read where they are many.

mod write;

pub(super) use write::{write, write_since};

use super::lookup::Row;
use super::parts::Parts;
use super::{Dreams, Ledger, sessions_read};
use crate::config::Environment;
use crate::model::{DreamId, ObjectId};
use crate::store::dream::Dream;
use crate::store::listed::Listed;
use crate::store::slots::Slots;
use crate::store::stamp::Stamp;
use crate::store::{Mapped, Store};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = concat!("git-dream ledger 8 ", env!("CARGO_PKG_VERSION"), "\n");
/// Fewer commits than this are read faster than a file is written. Tests keep everything.
const WORTHWHILE: usize = if crate::FAULTS { 1 } else { 64 };
/// This many commits, or this part of those that are kept, may be read anew each time before all is kept again.
const NEW: usize = if crate::FAULTS { 3 } else { 64 };
const SHARE: usize = 50;
const ID: usize = 20;
/// A commit and the number of its dream.
const HOME: usize = ID + 4;
/// A dream's id, whether a list shows it, and where its entry ends.
const NAME: usize = "2026-05-06-k3f9".len();
const LINE: usize = NAME + 1 + 4;
const PARTS: usize = 6;
const HEAD: usize = MAGIC.len() + PARTS * 8 + 4;
/// The parts by their places.
const MAIN: usize = 1;
const HOMES: usize = 2;
const LINES: usize = 3;
const ENTRIES: usize = 4;
const SESSIONS: usize = 5;

/// Where a dream stands among all that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(usize);

impl Place {
    pub fn of(number: usize) -> Self {
        Self(number)
    }

    pub fn number(self) -> usize {
        self.0
    }
}

/// What is known of the whole.
#[derive(Serialize, Deserialize)]
struct Known {
    tip: ObjectId,
    commits: usize,
    /// Of all dreams together.
    sessions: usize,
    /// Whether each session was read by a dream that stands.
    are_all_named: bool,
    /// Dreams that have refs of their own.
    with_refs: Vec<DreamId>,
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
    bytes: Bytes,
    /// The sessions that the dream read, where they stand behind it: few ask for them.
    sessions: Option<Bytes>,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
struct Bytes {
    length: u32,
    checksum: u32,
}

pub(super) struct Kept {
    /// Names these very bytes, but for the records.
    pub id: ObjectId,
    parts: Parts<PARTS>,
    known: Known,
    environment: Environment,
    git_dir: PathBuf,
    /// Entries that were asked for.
    read: Slots<Option<Box<Entry>>>,
    /// Read from history, when a record turns out to be damaged.
    whole: OnceLock<Option<Ledger>>,
}

fn path(store: &Store) -> PathBuf {
    store.common_dir().join("dream/cache/ledger")
}

impl Kept {
    pub fn open(store: &Store) -> Option<Arc<Self>> {
        let path = path(store);
        let file = File::open(&path).ok()?;
        let bytes = Mapped::of(&file).ok()?;
        let head = bytes.get(..HEAD)?;
        let id = ObjectId::of_blob(head);
        let (magic, lengths) = head.split_at(MAGIC.len());
        let (lengths, checksum) = lengths.split_at(PARTS * 8);
        if magic != MAGIC.as_bytes() {
            return None;
        }
        let mut all = [0; PARTS];
        for (length, bytes) in all.iter_mut().zip(lengths.as_chunks::<8>().0) {
            *length = u64::from_le_bytes(*bytes);
        }
        let checksum = u32::from_le_bytes(checksum.try_into().ok()?);
        let length = all.iter().fold(0, |sum: u64, length| sum.saturating_add(*length));
        let parts = Parts::open(bytes.clone(), HEAD, all)?;
        if !Stamp::vouches(&file, &path, (id, length), || parts.check(checksum).is_some()) {
            return None;
        }
        let known = postcard::from_bytes(parts.all(0)).ok()?;
        let read = Slots::new(parts.len(LINES) / LINE);
        let (environment, git_dir) = (store.environment().clone(), store.git_dir().to_owned());
        let whole = OnceLock::new();
        Some(Arc::new(Self { id, parts, known, environment, git_dir, read, whole }))
    }

    pub fn tip(&self) -> ObjectId {
        self.known.tip
    }

    /// How many new commits are read each time before all is kept anew.
    pub fn worth_reading(&self) -> usize {
        NEW.max(self.known.commits / SHARE)
    }

    /// Whether so much is known of these dreams beside what is kept that all is better kept anew than they are read again
    /// each time.
    pub fn is_outgrown(&self, by: &Dreams) -> bool {
        let new: usize = by.values().map(|dream| dream.changes.len() + dream.sessions().len()).sum();
        new > (4 * NEW).max((self.known.commits + self.known.sessions) / SHARE)
    }

    /// One line for each dream, by id.
    fn lines(&self) -> &[[u8; LINE]] {
        self.parts.all(LINES).as_chunks().0
    }

    /// How many dreams are kept, shown or not.
    pub fn len(&self) -> usize {
        self.read.len()
    }

    pub fn place(&self, id: &DreamId) -> Option<Place> {
        let line = |at| self.parts.get(LINES, at * LINE..(at + 1) * LINE);
        let at = Self::first(self.len(), |at| line(at).is_some_and(|line| &line[..NAME] < id.as_str().as_bytes()));
        line(at).is_some_and(|line| &line[..NAME] == id.as_str().as_bytes()).then_some(Place(at))
    }

    /// The dreams that a list shows, by id.
    pub fn shown(&self) -> impl Iterator<Item = Place> {
        self.lines().iter().enumerate().filter(|(_, line)| line[NAME] == 1).map(|(at, _)| Place(at))
    }

    fn at(&self, place: Place) -> Option<&Entry> {
        let read = || {
            let end = |at: usize| -> Option<usize> {
                let end = self.parts.get(LINES, at * LINE + NAME + 1..(at + 1) * LINE)?;
                Some(u32::from_le_bytes(end.try_into().ok()?) as usize)
            };
            let begin = place.0.checked_sub(1).map_or(Some(0), end)?;
            postcard::from_bytes(self.parts.get(ENTRIES, begin..end(place.0)?)?).ok().map(Box::new)
        };
        self.read.get_or_init(place.0, read)?.as_deref()
    }

    /// The first of so many sorted rows that does not come before what is looked for.
    fn first(rows: usize, before: impl Fn(usize) -> bool) -> usize {
        let (mut low, mut high) = (0, rows);
        while low < high {
            let middle = low.midpoint(high);
            match before(middle) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    pub fn entry(&self, id: &DreamId) -> Option<&Entry> {
        self.at(self.place(id)?)
    }

    /// Dreams that have refs of their own.
    pub fn with_refs(&self) -> impl Iterator<Item = &DreamId> {
        self.known.with_refs.iter()
    }

    pub fn id(&self, place: Place) -> Option<&DreamId> {
        self.at(place).map(|entry| &entry.id)
    }

    pub fn row(&self, place: Place) -> Option<&Row> {
        self.at(place)?.row.as_ref()
    }

    /// The commits of the first-parent line, sorted.
    fn main(&self) -> impl Iterator<Item = ObjectId> {
        self.parts.all(MAIN).as_chunks::<ID>().0.iter().map(|id| ObjectId::from_bytes(*id))
    }

    pub fn is_on_main(&self, id: ObjectId) -> bool {
        let (ids, _) = self.parts.all(MAIN).as_chunks::<ID>();
        ids.binary_search(id.as_bytes()).is_ok()
    }

    pub fn homes(&self, commit: ObjectId) -> impl Iterator<Item = Place> {
        let home = |at: usize| self.parts.get(HOMES, at * HOME..(at + 1) * HOME);
        let before = |at| home(at).is_some_and(|home| home[..ID] < commit.as_bytes()[..]);
        let own = (Self::first(self.parts.len(HOMES) / HOME, before)..)
            .map_while(home)
            .take_while(move |home| home[..ID] == commit.as_bytes()[..]);
        own.filter_map(|home| Some(Place(u32::from_le_bytes(home[ID..].try_into().ok()?) as usize)))
    }

    pub fn sessions(&self, place: Place) -> impl Iterator<Item = u32> {
        self.at(place).into_iter().flat_map(|entry| entry.sessions.iter().copied())
    }

    /// Whether each numbered session was read by a dream that stood then.
    pub fn are_all_named(&self) -> bool {
        self.known.are_all_named
    }

    /// How many sessions are numbered.
    pub fn count_sessions(&self) -> usize {
        self.parts.len(SESSIONS) / sessions_read::ROW
    }

    /// Of each session by its number: its [row](sessions_read::Row), in the order of their hashes.
    pub fn all_sessions(&self) -> Option<Mapped> {
        self.parts.part(SESSIONS)
    }

    /// A dream as a ledger shows it.
    pub fn dream(self: &Arc<Self>, place: Place) -> Option<Dream> {
        let entry = self.at(place)?;
        let again = || self.again()?.get(&entry.id).cloned();
        entry.shown.and_then(|record| self.read(&entry.id, record)).or_else(again)
    }

    /// The ledger as history tells it, where what is kept of it is damaged.
    fn again(&self) -> Option<&Ledger> {
        let again = || {
            let store = Store::open(&self.environment, &self.git_dir).ok()?;
            // The next command keeps it anew.
            let _ = fs::remove_file(path(&store));
            store.ledger(Some(self.known.tip)).ok()
        };
        self.whole.get_or_init(again).as_ref()
    }

    /// A dream as memory alone tells it, if it does. Nothing at all where it cannot be read.
    pub fn judged(self: &Arc<Self>, id: &DreamId) -> Option<Option<Dream>> {
        let Some(entry) = self.entry(id) else { return Some(None) };
        match entry.judged {
            Judged::Unnamed => Some(None),
            Judged::As(record) => self.read(id, record).map(Some),
            Judged::AsShown => self.read(id, entry.shown?).map(Some),
        }
    }

    fn read(self: &Arc<Self>, id: &DreamId, record: Record) -> Option<Dream> {
        let mut dream: Dream = postcard::from_bytes(self.bytes(record.at, record.bytes)?).ok()?;
        if let (Some(sessions), Some(review)) = (record.sessions, &mut dream.review) {
            let (kept, id, at) = (Arc::clone(self), id.clone(), record.at + u64::from(record.bytes.length));
            review.sessions = Listed::elsewhere(move || {
                let again = || kept.again()?.get(&id)?.review.as_ref()?.sessions.packed().ok().map(Cow::into_owned);
                kept.bytes(at, sessions).map(<[u8]>::to_vec).or_else(again).unwrap_or_default()
            });
        }
        Some(dream)
    }

    /// Some bytes of the records; nothing unless they are what was written.
    fn bytes(&self, at: u64, Bytes { length, checksum }: Bytes) -> Option<&[u8]> {
        let bytes = self.parts.rest(usize::try_from(at).ok()?, length as usize)?;
        (crc32fast::hash(bytes) == checksum).then_some(bytes)
    }
}
