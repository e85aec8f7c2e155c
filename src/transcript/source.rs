//! From bytes to records: a file is either JSONL (a record is a line) or one JSON document (a record is an element of
//! its list). Whatever a format is, it reads records, and each knows its raw lines. It knows no format.

use super::flaw::{Skipped, Unsupported, Why};
use super::json::{self, Object};
use crate::model::{Lines, Place};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;

/// One record: its JSON and where it stands.
pub(super) struct Record<'a> {
    pub json: &'a str,
    pub place: Place,
    /// The last line of a file that does not end in a line feed: it may be torn.
    pub unfinished: bool,
}

/// The records of one session, and the object that holds their list, if one does.
pub(super) struct Group<'a> {
    pub root: Option<String>,
    pub head: Option<Object<'a>>,
    pub records: Vec<Record<'a>>,
}

/// The text of a file, decoded.
pub(super) enum Text<'a> {
    Lines(Vec<(u32, Cow<'a, str>, bool)>),
    Document(Cow<'a, str>),
}

const LISTS: [&str; 5] = ["traj", "messages", "loglines", "events", "data"];

/// Reads the text of a file; what had to be replaced is added to `skipped`.
pub(super) fn read<'a>(bytes: &'a [u8], skipped: &mut Vec<Skipped>) -> Result<Text<'a>, Unsupported> {
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).ok_or(Unsupported::Empty)?;
    if body.starts_with(b"\x1f\x8b") || body.starts_with(b"\x28\xb5\x2f\xfd") || body.starts_with(b"PK\x03\x04") {
        return Err(Unsupported::Compressed);
    }
    if body.starts_with(b"SQLite format 3\0") {
        let instead = "export the session with `opencode export SESSION > FILE.json` and import that";
        return Err(Unsupported::Known { format: "an SQLite database (OpenCode keeps its sessions in one)", instead });
    }
    if matches!(body[start], b'{' | b'[') {
        if let Some(document) = document(body)? {
            note_replaced(bytes, skipped);
            return Ok(Text::Document(document));
        }
    } else if !lines(body).any(|(_, line, _)| line.trim_ascii_start().starts_with(b"{")) {
        let binary = body.iter().take(8192).any(|byte| *byte == 0) || std::str::from_utf8(body).is_err();
        return Err(if binary { Unsupported::Binary } else { Unsupported::Unknown });
    }
    // To see that all of it is UTF-8 takes a fraction of what it takes line by line.
    let whole = std::str::from_utf8(body).ok();
    if whole.is_none() {
        note_replaced(bytes, skipped);
    }
    let decoded = |(number, range, ended): (u32, Range<usize>, bool)| {
        let text = match whole.and_then(|whole| whole.get(range.clone())) {
            Some(text) => Cow::Borrowed(text.strip_suffix('\r').unwrap_or(text)),
            None => decode(&body[range]),
        };
        (number, text, ended)
    };
    Ok(Text::Lines(line_ranges(body).map(decoded).filter(|(_, text, _)| !text.trim().is_empty()).collect()))
}

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Numbered lines without their line feed, and whether they had one.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8], bool)> {
    line_ranges(bytes).map(|(number, range, ended)| (number, &bytes[range], ended))
}

/// Where they stand.
fn line_ranges(bytes: &[u8]) -> impl Iterator<Item = (u32, Range<usize>, bool)> {
    let mut start = 0;
    let mut number = 0u32;
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let end = memchr::memchr(b'\n', &bytes[start..]).map(|at| start + at);
        let line = start..end.unwrap_or(bytes.len());
        start = end.map_or(bytes.len(), |end| end + 1);
        number = number.saturating_add(1);
        Some((number, line, end.is_some()))
    })
}

fn note_replaced(bytes: &[u8], skipped: &mut Vec<Skipped>) {
    if std::str::from_utf8(bytes).is_ok() {
        return;
    }
    let wrong = lines(bytes).filter(|(_, line, _)| std::str::from_utf8(line).is_err());
    skipped.extend(wrong.map(|(line, ..)| Skipped { line, why: Why::NotUtf8 }));
}

/// The file as one JSON value, when it is one; `None` for JSONL. A document that breaks off is an error.
fn document(body: &[u8]) -> Result<Option<Cow<'_, str>>, Unsupported> {
    let first = lines(body).map(|(_, line, _)| decode(line)).find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default();
    let alone = lines(body).filter(|(_, line, _)| !line.trim_ascii().is_empty()).take(2).count() == 1;
    if !alone && complete(first.trim()) {
        return Ok(None);
    }
    let whole = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(body),
    };
    match serde_json::from_str::<&RawValue>(&whole) {
        Ok(_) => return Ok(Some(whole)),
        Err(_) if alone => {}
        Err(_) if later_records(body) => {}
        Err(error) => {
            let fixed = json::repair(&whole);
            return match serde_json::from_str::<&RawValue>(&fixed) {
                Ok(_) => Ok(Some(Cow::Owned(fixed))),
                Err(_) => Err(Unsupported::Broken { line: error.line() as u32, why: reason(&error) }),
            };
        }
    }
    Ok(None)
}

fn complete(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok() || serde_json::from_str::<&RawValue>(&json::repair(text)).is_ok()
}

/// Whether a file whose first line is damaged is JSONL all the same: some later line is an object by itself, with
/// more than one field.
fn later_records(body: &[u8]) -> bool {
    lines(body)
        .skip(1)
        .filter(|(_, line, _)| line.starts_with(b"{\""))
        .take(50)
        .any(|(_, line, _)| Object::parse(&decode(line)).is_ok_and(|object| object.fields().count() > 1))
}

/// serde_json's message without its position, which is told apart from it.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(why, _)| why.to_owned())
}

impl Text<'_> {
    /// The sessions of the file, as groups of records.
    pub fn groups(&self) -> Vec<Group<'_>> {
        match self {
            Text::Document(text) => document_groups(text),
            Text::Lines(lines) => line_groups(lines),
        }
    }
}

fn line_groups<'a>(lines: &'a [(u32, Cow<'a, str>, bool)]) -> Vec<Group<'a>> {
    if lines.first().is_some_and(|(_, text, _)| holds_session(text)) {
        return lines.iter().map(line_group).collect();
    }
    let records = lines.iter().map(|(line, text, ended)| Record {
        json: text.trim(),
        place: Place::line(*line),
        unfinished: !ended,
    });
    vec![Group { root: None, head: None, records: records.collect() }]
}

/// The session on one line; of a line that is damaged, the line itself, so that it is named.
fn line_group<'a>((line, text, ended): &'a (u32, Cow<'a, str>, bool)) -> Group<'a> {
    let root = Some(format!("/{}", line - 1));
    let found = session_group(text.trim(), "", root.clone(), &Newlines::of_line(text, *line));
    found.unwrap_or_else(|| Group {
        root,
        head: None,
        records: vec![Record { json: text.trim(), place: Place::line(*line), unfinished: !ended }],
    })
}

/// Whether a line is a whole session by itself: an object with a list of messages, or a list.
pub(super) fn holds_session(text: &str) -> bool {
    let text = text.trim();
    if text.starts_with('[') {
        return json::list(text).is_some_and(|list| list.first().is_some_and(|first| first.starts_with('{')));
    }
    let Ok(object) = Object::parse(text) else { return false };
    // Gemini's JSONL begins with a header that has an empty list of messages.
    let header = object.has("projectHash") || object.has("type");
    !header && ["traj", "messages"].iter().any(|key| object.list(key).is_some())
}

fn document_groups(text: &str) -> Vec<Group<'_>> {
    let newlines = Newlines::of(text);
    let body = text.trim_start_matches('\u{FEFF}').trim();
    let Some(elements) = json::list(body) else {
        if let Some(group) = session_group(body, "", None, &newlines) {
            return vec![group];
        }
        // One object that is no list of records: JSONL with a single line, or something for the detector to name.
        let place = Place { lines: newlines.lines_of(body), pointer: None };
        let record = Record { json: body, place, unfinished: !text.ends_with('\n') };
        return vec![Group { root: None, head: None, records: vec![record] }];
    };
    let sessions = elements.iter().filter(|element| {
        Object::parse(element).is_ok_and(|object| ["traj", "messages"].iter().any(|key| object.list(key).is_some()))
    });
    if sessions.count() == 0 {
        return session_group(body, "", None, &newlines).into_iter().collect();
    }
    let numbered = elements.iter().enumerate();
    numbered
        .filter_map(|(index, element)| {
            let root = format!("/{index}");
            session_group(element, &root, Some(root.clone()), &newlines)
        })
        .collect()
}

/// The records in a list, or in the list that an object holds.
fn session_group<'a>(raw: &'a str, base: &str, root: Option<String>, newlines: &Newlines<'a>) -> Option<Group<'a>> {
    if let Some(elements) = json::list(raw) {
        return Some(Group { root, head: None, records: newlines.records(&elements, base) });
    }
    let head = Object::parse(raw).ok()?;
    let (key, elements) = LISTS.iter().find_map(|key| Some((key, head.list(key)?)))?;
    let records = newlines.records(&elements, &format!("{base}/{key}"));
    Some(Group { root, head: Some(head), records })
}

/// Where the lines of a document begin; of a text that is one line of a file, all of it is that line.
struct Newlines<'a> {
    text: &'a str,
    offsets: Vec<usize>,
    first: u32,
}

impl<'a> Newlines<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, offsets: memchr::memchr_iter(b'\n', text.as_bytes()).collect(), first: 1 }
    }

    fn of_line(text: &'a str, line: u32) -> Self {
        Self { text, offsets: Vec::new(), first: line }
    }

    /// The lines of a part of the text, which must be a slice of it.
    fn lines_of(&self, part: &str) -> Lines {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        let line = |at: usize| self.first + self.offsets.partition_point(|newline| *newline < at) as u32;
        Lines { first: line(start), last: line(start + part.len().saturating_sub(1)) }
    }

    /// Records of a list; those that share a line with another (or with the whole document) also get a pointer.
    fn records(&self, elements: &[&'a str], base: &str) -> Vec<Record<'a>> {
        let spans: Vec<Lines> = elements.iter().map(|element| self.lines_of(element)).collect();
        let alone = |index: usize| {
            let before = index.checked_sub(1).map(|before| spans[before].last);
            let after = spans.get(index + 1).map(|after| after.first);
            before != Some(spans[index].first) && after != Some(spans[index].last) && !self.offsets.is_empty()
        };
        let place =
            |index: usize| Place { lines: spans[index], pointer: (!alone(index)).then(|| format!("{base}/{index}")) };
        let numbered = elements.iter().enumerate();
        numbered.map(|(index, element)| Record { json: element, place: place(index), unfinished: false }).collect()
    }
}
