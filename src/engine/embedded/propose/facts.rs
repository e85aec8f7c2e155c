//! Facts by subject and attribute, the newest value current; open statements by meaning, the newest wording kept. What
//! a later statement ends does not come into memory.

use super::course::Course;
use super::directives::{canonical, counted};
use super::draft::{Answered, Draft, Seen, by_support, support};
use super::{Map, Night};
use crate::model::{BeliefKey, Kind};
use crate::phase::corpus::{FactRow, Part, Text, Texts, originals};
use crate::text::probe::words_of;
use crate::text::{Known, Meaning, Probe, Relation, amount, frame, words};
use rayon::prelude::*;
use std::cell::OnceCell;

/// By what the course of the beliefs is kept.
const KEPT: &str = "facts";

#[derive(Default)]
struct Belief<'a> {
    members: Vec<&'a FactRow>,
    /// What the last of them says.
    newest: OnceCell<Meaning>,
    void: bool,
}

impl Belief<'_> {
    fn newest(&self, texts: &Known, words: &Texts) -> &Meaning {
        let text = || self.members.last().map_or("", |stated| words.get(stated.text));
        self.newest.get_or_init(|| texts.meaning(text()))
    }
}

/// Drafts, and what was proposed before or stands in memory.
pub fn drafts<'a>(night: &Night<'a>) -> (Vec<Draft>, Vec<Answered<'a>>) {
    let corpus = night.corpus;
    let all: Vec<&FactRow> = originals(&corpus.columns.facts, |stated| &stated.spot).collect();
    let texts = night.situation.memory.texts;
    let (beliefs, course) = believed(texts, &corpus.texts, all);
    let (mut drafts, mut told) = (Vec::new(), Vec::new());
    for (at, belief) in beliefs.into_iter().enumerate().filter(|(_, belief)| !belief.void) {
        let Some((oldest, newest)) = belief.members.first().copied().zip(belief.members.last().copied()) else {
            continue;
        };
        let key = match about(night, oldest, newest) {
            Some(about) => Ok(BeliefKey::derive(&format!("fact {about}"))),
            None => BeliefKey::new(&course.name(at)),
        };
        let sessions = belief.members.iter().map(|stated| stated.spot.session);
        let text = night.text(newest.text);
        let is_told =
            |key: BeliefKey| night.is_settled(&key, sessions.clone()) || night.situation.memory.says(&key, text);
        if !newest.ends.is_some() && key.is_ok_and(is_told) {
            let words = match newest.text == oldest.text {
                true => course.words(at).collect(),
                false => words_of(belief.newest(texts, &corpus.texts)),
            };
            told.push(Answered { text, words });
            continue;
        }
        drafts.extend(draft(night, belief));
    }
    (drafts, told)
}

/// What a belief gives the value of, where it has an attribute.
fn about(night: &Night<'_>, oldest: &FactRow, newest: &FactRow) -> Option<String> {
    let attribute = if newest.attribute.is_some() { newest.attribute } else { oldest.attribute };
    attribute.is_some().then(|| format!("{} {}", night.text(newest.subject), night.text(attribute)))
}

/// Statements by what they are about, one after the other as they were made.
fn believed<'a, 'k>(texts: &'k Known, words: &Texts, all: Vec<&'a FactRow>) -> (Vec<Belief<'a>>, Course<'k>) {
    let mut beliefs: Vec<Belief<'a>> = Vec::new();
    let mut keyed: Map<Text, usize> = Map::default();
    let kept = Course::kept(texts, KEPT);
    let same = kept.same(all.iter().map(|stated| &stated.key));
    let mut course = kept.again();
    let meaning = |stated: &&FactRow| texts.meaning(words.get(stated.text));
    let meanings: Vec<Meaning> = all[same..].par_iter().map(meaning).collect();
    let mut meanings = meanings.into_iter();
    let mut probe = Probe::new();
    for (nth, stated) in all.into_iter().enumerate() {
        let (at, newest) = if nth < same {
            // As it went before.
            for void in kept.voided(nth) {
                beliefs[void].void = true;
                course.void(void);
            }
            let at = kept.group(nth);
            if at == beliefs.len() {
                course.begin(kept.words(at), &kept.name(at));
                beliefs.push(Belief::default());
            }
            (at, OnceCell::new())
        } else {
            if nth == same {
                probe = course.probe();
            }
            let among = Among { texts, words, beliefs: &beliefs, probe: &probe };
            let voided = among.ended(stated);
            let meaning = meanings.next().expect("one of each that is new");
            let at = match keyed.get(&stated.about).filter(|_| stated.about.is_some()) {
                Some(at) => Some(*at),
                None => among.matching(&meaning, stated).or_else(|| among.same_change(&meaning, stated)),
            };
            for void in voided {
                beliefs[void].void = true;
                course.void(void);
            }
            let at = at.unwrap_or_else(|| {
                probe.add(&meaning);
                let name = BeliefKey::derive(&canonical("fact", words.get(stated.text)));
                course.begin(words_of(&meaning), name.as_str());
                beliefs.push(Belief::default());
                beliefs.len() - 1
            });
            (at, meaning.into())
        };
        if stated.about.is_some() {
            keyed.entry(stated.about).or_insert(at);
        }
        course.went(stated.key, at);
        beliefs[at].members.push(stated);
        beliefs[at].newest = newest;
        beliefs[at].void = false;
    }
    course.keep(&kept, texts, KEPT);
    (beliefs, course)
}

/// The beliefs so far, found by their words.
struct Among<'b, 'a> {
    texts: &'b Known,
    words: &'b Texts,
    beliefs: &'b [Belief<'a>],
    probe: &'b Probe,
}

impl<'a> Among<'_, 'a> {
    fn newest(&self, at: usize) -> Option<&'a FactRow> {
        self.beliefs[at].members.last().copied()
    }

    /// The open belief that says the same, or the same of another value: either way the new statement joins it.
    fn matching(&self, meaning: &Meaning, stated: &FactRow) -> Option<usize> {
        let text = self.words.get(stated.text);
        for at in self.probe.near(meaning) {
            let Some(newest) = self.newest(at) else { continue };
            let newest = self.words.get(newest.text);
            let joins = match self.beliefs[at].newest(self.texts, self.words).relation(meaning) {
                Relation::Same | Relation::Contradicts | Relation::Within => true,
                _ => frame::replaces(text, newest) || amount::recounts(text, newest),
            };
            if joins {
                return Some(at);
            }
        }
        None
    }

    /// A belief that ends the same thing and speaks of the same: one change, told twice in other words.
    fn same_change(&self, meaning: &Meaning, stated: &FactRow) -> Option<usize> {
        let gone = words::stems(self.words.find(stated.ends)?);
        let about = words::stems(self.words.get(stated.text));
        self.probe.near(meaning).into_iter().find(|at| {
            self.newest(*at).is_some_and(|newest| {
                let same = self.words.find(newest.ends).is_some_and(|ends| words::stems(ends) == gone);
                let others = words::stems(self.words.get(newest.text));
                same && others.iter().filter(|stem| about.contains(stem) && !gone.contains(stem)).count() >= 2
            })
        })
    }

    /// The beliefs about what a statement ends: void from then on.
    fn ended(&self, stated: &FactRow) -> Vec<usize> {
        let Some(ends) = self.words.find(stated.ends) else { return Vec::new() };
        let gone = words::stems(ends);
        let is_ended = |at: &usize| {
            let Some(newest) = self.newest(*at) else { return false };
            let stems = words::stems(self.words.get(newest.text));
            !gone.is_empty()
                && gone.iter().all(|stem| stems.contains(stem))
                && !newest.ends.is_some()
                && stems.len() <= gone.len() + 6
        };
        self.probe.near(&Meaning::of(ends)).into_iter().filter(is_ended).collect()
    }
}

fn draft(night: &Night<'_>, belief: Belief<'_>) -> Option<Draft> {
    let (newest, oldest) = (*belief.members.last()?, *belief.members.first()?);
    let (texts, newest_text) = (night.situation.memory.texts, night.text(newest.text));
    let value = night.corpus.texts.find(newest.value).map(words::stems);
    let agrees = |stated: &FactRow| match (&value, night.corpus.texts.find(stated.value)) {
        (Some(value), Some(other)) => *value == words::stems(other),
        _ => {
            let text = night.text(stated.text);
            let said = belief.newest(texts, &night.corpus.texts);
            stated.text == newest.text
                || texts.meaning(text).relation(said) != Relation::Contradicts
                    && !frame::replaces(newest_text, text)
                    && !amount::recounts(newest_text, text)
        }
    };
    let current = belief.members.iter().filter(|stated| agrees(stated));
    let current: Vec<Seen> = current.map(|stated| Seen::at(&stated.spot, Part::Fact)).collect();
    let superseded = belief.members.iter().rev().find(|stated| !agrees(stated));
    let support = support(night, &current);
    let canonical = match about(night, oldest, newest) {
        Some(about) => format!("fact {about}"),
        None => canonical("fact", night.text(oldest.text)),
    };
    let kind = if newest.preference.get() { Kind::Preference } else { Kind::Fact };
    let mut draft = Draft::new(kind, canonical, newest_text.to_owned(), current);
    let said = format!("Stated by a person ({})", counted(support.sessions, support.agents));
    draft.reason = match superseded {
        Some(old) => format!(
            "{said}; the newest value holds, an older one was \"{}\".",
            crate::text::Scrubbed::short(night.text(old.text), 100)
        ),
        None => format!("{said}."),
    };
    draft.explicit = true;
    draft.ends = night.corpus.texts.find(newest.ends).map(str::to_owned);
    draft.exclusive = true;
    draft.confidence = by_support(if newest.attribute.is_some() { 0.75 } else { 0.65 }, support.sessions);
    draft.rank = 0.55
        + if newest.attribute.is_some() || newest.ends.is_some() { 0.1 } else { 0.0 }
        + if newest.preference.get() { 0.12 } else { 0.0 };
    Some(draft)
}

/// Who is in which belief, which are void, and what the course of it was.
#[cfg(test)]
pub fn told_of<'k>(known: &'k Known, corpus: &crate::phase::corpus::Corpus) -> (Vec<(Vec<String>, bool)>, Course<'k>) {
    let (beliefs, course) = believed(known, &corpus.texts, corpus.columns.facts.iter().collect());
    let members =
        |belief: &Belief<'_>| belief.members.iter().map(|stated| corpus.id(stated.spot.session).to_owned()).collect();
    (beliefs.iter().map(|belief| (members(belief), belief.void)).collect(), course)
}
