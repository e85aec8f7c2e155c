//! Commands that decide: what they change, what they refuse, and what the real git says of it.

use crate::proposal::{BRANCHES, ID, RETIRED, UTC, world_with_dream};
use insta::assert_snapshot;

fn statuses(world: &crate::world::World) -> String {
    let list = world.dream(["list", "--json"]).json();
    list["dreams"][0]["status"].as_str().expect("a status").to_owned()
}

#[test]
fn an_approved_dream_is_in_memory_and_can_be_taken_back_and_brought_back() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["approve", ID]), @r#"
    approved dream 2026-05-06-aaaa: 3 changes merged; main is now 7793027e232d
    ! hint: 'git dream revert 2026-05-06-aaaa' takes it back
    [exit 0]
    "#);
    assert_eq!(statuses(&world), "approved");
    assert!(world.read("memory/notes/utc.md").contains("The API is in UTC."));
    assert!(!world.path("memory/notes/old.md").exists());
    assert_eq!(world.git(["status", "--short"]), "");
    assert_snapshot!(world.dream(["revert", ID]), @r#"
    reverted dream 2026-05-06-aaaa; main is now 4fd7ce3a8baf
    ! hint: 'git dream restore 2026-05-06-aaaa' brings it back
    [exit 0]
    "#);
    assert_eq!(statuses(&world), "reverted");
    assert!(world.path("memory/notes/old.md").exists());
    assert_snapshot!(world.dream(["restore", ID]), @r#"
    restored dream 2026-05-06-aaaa; main is now a63c46fccd8e
    ! hint: 'git dream revert 2026-05-06-aaaa' takes it back
    [exit 0]
    "#);
    assert_eq!(statuses(&world), "approved");
    world.git(["fsck", "--strict"]);
}

#[test]
fn a_part_can_be_approved() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["approve", "aaaa", "--drop", UTC, "--drop", "3"]), @r#"
    approved dream 2026-05-06-aaaa: 1 change merged, 2 left out; main is now 08201f3abab3
    ! hint: 'git dream revert 2026-05-06-aaaa' takes it back
    [exit 0]
    "#);
    assert!(!world.path("memory/notes/utc.md").exists());
    assert!(world.path("memory/notes/old.md").exists());
    assert!(world.read("memory/notes/deploys.md").contains("release branches"));
}

#[test]
fn only_some_can_be_approved_as_json() {
    let world = world_with_dream();
    let approved = world.dream(["approve", ID, "--only", BRANCHES, "--json"]).json();
    assert_eq!(approved["dropped"], serde_json::json!([UTC, RETIRED]));
    assert_eq!(world.dream(["list", "--json"]).json()["dreams"][0]["decided_by"], "Ada <ada@example.com>");
}

#[test]
fn a_rejected_dream_keeps_its_reason() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["reject", ID, "--reason", "one customer only"]), @r#"
    rejected dream 2026-05-06-aaaa; it is kept as refs/dream/closed/2026-05-06-aaaa
    [exit 0]
    "#);
    assert_eq!(statuses(&world), "rejected");
    assert!(world.dream(["show", ID]).stdout.contains("one customer only"));
    assert_snapshot!(world.dream(["approve", ID]), @r#"
    ! error: could not approve dream 2026-05-06-aaaa: it was rejected
    ! hint: 'git dream show 2026-05-06-aaaa' shows what it proposed; new evidence brings it up again
    [exit 1]
    "#);
}

#[test]
fn a_conflict_shows_both_sides_and_changes_nothing() {
    let world = world_with_dream();
    let text = world.read("memory/notes/deploys.md").replace("from main", "from trunk");
    world.write("memory/notes/deploys.md", text);
    world.git(["commit", "-qam", "deploys: trunk"]);
    let before = world.git(["for-each-ref"]);
    assert_snapshot!(world.dream(["approve", ID]), @r#"
    ! conflict: notes/deploys.md was edited on both sides
    !   base   | description: Deploys run from main.
    !   memory | description: Deploys run from trunk.
    !   dream  | description: Deploys run from release branches.
    ! conflict: notes/deploys.md was edited on both sides
    !   base   | Deploys run from main.
    !   memory | Deploys run from trunk.
    !   dream  | Deploys run from release branches.
    ! error: could not merge: 2 conflicts
    ! hint: nothing was changed; edit one side, commit it, and try again
    [exit 3]
    "#);
    assert_eq!(world.git(["for-each-ref"]), before);
}

#[test]
fn local_changes_in_the_way_are_refused_with_the_next_step() {
    let world = world_with_dream();
    world.write("memory/notes/deploys.md", "mine\n");
    assert_snapshot!(world.dream(["approve", ID]), @r#"
    ! error: could not update the work tree ~/memory: these files would be overwritten: notes/deploys.md
    ! hint: commit or stash them first: git -C ~/memory stash -u
    ! hint: nothing was changed
    [exit 1]
    "#);
    assert_eq!(world.read("memory/notes/deploys.md"), "mine\n");
}

#[test]
fn a_decision_that_makes_no_sense_names_the_one_that_does() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["revert", ID]), @r#"
    ! error: could not revert dream 2026-05-06-aaaa: it is open
    ! hint: 'git dream approve 2026-05-06-aaaa' or 'git dream reject 2026-05-06-aaaa' decides about it
    [exit 1]
    "#);
    assert_snapshot!(world.dream(["restore", ID]), @r#"
    ! error: could not restore dream 2026-05-06-aaaa: nothing of it is reverted
    ! hint: 'git dream show 2026-05-06-aaaa' says where it stands
    [exit 1]
    "#);
    world.dream(["approve", ID]).ok();
    assert_snapshot!(world.dream(["approve", ID]), @r#"
    ! error: could not approve dream 2026-05-06-aaaa: it is approved already
    ! hint: 'git dream revert 2026-05-06-aaaa' takes it back
    [exit 1]
    "#);
    assert_snapshot!(world.dream(["reject", ID, "--reason", "late"]), @r#"
    ! error: could not reject dream 2026-05-06-aaaa: it is approved
    ! hint: 'git dream revert 2026-05-06-aaaa' takes an approved dream back
    [exit 1]
    "#);
    assert_snapshot!(world.dream(["review", ID]), @r#"
    ! error: could not review dream 2026-05-06-aaaa: it is approved
    ! hint: 'git dream revert 2026-05-06-aaaa' takes an approved dream back
    [exit 1]
    "#);
    world.dream(["revert", ID]).ok();
    assert_snapshot!(world.dream(["approve", ID]), @r#"
    ! error: could not approve dream 2026-05-06-aaaa: it was approved and then reverted
    ! hint: 'git dream restore 2026-05-06-aaaa' brings it back
    [exit 1]
    "#);
}

#[test]
fn a_hook_that_refuses_is_named_and_can_be_passed() {
    let world = world_with_dream();
    let hook = world.write("memory/.git/hooks/pre-merge-commit", "#!/bin/sh\necho not today >&2\nexit 1\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).expect("an executable hook");
    }
    assert_snapshot!(world.dream(["approve", ID]), @r#"
    ! error: could not pass the hook 'pre-merge-commit': not today
    ! hint: nothing was changed; --no-verify goes past the hooks, as in git
    [exit 1]
    "#);
    world.dream(["approve", ID, "--no-verify"]).ok();
}

#[test]
fn an_index_whose_lock_was_left_behind_is_named() {
    let world = world_with_dream();
    world.write("memory/.git/index.lock", "");
    let before = world.git(["for-each-ref"]);
    assert_snapshot!(world.dream(["approve", ID]), @r#"
    ! error: could not write: ~/memory/.git/index.lock was left behind by another program
    ! hint: if no git is at work here, remove it: rm '~/memory/.git/index.lock'
    [exit 1]
    "#);
    assert_eq!(world.git(["for-each-ref"]), before);
}

#[test]
fn a_commit_by_hand_on_the_branch_of_a_dream_fails_its_check() {
    let world = world_with_dream();
    assert_eq!(world.dream(["check", ID]).code, 0);
    world.git(["switch", "-q", &format!("dream/{ID}")]);
    world.write("memory/notes/by-hand.md", "Trust everybody.\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-qm", "one more thing"]);
    world.git(["switch", "-q", "main"]);
    let ran = world.dream(["check", ID]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.stdout.contains("('one more thing') changes files without evidence"), "{ran}");
}

#[test]
fn a_branch_brought_up_to_date_passes_its_check() {
    let world = world_with_dream();
    world.write("memory/team.md", "- Ines reviews dunning.\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-qm", "team"]);
    world.git(["switch", "-q", &format!("dream/{ID}")]);
    world.git(["merge", "-q", "--no-edit", "main"]);
    world.git(["switch", "-q", "main"]);
    assert_eq!(world.dream(["check", ID]).code, 0);
}

#[test]
fn packs_are_joined_after_a_command_that_wrote() {
    let world = world_with_dream();
    for n in 0..60 {
        world.write(format!("memory/{n}.bin"), format!("{n}"));
        world.git(["add", "-A"]);
        world.git(["repack", "-q"]);
        world.git(["commit", "-qm", "n"]);
        world.git(["repack", "-q"]);
    }
    world.dream(["approve", ID]).ok();
    let packs = std::fs::read_dir(world.path("memory/.git/objects/pack")).expect("packs").flatten();
    let packs = packs.filter(|file| file.path().extension().is_some_and(|end| end == "pack")).count();
    assert!(packs < 30, "{packs} packs");
    world.git(["fsck", "--strict"]);
}

#[test]
fn a_belief_that_was_brought_back_still_names_its_evidence() {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    world.dream(["revert", ID]).ok();
    let old = world.dream(["why", "notes/deploys.md"]).ok();
    assert!(old.contains("brought back by Ada") && old.contains("not by a dream"), "{old}");
    world.dream(["restore", ID]).ok();
    let new = world.dream(["why", "notes/deploys.md", "--json"]).json();
    assert_eq!(new["beliefs"][0]["dream"], ID);
    assert_eq!(new["beliefs"][0]["approved_by"], "Ada <ada@example.com>");
    assert_eq!(new["beliefs"][0]["change"]["key"], BRANCHES);
    let head = world.git(["rev-parse", "HEAD"]);
    assert_eq!(new["beliefs"][0]["brought_back_by"]["commit"], head.trim());
    // And what a revert of the whole, typed into git itself, brings back.
    world.git(["revert", "--no-edit", "HEAD"]);
    let old = world.dream(["why", "notes/deploys.md"]).ok();
    assert!(old.contains("brought back by Ada") && old.contains("not by a dream"), "{old}");
}
