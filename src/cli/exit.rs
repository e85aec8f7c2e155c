//! Exit codes: part of the interface, so each is a documented constant.

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Refused or failed.
    Refused = 1,
    /// The command line was not understood.
    Usage = 2,
    /// A conflict that needs a person; nothing was changed.
    Conflict = 3,
    /// A bug in git dream.
    Bug = 70,
    /// Something is locked or rate-limited: try again.
    Busy = 75,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
