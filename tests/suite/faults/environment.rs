//! Faults that the surroundings give: a quota, a full disk, a file system without the right to write, damaged objects
//! and caches, locks that somebody left, a clock that jumps back, a signal. Always a clear error, nothing changed, and
//! the same command goes through when the fault is over.

use super::{Deed, SECOND, copy, state};
use crate::proposal::{ID, blob, world_with_dream};
use crate::world::{Ran, World, not_tested};
use std::fs;
use std::path::PathBuf;

/// Each command that writes, and what must have been done before it.
const COMMANDS: [(&[&str], &[&[&str]]); 8] = [
    (&["import", "../export.jsonl"], &[]),
    (&["run", "--session", "support-1"], &[]),
    (&["approve", ID], &[]),
    (&["reject", ID, "--reason", "no"], &[]),
    (&["redact", "support-1#L4", "--reason", "asked", "--yes"], &[]),
    (&["revert", ID], &[&["approve", ID]]),
    (&["expire", "--older-than", "1h"], &[]),
    (&["restore", ID], &[&["approve", ID], &["revert", ID]]),
];

/// Runs a test on every command, in the state that it is for.
fn every_command(test: impl Fn(&Deed)) {
    for (words, before) in COMMANDS {
        let world = world_with_dream();
        world.write("export.jsonl", format!("{SECOND}\n{{\"role\":\"agent\",\"text\":\"{}\"}}", noise(40_000)));
        before.iter().for_each(|words| drop(world.dream(*words).ok()));
        test(&Deed::new(&world, words));
    }
}

/// Words that no compressor makes small.
fn noise(length: usize) -> String {
    let mut random = 7_u64;
    let mut letter = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((random >> 33) % 26).expect("a letter"))
    };
    (0..length).map(|_| letter()).collect()
}

/// The command in the copy `killed`, typed after this into a shell.
fn under(deed: &Deed, before: &str) -> Ran {
    let words: Vec<String> = deed.words.iter().map(|word| format!("'{word}'")).collect();
    let line = format!("{before} GIT_DREAM_NOW=2026-05-07T10:00:00Z git-dream {}", words.join(" "));
    deed.world.shell("killed", &line, "")
}

/// It failed as a program does that knows why, and left everything as it was.
fn refused(deed: &Deed, ran: &Ran, place: &str, hint: &str) {
    assert!(ran.code == 1 || ran.code == 75, "{place}: {ran}");
    assert!(ran.stderr.contains("error: ") && ran.stderr.contains(hint), "{place}: {ran}");
    assert_eq!(state(deed.world, "killed"), state(deed.world, "memory"), "{place}: {ran}");
}

#[test]
fn a_limit_of_the_size_of_files_is_an_error_and_nothing_changes() {
    every_command(|deed| {
        copy(deed.world, "killed");
        let ran = under(deed, "ulimit -f 1;");
        let place = format!("ulimit -f 1, {:?}", deed.words);
        if ran.code != 0 {
            refused(deed, &ran, &place, "");
        }
        deed.check(&ran, &place);
    });
}

#[test]
fn a_repository_that_is_read_only_is_named_and_nothing_changes() {
    let world = World::new();
    let mount = "unshare -m sh -c 'mount --bind . . && mount -o remount,ro,bind .'";
    if world.shell(".", mount, "").code != 0 {
        not_tested(&format!("a read-only mount, which takes the right to mount ('{mount}' failed)"));
        return;
    }
    every_command(|deed| {
        copy(deed.world, "killed");
        let words: Vec<String> = deed.words.iter().map(|word| format!("\"{word}\"")).collect();
        let line = format!(
            "unshare -m sh -c 'mount --bind . . && mount -o remount,ro,bind . && cd ../killed && GIT_DREAM_NOW=2026-05-07T10:00:00Z git-dream {}'",
            words.join(" ")
        );
        let ran = deed.world.shell("killed", &line, "");
        refused(deed, &ran, &format!("read-only, {:?}", deed.words), "hint: ");
    });
}

#[test]
fn a_full_disk_is_named_and_nothing_changes() {
    let world = World::new();
    if world.shell(".", "unshare -m sh -c 'mkdir full && mount -t tmpfs -o size=64k none full'", "").code != 0 {
        not_tested("a full disk, which takes the right to mount a tmpfs");
        return;
    }
    every_command(|deed| {
        copy(deed.world, "killed");
        let words: Vec<String> = deed.words.iter().map(|word| format!("\"{word}\"")).collect();
        // The repository is on a disk of its own that a file fills to the last block.
        let line = format!(
            "unshare -m sh -c 'mkdir ../full; mount -t tmpfs -o size=8m none ../full && cp -a ../killed/. ../full/ && \
             cd ../full && git config core.hooksPath .git/hooks; cat /dev/zero >fill 2>/dev/null; cd ../full; \
             GIT_DREAM_NOW=2026-05-07T10:00:00Z git-dream {}; code=$?; rm fill; git fsck --strict --no-dangling >&2 || exit 99; \
             git for-each-ref --format=\"%(refname) %(tree)\" >../refs; exit $code'",
            words.join(" ")
        );
        let ran = deed.world.shell("killed", &line, "");
        let place = format!("full disk, {:?}", deed.words);
        assert!(ran.code == 1 || ran.code == 75, "{place}: {ran}");
        assert!(ran.stderr.contains("error: "), "{place}: {ran}");
        assert_eq!(deed.world.read("refs"), state(deed.world, "memory").0, "{place}: {ran}");
    });
}

/// The file of a loose object.
fn loose(world: &World, place: &str, id: &str) -> PathBuf {
    world.path(format!("{place}/.git/objects/{}/{}", &id[..2], &id[2..]))
}

#[test]
fn a_damaged_or_missing_object_is_named_and_nothing_changes() {
    let world = world_with_dream();
    // All objects in files of their own, to damage one at a time.
    let unpack = "mkdir ../packs && mv .git/objects/pack/* ../packs/ && for p in ../packs/*.pack; do git unpack-objects -q <$p; done";
    world.shell("memory", unpack, "").ok();
    let note = world.git(["rev-parse", &format!("dream/{ID}:notes/deploys.md")]).trim().to_owned();
    let tree = world.git(["rev-parse", &format!("dream/{ID}^{{tree}}")]).trim().to_owned();
    let commit = world.git(["rev-parse", &format!("dream/{ID}~1")]).trim().to_owned();
    let (before, session) = (state(&world, "memory"), blob(&world));
    let damages: [fn(&PathBuf); 3] = [
        |path| fs::remove_file(path).expect("gone"),
        |path| fs::write(path, b"").expect("emptied"),
        |path| {
            let mut bytes = fs::read(path).expect("an object");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x40;
            fs::write(path, bytes).expect("damaged");
        },
    ];
    let cases: [(&str, &[&str]); 4] = [
        (&tree, &["approve", ID]),
        (&commit, &["approve", ID]),
        (&note, &["show", ID]),
        (&session, &["run", "--session", "support-1"]),
    ];
    for (id, words) in cases {
        for (number, damage) in damages.iter().enumerate() {
            copy(&world, "killed");
            let path = loose(&world, "killed", id);
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("writable");
            damage(&path);
            let ran = world.dream_in("killed", words);
            let place = format!("damage {number} of {id}, {words:?}");
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(said.contains(&id[..7]) || said.contains("git fsck"), "{place} is not named: {ran}");
            assert!(ran.code != 70 && ran.code != 101, "{place}: {ran}");
            let refs = world.git_in("killed", ["for-each-ref", "--format=%(refname)"]).ok();
            assert_eq!(refs.lines().count(), before.0.lines().count(), "{place}: {ran}");
        }
    }
}

#[test]
fn a_lock_that_was_left_behind_stands_in_no_reader_s_way_and_is_named_to_writers() {
    let locks = [".git/refs/heads/main.lock", ".git/HEAD.lock", ".git/index.lock", ".git/packed-refs.lock"];
    let others = [".git/config.lock", ".git/dream/lock", ".git/dream/landing", ".git/dream/night.lock"];
    let world = world_with_dream();
    let deed = Deed::new(&world, &["approve", ID]);
    for lock in locks {
        copy(&world, "killed");
        world.write(format!("killed/{lock}"), "");
        world.dream_in("killed", ["list"]).ok();
        let ran = under(&deed, "");
        let name = lock.rsplit('/').next().expect("a name");
        refused(&deed, &ran, lock, name);
        assert!(ran.stderr.contains("rm '"), "{lock}: {ran}");
        fs::remove_file(world.path(format!("killed/{lock}"))).expect("still there");
        under(&deed, "").ok();
    }
    for lock in others {
        copy(&world, "killed");
        world.write(format!("killed/{lock}"), "");
        under(&deed, "").ok();
    }
}

#[test]
fn a_lock_that_somebody_holds_is_waited_for_and_left_alone() {
    let world = world_with_dream();
    let deed = Deed::new(&world, &["approve", ID]);
    for lock in ["refs/heads/main.lock", "HEAD.lock", "index.lock", "packed-refs.lock"] {
        copy(&world, "killed");
        let soon = format!("sh -c 'exec 9>.git/{lock}; sleep 0.7; rm .git/{lock}' >/dev/null 2>&1 & sleep 0.2;");
        let ran = under(&deed, &soon);
        assert_eq!(ran.code, 0, "{lock}: {ran}");
        deed.check(&ran, lock);
        // For longer than anybody waits.
        copy(&world, "killed");
        let long =
            format!("sh -c 'exec 9>.git/{lock}; exec sleep 60' >/dev/null 2>&1 & trap \"kill $!\" EXIT; sleep 0.2;");
        let ran = under(&deed, &long);
        assert_eq!(ran.code, 75, "{lock}: {ran}");
        refused(&deed, &ran, lock, "hint: ");
        fs::remove_file(world.path(format!("killed/.git/{lock}"))).expect("it was left to its holder");
        under(&deed, "").ok();
    }
}

#[test]
fn an_index_that_is_let_go_of_while_files_are_looked_at_is_no_sign_of_edits() {
    let world = world_with_dream();
    let deed = Deed::new(&world, &["approve", ID]);
    // Its files are new, and look changed until the index has looked at them again.
    copy(&world, "killed");
    let script = format!(
        "#!/bin/sh\nPATH=${{PATH#*:}}\ncase \" $* \" in *' update-index '*)\n  if mkdir '{held}' 2>/dev/null; then\n    \
         : > '{lock}'; git \"$@\"; code=$?; rm '{lock}'; exit $code\n  fi ;;\nesac\nexec git \"$@\"\n",
        held = world.path("held").display(),
        lock = world.path("killed/.git/index.lock").display(),
    );
    world.write("bin/git", script);
    let bin = world.path("bin");
    let ran = under(&deed, &format!("chmod +x '{0}/git'; PATH='{0}':$PATH;", bin.display()));
    assert!(world.path("held").exists(), "nobody looked at the files again: {ran}");
    assert_eq!(ran.code, 0, "{ran}");
    deed.check(&ran, "an index held for a moment");
}

#[test]
fn a_cache_that_is_damaged_is_made_again_with_the_same_answers() {
    let world = world_with_dream();
    let many: Vec<String> = (0..70).map(|number| format!("../s{number}.jsonl")).collect();
    many.iter().for_each(|path| drop(world.write(&path[3..], SECOND.replace("export", &path[3..]))));
    world.dream(["import"].into_iter().chain(many.iter().map(String::as_str))).ok();
    let ask = || {
        let run = world.dream(["run", "--dry-run", "--json"]).json();
        let list = world.dream(["list", "--json"]).json();
        let mut text = format!("{}{list}", run["changes"]);
        text.push_str(&world.dream(["verify"]).stdout);
        text
    };
    let wanted = ask();
    let caches = world.shell("memory", "find .git/dream -path '*cache*' -type f", "").ok();
    assert!(caches.lines().count() > 1, "{caches}");
    for damage in [&b""[..], b"\0\xff\xfe{]", b"git-dream sessions 1 0000\n[]"] {
        for cache in caches.lines() {
            fs::write(world.path("memory").join(cache), damage).expect("damaged");
        }
        assert_eq!(ask(), wanted, "{damage:?}");
    }
    for cache in caches.lines() {
        let path = world.path("memory").join(cache);
        let bytes = fs::read(&path).unwrap_or_default();
        fs::write(path, &bytes[..bytes.len() / 2]).expect("cut short");
    }
    assert_eq!(ask(), wanted);
}

#[test]
fn a_clock_that_jumps_back_changes_no_order_and_stops_nothing() {
    for time in ["1970-01-01T00:00:01Z", "2026-05-05T00:00:00Z", "2038-01-19T03:14:08Z", "2076-01-01T00:00:00Z"] {
        let world = world_with_dream();
        world.write("export.jsonl", SECOND);
        let at = |words: &[&str]| world.dream_with("memory", words, &[("GIT_DREAM_NOW", time)], "");
        at(&["import", "../export.jsonl"]).ok();
        at(&["run", "--session", "export"]).ok();
        at(&["approve", ID]).ok();
        at(&["revert", ID]).ok();
        at(&["restore", ID]).ok();
        let log = world.git(["log", "--first-parent", "--format=%s", "-3", "main"]);
        assert_eq!(log, format!("Restore dream {ID}\nRevert dream {ID}\nMerge dream {ID}\n"), "{time}");
        let standing = world.dream(["list", "--status", "approved"]).ok();
        assert!(standing.contains(ID), "{time}: {standing}");
        assert_eq!(world.dream(["verify"]).code, 0, "{time}");
        world.git(["fsck", "--strict"]);
    }
}

#[test]
fn a_command_that_is_interrupted_ends_by_the_signal_and_leaves_nothing_between() {
    every_command(|deed| {
        for (signal, after) in [("INT", 8), ("TERM", 20)] {
            copy(deed.world, "killed");
            let ran = under(deed, &format!("exec env {}", format_args!("timeout -s {signal} 0.{after:03} env")));
            deed.check(&ran, &format!("{signal} after {after} ms"));
        }
    });
}
