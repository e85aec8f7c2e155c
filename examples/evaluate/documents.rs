//! Figures on documents that evolve, and on a long log full of near-duplicates.

use crate::load;
use crate::memory::Memory;
use crate::profiles::says;
use crate::{Figure, figure, share};
use git_dream::model::Document;
use git_dream::text::{Meaning, Relation};
use std::path::Path;

const ON: &str = "evolving-documents";

pub fn figures(folder: &Path, show: usize) -> Vec<Figure> {
    let mut figures = evolving(folder, show);
    figures.push(near_duplicates(folder, show));
    figures
}

fn evolving(folder: &Path, show: usize) -> Vec<Figure> {
    let Some(cases) = load::json(&folder.join("document_evolution_cases.json")) else { return Vec::new() };
    let (mut updates, mut newest, mut gone) = (0, 0, 0);
    for case in cases.as_array().into_iter().flatten() {
        let mut texts: Vec<String> = case["seed_memories"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|text| Some(text.as_str()?.to_owned()))
            .collect();
        let document = Document::parse(case["seed_document"].as_str().unwrap_or_default());
        texts.extend(document.entries().map(str::to_owned));
        let since = load::talk("seed", 0, &[("user", "hello")]).record.happened();
        let mut memory = Memory::adopted("notes/seed.md", &texts, since);
        let rounds = case["rounds"].as_array().into_iter().flatten();
        for (nth, round) in rounds.enumerate() {
            let Some(fact) = round["fact"].as_str() else { continue };
            let talk = load::talk(&format!("round-{nth}"), 1 + nth as u32, &[("user", fact)]);
            let now = talk.record.happened();
            memory.dream(&[talk], now);
            let (Some(asserts), Some(old)) = (round["asserts"].as_str(), round["supersedes"].as_str()) else {
                continue;
            };
            updates += 1;
            let current = memory.held.iter().any(|held| says(&held.text, asserts, 0.6));
            let stays = memory.held.iter().find(|held| says(&held.text, old, 0.6) && !says(&held.text, asserts, 0.6));
            newest += usize::from(current);
            gone += usize::from(stays.is_none());
            if show > 0 && (!current || stays.is_some()) {
                println!(
                    "  {}: {fact:?}: newest held {current}, older stays {:?}",
                    case["name"],
                    stays.map(|held| &held.text)
                );
            }
        }
    }
    vec![
        figure(
            "superseded statements whose newest value is current",
            ON,
            share(newest, updates),
            "0.90",
            format!(
                "a belief has 60 % of the assertion's stems and one of its numbers ({newest} of {updates}); seed memory is adopted, each fact is said in a session of its own"
            ),
        ),
        figure(
            "superseded statements whose older value is gone",
            ON,
            share(gone, updates),
            "0.90",
            format!(
                "no belief has 60 % of the superseded statement's stems and number without the newer one ({gone} of {updates})"
            ),
        ),
    ]
}

fn near_duplicates(folder: &Path, show: usize) -> Figure {
    let mut texts: Vec<String> = Vec::new();
    for name in ["herb_garden.txt", "hermes_session_en.txt"] {
        let Ok(text) = std::fs::read_to_string(folder.join(name)) else { continue };
        let sessions = sessions_of(&text);
        let mut memory = Memory::default();
        for (nth, messages) in sessions.iter().enumerate() {
            let messages: Vec<(&str, &str)> =
                messages.iter().map(|(role, text)| (role.as_str(), text.as_str())).collect();
            let talk = load::talk(&format!("{nth}"), nth as u32 / 8, &messages);
            let now = talk.record.happened();
            memory.dream(&[talk], now);
        }
        println!("== {name}: {} sessions, {} beliefs", sessions.len(), memory.held.len());
        for held in memory.held.iter().take(show) {
            println!("     {}", held.text);
        }
        texts.extend(memory.held.into_iter().map(|held| held.text));
    }
    let meanings: Vec<Meaning> = texts.iter().map(|text| Meaning::of(text)).collect();
    let is_same =
        |a: &Meaning, b: &Meaning| a.relation(b) == Relation::Same || a.covers(b) >= 0.8 && b.covers(a) >= 0.8;
    let doubled =
        (0..meanings.len()).filter(|at| meanings[..*at].iter().any(|other| is_same(other, &meanings[*at]))).count();
    figure(
        "near-duplicates among the notes made",
        ON,
        share(doubled, texts.len()),
        "below 0.03",
        format!(
            "notes made of the two logs, a dream after each session; a near-duplicate shares 80 % of its weighted stems with another, both ways ({doubled} of {})",
            texts.len()
        ),
    )
}

type Messages = Vec<(String, String)>;

/// Lines of JSON messages, or `User:` and `Assistant:` lines of one session.
fn sessions_of(text: &str) -> Vec<Messages> {
    let role = |name: &str| if name.eq_ignore_ascii_case("user") { "user" } else { "assistant" }.to_owned();
    if text.starts_with('[') {
        let line = |line: &str| -> Option<Messages> {
            let value: serde_json::Value = serde_json::from_str(line).ok()?;
            let messages = value
                .as_array()?
                .iter()
                .flat_map(|item| item.as_array().cloned().unwrap_or_else(|| vec![item.clone()]));
            Some(
                messages
                    .filter_map(|message| {
                        let text = message["content"].as_str()?;
                        let text =
                            text.strip_prefix("User: ").or_else(|| text.strip_prefix("Assistant: ")).unwrap_or(text);
                        Some((role(message["role"].as_str()?), text.to_owned()))
                    })
                    .collect(),
            )
        };
        return text.lines().filter_map(line).collect();
    }
    let message = |line: &str| line.split_once(": ").map(|(name, text)| (role(name), text.to_owned()));
    vec![text.lines().filter_map(message).collect()]
}
