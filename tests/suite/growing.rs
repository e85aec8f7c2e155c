//! Files that are imported again and again: what did not change is not read, and of what grew only the end.

use super::world::World;
use serde_json::Value;
use std::fs;

/// The record of a session, and its stored bytes.
fn stored(world: &World, id: &str) -> (Value, String) {
    let files = world.git(["ls-tree", "-r", "--name-only", "refs/dream/sessions"]);
    let of = |end: &str| {
        let inside = files.lines().filter(|file| file.contains(&format!("/{id}/")));
        inside.filter(|file| file.contains(end)).map(str::to_owned).collect::<Vec<_>>()
    };
    let show =
        |file: &String| world.git_in("memory", ["cat-file", "blob", &format!("refs/dream/sessions:{file}")]).stdout;
    let record = serde_json::from_str(&show(&of("record.json")[0])).expect("a record");
    (record, of("transcript/").iter().map(show).collect())
}

fn import(world: &World) -> Value {
    world.dream(["import", "../logs", "--json"]).json()
}

fn whats(report: &Value) -> Vec<String> {
    let sessions = report["sessions"].as_array().expect("sessions");
    sessions.iter().map(|session| session["what"].as_str().expect("a word").to_owned()).collect()
}

#[test]
fn a_file_that_grows_is_stored_as_if_it_had_come_at_once() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo/sessions");
    for file in fs::read_dir(root).expect("sessions").map(|file| file.expect("a file").path()) {
        if file.extension().is_none_or(|end| end != "jsonl") {
            continue;
        }
        let (name, text) =
            (file.file_name().expect("a name").to_string_lossy(), fs::read_to_string(&file).expect("text"));
        let whole = World::with_memory();
        whole.write(format!("logs/{name}"), &text);
        let id = import(&whole)["sessions"][0]["id"].as_str().expect("an id").to_owned();
        let world = World::with_memory();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let step = (lines.len() / 4).max(1);
        for end in (step..=lines.len()).step_by(step).chain([lines.len()]) {
            world.write(format!("logs/{name}"), lines[..end].concat());
            import(&world);
        }
        let ((grown, bytes), (once, all)) = (stored(&world, &id), stored(&whole, &id));
        assert!(bytes == text && all == text, "{name}");
        for key in ["id", "agent", "host", "project", "started", "ended", "turns", "outcomes"] {
            assert_eq!(grown[key], once[key], "{name}: {key}");
        }
        let parts = grown["versions"][0]["parts"].as_array().expect("parts").len();
        assert!(
            parts >= 3 && grown["versions"].as_array().is_some_and(|versions| versions.len() == 1),
            "{name}: {grown:#}"
        );
    }
}

#[test]
fn what_is_damaged_in_the_new_part_is_named_by_its_line() {
    let world = World::with_memory();
    let line = |n: usize| format!("{{\"role\":\"user\",\"text\":\"number {n}\",\"session\":\"s\"}}\n");
    let text: String = (0..30).map(line).collect();
    world.write("logs/s.jsonl", &text);
    import(&world);
    let key = format!("ghp_{}", "a1B2".repeat(9));
    let more =
        format!("{text}{}{{\"role\":\"us\n{{\"role\":\"user\",\"text\":\"{key}\",\"session\":\"s\"}}\n", line(30));
    world.write("logs/s.jsonl", &more);
    let report = import(&world);
    assert_eq!(whats(&report), ["grown"]);
    assert!(report["skipped"][0]["why"].as_str().is_some_and(|why| why.starts_with("line 32:")), "{report:#}");
    assert_eq!(report["secrets"][0]["line"], 33);
    assert_eq!(stored(&world, "s").1, more);
}

#[test]
fn what_changed_is_noticed_however_it_did() {
    let world = World::with_memory();
    let line = |n: usize| format!("{{\"role\":\"user\",\"text\":\"number {n}\",\"session\":\"s\"}}\n");
    let text: String = (0..9).map(line).collect();
    world.write("logs/s.jsonl", &text);
    assert_eq!(whats(&import(&world)), ["new"]);
    assert_eq!(whats(&import(&world)), ["unchanged"]);
    // An old line is another one, and there are new ones.
    let other = text.replace("number 2", "another") + &line(9);
    world.write("logs/s.jsonl", &other);
    assert_eq!(whats(&import(&world)), ["rewritten"]);
    world.write("logs/s.jsonl", other.clone() + &line(10));
    assert_eq!(whats(&import(&world)), ["grown"]);
    // Cut short in the middle of a line, then whole again.
    let whole = other.clone() + &line(10) + &line(11);
    world.write("logs/s.jsonl", &whole[..whole.len() - 7]);
    assert_eq!(whats(&import(&world)), ["grown"]);
    world.write("logs/s.jsonl", &whole);
    assert_eq!(whats(&import(&world)), ["grown"]);
    let (record, bytes) = stored(&world, "s");
    assert_eq!(record["versions"].as_array().map(Vec::len), Some(2));
    assert!(bytes.ends_with(&whole), "{bytes}");
    // The sessions are gone: nothing is believed of what was known of the file.
    world.git(["update-ref", "-d", "refs/dream/sessions"]);
    assert_eq!(whats(&import(&world)), ["new"]);
}

#[test]
fn a_file_that_is_as_it_was_is_not_read() {
    let world = World::with_memory();
    world.write(
        "logs/s.jsonl",
        "{\"role\":\"user\",\"text\":\"one\",\"session\":\"s\"}\n{\"role\":\"agent\",\"text\":\"two\"}\n",
    );
    // Written long before it is imported, as most files were.
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(whats(&import(&world)), ["new"]);
    let list = fs::read_dir(world.path("memory/.git/dream/cache/files")).expect("lists").count();
    assert_eq!(list, 2, "a list, and what tells the time");
    let said = world.dream(["import", "../logs"]).ok();
    assert!(said.contains("read 1 session of 1 agent (2 turns): 1 unchanged"), "{said}");
}

#[test]
fn a_large_file_comes_in_parts_and_grows() {
    let world = World::with_memory();
    let line = |n: usize| format!("{{\"role\":\"user\",\"text\":\"{n} {}\",\"session\":\"s\"}}\n", "word ".repeat(100));
    let mut text: String = (0..2500).map(line).collect();
    assert!(text.len() > 1 << 20);
    world.write("logs/s.jsonl", &text);
    let report = import(&world);
    assert_eq!(whats(&report), ["new"], "{report:#}");
    let (record, bytes) = stored(&world, "s");
    assert!(bytes == text && record["turns"] == 2500);
    let parts = record["versions"][0]["parts"].as_array().expect("parts").len();
    assert!(parts > 10, "{parts}");
    fs::remove_dir_all(world.path("memory/.git/dream/cache")).expect("no cache");
    assert_eq!(whats(&import(&world)), ["unchanged"]);
    let said = world.dream(["import", "../logs", "-v"]).ok();
    assert!(said.contains("1 unchanged"), "{said}");
    text.extend((2500..5000).map(line));
    world.write("logs/s.jsonl", &text);
    assert_eq!(whats(&import(&world)), ["grown"]);
    let (record, bytes) = stored(&world, "s");
    assert!(bytes == text && record["turns"] == 5000, "{}", record["turns"]);
    // An old line changes: all of it is another version.
    let other = text.replacen("0 word", "zero word", 1);
    world.write("logs/s.jsonl", &other);
    assert_eq!(whats(&import(&world)), ["rewritten"]);
    let (record, bytes) = stored(&world, "s");
    assert!(bytes.ends_with(&other) && record["versions"].as_array().is_some_and(|versions| versions.len() == 2));
    world.dream(["verify"]).ok();
}

#[test]
fn bytes_that_are_no_part_of_the_session_are_stored_all_the_same() {
    let world = World::with_memory();
    let line = |n: usize| format!("{{\"role\":\"user\",\"text\":\"{n} {}\",\"session\":\"s\"}}\n", "word ".repeat(100));
    let noise = format!("{}\n", "0123456789".repeat(20)).repeat(1500);
    let text = [(0..2500).map(line).collect::<String>(), noise, (2500..3000).map(line).collect()].concat();
    world.write("logs/s.jsonl", &text);
    let report = import(&world);
    assert_eq!(whats(&report), ["new"]);
    assert!(report["skipped"].as_array().is_some_and(|skipped| !skipped.is_empty()), "{report:#}");
    assert_eq!(stored(&world, "s").1, text);
}

#[test]
fn files_beside_one_that_grew_by_much_come_in_too() {
    let world = World::with_memory();
    let line = |id: &str, n: usize| {
        format!("{{\"role\":\"user\",\"text\":\"{n} {}\",\"session\":\"{id}\"}}\n", "word ".repeat(100))
    };
    let of = |id: &str, count: usize| (0..count).map(|n| line(id, n)).collect::<String>();
    for id in ["b", "d"] {
        world.write(format!("logs/{id}.jsonl"), of(id, 5));
    }
    import(&world);
    // Both of them by more than one piece, and a new one before, between and after.
    for (id, count) in [("a", 3), ("b", 400), ("c", 3), ("d", 400), ("e", 3)] {
        world.write(format!("logs/{id}.jsonl"), of(id, count));
    }
    assert_eq!(whats(&import(&world)), ["new", "grown", "new", "grown", "new"]);
    for (id, count) in [("a", 3), ("b", 400), ("c", 3), ("d", 400), ("e", 3)] {
        assert_eq!(stored(&world, id).1, of(id, count), "{id}");
    }
    // And one alone.
    world.write("logs/b.jsonl", of("b", 900));
    world.dream(["import", "../logs/b.jsonl"]).ok();
    assert_eq!(stored(&world, "b").1, of("b", 900));
}
