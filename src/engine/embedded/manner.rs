//! How a sentence of a person directs the agent, if it does: for good, as a correction of what the agent just did, or
//! not at all. Task requests, wishes for the product and what holds for this moment are not directives.

use super::phrases::{
    CHOICE, CONVENTION, CORRECTS, EVERY, FORBID, IDIOM, LASTING, LED, LED_ON, NEEDLESS, PREFER, RATHER, REMEMBER,
    STANDING, UNLESS, WE, WORKER, recorded,
};
use super::wording::lasting_body;
use super::{scope, voice};
use crate::phase::reflection::Manner;
use crate::text::words;

/// Where a sentence stands: what was going on before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// After the agent did or said something.
    pub after_action: bool,
    /// Right after words that only say that something was wrong.
    pub after_reproof: bool,
}

/// How a sentence directs the agent. `core` is the sentence without the words that only open it.
pub fn manner(sentence: &str, core: &str, place: Place) -> Option<Manner> {
    let asked = voice::asked(core);
    if IDIOM.is_match(asked) || IDIOM.is_match(core) {
        return None;
    }
    let asks = core.trim_end().ends_with('?');
    if remembers(sentence, core) {
        return (!asks).then_some(Manner::Remember);
    }
    if scope::is_passing(sentence) {
        return None;
    }
    if NEEDLESS.is_match(core) && !asks && !voice::is_hedged(core) {
        return Some(Manner::Correction);
    }
    if let Some(always) = always(asked) {
        return stands(always).then_some(Manner::Standing).filter(|_| !scope::is_product(asked));
    }
    if asks || voice::is_hedged(core) {
        return None;
    }
    if CONVENTION.is_match(core) && !voice::is_question(core) || scope::is_rule(asked) {
        return Some(if scope::denies(core) { Manner::Correction } else { Manner::Standing });
    }
    if let Some(led) = LED.captures(core).or_else(|| LED_ON.captures(core)) {
        return led_by(&led["head"], &led["tail"]);
    }
    told(sentence, core, asked, place)
}

/// Whether it asks in so many words to be remembered.
fn remembers(sentence: &str, core: &str) -> bool {
    let asked = voice::asked(core);
    REMEMBER.is_match(asked)
        || REMEMBER.is_match(sentence)
        || recorded(core).is_some()
        || LASTING.is_match(core) && (binds(&lasting_body(core)) || WE.is_match(core))
}

/// The sentence from "always" or "never" on, where it begins with that.
fn always(asked: &str) -> Option<&str> {
    let lower = asked.to_ascii_lowercase();
    let opening = ["make sure to ", "make sure you ", "be sure to ", "ensure you ", "ensure to ", "i want you to "]
        .iter()
        .find(|opening| lower.starts_with(**opening))
        .map_or(0, |opening| opening.len());
    let rest = &asked[opening..];
    STANDING.is_match(rest).then_some(rest)
}

/// "When …, do …": about the one who works, or about things of the work.
fn led_by(head: &str, tail: &str) -> Option<Manner> {
    let tail = voice::asked(voice::core(tail));
    let lower = head.to_ascii_lowercase();
    if [" user", "customer", "visitor"].iter().any(|who| lower.contains(who)) {
        return None;
    }
    let works = WORKER.is_match(head) && !lower.contains(" i forget")
        || scope::names_artifact(head) && !lower.starts_with("if it") && !lower.contains(" i ");
    let directs = FORBID.is_match(tail) || voice::imperative(tail).is_some() || STANDING.is_match(tail);
    if !works || !directs || scope::is_passing(head) {
        return None;
    }
    let always = STANDING.is_match(tail) || EVERY.is_match(head) || WORKER.is_match(head);
    Some(if always { Manner::Standing } else { Manner::Correction })
}

/// What is told without "always" and without "when".
fn told(sentence: &str, core: &str, asked: &str, place: Place) -> Option<Manner> {
    let forbids = FORBID.is_match(asked) || FORBID.is_match(core);
    let imperative = forbids || voice::imperative(asked).is_some();
    let recurs = EVERY.is_match(core) || scope::is_recurrent(core);
    if imperative && !scope::is_product(asked) && (recurs || UNLESS.is_match(core) && forbids) || PREFER.is_match(core)
    {
        return Some(Manner::Standing);
    }
    if WE.is_match(core) && (CHOICE.is_match(core) || forbids_in(core) || wants(core)) {
        return Some(Manner::Standing);
    }
    if !place.after_action {
        return None;
    }
    let corrects = CORRECTS.is_match(sentence) || place.after_reproof;
    let we = core.to_ascii_lowercase().starts_with("we ") && core.contains(", not ");
    let only = asked.to_ascii_lowercase().starts_with("only ") && imperative;
    let chooses = imperative && CHOICE.is_match(asked) && !scope::is_product(asked);
    (chooses || forbids || only || corrects && (imperative || we || RATHER.is_match(core)))
        .then_some(Manner::Correction)
}

fn wants(core: &str) -> bool {
    let lower = core.to_ascii_lowercase();
    ["i always want you to ", "i never want you to ", "i don't want you to ", "i do not want you to "]
        .iter()
        .any(|opening| lower.starts_with(opening))
}

/// "Never …" with a verb after it: not "never seen", "always the same".
fn stands(asked: &str) -> bool {
    let words: Vec<String> = words::words(asked).skip(1).take(2).map(str::to_lowercase).collect();
    let verb = match words.first().map(String::as_str) {
        Some("ever" | "again" | "please" | "also") => words.get(1),
        _ => words.first(),
    };
    let forms = ["ed", "ing", "s", "ly"];
    let shaped =
        |verb: &String| verb.len() > 2 && forms.iter().all(|end| !verb.ends_with(end)) && !words::is_identifier(verb);
    let known = |verb: &String| ["use", "make", "run"].contains(&verb.as_str());
    voice::imperative(asked).is_some() || verb.is_some_and(|verb| known(verb) || shaped(verb) && !words::is_stop(verb))
}

fn forbids_in(core: &str) -> bool {
    let lower = core.to_ascii_lowercase();
    [" never ", " don't ", " do not ", " always ", " only "].iter().any(|word| {
        let after = lower.split_once(word).map_or("", |(_, rest)| rest);
        voice::imperative(after).is_some_and(|verb| verb != "need")
    })
}

/// Whether what is said from now on asks for something.
fn binds(body: &str) -> bool {
    let lower = format!(" {} ", body.to_lowercase());
    let marks = [" should ", " shouldn't ", " must ", " mustn't ", " always ", " never ", " only "];
    let all = ["all ", "every ", "each ", "no "].iter().any(|word| lower.trim_start().starts_with(word));
    voice::imperative(body).is_some() || all || marks.iter().any(|word| lower.contains(word))
}
