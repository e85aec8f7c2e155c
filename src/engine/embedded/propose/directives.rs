//! What people said they want, grouped by meaning: a directive in so many words needs one session, a correction as many
//! as settings ask for. Requests are looked at on their own.

use super::course::Course;
use super::draft::{Answered, Draft, Seen, by_support, gather, support};
use super::{Map, Night, Set};
use crate::model::{BeliefKey, Kind, Support};
use crate::phase::reflection::{Manner, Said};
use crate::text::known::{Key, named};
use crate::text::probe::words_of;
use crate::text::{Known, Meaning, Probe, Relation, words};
use rayon::prelude::*;
use std::cell::{LazyCell, OnceCell};

/// By what the course of the groups is kept.
const KEPT: &str = "directives";

struct Group<'a> {
    members: Vec<(Seen<'a>, &'a Said)>,
    /// What the first of them says.
    meaning: OnceCell<Meaning>,
    /// A newer directive that says the opposite.
    void: bool,
}

impl Group<'_> {
    fn meaning(&self, texts: &Known) -> &Meaning {
        self.meaning.get_or_init(|| texts.meaning(&self.members[0].1.text))
    }
}

/// Drafts, and what was proposed before.
pub fn drafts<'a>(night: &Night<'a>) -> (Vec<Draft<'a>>, Vec<Answered<'a>>) {
    let all = gather(night, |session| &session.said, |said| &said.cite);
    let (requests, directives): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(_, said)| said.manner == Manner::Request);
    let Grouping { groups, course, .. } = grouped(night.situation.memory.texts, directives);
    let put = |(at, group): (usize, Group<'a>)| {
        let worded = worded(night, &group)?;
        let sessions = group.members.iter().map(|(seen, _)| &seen.session.session);
        let key = BeliefKey::new(course.name(at));
        if !key.is_ok_and(|key| night.is_settled(&key, sessions)) {
            return Some(Err(draft(group, worded)));
        }
        let text = worded.best.text.as_str();
        let words = match text == group.members[0].1.text {
            true => course.words(at).to_vec(),
            false => words_of(&night.situation.memory.texts.meaning(text)),
        };
        Some(Ok(Answered { text, words }))
    };
    let put: Vec<Result<Answered<'a>, Draft<'a>>> = groups.into_par_iter().enumerate().filter_map(put).collect();
    let (mut drafts, mut told) = (Vec::new(), Vec::new());
    for put in put {
        match put {
            Ok(answered) => told.push(answered),
            Err(draft) => drafts.push(draft),
        }
    }
    drafts.extend(super::requests::drafts(night, requests));
    (drafts, told)
}

/// Directives by what they mean, one after the other as they were said.
struct Grouping<'a, 'k> {
    texts: &'k Known,
    groups: Vec<Group<'a>>,
    course: Course,
    /// Over the first of each group, as far as anybody asked.
    probe: Probe,
    /// Where a text went that was said before, as long as the groups are what they were then.
    known: Map<&'a str, usize>,
}

fn grouped<'a, 'k>(texts: &'k Known, all: Vec<(Seen<'a>, &'a Said)>) -> Grouping<'a, 'k> {
    let kept = Course::kept(texts, KEPT);
    let items: Vec<Key> = all.par_iter().map(|(seen, said)| item(seen, said)).collect();
    // Asked for where something is new or gone.
    let (before, now) = (LazyCell::new(|| kept.items()), LazyCell::new(|| items.iter().copied().collect()));
    let (groups, course, probe, known) = (Vec::new(), Course::default(), Probe::new(), Map::default());
    let mut grouping = Grouping { texts, groups, course, probe, known };
    // Where the course of before is; nothing once the groups are others.
    let mut way = Some(0);
    for ((seen, said), &item) in all.into_iter().zip(&items) {
        let is_here = |at: &usize| kept.item(*at) == Some(&item);
        let at = way.map(|at| if is_here(&at) { at } else { grouping.passing(&kept, at, &now) });
        match at.filter(is_here) {
            Some(at) => {
                grouping.follow(&kept, at, (seen, said));
                way = Some(at + 1);
            }
            None => {
                let is_new = !before.contains(&item);
                let changed = grouping.add((seen, said), item);
                way = at.filter(|_| is_new && !changed);
            }
        }
    }
    grouping.course.keep(&kept, texts, KEPT);
    grouping
}

/// What a directive is known by from night to night.
fn item(seen: &Seen<'_>, said: &Said) -> Key {
    let lines = seen.cite.place.lines;
    let place = [lines.first.to_le_bytes(), lines.last.to_le_bytes()].concat();
    let pointer = seen.cite.place.pointer.as_deref().unwrap_or_default();
    named(&[seen.session.session.as_str().as_bytes(), &place, pointer.as_bytes(), b"\0", said.text.as_bytes()])
}

impl<'a> Grouping<'a, '_> {
    /// The place in the course of before after what is gone now and only joined a group: it decided nothing.
    fn passing(&self, kept: &Course, mut at: usize, now: &Set<Key>) -> usize {
        let joins = |at: usize| kept.group(at) < self.groups.len() && kept.voided(at).next().is_none();
        while kept.item(at).is_some_and(|item| !now.contains(item)) && joins(at) {
            at += 1;
        }
        at
    }

    /// Takes a directive as it was taken before.
    fn follow(&mut self, kept: &Course, at: usize, member: (Seen<'a>, &'a Said)) {
        for group in kept.voided(at) {
            self.groups[group].void = true;
            self.course.void(group);
        }
        let group = kept.group(at);
        if group == self.groups.len() {
            self.course.begin(kept.words(group), kept.name(group).to_owned());
            self.groups.push(Group { members: Vec::new(), meaning: OnceCell::new(), void: false });
        }
        self.course.went(*kept.item(at).expect("it was found there"), group);
        self.groups[group].members.push(member);
        self.known.clear();
    }

    /// Compares a directive with the groups so far; tells whether they are others now.
    fn add(&mut self, member: (Seen<'a>, &'a Said), item: Key) -> bool {
        let text = member.1.text.as_str();
        if let Some(at) = self.known.get(text) {
            self.groups[*at].members.push(member);
            self.course.went(item, *at);
            return false;
        }
        let meaning = self.texts.meaning(text);
        while self.probe.len() < self.groups.len() {
            self.probe.add_words(self.course.words(self.probe.len()).iter().copied());
        }
        let (mut same, mut changed) = (None, false);
        for at in self.probe.near(&meaning) {
            let group = &self.groups[at];
            match group.meaning(self.texts).relation(&meaning) {
                Relation::Same | Relation::Contains | Relation::Within if same.is_none() && !group.void => {
                    same = Some(at)
                }
                Relation::Contradicts if !group.void => {
                    self.groups[at].void = true;
                    self.course.void(at);
                    changed = true;
                }
                _ => {}
            }
        }
        let at = same.unwrap_or(self.groups.len());
        if same.is_none() {
            changed = true;
            let name = BeliefKey::derive(&canonical("directive", text));
            self.course.begin(&words_of(&meaning), name.to_string());
            self.groups.push(Group { members: Vec::new(), meaning: meaning.into(), void: false });
        }
        if changed {
            self.known.clear();
        }
        self.groups[at].members.push(member);
        self.course.went(item, at);
        if same.is_some() {
            self.known.insert(text, at);
        }
        changed
    }
}

/// A message that opens several sessions without a change is a program's prompt.
pub fn is_scripted(members: &[(Seen<'_>, &Said)]) -> bool {
    let first = members.first().and_then(|(_, said)| said.opening);
    members.len() > 1 && first.is_some() && members.iter().all(|(_, said)| said.opening == first)
}

/// How a group is put.
struct Worded<'a> {
    strongest: Manner,
    best: &'a Said,
    support: Support,
    explicit: bool,
}

/// Nothing for a group that teaches nothing, or not yet.
fn worded<'a>(night: &Night<'a>, group: &Group<'a>) -> Option<Worded<'a>> {
    if group.void || is_scripted(&group.members) {
        return None;
    }
    let strongest = group.members.iter().map(|(_, said)| said.manner).min()?;
    let support = support(group.members.iter().map(|(seen, _)| seen));
    let explicit = strongest <= Manner::Standing;
    if !explicit && (support.sessions as usize) < night.support() {
        return None;
    }
    let worded = group.members.iter().rev().filter(|(_, said)| said.manner == strongest).map(|(_, said)| said);
    let best = worded.min_by_key(|said| said.text.chars().count().abs_diff(70))?;
    Some(Worded { strongest, best, support, explicit })
}

fn draft<'a>(group: Group<'a>, worded: Worded<'a>) -> Draft<'a> {
    let Worded { strongest, best, support, explicit } = worded;
    let oldest = &group.members[0].1.text;
    let seen: Vec<Seen<'a>> = group.members.iter().map(|(seen, _)| *seen).collect();
    let tells = crate::engine::embedded::voice::imperative(&best.text).is_some();
    let kind = if !tells && strongest == Manner::Remember {
        Kind::Fact
    } else if is_about_style(&best.text) {
        Kind::Preference
    } else {
        Kind::Workflow
    };
    let mut draft = Draft::new(kind, canonical("directive", oldest), best.text.clone(), seen);
    let how = match strongest {
        Manner::Remember => "A person asked in so many words to remember it",
        Manner::Standing => "A person stated it as a standing rule",
        Manner::Refusal => "People refused calls and gave this reason",
        _ => "People corrected the agent in these words",
    };
    draft.reason = format!("{how} ({}).", counted(support.sessions, support.agents));
    draft.explicit = explicit;
    draft.confidence = by_support(if explicit { 0.75 } else { 0.6 }, support.sessions);
    draft.rank = match strongest {
        Manner::Remember => 0.95,
        Manner::Standing => 0.85,
        Manner::Refusal => 0.8,
        _ => 0.7,
    };
    draft.exclusive = true;
    draft
}

fn is_about_style(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "prefer", "style", "tone", "answer", "explain", "format", "wording", "language", "short", "verbose", "emoji",
        "concise",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

pub fn canonical(kind: &str, text: &str) -> String {
    format!("{kind} {}", words::stems(text).join(" "))
}

pub fn counted(sessions: u32, agents: u32) -> String {
    let plural = |n: u32, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    format!("{}, {}", plural(sessions, "session"), plural(agents, "agent"))
}

/// Who is in which group, which are void, and what the course of it was.
#[cfg(test)]
pub fn told_of(texts: &Known, all: Vec<(Seen<'_>, &Said)>) -> (Vec<(Vec<String>, bool)>, Course) {
    let Grouping { groups, course, .. } = grouped(texts, all);
    let members = |group: &Group<'_>| group.members.iter().map(|(seen, _)| seen.session.session.to_string()).collect();
    (groups.iter().map(|group| (members(group), group.void)).collect(), course)
}
