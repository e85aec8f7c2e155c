//! Facts by subject and attribute, the newest value current; open statements by meaning, the newest wording kept. What
//! a later statement ends does not come into memory.

use super::Night;
use super::directives::counted;
use super::draft::{Draft, Seen, by_support, gather, support};
use crate::model::Kind;
use crate::phase::reflection::Stated;
use crate::text::{Meaning, Probe, Relation, amount, frame, words};
use rayon::prelude::*;
use std::collections::BTreeMap;

struct Belief<'a> {
    members: Vec<(Seen<'a>, &'a Stated)>,
    /// What the last of them says.
    newest: Meaning,
    void: bool,
}

pub fn drafts<'a>(night: &Night<'a>) -> Vec<Draft<'a>> {
    let mut beliefs: Vec<Belief<'a>> = Vec::new();
    let mut keyed: BTreeMap<String, usize> = BTreeMap::new();
    let mut probe = Probe::new();
    let all = gather(night, |session| &session.facts, |stated| &stated.cite);
    let texts = night.situation.memory.texts;
    let meanings: Vec<Meaning> = all.par_iter().map(|(_, stated)| texts.meaning(&stated.text)).collect();
    for ((seen, stated), meaning) in all.into_iter().zip(meanings) {
        end(&mut beliefs, &probe, stated);
        let key = stated.attribute.as_ref().map(|attribute| format!("{} {attribute}", stated.subject));
        let at = match key.as_ref().and_then(|key| keyed.get(key)) {
            Some(at) => Some(*at),
            None => matching(&beliefs, &probe, &meaning, &stated.text)
                .or_else(|| same_change(&beliefs, &probe, &meaning, stated)),
        };
        let at = match at {
            Some(at) => at,
            None => {
                probe.add(&meaning);
                beliefs.push(Belief { members: Vec::new(), newest: Meaning::default(), void: false });
                beliefs.len() - 1
            }
        };
        if let Some(key) = key {
            keyed.entry(key).or_insert(at);
        }
        beliefs[at].members.push((seen, stated));
        beliefs[at].newest = meaning;
        beliefs[at].void = false;
    }
    beliefs.into_iter().filter(|belief| !belief.void).filter_map(draft).collect()
}

/// The open belief that says the same, or the same of another value: either way the new statement joins it.
fn matching(beliefs: &[Belief<'_>], probe: &Probe, meaning: &Meaning, text: &str) -> Option<usize> {
    for at in probe.near(meaning) {
        let Some((_, newest)) = beliefs[at].members.last() else { continue };
        let joins = match beliefs[at].newest.relation(meaning) {
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

/// Beliefs about what a statement ends are void from then on.
fn end(beliefs: &mut [Belief<'_>], probe: &Probe, stated: &Stated) {
    let Some(ends) = &stated.ends else { return };
    let gone = words::stems(ends);
    for at in probe.near(&Meaning::of(ends)) {
        let Some((_, newest)) = beliefs[at].members.last() else { continue };
        let stems = words::stems(&newest.text);
        if !gone.is_empty()
            && gone.iter().all(|stem| stems.contains(stem))
            && newest.ends.is_none()
            && stems.len() <= gone.len() + 6
        {
            beliefs[at].void = true;
        }
    }
}

fn draft(belief: Belief<'_>) -> Option<Draft<'_>> {
    let (_, newest) = belief.members.last()?;
    let (_, oldest) = belief.members.first()?;
    let value = newest.value.as_deref().map(words::stems);
    let agrees = |stated: &Stated| match (&value, &stated.value) {
        (Some(value), Some(other)) => *value == words::stems(other),
        _ => {
            stated.text == newest.text
                || Meaning::of(&stated.text).relation(&belief.newest) != Relation::Contradicts
                    && !frame::replaces(&newest.text, &stated.text)
                    && !amount::recounts(&newest.text, &stated.text)
        }
    };
    let current: Vec<Seen<'_>> =
        belief.members.iter().filter(|(_, stated)| agrees(stated)).map(|(seen, _)| *seen).collect();
    let superseded = belief.members.iter().rev().find(|(_, stated)| !agrees(stated));
    let support = support(&current);
    let canonical = match (&newest.attribute, &oldest.attribute) {
        (Some(attribute), _) | (None, Some(attribute)) => format!("fact {} {attribute}", newest.subject),
        _ => super::directives::canonical("fact", &oldest.text),
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
