//! Commands that work: how this project is tested, linted, built and started, with how often it works and how long it
//! takes. Taken from what agents ran, never from what output says.

use super::draft::{Draft, Seen, by_support, of, support};
use super::{Map, Night};
use crate::engine::embedded::shell::{self, Purpose};
use crate::model::Kind;
use crate::phase::reflection::CommandUse;
use std::collections::BTreeMap;

/// In how many sessions a command must have been run.
const SESSIONS: usize = 3;

#[derive(Default)]
struct Usage<'a> {
    seen: Vec<Seen<'a>>,
    runs: u32,
    failed: u32,
    seconds: Vec<f64>,
}

pub fn drafts<'a>(night: &Night<'a>) -> Vec<Draft<'a>> {
    let mut projects: BTreeMap<&str, BTreeMap<Purpose, BTreeMap<&'a str, Usage<'a>>>> = BTreeMap::new();
    let mut purposes: Map<&str, Option<Purpose>> = Map::default();
    for &session in &night.sessions {
        for (shape, usage) in &session.commands {
            let Some(purpose) = *purposes.entry(shape).or_insert_with(|| shell::purpose(shape)) else { continue };
            let entry = projects
                .entry(project(session.agent.as_str()))
                .or_default()
                .entry(purpose)
                .or_default()
                .entry(shape)
                .or_default();
            add(entry, Seen { session, cite: &usage.cite }, usage);
        }
    }
    let mut sessions: Map<&str, usize> = Map::default();
    for session in &night.sessions {
        *sessions.entry(project(session.agent.as_str())).or_default() += 1;
    }
    let mut drafts = Vec::new();
    for (agent, purposes) in projects {
        for (purpose, shapes) in purposes {
            drafts.extend(best(night, (agent, sessions[agent]), purpose, shapes));
        }
    }
    drafts
}

/// What the agents of one project have in common: the part of their name after the host.
fn project(agent: &str) -> &str {
    agent.split_once('/').map_or(agent, |(_, project)| project)
}

fn add<'a>(entry: &mut Usage<'a>, seen: Seen<'a>, usage: &CommandUse) {
    entry.seen.push(seen);
    entry.runs += usage.runs;
    entry.failed += usage.failed;
    entry.seconds.extend(&usage.seconds);
}

/// The command that most sessions of a project, of so many, run for a purpose, if it works more often than not.
fn best<'a>(
    night: &Night<'a>,
    (agent, all): (&str, usize),
    purpose: Purpose,
    shapes: BTreeMap<&'a str, Usage<'a>>,
) -> Option<Draft<'a>> {
    let works = |usage: &Usage<'_>| f64::from(usage.runs - usage.failed) / f64::from(usage.runs.max(1));
    let (shape, usage) = shapes.into_iter().filter(|(_, usage)| works(usage) >= 0.4).max_by_key(|(shape, usage)| {
        // What builds or tests a part only is no answer to how the whole is built or tested, unless it is usual.
        let weight = if qualifier(shape).is_some() { 1 } else { 3 };
        (weight * usage.seen.len(), std::cmp::Reverse(*shape))
    })?;
    let sessions = usage.seen.len();
    if sessions < SESSIONS.max(night.support()) {
        return None;
    }
    let took =
        median(&usage.seconds).map_or(String::new(), |seconds| format!(", usually in about {}", duration(seconds)));
    let part = qualifier(shape).map_or(String::new(), |part| format!(" ({part})"));
    let gist = format!("To {}{part}, run `{shape}`.", purpose.words());
    let narrowed = usage.seen.iter().filter(|seen| takes_more(&seen.cite.quote, shape)).count();
    let with = if narrowed * 2 > sessions { " Mostly it is run on the files concerned only." } else { "" };
    let worked = usage.runs - usage.failed;
    let text = format!(
        "{gist} It was run in {} sessions and passed {} times{took}.{with}",
        of(sessions, all),
        of(worked as usize, usage.runs as usize)
    );
    let mut draft = Draft::new(Kind::Workflow, format!("command {agent} {}", purpose.words()), text, usage.seen);
    let support = support(&draft.seen);
    draft.gist.clone_from(&gist);
    draft.description.clone_from(&gist);
    draft.name = format!("{} with {shape}", purpose.words());
    let opened = crate::engine::embedded::wording::sentence_of(purpose.words());
    draft.subject = super::draft::subject(&format!("{}{part} with {shape}", opened.trim_end_matches('.')));
    draft.reason = format!(
        "Rule: the command that most sessions run for one purpose ({sessions} of {all} sessions, {} runs).",
        usage.runs
    );
    draft.tags = vec!["commands".to_owned()];
    draft.confidence = by_support(0.55, support.sessions);
    draft.rank = 0.45 + 0.2 * (sessions as f64 / all.max(1) as f64) + if purpose == Purpose::Test { 0.02 } else { 0.0 };
    Some(draft)
}

/// The part of the whole that a script is for, by its name: `css` of `css:build`.
fn qualifier(shape: &str) -> Option<&str> {
    let script = shape.split(' ').find(|word| word.contains(':'))?;
    let whole = ["all", "run", "prod", "production", "once", "ci", "fix", "check", "write", "only"];
    script.split(':').find(|part| shell::purpose(&format!("x {part}")).is_none() && !whole.contains(part))
}

/// Whether the command was run on something in particular: a path stands after what it is.
fn takes_more(quote: &str, shape: &str) -> bool {
    let base = shape.trim_end_matches(" --check").trim_end_matches(" --write").trim_end_matches(" --fix");
    let Some(at) = quote.find(base) else { return false };
    let rest = &quote[at + base.len()..];
    let own = rest.split(['&', '|', ';', '>']).next().unwrap_or_default();
    own.split_whitespace()
        .any(|word| !word.starts_with('-') && word.contains(['/', '.']) && word != "./..." && word != ".")
}

fn median(all: &[f64]) -> Option<f64> {
    let mut all = all.to_vec();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.5 => "a second".to_owned(),
        s if s < 90.0 => format!("{} seconds", s.round() as u64),
        s => format!("{} minutes", (s / 60.0).round() as u64),
    }
}
