//! What can be wrong with a transcript: a file that is not supported, said by name, and lines that were skipped or
//! read only with help. Display is a lowercase fragment; hints belong to the command line, but for the one that a
//! foreign format itself calls for.

/// A file that gives no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    #[error("the file is empty")]
    Empty,
    #[error("the file is binary, not a transcript")]
    Binary,
    #[error("the file is compressed; unpack it first")]
    Compressed,
    #[error("the JSON document breaks off or is not valid at line {line}: {why}")]
    Broken { line: u32, why: String },
    #[error("no known transcript format")]
    Unknown,
    /// A format that is known, but not read.
    #[error("{format} is not supported; {instead}")]
    Known { format: &'static str, instead: &'static str },
}

/// A raw line that is not, or not exactly, part of what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// 1-based.
    pub line: u32,
    pub why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The last line breaks off: the session was being written, or its host died.
    #[error("the last line is torn")]
    Torn,
    #[error("not valid JSON: {0}")]
    Invalid(String),
    #[error("not a JSON object")]
    NotAnObject,
    #[error("not valid UTF-8; read with replacement characters")]
    NotUtf8,
    #[error("wrong escapes or control characters in a string; read as they stand")]
    Repaired,
}

impl Why {
    /// Whether the line's content is missing from the session, or was read all the same.
    pub fn lost(&self) -> bool {
        !matches!(self, Why::NotUtf8 | Why::Repaired)
    }
}
