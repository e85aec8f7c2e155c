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
}

/// A statement as it is compared: its meaningful words with class and polarity.
#[derive(Debug, Clone, Default)]
pub struct Meaning {
    tokens: Vec<Token>,
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
const OPPOSITES: &str = "disable enable;deny allow;forbid allow;exclude include;decrease increase;after before;\
    private public;async sync;asynchronous synchronous;synchronously asynchronously;optional required;off on;\
    hide show;reject accept;fail pass;slow fast;hate love;dislike like;close open;invalid valid;offline online;\
    maximum minimum;max min;latest oldest;last first;insecure secure;dark light;hot cold;manual automatic;\
    manually automatically;disallow allow;deprecated supported;lock unlock;remove add;down up";

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
        let mut tokens = Vec::new();
        let lower = text.to_lowercase().replace('’', "'");
        let text = text.replace('’', "'");
        let (text, _) = (unforget(&text), lower);
        let mut negated = false;
        let mut first = true;
        for (word, ends) in clauses(&text) {
            let lower = word.to_lowercase();
            if NEGATIONS.contains(&lower.as_str()) {
                negated = !negated;
                first = false;
            } else {
                token(word, &lower, negated, first, &mut tokens);
                first = false;
            }
            if ends {
                negated = false;
                first = word.ends_with(['.', '!', '?']) || first;
            }
        }
        Self { tokens }
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
        let compared = Compared::new(&self.tokens, &newer.tokens);
        let words: f64 = self.tokens.iter().filter(|token| !is_value(token)).map(weight).sum();
        let left: f64 = compared.left.iter().filter(|token| !is_value(token)).map(|token| weight(token)).sum();
        compared.count >= 2 && words > 0.0 && (words - left) / words >= 0.5 && compared.differs()
    }

    /// How this statement stands to another.
    pub fn relation(&self, other: &Meaning) -> Relation {
        let compared = Compared::new(&self.tokens, &other.tokens);
        compared.relation()
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

/// Words with whether a clause ends after them. "Instead of", "rather than" and a contrasting "not" open a negated clause.
fn clauses(text: &str) -> Vec<(&str, bool)> {
    let mut out: Vec<(&str, bool)> = Vec::new();
    let mut at = 0;
    for word in words::words(text) {
        let start = at + text[at..].find(word).unwrap_or(0);
        let between = &text[at..start];
        if between.contains([',', ';', '.', '!', '?', '(', ')', '—', ':'])
            && let Some(last) = out.last_mut()
        {
            last.1 = true;
        }
        let lower = word.to_ascii_lowercase();
        if matches!(
            lower.as_str(),
            "but" | "because" | "since" | "instead" | "rather" | "unless" | "so" | "use" | "when" | "if" | "until"
        ) && let Some(last) = out.last_mut()
        {
            last.1 = true;
        }
        match lower.as_str() {
            "instead" | "rather" => {
                let after = text[start + word.len()..].trim_start().to_ascii_lowercase();
                if after.starts_with("of ") || after.starts_with("than ") {
                    out.push(("not", false));
                }
            }
            _ => out.push((word, false)),
        }
        at = start + word.len();
    }
    out
}

fn token(word: &str, lower: &str, negated: bool, first: bool, tokens: &mut Vec<Token>) {
    if let Some((digits, unit)) = number(lower) {
        tokens.push(Token { text: digits, class: Class::Number, negated: false });
        if let Some(unit) = unit {
            tokens.push(Token { text: words::stem(&unit), class: Class::Word, negated: false });
        }
        return;
    }
    let exclusive = SET.contains_key(&words::stem(lower));
    if (words::is_stop(lower) && !exclusive)
        || lower.ends_with("ly") && lower.len() > 5 && !OPPOSITE.contains_key(&words::stem(lower))
    {
        return;
    }
    let stem = words::stem(word);
    let (stem, turned) = match OPPOSITE.get(&stem) {
        Some(of) => (of.clone(), true),
        None => (stem, false),
    };
    let capital = !first && word.starts_with(char::is_uppercase);
    let name = !exclusive && (capital || words::is_identifier(word));
    tokens.push(Token { text: stem, class: if name { Class::Name } else { Class::Word }, negated: negated ^ turned });
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
}

impl<'a> Compared<'a> {
    fn new(a: &'a [Token], b: &'a [Token]) -> Self {
        let mut open: BTreeMap<&str, Vec<&Token>> = BTreeMap::new();
        let unique = |tokens: &'a [Token]| {
            let mut seen: Vec<&'a Token> = Vec::new();
            for token in tokens {
                if !seen.iter().any(|known| known.text == token.text) {
                    seen.push(token);
                }
            }
            seen
        };
        let (a, b) = (unique(a), unique(b));
        for token in &b {
            open.entry(&token.text).or_default().push(token);
        }
        let mut compared = Compared {
            shared: 0.0,
            turned: 0,
            left: Vec::new(),
            right: Vec::new(),
            total_left: a.iter().map(|token| weight(token)).sum(),
            total_right: b.iter().map(|token| weight(token)).sum(),
            count: 0,
        };
        for token in a {
            match open.get_mut(token.text.as_str()).and_then(Vec::pop) {
                Some(other) => {
                    compared.shared += weight(token).min(weight(other));
                    compared.count += 1;
                    compared.turned += usize::from(token.negated != other.negated);
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
            let alike = self.frame() >= 0.55 || (self.turned > 0 && smaller >= 0.6);
            return if alike { Relation::Contradicts } else { Relation::Unrelated };
        }
        if self.left.is_empty() && self.right.is_empty() {
            return Relation::Same;
        }
        let values = |tokens: &[&Token]| tokens.iter().any(|token| is_value(token));
        let worded = !self.left.is_empty() && !self.right.is_empty() && !values(&self.left) && !values(&self.right);
        if likeness >= 0.66 && worded && !self.one_word_swapped() {
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

    /// Likeness of what is said about the values that differ.
    fn frame(&self) -> f64 {
        let values =
            |tokens: &[&Token]| tokens.iter().filter(|token| is_value(token)).map(|token| weight(token)).sum::<f64>();
        let rest = self.total_left + self.total_right - values(&self.left) - values(&self.right);
        if rest > 0.0 { 2.0 * self.shared / rest } else { 0.0 }
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
