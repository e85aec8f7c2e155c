//! Changes: what an engine proposes (raw) and what may be committed (checked). The check itself is a phase's work;
//! the types make it impossible to skip: only scrubbed text fits into a [`Change`].

use super::{BeliefKey, Evidence, NotePath, Opinion, Verdict};
use crate::text::Scrubbed;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err(()),
                }
            }
        }
    };
}

words!(
    /// What a change does to a belief.
    ChangeType {
        Add = "add",
        Revise = "revise",
        Join = "join",
        Supersede = "supersede",
        Correct = "correct",
        Retire = "retire",
        Promote = "promote",
    }
);
words!(
    /// The phase of a dream that made a commit.
    Phase {
        Review = "review",
        Extract = "extract",
        Reconcile = "reconcile",
        Prune = "prune",
    }
);
words!(
    /// What sort of belief it is.
    Kind {
        Fact = "fact",
        Preference = "preference",
        Workflow = "workflow",
        Mistake = "mistake",
    }
);
words!(
    /// Why a belief leaves memory.
    RetireReason {
        Stale = "stale",
        Superseded = "superseded",
        Duplicate = "duplicate",
        Unsupported = "unsupported",
        Harmful = "harmful",
    }
);
words!(
    /// What a reviewer must see first, and what holds a change under automatic approval.
    Risk {
        Injection = "injection",
        UntrustedSource = "untrusted-source",
        Secret = "secret",
        HiddenText = "hidden-text",
        SingleSession = "single-session",
        ContradictsApproved = "contradicts-approved",
        DeletesMuch = "deletes-much",
    }
);

/// How many sessions and agents support a belief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    pub sessions: u32,
    pub agents: u32,
}

impl Support {
    /// Reads the trailer's `3 sessions, 2 agents`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |part: &str| part.split_whitespace().next()?.parse().ok();
        let (sessions, agents) = text.split_once(',')?;
        Some(Self { sessions: number(sessions)?, agents: number(agents)? })
    }
}

/// 0 to 1, kept in hundredths so that it is the same on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Confidence(u8);

impl Confidence {
    pub fn new(value: f64) -> Self {
        Self((value.clamp(0.0, 1.0) * 100.0).round() as u8)
    }

    pub fn value(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl std::fmt::Display for Confidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// The belief that a proposal wants memory to hold, as the engine words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Belief {
    /// Words for the note's name; made into a slug by whoever writes the note.
    pub name: String,
    /// One line for an index.
    pub description: String,
    /// The belief itself: Markdown, one or a few sentences.
    pub text: String,
    pub tags: Vec<String>,
}

/// Where a proposal stands in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A new note; its path is made from kind and name.
    New,
    /// An entry that memory holds: the file and the entry's exact text (a note's body, a list item, a paragraph).
    Entry { path: NotePath, text: String },
}

/// One proposed edit, as an engine returns it. Untrusted: every field is checked before it becomes a [`Change`].
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub change: ChangeType,
    pub phase: Phase,
    pub kind: Kind,
    /// Names the belief whatever its wording: an error's signature, a subject and attribute, sorted stems. Two
    /// proposals with one canonical name are the same belief.
    pub canonical: String,
    pub target: Target,
    /// What memory shall hold afterwards; `None` for a retirement.
    pub belief: Option<Belief>,
    /// Further entries that this change takes out of memory because the belief now says them (a join).
    pub absorbs: Vec<(NotePath, String)>,
    /// What a reviewer reads first: a few words without the phase, such as `deploys run from release/*`.
    pub subject: String,
    /// Why: a sentence or two that names the rule.
    pub reason: String,
    pub retire: Option<RetireReason>,
    pub evidence: Vec<Evidence>,
    /// Sessions and agents that agree, where they are more than the evidence cites.
    pub support: Support,
    pub confidence: Confidence,
    pub risks: Vec<Risk>,
    /// Said in so many words by a person ("remember …"): one session is enough.
    pub explicit: bool,
}

/// A checked edit of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Makes a note.
    Write { path: NotePath, text: Scrubbed },
    /// Gives a note another text and description, perhaps another name, and leaves the rest of it alone.
    Revise { path: NotePath, name: Option<String>, description: Scrubbed, text: Scrubbed },
    /// Replaces (or with `None` removes) one entry of a file and leaves every other byte alone.
    Entry { path: NotePath, old: String, new: Option<Scrubbed> },
    /// Removes the whole file.
    Remove { path: NotePath },
}

impl Edit {
    pub fn path(&self) -> &NotePath {
        match self {
            Edit::Write { path, .. } | Edit::Revise { path, .. } | Edit::Entry { path, .. } | Edit::Remove { path } => {
                path
            }
        }
    }
}

/// A checked change: one commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub key: BeliefKey,
    pub change: ChangeType,
    pub phase: Phase,
    pub kind: Kind,
    /// The first is the file that the change is about.
    pub edits: Vec<Edit>,
    /// The belief's text before and after.
    pub before: Option<Scrubbed>,
    pub after: Option<Scrubbed>,
    pub subject: Scrubbed,
    pub reason: Scrubbed,
    pub retire: Option<RetireReason>,
    /// Never empty.
    pub evidence: Vec<Evidence>,
    pub support: Support,
    pub confidence: Confidence,
    pub risks: Vec<Risk>,
    /// The second opinion, where settings ask for one.
    pub opinion: Option<Opinion>,
}

impl Change {
    /// Whether automatic approval leaves it to a person.
    pub fn is_held(&self) -> bool {
        !self.risks.is_empty() || self.opinion.as_ref().is_some_and(|opinion| opinion.verdict != Verdict::Supported)
    }

    /// The file that the change is about.
    pub fn path(&self) -> &NotePath {
        self.edits[0].path()
    }
}
