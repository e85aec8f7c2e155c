//! Finds quotes again: the decoded strings that stand in given lines of a raw transcript, or under a JSON pointer.
//! Lines are read as they are, so damage elsewhere in the file does not matter, and a lookup costs what its lines cost.

use super::json::{self, Object};
use crate::model::Place;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

/// The decoded strings at one place of a transcript. For more than one lookup make an [`Index`].
pub fn quote_at(bytes: &[u8], place: &Place) -> Option<Vec<String>> {
    Index::new(bytes).strings(place)
}

/// A transcript made ready for many lookups.
pub struct Index<'a> {
    bytes: Cow<'a, [u8]>,
    /// The offset after each line feed.
    starts: Vec<usize>,
    /// The whole file, if it is one JSON document.
    document: OnceLock<Option<Cow<'a, str>>>,
    /// The elements of each container that a pointer went through, by the pointer to it (and the line, in JSONL).
    containers: Mutex<BTreeMap<String, Arc<Container>>>,
}

/// Where the elements of an array or object stand, as byte ranges of the text they were read from.
enum Container {
    List(Vec<(usize, usize)>),
    Fields(BTreeMap<String, (usize, usize)>),
}

impl<'a> Index<'a> {
    pub fn new(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', &bytes).map(|at| at + 1)).collect();
        Self { bytes, starts, document: OnceLock::new(), containers: Mutex::new(BTreeMap::new()) }
    }

    /// The transcript itself.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of the transcript.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether the quote stands, word for word, in one of the strings at this place. A quote of several lines may run
    /// over several strings, line by line: a tool's result is often a list of texts.
    pub fn holds(&self, place: &Place, quote: &str) -> bool {
        let Some(text) = self.text(place) else { return false };
        let mut found = false;
        each_string(&text, &mut |string| found = found || string.contains(quote));
        if found || !quote.trim().contains('\n') {
            return found;
        }
        let mut missing: Vec<&str> = quote.lines().filter(|line| !line.trim().is_empty()).collect();
        each_string(&text, &mut |string| missing.retain(|line| !string.contains(line)));
        missing.is_empty()
    }

    /// Whether one of the strings at this place is as asked; stops at the first that is.
    pub fn any(&self, place: &Place, mut asked: impl FnMut(&str) -> bool) -> bool {
        let Some(text) = self.text(place) else { return false };
        let mut found = false;
        each_string(&text, &mut |string| found = found || asked(string));
        found
    }

    /// The decoded strings at a place, in order; `None` if the transcript has no such lines or pointer.
    pub fn strings(&self, place: &Place) -> Option<Vec<String>> {
        let text = self.text(place)?;
        let mut strings = Vec::new();
        each_string(&text, &mut |string| strings.push(string.to_owned()));
        Some(strings)
    }

    /// The raw text at a place.
    fn text(&self, place: &Place) -> Option<Cow<'_, str>> {
        let (first, last) = (place.lines.first.checked_sub(1)? as usize, place.lines.last as usize);
        let start = *self.starts.get(first)?;
        let end = self.starts.get(last).copied().unwrap_or(self.bytes.len());
        if last < place.lines.first as usize || last > self.starts.len() || start > end || start == self.bytes.len() {
            return None;
        }
        // To see that it is UTF-8 takes a fraction of what it takes to look for what is not.
        let lines = &self.bytes[start..end];
        let lines = || std::str::from_utf8(lines).map_or_else(|_| String::from_utf8_lossy(lines), Cow::Borrowed);
        let Some(pointer) = &place.pointer else { return Some(lines()) };
        if let Some(document) = self.document() {
            let range = self.resolve(document, "", pointer)?;
            return Some(Cow::Borrowed(document.get(range.0..range.1)?));
        }
        let (line, scope) = (lines(), place.lines.first.to_string());
        if let Some(range) = self.resolve(&line, &scope, pointer) {
            return Some(Cow::Owned(line.get(range.0..range.1)?.to_owned()));
        }
        let (line, scope) = (json::repair(&line), format!("{scope} repaired"));
        let range = self.resolve(&line, &scope, pointer)?;
        Some(Cow::Owned(line.get(range.0..range.1)?.to_owned()))
    }

    fn document(&self) -> Option<&str> {
        self.document
            .get_or_init(|| match &self.bytes {
                Cow::Borrowed(bytes) => document(bytes),
                Cow::Owned(bytes) => document(bytes).map(|text| Cow::Owned(text.into_owned())),
            })
            .as_deref()
    }

    /// The byte range of what a pointer names.
    fn resolve(&self, text: &str, scope: &str, pointer: &str) -> Option<(usize, usize)> {
        let trimmed = text.trim_start_matches('\u{FEFF}').trim_start();
        let start = text.len() - trimmed.len();
        let mut range = (start, start + trimmed.trim_end().len());
        let mut at = String::from(scope);
        for token in pointer.split('/').skip(1) {
            let container = self.container(&at, text, range)?;
            let token = token.replace("~1", "/").replace("~0", "~");
            range = match &*container {
                Container::List(elements) => *elements.get(token.parse::<usize>().ok()?)?,
                Container::Fields(fields) => *fields.get(&token)?,
            };
            at.push('/');
            at.push_str(&token);
        }
        Some(range)
    }

    fn container(&self, at: &str, text: &str, range: (usize, usize)) -> Option<Arc<Container>> {
        let mut known = self.containers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(container) = known.get(at) {
            return Some(Arc::clone(container));
        }
        let raw = text.get(range.0..range.1)?;
        let span = |part: &str| {
            let start = part.as_ptr() as usize - text.as_ptr() as usize;
            (start, start + part.len())
        };
        let container = match json::list(raw) {
            Some(elements) => Container::List(elements.into_iter().map(span).collect()),
            None => {
                let object = Object::parse(raw).ok()?;
                Container::Fields(object.fields().map(|(key, value)| (key.to_owned(), span(value))).collect())
            }
        };
        let container = Arc::new(container);
        known.insert(at.to_owned(), Arc::clone(&container));
        Some(container)
    }
}

/// The whole file as one JSON document, if it is one.
fn document(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match super::source::read(bytes, &mut Vec::new()) {
        Ok(super::source::Text::Document(text)) => Some(text),
        _ => None,
    }
}

/// Calls back with every JSON string of a text, decoded, and with the strings inside a string that holds JSON. A string
/// of JSON never spans lines, so any range of whole lines can be read without what stands before it.
fn each_string(text: &str, found: &mut impl FnMut(&str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'"', &bytes[at..]).map(|open| at + open + 1) {
        let mut close = open;
        loop {
            match memchr::memchr2(b'"', b'\\', &bytes[close..]).map(|next| close + next) {
                Some(next) if bytes[next] == b'"' => {
                    close = next;
                    break;
                }
                Some(next) => close = (next + 2).min(bytes.len()),
                None => {
                    close = bytes.len();
                    break;
                }
            }
        }
        // A torn line may end inside an escape of several bytes.
        let Some(inner) = text.get(open..close) else { return };
        let string = json::unescape(inner);
        found(&string);
        let holds_json = string.starts_with(['{', '[']) && string.ends_with(['}', ']']);
        if holds_json && serde_json::from_str::<&serde_json::value::RawValue>(&string).is_ok() {
            inner_strings(&string, found);
        }
        at = (close + 1).min(bytes.len());
    }
}

/// The strings of JSON inside a string; no deeper.
fn inner_strings(text: &str, found: &mut impl FnMut(&str)) {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('"') {
        let bytes = after.as_bytes();
        let mut close = 0;
        while close < bytes.len() && bytes[close] != b'"' {
            close += if bytes[close] == b'\\' { 2 } else { 1 };
        }
        let (Some(inner), Some(next)) = (after.get(..close), after.get(close + 1..)) else { return };
        found(&json::unescape(inner));
        rest = next;
    }
}
