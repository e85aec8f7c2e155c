//! The stored sessions: records that can be read, transcripts that are byte for byte what was first imported, and a ref
//! that only ever grew.

use super::{Finding, Report, VerifyError, finding};
use crate::model::evidence::Cited;
use crate::model::{ObjectId, SessionId, SessionRecord, SessionVersion};
use crate::store::{Commit, FileDelta, Opener, ReadError, SESSIONS, Store, TreeDiff};
use rayon::prelude::*;
use std::collections::HashMap;

/// All records of `refs/dream/sessions`.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// Sorted by id.
    pub records: Vec<SessionRecord>,
    places: HashMap<SessionId, u32>,
    pub tip: Option<ObjectId>,
    tree: Option<ObjectId>,
}

/// Whether a version is the one that evidence names: its last line ends in the named blob.
pub(super) fn named(version: &SessionVersion, cited: &Cited) -> bool {
    version.part_of_line(cited.place.lines.last).is_some_and(|part| part.is_named(&cited.blob))
}

const AGAIN: &str =
    "bring the ref back from a clone that has it: git fetch REMOTE +refs/dream/sessions:refs/dream/sessions";

impl Archive {
    /// Reads every record; one that cannot be read is a finding, and its session counts as missing.
    pub fn read(store: &Store, report: &mut Report) -> Result<Self, VerifyError> {
        let Some(tip) = store.reference(SESSIONS)? else { return Ok(Self::default()) };
        let tree = store.commit(tip)?.tree;
        let mut archive = Self { tip: Some(tip), tree: Some(tree), ..Self::default() };
        for (path, read) in store.stored_records(tree)? {
            match read {
                Ok(record) => archive.records.push(record),
                Err(error) => {
                    let why = format!("{path}: could not {error}");
                    report.find([finding("sessions", tip, why, AGAIN)]);
                }
            }
        }
        archive.records.sort_by(|a, b| a.id.cmp(&b.id));
        archive.places = archive.records.iter().enumerate().map(|(at, one)| (one.id.clone(), at as u32)).collect();
        report.totals.sessions = archive.records.len() as u64;
        Ok(archive)
    }

    pub fn place(&self, id: &SessionId) -> Option<u32> {
        self.places.get(id).copied()
    }

    /// Whether a session ever ended in this blob, as a review says how far it was read.
    pub fn has_blob(&self, place: u32, blob: ObjectId) -> bool {
        let versions = &self.records[place as usize].versions;
        versions.iter().any(|version| version.parts.iter().any(|part| part.blobs().any(|own| own == blob)))
    }
}

/// Every check on the sessions ref.
pub(super) fn check(store: &Store, opener: &Opener, archive: &Archive, report: &mut Report) -> Result<(), VerifyError> {
    let (Some(tip), Some(tree)) = (archive.tip, archive.tree) else { return Ok(()) };
    report.find(transcripts(store, opener, archive, tip, tree)?);
    let findings = growth(store, tip)?;
    report.find(findings);
    Ok(())
}

/// Every transcript is there, under the path that its record says, and its bytes are those that its id names.
fn transcripts(
    store: &Store,
    opener: &Opener,
    archive: &Archive,
    tip: ObjectId,
    tree: ObjectId,
) -> Result<Vec<Finding>, VerifyError> {
    let mut stored: HashMap<String, ObjectId> = HashMap::new();
    for delta in TreeDiff::new(store).files(None, tree)? {
        stored.extend(delta.new.map(|(_, id)| (delta.path, id)));
    }
    let open = || opener.open().map_err(|error| error.to_string());
    let one = |store: &mut Result<Store, String>, record: &SessionRecord| match store {
        Ok(store) => transcript(store, record, &stored),
        Err(why) => vec![why.clone()],
    };
    let wrong: Vec<Vec<String>> = archive.records.par_iter().map_init(open, one).collect();
    let told = archive.records.iter().zip(wrong);
    let told = told.flat_map(|(record, wrong)| wrong.into_iter().map(|why| format!("session {}: {why}", record.id)));
    Ok(told.map(|why| finding("transcript", tip, why, AGAIN)).collect())
}

fn transcript(store: &Store, record: &SessionRecord, stored: &HashMap<String, ObjectId>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (version, held) in record.versions.iter().enumerate() {
        for (part, held) in held.parts.iter().enumerate() {
            let path = crate::store::session::part_path(&record.id, version + 1, part + 1);
            match stored.get(&path) {
                None if held.expired.is_some() => {}
                Some(_) if held.expired.is_some() => wrong.push(format!("{path} is there, though it has expired")),
                None => wrong.push(format!("{path} is not there")),
                Some(id) if *id != held.blob => {
                    wrong.push(format!("{path} is {}, imported was {}", id.short(), held.blob.short()));
                }
                Some(id) => match store.blob(*id) {
                    Err(error) => wrong.push(format!("{path}: could not {error}")),
                    Ok(bytes) if bytes.len() as u64 != held.bytes => {
                        wrong.push(format!("{path} has {} bytes, imported were {}", bytes.len(), held.bytes));
                    }
                    Ok(_) => {}
                },
            }
        }
    }
    wrong
}

/// Every commit of the ref against each of its parents: what was there stays there.
fn growth(store: &Store, tip: ObjectId) -> Result<Vec<Finding>, VerifyError> {
    let mut findings = Vec::new();
    let mut diff = TreeDiff::new(store);
    let shallow = store.shallow();
    for id in store.walk(&[tip], &[], false)? {
        let id = id?;
        let commit = store.commit(id)?;
        for parent in commit.parents.iter().filter(|_| !shallow.contains(&id)) {
            match lost(store, &mut diff, &commit, *parent) {
                Ok(lost) => findings.extend(lost.into_iter().map(|why| finding("sessions", id, why, AGAIN))),
                Err(error) => findings.push(finding("sessions", id, format!("could not {error}"), AGAIN)),
            }
        }
    }
    Ok(findings)
}

fn lost(store: &Store, diff: &mut TreeDiff<'_>, commit: &Commit, parent: ObjectId) -> Result<Vec<String>, ReadError> {
    let parent = store.commit(parent)?;
    let mut wrong = Vec::new();
    for delta in diff.files(Some(parent.tree), commit.tree)? {
        match (delta.old, delta.new) {
            (None, _) => {}
            (Some(_), None) => wrong.push(format!("it removes {}", delta.path)),
            (Some((_, old)), Some((_, new))) if delta.path.ends_with("/record.json") => {
                wrong.extend(record(store, &delta, old, new)?.map(|why| format!("{}: {why}", delta.path)));
            }
            (Some((_, old)), Some((_, new))) => {
                wrong.push(format!("it replaces {} by {} in {}", old.short(), new.short(), delta.path));
            }
        }
    }
    Ok(wrong)
}

/// Whether a record grew: the same session, with all parts and outcomes that it had.
fn record(store: &Store, delta: &FileDelta, old: ObjectId, new: ObjectId) -> Result<Option<String>, ReadError> {
    let read = |id| Ok::<_, ReadError>(serde_json::from_slice::<SessionRecord>(&store.blob(id)?).ok());
    let (Some(old), Some(new)) = (read(old)?, read(new)?) else {
        return Ok(Some(format!("{} is no record", delta.path)));
    };
    if old.id != new.id || old.agent != new.agent || old.imported != new.imported {
        return Ok(Some("it changes whose session it is, or when it was imported".to_owned()));
    }
    let blobs = |version: &SessionVersion| version.parts.iter().map(|part| part.original().0).collect::<Vec<_>>();
    let kept = old.versions.len() <= new.versions.len()
        && old.versions.iter().zip(&new.versions).all(|(old, new)| blobs(new).starts_with(&blobs(old)));
    if !kept {
        return Ok(Some("it drops parts of the transcript that were imported".to_owned()));
    }
    let outcomes = old.outcomes.iter().all(|outcome| new.outcomes.contains(outcome));
    Ok((!outcomes).then(|| "it drops an outcome".to_owned()))
}
