//! Which commit brought a file, as far as trees alone tell it: blame without a look into any file. Follows parents as
//! git's own blame does (`pass_blame` of git's `blame.c`), so that both say the same.

use super::object::FOLDER;
use super::{ReadError, Store, TreeEntry};
use crate::model::ObjectId;
use std::collections::HashMap;

/// What blame of a file says before any lines are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduced {
    /// Every line came with this commit.
    Whole(ObjectId),
    /// Lines have to be compared, from this commit on: it has the file as it is now, and none of its parents has.
    Since(ObjectId),
}

/// Commits after which a history is long: then packs are read as is best for much.
const LONG: usize = 200;

/// The folders that lead to a file, from the root on, and the file itself; as far as they are there.
type Trail = Vec<TreeEntry>;

impl Store {
    /// Follows a file of a commit back to where it became what it is.
    pub fn introduced(&self, commit: ObjectId, path: &str) -> Result<Introduced, ReadError> {
        let mut commit = self.commit(commit)?;
        let parts: Vec<&str> = path.split('/').collect();
        let mut trail = self.trail(commit.tree, &parts, &Trail::new())?;
        let is_file = trail.get(parts.len()).is_some_and(TreeEntry::is_file);
        if !is_file || self.is_shallow() {
            return Ok(Introduced::Since(commit.id));
        }
        for step in 0.. {
            if step == LONG {
                self.read_much();
            }
            let (mut parents, mut same, mut other) = (Vec::new(), None, false);
            for parent in &commit.parents {
                let parent = self.commit(*parent)?;
                let own = self.trail(parent.tree, &parts, &trail)?;
                match (own.get(parts.len()), trail.last()) {
                    // Of several parents that have it, the first is followed.
                    (Some(entry), Some(file)) if entry.is_file() && entry.id == file.id => {
                        same = Some((parent, own));
                        break;
                    }
                    (entry, _) => other |= entry.is_some(),
                }
                parents.push(parent.tree);
            }
            match same {
                Some(parent) => (commit, trail) = parent,
                None if other || self.loses_files(&parents, commit.tree)? => break,
                None => return Ok(Introduced::Whole(commit.id)),
            }
        }
        Ok(Introduced::Since(commit.id))
    }

    /// Blame looks for a file that came among those that went with it: it may have had another name.
    fn loses_files(&self, parents: &[ObjectId], tree: ObjectId) -> Result<bool, ReadError> {
        for parent in parents {
            if self.loses(*parent, Some(tree))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a tree has a file that another one has not. What only that one has is not looked at.
    fn loses(&self, old: ObjectId, new: Option<ObjectId>) -> Result<bool, ReadError> {
        if Some(old) == new {
            return Ok(false);
        }
        let new = new.map(|new| self.tree(new)).transpose()?.unwrap_or_default();
        let new: HashMap<&[u8], &TreeEntry> = new.iter().map(|entry| (entry.name.as_slice(), entry)).collect();
        for entry in self.tree(old)? {
            let now = new.get(entry.name.as_slice());
            let lost = match entry.is_folder() {
                true => self.loses(entry.id, now.filter(|now| now.is_folder()).map(|now| now.id))?,
                false => now.is_none_or(|now| now.is_folder()),
            };
            if lost {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The trail of a path in a tree. From where it is the same as the other one, that is taken.
    fn trail(&self, tree: ObjectId, parts: &[&str], like: &Trail) -> Result<Trail, ReadError> {
        let mut trail = vec![TreeEntry { mode: FOLDER, name: Vec::new(), id: tree }];
        for (depth, part) in parts.iter().enumerate() {
            let folder = &trail[depth];
            if like.get(depth).is_some_and(|known| known.id == folder.id) {
                trail.extend_from_slice(&like[depth + 1..]);
                return Ok(trail);
            }
            match folder.is_folder().then(|| self.entry(folder.id, part.as_bytes())).transpose()?.flatten() {
                Some(entry) => trail.push(entry),
                None => break,
            }
        }
        Ok(trail)
    }
}
