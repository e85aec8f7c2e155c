//! Reflections, kept: one file per engine and version, to which each new reflection is appended as it is made, so that
//! a run that is killed loses none. Each is keyed by the record it was made of (its blobs and judgements) and checked by
//! a checksum. The file may be deleted at any time and changes no result.

use super::extract::Extract;
use super::reflection::Reflection;
use crate::model::{ObjectId, SessionRecord};
use crate::store::{Store, record_stamp};
use crate::text::probe::{ByWord, Word, word};
use crate::text::secret;
use memchr::memmem;
use rayon::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// What every reflection begins with: whoever finds damage looks for the next. Also the format's version.
const MARK: &[u8; 8] = b"\xffdream2\n";
/// Mark, length of what follows, checksum of the rest; then the session's hash, a key, and the reflection itself.
const HEAD: usize = 16;
const KEY: usize = 8;
/// What precedes the reflection itself.
const OPENING: usize = HEAD + 8 + KEY;
/// How many reflections ahead of the one that is read are fetched.
const AHEAD: usize = 8;
/// Replaced reflections that are left in peace.
pub(super) const STALE: usize = 64;

type Key = [u8; KEY];

/// The kept reflections of one engine.
pub(super) struct Cache {
    file: PathBuf,
    /// What stands before is known already, and looked at only for who asks for all.
    from: u64,
    /// So many reflections may stand after it before the file is put in order.
    most: usize,
    tail: OnceLock<Opened>,
    whole: OnceLock<Opened>,
    /// Where those stand that this run kept.
    kept: Mutex<ByWord<u64>>,
    append: OnceLock<Option<Mutex<File>>>,
}

/// Reflections as they were when they were first asked for.
#[derive(Default)]
struct Opened {
    /// Where in the file these bytes begin.
    base: u64,
    bytes: Vec<u8>,
    /// Where the newest reflection of each session stands, by the session's hash; of two with one hash the newest.
    places: ByWord<usize>,
}

/// Which reflections are asked for: those that were kept since all was known, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Lately,
    Everywhere,
}

impl Cache {
    /// Where the reflections of an engine are kept.
    pub(super) fn file(store: &Store, engine: &dyn Extract) -> PathBuf {
        let version = ObjectId::of_blob(format!("{} {}", engine.name(), engine.version()).as_bytes());
        store.common_dir().join("dream/cache/reflections").join(version.short())
    }

    /// Reads all of it.
    pub(super) fn open(file: PathBuf) -> Self {
        let cache = Self::since(file, 0, 0);
        cache.opened(Look::Everywhere);
        cache
    }

    /// Reads what is asked for when it is, since what stands before is known.
    pub(super) fn since(file: PathBuf, from: u64, most: usize) -> Self {
        let (tail, whole, append) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { file, from, most, tail, whole, kept: Mutex::default(), append }
    }

    fn opened(&self, look: Look) -> &Opened {
        // Who appends to a file has it open as it is.
        let may_compact = self.append.get().is_none();
        match look {
            Look::Lately if self.from > 0 => self.tail.get_or_init(|| {
                let most = if may_compact { self.most } else { usize::MAX };
                Opened::since(&self.file, self.from, most)
            }),
            _ => self.whole.get_or_init(|| Opened::whole(&self.file, may_compact)),
        }
    }

    /// What is kept of each record.
    pub(super) fn get_all(&self, records: &[&SessionRecord], look: Look, known: &mut Vec<Option<Reflection>>) {
        if look == Look::Lately || self.from == 0 {
            return self.opened(look).get_all(records, known);
        }
        // Most of what is asked for was kept lately.
        self.opened(Look::Lately).get_all(records, known);
        let missing = records.iter().zip(known.iter()).filter(|(_, known)| known.is_none());
        let missing: Vec<&SessionRecord> = missing.map(|(record, _)| *record).collect();
        if !missing.is_empty() {
            let mut found = Vec::new();
            self.opened(Look::Everywhere).get_all(&missing, &mut found);
            let places = known.iter_mut().filter(|known| known.is_none());
            places.zip(found).for_each(|(place, found)| *place = found);
        }
    }

    /// Where the newest reflection of a session stands, of those that this run read or kept.
    pub(super) fn place(&self, session: Word) -> Option<u64> {
        let kept = self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(&session).copied();
        let opened = || self.whole.get().into_iter().chain(self.tail.get());
        kept.or_else(|| opened().find_map(|opened| Some(opened.base + *opened.places.get(&session)? as u64)))
    }

    /// Keeps a reflection, secrets masked, and gives it back as a later run will read it. A cache that cannot be
    /// written is no error.
    pub(super) fn put(&self, record: &SessionRecord, reflection: Reflection) -> Reflection {
        let Ok(text) = serde_json::to_string(&reflection) else { return reflection };
        let Ok(kept) = serde_json::from_str::<Reflection>(&secret::mask(&text)) else { return reflection };
        self.keep(record, &kept);
        kept
    }

    /// Keeps a reflection of which the secrets are masked.
    pub(super) fn keep(&self, record: &SessionRecord, reflection: &Reflection) {
        let place = packed(record, reflection).and_then(|packed| self.append(&packed));
        if let Ok(Some(place)) = place {
            let mut kept = self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            kept.insert(word(record.id.as_str()), place);
        }
    }

    /// Tells where it stands now.
    fn append(&self, packed: &[u8]) -> io::Result<Option<u64>> {
        let file = self.append.get_or_init(|| open(&self.file).ok().map(Mutex::new));
        let Some(file) = file else { return Ok(None) };
        let mut file = file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // One write each: another run may be appending too.
        file.write_all(packed)?;
        Ok(file.stream_position()?.checked_sub(packed.len() as u64))
    }
}

impl Opened {
    /// Thousands are asked for in another order than they are kept in: what is waited for then is memory, so that every
    /// place is looked up before the first is read, and the next ones are fetched meanwhile.
    fn get_all(&self, records: &[&SessionRecord], known: &mut Vec<Option<Reflection>>) {
        let place = |record: &&SessionRecord| self.places.get(&word(record.id.as_str())).copied();
        let places: Vec<Option<usize>> = records.par_iter().map(place).collect();
        let read = |at: usize| {
            let ahead = places.get(at + AHEAD).and_then(|ahead| self.bytes.get((*ahead)? + HEAD));
            std::hint::black_box(ahead);
            read(&self.bytes, records[at], places[at]?)
        };
        (0..records.len()).into_par_iter().map(read).collect_into_vec(known);
    }

    fn whole(file: &Path, may_compact: bool) -> Self {
        let mut bytes = fs::read(file).unwrap_or_default();
        let (all, mut places) = newest(&bytes);
        if may_compact
            && all > 2 * places.len() + STALE
            && let Some(compact) = compact(file, &bytes, &places)
        {
            bytes = compact;
            (_, places) = newest(&bytes);
        }
        Self { base: 0, bytes, places }
    }

    fn since(file: &Path, from: u64, most: usize) -> Self {
        let mut bytes = Vec::new();
        let read = File::open(file).and_then(|mut file| {
            file.seek(SeekFrom::Start(from))?;
            file.read_to_end(&mut bytes)
        });
        let (all, places) = newest(&bytes);
        match read {
            Ok(_) if all > most => Self::whole(file, true),
            Ok(_) => Self { base: from, bytes, places },
            Err(_) => Self::default(),
        }
    }
}

/// A kept reflection of a record.
fn read(bytes: &[u8], record: &SessionRecord, place: usize) -> Option<Reflection> {
    let kept = framed(bytes, place)?;
    if *kept.get(OPENING - KEY..OPENING)? != key(record)? {
        return None;
    }
    let reflection: Reflection = borsh::from_slice(kept.get(OPENING..)?).ok()?;
    (Some(reflection.blob) == record.blob() && reflection.session == record.id).then_some(reflection)
}

/// The reflection that stands in a file at this place, if it is whole and of this record of this session.
pub(super) fn standing_at(file: &mut File, place: u64, session: Word, stamp: u64) -> Option<Reflection> {
    let mut head = [0; HEAD];
    file.seek(SeekFrom::Start(place)).ok()?;
    file.read_exact(&mut head).ok()?;
    let length = u32::from_le_bytes(*head[MARK.len()..].first_chunk()?);
    let mut kept = head.to_vec();
    file.take(u64::from(length)).read_to_end(&mut kept).ok()?;
    let is_it = kept.starts_with(MARK)
        && self::length(&kept) == Some(kept.len())
        && self::session(&kept) == Some(session)
        && *kept.get(OPENING - KEY..OPENING)? == stamp.to_le_bytes();
    is_it.then(|| borsh::from_slice(kept.get(OPENING..)?).ok()).flatten()
}

fn open(path: &Path) -> io::Result<File> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    OpenOptions::new().create(true).append(true).open(path)
}

fn packed(record: &SessionRecord, reflection: &Reflection) -> io::Result<Vec<u8>> {
    let key = key(record).ok_or_else(|| io::Error::other("a record that cannot be packed"))?;
    let mut rest = [&word(record.id.as_str()).to_le_bytes()[..], &key].concat();
    borsh::to_writer(&mut rest, reflection)?;
    let length = u32::try_from(rest.len()).map_err(io::Error::other)?;
    Ok([MARK, &length.to_le_bytes()[..], &crc32fast::hash(&rest).to_le_bytes(), &rest].concat())
}

/// What a record of a session is known by here. All of it counts, as a judgement changes what a session teaches; what it
/// has to tell apart are a few states of one session, whose transcripts are told apart by their blobs.
fn key(record: &SessionRecord) -> Option<Key> {
    record_stamp(record).map(u64::to_le_bytes)
}

fn session(kept: &[u8]) -> Option<Word> {
    Some(Word::from_le_bytes(*kept.get(HEAD..)?.first_chunk()?))
}

/// The whole reflection that begins here.
fn framed(bytes: &[u8], place: usize) -> Option<&[u8]> {
    let kept = bytes.get(place..)?;
    let length = u32::from_le_bytes(*kept.get(MARK.len()..)?.first_chunk()?);
    kept.get(..HEAD + length as usize)
}

/// How many reflections there are, and where the newest of each session stands.
fn newest(bytes: &[u8]) -> (usize, ByWord<usize>) {
    // About as many as there are, rather than growing again and again.
    let (mut all, mut newest) = (0, ByWord::with_capacity_and_hasher(bytes.len() >> 10, Default::default()));
    for place in places(bytes) {
        all += 1;
        newest.extend(session(&bytes[place.clone()]).map(|session| (session, place.start)));
    }
    (all, newest)
}

/// Where whole reflections stand. After half of one, which a killed run left, or a damaged one the next is looked for.
fn places(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            if !bytes[at..].starts_with(MARK) {
                at += memmem::find(&bytes[at..], MARK)?;
            }
            let begin = at;
            match length(&bytes[begin..]) {
                Some(length) => {
                    at += length;
                    return Some(begin..at);
                }
                None => at += MARK.len(),
            }
        }
    })
}

/// How long the reflection is that begins here, if it is whole.
fn length(bytes: &[u8]) -> Option<usize> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let number = |at: usize| Some(u32::from_le_bytes(*head[at..].first_chunk()?));
    let rest = rest.get(..number(MARK.len())? as usize)?;
    (crc32fast::hash(rest) == number(MARK.len() + 4)?).then_some(HEAD + rest.len())
}

/// Leaves out all but the newest reflection of each session.
fn compact(file: &Path, bytes: &[u8], newest: &ByWord<usize>) -> Option<Vec<u8>> {
    let mut places: Vec<usize> = newest.values().copied().collect();
    places.sort_unstable();
    let kept = places.into_iter().filter_map(|place| framed(bytes, place)).collect::<Vec<_>>().concat();
    let mut new = tempfile::NamedTempFile::new_in(file.parent()?).ok()?;
    new.write_all(&kept).ok()?;
    new.persist(file).ok()?;
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AgentName, Host, Part, SessionId, SessionVersion};
    use chrono::DateTime;

    fn record(id: &str) -> SessionRecord {
        let part = Part::new(ObjectId::of_blob(id.as_bytes()), 1, 1, DateTime::UNIX_EPOCH);
        SessionRecord {
            schema: 1,
            id: SessionId::new(id).expect("an id"),
            agent: AgentName::new("x/p").expect("a name"),
            host: Host::Minimal,
            project: None,
            started: None,
            ended: DateTime::from_timestamp(1_700_000_000, 123_456_789),
            imported: DateTime::UNIX_EPOCH,
            turns: 1,
            versions: vec![SessionVersion { parts: vec![part] }],
            root: None,
            outcomes: Vec::new(),
        }
    }

    fn cache(file: &Path) -> Cache {
        Cache::open(file.to_owned())
    }

    impl Cache {
        fn get(&self, record: &SessionRecord) -> Option<Reflection> {
            let mut known = Vec::new();
            self.get_all(&[record], Look::Everywhere, &mut known);
            known.pop().flatten()
        }
    }

    #[test]
    fn what_a_killed_run_left_half_hides_nothing_that_stands_before_or_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kept");
        let records = ["one", "two", "three"].map(record);
        let made: Vec<Reflection> =
            records.iter().map(|record| cache(&file).put(record, Reflection::empty(record))).collect();
        let bytes = fs::read(&file).expect("kept");
        assert_eq!(
            records.each_ref().map(|record| cache(&file).get(record)),
            [0, 1, 2].map(|at| Some(made[at].clone()))
        );
        let ends: Vec<usize> = places(&bytes).map(|place| place.end).collect();
        let all_but_the_second = |bytes: &[u8], how: &str| {
            fs::write(&file, bytes).expect("written");
            let kept = cache(&file);
            let wanted = [Some(made[0].clone()), None, Some(made[2].clone())];
            assert_eq!(records.each_ref().map(|record| kept.get(record)), wanted, "{how}");
        };
        for at in ends[0]..ends[1] {
            // A later run appended the third.
            all_but_the_second(&[&bytes[..at], &bytes[ends[1]..]].concat(), &format!("cut at {at}"));
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            all_but_the_second(&damaged, &format!("damaged at {at}"));
        }
        fs::write(&file, &bytes[..ends[1] - 1]).expect("written");
        assert_eq!(cache(&file).get(&records[0]), Some(made[0].clone()));
    }

    #[test]
    fn reflections_that_were_replaced_are_left_out_in_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kept");
        let mut record = record("grows");
        for turns in 0..2 * STALE as u32 {
            record.turns = turns;
            cache(&file).put(&record, Reflection::empty(&record));
        }
        let kept = cache(&file);
        let all = places(&fs::read(&file).expect("kept")).count();
        assert!(all <= STALE + 2, "{all}");
        assert_eq!(kept.get(&record), Some(Reflection::empty(&record)));
    }
}
