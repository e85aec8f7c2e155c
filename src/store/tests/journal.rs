//! What a decision left half done is put back, from wherever it and those that tried to put it back before came to.

use super::{World, commit, update};
use crate::model::ObjectId;
use std::fs;

/// The files before a decision, and what it makes of them: one changed, one brought in, one taken out.
const OLD: [(&str, &str); 3] = [("notes/changed.md", "old text\n"), ("notes/out.md", "out\n"), ("kept.md", "kept\n")];
const NEW: [(&str, &str); 3] = [("notes/changed.md", "new text\n"), ("in/in.md", "in\n"), ("kept.md", "kept\n")];

/// What a file or its entry in the index may have come to.
const OLD_SIDE: usize = 0;
const NEW_SIDE: usize = 1;
const GONE: usize = 2;
const BEGUN: usize = 3;
const BEGUN_BACK: usize = 4;

fn text(side: &[(&str, &str)], path: &str) -> Option<String> {
    side.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
}

/// A repository of which memory says OLD, and the note of a decision that makes NEW of it.
fn decided() -> (World, ObjectId) {
    let world = World::new();
    let store = world.store();
    let old = commit(&store, None, &OLD, "old");
    let new = commit(&store, None, &NEW, "new");
    store.update_refs(&[update("refs/heads/main", None, Some(old))]).expect("main");
    world.repo_git(&["reset", "-q", "--hard"]);
    let trees = [old, new].map(|id| store.commit(id).expect("a commit").tree);
    let note = format!("refs/heads/main\n{}\n{}\n{}\nend\n", trees[0], trees[1], world.repository().display());
    fs::create_dir_all(world.repository().join(".git/dream")).expect("a folder");
    fs::write(world.repository().join(".git/dream/landing"), note).expect("a note");
    (world, new)
}

/// Makes the path what it came to, in the index and on disk.
fn bring(world: &World, new: ObjectId, path: &str, index: usize, file: usize) {
    let entry = |side: &str| {
        let line = world.repo_git(&["ls-tree", side, "--", path]);
        line.split_once('\t').map(|(head, _)| head.replace(" blob ", ","))
    };
    let told = [entry("HEAD"), entry(&new.to_string()), None][index].clone();
    match told {
        Some(told) => world.repo_git(&["update-index", "--add", "--cacheinfo", &format!("{told},{path}")]),
        None => world.repo_git(&["update-index", "--force-remove", path]),
    };
    let text = |side: &[(&str, &str)]| text(side, path);
    let half = |text: Option<String>| text.map(|text| text[..2].to_owned());
    let text = [text(&OLD), text(&NEW), None, half(text(&NEW)), half(text(&OLD))][file].clone();
    let file = world.repository().join(path);
    match text {
        Some(text) => {
            fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
            fs::write(file, text).expect("a file");
        }
        None => fs::remove_file(file).unwrap_or_default(),
    }
}

#[test]
fn from_wherever_it_came_to_it_is_as_memory_says() {
    let (world, new) = decided();
    let store = world.store();
    let landing = world.repository().join(".git/dream/landing");
    let note = fs::read(&landing).expect("the note");
    for index in [OLD_SIDE, NEW_SIDE, GONE] {
        for file in [OLD_SIDE, NEW_SIDE, GONE, BEGUN, BEGUN_BACK] {
            for path in ["notes/changed.md", "notes/out.md", "in/in.md"] {
                bring(&world, new, path, index, file);
            }
            fs::write(&landing, &note).expect("the note");
            drop(store.journal().expect("the lock"));
            assert_eq!(world.repo_git(&["status", "--porcelain"]), "", "index {index}, file {file}");
            for (path, text) in OLD {
                assert_eq!(fs::read_to_string(world.repository().join(path)).expect("a file"), text);
            }
            assert!(!world.repository().join("in").exists(), "with the folder that is empty now");
            assert_eq!(fs::read(&landing).expect("the note"), b"", "and forgotten");
        }
    }
}

#[test]
fn what_somebody_wrote_or_added_since_is_theirs() {
    let (world, new) = decided();
    for path in ["notes/changed.md", "notes/out.md", "in/in.md"] {
        bring(&world, new, path, NEW_SIDE, NEW_SIDE);
    }
    let write = |path: &str, text: &str| {
        fs::create_dir_all(world.repository().join(path).parent().expect("a folder")).expect("a folder");
        fs::write(world.repository().join(path), text).expect("a file");
    };
    write("notes/changed.md", "mine\n");
    write("in/in.md", "mine too\n");
    world.repo_git(&["add", "in/in.md"]);
    drop(world.store().journal().expect("the lock"));
    assert_eq!(world.repo_git(&["status", "--porcelain"]), "A  in/in.md\n M notes/changed.md");
    assert_eq!(fs::read_to_string(world.repository().join("notes/changed.md")).expect("a file"), "mine\n");
    assert_eq!(fs::read_to_string(world.repository().join("in/in.md")).expect("a file"), "mine too\n");
    assert_eq!(fs::read_to_string(world.repository().join("notes/out.md")).expect("a file"), "out\n");
}
