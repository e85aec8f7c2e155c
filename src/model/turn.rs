//! Turns: what a transcript says once its host's format is understood. Every turn knows its role and the raw lines it
//! came from; nothing here reads a format.

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whose words these are. What was injected by the host (environment, rules files, reminders) is `System`; what a tool
/// brought from elsewhere (a page, an answer of a server) is `Fetched`, and `OtherAgent` is what a subagent answered or
/// another agent wrote.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    User,
    Agent,
    Tool,
    System,
    Fetched,
    OtherAgent,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Agent => "agent",
            Role::Tool => "tool",
            Role::System => "system",
            Role::Fetched => "fetched",
            Role::OtherAgent => "other-agent",
        }
    }

    /// Whether what only such words support can never become a directive, a workflow or a correction.
    pub fn is_untrusted(self) -> bool {
        !matches!(self, Role::User | Role::Agent)
    }
}

impl std::str::FromStr for Role {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "user" => Role::User,
            "agent" => Role::Agent,
            "tool" => Role::Tool,
            "system" => Role::System,
            "fetched" => Role::Fetched,
            "other-agent" => Role::OtherAgent,
            _ => return Err(()),
        })
    }
}

/// 1-based, inclusive lines of the raw transcript, counted through all of its parts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
pub struct Lines {
    pub first: u32,
    pub last: u32,
}

impl Lines {
    pub fn one(line: u32) -> Self {
        Self { first: line, last: line }
    }

    /// Whether the two have a line in common.
    pub fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// Where something stands in a raw transcript: its lines and, in a document whose lines do not tell turns apart
/// (JSON on one line), the JSON pointer (RFC 6901) of the element.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
pub struct Place {
    pub lines: Lines,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

impl Place {
    pub fn line(line: u32) -> Self {
        Self { lines: Lines::one(line), pointer: None }
    }
}

/// One message, tool call or tool result. One raw line may hold several turns.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub role: Role,
    pub place: Place,
    pub time: Option<DateTime<Utc>>,
    /// The host's own id of the line, by which copies in resumed and forked sessions are known to be copies.
    pub uid: Option<String>,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A message as it was said (JSON-decoded, otherwise verbatim).
    Text(String),
    /// What the agent thought and did not say.
    Thinking(String),
    Call(ToolCall),
    Result(ToolResult),
    /// The person stopped the agent.
    Interrupted,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Links a call to its result; empty when the host gives none.
    pub id: String,
    /// As the host names it, such as `Bash` or `exec_command`.
    pub name: String,
    pub input: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// The id of the call that this answers; empty when the host gives none.
    pub call: String,
    pub text: String,
    pub status: Status,
    /// The process's exit code, where the host states one.
    pub exit: Option<i32>,
    /// Seconds the call took, where the host states it.
    pub seconds: Option<f64>,
}

/// How a tool call ended. Never guessed from the words of its output, only from what the host states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Ok,
    Failed,
    /// The person refused the call; the text holds their reason, if any.
    Refused,
    Unknown,
}

impl Turn {
    /// The words of a message, when it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }
}
