//! The merge against examples, against a simple model, and against its own promises on any text.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn merged(base: &str, ours: &str, theirs: &str) -> String {
    match merge_entries(base, ours, theirs) {
        EntryMerge::Merged(text) => text,
        EntryMerge::Conflict(list) => panic!("a conflict: {list:#?}"),
    }
}

fn conflicts(base: &str, ours: &str, theirs: &str) -> Vec<EntryConflict> {
    match merge_entries(base, ours, theirs) {
        EntryMerge::Merged(text) => panic!("merged: {text}"),
        EntryMerge::Conflict(list) => list,
    }
}

fn conflict(base: Option<&str>, ours: Option<&str>, theirs: Option<&str>) -> EntryConflict {
    EntryConflict::new(base, ours, theirs)
}

#[test]
fn edits_of_neighbouring_entries_merge() {
    let base = "# Rules\n\n- one apple\n- two pears\n";
    let ours = "# Rules\n\n- one green apple\n- two pears\n";
    let theirs = "# Rules\n\n- one apple\n- two ripe pears\n";
    assert_eq!(merged(base, ours, theirs), "# Rules\n\n- one green apple\n- two ripe pears\n");
}

#[test]
fn two_edits_of_one_entry_are_a_conflict_that_names_both() {
    let found = conflicts("- a b c\n- x\n", "- a b d\n- x\n", "- a b e\n- x\n");
    assert_eq!(found, [conflict(Some("a b c"), Some("a b d"), Some("a b e"))]);
}

#[test]
fn an_edit_against_a_removal_is_a_conflict() {
    let found = conflicts("- a b c\n- x\n", "- a b d\n- x\n", "- x\n");
    assert_eq!(found, [conflict(Some("a b c"), Some("a b d"), None)]);
}

#[test]
fn insertions_in_one_place_are_both_kept_and_the_same_one_once() {
    assert_eq!(merged("- a\n", "- a\n- c\n", "- a\n- b\n"), "- a\n- b\n- c\n");
    assert_eq!(merged("- a\n", "- a\n- b\n- c\n", "- a\n- b\n"), "- a\n- b\n- c\n");
    assert_eq!(merged("- a\n- z\n", "- n\n- a\n- z\n", "- a\n- z\n- n\n"), "- n\n- a\n- z\n");
}

#[test]
fn sections_added_by_both_sides_stay_whole() {
    let ours = "# A\n- a\n\n## Mine\n- m\n";
    let theirs = "# A\n- a\n- b\n\n## Other\n- o\n";
    assert_eq!(merged("# A\n- a\n", ours, theirs), "# A\n- a\n- b\n\n## Mine\n- m\n\n## Other\n- o\n");
    let both = merged("# A\n", "# A\n## New\n- x\n", "# A\n## New\n- y\n");
    assert_eq!(both, "# A\n## New\n- x\n- y\n");
}

#[test]
fn paragraphs_never_run_together() {
    let text = merged("One.\n\nTwo.\n", "Two.\n", "One.\n\nNew here.\n\nTwo.\n");
    assert_eq!(Document::parse(&text).entries().collect::<Vec<_>>(), ["New here.", "Two."]);
}

#[test]
fn an_entry_moved_here_and_removed_there_is_a_conflict() {
    let found = conflicts("- a\n- b\n- c\n", "- b\n- c\n- a\n", "- b\n- c\n");
    assert_eq!(found, [conflict(Some("a"), Some("a"), None)]);
}

#[test]
fn line_ends_and_the_last_line_feed_follow_the_side_that_changed_them() {
    assert_eq!(merged("- a\n- b", "- a\n- b\n- c", "- x a\n- b"), "- x a\n- b\n- c");
    assert_eq!(merged("- a b\n- b\n", "- a b\r\n- b\r\n", "- a c\n- b\n"), "- a c\r\n- b\r\n");
    assert_eq!(merged("- a b\r\n- b\n", "- a b\r\n- b\n- n\n", "- a c\r\n- b\n"), "- a c\r\n- b\n- n\n");
    assert_eq!(merged("- a\n", "- a", "- a\n- b\n"), "- a\n- b");
}

#[test]
fn a_code_block_is_one_piece() {
    let base = "```\na\nb\n```\n- x\n";
    assert_eq!(conflicts(base, "```\na2\nb\n```\n- x\n", "```\na\nb2\n```\n- x\n").len(), 1);
    assert_eq!(merged(base, "```\na2\nb\n```\n- x\n", "```\na\nb\n```\n- x\n- y\n"), "```\na2\nb\n```\n- x\n- y\n");
}

const NOTE: &str =
    "---\nname: dates\n# a comment\ndescription: Dates are UTC\nkind: fact\nowner:   \"x\"\n---\nDates are UTC.\n";

#[test]
fn front_matter_merges_field_by_field_and_keeps_unknown_bytes() {
    let ours = NOTE.replace("kind: fact", "kind: fact\ntags: [a]\npinned: true");
    let theirs = NOTE
        .replace("description: Dates are UTC", "description: All dates are UTC")
        .replace("Dates are UTC.", "All dates are UTC.");
    let text = merged(NOTE, &ours, &theirs);
    let expected = "---\nname: dates\n# a comment\ndescription: All dates are UTC\nkind: fact\ntags: [a]\npinned: true\nowner:   \"x\"\n---\nAll dates are UTC.\n";
    assert_eq!(text, expected);
}

#[test]
fn two_values_of_one_field_and_two_bodies_are_conflicts() {
    let edit = |kind: &str, body: &str| NOTE.replace("kind: fact", kind).replace("Dates are UTC.", body);
    let found = conflicts(NOTE, &edit("kind: mistake", "One."), &edit("kind: workflow", "Two."));
    assert_eq!(
        found,
        [
            conflict(Some("kind: fact"), Some("kind: mistake"), Some("kind: workflow")),
            conflict(Some("Dates are UTC."), Some("One."), Some("Two.")),
        ]
    );
    assert_eq!(
        merged(NOTE, &edit("kind: mistake", "One."), &edit("kind: fact", "One.")),
        edit("kind: mistake", "One.")
    );
}

#[test]
fn fields_added_by_both_sides_are_both_kept_and_a_removed_one_goes() {
    let ours = NOTE.replace("kind: fact\n", "").replace("owner", "b: 1\nowner");
    let theirs = NOTE.replace("owner", "a: 1\nowner");
    assert_eq!(merged(NOTE, &ours, &theirs), NOTE.replace("kind: fact\n", "").replace("owner", "b: 1\na: 1\nowner"));
}

#[test]
fn a_file_that_becomes_a_note_while_the_other_side_edits_it_is_a_conflict() {
    assert_eq!(conflicts("Dates are UTC.\n", NOTE, "Dates are local.\n").len(), 1);
}

/// The model: entries are numbered, a version each; their order is that of the base with new ones where they were put.
type Model = Vec<(u32, u32)>;

fn entry_text(id: u32, version: u32) -> String {
    let words = ["alpha", "bravo", "carol", "delta", "eagle"].map(|word| format!("{word}{id}")).join(" ");
    if version == 0 { words } else { format!("{words} v{version}") }
}

fn render(model: &Model, style: &[bool]) -> String {
    let mut text = String::from("# Memory\n");
    let mut before = false;
    for (id, version) in model {
        let paragraph = style[*id as usize % style.len()];
        if paragraph || before {
            text.push('\n');
        }
        text.push_str(if paragraph { "" } else { "- " });
        text.push_str(&entry_text(*id, *version));
        text.push('\n');
        before = paragraph;
    }
    text
}

#[derive(Debug, Clone)]
enum Op {
    Edit(usize, u32),
    Remove(usize),
    Insert(usize),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        3 => (0usize..30, 1u32..3).prop_map(|(at, version)| Op::Edit(at, version)),
        2 => (0usize..30).prop_map(Op::Remove),
        3 => (0usize..30).prop_map(Op::Insert),
    ];
    proptest::collection::vec(op, 0..6)
}

fn apply(base: &Model, ops: &[Op], mut fresh: u32) -> Model {
    let mut side = base.clone();
    for op in ops {
        match op {
            Op::Edit(at, version) if !side.is_empty() => {
                let at = at % side.len();
                side[at].1 = *version;
            }
            Op::Remove(at) if !side.is_empty() => {
                let at = at % side.len();
                side.remove(at);
            }
            Op::Insert(at) => {
                side.insert(at % (side.len() + 1), (fresh, 0));
                fresh += 1;
            }
            _ => {}
        }
    }
    side
}

/// What the model expects: for each entry the version that stays, `Err` on a conflict.
fn expected(base: &Model, ours: &Model, theirs: &Model) -> Result<BTreeSet<(u32, u32)>, ()> {
    let maps = [base, ours, theirs].map(|side| side.iter().copied().collect::<BTreeMap<u32, u32>>());
    let ids: BTreeSet<u32> = maps.iter().flat_map(|map| map.keys().copied()).collect();
    let mut out = BTreeSet::new();
    for id in ids {
        let [b, o, t] = [0, 1, 2].map(|side| maps[side].get(&id).copied());
        if let Some(version) = pick(b, o, t).ok_or(())? {
            out.insert((id, version));
        }
    }
    Ok(out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn random_edits_merge_as_the_model_says(
        size in 0u32..9, style in proptest::collection::vec(any::<bool>(), 1..4), one in ops(), two in ops()
    ) {
        let base: Model = (0..size).map(|id| (id, 0)).collect();
        let (ours, theirs) = (apply(&base, &one, 100), apply(&base, &two, 200));
        let [b, o, t] = [&base, &ours, &theirs].map(|model| render(model, &style));
        let merge = merge_entries(&b, &o, &t);
        let removed_twice = base.iter().any(|(id, _)| [&ours, &theirs].iter().all(|side| side.iter().all(|(other, _)| other != id)));
        match (expected(&base, &ours, &theirs), &merge) {
            (Ok(wanted), EntryMerge::Merged(text)) => {
                let document = Document::parse(text);
                let wanted: BTreeSet<String> = wanted.iter().map(|(id, version)| entry_text(*id, *version)).collect();
                let got: Vec<&str> = document.entries().collect();
                prop_assert_eq!(got.len(), wanted.len());
                prop_assert_eq!(got.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), wanted);
            }
            // What was removed on both sides and replaced on one cannot be told from an edit.
            (Ok(_), EntryMerge::Conflict(_)) => prop_assert!(removed_twice, "{merge:?}"),
            (Err(()), EntryMerge::Conflict(_)) => {}
            (Err(()), EntryMerge::Merged(text)) => prop_assert!(false, "merged: {text}"),
        }
    }

    #[test]
    fn any_three_texts_merge_the_same_with_the_sides_swapped(
        base in "(- [abc]{1,2}\r?\n|#x\n|\n|[ab] [cd]\n|```\n|---\n|k: [ab]\n|1\\. [ab]\n){0,8}[a]?",
        ours in "(- [abc]{1,2}\r?\n|#x\n|\n|[ab] [cd]\n|```\n|---\n|k: [ab]\n|1\\. [ab]\n){0,8}[a]?",
        theirs in "(- [abc]{1,2}\r?\n|#x\n|\n|[ab] [cd]\n|```\n|---\n|k: [ab]\n|1\\. [ab]\n){0,8}[a]?",
    ) {
        let one = merge_entries(&base, &ours, &theirs);
        match (&one, merge_entries(&base, &theirs, &ours)) {
            (EntryMerge::Merged(text), EntryMerge::Merged(other)) => {
                prop_assert_eq!(text, &other);
                // Nothing is invented, and what a side added is there.
                let documents = [&base, &ours, &theirs, text].map(|text| Document::parse(text));
                let [b, o, t, m] = documents.each_ref().map(|document| document.entries().map(|entry| entry.replace('\r', "")).collect::<BTreeSet<String>>());
                prop_assert!(m.iter().all(|entry| b.contains(entry) || o.contains(entry) || t.contains(entry)));
                if documents.iter().all(|document| document.front().is_none()) {
                    prop_assert!(o.difference(&b).chain(t.difference(&b)).all(|entry| m.contains(entry)), "{m:?}");
                }
            }
            (EntryMerge::Conflict(list), EntryMerge::Conflict(other)) => {
                prop_assert!(!list.is_empty());
                prop_assert_eq!(list.clone(), other.into_iter().map(EntryConflict::swapped).collect::<Vec<_>>());
            }
            (one, other) => prop_assert!(false, "{one:?} but {other:?}"),
        }
    }

    #[test]
    fn notes_merge_the_same_with_the_sides_swapped(
        base in "---\n(a: [12]\n)?(b: [12]\n)?(c: [12]\n)?---\n\n?[xy]?\n?", ours in "---\n(c: [12]\n)?(b: [12]\n)?(a: [12]\n)?---\n[xy]?\n?",
        theirs in "---\n(d: [12]\n)?(a: [12]\n)?(e: [12]\n)?---\n[xy]?\n?",
    ) {
        let swap = |merge: EntryMerge| match merge {
            EntryMerge::Conflict(list) => EntryMerge::Conflict(list.into_iter().map(EntryConflict::swapped).collect()),
            merged => merged,
        };
        prop_assert_eq!(merge_entries(&base, &ours, &theirs), swap(merge_entries(&base, &theirs, &ours)));
    }
}
