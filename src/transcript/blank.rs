//! Takes words out of a raw transcript without moving a line: whole lines of JSONL become a placeholder, lines inside a
//! document keep their structure and lose their words, and credentials are masked inside the strings that hold them.
//! It knows no format beyond that, and never adds or drops a line feed.

use super::{json, source};
use crate::model::Lines;
use crate::text::secret;
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
    let edit = |(number, range): (u32, Range<usize>)| {
        let line = &bytes[range.clone()];
        let with = masked(&String::from_utf8_lossy(line))?;
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

/// A line with its credentials masked; nothing when it has none.
fn masked(line: &str) -> Option<String> {
    let (mut new, mut at) = (String::with_capacity(line.len()), 0);
    // Nothing shorter is a credential by itself.
    for inner in literals(line).into_iter().filter(|inner| inner.len() >= 8) {
        let decoded = json::unescape(&line[inner.clone()]);
        let safe = secret::mask(&decoded);
        if safe != decoded {
            new.push_str(&line[at..inner.start]);
            let encoded = serde_json::Value::from(safe.as_ref()).to_string();
            new.push_str(&encoded[1..encoded.len() - 1]);
            at = inner.end;
        }
    }
    new.push_str(&line[at..]);
    // A key and its value are two strings: together they may be a credential.
    if secret::found(&new) {
        new = secret::mask_values(&new);
    }
    (new != line).then_some(new)
}

/// The insides of the JSON strings of a line.
fn literals(line: &str) -> Vec<Range<usize>> {
    let bytes = line.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(open) = memchr::memchr(b'"', &bytes[at..]).map(|open| at + open + 1) {
        let mut close = open;
        while close < bytes.len() && bytes[close] != b'"' {
            close += if bytes[close] == b'\\' { 2 } else { 1 };
        }
        let close = close.min(bytes.len());
        if !line.is_char_boundary(close) {
            break;
        }
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
}
