//! Nights without anybody: what is due, the log of it, several machines, and the timers that call it.

use super::world::World;
use insta::assert_snapshot;
use std::os::unix::fs::PermissionsExt;

const SAID: &str = r#"{"role":"user","text":"Remember that the nightly export must finish before 04:00 UTC.","time":"2026-05-05T10:00:00Z"}"#;

/// A memory with one session and a schedule; the world's clock begins at 2026-05-06 03:00 UTC.
fn scheduled() -> World {
    let world = World::with_memory();
    world.git(["config", "dream.schedule", "0 2 * * *"]);
    world.git(["config", "dream.timezone", "Europe/Berlin"]);
    world.write("export.jsonl", SAID);
    world.dream(["import", "../export.jsonl"]).ok();
    world
}

fn at(world: &World, place: &str, time: &str, host: &str) -> super::world::Ran {
    world.dream_with(place, ["run", "--if-due"], &[("GIT_DREAM_NOW", time), ("GIT_DREAM_HOST", host)], "")
}

#[test]
fn a_night_is_dreamt_once_and_a_missed_one_is_made_up() {
    let world = scheduled();
    assert_snapshot!(at(&world, "memory", "2026-05-07T09:00:00Z", "one"), @r#"
    Read 1 session, 1 turn, of 1 agent
    dream/2026-05-07-2px4: 1 change
      55b08b6b add fact The nightly export must finish before 04:00 UTC  [single-session]
    ! hint: git dream review 2026-05-07-2px4
    [exit 0]
    "#);
    assert_snapshot!(at(&world, "memory", "2026-05-07T09:05:00Z", "one"), @r#"
    not now: the night of 2026-05-07 02:00 CEST is over: dream 2026-05-07-2px4 on one; the next one is 2026-05-08 02:00 CEST
    [exit 0]
    "#);
    assert_snapshot!(at(&world, "memory", "2026-05-10T09:00:00Z", "one"), @r#"
    Read 0 sessions, 0 turns, of 0 agents
    Nothing to propose; no branch was made
    ! hint: there is no session that was not read; 'git dream import PATH' brings more in
    [exit 0]
    "#);
    assert_snapshot!(world.dream_with("memory", ["schedule", "status"], &[("GIT_DREAM_NOW", "2026-05-10T09:00:00Z")], ""), @r#"
    schedule  0 2 * * * Europe/Berlin
    timer     none is in place
    next      2026-05-11 02:00 CEST
    night     2026-05-10 02:00 CEST  nothing to propose  on one
    night     2026-05-07 02:00 CEST  dream 2026-05-07-2px4  on one
    ! hint: 'git dream schedule install' puts a timer in place
    [exit 0]
    "#);
    let log = world.git(["log", "--format=%s", "refs/dream/nights"]);
    assert_eq!(log.lines().count(), 4, "{log}");
    world.git(["fsck", "--strict"]);
}

#[test]
fn each_night_is_dreamt_once_when_the_clocks_change_or_jump_back() {
    let world = scheduled();
    world.git(["config", "dream.schedule", "30 2 * * *"]);
    // In Berlin 02:30 comes twice on 2026-10-25 and not at all on 2027-03-28.
    let mut dreamt = Vec::new();
    for start in ["2026-10-24T22:10:00Z", "2027-03-27T22:10:00Z"] {
        let start = chrono::DateTime::parse_from_rfc3339(start).expect("a time").to_utc();
        for hour in 0..30 {
            let now = (start + chrono::Duration::hours(hour)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
            let ran = at(&world, "memory", &now, "one");
            assert_eq!(ran.code, 0, "{ran}");
            if !ran.stdout.starts_with("not now: ") {
                dreamt.push(now);
            }
        }
    }
    // The first of each is of a night before that weekend, and made up.
    assert_eq!(
        dreamt,
        [
            "2026-10-24T22:10:00Z",
            "2026-10-25T01:10:00Z",
            "2026-10-26T02:10:00Z",
            "2027-03-27T22:10:00Z",
            "2027-03-28T01:10:00Z",
            "2027-03-29T01:10:00Z"
        ]
    );
    // A clock that is set back by months dreams no old night again, and goes on where it was.
    for (time, due) in
        [("2026-12-01T12:00:00Z", false), ("2027-03-29T12:00:00Z", false), ("2027-03-30T12:00:00Z", true)]
    {
        let ran = at(&world, "memory", time, "one");
        assert!(ran.code == 0 && ran.stdout.starts_with("not now: ") != due, "{time}: {ran}");
    }
}

#[test]
fn without_a_schedule_nothing_is_due() {
    assert_snapshot!(World::with_memory().dream(["run", "--if-due"]), @r#"
    ! error: no schedule is set
    ! hint: add schedule = "0 3 * * *" under [dream] in dream.toml, or set git config dream.schedule
    [exit 1]
    "#);
}

#[test]
fn whoever_is_to_be_told_hears_how_a_night_ended() {
    let world = scheduled();
    world.git(["config", "dream.notify-command", "cat > ../told.json"]);
    world.write(
        "memory/dream.toml",
        "[dream]\nmax-sessions = 100\n[engine]\nname = \"embedded\"\n[memory]\nfolders = [\"notes\"]\n",
    );
    world.git(["commit", "-q", "-am", "settings"]);
    assert_eq!(at(&world, "memory", "2026-05-07T09:00:00Z", "one").code, 0);
    let told: serde_json::Value = serde_json::from_str(&world.read("told.json")).expect("JSON");
    assert_eq!(
        (told["night"]["state"].as_str(), told["changes"].as_array().map(Vec::len)),
        (Some("proposed"), Some(1))
    );
    assert_eq!(told["schema"], 1);
}

#[test]
fn two_machines_with_one_remote_dream_a_night_once() {
    let world = scheduled();
    world.git(["init", "-q", "--bare", "../remote.git"]);
    world.git(["remote", "add", "origin", "../remote.git"]);
    world.git(["push", "-q", "origin", "main", "refs/dream/*:refs/dream/*"]);
    world.git(["clone", "-q", "../remote.git", "../other"]);
    world.git_in("other", ["fetch", "-q", "origin", "refs/dream/*:refs/dream/*"]).ok();
    for place in ["memory", "other"] {
        world.git_in(place, ["config", "dream.schedule", "0 2 * * *"]).ok();
        world.git_in(place, ["config", "dream.timezone", "Europe/Berlin"]).ok();
        world.git_in(place, ["config", "dream.remote", "origin"]).ok();
    }
    at(&world, "memory", "2026-05-07T09:00:00Z", "one").ok();
    assert_snapshot!(at(&world, "other", "2026-05-07T09:01:00Z", "two"), @r#"
    not now: the night of 2026-05-07 02:00 CEST is over: dream 2026-05-07-2px4 on one; the next one is 2026-05-08 02:00 CEST
    [exit 0]
    "#);
    // At the same moment: one of them takes the night, the other sees it.
    let race = "for p in memory other; do (cd $p; GIT_DREAM_HOST=$p GIT_DREAM_NOW=2026-05-08T09:00:00Z git dream run --if-due) & done; wait";
    let said = world.shell(".", race, "");
    assert_eq!(said.stdout.matches("not now: ").count(), 1, "{said}");
    let nights = world.git_in("remote.git", ["log", "--format=%s", "refs/dream/nights"]).ok();
    assert_eq!(nights.matches("2026-05-08: started").count(), 1, "{nights}");
}

#[test]
fn a_remote_that_does_not_answer_is_tried_again_later() {
    let world = scheduled();
    world.git(["config", "dream.remote", "nowhere"]);
    assert_snapshot!(at(&world, "memory", "2026-05-07T09:00:00Z", "one"), @r#"
    ! error: could not ask the remote 'nowhere' for its log of nights: 'nowhere' does not appear to be a git repository
    ! hint: 'git fetch nowhere' must work here without asking anything; the next call tries again
    [exit 75]
    "#);
}

/// Puts a program of this name before all others on the path of [`World::shell`].
fn fake(world: &World, name: &str, script: &str) {
    let path = world.write(format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("a program");
}

#[test]
fn a_timer_is_shown_before_it_is_written_and_leaves_the_lines_of_others() {
    let world = scheduled();
    fake(&world, "systemctl", "exit 1");
    fake(
        &world,
        "crontab",
        "case $1 in -l) cat ~/table 2>/dev/null || { echo no crontab >&2; exit 1; };; -) cat > ~/table;; esac",
    );
    world.write("table", "0 1 * * * backup\n");
    let run = |line: &str| {
        let mut ran = world.shell("memory", &format!("PATH=~/bin:$PATH; {line}"), "");
        let own = std::path::Path::new(env!("CARGO_BIN_EXE_git-dream")).display().to_string();
        ran.stdout = ran.stdout.replace(&own, "/bin/git-dream");
        ran.stdout = super::unattended::names(&ran.stdout);
        ran
    };
    assert_snapshot!(run("git dream schedule install"), @r#"
    To be written for crontab:
    your crontab, after what is there
      # git dream memory-HASH: begin
      */5 * * * * /bin/git-dream -C ~/memory run --if-due >/dev/null
      # git dream memory-HASH: end
    Write it? [y/N] ! error: nothing was written
    ! hint: 'git dream schedule install --yes' writes without asking
    [exit 1]
    "#);
    assert_eq!(world.read("table"), "0 1 * * * backup\n");
    assert_eq!(run("git dream schedule install --yes").code, 0);
    assert_eq!(run("git dream schedule install --yes").code, 0);
    assert_eq!(world.read("table").matches("--if-due").count(), 1);
    assert_snapshot!(run("git dream schedule status"), @r#"
    schedule  0 2 * * * Europe/Berlin
    timer     crontab
    next      2026-05-07 02:00 CEST
    [exit 0]
    "#);
    assert_snapshot!(run("git dream schedule remove"), @r#"
    the timer is gone (crontab)
    [exit 0]
    "#);
    assert_eq!(world.read("table"), "0 1 * * * backup\n");
    assert_snapshot!(run("git dream schedule remove"), @r#"
    there was no timer of this memory
    [exit 0]
    "#);
}

#[test]
fn systemd_is_given_a_service_and_a_timer() {
    let world = scheduled();
    fake(&world, "systemctl", "echo \"$@\" >> ~/calls");
    world.shell("memory", "PATH=~/bin:$PATH; git dream schedule install --yes", "").ok();
    let units = world
        .shell(".", "ls .config/systemd/user | sed s/-......[.]/-HASH./; cat .config/systemd/user/*.timer", "")
        .ok();
    assert_snapshot!(units, @r#"
        git-dream-memory-HASH.service
        git-dream-memory-HASH.timer
        [Unit]
        Description=git dream of ~/memory

        [Timer]
        OnCalendar=*:0/5
        AccuracySec=30s

        [Install]
        WantedBy=timers.target
        "#);
    world.shell("memory", "PATH=~/bin:$PATH; git dream schedule remove", "").ok();
    assert_snapshot!(names(&world.read("calls")), @r#"
    --user show-environment
    --user daemon-reload
    --user enable --now git-dream-memory-HASH.timer
    --user disable --now git-dream-memory-HASH.timer
    "#);
    assert_eq!(world.shell(".", "ls .config/systemd/user", "").ok(), "");
}

/// A job's name ends in a hash of a path that is another in every test.
fn names(text: &str) -> String {
    let mut parts = text.split("memory-");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("memory-HASH");
        out.push_str(part.get(6..).unwrap_or_default());
    }
    out
}
