//! `git dream doctor`: what it says of a sound repository, and of each ill one.

use super::proposal::world_with_dream;
use super::world::{Ran, World};
use insta::assert_snapshot;

/// Sizes, versions and disks are another on every machine.
fn steady(mut ran: Ran) -> Ran {
    let lines = ran.stdout.lines().map(|line| {
        let of = |area: &str| line.starts_with(&format!("ok      {area}"));
        if of("git ") || of("disk") || of("caches") {
            line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
        } else {
            line.to_owned()
        }
    });
    ran.stdout = lines.map(|line| line + "\n").collect();
    ran
}

fn broken(world: &World) -> String {
    let ran = world.dream(["doctor"]);
    assert_eq!(ran.code, 1, "{ran}");
    let lines = ran.stdout.lines().skip_while(|line| !line.starts_with("broken"));
    lines.take(2).map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn a_sound_memory_is_sound() {
    assert_snapshot!(steady(world_with_dream().dream(["doctor", "--full"])), @r#"
    ok git
    ok      repository   everything is here
    ok      refs         3 refs of memory, dreams and sessions can be read
    ok      objects      git fsck --strict finds nothing
    ok      locks        none stands in the way
    ok      hooks        none is installed
    ok      merge driver plain git merges notes belief by belief
    ok      objects      2 packs, 17 loose objects
    ok disk
    ok      settings     dream.toml and git config can be read
    ok      memory       2 notes can be read
    ok      dreams       1 dream in history
    ok      sessions     1 session, every transcript is here
    ok      identity     Ada <ada@example.com>
    ok      schedule     none is set
    ok caches
    everything is as it should be
    [exit 0]
    "#);
    let json = world_with_dream().dream(["doctor", "--json"]).json();
    assert_eq!((json["schema"].as_i64(), json["health"].as_str()), (Some(1), Some("sound")));
}

#[test]
fn what_is_broken_is_named_with_what_mends_it() {
    let world = world_with_dream();
    world.write("memory/.git/refs/heads/main.lock", "");
    assert_snapshot!(broken(&world), @r#"
    broken  locks        refs/heads/main.lock was left behind by a process that is gone
    mend: rm '~/memory/.git/refs/heads/main.lock'
    "#);
    std::fs::remove_file(world.path("memory/.git/refs/heads/main.lock")).expect("removed");

    world.git(["config", "dream.min-support", "many"]);
    assert_snapshot!(broken(&world), @r#"
    broken  settings     git config: min-support is 'many', but a whole number of at least 1 is expected
    mend: correct dream.toml on the memory branch and commit it, or git config dream.*
    "#);
    world.git(["config", "--unset", "dream.min-support"]);

    world.write("memory/.git/objects/info/alternates", "/nowhere/objects\n");
    assert_snapshot!(broken(&world), @r#"
    broken  repository   objects are borrowed from /nowhere/objects, which is gone
    mend: put it back, or fetch everything again into a new clone
    "#);
    std::fs::remove_file(world.path("memory/.git/objects/info/alternates")).expect("removed");
    assert_eq!(world.dream(["doctor"]).code, 0);

    world.write("memory/.git/refs/dream/closed/2026-05-01-zzzz", "1234567890123456789012345678901234567890\n");
    assert_snapshot!(broken(&world), @r#"
    broken  refs         refs/dream/closed/2026-05-01-zzzz points at what cannot be read: could not read commit 1234567890123456789012345678901234567890: it is not in the repository
    mend: fetch it again from a clone that has it, or 'git reflog show refs/dream/closed/2026-05-01-zzzz' for where it was
    "#);
}

#[test]
fn a_damaged_head_and_a_lost_index_are_named() {
    let world = world_with_dream();
    let head = world.read("memory/.git/HEAD");
    world.write("memory/.git/HEAD", "what is this\n");
    assert_snapshot!(broken(&world), @r#"
    broken  repository   git does not take this for a repository; ~/memory/.git/HEAD may be damaged
    mend: echo 'ref: refs/heads/main' > '~/memory/.git/HEAD'
    "#);
    world.write("memory/.git/HEAD", head);
    world.git(["repack", "-qad"]);
    world.shell("memory", "chmod -R u+w .git/objects/pack", "").ok();
    let pack = world.shell("memory", "ls .git/objects/pack/*.idx", "").ok();
    std::fs::remove_file(world.path(format!("memory/{}", pack.trim()))).expect("removed");
    let said = broken(&world);
    assert!(said.contains("has no index"), "{said}");
    let mend = said.lines().find_map(|line| line.trim().strip_prefix("mend: git index-pack ")).expect("a command");
    world
        .shell("memory", &format!("git index-pack {}", mend.replace('~', &world.path("").display().to_string())), "")
        .ok();
    assert_eq!(world.dream(["doctor", "--full"]).code, 0);
}

#[test]
fn what_works_and_is_worth_a_look_is_a_warning() {
    let world = world_with_dream();
    world.git(["config", "dream.schedule", "0 3 * * *"]);
    world.write("memory/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    world.write("memory/notes/torn.md", "---\nname: [\n---\nText.\n");
    world.git(["add", "notes"]);
    world.git(["commit", "-q", "-m", "a torn note"]);
    let ran = world.dream(["doctor"]);
    let warnings: Vec<&str> = ran.stdout.lines().filter(|line| !line.starts_with("ok")).collect();
    assert_snapshot!(format!("{}\n[exit {}]", warnings.join("\n"), ran.code), @r#"
    warning hooks        pre-commit is another program's and does not call git dream
                          mend: git dream hook install  (says which line to add)
    warning memory       notes/torn.md line 2: its front matter is no YAML: unclosed bracket '['
                          mend: correct it; until then it is read as plain text
    warning schedule     0 3 * * * UTC, and no timer calls it here
                          mend: git dream schedule install
    0 broken, 3 warnings
    [exit 0]
    "#);
}
