//! Statements by people, in the middle of work, that something is different from what the agent or memory holds:
//! "no, we deploy from release branches now, not from main", "staging moved from port 8080 to 8081 yesterday". In such
//! sessions most sentences describe the task, so only a change that says both sides, or a correction of how the team
//! works, counts. How a page looks or a test behaves is not how the team works.

use super::person::third_person;
use super::reading::Reading;
use super::voice;
use super::wording::sentence_of;
use crate::model::Turn;
use crate::phase::reflection::Stated;
use crate::text::pattern::pattern;
use crate::text::{date, words};
use regex::Regex;
use std::sync::LazyLock;

/// `X moved from [attribute] A to B`, where A and B are names, numbers or paths.
static MOVED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:the |our )?(?P<s>[a-z][\w./-]*(?: [\w./-]+){0,3}?)(?: was| were| has| have| got)?(?: been)?(?: just| now)? (?:moved|switched|changed|migrated|relocated|went|renamed|upgraded|bumped)(?: over)? from (?:the )?(?:(?P<attribute>[a-z]+) )?(?P<a>[\w./:*@-]+) (?:over )?to (?:the )?(?:[a-z]+ )?(?P<b>[\w./:*@-]+)",
    )
});

/// How a team works: who acts, and a verb of operating rather than of looking or behaving.
static PRACTICE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:we|our team|the team|they|everyone|everybody|people)(?: now| only| always| all)? (?:[a-z]+ly )?(?:deploy|release|ship|publish|host|run|store|keep|merge|branch|build|test|use|log|track|review|approve|pay|invoice|bill|charge|send|report|document|write|cut|tag|sign)\b|(?:the |our |all )?[a-z][\w./-]*(?: [\w./*-]+){0,3}? (?:go(?:es)? out|runs?|lives?|listens?|deploys?|ships?|comes? from|is (?:deployed|hosted|released|published|stored|kept|built|run|managed|owned)|are (?:deployed|hosted|released|published|stored|kept|built|run|managed|owned)|(?:has |have )?moved)\b)",
    )
});

/// Words by which a sentence says that it was otherwise before.
static CHANGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:now|nowadays|any ?more|no longer|these days|since (?:v?\d|last|yesterday|january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday)|not (?:from|in|on|at|with|via|through|to|by|under)\b|instead of|rather than)",
    )
});

/// What it says no longer holds.
static ENDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\b(?:not|no longer|instead of|rather than) (?:from |in |on |at |with |via |through |to |by |under )?(?:the )?(?P<a>[\w./*@-]+)|\b(?P<b>[\w./*@-]+) (?:is|are|was) (?:not|no longer)\b)",
    )
});

static DENIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:no|nope|wrong|not any ?more|actually|that(?:'s| is) (?:wrong|outdated|old|not (?:right|true|correct)|no longer))\b",
    )
});

/// The changes that people stated in a session.
pub fn find(reading: &Reading<'_>) -> Vec<Stated> {
    let mut found: Vec<Stated> = Vec::new();
    for &at in &reading.spoken {
        let turn = &reading.session.turns[at];
        let Some(text) = turn.text() else { continue };
        let denies = DENIAL.is_match(text.trim_start());
        for sentence in voice::said(text) {
            let core = voice::core(sentence);
            let asserts = !voice::is_hedged(core) && !voice::is_question(core) && sentence.chars().count() <= 200;
            if !asserts || voice::imperative(voice::asked(core)).is_some() {
                continue;
            }
            found.extend(
                moved(reading, turn, sentence, core).or_else(|| practice(reading, turn, sentence, core, denies)),
            );
        }
    }
    found
}

fn moved(reading: &Reading<'_>, turn: &Turn, sentence: &str, core: &str) -> Option<Stated> {
    let parts = MOVED.captures(core)?;
    let (subject, a, b) = (parts.name("s")?.as_str(), parts.name("a")?.as_str(), parts.name("b")?.as_str());
    let named = |value: &str| {
        value.chars().any(|c| c.is_ascii_digit() || c.is_ascii_uppercase()) || words::is_identifier(value)
    };
    let pronoun = ["i", "we", "it", "this", "that", "they", "he", "she"].contains(&subject.to_lowercase().as_str());
    if pronoun || a.eq_ignore_ascii_case(b) || !(named(a) && named(b)) {
        return None;
    }
    let attribute = parts.name("attribute").map(|attribute| attribute.as_str().to_lowercase());
    Some(Stated {
        subject: words::stems(subject).join(" "),
        attribute,
        value: Some(b.trim_end_matches(['.', ',']).to_owned()),
        ends: Some(a.to_owned()),
        ..stated(reading, turn, sentence, core)
    })
}

fn practice(reading: &Reading<'_>, turn: &Turn, sentence: &str, core: &str, denies: bool) -> Option<Stated> {
    if !PRACTICE.is_match(core) || !CHANGE.is_match(core) || words::stems(core).len() < 3 {
        return None;
    }
    let ends = ENDS.captures(core).and_then(|found| found.name("a").or(found.name("b"))).map(|ends| ends.as_str());
    // Without a denial and without the other side it may as well be news about the task.
    (denies || ends.is_some()).then(|| Stated {
        ends: ends.map(|ends| ends.trim_end_matches('.').to_owned()).filter(|ends| !words::stems(ends).is_empty()),
        ..stated(reading, turn, sentence, core)
    })
}

fn stated(reading: &Reading<'_>, turn: &Turn, sentence: &str, core: &str) -> Stated {
    Stated {
        subject: "team".to_owned(),
        attribute: None,
        value: None,
        ends: None,
        text: sentence_of(&third_person(&date::absolute(core, reading.time(turn)))),
        preference: false,
        cite: reading.cite(turn, sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_update(core: &str) -> bool {
        MOVED.is_match(core) || PRACTICE.is_match(core) && CHANGE.is_match(core)
    }

    #[test]
    fn changes_of_systems_and_practice_are_seen() {
        for core in [
            "staging moved from port 8080 to 8081 yesterday",
            "we deploy from release branches now, not from main",
            "Deploys go out from release/* branches, main is not deployed any more.",
            "the API has moved from v1 to v2",
            "we keep secrets in vault now instead of .env",
        ] {
            assert!(is_update(core), "{core}");
        }
        let ends = ENDS.captures("we deploy from release branches now, not from main").expect("an end");
        assert_eq!(ends.name("a").map(|ends| ends.as_str()), Some("main"));
    }

    #[test]
    fn what_happens_to_the_task_is_no_update() {
        for core in [
            "the button is no longer visible",
            "the score now shows 0",
            "it works now",
            "the modal is not in the center",
            "the tests fail now",
            "this page is slow now",
        ] {
            assert!(!is_update(core), "{core}");
        }
    }
}
