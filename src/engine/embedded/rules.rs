//! Rules that a session loaded from its memory or a rules file. They are never evidence for themselves; they are kept
//! so that a rule that agents follow, and that keeps failing, can be named.

use super::reading::Reading;
use super::shell;
use crate::model::Role;
use crate::phase::reflection::Failure;
use crate::text::Scrubbed;
use crate::text::pattern::pattern;
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// How many rules of a session are kept.
const KEPT: usize = 60;

static RULE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:always|never|must|prefix|instead of|do not|don't)\b"));
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*\d+(?:→|\t|: )"));
/// What makes a rule one for every call.
static EVERY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:always|prefix|must|every command|all commands|each command)\b"));
/// What a rule that warns of something says before it.
static WARNS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:never|not|don't|avoid|instead of|rather than|without|no longer)\b[^.;]*$"));
static MEMORY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:^|/)(?:CLAUDE|AGENTS|GEMINI|MEMORY|COPILOT-INSTRUCTIONS)[\w.-]*\.md$|(?:^|/)(?:memory|memories|notes)/.*\.mdc?$|\.cursorrules$|\.windsurfrules$|\.github/instructions/|\.(?:claude|cursor)/rules/",
    )
});

/// Whether a path is one of memory or of a rules file: what is read there is no evidence.
pub fn is_memory(path: &str) -> bool {
    MEMORY.is_match(path)
}

/// The rules of a session, those about what failed in it first.
pub fn find(reading: &Reading<'_>, failures: &[Failure]) -> Vec<String> {
    let system = reading.session.turns.iter().filter(|turn| turn.role == Role::System);
    let system = system.filter_map(|turn| turn.text());
    let read = reading
        .steps
        .iter()
        .filter(|step| step.file.is_some_and(is_memory) || step.command.as_deref().is_some_and(shows))
        .filter_map(|step| Some(step.result?.1.text.as_str()));
    let wrong: Vec<&str> = failures.iter().flat_map(|failure| [failure.call.as_str(), &failure.shape]).collect();
    let (mut about, mut others) = (Vec::new(), Vec::new());
    let mut known = HashSet::new();
    for line in system.chain(read).flat_map(|text| text.lines().take(2_000)) {
        if line.len() <= 12 || line.len() >= 400 || !line.contains('`') {
            continue;
        }
        let line = NUMBERED.replace(line, "");
        let failed = spans(&line).any(|span| wrong.contains(&span));
        let rules = failed || line.len() > 20 && RULE.is_match(&line);
        if !rules {
            continue;
        }
        let text = line.trim_start_matches(|c: char| !c.is_alphabetic() && c != '*' && c != '`');
        let rule = Scrubbed::short(text, 200).into_string();
        if known.insert(rule.clone()) {
            if failed { about.push(rule) } else { others.push(rule) }
        }
    }
    about.append(&mut others);
    about.truncate(KEPT);
    about
}

/// Whether a command shows a file of memory or rules.
fn shows(line: &str) -> bool {
    shell::segments(line).iter().any(|segment| {
        let reads =
            segment.first().is_some_and(|first| matches!(first.as_str(), "cat" | "head" | "sed" | "nl" | "less"));
        reads && segment.iter().any(|word| is_memory(word))
    })
}

/// What stands in backquotes.
pub fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).map(str::trim).filter(|span| !span.is_empty())
}

/// Whether a text asks for a word, or for a whole call: it names it in backquotes and does not warn of it.
pub fn asks(text: &str, wanted: &str, whole: bool) -> bool {
    let parts: Vec<&str> = text.split('`').collect();
    let named = |at: &usize| {
        let span = parts[*at].trim();
        let fits = if whole {
            span == wanted || span.ends_with(&format!("/{wanted}"))
        } else {
            span.split_whitespace().any(|word| word == wanted)
        };
        fits && !WARNS.is_match(parts[at - 1])
    };
    let every = whole || EVERY.is_match(text);
    every && (1..parts.len()).step_by(2).any(|at| named(&at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_asks_for_what_it_names_and_does_not_warn_of() {
        assert!(asks("**Always prefix commands with `rtk`**.", "rtk", false));
        assert!(asks("Run `npm run lint` before every commit", "npm run lint", true));
        assert!(!asks("Run `npm run lint:all` before every commit", "npm run lint", true));
        assert!(!asks("Never run `npm run lint`; use `make lint`", "npm run lint", true));
        assert!(!asks("Use `make lint` instead of `npm run lint`", "npm run lint", true));
        assert!(!asks("`rtk` shortens output", "rtk", false));
    }

    #[test]
    fn memory_is_known_by_its_path() {
        for path in
            ["CLAUDE.md", "/x/AGENTS.md", "docs/memory/a.md", "notes/x.md", ".cursorrules", "/x/.claude/rules/a.md"]
        {
            assert!(is_memory(path), "{path}");
        }
        assert!(!is_memory("src/memory.rs") && !is_memory("README.md"));
    }
}
