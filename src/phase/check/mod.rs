//! Checks: to a dream what continuous integration is to a pull request. Computed for the branch as it stands, from
//! commits and transcripts alone, so it says the same about a dream that somebody edited or pushed.

mod content;
mod cost;
mod range;

pub use range::check_range;

use super::memory::MEMORY;
use super::message;
use super::trust;
use crate::config::Settings;
use crate::config::guard::{Check, Checks, Level};
use crate::model::evidence::Cited;
use crate::model::{BeliefKey, ChangeType, Document, NotePath, ObjectId, Removal, SessionId, SessionRecord};
use crate::store::dream::{ChangeRecord, Dream};
use crate::store::{NoteText, ReadError, Snapshot, Store, TreeEntry};
use crate::text::Scrubbed;
use crate::text::trace::REMOVED;
use crate::transcript::{self, Speakers};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Below this many entries per cents say little: the budget only warns.
const SMALL_MEMORY: usize = 10;
/// Characters that make about one token of English.
const CHARACTERS_PER_TOKEN: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Warn,
    Fail,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }
}

/// One line of a check: what it found, and in which change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub verdict: Verdict,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<BeliefKey>,
    /// What stands under the change, as its trailers name it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// The same, typed.
    #[serde(skip)]
    pub name: Check,
}

impl Finding {
    pub(super) fn of(check: Check, verdict: Verdict, detail: String, change: &ChangeRecord) -> Self {
        let evidence = change.evidence.iter().map(ToString::to_string).collect();
        Self { change: Some(change.key.clone()), evidence, ..finding(check, verdict, detail) }
    }
}

pub(super) fn finding(check: Check, verdict: Verdict, detail: String) -> Finding {
    Finding { check: check.as_str(), verdict, detail, change: None, evidence: Vec::new(), name: check }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// The worst verdict of all findings.
pub fn worst(findings: &[Finding]) -> Verdict {
    findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Pass)
}

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error("read the repository")]
    Read(#[from] ReadError),
    #[error("read the sessions")]
    Sessions(#[from] crate::store::session::SessionError),
}

/// Runs every check that is not off; what a check that only warns found is a warning.
pub fn check(store: &Store, settings: &Settings, dream: &Dream) -> Result<Vec<Finding>, CheckError> {
    check_without(store, settings, dream, &BTreeSet::new())
}

/// The same for a dream from which these changes are left out.
pub fn check_without(
    store: &Store,
    settings: &Settings,
    dream: &Dream,
    dropped: &BTreeSet<BeliefKey>,
) -> Result<Vec<Finding>, CheckError> {
    let before = dream.base().map(|base| store.kept_snapshot(base, &settings.folders)).transpose()?;
    let after = dream.head().map(|head| match &before {
        Some(before) => store.snapshot_like(head, &settings.folders, before),
        None => store.snapshot(head, &settings.folders),
    });
    let after = after.transpose()?;
    let messages: Result<Vec<String>, ReadError> =
        dream.changes.iter().map(|change| Ok(store.commit(change.commit)?.message)).collect();
    let review = dream.review.as_ref().map(|review| store.commit(review.commit)).transpose()?;
    let set = &settings.checks;
    let kept: Vec<ChangeRecord> =
        dream.changes.iter().filter(|change| !dropped.contains(&change.key)).cloned().collect();
    let mut findings = loss(before.as_ref(), &kept, set.loss_budget as usize);
    findings.extend(provenance(store, dream)?);
    let ledger = store.ledger(store.memory_tip().ok().flatten())?;
    findings.extend(trust::check(&ledger, before.as_ref(), dream));
    findings.extend(content::words(before.as_ref(), after.as_ref(), &dream.changes, &messages?));
    findings.push(cost::size(before.as_ref(), after.as_ref(), set.size_budget));
    findings.push(cost::bill(review.as_ref().map(|commit| commit.message.as_str()), set.bill_budget));
    findings.retain(|finding| !finding.change.as_ref().is_some_and(|key| dropped.contains(key)));
    Ok(weighed(findings, set))
}

/// What the settings make of the findings: a check may only warn, or be off.
fn weighed(mut findings: Vec<Finding>, set: &Checks) -> Vec<Finding> {
    findings.retain_mut(|finding| {
        if set.level(finding.name) == Level::Warn {
            finding.verdict = finding.verdict.min(Verdict::Warn);
        }
        set.level(finding.name) != Level::Off
    });
    findings
}

fn loss(before: Option<&Snapshot>, changes: &[ChangeRecord], budget: usize) -> Vec<Finding> {
    let Some(before) = before else {
        return vec![finding(
            Check::Loss,
            Verdict::Fail,
            "the memory that the dream began from is not known".to_owned(),
        )];
    };
    let mut findings = unreasoned(before, changes);
    let lost = changes.iter().filter(|change| loses(change)).count();
    findings.push(over_budget(lost, entries(before), budget));
    findings
}

fn loses(change: &ChangeRecord) -> bool {
    !matches!(change.change, ChangeType::Add | ChangeType::Promote)
}

/// How many entries all notes have.
fn entries(snapshot: &Snapshot) -> usize {
    snapshot.notes.par_iter().map(|(_, text)| Document::parse(text).entries().count()).sum()
}

/// Losses that no budget allows: of a pinned note, and without a reason.
fn unreasoned(before: &Snapshot, changes: &[ChangeRecord]) -> Vec<Finding> {
    let is_pinned = |change: &&ChangeRecord| {
        let path = change.path.as_deref().and_then(|path| NotePath::new(path).ok());
        let note = path.and_then(|path| before.notes.get(&path));
        note.is_some_and(|text| Document::parse(text).front().is_some_and(|front| front.pinned))
    };
    let losing = changes.iter().filter(|change| loses(change));
    let pinned = losing.filter(is_pinned).map(|change| {
        let detail = format!("{} is pinned", change.path.as_deref().unwrap_or_default());
        Finding::of(Check::Loss, Verdict::Fail, detail, change)
    });
    let bare = changes.iter().filter(|change| change.change == ChangeType::Retire && change.retire.is_none());
    let bare = bare
        .map(|change| Finding::of(Check::Loss, Verdict::Fail, "retires a belief without a reason".to_owned(), change));
    pinned.chain(bare).collect()
}

fn over_budget(lost: usize, total: usize, budget: usize) -> Finding {
    let verdict = match lost * 100 > total * budget {
        false => Verdict::Pass,
        true if total < SMALL_MEMORY => Verdict::Warn,
        true => Verdict::Fail,
    };
    let detail = format!("{lost} of {total} entries retired or rewritten; the budget is {budget} %");
    finding(Check::Loss, verdict, detail)
}

fn provenance(store: &Store, dream: &Dream) -> Result<Vec<Finding>, CheckError> {
    let mut library = Library::new(store, dream)?;
    let mut findings = Vec::new();
    let mut quotes = 0;
    for change in &dream.changes {
        let message = store.commit(change.commit)?.message;
        let cited = message::quotes(&message);
        let mut fail = |detail: String| {
            let change = Some(change.key.clone());
            findings.push(Finding { change, ..finding(Check::Provenance, Verdict::Fail, detail) });
        };
        if cited.is_empty() {
            fail("cites no evidence".to_owned());
        }
        for (cited, quote) in cited {
            quotes += 1;
            if let Err(why) = library.check(&cited, quote.as_deref()) {
                fail(format!("{cited}: {why}"));
            }
        }
    }
    findings.extend(strays(store, dream)?);
    if findings.is_empty() {
        let changes = count(dream.changes.len(), "change");
        let detail = match quotes {
            1 => format!("1 quote of {changes} stands in the lines it cites"),
            _ => format!("{quotes} quotes of {changes} stand in the lines they cite"),
        };
        findings.push(finding(Check::Provenance, Verdict::Pass, detail));
    }
    Ok(findings)
}

/// Commits that somebody put on an open dream's branch and that change files, but are no change of the dream: nothing
/// stands under them, and a review shows them nowhere.
fn strays(store: &Store, dream: &Dream) -> Result<Vec<Finding>, CheckError> {
    let (Some(head), Some(base)) = (dream.open, dream.base()) else { return Ok(Vec::new()) };
    // What memory holds came here by bringing the branch up to date.
    let memory = store.memory_tip().ok().flatten();
    let hidden: Vec<ObjectId> = std::iter::once(base).chain(memory).collect();
    let mut findings = Vec::new();
    for id in store.walk(&[head], &hidden, false)? {
        let commit = store.commit(id?)?;
        let known = dream.changes.iter().any(|change| change.commit == commit.id);
        let [parent] = commit.parents[..] else { continue };
        if !known && store.commit(parent)?.tree != commit.tree {
            let subject = Scrubbed::short(commit.message.lines().next().unwrap_or_default(), 60);
            let detail = format!("commit {} ('{subject}') changes files without evidence", commit.id.short());
            findings.push(finding(Check::Provenance, Verdict::Fail, detail));
        }
    }
    Ok(findings)
}

/// Looks evidence up; a session that was just read is kept.
struct Library<'a> {
    store: &'a Store,
    fans: Vec<TreeEntry>,
    /// Those that were asked for: a dream cites few of thousands.
    records: BTreeMap<SessionId, Option<SessionRecord>>,
    listed: HashSet<&'a SessionId>,
    base: Option<ObjectId>,
    /// The notes of the base commit by blob, once memory is cited.
    notes: Option<BTreeMap<String, NoteText>>,
    last: Option<(SessionId, Vec<u8>, Option<Speakers>)>,
}

impl<'a> Library<'a> {
    fn new(store: &'a Store, dream: &'a Dream) -> Result<Self, ReadError> {
        let listed = dream.sessions().iter().map(|(id, _)| id).collect();
        let (fans, records) = (store.session_fans()?, BTreeMap::new());
        Ok(Self { store, fans, records, listed, base: dream.base(), notes: None, last: None })
    }

    fn record(&mut self, id: &SessionId) -> Result<&SessionRecord, String> {
        if !self.records.contains_key(id) {
            let record = self.store.session_in(&self.fans, id).map_err(|error| format!("could not {error}"))?;
            self.records.insert(id.clone(), record);
        }
        self.records.get(id).and_then(Option::as_ref).ok_or_else(|| "no such session".to_owned())
    }

    fn check(&mut self, cited: &Cited, quote: Option<&str>) -> Result<(), String> {
        let Some(quote) = quote else { return Err("the message does not quote it".to_owned()) };
        if cited.session.as_str() == MEMORY {
            return self.check_note(cited, quote);
        }
        let is_listed = self.listed.contains(&cited.session);
        let record = self.record(&cited.session)?;
        if !is_listed {
            return Err("the review does not list the session".to_owned());
        }
        let version = record.versions.iter().find(|version| {
            version.part_of_line(cited.place.lines.last).is_some_and(|part| part.is_named(&cited.blob))
        });
        let version = version.ok_or("the session has no such blob, or the blob has no such line")?.clone();
        // A tombstone stands for what was taken out.
        let removed = version.removed(cited.place.lines).is_some_and(|how| how != Removal::Masked);
        if removed || quote.contains(REMOVED) {
            return Ok(());
        }
        if self.last.as_ref().is_none_or(|(id, ..)| *id != cited.session) {
            let mut bytes = Vec::new();
            for part in &version.parts {
                bytes.extend(self.store.blob(part.blob).map_err(|error| format!("could not {error}"))?);
            }
            let speakers = Speakers::read(&bytes);
            self.last = Some((cited.session.clone(), bytes, speakers));
        }
        let (_, bytes, speakers) = self.last.as_ref().expect("it was just read");
        let texts = transcript::quote_at(bytes, &cited.place).unwrap_or_default();
        let borne_out = speakers.as_ref().is_none_or(|all| all.bear_out(&cited.place, cited.role));
        match message::quote_stands(quote, texts.iter().map(String::as_str)) {
            true if borne_out => Ok(()),
            true => Err(format!("on these lines nobody speaks who counts as '{}'", cited.role.as_str())),
            false => Err("the quote is not in the lines".to_owned()),
        }
    }

    /// Memory as evidence: some note of the base commit has this blob and says so.
    fn check_note(&mut self, cited: &Cited, quote: &str) -> Result<(), String> {
        if self.notes.is_none() {
            let base = self.base.ok_or("the memory that the dream began from is not known")?;
            let snapshot =
                self.store.snapshot(base, &[".".to_owned()]).map_err(|error| format!("could not {error}"))?;
            let name = |text: &NoteText| ObjectId::of_blob(text.as_bytes()).short();
            self.notes = Some(snapshot.notes.into_values().map(|text| (name(&text), text)).collect());
        }
        let note = self.notes.as_ref().and_then(|notes| notes.get(&cited.blob));
        let note = note.ok_or("no note of that memory has this blob")?;
        match message::quote_stands(quote, note.lines()) {
            true => Ok(()),
            false => Err("the quote is not in the note".to_owned()),
        }
    }
}
