//! Three-way merge of one memory file, entry by entry. Edits of different entries merge, even of neighbours; two
//! different edits of one entry, or an edit against a removal, are a conflict that a person must settle. It refuses to
//! guess: nothing is invented, no side is dropped without being named, and swapping the sides changes nothing.

mod free;
mod note;
mod script;
mod segment;

use crate::model::Document;
use std::borrow::Cow;

/// The outcome of a merge of three texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryMerge {
    Merged(String),
    /// Never empty.
    Conflict(Vec<EntryConflict>),
}

/// One entry (or field of front matter) that both sides changed in ways that do not fit; `None` where a side has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryConflict {
    pub base: Option<String>,
    pub ours: Option<String>,
    pub theirs: Option<String>,
}

impl EntryConflict {
    fn new(base: Option<&str>, ours: Option<&str>, theirs: Option<&str>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self { base: own(base), ours: own(ours), theirs: own(theirs) }
    }

    fn swapped(self) -> Self {
        Self { base: self.base, ours: self.theirs, theirs: self.ours }
    }
}

/// Merges what `ours` and `theirs` made of `base`. Symmetric: with the sides swapped the text is the same.
pub fn merge_entries(base: &str, ours: &str, theirs: &str) -> EntryMerge {
    if let Some(text) = pick(base, ours, theirs) {
        return EntryMerge::Merged(text.to_owned());
    }
    // One order of the two sides for all that follows, so that nothing can depend on which side is ours.
    if ours <= theirs {
        return merge_ordered(base, ours, theirs);
    }
    match merge_ordered(base, theirs, ours) {
        EntryMerge::Conflict(list) => EntryMerge::Conflict(list.into_iter().map(EntryConflict::swapped).collect()),
        merged => merged,
    }
}

fn merge_ordered(base: &str, ours: &str, theirs: &str) -> EntryMerge {
    let ends = LineEnds::merged(base, ours, theirs);
    let [b, o, t] = [base, ours, theirs].map(|text| ends.to_line_feeds(text));
    let merged = match pick(&*b, &*o, &*t) {
        Some(text) => EntryMerge::Merged(text.to_owned()),
        None => merge_documents(&b, &o, &t),
    };
    match merged {
        EntryMerge::Merged(text) => EntryMerge::Merged(ends.restore(text)),
        conflict => conflict,
    }
}

fn merge_documents(base: &str, ours: &str, theirs: &str) -> EntryMerge {
    let documents = [base, ours, theirs].map(Document::parse);
    let notes = documents.iter().filter(|document| document.front().is_some()).count();
    match (notes, &documents) {
        (3, [b, o, t]) => note::merge(b, o, t),
        (0, [b, o, t]) => free::merge(b, o, t),
        // A file became a note, or stopped being one, while the other side edited it: no entry means the same in both.
        _ => whole_file(base, ours, theirs),
    }
}

fn whole_file(base: &str, ours: &str, theirs: &str) -> EntryMerge {
    EntryMerge::Conflict(vec![EntryConflict::new(Some(base), Some(ours), Some(theirs))])
}

/// The rule that every merge starts with: the side that changed wins, and the same change on both sides is one.
fn pick<T: PartialEq + Copy>(base: T, ours: T, theirs: T) -> Option<T> {
    if ours == theirs || theirs == base {
        Some(ours)
    } else if ours == base {
        Some(theirs)
    } else {
        None
    }
}

/// How the merged file ends its lines. Files that mix both kinds are merged byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LineEnds {
    Lf,
    Crlf,
    Mixed,
}

impl LineEnds {
    fn of(text: &str) -> Option<Self> {
        let all = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        match text.matches("\r\n").count() {
            _ if all == 0 => None,
            0 => Some(LineEnds::Lf),
            crlf if crlf == all => Some(LineEnds::Crlf),
            _ => Some(LineEnds::Mixed),
        }
    }

    fn merged(base: &str, ours: &str, theirs: &str) -> Self {
        let [b, o, t] = [base, ours, theirs].map(Self::of);
        if [b, o, t].contains(&Some(LineEnds::Mixed)) {
            return LineEnds::Mixed;
        }
        let (o, t) = (o.or(b), t.or(b));
        pick(b, o.or(t), t.or(o)).flatten().or(o).unwrap_or(LineEnds::Lf)
    }

    fn to_line_feeds(self, text: &str) -> Cow<'_, str> {
        match self {
            LineEnds::Mixed => Cow::Borrowed(text),
            _ if !text.contains("\r\n") => Cow::Borrowed(text),
            _ => Cow::Owned(text.replace("\r\n", "\n")),
        }
    }

    fn restore(self, text: String) -> String {
        match self {
            LineEnds::Crlf => text.replace('\n', "\r\n"),
            _ => text,
        }
    }
}

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;
