//! Transcripts of agent hosts: bytes in, sessions with their turns out. One file per format, recognised by content.
//! Nothing here touches git, disk, clock or network, and no input makes it panic.
//!
//! # Where a turn stands
//!
//! Every turn has a [`Place`](crate::model::Place): 1-based lines of the raw file. In JSONL that is the line; one line may hold several
//! turns. In a JSON document it is the first to the last line of the list element that the turn comes from. Where an
//! element shares a line with another (a document on one line, JSONL with a whole session on each line) the place also
//! has a JSON pointer (RFC 6901), counted from the root of the document or, in JSONL, of the line's value. In evidence:
//!
//! ```text
//! <session>@<blob>#L12 user                    a line of JSONL
//! <session>@<blob>#L40-L58 agent               an element of a document
//! <session>@<blob>#L1:/3/traj/7 user           an element of a document on one line
//! <session>@<blob>#L5:/messages/2 user         JSONL, the third message of the session on line 5
//! ```
//!
//! A quote is found at its place if it stands in one of the strings there, after JSON decoding (once more for a string
//! that itself holds JSON, as some hosts write tool calls): [`Index`].
//!
//! # Whose words
//!
//! `user` is only what the person typed. What a host puts into their messages (rules files, reminders, command output,
//! summaries, environment) is `system`; a subagent's prompt is `agent`.

pub mod blank;
mod blocks;
mod claude;
mod codex;
mod copilot;
mod detect;
mod flaw;
mod gemini;
mod hosted;
mod injected;
mod json;
mod messages;
mod minimal;
mod opencode;
mod origin;
mod quote;
mod session;
mod source;
mod speaker;
mod split;
mod string_end;
#[cfg(test)]
mod tests;

pub use flaw::{Skipped, Unsupported, Why};
pub use quote::{Index, quote_at};
pub use session::{Parsed, Session};
pub use speaker::Speakers;

use crate::model::Host;
use json::Object;
use session::Build;
use source::{Group, Record};
use std::collections::BTreeSet;

/// What is known of a file beside its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint<'a> {
    /// The file's name or path; its stem is the session's id where the host states none.
    pub name: &'a str,
    /// For who counts turns and does not read them: what was said need not be decoded, and is left out.
    pub counting: bool,
}

impl<'a> Hint<'a> {
    pub fn new(name: &'a str) -> Self {
        Self { name, counting: false }
    }

    pub fn counting(name: &'a str) -> Self {
        Self { name, counting: true }
    }

    fn stem(&self) -> &'a str {
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = [".jsonl", ".json", ".ndjson", ".txt"].iter().find_map(|end| name.strip_suffix(end));
        Some(stem.unwrap_or(name)).filter(|stem| !stem.is_empty()).unwrap_or("session")
    }
}

/// One format: reads the records of one session.
trait Format {
    /// The object that holds the list of records, where there is one.
    fn head(&mut self, _head: &Object<'_>, _build: &mut Build) {}

    fn record(&mut self, record: &Record<'_>, object: &Object<'_>, build: &mut Build);

    fn finish(&mut self, _build: &mut Build) {}
}

/// Reads a transcript. Damaged lines are skipped and named; a file of which nothing can be read is `Unsupported`.
pub fn parse(bytes: &[u8], hint: &Hint<'_>) -> Result<Parsed, Unsupported> {
    let mut skipped = Vec::new();
    let text = source::read(bytes, &mut skipped)?;
    let groups = text.groups();
    let parsed = read_groups(detect::host(&groups)?, &groups, hint, skipped)?;
    Ok(Parsed { is_lines: matches!(text, source::Text::Lines(_)), ..parsed })
}

/// Reads a transcript in the format that it is said to have.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn parse_as(host: Host, bytes: &[u8], hint: &Hint<'_>) -> Result<Parsed, Unsupported> {
    let mut skipped = Vec::new();
    let text = source::read(bytes, &mut skipped)?;
    read_groups(host, &text.groups(), hint, skipped)
}

fn read_groups(
    host: Host,
    groups: &[Group<'_>],
    hint: &Hint<'_>,
    mut skipped: Vec<Skipped>,
) -> Result<Parsed, Unsupported> {
    let several = groups.len() > 1;
    let mut sessions = Vec::with_capacity(groups.len());
    let mut names = BTreeSet::new();
    for (index, group) in groups.iter().enumerate() {
        let build = read_group(host, group, hint, &mut skipped);
        if several && build.turns.is_empty() && group.head.is_none() {
            continue;
        }
        let part = build.task.clone().unwrap_or_else(|| index.to_string());
        let mut fallback = if several { format!("{}-{part}", hint.stem()) } else { hint.stem().to_owned() };
        if !names.insert(fallback.clone()) {
            fallback = format!("{fallback}-{index}");
        }
        sessions.push(build.finish(host, &fallback, group.root.clone()));
    }
    // A text about transcripts is none: most lines of one can be read.
    let lost = skipped.iter().filter(|skipped| skipped.why.lost()).count();
    let records: usize = groups.iter().map(|group| group.records.len()).sum();
    if lost * 4 > records * 3 {
        return Err(Unsupported::Unknown);
    }
    skipped.sort_by_key(|skipped| skipped.line);
    Ok(Parsed { host, sessions, skipped, is_lines: false })
}

fn read_group(host: Host, group: &Group<'_>, hint: &Hint<'_>, skipped: &mut Vec<Skipped>) -> Build {
    let mut format: Box<dyn Format> = match host {
        Host::ClaudeCode => Box::new(claude::Claude),
        Host::Codex => Box::<codex::Codex>::default(),
        Host::CopilotCli => Box::<copilot::Copilot>::default(),
        Host::GeminiCli => Box::<gemini::Gemini>::default(),
        Host::OpenCode => Box::new(opencode::OpenCode),
        Host::Hosted => Box::<hosted::Hosted>::default(),
        Host::Messages => Box::new(messages::Messages),
        Host::Minimal => Box::new(minimal::Minimal),
    };
    let mut build = Build::new(hint.stem());
    build.counting = hint.counting;
    if let Some(head) = &group.head {
        format.head(head, &mut build);
    }
    for record in &group.records {
        if let Some(why) = read_record(format.as_mut(), record, &mut build) {
            skipped.push(Skipped { line: record.place.lines.first, why });
        }
    }
    format.finish(&mut build);
    build
}

/// Reads one record; what it could not read, or only with help, is the answer.
fn read_record(format: &mut dyn Format, record: &Record<'_>, build: &mut Build) -> Option<Why> {
    let error = match Object::parse(record.json) {
        Ok(object) => {
            format.record(record, &object, build);
            return None;
        }
        Err(error) => error,
    };
    let repaired = json::repair(record.json);
    if let Ok(object) = Object::parse(&repaired) {
        format.record(record, &object, build);
        return Some(Why::Repaired);
    }
    Some(match () {
        () if error.is_data() => Why::NotAnObject,
        () if error.is_eof() && record.unfinished => Why::Torn,
        () => Why::Invalid(source::reason(&error)),
    })
}
