//! What people said they want, grouped by meaning: a directive in so many words needs one session, a correction as many
//! as settings ask for. Requests are looked at on their own.

use super::Night;
use super::draft::{Draft, Seen, by_support, gather, support};
use crate::model::Kind;
use crate::phase::reflection::{Manner, Said};
use crate::text::{Meaning, Probe, Relation, words};
use std::collections::HashMap;

struct Group<'a> {
    meaning: Meaning,
    members: Vec<(Seen<'a>, &'a Said)>,
    /// A newer directive that says the opposite.
    void: bool,
}

pub fn drafts<'a>(night: &Night<'a>) -> Vec<Draft<'a>> {
    let all = gather(night, |session| &session.said, |said| &said.cite);
    let (requests, directives): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(_, said)| said.manner == Manner::Request);
    let mut drafts: Vec<Draft<'a>> =
        groups(night, directives).into_iter().filter_map(|group| draft(night, group)).collect();
    drafts.extend(super::requests::drafts(night, requests));
    drafts
}

fn groups<'a>(night: &Night<'_>, all: Vec<(Seen<'a>, &'a Said)>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut probe = Probe::new();
    // Where a text went that was said before, as long as the groups are what they were then.
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (seen, said) in all {
        if let Some(at) = known.get(said.text.as_str()) {
            groups[*at].members.push((seen, said));
            continue;
        }
        let meaning = night.situation.memory.texts.meaning(&said.text);
        let near = probe.near(&meaning);
        let mut same = None;
        for at in near {
            match groups[at].meaning.relation(&meaning) {
                Relation::Same | Relation::Contains | Relation::Within if same.is_none() && !groups[at].void => {
                    same = Some(at)
                }
                Relation::Contradicts if !groups[at].void => {
                    groups[at].void = true;
                    known.clear();
                }
                _ => {}
            }
        }
        match same {
            Some(at) => {
                groups[at].members.push((seen, said));
                known.insert(&said.text, at);
            }
            None => {
                known.clear();
                probe.add(&meaning);
                groups.push(Group { meaning, members: vec![(seen, said)], void: false });
            }
        }
    }
    groups
}

/// A message that opens several sessions without a change is a program's prompt.
pub fn is_scripted(members: &[(Seen<'_>, &Said)]) -> bool {
    let first = members.first().and_then(|(_, said)| said.opening);
    members.len() > 1 && first.is_some() && members.iter().all(|(_, said)| said.opening == first)
}

fn draft<'a>(night: &Night<'a>, group: Group<'a>) -> Option<Draft<'a>> {
    if group.void || is_scripted(&group.members) {
        return None;
    }
    let strongest = group.members.iter().map(|(_, said)| said.manner).min()?;
    let seen: Vec<Seen<'a>> = group.members.iter().map(|(seen, _)| *seen).collect();
    let support = support(&seen);
    let explicit = strongest <= Manner::Standing;
    if !explicit && (support.sessions as usize) < night.support() {
        return None;
    }
    let (_, oldest) = group.members.first()?;
    let worded = group.members.iter().rev().filter(|(_, said)| said.manner == strongest).map(|(_, said)| said);
    let best = worded.min_by_key(|said| said.text.chars().count().abs_diff(70))?;
    let tells = crate::engine::embedded::voice::imperative(&best.text).is_some();
    let kind = if !tells && strongest == Manner::Remember {
        Kind::Fact
    } else if is_about_style(&best.text) {
        Kind::Preference
    } else {
        Kind::Workflow
    };
    let mut draft = Draft::new(kind, canonical("directive", &oldest.text), best.text.clone(), seen);
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
    Some(draft)
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
