//! A free-form file cut into segments: its entries, and the glue between them (headings, tables' rows, code blocks).
//! Blank lines and bullets belong to the segment that follows them, so that they never decide what is the same entry.

use crate::model::Document;

/// One entry or one piece of glue. The four strings and a line feed, one after the other, are its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub kind: Kind,
    /// Blank lines before it.
    pub lead: &'a str,
    /// Indent and bullet.
    pub prefix: &'a str,
    /// What the segment says: its identity.
    pub text: &'a str,
    /// White space at the end of its last line.
    pub suffix: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Heading,
    Entry,
    /// Table rows, rules, comments, code blocks.
    Other,
}

impl<'a> Segment<'a> {
    /// Two segments with the same key say the same.
    pub fn key(&self) -> (Kind, &'a str) {
        (self.kind, self.text)
    }

    pub fn is_item(&self) -> bool {
        self.kind == Kind::Entry && !self.prefix.trim().is_empty()
    }
}

/// A file's segments and what follows the last of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segments<'a> {
    pub list: Vec<Segment<'a>>,
    /// Blank lines at the end.
    pub tail: &'a str,
    /// Whether the last line has a line feed.
    pub ended: bool,
}

/// Cuts a parsed free-form file.
pub(super) fn cut(document: &Document) -> Segments<'_> {
    let source = document.source();
    let mut spans = document.spans().iter().peekable();
    let (mut list, mut lead, mut at) = (Vec::new(), 0, 0);
    while at < source.len() {
        let line = line_end(source, at);
        let (kind, text) = match spans.next_if(|span| span.start < line) {
            Some(span) => (Kind::Entry, span.clone()),
            None if source[at..line].trim().is_empty() => {
                at = line;
                continue;
            }
            None => {
                let (kind, end) = glue(source, at, line);
                (kind, at..at + source[at..end].trim_end().len())
            }
        };
        let end = line_end(source, text.end);
        list.push(Segment {
            kind,
            lead: &source[lead..at],
            prefix: &source[at..text.start],
            text: &source[text.clone()],
            suffix: source[text.end..end].strip_suffix('\n').unwrap_or(&source[text.end..end]),
        });
        (at, lead) = (end, end);
    }
    Segments { list, tail: &source[lead..], ended: source.is_empty() || source.ends_with('\n') }
}

fn line_end(source: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &source.as_bytes()[at..]).map_or(source.len(), |offset| at + offset + 1)
}

/// A code block is one piece, to its closing fence; any other line of glue stands alone.
fn glue(source: &str, at: usize, line: usize) -> (Kind, usize) {
    let text = source[at..line].trim();
    let Some(fence) = ["```", "~~~"].into_iter().find(|fence| text.starts_with(fence)) else {
        return (if text.starts_with('#') { Kind::Heading } else { Kind::Other }, line);
    };
    let mut end = line;
    while end < source.len() {
        let next = line_end(source, end);
        let closed = source[end..next].trim().starts_with(fence);
        end = next;
        if closed {
            break;
        }
    }
    (Kind::Other, end)
}

impl Segments<'_> {
    /// The file's bytes. Adds a blank line only where two entries would otherwise become one.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let mut before: Option<&Segment<'_>> = None;
        for segment in &self.list {
            text.push_str(segment.lead);
            if before.is_some_and(|before| runs_into(before, segment)) {
                text.push('\n');
            }
            for part in [segment.prefix, segment.text, segment.suffix, "\n"] {
                text.push_str(part);
            }
            before = Some(segment);
        }
        text.push_str(self.tail);
        if !self.ended && text.ends_with('\n') {
            text.pop();
        }
        text
    }
}

/// Whether a paragraph would be read as a part of the entry before it. After a list item only an empty line ends it.
fn runs_into(before: &Segment<'_>, segment: &Segment<'_>) -> bool {
    let paragraph = segment.kind == Kind::Entry && !segment.is_item();
    let empty_line = matches!(segment.lead, "\n" | "\r\n") || segment.lead.ends_with("\n\n");
    match before.kind {
        Kind::Entry if paragraph && before.is_item() => !empty_line && !segment.lead.ends_with("\n\r\n"),
        Kind::Entry => paragraph && segment.lead.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_segments_of_any_file_give_back_its_bytes(text in "([-#*0-9. a-z`|\r\n~]{0,12}\n?){0,12}") {
            let document = Document::parse(&text);
            if document.front().is_none() {
                proptest::prop_assert_eq!(cut(&document).render(), text);
            }
        }
    }
}
