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
    everything_in(world, "memory")
}

fn everything_in(world: &World, place: &str) -> String {
    let mut text = world.git_in(place, ["cat-file", "--batch-all-objects", "--batch"]).ok();
    let mut files = Vec::new();
    walk(&world.path(place).join(".git"), &mut files);
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
    assert!(!stored.is_empty() && !text.contains("release branches"), "{text}");
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

/// What must hold after a kill: all refs are the old ones or all are the new ones, and the same command finishes.
fn check_killed(world: &World, place: &str, before: &str) {
    let refs = |place: &str| world.git_in(place, ["for-each-ref"]).ok();
    let now = refs(place);
    let names = |refs: &str| {
        refs.lines().map(|line| line.split_whitespace().nth(2).expect("a name").to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&now), names(before), "no ref is lost");
    let moved = now.lines().filter(|line| !before.contains(*line)).count();
    assert!([0, 2].contains(&moved), "{place}: {moved} of two refs moved");
    let ran = world.dream_in(place, ["redact", "support-1#L4", "--reason", "x", "--yes"]);
    assert_eq!(ran.code, 0, "{place}: {ran}");
    let all = everything_in(world, place);
    assert!(!all.contains(SAID) && !all.contains(NOTED), "{place}: {}", context(&all, NOTED));
    assert_eq!(world.git_in(place, ["status", "--porcelain", "-uno"]).ok(), "", "{place}");
    assert_eq!(world.git_in(place, ["fsck", "--strict"]).code, 0, "{place}");
}

fn copied(world: &World, to: &str) -> String {
    world.shell(".", &format!("cp -a memory {to}"), "").ok();
    world.git_in(to, ["for-each-ref"]).ok()
}

#[test]
fn killed_at_any_place_it_is_the_old_or_the_new_and_the_next_call_finishes() {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    let words = ["redact", "support-1#L4", "--reason", "x", "--yes"];
    for number in 1..60 {
        let place = format!("killed-{number}");
        let before = copied(&world, &place);
        let fault = number.to_string();
        let ran = world.dream_with(&place, words, &[("GIT_DREAM_FAULT", &fault)], "");
        if ran.code == 0 {
            assert!(number > 8, "it dies at each of its steps");
            return;
        }
        check_killed(&world, &place, &before);
    }
    panic!("it never ends");
}

#[test]
fn ten_random_kills_lose_nothing() {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    copied(&world, "whole");
    let start = std::time::Instant::now();
    world.dream_in("whole", ["redact", "support-1#L4", "--reason", "x", "--yes"]).ok();
    let whole = start.elapsed();
    for step in 0..10 {
        let place = format!("killed-{step}");
        let before = copied(&world, &place);
        kill_after(&world, &place, whole.mul_f64((f64::from(step) + 0.5) / 10.0));
        check_killed(&world, &place, &before);
    }
}

fn kill_after(world: &World, place: &str, time: Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-dream"));
    command.args(["redact", "support-1#L4", "--reason", "x", "--yes"]).current_dir(world.path(place));
    command.env("HOME", world.home()).env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_CONFIG_GLOBAL", world.path(".gitconfig"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(time);
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().expect("ended");
}

fn old_world() -> World {
    let world = World::with_memory();
    let old = "{\"role\":\"user\",\"text\":\"remember that the API is in UTC\",\"time\":\"2025-01-04T10:00:00Z\"}\n";
    world.dream_with("memory", ["import", "-"], &[("GIT_DREAM_NOW", "1736000000")], old).ok();
    world.write("young.jsonl", "{\"role\":\"user\",\"text\":\"invoices are numbered per year\"}\n");
    world.dream(["import", "../young.jsonl"]).ok();
    world
}

#[test]
fn old_transcripts_expire_and_what_is_known_of_them_stays() {
    let world = old_world();
    let run = world.dream(["run", "--json"]).json();
    let dream = run["dream"].as_str().expect("a dream").to_owned();
    world.dream(["approve", &dream]).ok();
    let blob = world.dream(["show", "stdin", "--json"]).json()["session"]["versions"][0]["parts"][0]["blob"].clone();
    let blob = blob.as_str().expect("a blob").to_owned();
    let before = refs(&world);
    let planned = world.dream(["expire", "--older-than", "90d", "--dry-run"]).ok();
    assert!(planned.contains("stdin: all of it"), "{planned}");
    assert_eq!(refs(&world), before);
    let memory = tip(&world, "main");
    let ran = world.dream(["expire", "--older-than", "90d"]);
    assert!(ran.code == 0 && ran.stdout.contains("none holds what was taken out"), "{ran}");
    assert_eq!(tip(&world, "main"), memory, "memory is not touched");
    assert_ne!(world.git_in("memory", ["cat-file", "-e", &blob]).code, 0, "the bytes are gone");
    let shown = world.dream(["show", "stdin"]).ok();
    assert!(shown.contains(&format!("expired  {} on 2026-05-06", &blob[..12])), "{shown}");
    let path = run["changes"][0]["path"].as_str().expect("a path").to_owned();
    let why = world.dream(["why", &path]).ok();
    assert!(why.contains("expired: the transcript was dropped") && why.contains("its evidence was taken out"), "{why}");
    assert!(world.dream(["log"]).ok().contains("evidence expired"));
    world.dream(["check", &dream]).ok();
    assert!(world.dream(["run", "--json"]).json()["dream"].is_null(), "nothing is read or proposed again");
    let again = world.dream(["expire", "--older-than", "90d"]).ok();
    assert_eq!(again, "nothing is left to take out\n");
    let reverted = world.dream(["revert", &dream]);
    assert_eq!(reverted.code, 0, "{reverted}");
    assert_eq!(world.git_in("memory", ["fsck", "--strict"]).code, 0);
}

#[test]
fn without_an_age_nothing_expires() {
    let world = old_world();
    let ran = world.dream(["expire"]);
    assert!(ran.code == 1 && ran.stderr.contains("hint: git dream expire --older-than 365d"), "{ran}");
    world.git(["config", "dream.keep", "365d"]);
    assert!(world.dream(["expire"]).ok().contains("stdin: all of it"));
    assert_eq!(world.dream(["expire", "--older-than", "soon"]).code, 2);
}

fn key() -> String {
    format!("ghp_{}", "a1B2".repeat(9))
}

fn with_key(lines: usize) -> String {
    let mut text = String::from("{\"role\":\"user\",\"text\":\"the API is in UTC\"}\n");
    for number in 0..lines {
        text.push_str(&format!("{{\"role\":\"tool\",\"text\":\"{number}: export \\\"T\\\"={}\"}}\n", key()));
    }
    text
}

#[test]
fn credentials_are_warned_about_by_session_line_and_kind_and_never_shown() {
    let world = World::with_memory();
    world.write("s.jsonl", with_key(1));
    let ran = world.dream(["import", "../s.jsonl"]);
    assert_eq!(ran.code, 0, "{ran}");
    let warning = "warning: what looks like a credential (GitHub token) stands in session s line 2 (../s.jsonl)";
    assert!(ran.stderr.contains(warning) && !ran.to_string().contains(&key()), "{ran}");
}

#[test]
fn masked_credentials_never_come_in_and_the_session_still_grows() {
    let world = World::with_memory();
    world.git(["config", "dream.secrets", "mask"]);
    world.write("s.jsonl", with_key(1));
    world.dream(["import", "../s.jsonl"]).ok();
    assert!(!everything(&world).contains(&key()));
    assert!(world.dream(["import", "../s.jsonl"]).ok().contains("1 unchanged"));
    world.write("s.jsonl", with_key(2));
    assert!(world.dream(["import", "../s.jsonl"]).ok().contains("1 grown"));
    world.write("s.jsonl", with_key(1));
    assert!(world.dream(["import", "../s.jsonl"]).ok().contains("1 older"));
    assert!(!everything(&world).contains(&key()));
    let part = world.dream(["show", "s", "--json"]).json()["session"]["versions"][0]["parts"][0].clone();
    assert_eq!((&part["was"][0]["kind"], &part["was"][0]["bytes"]), (&"masked".into(), &with_key(1).len().into()));
    assert!(world.dream(["show", "s"]).ok().contains("    3  tool: 1: export \"T\"=[secret removed]"));
}

#[test]
fn sessions_with_credentials_are_refused_and_the_others_come_in() {
    let world = World::with_memory();
    world.write("logs/bad.jsonl", with_key(1));
    world.write("logs/good.jsonl", "{\"role\":\"user\",\"text\":\"invoices are numbered per year\"}\n");
    let ran = world.dream(["import", "--secrets", "refuse", "../logs"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.stderr.contains("session bad line 2") && ran.stdout.contains("1 session"), "{ran}");
    assert!(ran.stderr.contains("error: 1 session left out because of credentials\nhint: "), "{ran}");
    assert!(world.dream(["show", "good"]).code == 0 && world.dream(["show", "bad"]).code == 1);
    assert_eq!(world.dream(["import", "--secrets", "perhaps", "../logs"]).code, 2);
}

#[test]
fn the_users_own_patterns_count_everywhere() {
    let world = World::with_memory();
    world.write(
        "memory/dream.toml",
        "[import]\nsecrets = \"mask\"\n[secrets]\nallow = [\"a1B2a1B2\"]\nextra = [\"corp-[0-9]{6}\"]\n",
    );
    world.git(["commit", "-qam", "settings"]);
    world.write(
        "s.jsonl",
        with_key(1) + "{\"role\":\"user\",\"text\":\"remember that the door code is corp-123456\"}\n",
    );
    let ran = world.dream(["import", "../s.jsonl"]);
    assert!(ran.stderr.contains("(listed pattern) stands in session s line 3"), "{ran}");
    let all = everything(&world);
    assert!(all.contains(&key()) && !all.contains("corp-123456"));
    world.write("memory/dream.toml", "[secrets]\nextra = [\"(\"]\n");
    world.git(["commit", "-qam", "settings"]);
    let ran = world.dream(["status"]);
    assert!(ran.code == 1 && ran.stderr.contains("dream.toml line 2: secrets-extra is a list of 1"), "{ran}");
}
