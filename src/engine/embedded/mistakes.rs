//! Failed calls of one session, and what then worked: another call in its place, the same call after some steps, or
//! what the person said.

use super::directives;
use super::reading::{Reading, Step, cut};
use super::shell;
use super::signature;
use crate::model::Place;
use crate::phase::reflection::{Failure, FailureClass, Fix};

/// How many calls after a failure its fix is looked for.
const AHEAD: usize = 25;
/// How many failures of one session are kept.
const KEPT: usize = 60;

/// The failures of a session.
pub fn find(reading: &Reading<'_>) -> Vec<Failure> {
    let mut found = Vec::new();
    for (at, step) in reading.steps.iter().enumerate() {
        if !step.failed() || found.len() >= KEPT {
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
            signature: signature.text,
            class: signature.class,
            call,
            shape: signature.shape,
            error: cut(&signature.line, 200).to_owned(),
            fix: fix(reading, at, signature.class),
            cite: reading.cite(turn, &signature.line),
        });
    }
    found
}

/// A command short enough to be read: the part that the error is about, else its shape.
fn shown_command(line: &str, error: &str, shape: &str) -> String {
    match shell::telling(line) {
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

fn fix(reading: &Reading<'_>, at: usize, class: FailureClass) -> Option<Fix> {
    if class == FailureClass::Cancelled {
        return None;
    }
    let failed = &reading.steps[at];
    let ahead = &reading.steps[at + 1..reading.steps.len().min(at + 1 + AHEAD)];
    if class == FailureClass::Check {
        return repaired(failed, ahead);
    }
    let passed = |step: &Step<'_>| step.worked() || (class == FailureClass::Usage && step.failed() && is_check(step));
    let worked = ahead.iter().position(|step| passed(step) && is_similar(failed, step));
    let until = worked.map_or(usize::MAX, |n| ahead[n].at);
    if !reading.is_service()
        && let Some(said) = correction(reading, failed.at, until)
    {
        return Some(said);
    }
    match worked {
        Some(n) => Some(between(failed, &ahead[..n], &ahead[n])),
        None if class == FailureClass::Usage => stand_in(failed, ahead),
        None => None,
    }
}

/// Whether a failed step got as far as the check that it runs: then the command itself was right.
fn is_check(step: &Step<'_>) -> bool {
    signature::of(step).is_some_and(|signature| signature.class == FailureClass::Check)
}

/// For a check: the formatter or fixer that was run before the same check passed.
fn repaired(failed: &Step<'_>, ahead: &[Step<'_>]) -> Option<Fix> {
    let shape = failed.shape();
    let passes = ahead.iter().position(|step| {
        step.worked() && step.command.as_deref().is_some_and(|line| shell::shapes(line).contains(&shape))
    });
    let fixer = ahead[..passes.unwrap_or(ahead.len())].iter().find_map(|step| {
        let line = step.command.as_deref().filter(|_| step.worked())?;
        let fixes = shell::shapes(line)
            .into_iter()
            .find(|other| *other != shape && shell::purpose(other) == Some(shell::Purpose::Format))?;
        Some(Fix::After { steps: vec![fixes], place: place_of(step) })
    });
    fixer.filter(|_| shell::purpose(&shape).is_some_and(|purpose| purpose == shell::Purpose::Lint))
}

/// What the person said about it before it worked.
fn correction(reading: &Reading<'_>, from: usize, until: usize) -> Option<Fix> {
    let next = reading.spoken.iter().copied().find(|at| *at > from && *at < until)?;
    let calls = reading.steps.iter().filter(|step| step.at > from && step.at < next).count();
    let turn = &reading.session.turns[next];
    let sentence = directives::correction_of(turn.text()?)?;
    (calls <= 3).then(|| Fix::Said { text: cut(sentence, 200).to_owned(), place: turn.place.clone() })
}

fn plain(line: &str) -> Vec<String> {
    shell::segments(&shell::shown(line, 400)).into_iter().flatten().collect()
}

/// The directory that a command line changes to first.
fn directory(line: &str) -> Option<&str> {
    let (first, _) = line.trim().split_once("&&")?;
    first.trim().strip_prefix("cd ")
}

/// Whether the second call tries the same as the first: the same file, half of the command's words, or another
/// program for the same purpose.
fn is_similar(failed: &Step<'_>, other: &Step<'_>) -> bool {
    match (&failed.command, &other.command) {
        (Some(a), Some(b)) => {
            let (a, b) = (plain(a), plain(b));
            let shared = a.iter().filter(|word| b.contains(word)).count();
            let program = b.iter().find(|word| !word.contains('=')).map(|word| base(word));
            let wrapped = a.first().is_some_and(|word| b.iter().take(3).any(|other| base(other) == base(word)));
            let same = wrapped || a.iter().any(|word| Some(base(word)) == program);
            let shape = |words: &[String]| shell::shape(words);
            let purpose = |words: &[String]| shell::purpose(&shape(words)?);
            let other_program = purpose(&a).is_some() && purpose(&a) == purpose(&b);
            other_program
                || same
                    && shared * 2 >= a.len().min(b.len()).max(2) - 1
                    && (shared > 1 || shape(&a) == shape(&b) || a.first().map(|word| base(word)) == program)
        }
        (None, None) => failed.call.name == other.call.name && (failed.file.is_none() || failed.file == other.file),
        _ => false,
    }
}

/// A program's name without its folder.
fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Programs with which shells show a file.
const READERS: &[&str] = &["cat", "sed", "nl", "head", "tail", "less"];

/// The fix, given the call that worked and the calls between.
fn between(failed: &Step<'_>, between: &[Step<'_>], worked: &Step<'_>) -> Fix {
    let place = place_of(worked);
    if let (Some(a), Some(b)) = (&failed.command, &worked.command) {
        let moved = directory(a) != directory(b) && directory(b).is_some();
        let (a, b) = (plain(a), plain(b));
        if a == b && moved {
            let line = worked.command.as_deref().unwrap_or_default();
            let call = format!("cd {} && {}", directory(line).unwrap_or_default(), shell::shown(line, 80));
            let with = format!("cd {}", directory(worked.command.as_deref().unwrap_or_default()).unwrap_or_default());
            return Fix::Instead { call, without: String::new(), with, place };
        }
        if a != b {
            let minus = |a: &[String], b: &[String]| {
                let words = a.iter().filter(|word| !b.contains(word)).map(|word| cut(word, 100));
                words.collect::<Vec<_>>().join(" ")
            };
            let call = shell::shown(worked.command.as_deref().unwrap_or_default(), 120);
            return Fix::Instead { call, without: minus(&a, &b), with: minus(&b, &a), place };
        }
    }
    let mut steps: Vec<String> = Vec::new();
    for step in between.iter().filter(|step| step.worked()) {
        let name = match step.command {
            Some(_) if failed.command.is_none() && READERS.contains(&step.shape().as_str()) => {
                "read of the same file".to_owned()
            }
            Some(_) => step.shape(),
            None if step.file.is_some() && step.file == failed.file => format!("{} of the same file", step.call.name),
            None => continue,
        };
        if !name.is_empty() && !steps.contains(&name) {
            steps.push(name);
        }
    }
    steps.truncate(4);
    Fix::After { steps, place }
}

fn place_of(step: &Step<'_>) -> Place {
    step.result.map_or_else(|| Place::line(1), |(turn, _)| turn.place.clone())
}

/// A call that does not exist, and the next command that has its name in it.
fn stand_in(failed: &Step<'_>, ahead: &[Step<'_>]) -> Option<Fix> {
    let input = failed.call.input.as_object()?;
    let names: Vec<&str> = match &failed.command {
        Some(_) => return None,
        None => input.values().filter_map(|value| value.as_str()).filter(|text| text.len() <= 40).collect(),
    };
    let shape = |step: &Step<'_>| {
        let line = step.command.as_deref().filter(|_| step.worked())?;
        shell::shapes(line).into_iter().find(|shape| shape.split(' ').any(|word| names.contains(&word)))
    };
    let (step, call) = ahead.iter().find_map(|step| Some((step, shape(step)?)))?;
    Some(Fix::Instead { with: call.clone(), call, without: String::new(), place: place_of(step) })
}
