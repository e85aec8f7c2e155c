//! What a reviewer may answer, and what an answer means for the changes that are still open. Pure.

use crate::model::BeliefKey;
use std::collections::BTreeMap;

/// A decision about one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    Drop,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Keep => "keep",
            Verdict::Drop => "drop",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "keep" => Some(Verdict::Keep),
            "drop" => Some(Verdict::Drop),
            _ => None,
        }
    }
}

/// The decisions made so far.
pub type Verdicts = BTreeMap<BeliefKey, Verdict>;

/// One key of the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    Edit,
    Skip,
    /// Keep this one and all that follow.
    All,
    /// Drop this one and all that follow.
    DropRest,
    Quit,
    Help,
}

impl Answer {
    /// Reads what was typed: one letter, in either case.
    pub fn parse(typed: &str) -> Option<Self> {
        Some(match typed.to_lowercase().as_str() {
            "y" | "yes" => Answer::Yes,
            "n" | "no" => Answer::No,
            "e" => Answer::Edit,
            "s" => Answer::Skip,
            "a" => Answer::All,
            "d" => Answer::DropRest,
            "q" => Answer::Quit,
            "?" | "h" => Answer::Help,
            _ => return None,
        })
    }

    /// What the answer decides about this change, if anything, and about those after it.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Answer::Yes | Answer::All => Some(Verdict::Keep),
            Answer::No | Answer::DropRest => Some(Verdict::Drop),
            _ => None,
        }
    }

    pub fn goes_for_the_rest(self) -> bool {
        matches!(self, Answer::All | Answer::DropRest)
    }
}

/// The prompt's own explanation.
pub const KEYS: &str = "\
y - keep this change
n - drop this change; it will not be proposed again without new evidence
e - edit the text in your editor, then keep it
s - skip: decide later
a - keep this change and all that follow
d - drop this change and all that follow
q - quit; answers so far are kept for the next 'git dream review'
? - this help";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_help_is_an_answer() {
        for line in KEYS.lines() {
            assert!(Answer::parse(&line[..1]).is_some(), "{line}");
        }
        assert_eq!(Answer::parse("Y"), Some(Answer::Yes));
        assert_eq!(Answer::parse("x"), None);
        assert_eq!(Answer::parse(""), None);
    }

    #[test]
    fn verdicts_read_back_what_they_write() {
        for verdict in [Verdict::Keep, Verdict::Drop] {
            assert_eq!(Verdict::parse(verdict.as_str()), Some(verdict));
        }
    }
}
