//! `git dream check` over what a pull request holds, and what an approval does with a check that fails.

use crate::proposal::{ID, UTC, world_with_dream};
use crate::world::{Ran, World};
use serde_json::Value;

fn checks(world: &World, what: &str) -> (Ran, Vec<(String, String, String)>) {
    let ran = world.dream(["check", what, "--json"]);
    let json: Value = serde_json::from_str(&ran.stdout).expect("one object");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |found: &Value| (text(&found["check"]), text(&found["verdict"]), text(&found["detail"]));
    let lines = json["checks"].as_array().expect("findings").iter().map(line).collect();
    (ran, lines)
}

fn verdicts<'a>(lines: &'a [(String, String, String)], check: &str) -> Vec<(&'a str, &'a str)> {
    lines.iter().filter(|line| line.0 == check).map(|line| (line.1.as_str(), line.2.as_str())).collect()
}

/// Commits a file by hand on the dream's branch, or on another.
fn by_hand(world: &World, branch: &str, path: &str, text: &str, message: &str) {
    world.git(["switch", "-q", branch]);
    world.write(format!("memory/{path}"), text);
    world.git(["add", "-A"]);
    world.git(["commit", "-q", "-m", message]);
    world.git(["switch", "-q", "main"]);
}

#[test]
fn a_range_is_checked_like_the_dream_that_it_holds() {
    let world = world_with_dream();
    let (ran, lines) = checks(&world, &format!("main..dream/{ID}"));
    assert_eq!(ran.code, 0, "{ran}");
    let names: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
    assert_eq!(names, ["loss", "provenance", "trust", "secrets", "injection", "hidden-text", "size", "bill"]);
    assert_eq!(verdicts(&lines, "provenance"), [("pass", "3 quotes of 3 changes stand in the lines they cite")]);
    // What memory gained meanwhile is not what the branch lost.
    by_hand(&world, "main", "notes/more.md", "- one\n- two\n- three\n", "more");
    assert_eq!(checks(&world, &format!("main..dream/{ID}")).1, lines);
    assert_eq!(checks(&world, &format!("main...dream/{ID}")).1, lines);
}

#[test]
fn what_was_committed_by_hand_is_listed_and_what_it_loses_counts() {
    let world = world_with_dream();
    let entries: String = (0..20).map(|n| format!("- entry number {n}\n")).collect();
    by_hand(&world, "main", "notes/many.md", &entries, "many");
    world.git(["branch", "edits", "main"]);
    by_hand(&world, "edits", "notes/many.md", "- entry number 3\n", "tidy up");
    let (ran, lines) = checks(&world, "main..edits");
    assert_eq!(ran.code, 1, "{ran}");
    let [("warn", listed)] = verdicts(&lines, "provenance")[..] else { panic!("{lines:?}") };
    assert!(listed.ends_with("('tidy up') is no change of a dream"), "{listed}");
    let [("fail", lost)] = verdicts(&lines, "loss")[..] else { panic!("{lines:?}") };
    assert!(lost.starts_with("19 of 22 entries"), "{lost}");
    // An entry that moved to another file is not lost.
    world.git(["branch", "moved", "main"]);
    world.git(["switch", "-q", "moved"]);
    world.git(["mv", "notes/many.md", "notes/others.md"]);
    world.git(["commit", "-q", "-m", "move"]);
    let (ran, lines) = checks(&world, "main..moved");
    assert_eq!((ran.code, verdicts(&lines, "loss")[0].0), (0, "pass"), "{lines:?}");
}

#[test]
fn a_secret_in_a_message_by_hand_fails() {
    let world = world_with_dream();
    let key = format!("ghp_{}", "a1B2c3D4e".repeat(4));
    world.git(["branch", "edits", "main"]);
    by_hand(&world, "edits", "notes/own.md", "- mine\n", &format!("log in with {key}"));
    let ran = world.dream(["check", "main..edits"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.stdout.contains("holds what looks like a credential") && !ran.to_string().contains(&key), "{ran}");
}

#[test]
fn a_range_that_is_none_is_refused() {
    let world = world_with_dream();
    for range in ["main..nowhere", "--all..main", "..", "main..dream/*"] {
        let ran = world.dream(["check", "--", range]);
        assert!(ran.code == 1 || ran.code == 2, "{range}: {ran}");
        assert!(ran.stderr.contains("error: ") && ran.stderr.contains("hint: "), "{range}: {ran}");
    }
}

#[test]
fn a_failed_check_blocks_until_it_is_set_aside_on_record() {
    let world = world_with_dream();
    let file = world.read("memory/dream.toml").replace("size-budget = 25000", "size-budget = 1");
    world.write("memory/dream.toml", file);
    world.git(["commit", "-qam", "a small budget"]);
    let ran = world.dream(["approve", ID]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.stderr.contains("fails what memory requires: size"), "{ran}");
    assert!(ran.stderr.contains("--override size --reason TEXT"), "{ran}");
    assert_eq!(world.dream(["approve", ID, "--override", "size"]).code, 2);
    assert_eq!(world.dream(["approve", ID, "--override", "weight", "--reason", "x"]).code, 2);
    // Another check than the one that fails sets nothing aside.
    assert_eq!(world.dream(["approve", ID, "--override", "loss", "--reason", "x"]).code, 1);
    world.dream(["approve", ID, "--override", "size", "--reason", "it shrinks\nDream-Id: forged"]).ok();
    let message = world.git(["log", "-1", "--format=%B"]);
    let trailers = world.git(["log", "-1", "--format=%(trailers:only,unfold)"]);
    assert!(trailers.contains("size: it shrinks"), "{trailers}");
    assert_eq!(message.lines().filter(|line| line.starts_with("Dream-Id:")).count(), 1, "{message}");
    assert!(message.contains("size fail: "), "{message}");
}

#[test]
fn a_merge_names_risks_first() {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    let message = world.git(["log", "-1", "--format=%B"]);
    let (risks, checks) = (message.find("Risks:"), message.find("Checks:"));
    assert!(risks.is_some() && risks < checks, "{message}");
    assert!(message.contains(&format!("  {UTC}: single-session")), "{message}");
}
