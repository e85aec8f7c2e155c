//! OpenCode: the document that `opencode export` writes, `{"info", "messages": [{"info", "parts"}]}`. Its database and
//! its storage folder are not read.

use super::blocks::say_user;
use super::json::Object;
use super::session::{Build, result};
use super::{Format, Record};
use crate::model::{Content, Role, Status, ToolResult};

pub(super) struct OpenCode;

pub(super) fn recognises(record: &Object<'_>) -> bool {
    record.list("parts").is_some() && record.object("info").is_some_and(|info| info.has("role"))
}

impl Format for OpenCode {
    fn head(&mut self, head: &Object<'_>, build: &mut Build) {
        let Some(info) = head.object("info") else { return };
        build.id(info.text("id"));
        build.directory(info.text("directory"));
        build.begun(info.object("time").and_then(|time| time.time("created")));
    }

    fn record(&mut self, record: &Record<'_>, message: &Object<'_>, build: &mut Build) {
        let Some(info) = message.object("info") else { return };
        build.id(info.text("sessionID"));
        let path = info.object("path");
        build
            .directory(path.and_then(|path| path.text("root").filter(|root| root != "/").or_else(|| path.text("cwd"))));
        let uid = info.text("id");
        if !build.first(uid.as_deref()) {
            return;
        }
        build.at(&record.place, info.object("time").and_then(|time| time.time("created")), uid);
        let person = info.is("role", "user");
        for part in message.list("parts").unwrap_or_default() {
            if let Some(part) = Object::inner(part) {
                self.part(person, &part, build);
            }
        }
        if info.object("error").is_some_and(|error| error.is("name", "MessageAbortedError")) {
            build.push(Role::User, Content::Interrupted);
        }
    }
}

impl OpenCode {
    fn part(&self, person: bool, part: &Object<'_>, build: &mut Build) {
        let injected = part.flag("synthetic") == Some(true) || part.flag("ignored") == Some(true);
        let said = part.said("text");
        match &*part.text("type").unwrap_or_default() {
            "text" if injected => build.utter(Role::System, said),
            "text" if person => say_user(build, &said.decode()),
            "text" => build.utter(Role::Agent, said),
            "reasoning" => build.think(said),
            "tool" => tool(part, build),
            _ => {}
        }
    }
}

const REFUSED: &str = "The user rejected permission to use this specific tool call";

fn tool(part: &Object<'_>, build: &mut Build) {
    let id = part.text("callID").unwrap_or_default();
    let name = part.text("tool").unwrap_or_default();
    let Some(state) = part.object("state") else {
        return build.call(&id, &name, None);
    };
    build.call(&id, &name, state.get("input"));
    let exit = state.object("metadata").and_then(|metadata| metadata.exit("exit"));
    let text = state.text("output").or_else(|| state.text("error")).unwrap_or_default().into_owned();
    let refused = text.starts_with(REFUSED);
    let status = match &*state.text("status").unwrap_or_default() {
        "error" if refused => Status::Refused,
        "error" => Status::Failed,
        "completed" if exit.is_some_and(|exit| exit != 0) => Status::Failed,
        "completed" => Status::Ok,
        _ => return,
    };
    let reason = text.split_once("with the following feedback: ").map(|(_, said)| said.to_owned());
    let seconds = state.object("time").and_then(|time| Some((time.number("end")? - time.number("start")?) / 1000.0));
    let seconds = seconds.filter(|seconds| *seconds >= 0.0);
    build.result(ToolResult { status, exit, seconds, ..result(&id, text) });
    if let Some(reason) = reason.filter(|_| refused) {
        say_user(build, &reason);
    }
}
