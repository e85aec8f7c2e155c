//! A dream made by hand, exactly as its format says, so that what commands do with dreams is tested without any engine.

use crate::world::World;

pub const ID: &str = "2026-05-06-aaaa";
pub const UTC: &str = "11111111";
pub const BRANCHES: &str = "22222222";
pub const RETIRED: &str = "33333333";

const SESSION: &str = r#"{"role":"user","text":"please fix the cut-off","time":"2026-05-04T10:00:00Z"}
{"role":"agent","text":"which time zone does the API use?","time":"2026-05-04T10:01:00Z"}
{"role":"user","text":"the API is in UTC, remember that","time":"2026-05-04T10:02:00Z"}
{"role":"user","text":"no, we deploy from release branches now","time":"2026-05-04T10:03:00Z"}
"#;

/// A memory with two notes, one imported session, and an open dream of three changes.
pub fn world_with_dream() -> World {
    let world = World::with_memory();
    world.write("memory/notes/deploys.md", note("deploys", "Deploys run from main."));
    world.write("memory/notes/old.md", note("old", "The old server is called atlas."));
    world.git(["add", "-A"]);
    world.git(["commit", "-qm", "first notes"]);
    world.write("support-1.jsonl", SESSION);
    world.dream(["import", "--agent", "support", "../support-1.jsonl"]).ok();
    propose(&world);
    world
}

fn note(name: &str, body: &str) -> String {
    format!("---\nname: {name}\ndescription: {body}\nkind: fact\n---\n{body}\n")
}

/// The blob of the imported session.
pub fn blob(world: &World) -> String {
    let shown = world.dream(["show", "support-1", "--json"]).json();
    shown["session"]["versions"][0]["parts"][0]["blob"].as_str().expect("a blob").to_owned()
}

fn propose(world: &World) {
    let blob = blob(world);
    let base = world.git(["rev-parse", "main"]);
    world.git(["switch", "-q", "-c", &format!("dream/{ID}")]);
    let review = format!(
        "review: 1 session of support\n\nDream-Id: {ID}\nDream-Phase: review\nDream-Base: {}\n\
         Dream-Engine: embedded\nDream-Settings: 0000\nDream-Session: support-1@{blob}\n",
        base.trim()
    );
    world.git(["commit", "-q", "--allow-empty", "-m", &review]);
    world.write("memory/notes/utc.md", note("utc", "The API is in UTC."));
    let facts = (UTC, "extract", "add", "notes/utc.md", "\nDream-Risk: single-session");
    change(world, facts, "the API is in UTC", (&blob, 3, "the API is in UTC, remember that"));
    world.write("memory/notes/deploys.md", note("deploys", "Deploys run from release branches."));
    let facts = (BRANCHES, "reconcile", "supersede", "notes/deploys.md", "");
    change(world, facts, "deploys run from release branches", (&blob, 4, "no, we deploy from release branches now"));
    world.git(["rm", "-q", "notes/old.md"]);
    let facts = (RETIRED, "prune", "retire", "notes/old.md", "\nDream-Reason: stale");
    change(world, facts, "the old server is gone", (&blob, 1, "please fix the cut-off"));
    world.git(["switch", "-q", "main"]);
}

/// Commits what the work tree holds as one change of the dream: key, phase, type, path and further trailers; then
/// what was said, and where.
pub fn change(
    world: &World,
    (key, phase, change, path, more): (&str, &str, &str, &str, &str),
    subject: &str,
    (blob, line, quote): (&str, u32, &str),
) {
    let message = format!(
        "{phase}: {subject}\n\nA person said so.\n\n  user, support/support-1: \"{quote}\"\n\n\
         Dream-Id: {ID}\nDream-Phase: {phase}\nDream-Change: {change}\nDream-Key: {key}\nDream-Kind: fact\n\
         Dream-Path: {path}\nDream-Support: 1 session, 1 agent\nDream-Confidence: 0.80{more}\n\
         Evidence: support-1@{}#L{line} user\n",
        &blob[..12]
    );
    world.git(["add", "-A"]);
    world.git(["commit", "-q", "-m", &message]);
}
