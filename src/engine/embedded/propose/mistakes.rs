//! Mistakes that recur: failures of one signature in several sessions, with the fix that most of them found.

use super::directives::counted;
use super::draft::{Draft, Seen, by_support, distinct, of, support};
use super::lesson::{Lesson, blamed};
use super::rules::Rules;
use super::{Map, Night};
use crate::model::Kind;
use crate::phase::corpus::{FailureRow, FixRow, FixSort, Part, Text, originals};
use crate::phase::reflection::FailureClass;
use crate::text::{Scrubbed, words};
use std::collections::{BTreeMap, BTreeSet};

/// What the signature of a wrong name of a program has in it.
pub const OF_PROGRAM: &str = " of ";

/// The failures of one signature.
pub struct Group<'n, 'a> {
    pub night: &'n Night<'a>,
    pub members: Vec<&'a FailureRow>,
}

/// What worked after a failure.
#[derive(Debug, Clone, Copy)]
pub enum Fix<'a> {
    /// Another call in its place; the words that were left out and put in.
    Instead { call: &'a str, without: &'a str, with: &'a str },
    /// The same call worked after this step.
    After { step: Option<&'a str> },
    /// What the person said.
    Said { text: &'a str },
}

/// A fix that several failures found, in the words of its most usual instance.
pub struct Found<'a> {
    pub fix: Fix<'a>,
    pub failed: &'a FailureRow,
    pub sessions: usize,
}

impl<'a> Group<'_, 'a> {
    pub fn sessions(&self) -> usize {
        distinct(self.members.iter().map(|failure| failure.spot.session).collect())
    }

    /// What worked after a failure.
    pub fn fix(&self, failure: &FailureRow) -> Option<Fix<'a>> {
        let (fix, text) = (&failure.fix, |text| self.night.text(text));
        Some(match fix.sort.get() {
            FixSort::None => return None,
            FixSort::Instead => Fix::Instead { call: text(fix.call), without: text(fix.without), with: text(fix.with) },
            FixSort::After => Fix::After { step: self.night.corpus.texts.find(fix.call) },
            FixSort::Said => Fix::Said { text: text(fix.call) },
        })
    }

    /// The names that its errors call unknown, the one of most sessions first.
    pub fn names(&self) -> Vec<(&'a str, usize)> {
        let named = self.members.iter().filter(|failure| !self.night.text(failure.name).is_empty());
        let names = counted_once(named.map(|failure| (failure.name, failure.spot.session)).collect());
        let mut names: Vec<(&str, usize)> = names.into_iter().map(|(name, n)| (self.night.text(name), n)).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        names
    }

    /// Whether its errors are about different names of one program.
    pub fn is_mixed(&self) -> bool {
        let mut last = Text::NONE;
        let is_of_program = |failure: &&FailureRow| {
            let is_known = std::mem::replace(&mut last, failure.signature) == failure.signature;
            is_known || self.night.text(failure.signature).contains(OF_PROGRAM)
        };
        self.members.iter().all(is_of_program) && self.names().len() > 1
    }

    /// The places to cite first: those of the very same case, where several sessions met it.
    fn same_case(&self) -> Vec<Seen> {
        let cases = counted_once(self.members.iter().map(|failure| (failure.case, failure.spot.session)).collect());
        let most = cases.into_iter().max_by_key(|(case, sessions)| (*sessions, std::cmp::Reverse(*case)));
        let Some((case, _)) = most.filter(|(_, sessions)| *sessions > 1) else { return Vec::new() };
        self.members.iter().filter(|failure| failure.case == case).map(|failure| seen(failure)).collect()
    }
}

/// In how many sessions each was.
fn counted_once<K: Ord + std::hash::Hash + Copy>(mut all: Vec<(K, u32)>) -> Map<K, usize> {
    all.sort_unstable();
    all.dedup();
    let mut counts: Map<K, usize> = Map::default();
    all.into_iter().for_each(|(what, _)| *counts.entry(what).or_default() += 1);
    counts
}

fn seen(failure: &FailureRow) -> Seen {
    Seen::at(&failure.spot, Part::Failure)
}

pub fn drafts(night: &Night<'_>) -> Vec<Draft> {
    let mut groups: Map<Text, Group<'_, '_>> = Map::default();
    for failure in originals(&night.corpus.columns.failures, |failure| &failure.spot) {
        let group = groups.entry(failure.signature).or_insert_with(|| Group { night, members: Vec::new() });
        group.members.push(failure);
    }
    let rules = Rules::new(night);
    let least = night.support().max(2);
    // What gives advice may join with others. All else that is rare teaches nothing yet.
    let advises = |failure: &&FailureRow| failure.class.get() == FailureClass::Protocol;
    let may_do = |group: &Group<'_, '_>| group.sessions() >= least || group.members.iter().any(advises);
    let groups = groups.into_iter().filter(|(_, group)| may_do(group));
    let mut groups: Vec<(&str, Group<'_, '_>)> = groups.map(|(name, group)| (night.text(name), group)).collect();
    groups.sort_by_key(|(signature, _)| *signature);
    let named = groups.into_iter().flat_map(|(signature, group)| by_name(night, signature, group));
    let joined = joined(night, named.collect());
    joined.iter().filter_map(|(signature, group)| draft(night, &rules, signature, group)).collect()
}

/// A wrong name that enough sessions used is a mistake of its own; the others of the same program are one together.
fn by_name<'n, 'a>(night: &'n Night<'a>, signature: &str, group: Group<'n, 'a>) -> Vec<(String, Group<'n, 'a>)> {
    if !group.is_mixed() {
        return vec![(signature.to_owned(), group)];
    }
    let often = group.names().into_iter().filter(|(_, sessions)| *sessions >= night.support().max(2));
    let often: BTreeSet<&str> = often.map(|(name, _)| name).collect();
    let mut parts: BTreeMap<String, Group<'n, 'a>> = BTreeMap::new();
    for failure in group.members {
        let own = often.get(night.text(failure.name)).map_or(String::new(), |name| format!(" {name}"));
        let part = parts.entry(format!("{signature}{own}")).or_insert_with(|| Group { night, members: Vec::new() });
        part.members.push(failure);
    }
    parts.into_iter().collect()
}

/// What an error that gives advice is about, by its stems.
struct Advised {
    about: BTreeSet<String>,
    signature: String,
}

/// Errors of one tool that give the same advice about the same thing in other words are one.
fn joined<'n, 'a>(night: &Night<'a>, groups: BTreeMap<String, Group<'n, 'a>>) -> BTreeMap<String, Group<'n, 'a>> {
    let mut advised: BTreeMap<(Text, String), Vec<Advised>> = BTreeMap::new();
    let mut joined: BTreeMap<String, Group<'n, 'a>> = BTreeMap::new();
    for (signature, group) in groups {
        let failure = group.members[0];
        let advice = night.text(failure.error).trim_end_matches('.').rsplit_once(". ");
        let advice = advice.filter(|(_, last)| last.contains(' '));
        let Some((what, last)) = advice.filter(|_| failure.class.get() == FailureClass::Protocol) else {
            joined.insert(signature, group);
            continue;
        };
        let about: BTreeSet<String> = words::stems(what).into_iter().collect();
        let same = advised.entry((failure.tool, last.to_lowercase())).or_default();
        let alike = |other: &&Advised| {
            let other = &other.about;
            let shared = other.intersection(&about).count();
            shared >= 2 && shared * 2 >= other.len().min(about.len())
        };
        match same.iter().find(alike) {
            Some(first) => joined.get_mut(&first.signature).expect("it was put there").members.extend(group.members),
            None => {
                same.push(Advised { about, signature: signature.clone() });
                joined.insert(signature, group);
            }
        }
    }
    joined
}

fn draft(night: &Night<'_>, rules: &Rules<'_>, signature: &str, group: &Group<'_, '_>) -> Option<Draft> {
    let seen: Vec<Seen> = group.members.iter().map(|failure| seen(failure)).collect();
    let support = support(night, &seen);
    if (support.sessions as usize) < night.support().max(2) {
        return None;
    }
    let class = group.members.iter().map(|failure| failure.class.get()).min()?;
    let usual = usual(group)?;
    let fix = best_fix(group, usual);
    let lesson = Lesson { signature, group, class, usual, fix: fix.as_ref(), texts: night.situation.memory.texts };
    let rule = rules.contradicted(&lesson);
    let often = format!("Seen in {} sessions.", of(support.sessions as usize, night.len()));
    let gist = [lesson.what(), lesson.works(), rule.as_ref().map_or(String::new(), |rule| rule.sentence())];
    let gist = gist.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let mut draft = Draft::new(Kind::Mistake, format!("mistake {signature}"), format!("{gist} {often}"), seen);
    draft.gist = gist;
    draft.first = group.same_case();
    draft.name = Scrubbed::short(&lesson.name(), 60).into_string();
    draft.subject = Scrubbed::short(&lesson.subject(), 60).into_string();
    draft.description = Scrubbed::short(&lesson.what(), 120).into_string();
    draft.reason = lesson.reason(&counted(support.sessions, support.agents));
    draft.tags = vec![night.text(usual.tool).to_lowercase()];
    draft.confidence = by_support(if fix.is_some() { 0.55 } else { 0.4 }, support.sessions);
    draft.rank = rank(&lesson, support.sessions, night.len())?;
    draft.against = fix.as_ref().and_then(|fix| left_out(fix)).or_else(|| lesson.wrong());
    if let Some(rule) = rule {
        draft.reason.push_str(&rule.reason());
        draft.rank = (draft.rank + 0.1).min(0.99);
    }
    Some(draft)
}

/// The failure that stands for the group: its most usual command, the earliest of those.
fn usual<'a>(group: &Group<'_, 'a>) -> Option<&'a FailureRow> {
    let mut counts: Map<(Text, Text), usize> = Map::default();
    for failure in &group.members {
        *counts.entry((failure.shape, failure.call)).or_default() += 1;
    }
    let words = |(shape, call): (Text, Text)| (group.night.text(shape), group.night.text(call));
    let (most, _) = counts.into_iter().max_by(|(a, n), (b, m)| {
        let (a, b) = (words(*a), words(*b));
        n.cmp(m).then_with(|| b.1.len().cmp(&a.1.len())).then_with(|| b.cmp(&a))
    })?;
    group.members.iter().copied().find(|failure| (failure.shape, failure.call) == most)
}

/// What names a fix whatever its instance.
fn fix_key(night: &Night<'_>, fix: Fix<'_>, failed: &FailureRow) -> Option<String> {
    let error = night.text(failed.error);
    match fix {
        Fix::Instead { without, .. } if blamed(without, error).is_some() => {
            Some(format!("without {}", blamed(without, error)?))
        }
        Fix::Instead { without: "", with: "", .. } => None,
        Fix::Instead { without, with, call } if without.split(' ').count() + with.split(' ').count() > 8 => {
            // The same program with quite other words is another try, not a fix.
            let shape = super::super::shell::main_shape(call)?;
            (shape != night.text(failed.shape)).then(|| format!("instead {shape}"))
        }
        Fix::Instead { without, with, .. } => Some(format!("instead -{without} +{with}")),
        Fix::After { step } => Some(format!("after {}", step?.to_lowercase())),
        Fix::Said { text } => Some(format!("said {}", words::stems(text).join(" "))),
    }
}

fn best_fix<'a>(group: &Group<'_, 'a>, usual: &FailureRow) -> Option<Found<'a>> {
    let night = group.night;
    let alike = |failure: &FailureRow| failure.shape == usual.shape;
    let many = group.members.iter().filter(|failure| alike(failure)).count() >= 2;
    let mut keys: Map<_, Option<String>> = Map::default();
    let mut found: BTreeMap<String, (BTreeSet<u32>, Fix<'a>, &'a FailureRow)> = BTreeMap::new();
    for failure in group.members.iter().filter(|failure| !many || alike(failure)) {
        let Some(fix) = group.fix(failure) else { continue };
        // All that decides it, since most say the same.
        let FixRow { sort, call, without, with, .. } = failure.fix;
        let of = (failure.error, failure.shape, sort.get(), [call, without, with]);
        let Some(key) = keys.entry(of).or_insert_with(|| fix_key(night, fix, failure)) else { continue };
        let entry = found.entry(key.clone()).or_insert_with(|| (BTreeSet::new(), fix, *failure));
        entry.0.insert(failure.spot.session);
    }
    let best = found.into_iter().max_by_key(|(key, (sessions, fix, _))| {
        (sessions.len(), matches!(fix, Fix::Said { .. }), std::cmp::Reverse(key.clone()))
    })?;
    let (_, (agreed, fix, failed)) = best;
    let enough = agreed.len() * 4 >= group.sessions() && (agreed.len() >= 2 || matches!(fix, Fix::Said { .. }));
    enough.then_some(Found { fix, failed, sessions: agreed.len() })
}

/// The single word of a command that the fix leaves out.
fn left_out(fix: &Found<'_>) -> Option<String> {
    match fix.fix {
        Fix::Instead { without, with: "", .. } if !without.contains(' ') && without.len() > 1 => {
            Some(without.to_owned())
        }
        _ => None,
    }
}

/// Usefulness; `None` for what teaches nothing.
fn rank(lesson: &Lesson<'_, '_>, sessions: u32, all: usize) -> Option<f64> {
    let share = f64::from(sessions) / all.max(1) as f64;
    let often = 0.25 * share.sqrt() + 0.1 * (f64::from(sessions) / 10.0).min(1.0);
    let base = match (lesson.class, lesson.fix.map(|found| found.fix)) {
        (FailureClass::Usage, Some(_)) => 0.65,
        (_, Some(Fix::Said { .. })) => 0.65,
        (FailureClass::Usage, None) => 0.4,
        (FailureClass::Protocol, Some(_)) => 0.45,
        (FailureClass::Other, Some(_)) => 0.4,
        (FailureClass::Check, Some(Fix::After { .. } | Fix::Instead { .. })) => 0.35,
        (FailureClass::Protocol, None) => 0.25,
        (FailureClass::Other, None) => 0.2,
        (FailureClass::Check, None) if lesson.is_hook() => 0.15,
        // It is told, so that it is known, but after all that teaches something: however often it is seen.
        (FailureClass::Check, None) => return (sessions >= 3).then_some(0.1 + 0.1 * share),
        (FailureClass::Cancelled, _) => return (sessions >= 3).then_some(0.05 + 0.05 * share),
    };
    let enough = match lesson.class {
        FailureClass::Check | FailureClass::Other if lesson.fix.is_none() => sessions >= 3,
        _ => true,
    };
    enough.then_some(base + often)
}
