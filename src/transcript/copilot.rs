//! Copilot CLI event logs, and the same events as VS Code's chat writes them: JSONL of `{"type","data","id",
//! "timestamp"}`. What the person typed is `content`; `transformedContent` is what the host made of it.

use super::blocks::say_user;
use super::json::Object;
use super::session::{Build, result};
use super::{Format, Record};
use crate::model::{Content, Role, Status, ToolResult};
use std::collections::BTreeSet;

#[derive(Default)]
pub(super) struct Copilot {
    /// Calls already seen: a message announces them, an event starts them.
    called: BTreeSet<String>,
    refused: BTreeSet<String>,
}

pub(super) fn recognises(record: &Object<'_>) -> bool {
    let dotted = record.text("type").is_some_and(|kind| kind.contains('.') || kind == "abort");
    dotted && record.get("data").is_some_and(|data| data.starts_with('{'))
}

impl Format for Copilot {
    fn record(&mut self, record: &Record<'_>, line: &Object<'_>, build: &mut Build) {
        let kind = line.text("type").unwrap_or_default();
        if kind.starts_with("hook.") {
            return;
        }
        let uid = line.text("id");
        let Some(data) = line.object("data").filter(|_| build.first(uid.as_deref())) else { return };
        build.at(&record.place, line.time("timestamp"), uid);
        match &*kind {
            "session.start" | "session.resume" => start(&data, build),
            "user.message" => user(&data, build),
            "assistant.message" => self.message(&data, build),
            "tool.execution_start" => {
                self.call(&data, "toolName", build);
            }
            "tool.execution_complete" => self.complete(&data, build),
            "permission.completed" => self.permission(&data, build),
            "system.message" | "system.notification" => build.utter(Role::System, data.said("content")),
            "session.error" => build.utter(Role::System, data.said("message")),
            "abort" => build.push(Role::User, Content::Interrupted),
            _ => {}
        }
    }
}

fn start(data: &Object<'_>, build: &mut Build) {
    build.id(data.text("sessionId"));
    build.begun(data.time("startTime"));
    if let Some(context) = data.object("context") {
        build.repository(context.text("repository"));
        build.directory(context.text("gitRoot").or_else(|| context.text("cwd")));
    }
}

/// The marker that a program puts before a question it asks in a person's place.
const QUERY: &str = "[[ ## user_query ## ]]";

fn user(data: &Object<'_>, build: &mut Build) {
    let content = data.text("content").unwrap_or_default();
    let foreign = data.text("source").is_some_and(|source| source != "user");
    if foreign {
        return build.say(Role::System, &content);
    }
    say_user(build, content.trim_start().strip_prefix(QUERY).unwrap_or(&content));
}

impl Copilot {
    fn message(&mut self, data: &Object<'_>, build: &mut Build) {
        build.think(data.said("reasoningText"));
        build.utter(Role::Agent, data.said("content"));
        for request in data.list("toolRequests").unwrap_or_default() {
            if let Some(request) = Object::inner(request) {
                self.call(&request, "name", build);
            }
        }
    }

    fn call(&mut self, data: &Object<'_>, name: &str, build: &mut Build) {
        let id = data.text("toolCallId").unwrap_or_default();
        if id.is_empty() || self.called.insert(id.to_string()) {
            build.call(&id, &data.text(name).unwrap_or_default(), data.get("arguments"));
        }
    }

    fn permission(&mut self, data: &Object<'_>, build: &mut Build) {
        let Some(decision) = data.object("result") else { return };
        if decision.text("kind").is_some_and(|kind| kind.starts_with("denied") && kind.contains("user")) {
            self.refused.extend(data.text("toolCallId").map(|call| call.into_owned()));
            say_user(build, &decision.text("feedback").unwrap_or_default());
        }
    }

    fn complete(&mut self, data: &Object<'_>, build: &mut Build) {
        let call = data.text("toolCallId").unwrap_or_default();
        let error = data.object("error");
        let text = build.text_of_result(|| {
            let stated = data.object("result").and_then(|result| result.text("content"));
            let message = || error.as_ref().and_then(|error| error.text("message"));
            stated.or_else(message).unwrap_or_default().into_owned()
        });
        let exit = exit(&text);
        let denied = error.is_some_and(|error| error.is("code", "denied") || error.is("code", "rejected"));
        let status = match data.flag("success") {
            _ if denied || self.refused.contains(&*call) => Status::Refused,
            Some(false) => Status::Failed,
            _ if exit.is_some_and(|exit| exit != 0) => Status::Failed,
            Some(true) => Status::Ok,
            None => Status::Unknown,
        };
        build.result(ToolResult { status, exit, ..result(&call, text) });
    }
}

/// The exit code that the host puts on the last line of a shell's output: `<shellId: 3 completed with exit code 1>`.
fn exit(text: &str) -> Option<i32> {
    let last = text.trim_end().lines().next_back()?;
    let (_, code) = last.strip_prefix('<')?.strip_suffix('>')?.rsplit_once("exit code ")?;
    code.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::exit;

    #[test]
    fn the_exit_code_is_read_from_the_hosts_last_line_only() {
        assert_eq!(exit("boom\n<shellId: 5 completed with exit code 2>"), Some(2));
        assert_eq!(exit("<exited with exit code 1>\nmore"), None);
    }
}
