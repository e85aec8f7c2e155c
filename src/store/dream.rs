//! A dream as history tells it: what it read, what it proposed, what was decided. Read from commits and refs only;
//! there is no state file that could disagree with them.

use super::Signature;
use super::listed::Listed;
use crate::model::evidence::Cited;
use crate::model::{
    BeliefKey, ChangeType, Confidence, DreamId, Kind, ObjectId, Opinion, Phase, RetireReason, Risk, SessionId, Support,
    epoch,
};
use crate::text::Scrubbed;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const OPEN: &str = "refs/heads/dream/";
pub const CLOSED: &str = "refs/dream/closed/";

/// Where a dream stands, computed from refs and history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Standing {
    Open,
    Approved,
    Rejected,
    Reverted,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::Approved => "approved",
            Standing::Rejected => "rejected",
            Standing::Reverted => "reverted",
        }
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the review commit of a dream says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub commit: ObjectId,
    pub base: Option<ObjectId>,
    /// Every session that was read, with the blob that says how far.
    pub sessions: Listed,
    pub engine: Option<String>,
    /// The language model that answered, and what it cost, line by line.
    pub model: Option<String>,
    pub bill: Vec<String>,
    pub settings: Option<String>,
    pub instructions: Option<Scrubbed>,
    #[serde(with = "epoch")]
    pub time: DateTime<Utc>,
}

/// One change commit of a dream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeRecord {
    pub key: BeliefKey,
    pub change: ChangeType,
    pub phase: Phase,
    pub kind: Option<Kind>,
    pub path: Option<String>,
    /// The commit: on the dream's own branch where that is still there, else as it landed.
    pub commit: ObjectId,
    /// The whole subject line.
    pub subject: Scrubbed,
    pub support: Option<Support>,
    pub confidence: Option<Confidence>,
    pub risks: Vec<Risk>,
    pub opinion: Option<Opinion>,
    pub evidence: Vec<Cited>,
    pub retire: Option<RetireReason>,
    #[serde(with = "epoch")]
    pub time: DateTime<Utc>,
}

impl ChangeRecord {
    /// Whether two commits are the same change, one of them rewritten by a rebase or a partial approval.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.key == other.key && self.change == other.change && self.path == other.path
    }
}

/// Who decided, when, and the commit that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// `Name <address>`.
    pub by: String,
    #[serde(with = "epoch")]
    pub at: DateTime<Utc>,
    pub commit: ObjectId,
}

impl Decided {
    pub(super) fn new(by: Option<&str>, signature: &Signature, commit: ObjectId) -> Self {
        let by = by.map_or_else(|| person(signature), |by| Scrubbed::line(by).into_string());
        Self { by, at: signature.time, commit }
    }
}

/// A person as trailers name them.
pub fn person(signature: &Signature) -> String {
    Scrubbed::line(&format!("{} <{}>", signature.name, signature.email)).into_string()
}

/// One dream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dream {
    pub id: DreamId,
    pub standing: Standing,
    pub review: Option<Review>,
    /// In the order of their commits; a change's number is its place here, from 1.
    pub changes: Vec<ChangeRecord>,
    /// The tip of `refs/heads/dream/<id>`, while it exists.
    pub open: Option<ObjectId>,
    /// The tip of `refs/dream/closed/<id>`, if there is one.
    pub closed: Option<ObjectId>,
    /// Commits that brought the dream into memory, oldest first; each is undone against its first parent.
    pub landings: Vec<ObjectId>,
    /// For each key in memory, the change commit there, where it has one of its own (a squash has none).
    pub landed: BTreeMap<BeliefKey, Option<ObjectId>>,
    /// Keys in `landed` whose effect was taken back.
    pub reverted: BTreeSet<BeliefKey>,
    /// Keys that an approval left out.
    pub dropped: BTreeSet<BeliefKey>,
    /// Revert commits that are in force, newest first.
    pub reverts: Vec<ObjectId>,
    pub approved: Option<Decided>,
    /// The decision that made the dream stand as it does: an approval, a rejection or a revert.
    pub decided: Option<Decided>,
    pub reject_reason: Option<Scrubbed>,
}

impl Dream {
    pub(super) fn new(id: DreamId) -> Self {
        Self {
            id,
            standing: Standing::Open,
            review: None,
            changes: Vec::new(),
            open: None,
            closed: None,
            landings: Vec::new(),
            landed: BTreeMap::new(),
            reverted: BTreeSet::new(),
            dropped: BTreeSet::new(),
            reverts: Vec::new(),
            approved: None,
            decided: None,
            reject_reason: None,
        }
    }

    /// The full name of the dream's branch, whether it exists or not.
    pub fn branch(&self) -> String {
        format!("{OPEN}{}", self.id)
    }

    /// The memory commit that the dream started from.
    pub fn base(&self) -> Option<ObjectId> {
        self.review.as_ref().and_then(|review| review.base)
    }

    /// The newest commit that shows the dream as it was proposed.
    pub fn head(&self) -> Option<ObjectId> {
        let landed = self.landings.last().copied();
        self.open.or(self.closed).or(self.changes.last().map(|change| change.commit)).or(landed)
    }

    /// When the dream was made.
    pub fn created(&self) -> Option<DateTime<Utc>> {
        self.review.as_ref().map(|review| review.time).or(self.changes.first().map(|change| change.time))
    }

    /// The older of two first.
    pub fn by_age(&self, other: &Self) -> std::cmp::Ordering {
        (self.created(), &self.id).cmp(&(other.created(), &other.id))
    }

    /// Of the sessions that the dream read some only.
    pub fn sessions_of(&self, is_one: impl Fn(&str) -> bool) -> Vec<(SessionId, ObjectId)> {
        self.review.as_ref().map_or_else(Vec::new, |review| review.sessions.of(is_one))
    }

    /// The sessions that the dream read; none where history does not say.
    pub fn sessions(&self) -> &[(SessionId, ObjectId)] {
        self.review.as_ref().map_or(&[], |review| &review.sessions)
    }

    pub fn change(&self, key: &BeliefKey) -> Option<&ChangeRecord> {
        self.changes.iter().find(|change| change.key == *key)
    }

    /// Whether a change is in memory now.
    pub fn holds(&self, key: &BeliefKey) -> bool {
        self.landed.contains_key(key) && !self.reverted.contains(key)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindDreamError {
    /// `near` are the ids that come closest.
    #[error("find a dream '{prefix}'")]
    NotFound { prefix: String, near: Vec<DreamId> },
    #[error("tell which dream '{prefix}' means: {} start with it", .candidates.len())]
    Ambiguous { prefix: String, candidates: Vec<DreamId> },
}

/// Finds a dream by its id, a unique prefix of it, its branch, or the four characters at its end.
pub(super) fn find<'a>(
    ids: impl Iterator<Item = &'a DreamId> + Clone,
    name: &str,
) -> Result<&'a DreamId, FindDreamError> {
    let prefix = ["refs/heads/", "refs/dream/closed/", "dream/"]
        .iter()
        .fold(name, |name, start| name.strip_prefix(start).unwrap_or(name));
    let matching = |test: &dyn Fn(&str) -> bool| ids.clone().filter(|id| test(id.as_str())).collect::<Vec<_>>();
    let mut found = matching(&|id| !prefix.is_empty() && id.starts_with(prefix));
    if found.is_empty() && prefix.len() == 4 {
        found = matching(&|id| id.ends_with(prefix));
    }
    match found[..] {
        [one] => Ok(one),
        [] => {
            Err(FindDreamError::NotFound { prefix: Scrubbed::short(name, 60).into_string(), near: near(ids, prefix) })
        }
        _ => Err(FindDreamError::Ambiguous {
            prefix: Scrubbed::short(name, 60).into_string(),
            candidates: found.into_iter().cloned().collect(),
        }),
    }
}

/// Ids that share the longest start, at most three, else the newest.
fn near<'a>(ids: impl Iterator<Item = &'a DreamId>, prefix: &str) -> Vec<DreamId> {
    let shared = |id: &DreamId| id.as_str().bytes().zip(prefix.bytes()).take_while(|(a, b)| a == b).count();
    let mut ids: Vec<&DreamId> = ids.collect();
    ids.sort_by_key(|id| (std::cmp::Reverse(shared(id)), std::cmp::Reverse((*id).clone())));
    ids.into_iter().take(3).cloned().collect()
}
