//! Failed calls of one session, each with its signature and what then worked. What memory or an earlier dream says is
//! shown by a call is not what the call did: it is no failure.

use super::reading::{Reading, Step, cut};
use super::{fix, rules, shell, signature};
use crate::phase::reflection::Failure;

/// How many failures of one session are kept.
const KEPT: usize = 60;

/// The failures of a session.
pub fn find(reading: &Reading<'_>) -> Vec<Failure> {
    let mut found = Vec::new();
    for (at, step) in reading.steps.iter().enumerate() {
        if !step.failed() || found.len() >= KEPT || shows_memory(step) {
            continue;
        }
        let Some(signature) = signature::of(step) else { continue };
        let Some((turn, _)) = step.result else { continue };
        let call = match &step.command {
            Some(line) => shown_command(line, &signature.line, &signature.shape),
            None => shown_input(step),
        };
        found.push(Failure {
            tool: step.tool().to_owned(),
            class: signature.class,
            call,
            error: cut(&signature.line, 200).to_owned(),
            fix: fix::of(reading, at, &signature),
            cite: reading.cite(turn, &signature.quote),
            signature: signature.text,
            shape: signature.shape,
            name: signature.name,
            case: signature.case,
        });
    }
    found
}

/// Whether a call only shows notes, rules or dreams: errors that are told in them did not happen here.
fn shows_memory(step: &Step<'_>) -> bool {
    let Some(line) = &step.command else { return step.file.is_some_and(rules::is_memory) && !writes(step) };
    let shows = |segment: &Vec<String>| {
        let words: Vec<&str> = segment.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["git", "dream", verb, ..] | ["git-dream", verb, ..] => {
                matches!(*verb, "show" | "log" | "why" | "review" | "list" | "recall" | "context" | "check" | "status")
            }
            ["cat" | "head" | "tail" | "less" | "sed" | "rg" | "grep" | "nl" | "bat", rest @ ..] => {
                rest.iter().any(|word| rules::is_memory(word))
            }
            _ => false,
        }
    };
    shell::segments(line).iter().any(shows)
}

/// Whether a tool writes the file that it names.
fn writes(step: &Step<'_>) -> bool {
    let name = step.call.name.to_lowercase();
    ["write", "edit", "replace", "patch", "create"].iter().any(|word| name.contains(word))
}

/// A command short enough to be read: the part that the error is about, else its shape.
fn shown_command(line: &str, error: &str, shape: &str) -> String {
    let program = shape.split(' ').next().unwrap_or_default();
    match shell::telling(line) {
        // The first line of a script is not always what it is about.
        other if !program.is_empty() && !other.contains(program) => format!("{shape} …"),
        short if short.chars().count() <= 60 => short.to_owned(),
        long => shell::blamed(line, error)
            .unwrap_or_else(|| if shape.contains(' ') { format!("{shape} …") } else { shell::shown(long, 80) }),
    }
}

/// A call of a tool that is no shell: what it was pointed at.
fn shown_input(step: &Step<'_>) -> String {
    let value = step.file.or_else(|| {
        let input = step.call.input.as_object()?;
        input.values().filter_map(|value| value.as_str()).find(|text| text.len() <= 80 && !text.contains('\n'))
    });
    let value = value.map(|text| text.rsplit('/').next().unwrap_or(text)).unwrap_or_default();
    if value.is_empty() { step.call.name.clone() } else { format!("{} {value}", step.call.name) }
}
