//! A sentence in which somebody states two things of themselves is two statements: one may change while the other stays.
//! A condition that may belong to both keeps them together.

use crate::text::pattern::pattern;
use crate::text::words;
use regex::Regex;
use std::sync::LazyLock;

static AND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:,| —|;)? (?:and|plus) (?:also )?(?P<next>(?:i|i'm|i’m|i've|i’ve|we|we're|we’re|we've|we’ve|my|our)\b)",
    )
});
static OWN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:i|i'm|i’m|i've|i’ve|we|we're|we’re|we've|we’ve|my|our)\b"));
/// What makes a statement hold only at times, wherever it stands.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:if|unless|until|except|only|whenever|when|while|as long as|provided|once|before|after|although|though)\b",
    )
});

/// The statements of a sentence, in order; the sentence itself where it is one.
pub fn clauses(sentence: &str) -> Vec<&str> {
    if CONDITION.is_match(sentence) || sentence.trim_end().ends_with('?') {
        return vec![sentence];
    }
    let (mut found, mut from) = (Vec::new(), 0);
    for cut in AND.captures_iter(sentence) {
        let (all, next) =
            (cut.get(0).expect("a match is whole"), cut.name("next").expect("a group that always matches"));
        let (left, right) = (&sentence[from..all.start()], &sentence[next.start()..]);
        if is_statement(left) && words::stems(right).len() >= 2 {
            found.push(left);
            from = next.start();
        }
    }
    found.push(&sentence[from..]);
    found
}

fn is_statement(clause: &str) -> bool {
    OWN.is_match(clause) && words::stems(clause).len() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_things_that_somebody_says_of_themselves_are_two_statements() {
        let text = "I use VS Code for everything and I'm on a MacBook Pro M2.";
        assert_eq!(clauses(text), ["I use VS Code for everything", "I'm on a MacBook Pro M2."]);
        let text = "I've been writing Python for 6 years, and I live in Lyon, and my dog is called Rex.";
        assert_eq!(clauses(text), ["I've been writing Python for 6 years", "I live in Lyon", "my dog is called Rex."]);
    }

    #[test]
    fn a_condition_keeps_them_together() {
        for text in [
            "If it rains I take the bus and I read on it.",
            "I like tea and biscuits.",
            "We deploy on Mondays and we freeze only in December.",
            "Anna and I own the billing service.",
        ] {
            assert_eq!(clauses(text), [text]);
        }
    }
}
