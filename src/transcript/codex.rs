//! Codex rollouts: JSONL of `{"timestamp","type","payload"}`, and the older files whose lines are the items themselves.
//! Messages, calls and results are taken from response items. Codex also puts injected text into items of role user;
//! the event `user_message` repeats exactly what the person typed, so where a file has such events an item that none
//! of them repeats is injected. Without them, the known frames decide.

use super::blocks::{Block, blocks, result_text, say_user};
use super::json::{self, Object};
use super::session::{Build, result};
use super::{Format, Record};
use crate::model::{Content, Place, Role, Status, ToolResult};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Codex {
    /// What the person typed, as events state it, not yet found among the items.
    typed: Vec<Typed>,
    has_events: bool,
    /// Items of role user: the turns made from each, and its whole text.
    items: Vec<(std::ops::Range<usize>, String)>,
    /// How calls ended, as events state it.
    ends: BTreeMap<String, (Status, Option<i32>, Option<f64>)>,
}

struct Typed {
    text: String,
    place: Place,
    time: Option<DateTime<Utc>>,
}

pub(super) fn recognises(record: &Object<'_>) -> bool {
    let Some(kind) = record.text("type") else {
        return record.is("record_type", "state")
            || record.has("id") && record.has("timestamp") && (record.has("instructions") || record.has("git"));
    };
    match &*kind {
        "session_meta" | "response_item" | "event_msg" | "turn_context" | "compacted" => record.has("payload"),
        "message" => record
            .get("content")
            .is_some_and(|content| ["\"input_text\"", "\"output_text\""].iter().any(|kind| content.contains(kind))),
        "function_call" | "function_call_output" => record.has("call_id"),
        _ => false,
    }
}

impl Format for Codex {
    fn record(&mut self, record: &Record<'_>, line: &Object<'_>, build: &mut Build) {
        let time = line.time("timestamp");
        let payload = line.object("payload");
        let kind = line.text("type").unwrap_or_default();
        match (&*kind, payload) {
            ("session_meta", Some(meta)) => header(&meta, build),
            ("response_item", Some(item)) => self.item(&record.place, time, &item, build),
            ("event_msg", Some(event)) => self.event(&record.place, time, &event, build),
            ("session_meta" | "response_item" | "event_msg", None) => {}
            ("turn_context" | "compacted", _) => {}
            ("", None) => header(line, build),
            _ => self.item(&record.place, time, line, build),
        }
    }

    fn finish(&mut self, build: &mut Build) {
        self.settle_user_items(build);
        for typed in std::mem::take(&mut self.typed) {
            build.at(&typed.place, typed.time, None::<&str>);
            say_user(build, &typed.text);
        }
        for turn in &mut build.turns {
            let Content::Result(result) = &mut turn.content else { continue };
            if let Some((status, exit, seconds)) = self.ends.get(&result.call) {
                result.status = if result.status == Status::Unknown { *status } else { result.status };
                result.exit = result.exit.or(*exit);
                result.seconds = result.seconds.or(*seconds);
            }
        }
        build.turns.sort_by_key(|turn| turn.place.lines.first);
    }
}

fn header(meta: &Object<'_>, build: &mut Build) {
    if meta.is("record_type", "state") {
        return;
    }
    build.id(meta.text("id"));
    build.begun(meta.time("timestamp"));
    build.directory(meta.text("cwd"));
    build.repository(meta.object("git").and_then(|git| git.text("repository_url")));
}

impl Codex {
    fn item(&mut self, place: &Place, time: Option<DateTime<Utc>>, item: &Object<'_>, build: &mut Build) {
        let call = item.text("call_id").or_else(|| item.text("id")).unwrap_or_default();
        let kind = item.text("type").unwrap_or_default();
        let uid = match &*kind {
            "message" | "reasoning" => item.text("id").map(|id| id.into_owned()),
            _ if call.is_empty() => None,
            _ => Some(format!("{call}/{kind}")),
        };
        if !build.first(uid.as_deref()) {
            return;
        }
        build.at(place, time, uid);
        match &*kind {
            "message" => self.message(item, build),
            "reasoning" => reasoning(item, build),
            "function_call" => {
                let name = item.text("name").unwrap_or_default();
                build.call(&call, &name, item.get("arguments"));
            }
            "custom_tool_call" => {
                let name = item.text("name").unwrap_or_default();
                build.call(&call, &name, item.get("input"));
            }
            "local_shell_call" => build.call(&call, "local_shell", item.get("action")),
            "web_search_call" => build.call(&call, "web_search", item.get("action")),
            "tool_search_call" => build.call(&call, "tool_search", item.get("arguments")),
            "function_call_output" | "custom_tool_call_output" | "local_shell_call_output" => {
                let raw = item.get("output").filter(|_| !build.counting);
                build.result(output(&call, raw));
            }
            _ => {}
        }
    }

    fn message(&mut self, item: &Object<'_>, build: &mut Build) {
        let role = item.text("role").unwrap_or_default();
        for block in blocks(item.get("content")) {
            let Block::Text(said) = block else { continue };
            match &*role {
                "assistant" => build.utter(Role::Agent, said),
                "user" => {
                    let (first, text) = (build.turns.len(), said.decode());
                    say_user(build, &text);
                    self.items.push((first..build.turns.len(), text.trim().to_owned()));
                }
                _ => build.utter(Role::System, said),
            }
        }
    }

    fn event(&mut self, place: &Place, time: Option<DateTime<Utc>>, event: &Object<'_>, build: &mut Build) {
        match &*event.text("type").unwrap_or_default() {
            "user_message" => {
                self.has_events = true;
                let text = event.text("message").unwrap_or_default().trim().to_owned();
                // The event `kind` of old versions: what is not plain was injected.
                let plain = event.text("kind").is_none_or(|kind| kind == "plain");
                if plain && !text.is_empty() {
                    self.typed.push(Typed { text, place: place.clone(), time });
                }
            }
            "turn_aborted" if event.is("reason", "interrupted") => {
                build.at(place, time, event.text("turn_id").map(|turn| format!("{turn}/aborted")));
                build.push(Role::User, Content::Interrupted);
            }
            "patch_apply_end" | "exec_command_end" | "mcp_tool_call_end" => self.end(event),
            _ => {}
        }
    }

    fn end(&mut self, event: &Object<'_>) {
        let exit = event.exit("exit_code");
        let failed = event.object("result").map(|result| result.has("Err"));
        let ok = event.flag("success").or(exit.map(|exit| exit == 0)).or(failed.map(|failed| !failed));
        let status = match ok {
            Some(true) => Status::Ok,
            Some(false) => Status::Failed,
            None => Status::Unknown,
        };
        let seconds = event
            .object("duration")
            .and_then(|duration| Some(duration.number("secs")? + duration.number("nanos").unwrap_or_default() / 1e9));
        if let Some(call) = event.text("call_id") {
            self.ends.insert(call.into_owned(), (status, exit, seconds));
        }
    }

    /// Matches the items of role user with what events say was typed; an item that no event repeats is injected.
    fn settle_user_items(&mut self, build: &mut Build) {
        if !self.has_events {
            return;
        }
        for (turns, text) in std::mem::take(&mut self.items) {
            if let Some(found) = self.typed.iter().position(|typed| typed.text == text) {
                self.typed.remove(found);
                continue;
            }
            for turn in &mut build.turns[turns] {
                if matches!(turn.content, Content::Text(_)) {
                    turn.role = Role::System;
                }
            }
        }
    }
}

fn reasoning(item: &Object<'_>, build: &mut Build) {
    for key in ["summary", "content"] {
        for block in blocks(item.get(key)) {
            match block {
                Block::Text(said) => build.think(said),
                Block::Other(block) => build.think(block.said("text")),
            }
        }
    }
}

/// What a tool answered. Codex writes it as text with a header, as JSON in a string, or as a list of blocks.
fn output(call: &str, raw: Option<&str>) -> ToolResult {
    let Some(text) = raw.and_then(json::text) else {
        let object = raw.and_then(Object::inner);
        return match object {
            Some(object) => structured(call, &object).unwrap_or_else(|| result(call, result_text(raw))),
            None => result(call, result_text(raw)),
        };
    };
    let nested = text.starts_with('{').then(|| Object::parse(&text).ok()).flatten();
    if let Some(found) = nested.and_then(|object| structured(call, &object)) {
        return found;
    }
    let header = header_of(&text);
    let field = |names: [&str; 2]| names.iter().find_map(|name| header.iter().find_map(|line| line.strip_prefix(name)));
    let exit = field(["Process exited with code ", "Exit code: "]).and_then(|code| code.trim().parse().ok());
    let seconds = field(["Wall time: ", "Wall time "]).and_then(|time| time.split(' ').next()?.parse().ok());
    let stated = ["apply_patch verification failed", "write_stdin failed", "exec_command failed", "execution error:"];
    let failed = stated.iter().any(|prefix| text.starts_with(prefix));
    let status = match exit {
        _ if failed => Status::Failed,
        Some(0) => Status::Ok,
        Some(_) => Status::Failed,
        None => Status::Unknown,
    };
    // What follows the header is the tool's own output.
    let own = text.split_once("\nOutput:\n").filter(|_| exit.is_some() || seconds.is_some());
    let own = own.filter(|(header, _)| header.lines().count() < 6).map_or(&*text, |(_, own)| own);
    ToolResult { status, exit, seconds, ..result(call, own.to_owned()) }
}

/// The lines before `Output:`, where Codex states how a command ended.
fn header_of(text: &str) -> Vec<&str> {
    let stated = ["Chunk ID: ", "Exit code: ", "Wall time: "].iter().any(|prefix| text.starts_with(prefix));
    let lines = text.lines().take(if stated { 6 } else { 0 });
    lines.take_while(|line| *line != "Output:").collect()
}

/// `{"output": …, "metadata": {"exit_code", "duration_seconds"}}` or `{"content": …, "success": …}`.
fn structured(call: &str, object: &Object<'_>) -> Option<ToolResult> {
    let text = object.text("output").or_else(|| object.text("content"))?.into_owned();
    let metadata = object.object("metadata");
    let exit = metadata.as_ref().and_then(|metadata| metadata.exit("exit_code"));
    let seconds = metadata.as_ref().and_then(|metadata| metadata.number("duration_seconds"));
    let status = match exit.map(|exit| exit == 0).or(object.flag("success")) {
        Some(true) => Status::Ok,
        Some(false) => Status::Failed,
        None => Status::Unknown,
    };
    Some(ToolResult { status, exit, seconds, ..result(call, text) })
}
