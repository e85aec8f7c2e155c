//! Removing bytes for good: from the transcripts, from the history of stored sessions and of memory, from every ref of
//! this tool. All of it is decided and written first; then every ref moves in one transaction, under the lock; then
//! what the old history left is cleared ([`finish`]), which any later call takes up again if it was cut short.
//!
//! What it refuses: to touch a ref that is not its own, to rewrite under a work tree with changes, to say that bytes
//! are gone without having looked at every object. Evidence goes on naming the blob that it was found in: commits that
//! hold nothing of what goes keep their ids, and the tombstone leads from the old blob to the new one.

mod cut;
mod editors;
mod finish;
mod rewrite;
mod search;

pub use search::{Holder, Leftover};

use super::dream::person;
use super::session::{SESSIONS, SessionError, folder};
use super::worktree::CheckedOut;
use super::{
    IdentityError, MemoryError, NewCommit, PackWriter, ReadError, RefError, RefUpdate, Sign, SignError, Store,
    StoreLock, TreeEditor, TreeError, WorkTreeError, WriteError, fault,
};
use crate::model::tombstone::{Moved, MovedRef};
use crate::model::{Lines, ObjectId, Removal, SessionId, SessionRecord, Tombstone, Trailers, trailer};
use crate::text::Scrubbed;
use cut::{Cuts, Words, record_of};
use editors::{Memory, Sessions};
use rewrite::Rewrite;
use std::collections::BTreeSet;

/// What is to go.
#[derive(Debug, Clone)]
pub enum Asked {
    /// Lines of a session's transcript, or all of them.
    Session { id: SessionId, lines: Option<Lines> },
    /// A file of memory, in all its versions.
    Note { path: String },
    /// All bytes of a transcript, because of their age; what it taught, as it is kept.
    Old { id: SessionId, reflection: Option<Vec<u8>> },
}

/// A removal that somebody wants.
#[derive(Debug, Clone)]
pub struct Order {
    pub asked: Vec<Asked>,
    pub reason: Scrubbed,
    /// The folders that memory is read from.
    pub folders: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum RedactError {
    #[error("read the repository")]
    Read(#[from] ReadError),
    #[error("read the sessions")]
    Sessions(#[from] SessionError),
    #[error("find line {last} of session {session}: it has {lines}")]
    NoLine { session: SessionId, last: u32, lines: u32 },
    #[error("find the note {0}: memory never held it")]
    NoNote(String),
    #[error("write the history again")]
    Write(#[source] WriteError),
    #[error("write the tombstone")]
    Tree(#[source] TreeError),
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Refs(#[from] RefError),
    #[error(transparent)]
    WorkTree(#[from] WorkTreeError),
    /// Rewriting would leave the removed words in the index.
    #[error("rewrite the branch of the work tree {}: it has changes that are not committed", .0.display())]
    Dirty(std::path::PathBuf),
    #[error("clear what the old history left")]
    Clear(#[source] super::GitError),
    #[error("clear {}", .path.display())]
    File { path: std::path::PathBuf, source: std::io::Error },
}

/// What a removal does, or did.
#[derive(Debug, Clone)]
pub struct Removed {
    pub tombstone: Tombstone,
    /// Commits written again, for each ref that moves.
    pub commits: Vec<(String, usize)>,
    /// Commits whose signature is lost, and those that are signed again.
    pub unsigned: usize,
    pub resigned: usize,
    /// Files of memory whose words are replaced and whose path stays or changes.
    pub notes: Vec<String>,
    /// Texts that every object was, or will be, searched for.
    pub needles: usize,
}

/// What was found when every object had been looked at.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    pub objects: usize,
    pub left: Vec<Leftover>,
}

impl Store {
    /// What a removal would do; nothing is written. `None` when there is nothing to take out.
    pub fn plan_removal(&self, order: &Order) -> Result<Option<Removed>, RedactError> {
        let mut writer = self.writer();
        Ok(prepare(self, order, &mut writer, Sign::No)?.map(|prepared| prepared.removed))
    }

    /// Carries a removal out, clears what the old history left, and looks at every object. `None` when there was
    /// nothing more to take out; what earlier removals left is cleared all the same.
    pub fn remove(&self, order: &Order) -> Result<(Option<Removed>, Proof), RedactError> {
        // Nobody decides meanwhile, and what a killed decision left is put back first.
        let _decisions = self.journal()?;
        let mut lock = self.lock()?;
        let mut writer = self.writer();
        let sign = if self.signs() { Sign::AsConfigured } else { Sign::No };
        let prepared = prepare(self, order, &mut writer, sign)?;
        writer.finish().map_err(RedactError::Write)?;
        self.refresh()?;
        let Some(prepared) = prepared else {
            finish::all(self)?;
            return Ok((None, search::proof(self, &Words::default())?));
        };
        let removed = self.commit_removal(&mut lock, order, prepared.removed)?;
        finish::all(self)?;
        let proof = search::proof(self, &prepared.words)?;
        Ok((Some(removed), proof))
    }

    /// The tombstone's commit, and all refs in one transaction.
    fn commit_removal(&self, lock: &mut StoreLock, order: &Order, removed: Removed) -> Result<Removed, RedactError> {
        let tombstone = &removed.tombstone;
        let stands = self.reference(SESSIONS)?;
        let below = tombstone.refs.iter().find(|moved| moved.name == SESSIONS).map(|moved| moved.new).or(stands);
        let tree = below.map(|tip| self.commit(tip).map(|commit| commit.tree)).transpose()?;
        let mut editor = TreeEditor::new(self, tree).map_err(RedactError::Tree)?;
        let mut writer = self.writer();
        let mut put = |path: String, bytes: &[u8], writer: &mut PackWriter<'_>| {
            let blob = writer.blob(bytes).map_err(RedactError::Write)?;
            editor.set(path, super::object::FILE, blob).map_err(RedactError::Tree)
        };
        let mut text = serde_json::to_vec_pretty(tombstone).expect("a tombstone has only string keys");
        text.push(b'\n');
        put(format!("{}/{}.json", super::tombstone::FOLDER, tombstone.name), &text, &mut writer)?;
        for asked in &order.asked {
            if let Asked::Old { id, reflection: Some(bytes) } = asked {
                put(format!("{}/reflection.json", folder(id)), bytes, &mut writer)?;
            }
        }
        let tree = editor.write(&mut writer).map_err(RedactError::Tree)?;
        writer.finish().map_err(RedactError::Write)?;
        self.refresh()?;
        let (author, committer) = (self.author_identity()?, self.identity()?);
        let parents = below.into_iter().collect();
        let commit = NewCommit { tree, parents, author, committer, message: message(tombstone) };
        let tip = self.write_decision(&commit, &Sign::AsConfigured)?;
        rehearse(self, &tombstone.refs)?;
        let reason = format!("dream {}", verb(tombstone.kind));
        let update = |name: &str, expected, new| RefUpdate {
            name: name.to_owned(),
            expected,
            new: Some(new),
            reason: reason.clone(),
        };
        let others = tombstone.refs.iter().filter(|moved| moved.name != SESSIONS);
        let mut updates: Vec<RefUpdate> = others.map(|moved| update(&moved.name, Some(moved.old), moved.new)).collect();
        updates.push(update(SESSIONS, stands, tip));
        fault::point();
        self.update_refs_under(lock, &updates)?;
        fault::point();
        Ok(removed)
    }

    /// Whether git is set to sign commits.
    fn signs(&self) -> bool {
        let value = self.config("commit.gpgsign").map(|value| value.to_lowercase());
        value.is_some_and(|value| !matches!(value.as_str(), "false" | "no" | "off" | "0"))
    }
}

fn verb(kind: Removal) -> &'static str {
    if kind == Removal::Expired { "expire" } else { "redact" }
}

fn message(tombstone: &Tombstone) -> String {
    let sessions: BTreeSet<&SessionId> = tombstone.parts.iter().map(|part| &part.session).collect();
    let gone = tombstone.notes.iter().filter(|note| note.gone).count();
    let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let mut what = Vec::new();
    if !sessions.is_empty() {
        what.push(count(sessions.len(), "session"));
    }
    if gone > 0 {
        what.push(count(gone, "note"));
    }
    let subject = Scrubbed::line(&format!("{}: {}", verb(tombstone.kind), what.join(", ")));
    let mut trailers = Trailers::new();
    trailers.push("Dream-Tombstone", &tombstone.name).push("Dream-Removal", tombstone.kind.as_str());
    trailers.push("Signed-off-by", &tombstone.by);
    trailer::message(&subject, &[Scrubbed::block(&tombstone.reason)], &trailers)
}

/// All of a removal, decided; its objects are in the writer.
struct Prepared {
    removed: Removed,
    words: Words,
}

fn prepare<'s>(
    store: &'s Store,
    order: &Order,
    writer: &mut PackWriter<'s>,
    sign: Sign,
) -> Result<Option<Prepared>, RedactError> {
    let records = store.sessions()?;
    let (mut cuts, mut words) = (Cuts::default(), Words::default());
    let mut paths = BTreeSet::new();
    for asked in &order.asked {
        match (asked, record_of(&records, asked)) {
            (Asked::Session { lines, .. }, Some(record)) => cuts.redact(store, writer, record, *lines, &mut words)?,
            (Asked::Old { id, .. }, _) => {
                records.iter().filter(|record| record.id == *id).try_for_each(|record| cuts.expire(store, record))?;
            }
            (Asked::Note { path }, _) => drop(paths.insert(path.clone())),
            (Asked::Session { .. }, None) => {}
        }
    }
    let old = order.asked.iter().any(|asked| matches!(asked, Asked::Old { .. }));
    let kind = if old { Removal::Expired } else { Removal::Redacted };
    if old {
        share(&records, &mut cuts);
    }
    cuts.settle(&records);
    let branch = store.memory_branch()?;
    let memory_tip = store.reference(branch.as_str())?;
    learn_notes(store, memory_tip, &paths, &mut words)?;
    if cuts.is_empty() && paths.is_empty() && cuts.forgotten.is_empty() {
        return Ok(None);
    }
    let now = store.environment().now;
    let name = {
        let mark =
            ObjectId::of_blob(format!("{order:?} {:?} {memory_tip:?} {now}", store.reference(SESSIONS)?).as_bytes());
        format!("{}-{}", now.format("%Y-%m-%d"), &mark.to_string()[..8])
    };
    let mut refs = store.own_references()?;
    refs.extend(memory_tip.map(|tip| (branch.as_str().to_owned(), tip)));
    refs.sort();
    refs.dedup();
    let (sessions, others): (Vec<_>, Vec<_>) = refs.into_iter().partition(|(name, _)| name == SESSIONS);
    let mut rewrite = Rewrite::new(store, writer, sign != Sign::No);
    let history = oldest_first(store, &sessions)?;
    let mut editor = Sessions { store, cuts: &cuts, words: &words, tombstone: &name, at: now };
    rewrite.all(&mut editor, &history)?;
    let mut memory = Memory {
        store,
        cuts: &cuts,
        words: &words,
        folders: &order.folders,
        paths: &paths,
        dreams: BTreeSet::new(),
        files: BTreeSet::new(),
        blobs: Default::default(),
        renamed: Default::default(),
        gone: Default::default(),
    };
    if !words.trace.is_empty() || !paths.is_empty() {
        let history = oldest_first(store, &others)?;
        history.iter().try_for_each(|id| store.commit(*id).map(|commit| memory.look(&commit.message)))?;
        rewrite.all(&mut memory, &history)?;
    }
    let all = sessions.iter().chain(&others);
    let moved: Vec<MovedRef> = all
        .filter_map(|(name, old)| Some(MovedRef { name: name.clone(), old: *old, new: *rewrite.commits.get(old)? }))
        .collect();
    if moved.is_empty() {
        return Ok(None);
    }
    clean(store, &moved)?;
    let tombstone = Tombstone {
        schema: 1,
        name: name.clone(),
        kind,
        reason: order.reason.as_str().to_owned(),
        by: person(&store.identity()?),
        at: now,
        parts: cuts.parts.clone(),
        notes: memory.notes(),
        commits: rewrite.reworded.iter().map(|(old, new)| Moved { old: *old, new: *new }).collect(),
        refs: moved,
    };
    let commits = counts(store, &tombstone.refs, branch.as_str(), &rewrite)?;
    let notes = tombstone.notes.iter().map(|note| note.path.clone()).collect();
    let (unsigned, resigned, needles) = (rewrite.unsigned, rewrite.resigned, words.needles.len());
    Ok(Some(Prepared { removed: Removed { tombstone, commits, unsigned, resigned, notes, needles }, words }))
}

/// Bytes that a younger session has in common with an old one stay for both.
fn share(records: &[SessionRecord], cuts: &mut Cuts) {
    let kept = |record: &&SessionRecord| {
        let parts = || record.versions.iter().flat_map(|version| &version.parts);
        !parts().all(|part| part.expired.is_some() || cuts.blobs.contains_key(&part.blob))
    };
    let shared: BTreeSet<ObjectId> = records
        .iter()
        .filter(kept)
        .flat_map(|record| record.versions.iter().flat_map(|version| &version.parts).map(|part| part.blob))
        .collect();
    cuts.blobs.retain(|blob, _| !shared.contains(blob));
}

/// The words of notes that go, in all their versions.
fn learn_notes(
    store: &Store,
    tip: Option<ObjectId>,
    paths: &BTreeSet<String>,
    words: &mut Words,
) -> Result<(), RedactError> {
    if paths.is_empty() {
        return Ok(());
    }
    let mut trees = BTreeSet::new();
    let mut found: BTreeSet<(&String, ObjectId)> = BTreeSet::new();
    for id in store.walk(&tip.into_iter().collect::<Vec<_>>(), &[], false)? {
        let tree = store.commit(id?)?.tree;
        if !trees.insert(tree) {
            continue;
        }
        for path in paths {
            found.extend(store.find_path(tree, path)?.filter(|entry| entry.is_file()).map(|entry| (path, entry.id)));
        }
    }
    if let Some(path) = paths.iter().find(|path| !found.iter().any(|(known, _)| known == path)) {
        return Err(RedactError::NoNote(path.clone()));
    }
    for (_, blob) in found {
        let text = String::from_utf8_lossy(&store.blob(blob)?).into_owned();
        let document = crate::model::Document::parse(&text);
        let front = document.front().cloned().unwrap_or_default();
        let said = document.entries().map(str::to_owned).chain(front.description).chain(front.name);
        for text in said {
            words.trace.learn(&text);
            words.search_for(&text);
        }
    }
    Ok(())
}

fn oldest_first(store: &Store, refs: &[(String, ObjectId)]) -> Result<Vec<ObjectId>, RedactError> {
    let tips: Vec<ObjectId> = refs.iter().map(|(_, tip)| *tip).collect();
    let mut commits = store.walk(&tips, &[], false)?.collect::<Result<Vec<_>, _>>()?;
    commits.reverse();
    Ok(commits)
}

/// Commits written again on each ref; of a dream, those that memory does not have.
fn counts(
    store: &Store,
    refs: &[MovedRef],
    memory: &str,
    rewrite: &Rewrite<'_, '_>,
) -> Result<Vec<(String, usize)>, RedactError> {
    let base: Vec<ObjectId> = refs.iter().filter(|moved| moved.name == memory).map(|moved| moved.old).collect();
    let mut counts = Vec::new();
    for moved in refs {
        let hide = if moved.name == memory || moved.name == SESSIONS { &[][..] } else { &base };
        let commits = store.walk(&[moved.old], hide, false)?.collect::<Result<Vec<_>, _>>()?;
        counts.push((moved.name.clone(), commits.iter().filter(|id| rewrite.commits.contains_key(id)).count()));
    }
    Ok(counts)
}

/// Makes sure that every work tree can be brought along, before any ref moves.
fn rehearse(store: &Store, refs: &[MovedRef]) -> Result<(), RedactError> {
    for moved in refs.iter().filter(|moved| moved.name.starts_with("refs/heads/")) {
        let (old, new) = (store.commit(moved.old)?.tree, store.commit(moved.new)?.tree);
        CheckedOut::find(store, &moved.name, old, new)?.prepare()?;
    }
    Ok(())
}

/// Refuses while a work tree of a branch that moves has changes.
fn clean(store: &Store, refs: &[MovedRef]) -> Result<(), RedactError> {
    for tree in store.work_trees()? {
        let moves = refs.iter().any(|moved| tree.branch.as_ref() == Some(&moved.name));
        let git = if store.work_dir() == Some(&tree.path) { store.git().clone() } else { store.git().at(&tree.path) };
        if moves {
            let status = git.check(&["status", "--porcelain", "--untracked-files=no"]).map_err(RedactError::Clear)?;
            if !status.stdout.is_empty() {
                return Err(RedactError::Dirty(tree.path));
            }
        }
    }
    Ok(())
}
