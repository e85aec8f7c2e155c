//! What the client hooks refuse, before it becomes a commit: pure, over bytes that the store hands in. Nothing here
//! knows git; a finding names a line and never repeats what stands there, because it may be a credential.

pub mod message;
pub mod note;

/// One thing that is wrong, at a 1-based line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    pub line: u32,
    pub what: String,
}

impl Flaw {
    fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line: u32::try_from(line).unwrap_or(u32::MAX), what: what.into() }
    }
}
