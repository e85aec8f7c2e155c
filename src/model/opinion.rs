//! A second opinion on a change: what somebody who saw only the change and its evidence says of it.

use crate::text::Scrubbed;

/// What a reviewer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The evidence says what the change says.
    Supported,
    Unsupported,
    /// An agent that believed it would do damage.
    Harmful,
    NeedsPerson,
}

impl Verdict {
    pub const ALL: [Verdict; 4] = [Verdict::Supported, Verdict::Unsupported, Verdict::Harmful, Verdict::NeedsPerson];

    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::Unsupported => "unsupported",
            Verdict::Harmful => "harmful",
            Verdict::NeedsPerson => "needs-person",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == text)
    }
}

/// A verdict with who gave it and why. In a trailer: `<verdict>, <by>: <reason>`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Opinion {
    pub verdict: Verdict,
    /// The engine, and its model if it has one; neither a comma nor a colon.
    pub by: String,
    pub reason: Scrubbed,
}

impl Opinion {
    pub fn new(verdict: Verdict, by: &str, reason: &str) -> Self {
        let by = Scrubbed::line(&by.replace([',', ':'], " ")).into_string();
        Self { verdict, by, reason: Scrubbed::short(reason, 300) }
    }

    /// Reads what `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, reason) = text.split_once(':')?;
        let (verdict, by) = head.split_once(',')?;
        Some(Self {
            verdict: Verdict::parse(verdict.trim())?,
            by: by.trim().to_owned(),
            reason: Scrubbed::line(reason),
        })
    }
}

impl std::fmt::Display for Opinion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}: {}", self.verdict.as_str(), self.by, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opinion_reads_back_what_it_writes() {
        let opinion = Opinion::new(Verdict::NeedsPerson, "ollama qwen3:8b", "It says:\nboth, in turn.");
        assert_eq!(Opinion::parse(&opinion.to_string()), Some(opinion));
        for bad in ["", "supported", "supported: x", "sure, me: x"] {
            assert_eq!(Opinion::parse(bad), None, "{bad}");
        }
    }
}
