//! The parts of a statement with one polarity, and on which side of a "before" or "unless" they stand.

use super::words;
use crate::text::pattern::pattern;
use std::borrow::Cow;
use std::sync::LazyLock;

const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "never",
    "don't",
    "dont",
    "doesn't",
    "didn't",
    "isn't",
    "aren't",
    "wasn't",
    "weren't",
    "won't",
    "can't",
    "cannot",
    "couldn't",
    "shouldn't",
    "mustn't",
    "wouldn't",
    "without",
    "avoid",
    "avoids",
    "stop",
    "stopped",
    "nor",
    "neither",
    "nothing",
    "none",
    "refrain",
    "forbidden",
    "prohibited",
    "haven't",
    "hasn't",
];

/// "The user" and "the team" stand in every statement about people and make none of them alike.
pub(super) fn nameless(text: &str) -> String {
    static WHO: LazyLock<regex::Regex> =
        LazyLock::new(|| pattern(r"(?i)\bthe (?:user|team)(?:'s)?(?: (?:is|has|was|are))?\b"));
    let who = WHO.replace_all(text, "they");
    if matches!(who, Cow::Owned(_)) && words::words(&who).any(|word| !words::is_stop(&word.to_lowercase())) {
        who.into_owned()
    } else {
        text.to_owned()
    }
}

/// "Don't forget to" asks for the thing, "not only" denies nothing.
pub(super) fn unforget(text: &str) -> String {
    let mut text = text.to_owned();
    let mut lower = text.to_ascii_lowercase();
    for (from, to) in [
        ("don't forget to", "always"),
        ("do not forget to", "always"),
        ("never forget to", "always"),
        ("not only", "also"),
        ("not just", "also"),
        ("no longer", "not"),
        ("not anymore", "not"),
        ("make sure that", ""),
        ("make sure to", ""),
        ("be sure to", ""),
    ] {
        if let Some(at) = lower.find(from) {
            text.replace_range(at..at + from.len(), to);
            lower.replace_range(at..at + from.len(), to);
        }
    }
    text
}

/// A part of a statement with one polarity.
#[derive(Default, Clone)]
pub(super) struct Clause<'a> {
    pub(super) words: Vec<&'a str>,
    pub(super) negated: bool,
    pub(super) under: bool,
}

/// Words after which "not" denies the whole clause; after others it only sets off what follows it.
pub(super) const AUXILIARIES: &[&str] = &[
    "do", "does", "did", "is", "are", "was", "were", "be", "must", "should", "shall", "can", "could", "will", "would",
    "may", "might", "has", "have", "had", "need", "ought",
];

/// Splits a statement where its polarity or its order may change.
pub(super) fn clauses<'a>(text: &'a str) -> Vec<Clause<'a>> {
    let mut out: Vec<Clause<'a>> = vec![Clause::default()];
    let (mut at, mut before, mut prefers) = (0, String::new(), false);
    let (mut opened_first, mut from) = (false, 0);
    for word in words::words(text) {
        let start = at + text[at..].find(word).unwrap_or(0);
        let between = &text[at..start];
        at = start + word.len();
        let lower = word.to_ascii_lowercase();
        let before_word = |next: &str| {
            let after = text[at..].trim_start().as_bytes();
            after.get(..next.len()).is_some_and(|start| start.eq_ignore_ascii_case(next.as_bytes()))
        };
        if between.contains([',', ';', '.', '!', '?', '(', ')', '—', ':']) {
            let under = out.last().is_some_and(|clause| clause.under) && !opened_first;
            opened_first = false;
            if between.contains(['.', '!', '?']) {
                from = out.len();
            }
            out.push(Clause { under: under && from < out.len(), ..Clause::default() });
        }
        prefers |= matches!(lower.as_str(), "prefer" | "favour" | "favor" | "choose" | "pick");
        let last = out.last().map(|last| (last.words.is_empty(), last.under, last.negated));
        let (empty, under, negated) = last.unwrap_or((true, false, false));
        let mut open = |negated: bool, under: bool, words: Vec<&'a str>| out.push(Clause { words, negated, under });
        match lower.as_str() {
            "instead" if before_word("of ") => open(true, under, Vec::new()),
            "rather" if before_word("than ") => open(true, under, Vec::new()),
            "over" if prefers => open(true, under, Vec::new()),
            "instead" | "rather" => {}
            "before" | "prior" | "unless" | "until" => {
                opened_first = empty && !under;
                open(false, true, Vec::new());
            }
            "after" | "once" if empty => {}
            "after" | "once" => {
                out.iter_mut().skip(from).for_each(|clause| clause.under = true);
                out.push(Clause::default());
            }
            "but" | "because" | "since" | "so" | "when" | "if" => open(false, under, Vec::new()),
            "without" | "no" => open(!negated, under, Vec::new()),
            "not" if !empty && !AUXILIARIES.contains(&before.as_str()) => open(true, under, Vec::new()),
            "use" if !empty && !negated && !matches!(before.as_str(), "to" | "should" | "must" | "we" | "not") => {
                open(false, under, vec![word]);
            }
            known => {
                if let Some(last) = out.last_mut() {
                    if NEGATIONS.contains(&known) { last.negated = !last.negated } else { last.words.push(word) }
                }
            }
        }
        before = lower;
    }
    swap_after(text, &mut out);
    out
}

/// "After X, do Y" is "do Y" with X under it, turned round: "do X before Y".
pub(super) fn swap_after(text: &str, clauses: &mut [Clause<'_>]) {
    let lower = text.trim_start().to_ascii_lowercase();
    if (lower.starts_with("after ") || lower.starts_with("once "))
        && clauses.iter().filter(|clause| !clause.words.is_empty()).count() >= 2
    {
        let mut filled = clauses.iter_mut().filter(|clause| !clause.words.is_empty());
        if let Some(first) = filled.next() {
            first.under = false;
        }
        filled.for_each(|clause| clause.under = true);
    }
}
