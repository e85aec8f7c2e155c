//! Dreams with language models, against servers of the tests' own and against real ones.

mod aimock;
mod answers;
mod batches;
mod inference;
mod installed;
mod model;
mod nights;
mod peer;
mod provider;
mod proxy;
mod sdk;
mod server;
mod spending;
mod trouble;
mod ways;

use crate::world::{Ran, World};
use serde_json::{Value, json};
use server::Server;

/// A key that must appear nowhere.
pub const KEY: &str = "sk-test-0123456789abcdefghij0123";

/// Every interface, as `[engine]` names it.
pub const INTERFACES: [&str; 4] = [
    "name = \"anthropic\"",
    "name = \"openai\"\napi = \"chat\"",
    "name = \"openai\"\napi = \"responses\"",
    "name = \"ollama\"\nmax-parallel = 4",
];

/// A memory whose engine is a model at a server.
pub fn world(server: &Server, engine: &str) -> World {
    let world = World::with_memory();
    settings(&world, server, engine);
    world
}

pub fn settings(world: &World, server: &Server, engine: &str) {
    settings_at(world, &server.url, engine);
}

pub fn settings_at(world: &World, url: &str, engine: &str) {
    let (engine, more) = engine.split_once("\n[").map_or((engine, String::new()), |(a, b)| (a, format!("[{b}\n")));
    let file = format!("[engine]\n{engine}\nmodel = \"test-1\"\nbase-url = \"{url}\"\n{more}");
    world.write("memory/dream.toml", file);
    world.git(["commit", "-q", "-am", "an engine"]);
}

/// A session in the minimal format; each turn is a role and its words.
pub fn session(world: &World, id: &str, day: u32, turns: &[(&str, &str)]) {
    let line = |(minute, (role, text)): (usize, &(&str, &str))| {
        json!({"role": role, "text": text, "time": format!("2026-05-{day:02}T10:{minute:02}:00Z")}).to_string() + "\n"
    };
    let lines: String = turns.iter().enumerate().map(line).collect();
    world.write(format!("sessions/{id}.jsonl"), lines);
}

/// Sessions in each of which somebody asks to remember something else.
pub fn sessions(world: &World, facts: &[&str]) {
    for (at, fact) in facts.iter().enumerate() {
        let said = format!("Remember: {fact}");
        session(world, &format!("s{at}"), 1 + at as u32 % 28, &[("user", "Hello"), ("agent", "Hi."), ("user", &said)]);
    }
    world.dream(["import", "../sessions"]).ok();
}

pub const FACTS: [&str; 3] = [
    "The nightly export finishes before 04:00 UTC.",
    "Invoices are rounded half up to cents.",
    "The staging cluster lives in Frankfurt.",
];

pub fn dream(world: &World, arguments: &[&str]) -> Ran {
    let keys = [("ANTHROPIC_API_KEY", KEY), ("OPENAI_API_KEY", KEY)];
    world.dream_with("memory", arguments, &keys, "")
}

pub fn run(world: &World) -> Value {
    dream(world, &["run", "--json"]).json()
}

pub fn texts(night: &Value) -> Vec<&str> {
    let changes = night["changes"].as_array().expect("changes");
    changes.iter().map(|change| change["after"].as_str().unwrap_or_default()).collect()
}

pub fn skipped(night: &Value) -> String {
    night["skipped"].to_string()
}
