//! Why a command ended without doing what was asked. Library errors arrive here typed, by `?`; the hint and the exit
//! code are found from their type in [`super::hint`], so no command repeats them.

use super::Exit;
use std::error::Error;

/// An error on its way to the terminal.
#[derive(Debug)]
pub struct Failure {
    pub error: Box<dyn Error + 'static>,
    /// What the command itself knows beside what the error's type says.
    pub hints: Vec<String>,
    /// Set where the error's type alone does not say it.
    pub exit: Option<Exit>,
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { error: Box::new(error), hints: Vec::new(), exit: None }
    }
}

/// What only a command can find wrong: a few words that fit after `error: `.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Failure {
    /// A refusal in the command's own words.
    pub fn refuse(message: impl Into<String>) -> Self {
        Refusal(message.into()).into()
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = Some(exit);
        self
    }

    /// Whether the reader of our output went away, as `head` does: no error worth a word.
    pub fn is_broken_pipe(&self) -> bool {
        let io = self.error.downcast_ref::<std::io::Error>();
        io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

/// Adds the next command to type to whatever failed.
pub trait Hint<T> {
    fn hint(self, hint: impl Into<String>) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> Hint<T> for Result<T, E> {
    fn hint(self, hint: impl Into<String>) -> Result<T, Failure> {
        self.map_err(|error| error.into().hint(hint))
    }
}
