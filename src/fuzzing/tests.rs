//! The seeds of the fuzz targets, and mutations of them that are the same in every run.

use super::*;
use std::fs;
use std::path::Path;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 16] = [
    ("transcript", transcript),
    ("claude", |bytes| transcript_as(Host::ClaudeCode, bytes)),
    ("codex", |bytes| transcript_as(Host::Codex, bytes)),
    ("copilot", |bytes| transcript_as(Host::CopilotCli, bytes)),
    ("gemini", |bytes| transcript_as(Host::GeminiCli, bytes)),
    ("opencode", |bytes| transcript_as(Host::OpenCode, bytes)),
    ("hosted", |bytes| transcript_as(Host::Hosted, bytes)),
    ("messages", |bytes| transcript_as(Host::Messages, bytes)),
    ("minimal", |bytes| transcript_as(Host::Minimal, bytes)),
    ("document", document),
    ("message", message),
    ("settings", settings),
    ("answer", answer),
    ("merge", merge),
    ("text", text),
    ("terminal", terminal),
];

/// Mutations of each target's seeds in a normal run.
const MUTATIONS: u64 = 400;

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fuzz").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |path: &Path| (path.display().to_string(), fs::read(path).expect("a seed"));
    let mut seeds: Vec<_> = entries.map(|entry| read(&entry.expect("an entry").path())).collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has seeds");
    seeds
}

/// splitmix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

/// Pieces that mean something to one of the parsers.
const PIECES: [&[u8]; 20] = [
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\"",
    b"{",
    b"]",
    b",",
    b"---\n",
    b"```",
    b"\\u0000",
    b"\xff",
    b"\x1b[31m",
    "\u{202e}".as_bytes(),
    "\u{e0041}".as_bytes(),
    b"Dream-Id: 2026-05-06-k3f9\n",
    b"    Dream-Key: deadbeef",
    b"Squashed commit of the following:\n",
    b"This reverts commit ce013625030ba8dba906f756967f9e9ca394464a",
    b"- item\n",
    b"password = hunter2hunter2x9",
];

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(16)).min(bytes.len());
        match random.below(5) {
            0 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            1 => drop(bytes.drain(at..end)),
            2 => {
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            3 => bytes.truncate(at.max(1)),
            _ => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
        }
    }
}

fn holds(target: fn(&[u8]), name: &str, bytes: &[u8]) {
    let result = std::panic::catch_unwind(|| target(bytes));
    assert!(result.is_ok(), "{name}: {:?}", String::from_utf8_lossy(bytes));
}

#[test]
fn every_parser_keeps_its_promises_on_all_seeds() {
    for (target, run) in TARGETS {
        for (name, bytes) in seeds(target) {
            holds(run, &name, &bytes);
        }
    }
}

#[test]
fn every_parser_keeps_its_promises_on_mutated_seeds() {
    std::thread::scope(|scope| {
        for (target, run) in TARGETS {
            scope.spawn(move || {
                let seeds = seeds(target);
                for seed in 0..MUTATIONS {
                    let mut random = Random(seed);
                    let (name, bytes) = &seeds[random.below(seeds.len())];
                    let mut bytes = bytes.clone();
                    mutate(&mut bytes, &mut random);
                    holds(run, &format!("mutation {seed} of {name}"), &bytes);
                }
            });
        }
    });
}

#[test]
fn every_target_has_its_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    for (target, _) in TARGETS {
        assert!(folder.join(format!("{target}.rs")).exists(), "{target}");
    }
}
