//! Small sessions, written as people and agents write them.

use super::super::Embedded;
use crate::model::{
    AgentName, BeliefKey, Content, Host, NotePath, ObjectId, Outcome, OutcomeResult, Part, Place, Proposal, Role,
    SessionId, SessionRecord, SessionVersion, Status, ToolCall, ToolResult, Turn,
};
use crate::phase::corpus::Corpus;
use crate::phase::{Entries, Extract, Held, Reconcile, Reflection, Session, Situation};
use crate::text::Known;
use chrono::{DateTime, Duration, TimeZone, Utc};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub fn day(n: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 1, 9, 0, 0).single().expect("a time") + Duration::days(n)
}

/// A session under construction: each call adds a turn on the next line.
pub struct Talk {
    session: Session,
    start: DateTime<Utc>,
}

impl Talk {
    pub fn new(id: &str, on: i64) -> Self {
        let blob = ObjectId::of_blob(id.as_bytes());
        let part = Part::new(blob, 1, 10_000, day(on));
        let record = SessionRecord {
            schema: 1,
            id: SessionId::new(id).expect("an id"),
            agent: AgentName::new("claude-code/shop").expect("a name"),
            host: Host::ClaudeCode,
            project: None,
            started: Some(day(on)),
            ended: Some(day(on) + Duration::hours(1)),
            imported: day(on),
            turns: 0,
            versions: vec![SessionVersion { parts: vec![part] }],
            root: None,
            outcomes: Vec::new(),
        };
        Self { session: Session { record, turns: Vec::new() }, start: day(on) }
    }

    pub fn agent(mut self, name: &str) -> Self {
        self.session.record.agent = AgentName::new(name).expect("a name");
        self
    }

    pub fn went(mut self, result: OutcomeResult) -> Self {
        self.session.record.outcomes.push(Outcome {
            result,
            score: None,
            task: None,
            explanation: None,
            by: "import".to_owned(),
            at: self.start,
        });
        self
    }

    fn push(mut self, role: Role, content: Content) -> Self {
        let line = self.session.turns.len() as u32 + 1;
        let uid = format!("{}-{line}", self.session.record.id);
        let time = self.start + Duration::seconds(i64::from(line));
        self.session.turns.push(Turn { role, place: Place::line(line), time: Some(time), uid: Some(uid), content });
        self
    }

    pub fn user(self, text: &str) -> Self {
        self.push(Role::User, Content::Text(text.to_owned()))
    }

    pub fn says(self, text: &str) -> Self {
        self.push(Role::Agent, Content::Text(text.to_owned()))
    }

    pub fn system(self, text: &str) -> Self {
        self.push(Role::System, Content::Text(text.to_owned()))
    }

    pub fn call(self, tool: &str, input: serde_json::Value, status: Status, output: &str) -> Self {
        let id = format!("call-{}", self.session.turns.len());
        let result = ToolResult { call: id.clone(), text: output.to_owned(), status, exit: None, seconds: None };
        self.push(Role::Agent, Content::Call(ToolCall { id, name: tool.to_owned(), input }))
            .push(Role::Tool, Content::Result(result))
    }

    pub fn runs(self, command: &str) -> Self {
        self.call("Bash", json!({ "command": command }), Status::Ok, "done")
    }

    pub fn fails(self, command: &str, output: &str) -> Self {
        self.call("Bash", json!({ "command": command }), Status::Failed, output)
    }

    pub fn edits(self, path: &str) -> Self {
        self.call("Edit", json!({ "file_path": path }), Status::Ok, "updated")
    }

    /// The same line as in another session: a resumed session repeats it.
    pub fn copied(mut self, uid: &str) -> Self {
        self.session.turns.last_mut().expect("a turn").uid = Some(uid.to_owned());
        self
    }

    pub fn session(self) -> Session {
        self.session
    }

    pub fn reflect(self) -> Reflection {
        Embedded.reflect(&self.session).expect("rules always answer")
    }
}

/// Rules do not ask who was read before.
static NOBODY: BTreeSet<SessionId> = BTreeSet::new();
static TEXTS: LazyLock<Known> = LazyLock::new(Known::default);

pub fn situation<'a>(reflections: &'a [Reflection], held: &'a [Held]) -> Situation<'a> {
    Situation {
        now: day(400),
        memory_commit: None,
        memory: Box::leak(Box::new(Entries::of(held, &TEXTS))),
        reflections,
        corpus: Box::leak(Box::new(Corpus::of(reflections, Embedded.index().expect("it looks them up")))),
        recall: Box::leak(Box::new(reflections)),
        unread: &NOBODY,
        min_support: 2,
        stale_after: Some(Duration::days(180)),
        instructions: None,
    }
}

pub fn dream(talks: Vec<Talk>) -> Vec<Proposal> {
    let reflections: Vec<Reflection> = talks.into_iter().map(Talk::reflect).collect();
    Embedded.propose(&situation(&reflections, &[]))
}

pub fn dream_with(talks: Vec<Talk>, held: &[Held]) -> Vec<Proposal> {
    let reflections: Vec<Reflection> = talks.into_iter().map(Talk::reflect).collect();
    Embedded.propose(&situation(&reflections, held))
}

pub fn texts(proposals: &[Proposal]) -> Vec<String> {
    proposals
        .iter()
        .map(|proposal| proposal.belief.as_ref().map_or(String::new(), |belief| belief.text.clone()))
        .collect()
}

/// One entry of a free-form file, in memory since the first day.
pub fn entry(text: &str) -> Held {
    Held {
        path: NotePath::new("MEMORY.md").expect("a path"),
        text: text.to_owned(),
        whole_note: false,
        name: None,
        description: None,
        kind: None,
        tags: Vec::new(),
        pinned: false,
        key: None,
        since: Some(day(0)),
        last_evidence: None,
        sessions: 0,
    }
}

/// Notes as an approved dream leaves them.
pub fn approved(proposals: &[Proposal], with_keys: bool) -> Vec<Held> {
    let note = |(nth, proposal): (usize, &Proposal)| {
        let belief = proposal.belief.as_ref()?;
        Some(Held {
            path: NotePath::new(&format!("notes/n{nth}.md")).expect("a path"),
            text: belief.text.clone(),
            whole_note: true,
            name: Some(belief.name.clone()),
            description: Some(belief.description.clone()),
            kind: Some(proposal.kind),
            tags: belief.tags.clone(),
            pinned: false,
            key: with_keys.then(|| BeliefKey::derive(&proposal.canonical)),
            since: Some(day(30)),
            last_evidence: proposal.evidence.iter().map(|evidence| evidence.time).max(),
            sessions: proposal.support.sessions,
        })
    };
    proposals.iter().enumerate().filter_map(note).collect()
}
