//! A belief before it is compared with memory: its words, its evidence, and how useful it is.

use super::Night;
use crate::model::Moment;
use crate::model::{Belief, Confidence, Evidence, Kind, Support};
use crate::phase::corpus::{Part, Spot, Text};
use crate::text::Scrubbed;
use crate::text::probe::Word;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// How many pieces of evidence a proposal cites.
const CITED: usize = 5;
/// Up to how many are others cited beside those that show it best.
const ENOUGH: usize = 3;

/// One place in one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub session: u32,
    pub part: Part,
    pub time: Moment,
}

impl Seen {
    pub fn at(spot: &Spot, part: impl Fn(u32) -> Part) -> Self {
        Self { session: spot.session, part: part(spot.nth), time: spot.time }
    }
}

/// A belief that the sessions support.
#[derive(Debug, Clone)]
pub struct Draft {
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
    pub seen: Vec<Seen>,
    /// Those of `seen` that show it best, cited before the others.
    pub first: Vec<Seen>,
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

/// What was proposed before, or stands in memory, and is not proposed again: nothing that it says is news.
pub struct Answered<'a> {
    pub text: &'a str,
    /// By which it is found.
    pub words: Vec<Word>,
}

impl Draft {
    pub fn new(kind: Kind, canonical: String, text: String, seen: Vec<Seen>) -> Self {
        Self {
            kind,
            canonical,
            gist: text.clone(),
            description: Scrubbed::short(&text, 120).into_string(),
            name: Scrubbed::short(&text, 60).into_string(),
            subject: subject(&text),
            text,
            reason: String::new(),
            tags: Vec::new(),
            seen,
            first: Vec::new(),
            confidence: 0.7,
            explicit: false,
            rank: 0.5,
            ends: None,
            against: None,
            exclusive: false,
        }
    }

    /// What it says without counts and examples, as its subject, its name and its description.
    pub fn say(&mut self, gist: &str) {
        let plain = gist.replace('`', "");
        self.gist = format!("{gist}.");
        self.description = Scrubbed::short(gist, 120).into_string();
        self.name = Scrubbed::short(&plain, 60).into_string();
        self.subject = subject(&plain);
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

    pub fn support(&self, night: &Night<'_>) -> Support {
        support(night, &self.seen)
    }

    pub fn newest(&self) -> Option<DateTime<Utc>> {
        self.seen.iter().map(|seen| seen.time).max().map(DateTime::from)
    }

    /// Up to five pieces of evidence, spread over the sessions, the oldest and the newest among them.
    pub fn evidence(&self, night: &Night<'_>) -> Vec<Evidence> {
        let evidence = |seen: &Seen| {
            let reflection = night.reflection(seen.session)?;
            Some(reflection.evidence(night.corpus.cite(&reflection, seen.part)?))
        };
        let mut sessions = BTreeSet::new();
        let (mut cited, mut more): (Vec<&Seen>, Vec<&Seen>) = Default::default();
        for (pool, limit) in [(&self.first, CITED), (&self.seen, if self.first.is_empty() { CITED } else { ENOUGH })] {
            let mut fresh: Vec<&Seen> = Vec::new();
            for seen in pool {
                if sessions.insert(seen.session) { fresh.push(seen) } else { more.push(seen) }
            }
            cited.extend(spread(&fresh, limit.saturating_sub(cited.len())));
        }
        let mut cited: Vec<Evidence> = cited.into_iter().filter_map(evidence).collect();
        let place = |item: &Evidence| (item.session.clone(), item.place.clone(), item.quote.clone());
        let mut places: BTreeSet<_> = cited.iter().map(place).collect();
        let room = if self.first.is_empty() { CITED } else { ENOUGH }.saturating_sub(cited.len());
        let more = more.into_iter().filter_map(evidence).filter(|item| places.insert(place(item)));
        cited.extend(more.take(room));
        cited.sort_by_cached_key(|item| (item.time, item.session.clone(), item.place.clone()));
        cited
    }
}

/// How long a subject may be: what is longer is cut once more when the change is written.
const SUBJECT: usize = 72;

/// A subject that reads as a whole: the sentence, else the part of it before a colon, a semicolon or a comma; cut
/// only where nothing else is left, and never within a quotation.
pub fn subject(text: &str) -> String {
    let line = Scrubbed::line(text).into_string();
    let line = line.trim_end_matches('.');
    if line.chars().count() <= SUBJECT {
        return line.to_owned();
    }
    for mark in [". ", "; ", ": ", ", because ", ", since ", ", as ", ", so ", ", but ", " (", " because ", " so that "]
    {
        let mut ends: Vec<usize> = line.match_indices(mark).map(|(at, _)| at).collect();
        ends.retain(|at| line[..*at].chars().count() <= SUBJECT && is_whole(&line[..*at]));
        if let Some(end) = ends.last().filter(|end| line[..**end].split_whitespace().count() >= 3) {
            return line[..*end].to_owned();
        }
    }
    let short = Scrubbed::short(line, SUBJECT).into_string();
    let body = short.trim_end_matches('…');
    match body.rfind(['"', '`']).filter(|_| !is_whole(body)) {
        Some(at) if at > 20 => format!("{}…", body[..at].trim_end()),
        _ => short,
    }
}

/// Whether no quotation or code is left open.
fn is_whole(text: &str) -> bool {
    ['"', '`'].iter().all(|mark| text.matches(*mark).count() % 2 == 0)
}

/// At most so many, the first and the last among them.
fn spread<'s, T>(all: &[&'s T], room: usize) -> Vec<&'s T> {
    match room {
        _ if all.len() <= room => all.to_vec(),
        0 => Vec::new(),
        1 => vec![all[all.len() - 1]],
        _ => (0..room).map(|nth| all[nth * (all.len() - 1) / (room - 1)]).collect(),
    }
}

/// Sessions and agents, each counted once.
pub fn support<'s>(night: &Night<'_>, seen: impl IntoIterator<Item = &'s Seen>) -> Support {
    support_of(night, seen.into_iter().map(|seen| seen.session).collect())
}

pub fn support_of(night: &Night<'_>, mut sessions: Vec<u32>) -> Support {
    sessions.sort_unstable();
    sessions.dedup();
    let mut agents: Vec<Text> = sessions.iter().map(|at| night.sessions[*at as usize].agent).collect();
    // What happened one after the other is mostly one agent's.
    agents.dedup();
    agents.sort_unstable();
    agents.dedup();
    Support { sessions: sessions.len() as u32, agents: agents.len() as u32 }
}

/// How many sessions these are, each counted once.
pub fn distinct(mut sessions: Vec<u32>) -> usize {
    sessions.sort_unstable();
    sessions.dedup();
    sessions.len()
}

/// The most useful first; the order of sessions plays no part.
pub fn ordered(drafts: Vec<Draft>, night: &Night<'_>) -> Vec<Draft> {
    let mut all: Vec<(u32, Draft)> = drafts.into_iter().map(|draft| (draft.support(night).sessions, draft)).collect();
    all.sort_by(|(a_support, a), (b_support, b)| {
        b.rank
            .total_cmp(&a.rank)
            .then_with(|| b_support.cmp(a_support))
            .then_with(|| a.canonical.cmp(&b.canonical))
            .then_with(|| a.text.cmp(&b.text))
    });
    all.into_iter().map(|(_, draft)| draft).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_whole_sentence_or_a_whole_part_of_one() {
        for (text, wanted) in [
            ("Use pnpm, not npm.", "Use pnpm, not npm"),
            (
                "Run the whole test suite before you push anything, because the pipeline takes an hour and blocks everybody.",
                "Run the whole test suite before you push anything",
            ),
            (
                "Never rewrite the generated client by hand in any of the many services that use it today",
                "Never rewrite the generated client by hand in any of the many services…",
            ),
            (
                "A long call that has a rather long opening fails with \"error: nothing was found in the place\" every time",
                "A long call that has a rather long opening fails with…",
            ),
        ] {
            assert_eq!(subject(text), wanted);
            assert!(subject(text).chars().count() <= SUBJECT);
        }
    }
}
