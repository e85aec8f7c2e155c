//! Event lists of hosted agents (`user.message`, `agent.tool_use`, `session.status_idle`, …): a JSON list, a page
//! `{"data": […]}`, or JSONL. What a hosted evaluation judged becomes an outcome.

use super::blocks::{Block, blocks, result_text, say_user};
use super::json::{Object, Said};
use super::session::{Build, result};
use super::{Format, Record};
use crate::model::{Content, Outcome, OutcomeResult, Role, Status, ToolResult};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

#[derive(Default)]
pub(super) struct Hosted {
    /// Calls that the person did not allow; the host answers them with an error of its own.
    refused: BTreeSet<String>,
    outcome: Option<Outcome>,
    task: Option<String>,
}

pub(super) fn recognises(record: &Object<'_>) -> bool {
    let domain = |kind: &str| ["user.", "agent.", "session.", "span."].iter().any(|domain| kind.starts_with(domain));
    record.text("type").is_some_and(|kind| domain(&kind)) && !record.has("data")
}

impl Format for Hosted {
    fn head(&mut self, head: &Object<'_>, build: &mut Build) {
        build.id(head.text("session_id").or_else(|| head.text("id")));
        let agent = head.text("agent").or_else(|| head.object("agent").and_then(|agent| agent.text("name")));
        build.agent = agent.map(|name| name.into_owned());
        build.begun(head.time("created_at"));
    }

    fn record(&mut self, record: &Record<'_>, event: &Object<'_>, build: &mut Build) {
        let time = ["processed_at", "created_at", "timestamp"].iter().find_map(|key| event.time(key));
        let uid = event.text("id");
        if !build.first(uid.as_deref()) {
            return;
        }
        build.id(event.text("session_id"));
        build.at(&record.place, time, uid);
        let kind = event.text("type").unwrap_or_default();
        match &*kind {
            "user.message" => texts(event, |said| say_user(build, &said.decode())),
            "user.interrupt" => build.push(Role::User, Content::Interrupted),
            "user.tool_confirmation" => self.confirmed(event, build),
            "user.define_outcome" => {
                self.task = event.text("description").map(|task| task.into_owned());
                say_user(build, &event.text("description").unwrap_or_default());
            }
            "agent.message" | "agent.thread_message_sent" => texts(event, |said| build.utter(Role::Agent, said)),
            "agent.thinking" => think(event, build),
            "system.message" => texts(event, |said| build.utter(Role::System, said)),
            "agent.thread_message_received" => texts(event, |said| build.utter(Role::OtherAgent, said)),
            "session.error" => {
                let error = event.object("error").and_then(|error| error.text("message"));
                build.say(Role::System, &error.unwrap_or_default());
            }
            "session.outcome_evaluated" | "span.outcome_evaluation_end" => self.judged(event, time),
            kind if kind.ends_with("tool_use") => build.call(
                &event.text("id").unwrap_or_default(),
                &event.text("name").unwrap_or_default(),
                event.get("input"),
            ),
            kind if kind.ends_with("tool_result") => self.answered(event, build),
            _ => {}
        }
    }

    fn finish(&mut self, build: &mut Build) {
        build.outcomes.extend(self.outcome.take());
    }
}

fn texts(event: &Object<'_>, mut say: impl FnMut(Said<'_>)) {
    for block in blocks(event.get("content")) {
        if let Block::Text(said) = block {
            say(said);
        }
    }
}

fn think(event: &Object<'_>, build: &mut Build) {
    build.think(event.said("thinking"));
    for block in blocks(event.get("content")) {
        match block {
            Block::Text(said) => build.think(said),
            Block::Other(block) => build.think(block.said("thinking")),
        }
    }
}

fn call_of(event: &Object<'_>) -> String {
    let keys = ["tool_use_id", "custom_tool_use_id", "mcp_tool_use_id"];
    keys.iter().find_map(|key| event.text(key)).unwrap_or_default().into_owned()
}

impl Hosted {
    fn confirmed(&mut self, event: &Object<'_>, build: &mut Build) {
        if !event.is("result", "deny") {
            return;
        }
        let (call, reason) = (call_of(event), event.text("deny_message").unwrap_or_default());
        self.refused.insert(call.clone());
        build.result(ToolResult { status: Status::Refused, ..result(&call, reason.to_string()) });
        say_user(build, &reason);
    }

    fn answered(&mut self, event: &Object<'_>, build: &mut Build) {
        let call = call_of(event);
        if self.refused.contains(&call) {
            return;
        }
        let status = match event.flag("is_error") {
            Some(true) => Status::Failed,
            // The event always has the flag; hosts leave it out when it is false.
            Some(false) | None => Status::Ok,
        };
        let text = build.text_of_result(|| result_text(event.get("content")));
        build.result(ToolResult { status, ..result(&call, text) });
    }

    /// The last judgement counts: an evaluation may be repeated until the agent satisfies it.
    fn judged(&mut self, event: &Object<'_>, time: Option<DateTime<Utc>>) {
        let result = match &*event.text("result").unwrap_or_default() {
            "satisfied" => OutcomeResult::Satisfied,
            "needs_revision" => OutcomeResult::NeedsRevision,
            "failed" | "max_iterations_reached" => OutcomeResult::Failed,
            "interrupted" => OutcomeResult::Interrupted,
            _ => return,
        };
        self.outcome = Some(Outcome {
            result,
            score: event.number("score").map(|score| score.clamp(0.0, 1.0)),
            task: self.task.clone(),
            explanation: event.text("explanation").map(|text| text.into_owned()),
            by: "import".to_owned(),
            at: time.unwrap_or(DateTime::UNIX_EPOCH),
        });
    }
}
