//! Commands that work: how this project is tested, linted, built and started, with how often it works and how long it
//! takes. Taken from what agents ran, never from what output says.

use super::draft::{Draft, Seen, by_support, of, support};
use super::{Map, Night};
use crate::engine::embedded::shell::{self, Purpose};
use crate::model::Kind;
use crate::phase::corpus::{CommandRow, Part, Text};

/// In how many sessions a command must have been run.
const SESSIONS: usize = 3;

#[derive(Default)]
struct Usage<'a> {
    seen: Vec<&'a CommandRow>,
    runs: u32,
    failed: u32,
}

type Shapes<'a> = Map<Text, Usage<'a>>;

pub fn drafts(night: &Night<'_>) -> Vec<Draft> {
    let mut projects: Map<(&str, Purpose), Shapes<'_>> = Map::default();
    let of_agent: Map<Text, &str> =
        night.by_agent().keys().map(|agent| (*agent, project(night.text(*agent)))).collect();
    for row in &night.corpus.columns.commands {
        let Some(purpose) = Purpose::numbered(row.purpose) else { continue };
        let project = of_agent[&night.sessions[row.session as usize].agent];
        let usage = projects.entry((project, purpose)).or_default().entry(row.shape).or_default();
        usage.seen.push(row);
        usage.runs += row.runs;
        usage.failed += row.failed;
    }
    let mut sessions: Map<&str, usize> = Map::default();
    night.by_agent().iter().for_each(|(agent, count)| *sessions.entry(of_agent[agent]).or_default() += count);
    let best = |((project, purpose), shapes)| best(night, (project, sessions[project]), purpose, shapes);
    projects.into_iter().filter_map(best).collect()
}

/// What the agents of one project have in common: the part of their name after the host.
fn project(agent: &str) -> &str {
    agent.split_once('/').map_or(agent, |(_, project)| project)
}

/// What is looked up of a session's commands: what each is for, and whether it was run on something in particular.
pub fn indexed(shape: &str, quote: &str) -> (u8, bool) {
    (shell::purpose(shape).map_or(0, Purpose::number), takes_more(quote, shape))
}

/// The command that most sessions of a project, of so many, run for a purpose, if it works more often than not.
fn best(night: &Night<'_>, (agent, all): (&str, usize), purpose: Purpose, shapes: Shapes<'_>) -> Option<Draft> {
    let works = |usage: &Usage<'_>| f64::from(usage.runs - usage.failed) / f64::from(usage.runs.max(1));
    let named = shapes.into_iter().map(|(shape, usage)| (night.text(shape), usage));
    let (shape, usage) = named.filter(|(_, usage)| works(usage) >= 0.4).max_by_key(|(shape, usage)| {
        // What builds or tests a part only is no answer to how the whole is built or tested, unless it is usual.
        let weight = if qualifier(shape).is_some() { 1 } else { 3 };
        (weight * usage.seen.len(), std::cmp::Reverse(*shape))
    })?;
    let sessions = usage.seen.len();
    if sessions < SESSIONS.max(night.support()) {
        return None;
    }
    let seconds = usage.seen.iter().flat_map(|row| night.corpus.columns.seconds.of(row.seconds));
    let took = median(seconds.copied().collect())
        .map_or(String::new(), |seconds| format!(", usually in about {}", duration(seconds)));
    let part = qualifier(shape).map_or(String::new(), |part| format!(" ({part})"));
    let gist = format!("To {}{part}, run `{shape}`.", purpose.words());
    let narrowed = usage.seen.iter().filter(|row| row.is_narrowed.get()).count();
    let with = if narrowed * 2 > sessions { " Mostly it is run on the files concerned only." } else { "" };
    let worked = usage.runs - usage.failed;
    let text = format!(
        "{gist} It was run in {} sessions and passed {} times{took}.{with}",
        of(sessions, all),
        of(worked as usize, usage.runs as usize)
    );
    let seen = |row: &&CommandRow| Seen { session: row.session, part: Part::Command(row.shape), time: row.time };
    let seen: Vec<Seen> = usage.seen.iter().map(seen).collect();
    let support = support(night, &seen);
    let mut draft = Draft::new(Kind::Workflow, format!("command {agent} {}", purpose.words()), text, seen);
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

fn median(mut all: Vec<f64>) -> Option<f64> {
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
