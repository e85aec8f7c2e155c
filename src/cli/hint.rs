//! From a typed error of the library to the next command to type and the exit code. The only place that knows both.

use super::{Exit, Refusal};
use crate::config::ConfigError;
use crate::model::IdError;
use crate::store::{IdentityError, MemoryError, OpenError, RefError};
use std::error::Error;

/// What a type of error means to the person at the terminal.
#[derive(Debug, Default)]
pub struct Advice {
    pub hints: Vec<String>,
    pub exit: Option<Exit>,
}

impl Advice {
    fn hint(text: impl Into<String>) -> Option<Self> {
        Some(Self { hints: vec![text.into()], exit: None })
    }
}

/// Looks through an error and its sources for types that we can advise on; the outermost wins.
pub fn advice(error: &(dyn Error + 'static)) -> Advice {
    let rules = [config, open, memory, identity, reference];
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(advice) = rules.iter().find_map(|rule| rule(error)) {
            return advice;
        }
        next = error.source();
    }
    Advice::default()
}

/// Whether an error's words stand alone; all others are fragments that fit after "could not".
pub fn is_sentence(error: &(dyn Error + 'static)) -> bool {
    error.is::<Refusal>() || error.is::<ConfigError>() || error.is::<IdError>()
}

fn config(error: &(dyn Error + 'static)) -> Option<Advice> {
    let error = error.downcast_ref::<ConfigError>()?;
    let mut hints: Vec<String> = error.near().map(|near| format!("did you mean '{near}'?")).into_iter().collect();
    hints.push(error.origin().remedy());
    Some(Advice { hints, exit: None })
}

fn open(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<OpenError>()? {
        OpenError::NotFound(_) => {
            Advice::hint("make a memory with 'git dream init', or name one with 'git dream -C DIR'")
        }
        OpenError::Sha256(_) => Advice::hint("make the memory with 'git init --object-format=sha1'"),
        OpenError::Reftable(_) => {
            Advice::hint("'git refs migrate --ref-format=files' brings it into the format that is read")
        }
        OpenError::Owner(path) => {
            Advice::hint(format!("if you trust it: git config --global --add safe.directory {}", path.display()))
        }
        OpenError::Grafts(_) => Advice::hint("'git replace --convert-graft-file' turns grafts into refs"),
        OpenError::Open { .. } => Advice::hint("'git fsck' says what is wrong with the repository"),
    }
}

fn memory(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<MemoryError>()? {
        MemoryError::NoMemory { .. } => Advice::hint(
            "'git dream init' makes this repository a memory\n'git config dream.branch NAME' names the branch that is one",
        ),
        MemoryError::Read(_) => None,
    }
}

fn identity(error: &(dyn Error + 'static)) -> Option<Advice> {
    error.downcast_ref::<IdentityError>()?;
    Advice::hint("git config user.name \"Your Name\" && git config user.email you@example.com")
}

fn reference(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<RefError>()? {
        RefError::Locked { .. } => Some(Advice {
            hints: vec!["another git dream or git is at work here: try again when it is done".to_owned()],
            exit: Some(Exit::Busy),
        }),
        _ => None,
    }
}
