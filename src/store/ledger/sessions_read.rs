//! The sessions that dreams have read. A night asks it of every session that there is, so it is neither hashed nor
//! searched: a hash says itself where to look.

use crate::model::{ObjectId, SessionId};
use crate::text::probe::{Word, word};
use std::ops::Range;

/// Sessions that dreams read, each up to some blob. A session is known by the hash of its id: of two with one hash and the
/// same transcript the later is taken for read, and it says the same.
#[derive(Debug, Default)]
pub struct SessionsRead {
    /// Put together by the first bits of their hashes.
    sessions: Vec<(Word, ObjectId)>,
    /// Where those with each first bits begin, and in the end how many there are.
    begins: Vec<u32>,
    /// All but the first bits.
    rest: u32,
}

impl SessionsRead {
    /// Whether a dream read a session up to this blob.
    pub fn contains(&self, session: &SessionId, blob: ObjectId) -> bool {
        self.contains_word(word(session.as_str()), blob)
    }

    /// The same, by the hash of the session's id.
    pub fn contains_word(&self, session: Word, blob: ObjectId) -> bool {
        self.sessions[self.near(session)].contains(&(session, blob))
    }

    /// Those with the same first bits.
    fn near(&self, session: Word) -> Range<usize> {
        let first = (session >> self.rest) as usize;
        let [begin, end] = self.begins.get(first..).and_then(<[u32]>::first_chunk).copied().unwrap_or_default();
        begin as usize..end as usize
    }

    /// Has memory at hand what a session will be looked for in.
    pub fn fetch(&self, session: Word) {
        std::hint::black_box(self.sessions.get(self.near(session).start).map(|(word, _)| *word));
    }

    fn sorted(&self) -> Vec<(Word, ObjectId)> {
        let mut sorted = self.sessions.clone();
        sorted.sort_unstable();
        sorted.dedup();
        sorted
    }
}

/// The same sessions, in whatever order they came.
impl PartialEq for SessionsRead {
    fn eq(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }
}

impl From<Vec<(Word, ObjectId)>> for SessionsRead {
    fn from(read: Vec<(Word, ObjectId)>) -> Self {
        // About one session for each.
        let bits = read.len().next_power_of_two().ilog2().max(1);
        let rest = Word::BITS - bits;
        let first = |session: Word| (session >> rest) as usize;
        let mut begins = vec![0; (1 << bits) + 1];
        for (session, _) in &read {
            begins[first(*session) + 1] += 1;
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let (mut ends, mut sessions) = (begins.clone(), vec![(0, ObjectId::ZERO); read.len()]);
        for (session, blob) in read {
            let end: &mut u32 = &mut ends[first(session)];
            sessions[*end as usize] = (session, blob);
            *end += 1;
        }
        Self { sessions, begins, rest }
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
}
