//! Takes words out of a raw transcript without moving a line: whole lines of JSONL become a placeholder, lines inside a
//! document keep their structure and lose their words, and credentials are masked inside the strings that hold them.
//! It knows no format beyond that, and never adds or drops a line feed.

use super::string_end::string_end;
use super::{json, source};
use crate::model::Lines;
use crate::text::listed;
use crate::text::secret::{self, Hit};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// What stands in JSONL where a line was.
pub const PLACEHOLDER: &str = r#"{"redacted":true}"#;
/// What stands where words were inside a document.
const WORD: &str = "redacted";

/// One stretch of bytes that becomes another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub range: Range<usize>,
    pub with: Vec<u8>,
    pub line: u32,
}

/// The edits that take these lines out. Lines that hold nothing are left alone.
pub fn redact(bytes: &[u8], lines: &[Lines]) -> Vec<Edit> {
    let structured = keeps_structure(bytes);
    let gone = |number: u32| lines.iter().any(|lines| lines.meets(Lines::one(number)));
    let edit = |(number, range): (u32, Range<usize>)| {
        let line = &bytes[range.clone()];
        if !gone(number) || line.trim_ascii().is_empty() {
            return None;
        }
        let with = if structured { blanked(line) } else { PLACEHOLDER.as_bytes().to_vec() };
        (with != line).then_some(Edit { range, with, line: number })
    };
    numbered(bytes).filter_map(edit).collect()
}

/// The edits that mask every credential.
pub fn mask(bytes: &[u8]) -> Vec<Edit> {
    // Nearly all of it is UTF-8; to see that once is less than line by line.
    let text = std::str::from_utf8(bytes).ok();
    let edit = |(number, range): (u32, Range<usize>)| {
        let line = text.and_then(|text| text.get(range.clone()).map(Cow::Borrowed));
        let with = masked(&line.unwrap_or_else(|| String::from_utf8_lossy(&bytes[range.clone()])))?;
        Some(Edit { range, with: with.into_bytes(), line: number })
    };
    numbered(bytes).filter_map(edit).collect()
}

/// Every line whose bytes hold a credential.
pub fn secret_lines(bytes: &[u8]) -> Vec<u32> {
    mask(bytes).into_iter().map(|edit| edit.line).collect()
}

/// The decoded strings that stand in these lines.
pub fn strings(bytes: &[u8], lines: &[Lines]) -> BTreeSet<String> {
    let index = super::Index::new(bytes);
    let at = |lines: &Lines| index.strings(&crate::model::Place { lines: *lines, pointer: None }).unwrap_or_default();
    lines.iter().flat_map(at).collect()
}

/// Applies edits to one stretch of the bytes that they were made for. An edit that crosses its end is told where it
/// ends; the bytes before belong to no other.
pub fn apply(bytes: &[u8], stretch: Range<usize>, edits: &[Edit]) -> Vec<u8> {
    let mut new = Vec::with_capacity(stretch.len());
    let mut at = stretch.start;
    for edit in edits.iter().filter(|edit| edit.range.end > stretch.start && edit.range.start < stretch.end) {
        new.extend_from_slice(&bytes[at..edit.range.start.max(at)]);
        if edit.range.end <= stretch.end {
            new.extend_from_slice(&edit.with);
        }
        at = edit.range.end.min(stretch.end);
    }
    new.extend_from_slice(&bytes[at..stretch.end]);
    new
}

/// Numbered lines as byte ranges, without their ends.
fn numbered(bytes: &[u8]) -> impl Iterator<Item = (u32, Range<usize>)> + '_ {
    let base = bytes.as_ptr() as usize;
    source::lines(bytes).map(move |(number, line, _)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let start = line.as_ptr() as usize - base;
        (number, start..start + line.len())
    })
}

/// Whether a line cannot go as a whole without making the others unreadable: a document, or sessions one to a line.
fn keeps_structure(bytes: &[u8]) -> bool {
    match source::read(bytes, &mut Vec::new()) {
        Ok(source::Text::Document(text)) => {
            json::list(text.trim()).is_some() || text.trim().contains('\n') || long(&text)
        }
        Ok(source::Text::Lines(lines)) => lines.first().is_some_and(|(_, text, _)| source::holds_session(text)),
        Err(_) => false,
    }
}

/// A document on one line that holds a list of records.
fn long(text: &str) -> bool {
    source::holds_session(text)
}

/// A line of JSON with every value taken out: keys, brackets and the names of roles and types stay.
fn blanked(line: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    let (mut new, mut at, mut key) = (String::with_capacity(text.len()), 0, "");
    for inner in literals(&text) {
        new.push_str(&zeroed(&text[at..inner.start]));
        let is_key = text[(inner.end + 1).min(text.len())..].trim_start().starts_with(':');
        let value = &text[inner.clone()];
        let plain = value.len() <= 24 && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let kept = is_key || plain && matches!(key, "role" | "type");
        new.push_str(if kept { value } else { WORD });
        key = if is_key { value } else { "" };
        at = inner.end;
    }
    new.push_str(&zeroed(&text[at..]));
    new.into_bytes()
}

/// Numbers outside of strings say something too.
fn zeroed(structure: &str) -> String {
    let mut new = String::with_capacity(structure.len());
    for c in structure.chars() {
        match c {
            '0'..='9' if new.ends_with('0') => {}
            '0'..='9' => new.push('0'),
            '.' | '-' | '+' | 'E' => {}
            c => new.push(c),
        }
    }
    new
}

/// How often a line is masked at most; text made to be masked for ever is cut short.
const ROUNDS: usize = 8;

/// A line with its credentials masked; nothing when it has none. What was masked may end the quotes that hid another.
fn masked(line: &str) -> Option<String> {
    let mut new = masked_once(line)?;
    for _ in 1..ROUNDS {
        let Some(next) = masked_once(&new) else { break };
        new = next;
    }
    Some(new)
}

/// The line is searched once, and its strings by what that found: most of an import is lines without a credential.
fn masked_once(line: &str) -> Option<String> {
    let mut hits: Vec<Hit> = secret::search(line.as_bytes());
    let own = listed::extra().is_some();
    hits.retain(|hit| secret::may_be(line.as_bytes(), hit));
    // Without any, `escapes` tells all that stand in its strings.
    let plain = !has_odd_escapes(line.as_bytes());
    if hits.is_empty() && !own && plain {
        return None;
    }
    hits.sort_by_key(|hit| hit.range.start);
    let (mut new, mut at) = (String::new(), 0);
    for inner in literals(line) {
        // Nothing is in a string that no literal stands in, once its escapes hide none.
        if plain && !own && within(&hits, &inner).next().is_none() {
            continue;
        }
        if let Some(safe) = masked_string(&line[inner.clone()], within(&hits, &inner)) {
            new.push_str(&line[at..inner.start]);
            let encoded = serde_json::Value::from(safe).to_string();
            new.push_str(&encoded[1..encoded.len() - 1]);
            at = inner.end;
        }
    }
    // A key and its value are two strings: together they may be a credential.
    if at == 0 {
        return secret::found_at(line, hits.into_iter()).then(|| secret::mask_values(line));
    }
    new.push_str(&line[at..]);
    Some(if secret::found(&new) { secret::mask_values(&new) } else { new })
}

/// A string of JSON, decoded and masked, if it holds a credential. `hits` are those of the raw text.
fn masked_string(raw: &str, hits: impl Iterator<Item = Hit>) -> Option<String> {
    // Nothing shorter is a credential by itself.
    if raw.len() < 8 {
        return None;
    }
    let own = listed::extra().is_some();
    let Some(escapes) = escapes(raw.as_bytes()) else {
        return changed(secret::mask(&json::unescape(raw)));
    };
    let mut hits = hits.filter_map(|hit| unescaped(hit, &escapes)).peekable();
    if hits.peek().is_none() && !own {
        return None;
    }
    let decoded = json::unescape(raw);
    changed(secret::mask_at(&decoded, hits))
}

fn changed(masked: Cow<str>) -> Option<String> {
    match masked {
        Cow::Borrowed(_) => None,
        Cow::Owned(safe) => Some(safe),
    }
}

/// The hits inside a stretch, told from its start. They are in order of their starts.
fn within<'a>(hits: &'a [Hit], inner: &Range<usize>) -> impl Iterator<Item = Hit> + 'a {
    let (start, end) = (inner.start, inner.end);
    let first = hits.partition_point(|hit| hit.range.start < start);
    let inside = hits[first..].iter().take_while(move |hit| hit.range.start < end);
    inside.filter(move |hit| hit.range.end <= end).map(move |hit| hit.earlier(start))
}

/// Whether this byte after a backslash stands for one character.
fn is_simple(byte: u8) -> bool {
    matches!(byte, b'n' | b't' | b'r' | b'b' | b'f' | b'"' | b'\\')
}

/// Whether a line has escapes that [`escapes`] does not tell.
fn has_odd_escapes(line: &[u8]) -> bool {
    // All pairs of bytes at once; the second backslash of an escape counts for one, too.
    let pairs = line.iter().zip(line.iter().skip(1));
    let maybe = pairs.fold(false, |maybe, (one, two)| maybe | (*one == b'\\') & !is_simple(*two));
    if !maybe && line.last() != Some(&b'\\') {
        return false;
    }
    let mut rest = line;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        if !rest.get(at + 1).copied().is_some_and(is_simple) {
            return true;
        }
        rest = &rest[at + 2..];
    }
    false
}

/// Where the escapes of a string begin, if each is of two bytes and stands for one. Characters that are spelled by their
/// numbers may be letters of a literal that stands in the decoded text alone.
fn escapes(raw: &[u8]) -> Option<Vec<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(next) = memchr::memchr(b'\\', raw.get(at..).unwrap_or_default()) {
        let escape = at + next;
        if !raw.get(escape + 1).copied().is_some_and(is_simple) {
            return None;
        }
        found.push(escape);
        at = escape + 2;
    }
    Some(found)
}

/// Where a hit stands once the escapes are decoded; nothing when it begins with the letter of one.
fn unescaped(hit: Hit, escapes: &[usize]) -> Option<Hit> {
    let before = escapes.partition_point(|escape| *escape < hit.range.start);
    let begins_in_one = before > 0 && escapes[before - 1] + 1 == hit.range.start;
    (!begins_in_one).then(|| hit.earlier(before))
}

/// The insides of the JSON strings of a line.
fn literals(line: &str) -> Vec<Range<usize>> {
    let bytes = line.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    // Between strings there is little.
    while let Some(open) = bytes[at..].iter().position(|byte| *byte == b'"').map(|open| at + open + 1) {
        let close = string_end(bytes, open).unwrap_or(bytes.len());
        found.push(open..close);
        at = (close + 1).min(bytes.len());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(first: u32, last: u32) -> [Lines; 1] {
        [Lines { first, last }]
    }

    fn whole(bytes: &[u8], edits: &[Edit]) -> String {
        String::from_utf8(apply(bytes, 0..bytes.len(), edits)).expect("text")
    }

    #[test]
    fn a_line_of_jsonl_becomes_a_placeholder_and_the_others_stay_where_they_are() {
        let text = b"{\"role\":\"user\",\"text\":\"a\"}\r\n\n{\"role\":\"user\",\"text\":\"b\"}\n{\"role\":\"user\"";
        let new = whole(text, &redact(text, &lines(2, 3)));
        assert_eq!(new, format!("{{\"role\":\"user\",\"text\":\"a\"}}\r\n\n{PLACEHOLDER}\n{{\"role\":\"user\""));
        assert_eq!(redact(new.as_bytes(), &lines(2, 3)), []);
    }

    #[test]
    fn lines_of_a_document_lose_their_words_and_keep_their_structure() {
        let text = b"{\"messages\": [\n {\"role\": \"user\", \"content\": \"the pin is 1234\", \"n\": -12.5},\n {\"role\": \"assistant\", \"content\": \"ok\"}\n]}\n";
        let new = whole(text, &redact(text, &lines(2, 2)));
        assert!(new.contains(r#" {"role": "user", "content": "redacted", "n": 0},"#), "{new}");
        assert!(serde_json::from_str::<serde_json::Value>(&new).is_ok(), "{new}");
        assert!(new.contains("\"ok\""));
    }

    #[test]
    fn a_line_that_two_parts_share_goes_from_both() {
        let text = b"{\"role\":\"user\",\"text\":\"a\"}\n{\"role\":\"user\",\"text\":\"secret\"}\n";
        let edits = redact(text, &lines(2, 2));
        let cut = 40;
        let (first, second) = (apply(text, 0..cut, &edits), apply(text, cut..text.len(), &edits));
        assert_eq!(first, b"{\"role\":\"user\",\"text\":\"a\"}\n");
        assert_eq!(second, format!("{PLACEHOLDER}\n").into_bytes());
    }

    #[test]
    fn credentials_are_masked_inside_their_strings() {
        let key = format!("ghp_{}", "a1B2".repeat(9));
        let text = format!(
            "{{\"role\":\"user\",\"text\":\"a \\\"b\\\" {key}\\n c\"}}\n{{\"role\":\"user\",\"text\":\"x\"}}\n"
        );
        let edits = mask(text.as_bytes());
        let new = whole(text.as_bytes(), &edits);
        assert_eq!(edits.iter().map(|edit| edit.line).collect::<Vec<_>>(), [1]);
        assert!(new.starts_with("{\"role\":\"user\",\"text\":\"a \\\"b\\\" [secret removed]\\n c\"}\n"), "{new}");
        let pair = "{\"api_key\": \"Zm9vYmFyYmF6cXV4MTIz\", \"n\": 1}\n";
        let new = whole(pair.as_bytes(), &mask(pair.as_bytes()));
        assert_eq!(new, "{\"api_key\": \"[secret removed]\", \"n\": 1}\n");
        assert_eq!(mask(new.as_bytes()), []);
    }

    #[test]
    fn a_credential_is_found_whatever_escapes_stand_around_it_or_in_it() {
        let key = format!("ghp_{}", "a1B2".repeat(9));
        let spelled = key.replacen('g', "\\u0067", 1);
        for (text, left) in [
            (format!("a \\\\ \\\"b\\\"\\n{key}\\tc"), "a \\\\ \\\"b\\\"\\n[secret removed]\\tc"),
            (format!("é \\u00e9 {key}"), "é é [secret removed]"),
            (format!("say {spelled}"), "say [secret removed]"),
            ("postgres:\\/\\/me:tr0ub4dor%26X@db.corp.net".to_owned(), "postgres://me:[secret removed]@db.corp.net"),
            (format!("\\token={key}"), "\\token=[secret removed]"),
        ] {
            let line = format!("{{\"text\":\"{text}\"}}\n");
            let new = whole(line.as_bytes(), &mask(line.as_bytes()));
            assert_eq!(new, format!("{{\"text\":\"{left}\"}}\n"));
        }
    }
}
