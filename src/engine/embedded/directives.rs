//! What people told the agent to do, stop doing or do differently, made into one sentence that stands alone. Task
//! requests are not memory: a request is kept only so that one that comes again and again can be seen.

use super::manner::{Place, manner};
use super::phrases::{REPROOF, THAT};
use super::reading::{Reading, cut};
use super::wording::{directive, lower_first};
use super::{scope, voice};
use crate::model::{Content, Role, Status};
use crate::phase::reflection::{Manner, Said};
use crate::text::pattern::pattern;
use crate::text::words;
use regex::Regex;
use std::sync::LazyLock;

static PLEAD: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:(?:please|pls|and|also|ok)[, ]+)+"));
static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)(?:;|,|\s[–—-])\s+(?:so |but )?(?:only|don't|dont|do not|never|always|use|stop|avoid|prefer)\s")
});

/// In the midst of work, where a sentence may correct what the agent did.
const AT_WORK: Place = Place { after_action: true, after_reproof: false };

/// The sentence with which a message corrects the agent, for the fix of a failure.
pub fn correction_of(text: &str) -> Option<&str> {
    voice::said(text).into_iter().find(|sentence| {
        let core = voice::core(sentence);
        manner(sentence, core, AT_WORK).is_some() && words::stems(core).len() >= 2
    })
}

/// A sentence, or the part of it that directs: "npm is dead here, only use bun".
fn directed(sentence: &str, place: Place) -> Option<(Manner, String)> {
    let plain = PLEAD.replace(sentence.trim(), "");
    let core = if scope::denies(&plain) { plain.as_ref() } else { voice::core(sentence) };
    if let Some(manner) = manner(sentence, core, place) {
        return directive(core, manner).map(|text| (manner, text));
    }
    let tail = TAIL.find(core)?;
    let head = &core[..tail.start()];
    if ["unless ", "without "].iter().any(|word| starts(head, word)) {
        let manner = manner(tail_of(core, tail.start()), tail_of(core, tail.start()), place)?;
        return directive(core, manner).map(|text| (manner, text));
    }
    let conditional = ["if ", "when", "for ", "in ", "on ", "once ", "while "];
    let leads = conditional.iter().any(|word| head.to_ascii_lowercase().starts_with(word));
    if leads || voice::is_question(core) || voice::imperative(voice::asked(head)).is_some() || scope::is_passing(core) {
        return None;
    }
    let tail = tail_of(core, tail.start());
    let tail = tail.strip_prefix("so ").or_else(|| tail.strip_prefix("but ")).unwrap_or(tail);
    let manner = manner(tail, tail, place).filter(|_| voice::imperative(tail).is_some())?;
    directive(tail, manner).map(|text| (manner, text))
}

fn tail_of(core: &str, start: usize) -> &str {
    voice::core(core[start..].trim_start_matches([',', ';', ' ', '-', '–', '—']))
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
        for (nth, sentence) in sentences.iter().enumerate() {
            let before = nth.checked_sub(1).map_or("", |nth| sentences[nth]);
            let place = Place { after_action: acted, after_reproof: acted && REPROOF.is_match(before.trim()) };
            let resolved = resolve(reading, at, voice::core(sentence)).map(|text| (Manner::Correction, text));
            let Some((manner, text)) = resolved.or_else(|| directed(sentence, place)) else { continue };
            found.push(Said {
                manner,
                text: with_reason(text, manner, before),
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

/// A short wish with the sentence before it, where that says why: "No longer need docker. Run it directly."
fn with_reason(text: String, manner: Manner, before: &str) -> String {
    let reason = PLEAD.replace(before.trim(), "");
    let reason = reason.trim_end_matches(['.', '!', ' ']);
    let says_why = ["no longer ", "since ", "because ", "as "].iter().any(|word| starts(reason, word));
    let is_short = text.split_whitespace().count() <= 4 && manner <= Manner::Standing;
    if !is_short || !says_why || reason.chars().count() > 80 {
        return text;
    }
    format!("{}: {}.", text.trim_end_matches('.'), lower_first(reason))
}

fn starts(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
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
            let imperative = voice::imperative(voice::asked(core)).is_some() && !core.ends_with('?');
            let told = directed(sentence, AT_WORK).or_else(|| {
                let passes = scope::is_passing(sentence) || starts(voice::asked(core), "let me");
                imperative
                    .then(|| directive(core, Manner::Refusal))
                    .flatten()
                    .map(|text| (Manner::Refusal, text))
                    .filter(|_| !passes)
            });
            if let Some((manner, text)) = told {
                let manner = if manner < Manner::Correction { manner } else { Manner::Refusal };
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
        directed(sentence, AT_WORK)
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
