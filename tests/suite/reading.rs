//! Commands that only read: what a person sees, and what a program gets.

use crate::proposal::{ID, UTC, world_with_dream};
use crate::world::World;
use insta::assert_snapshot;

#[test]
fn a_dream_is_listed_with_where_it_stands() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["list"]), @r#"
    2026-05-06-aaaa  open        3 changes  2026-05-06 03:07
    [exit 0]
    "#);
    let list = world.dream(["list", "--json"]).json();
    assert_eq!(list["schema"], 1);
    assert_eq!(list["dreams"][0]["id"], ID);
    assert_eq!(list["dreams"][0]["status"], "open");
    assert_eq!(list["dreams"][0]["branch"], format!("dream/{ID}"));
    assert_eq!(list["dreams"][0]["changes"], 3);
    assert_eq!(world.dream(["list", "--status", "rejected", "--json"]).json()["dreams"], serde_json::json!([]));
}

#[test]
fn status_says_what_waits_and_what_to_type_next() {
    let world = World::with_memory();
    assert_snapshot!(world.dream(["status"]), @r#"
    memory     main at 9f1580636185: 0 notes
    sessions   0 of 0 agents, 0 not read by any dream
    ! hint: 'git dream import PATH' brings sessions in
    [exit 0]
    "#);
    assert_snapshot!(world_with_dream().dream(["status"]), @r#"
    memory     main at 7bbc0704f7d2: 2 notes
    sessions   1 of 1 agent, 0 not read by any dream
    open       2026-05-06-aaaa  open        3 changes  2026-05-06 03:07
    ! hint: 'git dream review 2026-05-06-aaaa' goes through its changes one by one
    [exit 0]
    "#);
}

#[test]
fn a_change_is_shown_with_its_evidence_and_the_turns_around_it() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["show", ID, "1"]), @r#"
    extract: the API is in UTC
      11111111  add fact  notes/utc.md
      risk: single-session
      + The API is in UTC.
      A person said so.
      evidence: 1 session of 1 agent, confidence 0.80
        user, support/support-1 line 3
          "the API is in UTC, remember that"
            user: please fix the cut-off
            agent: which time zone does the API use?
          > user: the API is in UTC, remember that
            user: no, we deploy from release branches now
    [exit 0]
    "#);
    let shown = world.dream(["show", "aaaa", UTC, "--json"]).json();
    let change = &shown["change"];
    assert_eq!(change["after"], "The API is in UTC.");
    assert_eq!(change["evidence"][0]["quote"], "the API is in UTC, remember that");
    assert_eq!(change["evidence"][0]["lines"], serde_json::json!([3, 3]));
    assert_eq!(change["evidence"][0]["blob"].as_str().map(str::len), Some(40));
    assert_eq!(change["risks"], serde_json::json!(["single-session"]));
}

#[test]
fn a_dream_is_shown_change_by_change() {
    assert_snapshot!(world_with_dream().dream(["show", "2026-05-06"]), @r#"
    dream 2026-05-06-aaaa  open
    read 1 session on memory 7bbc0704f7d2, engine embedded, 2026-05-06 03:07

    [1/3] extract: the API is in UTC
      11111111  add fact  notes/utc.md
      risk: single-session
      + The API is in UTC.
      A person said so.
      evidence: 1 session of 1 agent, confidence 0.80
        user, support/support-1 line 3
          "the API is in UTC, remember that"

    [2/3] reconcile: deploys run from release branches
      22222222  supersede fact  notes/deploys.md
      - Deploys run from main.
      + Deploys run from release branches.
      A person said so.
      evidence: 1 session of 1 agent, confidence 0.80
        user, support/support-1 line 4
          "no, we deploy from release branches now"

    [3/3] prune: the old server is gone
      33333333  retire fact  notes/old.md
      - The old server is called atlas.
      A person said so.
      retired because: stale
      evidence: 1 session of 1 agent, confidence 0.80
        user, support/support-1 line 1
          "please fix the cut-off"
    [exit 0]
    "#);
}

#[test]
fn a_session_is_shown_with_its_turns_in_short() {
    assert_snapshot!(world_with_dream().dream(["show", "support-1"]), @r#"
    session support-1
    agent    support (minimal)
    time     2026-05-04 10:00 to 2026-05-04 10:03
    imported 2026-05-06 03:03
    version  1: 351 bytes, 5f19e001ca53

        1  user: please fix the cut-off
        2  agent: which time zone does the API use?
        3  user: the API is in UTC, remember that
        4  user: no, we deploy from release branches now
    [exit 0]
    "#);
}

#[test]
fn checks_say_what_they_found() {
    let world = world_with_dream();
    assert_snapshot!(world.dream(["check", ID]), @r#"
    warn  loss         2 of 2 entries retired or rewritten; the budget is 20 %
    pass  provenance   3 quotes of 3 changes stand in the lines they cite
    pass  trust        no change says more than the least trusted evidence under it
    pass  secrets      nothing found in what the dream adds
    pass  injection    nothing found in what the dream adds
    pass  hidden-text  nothing found in what the dream adds
    pass  size         the index of 2 notes costs about 17 tokens; the budget is 25000
    pass  bill         no model was asked
    [exit 0]
    "#);
    let checks = world.dream(["check", ID, "--json"]);
    assert!(checks.stdout.contains(r#""schema":1"#), "{checks}");
}

#[test]
fn memory_answers_why_it_says_what_it_says() {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    assert_snapshot!(world.dream(["why", "notes/utc.md"]), @r#"
    notes/utc.md:6
      The API is in UTC.
      a1e770835f71  extract: the API is in UTC
      dream 2026-05-06-aaaa, approved by Ada <ada@example.com>, 2026-05-06 03:16
      11111111  add fact  notes/utc.md
      risk: single-session
      A person said so.
      evidence: 1 session of 1 agent, confidence 0.80
        user, support/support-1 line 3
          "the API is in UTC, remember that"
      every quote stands in the stored transcripts
    [exit 0]
    "#);
    assert_snapshot!(world.dream_in("memory/notes", ["why", "deploys.md:6", "--json"]).json()["beliefs"][0]["approved_by"], @r#"
    "Ada <ada@example.com>"
    "#);
    world.write("memory/team.md", "# Team\n\n- Ines reviews dunning.\n- Staging is on 8080.\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-qm", "team: who and where"]);
    assert_snapshot!(world.dream(["why", "team.md:4"]), @r#"
    team.md:4
      Staging is on 8080.
      written by Ada <ada@example.com>, 2026-05-06 03:20, not by a dream
      e284e67546ab  team: who and where
    [exit 0]
    "#);
}

#[test]
fn history_lists_dreams_reverts_and_direct_edits() {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    world.dream(["revert", ID, "--change", UTC]).ok();
    assert_snapshot!(world.dream(["log"]), @r#"
    39be968aa9ab  2026-05-06 03:17  revert  Revert change 11111111 of dream 2026-05-06-aaaa  Ada <ada@example.com>
    7793027e232d  2026-05-06 03:16  dream   Merge dream 2026-05-06-aaaa  Ada <ada@example.com>
        11111111  extract: the API is in UTC  notes/utc.md
        22222222  reconcile: deploys run from release branches  notes/deploys.md
        33333333  prune: the old server is gone  notes/old.md
    7bbc0704f7d2  2026-05-06 03:02  edit    first notes  Ada <ada@example.com>
    9f1580636185  2026-05-06 03:00  edit    init: dream.toml  Ada <ada@example.com>
    [exit 0]
    "#);
    let log = world.dream(["log", "notes/deploys.md", "--json"]).json();
    let whats: Vec<_> = log["entries"].as_array().expect("entries").iter().map(|entry| entry["what"].clone()).collect();
    assert_eq!(whats, ["dream", "edit"]);
    assert_eq!(world.dream(["log", "-n", "1", "--json"]).json()["entries"].as_array().map(Vec::len), Some(1));
}

#[test]
fn reading_works_from_a_subdirectory_a_linked_work_tree_a_bare_clone_and_a_detached_head() {
    let world = world_with_dream();
    world.git(["worktree", "add", "-q", "--detach", "../linked"]);
    world.git(["clone", "-q", "--mirror", ".", "../bare.git"]);
    world.git(["switch", "-q", "--detach"]);
    for place in ["memory/notes", "memory", "linked", "bare.git"] {
        let list = world.dream_in(place, ["list", "--json"]).json();
        assert_eq!(list["dreams"][0]["id"], ID, "{place}");
        assert_eq!(world.dream_in(place, ["status", "--json"]).json()["branch"], "main", "{place}");
    }
    assert_eq!(world.dream_in("bare.git", ["why", "notes/old.md", "--json"]).json()["beliefs"][0]["lines"][0], 6);
}

#[test]
fn nothing_is_coloured_unless_asked_for() {
    let world = world_with_dream();
    assert!(!world.dream(["list"]).stdout.contains('\u{1b}'));
    world.git(["config", "color.ui", "always"]);
    assert!(world.dream(["list"]).stdout.contains('\u{1b}'));
    assert!(!world.dream_with("memory", ["list"], &[("NO_COLOR", "1")], "").stdout.contains('\u{1b}'));
}

#[cfg(target_os = "linux")]
#[test]
fn a_pager_is_used_on_a_terminal_only() {
    let world = world_with_dream();
    world.git(["config", "core.pager", "sed s/^/paged:/"]);
    assert!(!world.dream(["list"]).ok().contains("paged:"));
    // `script` gives a terminal; where it is missing there is none to test with.
    let typed = "command -v script >/dev/null || { echo paged:; exit; }; script -qec 'git dream list' /dev/null";
    let said = world.shell("memory", typed, "").ok();
    assert!(said.starts_with("paged:"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error_and_a_reader_that_left_is_none() {
    let world = world_with_dream();
    assert_snapshot!(world.shell("memory", "git dream list > /dev/full", ""), @r#"
    ! error: No space left on device (os error 28)
    ! hint: make room, then run it again
    [exit 1]
    "#);
    let ran = world.shell("memory", "(git dream show aaaa; echo $? >&2) | true", "");
    assert_eq!(ran.stderr, "0\n");
}
