//! Entries of memory that say the same: joined into the fullest one, inside a file and across files. What differs in a
//! number, a name or a negation is never joined.

use crate::model::{Belief, ChangeType, Confidence, Kind, Phase, Proposal, RetireReason, Support, Target};
use crate::phase::entries::is_statement;
use crate::phase::{Entries, Held};
use crate::text::pattern::pattern;
use crate::text::{Relation, Scrubbed, words};
use chrono::{DateTime, Utc};
use rayon::prelude::*;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Joins of what this dream does not change anyway.
pub fn proposals(memory: &Entries<'_>, others: &[Proposal]) -> Vec<Proposal> {
    let touched = others.iter().filter_map(|other| match &other.target {
        Target::Entry { path, text } => Some(memory.find(path, text)),
        Target::New => None,
    });
    let mut gone: BTreeSet<usize> = touched.flatten().collect();
    let mut joins: BTreeMap<(u64, usize), Vec<usize>> = BTreeMap::new();
    let mut retired = Vec::new();
    // What two entries are to each other depends on no third: only what follows from it does.
    let near = |at: usize| Some((at, alike(memory, at)?)).filter(|(_, alike)| !alike.is_empty());
    let mut alike: Vec<(usize, Vec<(usize, Alike)>)> = memory.may_bear().into_par_iter().filter_map(near).collect();
    alike.sort_by(|(a, _), (b, _)| {
        let key = |at: usize| {
            let held = memory.get(at);
            (!held.pinned, std::cmp::Reverse(memory.size(at)), &held.path, memory.rank(at))
        };
        key(*a).cmp(&key(*b))
    });
    let place = |at: usize| (memory.rank(at), at);
    for (at, alike) in alike {
        if gone.contains(&at) {
            continue;
        }
        for (near, how) in alike {
            if gone.contains(&near) || joins.contains_key(&place(near)) {
                continue;
            }
            match how {
                Alike::Says => {
                    gone.insert(near);
                    joins.entry(place(at)).or_default().push(near);
                }
                Alike::Replaces { old, new } => {
                    if gone.insert(old) {
                        retired.push(superseded(memory.get(old), memory.get(new)));
                    }
                }
            }
        }
    }
    let mut proposals: Vec<Proposal> = joins.into_iter().map(|((_, at), others)| join(memory, at, &others)).collect();
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
fn alike(memory: &Entries<'_>, at: usize) -> Option<Vec<(usize, Alike)>> {
    let bearing = memory.bearing(at);
    if bearing.is_empty() {
        return None;
    }
    Some(bearing.into_iter().filter_map(|(near, relation)| Some((near, is(memory, at, near, relation)?))).collect())
}

/// What one entry is to another, by what is known of both beside their words.
fn is(memory: &Entries<'_>, at: usize, near: usize, relation: Relation) -> Option<Alike> {
    let (held, other) = (memory.get(at), memory.get(near));
    if is_own(held) && is_own(other) || other.pinned || is_same_place(memory, at, near) {
        return None;
    }
    match relation {
        Relation::Same | Relation::Contains if memory.size(near) >= 3 => Some(Alike::Says),
        Relation::Contradicts
            if is_statement(held.kind, memory.size(at)) && is_statement(other.kind, memory.size(near)) =>
        {
            let (old, new) = older(memory, at, near).filter(|(old, _)| !memory.get(*old).pinned)?;
            (!(is_event(&held.text) && is_event(&other.text))).then_some(Alike::Replaces { old, new })
        }
        _ => None,
    }
}

/// What happened once stays true when something like it happens again: one promotion does not undo another.
fn is_event(text: &str) -> bool {
    static EVENT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:(?:just|already|recently) (?:\w+ed|got|won|met|bought|sold|built|began)|got \w+ed|hired|bought|accepted|attended|visited|met|won|published|launched|shipped|finished|completed|joined|graduated)\b",
        )
    });
    EVENT.is_match(text)
}

/// Notes of mistakes and habits that dreams made are told apart by their keys.
fn is_own(held: &Held) -> bool {
    held.whole_note && matches!(held.kind, Some(Kind::Mistake | Kind::Workflow))
}

fn is_same_place(memory: &Entries<'_>, a: usize, b: usize) -> bool {
    let (first, second) = (memory.get(a), memory.get(b));
    first.path == second.path && first.text == second.text && memory.rank(a) > memory.rank(b) && first.whole_note
}

/// When an entry was last said or written, where that is known.
fn time(held: &Held) -> Option<DateTime<Utc>> {
    held.last_evidence.or(held.since)
}

/// Which of two contradicting entries is older by its newest evidence, where that is known.
fn older(memory: &Entries<'_>, a: usize, b: usize) -> Option<(usize, usize)> {
    let (first, second) = (time(memory.get(a))?, time(memory.get(b))?);
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

fn join(memory: &Entries<'_>, at: usize, others: &[usize]) -> Proposal {
    let held = memory.get(at);
    let absorbed: Vec<&Held> = others.iter().map(|other| memory.get(*other)).collect();
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
