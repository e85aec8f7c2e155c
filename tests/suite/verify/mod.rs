//! Verify: what an auditor is told about a memory, sound or tampered with by plain git.

mod tampered;

use crate::proposal::{self, BRANCHES, ID, UTC, world_with_dream};
use crate::world::World;
use insta::assert_snapshot;

fn approved() -> World {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    world
}

/// What is wrong, without the parts that every report ends in; the exit code says whether something is.
fn wrong(world: &World) -> String {
    let report = world.dream(["verify"]);
    let told: Vec<&str> = report.stdout.lines().take_while(|line| !line.starts_with("direct edits")).collect();
    assert_eq!(report.code, i32::from(!told.is_empty()), "{report}");
    anonymous(&told.join("\n"))
}

/// Without the ids of commits, which depend on all that was done before.
fn anonymous(text: &str) -> String {
    let is_id = |word: &str| word.len() == 12 && word.bytes().all(|b| b.is_ascii_hexdigit());
    text.split_inclusive([' ', '\n', ','])
        .map(|word| {
            if is_id(word.trim_end_matches([' ', '\n', ','])) {
                word.replacen(&word[..12], "<id>", 1)
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// Nothing is wrong.
#[track_caller]
fn sound(world: &World) {
    assert_eq!(wrong(world), "");
}

#[test]
fn a_sound_memory_is_verified_and_direct_edits_are_listed() {
    assert_snapshot!(anonymous(&world_with_dream().dream(["verify"]).to_string()), @r#"
    direct edits, made outside of any dream:
      <id>  2026-05-06 03:02  first notes  Ada <ada@example.com>
      <id>  2026-05-06 03:00  init: dream.toml  Ada <ada@example.com>
    verified 6 commits: 1 dream, 3 changes, 0 landings
    evidence 3: 3 quotes found, in 1 stored session
    2 direct edits, 0 findings
    [exit 0]
    "#);
    assert_snapshot!(anonymous(&approved().dream(["verify"]).to_string()), @r#"
    direct edits, made outside of any dream:
      <id>  2026-05-06 03:02  first notes  Ada <ada@example.com>
      <id>  2026-05-06 03:00  init: dream.toml  Ada <ada@example.com>
    verified 7 commits: 1 dream, 3 changes, 1 landing
    evidence 3: 3 quotes found, in 1 stored session
    2 direct edits, 0 findings
    [exit 0]
    "#);
}

#[test]
fn a_program_gets_totals_findings_and_direct_edits() {
    let told = approved().dream(["verify", "--json"]).json();
    assert_eq!(told["schema"], 1);
    assert_eq!(told["totals"]["commits"], 7);
    assert_eq!(told["totals"]["landings"], 1);
    assert_eq!(told["findings"], serde_json::json!([]));
    assert_eq!(told["direct_edits"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_range_limits_the_commits_as_in_git() {
    let world = approved();
    let told = world.dream(["verify", "main~1..main", "--json"]).json();
    assert_eq!((&told["totals"]["commits"], &told["totals"]["changes"]), (&5.into(), &3.into()));
    assert_snapshot!(world.dream(["verify", "nowhere..main"]), @r#"
    ! error: 'nowhere..main' names no commits
    ! hint: name them as for 'git log': main~20..main
    [exit 1]
    "#);
}

#[test]
fn a_note_edited_outside_of_a_dream_is_a_direct_edit() {
    let world = approved();
    world.write("memory/notes/utc.md", "---\nname: utc\n---\nThe API is in CET.\n");
    world.git(["commit", "-qam", "the API moved"]);
    let report = world.dream(["verify"]);
    assert_eq!(report.code, 0, "{report}");
    assert!(report.stdout.contains("the API moved  Ada <ada@example.com>"), "{report}");
}

#[test]
fn dreams_merged_rebased_squashed_or_picked_by_a_forge_are_sound() {
    for how in ["merge", "rebase", "squash", "forge", "pick", "forward"] {
        let world = world_with_dream();
        let branch = format!("dream/{ID}");
        if how != "forward" {
            world.write("memory/notes/other.md", "---\nname: other\n---\nStaging is on 8080.\n");
            world.git(["add", "-A"]);
            world.git(["commit", "-qm", "meanwhile"]);
        }
        match how {
            "merge" => drop(world.git(["merge", "-q", "--no-ff", "-m", "Merge pull request #1", &branch])),
            "forward" => drop(world.git(["merge", "-q", "--ff-only", &branch])),
            "rebase" => {
                world.git(["switch", "-q", "-c", "rebased", &branch]);
                world.git(["rebase", "-q", "--no-keep-empty", "main"]);
                world.git(["switch", "-q", "main"]);
                world.git(["merge", "-q", "--ff-only", "rebased"]);
                world.git(["branch", "-q", "-D", "rebased", &branch]);
            }
            "pick" => drop(world.git(["cherry-pick", "-x", &format!("{branch}~1")])),
            _ => {
                let log = world.git(["log", "--reverse", "--format=* %B", &format!("main..{branch}")]);
                world.git(["merge", "-q", "--squash", &branch]);
                let message = format!("A dream (#1)\n\n{log}");
                match how {
                    "forge" => drop(world.git(["commit", "-q", "-m", &message])),
                    _ => drop(world.git(["commit", "-q", "--no-edit"])),
                }
                world.git(["branch", "-q", "-D", &branch]);
            }
        }
        let found = wrong(&world);
        assert_eq!(found, "", "{how}");
    }
}

#[test]
fn partial_approvals_reverts_and_restores_are_sound() {
    let world = world_with_dream();
    world.dream(["approve", ID, "--drop", BRANCHES]).ok();
    sound(&world);
    world.dream(["revert", ID, "--change", UTC]).ok();
    sound(&world);
    world.dream(["restore", ID]).ok();
    world.dream(["revert", ID]).ok();
    sound(&world);
    world.dream(["restore", ID]).ok();
    sound(&world);
}

#[test]
fn rejected_and_concurrent_dreams_are_sound() {
    let world = world_with_dream();
    world.dream(["reject", ID, "--reason", "not now"]).ok();
    sound(&world);
    let world = world_with_dream();
    world.write("memory/notes/team.md", "- Ines reviews dunning.\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-qm", "team"]);
    world.dream(["approve", ID]).ok();
    sound(&world);
}

#[test]
fn nights_of_the_engine_itself_are_sound() {
    let world = World::new();
    world.dream(["demo", "night"]).ok();
    let report = world.dream_in("night", ["verify"]);
    assert_eq!(report.code, 0, "{report}");
}

#[test]
fn a_shallow_clone_says_what_was_not_verified() {
    let world = approved();
    let url = format!("file://{}", world.path("memory").display());
    world.git(["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let git = |arguments: &[&str]| world.git_in("shallow", arguments.iter().copied()).ok();
    git(&["fetch", "-q", "origin", "refs/dream/sessions:refs/dream/sessions"]);
    assert_snapshot!(world.dream_in("shallow", ["verify"]), @r#"
    verified 1 commit: 0 dreams, 0 changes, 0 landings
    evidence 0: 0 quotes found, in 1 stored session
    0 direct edits, 0 findings
    ! warning: the clone is shallow: nothing below 1 commit was verified; 'git fetch --unshallow'
    [exit 0]
    "#);
}

#[test]
fn signatures_are_checked_by_git_where_they_are_required() {
    let world = approved();
    assert_eq!(world.dream(["verify", "--signatures", "off"]).code, 0);
    assert_snapshot!(anonymous(&world.dream(["verify", "--signatures", "approvals"]).to_string()), @r#"
    <id>  signature   it is not signed
                  have it approved again by somebody who signs: git config commit.gpgSign true
    direct edits, made outside of any dream:
      <id>  2026-05-06 03:02  first notes  Ada <ada@example.com>
      <id>  2026-05-06 03:00  init: dream.toml  Ada <ada@example.com>
    verified 7 commits: 1 dream, 3 changes, 1 landing
    evidence 3: 3 quotes found, in 1 stored session
    1 signature
    2 direct edits, 1 finding
    [exit 1]
    "#);
    let key = world.path("key");
    let key = key.to_str().expect("a path");
    let made = world.shell("memory", &format!("ssh-keygen -q -t ed25519 -N '' -f {key}"), "");
    assert_eq!(made.code, 0, "{made}");
    world.git(["config", "gpg.format", "ssh"]);
    world.git(["config", "user.signingKey", key]);
    let public = world.read("key.pub");
    world.write("allowed", format!("ada@example.com {public}"));
    world.git(["config", "gpg.ssh.allowedSignersFile", world.path("allowed").to_str().expect("a path")]);
    world.git(["commit", "-q", "--amend", "--no-edit", "-S"]);
    assert_eq!(world.dream(["verify", "--signatures", "approvals"]).code, 0);
    assert_eq!(world.dream(["verify", "--signatures", "all"]).code, 1);
    world.write("allowed", "");
    let report = world.dream(["verify", "--signatures", "approvals"]);
    assert!(report.stdout.contains("it is signed by a key that is not trusted"), "{report}");
}

#[test]
fn redacted_evidence_is_counted_and_no_finding() {
    let world = approved();
    world.dream(["redact", "support-1#L3", "--reason", "a customer asked", "--yes"]).ok();
    let told = world.dream(["verify", "--json"]);
    assert_eq!(told.code, 0, "{told}");
    assert_eq!(told.json()["totals"]["redacted"], 1);
    assert_snapshot!(wrong(&world), @"");
}

#[test]
fn why_follows_a_renamed_note_through_a_revert_and_a_restore_and_misses_what_is_gone() {
    let world = approved();
    world.dream(["revert", ID]).ok();
    world.dream(["restore", ID]).ok();
    world.git(["mv", "notes/utc.md", "notes/time-zone.md"]);
    world.git(["commit", "-qm", "a better name"]);
    let belief = |world: &World| world.dream(["why", "notes/time-zone.md", "--json"]).json()["beliefs"][0].clone();
    let told = belief(&world);
    assert_eq!(told["dream"], ID);
    assert_eq!(told["approved_by"], "Ada <ada@example.com>");
    assert_eq!(told["change"]["key"], UTC);
    sound(&world);
    world.git(["update-ref", "-d", "refs/dream/sessions"]);
    let told = world.dream(["why", "notes/time-zone.md"]).ok();
    assert!(told.contains("only 0 of 1 quotes were found"), "{told}");
}

#[test]
fn why_of_a_joined_note_tells_the_join_and_what_it_rests_on() {
    let world = world_with_dream();
    let blob = proposal::blob(&world);
    world.git(["switch", "-q", &format!("dream/{ID}")]);
    // A retirement is the last phase; a join comes before it.
    world.git(["reset", "-q", "--hard", "HEAD~1"]);
    world.write("memory/notes/deploys.md", "---\nname: deploys\n---\nDeploys run from release branches, in UTC.\n");
    world.git(["rm", "-q", "notes/utc.md"]);
    let facts = ("44444444", "reconcile", "join", "notes/deploys.md", "");
    proposal::change(&world, facts, "one note for both", (&blob, 3, "the API is in UTC, remember that"));
    world.git(["switch", "-q", "main"]);
    world.dream(["approve", ID]).ok();
    sound(&world);
    let told = world.dream(["why", "notes/deploys.md", "--json"]).json();
    assert_eq!(told["beliefs"].as_array().map(Vec::len), Some(1));
    let told = &told["beliefs"][0];
    assert_eq!((&told["dream"], &told["approved_by"]), (&ID.into(), &"Ada <ada@example.com>".into()));
    assert_eq!((&told["change"]["key"], &told["change"]["change"]), (&"44444444".into(), &"join".into()));
    let shown = world.dream(["why", "notes/deploys.md"]).ok();
    assert!(shown.contains("the API is in UTC, remember that"), "{shown}");
    assert_eq!(world.dream(["why", "notes/utc.md"]).code, 1);
}
