//! Entries of memory that say the same: joined into the fullest one, inside a file and across files. What differs in a
//! number, a name or a negation is never joined.

use super::memory::Memory;
use crate::model::{Belief, ChangeType, Confidence, Kind, NotePath, Phase, Proposal, RetireReason, Support, Target};
use crate::phase::Held;
use crate::text::{Relation, Scrubbed, words};
use chrono::{DateTime, Utc};
use rayon::prelude::*;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Joins of what this dream does not change anyway.
pub fn proposals(memory: &Memory<'_>, others: &[Proposal]) -> Vec<Proposal> {
    let touched: BTreeSet<(&NotePath, &str)> = others
        .iter()
        .filter_map(|other| match &other.target {
            Target::Entry { path, text } => Some((path, text.as_str())),
            Target::New => None,
        })
        .collect();
    let is_touched = |at: &usize| touched.contains(&(&memory.held[*at].path, memory.held[*at].text.as_str()));
    let mut gone: BTreeSet<usize> = (0..memory.held.len()).filter(is_touched).collect();
    let mut joins: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut retired = Vec::new();
    // What two entries are to each other depends on no third: only what follows from it does.
    let near = |at: usize| Some((at, alike(memory, at)?)).filter(|(_, alike)| !alike.is_empty());
    let mut alike: Vec<(usize, Vec<(usize, Alike)>)> =
        (0..memory.held.len()).into_par_iter().filter_map(near).collect();
    alike.sort_by(|(a, _), (b, _)| {
        let key = |at: usize| (!memory.held[at].pinned, std::cmp::Reverse(memory.sizes[at]), &memory.held[at].path, at);
        key(*a).cmp(&key(*b))
    });
    for (at, alike) in alike {
        if gone.contains(&at) {
            continue;
        }
        for (near, how) in alike {
            if gone.contains(&near) || joins.contains_key(&near) {
                continue;
            }
            match how {
                Alike::Says => {
                    gone.insert(near);
                    joins.entry(at).or_default().push(near);
                }
                Alike::Replaces { old, new } => {
                    if gone.insert(old) {
                        retired.push(superseded(&memory.held[old], &memory.held[new]));
                    }
                }
            }
        }
    }
    let mut proposals: Vec<Proposal> = joins.into_iter().map(|(at, others)| join(memory, at, &others)).collect();
    proposals.extend(retired);
    proposals
}

/// What one entry is to another.
enum Alike {
    /// It says all that the other says.
    Says,
    /// The newer of the two has another value.
    Replaces { old: usize, new: usize },
}

/// The entries to which one is something, most alike first; nothing where its words alone say that there are none.
fn alike(memory: &Memory<'_>, at: usize) -> Option<Vec<(usize, Alike)>> {
    let bearing = bearing(memory, at);
    if bearing.is_empty() {
        return None;
    }
    Some(bearing.into_iter().filter_map(|(near, relation)| Some((near, is(memory, at, near, relation)?))).collect())
}

/// The entries that one bears on by its words. It is noted, so that it is not found out again as long as all that is near
/// stays what it is.
fn bearing(memory: &Memory<'_>, at: usize) -> Vec<(usize, Relation)> {
    let around = &memory.surroundings[at];
    if let Some(noted) = memory.texts.noted::<Vec<(u8, Relation)>>(around) {
        // Of two that contradict each other the newer one holds, and how old a note of nobody's is nobody knows.
        let void = |how: &Relation| *how == Relation::Contradicts && time(&memory.held[at]).is_none();
        if noted.iter().all(|(_, how)| void(how)) {
            return Vec::new();
        }
        let near = memory.probe.near_own(at);
        return noted.into_iter().filter_map(|(nth, how)| Some((*near.get(usize::from(nth))?, how))).collect();
    }
    let mut found: Vec<(u8, usize, Relation)> = Vec::new();
    for (nth, near) in (0..).zip(memory.probe.near_own(at)).filter(|(_, near)| *near != at) {
        found.extend(memory.meaning(at).bears_on(memory.meaning(near)).map(|how| (nth, near, how)));
    }
    memory.texts.note(*around, &found.iter().map(|(nth, _, how)| (*nth, *how)).collect::<Vec<_>>());
    found.into_iter().map(|(_, near, how)| (near, how)).collect()
}

/// What one entry is to another, by what is known of both beside their words.
fn is(memory: &Memory<'_>, at: usize, near: usize, relation: Relation) -> Option<Alike> {
    let (held, other, sizes) = (&memory.held[at], &memory.held[near], &memory.sizes);
    if is_own(held) && is_own(other) || other.pinned || is_same_place(memory, at, near) {
        return None;
    }
    match relation {
        Relation::Same | Relation::Contains if sizes[near] >= 3 => Some(Alike::Says),
        Relation::Contradicts if is_statement(held, sizes[at]) && is_statement(other, sizes[near]) => {
            let (old, new) = older(memory, at, near).filter(|(old, _)| !memory.held[*old].pinned)?;
            (!(is_event(&held.text) && is_event(&other.text))).then_some(Alike::Replaces { old, new })
        }
        _ => None,
    }
}

/// Notes of mistakes and commands differ in names and numbers by nature: they do not contradict each other.
fn is_statement(held: &Held, size: usize) -> bool {
    matches!(held.kind, None | Some(Kind::Fact | Kind::Preference)) && size <= 20
}

/// What happened once stays true when something like it happens again: one promotion does not undo another.
fn is_event(text: &str) -> bool {
    static EVENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b(?:(?:just|already|recently) (?:\w+ed|got|won|met|bought|sold|built|began)|got \w+ed|hired|bought|accepted|attended|visited|met|won|published|launched|shipped|finished|completed|joined|graduated)\b",
        )
        .expect("a constant pattern")
    });
    EVENT.is_match(text)
}

/// Notes of mistakes and habits that dreams made are told apart by their keys.
fn is_own(held: &Held) -> bool {
    held.whole_note && matches!(held.kind, Some(Kind::Mistake | Kind::Workflow))
}

fn is_same_place(memory: &Memory<'_>, a: usize, b: usize) -> bool {
    memory.held[a].path == memory.held[b].path
        && memory.held[a].text == memory.held[b].text
        && a > b
        && memory.held[a].whole_note
}

/// When an entry was last said or written, where that is known.
fn time(held: &Held) -> Option<DateTime<Utc>> {
    held.last_evidence.or(held.since)
}

/// Which of two contradicting entries is older by its newest evidence, where that is known.
fn older(memory: &Memory<'_>, a: usize, b: usize) -> Option<(usize, usize)> {
    let (first, second) = (time(&memory.held[a])?, time(&memory.held[b])?);
    match first.cmp(&second) {
        std::cmp::Ordering::Less => Some((a, b)),
        std::cmp::Ordering::Greater => Some((b, a)),
        std::cmp::Ordering::Equal => None,
    }
}

fn belief(held: &Held) -> Belief {
    Belief {
        name: held.name.clone().unwrap_or_else(|| Scrubbed::short(&held.text, 60).into_string()),
        description: held.description.clone().unwrap_or_else(|| Scrubbed::short(&held.text, 120).into_string()),
        text: held.text.clone(),
        tags: held.tags.clone(),
    }
}

fn join(memory: &Memory<'_>, at: usize, others: &[usize]) -> Proposal {
    let held = &memory.held[at];
    let absorbed: Vec<&Held> = others.iter().map(|other| &memory.held[*other]).collect();
    let sessions = absorbed.iter().map(|held| held.sessions).chain([held.sessions]).max().unwrap_or(0);
    let listed: Vec<String> =
        absorbed.iter().map(|held| format!("\"{}\" ({})", Scrubbed::short(&held.text, 60), held.path)).collect();
    Proposal {
        change: ChangeType::Join,
        phase: Phase::Reconcile,
        kind: held.kind.unwrap_or(Kind::Fact),
        canonical: format!("join {}", words::stems(&held.text).join(" ")),
        target: Target::Entry { path: held.path.clone(), text: held.text.clone() },
        belief: Some(belief(held)),
        absorbs: absorbed.iter().map(|held| (held.path.clone(), held.text.clone())).collect(),
        subject: Scrubbed::short(&format!("join duplicates: {}", held.text), 60).into_string(),
        reason: format!(
            "Rule: entries that say the same are joined into the fullest one; it absorbs {}.",
            listed.join(", ")
        ),
        retire: None,
        evidence: Vec::new(),
        support: Support { sessions, agents: 0 },
        confidence: Confidence::new(0.85),
        risks: Vec::new(),
        explicit: false,
    }
}

fn superseded(old: &Held, new: &Held) -> Proposal {
    Proposal {
        change: ChangeType::Retire,
        phase: Phase::Prune,
        kind: old.kind.unwrap_or(Kind::Fact),
        canonical: format!("retire {}", words::stems(&old.text).join(" ")),
        target: Target::Entry { path: old.path.clone(), text: old.text.clone() },
        belief: None,
        absorbs: Vec::new(),
        subject: Scrubbed::short(&format!("superseded: {}", old.text), 60).into_string(),
        reason: format!(
            "Rule: of two entries that contradict each other the newer one holds: \"{}\" ({}).",
            Scrubbed::short(&new.text, 100),
            new.path
        ),
        retire: Some(RetireReason::Superseded),
        evidence: Vec::new(),
        support: Support { sessions: old.sessions, agents: 0 },
        confidence: Confidence::new(0.6),
        risks: Vec::new(),
        explicit: false,
    }
}
