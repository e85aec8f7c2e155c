//! What people said they want, grouped by meaning: a directive in so many words needs one session, a correction as many
//! as settings ask for. Requests are looked at on their own.

use super::course::{Asked, Course};
use super::draft::{Answered, Draft, Seen, by_support, distinct, support_of};
use super::{LOOKED_UP, Map, Night};
use crate::model::{BeliefKey, Kind, Support};
use crate::phase::corpus::{Part, SaidRow, Text, Texts, originals};
use crate::phase::reflection::Manner;
use crate::text::known::Key;
use crate::text::probe::words_of;
use crate::text::{Known, Meaning, Probe, Relation, words};
use rayon::prelude::*;
use std::iter::Peekable;
use std::sync::OnceLock;

/// By what the course of the groups is kept.
const KEPT: &str = "directives";

/// Directives that say one thing. What most nights ask of them is told while they go by: of tens of thousands no list is
/// made for what is known already.
struct Group<'a> {
    /// The first few.
    members: [&'a SaidRow; LOOKED_UP],
    count: usize,
    strongest: Manner,
    /// Of the strongest the newest that is about as long as a note is best.
    best: &'a SaidRow,
    /// Whether all open their sessions with the same words.
    has_one_opening: bool,
    /// What the first of them says.
    meaning: OnceLock<Meaning>,
    /// A newer directive that says the opposite.
    void: bool,
}

impl<'a> Group<'a> {
    fn of(first: &'a SaidRow) -> Self {
        let (members, strongest, meaning) = ([first; LOOKED_UP], first.manner.get(), OnceLock::new());
        Self { members, count: 1, strongest, best: first, has_one_opening: true, meaning, void: false }
    }

    fn take(&mut self, said: &'a SaidRow) {
        if let Some(member) = self.members.get_mut(self.count) {
            *member = said;
        }
        self.count += 1;
        self.has_one_opening &= said.opening == self.first().opening;
        let (manner, off) = (said.manner.get(), |said: &SaidRow| said.length.abs_diff(70));
        if manner < self.strongest || manner == self.strongest && off(said) <= off(self.best) {
            (self.strongest, self.best) = (manner, said);
        }
    }

    fn first(&self) -> &'a SaidRow {
        self.members[0]
    }

    /// All of them, where they are few.
    fn members(&self) -> Option<&[&'a SaidRow]> {
        self.members.get(..self.count)
    }

    /// Whether it was said in so many words: then one session is enough.
    fn is_explicit(&self) -> bool {
        self.strongest <= Manner::Standing
    }

    /// Whether it teaches something, if that can be told without its members.
    fn teaches(&self, night: &Night<'_>) -> Option<bool> {
        // A message that opens several sessions without a change is a program's prompt.
        let is_scripted = self.count > 1 && self.has_one_opening && self.first().opening.is_some();
        let few = self.members.iter().take(self.count).map(|said| said.spot.session);
        match () {
            () if self.void || is_scripted => Some(false),
            () if self.is_explicit() || distinct(few.collect()) >= night.support() => Some(true),
            () => self.members().map(|_| false),
        }
    }
}

/// What becomes of a group.
enum Fate<'a> {
    Nothing,
    Answered(Answered<'a>),
    /// It is put, or depends on its members.
    Open,
}

/// Drafts, and what was proposed before or stands in memory.
pub fn drafts<'a>(night: &Night<'a>) -> (Vec<Draft>, Vec<Answered<'a>>) {
    let (corpus, memory) = (night.corpus, night.situation.memory);
    let all = originals(&corpus.columns.said, |said| &said.spot);
    let is_directive = |said: &&SaidRow| said.manner.get() != Manner::Request;
    let again = all.clone().filter(is_directive);
    let mut requests = Vec::new();
    let directives = all.filter(|said| {
        let is_directive = is_directive(said);
        if !is_directive {
            requests.push(*said);
        }
        is_directive
    });
    let grouping = grouped(memory.texts, &corpus.texts, again.clone().map(|said| said.key), directives);
    let Grouping { groups, course, .. } = &grouping;
    let answered = |at: usize, group: &Group<'a>| {
        let (key, text) = (BeliefKey::new(&course.name(at)).ok()?, night.text(group.best.text));
        let sessions = group.members().map(|all| all.iter().map(|said| said.spot.session));
        let is_settled = sessions.is_some_and(|sessions| night.is_settled(&key, sessions));
        let words = || match group.best.text == group.first().text {
            true => course.words(at).collect(),
            false => words_of(&memory.texts.meaning(text)),
        };
        (is_settled || memory.says(&key, text)).then(|| Answered { text, words: words() })
    };
    let fate = |(at, group): (usize, &Group<'a>)| match group.teaches(night) {
        Some(false) => Fate::Nothing,
        Some(true) => answered(at, group).map_or(Fate::Open, Fate::Answered),
        None => Fate::Open,
    };
    let fates: Vec<Fate<'a>> = groups.par_iter().enumerate().map(fate).collect();
    let members = grouping.members(|at| matches!(fates[at], Fate::Open), again);
    let put = |(at, fate): (usize, Fate<'a>)| match fate {
        Fate::Nothing => None,
        Fate::Answered(answered) => Some(Ok(answered)),
        Fate::Open => {
            let (group, members) = (&groups[at], members.get(&at)?);
            let support = support_of(night, members.iter().map(|said| said.spot.session).collect());
            let is_enough = group.is_explicit() || support.sessions as usize >= night.support();
            is_enough.then(|| answered(at, group).ok_or_else(|| Box::new(draft(night, group, members, &support))))
        }
    };
    let put: Vec<Result<Answered<'a>, Box<Draft>>> = fates.into_par_iter().enumerate().filter_map(put).collect();
    let (mut drafts, mut told) = (Vec::new(), Vec::new());
    for put in put {
        match put {
            Ok(answered) => told.push(answered),
            Err(draft) => drafts.push(*draft),
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

fn grouped<'a, 'k>(
    texts: &'k Known,
    words: &'a Texts,
    keys: impl Iterator<Item = Key> + Clone,
    directives: impl Iterator<Item = &'a SaidRow>,
) -> Grouping<'a, 'k> {
    let kept = Course::kept(texts, KEPT);
    let (before, now) = (kept.items(), Asked::new(keys));
    let (groups, course, probe, known) = (Vec::new(), kept.again(), Probe::new(), Map::default());
    let mut grouping = Grouping { texts, words, groups, course, probe, known };
    let mut directives = directives.peekable();
    // Where the course of before is; nothing once the groups are others.
    let mut way = Some(grouping.follow_all(&kept, &mut directives));
    for said in directives {
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

    /// Takes directives as they were taken before, up to the first that is another one then and now. Tells how many.
    fn follow_all(&mut self, kept: &Course<'_>, all: &mut Peekable<impl Iterator<Item = &'a SaidRow>>) -> usize {
        let mut voids = kept.voids().peekable();
        for (at, (key, group)) in kept.all().enumerate() {
            let Some(said) = all.next_if(|said| said.key == *key) else { return at };
            while let Some((_, group)) = voids.next_if(|(by, _)| *by == at) {
                self.groups[group].void = true;
                self.course.void(group);
            }
            match group == self.groups.len() {
                true => self.begin(kept, said),
                false => self.groups[group].take(said),
            }
            self.course.went_as_before();
        }
        kept.len()
    }

    /// Begins the next group as it began before.
    fn begin(&mut self, kept: &Course<'_>, said: &'a SaidRow) {
        let group = self.groups.len();
        self.course.begin(kept.words(group), &kept.name(group));
        self.groups.push(Group::of(said));
    }

    /// Takes a directive as it was taken before.
    fn follow(&mut self, kept: &Course<'_>, at: usize, said: &'a SaidRow) {
        for group in kept.voided(at) {
            self.groups[group].void = true;
            self.course.void(group);
        }
        let group = kept.group(at);
        match group == self.groups.len() {
            true => self.begin(kept, said),
            false => self.groups[group].take(said),
        }
        self.course.went(said.key, group);
        self.known.clear();
    }

    fn meaning(&self, group: usize) -> &Meaning {
        let group = &self.groups[group];
        group.meaning.get_or_init(|| self.texts.meaning(self.words.get(group.first().text)))
    }

    /// The members of those groups that are wanted: of large ones found in one pass over all directives.
    fn members(
        &self,
        is_wanted: impl Fn(usize) -> bool,
        directives: impl Iterator<Item = &'a SaidRow>,
    ) -> Map<usize, Vec<&'a SaidRow>> {
        let wanted = (0..self.groups.len()).filter(|at| is_wanted(*at));
        let few = |at: usize| (at, self.groups[at].members().map_or_else(Vec::new, <[_]>::to_vec));
        let mut members: Map<usize, Vec<&SaidRow>> = wanted.map(few).collect();
        if members.values().any(Vec::is_empty) {
            let is_large: Vec<bool> =
                (0..self.groups.len()).map(|at| members.get(&at).is_some_and(Vec::is_empty)).collect();
            let groups = directives.enumerate().map(|(at, said)| (self.course.group(at), said));
            let large = groups.filter(|(group, _)| is_large[*group]);
            large.for_each(|(group, said)| members.entry(group).or_default().push(said));
        }
        members
    }

    /// Compares a directive with the groups so far; tells whether they are others now.
    fn add(&mut self, said: &'a SaidRow) -> bool {
        if let Some(at) = self.known.get(&said.text) {
            self.groups[*at].take(said);
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
        match same {
            Some(at) => self.groups[at].take(said),
            None => {
                changed = true;
                let name = BeliefKey::derive(&canonical("directive", text));
                self.course.begin(words_of(&meaning), name.as_str());
                self.groups.push(Group { meaning: meaning.into(), ..Group::of(said) });
            }
        }
        if changed {
            self.known.clear();
        }
        self.course.went(said.key, at);
        if same.is_some() {
            self.known.insert(said.text, at);
        }
        changed
    }
}

fn draft(night: &Night<'_>, group: &Group<'_>, members: &[&SaidRow], support: &Support) -> Draft {
    let (strongest, explicit) = (group.strongest, group.is_explicit());
    let (oldest, best) = (night.text(group.first().text), night.text(group.best.text));
    let seen: Vec<Seen> = members.iter().map(|said| Seen::at(&said.spot, Part::Said)).collect();
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
    let all = corpus.columns.said.iter();
    let grouping = grouped(known, &corpus.texts, all.clone().map(|said| said.key), all.clone());
    let members = grouping.members(|_| true, all);
    let ids = |at: usize| members[&at].iter().map(|said| corpus.id(said.spot.session).to_owned()).collect();
    let groups = grouping.groups.iter().enumerate().map(|(at, group)| (ids(at), group.void)).collect();
    (groups, grouping.course)
}
