//! Whether two statements say the same, contradict each other, or have nothing to do with each other. Numbers, names,
//! negation, opposites and conditions decide before words do: what differs in one of them is never the same.

use super::words;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// How two statements stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same in other words.
    Same,
    /// The first says all that the second says, and more.
    Contains,
    /// The second says all that the first says, and more.
    Within,
    /// About the same thing, with another value.
    Contradicts,
    Unrelated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Word,
    Name,
    Number,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    class: Class,
    negated: bool,
    /// Whether it stands in the part that a "before", "unless" or "until" opens.
    under: bool,
}

/// A statement as it is compared: its meaningful words with class and polarity.
#[derive(Debug, Clone, Default)]
pub struct Meaning {
    tokens: Vec<Token>,
    /// Code in backquotes, as it stands.
    spans: Vec<String>,
}

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

/// Whether a stem is one of two opposites.
fn is_pole(stem: &String) -> bool {
    OPPOSITE.contains_key(stem) || OPPOSITE.values().any(|of| of == stem)
}

static SET: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
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
        Self { spans: spans.collect(), tokens }
    }

    /// The stems by which an index finds statements about the same thing.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.tokens.iter().map(|token| token.text.as_str()).collect();
        keys.sort_unstable();
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

    /// Whether a newer statement, which may say more, gives another value for what this one says: half of this one's
    /// words are there, and a number, an exclusive word or the polarity differs.
    pub fn is_updated_by(&self, newer: &Meaning) -> bool {
        let compared = Compared::new(self, newer);
        let words: f64 = self.tokens.iter().filter(|token| !is_value(token)).map(weight).sum();
        let left: f64 = compared.left.iter().filter(|token| !is_value(token)).map(|token| weight(token)).sum();
        let newer_words: f64 = newer.tokens.iter().filter(|token| !is_value(token)).map(weight).sum();
        let shared = words - left;
        compared.count >= 2
            && (shared >= 0.5 * words || shared >= 0.6 * newer_words)
            && shared > 1.0
            && compared.differs()
    }

    /// Whether two statements differ in nothing but a value, and say enough for that to be no accident.
    pub fn differs_only_in_value(&self, other: &Meaning) -> bool {
        let compared = Compared::new(self, other);
        compared.conflicts() && compared.frame() >= 0.8 && (compared.framed >= 2.0 || compared.frame() >= 1.0)
    }

    /// How this statement stands to another.
    pub fn relation(&self, other: &Meaning) -> Relation {
        Compared::new(self, other).relation()
    }
}

/// "The user" and "the team" stand in every statement about people and make none of them alike.
fn nameless(text: &str) -> String {
    static WHO: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(r"(?i)\bthe (?:user|team)(?:'s)?(?: (?:is|has|was|are))?\b").expect("a constant pattern")
    });
    let who = WHO.replace_all(text, "they");
    if words::words(&who).any(|word| !words::is_stop(&word.to_lowercase())) {
        who.into_owned()
    } else {
        text.to_owned()
    }
}

/// "Don't forget to" asks for the thing, "not only" denies nothing.
fn unforget(text: &str) -> String {
    let mut text = text.to_owned();
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
        if let Some(at) = text.to_ascii_lowercase().find(from) {
            text.replace_range(at..at + from.len(), to);
        }
    }
    text
}

/// A part of a statement with one polarity.
#[derive(Default, Clone)]
struct Clause<'a> {
    words: Vec<&'a str>,
    negated: bool,
    under: bool,
}

/// Words after which "not" denies the whole clause; after others it only sets off what follows it.
const AUXILIARIES: &[&str] = &[
    "do", "does", "did", "is", "are", "was", "were", "be", "must", "should", "shall", "can", "could", "will", "would",
    "may", "might", "has", "have", "had", "need", "ought",
];

/// Splits a statement where its polarity or its order may change.
fn clauses<'a>(text: &'a str) -> Vec<Clause<'a>> {
    let mut out: Vec<Clause<'a>> = vec![Clause::default()];
    let (mut at, mut before, mut prefers) = (0, String::new(), false);
    let (mut opened_first, mut from) = (false, 0);
    for word in words::words(text) {
        let start = at + text[at..].find(word).unwrap_or(0);
        let between = &text[at..start];
        at = start + word.len();
        let lower = word.to_ascii_lowercase();
        let after = text[at..].trim_start().to_ascii_lowercase();
        if between.contains([',', ';', '.', '!', '?', '(', ')', '—', ':']) {
            let under = out.last().is_some_and(|clause| clause.under) && !opened_first;
            opened_first = false;
            if between.contains(['.', '!', '?']) {
                from = out.len();
            }
            out.push(Clause { under: under && from < out.len(), ..Clause::default() });
        }
        prefers |= matches!(lower.as_str(), "prefer" | "favour" | "favor" | "choose" | "pick");
        let last = out.last().cloned().unwrap_or_default();
        let (empty, under) = (last.words.is_empty(), last.under);
        let mut open = |negated: bool, under: bool, words: Vec<&'a str>| out.push(Clause { words, negated, under });
        match lower.as_str() {
            "instead" if after.starts_with("of ") => open(true, under, Vec::new()),
            "rather" if after.starts_with("than ") => open(true, under, Vec::new()),
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
            "without" | "no" => open(!last.negated, under, Vec::new()),
            "not" if !empty && !AUXILIARIES.contains(&before.as_str()) => open(true, under, Vec::new()),
            "use" if !empty && !last.negated && !matches!(before.as_str(), "to" | "should" | "must" | "we" | "not") => {
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
fn swap_after(text: &str, clauses: &mut [Clause<'_>]) {
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

/// Where a word stands.
#[derive(Clone, Copy)]
struct Position {
    negated: bool,
    under: bool,
    first: bool,
}

/// Nouns before which "one" is a number.
const UNITS: &[&str] = &[
    "business", "working", "day", "hour", "week", "month", "year", "minute", "second", "reviewer", "approval",
    "person", "retry", "copy", "replica",
];

fn token(word: &str, next: &str, place: Position, tokens: &mut Vec<Token>) {
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
    let adverb = lower == word && lower.ends_with("ly") && lower.len() > 5 && !is_pole(&words::stem(&lower));
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

fn is_value(token: &Token) -> bool {
    token.class != Class::Word || SET.contains_key(&token.text)
}

fn weight(token: &Token) -> f64 {
    match token.class {
        Class::Word => 1.0,
        Class::Name | Class::Number => 1.3,
    }
}

struct Compared<'a> {
    shared: f64,
    turned: usize,
    left: Vec<&'a Token>,
    right: Vec<&'a Token>,
    total_left: f64,
    total_right: f64,
    count: usize,
    /// Both have code in backquotes, and none of it is the same.
    spans: bool,
    /// Shared words that stand on the other side of a "before" or "unless".
    moved: usize,
    /// What is shared and is no value.
    framed: f64,
}

impl<'a> Compared<'a> {
    fn new(a: &'a Meaning, b: &'a Meaning) -> Self {
        let mut open: BTreeMap<&str, Vec<&Token>> = BTreeMap::new();
        let spans = !a.spans.is_empty() && !b.spans.is_empty() && !a.spans.iter().any(|span| b.spans.contains(span));
        let ordered = |meaning: &Meaning| {
            meaning.tokens.iter().any(|token| token.under) && meaning.tokens.iter().any(|token| !token.under)
        };
        let ordered = ordered(a) && ordered(b);
        let (a, b) = (&a.tokens, &b.tokens);
        for token in b {
            open.entry(&token.text).or_default().push(token);
        }
        let mut compared = Compared {
            shared: 0.0,
            turned: 0,
            left: Vec::new(),
            right: Vec::new(),
            total_left: a.iter().map(weight).sum(),
            total_right: b.iter().map(weight).sum(),
            count: 0,
            spans,
            moved: 0,
            framed: 0.0,
        };
        for token in a {
            let alike = open.get_mut(token.text.as_str()).and_then(|others| {
                let same =
                    others.iter().position(|other| other.negated == token.negated).or(others.len().checked_sub(1))?;
                Some(others.remove(same))
            });
            match alike {
                Some(other) => {
                    let shared = weight(token).min(weight(other));
                    compared.shared += shared;
                    let value = token.class == Class::Number || SET.contains_key(&token.text);
                    compared.framed += if value { 0.0 } else { shared };
                    compared.count += 1;
                    compared.turned += usize::from(token.negated != other.negated);
                    compared.moved += usize::from(ordered && token.under != other.under);
                }
                None => compared.left.push(token),
            }
        }
        compared.right = open.into_values().flatten().collect();
        compared
    }

    fn relation(&self) -> Relation {
        if self.total_left == 0.0 || self.total_right == 0.0 || self.count == 0 {
            return Relation::Unrelated;
        }
        let likeness = 2.0 * self.shared / (self.total_left + self.total_right);
        let smaller = self.shared / self.total_left.min(self.total_right);
        if self.conflicts() {
            let alike = self.frame() >= 0.6 || (self.turned > 0 && smaller >= 0.6 && self.framed >= 1.9);
            return if alike { Relation::Contradicts } else { Relation::Unrelated };
        }
        if self.left.is_empty() && self.right.is_empty() {
            return Relation::Same;
        }
        let values = |tokens: &[&Token]| tokens.iter().any(|token| is_value(token));
        let worded = !self.left.is_empty() && !self.right.is_empty() && !values(&self.left) && !values(&self.right);
        let many = self.left.len().max(self.right.len()) > 2;
        if likeness >= (if many { 0.8 } else { 0.66 }) && worded && !self.one_word_swapped() {
            return Relation::Same;
        }
        if self.right.is_empty() && self.count >= 2 && likeness >= 0.4 {
            return Relation::Contains;
        }
        if self.left.is_empty() && self.count >= 2 && likeness >= 0.4 {
            return Relation::Within;
        }
        Relation::Unrelated
    }

    /// Likeness of what is said about the values that differ; 0 where too little is said.
    fn frame(&self) -> f64 {
        let words =
            |tokens: &[&Token]| tokens.iter().filter(|token| !is_value(token)).map(|token| weight(token)).sum::<f64>();
        let (left, right) = (words(&self.left), words(&self.right));
        let total = 2.0 * self.framed + left + right;
        let little = self.framed < 1.9 && left + right > 0.0;
        if total > 0.0 && !little { 2.0 * self.framed / total } else { 0.0 }
    }

    /// Negation, numbers, names or exclusive words that differ.
    fn conflicts(&self) -> bool {
        let name = |tokens: &[&Token]| tokens.iter().any(|token| token.class == Class::Name);
        self.differs() || (name(&self.left) && name(&self.right))
    }

    /// Negation, numbers or exclusive words that differ.
    fn differs(&self) -> bool {
        let number = |tokens: &[&Token]| tokens.iter().any(|token| token.class == Class::Number);
        let sets =
            |tokens: &[&Token]| tokens.iter().filter_map(|token| SET.get(&token.text).copied()).collect::<Vec<_>>();
        let right = sets(&self.right);
        self.turned > 0
            || self.spans
            || (self.moved >= 2 && self.moved * 2 >= self.count)
            || (number(&self.left) && number(&self.right))
            || sets(&self.left).iter().any(|set| right.contains(set))
    }

    /// One word of each in the place of the other: more often another value than another word for the same.
    fn one_word_swapped(&self) -> bool {
        self.left.len() == 1
            && self.right.len() == 1
            && self.count < 5
            && !akin(&self.left[0].text, &self.right[0].text)
    }
}

/// Whether two stems share so long a beginning that they are forms of one word.
fn akin(a: &str, b: &str) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    common >= 4 && common * 3 >= a.len().min(b.len()) * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(a: &str, b: &str) -> Relation {
        let (a, b) = (Meaning::of(a), Meaning::of(b));
        a.relation(&b)
    }

    #[test]
    fn numbers_names_and_negation_are_never_joined() {
        for (a, b) in [
            ("The port is 8080.", "The port is 8081."),
            ("Deploy on Fridays.", "Deploy on Mondays."),
            ("Always commit to main.", "Never commit to main."),
            ("Use tabs for indentation.", "Use spaces for indentation."),
            ("The team uses Postgres for analytics.", "The team uses BigQuery for analytics."),
            ("Use pnpm instead of npm.", "Use npm instead of pnpm."),
            ("Enable caching in CI.", "Disable caching in CI."),
        ] {
            assert_eq!(relation(a, b), Relation::Contradicts, "{a} / {b}");
        }
    }

    #[test]
    fn the_same_in_other_words_is_the_same() {
        for (a, b) in [
            ("Always run the linter before committing.", "Make sure to run the linter before you commit."),
            ("Use pnpm instead of npm.", "Use pnpm, not npm."),
            ("Delete the build folder before a release.", "Before a release, remove the build directory."),
            ("Latency budget is 15 ms.", "The latency budget is 15ms."),
        ] {
            assert_eq!(relation(a, b), Relation::Same, "{a} / {b}");
        }
    }

    #[test]
    fn a_longer_statement_contains_a_shorter_one() {
        assert_eq!(
            relation("Run the linter before committing and pushing code", "Run the linter before committing"),
            Relation::Contains
        );
        assert_eq!(relation("The sky is blue", "Deploys need two approvals"), Relation::Unrelated);
    }
}
