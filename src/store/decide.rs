//! What all decisions about a dream share: what may go wrong, which changes are meant, and the words of the commits.

use super::dream::person;
use super::journal::Journal;
use super::{
    ChangeRecord, Conflict, Dream, FindDreamError, IdentityError, LandError, Ledger, MemoryError, MergeError,
    ReadError, RefError, Standing, Store, WorkTreeError, lock,
};
use crate::model::{BeliefKey, DreamId, ObjectId};
use crate::text::Scrubbed;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error(transparent)]
    Find(#[from] FindDreamError),
    #[error("approve dream {0}: it is approved already")]
    AlreadyApproved(DreamId),
    /// Merging it again would do nothing; it can be restored.
    #[error("{verb} dream {dream}: it was approved and then reverted")]
    AlreadyReverted { verb: &'static str, dream: DreamId },
    #[error("{verb} dream {dream}: it was rejected")]
    AlreadyRejected { verb: &'static str, dream: DreamId },
    #[error("{verb} dream {dream}: it is {standing}")]
    Standing { verb: &'static str, dream: DreamId, standing: Standing },
    #[error("restore dream {0}: nothing of it is reverted")]
    NothingToRestore(DreamId),
    #[error("revert: memory holds nothing of it any more")]
    NothingToRevert,
    /// Nothing has changed; a person must settle these first.
    #[error("merge: {} conflict{}", .0.len(), if .0.len() == 1 { "" } else { "s" })]
    Conflict(Vec<Conflict>),
    /// A change that is kept builds on one that is dropped.
    #[error("leave out changes: change {} ('{subject}') builds on one of them", .key)]
    Depends { key: String, subject: Scrubbed, conflicts: Vec<Conflict> },
    /// `known` are the changes that there are.
    #[error("find the change '{name}' in dream {dream}")]
    UnknownChange { dream: DreamId, name: String, known: Vec<(BeliefKey, Scrubbed)> },
    #[error("approve dream {0}: no change of it would be left")]
    NothingKept(DreamId),
    #[error("revert change {key}: it came into memory in one commit with others, {commit}")]
    Inseparable { key: BeliefKey, commit: ObjectId },
    #[error("leave out changes: the branch of the dream holds a merge, {0}")]
    HoldsMerge(ObjectId),
    /// As in a shallow clone: what came before is not here, and taking it for nothing would remove all of memory.
    #[error("see what was before commit {0}: its history is cut off")]
    CutOff(ObjectId),
    #[error("approve dream {0}: its branch and the memory have no history in common")]
    Unrelated(DreamId),
    #[error(
        "approve dream {dream}: memory was rewound or rewritten, and no longer holds commit {base} that it began from"
    )]
    Rewound { dream: DreamId, base: ObjectId },
    #[error("find the branch of dream {0}")]
    NoBranch(DreamId),
    #[error("find the memory: the branch {0} has no commit yet")]
    NoMemory(String),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error("write the edited change")]
    Tree(#[source] super::TreeError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Land(#[from] LandError),
    #[error(transparent)]
    Refs(#[from] RefError),
}

/// Which changes of a dream a decision is about, each named by its key, a prefix of it, or its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    All,
    Drop(Vec<String>),
    Only(Vec<String>),
}

/// Where memory stands when a decision begins.
pub(super) struct Memory {
    pub branch: String,
    pub tip: ObjectId,
    pub tree: ObjectId,
    pub ledger: Ledger,
}

impl Store {
    /// One decision at a time, first come first served, each from what the last one left. A person who commits with
    /// plain git takes no turn: then it is decided again on top of that commit, for as long as one waits for a lock.
    pub(super) fn in_turn<T>(
        &self,
        mut decide: impl FnMut(&mut Journal) -> Result<T, DecideError>,
    ) -> Result<T, DecideError> {
        let mut journal = self.journal()?;
        let (start, mut pause) = (Instant::now(), lock::LONGEST_PAUSE);
        loop {
            match decide(&mut journal) {
                Err(error) if error.is_overtaken() && start.elapsed() < lock::PATIENCE => {
                    // Whoever lost a race is first in line; whoever finds the index locked waits.
                    if !matches!(error, DecideError::Land(LandError::Refs(_))) {
                        std::thread::sleep(pause);
                        pause = (pause * 2).min(Duration::from_millis(500));
                    }
                    self.refresh()?;
                }
                other => return other,
            }
        }
    }

    pub(super) fn memory_now(&self) -> Result<Memory, DecideError> {
        let branch = self.memory_branch()?;
        let tip = self.reference(branch.as_str())?.ok_or_else(|| DecideError::NoMemory(branch.short().to_owned()))?;
        let tree = self.commit(tip)?.tree;
        Ok(Memory { branch: branch.as_str().to_owned(), tip, tree, ledger: self.ledger(Some(tip))? })
    }

    /// The person who decides, as trailers name them.
    pub(super) fn decider(&self) -> Result<String, DecideError> {
        Ok(person(&self.identity()?))
    }
}

impl DecideError {
    /// Somebody else moved memory, or held its index, at the same moment; nothing has changed.
    fn is_overtaken(&self) -> bool {
        matches!(self, Self::Refs(error) | Self::Land(LandError::Refs(error)) if matches!(error, RefError::Moved { .. }))
            || matches!(self, Self::Land(LandError::WorkTree(WorkTreeError::Locked { .. })))
    }
}

impl Dream {
    /// The change that a person means by a key, a unique prefix of a key, or a number.
    pub fn pick(&self, name: &str) -> Result<&ChangeRecord, DecideError> {
        let by_key: Vec<&ChangeRecord> =
            self.changes.iter().filter(|change| name.len() >= 4 && change.key.as_str().starts_with(name)).collect();
        let by_number = || name.parse::<usize>().ok().and_then(|number| self.changes.get(number.checked_sub(1)?));
        let exact = by_key.iter().find(|change| change.key.as_str() == name).copied();
        let unique = if let [one] = by_key[..] { Some(one) } else { None };
        exact.or(unique).or_else(by_number).ok_or_else(|| DecideError::UnknownChange {
            dream: self.id.clone(),
            name: Scrubbed::short(name, 60).into_string(),
            known: self.changes.iter().map(|change| (change.key.clone(), change.subject.clone())).collect(),
        })
    }

    /// The keys that a selection leaves out.
    pub(super) fn left_out(&self, selection: &Selection) -> Result<BTreeSet<BeliefKey>, DecideError> {
        let named = |names: &[String]| -> Result<BTreeSet<BeliefKey>, DecideError> {
            names.iter().map(|name| Ok(self.pick(name)?.key.clone())).collect()
        };
        let all = || self.changes.iter().map(|change| change.key.clone());
        let out = match selection {
            Selection::All => BTreeSet::new(),
            Selection::Drop(names) => named(names)?,
            Selection::Only(names) => {
                let kept = named(names)?;
                all().filter(|key| !kept.contains(key)).collect()
            }
        };
        match all().all(|key| out.contains(&key)) && !out.is_empty() {
            true => Err(DecideError::NothingKept(self.id.clone())),
            false => Ok(out),
        }
    }
}

/// One line for each change, as a message's paragraph.
pub(super) fn listed<'a>(changes: impl Iterator<Item = &'a ChangeRecord>) -> Scrubbed {
    let lines: Vec<String> = changes.map(|change| format!("  {} {}", change.key, change.subject)).collect();
    Scrubbed::block(&lines.join("\n"))
}
