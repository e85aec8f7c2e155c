//! A directive as one sentence that stands alone. What points at something that only its conversation shows is none.

use super::phrases::{LASTING, NEEDLESS, PLEASE, REMEMBER, recorded};
use super::voice;
use crate::phase::reflection::Manner;
use crate::text::words;

/// How people begin, and how the sentence begins that says the same to everybody.
const OPENINGS: &[(&str, &str)] = &[
    ("we always ", "Always "),
    ("we never ", "Never "),
    ("i always want you to ", ""),
    ("i never want you to ", "Never "),
    ("i don't ever want you to ", "Never "),
    ("i don't want you to ", "Do not "),
    ("i do not want you to ", "Do not "),
    ("i always ", "Always "),
    ("have used ", "Use "),
    ("have run ", "Run "),
    ("have called ", "Call "),
    ("you should ", ""),
    ("never ever ", "Never "),
    ("don't ever ", "Never "),
    ("dont ever ", "Never "),
    ("do not ever ", "Never "),
    ("we don't ", "Do not "),
    ("we do not ", "Do not "),
    ("i prefer ", "Prefer "),
    ("we prefer ", "Prefer "),
    ("we use ", "Use "),
    ("we only ", "Only "),
    ("don't ", "Do not "),
    ("dont ", "Do not "),
    ("you don't need to ", "No need to "),
    ("you shouldn't ", "Do not "),
    ("you should not ", "Do not "),
    ("you must not ", "Do not "),
    ("make sure to always ", "Always "),
    ("make sure to never ", "Never "),
    ("make sure you always ", "Always "),
    ("make sure you never ", "Never "),
];

/// The body of what is asked to be remembered or written into a rules file.
pub fn lasting_body(core: &str) -> String {
    let body = LASTING.replace(core, " ");
    voice::asked(voice::core(body.trim())).trim().to_owned()
}

/// The sentence as a directive that stands alone; `None` when it does not.
pub fn directive(core: &str, manner: Manner) -> Option<String> {
    if manner == Manner::Correction
        && let Some(what) = needless(core)
    {
        return what;
    }
    let text = match manner {
        Manner::Remember => remembered(core),
        _ => voice::asked(core).to_owned(),
    };
    let text = opened(text);
    let text = match text.get(..3) {
        Some(we) if we.eq_ignore_ascii_case("we ") && voice::imperative(&text[3..]).is_some() => text[3..].to_owned(),
        _ => text,
    };
    let text = PLEASE.replace(&text, "");
    let text = text.trim();
    if text.ends_with(':') {
        return None;
    }
    let text = text.trim_end_matches([',', ';', '-', ' ', '?', '.', '!']);
    let text = ["please", "pls", "plz", "ok", "thanks"].iter().find_map(|word| text.strip_suffix(word)).unwrap_or(text);
    let text = text.trim_end_matches([',', ' ']);
    stands_alone(text).then(|| sentence_of(text))
}

fn remembered(core: &str) -> String {
    let asked = voice::asked(core);
    if let Some(body) = recorded(core) {
        let body = body.trim_end_matches(['.', ' ', ',']);
        let asserts = voice::imperative(body).is_some() || super::scope::states(body);
        return if asserts { body.to_owned() } else { format!("Keep in mind {body}") };
    }
    lasting_body(&REMEMBER.replace(asked, ""))
}

fn opened(mut text: String) -> String {
    for (from, to) in OPENINGS {
        if text.get(..from.len()).is_some_and(|start| start.eq_ignore_ascii_case(from)) {
            text.replace_range(..from.len(), to);
            break;
        }
    }
    text
}

fn stands_alone(text: &str) -> bool {
    let count = text.split_whitespace().count();
    let telling = words::stems(text).len();
    let enough = telling >= 2 || telling == 1 && (count >= 4 || text.contains('`'));
    enough && text.chars().count() <= 300 && !is_dangling(text)
}

/// "No need for …", with the reason or condition for which it was said.
fn needless(core: &str) -> Option<Option<String>> {
    let found = NEEDLESS.captures(core)?;
    let (whole, what) = (found.get(0)?, found.name("what")?.as_str().trim());
    let count = what.split_whitespace().count();
    let lower = format!(" {} ", what.to_lowercase());
    let asks = [" do ", " you ", " i ", " think ", " we ", " going ", " is ", " are "];
    if !(2..=8).contains(&count) || is_dangling(what) || asks.iter().any(|word| lower.contains(word)) {
        return Some(None);
    }
    let before = core[..whole.start()].trim_end().trim_end_matches([',', ';', '-']).trim_end();
    let reason = before.strip_suffix(" so").map(|text| text.trim_end_matches([',', ' ', ';']));
    let text = match reason.filter(|text| text.split_whitespace().count() >= 3 && !is_dangling(text)) {
        Some(reason) => format!("No need for {what}, as {}.", lower_first(reason)),
        None => {
            let rest = core[whole.end()..].trim().trim_end_matches(['.', '!', ',']);
            let spoken = core.get(whole.end().saturating_sub(12)..whole.end()).unwrap_or_default();
            let because = ["because", "since"].iter().find(|word| spoken.ends_with(**word));
            match because.filter(|_| !rest.is_empty() && !is_dangling(rest)) {
                Some(word) => format!("No need for {what}, {word} {rest}."),
                None => format!("No need for {what}."),
            }
        }
    };
    Some(Some(text))
}

/// The text with a small letter at its start, unless its first word is a name.
pub fn lower_first(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_name = words::is_identifier(first) || first.chars().skip(1).any(char::is_uppercase) || first == "I";
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if !is_name => c.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

/// A sentence with a capital at its start and a full stop at its end.
pub fn sentence_of(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let named = text.split_whitespace().next().is_some_and(words::is_identifier);
    let mut out: String = if named { first.to_string() } else { first.to_uppercase().collect() };
    out.push_str(chars.as_str());
    if !out.ends_with(['.', '!', '?', '`', '"', '…']) {
        out.push('.');
    }
    out
}

/// Whether the sentence points at something that only its conversation shows.
fn is_dangling(text: &str) -> bool {
    let mut whole = text.to_lowercase();
    for known in ["this repo", "this project", "this codebase", "this package", "this team", "this code base"] {
        whole = whole.replace(known, "project");
    }
    let lower: Vec<&str> = words::words(&whole).collect();
    let points = |word: &&str| {
        matches!(
            *word,
            "this" | "that" | "it" | "these" | "those" | "them" | "above" | "below" | "here" | "there" | "same"
        )
    };
    let count = lower.iter().filter(|word| points(word)).count();
    let ends = lower.last().is_some_and(|word| points(word) || matches!(*word, "own" | "one" | "ones" | "other"));
    let opens = lower.first().is_some_and(points) || lower.get(1).is_some_and(points);
    ends && lower.len() < 7 || opens || count * 4 > lower.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_keeps_the_reason_that_was_given() {
        for (said, told) in [
            (
                "the API is not released, no users yet, so no need for backward compatibility",
                Some("No need for backward compatibility, as the API is not released, no users yet."),
            ),
            ("we don't need the extra dependency do you think", None),
            ("There's no need for tests on prototypes", Some("No need for tests on prototypes.")),
        ] {
            assert_eq!(directive(said, Manner::Correction).as_deref(), told, "{said}");
        }
    }

    #[test]
    fn what_points_into_its_conversation_does_not_stand_alone() {
        for text in
            ["avoid inventing our own", "use the other one", "that is not how we do it", "When reporting, include:"]
        {
            assert_eq!(directive(text, Manner::Correction), None, "{text}");
        }
    }
}
