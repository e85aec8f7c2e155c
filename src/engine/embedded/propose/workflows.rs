//! Habits around commits, and the order of an agent's own tools, compared between sessions that went well and sessions
//! that did not. What goes with failure becomes a warning, never advice.

use super::draft::{Draft, Seen, by_support, of, support};
use super::{Map, Night};
use crate::model::{Kind, OutcomeResult};
use crate::phase::corpus::{CommitRow, Part, Text, ToolRow};
use std::collections::{BTreeMap, BTreeSet};

pub fn drafts(night: &Night<'_>) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = before_commit(night).into_iter().collect();
    drafts.extend(orders(night));
    drafts
}

/// What most sessions run between the last edit and a commit that worked.
fn before_commit(night: &Night<'_>) -> Option<Draft> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut checks: Map<Text, (usize, usize, usize)> = Map::default();
    let (mut worked, mut failed) = (0usize, 0usize);
    for session in night.corpus.columns.commits.runs(|a, b| a.session == b.session) {
        let of = |commit: &CommitRow| night.corpus.columns.checks.of(commit.checks);
        for commit in session {
            *if commit.worked.get() { &mut worked } else { &mut failed } += 1;
            for shape in of(commit) {
                let entry = checks.entry(*shape).or_default();
                if commit.worked.get() { entry.0 += 1 } else { entry.1 += 1 }
            }
        }
        if let Some(commit) = session.iter().find(|commit| commit.worked.get()) {
            seen.push(Seen { session: commit.session, part: Part::Commit(commit.nth), time: commit.time });
            of(commit).iter().for_each(|shape| checks.entry(*shape).or_default().2 += 1);
        }
    }
    let sessions = seen.len();
    let often = checks.into_iter().filter(|(_, (_, _, n))| *n * 2 >= sessions && *n >= 3);
    let mut habits: Vec<(&str, (usize, usize, usize))> = often.map(|(shape, n)| (night.text(shape), n)).collect();
    habits.sort_by_key(|(shape, (_, _, n))| (std::cmp::Reverse(*n), *shape));
    habits.truncate(3);
    let (first, (ok, bad, n)) = *habits.first()?;
    let list: Vec<String> = habits.iter().map(|(shape, _)| format!("`{shape}`")).collect();
    let gist = format!("Before `git commit`, run {}.", list.join(" and "));
    let without = |all: usize, with: usize| all.saturating_sub(with);
    let rate = |worked: usize, all: usize| worked as f64 / all.max(1) as f64;
    let rest = without(worked, ok) + without(failed, bad);
    let (with_it, otherwise) = (rate(ok, ok + bad), rate(without(worked, ok), rest));
    // A habit without which commits work better is no advice, however usual it is.
    if with_it + 0.1 < otherwise || rest >= 5 && with_it < otherwise {
        return None;
    }
    let lift = match (ok + bad, rest) {
        (with, rest) if with > 0 && rest > 0 => format!(
            " Commits after `{first}` worked {} times, commits without it {} times.",
            of(ok, with),
            of(without(worked, ok), rest)
        ),
        _ => String::new(),
    };
    let text = format!("{gist} In {} sessions that committed agents did so.{lift}", of(n, sessions));
    let mut draft = Draft::new(Kind::Workflow, "workflow before git commit".to_owned(), text, seen);
    draft.gist.clone_from(&gist);
    draft.description.clone_from(&gist);
    draft.name = format!("before git commit run {first}");
    draft.subject = super::draft::subject(gist.replace('`', "").trim_end_matches('.'));
    draft.reason =
        format!("Rule: what most committing sessions run between the last edit and the commit ({}).", of(n, sessions));
    draft.confidence = by_support(0.5, n as u32);
    draft.rank = if with_it > otherwise + 0.05 { 0.6 } else { 0.4 };
    Some(draft)
}

fn went_well(outcome: Option<OutcomeResult>) -> Option<bool> {
    Some(match outcome? {
        OutcomeResult::Satisfied => true,
        OutcomeResult::Failed | OutcomeResult::NeedsRevision => false,
        OutcomeResult::Interrupted => return None,
    })
}

/// The tools of a session of which it is known how it went.
type Judged<'a> = (&'a [ToolRow], bool);

/// Rules about an agent's own tools that sessions with outcomes bear out.
fn orders(night: &Night<'_>) -> Vec<Draft> {
    let sessions = night.corpus.columns.tools.runs(|a, b| a.session == b.session);
    let outcome = |tools: &[ToolRow]| night.sessions[tools[0].session as usize].outcome.get();
    let judged: Vec<Judged<'_>> = sessions.filter_map(|tools| Some((tools, went_well(outcome(tools))?))).collect();
    let mut users: Map<Text, Vec<Judged<'_>>> = Map::default();
    for judged in &judged {
        for tool in judged.0 {
            let users = users.entry(tool.name).or_default();
            if users.last().is_none_or(|(last, _)| last[0].session != tool.session) {
                users.push(*judged);
            }
        }
    }
    let often = users.into_iter().filter(|(_, users)| users.len() >= 8);
    let mut often: Vec<Tool<'_, '_>> = often.map(|(number, users)| Tool { night, number, users }).collect();
    often.sort_by_key(Tool::name);
    let found = |tool: &Tool<'_, '_>| [tool.precedes(), tool.confirmed(), tool.once(), tool.warned(&judged)];
    often.iter().flat_map(found).flatten().collect()
}

/// A tool that several judged sessions call.
struct Tool<'n, 'a> {
    night: &'n Night<'a>,
    number: Text,
    users: Vec<Judged<'a>>,
}

fn rates(with: &[bool], without: &[bool]) -> (f64, f64) {
    let rate = |outcomes: &[bool]| outcomes.iter().filter(|well| **well).count() as f64 / outcomes.len().max(1) as f64;
    (rate(with), rate(without))
}

fn lift_words(with: &[bool], without: &[bool], label: &str) -> String {
    let well = |outcomes: &[bool]| outcomes.iter().filter(|well| **well).count();
    let (a, b) = rates(with, without);
    match without.len() {
        0..=2 => format!("Sessions that went well: {} with it.", of(well(with), with.len())),
        _ if b > 0.0 => format!(
            "Sessions that went well: {} {label}, {} otherwise (lift {:.1}).",
            of(well(with), with.len()),
            of(well(without), without.len()),
            a / b
        ),
        _ => format!(
            "Sessions that went well: {} {label}, none of {} otherwise.",
            of(well(with), with.len()),
            without.len()
        ),
    }
}

impl<'a> Tool<'_, 'a> {
    fn name(&self) -> &'a str {
        self.night.text(self.number)
    }

    fn seen(&self) -> Vec<Seen> {
        let first = |(tools, _): &Judged<'a>| tools.iter().find(|tool| tool.name == self.number);
        let seen = |tool: &ToolRow| Seen { session: tool.session, part: Part::Tool(tool.nth), time: tool.time };
        self.users.iter().filter_map(first).map(seen).collect()
    }

    fn draft(&self, canonical: String, gist: String, lift: String, (n, all): (usize, usize), rank: f64) -> Draft {
        let mut draft = Draft::new(Kind::Workflow, canonical, format!("{gist} {lift}"), self.seen());
        let support = support(self.night, &draft.seen);
        draft.gist.clone_from(&gist);
        draft.description.clone_from(&gist);
        draft.name = gist.trim_end_matches('.').replace('`', "");
        draft.subject = super::draft::subject(&draft.name);
        draft.reason = format!(
            "Rule: tools compared between sessions that went well and sessions that did not ({} of those that went well).",
            of(n, all)
        );
        draft.confidence = by_support(0.5, support.sessions);
        draft.rank = rank;
        draft
    }

    /// How the sessions went of which something holds.
    fn outcomes(&self, holds: impl Fn(&[ToolRow]) -> bool) -> Vec<bool> {
        self.users.iter().filter(|(tools, _)| holds(tools)).map(|(_, well)| *well).collect()
    }

    /// The tool that nearly always comes before the first call of this one.
    fn precedes(&self) -> Option<Draft> {
        let at = |tools: &[ToolRow], name: Text| tools.iter().position(|tool| tool.name == name);
        let well: Vec<&[ToolRow]> = self.users.iter().filter(|(_, well)| *well).map(|(tools, _)| *tools).collect();
        // In how many of them each other tool comes before it.
        let mut share: BTreeMap<Text, usize> = BTreeMap::new();
        for tools in &well {
            let earlier: BTreeSet<Text> =
                tools.iter().map(|tool| tool.name).take_while(|tool| *tool != self.number).collect();
            earlier.into_iter().for_each(|other| *share.entry(other).or_default() += 1);
        }
        let often = share.into_iter().filter(|(_, n)| *n >= 5 && *n * 20 >= well.len() * 19);
        let (last, other, n) =
            often.map(|(other, n)| (other, self.night.text(other), n)).max_by_key(|(other, name, _)| {
                let places: usize = self.users.iter().filter_map(|(tools, _)| at(tools, *other)).sum();
                (places, std::cmp::Reverse(*name))
            })?;
        let before =
            |tools: &[ToolRow]| matches!((at(tools, last), at(tools, self.number)), (Some(a), Some(b)) if a < b);
        let (with, without) = (self.outcomes(before), self.outcomes(|tools| !before(tools)));
        let gist = format!("Call `{other}` before `{}`.", self.name());
        let lift = lift_words(&with, &without, "in this order");
        Some(self.draft(format!("order {other} {}", self.name()), gist, lift, (n, well.len()), 0.5))
    }

    /// A tool before whose first call people nearly always agree.
    fn confirmed(&self) -> Option<Draft> {
        let name = self.name();
        let agreed = |tools: &[ToolRow]| tools.iter().any(|tool| tool.name == self.number && tool.confirmed.get());
        let well = self.users.iter().filter(|(_, well)| *well).count();
        let n = self.users.iter().filter(|(tools, well)| *well && agreed(tools)).count();
        let changes = ["get_", "find_", "list_", "search", "read", "fetch", "look", "check", "think", "calc"]
            .iter()
            .all(|start| !name.to_lowercase().starts_with(start));
        if !changes || n < 5 || n * 4 < well * 3 {
            return None;
        }
        let gist = format!("Get the person's explicit confirmation before `{name}`.");
        let lift = lift_words(&self.outcomes(agreed), &self.outcomes(|tools| !agreed(tools)), "with it");
        Some(self.draft(format!("confirm {name}"), gist, lift, (n, well), 0.52))
    }

    /// A tool that goes wrong when it is called more than once.
    fn once(&self) -> Option<Draft> {
        let name = self.name();
        let calls = |tools: &[ToolRow]| tools.iter().find(|tool| tool.name == self.number).map_or(0, |tool| tool.calls);
        let (one, many) = (self.outcomes(|tools| calls(tools) <= 1), self.outcomes(|tools| calls(tools) > 1));
        let (good, bad) = rates(&one, &many);
        if many.len() < 5 || one.len() < 5 || good < bad + 0.2 {
            return None;
        }
        let gist = format!("Call `{name}` once, with everything that it needs.");
        let well = one.iter().filter(|well| **well).count();
        let lift = lift_words(&one, &many, "with one call");
        Some(self.draft(format!("once {name}"), gist, lift, (well, one.len()), 0.5))
    }

    /// A tool that goes with failure: a warning.
    fn warned(&self, judged: &[Judged<'_>]) -> Option<Draft> {
        let name = self.name();
        let with: Vec<bool> = self.users.iter().map(|(_, well)| *well).collect();
        // All others, in whatever order.
        let well = |of: &[Judged<'_>]| of.iter().filter(|(_, well)| *well).count();
        let (all, well) = (judged.len() - self.users.len(), well(judged) - well(&self.users));
        let without: Vec<bool> = (0..all).map(|nth| nth < well).collect();
        let (bad, good) = rates(&with, &without);
        if with.len() < 10 || without.len() < 10 || bad + 0.25 > good || bad > 0.45 {
            return None;
        }
        let gist = format!("Be careful with `{name}`: sessions that call it fail more often than others.");
        let lift = lift_words(&with, &without, "with it");
        let failed = with.iter().filter(|well| !**well).count();
        let mut draft = self.draft(format!("warning {name}"), gist, lift, (failed, with.len()), 0.42);
        draft.kind = Kind::Mistake;
        draft.reason = format!(
            "Rule: a pattern of failed sessions is a warning ({} sessions that call it failed).",
            of(failed, with.len())
        );
        Some(draft)
    }
}
