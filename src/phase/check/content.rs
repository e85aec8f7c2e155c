//! What a dream says, looked at as it stands on its branch: credentials, instructions to agents, hidden characters, and
//! beliefs with more authority than their evidence has. It never repeats what it found.

use super::{Finding, Verdict, finding};
use crate::config::guard::Check;
use crate::model::{ChangeType, Kind, NotePath, Risk, Role};
use crate::store::Snapshot;
use crate::store::dream::ChangeRecord;
use crate::text::{injection, scrub, secret};
use std::collections::BTreeSet;

/// The three checks that read every line that the dream adds, and the message of every change.
const WORDS: [(Check, fn(&str) -> bool, &str); 3] = [
    (Check::Secrets, secret::found, "holds what looks like a credential"),
    (Check::Injection, injection::found, "reads like an instruction smuggled in"),
    (Check::HiddenText, hidden, "holds a character that nobody sees"),
];

fn hidden(text: &str) -> bool {
    text.chars().any(|c| scrub::is_hidden(c) || c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// `messages` are those of the changes, in their order.
pub(super) fn words(
    before: Option<&Snapshot>,
    after: Option<&Snapshot>,
    changes: &[ChangeRecord],
    messages: &[String],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (check, found, what) in WORDS {
        let from = findings.len();
        for (path, text) in after.iter().flat_map(|after| &after.notes) {
            let old = before.and_then(|before| before.notes.get(path)).map_or("", |text| text);
            if old == &**text {
                continue;
            }
            findings.extend(added(old, text, found).map(|line| at(check, what, path, line, changes)));
        }
        for (change, _) in changes.iter().zip(messages).filter(|(_, message)| found(message)) {
            // Evidence is quoted there: what it says is not what the belief says, but a credential is one anywhere.
            if check != Check::Injection {
                findings.push(Finding::of(check, Verdict::Fail, format!("the message {what}"), change));
            }
        }
        if findings.len() == from {
            findings.push(finding(check, Verdict::Pass, "nothing found in what the dream adds".to_owned()));
        }
    }
    findings
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

/// What only tools' output supports is no directive, and as a fact it says what it is.
pub(super) fn trust(changes: &[ChangeRecord]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = changes
        .iter()
        .filter(|change| !matches!(change.change, ChangeType::Retire | ChangeType::Join) && !change.evidence.is_empty())
        .filter(|change| change.evidence.iter().all(|cited| matches!(cited.role, Role::Tool | Role::System)))
        .filter_map(|change| {
            let why = match change.kind {
                Some(Kind::Mistake) => return None,
                Some(Kind::Fact) if change.risks.contains(&Risk::UntrustedSource) => return None,
                Some(Kind::Fact) => "is a fact that only tools' output supports, and is not marked so",
                _ => "tells agents what to do, and only tools' output supports it",
            };
            Some(Finding::of(Check::Trust, Verdict::Fail, why.to_owned(), change))
        })
        .collect();
    if findings.is_empty() {
        let detail = "no change has more authority than its evidence".to_owned();
        findings.push(finding(Check::Trust, Verdict::Pass, detail));
    }
    findings
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
        assert_eq!(added("a", "a\nb\u{202e}c", hidden).collect::<Vec<_>>(), [2]);
    }
}
