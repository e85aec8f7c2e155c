//! Which commit brought a file, as far as trees alone tell it: blame without a look into any file. Follows parents as
//! git's own blame does (`pass_blame` of git's `blame.c`), so that both say the same.

use super::{ReadError, Store, TreeDiff, TreeEntry};
use crate::model::ObjectId;

/// What blame of a file says before any lines are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduced {
    /// Every line came with this commit.
    Whole(ObjectId),
    /// Lines have to be compared, from this commit on: it has the file as it is now, and none of its parents has.
    Since(ObjectId),
}

impl Store {
    /// Follows a file of a commit back to where it became what it is.
    pub fn introduced(&self, commit: ObjectId, path: &str) -> Result<Introduced, ReadError> {
        let mut commit = self.commit(commit)?;
        let file = self.find_path(commit.tree, path)?.filter(TreeEntry::is_file);
        let Some(file) = file.filter(|_| !self.is_shallow()) else { return Ok(Introduced::Since(commit.id)) };
        let mut parents = Vec::new();
        loop {
            parents.clear();
            let (mut same, mut other) = (None, false);
            for parent in &commit.parents {
                let parent = self.commit(*parent)?;
                match self.find_path(parent.tree, path)? {
                    // Of several parents that have it, the first is followed.
                    Some(entry) if entry.is_file() && entry.id == file.id => {
                        same = Some(parent);
                        break;
                    }
                    entry => other |= entry.is_some(),
                }
                parents.push(parent.tree);
            }
            match same {
                Some(parent) => commit = parent,
                None if other => return Ok(Introduced::Since(commit.id)),
                None => break,
            }
        }
        // Blame looks for the file among those that went when it came: it may have had another name.
        let mut trees = TreeDiff::new(self);
        for parent in parents {
            if trees.files(Some(parent), commit.tree)?.iter().any(|file| file.new.is_none()) {
                return Ok(Introduced::Since(commit.id));
            }
        }
        Ok(Introduced::Whole(commit.id))
    }
}
