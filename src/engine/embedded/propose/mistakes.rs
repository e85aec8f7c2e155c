//! Mistakes that recur: failures of one signature in several sessions, with the fix that most of them found.

use super::Night;
use super::directives::counted;
use super::draft::{Draft, Seen, by_support, distinct, gather, of, support};
use super::lesson::{Lesson, blamed};
use super::rules::Rules;
use crate::model::Kind;
use crate::phase::Reflection;
use crate::phase::reflection::{Failure, FailureClass, Fix};
use crate::text::{Scrubbed, words};
use std::collections::{BTreeMap, BTreeSet};

/// What the signature of a wrong name of a program has in it.
pub const OF_PROGRAM: &str = " of ";

/// The failures of one signature.
pub struct Group<'a> {
    pub members: Vec<(Seen<'a>, &'a Failure)>,
}

/// A fix that several failures found, in the words of its most usual instance.
pub struct Found<'a> {
    pub fix: &'a Fix,
    pub failed: &'a Failure,
    pub sessions: usize,
    pub session: &'a Reflection,
}

impl<'a> Group<'a> {
    pub fn sessions(&self) -> usize {
        distinct(self.members.iter().map(|(seen, _)| seen.session).collect())
    }

    /// The names that its errors call unknown, the one of most sessions first.
    pub fn names(&self) -> Vec<(&'a str, usize)> {
        let mut by_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (seen, failure) in self.members.iter().filter(|(_, failure)| !failure.name.is_empty()) {
            by_name.entry(&failure.name).or_default().insert(seen.session.session.as_str());
        }
        let mut names: Vec<(&str, usize)> = by_name.into_iter().map(|(name, of)| (name, of.len())).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        names
    }

    /// Whether its errors are about different names of one program.
    pub fn is_mixed(&self) -> bool {
        self.members.iter().all(|(_, failure)| failure.signature.contains(OF_PROGRAM)) && self.names().len() > 1
    }

    /// The places to cite first: those of the very same case, where several sessions met it.
    fn same_case(&self) -> Vec<Seen<'a>> {
        let mut cases: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for (seen, failure) in &self.members {
            cases.entry(failure.case).or_default().insert(seen.session.session.as_str());
        }
        let most = cases.iter().max_by_key(|(case, sessions)| (sessions.len(), std::cmp::Reverse(**case)));
        let Some((case, _)) = most.filter(|(_, sessions)| sessions.len() > 1) else { return Vec::new() };
        self.members.iter().filter(|(_, failure)| failure.case == *case).map(|(seen, _)| *seen).collect()
    }
}

pub fn drafts<'a>(night: &Night<'a>) -> Vec<Draft<'a>> {
    let mut groups: BTreeMap<&str, Group<'a>> = BTreeMap::new();
    for (seen, failure) in gather(night, |session| &session.failures, |failure| &failure.cite) {
        groups.entry(&failure.signature).or_insert_with(|| Group { members: Vec::new() }).members.push((seen, failure));
    }
    let rules = Rules::new(night);
    let named = groups.into_iter().flat_map(|(signature, group)| by_name(night, signature, group));
    let joined = joined(named.collect());
    joined.iter().filter_map(|(signature, group)| draft(night, &rules, signature, group)).collect()
}

/// A wrong name that enough sessions used is a mistake of its own; the others of the same program are one together.
fn by_name<'a>(night: &Night<'a>, signature: &str, group: Group<'a>) -> Vec<(String, Group<'a>)> {
    if !group.is_mixed() {
        return vec![(signature.to_owned(), group)];
    }
    let often = group.names().into_iter().filter(|(_, sessions)| *sessions >= night.support().max(2));
    let often: BTreeSet<&str> = often.map(|(name, _)| name).collect();
    let mut parts: BTreeMap<String, Group<'a>> = BTreeMap::new();
    for (seen, failure) in group.members {
        let own = often.get(failure.name.as_str()).map_or(String::new(), |name| format!(" {name}"));
        let part = parts.entry(format!("{signature}{own}")).or_insert_with(|| Group { members: Vec::new() });
        part.members.push((seen, failure));
    }
    parts.into_iter().collect()
}

/// What an error that gives advice is about, by its stems.
struct Advised {
    about: BTreeSet<String>,
    signature: String,
}

/// Errors of one tool that give the same advice about the same thing in other words are one.
fn joined<'a>(groups: BTreeMap<String, Group<'a>>) -> BTreeMap<String, Group<'a>> {
    let mut advised: BTreeMap<(&str, String), Vec<Advised>> = BTreeMap::new();
    let mut joined: BTreeMap<String, Group<'a>> = BTreeMap::new();
    for (signature, group) in groups {
        let (_, failure) = group.members[0];
        let advice = failure.error.trim_end_matches('.').rsplit_once(". ").filter(|(_, last)| last.contains(' '));
        let Some((what, last)) = advice.filter(|_| failure.class == FailureClass::Protocol) else {
            joined.insert(signature, group);
            continue;
        };
        let about: BTreeSet<String> = words::stems(what).into_iter().collect();
        let same = advised.entry((&failure.tool, last.to_lowercase())).or_default();
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

fn draft<'a>(night: &Night<'a>, rules: &Rules<'_, 'a>, signature: &str, group: &Group<'a>) -> Option<Draft<'a>> {
    let seen: Vec<Seen<'a>> = group.members.iter().map(|(seen, _)| *seen).collect();
    let support = support(&seen);
    if (support.sessions as usize) < night.support().max(2) {
        return None;
    }
    let class = group.members.iter().map(|(_, failure)| failure.class).min()?;
    let usual = usual(group)?;
    let fix = best_fix(group, usual);
    let texts = night.situation.memory.texts;
    let lesson = Lesson { signature, group, class, usual, fix: fix.as_ref(), texts };
    let rule = rules.contradicted(&lesson);
    let often = format!("Seen in {} sessions.", of(support.sessions as usize, night.sessions.len()));
    let gist = [lesson.what(), lesson.works(), rule.as_ref().map_or(String::new(), |rule| rule.sentence())];
    let gist = gist.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let mut draft = Draft::new(Kind::Mistake, format!("mistake {signature}"), format!("{gist} {often}"), seen);
    draft.gist = gist;
    draft.first = group.same_case();
    draft.name = Scrubbed::short(&lesson.name(), 60).into_string();
    draft.subject = Scrubbed::short(&lesson.subject(), 60).into_string();
    draft.description = Scrubbed::short(&lesson.what(), 120).into_string();
    draft.reason = lesson.reason(&counted(support.sessions, support.agents));
    draft.tags = vec![usual.tool.to_lowercase()];
    draft.confidence = by_support(if fix.is_some() { 0.55 } else { 0.4 }, support.sessions);
    draft.rank = rank(&lesson, support.sessions, night.sessions.len())?;
    draft.against = fix.as_ref().and_then(|fix| left_out(fix)).or_else(|| lesson.wrong());
    if let Some(rule) = rule {
        draft.reason.push_str(&rule.reason());
        draft.rank = (draft.rank + 0.1).min(0.99);
    }
    Some(draft)
}

/// The failure that stands for the group: its most usual command, the earliest of those.
fn usual<'a>(group: &Group<'a>) -> Option<&'a Failure> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (_, failure) in &group.members {
        *counts.entry((&failure.shape, &failure.call)).or_default() += 1;
    }
    let most = counts
        .iter()
        .max_by_key(|(call, n)| (**n, std::cmp::Reverse(call.1.len()), std::cmp::Reverse(**call)))
        .map(|(call, _)| *call)?;
    group
        .members
        .iter()
        .map(|(_, failure)| *failure)
        .find(|failure| (failure.shape.as_str(), failure.call.as_str()) == most)
}

/// What names a fix whatever its instance.
fn fix_key(fix: &Fix, failed: &Failure) -> Option<String> {
    match fix {
        Fix::Instead { without, .. } if blamed(without, &failed.error).is_some() => {
            Some(format!("without {}", blamed(without, &failed.error)?))
        }
        Fix::Instead { without, with, .. } if without.is_empty() && with.is_empty() => None,
        Fix::Instead { without, with, call, .. } if without.split(' ').count() + with.split(' ').count() > 8 => {
            // The same program with quite other words is another try, not a fix.
            let shape = super::super::shell::main_shape(call)?;
            (shape != failed.shape).then(|| format!("instead {shape}"))
        }
        Fix::Instead { without, with, .. } => Some(format!("instead -{without} +{with}")),
        Fix::After { steps, .. } if steps.is_empty() => None,
        Fix::After { steps, .. } => Some(format!("after {}", steps.last()?.to_lowercase())),
        Fix::Said { text, .. } => Some(format!("said {}", crate::text::words::stems(text).join(" "))),
    }
}

fn best_fix<'a>(group: &Group<'a>, usual: &Failure) -> Option<Found<'a>> {
    let alike = |failure: &Failure| failure.shape == usual.shape;
    let many = group.members.iter().filter(|(_, failure)| alike(failure)).count() >= 2;
    let mut found: BTreeMap<String, (BTreeSet<&'a str>, &'a Fix, &'a Failure, &'a Reflection)> = BTreeMap::new();
    for (seen, failure) in &group.members {
        let Some(fix) = &failure.fix else { continue };
        let Some(key) = fix_key(fix, failure).filter(|_| !many || alike(failure)) else { continue };
        let entry = found.entry(key).or_insert_with(|| (BTreeSet::new(), fix, failure, seen.session));
        entry.0.insert(seen.session.session.as_str());
    }
    let best = found.into_iter().max_by_key(|(key, (sessions, fix, ..))| {
        (sessions.len(), matches!(fix, Fix::Said { .. }), std::cmp::Reverse(key.clone()))
    })?;
    let (_, (agreed, fix, failed, session)) = best;
    let enough = agreed.len() * 4 >= group.sessions() && (agreed.len() >= 2 || matches!(fix, Fix::Said { .. }));
    enough.then_some(Found { fix, failed, sessions: agreed.len(), session })
}

/// The single word of a command that the fix leaves out.
fn left_out(fix: &Found<'_>) -> Option<String> {
    match fix.fix {
        Fix::Instead { without, with, .. } if with.is_empty() && !without.contains(' ') && without.len() > 1 => {
            Some(without.clone())
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
