//! What is asked of every session, in so many bytes each: as it stands in the kept file, so that thirty thousand are
//! listed without one of them being unpacked.

use crate::model::{Moment, ObjectId, Part, SessionRecord};
use crate::text::probe::{Word, word};

pub(super) const ROW: usize = 74;
pub(super) type Bytes = [u8; ROW];

const WORD: usize = 0;
const STAMP: usize = 8;
const BLOB: usize = 16;
const HAPPENED: usize = 36;
const IMPORTED: usize = 48;
/// Where its record begins among those that are kept, or its number among those that are at hand.
const RECORD: usize = 60;
/// Where its id begins among those that are kept.
const ID: usize = 64;
const AGENT: usize = 68;
const LENGTH: usize = 72;
const FLAGS: usize = 73;

/// Its newest version can still be read.
const KEPT: u8 = 1;
const AS_IMPORTED: u8 = 1 << 1;
/// There is a transcript.
const NAMED: u8 = 1 << 2;
/// Its last part had other blobs before.
const RENAMED: u8 = 1 << 3;
/// Its record is at hand.
const OWN: u8 = 1 << 4;

/// What tells the states of one session apart, of its packed record: length and checksum.
pub(super) fn stamp_of(packed: &[u8]) -> Option<u64> {
    Some(u64::from(u32::try_from(packed.len()).ok()?) << 32 | u64::from(crc32fast::hash(packed)))
}

#[derive(Clone, Copy)]
pub(super) struct Row<'r>(pub &'r Bytes);

impl Row<'_> {
    fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        *self.0[at..].first_chunk().expect("no field ends behind the row")
    }

    fn number(self, at: usize) -> usize {
        u32::from_le_bytes(self.bytes(at)) as usize
    }

    fn moment(self, at: usize) -> Moment {
        Moment::new(i64::from_le_bytes(self.bytes(at)), u32::from_le_bytes(self.bytes(at + 8)))
    }

    fn has(self, flag: u8) -> bool {
        self.0[FLAGS] & flag != 0
    }

    pub fn word(self) -> Word {
        Word::from_le_bytes(self.bytes(WORD))
    }

    pub fn stamp(self) -> u64 {
        u64::from_le_bytes(self.bytes(STAMP))
    }

    /// The last part of the transcript, by its present blob.
    pub fn blob(self) -> Option<ObjectId> {
        self.has(NAMED).then(|| ObjectId::from_bytes(self.bytes(BLOB)))
    }

    pub fn happened(self) -> Moment {
        self.moment(HAPPENED)
    }

    pub fn imported(self) -> Moment {
        self.moment(IMPORTED)
    }

    pub fn record(self) -> usize {
        self.number(RECORD)
    }

    /// How long its packed record is.
    pub fn packed(self) -> usize {
        (self.stamp() >> 32) as usize
    }

    pub fn id(self) -> std::ops::Range<usize> {
        let begin = self.number(ID);
        begin..begin + usize::from(self.0[LENGTH])
    }

    pub fn agent(self) -> usize {
        self.number(AGENT)
    }

    pub fn is_kept(self) -> bool {
        self.has(KEPT)
    }

    pub fn is_as_imported(self) -> bool {
        self.has(AS_IMPORTED)
    }

    pub fn is_renamed(self) -> bool {
        self.has(RENAMED)
    }

    pub fn is_own(self) -> bool {
        self.has(OWN)
    }

    /// The same session, with its record and its id elsewhere.
    pub fn moved(self, record: u32, id: u32, agent: u32) -> Bytes {
        let mut row = *self.0;
        put(&mut row, RECORD, record.to_le_bytes());
        put(&mut row, ID, id.to_le_bytes());
        put(&mut row, AGENT, agent.to_le_bytes());
        row[FLAGS] &= !OWN;
        row
    }
}

fn put<const N: usize>(row: &mut Bytes, at: usize, bytes: [u8; N]) {
    row[at..at + N].copy_from_slice(&bytes);
}

fn put_moment(row: &mut Bytes, at: usize, moment: Moment) {
    put(row, at, moment.seconds.to_le_bytes());
    put(row, at + 8, moment.nanoseconds.to_le_bytes());
}

/// The row of a record that is at hand. What cannot be packed has a stamp that nothing else has: its length would be none.
pub(super) fn of(record: &SessionRecord, number: u32, agent: u32) -> Bytes {
    let mut row = [0; ROW];
    put(&mut row, WORD, word(record.id.as_str()).to_le_bytes());
    put(&mut row, STAMP, record_stamp(record).unwrap_or_default().to_le_bytes());
    put_moment(&mut row, HAPPENED, record.happened().into());
    put_moment(&mut row, IMPORTED, record.imported.into());
    put(&mut row, RECORD, number.to_le_bytes());
    put(&mut row, AGENT, agent.to_le_bytes());
    // No id is longer than 120 characters, and none that is would be found by what is cut off.
    row[LENGTH] = u8::try_from(record.id.as_str().len()).unwrap_or(u8::MAX);
    let part = record.current().and_then(|version| version.parts.last());
    if let Some(Part { blob, was, .. }) = part {
        put(&mut row, BLOB, *blob.as_bytes());
        row[FLAGS] |= if was.is_empty() { NAMED } else { NAMED | RENAMED };
    }
    let flags = [(record.is_kept(), KEPT), (record.is_as_imported(), AS_IMPORTED), (true, OWN)];
    flags.iter().filter(|(is, _)| *is).for_each(|(_, flag)| row[FLAGS] |= flag);
    row
}

/// [`stamp_of`] what a record is packed as; nothing where it cannot be packed.
pub fn record_stamp(record: &SessionRecord) -> Option<u64> {
    thread_local!(static PACKED: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) });
    PACKED.with_borrow_mut(|packed| {
        packed.clear();
        borsh::to_writer(&mut *packed, record).ok()?;
        stamp_of(packed)
    })
}
