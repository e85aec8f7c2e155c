//! Snapshots: notes as text, everything else named.

use super::{World, commit};
use crate::model::ObjectId;
use crate::store::object::{FILE, LINK};
use crate::store::{Store, TreeEditor};

#[test]
fn notes_are_read_and_the_rest_is_skipped_by_name() {
    let world = World::new();
    let store = world.store();
    let files = [
        ("dream.toml", ""),
        ("README.md", "readme"),
        ("notes/a.md", "a"),
        ("notes/deep/b.MD", "b"),
        ("notes/c.txt", "no note"),
        ("notes/con.md", "a device"),
        (".github/x.md", "no memory"),
        ("notes/.hidden/y.md", "no memory"),
    ];
    let tip = commit(&store, None, &files, "first");
    let first = tip;
    let mut writer = store.writer();
    let mut editor = TreeEditor::new(&store, Some(store.commit(tip).expect("it").tree)).expect("a tree");
    let latin = writer.blob(b"caf\xe9").expect("a blob");
    editor.set("notes/latin.md", FILE, latin).expect("a path");
    let other = writer.blob(b"another b").expect("a blob");
    editor.set("notes/deep/b.MD", FILE, other).expect("a path");
    editor.set("notes/link.md", LINK, latin).expect("a path");
    editor.set(b"notes/\xff.md".as_slice(), FILE, latin).expect("a path");
    let tree = editor.write(&mut writer).expect("a tree");
    let (author, committer) = (store.author_identity().expect("one"), store.identity().expect("one"));
    let new = crate::store::NewCommit { tree, parents: vec![tip], author, committer, message: "second".into() };
    let tip = writer.commit(&new).expect("a commit");
    writer.finish().expect("a pack");

    let snapshot = store.snapshot(tip, &["notes".into()]).expect("a snapshot");
    // Read after another, it is the same.
    for folders in [["notes".into()], [".".into()], ["none".into()]] {
        for (one, other) in [(first, tip), (tip, first), (tip, tip)] {
            let like = store.snapshot(one, &folders).expect("a snapshot");
            let read = store.snapshot_like(other, &folders, &like).expect("a snapshot");
            let plain = store.snapshot(other, &folders).expect("a snapshot");
            let no_text = plain.skipped.iter().filter(|skipped| skipped.why == "it is not UTF-8 text").count();
            assert_eq!(store.count_notes(other, &folders).expect("a count"), plain.notes.len() + no_text);
            assert_eq!((read.notes, read.skipped, read.tree), (plain.notes, plain.skipped, plain.tree));
        }
    }
    what_is_kept_changes_nothing(&store, first, tip);
    let names: Vec<&str> = snapshot.notes.keys().map(|path| path.as_str()).collect();
    assert_eq!(names, ["notes/a.md", "notes/deep/b.MD"]);
    let skipped: Vec<&str> = snapshot.skipped.iter().map(|skipped| skipped.what.as_str()).collect();
    assert_eq!(skipped, ["notes/con.md", "notes/latin.md", "notes/link.md", "notes/\u{fffd}.md"]);
    let whole = store.snapshot(tip, &[".".into()]).expect("a snapshot");
    assert_eq!(whole.notes.len(), 3);
    assert_eq!(store.snapshot(tip, &[".github".into(), "none".into()]).expect("a snapshot").notes.len(), 1);
    assert_eq!(store.file(tip, "notes/c.txt").expect("a file").as_deref(), Some(b"no note".as_slice()));
    assert_eq!(store.file(tip, "notes").expect("no file"), None);
}

/// Of whichever tree notes were kept last, and however damaged they are.
fn what_is_kept_changes_nothing(store: &Store, first: ObjectId, tip: ObjectId) {
    let file = store.common_dir().join("dream/cache/notes");
    let all = [".".to_owned()];
    let same = |commit: ObjectId, folders: &[String]| {
        let (kept, plain) = (store.kept_snapshot(commit, folders), store.snapshot(commit, folders));
        let (kept, plain) = (kept.expect("a snapshot"), plain.expect("a snapshot"));
        assert_eq!((kept.notes, kept.skipped), (plain.notes, plain.skipped));
        assert_eq!((kept.commit, kept.tree), (plain.commit, plain.tree));
    };
    for commit in [first, first, tip, tip, first] {
        same(commit, &all);
        assert!(file.is_file());
    }
    same(first, &["notes".to_owned()]);
    same(tip, &all);
    let kept = std::fs::read(&file).expect("kept notes");
    for at in (0..kept.len()).step_by(7) {
        let mut damaged = kept.clone();
        damaged[at] ^= 0x20;
        std::fs::write(&file, &damaged).expect("damaged");
        same(tip, &all);
    }
    for length in [0, 10, 70, kept.len() - 1] {
        std::fs::write(&file, &kept[..length]).expect("cut");
        same(first, &all);
        std::fs::write(&file, &kept).expect("whole");
        same(first, &all);
    }
}

#[test]
fn notes_of_any_tree_are_the_same_brought_up_from_any_other() {
    let world = World::new();
    let store = world.store();
    let trees: [&[(&str, &str)]; 6] = [
        &[("notes/a.md", "a"), ("notes/b/c.md", "c"), ("README.md", "r"), (".claude/memory/x.md", "x")],
        &[("notes/a.md", "another"), ("notes/b/c.md", "c"), ("notes/d.md", "d"), ("notes/d.txt", "no note")],
        &[("notes/b", "a file where a folder was"), ("notes/a.md/e.md", "a folder where a note was")],
        &[("notes/.b/c.md", "hidden"), ("notes/con.md", "a device"), ("notes/D.MD", "d")],
        &[("notes", "no folder any more"), (".claude/memory/x.md", "y"), (".claude/memory/.z.md", "z")],
        &[("other.md", "nothing else")],
    ];
    let commits: Vec<ObjectId> = trees.iter().map(|files| commit(&store, None, files, "a tree")).collect();
    let folders: [&[&str]; 5] = [&["notes"], &["."], &[".claude/memory", "notes/"], &["./notes", "notes/b"], &["none"]];
    for folders in folders {
        let folders: Vec<String> = folders.iter().map(|folder| (*folder).to_owned()).collect();
        for (before, now) in commits.iter().flat_map(|before| commits.iter().map(move |now| (*before, *now))) {
            store.kept_snapshot(before, &folders).expect("a snapshot");
            let (kept, plain) = (store.kept_snapshot(now, &folders), store.snapshot(now, &folders));
            let (kept, plain) = (kept.expect("a snapshot"), plain.expect("a snapshot"));
            assert_eq!((kept.notes, kept.skipped), (plain.notes, plain.skipped), "{folders:?}");
            assert_eq!((kept.commit, kept.tree), (plain.commit, plain.tree));
        }
    }
}
