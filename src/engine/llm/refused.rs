//! What was refused of a model's answers, counted: a thousand made-up changes are one line of a report.

use crate::phase::settle::Skipped;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Refusals by where they were and why.
#[derive(Debug, Default)]
pub struct Refused(Mutex<BTreeMap<(String, String), usize>>);

impl Refused {
    /// `what` names one thing and where it was, such as `lesson of session a`.
    pub fn add(&self, what: &str, why: impl Into<String>) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry((what.to_owned(), why.into())).or_default() += 1;
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub fn lines(&self) -> Vec<Skipped> {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |((what, why), count): (&(String, String), &usize)| {
            let what = match (count, what.split_once(' ')) {
                (1, _) | (_, None) => what.clone(),
                (count, Some((noun, rest))) => format!("{count} {noun}s {rest}"),
            };
            Skipped { what, why: why.clone() }
        };
        refused.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_refusals_for_one_reason_are_one_line() {
        let refused = Refused::default();
        refused.add("lesson of session a", "no evidence");
        for _ in 0..1000 {
            refused.add("change of request 1", "unknown note");
        }
        let lines: Vec<String> = refused.lines().iter().map(|line| format!("{}: {}", line.what, line.why)).collect();
        assert_eq!(lines, ["1000 changes of request 1: unknown note", "lesson of session a: no evidence"]);
    }
}
