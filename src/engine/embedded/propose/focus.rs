//! Instructions narrow what is proposed: `focus on …` keeps what is about it, `ignore …` leaves it out, in the words
//! that people use for either. A sentence that says neither changes nothing.

use super::draft::Draft;
use crate::text::pattern::pattern;
use crate::text::words;
use regex::Regex;
use std::sync::LazyLock;

/// Where a part of the instructions begins that says what to leave out, or what to keep to.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?P<not>(?:ignore|skip|exclude|omit|drop|avoid|leave out|filter out|stay away from|steer clear of|nothing (?:about|on|from)|",
        r"(?:do not|don't|dont|never) (?:propose|include|mention|record|keep|note|bother with|care about|want|add|suggest|learn|remember|write down)|",
        r"(?:i |we )?(?:am |are )?not interested in|no need for|no notes? (?:about|on)|except(?: for)?|but not)\b|no\b)",
        r"|\b(?P<only>(?:focus(?: only| mainly| mostly)?(?: on)?|concentrate on|stick to|limit (?:it|yourself|this|proposals)? ?to|restrict (?:it|yourself|this|proposals)? ?to|keep to|",
        r"(?:only|just)(?: (?:propose|include|keep|record|note|look at|learn|remember|about|want|care about))?|",
        r"(?:i|we)(?: only| mostly)? (?:care about|are interested in|am interested in|want)|interested in|look (?:only )?(?:for|at)|pay attention to))\b",
    ))
});

/// Whether instructions let a draft through.
pub fn allows(instructions: Option<&str>, draft: &Draft) -> bool {
    let Some(instructions) = instructions else { return true };
    let said = format!("{} {} {} {}", draft.text, draft.kind, draft.tags.join(" "), sort(draft));
    // `lint:fix` is about lint, too.
    let mut about: Vec<String> = words::stems(&said);
    about.extend(words::stems(&said.replace([':', '/', '_', '-', '.'], " ")));
    let (ignored, focus) = topics(instructions);
    if ignored.iter().any(|topic| matches(topic, &about)) {
        return false;
    }
    focus.is_empty() || focus.iter().any(|topic| matches(topic, &about))
}

/// What sort of belief it is, in the words that people use for it.
fn sort(draft: &Draft) -> &'static str {
    match draft.canonical.split(' ').next() {
        Some("mistake") => "error mistake failure debugging bug problem failing tool call",
        Some("command") => "command build tooling",
        Some("directive") => "directive instruction convention rule preference coding style correction guideline",
        Some("request") => "request habit workflow convention process",
        Some("fact") => "fact",
        _ => "workflow habit process",
    }
}

/// What is to be left out, and what to keep to.
fn topics(instructions: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let (mut ignored, mut focus) = (Vec::new(), Vec::new());
    for sentence in instructions.split([';', '\n']).flat_map(|part| part.split(". ")) {
        let marks: Vec<_> = PART.captures_iter(sentence).collect();
        for (nth, mark) in marks.iter().enumerate() {
            let whole = mark.get(0).expect("a match has a whole");
            let end = marks.get(nth + 1).and_then(|next| next.get(0)).map_or(sentence.len(), |next| next.start());
            let said = listed(&sentence[whole.end()..end]);
            if mark.name("not").is_some() { ignored.extend(said) } else { focus.extend(said) }
        }
    }
    (ignored, focus)
}

/// The topics of a list, each by its stems. Words that every belief is about say nothing.
fn listed(text: &str) -> Vec<Vec<String>> {
    const EMPTY: &[&str] =
        &["anyth", "everyth", "thing", "stuff", "relat", "note", "propos", "session", "topic", "about"];
    text.split([',', '/', ':'])
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" or "))
        .map(|part| words::stems(part).into_iter().filter(|stem| !EMPTY.contains(&stem.as_str())).collect::<Vec<_>>())
        .filter(|stems| !stems.is_empty())
        .collect()
}

/// At least half of a topic's words.
fn matches(topic: &[String], about: &[String]) -> bool {
    let shared = topic.iter().filter(|stem| about.contains(stem)).count();
    shared * 2 >= topic.len() && shared > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    fn allowed(instructions: &str) -> [bool; 4] {
        let draft =
            |kind, canonical: &str, text: &str| Draft::new(kind, canonical.to_owned(), text.to_owned(), Vec::new());
        [
            draft(Kind::Mistake, "mistake x", "`bun run lint` fails: first run `bun run lint:fix`."),
            draft(Kind::Workflow, "command x", "To run the tests, run `bun run test`."),
            draft(Kind::Workflow, "directive x", "Write commit messages in English."),
            draft(Kind::Fact, "fact x", "The staging server is on port 8081."),
        ]
        .map(|draft| allows(Some(instructions), &draft))
    }

    #[test]
    fn instructions_narrow_in_the_words_that_people_use() {
        for (instructions, wanted) in [
            ("Focus on coding conventions; ignore one-off debugging.", [false, false, true, false]),
            ("skip errors", [false, true, true, true]),
            ("nothing about lint", [false, true, true, true]),
            ("skip the docs and lint:fix", [false, true, true, true]),
            ("don't propose commands", [true, false, true, true]),
            ("Do not include mistakes or facts.", [false, true, true, false]),
            ("only propose mistakes", [true, false, false, false]),
            ("I only care about commit messages and staging", [false, false, true, true]),
            ("Just facts, nothing else.", [false, false, false, true]),
            ("We are not interested in the staging server.", [true, true, true, false]),
            ("Focus on errors, but not lint.", [false, false, false, false]),
            ("Our team writes TypeScript.", [true, true, true, true]),
            ("Be brief.", [true, true, true, true]),
        ] {
            assert_eq!(allowed(instructions), wanted, "{instructions}");
        }
    }
}
