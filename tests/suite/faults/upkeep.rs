//! What git itself, or somebody with it, does to a repository: packing, pruning, clones of every kind, other formats, a
//! memory branch that was moved. Each command works there as in a plain repository, or refuses with the reason and a
//! hint before it writes anything.

use super::SECOND;
use crate::proposal::{ID, world_with_dream};
use crate::world::{World, not_tested};
use std::path::Path;

/// Every command a night and its reader need, in an order in which each has something to do.
const COMMANDS: [&[&str]; 8] = [
    &["import", "../export.jsonl"],
    &["run", "--session", "export"],
    &["list"],
    &["approve", ID],
    &["why", "notes/utc.md"],
    &["verify"],
    &["revert", ID],
    &["restore", ID],
];

/// All commands in this repository; `upkeep` is done before each of them.
fn works(world: &World, place: &str, upkeep: &str) {
    for words in COMMANDS {
        world.shell(place, upkeep, "").ok();
        let ran = world.dream_in(place, words);
        assert_eq!(ran.code, 0, "{place}, after '{upkeep}', {words:?}: {ran}");
    }
    world.shell(place, upkeep, "").ok();
    let fsck = world.git_in(place, ["fsck", "--strict", "--no-dangling"]);
    assert_eq!(fsck.code, 0, "{place}, after '{upkeep}': {fsck}");
    assert_eq!(world.git_in(place, ["status", "--porcelain"]).ok(), "", "{place}, after '{upkeep}'");
    assert!(world.read(Path::new(place).join("notes/utc.md")).contains("The API is in UTC."));
}

fn dreamt() -> World {
    let world = world_with_dream();
    world.write("export.jsonl", SECOND);
    world
}

#[test]
fn packing_and_pruning_between_all_commands_lose_nothing() {
    for upkeep in ["git gc -q --prune=now", "git repack -adq && git pack-refs --all", "git maintenance run --quiet"] {
        works(&dreamt(), "memory", upkeep);
    }
}

#[test]
fn a_clone_that_borrows_its_objects_works() {
    let world = dreamt();
    let line = "git clone -q --shared . ../clone && cd ../clone && \
                git fetch -q origin 'refs/dream/*:refs/dream/*' 'refs/heads/dream/*:refs/heads/dream/*'";
    world.shell("memory", line, "").ok();
    works(&world, "clone", "true");
}

#[test]
fn a_linked_work_tree_works_while_memory_is_checked_out_elsewhere() {
    let world = dreamt();
    world.git(["worktree", "add", "-q", "--detach", "../linked"]);
    for words in COMMANDS {
        world.dream_in("linked", words).ok();
    }
    assert!(world.read("memory/notes/utc.md").contains("The API is in UTC."));
    assert_eq!(world.git(["status", "--porcelain"]), "");
}

#[test]
fn a_partial_clone_fetches_what_it_needs() {
    let world = dreamt();
    let line = "git config uploadpack.allowFilter true; git clone -q --filter=blob:none \"file://$PWD\" ../clone && \
                cd ../clone && git fetch -q origin 'refs/dream/*:refs/dream/*' 'refs/heads/dream/*:refs/heads/dream/*'";
    world.shell("memory", line, "").ok();
    works(&world, "clone", "true");
}

#[test]
fn a_shallow_clone_works_or_says_what_to_fetch() {
    let world = dreamt();
    let line = "git clone -q --depth 1 \"file://$PWD\" ../clone && cd ../clone && \
                git fetch -q --depth 1 origin 'refs/dream/*:refs/dream/*' 'refs/heads/dream/*:refs/heads/dream/*'";
    world.shell("memory", line, "").ok();
    every_command_works_or_refuses(&world, "clone");
}

/// A refusal has a reason and a hint, and nothing was written before it.
fn every_command_works_or_refuses(world: &World, place: &str) {
    for words in COMMANDS {
        let refs = || world.git_in(place, ["for-each-ref"]).ok();
        let before = refs();
        let ran = world.dream_in(place, words);
        if ran.code != 0 {
            println!("{words:?}: {ran}");
            assert!(ran.code == 1 && ran.stderr.contains("hint: "), "{words:?}: {ran}");
            assert_eq!(refs(), before, "{words:?}: {ran}");
        }
        assert_eq!(world.git_in(place, ["status", "--porcelain"]).ok(), "", "{words:?}: {ran}");
    }
    let fsck = world.git_in(place, ["fsck", "--strict", "--no-dangling"]);
    assert_eq!(fsck.code, 0, "{fsck}");
}

#[test]
fn other_formats_are_refused_with_a_hint_before_anything_is_written() {
    let world = dreamt();
    for (format, hint) in [("--object-format=sha256", "sha1"), ("--ref-format=reftable", "refs migrate")] {
        let made = world.git_in(".", ["init", "-q", format, "other"]);
        if made.code != 0 {
            not_tested(&format!("{format}, which this git does not know"));
            continue;
        }
        let files = || world.shell("other", "find . -type f | sort | xargs cat | cksum", "").ok();
        let before = files();
        for words in COMMANDS {
            let ran = world.dream_in("other", words);
            assert!(ran.code == 1 && ran.stderr.contains(hint), "{format}, {words:?}: {ran}");
        }
        assert_eq!(files(), before, "{format}");
        std::fs::remove_dir_all(world.path("other")).expect("removed");
    }
}

#[test]
fn a_memory_that_was_rewound_or_replaced_while_a_dream_is_open_refuses_the_dream() {
    // Amended: what the dream changes came another way into what memory is now.
    let world = dreamt();
    world.write("memory/notes/own.md", "- my own\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-q", "--amend", "-m", "other words"]);
    let (before, ran) = (world.git(["for-each-ref"]), world.dream(["approve", ID]));
    assert!(ran.code == 1 && ran.stderr.contains("hint: "), "{ran}");
    assert_eq!(world.git(["for-each-ref"]), before);
    assert_eq!(world.read("memory/notes/own.md"), "- my own\n");
    // Rewound to before the notes that the dream changes: one of them was edited there and is gone here.
    let world = dreamt();
    world.git(["reset", "-q", "--hard", "HEAD~1"]);
    let (before, ran) = (world.git(["for-each-ref"]), world.dream(["approve", ID]));
    assert!(ran.code == 1 && ran.stderr.contains("hint: "), "{ran}");
    assert_eq!(world.git(["for-each-ref"]), before);
    // Replaced by a history that has nothing in common with it.
    let world = dreamt();
    world.shell("memory", "git reset -q --hard $(git commit-tree -m new HEAD^{tree})", "").ok();
    let (before, ran) = (world.git(["for-each-ref"]), world.dream(["approve", ID]));
    assert!(ran.code == 1 && ran.stderr.contains("hint: "), "{ran}");
    assert_eq!(world.git(["for-each-ref"]), before);
    assert_eq!(world.git(["status", "--porcelain"]), "");
}
