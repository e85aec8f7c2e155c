//! What a transcript gives: its sessions with their turns, and the builder that every format fills.

use super::flaw::Skipped;
use super::json::{self, Said};
use super::origin;
use crate::model::{AgentName, Content, Host, Outcome, Place, Role, SessionId, Status, ToolCall, ToolResult, Turn};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The sessions of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    pub host: Host,
    /// Usually one. In the order of the file.
    pub sessions: Vec<Session>,
    /// Lines of the file that were skipped, or read only with help.
    pub skipped: Vec<Skipped>,
    /// Whether the file is a record on each line, so that more lines make more of the same.
    pub is_lines: bool,
}

/// One session as its transcript tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The id as the host states it, else the file's stem (with the task or position, where a file holds several).
    pub raw_id: String,
    /// The same, safe for refs, paths and trailers.
    pub id: SessionId,
    pub host: Host,
    /// Host and project, unless the transcript names the agent.
    pub agent: AgentName,
    /// The repository's name where stated, else the last part of the working directory.
    pub project: Option<String>,
    /// The first and last time of its turns.
    pub started: Option<DateTime<Utc>>,
    pub ended: Option<DateTime<Utc>>,
    pub turns: Vec<Turn>,
    /// Found in the transcript, by `import`. `at` is the session's end, or 1970 where the file states no time: who
    /// imports knows better.
    pub outcomes: Vec<Outcome>,
    /// JSON pointer of this session in a file that holds several; in JSONL with a session on each line, lines count
    /// from 0, as if the file were an array.
    pub root: Option<String>,
}

/// Collects one session. A format says where it is (`at`), then pushes turns.
pub(super) struct Build {
    stem: String,
    pub raw_id: Option<String>,
    pub agent: Option<String>,
    pub project: Option<String>,
    repository: Option<String>,
    pub turns: Vec<Turn>,
    pub outcomes: Vec<Outcome>,
    /// Whether turns are only counted: texts of agents and tools, and what was given to tools, are left out.
    pub counting: bool,
    /// What the task is called, for the id where a file holds several sessions.
    pub task: Option<String>,
    begun: Option<DateTime<Utc>>,
    seen: BTreeSet<String>,
    place: Place,
    time: Option<DateTime<Utc>>,
    uid: Option<String>,
    blocks: usize,
}

impl Build {
    pub fn new(stem: &str) -> Self {
        Self {
            stem: stem.to_owned(),
            raw_id: None,
            agent: None,
            project: None,
            repository: None,
            turns: Vec::new(),
            outcomes: Vec::new(),
            counting: false,
            task: None,
            begun: None,
            seen: BTreeSet::new(),
            place: Place::line(1),
            time: None,
            uid: None,
            blocks: 0,
        }
    }

    /// The host's id of the session. The first one stated counts, but the one that also names the file counts more: a
    /// resumed session may begin with copied lines of another.
    pub fn id(&mut self, id: Option<impl AsRef<str>>) {
        let Some(id) = id.as_ref().map(AsRef::as_ref).filter(|id| !id.is_empty()) else { return };
        if self.raw_id.is_none() || (id == self.stem && self.raw_id.as_deref() != Some(id)) {
            self.raw_id = Some(id.to_owned());
        }
    }

    /// The working directory; the first one stated counts.
    pub fn directory(&mut self, path: Option<impl AsRef<str>>) {
        if let Some(name) = path.as_ref().and_then(|path| last_part(path.as_ref())) {
            self.project.get_or_insert_with(|| name.to_owned());
        }
    }

    /// The repository, as a URL, a path or `owner/name`: it names the project better than a work tree's folder.
    pub fn repository(&mut self, url: Option<impl AsRef<str>>) {
        let name = url.as_ref().and_then(|url| last_part(url.as_ref().trim_end_matches(".git")));
        if let Some(name) = name {
            self.repository.get_or_insert_with(|| name.to_owned());
        }
    }

    /// When the session began, as its header says.
    pub fn begun(&mut self, time: Option<DateTime<Utc>>) {
        self.begun = self.begun.or(time);
    }

    /// Where the next turns stand. The record's uid is theirs; from the second turn on with its number.
    pub fn at(&mut self, place: &Place, time: Option<DateTime<Utc>>, uid: Option<impl AsRef<str>>) {
        self.place = place.clone();
        self.time = time;
        self.uid = uid.map(|uid| uid.as_ref().to_owned()).filter(|uid| !uid.is_empty());
        self.blocks = 0;
    }

    /// Whether a record with this uid comes for the first time; one without always does.
    pub fn first(&mut self, uid: Option<&str>) -> bool {
        uid.is_none_or(|uid| uid.is_empty() || self.seen.insert(uid.to_owned()))
    }

    pub fn push(&mut self, role: Role, content: Content) {
        let uid = self.uid.as_ref().map(|uid| match self.blocks {
            0 => uid.clone(),
            block => format!("{uid}#{block}"),
        });
        self.blocks += 1;
        self.turns.push(Turn { role, place: self.place.clone(), time: self.time, uid, content });
    }

    /// A message; blank ones are none.
    pub fn say(&mut self, role: Role, text: &str) {
        if !text.trim().is_empty() {
            let text = if self.counting { String::new() } else { text.to_owned() };
            self.push(role, Content::Text(text));
        }
    }

    /// The same of a text that is not decoded yet.
    pub fn utter(&mut self, role: Role, said: Said<'_>) {
        match self.counting {
            true if said.is_blank() => {}
            true => self.push(role, Content::Text(String::new())),
            false => self.say(role, &said.decode()),
        }
    }

    pub fn think(&mut self, said: Said<'_>) {
        if !said.is_blank() {
            let text = if self.counting { String::new() } else { said.decode().into_owned() };
            self.push(Role::Agent, Content::Thinking(text));
        }
    }

    /// A call of a tool with its input, as hosts write it: an object, or a string that holds JSON.
    pub fn call(&mut self, id: &str, name: &str, input: Option<&str>) {
        self.call_with(id, name, || json::arguments(input));
    }

    pub fn call_with(&mut self, id: &str, name: &str, input: impl FnOnce() -> serde_json::Value) {
        let input = if self.counting { serde_json::Value::Null } else { input() };
        self.push(Role::Agent, Content::Call(ToolCall { id: id.to_owned(), name: name.to_owned(), input }));
    }

    /// What a tool answered; its text is left out where nobody reads it.
    pub fn text_of_result(&self, text: impl FnOnce() -> String) -> String {
        if self.counting { String::new() } else { text() }
    }

    pub fn result(&mut self, result: ToolResult) {
        self.push(Role::Tool, Content::Result(result));
    }

    pub fn finish(self, host: Host, fallback: &str, root: Option<String>) -> Session {
        let times: Vec<DateTime<Utc>> = self.turns.iter().filter_map(|turn| turn.time).collect();
        let raw_id = self.raw_id.unwrap_or_else(|| fallback.to_owned());
        let project = self.repository.or(self.project);
        let agent =
            self.agent.as_deref().map(|name| AgentName::new(name).unwrap_or_else(|_| AgentName::derive(name, None)));
        let mut turns = self.turns;
        if !self.counting {
            origin::mark(&mut turns);
        }
        let (started, ended) = (times.iter().min().copied().or(self.begun), times.iter().max().copied().or(self.begun));
        let mut outcomes = self.outcomes;
        for outcome in &mut outcomes {
            outcome.at = if outcome.at == DateTime::UNIX_EPOCH { ended.unwrap_or(outcome.at) } else { outcome.at };
        }
        Session {
            id: SessionId::derive(&raw_id),
            raw_id,
            host,
            agent: agent.unwrap_or_else(|| AgentName::derive(host.as_str(), project.as_deref())),
            project,
            started,
            ended,
            turns,
            outcomes,
            root,
        }
    }
}

/// A result of which only id and text are known.
pub(super) fn result(call: &str, text: String) -> ToolResult {
    ToolResult { call: call.to_owned(), text, status: Status::Unknown, exit: None, seconds: None }
}

fn last_part(path: &str) -> Option<&str> {
    path.trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\', ':'])
        .next()
        .filter(|name| name.contains(char::is_alphanumeric))
}
