//! Facts by subject and attribute, the newest value current; open statements by meaning, the newest wording kept. What
//! a later statement ends does not come into memory.

use super::Night;
use super::course::Course;
use super::directives::{canonical, counted};
use super::draft::{Answered, Draft, Seen, by_support, gather, support};
use crate::model::{BeliefKey, Kind};
use crate::phase::reflection::Stated;
use crate::text::known::{Key, named};
use crate::text::probe::words_of;
use crate::text::{Known, Meaning, Probe, Relation, amount, frame, words};
use rayon::prelude::*;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// By what the course of the beliefs is kept.
const KEPT: &str = "facts";

#[derive(Default)]
struct Belief<'a> {
    members: Vec<(Seen<'a>, &'a Stated)>,
    /// What the last of them says.
    newest: OnceCell<Meaning>,
    void: bool,
}

impl Belief<'_> {
    fn newest(&self, texts: &Known) -> &Meaning {
        let text = || self.members.last().map_or("", |(_, stated)| stated.text.as_str());
        self.newest.get_or_init(|| texts.meaning(text()))
    }
}

/// Drafts, and what was proposed before.
pub fn drafts<'a>(night: &Night<'a>) -> (Vec<Draft<'a>>, Vec<Answered<'a>>) {
    let all = gather(night, |session| &session.facts, |stated| &stated.cite);
    let texts = night.situation.memory.texts;
    let (beliefs, course) = believed(texts, all);
    let (mut drafts, mut told) = (Vec::new(), Vec::new());
    for (at, belief) in beliefs.into_iter().enumerate().filter(|(_, belief)| !belief.void) {
        let Some(((_, oldest), (_, newest))) = belief.members.first().zip(belief.members.last()) else { continue };
        let attribute = newest.attribute.as_ref().or(oldest.attribute.as_ref());
        let key = match attribute {
            Some(attribute) => Ok(BeliefKey::derive(&format!("fact {} {attribute}", newest.subject))),
            None => BeliefKey::new(course.name(at)),
        };
        let sessions = belief.members.iter().map(|(seen, _)| &seen.session.session);
        if newest.ends.is_none() && key.is_ok_and(|key| night.is_settled(&key, sessions)) {
            let words = match newest.text == oldest.text {
                true => course.words(at).to_vec(),
                false => words_of(belief.newest(texts)),
            };
            told.push(Answered { text: &newest.text, words });
            continue;
        }
        drafts.extend(draft(belief, texts));
    }
    (drafts, told)
}

/// Statements by what they are about, one after the other as they were made.
fn believed<'a>(texts: &Known, all: Vec<(Seen<'a>, &'a Stated)>) -> (Vec<Belief<'a>>, Course) {
    let mut beliefs: Vec<Belief<'a>> = Vec::new();
    let mut keyed: BTreeMap<String, usize> = BTreeMap::new();
    let kept = Course::kept(texts, KEPT);
    let items: Vec<Key> = all.par_iter().map(|(seen, stated)| item(seen, stated)).collect();
    let same = kept.same(&items);
    let mut course = Course::default();
    let meanings: Vec<Meaning> = all[same..].par_iter().map(|(_, stated)| texts.meaning(&stated.text)).collect();
    let mut meanings = meanings.into_iter();
    let mut probe = Probe::new();
    for (nth, (member, item)) in all.into_iter().zip(items).enumerate() {
        let stated = member.1;
        let key = stated.attribute.as_ref().map(|attribute| format!("{} {attribute}", stated.subject));
        let (at, newest) = if nth < same {
            // As it went before.
            for void in kept.voided(nth) {
                beliefs[void].void = true;
                course.void(void);
            }
            let at = kept.group(nth);
            if at == beliefs.len() {
                course.begin(kept.words(at), kept.name(at).to_owned());
                beliefs.push(Belief::default());
            }
            (at, OnceCell::new())
        } else {
            if nth == same {
                probe = course.probe();
            }
            for void in ended(&beliefs, &probe, stated) {
                beliefs[void].void = true;
                course.void(void);
            }
            let meaning = meanings.next().expect("one of each that is new");
            let at = match key.as_ref().and_then(|key| keyed.get(key)) {
                Some(at) => Some(*at),
                None => matching(texts, &beliefs, &probe, &meaning, &stated.text)
                    .or_else(|| same_change(&beliefs, &probe, &meaning, stated)),
            };
            let at = at.unwrap_or_else(|| {
                probe.add(&meaning);
                let name = BeliefKey::derive(&canonical("fact", &stated.text));
                course.begin(&words_of(&meaning), name.to_string());
                beliefs.push(Belief::default());
                beliefs.len() - 1
            });
            (at, meaning.into())
        };
        if let Some(key) = key {
            keyed.entry(key).or_insert(at);
        }
        course.went(item, at);
        beliefs[at].members.push(member);
        beliefs[at].newest = newest;
        beliefs[at].void = false;
    }
    course.keep(&kept, texts, KEPT);
    (beliefs, course)
}

/// What a statement is known by from night to night.
fn item(seen: &Seen<'_>, stated: &Stated) -> Key {
    let part = |text: &Option<String>| text.as_ref().map_or("\0".to_owned(), |text| format!("={text}\0"));
    let parts = [part(&stated.attribute), part(&stated.ends)].concat();
    let (session, subject) = (seen.session.session.as_str(), stated.subject.as_str());
    named(&[session.as_bytes(), b"\0", subject.as_bytes(), b"\0", parts.as_bytes(), stated.text.as_bytes()])
}

/// The open belief that says the same, or the same of another value: either way the new statement joins it.
fn matching(texts: &Known, beliefs: &[Belief<'_>], probe: &Probe, meaning: &Meaning, text: &str) -> Option<usize> {
    for at in probe.near(meaning) {
        let Some((_, newest)) = beliefs[at].members.last() else { continue };
        let joins = match beliefs[at].newest(texts).relation(meaning) {
            Relation::Same | Relation::Contradicts | Relation::Within => true,
            _ => frame::replaces(text, &newest.text) || amount::recounts(text, &newest.text),
        };
        if joins {
            return Some(at);
        }
    }
    None
}

/// A belief that ends the same thing and speaks of the same: one change, told twice in other words.
fn same_change(beliefs: &[Belief<'_>], probe: &Probe, meaning: &Meaning, stated: &Stated) -> Option<usize> {
    let gone = words::stems(stated.ends.as_ref()?);
    let about = words::stems(&stated.text);
    probe.near(meaning).into_iter().find(|at| {
        beliefs[*at].members.last().is_some_and(|(_, newest)| {
            let same = newest.ends.as_ref().is_some_and(|ends| words::stems(ends) == gone);
            let others = words::stems(&newest.text);
            same && others.iter().filter(|stem| about.contains(stem) && !gone.contains(stem)).count() >= 2
        })
    })
}

/// The beliefs about what a statement ends: void from then on.
fn ended(beliefs: &[Belief<'_>], probe: &Probe, stated: &Stated) -> Vec<usize> {
    let Some(ends) = &stated.ends else { return Vec::new() };
    let gone = words::stems(ends);
    let is_ended = |at: &usize| {
        let Some((_, newest)) = beliefs[*at].members.last() else { return false };
        let stems = words::stems(&newest.text);
        !gone.is_empty()
            && gone.iter().all(|stem| stems.contains(stem))
            && newest.ends.is_none()
            && stems.len() <= gone.len() + 6
    };
    probe.near(&Meaning::of(ends)).into_iter().filter(is_ended).collect()
}

fn draft<'a>(belief: Belief<'a>, texts: &Known) -> Option<Draft<'a>> {
    let (_, newest) = belief.members.last()?;
    let (_, oldest) = belief.members.first()?;
    let value = newest.value.as_deref().map(words::stems);
    let agrees = |stated: &Stated| match (&value, &stated.value) {
        (Some(value), Some(other)) => *value == words::stems(other),
        _ => {
            stated.text == newest.text
                || texts.meaning(&stated.text).relation(belief.newest(texts)) != Relation::Contradicts
                    && !frame::replaces(&newest.text, &stated.text)
                    && !amount::recounts(&newest.text, &stated.text)
        }
    };
    let current: Vec<Seen<'a>> =
        belief.members.iter().filter(|(_, stated)| agrees(stated)).map(|(seen, _)| *seen).collect();
    let superseded = belief.members.iter().rev().find(|(_, stated)| !agrees(stated));
    let support = support(&current);
    let canonical = match (&newest.attribute, &oldest.attribute) {
        (Some(attribute), _) | (None, Some(attribute)) => format!("fact {} {attribute}", newest.subject),
        _ => canonical("fact", &oldest.text),
    };
    let kind = if newest.preference { Kind::Preference } else { Kind::Fact };
    let mut draft = Draft::new(kind, canonical, newest.text.clone(), current);
    let said = format!("Stated by a person ({})", counted(support.sessions, support.agents));
    draft.reason = match superseded {
        Some((_, old)) => format!(
            "{said}; the newest value holds, an older one was \"{}\".",
            crate::text::Scrubbed::short(&old.text, 100)
        ),
        None => format!("{said}."),
    };
    draft.explicit = true;
    draft.ends.clone_from(&newest.ends);
    draft.exclusive = true;
    draft.confidence = by_support(if newest.attribute.is_some() { 0.75 } else { 0.65 }, support.sessions);
    draft.rank = 0.55
        + if newest.attribute.is_some() || newest.ends.is_some() { 0.1 } else { 0.0 }
        + if newest.preference { 0.12 } else { 0.0 };
    Some(draft)
}

/// Who is in which belief, which are void, and what the course of it was.
#[cfg(test)]
pub fn told_of(texts: &Known, all: Vec<(Seen<'_>, &Stated)>) -> (Vec<(Vec<String>, bool)>, Course) {
    let (beliefs, course) = believed(texts, all);
    let members =
        |belief: &Belief<'_>| belief.members.iter().map(|(seen, _)| seen.session.session.to_string()).collect();
    (beliefs.iter().map(|belief| (members(belief), belief.void)).collect(), course)
}
