//! Short requests, kept so that what a person asks for in session after session can be seen. Alone they are tasks.

use super::reading::Reading;
use super::voice;
use super::wording::sentence_of;
use crate::phase::reflection::{Manner, Said};
use crate::text::words;
use regex::Regex;
use std::sync::LazyLock;

static CLAUSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\s*(?:,\s*(?:and |then )?|;\s*|\band (?:also |then )?|\bthen\b)\s*").expect("a constant pattern")
});

/// Words too general to make a request known again.
const GENERAL: &[&str] = &[
    "chang",
    "file",
    "code",
    "issu",
    "bug",
    "button",
    "page",
    "continu",
    "fix",
    "updat",
    "commit",
    "push",
    "add",
    "remov",
    "check",
    "test",
    "work",
    "creat",
    "chang",
    "implement",
    "look",
    "plan",
    "thing",
    "proceed",
    "latest",
    "new",
    "current",
    "show",
    "all",
    "next",
    "branch",
    "main",
    "pr",
];

/// Adds the requests of one message.
pub fn find(reading: &Reading<'_>, at: usize, sentences: &[&str], found: &mut Vec<Said>) {
    let (turn, opening) = (&reading.session.turns[at], reading.opening(at, sentences.len()));
    for sentence in sentences.iter().take(6) {
        let directs = found.iter().any(|known| known.manner != Manner::Request && known.cite.quote == sentence.trim());
        if directs || sentence.chars().count() > 160 || voice::is_hedged(sentence) {
            continue;
        }
        let clauses: Vec<&str> = clauses(sentence);
        for (at, clause) in clauses.iter().enumerate() {
            let Some(text) = request(clause) else { continue };
            let with = clauses
                .iter()
                .enumerate()
                .find(|(other, with)| *other != at && is_short(with))
                .map(|(_, with)| (*with).to_owned());
            let said = Said { manner: Manner::Request, text, with, opening, cite: reading.cite(turn, sentence) };
            if !found.iter().any(|known| known.manner == Manner::Request && known.text == said.text) {
                found.push(said);
            }
        }
    }
}

fn clauses(sentence: &str) -> Vec<&str> {
    let parts = CLAUSE
        .split(sentence)
        .map(|part| voice::asked(voice::core(part)).trim().trim_end_matches(['.', '!', '?', ' ', ':']));
    parts.filter(|part| voice::imperative(part).is_some()).collect()
}

fn is_short(clause: &str) -> bool {
    clause.split_whitespace().count() <= 4
}

/// A clause as a request that could be known again in another session.
fn request(clause: &str) -> Option<String> {
    let count = clause.split_whitespace().count();
    let one_off = clause.contains(['"', '#', '“'])
        || clause.contains("://")
        || clause.split_whitespace().any(|word| word.chars().filter(char::is_ascii_digit).count() > 2);
    if !(2..=12).contains(&count) || one_off {
        return None;
    }
    let verb = voice::imperative(clause)?;
    if [
        "proceed", "go", "help", "continue", "take", "get", "let", "keep", "wait", "try", "start", "give", "tell",
        "look", "do", "see", "reply", "return", "don't", "do not", "never", "always",
    ]
    .contains(&verb.as_str())
    {
        return None;
    }
    let stems = words::stems(&clause.replace('@', " "));
    let telling = stems.iter().filter(|stem| !GENERAL.contains(&stem.as_str())).count();
    (telling >= 1 && stems.len() >= 2).then(|| sentence_of(&clause.replace('@', "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_split_from_what_it_is_asked_with() {
        assert_eq!(clauses("commit and update changelog"), ["commit", "update changelog"]);
        assert_eq!(request("update changelog").as_deref(), Some("Update changelog."));
        assert_eq!(request("fix it"), None);
        assert_eq!(request("add a button"), None);
    }
}
