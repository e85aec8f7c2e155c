//! A statement as it is compared: its meaningful words with what kind of word each is, whether it is denied, and where
//! it stands. Opposites are one word with two polarities; numbers are normalised.

use super::clause::{clauses, nameless, unforget};
use super::words;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Class {
    Word,
    Name,
    Number,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) class: Class,
    pub(super) negated: bool,
    /// Whether it stands in the part that a "before", "unless" or "until" opens.
    pub(super) under: bool,
}

/// A statement as it is compared: its meaningful words with class and polarity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    pub(super) tokens: Vec<Token>,
    /// Code in backquotes, as it stands.
    pub(super) spans: Vec<String>,
    /// The tokens by their text; of the same text, in their order.
    order: Vec<u32>,
}

/// Words that are the opposite of another one: read as that one, negated.
const OPPOSITES: &str = "disable enable;deny allow;forbid allow;exclude include;decrease increase;\
    private public;async sync;asynchronous synchronous;synchronously asynchronously;optional required;off on;\
    hide show;reject accept;fail pass;slow fast;hate love;dislike like;close open;invalid valid;offline online;\
    maximum minimum;max min;latest oldest;last first;insecure secure;dark light;hot cold;manual automatic;\
    manually automatically;readonly writable;disallow allow;deprecated supported;lock unlock;remove add;down up";

/// Words of which only one can hold at a time.
const EXCLUSIVE: &[&str] = &[
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays weekday weekend",
    "january february march april may june july august september october november december",
    "morning afternoon evening night noon midnight",
    "hourly daily weekly monthly quarterly yearly",
    "tab space",
    "black white red blue green yellow orange purple pink brown grey",
    "development staging production",
    "north south east west",
    "left right top bottom",
    "small medium big",
    "camelcase snake_case kebab-case pascalcase",
    "single double triple",
    "merge rebase squash",
    "http https",
    "json yaml toml xml csv",
];

static OPPOSITE: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let pair = |pair: &str| {
        let (word, of) = pair.trim().split_once(' ')?;
        Some((words::stem(word), words::stem(of)))
    };
    OPPOSITES.split(';').filter_map(pair).collect()
});

/// Stems that are one of two opposites.
static POLES: LazyLock<HashSet<String>> =
    LazyLock::new(|| OPPOSITE.iter().flat_map(|(stem, of)| [stem.clone(), of.clone()]).collect());

pub(super) static SET: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let sets = EXCLUSIVE.iter().enumerate();
    sets.flat_map(|(at, set)| set.split(' ').map(move |word| (words::stem(word), at))).collect()
});

fn digits_of(word: &str) -> Option<&'static str> {
    let spelled =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    spelled.iter().position(|known| *known == word).filter(|at| *at != 1).map(|at| digits[at])
}

/// A number with its unit, normalised: `10K` and `10,000` are one, so are `15ms` and `15 ms`.
pub fn number(word: &str) -> Option<(String, Option<String>)> {
    if let Some(digits) = digits_of(word) {
        return Some((digits.to_owned(), None));
    }
    let body = word.trim_start_matches(['$', '€', '£', '#', '-']);
    let split = body.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | ':'))).unwrap_or(body.len());
    let (digits, unit) = (body[..split].replace(',', ""), &body[split..]);
    if digits.is_empty() || unit.chars().count() > 4 || unit.contains(['_', '/']) {
        return None;
    }
    let scaled = |zeros: i32| digits.parse::<f64>().ok().map(|value| format!("{}", value * 10f64.powi(zeros)));
    match unit.to_lowercase().as_str() {
        "" | "st" | "nd" | "rd" | "th" | "+" => Some((digits, None)),
        "k" => Some((scaled(3)?, None)),
        "m" => Some((scaled(6)?, None)),
        "b" | "bn" => Some((scaled(9)?, None)),
        unit if unit.chars().all(|c| c.is_alphabetic() || c == '%') => Some((digits, Some(unit.to_owned()))),
        _ => None,
    }
}

impl Meaning {
    pub fn of(text: &str) -> Self {
        let text = nameless(&unforget(&text.replace('’', "'")))
            .replace("read only", "readonly")
            .replace("read-only", "readonly");
        let mut tokens = Vec::new();
        let mut first = true;
        for clause in clauses(&text) {
            for (at, word) in clause.words.iter().enumerate() {
                let next = clause.words.get(at + 1).copied().unwrap_or_default();
                let place = Position { negated: clause.negated, under: clause.under, first };
                token(word, next, place, &mut tokens);
                first = false;
            }
        }
        let spans =
            text.split('`').skip(1).step_by(2).map(|span| span.trim().to_owned()).filter(|span| !span.is_empty());
        let mut order: Vec<u32> = (0..tokens.len() as u32).collect();
        order.sort_by(|a, b| tokens[*a as usize].text.cmp(&tokens[*b as usize].text));
        Self { spans: spans.collect(), tokens, order }
    }

    pub(super) fn sorted(&self) -> impl Iterator<Item = &Token> {
        self.order.iter().filter_map(|at| self.tokens.get(*at as usize))
    }

    /// The stems by which an index finds statements about the same thing.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.sorted().map(|token| token.text.as_str()).collect();
        keys.dedup();
        keys
    }

    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Share of the other statement's words that this one has too, 0 to 1.
    pub fn covers(&self, other: &Meaning) -> f64 {
        let total: f64 = other.tokens.iter().map(weight).sum();
        let shared: f64 =
            other.tokens.iter().filter(|t| self.tokens.iter().any(|own| own.text == t.text)).map(weight).sum();
        if total > 0.0 { shared / total } else { 0.0 }
    }

    /// The numbers of the statement, normalised.
    pub fn numbers(&self) -> Vec<&str> {
        self.tokens.iter().filter(|token| token.class == Class::Number).map(|token| token.text.as_str()).collect()
    }
}

/// Where a word stands.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub(super) negated: bool,
    pub(super) under: bool,
    first: bool,
}

/// Nouns before which "one" is a number.
pub(super) const UNITS: &[&str] = &[
    "business", "working", "day", "hour", "week", "month", "year", "minute", "second", "reviewer", "approval",
    "person", "retry", "copy", "replica",
];

pub(super) fn token(word: &str, next: &str, place: Position, tokens: &mut Vec<Token>) {
    let lower = word.to_lowercase();
    let Position { negated, under, first } = place;
    let digit = if lower == "one" && UNITS.contains(&next.to_lowercase().as_str()) { "1" } else { lower.as_str() };
    if let Some((digits, unit)) = number(digit) {
        tokens.push(Token { text: digits, class: Class::Number, negated: false, under });
        if let Some(unit) = unit {
            tokens.push(Token { text: words::stem(&unit), class: Class::Word, negated: false, under });
        }
        return;
    }
    let exclusive = SET.contains_key(&words::stem(&lower));
    let adverb = lower == word && lower.ends_with("ly") && lower.len() > 5 && !POLES.contains(&words::stem(&lower));
    if !exclusive && (words::is_stop(&lower) || adverb) {
        return;
    }
    let stem = words::stem(word);
    let (stem, turned) = match OPPOSITE.get(&stem) {
        Some(of) => (of.clone(), true),
        None => (stem, false),
    };
    let capital = !first && word.starts_with(char::is_uppercase);
    let name = !exclusive && (capital || words::is_identifier(word));
    let class = if name { Class::Name } else { Class::Word };
    tokens.push(Token { text: stem, class, negated: negated ^ turned, under });
}

pub(super) fn is_value(token: &Token) -> bool {
    token.class != Class::Word || SET.contains_key(&token.text)
}

pub(super) fn weight(token: &Token) -> f64 {
    match token.class {
        Class::Word => 1.0,
        Class::Name | Class::Number => 1.3,
    }
}
