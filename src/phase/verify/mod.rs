//! Verify: an auditor's walk through the history of memory. Every commit is read once and held against what it claims:
//! its trailers, the evidence that it names, the quotes, and the tree. Then dreams, landings, the stored sessions and
//! what refs and reflogs remember are held against each other. It changes nothing, believes no cache, and stops at
//! nothing: what cannot be read is a finding.

mod change;
mod claim;
mod dreams;
mod evidence;
mod examine;
mod landing;
mod record;
mod returning;
mod sessions;
mod signature;
mod squash;
mod walk;
mod witness;

pub use signature::Required;

use crate::model::{DreamId, ObjectId};
use crate::store::{OpenError, ReadError, Store};
use serde::Serialize;

/// Findings that are told one by one; more are only counted, so that a wrecked repository does not fill memory.
const TOLD: usize = 10_000;

/// What is to be verified.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The memory branch's tip.
    pub tip: Option<ObjectId>,
    /// The full name of the memory branch, for its reflog.
    pub branch: String,
    /// Limits the walk to these commits: reachable from the first, not from the second.
    pub range: Option<(Vec<ObjectId>, Vec<ObjectId>)>,
    pub signatures: Required,
}

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which promise is broken, in one word.
    pub check: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dream: Option<DreamId>,
    pub detail: String,
    /// The next step, in words or as a command.
    pub remedy: String,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub commits: u64,
    pub dreams: u64,
    pub changes: u64,
    pub landings: u64,
    pub evidence: u64,
    pub quotes: u64,
    /// Evidence whose words were removed for good, or dropped with age, and say so.
    pub redacted: u64,
    pub expired: u64,
    pub sessions: u64,
    pub signatures: u64,
    pub direct_edits: u64,
    pub findings: u64,
}

impl Totals {
    fn add(&mut self, other: &Totals) {
        self.changes += other.changes;
        self.evidence += other.evidence;
        self.quotes += other.quotes;
        self.redacted += other.redacted;
        self.expired += other.expired;
    }
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub totals: Totals,
    pub findings: Vec<Finding>,
    /// Commits of no dream that change files, as the walk met them.
    pub direct_edits: Vec<ObjectId>,
    /// What limits the answer, such as a shallow clone.
    pub limits: Vec<String>,
}

impl Report {
    fn find(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.totals.findings += 1;
            if self.findings.len() < TOLD {
                self.findings.push(finding);
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("read the repository")]
    Read(#[from] ReadError),
    #[error("open the repository for another thread")]
    Open(#[from] OpenError),
    #[error("ask git about signatures")]
    Git(#[from] crate::store::GitError),
}

/// Verifies memory; `advance` hears of every commit that was read.
pub fn verify(store: &Store, request: &Request, advance: &(dyn Fn(u64) + Sync)) -> Result<Report, VerifyError> {
    crate::store::object::keep_no_objects();
    let opener = store.read_much();
    let mut report = Report::default();
    let archive = sessions::Archive::read(store, &mut report)?;
    let mut history = walk::walk(store, &opener, request, &archive, &mut report, advance)?;
    dreams::check(&history, &archive, &mut report);
    let landings = landing::check(store, &mut history, &mut report)?;
    returning::check(store, &history, &landings, &mut report)?;
    if request.range.is_none() {
        witness::check(store, request, &history, &landings, &mut report)?;
        sessions::check(store, &opener, &archive, &mut report)?;
    }
    signature::check(store, request.signatures, &history, &mut report)?;
    report.totals.commits = history.nodes.len() as u64;
    report.direct_edits = history.direct_edits();
    report.totals.direct_edits = report.direct_edits.len() as u64;
    let place = |finding: &Finding| finding.commit.and_then(|commit| history.places.get(&commit).copied());
    report.findings.sort_by_key(|finding| (place(finding).is_none(), place(finding)));
    Ok(report)
}

fn finding(check: &'static str, commit: ObjectId, detail: String, remedy: impl Into<String>) -> Finding {
    Finding { check, commit: Some(commit), dream: None, detail, remedy: remedy.into() }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
