//! Editing a change of an open dream: the change's commit is made again with other words, and the commits on top of it
//! follow. What the dream had proposed stays readable in the commit's body.

use super::dream::person;
use super::object::FILE;
use super::{
    DecideError, Dream, LandError, Merger, NewCommit, RefUpdate, Sign, Standing, Store, TreeMerge, WorkTreeError,
};
use crate::model::{ObjectId, Risk, Trailers};
use crate::store::ChangeRecord;
use crate::text::Scrubbed;

/// The new words of a change.
#[derive(Debug, Clone)]
pub struct Amendment<'a> {
    pub change: &'a ChangeRecord,
    /// The whole file that the change is about, as it shall be.
    pub file: &'a Scrubbed,
    /// The belief as the dream had worded it.
    pub proposed: &'a Scrubbed,
    /// What must be said of the new words; replaces what was said of the old ones.
    pub risks: &'a [Risk],
    pub sign: Sign,
}

const EDITED: &str = "Dream-Edited-By";

/// Whether somebody has edited the change, now or before.
fn edited(message: &str) -> bool {
    Trailers::parse(message).get(EDITED).is_some()
}

impl Store {
    /// Replaces a change's commit; gives the dream's new tip.
    pub fn amend(&self, dream: &Dream, amendment: &Amendment<'_>) -> Result<ObjectId, DecideError> {
        let refused = || DecideError::Standing { verb: "edit", dream: dream.id.clone(), standing: dream.standing };
        let tip = dream.open.filter(|_| dream.standing == Standing::Open).ok_or_else(refused)?;
        self.not_checked_out(dream)?;
        let hide: Vec<ObjectId> = dream.base().into_iter().collect();
        let mut own = self.walk(&[tip], &hide, true)?.collect::<Result<Vec<_>, _>>()?;
        own.reverse();
        let mut merger = Merger::new(self);
        let mut below: Option<(ObjectId, ObjectId)> = None;
        for id in own {
            let commit = self.commit(id)?;
            if commit.parents.len() > 1 {
                return Err(DecideError::HoldsMerge(id));
            }
            let (tree, message) = match below {
                _ if id == amendment.change.commit => {
                    (self.edited_tree(amendment)?, self.reworded(&commit.message, amendment)?)
                }
                Some((_, tree)) => {
                    let parent = commit.parents.first().map(|parent| self.commit(*parent)).transpose()?;
                    match merger.merge(parent.map(|parent| parent.tree), tree, commit.tree)? {
                        TreeMerge::Merged(tree) => (tree, commit.message.clone()),
                        TreeMerge::Conflict(conflicts) => return Err(DecideError::Conflict(conflicts)),
                    }
                }
                None => continue,
            };
            let parents = below.map_or_else(|| commit.parents.clone(), |(tip, _)| vec![tip]);
            let new = NewCommit { tree, parents, author: commit.author, committer: self.identity()?, message };
            // Whoever edits stands for their words; what follows is the dream's, which nobody signs.
            let tip = if edited(&new.message) && self.signs_as(&amendment.sign) {
                std::mem::replace(&mut merger, Merger::new(self)).finish()?;
                self.write_decision(&new, &amendment.sign).map_err(LandError::from)?
            } else {
                merger.commit(&new)?
            };
            below = Some((tip, tree));
        }
        merger.finish()?;
        let (new, _) = below.ok_or_else(|| DecideError::NoBranch(dream.id.clone()))?;
        let reason = format!("dream review: edit {}", amendment.change.key);
        self.update_refs(&[RefUpdate { name: dream.branch(), expected: Some(tip), new: Some(new), reason }])?;
        Ok(new)
    }

    /// A work tree on the dream's branch would be left behind; its owner edits there.
    fn not_checked_out(&self, dream: &Dream) -> Result<(), DecideError> {
        let trees = self.work_trees().map_err(LandError::from)?;
        match trees.into_iter().find(|tree| tree.branch.as_deref() == Some(&dream.branch())) {
            Some(tree) => {
                let what = "an edit of the checked-out dream";
                Err(DecideError::Land(LandError::WorkTree(WorkTreeError::Busy { path: tree.path, what })))
            }
            None => Ok(()),
        }
    }

    /// The tree of the change's commit with the file as edited.
    fn edited_tree(&self, amendment: &Amendment<'_>) -> Result<ObjectId, DecideError> {
        let path = amendment.change.path.as_deref().unwrap_or_default();
        let tree = self.commit(amendment.change.commit)?.tree;
        let mut writer = self.writer();
        let blob = writer.blob(amendment.file.as_str().as_bytes()).map_err(super::MergeError::Write)?;
        let mut edit = || -> Result<ObjectId, super::TreeError> {
            let mut editor = super::TreeEditor::new(self, Some(tree))?;
            editor.set(path, FILE, blob)?;
            editor.write(&mut writer)
        };
        let tree = edit().map_err(DecideError::Tree)?;
        writer.finish().map_err(super::MergeError::Write)?;
        Ok(tree)
    }

    /// The message with what was proposed, new risks, and who edited. A second opinion was of the old words.
    fn reworded(&self, message: &str, amendment: &Amendment<'_>) -> Result<String, DecideError> {
        let message = message.trim_end();
        let (above, block) = message.rsplit_once("\n\n").unwrap_or((message, ""));
        let quoted: String = amendment.proposed.as_str().lines().map(|line| format!("  {line}\n")).collect();
        let mut trailers: Vec<String> = block
            .lines()
            .filter(|line| !line.starts_with("Dream-Risk:") && !line.starts_with("Dream-Verdict:"))
            .map(str::to_owned)
            .collect();
        let mut new = Trailers::new();
        if !amendment.risks.is_empty() {
            let risks: Vec<&str> = amendment.risks.iter().map(|risk| risk.as_str()).collect();
            new.push("Dream-Risk", risks.join(", "));
        }
        new.push(EDITED, person(&self.identity()?));
        trailers.push(new.to_string());
        let body = format!("Edited in review. The dream had proposed:\n\n{}", quoted.trim_end());
        Ok(format!("{above}\n\n{body}\n\n{}", trailers.join("\n")))
    }
}
