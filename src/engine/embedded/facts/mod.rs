//! Statements by people of how things are: about themselves, their project, their systems. A guess, a question or a
//! wish is no fact. In a session in which an agent works on code only statements about systems and lasting
//! preferences count, because most sentences there describe the task at hand.

mod patterns;

use super::clauses::clauses;
use super::moment;
use super::person::third_person;
use super::reading::{QUOTE, Reading, cut};
use super::voice;
use super::wording::sentence_of;
use crate::model::{Content, Turn};
use crate::phase::reflection::{Manner, Said, Stated};
use crate::text::{date, words};
use patterns::{
    ADDRESSED, CHANGED, ENDED, FEELING, FIRST, GOAL, LATER, PLACE, PREFERS, SELF, SMALL_TALK, SWITCH, SYSTEM,
};
use std::sync::atomic::{AtomicBool, Ordering};

const ATTRIBUTES: &[&str] = &[
    "port",
    "version",
    "branch",
    "region",
    "host",
    "url",
    "address",
    "channel",
    "bucket",
    "cluster",
    "database",
    "server",
    "namespace",
    "timeout",
    "limit",
    "path",
    "directory",
    "zone",
    "timezone",
    "deadline",
    "budget",
    "owner",
    "maintainer",
    "endpoint",
    "password",
    "account",
    "cadence",
    "schedule",
    "meeting",
    "release",
    "launch",
    "freeze",
    "standup",
    "retention",
];

/// Makes the patterns that most sentences of a session without work are searched with, for who has nothing else to do.
pub fn ready(reading: &Reading<'_>) {
    // It is asked everything, and states nothing; once is enough.
    const SENTENCE: &str = "The old house stands by the river";
    static READY: AtomicBool = AtomicBool::new(false);
    if let Some(&at) = reading.spoken.first().filter(|_| !READY.load(Ordering::Relaxed) && !is_working(reading)) {
        READY.store(true, Ordering::Relaxed);
        clauses(SENTENCE);
        state(reading, &reading.session.turns[at], SENTENCE, SENTENCE, false);
    }
}

/// Whether an agent works in it.
fn is_working(reading: &Reading<'_>) -> bool {
    reading.session.turns.iter().any(|turn| matches!(turn.content, Content::Call(_)))
}

/// The facts that people stated in a session, beside what they said as a directive.
pub fn find(reading: &Reading<'_>, said: &[Said]) -> Vec<Stated> {
    let working = is_working(reading);
    let mut found: Vec<Stated> = Vec::new();
    for &at in &reading.spoken {
        let turn = &reading.session.turns[at];
        let Some(text) = turn.text() else { continue };
        let sentences = joined(text, voice::said(text)).into_iter();
        for sentence in sentences.flat_map(|sentence| if working { vec![sentence] } else { clauses(sentence) }) {
            let quoted = |said: &Said| said.cite.place == turn.place && said.cite.quote == cut(sentence, QUOTE);
            if said.iter().any(|said| said.manner != Manner::Request && quoted(said)) {
                continue;
            }
            if voice::is_question(voice::core(sentence)) || sentence.chars().count() > 400 {
                continue;
            }
            for stated in state(reading, turn, sentence, voice::core(sentence), working) {
                if !found.iter().any(|known| known.text == stated.text) {
                    found.push(stated);
                }
            }
        }
    }
    found.truncate(120);
    found
}

/// Sentences, a fragment that only adds a number or a name joined to the sentence before it.
fn joined<'a>(text: &'a str, sentences: Vec<&'a str>) -> Vec<&'a str> {
    let place = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let mut found: Vec<&'a str> = Vec::new();
    for sentence in sentences {
        match found.last_mut() {
            Some(last) if is_fragment(sentence) && !last.ends_with('?') && last.len() + sentence.len() < 190 => {
                let whole = &text[place(last)..place(sentence) + sentence.len()];
                if whole.contains('\n') { found.push(sentence) } else { *last = whole }
            }
            _ => found.push(sentence),
        }
    }
    found
}

fn is_fragment(sentence: &str) -> bool {
    let words: Vec<&str> = words::words(sentence).collect();
    let telling = words.iter().skip(1).any(|word| word.starts_with(char::is_uppercase))
        || sentence.chars().any(|c| c.is_ascii_digit());
    let own = words
        .first()
        .is_some_and(|word| ["i", "we", "i'm", "we're", "yes", "no", "it"].contains(&word.to_lowercase().as_str()));
    words.len() <= 6
        && telling
        && !own
        && !sentence.ends_with('?')
        && voice::imperative(voice::asked(voice::core(sentence))).is_none()
}

/// What a sentence states: one fact, or one for each attribute that it gives.
fn state(reading: &Reading<'_>, turn: &Turn, sentence: &str, core: &str, working: bool) -> Vec<Stated> {
    let addressed = ADDRESSED.is_match(core) && !PREFERS.is_match(core);
    if addressed
        || points_back(core)
        || voice::is_hedged(core)
        || core.ends_with('?')
        || SMALL_TALK.is_match(core)
        || voice::is_question(core)
        || moment::is_of_the_moment(core)
    {
        return Vec::new();
    }
    let time = reading.time(turn);
    let told = |text: &str| sentence_of(&third_person(&date::absolute(text, time)));
    let made = |subject: &str, attribute: Option<&str>, value: Option<&str>, ends: Option<&str>| Stated {
        subject: subject.to_owned(),
        attribute: attribute.map(str::to_owned),
        value: value.map(|value| value.trim().to_owned()),
        ends: ends.map(|ends| ends.trim().to_owned()).filter(|ends| !words::stems(ends).is_empty()),
        text: told(core),
        preference: PREFERS.is_match(core),
        cite: reading.cite(turn, sentence),
    };
    let system = system(core);
    if working {
        let named = system.filter(|(_, attribute, _)| attribute.is_some() && core.split_whitespace().count() <= 18);
        if let Some((subject, attribute, value)) = named {
            return vec![made(&subject, attribute.as_deref(), Some(&value), None)];
        }
        if !moment::lasts(core) || voice::imperative(voice::asked(core)).is_some() {
            return Vec::new();
        }
        let changed = SWITCH.captures(core);
        let of = |name: &str| changed.as_ref().and_then(|found| found.name(name)).map(|found| found.as_str());
        return vec![made("user", None, of("b"), of("a"))];
    }
    if let Some(found) = SWITCH.captures(core) {
        let of = |name: &str| found.name(name).map(|found| found.as_str());
        return vec![made("user", None, of("b"), of("a"))];
    }
    let own: Vec<(&str, &str)> = own(core);
    if let [(attribute, value)] = own.as_slice() {
        let mut one = made("user", Some(attribute), Some(value), None);
        if *attribute == "name" && words::words(core).count() <= 6 {
            one.text = format!("The user's name is {value}.");
        }
        return vec![one];
    }
    if own.len() > 1 {
        return own
            .into_iter()
            .map(|(attribute, value)| Stated {
                text: worded(attribute, value, &told(core)),
                ..made("user", Some(attribute), Some(value), None)
            })
            .collect();
    }
    if let Some((subject, attribute, value)) = system {
        return vec![made(&subject, attribute.as_deref(), Some(&value), None)];
    }
    let ended = |of: regex::Captures<'_>| of.name("x").or(of.name("y")).or(of.name("a")).map(|ends| ends.range());
    let ends = ENDED.captures(core).and_then(ended).map(|range| &core[range]);
    let told_to = voice::imperative(voice::asked(core)).is_some() || core.to_ascii_lowercase().starts_with("like ");
    let is_over = ENDED.captures(core).is_some_and(|found| found.name("y").is_some());
    let open = (is_over && speaks_of_self(turn) && !told_to)
        || (is_open(core) && !told_to)
        || ((CHANGED.is_match(core) || counts(core)) && speaks_of_self(turn) && !FEELING.is_match(core) && !told_to);
    open.then(|| made("user", None, None, ends)).into_iter().collect()
}

/// Whether a sentence points to an earlier one: "we moved it", but not "I tried Cython but it was messy".
fn points_back(core: &str) -> bool {
    let first = LATER.find(core).map_or(core, |found| &core[..found.start()]);
    let named = if words::stems(first).len() >= 2 { first } else { core };
    words::words(named)
        .take(5)
        .any(|word| ["it", "them", "this", "these", "those"].contains(&word.to_lowercase().as_str()))
}

/// What a person says of themselves, each attribute once.
fn own(core: &str) -> Vec<(&'static str, &str)> {
    let mut found: Vec<(&'static str, &str)> = Vec::new();
    for (attribute, pattern) in &SELF {
        let value = pattern.captures(core).and_then(|found| found.name("v"));
        if let Some(value) = value.filter(|_| found.iter().all(|(known, _)| known != attribute)) {
            found.push((attribute, value.as_str().trim_end_matches(['.', ','])));
        }
    }
    found
}

/// One attribute of a sentence that gives several.
fn worded(attribute: &str, value: &str, whole: &str) -> String {
    let article = if value.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    match attribute {
        "name" => format!("The user's name is {value}."),
        "location" => format!("The user is based in {value}."),
        "employer" => format!("The user works at {value}."),
        _ if whole.contains(&format!("{article} {value}")) => without_place(whole),
        _ => format!("The user is {article} {value}."),
    }
}

/// A sentence about somebody's role without where they live: that may change by itself.
fn without_place(whole: &str) -> String {
    PLACE.replace(whole, "").into_owned()
}

/// A statement with a number in it.
fn counts(core: &str) -> bool {
    core.chars().any(|c| c.is_ascii_digit()) && words::stems(core).len() >= 4
}

/// Whether the message is about the person or their project, not a text or a riddle that they pasted.
fn speaks_of_self(turn: &Turn) -> bool {
    turn.text().is_some_and(|text| FIRST.is_match(text) || text.chars().count() < 250)
}

/// `The staging server is on port 8081`: what, which of its attributes, and the value.
fn system(core: &str) -> Option<(String, Option<String>, String)> {
    let found = SYSTEM.captures(core)?;
    let subject = found.name("s")?.as_str().trim();
    let value = found.name("v")?.as_str().trim();
    let words: Vec<String> = words::words(subject).map(str::to_lowercase).collect();
    let pronoun = matches!(
        words.first().map(String::as_str),
        None | Some(
            "i" | "we"
                | "it"
                | "this"
                | "that"
                | "there"
                | "they"
                | "he"
                | "she"
                | "its"
                | "their"
                | "his"
                | "her"
                | "you"
                | "what"
                | "which"
                | "if"
                | "when"
                | "here"
                | "everything"
                | "something"
                | "nothing"
                | "these"
                | "those"
                | "all"
                | "one"
        )
    );
    let telling = value.split_whitespace().take(8).any(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        words::is_identifier(bare) || bare.chars().any(|c| c.is_ascii_digit()) || bare.starts_with(char::is_uppercase)
    });
    if pronoun || !telling || words.len() > 6 {
        return None;
    }
    let named = found.name("a").map(|attribute| attribute.as_str().to_lowercase().trim_end_matches('s').to_owned());
    let last = words.last().filter(|last| ATTRIBUTES.contains(&last.as_str())).cloned();
    let attribute = named.or(last);
    let stems: Vec<String> = words::stems(subject)
        .into_iter()
        .filter(|stem| attribute.as_deref().map(words::stem).as_ref() != Some(stem))
        .collect();
    (!stems.is_empty()).then(|| (stems.join(" "), attribute, value.to_owned()))
}

/// A statement about the person or their team, of some substance, that is neither a feeling nor an order.
fn is_open(core: &str) -> bool {
    let tells = words::stems(core).len() >= 3 && FIRST.is_match(core);
    let lasts = PREFERS.is_match(core) || GOAL.is_match(core);
    tells && (lasts || !(FEELING.is_match(core) || voice::imperative(core).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_have_attributes_and_values() {
        assert_eq!(
            system("The staging server is on port 8081"),
            Some(("server stage".to_owned(), Some("port".to_owned()), "8081".to_owned()))
        );
        assert_eq!(system("it is on port 8081"), None);
        assert_eq!(system("the page is empty again"), None);
    }

    #[test]
    fn feelings_wishes_and_small_talk_are_no_facts() {
        for text in
            ["I'm so excited about it all today", "I need help with the new parser", "That makes a lot of sense to me"]
        {
            assert!(!is_open(text), "{text}");
        }
        assert!(is_open("I work on data pipelines at my company"));
        assert!(points_back("we moved it to the new rack") && !points_back("I tried Cython but it was messy"));
    }
}
