//! Tree edits against a plain map and against git's own listing.

use super::{World, commit, update};
use crate::model::ObjectId;
use crate::store::object::{EMPTY_TREE, FILE};
use crate::store::{Git, TreeEditor, TreeError};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What `git ls-tree -r` says, by path.
fn listed(world: &World, tree: ObjectId) -> BTreeMap<String, String> {
    let output = world.repo_git(&["ls-tree", "-r", &tree.to_string()]);
    let pair = |line: &str| {
        let (meta, path) = line.split_once('\t').expect("a tab");
        (path.to_owned(), meta.split(' ').nth(2).expect("an id").to_owned())
    };
    output.lines().map(pair).collect()
}

#[test]
fn folders_and_files_stand_in_gits_order() {
    let world = World::new();
    let store = world.store();
    let files = [("foo/x", "1"), ("foo.md", "2"), ("foo-bar", "3"), ("foo0", "4"), ("fo", "5"), ("foo/a/b", "6")];
    let tip = commit(&store, None, &files, "order");
    let tree = store.commit(tip).expect("the commit").tree;
    let listing = world.repo_git(&["ls-tree", &tree.to_string()]);
    let git = Git::new(&world.environment, &world.repository());
    let made = git.check_with_input(&["mktree"], format!("{listing}\n").as_bytes()).expect("mktree runs").text();
    assert_eq!(made, tree.to_string());
    store.update_refs(&[update("refs/heads/main", None, Some(tip))]).expect("main");
    world.fsck();
}

#[test]
fn a_file_and_a_folder_never_share_a_name() {
    let world = World::new();
    let store = world.store();
    let tip = commit(&store, None, &[("a", "file"), ("b/c", "file")], "first");
    let tree = store.commit(tip).expect("the commit").tree;
    let mut editor = TreeEditor::new(&store, Some(tree)).expect("the tree");
    let id = ObjectId::of_blob(b"file");
    assert!(matches!(editor.set("a/x", FILE, id), Err(TreeError::FileInTheWay { .. })));
    assert!(matches!(editor.set("b", FILE, id), Err(TreeError::FolderInTheWay { .. })));
    assert!(matches!(editor.set("b//c", FILE, id), Err(TreeError::BadPath(_))));
    let mut writer = store.writer();
    assert_eq!(editor.write(&mut writer).expect("nothing changed"), tree);
    assert!(editor.remove("b/c").expect("removed"));
    assert!(!editor.remove("b/c").expect("gone already"));
    editor.set("b", FILE, id).expect("the folder vanished");
    assert!(editor.find("b").expect("a path").is_some_and(|entry| entry.is_file()));
}

#[test]
fn nothing_left_is_the_empty_tree() {
    let world = World::new();
    let store = world.store();
    let mut editor = TreeEditor::new(&store, None).expect("a tree");
    editor.set("a/b/c", FILE, ObjectId::of_blob(b"")).expect("a path");
    editor.remove("a/b/c").expect("removed");
    let mut writer = store.writer();
    assert_eq!(editor.write(&mut writer).expect("a tree"), EMPTY_TREE);
    writer.finish().expect("a pack");
    assert_eq!(listed(&world, EMPTY_TREE).len(), 0);
}

fn edits() -> impl Strategy<Value = Vec<(bool, String, u8)>> {
    let part = prop::sample::select(vec!["a", "b", "a.b", "a-", "a0", "ab", "z"]);
    let path = prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"));
    prop::collection::vec((prop::bool::weighted(0.7), path, any::<u8>()), 1..40)
}

/// The map's idea of the same rules: a path may not run through a file, nor replace a folder.
fn model_set(model: &mut BTreeMap<String, String>, path: &str, id: String) -> bool {
    let through_file = path.match_indices('/').any(|(at, _)| model.contains_key(&path[..at]));
    let is_folder = model.keys().any(|key| key.starts_with(&format!("{path}/")));
    if through_file || is_folder {
        return false;
    }
    model.insert(path.to_owned(), id);
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn random_edits_agree_with_a_map(rounds in prop::collection::vec(edits(), 1..4)) {
        let world = World::new();
        let store = world.store();
        let mut model = BTreeMap::new();
        let mut base = None;
        let mut kept = TreeEditor::new(&store, None).expect("a tree");
        for edits in rounds {
            let mut writer = store.writer();
            let mut fresh = TreeEditor::new(&store, base).expect("the last tree");
            for (set, path, content) in edits {
                let id = writer.blob(&[content]).expect("a blob");
                if set {
                    let expected = model_set(&mut model, &path, id.to_string());
                    prop_assert_eq!(fresh.set(&path, FILE, id).is_ok(), expected);
                    prop_assert_eq!(kept.set(&path, FILE, id).is_ok(), expected);
                } else {
                    let before = model.len();
                    model.retain(|key, _| *key != path && !key.starts_with(&format!("{path}/")));
                    prop_assert_eq!(fresh.remove(&path).expect("a path"), before != model.len());
                    prop_assert_eq!(kept.remove(&path).expect("a path"), before != model.len());
                }
            }
            let tree = fresh.write(&mut writer).expect("a tree");
            prop_assert_eq!(kept.write(&mut writer).expect("a tree"), tree);
            writer.finish().expect("a pack");
            prop_assert_eq!(listed(&world, tree), model.clone());
            base = Some(tree);
        }
        world.fsck();
    }
}

#[test]
fn many_edits_in_one_pack_are_told_as_differences_that_git_reads() {
    let world = World::new();
    let store = world.store();
    let mut writer = store.writer();
    let mut editor = TreeEditor::new(&store, None).expect("a tree");
    for number in 0..2000 {
        let id = writer.blob(&[number as u8]).expect("a blob");
        editor.set(format!("notes/n{number:04}.md"), FILE, id).expect("a path");
    }
    let mut trees = vec![editor.write(&mut writer).expect("a tree")];
    for number in 0..150usize {
        let path = format!("notes/n{:04}.md", number * 37 % 2000);
        match number % 3 {
            0 => drop(editor.remove(&path).expect("a path")),
            _ => {
                let id = writer.blob(format!("edit {number}").as_bytes()).expect("a blob");
                let path = if number % 3 == 1 { path } else { format!("{path}.md") };
                editor.set(path, FILE, id).expect("a path");
            }
        }
        trees.push(editor.write(&mut writer).expect("a tree"));
    }
    let mut whole = store.writer();
    writer.finish().expect("a pack");
    let size: u64 = std::fs::read_dir(store.common_dir().join("objects/pack"))
        .expect("packs")
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(size < 400_000, "{size}");
    let asked: String = trees.iter().map(|tree| format!("{tree}\n")).collect();
    let git = Git::new(&world.environment, &world.repository());
    let answer =
        git.check_with_input(&["cat-file", "--batch-check=%(objecttype)"], asked.as_bytes()).expect("git reads");
    assert!(answer.text().lines().all(|line| line == "tree"), "{}", answer.text());
    for tree in trees {
        let entries = store.tree(tree).expect("libgit2 reads it");
        assert_eq!(whole.tree(&entries).expect("the same"), tree);
    }
    world.fsck();
}

#[test]
fn too_many_packs_are_joined() {
    let world = World::new();
    let store = world.store();
    let mut tip = None;
    for number in 0..52 {
        let next = commit(&store, tip, &[("a", &number.to_string())], "one more");
        store.update_refs(&[update("refs/heads/main", tip, Some(next))]).expect("main");
        tip = Some(next);
    }
    let count =
        || world.repo_git(&["count-objects", "-v"]).lines().find(|line| line.starts_with("packs")).map(str::to_owned);
    assert_eq!(count().as_deref(), Some("packs: 52"));
    store.tidy().expect("tidied");
    assert_ne!(count().as_deref(), Some("packs: 52"));
    assert_eq!(store.commit(tip.expect("a tip")).expect("still there").message, "one more\n");
    world.fsck();
}

#[test]
fn many_folders_at_once_are_what_a_few_at_a_time_are() {
    let world = World::new();
    let store = world.store();
    // Enough to be made ready on several threads, in folders of which some hold many folders again.
    let paths: Vec<String> = (0..3_000).map(|n| format!("notes/{:02}/{}/f{n}/note.md", n % 80, n % 3)).collect();
    let mut writer = store.writer();
    let mut made = |sizes: usize| {
        let mut editor = TreeEditor::new(&store, None).expect("a tree");
        let mut tree = EMPTY_TREE;
        for some in paths.chunks(sizes) {
            for path in some {
                let id = writer.blob(path.as_bytes()).expect("a blob");
                editor.set(path, FILE, id).expect("a path");
            }
            tree = editor.write(&mut writer).expect("written");
        }
        tree
    };
    let trees = [made(paths.len()), made(700), made(20)];
    writer.finish().expect("on disk");
    assert!(trees.iter().all(|tree| *tree == trees[0]), "{trees:?}");
    let wanted: BTreeMap<String, String> =
        paths.iter().map(|path| (path.clone(), ObjectId::of_blob(path.as_bytes()).to_string())).collect();
    assert_eq!(listed(&world, trees[0]), wanted);
    world.fsck();
}
