//! Claude Code: JSONL, one record per line, also as `{"loglines": […]}`. Turns are lines of type user and assistant;
//! snapshots, progress, queue operations, summaries and hook reports are none. A queued message is read where it was
//! delivered, not where it was queued. A subagent's prompt is the agent's word.

use super::blocks::{Block, blocks, result_text, say_user};
use super::json::Object;
use super::session::{Build, result};
use super::{Format, Record};
use crate::model::{Role, Status, ToolResult};
use std::borrow::Cow;

pub(super) struct Claude;

pub(super) fn recognises(record: &Object<'_>) -> bool {
    let Some(kind) = record.text("type") else { return false };
    match &*kind {
        "user" | "assistant" => {
            let message = record.object("message");
            message.is_some_and(|message| message.has("content") || message.has("role"))
        }
        "summary" => record.has("leafUuid"),
        "file-history-snapshot" => record.has("messageId") || record.has("snapshot"),
        "queue-operation" | "last-prompt" | "custom-title" | "agent-name" | "permission-mode" => true,
        "progress" | "system" | "attachment" => record.has("uuid") && record.has("sessionId"),
        _ => false,
    }
}

impl Format for Claude {
    fn record(&mut self, record: &Record<'_>, line: &Object<'_>, build: &mut Build) {
        let kind = line.text("type").unwrap_or_default();
        if !matches!(&*kind, "user" | "assistant" | "system" | "attachment") {
            return;
        }
        let uid = line.text("uuid");
        if !build.first(uid.as_deref()) {
            return;
        }
        build.id(id(line));
        build.directory(line.text("cwd"));
        build.at(&record.place, line.time("timestamp"), uid);
        let message = line.object("message");
        match (&*kind, message) {
            ("user", Some(message)) => user(line, &message, build),
            ("assistant", Some(message)) => assistant(line, &message, build),
            ("system", _) => build.utter(Role::System, line.said("content")),
            ("attachment", _) => queued(line, build),
            _ => {}
        }
    }
}

/// The session's id. A subagent's own file states the id of the session that started it, and the subagent's.
fn id(line: &Object<'_>) -> Option<String> {
    let session = line.text("sessionId")?;
    let subagent = line.text("agentId").filter(|_| line.flag("isSidechain") == Some(true));
    Some(subagent.map_or_else(|| session.to_string(), |agent| format!("{session}-agent-{agent}")))
}

/// Whose words the text of a user line is, if not the person's.
fn author(line: &Object<'_>) -> Option<Role> {
    let set = |key: &str| line.flag(key) == Some(true);
    if set("isSidechain") {
        return Some(Role::OtherAgent);
    }
    let origin = line.object("origin").and_then(|origin| origin.text("kind"));
    let foreign = origin.is_some_and(|kind| kind != "human");
    let marks = ["isMeta", "isCompactSummary", "isVisibleInTranscriptOnly", "isSynthetic"];
    // A plan that the agent wrote comes back as the first message of a fresh context.
    let injected = foreign || line.has("planContent") || marks.iter().any(|key| set(key));
    injected.then_some(Role::System)
}

fn user(line: &Object<'_>, message: &Object<'_>, build: &mut Build) {
    let author = author(line);
    for block in blocks(message.get("content")) {
        match block {
            Block::Text(said) => match author {
                Some(role) => build.utter(role, said),
                None => say_user(build, &said.decode()),
            },
            Block::Other(block) if block.is("type", "tool_result") => tool_result(line, &block, build),
            Block::Other(_) => {}
        }
    }
}

fn assistant(line: &Object<'_>, message: &Object<'_>, build: &mut Build) {
    let synthetic = line.flag("isApiErrorMessage") == Some(true) || message.is("model", "<synthetic>");
    let role = if synthetic { Role::System } else { Role::Agent };
    for block in blocks(message.get("content")) {
        match block {
            Block::Text(said) => build.utter(role, said),
            Block::Other(block) => agent_block(&block, build),
        }
    }
}

/// A block of an agent's message that is not text.
pub(super) fn agent_block(block: &Object<'_>, build: &mut Build) {
    match &*block.text("type").unwrap_or_default() {
        "thinking" => build.think(block.said("thinking")),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => build.call(
            &block.text("id").unwrap_or_default(),
            &block.text("name").unwrap_or_default(),
            block.get("input"),
        ),
        kind if kind.ends_with("_tool_result") => {
            let text = build.text_of_result(|| result_text(block.get("content")));
            build.result(result(&block.text("tool_use_id").unwrap_or_default(), text));
        }
        _ => {}
    }
}

fn tool_result(line: &Object<'_>, block: &Object<'_>, build: &mut Build) {
    let failed = block.flag("is_error") == Some(true);
    // A refusal may hold words of the person.
    let text = || result_text(block.get("content"));
    let text = if failed { text() } else { build.text_of_result(text) };
    let refused = failed && REFUSALS.iter().any(|refusal| text.starts_with(refusal));
    let status = match (refused, failed) {
        (true, _) => Status::Refused,
        (false, true) => Status::Failed,
        (false, false) => Status::Ok,
    };
    let reason = refused.then(|| reason(&text)).flatten().map(str::to_owned);
    build.result(ToolResult {
        call: block.text("tool_use_id").unwrap_or_default().into_owned(),
        exit: exit(&text),
        seconds: if build.counting { None } else { seconds(line) },
        status,
        text,
    });
    if let Some(reason) = reason {
        say_user(build, &reason);
    }
    if let Some(rules) = edited_rules(line) {
        build.say(Role::System, &rules);
    }
}

/// Files that the host loads into every session.
const RULES: [&str; 3] = ["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md"];

/// A rules file as it was before the session edited it. The host loads such a file without a line in the transcript;
/// here alone it tells what the rules were.
fn edited_rules<'a>(line: &Object<'a>) -> Option<Cow<'a, str>> {
    let raw = line.get("toolUseResult")?;
    memchr::memmem::find(raw.as_bytes(), b"\"originalFile\"")?;
    let stated = Object::inner(raw)?;
    let path = stated.text("filePath")?;
    let name = path.rsplit(['/', '\\']).next()?;
    RULES.contains(&name).then(|| stated.text("originalFile"))?
}

const REFUSALS: [&str; 2] =
    ["The user doesn't want to proceed with this tool use", "The user doesn't want to take this action right now"];

/// What the person said when refusing: after the host's sentence, before its note, if they said anything.
fn reason(text: &str) -> Option<&str> {
    let (_, said) = text.split_once("the user said:")?;
    let said = said.split("\n\nNote: The user's next message may contain").next().unwrap_or(said).trim();
    (!said.is_empty() && !said.starts_with("The user wants to clarify these questions")).then_some(said)
}

/// The exit code that Claude Code puts on the first line of a failed command's output.
fn exit(text: &str) -> Option<i32> {
    text.lines().next()?.strip_prefix("Exit code ")?.trim().parse().ok()
}

/// How long a tool took, where its result says so.
fn seconds(line: &Object<'_>) -> Option<f64> {
    let raw = line.get("toolUseResult")?;
    memchr::memmem::find(raw.as_bytes(), b"uration")?;
    let stated = Object::inner(raw)?;
    let milliseconds = stated.number("durationMs").or_else(|| stated.number("totalDurationMs"));
    milliseconds.map(|ms| ms / 1000.0).or_else(|| stated.number("durationSeconds"))
}

/// A message that the person typed while the agent was at work.
fn queued(line: &Object<'_>, build: &mut Build) {
    let Some(attachment) = line.object("attachment") else { return };
    if attachment.is("type", "queued_command")
        && author(line).is_none()
        && !attachment.is("commandMode", "task-notification")
    {
        for block in blocks(attachment.get("prompt")) {
            if let Block::Text(said) = block {
                say_user(build, &said.decode());
            }
        }
    }
}

/// A tool result inside a user's message, for formats that share Claude's blocks but not its lines.
pub(super) fn plain_result(block: &Object<'_>, build: &mut Build) {
    let status = match block.flag("is_error") {
        Some(true) => Status::Failed,
        Some(false) => Status::Ok,
        None => Status::Unknown,
    };
    let call = block.text("tool_use_id").unwrap_or_default();
    let text = build.text_of_result(|| result_text(block.get("content")));
    build.result(ToolResult { status, ..result(&call, text) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rules_file_is_known_as_it_was_before_an_edit() {
        let edit = |path: &str| {
            format!(r#"{{"toolUseResult":{{"filePath":"{path}","oldString":"a","originalFile":"Never push.\na"}}}}"#)
        };
        let rules = |json: &str| edited_rules(&Object::parse(json).expect("an object")).map(Cow::into_owned);
        assert_eq!(rules(&edit("/x/shop/CLAUDE.md")).as_deref(), Some("Never push.\na"));
        assert_eq!(rules(&edit("/x/shop/README.md")), None);
        assert_eq!(rules(r#"{"toolUseResult":"Error"}"#), None);
    }

    #[test]
    fn the_reason_of_a_refusal_is_the_persons() {
        let text = "The user doesn't want to proceed with this tool use. The tool use was rejected. To tell you how to \
                    proceed, the user said:\nuse the release branch\n\nNote: The user's next message may contain a c";
        assert_eq!(reason(text), Some("use the release branch"));
        assert_eq!(reason("The user doesn't want to proceed. STOP."), None);
        assert_eq!(exit("Exit code 127\nsh: nope"), Some(127));
    }
}
