//! What differs between the tree that was kept and the present one, put over what was kept.

use super::row::Bytes;
use super::tail::Tail;
use super::{Records, Slots};
use crate::model::{ObjectId, SessionId, SessionRecord};
use crate::store::session::{decode, fan};
use crate::store::{FileDelta, Store, TreeDiff};
use std::collections::BTreeMap;

/// What each session is now; one that is gone has none.
pub(super) type Changes = BTreeMap<SessionId, Option<SessionRecord>>;

/// This many records may lie beside those that are kept before all are kept again, or so many that their square is a part
/// of all: then it takes as long to read them each time as to keep all.
const NEW: usize = 32;
const SHARE: usize = 4;
/// So many are looked up in the folders of sessions each time before they are put beside those that are kept.
const LATE: usize = if crate::FAULTS { 0 } else { 4 };

impl Store {
    /// The records of a later tree, made from those of an earlier one and the files that differ, and kept again where
    /// these are many. Nothing where that is not certain: then all are read, and whoever is wrong is named.
    pub(in crate::store) fn records_since(
        &self,
        old: ObjectId,
        new: ObjectId,
        mut records: Records,
    ) -> Option<Records> {
        if old == new {
            return Some(records);
        }
        let tail = Tail::read(self, old).unwrap_or_else(|| Tail { base: old, tree: old, changes: Changes::new() });
        let late = if tail.tree == new { Changes::new() } else { self.changes(tail.tree, new)? };
        let (count, mut changes) = (late.len(), tail.changes);
        for (id, now) in late {
            // One that came and went is none; of one that went and was not there nothing is certain.
            match now.is_none() && changes.contains_key(&id) && records.find(&id).is_none() {
                true => changes.remove(&id),
                false => changes.insert(id, now),
            };
        }
        let is_much = changes.len() > NEW.max((records.len() / SHARE).isqrt());
        if !is_much && count > LATE {
            let tail = Tail { base: old, tree: new, changes };
            tail.keep(self);
            changes = tail.changes;
        }
        records.change(changes)?;
        records.move_to(new);
        if is_much {
            self.keep_records(new, &records);
        }
        Some(records)
    }

    /// What became of the sessions of one tree in another.
    fn changes(&self, old: ObjectId, new: ObjectId) -> Option<Changes> {
        let mut changes = Changes::new();
        for FileDelta { path, new, .. } in TreeDiff::new(self).files(Some(old), new).ok()? {
            let Some(folder) = path.strip_suffix("/record.json") else { continue };
            let (fan, name) = folder.split_once('/')?;
            let id = SessionId::new(name).ok().filter(|id| self::fan(id) == fan)?;
            let Some((_, blob)) = new else {
                changes.insert(id, None);
                continue;
            };
            let record = decode(name, &self.blob(blob).ok()?).ok().filter(|record| record.id == id)?;
            changes.insert(id, Some(record));
        }
        Some(changes)
    }
}

impl Store {
    /// The sessions that came since an earlier tree; nothing where any of those before is not what it was.
    pub fn sessions_added(&self, since: ObjectId, now: ObjectId) -> Option<Vec<SessionId>> {
        let mut added = Vec::new();
        let changes = if since == now { Vec::new() } else { TreeDiff::new(self).files(Some(since), now).ok()? };
        for FileDelta { path, old, .. } in changes {
            let Some(folder) = path.strip_suffix("/record.json") else { continue };
            if old.is_some() {
                return None;
            }
            added.push(SessionId::new(folder.split_once('/')?.1).ok()?);
        }
        Some(added)
    }
}

impl Records {
    /// Puts changes over what is known. Nothing where one is gone that was not there.
    pub(super) fn change(&mut self, changes: Changes) -> Option<()> {
        let (mut gone, mut added) = (Vec::new(), Vec::new());
        for (id, now) in changes {
            match (self.place(id.as_str()), now) {
                (Ok(at), Some(now)) => {
                    let row = self.add(now);
                    self.rows.set(at, row);
                }
                (Ok(at), None) => gone.push(at),
                (Err(_), Some(now)) => added.push(now),
                (Err(_), None) => return None,
            }
        }
        self.rows.remove(&gone);
        let places = added.iter().map(|new| self.place(new.id.as_str()).unwrap_or_else(|place| place));
        let places: Vec<usize> = places.collect();
        let new: Vec<Bytes> = added.into_iter().map(|record| self.add(record)).collect();
        self.rows.insert(places.into_iter().zip(new));
        self.read = Slots::new(self.rows.len());
        Some(())
    }
}
