//! What worked after a failed call: another call in its place, the same call after some steps, or what the person said.
//! It looks a few calls ahead and never guesses: what is told worked in this session.

use super::directives;
use super::guess;
use super::reading::{Reading, Step, cut};
use super::shell;
use super::signature::{self, Signature};
use crate::model::Place;
use crate::phase::reflection::{FailureClass, Fix};

/// How many calls after a failure its fix is looked for.
const AHEAD: usize = 25;
/// How many calls after a missing path the same name elsewhere is its fix.
const NEAR: usize = 10;
/// Up to how many words two calls may differ in so that the difference is the fix.
const FEW: usize = 4;
/// Programs with which shells show a file.
const READERS: &[&str] = &["cat", "sed", "nl", "head", "tail", "less", "bat"];
/// A step of any reader, in the words of a fix.
pub const READ: &str = "read of the same file";

/// The fix of a failed step, if the session found one.
pub fn of(reading: &Reading<'_>, at: usize, signature: &Signature) -> Option<Fix> {
    let class = signature.class;
    if class == FailureClass::Cancelled {
        return None;
    }
    let failed = &reading.steps[at];
    let ahead = &reading.steps[at + 1..reading.steps.len().min(at + 1 + AHEAD)];
    if class == FailureClass::Check {
        return repaired(failed, ahead);
    }
    if let Some(wrong) = &signature.absent {
        let found = elsewhere(wrong, failed, &ahead[..ahead.len().min(NEAR)]);
        return found.or_else(|| correction(reading, failed.at, ahead.first().map_or(usize::MAX, |step| step.at)));
    }
    let passed = |step: &Step<'_>| step.worked() || (class == FailureClass::Usage && step.failed() && is_check(step));
    let worked = ahead.iter().position(|step| passed(step) && is_similar(failed, step));
    let until = worked.map_or(usize::MAX, |n| ahead[n].at);
    if !reading.is_service()
        && let Some(said) = correction(reading, failed.at, until)
    {
        return Some(said);
    }
    if class == FailureClass::Other
        && let Some(prepared) = prepared(failed, ahead)
    {
        return Some(prepared);
    }
    match worked {
        Some(n) => Some(between(failed, &ahead[..n], &ahead[n], &signature.name)),
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

/// The very same call, once something was installed, built or started.
fn prepared(failed: &Step<'_>, ahead: &[Step<'_>]) -> Option<Fix> {
    let call = plain(failed.command.as_deref()?);
    let again = ahead.iter().position(|step| {
        step.worked() && step.command.as_deref().is_some_and(|line| plain(line).ends_with(&call) && !call.is_empty())
    })?;
    let prepares = |shape: &String| {
        use shell::Purpose::{Build, Install, Start};
        shell::purpose(shape).is_some_and(|purpose| matches!(purpose, Install | Build | Start))
            || shape.split(' ').any(|word| matches!(word, "up" | "start" | "login" | "init" | "migrate" | "fetch"))
    };
    ahead[..=again].iter().find_map(|step| {
        let line = step.command.as_deref().filter(|_| step.worked())?;
        let shape = shell::shapes(line).into_iter().find(prepares)?;
        Some(Fix::After { steps: vec![shape], place: place_of(step) })
    })
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
    first.trim().strip_prefix("cd ").map(|folder| folder.trim().trim_matches(['"', '\'']))
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

/// A program's or file's name without its folder.
fn base(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

/// The fix, given the call that worked and the calls between.
fn between(failed: &Step<'_>, between: &[Step<'_>], worked: &Step<'_>, name: &str) -> Fix {
    let place = place_of(worked);
    if let (Some(a), Some(b)) = (&failed.command, &worked.command) {
        let moved = directory(a) != directory(b) && directory(b).is_some();
        let (a, b) = (plain(a), plain(b));
        if a == b && moved {
            let line = worked.command.as_deref().unwrap_or_default();
            let folder = format!("cd {}", directory(line).unwrap_or_default());
            let call = format!("{folder} && {}", shell::shown(line, 80));
            return Fix::Instead { call, without: String::new(), with: folder, place };
        }
        if a != b {
            let call = shell::shown(worked.command.as_deref().unwrap_or_default(), 120);
            let (without, with) = (minus(&a, &b), minus(&b, &a));
            // A name within a longer word, such as one of a list of fields, is told from the rest of the word.
            let within = !name.is_empty() && a.iter().all(|word| word.trim_matches('-') != name.trim_matches('-'));
            let (without, with) = match without.split(' ').count() + with.split(' ').count() {
                ..=FEW if !within => (without, with),
                _ => renamed(&a, &b, name).unwrap_or((without, with)),
            };
            return Fix::Instead { call, without, with, place };
        }
    }
    let mut steps: Vec<String> = Vec::new();
    for step in between.iter().filter(|step| step.worked()) {
        let name = match step.command {
            Some(_) if failed.command.is_none() && READERS.contains(&step.shape().as_str()) => READ.to_owned(),
            Some(_) => step.shape(),
            None if step.file.is_some() && step.file == failed.file && shows(step) => READ.to_owned(),
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

/// Whether a tool only shows a file.
fn shows(step: &Step<'_>) -> bool {
    let name = step.call.name.to_lowercase();
    ["read", "view", "open", "cat"].iter().any(|word| name.contains(word)) && !name.contains("write")
}

fn minus(a: &[String], b: &[String]) -> String {
    let words = a.iter().filter(|word| !b.contains(word)).map(|word| cut(word, 100));
    words.collect::<Vec<_>>().join(" ")
}

/// Of two calls that differ in much, what became of the name that the error calls unknown.
fn renamed(a: &[String], b: &[String], name: &str) -> Option<(String, String)> {
    let pieces = |words: &[String]| -> Vec<String> {
        words.iter().flat_map(|word| word.split([',', '=']).map(str::to_owned)).collect()
    };
    let same_call = shell::shape(a) == shell::shape(b);
    let (a, b) = (pieces(a), pieces(b));
    let is_name = |piece: &&String| !name.is_empty() && (*piece == name || piece.trim_start_matches('-') == name);
    let wrong = a.iter().find(is_name).filter(|wrong| !b.contains(wrong))?;
    let new: Vec<&String> = b.iter().filter(|piece| !a.contains(piece) && piece.len() <= 60).collect();
    let like = |piece: &&&String| {
        let option = piece.starts_with('-') == wrong.starts_with('-');
        option && guess::alike(piece.trim_start_matches('-'), wrong.trim_start_matches('-'))
    };
    // The only other word in the same place is what it turned out to be; else the one that looks like it.
    let only = (new.len() == 1 && a.iter().filter(|piece| !b.contains(piece)).count() == 1).then(|| new[0]);
    let right = only.or_else(|| new.iter().find(like).copied()).filter(|_| same_call);
    Some((wrong.clone(), right.cloned().unwrap_or_default()))
}

fn place_of(step: &Step<'_>) -> Place {
    step.result.map_or_else(|| Place::line(1), |(turn, _)| turn.place.clone())
}

/// A call that does not exist, and the next command that has its name in it.
fn stand_in(failed: &Step<'_>, ahead: &[Step<'_>]) -> Option<Fix> {
    let input = failed.call.input.as_object().filter(|_| failed.command.is_none())?;
    let names: Vec<&str> =
        input.values().filter_map(|value| value.as_str()).filter(|text| !text.is_empty() && text.len() <= 40).collect();
    let call = |step: &Step<'_>| {
        let line = step.command.as_deref().filter(|_| step.worked())?;
        shell::shapes(line).into_iter().find_map(|shape| named_in(&shape, &names))
    };
    let (step, call) = ahead.iter().find_map(|step| Some((step, call(step)?)))?;
    Some(Fix::Instead { with: call.clone(), call, without: String::new(), place: place_of(step) })
}

/// The part of a command's shape that has one of the names: the name with the program before it.
fn named_in(shape: &str, names: &[&str]) -> Option<String> {
    let words: Vec<&str> = shape.split(' ').collect();
    let at = words.iter().position(|word| names.contains(word))?;
    Some(words[at.saturating_sub(1)..=at].join(" "))
}

/// Where a path that does not exist turned out to be: the next path with its name, or nearly its name, that does.
fn elsewhere(wrong: &str, failed: &Step<'_>, ahead: &[Step<'_>]) -> Option<Fix> {
    let wrong = wrong.trim_end_matches(['/', '.']);
    let stem = |path: &str| base(path).split('.').next().unwrap_or_default().to_owned();
    let looked = ahead.iter().filter(|step| step.worked() && !makes(step));
    let found: Vec<(&Step<'_>, String)> = looked.flat_map(|step| paths(step).map(move |path| (step, path))).collect();
    // A relative path may be the end of the same absolute one; the other way round it is the same file.
    let other = |path: &str| path != wrong && !wrong.ends_with(path.trim_start_matches("./"));
    let same_name = |(_, path): &&(&Step<'_>, String)| base(path) == base(wrong) && other(path);
    let same_stem = |(_, path): &&(&Step<'_>, String)| {
        let (a, b) = (stem(path), stem(wrong));
        a.len() > 3 && a == b && base(path) != base(wrong) && base(path).contains('.')
    };
    let (step, right) = found.iter().find(same_name).or_else(|| found.iter().find(same_stem))?;
    let call = match &step.command {
        Some(line) => shell::shown(line, 120),
        None => right.clone(),
    };
    let made = paths(failed).find(|path| path.ends_with(wrong)).unwrap_or_else(|| wrong.to_owned());
    (made != *right).then(|| Fix::Instead { call, without: made, with: right.clone(), place: place_of(step) })
}

/// Whether a call makes or moves files: then what is there after it was not there before.
fn makes(step: &Step<'_>) -> bool {
    const MAKERS: &[&str] = &["mkdir", "touch", "cp", "mv", "tee", "git add", "git mv", "echo", "printf", "ln"];
    match &step.command {
        Some(line) => shell::shapes(line).iter().any(|shape| MAKERS.contains(&shape.as_str())) || line.contains("<<"),
        None => {
            let name = step.call.name.to_lowercase();
            ["write", "create", "patch", "edit"].iter().any(|word| name.contains(word))
        }
    }
}

/// The paths that a call names.
fn paths<'a>(step: &'a Step<'_>) -> impl Iterator<Item = String> + 'a {
    let words = step.command.as_deref().map(shell::segments).unwrap_or_default().into_iter().flatten();
    let named = words.filter(|word| {
        (word.contains('/') || word.contains('.')) && word.len() <= 200 && !word.contains([' ', '*', '$', '(', '{'])
    });
    step.file.map(str::to_owned).into_iter().chain(named)
}
