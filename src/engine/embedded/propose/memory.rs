//! Drafts meet what memory holds: what is held already is not proposed, what differs in value supersedes, a rule that
//! keeps failing is corrected.

use super::Night;
use super::draft::{Draft, confidence};
use crate::model::{Belief, BeliefKey, ChangeType, Kind, Phase, Proposal, Risk, Target};
use crate::phase::Held;
use crate::text::{Meaning, Probe, Relation, Scrubbed, words};
use std::collections::{BTreeMap, BTreeSet};

/// Memory with an index over its entries.
pub struct Memory<'a> {
    pub held: &'a [Held],
    pub meanings: Vec<Meaning>,
    pub probe: Probe,
    keys: BTreeMap<&'a str, usize>,
}

impl<'a> Memory<'a> {
    pub fn new(held: &'a [Held]) -> Self {
        let mut probe = Probe::new();
        let meanings: Vec<Meaning> = held.iter().map(|held| Meaning::of(&held.text)).collect();
        for meaning in &meanings {
            probe.add(meaning);
        }
        let keys = held.iter().enumerate().filter_map(|(at, held)| Some((held.key.as_ref()?.as_str(), at))).collect();
        Self { held, meanings, probe, keys }
    }
}

/// What a draft is to memory.
enum Standing {
    New,
    Held,
    /// The entry has another value, which this one supersedes.
    Supersedes(usize),
}

/// Proposals for all that memory does not hold.
pub fn reconciled(drafts: Vec<Draft<'_>>, memory: &Memory<'_>, night: &Night<'_>) -> Vec<Proposal> {
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut proposals = Vec::new();
    for draft in drafts {
        if let Some(proposal) = rule_corrected(&draft, memory, &mut taken) {
            proposals.push(proposal);
        }
        match standing(&draft, memory) {
            Standing::Held => {}
            Standing::New => proposals.push(proposal(&draft, ChangeType::Add, Phase::Extract, Target::New, Vec::new())),
            Standing::Supersedes(at) => {
                let old = &memory.held[at];
                if old.pinned || !taken.insert(at) {
                    continue;
                }
                let target = Target::Entry { path: old.path.clone(), text: old.text.clone() };
                proposals.push(proposal(
                    &draft,
                    ChangeType::Supersede,
                    Phase::Reconcile,
                    target,
                    vec![Risk::ContradictsApproved],
                ));
            }
        }
    }
    let _ = night;
    proposals
}

fn standing(draft: &Draft<'_>, memory: &Memory<'_>) -> Standing {
    let meaning = Meaning::of(&draft.gist);
    let key = BeliefKey::derive(&draft.canonical);
    if let Some(&at) = memory.keys.get(key.as_str()) {
        let same = !draft.exclusive
            || memory.meanings[at].relation(&meaning) != Relation::Contradicts && says(memory, at, &meaning);
        return if same || is_older(draft, &memory.held[at]) { Standing::Held } else { Standing::Supersedes(at) };
    }
    let mut differs = None;
    for at in memory.probe.near(&meaning) {
        let held = &memory.held[at];
        match memory.meanings[at].relation(&meaning) {
            Relation::Same | Relation::Contains => return Standing::Held,
            _ if says(memory, at, &meaning) => return Standing::Held,
            Relation::Contradicts if draft.exclusive && differs.is_none() && comparable(draft, held) => {
                if is_older(draft, held) {
                    return Standing::Held;
                }
                differs = Some(at);
            }
            _ => {}
        }
    }
    if let Some(at) = differs.or_else(|| ended(draft, memory)) {
        return Standing::Supersedes(at);
    }
    Standing::New
}

/// Whether an entry has all the words of a statement, its numbers among them.
fn says(memory: &Memory<'_>, at: usize, meaning: &Meaning) -> bool {
    let held = &memory.meanings[at];
    let numbers = held.numbers();
    held.covers(meaning) >= 0.85
        && meaning.numbers().iter().all(|number| numbers.contains(number))
        && held.relation(meaning) != Relation::Contradicts
}

/// Only statements of one sort contradict each other: a mistake's note is not void because a fact differs.
fn comparable(draft: &Draft<'_>, held: &Held) -> bool {
    let plain = |kind: Kind| matches!(kind, Kind::Fact | Kind::Preference | Kind::Workflow);
    plain(draft.kind) && held.kind.is_none_or(plain)
}

/// Evidence counts by when the session happened: what is older than what memory holds does not overrule it.
fn is_older(draft: &Draft<'_>, held: &Held) -> bool {
    let known = held.last_evidence.or(held.since);
    matches!((draft.newest(), known), (Some(newest), Some(known)) if newest < known)
}

/// The entry about what a draft says no longer holds.
fn ended(draft: &Draft<'_>, memory: &Memory<'_>) -> Option<usize> {
    let gone = words::stems(draft.ends.as_ref()?);
    let about = words::stems(&draft.text);
    let near = memory.probe.near(&Meaning::of(draft.ends.as_ref()?));
    near.into_iter().find(|at| {
        let held = &memory.held[*at];
        let stems = words::stems(&held.text);
        let all = !gone.is_empty() && gone.iter().all(|stem| stems.contains(stem));
        let shared = stems.iter().filter(|stem| about.contains(stem) && !gone.contains(stem)).count();
        all && !is_older(draft, held) && comparable(draft, held) && (shared > 0 || stems.len() <= gone.len() + 3)
    })
}

pub fn proposal(draft: &Draft<'_>, change: ChangeType, phase: Phase, target: Target, mut risks: Vec<Risk>) -> Proposal {
    let support = draft.support();
    if support.sessions == 1 {
        risks.push(Risk::SingleSession);
    }
    Proposal {
        change,
        phase,
        kind: draft.kind,
        canonical: draft.canonical.clone(),
        target,
        belief: Some(draft.belief()),
        absorbs: Vec::new(),
        subject: draft.subject.clone(),
        reason: draft.reason.clone(),
        retire: None,
        evidence: draft.evidence(),
        support,
        confidence: confidence(draft.confidence),
        risks,
        explicit: draft.explicit,
    }
}

/// A rule that memory holds and that keeps failing: its exception is added to it, nothing of it is lost.
fn rule_corrected(draft: &Draft<'_>, memory: &Memory<'_>, taken: &mut BTreeSet<usize>) -> Option<Proposal> {
    let word = draft.against.as_ref()?;
    let asks = |text: &str| {
        let lower = text.to_lowercase();
        let named = words::words(text).any(|known| known == word);
        named && ["always", "prefix", "must", "every command", "all commands"].iter().any(|rule| lower.contains(rule))
    };
    let at = memory.held.iter().position(|held| asks(&held.text) && !held.pinned)?;
    let held = &memory.held[at];
    let said = Meaning::of(&held.text).covers(&Meaning::of(&draft.gist)) >= 0.8;
    if said || !taken.insert(at) {
        return None;
    }
    let text = format!("{} Exception: {}", held.text.trim_end(), draft.gist);
    let name = held.name.clone().unwrap_or_else(|| draft.name.clone());
    let mut corrected = proposal(
        draft,
        ChangeType::Correct,
        Phase::Reconcile,
        Target::Entry { path: held.path.clone(), text: held.text.clone() },
        vec![Risk::ContradictsApproved],
    );
    corrected.canonical = format!("rule {word} {}", draft.canonical);
    corrected.belief =
        Some(Belief { name, description: Scrubbed::short(&text, 120).into_string(), text, tags: held.tags.clone() });
    corrected.subject = Scrubbed::short(&format!("the rule about {word} fails: {}", draft.subject), 60).into_string();
    corrected.reason = format!("Rule: a rule that agents follow keeps failing. {}", draft.reason);
    Some(corrected)
}
