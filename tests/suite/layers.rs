//! The order of the layers, enforced: no upward import, and each outside thing only in its home.

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up: a layer imports only from itself and those before it.
const LAYERS: [&str; 8] = ["text", "model", "transcript", "config", "store", "phase", "engine", "cli"];

/// What may be named only under these paths (relative to `src`).
const HOMES: [(&str, &[&str]); 9] = [
    ("git2::", &["store/"]),
    ("unsafe {", &["store/mapped.rs"]),
    ("Command::new", &["store/git.rs", "store/program.rs"]),
    ("println!", &["cli/ui"]),
    ("eprintln!", &["cli/ui"]),
    ("print!(", &["cli/ui"]),
    ("std::env", &["main.rs"]),
    ("Utc::now", &["main.rs"]),
    ("SystemTime::now", &["main.rs"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Each source file, relative to `src`, without its tests and comments.
fn code() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 10, "the sources are found");
    let strip = |text: String| {
        let body = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    let relative = |path: &Path| path.strip_prefix(&root).expect("under src").to_string_lossy().replace('\\', "/");
    files.iter().map(|path| (relative(path), strip(fs::read_to_string(path).expect("a source")))).collect()
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|name| *name == layer)
}

#[test]
fn no_layer_imports_from_a_layer_above_it() {
    let mut broken = Vec::new();
    for (path, text) in code() {
        let Some(own) = path.split('/').next().and_then(rank) else { continue };
        for part in text.split("crate::").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if rank(&name).is_some_and(|other| other > own) {
                broken.push(format!("{path} imports {name}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_source_file_belongs_to_a_layer() {
    let strays: Vec<String> = code()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            !matches!(path.as_str(), "main.rs" | "lib.rs" | "fuzzing.rs" | "fuzzing/doors.rs" | "fuzzing/tests.rs")
        })
        .filter(|path| path.split('/').next().and_then(rank).is_none())
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn outside_things_are_named_only_in_their_homes() {
    let mut broken = Vec::new();
    for (path, text) in code() {
        for (needle, homes) in HOMES {
            if text.contains(needle) && !homes.iter().any(|home| path.starts_with(home)) {
                broken.push(format!("{path} names {needle}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let silent: Vec<&PathBuf> =
        files.iter().filter(|path| !fs::read_to_string(path).expect("a source").starts_with("//!")).collect();
    assert!(silent.is_empty(), "{silent:?}");
}
