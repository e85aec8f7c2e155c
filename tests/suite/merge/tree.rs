//! Merging trees agrees with git wherever no file was changed on both sides, and does better where entries were.

use super::repository::Repository;
use git_dream::model::ObjectId;
use git_dream::store::{Conflict, ConflictKind, Merger, Store, TreeMerge};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;

type Files = BTreeMap<&'static str, String>;

const PATHS: [&str; 8] = ["a.md", "b.md", "f/a.md", "f/b.md", "f/g/a.md", "f/g/b.txt", "h/a.md", "h"];

fn commit(repository: &Repository, store: &Store, name: &str, parent: Option<ObjectId>, files: &Files) -> ObjectId {
    let mut edits: Vec<(&str, Option<&str>)> = PATHS.iter().map(|path| (*path, None)).collect();
    edits.extend(files.iter().map(|(path, text)| (*path, Some(text.as_str()))));
    repository.commit(store, name, "x", parent, &edits)
}

fn merge(store: &Store, base: ObjectId, ours: ObjectId, theirs: ObjectId) -> TreeMerge {
    let tree = |id| store.commit(id).expect("a commit").tree;
    let mut merger = Merger::new(store);
    let merged = merger.merge(Some(tree(base)), tree(ours), tree(theirs)).expect("a merge");
    merger.finish().expect("written");
    merged
}

#[test]
fn trees_merge_as_git_merges_them() {
    let repository = Repository::bare(&[]);
    let store = repository.store();
    repository.git(&["config", "merge.renames", "false"]);
    let edits = || proptest::collection::vec((0..PATHS.len(), 0u8..4), 0..4);
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 60, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let result = runner.run(&(proptest::collection::vec(any::<bool>(), 7), edits(), edits()), |(there, one, two)| {
        let base: Files = PATHS
            .iter()
            .zip(&there)
            .filter(|(_, there)| **there)
            .map(|(path, _)| (*path, format!("- {path}\n")))
            .collect();
        let side = |edits: &[(usize, u8)]| {
            let mut files = base.clone();
            for (at, edit) in edits {
                let path = PATHS[*at];
                match edit {
                    0 => drop(files.remove(path)),
                    version => drop(files.insert(path, format!("- {path} {version}\n"))),
                }
            }
            // A file and a folder cannot have one name.
            if files.contains_key("h") {
                files.remove("h/a.md");
            }
            files
        };
        let (ours, theirs) = (side(&one), side(&two));
        let b = commit(&repository, &store, "refs/x/base", None, &base);
        let o = commit(&repository, &store, "refs/x/ours", Some(b), &ours);
        let t = commit(&repository, &store, "refs/x/theirs", Some(b), &theirs);
        let git =
            repository.runner().run(&["merge-tree", "--write-tree", &o.to_string(), &t.to_string()]).expect("git runs");
        let mine = merge(&store, b, o, t);
        let first = git.text().lines().next().unwrap_or_default().to_owned();
        match (&mine, git.status) {
            (TreeMerge::Merged(tree), 0) => prop_assert_eq!(tree.to_string(), first),
            (TreeMerge::Conflict(_), 1) => {}
            _ => prop_assert!(false, "{:?} but git says {} {}", mine, git.status, git.text()),
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn conflicts(
    base: &[(&'static str, &str)],
    ours: &[(&'static str, &str)],
    theirs: &[(&'static str, &str)],
) -> Vec<Conflict> {
    let repository = Repository::bare(&[]);
    let store = repository.store();
    let files =
        |list: &[(&'static str, &str)]| list.iter().map(|(path, text)| (*path, (*text).to_owned())).collect::<Files>();
    let b = commit(&repository, &store, "refs/x/base", None, &files(base));
    let o = commit(&repository, &store, "refs/x/ours", Some(b), &files(ours));
    let t = commit(&repository, &store, "refs/x/theirs", Some(b), &files(theirs));
    match merge(&store, b, o, t) {
        TreeMerge::Conflict(list) => list,
        TreeMerge::Merged(tree) => panic!("merged as {tree}"),
    }
}

#[test]
fn each_kind_of_conflict_has_its_name() {
    let kinds =
        |list: Vec<Conflict>| list.into_iter().map(|conflict| (conflict.path, conflict.kind)).collect::<Vec<_>>();
    let one = |path: &str, kind| vec![(path.to_owned(), kind)];
    assert_eq!(kinds(conflicts(&[], &[("a.md", "x")], &[("a.md", "y")])), one("a.md", ConflictKind::Added));
    assert_eq!(kinds(conflicts(&[("f/a.md", "x")], &[], &[("f/a.md", "y")])), one("f/a.md", ConflictKind::Removed));
    assert_eq!(kinds(conflicts(&[], &[("h", "x")], &[("h/a.md", "y")])), one("h", ConflictKind::FileAndFolder));
    assert_eq!(
        kinds(conflicts(&[("f/g/b.txt", "x")], &[("f/g/b.txt", "y")], &[("f/g/b.txt", "z")])),
        one("f/g/b.txt", ConflictKind::Edited)
    );
    let entries = conflicts(&[("a.md", "- x\n- y\n")], &[("a.md", "- x1\n- y\n")], &[("a.md", "- y\n")]);
    assert_eq!(kinds(entries), one("a.md", ConflictKind::Removed));
}
