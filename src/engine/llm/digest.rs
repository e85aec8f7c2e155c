//! A transcript as a model reads it: numbered turns, secrets masked, the noise of tools shortened by rule, in as many
//! parts as the context asks for. And the way back: from a turn's number and a quote to the words that stand there.

use super::meter::tokens;
use crate::model::{Content, Role, Status, Turn};
use crate::text::secret;

/// Characters of a turn that are kept at its beginning and at its end.
#[derive(Clone, Copy)]
struct Room {
    head: usize,
    tail: usize,
}

const PERSON: Room = Room { head: 6000, tail: 1500 };
const AGENT: Room = Room { head: 1000, tail: 400 };
const CALL: Room = Room { head: 500, tail: 100 };
const RESULT: Room = Room { head: 300, tail: 200 };
const FAILURE: Room = Room { head: 700, tail: 700 };

/// Letters and digits that a quote must have to prove anything.
const TELLING: usize = 6;
/// Characters of a quote that are cited.
const QUOTE: usize = 200;

/// One part of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub text: String,
}

/// The turns in parts of at most `room` tokens. A turn that is larger alone is cut.
pub fn parts(turns: &[Turn], room: u64) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut used = 0;
    for (at, turn) in turns.iter().enumerate() {
        let Some(mut shown) = shown(at + 1, turn) else { continue };
        let mut size = tokens(&shown);
        if size > room {
            shown = shown.chars().take(room.saturating_sub(8) as usize).collect::<String>() + " […]\n";
            size = tokens(&shown);
        }
        match parts.last_mut() {
            Some(part) if used + size <= room => part.text.push_str(&shown),
            _ => {
                parts.push(Part { text: shown });
                used = 0;
            }
        }
        used += size;
    }
    parts
}

/// A turn with its number; nothing of what hosts inject, and of what the agent thought and did not say.
fn shown(number: usize, turn: &Turn) -> Option<String> {
    let (who, text, room) = match (&turn.content, turn.role) {
        (_, Role::System) | (Content::Thinking(_), _) => return None,
        (Content::Text(text), Role::User) => ("user".to_owned(), text.clone(), PERSON),
        (Content::Text(text), Role::Tool | Role::Fetched) => ("tool".to_owned(), text.clone(), RESULT),
        (Content::Text(text), Role::OtherAgent) => ("other agent".to_owned(), text.clone(), RESULT),
        (Content::Text(text), Role::Agent) => ("agent".to_owned(), text.clone(), AGENT),
        (Content::Call(call), _) => (format!("call {}", one_word(&call.name)), call.input.to_string(), CALL),
        (Content::Result(result), _) => match result.status {
            Status::Failed => ("tool (failed)".to_owned(), result.text.clone(), FAILURE),
            Status::Refused => ("user (refused the call)".to_owned(), result.text.clone(), FAILURE),
            _ if turn.role == Role::Fetched => ("tool (fetched)".to_owned(), result.text.clone(), RESULT),
            _ if turn.role == Role::OtherAgent => ("other agent".to_owned(), result.text.clone(), RESULT),
            _ => ("tool".to_owned(), result.text.clone(), RESULT),
        },
        (Content::Interrupted, _) => ("user".to_owned(), "(stopped the agent)".to_owned(), PERSON),
    };
    let text = shortened(&secret::mask(&text), room);
    if text.trim().is_empty() {
        return None;
    }
    // Lines of a turn are indented, so that none of them can pass for the beginning of another.
    Some(format!("[{number}] {who}: {}\n", text.trim().replace('\n', "\n    ")))
}

fn one_word(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || "_-.:".contains(*c)).take(60).collect()
}

fn shortened(text: &str, room: Room) -> String {
    let length = text.chars().count();
    if length <= room.head + room.tail + 40 {
        return text.to_owned();
    }
    let head: String = text.chars().take(room.head).collect();
    let tail: String = text.chars().skip(length - room.tail).collect();
    format!("{head} […] {tail}")
}

/// The words of a turn that a model's quote stands for: the same but for white space. `None` where they are not there,
/// or say too little to prove anything.
pub fn find_quote(turn: &Turn, quote: &str) -> Option<String> {
    let quote = quote.trim().trim_matches(['"', '“', '”']).trim();
    if quote.chars().filter(|c| c.is_alphanumeric()).count() < TELLING {
        return None;
    }
    texts(turn).iter().find_map(|text| {
        let masked = secret::mask(text);
        let range = find(&masked, quote)?;
        let words = masked[range].lines().max_by_key(|line| line.len())?.trim();
        Some(words.chars().take(QUOTE).collect::<String>().trim_end().to_owned())
    })
}

/// Whether a turn may be cited: what hosts inject is no evidence.
pub fn is_evidence(turn: &Turn) -> bool {
    turn.role != Role::System && !matches!(turn.content, Content::Thinking(_) | Content::Interrupted)
}

fn texts(turn: &Turn) -> Vec<String> {
    match &turn.content {
        Content::Text(text) => vec![text.clone()],
        Content::Result(result) => vec![result.text.clone()],
        Content::Call(call) => {
            let mut found = Vec::new();
            strings(&call.input, &mut found);
            found
        }
        Content::Thinking(_) | Content::Interrupted => Vec::new(),
    }
}

fn strings(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| strings(item, found)),
        _ => {}
    }
}

/// Where the words of `needle` stand in `text`, whatever the white space between them.
fn find(text: &str, needle: &str) -> Option<std::ops::Range<usize>> {
    if let Some(start) = text.find(needle) {
        return Some(start..start + needle.len());
    }
    let words: Vec<&str> = needle.split_whitespace().collect();
    let first = *words.first()?;
    let mut from = 0;
    while let Some(start) = text[from..].find(first).map(|at| from + at) {
        if let Some(end) = follow(text, start, &words) {
            return Some(start..end);
        }
        from = start + first.chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// The end of the words that follow each other from `start`.
fn follow(text: &str, start: usize, words: &[&str]) -> Option<usize> {
    let mut at = start;
    for (nth, word) in words.iter().enumerate() {
        let rest = &text[at..];
        let trimmed = if nth == 0 { rest } else { rest.trim_start() };
        if nth > 0 && trimmed.len() == rest.len() {
            return None;
        }
        let after = trimmed.strip_prefix(word)?;
        at = text.len() - after.len();
    }
    Some(at)
}

#[cfg(test)]
#[path = "tests/digest.rs"]
mod tests;
