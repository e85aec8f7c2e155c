//! Memory as an engine sees it: each belief with what history says about it. Parsed in parallel; reads no more of
//! history than the ledger holds, except for files of many entries that a dream has edited.

use super::past::{Past, PastBelief, Standing};
use super::quotes::Transcripts;
use super::reconcile::Held;
use crate::model::change::Target;
use crate::model::{
    BeliefKey, Document, Evidence, Lines, NotePath, ObjectId, Part, Place, Proposal, Role, SessionId, SessionRecord,
};
use crate::store::dream::{self, ChangeRecord, Dream};
use crate::store::{Ledger, NoteText, Snapshot, Store};
use chrono::{DateTime, Utc};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// In evidence, the session id that stands for memory itself: the blob is then a note's.
pub const MEMORY: &str = "memory";
/// Characters of an entry quoted as evidence at most.
const QUOTED: usize = 200;

type Known<'a> = HashMap<&'a str, Vec<&'a ChangeRecord>>;

/// Every entry of memory.
pub fn held(store: &Store, snapshot: &Snapshot, ledger: &Ledger, records: &[SessionRecord]) -> Vec<Held> {
    let mut known = Known::new();
    for dream in oldest_first(ledger) {
        for change in dream.changes.iter().filter(|change| dream.holds(&change.key)) {
            let path = change.path.as_deref().unwrap_or_default();
            known.entry(path).or_default().push(change);
        }
    }
    let happened: Happened<'_> = records.iter().map(|record| (&record.id, record.happened())).collect();
    let notes: Vec<(&NotePath, &NoteText)> = snapshot.notes.iter().collect();
    let parse = |(path, text): &(&NotePath, &NoteText)| parsed(path, text, &known, &happened);
    let mut parsed: Vec<Parsed> = notes.par_iter().map(parse).collect();
    fill_in(store, &notes, &known, &happened, &mut parsed);
    let mut held = Vec::with_capacity(parsed.len());
    for parsed in parsed {
        match parsed {
            Parsed::Note(entry) => held.extend(entry.map(|entry| *entry)),
            Parsed::File(entries) => held.extend(entries),
        }
    }
    held
}

/// When each session happened.
type Happened<'a> = HashMap<&'a SessionId, DateTime<Utc>>;

/// What one file holds.
enum Parsed {
    /// One belief, or none.
    Note(Option<Box<Held>>),
    /// Entries of a file without front matter, which are found out after all others.
    File(Vec<Held>),
}

fn parsed(path: &NotePath, text: &str, known: &Known<'_>, happened: &Happened<'_>) -> Parsed {
    let document = Document::parse(text);
    if document.front().is_none() {
        return Parsed::File(Vec::new());
    }
    let change = known.get(path.as_str()).and_then(|changes| changes.last().copied());
    let mut entries = document.entries();
    Parsed::Note(entries.next().map(|entry| Box::new(one(path, &document, entry, change, happened))))
}

/// Finds out which change wrote which entry, for files of many entries.
fn fill_in(
    store: &Store,
    notes: &[(&NotePath, &NoteText)],
    known: &Known<'_>,
    happened: &Happened<'_>,
    parsed: &mut [Parsed],
) {
    let mut files: Vec<(&NotePath, &str, &mut Vec<Held>)> = Vec::new();
    for ((path, text), parsed) in notes.iter().zip(parsed) {
        if let Parsed::File(entries) = parsed {
            files.push((path, text, entries));
        }
    }
    let changes = |(path, ..): &(&NotePath, &str, &mut Vec<Held>)| {
        known.get(path.as_str()).map(|changes| edited_entries(store, path.as_str(), changes)).unwrap_or_default()
    };
    let edited: Vec<Edited<'_>> = files.iter().map(changes).collect();
    files.into_par_iter().zip(edited).for_each(|((path, text, entries), edited)| {
        let document = Document::parse(text);
        let of = |entry: &str| one(path, &document, entry, edited.get(entry).copied(), happened);
        entries.extend(document.entries().map(of));
    });
}

fn oldest_first(ledger: &Ledger) -> Vec<&Dream> {
    let mut dreams: Vec<&Dream> = ledger.all().collect();
    dreams.sort_by(|a, b| (a.created(), &a.id).cmp(&(b.created(), &b.id)));
    dreams
}

/// For a file of many entries: which change wrote which entry.
type Edited<'a> = BTreeMap<String, &'a ChangeRecord>;

fn edited_entries<'a>(store: &Store, path: &str, changes: &[&'a ChangeRecord]) -> Edited<'a> {
    let mut edited = Edited::new();
    for change in changes {
        let after = entries_at(store, change.commit, path);
        let parent = store.commit(change.commit).ok().and_then(|commit| commit.parents.first().copied());
        let before = parent.map(|parent| entries_at(store, parent, path)).unwrap_or_default();
        edited.extend(after.difference(&before).map(|text| (text.clone(), *change)));
    }
    edited
}

fn entries_at(store: &Store, commit: ObjectId, path: &str) -> BTreeSet<String> {
    let bytes = store.file(commit, path).ok().flatten().unwrap_or_default();
    Document::parse(&String::from_utf8_lossy(&bytes)).entries().map(str::to_owned).collect()
}

/// An entry of a file, and the change that gave it its words, if a dream's did.
fn one(
    path: &NotePath,
    document: &Document,
    entry: &str,
    change: Option<&ChangeRecord>,
    happened: &Happened<'_>,
) -> Held {
    let front = document.front().cloned().unwrap_or_default();
    let times = change.iter().flat_map(|change| &change.evidence).filter_map(|cited| happened.get(&cited.session));
    Held {
        path: path.clone(),
        text: entry.to_owned(),
        whole_note: document.front().is_some(),
        name: front.name,
        description: front.description,
        kind: front.kind,
        tags: front.tags,
        pinned: front.pinned,
        key: change.map(|change| change.key.clone()),
        since: change.map(|change| change.time),
        last_evidence: times.max().copied(),
        sessions: change.and_then(|change| change.support).map_or(0, |support| support.sessions),
    }
}

/// What was proposed before, how that ended, and what those dreams had read.
pub fn past(ledger: &Ledger, records: &[SessionRecord]) -> Past {
    let records: BTreeMap<&SessionId, &SessionRecord> = records.iter().map(|record| (&record.id, record)).collect();
    let mut past = Past::default();
    for (order, dream) in oldest_first(ledger).into_iter().enumerate() {
        for (session, blob) in dream.sessions() {
            let parts = records.get(session).map(|record| up_to(record, *blob)).unwrap_or_else(|| vec![*blob]);
            past.read(session.clone(), parts, order);
        }
        for change in &dream.changes {
            let standing = standing(dream, &change.key);
            past.proposed(change.key.clone(), PastBelief { dream: dream.id.clone(), standing, order });
        }
    }
    past
}

/// The parts of a transcript up to and including one.
fn up_to(record: &SessionRecord, blob: ObjectId) -> Vec<ObjectId> {
    let is = |part: &Part| part.blobs().any(|own| own == blob);
    let version = record.versions.iter().find(|version| version.parts.iter().any(is));
    let Some(version) = version else { return vec![blob] };
    let end = version.parts.iter().position(is).unwrap_or(0);
    version.parts[..=end].iter().flat_map(Part::blobs).collect()
}

fn standing(dream: &Dream, key: &BeliefKey) -> Standing {
    match dream.standing {
        dream::Standing::Open => Standing::Open,
        dream::Standing::Rejected => {
            Standing::Refused(dream.reject_reason.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        dream::Standing::Reverted => Standing::Refused("reverted".to_owned()),
        dream::Standing::Approved if dream.reverted.contains(key) => Standing::Refused("reverted".to_owned()),
        dream::Standing::Approved if dream.dropped.contains(key) => {
            Standing::Refused("left out of the approval".to_owned())
        }
        dream::Standing::Approved => Standing::Approved,
    }
}

/// Gives a proposal that rests on memory alone (two entries that say the same, a date that is past) the entries
/// themselves as evidence: `memory@<blob of the note>`.
pub fn attest(proposal: &mut Proposal, snapshot: &Snapshot, transcripts: &mut Transcripts<'_>) {
    if !proposal.evidence.is_empty() {
        return;
    }
    let Target::Entry { path, text } = &proposal.target else { return };
    let entries = std::iter::once((path, text)).chain(proposal.absorbs.iter().map(|(path, text)| (path, text)));
    let attested: Vec<Evidence> =
        entries.filter_map(|(path, text)| attested(path, text, snapshot, transcripts)).collect();
    proposal.evidence = attested;
}

fn attested(path: &NotePath, entry: &str, snapshot: &Snapshot, transcripts: &mut Transcripts<'_>) -> Option<Evidence> {
    let note = snapshot.notes.get(path)?;
    let document = Document::parse(note);
    let index = document.entries().position(|text| text == entry)?;
    let first = *document.lines().get(index)?;
    let last = first + entry.matches('\n').count() as u32;
    let line = entry.lines().next().unwrap_or_default();
    Some(Evidence {
        session: SessionId::new(MEMORY).ok()?,
        blob: transcripts.cite_note(note),
        place: Place { lines: Lines { first, last }, pointer: None },
        role: Role::System,
        quote: line.chars().take(QUOTED).collect(),
        time: DateTime::UNIX_EPOCH,
        uid: None,
    })
}
