//! What one session taught, as data: what people said, what failed and what then worked, what was run. Small, because
//! it is kept for every session; it holds quotes and places, never whole results.

use crate::model::{AgentName, Evidence, Kind, ObjectId, OutcomeResult, Place, Role, SessionId, SessionRecord, moment};
use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of [`Reflection`]'s data.
pub const SCHEMA: u32 = 1;

/// What one session taught.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Reflection {
    pub schema: u32,
    pub session: SessionId,
    pub blob: ObjectId,
    pub agent: AgentName,
    #[borsh(serialize_with = "moment::pack", deserialize_with = "moment::unpack")]
    pub happened: DateTime<Utc>,
    /// How the session was judged. Judgements come later than transcripts: [`Reflection::judge`] renews it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeResult>,
    /// Directives, corrections and requests by people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Said>,
    /// Statements by people of how things are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Stated>,
    /// Tool calls that failed, and what then worked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// Commands by their shape, such as `cargo test`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commands: BTreeMap<String, CommandUse>,
    /// What was run between the last edit and each commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<Commit>,
    /// Tools other than a coding agent's own, in the order of their first call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolUse>,
    /// Files that were changed, by the last parts of their path, with the first place of each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub edited: BTreeMap<String, Cite>,
    /// Rules that the session loaded from memory or a rules file: never evidence, but they may be what fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// A language model's account of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// What a language model learned from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lessons: Vec<Lesson>,
}

/// What a session was about, in a language model's words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Account {
    pub task: String,
    pub approach: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worked: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
}

/// Something worth knowing in later sessions, with where it was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Lesson {
    pub kind: Kind,
    /// One or a few sentences that stand alone.
    pub text: String,
    /// Whether a person said it and meant it to last: one session is then enough.
    pub lasting: bool,
    /// Never empty; every quote was found in its turn.
    pub cites: Vec<Cite>,
}

/// A place in the session with the words that stand there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Cite {
    pub blob: ObjectId,
    pub place: Place,
    pub role: Role,
    pub quote: String,
    #[borsh(serialize_with = "moment::pack", deserialize_with = "moment::unpack")]
    pub time: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

/// How a directive was put, the strongest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Manner {
    /// "Remember …", "from now on …": meant to last, in so many words.
    Remember,
    /// "Always …", "never …", "we use X, not Y".
    Standing,
    /// "No, …", "don't …", "use X instead of Y": about what the agent just did.
    Correction,
    /// The person refused a call and said why.
    Refusal,
    /// A request that is memory only when it is made again and again.
    Request,
}

/// A directive by a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Said {
    pub manner: Manner,
    /// One imperative sentence that stands alone.
    pub text: String,
    /// For a request: what the same message asked for beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Of the message that opens its session, with more in it than this: its checksum. The same message at the start
    /// of several sessions was written by a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<u32>,
    pub cite: Cite,
}

/// A statement by a person of how things are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Stated {
    /// Who or what it is about, such as `user` or `staging`.
    pub subject: String,
    /// Of what the statement gives the value (`location`, `port`), where one value excludes another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The value that it says no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
    /// A sentence that stands alone, dates absolute.
    pub text: String,
    pub preference: bool,
    pub cite: Cite,
}

/// A tool call that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Failure {
    pub tool: String,
    /// What groups it with others: tool and telling line, paths, numbers, names and hashes abstracted.
    pub signature: String,
    pub class: FailureClass,
    /// The command or the file, short.
    pub call: String,
    /// The shape of the command that failed, such as `bun run lint`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shape: String,
    /// The telling line.
    pub error: String,
    /// The name that it says is not known: of a command, an option, a script, a field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A checksum of its first lines, finer than the signature: the same case, not only the same error.
    #[serde(default)]
    pub case: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    pub cite: Cite,
}

/// How much an error teaches, the most first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum FailureClass {
    /// The command, option, tool or name does not exist or is not allowed: the same call will fail again.
    Usage,
    /// The tool's own rules were not followed.
    Protocol,
    /// Anything else.
    Other,
    /// A check (lint, types, tests, build) found something.
    Check,
    /// Cancelled with another call, interrupted.
    Cancelled,
}

/// What worked after a failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fix {
    /// Another call in its place; the words that were left out and put in.
    Instead { call: String, without: String, with: String, place: Place },
    /// The same call worked after these steps.
    After { steps: Vec<String>, place: Place },
    /// What the person said.
    Said { text: String, place: Place },
}

/// How often a command was run, and how often it worked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct CommandUse {
    pub runs: u32,
    pub failed: u32,
    /// Seconds that runs took which worked; some waited for a person's permission, so a median tells more than a mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seconds: Vec<f64>,
    /// The call as it was first made.
    pub example: String,
    pub cite: Cite,
}

/// One commit (or try of one).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Commit {
    pub worked: bool,
    /// Shapes of the checks that ran since the last edit, each with whether it passed.
    pub checks: BTreeMap<String, bool>,
    pub cite: Cite,
}

/// A tool of the agent's domain, in one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct ToolUse {
    pub name: String,
    pub calls: u32,
    /// Whether the person agreed in the words just before its first call.
    pub confirmed: bool,
    pub cite: Cite,
}

impl Reflection {
    /// A reflection on nothing: of a session that has no turns, or none that teaches.
    pub fn empty(record: &SessionRecord) -> Self {
        let blob = record.blob().unwrap_or_else(|| ObjectId::of_blob(b""));
        let mut empty = Self {
            schema: SCHEMA,
            session: record.id.clone(),
            blob,
            agent: record.agent.clone(),
            happened: record.happened(),
            outcome: None,
            said: Vec::new(),
            facts: Vec::new(),
            failures: Vec::new(),
            commands: BTreeMap::new(),
            commits: Vec::new(),
            tools: Vec::new(),
            edited: BTreeMap::new(),
            rules: Vec::new(),
            account: None,
            lessons: Vec::new(),
        };
        empty.judge(record);
        empty
    }

    /// Takes the newest judgement from the session's record. To be called on a kept reflection too.
    pub fn judge(&mut self, record: &SessionRecord) {
        self.outcome = record.outcomes.iter().max_by_key(|outcome| outcome.at).map(|outcome| outcome.result);
    }

    /// Every place that it cites.
    pub fn cites(&self) -> impl Iterator<Item = &Cite> {
        let said = self.said.iter().map(|said| &said.cite).chain(self.facts.iter().map(|fact| &fact.cite));
        let calls = self.failures.iter().map(|failure| &failure.cite);
        let calls = calls.chain(self.commands.values().map(|used| &used.cite));
        let learned = self.lessons.iter().flat_map(|lesson| &lesson.cites);
        said.chain(learned)
            .chain(calls)
            .chain(self.commits.iter().map(|made| &made.cite))
            .chain(self.tools.iter().map(|t| &t.cite))
    }

    pub fn evidence(&self, cite: &Cite) -> Evidence {
        Evidence {
            session: self.session.clone(),
            blob: cite.blob,
            place: cite.place.clone(),
            role: cite.role,
            quote: cite.quote.clone(),
            time: cite.time,
            uid: cite.uid.clone(),
        }
    }
}
