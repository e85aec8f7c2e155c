//! Opening memory as it is at one commit: what is kept of an earlier tree, and the files that differ from it.

use super::fresh::Fresh;
use super::history::History;
use super::keep::is_worthwhile;
use super::kept::{Kept, NAME, Part, Sparse};
use super::written::Written;
use super::{Entries, Held};
use crate::model::{NotePath, ObjectId};
use crate::store::{ReadError, Skipped, Store};
use crate::text::Known;
use crate::text::layers::{self, Layers};
use crate::text::probe::{ByWord, word};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The commit that is read, and in which folders.
pub struct At<'a> {
    pub store: &'a Store,
    pub commit: ObjectId,
    pub folders: &'a [String],
    /// Whether nothing that is kept is believed.
    pub afresh: bool,
}

/// The files of memory that are to be worked out, and what is kept of the others.
pub struct Source {
    tree: ObjectId,
    kept: Option<Kept>,
    files: Vec<(NotePath, String)>,
    /// The kept files that are no longer what they were.
    gone: Vec<NotePath>,
    pub skipped: Vec<Skipped>,
}

impl At<'_> {
    /// Throws away what is kept.
    pub fn forget(&self) {
        self.store.forget_pages(NAME);
        self.store.forget_dream_index();
    }

    /// Reads what differs from what is kept, or everything.
    pub fn read(&self) -> Result<Source, ReadError> {
        let tree = self.store.commit(self.commit)?.tree;
        if let Some(source) = self.since(tree).filter(|_| !self.afresh) {
            return Ok(source);
        }
        let snapshot = self.store.snapshot(self.commit, self.folders)?;
        let files = snapshot.notes.into_iter().map(|(path, text)| (path, text.to_string())).collect();
        Ok(Source { tree, kept: None, files, gone: Vec::new(), skipped: snapshot.skipped })
    }

    fn since(&self, tree: ObjectId) -> Option<Source> {
        let kept = Kept::open(self.store, self.folders)?;
        let mut changed = match kept.head.tree == tree {
            true => Vec::new(),
            false => {
                let had = |path: &NotePath| kept.entries_of(path.as_str()).is_some();
                self.store.changed_notes(kept.head.tree, tree, self.folders, had)?
            }
        };
        // Where most is new, all is read sooner.
        if changed.len() > kept.head.notes as usize / 2 {
            return None;
        }
        changed.sort_by(|(a, _), (b, _)| a.cmp(b));
        let had = changed.iter().filter(|(path, _)| kept.entries_of(path.as_str()).is_some());
        let gone = had.map(|(path, _)| path.clone()).collect();
        let files = changed.into_iter().filter_map(|(path, text)| Some((path, text?))).collect();
        let skipped = kept.head.skipped.clone();
        let source = Source { tree, kept: Some(kept), files, gone, skipped };
        (!source.is_damaged()).then_some(source)
    }
}

impl Source {
    /// Whether anything is read from what is kept.
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    pub fn is_damaged(&self) -> bool {
        self.kept.as_ref().is_some_and(Kept::is_damaged)
    }

    /// The entries of those files that are to be worked out.
    pub fn written(&self) -> Vec<Written> {
        self.files.par_iter().flat_map_iter(|(path, text)| Written::all(path, text)).collect()
    }

    pub fn entries<'a>(self, written: Vec<Written>, history: &'a History<'a>, texts: &'a Known) -> Entries<'a> {
        let changed = self.files.len().max(self.gone.len());
        let files: Vec<NotePath> = self.files.into_iter().map(|(path, _)| path).collect();
        let held: Vec<Held> = written.into_par_iter().map(|entry| history.held(entry)).collect();
        let is_noting = self.kept.is_some() || !is_worthwhile(held.len());
        let fresh = Fresh::new(held.into(), texts, is_noting).with_files(&files);
        let origin = Origin { tree: Some(self.tree), skipped: self.skipped, files, changed };
        let alone = |fresh| Entries { history: Some(history), origin, ..Entries::alone(fresh, texts, is_noting) };
        match self.kept {
            None => alone(fresh),
            Some(kept) => over(kept, &self.gone, fresh, alone(Fresh::new(Cow::Borrowed(&[]), texts, true))),
        }
    }
}

/// Of which tree entries are, for who keeps them.
#[derive(Default)]
pub(super) struct Origin {
    pub tree: Option<ObjectId>,
    pub skipped: Vec<Skipped>,
    /// New files, with and without entries.
    pub files: Vec<NotePath>,
    /// How many files differ from those that are kept.
    pub changed: usize,
}

/// Entries that are kept, but for those of files that are gone, and new ones.
fn over<'a>(kept: Kept, gone_files: &[NotePath], mut fresh: Fresh<'a>, nothing: Entries<'a>) -> Entries<'a> {
    let (mut gone, mut gone_parts) = (HashSet::new(), HashSet::new());
    let (mut words, mut part_words) = (ByWord::<u32>::default(), ByWord::<u32>::default());
    let (mut gone_paths, mut gone_empty): (HashMap<u64, usize>, HashMap<u64, usize>) = Default::default();
    for path in gone_files {
        let name = word(&path.as_str().to_lowercase());
        *gone_paths.entry(name).or_default() += 1;
        let entries = kept.entries_of(path.as_str()).unwrap_or_default();
        if entries.is_empty() {
            *gone_empty.entry(name).or_default() += 1;
        }
        for at in entries {
            gone.insert(at as u32);
            gone_parts.extend(kept.sentences(at));
            let Some(record) = kept.record(at) else { continue };
            record.told().words().for_each(|word| *words.entry(word).or_default() += 1);
            let told = record.told();
            told.parts().flat_map(|part| part.words()).for_each(|word| *part_words.entry(word).or_default() += 1);
        }
    }
    // Where each new entry stands among those that are kept, and its sentences among theirs.
    let mut before: Vec<usize> = Vec::with_capacity(fresh.held.len());
    for (at, held) in fresh.held.iter().enumerate() {
        let same = at.checked_sub(1).filter(|last| fresh.held[*last].path == held.path);
        before.push(same.map_or_else(|| kept.before(&held.path), |last| before[last]));
    }
    let rank = |before: u64, nth: usize| (before << 32) + 1 + nth as u64;
    let ranks = before.iter().enumerate().map(|(nth, before)| rank(*before as u64, nth)).collect();
    let part_ranks = fresh.sentences.iter().enumerate();
    let part_ranks = part_ranks
        .map(|(nth, (entry, _))| rank(u64::from(kept.sentences_before(before[*entry as usize])), nth))
        .collect();
    let (whole, parts) = fresh.probes();
    let layer = |part: Part, statements: usize, gone: HashSet<u32>, gone_words: ByWord<u32>| layers::Kept {
        table: kept.table(part),
        statements,
        gone,
        gone_words,
    };
    let sentences = kept.head.sentences as usize;
    Entries {
        whole: Layers::over(layer(Part::Words, kept.len(), gone.clone(), words), whole, ranks),
        parts: Layers::over(layer(Part::SentenceWords, sentences, gone_parts, part_words), parts, part_ranks),
        made: Sparse::new(kept.len()),
        meanings: Sparse::new(kept.len()),
        part_meanings: Sparse::new(sentences),
        kept: Some(kept),
        gone,
        gone_paths,
        gone_empty,
        fresh,
        ..nothing
    }
}
