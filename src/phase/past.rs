//! What history says about beliefs that were proposed before: by which dreams, how that ended, and which transcripts
//! those dreams had seen. It is what makes a dream idempotent and a refusal stick.

use crate::model::{BeliefKey, DreamId, Evidence, ObjectId, SessionId};
use std::collections::{BTreeMap, BTreeSet};

/// How the latest proposal of a belief ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A dream that proposes it is still open.
    Open,
    /// Approved, and not reverted since. Memory may still have lost it to a later change or a hand edit.
    Approved,
    /// Rejected, left out of an approval, or reverted.
    Refused(String),
}

/// One belief that some dream proposed before.
#[derive(Debug, Clone)]
pub struct PastBelief {
    pub dream: DreamId,
    pub standing: Standing,
    /// Position of that dream among all, oldest first: it had seen what this and earlier dreams read.
    pub order: usize,
}

/// All that was proposed before.
#[derive(Debug, Clone, Default)]
pub struct Past {
    beliefs: BTreeMap<BeliefKey, PastBelief>,
    /// For each part of a transcript that a dream read: the order of the first dream that read it.
    seen: BTreeMap<(SessionId, ObjectId), usize>,
}

impl Past {
    /// Records a proposal; call in the order in which the dreams were made.
    pub fn proposed(&mut self, key: BeliefKey, belief: PastBelief) {
        self.beliefs.insert(key, belief);
    }

    /// Records that a dream read a transcript up to and including this part.
    pub fn read(&mut self, session: SessionId, parts: impl IntoIterator<Item = ObjectId>, order: usize) {
        for part in parts {
            self.seen.entry((session.clone(), part)).or_insert(order);
        }
    }

    pub fn get(&self, key: &BeliefKey) -> Option<&PastBelief> {
        self.beliefs.get(key)
    }

    /// The sessions among this evidence that no dream had seen when the belief was last proposed.
    pub fn new_sessions(&self, belief: &PastBelief, evidence: &[Evidence]) -> BTreeSet<SessionId> {
        // Memory is no news about itself: the same entries again are the same evidence.
        let unseen = |item: &&Evidence| {
            if item.session.as_str() == super::memory::MEMORY {
                return false;
            }
            let seen = self.seen.get(&(item.session.clone(), item.blob));
            seen.is_none_or(|order| *order > belief.order)
        };
        evidence.iter().filter(unseen).map(|item| item.session.clone()).collect()
    }
}
