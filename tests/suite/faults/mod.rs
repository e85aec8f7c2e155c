//! The program dies, as if by `kill -9`, at every place where it writes: afterwards the repository is sound, memory is the
//! old or the new one, and the same command goes through without repair.

mod environment;
mod strace;
mod upkeep;
mod writers;

use crate::proposal::{ID, UTC, world_with_dream};
use crate::world::{Ran, World};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SECOND: &str = r#"{"role":"user","text":"Remember that the nightly export must finish before 04:00 UTC.","time":"2026-05-05T10:00:00Z"}"#;

/// Everything that a command may change: refs with what they hold, and the files of the work tree.
fn state(world: &World, place: &str) -> (String, String) {
    (refs(world, place), world.git_in(place, ["status", "--porcelain"]).ok())
}

fn refs(world: &World, place: &str) -> String {
    world.git_in(place, ["for-each-ref", "--format=%(refname) %(tree)"]).ok()
}

fn tree_of_memory(refs: &str) -> String {
    refs.lines().find_map(|line| line.strip_prefix("refs/heads/main ")).expect("a memory").to_owned()
}

/// The files that hold objects, with their sizes.
fn objects(folder: &Path, found: &mut BTreeSet<(PathBuf, u64)>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => objects(&path, found),
            path => drop(found.insert((path, entry.metadata().map_or(0, |metadata| metadata.len())))),
        }
    }
}

fn run(world: &World, place: &str, words: &[&str], fault: u32) -> Ran {
    let fault = fault.to_string();
    let variables = [("GIT_DREAM_NOW", "2026-05-07T10:00:00Z"), ("GIT_DREAM_FAULT", fault.as_str())];
    world.dream_with(place, words.iter().copied(), &variables, "")
}

/// A command, and the memory before and after it.
struct Deed<'w> {
    world: &'w World,
    words: &'w [&'w str],
    old: String,
    new: String,
    wanted: (String, String),
    /// Objects that were found to be sound.
    sound: RefCell<BTreeSet<(PathBuf, u64)>>,
}

impl<'w> Deed<'w> {
    /// Does it whole in a copy, to know what is wanted.
    fn new(world: &'w World, words: &'w [&'w str]) -> Self {
        copy(world, "whole");
        assert_eq!(run(world, "whole", words, 0).code, 0);
        let wanted = state(world, "whole");
        let (old, new) = (tree_of_memory(&refs(world, "memory")), tree_of_memory(&wanted.0));
        Self { world, words, old, new, wanted, sound: RefCell::default() }
    }

    /// What must hold of the copy `killed`, however the command ended there.
    fn check(&self, ran: &Ran, place: &str) {
        let world = self.world;
        let refs = refs(world, "killed");
        self.check_objects(&refs, place);
        let now = tree_of_memory(&refs);
        assert!(now == self.old || now == self.new, "{place}: memory is neither old nor new");
        let answered = ran.code == 0;
        assert!(!answered || state(world, "killed") == self.wanted, "{place}: it said that it was done");
        let again = run(world, "killed", self.words, 0);
        let (after, wanted) = (state(world, "killed"), &self.wanted);
        assert_eq!(&after, wanted, "{place}: {ran}\nand then: {again}");
        // What was done before it died is said to be done; anything else goes through.
        assert!(again.code == 0 || now == self.new, "{place}: {again}");
    }

    /// Asks git about every object, where there are others, or other refs, than it was asked about last.
    fn check_objects(&self, refs: &str, place: &str) {
        let mut now = BTreeSet::from([(PathBuf::from(refs), 0)]);
        objects(&self.world.path("killed/.git/objects"), &mut now);
        if *self.sound.borrow() != now {
            let fsck = self.world.git_in("killed", ["fsck", "--strict", "--no-dangling"]);
            assert!(fsck.code == 0 && !fsck.stderr.contains("error"), "{place}: {fsck}");
            self.sound.replace(now);
        }
    }
}

fn copy(world: &World, to: &str) {
    let to = world.path(to);
    if to.exists() {
        fs::remove_dir_all(&to).expect("a folder to remove");
    }
    let copied = Command::new("cp").arg("-a").arg(world.path("memory")).arg(to).status();
    assert!(copied.expect("cp starts").success());
}

/// Runs the command in copies of `memory`, dying at the first place, the second, and so on until it lives; gives how
/// many places there are.
fn dies_everywhere(world: &World, words: &[&str]) -> u32 {
    let deed = Deed::new(world, words);
    for number in 1.. {
        copy(world, "killed");
        let ran = run(world, "killed", words, number);
        let place = format!("place {number} of {words:?}");
        deed.check(&ran, &place);
        if ran.code == 0 {
            return number - 1;
        }
        assert_eq!(ran.code, -1, "{place}: {ran}");
    }
    unreachable!()
}

#[test]
fn fifty_random_kills_lose_nothing() {
    let world = world_with_dream();
    world.write("export.jsonl", SECOND);
    let commands: [&[&str]; 5] = [
        &["import", "../export.jsonl"],
        &["run", "--session", "support-1"],
        &["approve", ID],
        &["approve", ID, "--drop", UTC],
        &["reject", ID, "--reason", "no"],
    ];
    // A linear congruential generator: the same kills in every run, as far as a clock lets them be.
    let mut random = 7_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 33
    };
    let mut killed = 0;
    for words in commands {
        let deed = Deed::new(&world, words);
        for _ in 0..10 {
            copy(&world, "killed");
            // The group dies: our git as well as we.
            let after = 1 + next() % 60;
            let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            let line = format!(
                "GIT_DREAM_NOW=2026-05-07T10:00:00Z timeout -s KILL 0.{after:03} git-dream {} >/dev/null 2>&1",
                words.join(" ")
            );
            let ran = world.shell("killed", &line, "");
            killed += u32::from(ran.code != 0);
            deed.check(&ran, &format!("killed after {after} ms"));
        }
    }
    assert!(killed >= 10, "only {killed} of 50 were killed in time");
}

fn approved() -> World {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    world
}

#[test]
fn an_import_that_is_killed_is_whole_or_was_never() {
    let world = world_with_dream();
    world.write("export.jsonl", SECOND);
    assert!(dies_everywhere(&world, &["import", "../export.jsonl"]) >= 6);
}

#[test]
fn a_run_that_is_killed_leaves_a_whole_branch_or_none() {
    let world = world_with_dream();
    world.write("export.jsonl", SECOND);
    world.dream(["import", "../export.jsonl"]).ok();
    assert!(dies_everywhere(&world, &["run"]) >= 6);
}

#[test]
fn an_approval_that_is_killed_is_undone_or_done() {
    assert!(dies_everywhere(&world_with_dream(), &["approve", ID]) >= 6);
}

#[test]
fn an_approval_of_a_part_that_is_killed_is_undone_or_done() {
    let world = world_with_dream();
    assert!(dies_everywhere(&world, &["approve", ID, "--drop", UTC]) >= 6);
}

#[test]
fn a_revert_and_a_restore_that_are_killed_are_undone_or_done() {
    let world = approved();
    assert!(dies_everywhere(&world, &["revert", ID]) >= 6);
    world.dream(["revert", ID]).ok();
    assert!(dies_everywhere(&world, &["restore", ID]) >= 6);
}

#[test]
fn a_rejection_that_is_killed_is_undone_or_done() {
    assert!(dies_everywhere(&world_with_dream(), &["reject", ID, "--reason", "no"]) >= 6);
}

#[test]
fn a_scheduled_night_that_is_killed_is_dreamt_again() {
    let world = world_with_dream();
    world.write("export.jsonl", SECOND);
    world.dream(["import", "../export.jsonl"]).ok();
    world.git(["config", "dream.schedule", "0 3 * * *"]);
    // Every place of a run has its own test; here it is what the night remembers.
    for number in (1..).step_by(4) {
        copy(&world, "killed");
        if run(&world, "killed", &["run", "--if-due"], number).code == 0 {
            assert!(number > 12);
            break;
        }
        run(&world, "killed", &["run", "--if-due"], 0).ok();
        let branches = world.git_in("killed", ["for-each-ref", "refs/heads/dream"]).ok();
        assert_eq!(branches.lines().count(), 2, "place {number}: {branches}");
    }
}

#[test]
fn what_a_person_wrote_after_a_killed_approval_stays() {
    let world = world_with_dream();
    for number in 1.. {
        copy(&world, "killed");
        if run(&world, "killed", &["approve", ID], number).code == 0 {
            assert!(number > 6);
            break;
        }
        let old = tree_of_memory(&refs(&world, "killed"));
        world.write("killed/notes/deploys.md", "my own words\n");
        let again = run(&world, "killed", &["approve", ID], 0);
        assert_eq!(world.read("killed/notes/deploys.md"), "my own words\n", "place {number}: {again}");
        // It is refused, or, where the file's old text is in nobody's way any more, goes through around the edit.
        let moved = tree_of_memory(&refs(&world, "killed")) != old;
        assert_eq!(moved, again.code == 0 && !again.stdout.is_empty(), "place {number}: {again}");
    }
}
