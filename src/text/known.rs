//! What was worked out of texts before, by a hash of each: a night reads thousands of notes of which a few are new. The
//! bytes may be kept anywhere and thrown away at any time; they change no result. Refuses bytes that another version of
//! these sources made.

use super::table::seek;
use super::{Meaning, Told};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex};

/// All that decides what is worked out: where one of these changes, nothing older is believed.
const SOURCES: [&str; 13] = [
    include_str!("known.rs"),
    include_str!("layers.rs"),
    include_str!("table.rs"),
    include_str!("told.rs"),
    include_str!("meaning.rs"),
    include_str!("clause.rs"),
    include_str!("words.rs"),
    include_str!("sentence.rs"),
    include_str!("amount.rs"),
    include_str!("frame.rs"),
    include_str!("likeness.rs"),
    include_str!("probe.rs"),
    env!("CARGO_PKG_VERSION"),
];
/// Fewer texts than this are worked out faster than a file is written. Tests keep everything.
const WORTHWHILE: usize = if crate::FAULTS { 1 } else { 128 };
/// This many texts, or this part of all, may be worked out anew each time before all are kept again.
const NEW: usize = if crate::FAULTS { 0 } else { 32 };
const SHARE: usize = 50;
const KEY: usize = 16;
/// A key, and where its bytes end.
const ROW: usize = KEY + 8;
/// The sources' hash, the number of rows and a checksum.
const HEAD: usize = 20 + 8 + 4;

/// Names a text, or whatever else was hashed.
pub type Key = [u8; KEY];

static VERSION: LazyLock<[u8; 20]> = LazyLock::new(|| {
    let mut hash = Sha1::new();
    SOURCES.iter().for_each(|source| hash.update(source));
    hash.finalize().into()
});

/// Names the version of these sources, for whoever keeps what was worked out elsewhere.
pub fn version() -> &'static [u8; 20] {
    &VERSION
}

/// A name made of all of these.
pub fn named(parts: &[&[u8]]) -> Key {
    let mut hash = Sha1::new();
    parts.iter().for_each(|part| hash.update(part));
    short(hash)
}

/// A name of what a text tells.
pub fn name_of(text: &str) -> Key {
    named(&[b"t", text.as_bytes()])
}

/// The beginning of a hash, as a name.
pub fn short(hash: Sha1) -> Key {
    let hash: [u8; 20] = hash.finalize().into();
    *hash.first_chunk().expect("a hash is longer than a key")
}

/// Bytes that are kept somewhere.
pub type Bytes = Box<dyn Deref<Target = [u8]> + Send + Sync>;

/// What is known of texts, and what is learnt.
#[derive(Default)]
pub struct Known {
    texts: Lot,
    /// Few and large, and seldom others: apart from the texts, of which every night learns some.
    states: Lot,
    /// Whether a state is worth keeping again.
    is_behind: AtomicBool,
}

impl Known {
    /// What [`Known::to_keep`] and [`Known::states_to_keep`] gave; nothing known where bytes are of another version, or
    /// texts are damaged. Whether states [are whole](is_whole) is for who has them to find out: they are large.
    pub fn read(texts: Option<Bytes>, states: Option<Bytes>) -> Self {
        let texts = texts.filter(|texts| is_whole(texts));
        Self { texts: Lot::read(texts), states: Lot::read(states), is_behind: AtomicBool::new(false) }
    }

    /// Worked out of the text, now or before; and the text's name.
    pub fn told(&self, text: &str) -> (Key, Told<'_>) {
        let key = name_of(text);
        if let Some(bytes) = self.texts.find(&key) {
            return (key, Told::kept(bytes));
        }
        let made = Told::of(text);
        self.texts.learn(key, made.bytes.to_vec());
        (key, made)
    }

    /// What a text of this name tells, where it was worked out before.
    pub fn told_before(&self, key: &Key) -> Option<Told<'_>> {
        self.texts.find(key).map(Told::kept)
    }

    pub fn meaning(&self, text: &str) -> Meaning {
        let key = named(&[b"m", text.as_bytes()]);
        self.noted(&key).unwrap_or_else(|| {
            let made = Meaning::of(text);
            self.note(key, &made);
            made
        })
    }

    /// What was noted under a name before.
    pub fn noted<T: for<'de> Deserialize<'de>>(&self, key: &Key) -> Option<T> {
        if let Some(kept) = self.texts.find(key) {
            return postcard::from_bytes(kept).ok();
        }
        let new = self.texts.new.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        postcard::from_bytes(new.get(key)?).ok()
    }

    pub fn note(&self, key: Key, what: &impl Serialize) {
        if let Ok(bytes) = postcard::to_stdvec(what) {
            self.texts.learn(key, bytes);
        }
    }

    /// What was kept of a state under a name.
    pub fn state(&self, key: &Key) -> Option<&[u8]> {
        self.states.find(key)
    }

    /// Keeps a state in place of an older one.
    pub fn renew(&self, key: Key, state: Vec<u8>) {
        self.is_behind.store(true, Ordering::Relaxed);
        self.states.learn(key, state);
    }

    /// All that was asked for, where that is worth writing down.
    pub fn to_keep(&self) -> Option<Vec<u8>> {
        let (kept, asked, new) = self.texts.counts();
        let is_new = asked + new >= WORTHWHILE && new > NEW && new > asked / SHARE;
        // What nobody asks for is read each time all the same.
        let is_old = kept > 2 * (asked + new) + WORTHWHILE;
        (is_new || is_old).then(|| self.texts.bytes_to_keep())
    }

    /// What the next run reads, where all of it is kept.
    #[cfg(test)]
    pub fn kept(&self) -> Self {
        Self::read(Some(Box::new(self.texts.bytes_to_keep())), Some(Box::new(self.states.bytes_to_keep())))
    }

    /// All states, where one of them is worth it.
    pub fn states_to_keep(&self) -> Option<Vec<u8>> {
        self.is_behind.load(Ordering::Relaxed).then(|| self.states.bytes_to_keep())
    }
}

/// Bytes by names: those that are kept, and those that are new.
#[derive(Default)]
struct Lot {
    bytes: Option<Bytes>,
    /// Which rows were asked for: the others are of texts that are gone.
    used: Vec<AtomicBool>,
    new: Mutex<HashMap<Key, Vec<u8>>>,
}

impl Lot {
    fn read(bytes: Option<Bytes>) -> Self {
        let Some((bytes, rows)) = bytes.and_then(|bytes| rows_of(&bytes).map(|rows| (bytes, rows))) else {
            return Self::default();
        };
        let used = (0..rows).map(|_| AtomicBool::new(false)).collect();
        Self { bytes: Some(bytes), used, ..Self::default() }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().map_or(&[], |bytes| bytes)
    }

    fn learn(&self, key: Key, bytes: Vec<u8>) {
        self.new.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(key, bytes);
    }

    fn rows(&self) -> &[[u8; ROW]] {
        self.bytes().get(HEAD..HEAD + self.used.len() * ROW).unwrap_or_default().as_chunks().0
    }

    /// The bytes of one row.
    fn body(&self, at: usize) -> Option<&[u8]> {
        let rows = self.rows();
        let begin = at.checked_sub(1).map_or(0, |before| end(&rows[before]));
        self.bytes().get(HEAD + rows.len() * ROW..)?.get(begin..end(rows.get(at)?))
    }

    fn find(&self, key: &Key) -> Option<&[u8]> {
        let at = search(self.rows(), key)?;
        self.used[at].store(true, Ordering::Relaxed);
        self.body(at)
    }

    /// How many are kept, how many of these were asked for, and how many are new.
    fn counts(&self) -> (usize, usize, usize) {
        let asked = self.used.iter().filter(|used| used.load(Ordering::Relaxed)).count();
        let new = self.new.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        (self.used.len(), asked, new.len())
    }

    /// All that was asked for.
    fn bytes_to_keep(&self) -> Vec<u8> {
        let new = self.new.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let used = self.used.iter().enumerate().filter(|(_, used)| used.load(Ordering::Relaxed));
        let mut all: Vec<(&[u8], &[u8])> =
            used.filter_map(|(at, _)| Some((&self.rows()[at][..KEY], self.body(at)?))).collect();
        all.retain(|(key, _)| !new.contains_key(*key));
        all.extend(new.iter().map(|(key, body)| (key.as_slice(), body.as_slice())));
        all.sort_unstable();
        let bodies: usize = all.iter().map(|(_, body)| body.len()).sum();
        let mut bytes = Vec::with_capacity(HEAD + all.len() * ROW + bodies);
        bytes.extend_from_slice(&*VERSION);
        bytes.extend((all.len() as u64).to_le_bytes());
        bytes.extend([0; 4]);
        let mut end = 0_u64;
        for (key, body) in &all {
            end += body.len() as u64;
            bytes.extend_from_slice(key);
            bytes.extend(end.to_le_bytes());
        }
        all.iter().for_each(|(_, body)| bytes.extend_from_slice(body));
        let checksum = crc32fast::hash(&bytes[HEAD..]);
        bytes[HEAD - 4..HEAD].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }
}

/// The row of a key.
fn search(rows: &[[u8; ROW]], key: &Key) -> Option<usize> {
    let lead = u64::from_be_bytes(*key.first_chunk().expect("a key has more bytes"));
    seek(rows.len(), lead, |at| Some(rows.get(at)?[..KEY].cmp(key)))
}

fn end(row: &[u8; ROW]) -> usize {
    let (_, end) = row.split_at(KEY);
    usize::try_from(u64::from_le_bytes(end.try_into().expect("eight bytes"))).unwrap_or(usize::MAX)
}

/// How many rows these bytes have, if they are ours.
fn rows_of(bytes: &[u8]) -> Option<usize> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let rows = usize::try_from(u64::from_le_bytes(head[20..28].try_into().ok()?)).ok()?;
    let fits = rows.checked_mul(ROW).is_some_and(|length| length <= rest.len());
    (head[..20] == *VERSION && fits).then_some(rows)
}

/// Whether these bytes are as they were kept.
pub fn is_whole(bytes: &[u8]) -> bool {
    bytes.split_at_checked(HEAD).is_some_and(|(head, rest)| crc32fast::hash(rest).to_le_bytes() == head[HEAD - 4..])
}

/// What tells these bytes from others of which both are whole.
pub fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(HEAD)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 3] = ["Deploys run on Fridays. The team has 11 people; no `make all`.", "Use pnpm", ""];

    fn texts(kept: Vec<u8>) -> Known {
        Known::read(Some(Box::new(kept)), None)
    }

    fn said(known: &Known) -> String {
        let told = |text: &&str| {
            let (key, told) = known.told(text);
            format!("{key:?} {:?} {:?}\n", told.bytes, known.meaning(text))
        };
        TEXTS.iter().map(told).collect()
    }

    #[test]
    fn what_is_kept_is_what_would_be_worked_out() {
        let fresh = Known::default();
        let wanted = said(&fresh);
        let kept = texts(fresh.to_keep().expect("all of it is new"));
        assert_eq!(said(&kept), wanted);
        assert!(kept.to_keep().is_none(), "nothing is new");
    }

    #[test]
    fn damaged_bytes_are_not_believed() {
        let fresh = Known::default();
        let wanted = said(&fresh);
        let bytes = fresh.to_keep().expect("all of it is new");
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert!(texts(damaged).texts.used.is_empty(), "byte {at}");
        }
        for length in [0, HEAD - 1, HEAD, bytes.len() - 1] {
            let cut = texts(bytes[..length].to_vec());
            assert!(cut.texts.used.is_empty());
            assert_eq!(said(&cut), wanted);
        }
    }

    #[test]
    fn rows_are_found_wherever_they_stand() {
        let mut rows: Vec<[u8; ROW]> = (0..5000_u32)
            .map(|nth| {
                // Every third of them is as no hash would be: close to its neighbours.
                let key = if nth % 3 == 0 { named(&[b"x"]) } else { named(&[&nth.to_le_bytes()]) };
                let mut row = [0; ROW];
                row[..KEY].copy_from_slice(&key);
                row[KEY - 4..KEY].copy_from_slice(&nth.to_be_bytes());
                row
            })
            .collect();
        rows.sort_unstable();
        for length in [0, 1, 2, 3, 100, rows.len()] {
            let rows = &rows[..length];
            for (at, row) in rows.iter().enumerate() {
                assert_eq!(search(rows, row.first_chunk().expect("a key")), Some(at));
                let mut other = *row.first_chunk::<KEY>().expect("a key");
                other[KEY - 5] ^= 1;
                assert_eq!(search(rows, &other), None);
            }
            assert_eq!(search(rows, &[0; KEY]), None);
            assert_eq!(search(rows, &[255; KEY]), None);
        }
    }

    #[test]
    fn what_was_noted_is_told_again() {
        let fresh = Known::default();
        let (one, other) = (named(&[b"one"]), named(&[b"other"]));
        fresh.note(one, &vec![(3_u8, true)]);
        fresh.note(other, &Vec::<(u8, bool)>::new());
        let kept = texts(fresh.to_keep().expect("all of it is new"));
        assert_eq!(kept.noted(&one), Some(vec![(3_u8, true)]));
        assert_eq!(kept.noted(&other), Some(Vec::<(u8, bool)>::new()));
        assert_eq!(kept.noted::<Vec<u8>>(&named(&[b"none"])), None);
    }

    #[test]
    fn a_state_is_kept_in_place_of_the_one_before() {
        let again = |known: &Known| Known::read(None, Some(Box::new(known.states_to_keep().expect("it is worth it"))));
        let fresh = Known::default();
        let (name, other) = (named(&[b"state"]), named(&[b"other"]));
        fresh.renew(name, vec![1]);
        fresh.renew(other, vec![4]);
        assert!(fresh.to_keep().is_none(), "no text was learnt");
        let kept = again(&fresh);
        assert_eq!((kept.state(&name), kept.state(&other)), (Some(&[1_u8][..]), Some(&[4_u8][..])));
        assert!(kept.states_to_keep().is_none());
        kept.renew(name, vec![2, 3]);
        assert_eq!(kept.state(&name), Some(&[1_u8][..]), "what was kept is what was");
        let kept = again(&kept);
        assert_eq!((kept.state(&name), kept.state(&other)), (Some(&[2_u8, 3][..]), Some(&[4_u8][..])));
    }

    #[test]
    fn texts_that_are_gone_are_forgotten() {
        let fresh = Known::default();
        said(&fresh);
        let kept = texts(fresh.to_keep().expect("all of it is new"));
        kept.told(TEXTS[0]);
        assert_eq!(kept.texts.used.len(), 6);
        let kept = texts(kept.to_keep().expect("most of it is not asked for"));
        assert_eq!(kept.texts.used.len(), 1);
        let kept = texts(fresh.to_keep().expect("all of it is new"));
        kept.told("Another text altogether.");
        let kept = texts(kept.to_keep().expect("one is new"));
        assert_eq!(kept.texts.used.len(), 1);
    }
}
