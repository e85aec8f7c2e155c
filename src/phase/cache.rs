//! Reflections, kept: one file per engine and version, to which each new reflection is appended as it is made, so that
//! a run that is killed loses none. Every line is keyed by the record it was made of (its blobs and judgements) and
//! checked by a checksum. The file may be deleted at any time and changes no result.

use super::extract::Extract;
use super::reflection::Reflection;
use crate::model::{ObjectId, SessionRecord};
use crate::store::Store;
use crate::text::secret;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// A line: key, checksum, session, then the reflection as JSON. Ids are hexadecimal.
const ID: usize = 40;
/// Lines of replaced reflections that are left in peace.
const STALE: usize = 64;

/// The kept reflections of one engine.
pub(super) struct Cache {
    file: PathBuf,
    bytes: Vec<u8>,
    /// Where the newest line of each key stands.
    lines: BTreeMap<ObjectId, Range<usize>>,
    append: OnceLock<Option<Mutex<File>>>,
}

impl Cache {
    pub(super) fn open(store: &Store, engine: &dyn Extract) -> Self {
        let version = ObjectId::of_blob(format!("{} {}", engine.name(), engine.version()).as_bytes());
        let file = store.common_dir().join("dream/cache/reflections").join(format!("{}.jsonl", version.short()));
        let bytes = fs::read(&file).unwrap_or_default();
        let bytes = compact(&file, &bytes).unwrap_or(bytes);
        let keyed = ranges(&bytes).filter_map(|range| Some((key(bytes.get(range.clone())?)?, range)));
        let lines = keyed.collect();
        Self { file, bytes, lines, append: OnceLock::new() }
    }

    pub(super) fn get(&self, record: &SessionRecord) -> Option<Reflection> {
        let key = name(record)?;
        let line = self.bytes.get(self.lines.get(&key)?.clone())?;
        let (sum, kept) = (line.get(ID + 1..2 * ID + 1)?, line.get(2 * ID + 2..)?);
        if sum != checksum(key, kept).as_bytes() {
            return None;
        }
        let json = &kept[memchr::memchr(b' ', kept)? + 1..];
        let reflection: Reflection = serde_json::from_slice(json).ok()?;
        (Some(reflection.blob) == record.blob() && reflection.session == record.id).then_some(reflection)
    }

    /// Keeps a reflection, secrets masked, and gives it back as a later run will read it. A cache that cannot be
    /// written is no error.
    pub(super) fn put(&self, record: &SessionRecord, reflection: Reflection) -> Reflection {
        let Ok(text) = serde_json::to_string(&reflection) else { return reflection };
        let masked = secret::mask(&text);
        let Ok(kept) = serde_json::from_str::<Reflection>(&masked) else { return reflection };
        if let Some(key) = name(record) {
            let rest = format!("{} {masked}", record.id);
            let _ = self.append(format!("{key} {} {rest}\n", checksum(key, rest.as_bytes())).as_bytes());
        }
        kept
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let torn = self.bytes.last().is_some_and(|byte| *byte != b'\n');
        let file = self.append.get_or_init(|| open(&self.file, torn).ok().map(Mutex::new));
        let Some(file) = file else { return Ok(()) };
        // One write per line: another run may be appending too.
        file.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).write_all(line)
    }
}

/// Opens for appending, on a new line where a killed run left half of one.
fn open(path: &Path, torn: bool) -> io::Result<File> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if torn {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

fn name(record: &SessionRecord) -> Option<ObjectId> {
    Some(ObjectId::of_blob(&serde_json::to_vec(record).ok()?))
}

fn checksum(key: ObjectId, rest: &[u8]) -> String {
    ObjectId::of_blob(&[key.as_bytes(), rest].concat()).to_string()
}

fn key(line: &[u8]) -> Option<ObjectId> {
    ObjectId::parse(std::str::from_utf8(line.get(..ID)?).ok()?).ok()
}

fn session(line: &[u8]) -> Option<&[u8]> {
    line.get(2 * ID + 2..)?.split(|byte| *byte == b' ').next()
}

/// The lines of a file, without their ends; a torn last one is none.
fn ranges(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    memchr::memchr_iter(b'\n', bytes).map(move |end| std::mem::replace(&mut start, end + 1)..end)
}

/// Leaves out all but the newest line of each session, once most lines are of no more use.
fn compact(file: &Path, bytes: &[u8]) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = ranges(bytes).map(|range| &bytes[range]).collect();
    let sessions: BTreeSet<&[u8]> = lines.iter().filter_map(|line| session(line)).collect();
    if lines.len() <= 2 * sessions.len() + STALE {
        return None;
    }
    let newest: BTreeMap<&[u8], &[u8]> = lines.into_iter().filter_map(|line| Some((session(line)?, line))).collect();
    let kept: Vec<u8> = newest.values().flat_map(|line| line.iter().chain(b"\n")).copied().collect();
    let mut new = tempfile::NamedTempFile::new_in(file.parent()?).ok()?;
    new.write_all(&kept).ok()?;
    new.persist(file).ok()?;
    Some(kept)
}
