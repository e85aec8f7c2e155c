//! Short requests, kept so that what a person asks for in session after session can be seen. Alone they are tasks.

use super::reading::Reading;
use super::voice;
use super::wording::sentence_of;
use crate::phase::reflection::{Manner, Said};
use crate::text::pattern::pattern;
use crate::text::words;
use regex::Regex;
use std::sync::LazyLock;

static CLAUSE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\s*(?:,\s*(?:and |then )?|;\s*|\band (?:also |then )?|\bthen\b)\s*"));

/// Words too general to make a request known again.
pub const GENERAL: &[&str] = &[
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

/// What is done with the work itself: asked for alone, it says what follows on work that is done.
const ACTS: &[&str] =
    &["commit", "push", "merge", "deploy", "release", "publish", "rebase", "squash", "lint", "format"];
const PULL_REQUEST: &str = "open a pull request";

/// Whether a request is for such an act alone.
pub fn is_act(text: &str) -> bool {
    let lower = text.to_lowercase();
    ACTS.contains(&lower.as_str()) || lower == PULL_REQUEST
}

/// The act that a clause asks for, if it asks for nothing else: "commit this", "push your changes", "open a pr".
fn act(clause: &str) -> Option<String> {
    let lower = clause.to_lowercase().replace('@', "");
    let mut words = lower.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty());
    let first = words.next()?;
    let rest: Vec<&str> = words.collect();
    let only = |known: &[&str]| rest.iter().all(|word| known.contains(word));
    let known = ACTS.iter().find(|act| **act == first || rest.is_empty() && is_slip(first, act));
    let objects = [
        "this",
        "it",
        "that",
        "all",
        "the",
        "your",
        "our",
        "my",
        "changes",
        "change",
        "work",
        "everything",
        "now",
        "them",
        "these",
        "recent",
        "latest",
        "so",
        "far",
        "please",
        "again",
        "then",
        "a",
        "as",
        "well",
        "too",
    ];
    if let Some(act) = known.filter(|_| rest.len() <= 6 && only(&objects)) {
        return Some((*act).to_owned());
    }
    let opens = ["open", "create", "make", "raise", "submit"].contains(&first);
    let request = rest.iter().any(|word| ["pr", "mr"].contains(word)) || rest.ends_with(&["pull", "request"]);
    let plain =
        only(&["a", "the", "new", "draft", "pr", "mr", "pull", "request", "now", "for", "this", "it", "please"]);
    (opens && request && plain).then(|| PULL_REQUEST.to_owned())
}

/// One letter left out, doubled or exchanged at the end: "comit", "commi".
fn is_slip(word: &str, meant: &str) -> bool {
    let near = word.len() + 1 == meant.len() && word.len() >= 4;
    near && (0..meant.len()).any(|at| meant.char_indices().filter(|(n, _)| *n != at).map(|(_, c)| c).eq(word.chars()))
}

/// Adds the requests of one message.
pub fn find(reading: &Reading<'_>, at: usize, sentences: &[&str], found: &mut Vec<Said>) {
    let acted = reading.steps.first().is_some_and(|step| step.at < at);
    let (turn, opening) = (&reading.session.turns[at], reading.opening(at, sentences.len()));
    for sentence in sentences.iter().take(6) {
        let directs = found.iter().any(|known| known.manner != Manner::Request && known.cite.quote == sentence.trim());
        if directs || sentence.chars().count() > 160 || voice::is_hedged(sentence) {
            continue;
        }
        let clauses: Vec<&str> = clauses(sentence);
        for (at, clause) in clauses.iter().enumerate() {
            let acts = act(clause).filter(|_| acted).map(|act| sentence_of(&act));
            let Some(text) = acts.or_else(|| request(clause)) else { continue };
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
    parts.map(together).filter(|part| voice::imperative(part).is_some() || act(part).is_some()).collect()
}

/// "Can we push": what two ask together.
fn together(clause: &str) -> &str {
    ["can we ", "could we ", "shall we ", "should we "]
        .iter()
        .find(|opening| clause.get(..opening.len()).is_some_and(|start| start.eq_ignore_ascii_case(opening)))
        .map_or(clause, |opening| clause[opening.len()..].trim_start())
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

    #[test]
    fn what_is_done_with_the_work_is_an_act_however_it_is_put() {
        for (clause, wanted) in [
            ("commit", Some("commit")),
            ("Commit all your recent changes", Some("commit")),
            ("comit", Some("commit")),
            ("commi", Some("commit")),
            ("create a PR", Some("open a pull request")),
            ("push to the release branch", None),
            ("commit message in English", None),
            ("create a page", None),
        ] {
            assert_eq!(act(clause).as_deref(), wanted, "{clause}");
        }
    }
}
