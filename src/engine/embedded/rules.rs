//! Rules that a session loaded from its memory or a rules file. They are never evidence for themselves; they are kept
//! so that a rule that agents follow, and that keeps failing, can be named.

use super::reading::Reading;
use crate::model::{Content, Role};
use crate::text::Scrubbed;
use regex::Regex;
use std::sync::LazyLock;

static RULE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:always|never|must|prefix|instead of|do not|don't)\b").expect("a constant pattern")
});
static MEMORY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|/)(?:CLAUDE|AGENTS|GEMINI|MEMORY|COPILOT-INSTRUCTIONS)[\w.-]*\.md$|/memory/|/notes/|\.cursorrules$|\.github/instructions/").expect("a constant pattern")
});

/// Whether a path is one of memory or of a rules file: what is read there is no evidence.
pub fn is_memory(path: &str) -> bool {
    MEMORY.is_match(path)
}

/// The rules that name a command or identifier in backquotes.
pub fn find(reading: &Reading<'_>) -> Vec<String> {
    let system =
        reading.session.turns.iter().filter(|turn| turn.role == Role::System).filter_map(|turn| match &turn.content {
            Content::Text(text) => Some(text.as_str()),
            _ => None,
        });
    let read = reading
        .steps
        .iter()
        .filter(|step| step.file.is_some_and(is_memory))
        .filter_map(|step| Some(step.result?.1.text.as_str()));
    let mut rules: Vec<String> = Vec::new();
    for text in system.chain(read) {
        for line in text.lines().take(2_000) {
            if line.len() > 20 && line.len() < 400 && line.contains('`') && RULE.is_match(line) {
                let rule =
                    Scrubbed::short(line.trim_start_matches(|c: char| !c.is_alphabetic() && c != '*' && c != '`'), 200)
                        .into_string();
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
        }
    }
    rules.truncate(60);
    rules
}
