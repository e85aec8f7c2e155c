//! Drafts meet what memory holds: what is held already is not proposed, what differs in value supersedes, a rule that
//! keeps failing is corrected.

use super::Night;
use super::draft::{Answered, Draft, confidence};
use crate::model::{Belief, BeliefKey, ChangeType, Kind, Phase, Proposal, RetireReason, Risk, Target};
use crate::phase::entries::Sentence;
use crate::phase::{Entries, Held};
use crate::text::{Meaning, Probe, Relation, Scrubbed, amount, frame, words};
use rayon::prelude::*;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// What a draft is to memory.
enum Standing {
    New,
    Held,
    /// The entry, or one sentence of it, has another value.
    Supersedes(usize, Option<String>),
    /// The entry, or one sentence of it, says a part of this.
    Revises(usize, Option<String>),
}

/// Proposals for all that memory does not hold.
pub fn reconciled(drafts: Vec<Draft>, before: Vec<Answered<'_>>, night: &Night<'_>) -> Vec<Proposal> {
    let memory = night.situation.memory;
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut proposals = Vec::new();
    let mut told = Telling::new(before, memory);
    // What each is to memory is asked for all at once: it depends on no other.
    let standings: Vec<Standing> = drafts.par_iter().map(|draft| standing_of(draft, night)).collect();
    for (draft, standing) in drafts.into_iter().zip(standings) {
        let is_held = matches!(standing, Standing::Held);
        if draft.exclusive && !told.tell(&draft.gist, is_held) {
            continue;
        }
        proposals.extend(rule_corrected(night, &draft, &mut taken));
        match standing {
            Standing::Held => {}
            Standing::New => {
                proposals.push(proposal(night, &draft, ChangeType::Add, Phase::Extract, Target::New, Vec::new()))
            }
            // What another change of this dream replaces already cannot be replaced twice; what is new is not lost.
            Standing::Supersedes(at, _) if taken.contains(&at) && draft.ends.is_some() => {
                proposals.push(proposal(night, &draft, ChangeType::Add, Phase::Extract, Target::New, Vec::new()));
            }
            Standing::Supersedes(at, part) => {
                proposals.extend(replaced(night, &draft, ChangeType::Supersede, (at, part), &mut taken));
            }
            Standing::Revises(at, part) => {
                proposals.extend(replaced(night, &draft, ChangeType::Revise, (at, part), &mut taken));
            }
        }
        if !is_held {
            for (at, part) in ended(&draft, memory) {
                if part.is_none() && !memory.get(at).pinned && taken.insert(at) {
                    proposals.push(no_longer(night, &draft, memory.get(at)));
                }
            }
        }
    }
    proposals
}

/// An entry replaced by a draft; of an entry of several sentences only the one that it is about.
fn replaced(
    night: &Night<'_>,
    draft: &Draft,
    change: ChangeType,
    (at, part): (usize, Option<String>),
    taken: &mut BTreeSet<usize>,
) -> Option<Proposal> {
    let old = night.situation.memory.get(at);
    if old.pinned || !taken.insert(at) {
        return None;
    }
    let target = Target::Entry { path: old.path.clone(), text: old.text.clone() };
    let risks = if change == ChangeType::Supersede { vec![Risk::ContradictsApproved] } else { Vec::new() };
    let mut replaced = proposal(night, draft, change, Phase::Reconcile, target, risks);
    let told = part.as_deref().unwrap_or(&old.text);
    let how = if change == ChangeType::Supersede { "It contradicts" } else { "It says more than" };
    replaced.reason = format!("{} {how} \"{}\", which is older.", draft.reason, Scrubbed::short(told, 120));
    if let (Some(part), Some(belief)) = (part, &mut replaced.belief) {
        belief.text = old.text.replacen(&part, &belief.text, 1);
    }
    Some(replaced)
}

/// An entry that a draft says no longer holds.
fn no_longer(night: &Night<'_>, draft: &Draft, old: &Held) -> Proposal {
    let target = Target::Entry { path: old.path.clone(), text: old.text.clone() };
    let mut retired = proposal(night, draft, ChangeType::Retire, Phase::Prune, target, vec![Risk::ContradictsApproved]);
    retired.canonical = format!("retire {}", words::stems(&old.text).join(" "));
    retired.kind = old.kind.unwrap_or(draft.kind);
    retired.belief = None;
    retired.retire = Some(RetireReason::Superseded);
    retired.subject = Scrubbed::short(&format!("no longer: {}", old.text), 60).into_string();
    retired.reason = format!("Rule: a newer statement ends it: \"{}\".", Scrubbed::short(&draft.text, 120));
    retired
}

/// What this dream, or one before it, says already: of the same thing told by two rules only one is proposed.
struct Telling<'t, 'm> {
    memory: &'m Entries<'m>,
    /// What dreams before this one said. Looked at when something is news.
    before: Vec<Answered<'t>>,
    before_probe: OnceCell<Probe>,
    told: Vec<Meaning>,
    probe: Probe,
}

impl<'t, 'm> Telling<'t, 'm> {
    fn new(before: Vec<Answered<'t>>, memory: &'m Entries<'m>) -> Self {
        Self { memory, before, before_probe: OnceCell::new(), told: Vec::new(), probe: Probe::new() }
    }

    /// Notes what a draft says, and tells whether it is news. What memory holds is none, and is not looked up.
    fn tell(&mut self, gist: &str, is_held: bool) -> bool {
        let texts = self.memory.texts;
        let meaning = texts.meaning(gist);
        if !is_held {
            let says = |told: &Meaning| matches!(told.relation(&meaning), Relation::Same | Relation::Contains);
            let all = || Probe::of(self.before.iter().map(|told| told.words.iter().copied()), 0);
            let near = self.before_probe.get_or_init(all).near(&meaning);
            if self.probe.near(&meaning).into_iter().any(|at| says(&self.told[at]))
                || near.into_iter().any(|at| says(&texts.meaning(self.before[at].text)))
            {
                return false;
            }
        }
        self.probe.add(&meaning);
        self.told.push(meaning);
        true
    }
}

/// What history has answered is not compared with memory again. Of statements that was asked before they were drafted.
fn standing_of(draft: &Draft, night: &Night<'_>) -> Standing {
    let sessions = draft.seen.iter().map(|seen| seen.session);
    let is_alone = !draft.exclusive && draft.ends.is_none() && draft.against.is_none();
    match is_alone && night.is_settled(&BeliefKey::derive(&draft.canonical), sessions) {
        true => Standing::Held,
        false => standing(draft, night.situation.memory),
    }
}

fn standing(draft: &Draft, memory: &Entries<'_>) -> Standing {
    let meaning = memory.texts.meaning(&draft.gist);
    let key = BeliefKey::derive(&draft.canonical);
    if let Some(at) = memory.of_belief(&key) {
        let held = memory.meaning(at);
        let same = !draft.exclusive || held.relation(&meaning) != Relation::Contradicts && says(held, &meaning);
        return if same || is_older(draft, memory.get(at)) { Standing::Held } else { Standing::Supersedes(at, None) };
    }
    for at in memory.near(&meaning) {
        let held = memory.meaning(at);
        if matches!(held.relation(&meaning), Relation::Same | Relation::Contains) || says(held, &meaning) {
            return Standing::Held;
        }
    }
    if !draft.exclusive {
        return Standing::New;
    }
    against_parts(draft, &meaning, memory)
}

/// A draft of which one value excludes others, compared with the sentences of memory.
fn against_parts(draft: &Draft, meaning: &Meaning, memory: &Entries<'_>) -> Standing {
    if let Some((at, part)) = ended(draft, memory).into_iter().next() {
        return Standing::Supersedes(at, part);
    }
    let mut within = None;
    let updates = draft.updates();
    for part in &memory.sentences_near(meaning) {
        let held = memory.get(part.entry);
        if !comparable(draft, held) {
            continue;
        }
        let (whole, text) = (memory.part(part), memory.text(part));
        let said = memory.sentence_meaning(part);
        match said.relation(meaning) {
            Relation::Same | Relation::Contains => return Standing::Held,
            relation
                if (relation == Relation::Contradicts
                    || updates
                        && (said.is_updated_by(meaning)
                            || frame::replaces(&draft.text, text)
                            || amount::recounts(&draft.text, text)))
                    && !frame::about_others(&draft.text, text) =>
            {
                return if is_older(draft, held) { Standing::Held } else { Standing::Supersedes(part.entry, whole) };
            }
            Relation::Within if within.is_none() && !is_older(draft, held) => within = Some((part.entry, whole)),
            _ => {}
        }
    }
    if let Some(part) = recounted(draft, memory) {
        return Standing::Supersedes(part.entry, memory.part(&part));
    }
    match within {
        Some((at, part)) => Standing::Revises(at, part),
        None => Standing::New,
    }
}

/// The sentence of memory that counted the same before.
fn recounted(draft: &Draft, memory: &Entries<'_>) -> Option<Sentence> {
    let units = amount::counted(&draft.text);
    units.iter().flat_map(|unit| memory.counting(unit)).find(|part| {
        let held = memory.get(part.entry);
        comparable(draft, held) && !is_older(draft, held) && amount::recounts(&draft.text, memory.text(part))
    })
}

/// Whether an entry has all the words of a statement, its numbers among them.
fn says(held: &Meaning, meaning: &Meaning) -> bool {
    let numbers = held.numbers();
    let all = meaning.numbers().iter().all(|number| numbers.contains(number));
    held.covers(meaning) >= 0.85 && all && held.relation(meaning) != Relation::Contradicts
}

/// Only statements contradict each other: the note of a mistake is not void because a fact differs.
fn comparable(draft: &Draft, held: &Held) -> bool {
    let statement = |kind: Kind| matches!(kind, Kind::Fact | Kind::Preference);
    draft.exclusive
        && (held.kind.is_none_or(statement) || held.kind == Some(Kind::Workflow) && draft.kind == Kind::Workflow)
}

/// Evidence counts by when the session happened: what is older than what memory holds does not overrule it.
fn is_older(draft: &Draft, held: &Held) -> bool {
    let known = held.last_evidence.or(held.since);
    matches!((draft.newest(), known), (Some(newest), Some(known)) if newest < known)
}

/// The entries, or sentences of entries, about what a draft says no longer holds.
fn ended(draft: &Draft, memory: &Entries<'_>) -> Vec<(usize, Option<String>)> {
    let Some(ends) = &draft.ends else { return Vec::new() };
    let (gone, about) = (words::stems(ends), words::stems(&draft.text));
    let is_ended = |part: &Sentence| {
        let (held, text) = (memory.get(part.entry), memory.text(part));
        let stems = words::stems(text);
        let all = !gone.is_empty() && gone.iter().all(|stem| stems.contains(stem));
        let shared = stems.iter().filter(|stem| about.contains(stem) && !gone.contains(stem)).count();
        let short = stems.len() <= gone.len() + 8;
        all && short
            && !leaves(text, ends)
            && !is_older(draft, held)
            && comparable(draft, held)
            && (shared > 0 || stems.len() <= gone.len() + 3 || is_used(text, ends))
    };
    let near = memory.sentences_near(&Meaning::of(ends));
    near.into_iter().filter(is_ended).map(|part| (part.entry, memory.part(&part))).collect()
}

/// Whether a text says that something is used, run or built on, and nothing else beside it.
fn is_used(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let used =
        ["use", "uses", "using", "on", "with", "in"].iter().any(|word| text.contains(&format!(" {word} {name}")));
    used && !text.contains(" and ")
}

/// Whether a text itself says that a value was left: then it is no longer what ends.
fn leaves(text: &str, value: &str) -> bool {
    let (text, value) = (text.to_lowercase(), value.to_lowercase());
    ["from", "no longer", "not using", "instead of", "left"]
        .iter()
        .any(|mark| text.contains(&format!("{mark} {value}")))
}

pub fn proposal(
    night: &Night<'_>,
    draft: &Draft,
    change: ChangeType,
    phase: Phase,
    target: Target,
    mut risks: Vec<Risk>,
) -> Proposal {
    let support = draft.support(night);
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
        evidence: draft.evidence(night),
        support,
        confidence: confidence(draft.confidence),
        risks,
        explicit: draft.explicit,
    }
}

/// A rule that memory holds and that keeps failing: its exception is added to it, nothing of it is lost.
fn rule_corrected(night: &Night<'_>, draft: &Draft, taken: &mut BTreeSet<usize>) -> Option<Proposal> {
    let memory = night.situation.memory;
    let word = draft.against.as_ref()?;
    let asks = |text: &str| {
        let lower = text.to_lowercase();
        let named = words::words(text).any(|known| known == word);
        named && ["always", "prefix", "must", "every command", "all commands"].iter().any(|rule| lower.contains(rule))
    };
    let at = memory.that(asks).into_iter().find(|at| !memory.get(*at).pinned)?;
    let held = memory.get(at);
    let said = Meaning::of(&held.text).covers(&Meaning::of(&draft.gist)) >= 0.8;
    if said || !taken.insert(at) {
        return None;
    }
    let text = format!("{} Exception: {}", held.text.trim_end(), draft.gist);
    let name = held.name.clone().unwrap_or_else(|| draft.name.clone());
    let mut corrected = proposal(
        night,
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
