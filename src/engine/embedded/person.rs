//! Sentences of people about themselves, told in the third person: a note is read by somebody else. Only the words
//! for the person change; numbers, names and conditions stay as they were said.

use crate::text::pattern::pattern;
use regex::{Captures, Regex};
use std::sync::LazyLock;

static SELF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?P<who>I|we)\b(?P<form>(?:'m|’m|'re|’re|'ve|’ve|'ll|’ll|'d|’d)\b|(?P<adverb> (?:also|mostly|usually|always|often|really|currently|now|still|just|mainly|only|generally|never|actually))? (?P<verb>[a-z]+(?:['’]t)?)\b)?",
        r"|\b(?P<own>my|our|mine|ours|myself|ourselves)\b|\b(?P<object>me|us)\b"
    ))
});

/// Verbs that are told with an `s`.
const PRESENT: &[&str] = &[
    "use",
    "work",
    "live",
    "prefer",
    "like",
    "love",
    "hate",
    "need",
    "want",
    "manage",
    "own",
    "build",
    "run",
    "deal",
    "write",
    "teach",
    "study",
    "play",
    "know",
    "get",
    "go",
    "think",
    "start",
    "plan",
    "process",
    "handle",
    "lead",
    "maintain",
    "develop",
    "integrate",
    "detect",
    "support",
    "sell",
    "operate",
    "serve",
    "ship",
    "deploy",
    "store",
    "host",
    "test",
    "learn",
    "speak",
    "drive",
    "travel",
    "cook",
    "collect",
    "enjoy",
    "struggle",
    "rely",
    "rent",
    "report",
    "track",
    "train",
    "target",
    "expect",
    "focus",
    "depend",
    "call",
    "keep",
    "make",
    "take",
    "hope",
    "feel",
    "find",
    "appreciate",
    "remember",
    "tend",
    "ride",
    "try",
    "look",
    "talk",
    "mean",
    "come",
    "give",
    "see",
    "say",
    "believe",
    "understand",
    "care",
    "follow",
    "avoid",
    "eat",
    "drink",
    "sleep",
    "walk",
    "watch",
    "listen",
    "belong",
    "consider",
    "draw",
    "help",
    "pay",
    "save",
    "share",
    "review",
    "release",
    "name",
    "squash",
    "tag",
    "publish",
    "pin",
    "log",
    "encrypt",
    "generate",
    "merge",
    "open",
    "close",
    "document",
    "monitor",
    "measure",
    "meet",
    "sync",
    "translate",
    "bill",
    "charge",
    "index",
    "cache",
    "sign",
    "rotate",
    "archive",
    "order",
    "format",
    "print",
    "group",
];

/// The sentence in the third person.
pub fn third_person(text: &str) -> String {
    let mut named = false;
    SELF.replace_all(text, |found: &Captures<'_>| told(found, &mut named)).into_owned()
}

fn told(found: &Captures<'_>, named: &mut bool) -> String {
    let first = !std::mem::replace(named, true);
    if let Some(own) = found.name("own") {
        let plural = own.as_str().to_lowercase().starts_with("our");
        return match (own.as_str().to_lowercase().as_str(), first) {
            ("myself" | "ourselves", _) => "themselves".to_owned(),
            ("mine" | "ours", _) => "theirs".to_owned(),
            (_, true) => if plural { "the team's" } else { "the user's" }.to_owned(),
            _ => "their".to_owned(),
        };
    }
    if let Some(object) = found.name("object") {
        return match (object.as_str().eq_ignore_ascii_case("us"), first) {
            _ if object.as_str() == "US" => "US".to_owned(),
            (true, true) => "the team".to_owned(),
            (false, true) => "the user".to_owned(),
            _ => "them".to_owned(),
        };
    }
    let who = match (found["who"].eq_ignore_ascii_case("we"), first) {
        (true, true) => "the team",
        (false, true) => "the user",
        _ => "they",
    };
    let form = found.name("form").map_or("", |form| form.as_str()).replace('’', "'");
    let adverb = found.name("adverb").map_or("", |adverb| adverb.as_str());
    match (form.to_lowercase().as_str(), found.name("verb")) {
        ("", _) => who.to_owned(),
        ("'m" | "'re", _) => format!("{who} {}", if first { "is" } else { "are" }),
        ("'ve", _) => format!("{who} {}", if first { "has" } else { "have" }),
        ("'ll", _) => format!("{who} will"),
        ("'d", _) => format!("{who} would"),
        (_, Some(verb)) => format!("{who}{adverb} {}", conjugated(verb.as_str(), first)),
        (form, None) => format!("{who}{form}"),
    }
}

fn conjugated(verb: &str, singular: bool) -> String {
    let lower = verb.to_lowercase().replace('’', "'");
    let told = match (lower.as_str(), singular) {
        ("am" | "are", true) => "is",
        ("am", false) => "are",
        ("was", false) => "were",
        ("were", true) => "was",
        ("have", true) => "has",
        ("haven't", true) => "hasn't",
        ("do", true) => "does",
        ("don't", true) => "does not",
        ("don't", false) => "do not",
        (known, true) if PRESENT.contains(&known) => return third(known),
        _ => return verb.to_owned(),
    };
    told.to_owned()
}

fn third(verb: &str) -> String {
    match verb {
        "go" => "goes".to_owned(),
        _ if ["ss", "ch", "sh", "x"].iter().any(|end| verb.ends_with(end)) => format!("{verb}es"),
        _ if verb.ends_with('y') && !["ay", "ey", "oy"].iter().any(|end| verb.ends_with(end)) => {
            format!("{}ies", &verb[..verb.len() - 1])
        }
        _ => format!("{verb}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_person_is_named_once_and_then_they() {
        for (said, told) in [
            ("I use VS Code for my work", "the user uses VS Code for their work"),
            ("We're on AWS and I've moved", "the team is on AWS and they have moved"),
            ("I haven't tried it, but I was told", "the user hasn't tried it, but they were told"),
            ("My CTO asked me to learn SQL", "the user's CTO asked them to learn SQL"),
            ("I always try to study", "the user always tries to study"),
            ("The port is 8081 in US-east", "The port is 8081 in US-east"),
        ] {
            assert_eq!(third_person(said), told);
        }
    }
}
