//! What people told the agent to do, stop doing or do differently, made into one sentence that stands alone. Task
//! requests are not memory: a request is kept only so that one that comes again and again can be seen.

use super::phrases::{
    CHOICE, CONVENTION, CORRECTS, EVERY, FORBID, IDIOM, LASTING, LED, NEEDLESS, PLEASE, PREFER, REMEMBER, STANDING,
    THAT, UNLESS, WE,
};
use super::reading::{Reading, cut};
use super::voice;
use crate::model::{Content, Role, Status};
use crate::phase::reflection::{Manner, Said};
use crate::text::words;

/// How a sentence of a person directs the agent, if it does.
fn manner(sentence: &str, core: &str, after_action: bool) -> Option<Manner> {
    let asked = voice::asked(core);
    if IDIOM.is_match(asked) || IDIOM.is_match(core) {
        return None;
    }
    if REMEMBER.is_match(asked) || LASTING.is_match(core) && (binds(&lasting_body(core)) || WE.is_match(core)) {
        return (!core.trim_end().ends_with('?')).then_some(Manner::Remember);
    }
    if NEEDLESS.is_match(core) && !core.trim_end().ends_with('?') && !voice::is_hedged(core) {
        return Some(Manner::Correction);
    }
    if STANDING.is_match(asked) && commands(asked) {
        return Some(Manner::Standing);
    }
    if core.trim_end().ends_with('?') || voice::is_hedged(core) {
        return None;
    }
    if CONVENTION.is_match(core) && !voice::is_question(core) {
        return Some(Manner::Standing);
    }
    if let Some(led) = LED.captures(core) {
        let tail = voice::asked(&led["tail"]);
        if FORBID.is_match(tail) || voice::imperative(tail).is_some() {
            let always = STANDING.is_match(tail) || EVERY.is_match(&led["head"]);
            return Some(if always { Manner::Standing } else { Manner::Correction });
        }
    }
    let forbids = FORBID.is_match(asked) || FORBID.is_match(core);
    let imperative = forbids || voice::imperative(asked).is_some();
    if (imperative && (EVERY.is_match(core) || UNLESS.is_match(core) && forbids)) || PREFER.is_match(core) {
        return Some(Manner::Standing);
    }
    if WE.is_match(core) && (CHOICE.is_match(core) || forbids_in(core)) {
        return Some(Manner::Standing);
    }
    let only = asked.to_ascii_lowercase().starts_with("only ") && imperative;
    if (imperative && CHOICE.is_match(core))
        || forbids
        || only
        || (after_action && imperative && CORRECTS.is_match(sentence))
    {
        return Some(Manner::Correction);
    }
    None
}

/// "Never …" with a verb after it: not "never seen", "always the same".
fn commands(asked: &str) -> bool {
    let words: Vec<String> = words::words(asked).skip(1).take(2).map(str::to_lowercase).collect();
    let verb = match words.first().map(String::as_str) {
        Some("ever" | "again" | "please" | "also") => words.get(1),
        _ => words.first(),
    };
    let forms = ["ed", "ing", "s", "ly"];
    let shaped =
        |verb: &String| verb.len() > 2 && forms.iter().all(|end| !verb.ends_with(end)) && !words::is_identifier(verb);
    let known = |verb: &String| ["use", "make", "run"].contains(&verb.as_str());
    voice::imperative(asked).is_some() || verb.is_some_and(|verb| known(verb) || shaped(verb) && !words::is_stop(verb))
}

fn forbids_in(core: &str) -> bool {
    let lower = core.to_ascii_lowercase();
    [" never ", " don't ", " do not ", " always ", " only "].iter().any(|word| {
        let after = lower.split_once(word).map_or("", |(_, rest)| rest);
        voice::imperative(after).is_some_and(|verb| verb != "need")
    })
}

/// Whether what is said from now on asks for something.
fn binds(body: &str) -> bool {
    let lower = format!(" {} ", body.to_lowercase());
    let marks = [" should ", " must ", " always ", " never ", " only "];
    voice::imperative(body).is_some() || marks.iter().any(|word| lower.contains(word))
}

fn lasting_body(core: &str) -> String {
    let body = LASTING.replace(core, " ");
    voice::asked(voice::core(body.trim())).trim().to_owned()
}

/// The sentence as a directive that stands alone; `None` when it does not.
fn directive(core: &str, manner: Manner) -> Option<String> {
    if let Some(what) =
        NEEDLESS.captures(core).filter(|_| manner == Manner::Correction).and_then(|found| found.name("what"))
    {
        let count = what.as_str().split_whitespace().count();
        return ((2..=8).contains(&count) && !is_dangling(what.as_str()))
            .then(|| format!("No need for {}.", what.as_str().trim()));
    }
    let mut text = match manner {
        Manner::Remember => {
            let body = REMEMBER.replace(voice::asked(core), "");
            lasting_body(&body)
        }
        _ => voice::asked(core).to_owned(),
    };
    for (from, to) in [
        ("we always ", "Always "),
        ("we never ", "Never "),
        ("i always ", "Always "),
        ("you should ", ""),
        ("never ever ", "Never "),
        ("we don't ", "Do not "),
        ("we do not ", "Do not "),
        ("i prefer ", "Prefer "),
        ("we prefer ", "Prefer "),
        ("we use ", "Use "),
        ("we only ", "Only "),
        ("don't ", "Do not "),
        ("dont ", "Do not "),
        ("you don't need to ", "No need to "),
        ("you shouldn't ", "Do not "),
        ("you should not ", "Do not "),
        ("you must not ", "Do not "),
    ] {
        if text.get(..from.len()).is_some_and(|start| start.eq_ignore_ascii_case(from)) {
            text.replace_range(..from.len(), to);
            break;
        }
    }
    let text = PLEASE.replace(&text, "");
    let text = text.trim().trim_end_matches([',', ';', ':', '-', ' ', '?', '.', '!']);
    let text = text.strip_suffix(" please").unwrap_or(text).trim_end_matches([',', ' ']);
    let stems = words::stems(text);
    if stems.len() < 2 || text.chars().count() > 300 || is_dangling(text) {
        return None;
    }
    Some(sentence_of(text))
}

/// A sentence with a capital at its start and a full stop at its end.
pub fn sentence_of(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let named = text.split_whitespace().next().is_some_and(words::is_identifier);
    let mut out: String = if named { first.to_string() } else { first.to_uppercase().collect() };
    out.push_str(chars.as_str());
    if !out.ends_with(['.', '!', '?', '`', '"', '…']) {
        out.push('.');
    }
    out
}

/// Whether the sentence points at something that only its conversation shows.
fn is_dangling(text: &str) -> bool {
    let mut whole = text.to_lowercase();
    for known in ["this repo", "this project", "this codebase", "this package", "this team", "this code base"] {
        whole = whole.replace(known, "project");
    }
    let lower: Vec<&str> = words::words(&whole).collect();
    let points = |word: &&str| {
        matches!(
            *word,
            "this" | "that" | "it" | "these" | "those" | "them" | "above" | "below" | "here" | "there" | "same"
        )
    };
    let count = lower.iter().filter(|word| points(word)).count();
    let ends = lower.last().is_some_and(points);
    let opens = lower.first().is_some_and(points) || lower.get(1).is_some_and(points);
    ends && lower.len() < 7 || opens || count * 4 > lower.len()
}

/// The sentence with which a message corrects the agent, for the fix of a failure.
pub fn correction_of(text: &str) -> Option<&str> {
    voice::said(text).into_iter().find(|sentence| {
        let core = voice::core(sentence);
        manner(sentence, core, true).is_some() && words::stems(core).len() >= 2
    })
}

/// All that people told the agent in a session.
pub fn find(reading: &Reading<'_>) -> Vec<Said> {
    let mut found = Vec::new();
    for &at in &reading.spoken {
        let turn = &reading.session.turns[at];
        let Some(text) = turn.text() else { continue };
        let acted = reading.session.turns[..at]
            .iter()
            .rev()
            .take(12)
            .any(|turn| matches!(turn.content, Content::Call(_)) || turn.role == Role::Agent);
        let sentences = voice::said(text);
        for sentence in &sentences {
            let core = voice::core(sentence);
            let Some(manner) = manner(sentence, core, acted) else { continue };
            let resolved = resolve(reading, at, core);
            let Some(text) = resolved.or_else(|| directive(core, manner)) else { continue };
            found.push(Said {
                manner,
                text,
                with: None,
                opening: reading.opening(at, sentences.len()),
                cite: reading.cite(turn, sentence),
            });
        }
        if text.chars().count() < 600 {
            super::requests::find(reading, at, &sentences, &mut found);
        }
    }
    refusals(reading, &mut found);
    found.truncate(80);
    found
}

/// "Don't do that again": the command that the agent had just run.
fn resolve(reading: &Reading<'_>, at: usize, core: &str) -> Option<String> {
    if !THAT.is_match(core.trim()) {
        return None;
    }
    let step = reading.steps.iter().rev().find(|step| step.at < at)?;
    let line = step.command.as_deref()?;
    Some(format!("Do not run `{}`.", super::shell::shown(line, 80)))
}

/// Calls that the person refused with a reason.
fn refusals(reading: &Reading<'_>, found: &mut Vec<Said>) {
    for step in &reading.steps {
        let Some((turn, result)) = step.result else { continue };
        if result.status != Status::Refused {
            continue;
        }
        let Some(reason) = reason(&result.text) else { continue };
        for sentence in voice::said(reason) {
            let core = voice::core(sentence);
            let strong = manner(sentence, core, true);
            let imperative = voice::imperative(voice::asked(core)).is_some() && !core.ends_with('?');
            if strong.is_none() && !imperative {
                continue;
            }
            let manner = strong.filter(|manner| *manner < Manner::Correction).unwrap_or(Manner::Refusal);
            if let Some(text) = directive(core, manner) {
                found.push(Said {
                    manner,
                    text,
                    with: None,
                    opening: None,
                    cite: reading.cite(turn, cut(sentence, 200)),
                });
            }
        }
    }
}

/// The person's words in a refused call's result: hosts put a fixed sentence before them.
fn reason(text: &str) -> Option<&str> {
    let marks =
        ["the user said:", "User feedback:", "user provided the following reason for the rejection:", "reason:"];
    let lower = text.to_ascii_lowercase();
    for mark in marks {
        if let Some(at) = lower.find(&mark.to_ascii_lowercase()) {
            return Some(text[at + mark.len()..].trim());
        }
    }
    let fixed = lower.contains("doesn't want to proceed")
        || lower.contains("rejected")
        || lower.contains("declined")
        || lower.contains("denied");
    (!fixed && text.len() < 1_000).then_some(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sentence: &str) -> Option<(Manner, String)> {
        let core = voice::core(sentence);
        let manner = manner(sentence, core, true)?;
        Some((manner, directive(core, manner)?))
    }

    #[test]
    fn instructions_that_last_are_directives() {
        for (sentence, manner, text) in [
            ("Always run the linter before committing", Manner::Standing, "Always run the linter before committing."),
            ("from now on, use pnpm instead of npm please", Manner::Remember, "Use pnpm instead of npm."),
            (
                "Remember to update CHANGELOG.md when you commit.",
                Manner::Remember,
                "Update CHANGELOG.md when you commit.",
            ),
            ("No, use pnpm, not npm", Manner::Correction, "Use pnpm, not npm."),
            ("Don't push to main unless I say so", Manner::Standing, "Do not push to main unless I say so."),
            ("Could you always answer in German?", Manner::Standing, "Always answer in German."),
            ("We use uv, not pip, in this repo.", Manner::Standing, "Use uv, not pip, in this repo."),
            ("I prefer short code examples.", Manner::Standing, "Prefer short code examples."),
            ("before committing, run make check.", Manner::Standing, "Before committing, run make check."),
            (
                "Run the linter before every commit, please, CI just failed on it.",
                Manner::Standing,
                "Run the linter before every commit.",
            ),
        ] {
            assert_eq!(told(sentence), Some((manner, text.to_owned())), "{sentence}");
        }
    }

    #[test]
    fn task_requests_and_idioms_are_not() {
        for sentence in [
            "Add a button to the header",
            "fix the bug in the parser",
            "Never mind, it works",
            "don't worry about it",
            "I don't see the button",
            "It is never displayed in the UI",
            "find a way to make the git url always visible",
            "do you remember what editor I use?",
            "Maybe use pnpm instead of npm",
            "Stop.",
            "The score always shows 0",
        ] {
            assert_eq!(told(sentence), None, "{sentence}");
        }
    }
}
