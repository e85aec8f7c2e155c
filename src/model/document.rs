//! Memory files: front matter, entries, and edits that leave every other byte alone. With front matter a file is one
//! belief (its body is the entry); without it each list item and each paragraph is one. Headings, fences, tables and
//! blank lines are not entries. Parsing keeps the bytes; rendering an unedited document gives them back.

use super::front::Front;
use super::note::scalar;
use crate::text::Scrubbed;
use std::ops::Range;

/// A parsed memory file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    source: String,
    front: Option<Front>,
    entries: Vec<Range<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("no entry says '{0}'")]
    Missing(String),
}

/// What to do with one entry.
#[derive(Debug, Clone, Copy)]
pub enum EntryEdit<'a> {
    Replace(&'a str),
    Remove,
}

impl Document {
    /// Parses any text; front matter that is no valid YAML is treated as a body.
    pub fn parse(source: &str) -> Self {
        let (front, body) = match front_span(source) {
            Some((yaml, body)) => (Front::read(&source[yaml]), body),
            None => (None, 0),
        };
        let entries = match &front {
            Some(_) => trimmed(source, body..source.len()).into_iter().collect(),
            None => blocks(source),
        };
        Self { source: source.to_owned(), front, entries }
    }

    pub fn front(&self) -> Option<&Front> {
        self.front.as_ref()
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text of each entry: a note's body, a list item without its bullet, a paragraph.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|range| &self.source[range.clone()])
    }

    /// Byte ranges of the entries, in order and without overlap.
    pub fn spans(&self) -> &[Range<usize>] {
        &self.entries
    }

    /// The 1-based line on which each entry starts, in order.
    pub fn lines(&self) -> Vec<u32> {
        self.entries.iter().map(|range| 1 + self.source[..range.start].matches('\n').count() as u32).collect()
    }

    /// The file after an edit of the entry with exactly this text. A removed list item takes its whole line with it.
    pub fn edit(&self, entry: &str, edit: EntryEdit<'_>) -> Result<String, EntryError> {
        let range = self.entries.iter().find(|range| &self.source[(*range).clone()] == entry).cloned();
        let range = range.ok_or_else(|| EntryError::Missing(Scrubbed::short(entry, 60).into_string()))?;
        let (cut, new) = match edit {
            EntryEdit::Replace(new) => (range, new),
            EntryEdit::Remove => (whole_lines(&self.source, range), ""),
        };
        Ok(format!("{}{new}{}", &self.source[..cut.start], &self.source[cut.end..]))
    }

    /// A note with another description and body, and with another name if one is given. Every other byte of the front
    /// matter stays, keys that are not ours among them. `None` for a file that is no note.
    pub fn revise(&self, name: Option<&str>, description: &Scrubbed, body: &Scrubbed) -> Option<String> {
        let (yaml, _) = front_span(&self.source).filter(|_| self.front.is_some())?;
        let old = self.entries.first()?;
        let mut text = self.source[..yaml.start].to_owned();
        let mut replaced = false;
        for line in self.source[yaml.clone()].split_inclusive('\n') {
            let new = match line.split_once(':') {
                Some(("name", _)) => name.map(scalar),
                Some(("description", _)) => Some(scalar(description.as_str())),
                // A value that goes on over several lines goes with its first.
                _ if replaced && line.starts_with([' ', '\t']) => continue,
                _ => None,
            };
            replaced = new.is_some();
            match new {
                Some(new) => text.push_str(&format!("{}: {new}\n", line.split(':').next().unwrap_or_default())),
                None => text.push_str(line),
            }
        }
        text.push_str(&self.source[yaml.end..old.start]);
        text.push_str(body.as_str().trim());
        text.push_str(&self.source[old.end..]);
        Some(text)
    }
}

/// A line of text as an entry of a list or a paragraph: what would begin a heading, a fence, a list, a table, a rule or
/// HTML there is escaped as Markdown has it, so that it stays the text that it is.
pub fn as_entry(line: &Scrubbed) -> Scrubbed {
    let text = line.as_str();
    let opens = ["```", "~~~", "<", "#", ">", "|", "[", "==="].iter().any(|mark| text.starts_with(mark));
    let item = bullet(text).is_some() || matches!(text, "-" | "*" | "+");
    let rule = is_glue(text) || text == "...";
    // A number's escape stands before the sign that makes it a list.
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match opens || item || rule {
        true => Scrubbed::line(&format!("{}\\{}", &text[..digits], &text[digits..])),
        false => line.clone(),
    }
}

/// Byte ranges of the YAML and the start of the body, when the file begins with a fence that is closed.
fn front_span(source: &str) -> Option<(Range<usize>, usize)> {
    let open = source.strip_prefix("---\r\n").map(|_| 5).or_else(|| source.strip_prefix("---\n").map(|_| 4))?;
    let mut at = open;
    for line in source[open..].split_inclusive('\n') {
        if line.trim_end() == "---" || line.trim_end() == "..." {
            return Some((open..at, at + line.len()));
        }
        at += line.len();
    }
    None
}

/// What is wrong with a file's front matter, at a 1-based line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontError {
    pub line: usize,
    pub why: String,
}

/// Front matter that no YAML reader would accept. A text between two rules is no front matter, and keys that are not
/// ours may hold anything.
pub fn front_error(source: &str) -> Option<FrontError> {
    let (yaml, _) = front_span(source)?;
    let error = serde_saphyr::from_str::<serde_json::Value>(&source[yaml.clone()]).err()?;
    let line = error.location().map_or(1, |place| usize::try_from(place.line()).unwrap_or(1));
    // YAML counts lone carriage returns as lines, and no editor does.
    let last = source[..yaml.end].lines().count().saturating_sub(1).max(1);
    let line = line.min(last);
    let said = error.to_string();
    let said = said.lines().next().unwrap_or_default();
    let said = said.strip_prefix("error: ").unwrap_or(said);
    // Its own line counts from the fence.
    let why = said.strip_prefix("line ").and_then(|rest| Some(rest.split_once(": ")?.1)).unwrap_or(said);
    Some(FrontError { line: line + 1, why: why.to_owned() })
}

fn trimmed(source: &str, range: Range<usize>) -> Option<Range<usize>> {
    let text = &source[range.clone()];
    let start = range.start + (text.len() - text.trim_start().len());
    let end = range.start + text.trim_end().len();
    (start < end).then_some(start..end)
}

/// A removed entry takes its bullet and line break with it, and one of two blank lines around it.
fn whole_lines(source: &str, range: Range<usize>) -> Range<usize> {
    let start = source[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = source[range.end..].find('\n').map_or(source.len(), |at| range.end + at + 1);
    let blank_before = start == 0 || source[..start].ends_with("\n\n") || source[..start].ends_with("\n\r\n");
    let after = &source[end..];
    let blank = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
    start..if blank_before { end + blank } else { end }
}

/// The entries of a free-form file: list items (with their continuation lines and nested items) and paragraphs.
fn blocks(source: &str) -> Vec<Range<usize>> {
    let mut blocks = Blocks { source, entries: Vec::new(), open: None, item_indent: None, fence: None };
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        blocks.line(at, line);
        at += line.len();
    }
    blocks.close();
    blocks.entries
}

struct Blocks<'a> {
    source: &'a str,
    entries: Vec<Range<usize>>,
    open: Option<Range<usize>>,
    item_indent: Option<usize>,
    fence: Option<&'static str>,
}

impl Blocks<'_> {
    fn line(&mut self, at: usize, line: &str) {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if let Some(fence) = self.fence {
            let continues = self.item_indent.is_some();
            if continues {
                self.extend(at, line)
            }
            if text.starts_with(fence) {
                self.fence = None
            }
            return;
        }
        if let Some(fence) = ["```", "~~~"].into_iter().find(|fence| text.starts_with(fence)) {
            self.fence = Some(fence);
            match self.item_indent {
                Some(item) if indent > item => self.extend(at, line),
                _ => self.close(),
            }
            return;
        }
        match bullet(line) {
            _ if text.is_empty() => {
                if self.item_indent.is_none() {
                    self.close()
                }
            }
            Some(width) if self.item_indent.is_none_or(|item| indent <= item) => {
                self.close();
                self.item_indent = Some(indent);
                self.open = Some(at + width..at + line.trim_end().len());
            }
            Some(_) => self.extend(at, line),
            None if is_glue(text) => self.close(),
            None => match self.item_indent {
                Some(item) if indent <= item && self.ended_by_blank(at) => {
                    self.close();
                    self.extend(at, line)
                }
                _ => self.extend(at, line),
            },
        }
    }

    fn ended_by_blank(&self, at: usize) -> bool {
        self.source[..at].ends_with("\n\n") || self.source[..at].ends_with("\n\r\n")
    }

    fn extend(&mut self, at: usize, line: &str) {
        let end = at + line.trim_end().len();
        match &mut self.open {
            Some(range) => range.end = end,
            None => self.open = Some(at + (line.len() - line.trim_start().len())..end),
        }
    }

    fn close(&mut self) {
        self.item_indent = None;
        if let Some(range) = self.open.take().and_then(|range| trimmed(self.source, range)) {
            self.entries.push(range);
        }
    }
}

/// Headings, rules, tables, comments and quotes' fences separate entries and are none.
fn is_glue(text: &str) -> bool {
    let rule = text.len() >= 3 && text.chars().all(|c| matches!(c, '-' | '*' | '_' | '=' | ' '));
    text.starts_with('#') || text.starts_with('|') || text.starts_with("<!--") || rule
}

/// The width of indent, bullet and space of a list item's line.
fn bullet(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let mark = match text.as_bytes() {
        [b'-' | b'*' | b'+', ..] => 1,
        [b'0'..=b'9', ..] => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            matches!(text.as_bytes().get(digits), Some(b'.' | b')')).then_some(digits + 1).filter(|_| digits <= 9)?
        }
        _ => return None,
    };
    let rest = &text[mark..];
    let space = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let rule = mark == 1 && is_glue(text.trim());
    (space > 0 && !rest.trim().is_empty() && !rule).then_some(indent + mark + space)
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::super::note::render_note;
    use super::*;

    const FREE: &str = "# Index\n\n- one\n- two\n  goes on\n  - nested\n\nA paragraph\nof two lines.\n\n```sh\n- not an entry\n```\n1. first\n2. second\n\n| a | b |\n---\nLast.";

    #[test]
    fn a_free_file_has_an_entry_for_each_item_and_paragraph() {
        let document = Document::parse(FREE);
        let entries: Vec<&str> = document.entries().collect();
        assert_eq!(
            entries,
            ["one", "two\n  goes on\n  - nested", "A paragraph\nof two lines.", "first", "second", "Last."]
        );
        assert_eq!(document.lines(), [3, 4, 8, 14, 15, 19]);
    }

    #[test]
    fn editing_an_entry_leaves_every_other_byte_alone() {
        let document = Document::parse(FREE);
        let edited = document.edit("one", EntryEdit::Replace("ONE")).expect("an entry");
        assert_eq!(edited, FREE.replacen("one", "ONE", 1));
        let removed = document.edit("one", EntryEdit::Remove).expect("an entry");
        assert_eq!(removed, FREE.replacen("- one\n", "", 1));
        assert!(document.edit("absent", EntryEdit::Remove).is_err());
    }

    #[test]
    fn a_note_with_front_matter_is_one_entry() {
        let text = render_note(
            "dates: UTC",
            &Scrubbed::line("The API's dates: UTC"),
            Kind::Fact,
            &["billing-api".into()],
            &Scrubbed::block("Dates are UTC.\n\nConvert."),
        );
        let document = Document::parse(text.as_str());
        assert_eq!(document.entries().collect::<Vec<_>>(), ["Dates are UTC.\n\nConvert."]);
        let front = document.front().expect("front matter");
        assert_eq!(front.name.as_deref(), Some("dates: UTC"));
        assert_eq!(front.kind, Some(Kind::Fact));
        assert_eq!(front.tags, ["billing-api"]);
    }

    #[test]
    fn revising_a_note_keeps_what_is_not_ours() {
        let old = "---\nname: old\ndescription: >\n  two\n  lines\nowner: ines # ours\npinned: false\n---\n\nOld.\n\n";
        let new = Document::parse(old).revise(Some("new"), &Scrubbed::line("one: line"), &Scrubbed::line("New."));
        let expected = "---\nname: new\ndescription: \"one: line\"\nowner: ines # ours\npinned: false\n---\n\nNew.\n\n";
        assert_eq!(new.as_deref(), Some(expected));
        assert_eq!(Document::parse("free text").revise(None, &Scrubbed::line("a"), &Scrubbed::line("b")), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_and_entries_do_not_overlap(text in "([-#*0-9. a-z`|\r\n~]{0,12}\n?){0,12}") {
            let document = Document::parse(&text);
            proptest::prop_assert_eq!(document.source(), &text);
            let mut end = 0;
            for span in document.spans() {
                proptest::prop_assert!(span.start >= end && span.end <= text.len());
                end = span.end;
            }
            for entry in document.entries() {
                let same = document.edit(entry, EntryEdit::Replace(entry)).expect("an entry of its own");
                proptest::prop_assert_eq!(&same, &text);
            }
        }
    }
}
