//! Habits around commits, and the order of an agent's own tools, compared between sessions that went well and sessions
//! that did not. What goes with failure becomes a warning, never advice.

use super::Night;
use super::draft::{Draft, Seen, by_support, of, support};
use crate::model::{Kind, OutcomeResult};
use crate::phase::Reflection;
use std::collections::{BTreeMap, BTreeSet};

pub fn drafts<'a>(night: &Night<'a>) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = before_commit(night).into_iter().collect();
    drafts.extend(orders(night));
    drafts
}

/// What most sessions run between the last edit and a commit that worked.
fn before_commit<'a>(night: &Night<'a>) -> Option<Draft<'a>> {
    let mut seen: Vec<Seen<'a>> = Vec::new();
    let mut checks: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let (mut worked, mut failed) = (0usize, 0usize);
    for &session in &night.sessions {
        for commit in &session.commits {
            if commit.worked {
                worked += 1
            } else {
                failed += 1
            }
            for shape in commit.checks.keys() {
                let entry = checks.entry(shape).or_default();
                if commit.worked { entry.0 += 1 } else { entry.1 += 1 }
            }
        }
        if let Some(commit) = session.commits.iter().find(|commit| commit.worked) {
            seen.push(Seen { session, cite: &commit.cite });
            commit.checks.keys().for_each(|shape| checks.entry(shape).or_default().2 += 1);
        }
    }
    let sessions = seen.len();
    let mut habits: Vec<(&str, (usize, usize, usize))> =
        checks.into_iter().filter(|(_, (_, _, n))| *n * 2 >= sessions && *n >= 3).collect();
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

fn went_well(session: &Reflection) -> Option<bool> {
    Some(match session.outcome? {
        OutcomeResult::Satisfied => true,
        OutcomeResult::Failed | OutcomeResult::NeedsRevision => false,
        OutcomeResult::Interrupted => return None,
    })
}

/// Rules about an agent's own tools that sessions with outcomes bear out.
fn orders<'a>(night: &Night<'a>) -> Vec<Draft<'a>> {
    let judged: Vec<(&'a Reflection, bool)> = night
        .sessions
        .iter()
        .filter_map(|session| Some((*session, went_well(session)?)))
        .filter(|(session, _)| !session.tools.is_empty())
        .collect();
    let mut users: BTreeMap<&str, Vec<(&'a Reflection, bool)>> = BTreeMap::new();
    for judged in &judged {
        for tool in &judged.0.tools {
            let users = users.entry(&tool.name).or_default();
            if users.last().is_none_or(|(last, _)| !std::ptr::eq(*last, judged.0)) {
                users.push(*judged);
            }
        }
    }
    let mut drafts = Vec::new();
    for (name, users) in users {
        if users.len() < 8 {
            continue;
        }
        drafts.extend(precedes(name, &users));
        drafts.extend(confirmed(name, &users));
        drafts.extend(once(name, &users));
        drafts.extend(warned(name, &users, &judged));
    }
    drafts
}

fn seen_of<'a>(users: &[(&'a Reflection, bool)], name: &str) -> Vec<Seen<'a>> {
    users
        .iter()
        .filter_map(|(session, _)| {
            session.tools.iter().find(|tool| tool.name == name).map(|tool| Seen { session, cite: &tool.cite })
        })
        .collect()
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

/// The tool that nearly always comes before the first call of this one.
fn precedes<'a>(name: &str, users: &[(&'a Reflection, bool)]) -> Option<Draft<'a>> {
    let at = |session: &Reflection, name: &str| session.tools.iter().position(|tool| tool.name == name);
    let before = |session: &Reflection, other: &str| matches!((at(session, other), at(session, name)), (Some(a), Some(b)) if a < b);
    let well: Vec<&(&Reflection, bool)> = users.iter().filter(|(_, well)| *well).collect();
    // In how many of them each other tool comes before it.
    let mut share: BTreeMap<&str, usize> = BTreeMap::new();
    for (session, _) in &well {
        let earlier: BTreeSet<&str> =
            session.tools.iter().map(|tool| tool.name.as_str()).take_while(|tool| *tool != name).collect();
        earlier.into_iter().for_each(|other| *share.entry(other).or_default() += 1);
    }
    let mut found: Vec<(&str, usize)> = share.into_iter().collect();
    found.retain(|(_, n)| *n >= 5 && *n * 20 >= well.len() * 19);
    found.sort_by_key(|(other, n)| (std::cmp::Reverse(*n), *other));
    let last = found.iter().max_by_key(|(other, _)| {
        let places: usize = users.iter().filter_map(|(session, _)| at(session, other)).sum();
        (places, std::cmp::Reverse(*other))
    })?;
    let (with, without): (Vec<_>, Vec<_>) = users.iter().partition(|(session, _)| before(session, last.0));
    let outcome = |part: &[&(&Reflection, bool)]| part.iter().map(|(_, well)| *well).collect::<Vec<_>>();
    let gist = format!("Call `{}` before `{name}`.", last.0);
    let lift = lift_words(
        &outcome(&with.iter().collect::<Vec<_>>()),
        &outcome(&without.iter().collect::<Vec<_>>()),
        "in this order",
    );
    Some(order_draft(format!("order {} {name}", last.0), gist, lift, seen_of(users, name), last.1, well.len(), 0.5))
}

fn order_draft<'a>(
    canonical: String,
    gist: String,
    lift: String,
    seen: Vec<Seen<'a>>,
    n: usize,
    all: usize,
    rank: f64,
) -> Draft<'a> {
    let mut draft = Draft::new(Kind::Workflow, canonical, format!("{gist} {lift}"), seen);
    let support = support(&draft.seen);
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

/// A tool before whose first call people nearly always agree.
fn confirmed<'a>(name: &str, users: &[(&'a Reflection, bool)]) -> Option<Draft<'a>> {
    let agreed = |session: &Reflection| session.tools.iter().any(|tool| tool.name == name && tool.confirmed);
    let well = users.iter().filter(|(_, well)| *well).count();
    let n = users.iter().filter(|(session, well)| *well && agreed(session)).count();
    let changes = ["get_", "find_", "list_", "search", "read", "fetch", "look", "check", "think", "calc"]
        .iter()
        .all(|start| !name.to_lowercase().starts_with(start));
    if !changes || n < 5 || n * 4 < well * 3 {
        return None;
    }
    let outcome = |yes: bool| {
        users.iter().filter(|(session, _)| agreed(session) == yes).map(|(_, well)| *well).collect::<Vec<_>>()
    };
    let gist = format!("Get the person's explicit confirmation before `{name}`.");
    let lift = lift_words(&outcome(true), &outcome(false), "with it");
    Some(order_draft(format!("confirm {name}"), gist, lift, seen_of(users, name), n, well, 0.52))
}

/// A tool that goes wrong when it is called more than once.
fn once<'a>(name: &str, users: &[(&'a Reflection, bool)]) -> Option<Draft<'a>> {
    let calls = |session: &Reflection| session.tools.iter().find(|tool| tool.name == name).map_or(0, |tool| tool.calls);
    let outcome = |many: bool| {
        users.iter().filter(|(session, _)| (calls(session) > 1) == many).map(|(_, well)| *well).collect::<Vec<_>>()
    };
    let (one, many) = (outcome(false), outcome(true));
    let (good, bad) = rates(&one, &many);
    if many.len() < 5 || one.len() < 5 || good < bad + 0.2 {
        return None;
    }
    let gist = format!("Call `{name}` once, with everything that it needs.");
    let well = one.iter().filter(|well| **well).count();
    let lift = lift_words(&one, &many, "with one call");
    Some(order_draft(format!("once {name}"), gist, lift, seen_of(users, name), well, one.len(), 0.5))
}

/// A tool that goes with failure: a warning.
fn warned<'a>(name: &str, users: &[(&'a Reflection, bool)], judged: &[(&'a Reflection, bool)]) -> Option<Draft<'a>> {
    let with: Vec<bool> = users.iter().map(|(_, well)| *well).collect();
    // All others, in whatever order.
    let well = |of: &[(&Reflection, bool)]| of.iter().filter(|(_, well)| *well).count();
    let (all, well) = (judged.len() - users.len(), well(judged) - well(users));
    let without: Vec<bool> = (0..all).map(|nth| nth < well).collect();
    let (bad, good) = rates(&with, &without);
    if with.len() < 10 || without.len() < 10 || bad + 0.25 > good || bad > 0.45 {
        return None;
    }
    let gist = format!("Be careful with `{name}`: sessions that call it fail more often than others.");
    let lift = lift_words(&with, &without, "with it");
    let failed = with.iter().filter(|well| !**well).count();
    let mut draft = order_draft(format!("warning {name}"), gist, lift, seen_of(users, name), failed, with.len(), 0.42);
    draft.kind = Kind::Mistake;
    draft.reason = format!(
        "Rule: a pattern of failed sessions is a warning ({} sessions that call it failed).",
        of(failed, with.len())
    );
    Some(draft)
}
