//! Writing the file: see above it for its form.

use super::{Bytes, Entry, Judged, Kept, Known, MAGIC, PARTS, Place, Record, WORTHWHILE, path};
use crate::model::{DreamId, ObjectId};
use crate::store::Store;
use crate::store::dream::{Dream, Standing};
use crate::store::ledger::lookup::{Row, homes};
use crate::store::ledger::sessions_read;
use crate::store::ledger::{Dreams, is_shown};
use crate::text::probe::word;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{self, Write};
use std::sync::Arc;

/// So many sessions of one dream stand apart from what else is kept of it: fewer are read faster than they are left out.
const APART: usize = if crate::FAULTS { 1 } else { 64 };

/// Keeps a ledger; of those dreams that memory alone tells in another way, also that.
pub(in crate::store::ledger) fn write(
    store: &Store,
    tip: ObjectId,
    commits: usize,
    main: &[ObjectId],
    judged: &BTreeMap<DreamId, Option<Dream>>,
    shown: &Dreams,
) -> io::Result<()> {
    // A commit may name thousands of sessions.
    let sessions: usize = shown.values().map(|dream| dream.sessions().len()).sum();
    if commits.max(sessions) < WORTHWHILE {
        return Ok(());
    }
    let mut main = main.to_vec();
    main.sort_unstable();
    let main: Vec<u8> = main.iter().flat_map(|id| *id.as_bytes()).collect();
    let Indexed { entries, sessions: listed, records } = index(judged, shown)?;
    let numbers: BTreeMap<&DreamId, u32> = entries.iter().map(|entry| &entry.id).zip(0..).collect();
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
    let has_refs = |entry: &&Entry| entry.open.is_some() || entry.closed.is_some();
    let with_refs = entries.iter().filter(has_refs).map(|entry| entry.id.clone()).collect();
    let are_all_named = are_all_named(&entries, listed.len());
    let known = packed(&Known { tip, commits, sessions, are_all_named, with_refs })?;
    let (mut lines, mut texts) = (Vec::new(), Vec::new());
    for entry in &entries {
        texts.append(&mut packed(entry)?);
        lines.extend_from_slice(entry.id.as_str().as_bytes());
        lines.push(u8::from(entry.row.is_some()));
        lines.extend(u32::try_from(texts.len()).map_err(io::Error::other)?.to_le_bytes());
    }
    let parts: [Vec<u8>; PARTS] = [known, main, homes, lines, texts, listed.concat()];
    let mut checksum = crc32fast::Hasher::new();
    parts.iter().for_each(|part| checksum.update(part));
    let path = path(store);
    let folder = path.parent().unwrap_or(&path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(MAGIC.as_bytes())?;
    for part in &parts {
        file.write_all(&(part.len() as u64).to_le_bytes())?;
    }
    file.write_all(&checksum.finalize().to_le_bytes())?;
    for part in parts.iter().chain([&records]) {
        file.write_all(part)?;
    }
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Keeps what is kept anew, with what memory gained since: so many commits, of which these are on its first-parent line.
/// Of the dreams that are others now, as memory alone tells them and as they are shown.
pub(in crate::store::ledger) fn write_since(
    store: &Store,
    kept: &Arc<Kept>,
    (tip, commits, line): (ObjectId, usize, &[ObjectId]),
    alone: &BTreeMap<DreamId, Option<Dream>>,
    now: &Dreams,
) -> io::Result<()> {
    let damaged = || io::Error::other("what is kept is damaged");
    let (mut judged, mut shown) = (BTreeMap::new(), Dreams::new());
    for place in (0..kept.len()).map(Place::of) {
        let id = kept.id(place).ok_or_else(damaged)?;
        if alone.contains_key(id) {
            continue;
        }
        let entry = kept.at(place).ok_or_else(damaged)?;
        if entry.shown.is_some() {
            shown.insert(id.clone(), kept.dream(place).ok_or_else(damaged)?);
        }
        if !matches!(entry.judged, Judged::AsShown) {
            judged.insert(id.clone(), kept.judged(id).ok_or_else(damaged)?);
        }
    }
    for (id, dream) in now {
        let known = alone.get(id).cloned().flatten();
        let (is_shown, has_refs) = (is_shown(dream), dream.open.is_some() || dream.closed.is_some());
        if is_shown {
            shown.insert(id.clone(), dream.clone());
        }
        // Of what nobody knows anything any more nothing is kept.
        if has_refs || !is_shown && known.is_some() {
            judged.insert(id.clone(), known);
        }
    }
    let main: Vec<ObjectId> = kept.main().chain(line.iter().copied()).collect();
    write(store, tip, kept.known.commits + commits, &main, &judged, &shown)
}

/// Whether each of so many sessions was read by a dream that stands.
fn are_all_named(entries: &[Entry], count: usize) -> bool {
    let stands = |entry: &&Entry| entry.row.as_ref().is_some_and(|row| row.standing != Standing::Reverted);
    let mut named = vec![false; count];
    for number in entries.iter().filter(stands).flat_map(|entry| &entry.sessions) {
        named[*number as usize] = true;
    }
    !named.contains(&false)
}

fn packed(what: &impl Serialize) -> io::Result<Vec<u8>> {
    postcard::to_stdvec(what).map_err(io::Error::other)
}

/// What is written, entries by id.
#[derive(Default)]
struct Indexed {
    entries: Vec<Entry>,
    sessions: Vec<sessions_read::Row>,
    records: Vec<u8>,
}

impl Indexed {
    /// Numbers sessions in the order of their hashes, in which they are looked for.
    fn by_hash(&mut self) {
        let mut order: Vec<u32> = (0..self.sessions.len() as u32).collect();
        let row = |number: u32| &self.sessions[number as usize];
        order.sort_unstable_by_key(|number| (sessions_read::hash(row(*number)), row(*number)));
        let mut numbers = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(was, now)| numbers[*was as usize] = now);
        self.sessions = order.iter().map(|was| *row(*was)).collect();
        for entry in &mut self.entries {
            entry.sessions.iter_mut().for_each(|number| *number = numbers[*number as usize]);
            entry.sessions.sort_unstable();
        }
    }
}

/// Appends a dream to the records.
fn record(dream: &Dream, records: &mut Vec<u8>) -> io::Result<Record> {
    let at = records.len() as u64;
    if dream.sessions().len() < APART {
        return Ok(Record { at, bytes: appended(&packed(dream)?, records)?, sessions: None });
    }
    let mut dream = dream.clone();
    let sessions = dream.review.as_mut().map(|review| std::mem::take(&mut review.sessions)).unwrap_or_default();
    let bytes = appended(&packed(&dream)?, records)?;
    let sessions = appended(&sessions.packed().map_err(io::Error::other)?, records)?;
    Ok(Record { at, bytes, sessions: Some(sessions) })
}

fn appended(bytes: &[u8], records: &mut Vec<u8>) -> io::Result<Bytes> {
    records.extend_from_slice(bytes);
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    Ok(Bytes { length, checksum: crc32fast::hash(bytes) })
}

fn index(judged: &BTreeMap<DreamId, Option<Dream>>, shown: &Dreams) -> io::Result<Indexed> {
    let mut indexed = Indexed::default();
    let mut records = Vec::new();
    let mut record = |dream: &Dream| record(dream, &mut records);
    let mut known: HashMap<sessions_read::Row, u32> = HashMap::new();
    let ids: BTreeSet<&DreamId> = judged.keys().chain(shown.keys()).collect();
    for id in ids {
        let dream = shown.get(id);
        let sessions = dream.into_iter().flat_map(|dream| dream.sessions()).map(|(session, blob)| {
            let row = sessions_read::row(word(session.as_str()), *blob);
            *known.entry(row).or_insert_with(|| {
                indexed.sessions.push(row);
                indexed.sessions.len() as u32 - 1
            })
        });
        let sessions = sessions.collect();
        let alone = match judged.get(id) {
            None => Judged::AsShown,
            Some(None) => Judged::Unnamed,
            Some(judged) if judged.as_ref() == dream => Judged::AsShown,
            Some(Some(judged)) => Judged::As(record(judged)?),
        };
        indexed.entries.push(Entry {
            id: id.clone(),
            open: dream.and_then(|dream| dream.open),
            closed: dream.and_then(|dream| dream.closed),
            row: dream.map(Row::of),
            sessions,
            shown: dream.map(&mut record).transpose()?,
            judged: alone,
        });
    }
    indexed.by_hash();
    Ok(Indexed { records, ..indexed })
}
