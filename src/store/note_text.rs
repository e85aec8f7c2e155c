//! The text of a note: its own, or a part of a file that holds many. Cloning one copies no text.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// Text that several may hold.
#[derive(Clone)]
pub struct NoteText {
    whole: Arc<String>,
    part: Range<usize>,
}

impl NoteText {
    /// A part of a larger text; `None` where it is none.
    pub(super) fn part(whole: &Arc<String>, part: Range<usize>) -> Option<Self> {
        whole.get(part.clone())?;
        Some(Self { whole: Arc::clone(whole), part })
    }

    /// Whether it is this very text, not only one that says the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.whole, &other.whole) && self.part == other.part
    }
}

impl Deref for NoteText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.whole[self.part.clone()]
    }
}

impl From<String> for NoteText {
    fn from(text: String) -> Self {
        let part = 0..text.len();
        Self { whole: Arc::new(text), part }
    }
}

impl PartialEq for NoteText {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for NoteText {}

impl std::fmt::Debug for NoteText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&**self, f)
    }
}
