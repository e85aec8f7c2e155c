//! The README's blocks, executed. `console`: lines that start with `$` are typed into a shell, the others are what it
//! must answer, where `...` stands for any lines and `…` for anything in a line. The README calls its dream k3f9.

use crate::proposal::world_with_dream;
use crate::world::World;
use git_dream::config::Settings;
use std::fs;
use std::path::Path;

const SHOWN: &str = "2026-05-06-k3f9";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("README.md")).expect("a README");
    let parts: Vec<&str> = text.split("\n```").collect();
    let inside = parts.iter().skip(1).step_by(2);
    inside.filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n')).map(|body| format!("{body}\n")).collect()
}

/// Commands, each with the lines that must follow it.
fn steps(block: &str) -> Vec<(String, Vec<String>)> {
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command.to_owned(), Vec::new())),
            (None, Some(step)) => step.1.push(line.to_owned()),
            (None, None) => panic!("output before any command: {line}"),
        }
    }
    steps
}

/// Types a block into a shell in the home, with answers for whatever asks.
fn run(world: &World, block: &str, answers: &str) {
    let mut place = String::from(".");
    for (command, expected) in steps(block) {
        if let Some(folder) = command.strip_prefix("cd ") {
            place = folder.trim_start_matches("~/").to_owned();
            continue;
        }
        let id = dream(world, &place);
        let typed = command.replace(SHOWN, &id);
        let ran = world.shell(&place, &typed, answers);
        assert_eq!(ran.code, 0, "$ {command}\n{ran}");
        let shown = format!("{}{}", ran.stdout, ran.stderr).replace(&id, SHOWN).replace(&dream(world, &place), SHOWN);
        assert_eq!(unlike(&expected, &shown), None, "$ {command}\n{shown}");
    }
}

/// The dream that is open, or the newest, under its own name.
fn dream(world: &World, place: &str) -> String {
    let folder = if place == "." { "git-dream-demo" } else { place };
    if !world.path(folder).join(".git").exists() {
        return SHOWN.to_owned();
    }
    let list = world.dream_in(folder, ["list", "--json"]).json();
    let dreams = list["dreams"].as_array().map_or(&[][..], |dreams| dreams);
    let open = dreams.iter().find(|dream| dream["status"] == "open").or(dreams.first());
    open.and_then(|dream| dream["id"].as_str()).unwrap_or(SHOWN).to_owned()
}

/// The first expected line that the output does not have.
fn unlike<'e>(expected: &'e [String], shown: &str) -> Option<&'e str> {
    let mut lines = shown.lines();
    let mut anywhere = false;
    for line in expected {
        if line == "..." {
            anywhere = true;
        } else if anywhere {
            if !lines.any(|found| matches(line, found)) {
                return Some(line);
            }
            anywhere = false;
        } else if !lines.next().is_some_and(|found| matches(line, found)) {
            return Some(line);
        }
    }
    let rest = lines.next();
    (!anywhere && rest.is_some_and(|line| !line.is_empty())).then_some("(the end)")
}

/// `…` matches anything, in order.
fn matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.trim_end().split('…');
    let Some(mut rest) = line.trim_end().strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut open = false;
    for part in parts {
        open = true;
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || (open && pattern.trim_end().ends_with('…'))
}

#[test]
fn the_session_at_its_top_happens_as_it_says() {
    run(&World::new(), &blocks("console")[0], "");
}

#[test]
fn the_way_for_ones_own_sessions_works() {
    let world = World::new();
    let sessions = root().join("fixtures/demo/sessions");
    for entry in fs::read_dir(sessions).expect("the demo's sessions") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        world.write(format!(".claude/projects/billing/{name}"), fs::read(path).expect("a session"));
    }
    run(&world, &blocks("console")[1], "y\nq\n");
}

/// The session in which this is typed, in a memory that is there already.
fn in_memory(typed: &str) -> String {
    let found = blocks("console").into_iter().find(|block| block.contains(&format!("$ git dream {typed}")));
    format!("$ cd memory\n{}", found.expect("a session in which it is typed"))
}

#[test]
fn the_hooks_are_installed_as_it_says() {
    run(&World::with_memory(), &in_memory("hook install"), "");
}

#[test]
fn nights_are_scheduled_as_it_says() {
    run(&World::with_memory(), &in_memory("schedule"), "");
}

#[test]
fn bytes_are_removed_as_it_says() {
    run(&world_with_dream(), &in_memory("redact"), "");
}

#[test]
fn the_audit_of_the_demo_finds_nothing_as_it_says() {
    let world = World::new();
    world.dream(["demo"]).ok();
    let blocks = blocks("console");
    let audit = blocks.iter().find(|block| block.contains("$ git dream verify")).expect("an audit");
    run(&world, &format!("$ cd git-dream-demo\n{audit}"), "");
}

#[test]
fn the_attack_ends_as_it_says() {
    let world = World::with_memory();
    for entry in fs::read_dir(root().join("fixtures/attack")).expect("the sessions of the attack") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        world.write(format!("git-dream/fixtures/attack/{name}"), fs::read(path).expect("a session"));
    }
    run(&world, &in_memory("import ../git-dream/fixtures/attack"), "");
    let all = world.git(["log", "--all", "--format=%B", "--patch", "--", "notes"]);
    assert!(all.contains("04:00 UTC") && !all.contains("x.example"), "{all}");
}

#[test]
fn its_two_commands_are_the_demo_and_the_tests() {
    assert_eq!(blocks("sh"), ["cargo run --release -- demo\ncargo test\n"]);
    let ci = fs::read_to_string(root().join(".ci/run")).expect("what is run for every change");
    assert!(ci.lines().any(|line| line == "cargo test"));
}

#[test]
fn its_settings_are_valid_and_have_an_effect() {
    for block in blocks("toml") {
        let (_, warnings) = Settings::resolve(Some(&block), |_| None, &[]).expect("valid settings");
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[test]
fn its_example_of_the_minimal_format_is_a_transcript() {
    let world = World::with_memory();
    let said = world.dream_with("memory", ["import", "-"], &[], &blocks("json")[0]).ok();
    assert!(said.contains("1 session of 1 agent (2 turns)"), "{said}");
}
