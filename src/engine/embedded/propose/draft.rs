//! A belief before it is compared with memory: its words, its evidence, and how useful it is.

use super::{Map, Night};
use crate::model::{Belief, Confidence, Evidence, Kind, Support};
use crate::phase::Reflection;
use crate::phase::reflection::Cite;
use crate::text::Scrubbed;
use crate::text::probe::Word;
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashSet};
use std::hash::{Hash, Hasher};

/// How many pieces of evidence a proposal cites.
const CITED: usize = 5;
/// Up to how many are others cited beside those that show it best.
const ENOUGH: usize = 3;

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
    /// Those of `seen` that show it best, cited before the others.
    pub first: Vec<Seen<'a>>,
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

/// What was proposed before and is not proposed again: nothing that it says is news.
pub struct Answered<'a> {
    pub text: &'a str,
    /// By which it is found.
    pub words: Vec<Word>,
}

impl<'a> Draft<'a> {
    pub fn new(kind: Kind, canonical: String, text: String, seen: Vec<Seen<'a>>) -> Self {
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

    pub fn support(&self) -> Support {
        support(&self.seen)
    }

    pub fn newest(&self) -> Option<DateTime<Utc>> {
        self.seen.iter().map(|seen| seen.cite.time).max()
    }

    /// Up to five pieces of evidence, spread over the sessions, the oldest and the newest among them.
    pub fn evidence(&self) -> Vec<Evidence> {
        let mut sessions = BTreeSet::new();
        let mut cited: Vec<&Seen<'_>> = Vec::new();
        let mut more: Vec<&Seen<'_>> = Vec::new();
        for (pool, limit) in [(&self.first, CITED), (&self.seen, if self.first.is_empty() { CITED } else { ENOUGH })] {
            let mut fresh: Vec<&Seen<'_>> = Vec::new();
            for seen in pool {
                if sessions.insert(&seen.session.session) { fresh.push(seen) } else { more.push(seen) }
            }
            cited.extend(spread(&fresh, limit.saturating_sub(cited.len())));
        }
        let place = |seen: &Seen<'_>| (seen.session.session.clone(), seen.cite.place.clone(), seen.cite.quote.clone());
        let mut places: BTreeSet<_> = cited.iter().map(|seen| place(seen)).collect();
        more.retain(|seen| places.insert(place(seen)));
        let room = if self.first.is_empty() { CITED } else { ENOUGH }.saturating_sub(cited.len());
        cited.extend(more.into_iter().take(room));
        cited.sort_by_key(|seen| (seen.cite.time, &seen.session.session, seen.cite.place.clone()));
        cited.into_iter().map(|seen| seen.session.evidence(seen.cite)).collect()
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
pub fn support<'s, 'a: 's>(seen: impl IntoIterator<Item = &'s Seen<'a>>) -> Support {
    let (mut sessions, mut agents): (Vec<&Reflection>, HashSet<_>) = (Vec::new(), HashSet::new());
    for seen in seen {
        // What is seen comes session by session, and most of it from one agent.
        if sessions.last().is_none_or(|last| last.agent != seen.session.agent) {
            agents.insert(&seen.session.agent);
        }
        sessions.push(seen.session);
    }
    Support { sessions: distinct(sessions) as u32, agents: agents.len() as u32 }
}

/// How many sessions these are, each counted once: a night has one reflection of each.
pub fn distinct(mut sessions: Vec<&Reflection>) -> usize {
    let place = |session: &&Reflection| std::ptr::from_ref(*session);
    sessions.sort_unstable_by_key(place);
    sessions.dedup_by_key(|session| place(session));
    sessions.len()
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
    // With its time, so that no two are looked up to compare them.
    let mut all: Vec<(DateTime<Utc>, Seen<'a>, &'a T)> = Vec::new();
    for &session in &night.sessions {
        let seen = |item| Seen { session, cite: cite(item) };
        all.extend(of(session).iter().map(|item| (cite(item).time, seen(item), item)));
    }
    let place = |seen: &Seen<'a>| (&seen.session.session, &seen.cite.place);
    all.sort_by(|(time, a, _), (other, b, _)| time.cmp(other).then_with(|| place(a).cmp(&place(b))));
    // Of each line the session that had it first.
    let mut first: Map<Line<'a>, &Reflection> = Map::default();
    let mut is_first = |seen: &Seen<'a>| {
        let Some(uid) = seen.cite.uid.as_deref() else { return true };
        let line = Line { uid, quote: &seen.cite.quote };
        std::ptr::eq(*first.entry(line).or_insert(seen.session), seen.session)
    };
    all.into_iter().map(|(_, seen, item)| (seen, item)).filter(|(seen, _)| is_first(seen)).collect()
}

/// A line of a transcript, wherever it was copied to.
#[derive(PartialEq, Eq)]
struct Line<'a> {
    uid: &'a str,
    quote: &'a str,
}

impl Hash for Line<'_> {
    /// A line has few quotes, and they are long.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.uid, self.quote.len()).hash(state);
    }
}

/// The most useful first; the order of sessions plays no part.
pub fn ordered(drafts: Vec<Draft<'_>>) -> Vec<Draft<'_>> {
    let mut all: Vec<(u32, Draft<'_>)> = drafts.into_iter().map(|draft| (draft.support().sessions, draft)).collect();
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
