//! What people said they want, grouped by meaning: a directive in so many words needs one session, a correction as many
//! as settings ask for. Requests are looked at on their own.

use super::course::{Asked, Course};
use super::draft::{Answered, Draft, Seen, by_support, support_of};
use super::{Map, Night};
use crate::model::{BeliefKey, Kind, Support};
use crate::phase::corpus::{Part, SaidRow, Text, Texts, originals};
use crate::phase::reflection::Manner;
use crate::text::known::Key;
use crate::text::probe::words_of;
use crate::text::{Known, Meaning, Probe, Relation, words};
use rayon::prelude::*;
use std::cell::OnceCell;

/// By what the course of the groups is kept.
const KEPT: &str = "directives";

struct Group<'a> {
    members: Vec<&'a SaidRow>,
    /// What the first of them says.
    meaning: OnceCell<Meaning>,
    /// A newer directive that says the opposite.
    void: bool,
}

/// Drafts, and what was proposed before or stands in memory.
pub fn drafts<'a>(night: &Night<'a>) -> (Vec<Draft>, Vec<Answered<'a>>) {
    let corpus = night.corpus;
    let all = originals(&corpus.columns.said, |said| &said.spot);
    let (requests, directives): (Vec<&SaidRow>, Vec<&SaidRow>) =
        all.partition(|said| said.manner.get() == Manner::Request);
    let Grouping { groups, course, .. } = grouped(night.situation.memory.texts, &corpus.texts, directives);
    let put = |(at, group): (usize, Group<'a>)| {
        let worded = worded(night, &group)?;
        let sessions = group.members.iter().map(|said| said.spot.session);
        let (key, text) = (BeliefKey::new(&course.name(at)), night.text(worded.best.text));
        if !key.is_ok_and(|key| night.is_settled(&key, sessions) || night.situation.memory.says(&key, text)) {
            return Some(Err(draft(night, group, worded)));
        }
        let words = match worded.best.text == group.members[0].text {
            true => course.words(at).collect(),
            false => words_of(&night.situation.memory.texts.meaning(text)),
        };
        Some(Ok(Answered { text, words }))
    };
    let put: Vec<Result<Answered<'a>, Draft>> = groups.into_par_iter().enumerate().filter_map(put).collect();
    let (mut drafts, mut told) = (Vec::new(), Vec::new());
    for put in put {
        match put {
            Ok(answered) => told.push(answered),
            Err(draft) => drafts.push(draft),
        }
    }
    drafts.extend(super::requests::drafts(night, &requests));
    (drafts, told)
}

/// Directives by what they mean, one after the other as they were said.
struct Grouping<'a, 'k> {
    texts: &'k Known,
    words: &'a Texts,
    groups: Vec<Group<'a>>,
    course: Course<'k>,
    /// Over the first of each group, as far as anybody asked.
    probe: Probe,
    /// Where a text went that was said before, as long as the groups are what they were then.
    known: Map<Text, usize>,
}

fn grouped<'a, 'k>(texts: &'k Known, words: &'a Texts, all: Vec<&'a SaidRow>) -> Grouping<'a, 'k> {
    let kept = Course::kept(texts, KEPT);
    let (before, now) = (kept.items(), Asked::new(all.iter().map(|said| said.key)));
    let (groups, course, probe, known) = (Vec::new(), kept.again(), Probe::new(), Map::default());
    let mut grouping = Grouping { texts, words, groups, course, probe, known };
    // Where the course of before is; nothing once the groups are others.
    let mut way = Some(0);
    for &said in &all {
        let is_here = |at: &usize| kept.item(*at) == Some(&said.key);
        let at = way.map(|at| if is_here(&at) { at } else { grouping.passing(&kept, at, |item| now.contains(item)) });
        match at.filter(is_here) {
            Some(at) => {
                grouping.follow(&kept, at, said);
                way = Some(at + 1);
            }
            None => {
                let changed = grouping.add(said);
                // Nothing more is followed once all of the course was, or the groups are others.
                let at = at.filter(|at| !changed && kept.item(*at).is_some());
                way = at.filter(|_| !before.contains(&said.key));
            }
        }
    }
    grouping.course.keep(&kept, texts, KEPT);
    grouping
}

impl<'a> Grouping<'a, '_> {
    /// The place in the course of before after what is gone now and only joined a group: it decided nothing.
    fn passing(&self, kept: &Course<'_>, mut at: usize, is_now: impl Fn(&Key) -> bool) -> usize {
        let joins = |at: usize| kept.group(at) < self.groups.len() && kept.voided(at).next().is_none();
        while kept.item(at).is_some_and(|item| !is_now(item)) && joins(at) {
            at += 1;
        }
        at
    }

    /// Takes a directive as it was taken before.
    fn follow(&mut self, kept: &Course<'_>, at: usize, said: &'a SaidRow) {
        for group in kept.voided(at) {
            self.groups[group].void = true;
            self.course.void(group);
        }
        let group = kept.group(at);
        if group == self.groups.len() {
            self.course.begin(kept.words(group), &kept.name(group));
            self.groups.push(Group { members: Vec::new(), meaning: OnceCell::new(), void: false });
        }
        self.course.went(said.key, group);
        self.groups[group].members.push(said);
        self.known.clear();
    }

    fn meaning(&self, group: usize) -> &Meaning {
        let Group { members, meaning, .. } = &self.groups[group];
        meaning.get_or_init(|| self.texts.meaning(self.words.get(members[0].text)))
    }

    /// Compares a directive with the groups so far; tells whether they are others now.
    fn add(&mut self, said: &'a SaidRow) -> bool {
        if let Some(at) = self.known.get(&said.text) {
            self.groups[*at].members.push(said);
            self.course.went(said.key, *at);
            return false;
        }
        let text = self.words.get(said.text);
        let meaning = self.texts.meaning(text);
        while self.probe.len() < self.groups.len() {
            self.probe.add_words(self.course.words(self.probe.len()));
        }
        let (mut same, mut changed) = (None, false);
        for at in self.probe.near(&meaning) {
            match self.meaning(at).relation(&meaning) {
                Relation::Same | Relation::Contains | Relation::Within if same.is_none() && !self.groups[at].void => {
                    same = Some(at)
                }
                Relation::Contradicts if !self.groups[at].void => {
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
            self.course.begin(words_of(&meaning), name.as_str());
            self.groups.push(Group { members: Vec::new(), meaning: meaning.into(), void: false });
        }
        if changed {
            self.known.clear();
        }
        self.groups[at].members.push(said);
        self.course.went(said.key, at);
        if same.is_some() {
            self.known.insert(said.text, at);
        }
        changed
    }
}

/// A message that opens several sessions without a change is a program's prompt.
pub fn is_scripted(members: &[&SaidRow]) -> bool {
    let first = members.first().map(|said| said.opening).filter(|opening| opening.is_some());
    members.len() > 1 && first.is_some() && members.iter().all(|said| Some(said.opening) == first)
}

/// How a group is put.
struct Worded<'a> {
    strongest: Manner,
    best: &'a SaidRow,
    support: Support,
    explicit: bool,
}

/// Nothing for a group that teaches nothing, or not yet.
fn worded<'a>(night: &Night<'a>, group: &Group<'a>) -> Option<Worded<'a>> {
    if group.void || is_scripted(&group.members) {
        return None;
    }
    let strongest = group.members.iter().map(|said| said.manner.get()).min()?;
    let support = support_of(night, group.members.iter().map(|said| said.spot.session).collect());
    let explicit = strongest <= Manner::Standing;
    if !explicit && (support.sessions as usize) < night.support() {
        return None;
    }
    let worded = group.members.iter().rev().filter(|said| said.manner.get() == strongest);
    let best = worded.min_by_key(|said| said.length.abs_diff(70))?;
    Some(Worded { strongest, best, support, explicit })
}

fn draft(night: &Night<'_>, group: Group<'_>, worded: Worded<'_>) -> Draft {
    let Worded { strongest, best, support, explicit } = worded;
    let (oldest, best) = (night.text(group.members[0].text), night.text(best.text));
    let seen: Vec<Seen> = group.members.iter().map(|said| Seen::at(&said.spot, Part::Said)).collect();
    let tells = crate::engine::embedded::voice::imperative(best).is_some();
    let kind = if !tells && strongest == Manner::Remember {
        Kind::Fact
    } else if is_about_style(best) {
        Kind::Preference
    } else {
        Kind::Workflow
    };
    let mut draft = Draft::new(kind, canonical("directive", oldest), best.to_owned(), seen);
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
pub fn told_of<'k>(known: &'k Known, corpus: &crate::phase::corpus::Corpus) -> (Vec<(Vec<String>, bool)>, Course<'k>) {
    let all = corpus.columns.said.iter().collect();
    let Grouping { groups, course, .. } = grouped(known, &corpus.texts, all);
    let members =
        |group: &Group<'_>| group.members.iter().map(|said| corpus.id(said.spot.session).to_owned()).collect();
    (groups.iter().map(|group| (members(group), group.void)).collect(), course)
}
