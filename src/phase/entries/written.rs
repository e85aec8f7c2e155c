//! An entry as its file has it, without what history says of it.

use crate::model::{Document, Kind, NotePath};
use serde::{Deserialize, Serialize};

/// An entry as its file has it. Its path and its text come first, so that they can be read alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub path: NotePath,
    /// Whether the file is one note with front matter, or a free-form file of many entries.
    pub whole_note: bool,
    pub text: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub kind: Option<Kind>,
    pub tags: Vec<String>,
    pub pinned: bool,
}

impl Written {
    /// In place of an entry that cannot be read.
    pub fn nothing() -> Self {
        let path = NotePath::new("unreadable.md").expect("a plain path");
        let (text, tags) = (String::new(), Vec::new());
        Self { path, whole_note: false, text, name: None, description: None, kind: None, tags, pinned: false }
    }

    /// The entries of a file, in their order. A note is one.
    pub fn all(path: &NotePath, text: &str) -> Vec<Self> {
        let document = Document::parse(text);
        let whole_note = document.front().is_some();
        let front = document.front().cloned().unwrap_or_default();
        let entries = document.entries().take(if whole_note { 1 } else { usize::MAX });
        let entry = |entry: &str| Self {
            path: path.clone(),
            whole_note,
            text: entry.to_owned(),
            name: front.name.clone(),
            description: front.description.clone(),
            kind: front.kind,
            tags: front.tags.clone(),
            pinned: front.pinned,
        };
        entries.map(entry).collect()
    }
}
