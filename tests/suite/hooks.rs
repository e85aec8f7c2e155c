//! The shipped client hooks, installed and run by the real git.

use crate::world::World;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn secret() -> String {
    format!("- the key is ghp_{}\n", "a1B2".repeat(9))
}

/// Types a line into a shell that finds git-dream, in the memory.
fn typed(world: &World, line: &str) -> crate::world::Ran {
    world.shell("memory", line, "")
}

fn guarded() -> World {
    let world = World::with_memory();
    world.dream(["hook", "install"]).ok();
    world
}

/// A memory with hooks and one open dream.
fn dreaming() -> (World, String) {
    let world = guarded();
    let session = "{\"role\":\"user\",\"text\":\"Remember that the nightly export must finish before 04:00 UTC, accounting reads it then.\",\"time\":\"2026-05-04T10:00:00Z\"}\n{\"role\":\"agent\",\"text\":\"Noted.\"}\n";
    world.write("s1.jsonl", session);
    world.dream(["import", "../s1.jsonl"]).ok();
    let dream = world.dream(["run", "--json"]).json()["dream"].as_str().expect("a dream").to_owned();
    (world, dream)
}

#[test]
fn installing_listing_and_removing_are_told() {
    let world = World::with_memory();
    insta::assert_snapshot!(world.dream(["hook", "list"]), @r#"
    pre-commit absent                         ~/memory/.git/hooks/pre-commit
    commit-msg absent                         ~/memory/.git/hooks/commit-msg
    post-merge absent                         ~/memory/.git/hooks/post-merge
    ! hint: 'git dream hook install' puts them in place
    [exit 0]
    "#);
    insta::assert_snapshot!(world.dream(["hook", "install"]), @r#"
    pre-commit installed                      ~/memory/.git/hooks/pre-commit
    commit-msg installed                      ~/memory/.git/hooks/commit-msg
    post-merge installed                      ~/memory/.git/hooks/post-merge
    merge driver already installed
    ! hint: 'git dream hook uninstall' takes them away; 'git commit --no-verify' goes past them
    [exit 0]
    "#);
    insta::assert_snapshot!(world.dream(["hook", "install"]), @r#"
    pre-commit already installed              ~/memory/.git/hooks/pre-commit
    commit-msg already installed              ~/memory/.git/hooks/commit-msg
    post-merge already installed              ~/memory/.git/hooks/post-merge
    merge driver already installed
    ! hint: 'git dream hook uninstall' takes them away; 'git commit --no-verify' goes past them
    [exit 0]
    "#);
    let mode = fs::metadata(world.path("memory/.git/hooks/pre-commit")).expect("a hook").permissions().mode();
    assert_eq!(mode & 0o111, 0o111);
    let listed = world.dream(["hook", "list", "--json"]).json();
    assert_eq!(listed["schema"], 1);
    assert_eq!(listed["hooks"][1]["name"], "commit-msg");
    assert_eq!(listed["hooks"][1]["state"], "installed");
    insta::assert_snapshot!(world.dream(["hook", "uninstall"]), @r#"
    pre-commit removed                        ~/memory/.git/hooks/pre-commit
    commit-msg removed                        ~/memory/.git/hooks/commit-msg
    post-merge removed                        ~/memory/.git/hooks/post-merge
    merge driver removed
    [exit 0]
    "#);
    assert!(!world.path("memory/.git/hooks/pre-commit").exists());
}

#[test]
fn foreign_hooks_are_left_alone_and_the_line_to_add_is_named() {
    let world = World::with_memory();
    let foreign = world.write("memory/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    insta::assert_snapshot!(world.dream(["hook", "install"]), @r#"
    pre-commit left alone, it is not ours     ~/memory/.git/hooks/pre-commit
    commit-msg installed                      ~/memory/.git/hooks/commit-msg
    post-merge installed                      ~/memory/.git/hooks/post-merge
    merge driver already installed
    ! error: there is another pre-commit already
    ! hint: add this line to ~/memory/.git/hooks/pre-commit:
    ! hint:   git dream hook pre-commit "$@" || exit 1
    [exit 1]
    "#);
    assert_eq!(fs::read_to_string(&foreign).expect("the hook"), "#!/bin/sh\nexit 0\n");
    fs::write(&foreign, "#!/bin/sh\ngit dream hook pre-commit \"$@\" || exit 1\nexit 0\n").expect("written");
    fs::set_permissions(&foreign, fs::Permissions::from_mode(0o755)).expect("executable");
    world.dream(["hook", "install"]).ok();
    world.write("memory/notes/a.md", secret());
    world.git(["add", "."]);
    assert_eq!(typed(&world, "git commit -m x").code, 1);
    world.dream(["hook", "uninstall"]).ok();
    assert!(foreign.exists());
    assert!(!world.path("memory/.git/hooks/commit-msg").exists());
}

#[test]
fn a_hooks_path_of_the_repository_is_used_and_a_shared_one_is_not_touched() {
    let world = World::with_memory();
    world.git(["config", "core.hooksPath", "own-hooks"]);
    world.dream(["hook", "install"]).ok();
    assert!(world.path("memory/own-hooks/pre-commit").exists());
    assert!(!world.path("memory/.git/hooks/pre-commit").exists());
    world.dream(["hook", "uninstall"]).ok();
    world.git(["config", "--unset", "core.hooksPath"]);
    let shared = world.path("shared-hooks");
    world.git(["config", "--global", "core.hooksPath", shared.to_str().expect("text")]);
    let refused = world.dream(["hook", "install"]);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("git dream hook commit-msg \"$@\" || exit 1"), "{refused}");
    assert!(!shared.exists());
}

#[test]
fn staged_memory_that_is_unsound_is_refused_with_path_and_line() {
    let world = guarded();
    world.write("memory/notes/a.md", format!("- fine\n{}", secret()));
    world.write("memory/notes/b.md", "---\nname: b\ntags: [x\n---\nText\n");
    world.write("memory/notes/c.md", b"- a\n- \xff\n");
    world.write("memory/notes/d.md", "- left\u{202e}right\n");
    world.write("memory/elsewhere.md", secret());
    world.git(["add", "."]);
    insta::assert_snapshot!(typed(&world, "git commit -m x"), @r#"
    ! notes/a.md:2: holds what looks like a credential
    ! notes/b.md:3: the front matter is no valid YAML: unclosed bracket '['
    ! notes/c.md:2: is not UTF-8 text
    ! notes/d.md:1: holds a hidden character, U+202E
    ! error: not committed: 4 findings in staged memory
    ! hint: correct the files, 'git add' them again and commit; what is not staged does not count
    ! hint: if a finding is wrong: git commit --no-verify
    [exit 1]
    "#);
    // Outside of memory nothing is judged, and what is not staged does not count.
    world.git(["rm", "--cached", "-q", "-r", "notes"]);
    typed(&world, "git commit -qm x").ok();
    world.write("memory/notes/a.md", "- fine\n");
    world.git(["add", "notes/a.md"]);
    world.write("memory/notes/a.md", secret());
    typed(&world, "git commit -qm y").ok();
    // `-a` and a named file are committed from an index of their own.
    assert_eq!(typed(&world, "git commit -qam z").code, 1);
    assert_eq!(typed(&world, "git commit -qm z notes/a.md").code, 1);
    typed(&world, "git commit -qam z --no-verify").ok();
}

#[test]
fn folders_of_a_staged_dream_toml_count_and_a_broken_one_is_named() {
    let world = guarded();
    world.write("memory/dream.toml", "[memory]\nnotes = \"wiki\"\nfolders = [\"wiki\"]\n");
    world.write("memory/wiki/a.md", secret());
    world.git(["add", "."]);
    let refused = typed(&world, "git commit -m x");
    assert!(refused.stderr.contains("wiki/a.md:1: holds what looks like a credential"), "{refused}");
    world.git(["rm", "--cached", "-q", "wiki/a.md"]);
    world.write("memory/dream.toml", "[dream]\nmin-suport = 2\n");
    world.git(["add", "dream.toml"]);
    let refused = typed(&world, "git commit -m x");
    assert!(refused.stderr.contains("dream.toml:2: unknown key '[dream] min-suport'"), "{refused}");
}

#[test]
fn messages_with_malformed_or_made_up_trailers_are_refused() {
    let world = guarded();
    let commit = |message: &str| {
        world.write("message", message);
        typed(&world, "git commit -q --allow-empty -F ../message")
    };
    insta::assert_snapshot!(commit("notes: a\n\nDream-Id: may\nEvidence: s1@12 user\n"), @r#"
    ! message:3: Dream-Id: no dream's id, such as 2026-05-06-k3f9
    ! message:4: Evidence: not of the form 'SESSION@BLOB#L1-L2 ROLE'
    ! error: not committed: 2 findings in the message
    ! hint: leave the trailers of dreams out: a plain commit is a change by you, and 'git dream why' says so
    ! hint: the message is kept in .git/COMMIT_EDITMSG: git commit -e -F .git/COMMIT_EDITMSG
    [exit 1]
    "#);
    let claim = "extract: a\n\nWhy.\n\nDream-Id: 2026-05-06-kabc\nDream-Phase: extract\nDream-Change: add\nDream-Key: 0123abcd\n";
    insta::assert_snapshot!(commit(claim), @r#"
    ! message:5: claims to be a dream's, which only 'git dream run' makes
    ! error: not committed: 1 finding in the message
    ! hint: leave the trailers of dreams out: a plain commit is a change by you, and 'git dream why' says so
    ! hint: the message is kept in .git/COMMIT_EDITMSG: git commit -e -F .git/COMMIT_EDITMSG
    [exit 1]
    "#);
    commit("notes: dreams\n\nThe Dream-Id: is a trailer.\n\n  Dream-Id: quoted\n").ok();
}

#[test]
fn linked_work_trees_share_the_hooks() {
    let world = World::with_memory();
    world.git(["worktree", "add", "-q", "-b", "side", "../side"]);
    world.dream_in("side", ["hook", "install"]).ok();
    assert!(world.path("memory/.git/hooks/pre-commit").exists());
    world.write("side/notes/a.md", secret());
    world.git_in("side", ["add", "."]).ok();
    assert_eq!(world.shell("side", "git commit -qm x", "").code, 1);
}

#[test]
fn a_missing_program_is_said_with_what_to_do() {
    let world = guarded();
    let refused = world.git_in("memory", ["commit", "--allow-empty", "-m", "x"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("hint: 'cargo install --path .'"), "{refused}");
}

#[test]
fn decisions_and_plain_git_work_with_the_hooks_in_place() {
    let (world, dream) = dreaming();
    // Something unsound that a person has staged meanwhile is no part of a decision.
    world.write("memory/notes/mine.md", secret());
    world.git(["add", "notes/mine.md"]);
    for command in ["approve", "revert", "restore", "revert"] {
        let ran = typed(&world, &format!("git dream {command} {dream}"));
        assert_eq!(ran.code, 0, "{command}: {ran}");
    }
    let (world, dream) = dreaming();
    typed(&world, &format!("git merge -q --no-ff --no-edit dream/{dream}")).ok();
    typed(&world, "git revert --no-edit -m 1 HEAD").ok();
    assert_eq!(world.dream(["list", "--json"]).json()["dreams"][0]["status"], "reverted");
}

#[test]
fn a_dreams_commit_may_be_amended_picked_and_squashed() {
    let (world, dream) = dreaming();
    let branch = format!("dream/{dream}");
    typed(&world, &format!("git merge -q --squash {branch} && git commit -q --no-edit")).ok();
    typed(&world, "git reset -q --hard HEAD~1").ok();
    typed(&world, &format!("git cherry-pick {branch}")).ok();
    typed(&world, "git commit -q --amend --no-edit").ok();
    typed(
        &world,
        &format!("git reset -q --hard HEAD~1 && git switch -q {branch} && git rebase -q --force-rebase main"),
    )
    .ok();
}

#[test]
fn what_a_merge_brought_in_is_checked_and_the_way_back_is_said() {
    let world = guarded();
    world.git(["switch", "-q", "-c", "theirs"]);
    world.write("memory/notes/own.md", secret());
    world.git(["add", "-A"]);
    typed(&world, "git commit -q --no-verify -m theirs").ok();
    world.git(["switch", "-q", "main"]);
    let merged = typed(&world, "git merge -q --no-ff --no-edit theirs");
    assert!(merged.stderr.contains("check secrets: notes/own.md:1 holds what looks like a credential"), "{merged}");
    assert!(merged.stderr.contains("hint: take a dream back"), "{merged}");
    assert!(!merged.to_string().contains("a1B2"), "{merged}");
    typed(&world, "git reset -q --keep ORIG_HEAD").ok();
    assert!(!world.path("memory/notes/own.md").exists());
    // What is fine says nothing, and so does another branch.
    world.git(["switch", "-q", "-c", "fine", "main"]);
    world.write("memory/notes/fine.md", "- the API is in UTC\n");
    world.git(["add", "-A"]);
    typed(&world, "git commit -q -m fine").ok();
    world.git(["switch", "-q", "main"]);
    assert_eq!(typed(&world, "git merge -q --no-ff --no-edit fine").stderr, "");
    world.git(["config", "dream.branch", "main"]);
    world.git(["switch", "-q", "-c", "other", "main~1"]);
    assert_eq!(typed(&world, "git merge -q --no-ff --no-edit theirs").stderr, "");
}
