//! What guards memory: which checks block, what they may cost, and who may decide. Plain values; whoever acts on them
//! says so there.

use super::value::Written;
use super::{ConfigError, Key};

/// The checks of a dream, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    Loss,
    Provenance,
    Trust,
    Secrets,
    Injection,
    HiddenText,
    Size,
    Bill,
}

impl Check {
    pub const ALL: [Check; 8] = [
        Check::Loss,
        Check::Provenance,
        Check::Trust,
        Check::Secrets,
        Check::Injection,
        Check::HiddenText,
        Check::Size,
        Check::Bill,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Check::Loss => "loss",
            Check::Provenance => "provenance",
            Check::Trust => "trust",
            Check::Secrets => "secrets",
            Check::Injection => "injection",
            Check::HiddenText => "hidden-text",
            Check::Size => "size",
            Check::Bill => "bill",
        }
    }

    /// The name in git config, after `dream.`.
    pub(super) fn git_name(self) -> &'static str {
        match self {
            Check::Loss => "check-loss",
            Check::Provenance => "check-provenance",
            Check::Trust => "check-trust",
            Check::Secrets => "check-secrets",
            Check::Injection => "check-injection",
            Check::HiddenText => "check-hidden-text",
            Check::Size => "check-size",
            Check::Bill => "check-bill",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.as_str() == name)
    }
}

/// What a failed check means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It blocks approval, and `check` exits 1.
    Required,
    /// It is said, and blocks nothing.
    Warn,
    /// It is not computed.
    Off,
}

/// How the checks are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    levels: [Level; 8],
    /// Per cent of approved entries that a dream may retire or rewrite.
    pub loss_budget: u32,
    /// Tokens that the index and the pinned notes may cost an agent.
    pub size_budget: u32,
    /// Tokens that one dream may cost.
    pub bill_budget: u32,
}

impl Default for Checks {
    fn default() -> Self {
        let mut levels = [Level::Required; 8];
        // Signals of injection are words: a person looks at them, and automatic approval holds them back anyway.
        levels[Check::Injection as usize] = Level::Warn;
        levels[Check::Bill as usize] = Level::Warn;
        Self { levels, loss_budget: 20, size_budget: 25_000, bill_budget: 1_000_000 }
    }
}

impl Checks {
    pub fn level(&self, check: Check) -> Level {
        self.levels[check as usize]
    }

    pub(super) fn set(&mut self, check: Check, written: &Written) -> Result<(), ConfigError> {
        let allowed = "\"required\", \"warn\" or \"off\" is expected";
        self.levels[check as usize] = match written.text(allowed)? {
            "required" => Level::Required,
            "warn" => Level::Warn,
            "off" => Level::Off,
            _ => return Err(written.refuse(allowed)),
        };
        Ok(())
    }
}

/// Which commits of memory have to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Signatures {
    #[default]
    Off,
    /// Those by which somebody decided: approvals, reverts and restores.
    Approvals,
    /// Also direct edits, and the first commit of every dream.
    All,
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    /// Nobody approves a dream that they asked for themselves.
    pub two_person: bool,
    /// Addresses of those who may edit memory directly.
    pub maintainers: Vec<String>,
    /// Addresses of those who may approve; everybody when it is empty.
    pub approvers: Vec<String>,
    pub signatures: Signatures,
}

impl Trust {
    pub(super) fn set(&mut self, written: &Written) -> Result<(), ConfigError> {
        let people = "a list of addresses such as [\"ada@example.com\"] is expected";
        match written.key {
            Key::TwoPerson => self.two_person = written.flag()?,
            Key::Maintainers => self.maintainers = written.list(people)?,
            Key::Approvers => self.approvers = written.list(people)?,
            _ => self.signatures = signatures(written)?,
        }
        Ok(())
    }

    pub fn is_maintainer(&self, mail: &str) -> bool {
        self.maintainers.iter().any(|known| known.eq_ignore_ascii_case(mail))
    }

    pub fn is_approver(&self, mail: &str) -> bool {
        self.approvers.is_empty() || self.approvers.iter().any(|known| known.eq_ignore_ascii_case(mail))
    }
}

fn signatures(written: &Written) -> Result<Signatures, ConfigError> {
    let allowed = "\"off\", \"approvals\" or \"all\" is expected";
    match written.text(allowed)? {
        "off" => Ok(Signatures::Off),
        "approvals" => Ok(Signatures::Approvals),
        "all" => Ok(Signatures::All),
        _ => Err(written.refuse(allowed)),
    }
}
