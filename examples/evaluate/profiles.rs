//! Figures on people's conversations: a dream after each session, everything approved.

use crate::load;
use crate::memory::Memory;
use crate::{Figure, figure, share};
use git_dream::text::meaning::number;
use git_dream::text::words;
use std::path::Path;

const ON: &str = "conversations";

/// Stems of an expected memory or a belief, without those that every belief has.
fn telling(text: &str) -> Vec<String> {
    let plain = ["user", "team", "name", "base", "new", "current", "target", "now"];
    words::stems(&text.replace(['/', '-', '+', '→', '(', ')'], " "))
        .into_iter()
        .filter(|stem| !plain.contains(&stem.as_str()))
        .collect()
}

fn numbers(text: &str) -> Vec<String> {
    words::words(&text.replace(['/', '→'], " "))
        .filter_map(|word| number(&word.to_lowercase()))
        .map(|(digits, _)| digits)
        .collect()
}

/// Whether a belief says what is expected: most of its telling words and one of its numbers, if it has any.
pub fn says(belief: &str, expected: &str, enough: f64) -> bool {
    let (said, wanted) = (telling(belief), telling(expected));
    let shared = wanted.iter().filter(|stem| said.contains(stem)).count();
    let known = numbers(belief);
    let figures = numbers(expected);
    let lower = belief.to_lowercase();
    let left = ["not ", "no longer ", "from "].iter().any(|mark| {
        wanted
            .iter()
            .any(|stem| lower.contains(&format!("{mark}{stem}")) || lower.contains(&format!("{mark}using {stem}")))
    });
    if left && !expected.to_lowercase().contains("from ") && !expected.to_lowercase().contains("no longer") {
        return false;
    }
    let has_number = figures.is_empty() || figures.iter().any(|number| known.contains(number));
    !wanted.is_empty() && has_number && shared as f64 >= enough * wanted.len() as f64
}

#[derive(Default)]
struct Count {
    expected: usize,
    found: usize,
    held: usize,
    right: usize,
    newest: usize,
    retired: usize,
    updates: usize,
    cited: usize,
    kept: usize,
}

pub fn figures(folder: &Path, show: usize) -> Vec<Figure> {
    let Some(profiles) = load::json(&folder.join("profiles.json")) else {
        return vec![figure("expected memories found", ON, None, "0.70", "profiles.json is not there".to_owned())];
    };
    let mut count = Count::default();
    for profile in profiles.as_array().into_iter().flatten() {
        one(profile, &mut count, show);
    }
    let how = "a dream after each session, all approved; an expected memory is found if a belief held at the end (or, if a later one contradicts it, held at any time) has 60 % of its stems and one of its numbers";
    let right = format!(
        "beliefs held at the end that have 40 % of the stems of an expected memory ({} of {})",
        count.right, count.held
    );
    vec![
        figure(
            "expected memories found",
            ON,
            share(count.found, count.expected),
            "0.70",
            format!("{how} ({} of {})", count.found, count.expected),
        ),
        figure("found memories that are expected", ON, share(count.right, count.held), "0.60", right),
        figure(
            "contradicted memories whose newest value is current",
            ON,
            share(count.newest, count.updates),
            "0.90",
            format!("the newer expected memory is held at the end ({} of {})", count.newest, count.updates),
        ),
        figure(
            "contradicted memories whose older value is gone",
            ON,
            share(count.retired, count.updates),
            "0.90",
            format!(
                "no belief held at the end has 60 % of the older one's stems without the newer one's ({} of {})",
                count.retired, count.updates
            ),
        ),
        figure(
            "numbers of the evidence kept in the text",
            ON,
            share(count.kept, count.cited),
            "0.95",
            "numbers of the newest quote that the belief's text has, sentence split apart".to_owned(),
        ),
    ]
}

fn one(profile: &serde_json::Value, count: &mut Count, show: usize) {
    let user = profile["user_id"].as_str().unwrap_or("user");
    let mut memory = Memory::default();
    let mut ever: Vec<String> = Vec::new();
    let mut expected: Vec<(&str, Option<&str>)> = Vec::new();
    for (nth, session) in profile["sessions"].as_array().into_iter().flatten().enumerate() {
        let turns = session["turns"].as_array().into_iter().flatten();
        let messages: Vec<(&str, &str)> =
            turns.filter_map(|turn| Some((turn["role"].as_str()?, turn["content"].as_str()?))).collect();
        let talk = load::talk(&format!("{user}-{nth}"), nth as u32 * 7, &messages);
        let now = talk.record.happened();
        let proposals = memory.dream(&[talk], now);
        for proposal in &proposals {
            kept(proposal, count);
        }
        ever.extend(memory.held.iter().map(|held| held.text.clone()));
        for fact in session["expected_memories_after"].as_array().into_iter().flatten() {
            expected.extend(fact["fact"].as_str().map(|text| (text, fact["contradicts"].as_str())));
        }
    }
    let held: Vec<&str> = memory.held.iter().map(|held| held.text.as_str()).collect();
    let voided: Vec<&str> = expected.iter().filter_map(|(_, old)| *old).collect();
    count.expected += expected.len();
    count.held += held.len();
    let current = |text: &str| held.iter().any(|belief| says(belief, text, 0.6));
    for (text, old) in &expected {
        let past = voided.iter().any(|void| says(text, void, 0.8)) && ever.iter().any(|belief| says(belief, text, 0.6));
        let found = current(text) || past;
        count.found += usize::from(found);
        if show > 0 && !found {
            println!("  {user}: not found: {text}");
        }
        if let Some(old) = old {
            count.updates += 1;
            count.newest += usize::from(current(text));
            let stays = held.iter().any(|belief| says(belief, old, 0.6) && !says(belief, text, 0.4));
            count.retired += usize::from(!stays);
            if show > 0 && (stays || !current(text)) {
                println!(
                    "  {user}: update of {old:?} to {text:?}: newest held {}, older gone {}",
                    current(text),
                    !stays
                );
            }
        }
    }
    for belief in &held {
        let right = expected.iter().any(|(text, _)| says(belief, text, 0.4));
        count.right += usize::from(right);
        if show > 0 && !right {
            println!("  {user}: not expected: {belief}");
        }
    }
}

fn kept(proposal: &git_dream::model::Proposal, count: &mut Count) {
    let (Some(belief), Some(newest)) =
        (&proposal.belief, proposal.evidence.iter().max_by_key(|evidence| evidence.time))
    else {
        return;
    };
    let text = numbers(&belief.text);
    for number in numbers(&newest.quote) {
        count.cited += 1;
        count.kept += usize::from(text.contains(&number));
    }
}
