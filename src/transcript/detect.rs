//! Which host wrote a file, told by its content alone. Formats that are known but not read are named, with what to do.

use super::flaw::Unsupported;
use super::json::{self, Object};
use super::source::Group;
use super::{claude, codex, copilot, gemini, hosted, messages, minimal, opencode};
use crate::model::Host;

type Recogniser = fn(&Object<'_>) -> bool;

/// In this order: the first that knows a record decides.
const HOSTS: [(Host, Recogniser); 8] = [
    (Host::Codex, codex::recognises),
    (Host::CopilotCli, copilot::recognises),
    (Host::Hosted, hosted::recognises),
    (Host::ClaudeCode, claude::recognises),
    (Host::OpenCode, opencode::recognises),
    (Host::GeminiCli, gemini::recognises),
    (Host::Minimal, minimal::recognises),
    (Host::Messages, messages::recognises),
];

const MINIMAL: &str = "convert it to the minimal JSONL of role and text, one message on each line";

/// Formats that are named, not read; told by the whole file's object or by its first records.
const NAMED: [(&str, &str, Recogniser); 10] = [
    ("a SWE-agent trajectory", MINIMAL, |o| {
        o.has("history") && (o.has("trajectory") || o.list("history").is_some_and(swe))
    }),
    ("a Continue session", MINIMAL, |o| o.has("history") && o.has("workspaceDirectory")),
    ("an Amp thread", MINIMAL, |o| o.has("v") && o.text("id").is_some_and(|id| id.starts_with("T-"))),
    ("a VS Code Copilot chat", "import the Copilot event log of the same session", |o| {
        o.has("requests") && (o.has("responderUsername") || o.has("sessionId"))
            || o.has("kind") && o.has("v") && o.number("kind").is_some()
    }),
    (
        "an OpenCode storage file",
        "export the session with `opencode export SESSION > FILE.json` and import that",
        |o| o.has("messageID") || o.has("sessionID") && o.has("id"),
    ),
    ("a Droid session", MINIMAL, |o| o.is("type", "session_start") && o.has("id")),
    ("a Pi session", MINIMAL, |o| o.is("type", "session") && o.has("version") && o.has("id")),
    ("a Windsurf trajectory", MINIMAL, |o| o.has("status") && (o.has("user_input") || o.has("planner_response"))),
    ("a Cursor transcript", MINIMAL, |o| o.has("role") && o.object("message").is_some_and(|m| m.has("content"))),
    ("a Gemini checkpoint", "import the chat from Gemini's chats folder instead", |o| o.has("role") && o.has("parts")),
];

fn swe(history: Vec<&str>) -> bool {
    let first = history.first().and_then(|first| Object::parse(first).ok());
    first.is_some_and(|first| first.has("agent") || first.has("message_type"))
}

/// The host of a file's sessions, told by the first of them that says.
pub(super) fn host(groups: &[Group<'_>]) -> Result<Host, Unsupported> {
    let mut named = None;
    for group in groups.iter().take(8) {
        match of_group(group) {
            Ok(Some(host)) => return Ok(host),
            Ok(None) => {}
            Err(unsupported) => named = named.or(Some(unsupported)),
        }
    }
    Err(named.or_else(|| broken(groups)).unwrap_or(Unsupported::Unknown))
}

/// A file that looks like JSON of which nothing can be read.
fn broken(groups: &[Group<'_>]) -> Option<Unsupported> {
    let mut records = groups.iter().flat_map(|group| &group.records);
    let first = records.next().filter(|first| first.json.starts_with(['{', '[']))?;
    let error = Object::parse(first.json).err().filter(|error| !error.is_data())?;
    Some(Unsupported::Broken { line: first.place.lines.first, why: super::source::reason(&error) })
}

fn of_group(group: &Group<'_>) -> Result<Option<Host>, Unsupported> {
    if let Some(unsupported) = group.head.as_ref().and_then(named) {
        return Err(unsupported);
    }
    for record in group.records.iter().take(60) {
        let repaired;
        let object = match Object::parse(record.json) {
            Ok(object) => object,
            Err(_) => {
                repaired = json::repair(record.json);
                let Ok(object) = Object::parse(&repaired) else { continue };
                object
            }
        };
        if let Some(unsupported) = named(&object) {
            return Err(unsupported);
        }
        if let Some((host, _)) = HOSTS.iter().find(|(_, recognises)| recognises(&object)) {
            return Ok(Some(*host));
        }
    }
    // A session that has not begun: its header is all there is.
    let gemini = group.head.as_ref().is_some_and(|head| head.has("projectHash"));
    Ok(gemini.then_some(Host::GeminiCli))
}

fn named(object: &Object<'_>) -> Option<Unsupported> {
    let found = NAMED.iter().find(|(_, _, recognises)| recognises(object));
    found.map(|(format, instead, _)| Unsupported::Known { format, instead })
}
