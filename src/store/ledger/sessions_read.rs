//! The sessions that dreams have read. Who asks it of every session that there is neither hashes nor searches: a hash
//! says itself where to look.

use crate::model::{ObjectId, SessionId};
use crate::store::Mapped;
use crate::text::probe::{Word, word};
use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::BTreeSet;
use std::ops::{Deref, Range};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A session by its hash, and the blob up to which it was read, as it stands in the kept ledger.
pub(super) const ROW: usize = 8 + 20;
pub(super) type Row = [u8; ROW];

pub(super) fn row(session: Word, blob: ObjectId) -> Row {
    let mut row = [0; ROW];
    row[..8].copy_from_slice(&session.to_le_bytes());
    row[8..].copy_from_slice(blob.as_bytes());
    row
}

pub(super) fn hash(row: &Row) -> Word {
    Word::from_le_bytes(*row.first_chunk().expect("a row begins with a hash"))
}

/// So many are searched for; for more it is found out where those with each first bits begin.
const FEW: usize = if crate::FAULTS { 2 } else { 64 };

/// Sessions that dreams read, each up to some blob. A session is known by the hash of its id: of two with one hash and the
/// same transcript the later is taken for read, and it says the same.
#[derive(Debug, Default)]
pub struct SessionsRead {
    /// What is kept, and what is newer.
    tables: Vec<Table>,
    /// The ledger that is kept.
    kept: Option<ObjectId>,
}

/// What dreams had read at one time.
#[derive(Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReadMark {
    kept: Option<ObjectId>,
    /// A hash of which sessions of the kept ledger count; zeros for all.
    named: [u8; 32],
    /// In their order.
    more: Vec<Row>,
}

impl ReadMark {
    /// Whether all that dreams had read then is read now; perhaps not told where it is.
    pub fn is_part_of(&self, now: &Self) -> bool {
        let mut rows = now.more.iter();
        (self.kept, self.named) == (now.kept, now.named) && self.more.iter().all(|row| rows.any(|now| now == row))
    }
}

/// Rows as bytes.
#[derive(Debug)]
enum Rows {
    Own(Vec<u8>),
    /// Where they lie in the kept ledger.
    Kept(Mapped),
}

impl Deref for Rows {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(rows) => rows,
            Self::Kept(rows) => rows,
        }
    }
}

/// Rows in the order of their hashes.
#[derive(Debug)]
struct Table {
    rows: Rows,
    /// Which of them count; nothing for all.
    named: Option<Vec<bool>>,
    begins: OnceLock<Begins>,
    asked: AtomicUsize,
}

/// Where those with each first bits begin, and in the end how many there are.
#[derive(Debug)]
struct Begins {
    places: Vec<u32>,
    /// All but the first bits.
    rest: u32,
}

impl Begins {
    fn of(rows: &[Row]) -> Self {
        // About one session for each.
        let bits = rows.len().next_power_of_two().ilog2().max(1);
        let rest = Word::BITS - bits;
        let mut places = vec![0; (1 << bits) + 1];
        rows.iter().for_each(|row| places[(hash(row) >> rest) as usize + 1] += 1);
        for at in 1..places.len() {
            places[at] += places[at - 1];
        }
        Self { places, rest }
    }

    fn near(&self, session: Word) -> Range<usize> {
        let first = (session >> self.rest) as usize;
        let [begin, end] = self.places.get(first..).and_then(<[u32]>::first_chunk).copied().unwrap_or_default();
        begin as usize..end as usize
    }
}

impl Table {
    fn new(rows: Rows, named: Option<Vec<bool>>) -> Self {
        Self { rows, named, begins: OnceLock::new(), asked: AtomicUsize::new(0) }
    }

    fn all(&self) -> &[Row] {
        self.rows.as_chunks().0
    }

    /// Rows among which are all of this session.
    fn near(&self, session: Word) -> Range<usize> {
        if self.begins.get().is_none() && self.asked.fetch_add(1, Ordering::Relaxed) < FEW {
            let (all, begin) = (self.all(), self.all().partition_point(|row| hash(row) < session));
            let same = all[begin..].iter().take_while(|row| hash(row) == session).count();
            return begin..begin + same;
        }
        self.begins.get_or_init(|| Begins::of(self.all())).near(session)
    }

    fn contains(&self, looked_for: &Row) -> bool {
        self.near(hash(looked_for)).any(|at| self.all().get(at) == Some(looked_for) && self.counts(at))
    }

    fn counts(&self, at: usize) -> bool {
        self.named.as_ref().is_none_or(|named| named.get(at).copied().unwrap_or_default())
    }

    /// Those that count.
    fn named(&self) -> impl Iterator<Item = Row> {
        self.all().iter().enumerate().filter(|(at, _)| self.counts(*at)).map(|(_, row)| *row)
    }
}

impl SessionsRead {
    /// Rows in the order of their hashes, of which some count, or all, and more in any order.
    pub(super) fn of(kept: ObjectId, rows: Mapped, named: Option<Vec<bool>>, more: Vec<(Word, ObjectId)>) -> Self {
        let mut all = Self { kept: Some(kept), ..Self::from(more) };
        all.tables.push(Table::new(Rows::Kept(rows), named.filter(|named| named.contains(&false))));
        all
    }

    /// Whether a dream read a session up to this blob.
    pub fn contains(&self, session: &SessionId, blob: ObjectId) -> bool {
        self.contains_word(word(session.as_str()), blob)
    }

    /// The same, by the hash of the session's id.
    pub fn contains_word(&self, session: Word, blob: ObjectId) -> bool {
        let row = row(session, blob);
        self.tables.iter().any(|table| table.contains(&row))
    }

    /// What they are, in few bytes unless much of it is not kept.
    pub fn mark(&self) -> ReadMark {
        let mut mark = ReadMark { kept: self.kept, named: [0; 32], more: Vec::new() };
        for table in &self.tables {
            match (&table.rows, &table.named) {
                (Rows::Own(_), _) => mark.more.extend_from_slice(table.all()),
                (Rows::Kept(_), None) => {}
                (Rows::Kept(_), Some(named)) => {
                    let named: Vec<u8> = named.iter().map(|named| u8::from(*named)).collect();
                    mark.named = *blake3::hash(&named).as_bytes();
                }
            }
        }
        mark.more.dedup();
        mark
    }

    /// Has memory at hand what a session will be looked for in.
    pub fn fetch(&self, session: Word) {
        let near = |table: &Table| table.rows.get(table.near(session).start * ROW).copied();
        std::hint::black_box(self.tables.last().and_then(near));
    }
}

/// The same sessions, however they came.
impl PartialEq for SessionsRead {
    fn eq(&self, other: &Self) -> bool {
        let all = |read: &Self| read.tables.iter().flat_map(Table::named).collect::<BTreeSet<Row>>();
        all(self) == all(other)
    }
}

impl From<Vec<(Word, ObjectId)>> for SessionsRead {
    fn from(mut read: Vec<(Word, ObjectId)>) -> Self {
        if read.is_empty() {
            return Self::default();
        }
        read.sort_unstable();
        let rows: Vec<Row> = read.into_iter().map(|(session, blob)| row(session, blob)).collect();
        Self { tables: vec![Table::new(Rows::Own(rows.concat()), None)], kept: None }
    }
}

impl<'s> FromIterator<(&'s SessionId, ObjectId)> for SessionsRead {
    fn from_iter<T: IntoIterator<Item = (&'s SessionId, ObjectId)>>(read: T) -> Self {
        read.into_iter().map(|(session, blob)| (word(session.as_str()), blob)).collect::<Vec<_>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn those_that_were_read_are_found_and_no_others() {
        let session = |number: usize| SessionId::new(&format!("s-{number}")).expect("an id");
        let blob = |number: usize| ObjectId::of_blob(&number.to_le_bytes());
        for many in [0, 1, 2, 3, 100, 1000] {
            let mut read: Vec<_> = (0..many).map(|number| (session(number), blob(number % 7))).collect();
            // Some up to two blobs, some twice.
            read.extend((0..many / 3).map(|number| (session(number), blob(number % 5))));
            let all: HashSet<_> = read.iter().cloned().collect();
            let found: SessionsRead = read.iter().map(|(session, blob)| (session, *blob)).collect();
            for (session, blob) in (0..many + 50).flat_map(|number| (0..7).map(move |nth| (session(number), blob(nth))))
            {
                assert_eq!(found.contains(&session, blob), all.contains(&(session, blob)), "of {many}");
            }
            assert_eq!(found, read.iter().rev().map(|(session, blob)| (session, *blob)).collect());
        }
        let alone = SessionsRead::from_iter([(&session(1), blob(1))]);
        assert_ne!(alone, SessionsRead::default());
        assert!(!SessionsRead::default().contains(&session(1), blob(1)));
        let last = SessionsRead::from(vec![(Word::MAX, blob(1)), (0, blob(2))]);
        assert!(last.contains_word(Word::MAX, blob(1)) && last.contains_word(0, blob(2)));
    }

    #[test]
    fn a_mark_tells_whether_what_was_read_then_is_read_now() {
        let blob = ObjectId::of_blob(b"a");
        let rows = [row(1, blob), row(2, blob)];
        let read = |kept: &[u8], named: [bool; 2], more: &[Word]| {
            let more = more.iter().map(|word| (*word, blob)).collect();
            SessionsRead::of(ObjectId::of_blob(kept), Mapped::with(&rows.concat()), Some(named.into()), more).mark()
        };
        let then = read(b"x", [true, false], &[9, 5]);
        for (now, is_part) in [
            (read(b"x", [true, false], &[5, 9]), true),
            (read(b"x", [true, false], &[7, 5, 9, 9]), true),
            (read(b"x", [true, false], &[7, 9]), false),
            (read(b"x", [true, true], &[5, 9]), false),
            (read(b"y", [true, false], &[5, 9]), false),
            (SessionsRead::from(vec![(5, blob), (9, blob)]).mark(), false),
        ] {
            assert_eq!(then.is_part_of(&now), is_part, "{now:?}");
        }
        assert!(read(b"x", [true, false], &[]).is_part_of(&then));
        // Whether it was found out that all of them count, or known without a look.
        let all = SessionsRead::of(ObjectId::of_blob(b"x"), Mapped::with(&rows.concat()), None, Vec::new());
        assert_eq!(all.mark(), read(b"x", [true, true], &[]));
    }

    #[test]
    fn of_what_is_kept_only_that_counts_which_a_dream_that_stands_names() {
        let blob = ObjectId::of_blob(b"a");
        let mut rows: Vec<Row> = (0..100).map(|nth: u64| row(nth << 57 | nth, blob)).collect();
        rows.sort_unstable_by_key(hash);
        let named = (0..100).map(|nth| nth % 3 > 0).collect();
        let more = vec![(hash(&rows[3]), blob), (5, blob)];
        let read = SessionsRead::of(blob, Mapped::with(&rows.concat()), Some(named), more);
        for (nth, row) in rows.iter().enumerate() {
            assert_eq!(read.contains_word(hash(row), blob), nth % 3 > 0 || nth == 3, "{nth}");
            assert!(!read.contains_word(hash(row), ObjectId::ZERO));
        }
        assert!(read.contains_word(5, blob) && !read.contains_word(6, blob));
        // Rows that lie in no order are not all found, and nothing worse.
        rows.reverse();
        let read = SessionsRead::of(blob, Mapped::with(&rows.concat()), Some(vec![true; 3]), Vec::new());
        assert!(rows.iter().filter(|row| read.contains_word(hash(row), blob)).count() <= 3);
    }
}
