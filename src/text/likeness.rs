//! Whether two statements say the same, contradict each other, or have nothing to do with each other. Numbers, names,
//! negation, opposites and conditions decide before words do: what differs in one of them is never the same.

use super::meaning::{Class, Meaning, SET, Token, is_value, weight};
use serde::{Deserialize, Serialize};

/// How two statements stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

impl Meaning {
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

    /// Whether anybody who keeps both must know of it: one says what the other says, or they differ in a value alone.
    pub fn bears_on(&self, other: &Meaning) -> Option<Relation> {
        let compared = Compared::new(self, other);
        match compared.relation() {
            relation @ (Relation::Same | Relation::Contains) => Some(relation),
            Relation::Contradicts if compared.differs_only_in_value() => Some(Relation::Contradicts),
            _ => None,
        }
    }

    /// How this statement stands to another.
    pub fn relation(&self, other: &Meaning) -> Relation {
        Compared::new(self, other).relation()
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
        let spans = !a.spans.is_empty() && !b.spans.is_empty() && !a.spans.iter().any(|span| b.spans.contains(span));
        let ordered = |meaning: &Meaning| {
            meaning.tokens.iter().any(|token| token.under) && meaning.tokens.iter().any(|token| !token.under)
        };
        let ordered = ordered(a) && ordered(b);
        let mut compared = Compared {
            shared: 0.0,
            turned: 0,
            left: Vec::new(),
            right: Vec::new(),
            total_left: sum(&a.tokens),
            total_right: sum(&b.tokens),
            count: 0,
            spans,
            moved: 0,
            framed: 0.0,
        };
        let (mut shared, mut framed) = (0, 0);
        // Words of one text at a time, in the order of texts: the others of that word that are still open.
        let mut right = b.sorted().peekable();
        let mut open: Vec<&Token> = Vec::new();
        let mut word: Option<&str> = None;
        for token in a.sorted() {
            if word != Some(&token.text) {
                compared.right.append(&mut open);
                word = Some(&token.text);
                while let Some(other) = right.next_if(|other| other.text <= token.text) {
                    if other.text == token.text { open.push(other) } else { compared.right.push(other) }
                }
            }
            let same = open.iter().position(|other| other.negated == token.negated).or(open.len().checked_sub(1));
            match same.map(|at| open.remove(at)) {
                Some(other) => {
                    let both = tenths(token).min(tenths(other));
                    shared += both;
                    let value = token.class == Class::Number || SET.contains_key(&token.text);
                    framed += if value { 0 } else { both };
                    compared.count += 1;
                    compared.turned += usize::from(token.negated != other.negated);
                    compared.moved += usize::from(ordered && token.under != other.under);
                }
                None => compared.left.push(token),
            }
        }
        compared.right.append(&mut open);
        compared.right.extend(right);
        (compared.shared, compared.framed) = (f64::from(shared) / 10.0, f64::from(framed) / 10.0);
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

    /// Whether they differ in nothing but a value, and say enough for that to be no accident.
    fn differs_only_in_value(&self) -> bool {
        self.conflicts() && self.frame() >= 0.8 && (self.framed >= 2.0 || self.frame() >= 1.0)
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

/// A token's weight in tenths: sums of these do not depend on their order.
fn tenths(token: &Token) -> u32 {
    (weight(token) * 10.0).round() as u32
}

fn sum(tokens: &[Token]) -> f64 {
    f64::from(tokens.iter().map(tenths).sum::<u32>()) / 10.0
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
