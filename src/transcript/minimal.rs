//! The minimal JSONL for every agent that has no format of its own. One object per line:
//!
//! - `role`: `user`, `agent` (or `assistant`), `tool`, `system`. Required.
//! - `text`: what was said, verbatim. Required; may be empty.
//! - `time`: RFC 3339, or seconds or milliseconds since 1970.
//! - `tool`: a tool's name. With role `agent` the line is a call and `text` its input (JSON or plain); with role
//!   `tool` it is that tool's result.
//! - `error`: on a tool's result `true`, or the error's text, if the call failed; `false` if it went well.
//! - `call`: links a call and its result. `id`: the line's own id. `session`, `agent`, `project`: on any line, usually
//!   the first, name the session, the agent and the project.

use super::blocks::say_user;
use super::json::Object;
use super::origin;
use super::session::{Build, result};
use super::{Format, Record};
use crate::model::{Content, Role, Status, ToolResult};

pub(super) struct Minimal;

pub(super) fn recognises(record: &Object<'_>) -> bool {
    let known = |role: &str| matches!(role, "user" | "agent" | "assistant" | "tool" | "system");
    record.text("role").is_some_and(|role| known(&role)) && record.text("text").is_some()
}

impl Format for Minimal {
    fn record(&mut self, record: &Record<'_>, line: &Object<'_>, build: &mut Build) {
        build.id(line.text("session"));
        build.directory(line.text("project"));
        if let Some(agent) = line.text("agent") {
            build.agent.get_or_insert_with(|| agent.into_owned());
        }
        let uid = line.name("id");
        if !build.first(uid.as_deref()) {
            return;
        }
        build.at(&record.place, line.time("time"), uid);
        let said = line.said("text");
        let call = line.text("call").unwrap_or_default();
        match (&*line.text("role").unwrap_or_default(), line.text("tool")) {
            ("user", _) => say_user(build, &said.decode()),
            ("agent" | "assistant", Some(tool)) => build.call_with(&call, &tool, || input(&said.decode())),
            ("agent" | "assistant", None) => build.utter(Role::Agent, said),
            ("tool", tool) => {
                // A result may stand without its call.
                let text = build.text_of_result(|| said.decode().into_owned());
                let role = tool.and_then(|tool| origin::role_of(&tool, &serde_json::Value::Null));
                build.push(role.unwrap_or(Role::Tool), Content::Result(answer(line, &call, text)));
            }
            ("system", _) => build.utter(Role::System, said),
            _ => {}
        }
    }
}

fn input(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.to_owned()))
}

fn answer(line: &Object<'_>, call: &str, text: String) -> ToolResult {
    let error = line.text("error").filter(|error| !error.is_empty());
    let status = match (line.flag("error"), &error) {
        (Some(true), _) | (None, Some(_)) => Status::Failed,
        (Some(false), _) => Status::Ok,
        (None, None) => Status::Unknown,
    };
    let text = if text.is_empty() { error.map(|error| error.into_owned()).unwrap_or(text) } else { text };
    ToolResult { status, ..result(call, text) }
}
