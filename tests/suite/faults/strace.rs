//! The real binary, and every git that it starts, under strace: killed at a system call that writes, or told there that
//! the disk is full, the quota used up, the file system read-only or the device broken. The normal run takes a sample of
//! the calls of each command; with GIT_DREAM_SLOW=1 it takes every one.

use super::{Deed, SECOND, copy, refs, state};
use crate::proposal::{ID, world_with_dream};
use crate::world::{Ran, World, not_tested};
use std::collections::{BTreeMap, BTreeSet};

/// Everything by which a process changes what is on disk.
const WRITES: &str = "write,pwrite64,writev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,openat,flock";
/// Where a command is told of an error. Removing and locking may fail without a word being due.
const REFUSABLE: &str =
    "write,pwrite64,writev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,mkdir,mkdirat,openat";

/// How many calls of each command the normal run takes.
const SAMPLE: usize = 5;

pub(super) fn is_slow() -> bool {
    std::env::var_os("GIT_DREAM_SLOW").is_some()
}

/// Whether strace is there and may trace; says what is missing where not.
fn traces(world: &World) -> bool {
    let tried = world.shell(".", "strace -f -o /dev/null -e trace=write true", "");
    if tried.code != 0 {
        let why = tried.stderr.lines().next().unwrap_or("it said nothing").to_owned();
        not_tested(&format!("system calls under strace; 'strace -f true' failed here: {why}"));
    }
    tried.code == 0
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    format!("git-dream {}", words.join(" "))
}

/// One command in the copy `killed`, all its processes traced with this expression.
fn traced(world: &World, words: &[&str], option: &str) -> Ran {
    let line = format!("GIT_DREAM_NOW=2026-05-07T10:00:00Z exec strace -f -q -o ../trace {option} {}", quoted(words));
    world.shell("killed", &line, "")
}

/// Only what changes something: opening a file to read it is no point to die at.
fn is_point(call: &str) -> bool {
    !call.starts_with("openat(") || ["O_CREAT", "O_WRONLY", "O_RDWR"].iter().any(|flag| call.contains(flag))
}

/// The calls of a command, as `(name, n)`: the n-th call of that name of any of its processes that matters there.
fn points(world: &World, words: &[&str], calls: &str) -> Vec<(String, usize)> {
    copy(world, "killed");
    let ran = traced(world, words, &format!("-e trace={calls}"));
    assert_eq!(ran.code, 0, "{ran}");
    let mut counts = BTreeMap::<(String, String), usize>::new();
    let mut points = BTreeSet::new();
    let trace = std::fs::read(world.path("trace")).expect("a trace");
    for line in String::from_utf8_lossy(&trace).lines() {
        let Some((process, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let Some((name, _)) = call.split_once('(') else { continue };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            continue;
        }
        let count = counts.entry((process.to_owned(), name.to_owned())).or_default();
        *count += 1;
        if is_point(call) {
            points.insert((name.to_owned(), *count));
        }
    }
    points.into_iter().collect()
}

/// All of them, or a few spread over the command.
fn chosen(points: Vec<(String, usize)>, sample: usize) -> Vec<(String, usize)> {
    let step = if is_slow() { 1 } else { points.len().div_ceil(sample).max(1) };
    // Not the first: what a command writes before it has begun tells little.
    points.into_iter().skip(if step > 1 { step / 2 } else { 0 }).step_by(step).collect()
}

/// The process that comes to the n-th call first dies there, be it ours or a git of ours; the others go on.
fn kill_everywhere(world: &World, words: &[&str]) {
    let deed = Deed::new(world, words);
    let points = chosen(points(world, words, WRITES), SAMPLE);
    let mut died = 0;
    for (name, count) in &points {
        copy(world, "killed");
        let ran = traced(world, words, &format!("-e trace={name} -e inject={name}:signal=KILL:when={count}"));
        died += usize::from(ran.code != 0);
        deed.check(&ran, &format!("killed at {name} {count} of {words:?}"));
    }
    println!("{}: killed at {} system calls, {died} times fatal to the command", words[0], points.len());
}

/// The command is told of this error once, at one call after the other.
fn refuse_everywhere(world: &World, words: &[&str], errors: &[&str]) {
    let deed = Deed::new(world, words);
    let points = chosen(points(world, words, REFUSABLE), SAMPLE);
    let mut failed = 0;
    for (at, (name, count)) in points.iter().enumerate() {
        // Each call another error: what is to be done about them is the same.
        let error = errors[at % errors.len()];
        copy(world, "killed");
        let before = state(world, "killed");
        let ran = traced(world, words, &format!("-e trace={name} -e inject={name}:error={error}:when={count}"));
        let place = format!("{error} at {name} {count} of {words:?}");
        assert!(ran.code != 70 && ran.code != 101 && ran.code >= 0, "{place}: {ran}");
        if ran.code != 0 {
            failed += 1;
            let blamed = ran.stderr.contains("error: ");
            // Its own standard error may be what failed.
            assert!(blamed || name == "write", "{place}: {ran}");
            let after = state(world, "killed");
            assert!(after.0 == before.0 || refs(world, "killed") == deed.wanted.0, "{place}: {ran}");
        }
        deed.check(&ran, &place);
    }
    println!("{}: {} calls x {:?}, {failed} failed", words[0], points.len(), errors);
}

#[test]
fn a_kill_at_any_system_call_leaves_the_old_or_the_new_memory() {
    let world = world_with_dream();
    if !traces(&world) {
        return;
    }
    world.write("export.jsonl", SECOND);
    every_command(&world, &kill_everywhere);
}

#[test]
fn a_disk_that_refuses_any_system_call_is_an_error_and_nothing_changes() {
    let world = world_with_dream();
    if !traces(&world) {
        return;
    }
    world.write("export.jsonl", SECOND);
    every_command(&world, &|world, words| {
        refuse_everywhere(world, words, &["ENOSPC", "EIO", "EDQUOT", "EROFS", "EACCES"])
    });
}

/// Every command that writes, each in the state that it is for.
fn every_command(world: &World, test: &dyn Fn(&World, &[&str])) {
    test(world, &["import", "../export.jsonl"]);
    test(world, &["run", "--session", "support-1"]);
    test(world, &["approve", ID]);
    test(world, &["reject", ID, "--reason", "no"]);
    test(world, &["redact", "support-1#L4", "--reason", "asked", "--yes"]);
    world.dream(["approve", ID]).ok();
    test(world, &["revert", ID]);
    test(world, &["expire", "--older-than", "1h"]);
    world.dream(["revert", ID]).ok();
    test(world, &["restore", ID]);
}
