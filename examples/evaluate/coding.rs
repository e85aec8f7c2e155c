//! Figures on coding sessions: recurring errors, time split, rules people wrote, idempotence, order, speed.

use crate::load::{self, Folder};
use crate::memory::{self, Memory};
use crate::{Figure, figure, share};
use chrono::{DateTime, Utc};
use git_dream::model::{Evidence, Kind, Proposal};
use git_dream::phase::Session;
use git_dream::text::words;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

const ON: &str = "coding-sessions";
/// How many mistake changes are looked at.
const FIRST: usize = 20;

struct Group {
    name: String,
    sessions: usize,
    instances: BTreeSet<(String, u32)>,
    uids: BTreeSet<String>,
    /// What the tool said, of each instance.
    errors: Vec<String>,
}

pub fn figures(folder: &Folder, show: usize) -> Vec<Figure> {
    let started = Instant::now();
    let sessions = load::parse(&folder.files);
    let parsed = started.elapsed();
    let reflections = memory::reflect(&sessions);
    let reflected = started.elapsed();
    let now = sessions.iter().map(|session| session.record.happened()).max().unwrap_or(DateTime::UNIX_EPOCH);
    let proposals = memory::propose(&reflections, &[], now, 2);
    let total = started.elapsed();
    let bytes: usize = folder.files.iter().map(|(_, bytes)| bytes.len()).sum();
    println!(
        "== {}: {} sessions, {} proposals; parse {parsed:?}, reflect to {reflected:?}, all {total:?}",
        folder.name,
        sessions.len(),
        proposals.len()
    );
    for (nth, proposal) in proposals.iter().take(show).enumerate() {
        print_proposal(nth, proposal);
    }
    let mut figures = vec![speed(folder, bytes, total.as_secs_f64())];
    let groups = groups(folder);
    figures.extend(errors(folder, &proposals, &groups));
    figures.extend(split(folder, &sessions, &groups));
    figures.extend(rules(folder, &sessions));
    figures.extend(steady(folder, &sessions, &proposals, now));
    figures.push(quotes(folder, &sessions, &proposals));
    figures
}

pub fn print_proposal(nth: usize, proposal: &Proposal) {
    let support = proposal.support;
    println!(
        "{:>3}. {} {} [{}s {}a {}] {}\n     {}\n     why: {}",
        nth + 1,
        proposal.change,
        proposal.kind,
        support.sessions,
        support.agents,
        proposal.confidence,
        proposal.subject,
        proposal.belief.as_ref().map_or("-", |belief| belief.text.as_str()),
        proposal.reason
    );
    for evidence in proposal.evidence.iter().take(2) {
        println!("       {} {}: {:?}", evidence.cited(), evidence.time.format("%m-%d"), evidence.quote);
    }
}

fn speed(folder: &Folder, bytes: usize, seconds: f64) -> Figure {
    let per = seconds / (bytes as f64 / 1e8);
    let how = format!(
        "{}: parse, reflect and propose of {:.1} MB on all cores, files already in memory, nothing cached",
        folder.name,
        bytes as f64 / 1e6
    );
    figure("seconds per 100 MB, cold", ON, Some(per), "faster than jq -c .", how)
}

fn groups(folder: &Folder) -> Vec<Group> {
    let Some(labels) = load::json(&folder.path.join("recurring-errors.json")) else { return Vec::new() };
    let group = |label: &serde_json::Value| {
        let instances = label["instances"].as_array()?;
        Some(Group {
            name: label["cluster"].as_str()?.to_owned(),
            sessions: label["sessions"].as_u64()? as usize,
            instances: instances
                .iter()
                .filter_map(|one| Some((one["session"].as_str()?.to_owned(), one["line"].as_u64()? as u32)))
                .collect(),
            errors: instances.iter().filter_map(|one| Some(one["error"].as_str()?.to_owned())).collect(),
            uids: instances.iter().filter_map(|one| Some(one["uuid"].as_str()?.to_owned())).collect(),
        })
    };
    labels.as_array().map(|labels| labels.iter().filter_map(group).collect()).unwrap_or_default()
}

impl Group {
    fn has(&self, evidence: &Evidence) -> bool {
        let by_uid = evidence.uid.as_ref().is_some_and(|uid| self.uids.contains(uid));
        by_uid || self.instances.contains(&(evidence.session.to_string(), evidence.place.lines.last))
    }
}

fn named<'a>(groups: &'a [Group], proposal: &Proposal) -> Option<&'a Group> {
    let count = |group: &Group| proposal.evidence.iter().filter(|evidence| group.has(evidence)).count();
    groups.iter().max_by_key(|group| count(group)).filter(|group| count(group) > 0)
}

fn mistakes(proposals: &[Proposal]) -> impl Iterator<Item = &Proposal> {
    proposals.iter().filter(|proposal| proposal.kind == Kind::Mistake).take(FIRST)
}

fn errors(folder: &Folder, proposals: &[Proposal], groups: &[Group]) -> Vec<Figure> {
    let wanted: Vec<&Group> = groups.iter().filter(|group| group.sessions >= 3).collect();
    let found: BTreeSet<&str> =
        mistakes(proposals).filter_map(|proposal| named(groups, proposal)).map(|group| group.name.as_str()).collect();
    let missed: Vec<&str> =
        wanted.iter().map(|group| group.name.as_str()).filter(|name| !found.contains(name)).collect();
    let mut cited = (0, 0);
    for proposal in mistakes(proposals) {
        let Some(group) = named(groups, proposal) else { continue };
        cited.0 += proposal.evidence.iter().filter(|evidence| group.has(evidence)).count();
        cited.1 += proposal.evidence.len();
    }
    let how = format!(
        "{}: a group is named if a change among the first {FIRST} mistakes cites an instance of it (session and line, or uuid); missed: {missed:?}",
        folder.name
    );
    let precise = format!(
        "{}: of the evidence of mistake changes that name a labelled group, the share that is an instance of that very group, as labelled ({} of {})",
        folder.name, cited.0, cited.1
    );
    vec![
        figure(
            "recurring-error groups of at least 3 sessions named",
            ON,
            share(wanted.len() - missed.len(), wanted.len()),
            "0.80",
            how,
        ),
        figure("evidence of mistake changes that is a true instance", ON, share(cited.0, cited.1), "0.95", precise),
    ]
}

fn sorted(sessions: &[Session]) -> Vec<Session> {
    let mut sessions: Vec<Session> = sessions.to_vec();
    sessions.sort_by_key(|session| (session.record.started, session.record.id.clone()));
    sessions
}

fn split(folder: &Folder, sessions: &[Session], groups: &[Group]) -> Vec<Figure> {
    let sessions = sorted(sessions);
    let (first, later) = sessions.split_at(sessions.len() * 6 / 10);
    let ids = |part: &[Session]| part.iter().map(|session| session.record.id.to_string()).collect::<BTreeSet<_>>();
    let (before, after) = (ids(first), ids(later));
    let recurring: Vec<&Group> = groups
        .iter()
        .filter(|group| {
            group.instances.iter().any(|(session, _)| before.contains(session))
                && group.instances.iter().any(|(session, _)| after.contains(session))
        })
        .collect();
    let now = first.iter().map(|session| session.record.happened()).max().unwrap_or(DateTime::UNIX_EPOCH);
    let proposals = memory::propose(&memory::reflect(first), &[], now, 2);
    let notes: Vec<&Proposal> = proposals.iter().filter(|proposal| proposal.kind == Kind::Mistake).collect();
    let cited: BTreeSet<&str> =
        notes.iter().filter_map(|note| named(groups, note)).map(|group| group.name.as_str()).collect();
    let is_cited = |group: &&&Group| cited.contains(group.name.as_str());
    let is_named = |group: &&&Group| is_cited(group) || notes.iter().any(|note| quotes_error(note, group));
    let errors = |group: &&Group| group.instances.iter().filter(|(session, _)| after.contains(session)).count();
    let sum = |which: &dyn Fn(&&&Group) -> bool| -> (usize, usize) {
        let found: Vec<&&Group> = recurring.iter().filter(|group| which(group)).collect();
        (found.len(), found.into_iter().map(errors).sum())
    };
    let ((all, all_errors), (by_words, errors_by_words)) = (sum(&|_| true), sum(&is_named));
    let (by_citation, errors_by_citation) = sum(&is_cited);
    let missed: Vec<String> = recurring
        .iter()
        .filter(|group| !is_named(group))
        .map(|group| {
            let earlier = group.instances.iter().filter(|(session, _)| before.contains(session));
            let earlier: BTreeSet<_> = earlier.map(|(session, _)| session).collect();
            format!("{} (until then in {} session)", group.name, earlier.len())
        })
        .collect();
    let how = format!(
        "{}: groups with an instance in the first 60 % and one later; named if a mistake change over the first 60 % cites an instance, or if the words that its text quotes as the error stand in every error of the group. {by_words} of {all} groups ({by_citation} by citation alone), {errors_by_words} of {all_errors} later errors ({errors_by_citation}); missed: {missed:?}",
        folder.name
    );
    vec![figure("time split: later recurring errors already named", ON, share(by_words, all), "0.60", how)]
}

/// Whether the error that a note quotes is that of a whole group: `…` in it stands for anything.
fn quotes_error(note: &Proposal, group: &Group) -> bool {
    let text = note.belief.as_ref().map_or("", |belief| &belief.text);
    let Some(quote) = text.split_once(": \"").and_then(|(_, rest)| Some(rest.split_once("\".")?.0)) else {
        return false;
    };
    let stands = |error: &String| {
        let mut rest = error.as_str();
        quote.split('…').all(|part| match rest.split_once(part.trim()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    };
    quote.split_whitespace().count() >= 3 && !group.errors.is_empty() && group.errors.iter().all(stands)
}

/// A line of a rules file that reads as a rule.
fn rule(line: &str) -> Option<String> {
    let text = line.trim().trim_start_matches(['-', '*', '+', ' ']).trim();
    let marked = [
        "always", "never", "must", "do not", "don't", "use ", "prefer", "run ", "avoid", "before ", "after ", "ensure",
        "keep ", "only ",
    ];
    let lower = text.to_lowercase();
    let is_rule = text.len() > 25
        && !text.starts_with('#')
        && !text.starts_with('|')
        && marked.iter().any(|mark| lower.contains(mark));
    is_rule.then(|| text.to_owned())
}

fn rules(folder: &Folder, sessions: &[Session]) -> Vec<Figure> {
    let Some(history) = load::json(&folder.path.join("rules-history.json")) else { return Vec::new() };
    let sessions = sorted(sessions);
    let reflections = memory::reflect(&sessions);
    let (mut total, mut found) = (0, Vec::new());
    for commit in history.as_array().into_iter().flatten() {
        let Some(date) = commit["date"].as_str().and_then(|date| date.parse::<DateTime<Utc>>().ok()) else { continue };
        let earlier: Vec<_> = reflections.iter().filter(|reflection| reflection.happened < date).cloned().collect();
        let lines: Vec<String> =
            commit["added"].as_array().into_iter().flatten().filter_map(|line| rule(line.as_str()?)).collect();
        if earlier.len() < 3 || lines.len() > 60 {
            continue;
        }
        total += lines.len();
        let proposals = memory::propose(&earlier, &[], date, 2);
        for line in lines {
            let wanted = words::stems(&line);
            let close = |proposal: &&Proposal| {
                let said = words::stems(proposal.belief.as_ref().map_or("", |belief| &belief.text));
                let shared = wanted.iter().filter(|stem| said.contains(stem)).count();
                shared >= 3 && shared * 2 >= wanted.len().min(said.len())
            };
            if let Some(proposal) = proposals.iter().find(close) {
                found.push(format!("{} <- {}", line.chars().take(70).collect::<String>(), proposal.subject));
            }
        }
    }
    let how = format!(
        "{}: lines added to rules files by commits of at most 60 rule lines, after at least 3 sessions; matched if a change over the earlier sessions shares 3 stems and half of the shorter one's; {} of {total}: {found:?}",
        folder.name,
        found.len()
    );
    vec![figure("rules people wrote later that a dream proposed", ON, share(found.len(), total), "report it", how)]
}

type Text = (String, String, Vec<String>);

fn texts(proposals: &[Proposal]) -> BTreeMap<String, Text> {
    let text = |proposal: &Proposal| {
        let evidence = proposal.evidence.iter().map(|evidence| evidence.cited().to_string()).collect();
        (
            proposal.belief.as_ref().map_or(String::new(), |belief| belief.text.clone()),
            proposal.reason.clone(),
            evidence,
        )
    };
    proposals.iter().map(|proposal| (proposal.canonical.clone(), text(proposal))).collect()
}

fn steady(folder: &Folder, sessions: &[Session], proposals: &[Proposal], now: DateTime<Utc>) -> Vec<Figure> {
    let mut memory = Memory::default();
    memory.apply(proposals, now);
    let reflections = memory::reflect(sessions);
    let again = memory::propose(&reflections, &memory.held, now, 2);
    for proposal in again.iter().take(5) {
        println!("  again: {} {:?}", proposal.change, proposal.subject);
    }
    for held in &mut memory.held {
        held.key = None;
    }
    let keyless = memory::propose(&reflections, &memory.held, now, 2);
    for proposal in keyless.iter().take(5) {
        println!("  again without keys: {} {:?}", proposal.change, proposal.subject);
    }
    let mut turned = reflections.clone();
    turned.reverse();
    let half = turned.len() / 2;
    turned.rotate_left(half);
    let other = memory::propose(&turned, &[], now, 2);
    let (a, b) = (texts(proposals), texts(&other));
    let differ = a.iter().filter(|(key, text)| b.get(*key) != Some(text)).count()
        + b.keys().filter(|key| !a.contains_key(*key)).count();
    let order =
        proposals.iter().map(|proposal| &proposal.canonical).eq(other.iter().map(|proposal| &proposal.canonical));
    vec![
        figure(
            "same input twice: changes the second time",
            ON,
            Some(again.len() as f64),
            "0",
            format!(
                "{}: all changes approved, the same sessions dreamt again ({} when memory knows no keys)",
                folder.name,
                keyless.len()
            ),
        ),
        figure(
            "another order of sessions: changes that differ",
            ON,
            Some((differ + usize::from(!order)) as f64),
            "0",
            format!("{}: reversed and rotated; text, reason, evidence and order compared", folder.name),
        ),
    ]
}

fn quotes(folder: &Folder, sessions: &[Session], proposals: &[Proposal]) -> Figure {
    let by_id: BTreeMap<&str, &Session> =
        sessions.iter().map(|session| (session.record.id.as_str(), session)).collect();
    let (mut stand, mut all) = (0, 0);
    for evidence in proposals.iter().flat_map(|proposal| &proposal.evidence) {
        all += 1;
        let found = by_id
            .get(evidence.session.as_str())
            .is_some_and(|session| load::quote_stands(session, evidence.place.lines, &evidence.quote));
        stand += usize::from(found);
        if !found {
            println!("  no such quote: {} {:?}", evidence.cited(), evidence.quote);
        }
    }
    figure(
        "quotes that stand in their cited lines",
        ON,
        share(stand, all),
        "1.00",
        format!("{}: {stand} of {all}, after JSON decoding", folder.name),
    )
}
