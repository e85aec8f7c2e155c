//! What leaves memory: a dated belief whose date is past, that nothing confirmed for as long as settings say. Pinned
//! notes never; and nothing that this dream changes anyway.

use crate::model::{ChangeType, Confidence, Kind, NotePath, Phase, Proposal, RetireReason, Support, Target};
use crate::phase::{Held, Situation};
use crate::text::{Scrubbed, date, words};
use rayon::prelude::*;
use std::collections::HashSet;

pub fn proposals(situation: &Situation<'_>, others: &[Proposal]) -> Vec<Proposal> {
    let Some(stale) = situation.stale_after else { return Vec::new() };
    let (now, memory) = (situation.now, situation.memory);
    let targets: HashSet<(&NotePath, &str)> = others
        .iter()
        .filter_map(|other| match &other.target {
            Target::Entry { path, text } => Some((path, text.as_str())),
            _ => None,
        })
        .collect();
    let absorbed: HashSet<&str> =
        others.iter().flat_map(|other| &other.absorbs).map(|(_, text)| text.as_str()).collect();
    let prune = |held: &Held| {
        let known = held.last_evidence.or(held.since)?;
        let touched = targets.contains(&(&held.path, held.text.as_str())) || absorbed.contains(held.text.as_str());
        if held.pinned || touched || now - known < stale {
            return None;
        }
        let dates = date::dates(&held.text, known);
        let last = dates.iter().max().filter(|last| **last < now.date_naive() && is_dated(&held.text))?;
        Some(Proposal {
            change: ChangeType::Retire,
            phase: Phase::Prune,
            kind: held.kind.unwrap_or(Kind::Fact),
            canonical: format!("retire {}", words::stems(&held.text).join(" ")),
            target: Target::Entry { path: held.path.clone(), text: held.text.clone() },
            belief: None,
            absorbs: Vec::new(),
            subject: Scrubbed::short(&format!("past: {}", held.text), 60).into_string(),
            reason: format!("Rule: its date ({last}) is past and nothing confirmed it since {}.", known.date_naive()),
            retire: Some(RetireReason::Stale),
            evidence: Vec::new(),
            support: Support { sessions: held.sessions, agents: 0 },
            confidence: Confidence::new(0.7),
            risks: Vec::new(),
            explicit: false,
        })
    };
    memory.dated().par_iter().filter_map(|at| prune(memory.get(*at))).collect()
}

/// Whether the belief is about something that happens on its date, not about something that began then.
fn is_dated(text: &str) -> bool {
    let lower = text.to_lowercase();
    let lasting = [
        "since ",
        "as of ",
        "from ",
        "after ",
        "introduced",
        "moved",
        "switched",
        "changed",
        "became",
        "founded",
        "joined",
        "born",
    ];
    !lasting.iter().any(|word| lower.contains(word))
}
