//! A corpus that was kept, with sessions that came, went and changed since, against the same sessions read afresh.

use super::*;
use crate::model::{AgentName, Host, Lines, ObjectId, Place, Role, SessionId, SessionRecord, SessionVersion};
use crate::phase::reflection::{CommandUse, Commit, Failure, FailureClass, Fix, Manner, Said, Stated, ToolUse};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use std::collections::BTreeSet;

const WORDS: [&str; 6] = ["run the linter", "", "cargo test", "staging", "port 8081 – ümlaut", "deploy"];

fn time(at: u8) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + i64::from(at), u32::from(at) * 7).expect("a time")
}

/// A session whose parts follow from a few numbers.
fn session(nth: usize, parts: &[u8]) -> Reflection {
    let record = SessionRecord {
        schema: 1,
        id: SessionId::new(&format!("s{nth}")).expect("an id"),
        agent: AgentName::new(["x/p", "y/p", "y/q"][nth % 3]).expect("a name"),
        host: Host::Minimal,
        project: None,
        started: None,
        ended: Some(time(parts.first().copied().unwrap_or(9))),
        imported: time(3),
        turns: 1,
        versions: vec![SessionVersion { parts: Vec::new() }],
        root: None,
        outcomes: Vec::new(),
    };
    let mut reflection = Reflection::empty(&record);
    for (at, part) in parts.iter().enumerate() {
        add(&mut reflection, at, *part);
    }
    reflection
}

fn add(reflection: &mut Reflection, at: usize, part: u8) {
    let text = |nth: usize| WORDS[(usize::from(part) + nth) % WORDS.len()].to_owned();
    let pointer = (part % 4 == 1).then(|| format!("/{at}"));
    let place = Place { lines: Lines { first: at as u32, last: u32::from(part) }, pointer };
    let uid = part.is_multiple_of(3).then(|| format!("line {part}"));
    let cite = Cite { blob: ObjectId::of_blob(b"x"), place, role: Role::User, quote: text(0), time: time(part), uid };
    let place = cite.place.clone();
    match part % 8 {
        0 => reflection.said.push(Said { manner: Manner::Request, text: text(1), with: None, opening: None, cite }),
        1 => {
            let (with, opening) = (Some(text(2)), Some(u32::from(part)));
            reflection.said.push(Said { manner: Manner::Refusal, text: text(1), with, opening, cite });
        }
        2 => reflection.facts.push(Stated {
            subject: text(0),
            attribute: (part > 100).then(|| text(1)),
            value: None,
            ends: (part > 200).then(|| text(2)),
            text: text(3),
            preference: part % 16 > 7,
            cite,
        }),
        3 => {
            let fix = match part % 24 {
                3 => Some(Fix::Instead { call: text(0), without: text(1), with: text(2), place }),
                11 => Some(Fix::After { steps: vec![text(1)], place }),
                _ => None,
            };
            let (case, class) = (u32::from(part), FailureClass::Protocol);
            let [tool, signature, call, shape, error, name] = [0, 1, 2, 3, 4, 5].map(text);
            reflection.failures.push(Failure { tool, signature, class, call, shape, error, name, case, fix, cite });
        }
        4 => {
            let (runs, seconds, example) = (u32::from(part), vec![f64::from(part); usize::from(part % 3)], text(0));
            reflection.commands.insert(text(1), CommandUse { runs, failed: 1, seconds, example, cite });
        }
        5 => {
            let checks = [(text(0), true), (text(1), false)].into();
            reflection.commits.push(Commit { worked: part > 100, checks, cite });
        }
        6 => reflection.tools.push(ToolUse { name: text(0), calls: 2, confirmed: part > 100, cite }),
        _ => {
            reflection.edited.insert(text(0), cite);
            reflection.rules.push(text(1));
        }
    }
}

fn index(reflection: &Reflection) -> Index {
    let topic = |said: &Said| match said.text.split_once(' ') {
        Some((verb, rest)) => vec![Topic::Pair(verb.to_owned(), rest.to_owned()), Topic::Name(said.text.clone())],
        None => vec![Topic::Act(said.text.clone())],
    };
    Index {
        topics: reflection.said.iter().map(topic).collect(),
        commands: reflection.commands.keys().map(|shape| (shape.len() as u8, shape.contains(' '))).collect(),
        tests: reflection.edited.keys().map(|path| path.is_empty()).collect(),
    }
}

/// What a corpus says, in words.
fn told(corpus: &Corpus) -> Vec<String> {
    let Corpus { columns, .. } = corpus.in_order();
    let ordered = corpus.in_order();
    let texts = |text: Text| ordered.texts.find(text).map(str::to_owned);
    let mut told = Vec::new();
    for session in &ordered.sessions {
        told.push(format!("{:?} {:?} {session:?}", texts(session.id), texts(session.agent)));
    }
    each_column_told(&columns, &mut |row, used| {
        told.push(format!("{row} {:?}", used.iter().map(|text| texts(*text)).collect::<Vec<_>>()));
    });
    told.extend(columns.topics.iter().map(|row| format!("{row:?}")));
    told.push(format!(
        "{:?} {:?}",
        columns.seconds,
        columns.checks.iter().map(|text| texts(*text)).collect::<Vec<_>>()
    ));
    told
}

fn each_column_told(columns: &Columns, each: &mut dyn FnMut(String, Vec<Text>)) {
    let mut columns = columns.clone();
    each_column!(columns, rows => rows.to_mut().iter_mut().for_each(|row| {
        let mut used = Vec::new();
        row.texts(&mut |text| used.push(*text));
        each(format!("{row:?}"), used);
    }));
}

/// Which rows count, by their sessions and places.
fn counted(corpus: &Corpus) -> Vec<(&str, u32)> {
    let Columns { said, facts, failures, .. } = &corpus.columns;
    let said = originals(said, |row| &row.spot).map(|row| row.spot);
    let facts = originals(facts, |row| &row.spot).map(|row| row.spot);
    let failures = originals(failures, |row| &row.spot).map(|row| row.spot);
    said.chain(facts).chain(failures).map(|spot| (corpus.id(spot.session), spot.nth)).collect()
}

/// Sessions of which some were there before, some are gone since, some have changed.
fn nights() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>, u8)>> {
    let parts = || prop::collection::vec(any::<u8>(), 0..6);
    prop::collection::vec((parts(), parts(), 0..5_u8), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_and_what_is_new_make_what_all_make(sessions in nights(), are_later in any::<bool>()) {
        let (mut before, mut now, mut new) = (Vec::new(), Vec::new(), Vec::new());
        // What is new happens between what is kept, or after all of it.
        let later = |parts: &[u8], first: u8| -> Vec<u8> {
            parts.iter().map(|part| if are_later { first + part % (u8::MAX / 2) } else { *part }).collect()
        };
        for (nth, (was, is, fate)) in sessions.iter().enumerate() {
            let (was, is) = (&later(was, 0), &later(is, u8::MAX / 2 + 1));
            before.extend((*fate != 1).then(|| session(nth, was)));
            // Most stay as they were.
            match fate {
                0 => {}
                1 | 2 => new.push(session(nth, is)),
                _ => now.push(session(nth, was)),
            }
        }
        let stays: BTreeSet<String> = now.iter().map(|reflection| reflection.session.to_string()).collect();
        now.extend(new.iter().cloned());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("columns");
        Kept::write(&file, &Corpus::of(&before, index), (7, 8)).expect("written");
        let Kept { mut corpus, covered, stale, .. } = Kept::read(&file).expect("kept");
        prop_assert_eq!((covered, stale), (7, 8));
        let stays: Vec<bool> = (0..corpus.sessions.len() as u32).map(|at| stays.contains(corpus.id(at))).collect();
        corpus.retain(&stays);
        for reflection in &new {
            corpus.push(reflection, &index(reflection));
        }
        corpus.arrange();
        let afresh = Corpus::of(&now, index);
        prop_assert_eq!(told(&corpus), told(&afresh));
        prop_assert_eq!(counted(&corpus), counted(&afresh));
        // And what it cites is found there.
        for row in &corpus.columns.commands {
            let reflection = now.iter().find(|reflection| reflection.session.as_str() == corpus.id(row.session));
            let cited = corpus.cite(reflection.expect("it is there"), Part::Command(row.shape));
            prop_assert_eq!(cited.map(|cite| Moment::from(cite.time)), Some(row.time));
        }
        // The night after that.
        Kept::write(&file, &corpus, (7, 8)).expect("written");
        prop_assert_eq!(Kept::read(&file).expect("kept").corpus, afresh.in_order());
    }
}

#[test]
fn damaged_columns_are_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("columns");
    let all: Vec<Reflection> = (0..4).map(|nth| session(nth, &[0, 3, 4, 5, 6, 7, 10 * nth as u8])).collect();
    Kept::write(&file, &Corpus::of(&all, index), (0, 0)).expect("written");
    let bytes = std::fs::read(&file).expect("kept");
    for at in (0..bytes.len()).step_by(13) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        std::fs::write(&file, &damaged).expect("damaged");
        assert!(Kept::read(&file).is_none(), "byte {at}");
        std::fs::write(&file, &bytes[..at]).expect("cut");
        assert!(Kept::read(&file).is_none(), "cut at {at}");
    }
}
