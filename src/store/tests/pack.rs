//! Packs against git's own readers.

use super::{World, commit, update};
use std::fs;
use std::sync::Arc;

fn packs(world: &World) -> Vec<String> {
    let names = fs::read_dir(world.repository().join(".git/objects/pack")).expect("a pack folder");
    let mut names: Vec<String> =
        names.map(|name| name.expect("a file").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn git_accepts_our_packs_and_makes_the_same_index() {
    let world = World::new();
    let store = world.store();
    let mut writer = store.writer();
    for size in [0usize, 1, 15, 16, 100, 2047, 2048, 65_535, 65_536, 300_000] {
        let bytes: Vec<u8> = (0..size).map(|at| (at * at / 7) as u8).collect();
        writer.blob(&bytes).expect("a blob");
    }
    let tip = super::commit_with(&store, &mut writer, None, &[("a/b/c.md", "text\n"), ("a.md", "x")], "first");
    writer.finish().expect("a pack");
    store.update_refs(&[update("refs/heads/main", None, Some(tip))]).expect("main is made");

    let names = packs(&world);
    assert_eq!(names.len(), 2, "{names:?}");
    let folder = world.repository().join(".git/objects/pack");
    let pack = names.iter().find(|name| name.ends_with(".pack")).expect("a pack");
    let path = folder.join(pack);
    world.repo_git(&["verify-pack", &path.to_string_lossy()]);
    let other = world.path("other.idx");
    let args = ["index-pack", "--strict", "--no-rev-index", "-o"];
    world.repo_git(&[&args[..], &[&other.to_string_lossy(), &path.to_string_lossy()]].concat());
    assert_eq!(fs::read(other).expect("git's index"), fs::read(path.with_extension("idx")).expect("our index"));
    world.fsck();
}

#[test]
fn what_was_written_is_read_back_and_not_written_again() {
    let world = World::new();
    let store = world.store();
    let bytes: Arc<Vec<u8>> = Arc::new((0..20_000_000u32).map(|at| (at >> 7) as u8).collect());
    let mut writer = store.writer();
    let big = writer.shared_blob(&bytes).expect("a blob");
    assert_eq!(writer.shared_blob(&bytes).expect("again"), big);
    assert!(!store.contains(big), "nothing is visible before the end");
    writer.finish().expect("a pack");
    assert_eq!(store.blob(big).expect("the blob"), bytes.to_vec());

    let mut writer = store.writer();
    assert_eq!(writer.blob(&bytes).expect("known"), big);
    writer.finish().expect("nothing to do");
    assert_eq!(packs(&world).len(), 2);
}

#[test]
fn a_pack_that_is_given_up_leaves_nothing() {
    let world = World::new();
    let store = world.store();
    let mut writer = store.writer();
    writer.blob(b"lost").expect("a blob");
    writer.blob(&vec![7; 1 << 20]).expect("a blob");
    drop(writer);
    assert_eq!(packs(&world), Vec::<String>::new());
}

#[test]
fn names_that_no_checkout_may_see_are_refused() {
    let world = World::new();
    let store = world.store();
    for name in ["", ".", "..", ".git", ".GIT", "a/b", "a\0b"] {
        let entry = crate::store::TreeEntry {
            mode: crate::store::object::FILE,
            name: name.into(),
            id: crate::store::object::EMPTY_TREE,
        };
        assert!(store.writer().tree(std::slice::from_ref(&entry)).is_err(), "{name:?}");
    }
}

#[test]
fn commits_read_back_as_they_were_written() {
    let world = World::new();
    let store = world.store();
    let first = commit(&store, None, &[("a.md", "a")], "first: ümläut\n\nbody");
    let second = commit(&store, Some(first), &[("b.md", "b")], "second");
    let read = store.commit(second).expect("the commit");
    assert_eq!(read.parents, [first]);
    assert_eq!(read.message, "second\n");
    assert_eq!(read.committer, store.identity().expect("an identity"));
    assert_eq!(store.commit(first).expect("the first").subject(), "first: ümläut");
    assert_eq!(store.merge_base(first, second).expect("a walk"), Some(first));
    assert!(store.is_ancestor(first, second).expect("a walk"));
    assert!(!store.is_ancestor(second, first).expect("a walk"));
    let walked: Vec<_> = store.walk(&[second], &[], true).expect("a walk").map(Result::unwrap).collect();
    assert_eq!(walked, [second, first]);
}
