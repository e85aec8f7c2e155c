//! What can be wrong with a setting, always with the key and the place where it was written.

use std::fmt;

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `dream.toml`, at this 1-based line.
    File {
        line: usize,
    },
    GitConfig,
    Flag,
}

impl Origin {
    /// What to do about a wrong setting from here.
    pub fn remedy(&self) -> String {
        match self {
            Origin::File { line } => format!("correct line {line} of dream.toml on the memory branch and commit it"),
            Origin::GitConfig => "see 'git config --show-origin --get-regexp ^dream' for where it is set".to_owned(),
            Origin::Flag => "see the command's --help for what is allowed".to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { line } => write!(f, "dream.toml line {line}"),
            Origin::GitConfig => f.write_str("git config"),
            Origin::Flag => f.write_str("command line"),
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{origin}: not valid TOML: {why}")]
    Syntax { origin: Origin, why: String },
    #[error("{origin}: unknown key '{key}'")]
    UnknownKey { origin: Origin, key: String, near: Option<String> },
    #[error("{origin}: {key} is {found}, but {allowed}")]
    BadValue { origin: Origin, key: &'static str, found: String, allowed: &'static str },
}

impl ConfigError {
    pub fn origin(&self) -> &Origin {
        match self {
            ConfigError::Syntax { origin, .. }
            | ConfigError::UnknownKey { origin, .. }
            | ConfigError::BadValue { origin, .. } => origin,
        }
    }

    /// The known key that an unknown one is most like.
    pub fn near(&self) -> Option<&str> {
        match self {
            ConfigError::UnknownKey { near, .. } => near.as_deref(),
            _ => None,
        }
    }
}
