//! Which dreams have to do with a file, a belief or a session, without reading all of them: tables beside the ledger that
//! is kept, by hashes. May be thrown away at any time, never needed.

use super::keep::Place;
use super::lookup::{Ledger, Rest};
use crate::model::{BeliefKey, DreamId, SessionId};
use crate::store::Store;
use crate::store::dream::Dream;
use crate::store::pages::Section;
use crate::text::probe::{Word, word};
use crate::text::table::{Bytes, Table};
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = concat!("git-dream dreams 2 ", env!("CARGO_PKG_VERSION"), "\n");
const NAME: &str = "dreams";
/// The ledger that it is of, the tables of dreams, and one of beliefs and files.
const PARTS: usize = 1 + 2 * TABLES + 2;
const TABLES: usize = 3;

/// By what dreams are found.
#[derive(Debug, Clone, Copy)]
enum By {
    Path,
    Belief,
    Session,
}

/// The dreams of a ledger by what they have to do with.
pub struct DreamIndex<'l> {
    ledger: &'l Ledger,
    rest: Option<(&'l Rest, Tables)>,
    /// Those that are in memory already, oldest first.
    own: [HashMap<u64, Vec<&'l Dream>>; TABLES],
}

struct Tables {
    dreams: [Table<Section>; TABLES],
    /// For each belief: a dream that proposed it, and in which file.
    files: Table<Section>,
}

/// A file by hashes of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileName {
    pub exact: Word,
    pub lower: Word,
}

impl FileName {
    /// Numbers of a table for one file: the dream, and the halves of both hashes.
    const NUMBERS: usize = 5;

    fn of(path: &str) -> Self {
        Self { exact: word(path), lower: word(&path.to_lowercase()) }
    }

    fn numbers(self, place: Place) -> [u32; Self::NUMBERS] {
        let halves = |word: Word| [word as u32, (word >> 32) as u32];
        let ([a, b], [c, d]) = (halves(self.exact), halves(self.lower));
        [place.number() as u32, a, b, c, d]
    }

    fn read([place, a, b, c, d]: [u32; Self::NUMBERS]) -> (Place, Self) {
        let whole = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        (Place::of(place as usize), Self { exact: whole(a, b), lower: whole(c, d) })
    }
}

impl Store {
    /// Reads what is kept for this ledger, or makes it.
    pub fn dream_index<'l>(&self, ledger: &'l Ledger) -> DreamIndex<'l> {
        let Some(rest) = ledger.rest() else { return DreamIndex::whole(ledger) };
        if let Some(tables) = self.tables(rest) {
            return DreamIndex { ledger, rest: Some((rest, tables)), own: own(ledger.changed()) };
        }
        let index = DreamIndex::whole(ledger);
        // A file that cannot be written is no error.
        let _ = self.keep_sections(NAME, MAGIC, &parts(rest));
        index
    }

    fn tables(&self, rest: &Rest) -> Option<Tables> {
        let parts: [Section; PARTS] = self.sections(NAME, MAGIC)?;
        let id = parts[0].get(0..parts[0].len())?;
        let table = |at: usize| Table { rows: parts[1 + 2 * at].clone(), numbers: parts[2 + 2 * at].clone() };
        let tables = || Tables { dreams: [table(0), table(1), table(2)], files: table(TABLES) };
        (*id == *rest.id().as_bytes()).then(tables)
    }

    /// Throws away what is kept.
    pub fn forget_dream_index(&self) {
        self.forget_pages(NAME);
    }
}

impl<'l> DreamIndex<'l> {
    /// Made of the ledger alone.
    pub fn whole(ledger: &'l Ledger) -> Self {
        Self { ledger, rest: None, own: own(ledger.all()) }
    }

    /// Whether something that was asked for could not be read: what was told is not to be believed.
    pub fn is_damaged(&self) -> bool {
        self.rest.as_ref().is_some_and(|(_, tables)| tables.files.rows.pages().is_damaged())
    }

    pub fn get(&self, id: &DreamId) -> Option<&'l Dream> {
        self.ledger.get(id)
    }

    /// The dreams that change a file, oldest first; perhaps some others.
    pub fn changing(&self, path: &str) -> impl DoubleEndedIterator<Item = &'l Dream> + use<'l> {
        self.find(By::Path, word(path))
    }

    /// The dreams that propose a belief, oldest first; perhaps some others.
    pub fn proposing(&self, key: &BeliefKey) -> impl DoubleEndedIterator<Item = &'l Dream> + use<'l> {
        self.find(By::Belief, word(key.as_str()))
    }

    /// The dreams that read a session, oldest first; perhaps some others.
    pub fn reading(&self, session: &SessionId) -> impl DoubleEndedIterator<Item = &'l Dream> + use<'l> {
        self.find(By::Session, word(session.as_str()))
    }

    /// Whether a dream proposes the belief that is not older than those which first read these sessions, each by the hash
    /// of its id. No dream is read for it.
    pub fn is_proposed_of(&self, key: &BeliefKey, mut sessions: impl Iterator<Item = Word>) -> bool {
        let Some(proposed) = self.ages(By::Belief, word(key.as_str())).max() else { return false };
        sessions.all(|session| self.ages(By::Session, session).any(|read| read <= proposed))
    }

    /// The files in which dreams proposed a belief, each perhaps several times; perhaps some others. No dream is read for
    /// it.
    pub fn files_of(&self, key: &BeliefKey) -> impl Iterator<Item = FileName> {
        let name = word(key.as_str());
        let own = self.own[By::Belief as usize].get(&name).into_iter().flatten();
        let own = own.filter_map(|dream| dream.change(key)?.path.as_deref()).map(FileName::of);
        let kept = self.rest.iter().flat_map(move |(rest, tables)| {
            let numbers = tables.files.of(name);
            let all: Vec<(Place, FileName)> = numbers.as_chunks().0.iter().copied().map(FileName::read).collect();
            all.into_iter().filter(|(place, _)| rest.age(*place).is_some()).map(|(_, file)| file)
        });
        own.chain(kept)
    }

    /// How old the dreams are that have to do with something; perhaps some others.
    fn ages(&self, by: By, name: u64) -> impl Iterator<Item = Age<'l>> {
        let own = self.own[by as usize].get(&name).into_iter().flatten();
        let own = own.map(|dream| (dream.created(), &dream.id));
        let kept = self.rest.iter().flat_map(move |(rest, tables)| {
            let places = tables.dreams[by as usize].of(name).into_iter().map(|place| Place::of(place as usize));
            places.filter_map(|place| rest.age(place))
        });
        own.chain(kept)
    }

    /// The numbers that a table has for files that some dream may have changed.
    pub fn changed(&self, table: &Table<impl Bytes>) -> BTreeSet<u32> {
        let kept = self.rest.iter().flat_map(|(_, tables)| table.shared(&tables.dreams[By::Path as usize]));
        kept.chain(self.own[By::Path as usize].keys().flat_map(|path| table.of(*path))).collect()
    }

    /// Each is read when it comes: of many often the newest is enough.
    fn find(&self, by: By, name: u64) -> impl DoubleEndedIterator<Item = &'l Dream> + use<'l> {
        let own = self.own[by as usize].get(&name).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<(Age<'l>, Found<'l>)> =
            own.iter().map(|dream| ((dream.created(), &dream.id), Ok(*dream))).collect();
        if let Some((rest, tables)) = &self.rest {
            let places = tables.dreams[by as usize].of(name).into_iter().map(|place| Place::of(place as usize));
            found.extend(places.filter_map(|place| Some((rest.age(place)?, Err((*rest, place))))));
        }
        found.sort_by_key(|(age, _)| *age);
        found.into_iter().filter_map(|(_, dream)| dream.map_or_else(|(rest, place)| rest.dream(place), Some))
    }
}

/// A dream, or where it can be read.
type Found<'l> = Result<&'l Dream, (&'l Rest, Place)>;
/// By what dreams are put in order.
type Age<'l> = (Option<DateTime<Utc>>, &'l DreamId);

/// What a dream is found by.
fn names(dream: &Dream) -> [BTreeSet<u64>; TABLES] {
    let paths = dream.changes.iter().map(|change| word(change.path.as_deref().unwrap_or_default()));
    let beliefs = dream.changes.iter().map(|change| word(change.key.as_str()));
    let sessions = dream.sessions().iter().map(|(session, _)| word(session.as_str()));
    [paths.collect(), beliefs.collect(), sessions.collect()]
}

fn own<'l>(dreams: impl Iterator<Item = &'l Dream>) -> [HashMap<u64, Vec<&'l Dream>>; TABLES] {
    let mut own: [HashMap<u64, Vec<&'l Dream>>; TABLES] = Default::default();
    let mut dreams: Vec<&Dream> = dreams.collect();
    dreams.sort_by(|a, b| Dream::by_age(a, b));
    for dream in dreams {
        for (own, names) in own.iter_mut().zip(names(dream)) {
            names.into_iter().for_each(|name| own.entry(name).or_default().push(dream));
        }
    }
    own
}

/// Tables of all that is kept.
fn parts(rest: &Rest) -> Vec<Vec<u8>> {
    let mut pairs: [Vec<(u64, u32)>; TABLES + 1] = Default::default();
    let [dreams @ .., files] = &mut pairs;
    for (place, dream) in rest.all() {
        for (pairs, names) in dreams.iter_mut().zip(names(dream)) {
            pairs.extend(names.into_iter().map(|name| (name, place.number() as u32)));
        }
        // The first change of a belief is the one that is asked for.
        let mut known = BTreeSet::new();
        for change in dream.changes.iter().filter(|change| known.insert(&change.key)) {
            if let Some(path) = &change.path {
                let numbers = FileName::of(path).numbers(place);
                files.extend(numbers.map(|number| (word(change.key.as_str()), number)));
            }
        }
    }
    let tables = pairs.into_iter().map(Table::new).flat_map(|table| [table.rows, table.numbers]);
    std::iter::once(rest.id().as_bytes().to_vec()).chain(tables).collect()
}
