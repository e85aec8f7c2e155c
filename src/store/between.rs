//! What a range of commits holds, as a pull request shows it: the changes of dreams, by dream, and the commits that
//! are none of them. Merges are looked through; what they bring is in the range itself.

use super::dream::Dream;
use super::message::{Fact, read};
use super::{Commit, ReadError, Store};
use crate::model::{DreamId, ObjectId};
use crate::text::Scrubbed;
use std::collections::BTreeMap;

/// A commit that changes files and is no change of a dream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub commit: ObjectId,
    pub subject: Scrubbed,
}

/// The work of a range, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Between {
    /// Each with its changes in the range only, and with its review wherever that stands.
    pub dreams: Vec<Dream>,
    pub edits: Vec<Edit>,
}

impl Store {
    /// Reads the commits that `head` has and `base` has not.
    pub fn between(&self, base: ObjectId, head: ObjectId) -> Result<Between, ReadError> {
        let ids: Result<Vec<ObjectId>, ReadError> = self.walk(&[head], &[base], false)?.collect();
        let mut dreams: BTreeMap<DreamId, Dream> = BTreeMap::new();
        let mut edits = Vec::new();
        for id in ids?.into_iter().rev() {
            let commit = self.commit(id)?;
            let fact = read(&commit);
            let parts = match fact {
                Some(Fact::Squash { parts, .. }) => parts,
                Some(fact) => vec![fact],
                None => Vec::new(),
            };
            if parts.is_empty() && self.edits_files(&commit)? {
                edits.push(Edit { commit: id, subject: Scrubbed::short(commit.subject(), 60) });
            }
            parts.into_iter().for_each(|part| add(&mut dreams, part));
        }
        dreams.retain(|_, dream| !dream.changes.is_empty());
        if dreams.values().any(|dream| dream.review.is_none()) {
            let ledger = self.ledger(Some(head))?;
            for (id, dream) in dreams.iter_mut().filter(|(_, dream)| dream.review.is_none()) {
                dream.review = ledger.get(id).and_then(|known| known.review.clone());
            }
        }
        Ok(Between { dreams: dreams.into_values().collect(), edits })
    }

    fn edits_files(&self, commit: &Commit) -> Result<bool, ReadError> {
        match commit.parents[..] {
            [parent] => Ok(self.commit(parent)?.tree != commit.tree),
            _ => Ok(false),
        }
    }
}

fn add(dreams: &mut BTreeMap<DreamId, Dream>, fact: Fact) {
    match fact {
        Fact::Review(id, review) => dream(dreams, id).review = Some(*review),
        Fact::Change(id, change) => dream(dreams, id).changes.push(*change),
        _ => {}
    }
}

fn dream(dreams: &mut BTreeMap<DreamId, Dream>, id: DreamId) -> &mut Dream {
    dreams.entry(id.clone()).or_insert_with(|| Dream::new(id))
}
