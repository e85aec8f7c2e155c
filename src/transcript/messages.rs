//! Lists of messages as chat interfaces take them (`role`, `content`, `tool_calls`, `tool_call_id`), as a document, as
//! JSONL with a message or a whole list on each line, or as the `traj` of benchmark runs with their `reward`. Hosts of
//! this form do not state how a tool call ended, so that is unknown unless a block says so.

use super::blocks::{Block, blocks, result_text, say_user};
use super::claude::{agent_block, plain_result};
use super::json::Object;
use super::session::{Build, result};
use super::{Format, Record};
use crate::model::{Outcome, OutcomeResult, Role};
use chrono::DateTime;

pub(super) struct Messages;

pub(super) fn recognises(record: &Object<'_>) -> bool {
    record.text("role").is_some_and(|role| role_of(&role).is_some())
        && ["content", "tool_calls", "function_call"].iter().any(|key| record.has(key))
}

fn role_of(role: &str) -> Option<Role> {
    Some(match role {
        "user" | "human" => Role::User,
        "assistant" | "agent" | "model" => Role::Agent,
        "tool" | "function" => Role::Tool,
        "system" | "developer" => Role::System,
        _ => return None,
    })
}

impl Format for Messages {
    fn head(&mut self, head: &Object<'_>, build: &mut Build) {
        build.id(["session_id", "sessionId", "conversation_id", "id"].iter().find_map(|key| head.text(key)));
        build.directory(["project", "cwd"].iter().find_map(|key| head.text(key)));
        build.agent = head.text("agent").map(|name| name.into_owned());
        build.begun(["started", "created_at", "created", "timestamp"].iter().find_map(|key| head.time(key)));
        build.task = head.name("task_id").or_else(|| head.name("instance_id")).map(|task| task.into_owned());
        // A run that broke off says why.
        let broke = head.object("info").and_then(|info| info.text("error")).map(|error| error.into_owned());
        build.outcomes.extend(head.number("reward").map(|reward| outcome(reward, build.task.clone(), broke)));
    }

    fn record(&mut self, record: &Record<'_>, message: &Object<'_>, build: &mut Build) {
        let Some(role) = message.text("role").and_then(|role| role_of(&role)) else { return };
        let time = ["timestamp", "time", "created_at", "created"].iter().find_map(|key| message.time(key));
        let uid = message.text("id").or_else(|| message.text("uuid"));
        if !build.first(uid.as_deref()) {
            return;
        }
        build.id(message.text("session_id"));
        build.at(&record.place, time, uid);
        match role {
            Role::Tool => {
                let call = message.text("tool_call_id").unwrap_or_default();
                let text = build.text_of_result(|| result_text(message.get("content")));
                build.result(result(&call, text));
            }
            role => said(role, message, build),
        }
    }
}

fn said(role: Role, message: &Object<'_>, build: &mut Build) {
    for key in ["reasoning_content", "reasoning"] {
        build.think(message.said(key));
    }
    for block in blocks(message.get("content")) {
        match (block, role) {
            (Block::Text(said), Role::User) => say_user(build, &said.decode()),
            (Block::Text(said), _) => build.utter(role, said),
            (Block::Other(block), _) if block.is("type", "tool_result") => plain_result(&block, build),
            (Block::Other(block), Role::Agent) => agent_block(&block, build),
            _ => {}
        }
    }
    for call in message.list("tool_calls").unwrap_or_default() {
        if let Some(call) = Object::inner(call) {
            tool_call(&call, build);
        }
    }
    if let Some(call) = message.object("function_call") {
        tool_call(&call, build);
    }
}

fn tool_call(call: &Object<'_>, build: &mut Build) {
    let function = call.object("function");
    let function = function.as_ref().unwrap_or(call);
    build.call(
        &call.text("id").unwrap_or_default(),
        &function.text("name").unwrap_or_default(),
        function.get("arguments"),
    );
}

/// A full reward satisfies, anything less fails; the score is kept within 0 to 1.
fn outcome(reward: f64, task: Option<String>, explanation: Option<String>) -> Outcome {
    Outcome {
        result: if reward >= 1.0 { OutcomeResult::Satisfied } else { OutcomeResult::Failed },
        score: Some(reward.clamp(0.0, 1.0)),
        task,
        explanation,
        by: "import".to_owned(),
        at: DateTime::UNIX_EPOCH,
    }
}
