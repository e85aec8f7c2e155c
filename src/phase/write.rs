//! Writing a dream: one commit that records what was read, then one commit for each change, all in one pack; the
//! branch appears last. The memory branch, the index and work trees are never touched.

use super::message::{self, Review};
use super::settle::Skipped;
use crate::model::document::{Document, EntryEdit};
use crate::model::{AgentName, Change, DreamId, Edit, NotePath, ObjectId, SessionId};
use crate::store::object::FILE;
use crate::store::{
    NewCommit, PackWriter, ReadError, RefError, RefUpdate, Sign, SignError, Signature, Store, TreeEditor, TreeEntry,
    TreeError, WriteError,
};
use std::collections::BTreeMap;

#[derive(Debug, thiserror::Error)]
pub enum WriteDreamError {
    #[error("write the objects of the dream")]
    Objects(#[from] WriteError),
    #[error("write the folders of the dream")]
    Trees(#[from] TreeError),
    #[error("read memory")]
    Read(#[from] ReadError),
    #[error("make the dream's branch")]
    Branch(#[from] RefError),
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// A dream that stands in the repository.
#[derive(Debug, Clone)]
pub struct Written {
    pub id: DreamId,
    pub branch: String,
    pub head: ObjectId,
    /// The changes that were committed, each with its commit.
    pub changes: Vec<(Change, ObjectId)>,
    pub skipped: Vec<Skipped>,
}

/// Who a dream's commits are by.
pub struct Hand<'a> {
    pub author: Signature,
    pub committer: Signature,
    pub agents: &'a BTreeMap<SessionId, AgentName>,
    /// Of the review commit, which names everything that was read: a dream of a thousand changes asks for one signature.
    pub sign: Sign,
}

/// The name of a dream's branch.
pub fn branch(id: &DreamId) -> String {
    format!("dream/{id}")
}

/// Writes the dream's commits on top of the memory commit it began from, then makes its branch.
pub fn write(
    store: &Store,
    review: &Review<'_>,
    changes: Vec<Change>,
    hand: &Hand<'_>,
) -> Result<Written, WriteDreamError> {
    let mut writer = store.writer();
    let base = store.commit(review.base)?.tree;
    let tree = TreeEditor::new(store, Some(base))?;
    let mut pen = Pen { store, hand, edited: BTreeMap::new(), tree, writer: &mut writer, head: review.base };
    pen.review(base, message::review(review))?;
    let mut written = Vec::new();
    let mut skipped = Vec::new();
    for change in changes {
        match pen.change(review.dream, &change)? {
            Some(commit) => written.push((change, commit)),
            None => skipped.push(Skipped {
                what: change.subject.to_string(),
                why: "an earlier change of this dream already edits the same entry".to_owned(),
            }),
        }
    }
    let head = pen.head;
    writer.finish()?;
    let branch = branch(review.dream);
    let update = RefUpdate {
        name: format!("refs/heads/{branch}"),
        expected: None,
        new: Some(head),
        reason: format!("dream: {} changes", written.len()),
    };
    store.update_refs(&[update])?;
    Ok(Written { id: review.dream.clone(), branch, head, changes: written, skipped })
}

/// The state of the branch while it is written.
struct Pen<'a, 'store> {
    store: &'store Store,
    hand: &'a Hand<'a>,
    /// Files as this dream has edited them; `None` where it removed them.
    edited: BTreeMap<NotePath, Option<String>>,
    tree: TreeEditor<'store>,
    writer: &'a mut PackWriter<'store>,
    head: ObjectId,
}

impl<'a, 'store> Pen<'a, 'store> {
    fn review(&mut self, tree: ObjectId, message: String) -> Result<(), WriteDreamError> {
        if !self.store.signs_as(&self.hand.sign) {
            return self.commit(tree, message);
        }
        self.head = self.store.write_decision(&self.next(tree, message), &self.hand.sign)?;
        Ok(())
    }

    fn commit(&mut self, tree: ObjectId, message: String) -> Result<(), WriteDreamError> {
        self.head = self.writer.commit(&self.next(tree, message))?;
        Ok(())
    }

    fn next(&self, tree: ObjectId, message: String) -> NewCommit {
        let (author, committer) = (self.hand.author.clone(), self.hand.committer.clone());
        NewCommit { tree, parents: vec![self.head], author, committer, message }
    }

    /// Commits one change; `None` when memory, as this dream has edited it so far, has no place for it any more.
    fn change(&mut self, dream: &DreamId, change: &Change) -> Result<Option<ObjectId>, WriteDreamError> {
        let mut files: BTreeMap<&NotePath, Option<String>> = BTreeMap::new();
        for edit in &change.edits {
            let now = match files.get(edit.path()) {
                Some(text) => text.clone(),
                None => self.text(edit.path())?,
            };
            match apply(edit, now.as_deref()) {
                Some(after) => files.insert(edit.path(), after),
                None => return Ok(None),
            };
        }
        for (path, text) in files {
            match &text {
                Some(text) => {
                    let blob = self.writer.blob(text.as_bytes())?;
                    self.tree.set(path.as_str(), FILE, blob)?;
                }
                None => drop(self.tree.remove(path.as_str())?),
            }
            self.edited.insert(path.clone(), text);
        }
        let tree = self.tree.write(self.writer)?;
        self.commit(tree, message::change(dream, change, self.hand.agents))?;
        Ok(Some(self.head))
    }

    fn text(&mut self, path: &NotePath) -> Result<Option<String>, WriteDreamError> {
        if let Some(text) = self.edited.get(path) {
            return Ok(text.clone());
        }
        let Some(entry) = self.tree.find(path.as_str())?.filter(TreeEntry::is_file) else { return Ok(None) };
        Ok(String::from_utf8(self.store.blob(entry.id)?).ok())
    }
}

/// A file after an edit (`Some(None)`: it is gone); `None` when the edit does not fit.
fn apply(edit: &Edit, now: Option<&str>) -> Option<Option<String>> {
    match (edit, now) {
        (Edit::Write { text, .. }, _) => Some(Some(text.as_str().to_owned())),
        (Edit::Revise { name, description, text, .. }, Some(now)) => {
            Document::parse(now).revise(name.as_deref(), description, text).map(Some)
        }
        (Edit::Remove { .. }, Some(_)) => Some(None),
        (Edit::Entry { old, new, .. }, Some(now)) => {
            let edit = match new {
                Some(new) => EntryEdit::Replace(new.as_str()),
                None => EntryEdit::Remove,
            };
            let after = Document::parse(now).edit(old, edit).ok()?;
            Some(Some(after).filter(|after| !after.trim().is_empty()))
        }
        _ => None,
    }
}
