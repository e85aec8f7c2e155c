//! Amounts and versions: "20 languages", "11 people", "K8s 1.28". A newer statement that says that something changed
//! replaces an older one that counts the same units differently, or names another version of the same thing. It does
//! not compare sizes, and says nothing about statements that count the same.

use super::{frame, words};

/// What a number counts, or what it is the version of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Amount {
    number: String,
    of: Of,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Of {
    /// The stem of the word after the number.
    Unit(String),
    /// The stem of the name before it.
    Version(String),
}

/// Units that measure anything: two statements may both be true of different things.
const MEASURES: &[&str] = &[
    "second", "sec", "minut", "min", "hour", "day", "week", "month", "year", "time", "percent", "mb", "gb", "kb", "tb",
    "ms", "dollar", "euro", "km", "mile", "point", "am", "pm", "kg", "step", "line", "gram", "cup", "page",
];

const CHANGES: &[&str] = &[
    "now",
    "grew",
    "grown",
    "expanded",
    "expanding",
    "upgraded",
    "upgrading",
    "bumped",
    "bumping",
    "increased",
    "reduced",
    "raised",
    "lowered",
    "dropped",
    "hired",
    "added",
    "cut",
    "scaled",
    "doubled",
    "tripled",
    "shrank",
    "shrunk",
    "moved",
    "moving",
];

/// Words that join to what came before: not all of it, so nothing is replaced.
const PARTIAL: &[&str] = &["another", "additional", "more", "of", "each", "per"];

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
}

fn is_version(word: &str) -> bool {
    let bare = word.strip_prefix('v').unwrap_or(word);
    bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.contains('.')
        && bare.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()))
}

fn amounts(text: &str) -> Vec<Amount> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let words: Vec<&str> = words::words(text).map(|word| word.trim_end_matches('.')).collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (before, after) = (at.checked_sub(1).map(|at| words[at]), words.get(at + 1));
        if let Some(name) = before.filter(|name| is_version(word) && name.starts_with(char::is_uppercase)) {
            found.push(Amount { number: (*word).to_owned(), of: Of::Version(name.to_lowercase()) });
            continue;
        }
        let Some(unit) = after.filter(|unit| is_number(word) && unit.chars().all(char::is_alphabetic)) else {
            continue;
        };
        let unit = words::stem(unit);
        if !MEASURES.contains(&unit.as_str()) && !PARTIAL.contains(&unit.as_str()) && !words::stems(&unit).is_empty() {
            found.push(Amount { number: (*word).to_owned(), of: Of::Unit(unit) });
        }
    }
    found
}

/// What a text counts or names versions of, as keys of an index: the few words that a recount has in common with what
/// it replaces may be too common to find it by.
pub fn counted(text: &str) -> Vec<String> {
    let key = |amount: Amount| match amount.of {
        Of::Unit(unit) => unit,
        Of::Version(name) => format!("{name} version"),
    };
    amounts(text).into_iter().map(key).collect()
}

/// Whether a statement is about the person or their team, as statements of people are worded: not about a plan or a
/// test of theirs.
fn of_oneself(text: &str) -> bool {
    let mut words = words::words(text).skip_while(|word| word.eq_ignore_ascii_case("the"));
    let subject = words.next().is_some_and(|word| {
        ["user", "team"].contains(&word.to_lowercase().trim_end_matches("'s").trim_end_matches("’s"))
    });
    let verb = words.next().is_some_and(|word| {
        ["is", "has", "was", "had", "also", "now"].contains(&word) || word.ends_with("ed") || word.ends_with("ing")
    });
    subject && verb
}

/// Whether a newer statement of a change counts what an older one counts, and comes to something else. One unit alone
/// says little: another word must be shared, or another unit.
pub fn recounts(newer: &str, older: &str) -> bool {
    let is_change = |word: &str| CHANGES.iter().any(|change| word.eq_ignore_ascii_case(change));
    if !newer.bytes().any(|byte| byte.is_ascii_digit()) || !words::words(newer).any(is_change) {
        return false;
    }
    let (new, old) = (amounts(newer), amounts(older));
    let differs = |amount: &&Amount| {
        old.iter().any(|known| known.of == amount.of && known.number != amount.number)
            && !old.iter().any(|known| known == *amount)
    };
    let counted: Vec<&Amount> = new.iter().filter(differs).collect();
    if counted.iter().any(|amount| matches!(amount.of, Of::Version(_))) {
        return true;
    }
    let Some(Amount { of: Of::Unit(unit), .. }) = counted.first() else { return false };
    if !(of_oneself(newer) || of_oneself(older)) && frame::about_others(newer, older) {
        return false;
    }
    let older = words::stems(older);
    let shared = words::stems(newer).iter().filter(|stem| *stem != unit && older.contains(stem)).count();
    counted.len() >= 2 || shared > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_count_of_the_same_replaces() {
        for (newer, older) in [
            (
                "The team hired two more testers, so it is at 9 people now.",
                "The team is 6 people, two of them testers.",
            ),
            (
                "The user expanded the study to 40 clinics and 12 regions.",
                "The study runs in 15 clinics and 4 regions.",
            ),
            ("The team is bumping to Postgres 16.2 next week.", "The team runs Postgres 14.9 on its own servers."),
        ] {
            assert!(recounts(newer, older), "{newer} / {older}");
        }
    }

    #[test]
    fn the_same_count_another_unit_or_another_thing_does_not() {
        for (newer, older) in [
            ("The team is at 6 people now.", "The team is 6 people."),
            ("The choir now has 30 singers.", "The bakery employs 12 people."),
            ("The job now takes 20 minutes.", "The backup takes 45 minutes."),
            ("The team runs Redis 7.2 now.", "The team runs Postgres 14.9."),
            ("The study runs in 40 clinics.", "The study runs in 15 clinics."),
            ("The team plan now allows 5 projects.", "The free plan allows 3 projects."),
            ("The school now has 30 pupils.", "The choir has 12 pupils from abroad."),
        ] {
            assert!(!recounts(newer, older), "{newer} / {older}");
        }
    }
}
