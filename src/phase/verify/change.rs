//! A change commit's message held against the format: every trailer there, once, well formed, and agreeing with the
//! others. Pure.

use super::{Finding, finding};
use crate::model::evidence::Cited;
use crate::model::{BeliefKey, ChangeType, DreamId, NotePath, ObjectId, Phase, RetireReason, Support, Trailers};
use crate::phase::memory::MEMORY;
use crate::phase::settle::CITED;
use std::collections::BTreeSet;

/// What to do about a commit that does not say what it should.
pub(super) const FORGED: &str =
    "the commit was altered or made by hand: see 'git show'; revert it if nobody vouches for it";

/// A change as its trailers state it.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub dream: DreamId,
    pub key: BeliefKey,
    pub change: ChangeType,
    pub phase: Phase,
    pub path: Option<NotePath>,
    pub support: Option<Support>,
    /// A reviewer reworded it.
    pub edited: bool,
}

/// Reads the trailers of a change; what is missing, doubled or malformed goes to `wrong`. `None` when too little is
/// left to check anything else.
pub(super) fn read(trailers: &Trailers, commit: ObjectId, wrong: &mut Vec<Finding>) -> Option<Claim> {
    let mut reader = Reader { trailers, commit, wrong };
    let dream = reader.one("Dream-Id", |value| DreamId::new(value).ok());
    let phase = reader.one("Dream-Phase", |value| value.parse::<Phase>().ok());
    let change = reader.one("Dream-Change", |value| value.parse::<ChangeType>().ok());
    let key = reader.one("Dream-Key", |value| BeliefKey::new(value).ok());
    let support = reader.one("Dream-Support", Support::parse);
    reader.one("Dream-Confidence", |value| value.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value)));
    let path = trailers.get("Dream-Path").and_then(|_| reader.one("Dream-Path", |value| NotePath::new(value).ok()));
    let (dream, phase, change, key) = (dream?, phase?, change?, key?);
    if change == ChangeType::Retire {
        reader.one("Dream-Reason", |value| value.parse::<RetireReason>().ok());
    }
    if phase_of(change) != phase {
        reader.wrong(format!("a change of type {change} belongs to {}, not to {phase}", phase_of(change)));
    }
    let edited = trailers.get("Dream-Edited-By").is_some();
    Some(Claim { dream, key, change, phase, path, support, edited })
}

/// The evidence that trailers name; what is no evidence goes to `wrong`.
pub(super) fn evidence(trailers: &Trailers, commit: ObjectId, wrong: &mut Vec<Finding>) -> Vec<Cited> {
    let mut cited = Vec::new();
    for value in trailers.all("Evidence") {
        match Cited::parse(value) {
            Some(one) => cited.push(one),
            None => wrong.push(trailer(commit, format!("'Evidence: {value}' names no place in a session"))),
        }
    }
    if trailers.get("Evidence").is_none() {
        wrong.push(trailer(commit, "the trailer Evidence is missing".to_owned()));
    }
    cited
}

/// Whether support and evidence agree. Support counts sessions that agree; at most [`CITED`] of them are cited, so
/// fewer than that are all there are.
pub(super) fn support(claim: &Claim, cited: &[Cited], commit: ObjectId) -> Option<Finding> {
    let support = claim.support?;
    let sessions: BTreeSet<&str> =
        cited.iter().map(|one| one.session.as_str()).filter(|session| *session != MEMORY).collect();
    let (said, named) = (support.sessions as usize, sessions.len());
    let memory = named == 0;
    let detail = if said < named || (said > named && cited.len() < CITED && !memory) {
        format!("Dream-Support says {}, the evidence names {named}", crate::phase::verify::count(said, "session"))
    } else if support.agents > support.sessions || (support.agents == 0 && !memory) {
        format!("Dream-Support says {said} sessions of {} agents", support.agents)
    } else {
        return None;
    };
    Some(finding("support", commit, detail, FORGED))
}

/// The phase in which a change of this type is made.
fn phase_of(change: ChangeType) -> Phase {
    match change {
        ChangeType::Add => Phase::Extract,
        ChangeType::Retire => Phase::Prune,
        _ => Phase::Reconcile,
    }
}

fn trailer(commit: ObjectId, detail: String) -> Finding {
    finding("trailers", commit, detail, FORGED)
}

struct Reader<'a> {
    trailers: &'a Trailers,
    commit: ObjectId,
    wrong: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    fn wrong(&mut self, detail: String) {
        self.wrong.push(trailer(self.commit, detail));
    }

    fn one<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let values: Vec<&str> = self.trailers.all(key).collect();
        match values[..] {
            [] => self.wrong(format!("the trailer {key} is missing")),
            [value] => match parse(value) {
                Some(value) => return Some(value),
                None => self.wrong(format!("'{key}: {value}' is not what {key} may say")),
            },
            _ => self.wrong(format!("the trailer {key} stands there {} times", values.len())),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Dream-Id: 2026-05-06-k3f9\nDream-Phase: extract\nDream-Change: add\nDream-Key: 0123abcd\n\
        Dream-Path: notes/a.md\nDream-Support: 1 session, 1 agent\nDream-Confidence: 0.80\n\
        Evidence: s@9f3c2a7b10de#L1 user";

    fn wrong(block: &str) -> Vec<String> {
        let trailers = Trailers::parse_block(block).expect("trailers");
        let mut found = Vec::new();
        let claim = read(&trailers, ObjectId::ZERO, &mut found);
        let cited = evidence(&trailers, ObjectId::ZERO, &mut found);
        found.extend(claim.and_then(|claim| support(&claim, &cited, ObjectId::ZERO)));
        found.into_iter().map(|finding| finding.detail).collect()
    }

    #[test]
    fn a_well_formed_change_is_right() {
        assert_eq!(wrong(GOOD), Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_doubled_malformed_or_at_odds_is_said() {
        let cases = [
            ("Dream-Key: 0123abcd\n", "", "the trailer Dream-Key is missing"),
            (
                "Dream-Confidence: 0.80",
                "Dream-Confidence: 1.80",
                "'Dream-Confidence: 1.80' is not what Dream-Confidence may say",
            ),
            (
                "Dream-Key: 0123abcd",
                "Dream-Key: 0123abcd\nDream-Key: 0123abce",
                "the trailer Dream-Key stands there 2 times",
            ),
            ("extract", "prune", "a change of type add belongs to extract, not to prune"),
            ("1 session, 1 agent", "3 sessions, 1 agent", "Dream-Support says 3 sessions, the evidence names 1"),
            ("1 session, 1 agent", "1 session, 4 agents", "Dream-Support says 1 sessions of 4 agents"),
            ("#L1 user", "#L0 user", "'Evidence: s@9f3c2a7b10de#L0 user' names no place in a session"),
            ("Dream-Change: add", "Dream-Change: retire", "the trailer Dream-Reason is missing"),
        ];
        for (old, new, said) in cases {
            let found = wrong(&GOOD.replace(old, new));
            assert!(found.iter().any(|detail| detail == said), "{new}: {found:?}");
        }
    }
}
