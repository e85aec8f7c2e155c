//! What is known about a session beside its turns: the record that is stored with the transcript, and outcomes.

use super::{AgentName, Lines, ObjectId, SessionId, moment};
use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The format that a transcript was recognised as.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct SessionRecord {
    pub schema: u32,
    pub id: SessionId,
    pub agent: AgentName,
    pub host: Host,
    /// The project's directory or name, as the transcript states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[borsh(serialize_with = "moment::optional::pack", deserialize_with = "moment::optional::unpack")]
    pub started: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[borsh(serialize_with = "moment::optional::pack", deserialize_with = "moment::optional::unpack")]
    pub ended: Option<DateTime<Utc>>,
    /// When this session was first imported.
    #[borsh(serialize_with = "moment::pack", deserialize_with = "moment::unpack")]
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

    /// Whether a dream read this session up to its newest part, under whatever name that part had then.
    pub fn is_blob(&self, blob: ObjectId) -> bool {
        self.current().and_then(|version| version.parts.last()).is_some_and(|part| part.blobs().any(|own| own == blob))
    }

    /// Whether the newest version can still be read.
    pub fn is_kept(&self) -> bool {
        self.current().is_some_and(SessionVersion::is_kept)
    }

    /// Whether it is what it was when it was first imported.
    pub fn is_as_imported(&self) -> bool {
        match self.versions.as_slice() {
            [version] => version.parts.len() == 1 && version.parts.iter().all(|part| part.was.is_empty()),
            _ => false,
        }
    }

    /// When the session took place, for ordering evidence: its end, else its start, else its import.
    pub fn happened(&self) -> DateTime<Utc> {
        self.ended.or(self.started).unwrap_or(self.imported)
    }
}

/// One state of a transcript, in the parts in which it grew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct SessionVersion {
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Part {
    /// What is stored; of an expired part, what was.
    pub blob: ObjectId,
    pub bytes: u64,
    /// Line feeds in this part.
    pub newlines: u32,
    #[borsh(serialize_with = "moment::pack", deserialize_with = "moment::unpack")]
    pub imported: DateTime<Utc>,
    /// What stood here before bytes were taken out of it, the oldest first. Lines keep their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<Former>,
    /// Set when its bytes were dropped because of their age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<Expired>,
}

/// What a part was before some of its bytes were taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Former {
    pub blob: ObjectId,
    pub bytes: u64,
    pub sha256: String,
    pub kind: Removal,
    /// The lines that were replaced, counted through the whole version as evidence counts them.
    pub lines: Vec<Lines>,
    /// The tombstone that says who and why; none for what was masked as it came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tombstone: Option<String>,
}

/// When the bytes of a part were dropped, and what names them still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Expired {
    #[borsh(serialize_with = "moment::pack", deserialize_with = "moment::unpack")]
    pub at: DateTime<Utc>,
    pub sha256: String,
    pub tombstone: String,
}

/// How bytes of a transcript went.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Removal {
    /// A person took them out for good.
    Redacted,
    /// They were older than transcripts are kept.
    Expired,
    /// They were credentials, and never came in.
    Masked,
}

impl Removal {
    pub fn as_str(self) -> &'static str {
        match self {
            Removal::Redacted => "redacted",
            Removal::Expired => "expired",
            Removal::Masked => "masked",
        }
    }
}

impl Part {
    pub fn new(blob: ObjectId, bytes: u64, newlines: u32, imported: DateTime<Utc>) -> Self {
        Self { blob, bytes, newlines, imported, was: Vec::new(), expired: None }
    }

    /// The transcript's own bytes: what came in, before anything was taken out. Blob and length.
    pub fn original(&self) -> (ObjectId, u64) {
        self.was.first().map_or((self.blob, self.bytes), |former| (former.blob, former.bytes))
    }

    /// All blobs that this part is or was.
    pub fn blobs(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.was.iter().map(|former| former.blob).chain([self.blob])
    }

    /// Whether evidence that names a blob by its first twelve characters means this part.
    pub fn is_named(&self, short: &str) -> bool {
        self.blobs().any(|blob| blob.short() == short)
    }
}

impl SessionVersion {
    /// The part in which a 1-based line ends.
    pub fn part_of_line(&self, line: u32) -> Option<&Part> {
        let mut newlines = 0u32;
        let ends_here = |part: &&Part| {
            newlines += part.newlines;
            line <= newlines
        };
        self.parts.iter().find(ends_here).or(self.parts.last())
    }

    /// The blob of the part in which a 1-based line ends.
    pub fn blob_of_line(&self, line: u32) -> Option<ObjectId> {
        self.part_of_line(line).map(|part| part.blob)
    }

    /// How bytes of these lines went, if any did.
    pub fn removed(&self, lines: Lines) -> Option<Removal> {
        if self.part_of_line(lines.last).is_some_and(|part| part.expired.is_some()) {
            return Some(Removal::Expired);
        }
        let meets = |former: &&Former| former.lines.iter().any(|gone| gone.meets(lines));
        let formers = self.parts.iter().flat_map(|part| &part.was);
        formers.filter(meets).map(|former| former.kind).min()
    }

    /// Whether the bytes of all its parts are still kept.
    pub fn is_kept(&self) -> bool {
        self.parts.iter().all(|part| part.expired.is_none())
    }
}

/// A judgement of a session against a task or rubric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
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
    #[borsh(serialize_with = "moment::pack", deserialize_with = "moment::unpack")]
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
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
