//! A session as the finders read it: calls joined with their results, the person's own words, and places to cite.

use super::shell;
use crate::model::{Content, ObjectId, Role, Status, ToolCall, ToolResult, Turn};
use crate::phase::Session;
use crate::phase::reflection::Cite;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// How long a quote may be.
pub const QUOTE: usize = 200;

/// A session with its calls joined to their results.
pub struct Reading<'a> {
    pub session: &'a Session,
    pub steps: Vec<Step<'a>>,
    /// Numbers of the turns in which a person speaks.
    pub spoken: Vec<usize>,
}

/// One tool call and what came of it.
pub struct Step<'a> {
    /// The number of the call's turn.
    pub at: usize,
    pub call: &'a ToolCall,
    pub command: Option<Cow<'a, str>>,
    pub file: Option<&'a str>,
    pub result: Option<(&'a Turn, &'a ToolResult)>,
}

impl Step<'_> {
    pub fn failed(&self) -> bool {
        self.result.is_some_and(|(_, result)| failed(result))
    }

    pub fn worked(&self) -> bool {
        self.result.is_some_and(|(_, result)| !failed(result) && result.status != Status::Refused)
    }

    /// The tool, one name for the shells of all hosts.
    pub fn tool(&self) -> &str {
        if self.command.is_some() { "shell" } else { &self.call.name }
    }

    pub fn shape(&self) -> String {
        match &self.command {
            Some(line) => shell::main_shape(line).unwrap_or_default(),
            None => self.call.name.clone(),
        }
    }
}

/// Whether a call failed, by what the host states; where it states nothing, by a result that is an error message.
fn failed(result: &ToolResult) -> bool {
    match result.status {
        Status::Failed => true,
        Status::Refused => false,
        Status::Ok => result.exit.is_some_and(|code| code != 0),
        Status::Unknown => {
            let text = result.text.trim_start();
            let text = text.strip_prefix('#').and_then(|rest| rest.split_once("= ")).map_or(text, |(_, rest)| rest);
            result.exit.is_some_and(|code| code != 0)
                || ["Error:", "error:", "Exception:", "Traceback (most"]
                    .iter()
                    .any(|word| text.trim_start_matches('"').starts_with(word))
        }
    }
}

impl<'a> Reading<'a> {
    pub fn new(session: &'a Session) -> Self {
        let turns = &session.turns;
        let mut results: HashMap<&str, usize> = HashMap::new();
        for (at, turn) in turns.iter().enumerate() {
            if let Content::Result(result) = &turn.content
                && !result.call.is_empty()
            {
                results.entry(&result.call).or_insert(at);
            }
        }
        let steps = turns.iter().enumerate().filter_map(|(at, turn)| {
            let Content::Call(call) = &turn.content else { return None };
            let answer = match call.id.as_str() {
                "" => turns[at + 1..]
                    .iter()
                    .take(2)
                    .position(|turn| matches!(turn.content, Content::Result(_)))
                    .map(|n| at + 1 + n),
                id => results.get(id).copied(),
            };
            let result = answer.and_then(|at| match &turns[at].content {
                Content::Result(result) => Some((&turns[at], result)),
                _ => None,
            });
            let file = ["file_path", "path", "filePath", "notebook_path"]
                .iter()
                .find_map(|key| call.input.get(*key)?.as_str())
                .or_else(|| patched(&call.input));
            Some(Step { at, call, command: shell::command(call), file, result })
        });
        let spoken = turns.iter().enumerate().filter(|(_, turn)| turn.role == Role::User && turn.text().is_some());
        Self { session, steps: steps.collect(), spoken: spoken.map(|(at, _)| at).collect() }
    }

    /// Whether the agent has only tools of its own domain: no shell, no files. Such an agent serves people.
    pub fn is_service(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.command.is_none() && step.file.is_none())
    }

    /// The checksum of the message that opens the session before any call, if this is it. A person may well begin two
    /// sessions with the same single sentence; the same message of several is a program's.
    pub fn opening(&self, at: usize, sentences: usize) -> Option<u32> {
        let opens = self.spoken.first() == Some(&at) && self.steps.first().is_none_or(|step| step.at > at);
        let text = self.session.turns[at].text().filter(|_| opens && sentences > 1)?;
        Some(crc32fast::hash(text.trim().as_bytes()))
    }

    pub fn time(&self, turn: &Turn) -> DateTime<Utc> {
        turn.time.unwrap_or_else(|| self.session.record.happened())
    }

    /// A citation of words that stand in the turn.
    pub fn cite(&self, turn: &Turn, quote: &str) -> Cite {
        let last = turn.place.lines.last;
        let blob = self.session.record.current().and_then(|version| version.blob_of_line(last));
        Cite {
            blob: blob.unwrap_or_else(|| ObjectId::of_blob(b"")),
            place: turn.place.clone(),
            role: turn.role,
            quote: cut(quote.trim(), QUOTE).to_owned(),
            time: self.time(turn),
            uid: turn.uid.clone(),
        }
    }
}

/// The first file that a patch names, as `apply_patch` takes it.
fn patched(input: &Value) -> Option<&str> {
    let text = input.as_str().or_else(|| ["input", "patch"].iter().find_map(|key| input.get(*key)?.as_str()))?;
    let named = |line: &'_ str| -> bool { line.starts_with("*** ") && line.contains(" File: ") };
    text.starts_with("*** Begin Patch").then_some(())?;
    text.lines().take(20).find(|line| named(line))?.split_once(" File: ").map(|(_, path)| path.trim())
}

/// The beginning of a text up to its first line's end or a number of characters, verbatim.
pub fn cut(text: &str, limit: usize) -> &str {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(limit) {
        Some((end, _)) => {
            let end = line[..end].rfind(' ').filter(|space| *space > end / 2).unwrap_or(end);
            line[..end].trim_end()
        }
        None => line.trim_end(),
    }
}
