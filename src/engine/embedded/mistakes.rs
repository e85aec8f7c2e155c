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
            Some(line) => shell::shown(line, 120),
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
    let worked = ahead.iter().position(|step| step.worked() && is_similar(failed, step));
    let until = worked.map_or(usize::MAX, |n| ahead[n].at);
    if let Some(said) = correction(reading, failed.at, until) {
        return Some(said);
    }
    match worked {
        Some(n) => Some(between(failed, &ahead[..n], &ahead[n])),
        None if class == FailureClass::Usage => stand_in(failed, ahead),
        None => None,
    }
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

/// Whether the second call tries the same as the first: the same file, or half of the command's words.
fn is_similar(failed: &Step<'_>, other: &Step<'_>) -> bool {
    match (&failed.command, &other.command) {
        (Some(a), Some(b)) => {
            let (a, b) = (plain(a), plain(b));
            let shared = a.iter().filter(|word| b.contains(word)).count();
            let shape = |words: &[String]| shell::shape(words);
            shared * 2 >= a.len().min(b.len()).max(2) && shared > 0 && (shared > 1 || shape(&a) == shape(&b))
        }
        (None, None) => failed.call.name == other.call.name && (failed.file.is_none() || failed.file == other.file),
        _ => false,
    }
}

/// The fix, given the call that worked and the calls between.
fn between(failed: &Step<'_>, between: &[Step<'_>], worked: &Step<'_>) -> Fix {
    let place = place_of(worked);
    if let (Some(a), Some(b)) = (&failed.command, &worked.command) {
        let (a, b) = (plain(a), plain(b));
        if a != b {
            let minus = |a: &[String], b: &[String]| {
                let words = a.iter().filter(|word| !b.contains(word)).map(|word| cut(word, 40));
                words.collect::<Vec<_>>().join(" ")
            };
            let call = shell::shown(worked.command.as_deref().unwrap_or_default(), 120);
            return Fix::Instead { call, without: minus(&a, &b), with: minus(&b, &a), place };
        }
    }
    let mut steps: Vec<String> = Vec::new();
    for step in between.iter().filter(|step| step.worked()) {
        let name = match step.command {
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
    let named = |step: &&Step<'_>| {
        step.worked() && step.command.is_some() && step.shape().split(' ').any(|word| names.contains(&word))
    };
    let step = ahead.iter().find(named)?;
    Some(Fix::Instead { call: step.shape(), without: String::new(), with: step.shape(), place: place_of(step) })
}
