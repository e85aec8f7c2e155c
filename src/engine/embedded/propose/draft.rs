//! A belief before it is compared with memory: its words, its evidence, and how useful it is.

use super::Night;
use crate::model::{Belief, Confidence, Evidence, Kind, Support};
use crate::phase::Reflection;
use crate::phase::reflection::Cite;
use crate::text::Scrubbed;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// How many pieces of evidence a proposal cites.
const CITED: usize = 5;

/// One place in one session.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub session: &'a Reflection,
    pub cite: &'a Cite,
}

/// A belief that the sessions support.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    pub kind: Kind,
    pub canonical: String,
    /// What the belief says without counts: by this it is compared with memory.
    pub gist: String,
    pub text: String,
    pub description: String,
    pub name: String,
    pub subject: String,
    pub reason: String,
    pub tags: Vec<String>,
    pub seen: Vec<Seen<'a>>,
    pub confidence: f64,
    pub explicit: bool,
    /// Usefulness, 0 to 1; a tie is broken by support.
    pub rank: f64,
    /// What it says no longer holds.
    pub ends: Option<String>,
    /// A command word that must be left out, where a rule may ask for it.
    pub against: Option<String>,
    /// Whether another value of the same thing makes the older one void.
    pub exclusive: bool,
}

impl<'a> Draft<'a> {
    pub fn new(kind: Kind, canonical: String, text: String, seen: Vec<Seen<'a>>) -> Self {
        Self {
            kind,
            canonical,
            gist: text.clone(),
            description: Scrubbed::short(&text, 120).into_string(),
            name: Scrubbed::short(&text, 60).into_string(),
            subject: Scrubbed::short(text.trim_end_matches('.'), 60).into_string(),
            text,
            reason: String::new(),
            tags: Vec::new(),
            seen,
            confidence: 0.7,
            explicit: false,
            rank: 0.5,
            ends: None,
            against: None,
            exclusive: false,
        }
    }

    pub fn belief(&self) -> Belief {
        Belief {
            name: self.name.clone(),
            description: self.description.clone(),
            text: self.text.clone(),
            tags: self.tags.clone(),
        }
    }

    /// Whether it says that something changed.
    pub fn updates(&self) -> bool {
        let plain = self.text.to_lowercase().replace(['.', ',', ';', '!', '—'], " ");
        let lower = format!(" {plain} ");
        let marks = [
            " now ",
            " no longer ",
            " moved ",
            " gained ",
            " raised ",
            " lowered ",
            " changed ",
            " instead of ",
            " rather than ",
            " switched ",
            " was moved",
            " dropped ",
            " replaced ",
            " pushed ",
            " postponed ",
            " renamed ",
            " grew ",
            " expanded ",
            " bumped ",
            " upgraded ",
            " increased ",
            " reached ",
            " hit ",
            " went from ",
            " migrat",
            " anymore",
        ];
        self.ends.is_some() || marks.iter().any(|mark| lower.contains(mark))
    }

    pub fn support(&self) -> Support {
        support(&self.seen)
    }

    pub fn newest(&self) -> Option<DateTime<Utc>> {
        self.seen.iter().map(|seen| seen.cite.time).max()
    }

    /// Up to five pieces of evidence, spread over the sessions, the oldest and the newest among them.
    pub fn evidence(&self) -> Vec<Evidence> {
        let mut sessions = BTreeSet::new();
        let mut first: Vec<&Seen<'_>> = Vec::new();
        let mut more: Vec<&Seen<'_>> = Vec::new();
        for seen in &self.seen {
            if sessions.insert(&seen.session.session) { first.push(seen) } else { more.push(seen) }
        }
        let room = CITED.saturating_sub(first.len());
        let mut cited: Vec<&Seen<'_>> =
            spread(&first).into_iter().copied().chain(more.into_iter().take(room)).collect();
        cited.sort_by_key(|seen| (seen.cite.time, &seen.session.session, seen.cite.place.clone()));
        cited.into_iter().map(|seen| seen.session.evidence(seen.cite)).collect()
    }
}

fn spread<T>(all: &[T]) -> Vec<&T> {
    if all.len() <= CITED {
        return all.iter().collect();
    }
    (0..CITED).map(|nth| &all[nth * (all.len() - 1) / (CITED - 1)]).collect()
}

/// Sessions and agents, each counted once.
pub fn support(seen: &[Seen<'_>]) -> Support {
    let sessions: BTreeSet<_> = seen.iter().map(|seen| &seen.session.session).collect();
    let agents: BTreeSet<_> = seen.iter().map(|seen| &seen.session.agent).collect();
    Support { sessions: sessions.len() as u32, agents: agents.len() as u32 }
}

/// Everything of one sort in all sessions, in the order of time; a line copied into a resumed session counts once.
pub fn gather<'a, T>(
    night: &Night<'a>,
    of: impl Fn(&'a Reflection) -> &'a [T],
    cite: impl Fn(&'a T) -> &'a Cite,
) -> Vec<(Seen<'a>, &'a T)>
where
    T: 'a,
{
    let mut all: Vec<(Seen<'a>, &'a T)> = Vec::new();
    for &session in &night.sessions {
        all.extend(of(session).iter().map(|item| (Seen { session, cite: cite(item) }, item)));
    }
    all.sort_by(|(a, _), (b, _)| {
        (a.cite.time, &a.session.session, &a.cite.place).cmp(&(b.cite.time, &b.session.session, &b.cite.place))
    });
    let mut copies: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut sessions: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    all.retain(|(seen, _)| {
        let Some(uid) = seen.cite.uid.as_deref() else { return true };
        let (session, quote) = (seen.session.session.as_str(), seen.cite.quote.as_str());
        if sessions.contains(&(session, uid, quote)) {
            return true;
        }
        sessions.insert((session, uid, quote));
        copies.insert((uid, quote))
    });
    all
}

/// The most useful first; the order of sessions plays no part.
pub fn order(drafts: &mut [Draft<'_>]) {
    drafts.sort_by(|a, b| {
        let support = |draft: &Draft<'_>| draft.support().sessions;
        b.rank
            .total_cmp(&a.rank)
            .then_with(|| support(b).cmp(&support(a)))
            .then_with(|| a.canonical.cmp(&b.canonical))
            .then_with(|| a.text.cmp(&b.text))
    });
}

/// A share in words that a reader can check.
pub fn of(n: usize, m: usize) -> String {
    format!("{n} of {m}")
}

pub fn confidence(value: f64) -> Confidence {
    Confidence::new(value)
}

/// How sure a number of agreeing sessions makes us.
pub fn by_support(base: f64, sessions: u32) -> f64 {
    let more = f64::from(sessions.saturating_sub(1));
    (base + (1.0 - base) * (more / (more + 4.0))).min(0.97)
}
