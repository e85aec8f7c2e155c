//! What people ask for in session after session. One request is a task; the same one again and again is something that
//! an agent should have known. Requests are known again by their verb and one telling word, whatever stands around
//! them, and by the names that people keep giving ("ai-research-wiki").

use super::directives::counted;
use super::draft::{Draft, Seen, by_support, distinct, of, support};
use super::{Map, Night};
use crate::engine::embedded::requests::{GENERAL, is_act};
use crate::engine::embedded::voice;
use crate::engine::embedded::wording::lower_first;
use crate::model::{AgentName, Kind};
use crate::phase::corpus::{Part, SaidRow, Text, Topic, TopicSort};
use crate::phase::reflection::Said;
use crate::text::words;
use std::collections::{BTreeMap, BTreeSet};

/// How many sessions must make the same request before it is a habit.
const REPEATED: usize = 3;

/// Stems of verbs that make or change something: such a request is a task unless it comes very often.
const TASKS: &[&str] = &[
    "add",
    "implement",
    "fix",
    "create",
    "remov",
    "modify",
    "design",
    "refactor",
    "move",
    "renam",
    "build",
    "show",
    "hide",
    "align",
    "improv",
    "replac",
    "set",
    "insert",
    "sort",
    "write",
    "find",
    "debug",
];

/// Words before and after the name of a place or a tool.
const LEADING: &[&str] = &["to", "into", "in", "from", "under", "using", "use", "with", "via"];
const PLACES: &[&str] = &[
    "repo",
    "repository",
    "skill",
    "branch",
    "wiki",
    "package",
    "folder",
    "directory",
    "service",
    "server",
    "mcp",
    "tool",
    "script",
    "channel",
    "project",
    "board",
    "database",
    "bucket",
    "cluster",
];

/// A topic as it is written in the rows.
type Known = (TopicSort, Text, Text);

pub fn drafts(night: &Night<'_>, requests: &[&SaidRow]) -> Vec<Draft> {
    let mut topics: Map<Known, Vec<usize>> = Map::default();
    for (at, said) in requests.iter().enumerate() {
        for topic in night.corpus.columns.topics.of(said.topics) {
            topics.entry((topic.sort.get(), topic.first, topic.second)).or_default().push(at);
        }
    }
    let sessions = |members: &[usize]| distinct(members.iter().map(|at| requests[*at].spot.session).collect());
    let may_do = topics.into_iter().filter(|(_, members)| members.len() >= REPEATED);
    let mut ordered: Vec<(usize, Known, Vec<usize>)> =
        may_do.map(|(topic, members)| (sessions(&members), topic, members)).collect();
    ordered.retain(|(count, ..)| *count >= REPEATED);
    let words = |(sort, first, second): &Known| (*sort, night.text(*first), night.text(*second));
    ordered.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| words(&a.1).cmp(&words(&b.1))));
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut drafts = Vec::new();
    for (_, topic, members) in ordered {
        // A name is a place: that it was named in a request that is known by another word does not matter.
        let is_name = topic.0 == TopicSort::Name;
        let topic = named(night, topic);
        let free: Vec<usize> = members.into_iter().filter(|at| is_name || !taken.contains(at)).collect();
        let enough = sessions(&free) >= least(night, &topic);
        let members: Vec<&SaidRow> = free.iter().map(|at| requests[*at]).collect();
        if !enough || is_scripted(&members) {
            continue;
        }
        if let Some(draft) = draft(night, &topic, &members) {
            drafts.push(draft);
            taken.extend(free.into_iter().filter(|_| !is_name));
        }
    }
    drafts
}

fn named(night: &Night<'_>, (sort, first, second): Known) -> Topic {
    let (first, second) = (night.text(first).to_owned(), night.text(second).to_owned());
    match sort {
        TopicSort::Act => Topic::Act(first),
        TopicSort::Pair => Topic::Pair(first, second),
        TopicSort::Name => Topic::Name(first),
    }
}

/// In how many sessions a topic must come: a share of all where there are many, since chance repeats itself too.
fn least(night: &Night<'_>, topic: &Topic) -> usize {
    let all = night.len();
    match topic {
        Topic::Pair(verb, _) if TASKS.contains(&verb.as_str()) => (2 * REPEATED).max(all / 15),
        Topic::Name(_) => REPEATED.max(all / 30),
        Topic::Act(_) => REPEATED.max(all / 10),
        _ => REPEATED.max(all / 40),
    }
}

/// By what a request of an agent is known again.
pub fn topics_of(agent: &AgentName, said: &Said) -> Vec<Topic> {
    let text = said.text.trim_end_matches('.');
    if is_act(text) {
        return vec![Topic::Act(text.to_lowercase())];
    }
    let Some(verb) = voice::imperative(text).map(|verb| words::stem(&verb)) else { return Vec::new() };
    let project = agent.as_str().rsplit('/').next().unwrap_or_default().to_lowercase();
    let mut topics = Vec::new();
    let all: Vec<&str> = words::words(text).collect();
    for (at, word) in all.iter().enumerate().skip(1) {
        let lower = word.to_lowercase();
        let stem = words::stem(word).trim_end_matches(".md").to_owned();
        if words::is_stop(&lower) || GENERAL.contains(&stem.as_str()) || stem == verb || lower == project {
            continue;
        }
        let near =
            |at: usize, known: &[&str]| all.get(at).is_some_and(|word| known.contains(&word.to_lowercase().as_str()));
        let is_place = near(at - 1, LEADING) || near(at + 1, PLACES);
        let hyphened = word.split('-').filter(|part| part.len() > 2).count() >= 2;
        if hyphened && is_place && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            topics.push(Topic::Name(lower));
        }
        topics.push(Topic::Pair(verb.clone(), stem));
    }
    topics
}

/// A message that opens several sessions without a change is a program's prompt.
fn is_scripted(members: &[&SaidRow]) -> bool {
    let first = members.first().map(|said| said.opening).filter(|opening| opening.is_some());
    members.len() > 1 && first.is_some() && members.iter().all(|said| Some(said.opening) == first)
}

fn draft(night: &Night<'_>, topic: &Topic, members: &[&SaidRow]) -> Option<Draft> {
    let seen: Vec<Seen> = members.iter().map(|said| Seen::at(&said.spot, Part::Said)).collect();
    let support = support(night, &seen);
    let agents: BTreeSet<Text> = seen.iter().map(|seen| night.sessions[seen.session as usize].agent).collect();
    let all: usize = agents.iter().map(|agent| night.by_agent()[agent]).sum();
    let (gist, examples) = match topic {
        Topic::Act(act) => (act_words(act), Vec::new()),
        Topic::Name(name) => (format!("People keep pointing agents to `{name}`"), examples(night, members)),
        Topic::Pair(verb, word) => worded(night, verb, word, members)?,
    };
    let often = format!("in {} sessions", of(support.sessions as usize, all));
    let text = match examples.as_slice() {
        [] => format!("{gist}. People asked for it {often}."),
        quoted => format!("{gist}: asked for {often}, such as {}.", quoted.join(" and ")),
    };
    let mut draft = Draft::new(Kind::Workflow, canonical(topic), text, seen);
    draft.say(&gist);
    draft.reason = format!(
        "People asked for the same thing in {} (rule: a request made in {REPEATED} or more sessions is a habit).",
        counted(support.sessions, support.agents)
    );
    draft.confidence = by_support(0.5, support.sessions);
    let share = f64::from(support.sessions) / all.max(1) as f64;
    let base = match topic {
        Topic::Act(_) => 0.6,
        Topic::Pair(..) => 0.62,
        Topic::Name(_) => 0.5,
    };
    draft.rank = base + 0.2 * share.min(1.0);
    Some(draft)
}

fn canonical(topic: &Topic) -> String {
    match topic {
        Topic::Act(act) => format!("request act {act}"),
        Topic::Pair(verb, word) => format!("request {verb} {word}"),
        Topic::Name(name) => format!("request name {name}"),
    }
}

fn act_words(act: &str) -> String {
    format!("When the work is done, {act}{}", if act.contains(' ') { "" } else { " it" })
}

/// What is asked for: in the words of all, or in the shortest that stand alone, with examples of the others.
fn worded(night: &Night<'_>, verb: &str, word: &str, members: &[&SaidRow]) -> Option<(String, Vec<String>)> {
    let plain = |said: &SaidRow| night.text(said.text).trim_end_matches('.').to_owned();
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    for said in members {
        *texts.entry(plain(said)).or_default() += 1;
    }
    let stems =
        |text: &str| words::stems(text).iter().map(|stem| stem.trim_end_matches(".md").to_owned()).collect::<Vec<_>>();
    let exact = |text: &str| stems(text).iter().all(|stem| stem == verb || stem == word);
    let (request, _) = texts
        .iter()
        .filter(|(text, _)| exact(text))
        .max_by_key(|(text, n)| (**n, std::cmp::Reverse(text.len()), *text))
        .or_else(|| {
            texts.iter().min_by_key(|(text, n)| (text.split_whitespace().count(), std::cmp::Reverse(**n), *text))
        })?;
    if let Some(with) = beside(night, members) {
        return Some((format!("When asked to {with}, also {}", lower_first(request)), Vec::new()));
    }
    let named = format!("People keep asking to {}", lower_first(request));
    let others = examples(night, members);
    Some((named, if texts.len() > 1 { others } else { Vec::new() }))
}

/// What most of the messages ask for in the same breath.
fn beside(night: &Night<'_>, members: &[&SaidRow]) -> Option<String> {
    let mut beside: BTreeMap<String, usize> = BTreeMap::new();
    for said in members {
        if let Some(with) = night.corpus.texts.find(said.with) {
            let with = with.to_lowercase();
            let with = with.strip_suffix(" this").or_else(|| with.strip_suffix(" it")).unwrap_or(&with).to_owned();
            *beside.entry(with).or_default() += 1;
        }
    }
    let (with, n) = beside.into_iter().max_by_key(|(with, n)| (*n, std::cmp::Reverse(with.clone())))?;
    (n * 2 >= members.len() && n > 1).then_some(with)
}

/// Two requests in their own words, the longest that still are short, of different sessions.
fn examples(night: &Night<'_>, members: &[&SaidRow]) -> Vec<String> {
    let mut found: Vec<(u32, &str)> = Vec::new();
    let mut ordered: Vec<&&SaidRow> = members.iter().filter(|said| said.length <= 70).collect();
    ordered.sort_by_key(|said| (std::cmp::Reverse(said.length), night.text(said.text)));
    for said in ordered {
        let text = night.text(said.text).trim_end_matches('.');
        if found.iter().all(|(session, known)| *session != said.spot.session && *known != text) {
            found.push((said.spot.session, text));
        }
    }
    found.truncate(2);
    found.iter().map(|(_, text)| format!("\"{}\"", lower_first(text))).collect()
}
