//! Caches change no result: there, gone, damaged or torn, a dream proposes the same.

use crate::world::World;
use std::fs;
use std::path::{Path, PathBuf};

/// A memory with the demo's sessions.
fn world() -> World {
    let world = World::with_memory();
    let sessions = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/sessions");
    world.dream(["import".as_ref(), sessions.as_os_str()]).ok();
    world
}

/// What a run finds, without its times.
fn found(world: &World) -> serde_json::Value {
    let mut night = world.dream(["run", "--dry-run", "--json"]).json();
    night["usage"] = serde_json::Value::Null;
    night
}

fn caches(world: &World) -> Vec<PathBuf> {
    let folder = world.path("memory/.git/dream/cache");
    let reflections = fs::read_dir(folder.join("reflections")).expect("kept reflections");
    let mut files: Vec<PathBuf> = reflections.map(|entry| entry.expect("an entry").path()).collect();
    // Whether a file was checked before is written down once it is some moments old.
    files.retain(|file| file.extension().is_none_or(|extension| extension != "checked"));
    // The reflections themselves first.
    files.sort();
    files.extend(["quotes", "quotes.sorted"].map(|name| folder.join(name)));
    files
}

#[test]
fn a_run_finds_the_same_with_and_without_its_caches() {
    let world = world();
    let cold = found(&world);
    assert!(!cold["changes"].as_array().expect("changes").is_empty());
    assert_eq!(found(&world), cold, "warm");
    let files = caches(&world);
    assert_eq!(files.len(), 5, "one file of reflections, one of their columns, one of what was weighed, two of quotes");
    let kept: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).expect("a cache")).collect();
    for (file, bytes) in files.iter().zip(&kept) {
        for damage in 0..4 {
            let mut damaged = bytes.clone();
            match damage {
                0 => damaged.clear(),
                1 => damaged.truncate(bytes.len().saturating_sub(7)),
                2 => damaged.iter_mut().step_by(50).for_each(|byte| *byte ^= 1),
                _ => damaged = b"\xff\n\n \n".repeat(100),
            }
            fs::write(file, damaged).expect("written");
            assert_eq!(found(&world), cold, "{} damaged in way {damage}", file.display());
            assert_eq!(found(&world), cold, "{} mended after way {damage}", file.display());
            fs::write(file, bytes).expect("written");
        }
        fs::remove_file(file).expect("removed");
        assert_eq!(found(&world), cold, "without {}", file.display());
        fs::write(file, bytes).expect("written");
    }
}

#[test]
fn what_is_kept_of_the_ledger_changes_no_answer() {
    let world = crate::proposal::world_with_dream();
    world.dream(["approve", crate::proposal::ID]).ok();
    let file = world.path("memory/.git/dream/cache/ledger");
    // Only JSON lists the sessions that a dream read, which stand apart.
    let asked: [&[&str]; 5] =
        [&["list"], &["show", crate::proposal::ID], &["show", crate::proposal::ID, "--json"], &["log"], &["status"]];
    let ask = || asked.map(|words| world.dream(words).ok());
    let said = ask();
    let kept = fs::read(&file).expect("it is kept");
    // Beginning, middle and end: head, index and records.
    for place in (0..kept.len()).step_by(kept.len() / 40) {
        let mut damaged = kept.clone();
        damaged[place] ^= 0x40;
        fs::write(&file, &damaged).expect("damaged");
        assert_eq!(ask(), said, "byte {place} of {}", kept.len());
    }
    for length in [0, 30, kept.len() / 2, kept.len() - 1] {
        fs::write(&file, &kept[..length]).expect("cut");
        assert_eq!(ask(), said, "cut at {length} of {}", kept.len());
    }
    world.git(["commit", "-q", "--allow-empty", "-m", "by hand"]);
    fs::write(&file, &kept).expect("an old one");
    let old = world.dream(["log"]).ok();
    fs::remove_file(&file).expect("removed");
    assert_eq!(world.dream(["log"]).ok(), old);
}

#[test]
fn a_ledger_is_kept_anew_once_a_dream_names_hundreds_of_sessions() {
    let world = World::with_memory();
    for nth in 0..300 {
        let said = format!(r#"{{"role":"user","text":"Remember: room {nth} is blue.","time":"2026-05-01T10:00:00Z"}}"#);
        world.write(format!("sessions/s{nth:03}.jsonl"), &said);
    }
    world.dream(["import", "../sessions"]).ok();
    let file = world.path("memory/.git/dream/cache/ledger");
    let kept = || {
        world.dream(["list"]).ok();
        fs::read(&file).expect("it is kept")
    };
    let empty = kept();
    world.dream(["run", "--max-sessions", "1000"]).ok();
    let listed = world.dream(["list"]).ok();
    // Otherwise every command would read the three hundred again.
    let after = kept();
    assert_ne!(after.len(), empty.len());
    assert_eq!(kept(), after, "and only once");
    fs::remove_file(&file).expect("removed");
    assert_eq!(world.dream(["list"]).ok(), listed);
}

/// What a run finds with all that is kept, and with each kept file damaged or gone.
fn the_same_without(world: &World, what: &str) {
    let folder = world.path("memory/.git/dream/cache");
    let find = || {
        let _ = fs::remove_file(folder.join("quiet.json"));
        found(world)
    };
    let warm = find();
    for name in ["entries", "dreams", "ledger", "texts", "courses", "sessions", "sessions.since"] {
        let file = folder.join(name);
        let Ok(kept) = fs::read(&file) else { continue };
        // Beginning, middle and end.
        for place in (0..kept.len()).step_by(kept.len() / 4 + 1) {
            let mut damaged = kept.clone();
            damaged[place] ^= 0x40;
            fs::write(&file, damaged).expect("damaged");
            assert_eq!(find(), warm, "{what}: byte {place} of {} of {name}", kept.len());
        }
        for damaged in [&kept[..kept.len() / 2], b""] {
            fs::write(&file, damaged).expect("cut");
            assert_eq!(find(), warm, "{what}: {name} is cut");
        }
        fs::remove_file(&file).expect("removed");
        assert_eq!(find(), warm, "{what}: without {name}");
        fs::write(&file, kept).expect("as it was");
    }
    fs::remove_dir_all(&folder).expect("removed");
    assert_eq!(find(), warm, "{what}: without anything");
}

#[test]
fn what_is_kept_of_memory_and_its_history_changes_no_night() {
    let world = world();
    let dream = |world: &World| {
        world.dream(["run"]);
        let open = world.git(["branch", "--list", "dream/*", "--format=%(refname:lstrip=3)"]);
        open.lines().next().map(str::to_owned)
    };
    the_same_without(&world, "at first");
    let first = dream(&world).expect("a dream");
    the_same_without(&world, "with an open dream");
    world.dream(["approve", &first]).ok();
    the_same_without(&world, "after it was approved");
    // Notes by hand: one file of many entries, one note changed, one moved, one gone.
    let notes = world.git(["ls-files", "notes"]);
    let notes: Vec<&str> = notes.lines().collect();
    assert!(notes.len() > 3, "{notes:?}");
    let text = fs::read_to_string(world.path("memory").join(notes[0])).expect("a note");
    world.write(
        "memory/notes/list.md",
        format!("- Deploys run on Fridays\n- {}\n", text.lines().last().expect("a line")),
    );
    world.write(format!("memory/{}", notes[0]), text.replace(". ", "! "));
    world.git(["mv", notes[1], "notes/moved.md"]);
    world.git(["rm", "-q", notes[2]]);
    world.git(["add", "-A"]);
    world.git(["commit", "-q", "-m", "by hand"]);
    world.dream(["run", "--dry-run"]).ok();
    for name in ["entries", "dreams", "sessions", "courses"] {
        assert!(world.path("memory/.git/dream/cache").join(name).exists(), "{name} is kept");
    }
    the_same_without(&world, "after edits by hand");
    for (nth, said) in
        ["Remember: deploys run on Mondays now.", "Always run the linter before you push."].iter().enumerate()
    {
        let line = format!("{{\"role\":\"user\",\"text\":\"{said}\",\"time\":\"2026-05-05T1{nth}:00:00Z\"}}\n");
        world.write(format!("more-{nth}.jsonl"), &line);
        world.dream(["import", &format!("../more-{nth}.jsonl")]).ok();
        the_same_without(&world, said);
        if let Some(id) = dream(&world) {
            let decision: &[&str] = if nth == 0 { &["approve", &id] } else { &["reject", &id, "--reason", "no"] };
            world.dream(decision).ok();
        }
        the_same_without(&world, "after the decision");
    }
    world.dream(["revert", &first]).ok();
    the_same_without(&world, "after the revert");
}

#[test]
fn a_reflection_of_a_judged_session_is_made_again_and_stale_ones_are_left_out_in_time() {
    let world = world();
    found(&world);
    let file = caches(&world).remove(0);
    let kept = || fs::read(&file).expect("the cache").windows(8).filter(|mark| *mark == b"\xffdream2\n").count();
    let sessions = kept();
    assert!(sessions > 1);
    let id =
        world.dream(["run", "--dry-run", "--json"]).json()["sessions"][0]["id"].as_str().expect("an id").to_owned();
    world.dream(["outcome", &id, "--result", "failed"]).ok();
    found(&world);
    assert_eq!(kept(), sessions + 1);
    let all = fs::read(&file).expect("the cache");
    fs::write(&file, all.repeat(8)).expect("written");
    // Nobody looks into it before a session is new.
    found(&world);
    assert_eq!(kept(), 8 * (sessions + 1));
    let said = r#"{"role":"user","text":"Is the build done?","time":"2026-05-01T10:00:00Z"}"#;
    world.write("new.jsonl", said);
    world.dream(["import", "../new.jsonl"]).ok();
    let after = found(&world);
    assert_eq!(kept(), sessions + 1);
    assert_eq!(found(&world), after);
    fs::remove_dir_all(world.path("memory/.git/dream/cache")).expect("removed");
    assert_eq!(found(&world), after);
}
