//! What is known about a session beside its turns: the record that is stored with the transcript, and outcomes.

use super::{AgentName, ObjectId, SessionId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The format that a transcript was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    ClaudeCode,
    Codex,
    CopilotCli,
    GeminiCli,
    OpenCode,
    /// Event lists of hosted agents (`user.message`, `agent.tool_use`, …).
    Hosted,
    /// OpenAI-style `messages` lists, with or without `reward`.
    Messages,
    /// The documented minimal JSONL: `{"role","text","time"?,"tool"?,"error"?}`.
    Minimal,
}

impl Host {
    pub fn as_str(self) -> &'static str {
        match self {
            Host::ClaudeCode => "claude-code",
            Host::Codex => "codex",
            Host::CopilotCli => "copilot-cli",
            Host::GeminiCli => "gemini-cli",
            Host::OpenCode => "opencode",
            Host::Hosted => "hosted",
            Host::Messages => "messages",
            Host::Minimal => "minimal",
        }
    }
}

/// The stored record of one session (`record.json` beside its transcript).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    pub schema: u32,
    pub id: SessionId,
    pub agent: AgentName,
    pub host: Host,
    /// The project's directory or name, as the transcript states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<DateTime<Utc>>,
    /// When this session was first imported.
    pub imported: DateTime<Utc>,
    pub turns: u32,
    /// The newest version last. A version is added only when old bytes changed; growth adds a part.
    pub versions: Vec<SessionVersion>,
    /// JSON pointer of this session inside a document that holds several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<Outcome>,
}

impl SessionRecord {
    /// The version that is read: the newest.
    pub fn current(&self) -> Option<&SessionVersion> {
        self.versions.last()
    }

    /// The blob that names how far the session was read: the last part of the newest version.
    pub fn blob(&self) -> Option<ObjectId> {
        self.current()?.parts.last().map(|part| part.blob)
    }

    /// When the session took place, for ordering evidence: its end, else its start, else its import.
    pub fn happened(&self) -> DateTime<Utc> {
        self.ended.or(self.started).unwrap_or(self.imported)
    }
}

/// One state of a transcript, in the parts in which it grew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionVersion {
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub blob: ObjectId,
    pub bytes: u64,
    /// Line feeds in this part.
    pub newlines: u32,
    pub imported: DateTime<Utc>,
}

impl SessionVersion {
    /// The blob of the part in which a 1-based line ends.
    pub fn blob_of_line(&self, line: u32) -> Option<ObjectId> {
        let mut newlines = 0u32;
        for part in &self.parts {
            newlines += part.newlines;
            if line <= newlines {
                return Some(part.blob);
            }
        }
        self.parts.last().map(|part| part.blob)
    }
}

/// A judgement of a session against a task or rubric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub result: OutcomeResult,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Who judged: a person, or `import` for what the transcript itself states.
    pub by: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeResult {
    Satisfied,
    NeedsRevision,
    Failed,
    Interrupted,
}

impl OutcomeResult {
    pub fn as_str(self) -> &'static str {
        match self {
            OutcomeResult::Satisfied => "satisfied",
            OutcomeResult::NeedsRevision => "needs_revision",
            OutcomeResult::Failed => "failed",
            OutcomeResult::Interrupted => "interrupted",
        }
    }
}
