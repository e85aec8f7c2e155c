//! Mistakes that recur: failures of one signature in several sessions, with the fix that most of them found.

use super::Night;
use super::directives::counted;
use super::draft::{Draft, Seen, by_support, gather, of, support};
use crate::model::Kind;
use crate::phase::reflection::{Failure, FailureClass, Fix};
use crate::text::{Scrubbed, words};
use std::collections::{BTreeMap, BTreeSet};

struct Group<'a> {
    members: Vec<(Seen<'a>, &'a Failure)>,
}

/// A fix that several failures found, in the words of its most usual instance.
struct Found<'a> {
    fix: &'a Fix,
    failed: &'a Failure,
    sessions: usize,
    session: &'a str,
}

pub fn drafts<'a>(night: &Night<'a>) -> Vec<Draft<'a>> {
    let mut groups: BTreeMap<&str, Group<'a>> = BTreeMap::new();
    for (seen, failure) in gather(night, |session| &session.failures, |failure| &failure.cite) {
        groups.entry(&failure.signature).or_insert_with(|| Group { members: Vec::new() }).members.push((seen, failure));
    }
    groups.into_iter().filter_map(|(signature, group)| draft(night, signature, &group)).collect()
}

fn draft<'a>(night: &Night<'a>, signature: &str, group: &Group<'a>) -> Option<Draft<'a>> {
    let seen: Vec<Seen<'a>> = group.members.iter().map(|(seen, _)| *seen).collect();
    let support = support(&seen);
    if (support.sessions as usize) < night.support().max(2) {
        return None;
    }
    let class = group.members.iter().map(|(_, failure)| failure.class).min()?;
    let usual = usual(group)?;
    let fix = best_fix(group, usual);
    let rank = rank(class, fix.as_ref(), support.sessions, night.sessions.len())?;
    let what = what_fails(usual, class, group);
    let missing = signature.split_once(": absent ").map(|(_, name)| name).filter(|name| !name.is_empty());
    let what = missing.map_or(what, |name| format!("`{name}` does not exist there: {}", quoted(&usual.error)));
    let found = missing.and_then(|name| elsewhere(name, group));
    let works = match (found, &fix) {
        (Some(place), _) => format!("It is `{place}`."),
        (None, Some(fix)) => what_works(fix, group),
        (None, None) => String::new(),
    };
    let often = format!("Seen in {} sessions.", of(support.sessions as usize, night.sessions.len()));
    let gist = format!("{what} {works}").trim().to_owned();
    let mut draft = Draft::new(Kind::Mistake, format!("mistake {signature}"), format!("{gist} {often}"), seen);
    draft.gist = gist;
    draft.name = Scrubbed::short(&short_name(usual, class), 60).into_string();
    draft.subject = Scrubbed::short(&subject(usual, class, fix.as_ref()), 60).into_string();
    draft.description = Scrubbed::short(&what, 120).into_string();
    draft.reason = reason(&support_words(support), fix.as_ref(), class);
    draft.tags = vec![usual.tool.to_lowercase()];
    draft.confidence = by_support(if fix.is_some() { 0.55 } else { 0.4 }, support.sessions);
    draft.rank = rank;
    draft.against = fix.as_ref().and_then(|fix| left_out(fix));
    if let Some(rule) = draft.against.as_ref().and_then(|word| loaded_rule(night, word)) {
        draft.reason.push_str(&format!(" Sessions loaded a rule that asks for it: \"{rule}\"."));
        draft.rank = (draft.rank + 0.1).min(0.99);
    }
    Some(draft)
}

/// A rule that sessions loaded and that asks for the word that has to be left out.
fn loaded_rule<'a>(night: &Night<'a>, word: &str) -> Option<&'a str> {
    let asks = |rule: &&'a String| {
        let lower = rule.to_lowercase();
        words::words(rule).any(|known| known == word)
            && ["always", "prefix", "must"].iter().any(|mark| lower.contains(mark))
    };
    night.sessions.iter().flat_map(|session| &session.rules).filter(asks).min().map(String::as_str)
}

fn support_words(support: crate::model::Support) -> String {
    counted(support.sessions, support.agents)
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
        Fix::After { steps, .. } => Some(format!("after {}", steps.last()?)),
        Fix::Said { text, .. } => Some(format!("said {}", crate::text::words::stems(text).join(" "))),
    }
}

/// The word that the error names and the fix leaves out.
fn blamed<'a>(without: &'a str, error: &str) -> Option<&'a str> {
    let quoted = |word: &&str| {
        ["'", "\"", "`"].iter().any(|mark| error.contains(&format!("{mark}{word}{mark}")))
            || error.ends_with(&format!(" {word}"))
    };
    without.split(' ').filter(|word| word.len() > 1).find(quoted)
}

fn best_fix<'a>(group: &Group<'a>, usual: &Failure) -> Option<Found<'a>> {
    let alike = |failure: &Failure| failure.shape == usual.shape;
    let many = group.members.iter().filter(|(_, failure)| alike(failure)).count() >= 2;
    let mut found: BTreeMap<String, (BTreeSet<&'a str>, &'a Fix, &'a Failure)> = BTreeMap::new();
    for (seen, failure) in &group.members {
        let Some(fix) = &failure.fix else { continue };
        let Some(key) = fix_key(fix, failure).filter(|_| !many || alike(failure)) else { continue };
        found.entry(key).or_insert_with(|| (BTreeSet::new(), fix, failure)).0.insert(seen.session.session.as_str());
    }
    let sessions: BTreeSet<&str> = group.members.iter().map(|(seen, _)| seen.session.session.as_str()).collect();
    let best = found.into_iter().max_by_key(|(key, (sessions, fix, _))| {
        (sessions.len(), matches!(fix, Fix::Said { .. }), std::cmp::Reverse(key.clone()))
    })?;
    let (_, (agreed, fix, failed)) = best;
    let enough = agreed.len() * 4 >= sessions.len() && (agreed.len() >= 2 || matches!(fix, Fix::Said { .. }));
    let session = agreed.iter().next().copied()?;
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

/// Where a thing that was not where it was looked for turned out to be.
fn elsewhere<'a>(name: &str, group: &Group<'a>) -> Option<&'a str> {
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let words = group.members.iter().filter_map(|(_, failure)| match &failure.fix {
        Some(Fix::Instead { with, .. }) => Some(with.split(' ')),
        _ => None,
    });
    words.flatten().find(|word| base(word) == base(name) && *word != name && word.contains('/'))
}

/// The call as the note names it: the tool alone where the calls of a group have nothing else in common.
fn named(usual: &Failure, group: &Group<'_>) -> String {
    let same = group.members.iter().filter(|(_, failure)| failure.call == usual.call).count();
    match usual.shape.as_str() {
        "" if same * 2 <= group.members.len() => usual.tool.clone(),
        shape if !shape.is_empty() && same * 3 <= group.members.len() => format!("{shape} …"),
        _ => usual.call.clone(),
    }
}

fn what_fails(usual: &Failure, class: FailureClass, group: &Group<'_>) -> String {
    let same = group.members.iter().filter(|(_, failure)| failure.error == usual.error).count();
    let error = if same * 2 >= group.members.len() { usual.error.clone() } else { general(&usual.error) };
    let error = Scrubbed::short(&error, 140).into_string();
    match class {
        FailureClass::Check => {
            let shape = if usual.shape.is_empty() { &usual.call } else { &usual.shape };
            match usual.error.strip_prefix("$ ").or(usual.error.strip_prefix("> ")) {
                Some(echo) if echo != shape => format!("`{shape}` (it runs `{echo}`) often fails at first."),
                _ => format!("`{shape}` often fails at first."),
            }
        }
        FailureClass::Cancelled => format!(
            "Parallel calls are cancelled when one of them fails: {} Make a call that may fail alone, and repeat the cancelled ones.",
            quoted(&error)
        ),
        _ => format!("`{}` fails: {}", named(usual, group), quoted(&error)),
    }
}

/// An error of which every instance names something else.
fn general(error: &str) -> String {
    let text = super::super::signature::abstracted(error);
    ["<name>", "<path>", "<id>", "<n>", "<url>"].iter().fold(text, |text, mark| text.replace(mark, "…"))
}

fn quoted(error: &str) -> String {
    let error = error.trim_end_matches('.');
    if error.contains('"') { format!("`{}`.", error.replace('`', "'")) } else { format!("\"{error}\".") }
}

fn what_works(found: &Found<'_>, group: &Group<'_>) -> String {
    let sessions: BTreeSet<&str> = group.members.iter().map(|(seen, _)| seen.session.session.as_str()).collect();
    let often = of(found.sessions, sessions.len());
    match found.fix {
        Fix::Instead { call, without, with, .. } => {
            let call = Scrubbed::short(call, 120);
            let how = match (without.as_str(), with.as_str()) {
                (without, _) if blamed(without, &found.failed.error).is_some() => {
                    format!(", without `{}`", blamed(without, &found.failed.error).unwrap_or_default())
                }
                ("", with) if with == call.as_str() => String::new(),
                (without, "") if without.len() < 60 => format!(", without `{without}`"),
                ("", with) if with.len() < 60 => format!(", with `{with}`"),
                (without, with) if without.len() + with.len() < 80 => {
                    format!(", with `{with}` in place of `{without}`")
                }
                _ => String::new(),
            };
            match (call.as_str().chars().count() > 80, how.strip_prefix(", ")) {
                (true, Some(how)) => format!("What works: the same {how} ({often} times)."),
                _ => format!("What works instead: `{call}`{how} ({often} times)."),
            }
        }
        Fix::After { steps, .. } => {
            let step = steps.last().map(String::as_str).unwrap_or_default();
            match step.strip_suffix(" of the same file") {
                Some(tool) => format!("What works: `{tool}` the same file first, then call again ({often} times)."),
                None => format!("What works: run `{step}` first, then call again ({often} times)."),
            }
        }
        Fix::Said { text, .. } => format!("The person's correction: \"{}\"", Scrubbed::short(text, 160)),
    }
}

fn short_name(usual: &Failure, class: FailureClass) -> String {
    match class {
        FailureClass::Check if !usual.shape.is_empty() => format!("{} fails at first", usual.shape),
        FailureClass::Cancelled => "parallel calls are cancelled when one fails".to_owned(),
        FailureClass::Protocol => format!("{}: {}", usual.tool, usual.error),
        _ if !usual.shape.is_empty() => format!("{} fails: {}", usual.shape, usual.error),
        _ => format!("{} fails: {}", usual.tool, usual.error),
    }
}

fn subject(usual: &Failure, class: FailureClass, fix: Option<&Found<'_>>) -> String {
    let what = if usual.shape.is_empty() { &usual.call } else { &usual.shape };
    match fix.map(|found| found.fix) {
        Some(Fix::Instead { call, .. }) => {
            let instead = super::super::shell::main_shape(call).unwrap_or_else(|| call.clone());
            if instead == *what { format!("{what}: {}", usual.error) } else { format!("{what} fails; use {instead}") }
        }
        Some(Fix::After { steps, .. }) => {
            format!("{what} fails; first {}", steps.last().map(String::as_str).unwrap_or_default())
        }
        _ => short_name(usual, class),
    }
}

fn reason(support: &str, fix: Option<&Found<'_>>, class: FailureClass) -> String {
    let told = match fix {
        Some(found) => format!(
            "The fix is what worked next in {} (first in session {}, after `{}`)",
            if found.sessions == 1 { "1 session".to_owned() } else { format!("{} sessions", found.sessions) },
            found.session,
            Scrubbed::short(&found.failed.call, 60)
        ),
        None => "No fix was found that several sessions share".to_owned(),
    };
    let rule = match class {
        FailureClass::Check => "the same check fails in several sessions",
        FailureClass::Cancelled => "calls cancelled with another one",
        _ => "the same error signature in several sessions",
    };
    format!("Rule: {rule} ({support}). {told}.")
}

/// Usefulness; `None` for what teaches nothing.
fn rank(class: FailureClass, fix: Option<&Found<'_>>, sessions: u32, all: usize) -> Option<f64> {
    let share = f64::from(sessions) / all.max(1) as f64;
    let often = 0.25 * share.sqrt() + 0.1 * (f64::from(sessions) / 10.0).min(1.0);
    let base = match (class, fix.map(|found| found.fix)) {
        (FailureClass::Usage, Some(_)) => 0.65,
        (_, Some(Fix::Said { .. })) => 0.65,
        (FailureClass::Usage, None) => 0.4,
        (FailureClass::Protocol, Some(_)) => 0.45,
        (FailureClass::Other, Some(_)) => 0.4,
        (FailureClass::Check, Some(Fix::After { .. } | Fix::Instead { .. })) => 0.35,
        (FailureClass::Protocol, None) => 0.25,
        (FailureClass::Other, None) => 0.2,
        (FailureClass::Check, None) => 0.15,
        (FailureClass::Cancelled, _) => 0.1,
    };
    let enough = match class {
        FailureClass::Cancelled => sessions >= 5,
        FailureClass::Check if fix.is_none() => sessions >= 5,
        FailureClass::Other if fix.is_none() => sessions >= 3,
        _ => true,
    };
    enough.then_some(base + often)
}
