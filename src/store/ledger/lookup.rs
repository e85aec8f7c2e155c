//! Asking the ledger. A dream that is kept is read when it is asked for.

use super::Dreams;
use super::keep::{Kept, Place};
use crate::model::{DreamId, ObjectId, SessionId};
use crate::store::dream::{Dream, FindDreamError, Standing, find};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

/// Every dream that refs and history know of, as seen from one memory commit.
pub struct Ledger {
    pub tip: Option<ObjectId>,
    slots: BTreeMap<DreamId, Slot>,
    /// The dreams that each commit of a change or of a landing belongs to, of those that are not kept.
    homes: HashMap<ObjectId, Vec<DreamId>>,
    kept: Option<Arc<Kept>>,
}

struct Slot {
    row: Row,
    place: Option<Place>,
    dream: OnceLock<Box<Dream>>,
}

/// What a list says of a dream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub id: DreamId,
    pub standing: Standing,
    pub changes: u32,
    pub created: Option<DateTime<Utc>>,
    /// Who decided.
    pub by: Option<String>,
}

impl Row {
    pub fn of(dream: &Dream) -> Self {
        Self {
            id: dream.id.clone(),
            standing: dream.standing,
            changes: u32::try_from(dream.changes.len()).unwrap_or(u32::MAX),
            created: dream.created(),
            by: dream.decided.as_ref().map(|decided| decided.by.clone()),
        }
    }
}

impl Ledger {
    pub(super) fn new(tip: Option<ObjectId>, dreams: Dreams) -> Self {
        let homes = homes(&dreams);
        let slots = dreams.into_values().map(slot).collect();
        Self { tip, slots, homes, kept: None }
    }

    /// These dreams, and all that is kept but those that are left out.
    pub(super) fn since(tip: ObjectId, dreams: Dreams, kept: Arc<Kept>, left_out: &BTreeSet<DreamId>) -> Self {
        let homes = homes(&dreams);
        let mut slots: BTreeMap<DreamId, Slot> = kept
            .rows()
            .filter(|(row, _)| !left_out.contains(&row.id))
            .map(|(row, place)| (row.id.clone(), Slot { row: row.clone(), place: Some(place), dream: OnceLock::new() }))
            .collect();
        slots.extend(dreams.into_values().map(slot));
        Self { tip: Some(tip), slots, homes, kept: Some(kept) }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn contains(&self, id: &DreamId) -> bool {
        self.slots.contains_key(id)
    }

    pub fn get(&self, id: &DreamId) -> Option<&Dream> {
        self.slots.get(id).map(|slot| self.dream(slot))
    }

    fn dream<'l>(&'l self, slot: &'l Slot) -> &'l Dream {
        slot.dream.get_or_init(|| {
            let read = || self.kept.as_ref()?.dream(slot.place?, &slot.row.id);
            Box::new(read().unwrap_or_else(|| Dream::new(slot.row.id.clone())))
        })
    }

    /// All of them, by id.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Dream> {
        self.slots.values().map(|slot| self.dream(slot))
    }

    /// A dream by its id, a unique prefix, its branch name, or the four characters at its end.
    pub fn find(&self, name: &str) -> Result<&Dream, FindDreamError> {
        let id = find(self.slots.keys(), name)?;
        Ok(self.dream(&self.slots[id]))
    }

    /// The dreams that a commit belongs to.
    pub fn dreams_of(&self, commit: ObjectId) -> impl Iterator<Item = &Dream> {
        let kept = self.kept.iter().flat_map(|kept| kept.homes(commit));
        let kept = kept.filter(|id| self.slots.get(id).is_some_and(|slot| slot.place.is_some()));
        let mut ids: Vec<&DreamId> = self.homes.get(&commit).into_iter().flatten().chain(kept).collect();
        ids.sort();
        ids.into_iter().filter_map(|id| self.get(id))
    }

    /// What a list says of each, newest first.
    pub fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.slots.values().map(|slot| &slot.row).collect();
        rows.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        rows
    }

    /// The sessions that dreams which stand have read, each with the blob that says how far. A reverted dream's
    /// sessions are to be read again.
    pub fn sessions_read(&self) -> BTreeSet<(SessionId, ObjectId)> {
        let mut read = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        for slot in self.slots.values().filter(|slot| slot.row.standing != Standing::Reverted) {
            match (&self.kept, slot.place) {
                (Some(kept), Some(place)) => numbers.extend(kept.sessions(place)),
                _ => read.extend(self.dream(slot).sessions().iter().cloned()),
            }
        }
        read.extend(self.kept.iter().flat_map(|kept| numbers.iter().filter_map(|number| kept.session(*number))));
        read
    }
}

fn slot(dream: Dream) -> (DreamId, Slot) {
    let row = Row::of(&dream);
    (dream.id.clone(), Slot { row, place: None, dream: OnceLock::from(Box::new(dream)) })
}

pub(super) fn homes(dreams: &Dreams) -> HashMap<ObjectId, Vec<DreamId>> {
    let mut homes: HashMap<ObjectId, Vec<DreamId>> = HashMap::new();
    for dream in dreams.values() {
        let changes = dream.changes.iter().map(|change| change.commit);
        let commits = changes.chain(dream.landed.values().flatten().copied()).chain(dream.landings.iter().copied());
        for commit in commits {
            let here = homes.entry(commit).or_default();
            if here.last() != Some(&dream.id) {
                here.push(dream.id.clone());
            }
        }
    }
    homes
}
