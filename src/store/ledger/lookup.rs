//! Asking the ledger. A dream that is kept is read when it is asked for.

use super::Dreams;
use super::keep::{Kept, Place};
use super::sessions_read::{self, SessionsRead, row};
use crate::model::{DreamId, ObjectId, epoch};
use crate::store::dream::{Dream, FindDreamError, Standing, find};
use crate::store::slots::Slots;
use crate::text::probe::{Word, word};
use chrono::{DateTime, Utc};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Every dream that refs and history know of, as seen from one memory commit.
pub struct Ledger {
    pub tip: Option<ObjectId>,
    slots: BTreeMap<DreamId, Slot>,
    /// The dreams that each commit of a change or of a landing belongs to, of those that are not kept.
    homes: HashMap<ObjectId, Vec<DreamId>>,
    kept: Option<Rest>,
}

struct Slot {
    row: Row,
    dream: Dream,
}

/// What is kept, but for the dreams of which something newer is known.
pub(super) struct Rest {
    kept: Arc<Kept>,
    left_out: BTreeSet<Place>,
    /// Those that were asked for.
    dreams: Slots<Option<Box<Dream>>>,
}

impl Rest {
    fn places(&self) -> impl Iterator<Item = Place> {
        self.kept.shown().filter(|place| !self.left_out.contains(place))
    }

    fn place(&self, id: &DreamId) -> Option<Place> {
        self.kept.place(id).filter(|place| !self.left_out.contains(place) && self.kept.row(*place).is_some())
    }

    /// Names what is kept.
    pub fn id(&self) -> ObjectId {
        self.kept.id
    }

    /// By what dreams are put in order, without reading the dream; nothing where something newer is known of it.
    pub fn age(&self, place: Place) -> Option<(Option<DateTime<Utc>>, &DreamId)> {
        let row = self.kept.row(place).filter(|_| !self.left_out.contains(&place))?;
        Some((row.created, &row.id))
    }

    /// All that is kept, also those dreams of which something newer is known.
    pub fn all(&self) -> impl Iterator<Item = (Place, &Dream)> {
        self.kept.shown().filter_map(|place| Some((place, self.dream(place)?)))
    }

    pub fn dream(&self, place: Place) -> Option<&Dream> {
        let read = || self.kept.dream(place).map(Box::new);
        self.dreams.get_or_init(place.number(), read)?.as_deref()
    }
}

/// What a list says of a dream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub id: DreamId,
    pub standing: Standing,
    pub changes: u32,
    #[serde(with = "epoch::optional")]
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
        let slots = dreams.into_iter().map(slot).collect();
        Self { tip, slots, homes, kept: None }
    }

    /// These dreams, and all that is kept but those that are left out.
    pub(super) fn since(tip: ObjectId, dreams: Dreams, kept: Arc<Kept>, left_out: &BTreeSet<DreamId>) -> Self {
        let left_out = left_out.iter().filter_map(|id| kept.place(id)).collect();
        let rest = Rest { dreams: Slots::new(kept.len()), kept, left_out };
        Self { kept: Some(rest), ..Self::new(Some(tip), dreams) }
    }

    fn places(&self) -> impl Iterator<Item = (&Rest, Place)> {
        self.kept.iter().flat_map(|rest| rest.places().map(move |place| (rest, place)))
    }

    pub(super) fn rest(&self) -> Option<&Rest> {
        self.kept.as_ref()
    }

    /// The dreams of which something newer is known than what is kept.
    pub(super) fn changed(&self) -> impl Iterator<Item = &Dream> {
        self.slots.values().map(|slot| &slot.dream)
    }

    pub fn len(&self) -> usize {
        self.slots.len() + self.places().count()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.places().next().is_none()
    }

    pub fn contains(&self, id: &DreamId) -> bool {
        self.slots.contains_key(id) || self.kept.as_ref().is_some_and(|rest| rest.place(id).is_some())
    }

    pub fn get(&self, id: &DreamId) -> Option<&Dream> {
        let kept = || self.kept.as_ref().and_then(|rest| rest.dream(rest.place(id)?));
        self.slots.get(id).map(|slot| &slot.dream).or_else(kept)
    }

    /// Reads all that is kept. To be called before several threads ask for [`Ledger::all`]: they would wait for each
    /// other at every dream.
    pub fn read_all(&self) {
        if let Some(rest) = &self.kept {
            let places: Vec<Place> = rest.places().collect();
            places.into_par_iter().for_each(|place| {
                let _ = rest.dream(place);
            });
        }
    }

    /// All of them, by id.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Dream> {
        self.read_all();
        let kept = self.places().filter_map(|(rest, place)| rest.dream(place));
        let mut all: Vec<&Dream> = self.slots.values().map(|slot| &slot.dream).chain(kept).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.into_iter()
    }

    /// A dream by its id, a unique prefix, its branch name, or the four characters at its end.
    pub fn find(&self, name: &str) -> Result<&Dream, FindDreamError> {
        if let Some(dream) = DreamId::new(name).ok().and_then(|id| self.get(&id)) {
            return Ok(dream);
        }
        let kept = self.places().filter_map(|(rest, place)| rest.kept.id(place));
        let mut ids: Vec<&DreamId> = self.slots.keys().chain(kept).collect();
        ids.sort();
        let id = find(ids.into_iter(), name)?;
        self.get(id).ok_or_else(|| FindDreamError::NotFound { prefix: id.to_string(), near: Vec::new() })
    }

    /// The dreams that a commit belongs to.
    pub fn dreams_of(&self, commit: ObjectId) -> impl Iterator<Item = &Dream> {
        let kept = self.kept.iter().flat_map(|rest| {
            let places = rest.kept.homes(commit).filter(|place| !rest.left_out.contains(place));
            places.filter_map(|place| rest.dream(place))
        });
        let own = self.homes.get(&commit).into_iter().flatten().filter_map(|id| self.slots.get(id));
        let mut dreams: Vec<&Dream> = own.map(|slot| &slot.dream).chain(kept).collect();
        dreams.sort_by(|a, b| a.id.cmp(&b.id));
        dreams.into_iter()
    }

    /// What a list says of each, newest first.
    pub fn rows(&self) -> Vec<&Row> {
        let kept = self.places().filter_map(|(rest, place)| rest.kept.row(place));
        let mut rows: Vec<&Row> = self.slots.values().map(|slot| &slot.row).chain(kept).collect();
        rows.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        rows
    }

    /// The sessions that dreams which stand have read, each with the blob that says how far. A reverted dream's
    /// sessions are to be read again.
    pub fn sessions_read(&self) -> SessionsRead {
        let stands = |row: &Row| row.standing != Standing::Reverted;
        let own = self.slots.values().filter(|slot| stands(&slot.row));
        let own = own.flat_map(|slot| slot.dream.sessions()).map(|(session, blob)| (word(session.as_str()), *blob));
        let own: Vec<(Word, ObjectId)> = own.collect();
        let Some(rest) = &self.kept else { return SessionsRead::from(own) };
        let Some(rows) = rest.kept.all_sessions() else { return SessionsRead::from(own) };
        // Mostly all of them count still: those too of dreams of which something newer is known.
        let own_rows: LazyCell<HashSet<sessions_read::Row>, _> =
            LazyCell::new(|| own.iter().map(|(word, blob)| row(*word, *blob)).collect());
        let has = |number: u32| rows.as_chunks().0.get(number as usize).is_some_and(|row| own_rows.contains(row));
        if rest.kept.are_all_named() && rest.left_out.iter().flat_map(|place| rest.kept.sessions(*place)).all(has) {
            return SessionsRead::of(rest.kept.id, rows, None, own);
        }
        // Most sessions are named by several dreams.
        let mut named = vec![false; rest.kept.count_sessions()];
        for place in rest.places().filter(|place| rest.kept.row(*place).is_some_and(stands)) {
            for number in rest.kept.sessions(place) {
                named.get_mut(number as usize).into_iter().for_each(|named| *named = true);
            }
        }
        SessionsRead::of(rest.kept.id, rows, Some(named), own)
    }
}

fn slot((id, dream): (DreamId, Dream)) -> (DreamId, Slot) {
    (id, Slot { row: Row::of(&dream), dream })
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
