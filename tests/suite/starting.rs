//! `init`, `import`, `outcome` and `demo`: how sessions and memory come in.

use crate::world::World;
use insta::assert_snapshot;

const SESSION: &str = "{\"role\":\"user\",\"text\":\"hello\"}\n{\"role\":\"agent\",\"text\":\"hi\"}\n";

#[test]
fn a_memory_is_made_once() {
    let world = World::new();
    assert_snapshot!(world.dream(["init", "memory"]), @r#"
    made a memory in ~/memory, on branch main
    dream.toml holds its settings
    ! hint: git -C memory dream import PATH
    [exit 0]
    "#);
    assert_snapshot!(world.dream(["init"]), @r#"
    ~/memory is a memory already, on branch main
    ! hint: git dream import PATH
    [exit 0]
    "#);
    assert_eq!(world.git(["log", "--format=%s"]), "init: dream.toml\n");
}

#[test]
fn a_memory_may_be_bare() {
    let world = World::new();
    world.dream(["init", "--bare", "m.git"]).ok();
    assert_eq!(world.git_in("m.git", ["ls-tree", "--name-only", "main"]).ok(), "dream.toml\n");
    assert_eq!(world.dream_in("m.git", ["status", "--json"]).json()["notes"], 0);
}

#[test]
fn a_folder_is_adopted_byte_for_byte() {
    let world = World::new();
    let text = "# Memory\r\n\r\n- one \n- two";
    world.write("mine/MEMORY.md", text);
    world.write("mine/topics/a.md", "A.\n");
    assert_snapshot!(world.dream(["init", "--adopt", "mine", "memory"]), @r#"
    made a memory in ~/memory, on branch main
    adopted 2 files, byte for byte
    dream.toml holds its settings
    ! hint: git -C memory dream import PATH
    [exit 0]
    "#);
    assert_eq!(world.read("memory/MEMORY.md"), text);
    assert_eq!(world.git(["show", "main:MEMORY.md"]), text);
    assert!(!world.path("mine/.git").exists());
    assert_snapshot!(world.dream(["init", "--adopt", "../mine"]), @r#"
    made a memory in ~/mine, on branch main
    adopted 2 files, byte for byte
    dream.toml holds its settings
    ! hint: git -C ~/mine dream import PATH
    [exit 0]
    "#);
    assert_eq!(world.git_in("mine", ["show", "main:MEMORY.md"]).ok(), text);
    assert_snapshot!(world.dream(["init", "--bare", "--adopt", "../mine"]), @r#"
    ! error: --bare with --adopt needs a PATH to copy the folder to
    ! hint: git dream init --bare --adopt DIR PATH
    [exit 2]
    "#);
}

#[test]
fn sessions_come_in_once_and_grow() {
    let world = World::with_memory();
    world.write("logs/a.jsonl", SESSION);
    world.write("logs/b.jsonl", SESSION.replace("hello", "good day"));
    world.write("logs/readme.txt", "no transcript");
    assert_snapshot!(world.dream(["import", "../logs"]), @r#"
    read 2 sessions of 1 agent (4 turns): 2 new
    ! no transcripts: 1 other file; -v names them
    ! hint: 'git dream run' proposes what these sessions teach
    [exit 0]
    "#);
    assert_snapshot!(world.dream(["import", "../logs", "-v"]), @r#"
    read 2 sessions of 1 agent (4 turns): 2 unchanged
    nothing is new: all of it was imported before
    ! no transcript: ../logs/readme.txt
    [exit 0]
    "#);
    world.write("logs/a.jsonl", format!("{SESSION}{{\"role\":\"user\",\"text\":\"bye\"}}\n"));
    let report = world.dream(["import", "../logs", "--json"]).json();
    assert_eq!(report["sessions"][0]["what"], "grown");
    assert_eq!(report["sessions"][1]["what"], "unchanged");
    assert_eq!(report["no_transcripts"][0], "../logs/readme.txt");
}

#[test]
fn a_transcript_may_come_from_standard_input() {
    let world = World::with_memory();
    let said = world.dream_with("memory", ["import", "--agent", "support", "-"], &[], SESSION).ok();
    assert!(said.contains("1 session of 1 agent (2 turns)"), "{said}");
}

#[cfg(unix)]
#[test]
fn only_plain_files_are_read_and_one_bad_file_stops_nothing() {
    let world = World::with_memory();
    world.write("logs/a.jsonl", SESSION);
    world.write("logs/torn.jsonl", format!("{SESSION}{{\"role\":\"us"));
    world.write("logs/b.gz", [0x1f, 0x8b, 8, 0]);
    std::os::unix::fs::symlink(world.path("logs/a.jsonl"), world.path("logs/link.jsonl")).expect("a link");
    let fifo = world.path("logs/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    assert_snapshot!(world.dream(["import", "../logs", "../nowhere"]), @r#"
    read 2 sessions of 1 agent (4 turns): 2 new
    ! skipped: ../logs/link.jsonl: it is a symbolic link; name its target to import it
    ! skipped: ../logs/pipe: it is a named pipe; use '-' to read from a pipe
    ! skipped: ../nowhere: no such file or directory
    ! skipped: ../logs/b.gz: the file is compressed; unpack it first
    ! skipped: ../logs/torn.jsonl: line 3: the last line is torn
    ! hint: 'git dream run' proposes what these sessions teach
    [exit 0]
    "#);
}

#[test]
fn an_import_without_any_transcript_fails() {
    let world = World::with_memory();
    world.write("notes.txt", "plain words");
    assert_snapshot!(world.dream(["import", "../notes.txt"]), @r#"
    ! skipped: ../notes.txt: no known transcript format
    ! error: nothing that was named is a transcript that can be read
    ! hint: 'git dream import --help' lists the formats
    [exit 1]
    "#);
}

#[test]
fn a_path_that_does_not_exist_says_so() {
    assert_snapshot!(World::with_memory().dream(["import", "../nowhere.jsonl"]), @r#"
    ! skipped: ../nowhere.jsonl: no such file or directory
    ! error: nothing that was named is a transcript that can be read
    ! hint: check the spelling of the path; agents keep sessions in places such as ~/.claude/projects
    [exit 1]
    "#);
}

#[test]
fn credentials_in_transcripts_are_warned_about_and_never_shown() {
    let world = World::with_memory();
    let key = format!("ghp_{}", "a1B2".repeat(9));
    world.write("s.jsonl", SESSION.replace("hello", &format!("use {key}")));
    assert_snapshot!(world.dream(["import", "../s.jsonl"]), @r#"
    read 1 session of 1 agent (2 turns): 1 new
    ! warning: what looks like a credential (GitHub token) stands in session s line 1 (../s.jsonl)
    !   they stay in refs/dream/sessions as they are; notes and commits get them masked
    ! hint: 'git dream run' proposes what these sessions teach
    [exit 0]
    "#);
    let shown = world.dream(["show", "s"]).ok();
    assert!(!shown.contains(&key) && shown.contains("[secret removed]"), "{shown}");
}

#[test]
fn an_outcome_is_kept_with_its_session() {
    let world = World::with_memory();
    world.write("s.jsonl", SESSION);
    world.dream(["import", "../s.jsonl"]).ok();
    let outcome =
        ["outcome", "s", "--result", "failed", "--score", "0.2", "--task", "refund", "--explanation", "wrong order"];
    assert_snapshot!(world.dream(outcome), @r#"
    recorded: failed for session s
    [exit 0]
    "#);
    assert_snapshot!(world.dream(outcome), @r#"
    already recorded: failed for session s
    [exit 0]
    "#);
    let stored = world.dream(["show", "s", "--json"]).json();
    assert_eq!(stored["session"]["outcomes"][0]["by"], "Ada <ada@example.com>");
}

#[test]
fn the_demo_is_a_repository_to_play_in() {
    let world = World::new();
    let said = world.dream(["demo"]).ok();
    assert!(said.contains("Next:\n  cd git-dream-demo\n"), "{said}");
    let dreams = world.dream_in("git-dream-demo", ["list", "--json"]).json();
    let id = dreams["dreams"][0]["id"].as_str().expect("a dream").to_owned();
    assert!(said.contains(&format!("git dream approve {id}")), "{said}");
    world.dream_in("git-dream-demo", ["approve", &id]).ok();
    world.dream_in("git-dream-demo", ["revert", &id]).ok();
    world.git_in("git-dream-demo", ["log", "--graph"]).ok();
    world.git_in("git-dream-demo", ["fsck", "--strict"]).ok();
    assert_eq!(world.git_in("git-dream-demo", ["status", "--short"]).ok(), "");
    assert!(world.dream(["demo"]).ok().contains("git-dream-demo-2"));
    assert_snapshot!(world.dream(["demo", "git-dream-demo"]), @r#"
    ! error: 'git-dream-demo' exists and is not empty
    ! hint: name a new directory, or leave it out to have one made here
    [exit 1]
    "#);
}

#[test]
fn the_demo_works_for_somebody_whom_git_does_not_know() {
    let world = World::new();
    world.write(".gitconfig", "[user]\n\tuseConfigOnly = true\n");
    world.dream(["demo", "play"]).ok();
    assert_eq!(world.git_in("play", ["config", "--local", "user.email"]).ok(), "demo@localhost\n");
}

#[test]
fn the_demo_leaves_a_repository_around_it_alone() {
    let world = World::new();
    world.git(["init", "-q", "code"]);
    let git_dir = world.path("code/.git");
    let variables = [("GIT_DIR", git_dir.to_str().expect("a path"))];
    world.dream_with("code", ["demo"], &variables, "").ok();
    assert!(world.path("code/git-dream-demo/.git").is_dir());
    assert_eq!(world.git_in("code", ["for-each-ref"]).ok(), "");
    assert_eq!(world.git_in("code", ["config", "--local", "--get-regexp", "^dream"]).code, 1);
}
