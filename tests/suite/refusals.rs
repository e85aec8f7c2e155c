//! Every refusal names the next step, and exit codes are what they are documented to be.

use crate::proposal::{ID, world_with_dream};
use crate::world::World;
use insta::assert_snapshot;

#[test]
fn without_a_repository_every_command_says_how_to_get_one() {
    let world = World::new();
    assert_snapshot!(world.dream(["list"]), @r#"
    ! error: could not find a git repository in ~ or any folder above it
    ! hint: make a memory with 'git dream init', or name one with 'git dream -C DIR'
    [exit 1]
    "#);
    let commands: [&[&str]; 13] = [
        &["import", "x"],
        &["run"],
        &["status"],
        &["show", "x"],
        &["check", "x"],
        &["review", "x"],
        &["approve", "x"],
        &["reject", "x", "--reason", "y"],
        &["revert", "x"],
        &["restore", "x"],
        &["why", "x"],
        &["log"],
        &["outcome", "x", "--result", "failed"],
    ];
    for command in commands {
        let ran = world.dream(command);
        assert_eq!(ran.code, 1, "{command:?}: {ran}");
        assert!(ran.stderr.contains("hint: make a memory with 'git dream init'"), "{command:?}: {ran}");
    }
}

#[test]
fn a_repository_that_is_no_memory_says_how_to_make_it_one() {
    let world = World::new();
    world.git(["init", "-q", "code"]);
    assert_snapshot!(world.dream_in("code", ["status"]), @r#"
    ! error: could not find the memory: no branch with a dream.toml (looked at: main, master)
    ! hint: 'git dream init' makes this repository a memory
    ! hint: 'git config dream.branch NAME' names the branch that is one
    [exit 1]
    "#);
}

#[test]
fn an_unknown_dream_names_the_nearest() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["show", "2026-05-07"]), @r#"
    ! error: could not find a dream '2026-05-07'
    ! hint: did you mean '2026-05-06-aaaa'?
    ! hint: 'git dream list' shows all
    [exit 1]
    "#);
    assert_snapshot!(World::with_memory().dream(["approve", "x"]), @r#"
    ! error: could not find a dream 'x'
    ! hint: there is no dream yet; 'git dream run' makes one
    [exit 1]
    "#);
    assert_snapshot!(world.dream(["show", ID, "9"]), @r#"
    ! error: could not find the change '9' in dream 2026-05-06-aaaa
    ! hint: 'git dream show 2026-05-06-aaaa' lists its changes
    [exit 1]
    "#);
    assert_snapshot!(world.dream(["approve", ID, "--drop", "ffffffff"]), @r#"
    ! error: could not find the change 'ffffffff' in dream 2026-05-06-aaaa
    ! hint: 'git dream show 2026-05-06-aaaa' lists its changes
    [exit 1]
    "#);
}

#[test]
fn an_ambiguous_prefix_lists_what_it_could_mean() {
    let world = world_with_dream();
    world.git(["branch", "dream/2026-05-06-bbbb", &format!("dream/{ID}")]);
    assert_snapshot!(world.dream(["show", "2026-05-06"]), @r#"
    ! error: could not tell which dream '2026-05-06' means: 2 start with it
    ! hint: type more of '2026-05-06-aaaa' or '2026-05-06-bbbb'
    [exit 1]
    "#);
    world.write("support-2.jsonl", "{\"role\":\"user\",\"text\":\"hello\"}\n");
    world.dream(["import", "../support-2.jsonl"]).ok();
    assert_snapshot!(world.dream(["outcome", "support", "--result", "failed"]), @r#"
    ! error: could not choose a session: 2 start with 'support'
    ! hint: type more of 'support-1' or 'support-2'
    [exit 1]
    "#);
}

#[test]
fn a_bad_key_in_the_settings_is_named_with_its_line_and_the_nearest_key() {
    let world = World::with_memory();
    world.write("memory/dream.toml", "[dream]\nmin-suport = 2\n");
    world.git(["commit", "-qam", "settings"]);
    assert_snapshot!(world.dream(["status"]), @r#"
    ! error: dream.toml line 2: unknown key '[dream] min-suport'
    ! hint: did you mean 'min-support'?
    ! hint: correct line 2 of dream.toml on the memory branch and commit it
    [exit 1]
    "#);
    world.git(["checkout", "-q", "HEAD~", "--", "dream.toml"]);
    world.git(["commit", "-qm", "settings as before"]);
    world.git(["config", "dream.approval", "perhaps"]);
    assert_snapshot!(world.dream(["status"]), @r#"
    ! error: git config: approval is 'perhaps', but "manual" or "automatic" is expected
    ! hint: see 'git config --show-origin --get-regexp ^dream' for where it is set
    [exit 1]
    "#);
}

#[test]
fn a_bad_option_is_a_usage_error() {
    let world = World::with_memory();
    assert_snapshot!(world.dream(["run", "--max-changes", "0"]), @r#"
    ! error: command line: max-changes is '0', but a whole number of at least 1 is expected
    ! hint: see the command's --help for what is allowed
    [exit 2]
    "#);
}

#[test]
fn a_setting_without_effect_is_warned_about() {
    let world = World::with_memory();
    world.git(["config", "dream.timezone", "Europe/Berlin"]);
    assert_snapshot!(world.dream(["status"]), @r#"
    memory     main at 9f1580636185: 0 notes
    sessions   0 of 0 agents, 0 not read by any dream
    ! warning: git config: timezone has no effect: there is no schedule
    ! hint: 'git dream import PATH' brings sessions in
    [exit 0]
    "#);
}

#[test]
fn an_unknown_key_in_git_config_is_named_with_the_nearest() {
    let world = World::with_memory();
    world.git(["config", "dream.minSupport", "3"]);
    let ran = world.dream(["status"]);
    let warning = "warning: git config: unknown key dream.minsupport; did you mean dream.min-support?";
    assert!(ran.stderr.contains(warning), "{ran}");
}

#[test]
fn a_session_that_is_like_no_other_is_not_taken_for_an_empty_memory() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["outcome", "zz", "--result", "failed"]), @r#"
    ! error: could not find a session that starts with 'zz'
    ! hint: 'git dream import PATH' brings sessions in
    ! hint: 'git ls-tree -rd --name-only refs/dream/sessions' lists those that are there
    [exit 1]
    "#);
}

#[test]
fn a_memory_where_a_file_is_names_what_to_type() {
    let world = World::new();
    world.write("file", "");
    assert_snapshot!(world.dream(["init", "file"]), @r#"
    ! error: could not read or write ~/file
    !   caused by: File exists (os error 17)
    ! hint: name a directory that you can write to: git dream init DIR
    [exit 1]
    "#);
}

#[test]
fn paths_outside_of_memory_and_lines_without_beliefs_are_refused() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["why", "/etc/passwd"]), @r#"
    ! error: '/etc/passwd' is outside of the repository at ~/memory
    ! hint: name a file of memory, such as notes/billing.md
    [exit 1]
    "#);
    assert_snapshot!(world.dream(["why", "notes/none.md"]), @r#"
    ! error: memory holds no file 'notes/none.md'
    ! hint: 'git ls-tree -r --name-only main' lists its files
    [exit 1]
    "#);
    assert_snapshot!(world.dream(["log", "notes/none.md"]), @r#"
    ! error: memory never held 'notes/none.md'
    ! hint: 'git dream log' shows all of its history
    [exit 1]
    "#);
    world.write("memory/team.md", "# Team\n\n- Ines reviews dunning.\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-qm", "team"]);
    assert_snapshot!(world.dream(["why", "team.md:1"]), @r#"
    ! error: line 1 of team.md is no belief
    ! hint: 'git dream why team.md' shows all beliefs of the file
    [exit 1]
    "#);
}

#[test]
fn somebody_whom_git_does_not_know_is_told_how_to_say_who_they_are() {
    let world = World::with_memory();
    world.write("s.jsonl", "{\"role\":\"user\",\"text\":\"hello\"}\n");
    world.write(".gitconfig", "[user]\n\tuseConfigOnly = true\n");
    let ran = world.dream(["import", "../s.jsonl"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.stderr.contains("hint: git config --global user.name"), "{ran}");
}

#[test]
fn usage_errors_exit_2_and_help_exits_0() {
    let world = World::new();
    assert_eq!(world.dream(["nonsense"]).code, 2);
    assert_eq!(world.dream(["import"]).code, 2);
    assert_eq!(world.dream(["reject", "x", "--reason", " "]).code, 2);
    assert_eq!(world.dream(["--help"]).code, 0);
    let list = ["init", "import", "outcome", "demo", "run", "list", "status", "show", "check", "review", "approve"];
    for command in list.iter().chain(&["reject", "revert", "restore", "why", "log"]) {
        let help = world.dream([command, "--help"]).ok();
        assert!(help.contains("Examples:\n  git dream "), "{help}");
        assert!(world.dream(["--help"]).ok().contains(&format!("  {command:<9} ")), "{command}");
    }
}

#[test]
fn a_held_lock_is_waited_for_and_then_named() {
    let world = World::with_memory();
    world.write("s.jsonl", "{\"role\":\"user\",\"text\":\"hello\"}\n");
    world.write("memory/.git/refs/dream/sessions.lock", "");
    let ran = world.dream(["import", "../s.jsonl"]);
    assert!([1, 75].contains(&ran.code), "{ran}");
    assert!(ran.stderr.contains("hint: "), "{ran}");
}

#[test]
fn a_wrong_clock_or_directory_is_named() {
    let world = World::new();
    assert_snapshot!(world.dream_with(".", ["list"], &[("GIT_DREAM_NOW", "tomorrow")], ""), @r#"
    ! error: GIT_DREAM_NOW is 'tomorrow', not a time such as 2026-05-06T03:00:00Z or 1778036400
    [exit 1]
    "#);
    assert_snapshot!(world.dream(["-C", "nowhere", "list"]), @r#"
    ! error: '~/nowhere' is no directory
    [exit 1]
    "#);
}
