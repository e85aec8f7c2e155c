//! Reconcile: groups of related lessons go out with the notes that they touch; what comes back may only name lessons
//! and notes that were given. Evidence is taken from the lessons, never from the answer, so it cannot be made up here.

use super::RECONCILE;
use super::asker::{Asker, Task};
use super::error::ModelError;
use super::group::{Group, Taught};
use super::meter::tokens;
use super::prompt::{Prompts, fenced};
use super::refused::Refused;
use super::schema::{CHANGES_SCHEMA, RawChange, RawChanges};
use crate::model::{
    Belief, ChangeType, Confidence, Kind, NotePath, Phase, Proposal, RetireReason, Risk, Support, Target,
};
use crate::phase::{Held, Situation};
use crate::text::{Scrubbed, words};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Tokens of groups in one request.
const REQUEST: u64 = 6_000;
/// Groups of one request.
const GROUPS: usize = 12;
/// Changes per group that an answer may hold.
const PER_GROUP: usize = 3;
/// Characters of a belief, of a note that is shown, and of a reason.
const LONGEST: usize = 1_500;
/// Per cent of memory that a night may retire before every retirement says so.
const MUCH: usize = 20;

/// What one request was about, and what came of it.
type Asked<'a, 'g> = (&'g [Group<'a>], Result<RawChanges, ModelError>);

/// What reconciling gave.
#[derive(Debug, Default)]
pub struct Reconciled<'a> {
    pub proposals: Vec<Proposal>,
    /// Groups that nobody answered for, and why.
    pub unanswered: Vec<(Vec<Taught<'a>>, ModelError)>,
}

/// Asks about all groups, side by side, and checks the answers in the order of the groups.
pub fn reconcile<'a>(
    asker: &Asker,
    prompts: &Prompts,
    refused: &Refused,
    situation: &Situation<'a>,
    groups: &[Group<'a>],
) -> Reconciled<'a> {
    let batches = batches(asker, prompts, situation, groups);
    let each = || batches.par_iter().copied().with_max_len(1).enumerate();
    let ask = |(at, batch)| answers(asker, prompts, situation, batch, &format!("{}", at + 1));
    let all = || each().flat_map_iter(ask).collect::<Vec<_>>();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(asker.model.max_parallel as usize).build();
    let asked = pool.map_or_else(|_| all(), |pool| pool.install(all));
    let mut reconciled = Reconciled::default();
    let mut taken = BTreeSet::new();
    for (groups, answer) in asked {
        match answer {
            Ok(raw) => reconciled.proposals.extend(checked(&raw, groups, situation, refused, &mut taken)),
            Err(error) => {
                let lessons = groups.iter().flat_map(|group| group.lessons.iter().copied()).collect();
                reconciled.unanswered.push((lessons, error));
            }
        }
    }
    much(&mut reconciled.proposals, situation.memory.len());
    reconciled.proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.support.sessions));
    reconciled
}

/// Groups that go out together.
fn batches<'a, 'g>(
    asker: &Asker,
    prompts: &Prompts,
    situation: &Situation<'_>,
    groups: &'g [Group<'a>],
) -> Vec<&'g [Group<'a>]> {
    let room = asker.room(&prompts.reconcile).min(REQUEST);
    let mut batches = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (at, group) in groups.iter().enumerate() {
        let size = tokens(&shown(std::slice::from_ref(group), situation));
        if at > start && (used + size > room || at - start >= GROUPS) {
            batches.push(&groups[start..at]);
            (start, used) = (at, 0);
        }
        used += size;
    }
    if start < groups.len() {
        batches.push(&groups[start..]);
    }
    batches
}

/// The answers about some groups; about both halves of them where they do not fit.
fn answers<'a, 'g>(
    asker: &Asker,
    prompts: &Prompts,
    situation: &Situation<'_>,
    groups: &'g [Group<'a>],
    worker: &str,
) -> Vec<Asked<'a, 'g>> {
    let task = Task {
        phase: RECONCILE,
        worker: format!("request {worker}"),
        system: &prompts.reconcile,
        user: fenced("lessons", &shown(groups, situation)),
        schema: &CHANGES_SCHEMA,
    };
    match asker.ask::<RawChanges>(&task) {
        Err(error) if error.is_size() && groups.len() > 1 => {
            let (first, second) = groups.split_at(groups.len() / 2);
            let mut both = answers(asker, prompts, situation, first, &format!("{worker}a"));
            both.extend(answers(asker, prompts, situation, second, &format!("{worker}b")));
            both
        }
        answer => vec![(groups, answer)],
    }
}

/// Lessons and notes as a model reads them, numbered through all groups.
fn shown(groups: &[Group<'_>], situation: &Situation<'_>) -> String {
    let mut text = String::new();
    let (mut lesson, mut note) = (0, 0);
    for (at, group) in groups.iter().enumerate() {
        let _ = writeln!(text, "Group {}", at + 1);
        for taught in &group.lessons {
            lesson += 1;
            let _ = writeln!(text, "  L{lesson} {}", lesson_line(taught));
        }
        for held in group.notes.iter().map(|at| situation.memory.get(*at)) {
            note += 1;
            let _ = writeln!(text, "  N{note} {}", note_line(held));
        }
    }
    text
}

fn lesson_line(taught: &Taught<'_>) -> String {
    let Taught { session, lesson } = taught;
    let outcome = session.outcome.map(|outcome| format!(", {}", outcome.as_str())).unwrap_or_default();
    let lasting = if lesson.lasting { ", meant to last" } else { "" };
    let role = lesson.cites[0].role.as_str();
    format!(
        "({}, {}, {}{outcome}{lasting}) {} | {role} said: \"{}\"",
        lesson.kind,
        session.happened.format("%Y-%m-%d"),
        Scrubbed::short(session.agent.as_str(), 60),
        Scrubbed::line(&lesson.text),
        Scrubbed::short(&lesson.cites[0].quote, 200)
    )
}

fn note_line(held: &Held) -> String {
    let kind = held.kind.map(|kind| format!("{kind}, ")).unwrap_or_default();
    let pinned = if held.pinned { ", pinned: it may not change" } else { "" };
    let since = held.last_evidence.or(held.since).map(|time| time.format("%Y-%m-%d").to_string());
    format!("({kind}since {}{pinned}) {}", since.as_deref().unwrap_or("unknown"), Scrubbed::short(&held.text, LONGEST))
}

/// What of an answer may be proposed. `taken` holds the notes that another change is about already.
fn checked(
    raw: &RawChanges,
    groups: &[Group<'_>],
    situation: &Situation<'_>,
    refused: &Refused,
    taken: &mut BTreeSet<usize>,
) -> Vec<Proposal> {
    const WHAT: &str = "change of the model's";
    let lessons: Vec<Taught<'_>> = groups.iter().flat_map(|group| group.lessons.iter().copied()).collect();
    let notes: Vec<usize> = groups.iter().flat_map(|group| group.notes.iter().copied()).collect();
    let most = groups.len() * PER_GROUP;
    let given = Given { lessons, notes, situation };
    let mut proposals: Vec<Proposal> = Vec::new();
    for change in raw.changes.iter().take(most) {
        match given.proposal(change, taken) {
            Ok(proposal) if proposals.iter().any(|known| known.canonical == proposal.canonical) => {
                refused.add(WHAT, "another change is about the same lesson");
            }
            Ok(proposal) => proposals.push(proposal),
            Err(why) => refused.add(WHAT, why),
        }
    }
    let over = raw.changes.len().saturating_sub(most);
    (0..over).for_each(|_| refused.add(WHAT, "more changes than a few for each group"));
    proposals
}

/// What a request gave the model to work with.
struct Given<'a, 's> {
    lessons: Vec<Taught<'a>>,
    /// Numbers in `situation.memory`.
    notes: Vec<usize>,
    situation: &'s Situation<'a>,
}

impl<'a> Given<'a, '_> {
    fn proposal(&self, raw: &RawChange, taken: &mut BTreeSet<usize>) -> Result<Proposal, String> {
        let change = raw.change().ok_or("no such type of change")?;
        let kind: Kind = raw.kind.parse().map_err(|()| "no such kind of belief")?;
        let lessons = self.named(&raw.lessons)?;
        let lasting = lessons.iter().any(|taught| taught.lesson.lasting);
        let support = support(&lessons);
        if !lasting && support.sessions < self.situation.min_support {
            return Err(format!("fewer than {} sessions agree (dream.min-support)", self.situation.min_support));
        }
        let (target, absorbs, touched) = self.place(change, raw)?;
        if touched.iter().any(|at| self.situation.memory.get(*at).pinned) {
            return Err("the note is pinned".to_owned());
        }
        let retire = match change {
            ChangeType::Retire => Some(raw.retire.parse::<RetireReason>().map_err(|()| "retires without a reason")?),
            _ => None,
        };
        let belief = if retire.is_some() { None } else { Some(belief(raw)?) };
        if touched.iter().any(|at| taken.contains(at)) {
            return Err("another change is about the same note".to_owned());
        }
        let whole = touched.iter().all(|at| self.situation.memory.get(*at).whole_note);
        taken.extend(touched);
        let evidence = lessons.iter().flat_map(|t| t.lesson.cites.iter().map(|cite| t.session.evidence(cite)));
        Ok(Proposal {
            change,
            phase: Phase::Reconcile,
            kind,
            canonical: canonical(&lessons, &target, whole),
            subject: subject(raw, belief.as_ref(), &target),
            target,
            belief,
            absorbs,
            reason: Scrubbed::short(&raw.reason, 600).into_string(),
            retire,
            evidence: evidence.collect(),
            support,
            confidence: confidence(support, lasting),
            risks: if change == ChangeType::Supersede { vec![Risk::ContradictsApproved] } else { Vec::new() },
            explicit: lasting,
        })
    }

    fn named(&self, names: &[String]) -> Result<Vec<Taught<'a>>, String> {
        let mut found = BTreeSet::new();
        for name in names {
            found.insert(number(name, 'L', self.lessons.len()).ok_or("it names a lesson that was not given")?);
        }
        match found.is_empty() {
            true => Err("it names no lesson".to_owned()),
            false => Ok(found.into_iter().map(|at| self.lessons[at]).collect()),
        }
    }

    fn note(&self, name: &str) -> Result<usize, String> {
        let found = number(name, 'N', self.notes.len()).map(|at| self.notes[at]);
        found.ok_or_else(|| "it names a note that was not given".to_owned())
    }

    /// The entry that a change is about, those that it absorbs, and the places of both.
    #[allow(clippy::type_complexity)]
    fn place(
        &self,
        change: ChangeType,
        raw: &RawChange,
    ) -> Result<(Target, Vec<(NotePath, String)>, BTreeSet<usize>), String> {
        let held = |at: usize| (self.situation.memory.get(at).path.clone(), self.situation.memory.get(at).text.clone());
        if change == ChangeType::Add {
            return match raw.note.trim() {
                "" | "none" => Ok((Target::New, Vec::new(), BTreeSet::new())),
                _ => Err("it adds to a note that there is already".to_owned()),
            };
        }
        let at = self.note(&raw.note)?;
        let mut touched = BTreeSet::from([at]);
        let mut absorbs = Vec::new();
        let names = if change == ChangeType::Join { raw.absorbs.as_slice() } else { &[] };
        for name in names {
            let other = self.note(name)?;
            if touched.insert(other) {
                absorbs.push(held(other));
            }
        }
        if change == ChangeType::Join && absorbs.is_empty() {
            return Err("it joins nothing".to_owned());
        }
        let (path, text) = held(at);
        Ok((Target::Entry { path, text }, absorbs, touched))
    }
}

/// `L3` as the third of `count`.
fn number(name: &str, letter: char, count: usize) -> Option<usize> {
    let number: usize = name.trim().strip_prefix(letter)?.parse().ok()?;
    (1..=count).contains(&number).then(|| number - 1)
}

fn support(lessons: &[Taught<'_>]) -> Support {
    let sessions: BTreeSet<_> = lessons.iter().map(|taught| &taught.session.session).collect();
    let agents: BTreeSet<_> = lessons.iter().map(|taught| &taught.session.agent).collect();
    Support { sessions: sessions.len() as u32, agents: agents.len() as u32 }
}

/// By agreement alone: what a model thinks of its own certainty is not asked.
fn confidence(support: Support, lasting: bool) -> Confidence {
    let base = if lasting { 0.75 } else { 0.6 };
    let more = f64::from(support.sessions.saturating_sub(1));
    Confidence::new((base + (1.0 - base) * (more / (more + 4.0))).min(0.97))
}

/// Names the belief by the oldest lesson behind it, which is kept, and not by the words of tonight's answer.
fn canonical(lessons: &[Taught<'_>], target: &Target, whole: bool) -> String {
    let first = lessons.iter().min_by_key(|taught| (taught.session.happened, &taught.session.session));
    let stems = words::stems(&first.expect("a change names lessons").lesson.text).join(" ");
    match target {
        Target::New => format!("lesson {stems}"),
        // A file of many entries is many beliefs.
        Target::Entry { path, text } if !whole => format!("lesson {stems} in {path} {}", words::stems(text).join(" ")),
        Target::Entry { path, .. } => format!("lesson {stems} in {path}"),
    }
}

fn belief(raw: &RawChange) -> Result<Belief, String> {
    let text = Scrubbed::block(&raw.text).as_str().trim().to_owned();
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(format!("its text is empty, or longer than {LONGEST} characters"));
    }
    if crate::text::secret::found(&raw.text) {
        return Err("its text holds what looks like a credential".to_owned());
    }
    if text.starts_with("---") {
        return Err("its text begins like front matter".to_owned());
    }
    let name = if raw.name.trim().is_empty() { &raw.text } else { &raw.name };
    Ok(Belief {
        name: Scrubbed::short(name, 60).into_string(),
        description: Scrubbed::short(&text, 120).into_string(),
        text,
        tags: Vec::new(),
    })
}

fn subject(raw: &RawChange, belief: Option<&Belief>, target: &Target) -> String {
    let own = Scrubbed::short(&raw.subject, 60);
    let text = match (belief, target) {
        _ if !own.is_empty() => return own.into_string(),
        (Some(belief), _) => &belief.text,
        (None, Target::Entry { text, .. }) => text,
        (None, Target::New) => return "a change".to_owned(),
    };
    Scrubbed::short(text, 60).into_string()
}

/// Where a night retires much of memory, every retirement says so.
fn much(proposals: &mut [Proposal], held: usize) {
    let gone = |proposal: &Proposal| proposal.absorbs.len() + usize::from(proposal.change == ChangeType::Retire);
    let lost: usize = proposals.iter().map(gone).sum();
    if lost > 1 && lost * 100 > held * MUCH {
        proposals.iter_mut().filter(|proposal| gone(proposal) > 0).for_each(|p| p.risks.push(Risk::DeletesMuch));
    }
}
