//! Instructions narrow what is proposed: `focus on …` keeps what is about it, `ignore …` leaves it out.

use super::draft::Draft;
use crate::text::words;

/// Whether instructions let a draft through.
pub fn allows(instructions: Option<&str>, draft: &Draft<'_>) -> bool {
    let Some(instructions) = instructions else { return true };
    let about: Vec<String> =
        words::stems(&format!("{} {} {} {}", draft.text, draft.kind, draft.tags.join(" "), sort(draft)));
    let mut focus = Vec::new();
    for part in instructions.split([';', '.', '\n']) {
        let lower = part.trim().to_lowercase();
        let rest = |starts: &[&str]| starts.iter().find_map(|start| lower.strip_prefix(start).map(str::to_owned));
        if let Some(topic) = rest(&["ignore ", "skip ", "leave out ", "exclude ", "no "]) {
            if topics(&topic).iter().any(|topic| matches(topic, &about)) {
                return false;
            }
        } else if let Some(topic) = rest(&["focus on ", "only ", "just "]) {
            focus.extend(topics(&topic));
        }
    }
    focus.is_empty() || focus.iter().any(|topic| matches(topic, &about))
}

/// What sort of belief it is, in the words that people use for it.
fn sort(draft: &Draft<'_>) -> &'static str {
    match draft.canonical.split(' ').next() {
        Some("mistake") => "error mistake failure debugging",
        Some("command") => "command",
        Some("directive" | "request") => "directive instruction convention rule coding",
        Some("fact") => "fact",
        _ => "workflow habit",
    }
}

fn topics(text: &str) -> Vec<Vec<String>> {
    text.split([',', '/'])
        .flat_map(|part| part.split(" and "))
        .map(words::stems)
        .filter(|stems| !stems.is_empty())
        .collect()
}

/// At least half of a topic's words.
fn matches(topic: &[String], about: &[String]) -> bool {
    let shared = topic.iter().filter(|stem| about.contains(stem)).count();
    shared * 2 >= topic.len() && shared > 0
}
