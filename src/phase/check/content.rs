//! What a dream says, looked at as it stands on its branch: credentials, instructions to agents, hidden text. It never repeats what it found.

use super::{Finding, Verdict, finding};
use crate::config::guard::Check;
use crate::model::{NotePath, ObjectId};
use crate::store::Snapshot;
use crate::store::dream::ChangeRecord;
use crate::text::{hidden, injection, secret};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Whether a text holds what a check looks for.
type Finds = fn(&str) -> bool;

/// The three checks that read every line that the dream adds, and the message of every change.
const WORDS: [(Check, Finds, &str); 3] = [
    (Check::Secrets, secret::found, "holds what looks like a credential"),
    (Check::Injection, injection::found, "reads like an instruction smuggled in"),
    (Check::HiddenText, hides, "hides something from who reads it"),
];

fn hides(text: &str) -> bool {
    hidden::found(text) || text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// `messages` are those of the changes, in their order.
pub(super) fn words(
    before: Option<&Snapshot>,
    after: Option<&Snapshot>,
    changes: &[ChangeRecord],
    messages: &[String],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let changed: Vec<(&NotePath, &str, &str)> = after.map(|after| after.changed_since(before)).unwrap_or_default();
    for (check, found, what) in WORDS {
        let from = findings.len();
        // A dream of a thousand changes is read on both cores.
        let lines: Vec<Vec<usize>> =
            changed.par_iter().map(|(_, old, text)| added(old, text, found).collect()).collect();
        for ((path, _, _), lines) in changed.iter().zip(lines) {
            findings.extend(lines.into_iter().map(|line| at(check, what, path, line, changes)));
        }
        // Evidence is quoted there: what it says is not what the belief says, but a credential is one anywhere.
        if check != Check::Injection {
            let bad: Vec<bool> = messages.par_iter().map(|message| found(message)).collect();
            for (change, _) in changes.iter().zip(bad).filter(|(_, bad)| *bad) {
                findings.push(Finding::of(check, Verdict::Fail, format!("the message {what}"), change));
            }
        }
        if findings.len() == from {
            findings.push(finding(check, Verdict::Pass, "nothing found in what the dream adds".to_owned()));
        }
    }
    findings
}

/// What the message of a commit that is no change of a dream holds. A person may say anything there, but no
/// credential, and nothing that a reader does not see.
pub(super) fn message(commit: ObjectId, message: &str) -> impl Iterator<Item = Finding> + '_ {
    let found = WORDS.iter().filter(move |(check, found, _)| *check != Check::Injection && found(message));
    found.map(move |(check, _, what)| {
        finding(*check, Verdict::Fail, format!("the message of commit {} {what}", commit.short()))
    })
}

/// The first line of the new text for which this holds, and that the old text does not have; whole texts too, because
/// some things are only seen across lines.
fn added(old: &str, new: &str, found: fn(&str) -> bool) -> impl Iterator<Item = usize> {
    let known: BTreeSet<&str> = old.lines().collect();
    let lines: Vec<usize> = new
        .lines()
        .enumerate()
        .filter(|(_, line)| !known.contains(line) && found(line))
        .map(|(at, _)| at + 1)
        .collect();
    let whole = lines.is_empty() && old != new && found(new) && !found(old);
    lines.into_iter().chain(whole.then_some(1))
}

fn at(check: Check, what: &str, path: &NotePath, line: usize, changes: &[ChangeRecord]) -> Finding {
    let detail = format!("{path}:{line} {what}");
    match changes.iter().rev().find(|change| change.path.as_deref() == Some(path.as_str())) {
        Some(change) => Finding::of(check, Verdict::Fail, detail, change),
        None => finding(check, Verdict::Fail, detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_are_new_are_looked_at() {
        let key = format!("- the key is ghp_{}", "a1B2".repeat(9));
        let found = |old: &str, new: &str| added(old, new, secret::found).collect::<Vec<_>>();
        assert_eq!(found("", &format!("- a\n{key}\n")), [2]);
        assert!(found(&key, &format!("- a\n{key}\n")).is_empty());
        assert_eq!(added("a", "a\nb\u{202e}c", hides).collect::<Vec<_>>(), [2]);
    }
}
