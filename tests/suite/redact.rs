//! Removing bytes for good: what goes, what stays, and that plain git finds nothing of it anywhere afterwards.

use crate::proposal::{BRANCHES, ID, world_with_dream};
use crate::world::World;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Line 4 of the session, and what became of it.
const SAID: &str = "no, we deploy from release branches now";
const NOTED: &str = "deploy from release branches";

/// Everything that plain git can read of every object there is, as text, and every reflog.
fn everything(world: &World) -> String {
    let objects = world.git(["cat-file", "--batch-all-objects", "--batch"]);
    let mut text = objects;
    let mut files = Vec::new();
    walk(&world.path("memory/.git"), &mut files);
    for file in files.iter().filter(|file| !file.contains("/objects/")) {
        text.push_str(&String::from_utf8_lossy(&fs::read(file).expect("a file")));
    }
    text
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => walk(&path, found),
            path => found.push(path.to_string_lossy().into_owned()),
        }
    }
}

fn refs(world: &World) -> String {
    world.git(["for-each-ref"])
}

fn tip(world: &World, name: &str) -> String {
    world.git(["rev-parse", name]).trim().to_owned()
}

fn redact(world: &World, what: &str) -> crate::world::Ran {
    world.dream(["redact", what, "--reason", "a customer asked", "--yes"])
}

#[test]
fn a_line_goes_from_every_object_of_every_ref_and_reflog() {
    let world = world_with_dream();
    world.git(["gc", "-q"]);
    world.dream(["approve", ID]).ok();
    assert!(everything(&world).contains(SAID) && everything(&world).contains(NOTED));
    let ran = redact(&world, "support-1#L4");
    assert_eq!(ran.code, 0, "{ran}");
    let all = everything(&world);
    assert!(!all.contains(SAID) && !all.contains(NOTED), "{}", context(&all, NOTED));
    assert!(all.contains("the API is in UTC, remember that"), "the others stay");
    assert_eq!(world.git_in("memory", ["fsck", "--strict"]).code, 0);
    assert_eq!(world.git(["status", "--porcelain"]), "");
}

fn context(all: &str, word: &str) -> String {
    let at = all.find(word).unwrap_or(0);
    all.chars().skip(all[..at].chars().count().saturating_sub(300)).take(600).collect()
}

#[test]
fn untouched_things_keep_their_ids_and_evidence_of_others_still_stands() {
    let world = world_with_dream();
    world.write("support-2.jsonl", "{\"role\":\"user\",\"text\":\"invoices are numbered per year\"}\n");
    world.dream(["import", "../support-2.jsonl"]).ok();
    let base = tip(&world, "main");
    let first = tip(&world, &format!("dream/{ID}~3"));
    let early = tip(&world, &format!("dream/{ID}~1^"));
    let other = world.dream(["show", "support-2", "--json"]).json()["session"]["versions"].clone();
    redact(&world, "support-1#L4").ok();
    assert_eq!(tip(&world, "main"), base, "memory held nothing of it");
    assert_eq!(tip(&world, &format!("dream/{ID}~3")), first);
    assert_eq!(
        world.git(["merge-base", &early, &format!("dream/{ID}")]).trim(),
        early,
        "commits before keep their ids"
    );
    assert_eq!(world.dream(["show", "support-2", "--json"]).json()["session"]["versions"], other);
    assert!(world.dream(["check", ID]).ok().contains("provenance"), "quotes of other lines stand");
    let shown = world.dream(["show", ID]).ok();
    assert!(shown.contains("the API is in UTC, remember that"), "{shown}");
    assert!(shown.contains("redacted: taken out for good"), "{shown}");
    let session = world.dream(["show", "support-1"]).ok();
    assert!(session.contains("redacted lines 4 of 5f19e001ca53, tombstone 2026-05-06-"), "{session}");
    assert!(session.contains("    3  user: the API is in UTC"), "lines keep their numbers: {session}");
}

#[test]
fn the_tombstone_says_what_went_who_took_it_and_why_and_holds_nothing_of_it() {
    let world = world_with_dream();
    redact(&world, "support-1#L4").ok();
    let name = world.git(["ls-tree", "--name-only", "refs/dream/sessions", "tombstones/"]);
    let text = world.git(["show", &format!("refs/dream/sessions:{}", name.trim())]);
    let tombstone: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (tombstone["kind"].as_str(), tombstone["reason"].as_str()),
        (Some("redacted"), Some("a customer asked"))
    );
    assert_eq!(tombstone["by"], "Ada <ada@example.com>");
    let part = &tombstone["parts"][0];
    assert_eq!(part["lines"][0]["first"], 4);
    assert_eq!(part["old"]["bytes"], 351);
    assert_eq!(part["old"]["sha256"].as_str().map(str::len), Some(64));
    let stored = world.git(["rev-parse", "refs/dream/sessions:sessions"]);
    assert!(!stored.is_empty() && !text.contains("deploy"), "{text}");
    let message = world.git(["log", "-1", "--format=%B", "refs/dream/sessions"]);
    assert!(message.contains("Signed-off-by: Ada <ada@example.com>"), "{message}");
    let new = part["new"]["id"].as_str().expect("an id");
    assert_eq!(world.git(["cat-file", "-p", new]).lines().nth(3), Some("{\"redacted\":true}"));
}

#[test]
fn dreams_that_are_open_approved_rejected_and_reverted_survive_it() {
    for decision in ["open", "approved", "rejected", "reverted"] {
        let world = world_with_dream();
        match decision {
            "open" => {}
            "rejected" => drop(world.dream(["reject", ID, "--reason", "no, we deploy from release branches now"]).ok()),
            _ => drop(world.dream(["approve", ID]).ok()),
        }
        if decision == "reverted" {
            world.dream(["revert", ID]).ok();
        }
        let ran = redact(&world, "support-1#L4");
        assert_eq!(ran.code, 0, "{decision}: {ran}");
        let list = world.dream(["list", "--json"]).json();
        assert_eq!(list["dreams"][0]["status"], decision);
        assert!(!everything(&world).contains(NOTED), "{decision}: {}", context(&everything(&world), NOTED));
        world.dream(["status"]).ok();
        world.dream(["log"]).ok();
        match decision {
            "open" => drop(world.dream(["approve", ID]).ok()),
            "approved" => {
                let why = world.dream(["why", "notes/deploys.md"]).ok();
                assert!(why.contains(BRANCHES) && why.contains("redacted"), "{why}");
                world.dream(["revert", ID]).ok();
                assert!(!world.path("memory/notes/utc.md").exists());
            }
            "reverted" => drop(world.dream(["restore", ID]).ok()),
            _ => {}
        }
        assert_eq!(world.git(["status", "--porcelain"]), "", "{decision}");
    }
}

#[test]
fn a_whole_session_and_a_session_again_is_nothing_new() {
    let world = world_with_dream();
    redact(&world, "support-1").ok();
    assert!(!everything(&world).contains("the API is in UTC"));
    let before = refs(&world);
    let again = redact(&world, "support-1");
    assert!(again.stdout.starts_with("nothing is left to take out\nsearched "), "{again}");
    assert_eq!((again.code, refs(&world)), (0, before));
    world.dream(["import", "--agent", "support", "../support-1.jsonl"]).ok();
    assert!(!everything(&world).contains("the API is in UTC"), "importing the same file brings nothing back");
}

#[test]
fn without_yes_it_says_what_it_would_do_and_changes_nothing() {
    let world = world_with_dream();
    let (before, objects) = (refs(&world), world.git(["count-objects", "-v"]));
    let ran = world.dream(["redact", "support-1#L4", "--reason", "a customer asked"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.stdout.contains("support-1: lines 4 (351 bytes, blob 5f19e001ca53)"), "{ran}");
    assert!(ran.stdout.contains("git push --force REMOTE") && ran.stderr.contains("add --yes to do it"), "{ran}");
    assert_eq!((refs(&world), world.git(["count-objects", "-v"])), (before, objects));
}

#[test]
fn a_work_tree_with_changes_is_refused_and_nothing_has_changed() {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    world.write("memory/notes/deploys.md", "changed by hand\n");
    let before = refs(&world);
    let ran = redact(&world, "support-1#L4");
    assert!(ran.code == 1 && ran.stderr.contains("changes that are not committed"), "{ran}");
    assert!(ran.stderr.contains("hint: commit or stash them first"), "{ran}");
    assert_eq!(refs(&world), before);
}

#[test]
fn whatever_else_still_holds_it_is_named_with_what_to_do() {
    let world = world_with_dream();
    world.git(["tag", "before", &format!("dream/{ID}")]);
    world.write("support-2.jsonl", format!("{{\"role\":\"user\",\"text\":\"{SAID}\"}}\n"));
    world.dream(["import", "../support-2.jsonl"]).ok();
    let ran = redact(&world, "support-1#L4");
    assert_eq!(ran.code, 1, "{ran}");
    assert!(
        ran.stderr.contains("warning: the tag before still holds it\nhint: delete or move it: git tag -d before"),
        "{ran}"
    );
    assert!(ran.stderr.contains("the same words stand in 1 line of other transcripts, such as support-2#L1"), "{ran}");
    world.git(["tag", "-d", "before"]);
    redact(&world, "support-1#L4").ok();
    redact(&world, "support-2#L1").ok();
    assert!(!everything(&world).contains(SAID));
}

#[test]
fn a_note_goes_with_all_its_versions_and_the_transcripts_only_when_asked() {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    let ran = redact(&world, "notes/deploys.md");
    assert_eq!(ran.code, 0, "{ran}");
    let all = everything(&world);
    assert!(!all.contains("Deploys run from"), "{}", context(&all, "Deploys run from"));
    assert!(all.contains(SAID), "the transcript was not asked for");
    assert!(!world.path("memory/notes/deploys.md").exists());
    assert_eq!(world.git(["log", "--format=%h", "--", "notes/deploys.md"]), "");
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    world.dream(["redact", "notes/deploys.md", "--with-evidence", "--reason", "x", "--yes"]).ok();
    assert!(!everything(&world).contains(SAID));
}

#[test]
fn what_is_no_session_no_line_or_no_note_is_refused() {
    let world = world_with_dream();
    for (what, why) in [
        ("support-1#L9", "error: could not find line 9 of session support-1: it has 5"),
        ("support-1#Lx", "names no lines of a session"),
        ("notes/none.md", "could not find the note notes/none.md: memory never held it"),
    ] {
        let ran = redact(&world, what);
        assert!(ran.code != 0 && ran.stderr.contains(why), "{what}: {ran}");
    }
}

#[test]
fn killed_at_any_point_it_is_the_old_or_the_new_and_the_next_call_finishes() {
    for step in 0..10 {
        let world = world_with_dream();
        world.dream(["approve", ID]).ok();
        let before = refs(&world);
        kill_after(&world, Duration::from_millis(4 + step * 17));
        let now = refs(&world);
        let names = |refs: &str| {
            refs.lines().map(|line| line.split_whitespace().nth(2).expect("a name").to_owned()).collect::<BTreeSet<_>>()
        };
        assert_eq!(names(&now), names(&before), "no ref is lost");
        let moved = now.lines().filter(|line| !before.contains(*line)).count();
        assert!([0, 2].contains(&moved), "{moved} of two refs moved at step {step}");
        let ran = redact(&world, "support-1#L4");
        assert_eq!(ran.code, 0, "step {step}: {ran}");
        let all = everything(&world);
        assert!(!all.contains(SAID) && !all.contains(NOTED), "step {step}: {}", context(&all, NOTED));
        assert_eq!(world.git(["status", "--porcelain", "-uno"]), "", "step {step}");
        assert_eq!(world.git_in("memory", ["fsck", "--strict"]).code, 0);
    }
}

fn kill_after(world: &World, time: Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-dream"));
    command.args(["redact", "support-1#L4", "--reason", "x", "--yes"]).current_dir(world.path("memory"));
    command
        .env("HOME", world.home())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", world.path(".gitconfig"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(time);
    child.kill().expect("killed");
    child.wait().expect("ended");
}
