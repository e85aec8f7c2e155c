//! Sample folders and the sessions in them.

use chrono::{DateTime, TimeZone, Utc};
use git_dream::model::{ObjectId, Part, SessionRecord, SessionVersion, Turn};
use git_dream::phase::Session;
use git_dream::transcript::{self, Hint};
use rayon::prelude::*;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of coding sessions with its labels.
pub struct Folder {
    pub name: String,
    pub path: PathBuf,
    pub files: Vec<(String, Vec<u8>)>,
}

/// The folders of coding sessions under a data directory: those with `sessions/` or `sessions.tar.zst`.
pub fn folders(data: &Path) -> Vec<Folder> {
    let mut found = Vec::new();
    for parent in [data.to_path_buf(), data.join("coding-sessions")] {
        let Ok(entries) = std::fs::read_dir(&parent) else { continue };
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
        paths.push(parent.clone());
        paths.sort();
        for path in paths {
            if let Some(files) = sessions_of(&path) {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                found.push(Folder { name, path, files });
            }
        }
    }
    found
}

fn sessions_of(path: &Path) -> Option<Vec<(String, Vec<u8>)>> {
    if path.join("sessions").is_dir() {
        return Some(read_all(&path.join("sessions")));
    }
    let archive = path.join("sessions.tar.zst");
    if !archive.is_file() {
        return None;
    }
    let place = tempfile::tempdir().ok()?;
    let mut unpack =
        Command::new("zstd").args(["-dc", "--long=27"]).arg(&archive).stdout(Stdio::piped()).spawn().ok()?;
    let tar = Command::new("tar").arg("x").current_dir(place.path()).stdin(unpack.stdout.take()?).status().ok()?;
    let _ = unpack.wait();
    tar.success().then(|| read_all(place.path()))
}

fn read_all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                files.push((
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
                    bytes,
                ));
            }
        }
    }
    files.sort();
    files
}

/// The sessions of some files, parsed in parallel.
pub fn parse(files: &[(String, Vec<u8>)]) -> Vec<Session> {
    files.par_iter().flat_map(|(name, bytes)| parse_file(name, bytes)).collect()
}

pub fn parse_file(name: &str, bytes: &[u8]) -> Vec<Session> {
    let Ok(parsed) = transcript::parse(bytes, &Hint::new(name)) else { return Vec::new() };
    let blob = ObjectId::of_blob(bytes);
    let newlines = memchr::memchr_iter(b'\n', bytes).count() as u32;
    let sessions = parsed.sessions.into_iter().map(|session| {
        let imported = session.ended.unwrap_or(DateTime::UNIX_EPOCH);
        let part = Part::new(blob, bytes.len() as u64, newlines, imported);
        let record = SessionRecord {
            schema: 1,
            id: session.id,
            agent: session.agent,
            host: session.host,
            project: session.project,
            started: session.started,
            ended: session.ended,
            imported,
            turns: session.turns.len() as u32,
            versions: vec![SessionVersion { parts: vec![part] }],
            root: session.root,
            outcomes: session.outcomes,
        };
        Session { record, turns: session.turns }
    });
    sessions.collect()
}

/// A session made of messages, as the minimal format has them.
pub fn talk(id: &str, day: u32, messages: &[(&str, &str)]) -> Session {
    let start =
        Utc.with_ymd_and_hms(2026, 1, 1, 9, 0, 0).single().expect("a time") + chrono::Duration::days(i64::from(day));
    let lines = messages.iter().enumerate().map(|(nth, (role, text))| {
        let time = start + chrono::Duration::minutes(nth as i64);
        serde_json::json!({"role": role, "text": text, "time": time.to_rfc3339()}).to_string() + "\n"
    });
    let bytes: String = lines.collect();
    let mut sessions = parse_file(&format!("{id}.jsonl"), bytes.as_bytes());
    assert!(sessions.len() == 1, "the minimal format is read");
    sessions.remove(0)
}

pub fn gunzip(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).ok()?).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

pub fn json(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Whether any quoted words stand in the turns at their place.
pub fn quote_stands(session: &Session, lines: git_dream::model::Lines, quote: &str) -> bool {
    let at = |turn: &&Turn| turn.place.lines == lines;
    session.turns.iter().filter(at).any(|turn| {
        use git_dream::model::Content;
        match &turn.content {
            Content::Text(text) | Content::Thinking(text) => text.contains(quote),
            Content::Result(result) => result.text.contains(quote),
            Content::Call(call) => {
                call.name.contains(quote) || strings(&call.input).iter().any(|text| text.contains(quote))
            }
            Content::Interrupted => false,
        }
    })
}

fn strings(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(items) => items.iter().flat_map(strings).collect(),
        serde_json::Value::Object(map) => map.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
