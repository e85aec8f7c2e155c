//! From a typed error of the library to the next command to type and the exit code. The only place that knows both.

use super::Exit;
use crate::config::ConfigError;
use std::error::Error;

/// What a type of error means to the person at the terminal.
#[derive(Debug, Default)]
pub struct Advice {
    pub hints: Vec<String>,
    pub exit: Option<Exit>,
}

/// Looks through an error and its sources for types that we can advise on; the outermost wins.
pub fn advice(error: &(dyn Error + 'static)) -> Advice {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(advice) = config(error) {
            return advice;
        }
        next = error.source();
    }
    Advice::default()
}

fn config(error: &(dyn Error + 'static)) -> Option<Advice> {
    let error = error.downcast_ref::<ConfigError>()?;
    let mut hints = Vec::new();
    if let Some(near) = error.near() {
        hints.push(format!("did you mean '{near}'?"));
    }
    hints.push(error.origin().remedy());
    Some(Advice { hints, exit: None })
}
