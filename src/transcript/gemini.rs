//! Gemini CLI: a JSON document with `messages`, or JSONL in which a message with a known id replaces the earlier one,
//! `$set` changes the header (and may hold messages), and `$rewindTo` takes back a message and all that follow.

use super::blocks::{Block, blocks, result_text, say_user};
use super::json::{self, Object};
use super::session::{Build, result};
use super::{Format, Record};
use crate::model::{Place, Role, Status, ToolResult, Turn};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Gemini {
    /// The turns of the messages that hold, in order.
    messages: Vec<Vec<Turn>>,
    /// Where the message with an id stands among them.
    known: BTreeMap<String, usize>,
}

pub(super) fn recognises(record: &Object<'_>) -> bool {
    if record.has("$set") || record.has("$rewindTo") || record.has("projectHash") {
        return true;
    }
    let kind = record.text("type");
    let known = kind.is_some_and(|kind| matches!(&*kind, "user" | "gemini" | "info" | "error" | "warning"));
    known && record.has("id") && record.has("content") && !record.has("message")
}

impl Format for Gemini {
    fn head(&mut self, head: &Object<'_>, build: &mut Build) {
        build.id(head.text("sessionId"));
        build.begun(head.time("startTime"));
        let directories = head.list("directories").unwrap_or_default();
        build.directory(directories.first().and_then(|path| json::text(path)));
    }

    fn record(&mut self, record: &Record<'_>, line: &Object<'_>, build: &mut Build) {
        if let Some(target) = line.text("$rewindTo") {
            let at = self.known.get(&*target).copied().unwrap_or(0);
            self.known.retain(|_, position| *position < at);
            return self.messages.truncate(at);
        }
        let patch = line.object("$set");
        let header = patch.as_ref().unwrap_or(line);
        if patch.is_some() || !line.has("type") {
            self.head(header, build);
            let base = if patch.is_some() { "/$set/messages" } else { "/messages" };
            for (index, raw) in header.list("messages").unwrap_or_default().into_iter().enumerate() {
                let place = Place { pointer: Some(format!("{base}/{index}")), ..record.place.clone() };
                if let Some(message) = Object::inner(raw) {
                    self.message(&place, &message);
                }
            }
            return;
        }
        self.message(&record.place, line);
    }

    fn finish(&mut self, build: &mut Build) {
        build.turns = std::mem::take(&mut self.messages).into_iter().flatten().collect();
    }
}

impl Gemini {
    /// Adds a message, or replaces the one with its id; one that says the same again stays where it first stood.
    fn message(&mut self, place: &Place, message: &Object<'_>) {
        let id = message.name("id").unwrap_or_default().into_owned();
        let mut build = Build::new("");
        build.at(place, message.time("timestamp"), Some(&id));
        match &*message.text("type").unwrap_or_default() {
            "user" => user(message, &mut build),
            "gemini" => agent(message, &mut build),
            "info" | "error" | "warning" => build.say(Role::System, &result_text(message.get("content"))),
            _ => {}
        }
        let turns = build.turns;
        let Some(old) = self.known.get(&id).and_then(|at| self.messages.get_mut(*at)) else {
            if !id.is_empty() {
                self.known.insert(id, self.messages.len());
            }
            return self.messages.push(turns);
        };
        let same = |(old, new): (&Turn, &Turn)| old.content == new.content && old.role == new.role;
        if old.len() != turns.len() || !old.iter().zip(&turns).all(same) {
            *old = turns;
        }
    }
}

/// A person's message; after the parts that they typed, the CLI appends the files that they named.
fn user(message: &Object<'_>, build: &mut Build) {
    let mut appended = false;
    for block in blocks(message.get("content")) {
        let Block::Text(said) = block else { continue };
        let text = said.decode();
        appended |= text.trim_start().starts_with("--- Content from referenced files ---");
        match appended {
            true => build.say(Role::System, &text),
            false => say_user(build, &text),
        }
    }
}

fn agent(message: &Object<'_>, build: &mut Build) {
    for thought in message.list("thoughts").unwrap_or_default() {
        if let Some(thought) = Object::inner(thought) {
            let key = ["description", "subject"].into_iter().find(|key| thought.text(key).is_some());
            build.think(thought.said(key.unwrap_or_default()));
        }
    }
    for block in blocks(message.get("content")) {
        if let Block::Text(said) = block {
            build.utter(Role::Agent, said);
        }
    }
    for call in message.list("toolCalls").unwrap_or_default() {
        if let Some(call) = Object::inner(call) {
            tool(&call, build);
        }
    }
}

fn tool(call: &Object<'_>, build: &mut Build) {
    let id = call.text("id").unwrap_or_default();
    build.call(&id, &call.text("name").unwrap_or_default(), call.get("args"));
    let stated = call.text("status");
    if stated.is_none() && !call.has("result") {
        return;
    }
    let status = match stated.as_deref() {
        Some("success") => Status::Ok,
        Some("error") => Status::Failed,
        Some("cancelled") => Status::Refused,
        _ => Status::Unknown,
    };
    build.result(ToolResult { status, ..result(&id, response(call)) });
}

/// What a tool answered: the output or error of its function response, else what was displayed.
fn response(call: &Object<'_>) -> String {
    let mut text = String::new();
    for part in call.list("result").unwrap_or_default() {
        let Some(part) = Object::inner(part) else { continue };
        let answer = part.object("functionResponse").and_then(|response| response.object("response"));
        let said = answer.and_then(|answer| answer.text("output").or_else(|| answer.text("error")));
        if let Some(said) = said.or_else(|| part.text("text")) {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(&said);
        }
    }
    if text.is_empty() {
        text = call.text("resultDisplay").or_else(|| call.text("result")).unwrap_or_default().into_owned();
    }
    text
}
