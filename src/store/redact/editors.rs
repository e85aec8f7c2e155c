//! What changes in each of the two histories: stored sessions, and memory with the branches of dreams.

use super::RedactError;
use super::cut::{Cuts, Words, sum};
use super::rewrite::{Editor, Fate};
use crate::model::evidence::{Cited, quoted};
use crate::model::tombstone::{RemovedNote, Sum};
use crate::model::{ObjectId, SessionRecord};
use crate::store::session::encode;
use crate::store::{PackWriter, Store, TreeEntry};
use crate::text::Suspicion;
use crate::text::trace::REMOVED;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The history of `refs/dream/sessions`.
pub(super) struct Sessions<'a> {
    pub store: &'a Store,
    pub cuts: &'a Cuts,
    pub words: &'a Words,
    pub tombstone: &'a str,
    pub at: DateTime<Utc>,
}

impl Editor for Sessions<'_> {
    fn enters(&self, folder: &str) -> bool {
        folder == "sessions" || folder.starts_with("sessions/")
    }

    fn file(&mut self, path: &str, entry: &TreeEntry, writer: &mut PackWriter<'_>) -> Result<Fate, RedactError> {
        let mut parts = path.rsplit('/');
        let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if name == "record.json" {
            let Ok(record) = serde_json::from_slice::<SessionRecord>(&self.store.blob(entry.id)?) else {
                return Ok(Fate::Stays);
            };
            let Some(new) = self.cuts.record(&record, self.tombstone, self.at, self.words) else {
                return Ok(Fate::Stays);
            };
            return Ok(Fate::Becomes(writer.blob(&encode(&new)).map_err(RedactError::Write)?));
        }
        if name == "reflection.json" && self.cuts.forgotten.contains(folder) {
            return Ok(Fate::Goes);
        }
        // What a model made of a transcript may quote what goes.
        let paid = folder == "reflections" && parts.next().is_some_and(|id| self.cuts.forgotten.contains(id));
        if paid {
            return Ok(Fate::Goes);
        }
        Ok(match self.cuts.blobs.get(&entry.id) {
            Some(cut) => cut.new.as_ref().map_or(Fate::Goes, |new| Fate::Becomes(new.id)),
            None => Fate::Stays,
        })
    }

    fn message(&mut self, message: &str, _moved: &HashMap<ObjectId, ObjectId>) -> Option<String> {
        let named = |id: &String| message.contains(id.as_str());
        let about = self.cuts.gone.keys().map(ToString::to_string).any(|id| named(&id));
        let suspicion = if about { Suspicion::High } else { Suspicion::Low };
        removed_lines(message, self.words, suspicion)
    }
}

/// The history of memory, of dreams and of their reviews.
pub(super) struct Memory<'a> {
    pub store: &'a Store,
    pub cuts: &'a Cuts,
    pub words: &'a Words,
    /// The folders that memory is read from.
    pub folders: &'a [String],
    /// Files that leave every tree.
    pub paths: &'a BTreeSet<String>,
    /// Dreams of which a change cites what goes, and the files that those changes made.
    pub dreams: BTreeSet<String>,
    pub files: BTreeSet<String>,
    pub blobs: HashMap<(ObjectId, Suspicion), Option<ObjectId>>,
    pub renamed: BTreeMap<String, String>,
    /// Contents that went, by path.
    pub gone: BTreeMap<String, BTreeMap<ObjectId, Sum>>,
}

impl Memory<'_> {
    /// Looks at one commit's message before anything is rewritten: what it makes suspicious.
    pub fn look(&mut self, message: &str) {
        let field = |line: &str, key: &str| line.trim_start().strip_prefix(key).map(|value| value.trim().to_owned());
        let path = message.lines().rev().find_map(|line| field(line, "Dream-Path:"));
        let cites = message.contains("Evidence:")
            && message.lines().filter_map(|line| Cited::parse(&field(line, "Evidence:")?)).any(|c| self.cuts.meets(&c));
        let touches = path.as_ref().is_some_and(|path| self.paths.contains(path));
        if cites || touches {
            self.dreams.extend(message.lines().filter_map(|line| field(line, "Dream-Id:")));
            self.files.extend(message.lines().filter_map(|line| field(line, "Dream-Path:")));
        }
    }

    fn suspicion(&self, message: &str) -> Suspicion {
        let named = |all: &BTreeSet<String>| all.iter().any(|name| message.contains(name.as_str()));
        if named(&self.dreams) || named(&self.files) || named(self.paths) { Suspicion::High } else { Suspicion::Low }
    }

    fn is_memory(&self, path: &str) -> bool {
        self.folders
            .iter()
            .any(|folder| folder == "." || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')))
    }

    fn keep_sum(&mut self, path: &str, bytes: &[u8]) {
        let sum = sum(bytes);
        self.gone.entry(path.to_owned()).or_default().insert(sum.id, sum);
    }

    /// Another name for a file whose name says what goes.
    fn name_for(&mut self, path: &str) -> Option<String> {
        if let Some(known) = self.renamed.get(path) {
            return Some(known.clone());
        }
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
        self.words.trace.remove(stem, Suspicion::High)?;
        let mark = &ObjectId::of_blob(path.as_bytes()).to_string()[..8];
        let new = format!("{folder}{}redacted-{mark}.{end}", if folder.is_empty() { "" } else { "/" });
        self.renamed.insert(path.to_owned(), new.trim_end_matches('.').to_owned());
        self.renamed.get(path).cloned()
    }

    /// What the tombstone says of the files.
    pub fn notes(&self) -> Vec<RemovedNote> {
        let one = |(path, versions): (&String, &BTreeMap<ObjectId, Sum>)| RemovedNote {
            path: self.renamed.get(path).unwrap_or(path).clone(),
            versions: versions.values().cloned().collect(),
            gone: self.paths.contains(path),
        };
        self.gone.iter().map(one).collect()
    }
}

impl Editor for Memory<'_> {
    fn enters(&self, folder: &str) -> bool {
        let within = |own: &String| {
            own == "."
                || folder == own
                || folder.starts_with(&format!("{own}/"))
                || own.starts_with(&format!("{folder}/"))
        };
        self.folders.iter().any(within) || self.paths.iter().any(|path| path.starts_with(&format!("{folder}/")))
    }

    fn file(&mut self, path: &str, entry: &TreeEntry, writer: &mut PackWriter<'_>) -> Result<Fate, RedactError> {
        if self.paths.contains(path) {
            let bytes = self.store.blob(entry.id)?;
            self.keep_sum(path, &bytes);
            return Ok(Fate::Goes);
        }
        if self.words.trace.is_empty() || !self.is_memory(path) {
            return Ok(Fate::Stays);
        }
        let suspicion = if self.files.contains(path) { Suspicion::High } else { Suspicion::Low };
        let key = (entry.id, suspicion);
        if !self.blobs.contains_key(&key) {
            let bytes = self.store.blob(entry.id)?;
            let new = std::str::from_utf8(&bytes).ok().and_then(|text| removed_note(text, self.words, suspicion));
            let new = new.map(|text| writer.blob(text.as_bytes()).map_err(RedactError::Write)).transpose()?;
            if new.is_some() {
                self.keep_sum(path, &bytes);
            }
            self.blobs.insert(key, new);
        }
        let id = self.blobs.get(&key).copied().flatten();
        let name = if suspicion == Suspicion::High { self.name_for(path) } else { None };
        Ok(match (id, name) {
            (id, Some(name)) => {
                let name = name.rsplit('/').next().unwrap_or_default().to_owned();
                Fate::Named(id.unwrap_or(entry.id), name)
            }
            (Some(id), None) => Fate::Becomes(id),
            (None, None) => Fate::Stays,
        })
    }

    fn message(&mut self, message: &str, moved: &HashMap<ObjectId, ObjectId>) -> Option<String> {
        let mut text = unquoted(message, self.cuts);
        let suspicion = self.suspicion(message);
        let paths: Vec<String> = self.files.iter().cloned().collect();
        for path in paths.iter().filter(|path| message.contains(path.as_str())) {
            if let Some(new) = self.name_for(path) {
                text = text.replace(path.as_str(), &new);
            }
        }
        text = removed_lines(&text, self.words, suspicion).unwrap_or(text);
        text = self.renumbered(&text, moved);
        (text != message).then_some(text)
    }
}

impl Memory<'_> {
    /// Ids of commits that moved, and of notes that memory itself is cited by.
    fn renumbered(&self, message: &str, moved: &HashMap<ObjectId, ObjectId>) -> String {
        let mut new = String::with_capacity(message.len());
        for piece in message.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
            let word = piece.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
            let commit = ObjectId::parse(word).ok().and_then(|id| moved.get(&id)).map(ToString::to_string);
            let note = || {
                let cited = word.len() == 12 && new.ends_with("memory@");
                let found = self.blobs.iter().find(|((old, _), new)| new.is_some() && old.short() == word);
                found.and_then(|(_, new)| *new).filter(|_| cited).map(|id| id.short())
            };
            match commit.or_else(note) {
                Some(id) => {
                    new.push_str(&id);
                    new.push_str(&piece[word.len()..]);
                }
                None => new.push_str(piece),
            }
        }
        new
    }
}

/// A message whose quotes of what goes are gone.
fn unquoted(message: &str, cuts: &Cuts) -> String {
    let mut text = message.to_owned();
    let quotes = quoted(message).into_iter().filter(|(cited, _)| cuts.meets(cited));
    let mut ranges: Vec<_> = quotes.filter_map(|(_, range)| range).collect();
    ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
    for range in ranges {
        text.replace_range(range, REMOVED);
    }
    text
}

/// Trailers whose values are names and numbers of ours.
const STRUCTURE: [&str; 22] = [
    "Dream-Id:",
    "Dream-Phase:",
    "Dream-Change:",
    "Dream-Key:",
    "Dream-Kind:",
    "Dream-Path:",
    "Dream-Support:",
    "Dream-Confidence:",
    "Dream-Risk:",
    "Dream-Base:",
    "Dream-Engine:",
    "Dream-Settings:",
    "Dream-Session:",
    "Dream-Decision:",
    "Dream-Dropped:",
    "Dream-Revert:",
    "Dream-Restore:",
    "Dream-Change-Key:",
    "Dream-Review:",
    "Dream-Answer:",
    "Dream-Outcome:",
    "Evidence:",
];

/// A message without the words, line by line; what names things stays.
fn removed_lines(message: &str, words: &Words, suspicion: Suspicion) -> Option<String> {
    if words.trace.is_empty() {
        return None;
    }
    let (mut new, mut open) = (String::with_capacity(message.len()), String::new());
    let flush = |open: &mut String, new: &mut String| {
        new.push_str(&words.trace.remove(open, suspicion).unwrap_or_else(|| open.clone()));
        open.clear();
    };
    for line in message.split_inclusive('\n') {
        if STRUCTURE.iter().any(|key| line.trim_start().starts_with(key)) {
            flush(&mut open, &mut new);
            new.push_str(line);
        } else {
            open.push_str(line);
        }
    }
    flush(&mut open, &mut new);
    (new != message).then_some(new)
}

/// A note without the words; its front matter stays valid.
fn removed_note(text: &str, words: &Words, suspicion: Suspicion) -> Option<String> {
    let new = words.trace.remove(text, suspicion)?;
    let front = crate::model::Document::parse(text).front().is_some();
    if !front {
        return Some(new);
    }
    let mut lines = Vec::new();
    let mut fences = 0;
    for (old, line) in text.split('\n').zip(new.split('\n')) {
        fences += usize::from(old.trim_end() == "---");
        let inside = fences == 1 && old != line;
        lines.push(match line.split_once(':').filter(|_| inside) {
            Some(("tags", _)) => "tags: []".to_owned(),
            Some((key, value)) => {
                let value = value.trim().trim_matches('"').replace('"', "'");
                format!("{key}: {}", serde_json::Value::from(value))
            }
            None if inside => format!("# {REMOVED}"),
            None => line.to_owned(),
        });
    }
    Some(lines.join("\n"))
}
