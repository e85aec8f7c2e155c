//! What holds of every parser for any bytes: one function each, called by the fuzz targets in `fuzz/` and, over their
//! seeds and mutations of these, by the tests. No part of the installed program.

use crate::cli::ui::{Page, Tone, visible};
use crate::config::{Api, Key, Settings};
use crate::engine::llm::{answer, provider, schema};
use crate::model::evidence::Cited;
use crate::model::{Document, Host, Kind, Lines, NotePath, ObjectId, Opinion, SessionId, Support, Trailers};
use crate::model::{document, note, trailer};
use crate::phase::gate;
use crate::store::message::Fact;
use crate::store::{Commit, EntryMerge, Signature, merge_entries};
use crate::text::scrub::is_hidden;
use crate::text::{Meaning, Scrubbed, hidden, injection, secret, sentence};
use crate::transcript::{self, Hint, Index, Parsed, blank};
use chrono::DateTime;
use std::collections::BTreeSet;

/// A transcript whose format is to be recognised, and what is done to its raw bytes.
pub fn transcript(bytes: &[u8]) {
    if let Ok(parsed) = transcript::parse(bytes, &Hint::new("night/session.jsonl")) {
        placed(bytes, &parsed);
    }
    let masked = blank::apply(bytes, 0..bytes.len(), &blank::mask(bytes));
    assert!(blank::mask(&masked).is_empty(), "masking twice changes something");
    let every = Lines { first: 1, last: u32::MAX };
    let blanked = blank::apply(bytes, 0..bytes.len(), &blank::redact(bytes, &[every]));
    for changed in [masked, blanked] {
        assert_eq!(line_feeds(&changed), line_feeds(bytes), "a line is gone");
    }
}

/// A transcript that is read as of this host, whatever it is.
pub fn transcript_as(host: Host, bytes: &[u8]) {
    if let Ok(parsed) = transcript::parse_as(host, bytes, &Hint::new("session.jsonl")) {
        assert_eq!(parsed.host, host);
        placed(bytes, &parsed);
    }
}

fn line_feeds(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

/// Ids are safe, lines are in the file, and every text stands where its turn says.
fn placed(bytes: &[u8], parsed: &Parsed) {
    let last = u32::try_from(line_feeds(bytes) + 1).expect("a small file");
    let index = Index::new(bytes);
    assert!(parsed.skipped.iter().all(|skipped| (1..=last).contains(&skipped.line)), "{:?}", parsed.skipped);
    for session in &parsed.sessions {
        assert_eq!(SessionId::new(session.id.as_str()).as_ref(), Ok(&session.id));
        for turn in &session.turns {
            let Lines { first, last: end } = turn.place.lines;
            assert!(1 <= first && first <= end && end <= last, "{:?}", turn.place);
            let text = turn.text().unwrap_or_default();
            let stands = text.is_empty() || text.contains("[image]") || text.contains("[file]");
            assert!(stands || index.holds(&turn.place, text), "{:?}: {text:?}", turn.place);
        }
    }
}

/// A file of memory: front matter, entries, edits, and notes that are written from any text.
pub fn document(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let document = Document::parse(&text);
    assert_eq!(document.source(), text);
    let (lines, spans) = (document.lines(), document.spans());
    assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "entries overlap");
    assert!(lines.iter().all(|line| (1..=text.lines().count() as u32).contains(line)));
    for entry in document.entries() {
        let same = document.edit(entry, document::EntryEdit::Replace(entry));
        assert_eq!(same.as_deref(), Ok(&*text), "an edit that changes nothing");
        let removed = document.edit(entry, document::EntryEdit::Remove).expect("an entry of its own");
        assert!(removed.len() < text.len());
    }
    if let Some(error) = document::front_error(&text) {
        assert!((1..=text.lines().count() + 1).contains(&error.line), "{error:?}");
    }
    written(&text, &document);
}

fn written(text: &str, document: &Document) {
    let (line, body) = (Scrubbed::short(text, 200), Scrubbed::block(text));
    let revised = document.revise(Some(line.as_str()), &line, &body);
    assert!(revised.is_none() || document.front().is_some());
    let note = note::render_note(line.as_str(), &line, Kind::Fact, &[line.to_string()], &body);
    let read = Document::parse(note.as_str());
    let front = read.front().expect("what we write as a note is one");
    assert_eq!(front.kind, Some(Kind::Fact));
    assert!(!front.pinned && front.tags.len() == 1, "a text became a key: {note}");
    // A credential may only show when both stand together; then more is masked.
    if !note.as_str().contains(secret::MASK) {
        assert_eq!(front.name.as_deref(), Some(line.as_str()));
        assert_eq!(front.description.as_deref(), Some(line.as_str()));
        assert_eq!(read.entries().next().unwrap_or_default(), body.as_str().trim());
    }
    assert!(NotePath::new(&format!("notes/{}.md", note::slug(text))).is_ok(), "{text:?}");
}

/// A commit message: read from anywhere, and written by us around hostile text.
pub fn message(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (Trailers::parse(&text), gate::message::read(&text), crate::phase::message::quotes(&text));
    let _ = (read(&text), Commit::decode(ObjectId::ZERO, bytes));
    if let Some(cited) = Cited::parse(&text) {
        assert_eq!(Cited::parse(&cited.to_string()), Some(cited));
    }
    let _ = (Opinion::parse(&text), Support::parse(&text));
    let own = own_trailers(&text);
    // Every subject of ours begins with its phase.
    let (subject, body) = (Scrubbed::line(&format!("extract: {text}")), Scrubbed::block(&text));
    let ours = trailer::message(&subject, std::slice::from_ref(&body), &own);
    assert_eq!(Trailers::parse(&ours), own, "{ours}");
    assert_eq!(gate::message::read(&ours).claims.len(), 1, "{ours}");
    let plain = read(&trailer::message(&subject, &[], &own));
    assert!(plain.is_some());
    assert_eq!(without_subject(read(&ours)), without_subject(plain), "{ours}");
    let bare = trailer::message(&subject, &[body], &Trailers::new());
    assert!(Trailers::parse(&bare).is_empty(), "{bare}");
}

fn own_trailers(value: &str) -> Trailers {
    let mut own = Trailers::new();
    own.push("Dream-Id", "2026-05-06-k3f9").push("Dream-Phase", "extract").push("Dream-Change", "add");
    own.push("Dream-Key", "0123abcd").push("Dream-Kind", "fact").push("Dream-Path", "notes/a.md");
    own.push("Dream-Support", "1 session, 1 agent").push("Dream-Confidence", "0.5");
    own.push("Dream-Verdict", format!("supported, x: {value}"));
    own.push("Evidence", "a@1b22e0aa3f41#L1 user");
    own
}

fn read(message: &str) -> Option<Fact> {
    let nobody = Signature {
        name: "A".to_owned(),
        email: "a@example.com".to_owned(),
        time: DateTime::UNIX_EPOCH,
        offset_minutes: 0,
    };
    let (id, message) = (ObjectId::ZERO, message.to_owned());
    let commit = Commit { id, tree: id, parents: Vec::new(), message, author: nobody.clone(), committer: nobody };
    crate::store::message::read(&commit)
}

/// What a message says, as text without what its prose says.
fn without_subject(fact: Option<Fact>) -> Option<String> {
    match fact? {
        Fact::Change(dream, change) => Some(format!("{dream} {:?} {:?} {:?}", change.key, change.path, change.support)),
        other => Some(format!("{other:?}")),
    }
}

/// Settings, as a file and as values that were typed.
pub fn settings(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Settings::resolve(Some(&text), |_| None, &[]) {
        Ok((settings, _)) => assert!(!settings.hash().is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    for key in Key::all() {
        let _ = Settings::resolve(None, |_| None, &[(key, text.to_string())]);
    }
}

/// A model's reply: its envelope, its text, and the shapes asked for.
pub fn answer(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(body) = serde_json::from_slice(bytes) {
        for api in [Api::Messages, Api::Chat, Api::Responses, Api::Ollama] {
            let _ = (provider::read(api, &body), provider::usage(api, &body));
        }
    }
    let Ok(value) = answer::object(&text) else { return };
    assert!(value.is_object());
    assert!(answer::object(&format!("Sure:\n```json\n{value}\n```\n")).is_ok(), "{value}");
    let _ = serde_json::from_value::<schema::RawReflection>(value.clone());
    let _ = serde_json::from_value::<schema::RawOpinion>(value.clone());
    if let Ok(raw) = serde_json::from_value::<schema::RawChanges>(value) {
        let _ = raw.changes.iter().filter(|change| change.change().is_some()).count();
    }
}

/// Three versions of a file, divided by the byte 0xff.
pub fn merge(bytes: &[u8]) {
    let parts: Vec<String> =
        bytes.splitn(3, |byte| *byte == 0xff).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let [base, ours, theirs] = &parts[..] else { return };
    assert_eq!(merge_entries(base, ours, base), EntryMerge::Merged(ours.clone()));
    assert_eq!(merge_entries(base, ours, ours), EntryMerge::Merged(ours.clone()));
    match (merge_entries(base, ours, theirs), merge_entries(base, theirs, ours)) {
        (EntryMerge::Merged(one), EntryMerge::Merged(other)) => {
            assert_eq!(one, other, "the order of the sides makes a difference");
            // Bullets and indents may be one side's and the words the other's.
            let words = |line: &'_ str| line.trim_start_matches(|c: char| !c.is_alphabetic()).trim_end().to_owned();
            let known: BTreeSet<String> = parts.iter().flat_map(|text| text.lines()).map(words).collect();
            let invented = one.lines().map(words).find(|line| !line.is_empty() && !known.contains(line));
            assert_eq!(invented, None, "{one:?}");
        }
        (EntryMerge::Conflict(one), EntryMerge::Conflict(other)) => {
            assert!(one.len() == other.len() && !one.is_empty())
        }
        (one, other) => panic!("{one:?} but with the sides swapped {other:?}"),
    }
}

/// Scanners: secrets, hidden text, injection, and what takes sentences apart.
pub fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let masked = secret::mask(&text);
    assert_eq!(secret::mask(&masked), masked, "masking twice changes something");
    let found = secret::find(bytes);
    assert!(found.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start), "{found:?}");
    assert!(found.iter().all(|secret| secret.range.start < secret.range.end && secret.range.end <= bytes.len()));
    let block = Scrubbed::block(&text);
    assert_eq!(Scrubbed::block(block.as_str()), block);
    let line = Scrubbed::line(&text);
    assert_eq!(Scrubbed::line(line.as_str()), line);
    assert!(Scrubbed::short(&text, 40).as_str().chars().count() <= 40);
    let _ = (injection::signals(&text), injection::found_in_data(&text), hidden::found(&text), hidden::plain(&text));
    let meaning = Meaning::of(&text);
    let _ = (meaning.relation(&meaning), sentence::sentences(&text));
}

/// What reaches a terminal: styling of ours, and nothing else that it acts on.
pub fn terminal(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut page = Page::new();
    page.put(Tone::Plain, &text).line(Tone::Risk, &text);
    page.block(Tone::Added, "  ", &text).wrapped(Tone::Dim, "> ", &text, 40);
    let own = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m"];
    let bare = own.iter().fold(page.styled().to_owned(), |text, style| text.replace(style, ""));
    let acts = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_hidden(c);
    assert!(!bare.contains(acts), "{bare:?}");
    let json = serde_json::Value::from(&*text);
    let shown = visible(&json.to_string());
    assert!(!shown.contains(|c: char| c.is_control() || is_hidden(c)), "{shown:?}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).ok(), Some(json));
}

#[cfg(test)]
mod doors;
#[cfg(test)]
mod tests;
