//! Random histories of one file: two sides edit, remove, add and move what they have, are merged, and go on from there;
//! after each merge the file is what a model of numbered entries, or of fields, says. `PROPTEST_CASES` asks for more
//! histories than a normal run has.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const HISTORIES: u32 = 2000;

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if default.cases == 256 { HISTORIES } else { default.cases };
    ProptestConfig { cases, failure_persistence: None, ..default }
}

/// What a side does: at which entry or field, and which version it writes.
#[derive(Debug, Clone, Copy)]
enum Step {
    Edit(usize, u32),
    Remove(usize),
    Add(usize),
    Move(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..20usize, 1..3u32).prop_map(|(at, version)| Step::Edit(at, version)),
        1 => (0..20usize).prop_map(Step::Remove),
        3 => (0..20usize).prop_map(Step::Add),
        1 => (0..20usize, 0..20usize).prop_map(|(from, to)| Step::Move(from, to)),
    ];
    prop::collection::vec(step, 0..4)
}

/// The rounds of a history: what ours and theirs do before they are merged.
fn rounds() -> impl Strategy<Value = Vec<(Vec<Step>, Vec<Step>)>> {
    prop::collection::vec((steps(), steps()), 1..5)
}

/// Entries by number with their version, in order.
type List = Vec<(u32, u32)>;

fn walk(base: &List, steps: &[Step], round: u32, mut fresh: u32) -> List {
    let mut side = base.clone();
    for step in steps {
        let count = side.len().max(1);
        match *step {
            Step::Edit(at, version) if !side.is_empty() => side[at % count].1 = round * 10 + version,
            Step::Remove(at) if !side.is_empty() => drop(side.remove(at % count)),
            Step::Move(from, to) if !side.is_empty() => {
                let entry = side.remove(from % count);
                side.insert(to % count, entry);
            }
            Step::Add(at) => {
                side.insert(at % (side.len() + 1), (fresh, 0));
                fresh += 1;
            }
            _ => {}
        }
    }
    side
}

fn words(id: u32, version: u32) -> String {
    let words = ["alpha", "bravo", "carol", "delta", "eagle"].map(|word| format!("{word}{id}")).join(" ");
    if version == 0 { words } else { format!("{words} v{version}") }
}

fn list_text(list: &List) -> String {
    list.iter().fold("# Memory\n\n".to_owned(), |text, (id, version)| text + &format!("- {}\n", words(*id, *version)))
}

fn read_list(text: &str) -> Vec<String> {
    Document::parse(text).entries().map(str::to_owned).collect()
}

/// What a three-way merge of keyed values is; `None` on a conflict.
fn keyed(maps: [&BTreeMap<u32, u32>; 3]) -> Option<BTreeMap<u32, u32>> {
    let ids: BTreeSet<u32> = maps.iter().flat_map(|map| map.keys().copied()).collect();
    let mut merged = BTreeMap::new();
    for id in ids {
        let [b, o, t] = maps.map(|map| map.get(&id).copied());
        if let Some(version) = pick(b, o, t)? {
            merged.insert(id, version);
        }
    }
    Some(merged)
}

/// Merges in both orders, which must agree.
fn both_orders(base: &str, ours: &str, theirs: &str) -> Result<Option<String>, TestCaseError> {
    match (merge_entries(base, ours, theirs), merge_entries(base, theirs, ours)) {
        (EntryMerge::Merged(one), EntryMerge::Merged(other)) => {
            prop_assert_eq!(&one, &other);
            Ok(Some(one))
        }
        (EntryMerge::Conflict(one), EntryMerge::Conflict(other)) => {
            let swapped: Vec<EntryConflict> = other.into_iter().map(EntryConflict::swapped).collect();
            prop_assert!(!one.is_empty());
            prop_assert_eq!(one, swapped);
            Ok(None)
        }
        (one, other) => Err(TestCaseError::fail(format!("{one:?} but {other:?}"))),
    }
}

/// Whether the entries that two lists share stand in another order in one than in the other.
fn moved(base: &List, side: &List) -> bool {
    let ids = |list: &List| list.iter().map(|(id, _)| *id).collect::<Vec<u32>>();
    let (base, side) = (ids(base), ids(side));
    let kept: Vec<u32> = base.iter().copied().filter(|id| side.contains(id)).collect();
    kept != side.into_iter().filter(|id| base.contains(id)).collect::<Vec<u32>>()
}

fn list_round(base: &List, ours: &List, theirs: &List) -> Result<List, TestCaseError> {
    let [b, o, t] = [base, ours, theirs].map(|list| list.iter().copied().collect::<BTreeMap<u32, u32>>());
    let merged = both_orders(&list_text(base), &list_text(ours), &list_text(theirs))?;
    let Some(text) = merged else {
        let removed = |side: &BTreeMap<u32, u32>| b.keys().any(|id| !side.contains_key(id));
        // What was removed and added in one place cannot be told from an edit.
        let doubtful = moved(base, ours) || moved(base, theirs) || (removed(&o) && removed(&t));
        prop_assert!(keyed([&b, &o, &t]).is_none() || doubtful, "a conflict without a reason");
        return Ok(ours.clone());
    };
    let got = read_list(&text);
    let Some(wanted) = keyed([&b, &o, &t]) else {
        // An entry that a side both moved and edited is to a merge one that went and one that came: where the other
        // side took the old one away as well, all that is new stays.
        let came = |list: &List, mover: &BTreeMap<u32, u32>, other: &BTreeMap<u32, u32>| {
            let edited = |id: &u32, was: &u32| mover.get(id).is_some_and(|now| now != was);
            moved(base, list) && b.iter().any(|(id, was)| other.get(id) != Some(was) && edited(id, was))
        };
        prop_assert!(
            came(ours, &o, &t) || came(theirs, &t, &o),
            "two edits, or an edit and a removal, merged: {}",
            text
        );
        let known: BTreeSet<String> = ours.iter().chain(theirs).map(|(id, version)| words(*id, *version)).collect();
        prop_assert!(got.iter().all(|entry| known.contains(entry)), "invented: {:?}", got);
        let new = ours.iter().chain(theirs).filter(|entry| !base.contains(entry));
        let lost = new.map(|(id, version)| words(*id, *version)).find(|entry| !got.contains(entry));
        prop_assert_eq!(lost, None, "a side was dropped");
        return Ok(ours.clone());
    };
    let mut sorted = got.clone();
    sorted.sort();
    let mut names: Vec<String> = wanted.iter().map(|(id, version)| words(*id, *version)).collect();
    names.sort();
    prop_assert_eq!(sorted, names, "something was dropped, invented or doubled");
    let place = |entry: &(u32, u32)| got.iter().position(|text| *text == words(entry.0, entry.1));
    let mut list: List = wanted.into_iter().collect();
    list.sort_by_key(place);
    // Where only one side moved anything, its order stands.
    for (mover, other) in [(ours, theirs), (theirs, ours)] {
        if !moved(base, other) {
            prop_assert!(!moved(mover, &list), "{:?} but {:?}", mover, list);
        }
    }
    Ok(list)
}

/// The fields of a note by number with their value, and the body as one more.
type Note = BTreeMap<u32, u32>;

const BODY: u32 = 99;

fn note_text(note: &Note) -> String {
    let field = |(key, value): (&u32, &u32)| format!("k{key}: v{value}\n");
    let fields: String = note.iter().filter(|(key, _)| **key != BODY).map(field).collect();
    format!("---\nname: a note\n{fields}---\n\nThe body says {}.\n", note[&BODY])
}

fn note_steps(base: &Note, steps: &[Step], round: u32) -> Note {
    let mut side = base.clone();
    for step in steps {
        match *step {
            Step::Edit(at, version) if at % 3 == 0 => drop(side.insert(BODY, round * 10 + version)),
            Step::Edit(at, version) => drop(side.insert(at as u32 % 8, round * 10 + version)),
            Step::Remove(at) => drop(side.remove(&(at as u32 % 8))),
            Step::Add(at) => drop(side.entry(at as u32 % 8).or_insert(round * 10)),
            Step::Move(..) => {}
        }
    }
    side
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_list_is_after_every_merge_what_the_model_says(size in 0..8u32, rounds in rounds()) {
        let mut base: List = (0..size).map(|id| (id, 0)).collect();
        for (round, (one, two)) in (1..).zip(&rounds) {
            let (ours, theirs) = (walk(&base, one, round, round * 100), walk(&base, two, round, round * 100 + 50));
            base = list_round(&base, &ours, &theirs)?;
        }
    }

    #[test]
    fn a_note_is_after_every_merge_what_the_model_says_field_by_field(rounds in rounds()) {
        let mut base: Note = (0..4).chain([BODY]).map(|key| (key, 0)).collect();
        for (round, (one, two)) in (1..).zip(&rounds) {
            let (ours, theirs) = (note_steps(&base, one, round), note_steps(&base, two, round));
            let merged = both_orders(&note_text(&base), &note_text(&ours), &note_text(&theirs))?;
            let wanted = keyed([&base, &ours, &theirs]);
            prop_assert_eq!(merged.is_some(), wanted.is_some(), "{:?}", merged);
            if let (Some(text), Some(wanted)) = (&merged, &wanted) {
                let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<String>>();
                prop_assert_eq!(text.lines().count(), note_text(wanted).lines().count());
                prop_assert_eq!(lines(text), lines(&note_text(wanted)));
            }
            base = wanted.unwrap_or(ours);
        }
    }
}
