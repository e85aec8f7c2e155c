//! Nights that follow the course of those before them find what a night finds that compares everything.

use super::{directives, facts};
use crate::model::{AgentName, Host, ObjectId, Part, Place, Role, SessionId, SessionRecord, SessionVersion};
use crate::phase::Reflection;
use crate::phase::corpus::{Corpus, Index};
use crate::phase::reflection::{Cite, Manner, Said, Stated};
use crate::text::Known;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

/// What people say, in words that are the same, near, opposite or other.
const WORDS: [[&str; 4]; 4] = [
    ["Always", "Never", "Always", "Please always"],
    ["run", "skip", "commit", "deploy"],
    ["the linter", "the test suite", "the linter of billing", "the changelog of billing"],
    ["before you push", "on Fridays", "on Mondays", ""],
];

fn sentence(choice: [usize; 4]) -> String {
    let words: Vec<&str> = choice.iter().zip(WORDS).map(|(at, words)| words[*at]).collect();
    format!("{}.", words.join(" ").trim())
}

fn time(at: usize) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + at as i64, 0).expect("a time")
}

/// A session in which one thing is said.
fn session(nth: usize, choice: [usize; 4]) -> Reflection {
    let part = Part::new(ObjectId::of_blob(&nth.to_le_bytes()), 1, 1, time(nth));
    let record = SessionRecord {
        schema: 1,
        id: SessionId::new(&format!("s{nth}")).expect("an id"),
        agent: AgentName::new("x/p").expect("a name"),
        host: Host::Minimal,
        project: None,
        started: None,
        ended: Some(time(nth)),
        imported: time(nth),
        turns: 1,
        versions: vec![SessionVersion { parts: vec![part] }],
        root: None,
        outcomes: Vec::new(),
    };
    let mut reflection = Reflection::empty(&record);
    let text = sentence(choice);
    let lines = crate::model::Lines::one(1);
    let cite = Cite {
        blob: reflection.blob,
        place: Place { lines, pointer: None },
        role: Role::User,
        quote: text.clone(),
        time: time(nth),
        uid: None,
    };
    let stated = Stated {
        subject: ["user", "staging"][choice[0] % 2].to_owned(),
        attribute: (choice[1] == 3).then(|| "port".to_owned()),
        value: None,
        ends: (choice[3] == 2).then(|| "the linter".to_owned()),
        text: text.clone(),
        preference: false,
        cite: cite.clone(),
    };
    reflection.said.push(Said { manner: Manner::Standing, text, with: None, opening: None, cite });
    reflection.facts.push(stated);
    reflection
}

/// Sessions in their order, some of which were there before, some are gone since, some are new.
fn nights() -> impl Strategy<Value = (Vec<Reflection>, Vec<u8>)> {
    let choice = (0..4_usize, 0..4_usize, 0..4_usize, 0..4_usize);
    prop::collection::vec((choice, 0..12_u8), 1..60).prop_map(|all| {
        let sessions = all.iter().enumerate().map(|(nth, ((a, b, c, d), _))| session(nth, [*a, *b, *c, *d])).collect();
        (sessions, all.into_iter().map(|(_, fate)| fate).collect())
    })
}

/// The sessions that are there unless their fate is another.
fn of(sessions: &[Reflection], fates: &[u8], other: u8) -> Corpus {
    let there = sessions.iter().zip(fates).filter(|(_, fate)| **fate != other);
    let there: Vec<Reflection> = there.map(|(session, _)| session.clone()).collect();
    Corpus::of(&there, |_| Index::default())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn directives_are_grouped_as_if_for_the_first_time((sessions, fates) in nights()) {
        let (before, now) = (of(&sessions, &fates, 1), of(&sessions, &fates, 0));
        let known = Known::default();
        directives::told_of(&known, &before);
        let known = known.kept();
        let nothing = Known::default();
        let fresh = directives::told_of(&nothing, &now);
        prop_assert_eq!(directives::told_of(&known, &now), fresh.clone());
        // And the night after that.
        let known = known.kept();
        prop_assert_eq!(directives::told_of(&known, &now), fresh);
    }

    #[test]
    fn facts_are_grouped_as_if_for_the_first_time((sessions, fates) in nights()) {
        let (before, now) = (of(&sessions, &fates, 1), of(&sessions, &fates, 0));
        let known = Known::default();
        facts::told_of(&known, &before);
        let known = known.kept();
        let nothing = Known::default();
        let fresh = facts::told_of(&nothing, &now);
        prop_assert_eq!(facts::told_of(&known, &now), fresh.clone());
        let known = known.kept();
        prop_assert_eq!(facts::told_of(&known, &now), fresh);
    }
}
