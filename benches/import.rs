//! Import of much, of one large file, and of one session that grows:
//!
//!     cargo bench --bench import -- [--data DIR] [--megabytes N] [--large N] [--runs N]
//!
//! DIR is a folder of transcripts (default: the bundled sessions); they are repeated under other ids until they are N
//! megabytes (default 1000), and imported beside `git add -A && git commit` of the same files. One transcript of
//! `--large` megabytes (default 400) shows what memory one file takes, and one of 10 MB is imported twenty times while
//! it grows, beside one import of the whole: of the lines of the largest transcript of DIR, and of lines of which each is
//! read in no time, so that little but the starts of twenty programs is measured. Wall time of whole processes, the
//! median of N runs (default 5).

mod common;

use common::{done, dream, figure, git, measured, option, quiet, ratio, show, timed};
use git_dream::transcript::{self, Hint};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Kilobytes that import may take at most, whatever the size of a file.
const MEMORY: f64 = 400.0;
const GROWTH: usize = 20;
/// Nobody imports within the moment in which the memory was made, when git is still asked for its settings each time.
const SETTLED: Duration = Duration::from_millis(200);

fn main() {
    let (megabytes, large, runs) = (option("--megabytes", 1000), option("--large", 400), option("--runs", 5));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let given = std::env::args().skip_while(|word| word != "--data").nth(1).map(PathBuf::from);
    let source = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/sessions"));
    let data = folder.path().join("data");
    let written = repeat(&source, &data, megabytes * 1_000_000);
    println!("{:.0} MB in {} files, {runs} runs each", written as f64 / 1e6, files(&data).len());
    much(folder.path(), &data, runs);
    one_large(folder.path(), large);
    let (name, lines) = repeated(&source, 10_000_000);
    growing(folder.path(), runs, &format!("a session of 10 MB, as {name}"), &format!("{name}.jsonl"), &lines);
    let lines = session("grows", 10_000_000);
    growing(folder.path(), runs, "a session of 10 MB of empty words", "grows.jsonl", &lines);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

/// Copies of all transcripts, each with an id of its own, until they are this many bytes.
fn repeat(source: &Path, target: &Path, bytes: usize) -> usize {
    fs::create_dir_all(target).expect("a folder");
    let texts = files(source).into_iter().filter_map(|path| Some((fs::read_to_string(&path).ok()?, path)));
    let originals: Vec<(String, PathBuf, Vec<String>)> = texts.map(|(text, path)| with_ids(text, path)).collect();
    let mut written = 0;
    for round in 0.. {
        for (text, path, ids) in &originals {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let name = format!("{}-{round}.{}", stem, path.extension().map_or("jsonl".into(), |e| e.to_string_lossy()));
            let mut text = text.clone();
            for id in ids {
                text = text.replace(id, &format!("{round:06}{}", id.get(6..).unwrap_or_default()));
            }
            written += text.len();
            fs::write(target.join(name), text).expect("a file");
            if written >= bytes {
                return written;
            }
        }
    }
    written
}

/// A transcript with the ids of its sessions as they stand in it.
fn with_ids(text: String, path: PathBuf) -> (String, PathBuf, Vec<String>) {
    let name = path.to_string_lossy().into_owned();
    let parsed = transcript::parse(text.as_bytes(), &Hint::new(&name));
    let ids = parsed.map(|parsed| parsed.sessions.into_iter().map(|session| session.raw_id).collect());
    (text, path, ids.unwrap_or_default())
}

fn memory(folder: &Path, name: &str) -> PathBuf {
    let memory = folder.join(name);
    let _ = fs::remove_dir_all(&memory);
    fs::create_dir(&memory).expect("a folder");
    done(dream(&memory).arg("init"));
    memory
}

fn much(folder: &Path, data: &Path, runs: usize) {
    let (mut own, mut peer, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..runs {
        let memory = memory(folder, "much");
        let (seconds, most) = measured(dream(&memory).arg("import").arg(data));
        own.push(seconds);
        peak = peak.max(most);
        let plain = folder.join("plain");
        let _ = fs::remove_dir_all(&plain);
        fs::create_dir(&plain).expect("a folder");
        let mut copy = quiet(Command::new("cp"));
        done(copy.arg("-r").arg(data).arg(plain.join("data")));
        done(git(&plain).arg("init"));
        let start = Instant::now();
        done(git(&plain).args(["add", "-A"]));
        // Git would go on in the background, and be in the way of what is measured next.
        done(git(&plain).args(["-c", "maintenance.auto=false", "commit", "-q", "-m", "all"]));
        peer.push(start.elapsed().as_secs_f64());
    }
    show("git dream import", &own);
    show("git add -A && git commit", &peer);
    ratio("import / git add -A && git commit", &own, &peer, 0.6);
    figure("peak memory", peak as f64 / 1024.0, "MB", MEMORY);
}

/// A session of so many bytes, as lines.
fn session(id: &str, bytes: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut written = 0;
    while written < bytes {
        let turn = lines.len();
        let (role, text) = match turn % 3 {
            0 => ("user", format!("Please look at module {turn} of the billing service and say what it does.")),
            1 => ("agent", format!("I read module{turn}.rs; it rounds invoice {} half up.", turn * 7)),
            _ => ("tool", format!("fn module{turn}() {{ /* {:x} */ }}\n", turn * 2_654_435_761).repeat(40)),
        };
        let line = serde_json::json!({"session": id, "role": role, "text": text}).to_string() + "\n";
        written += line.len();
        lines.push(line);
    }
    lines
}

fn one_large(folder: &Path, megabytes: usize) {
    let file = folder.join("large.jsonl");
    fs::write(&file, session("large", megabytes * 1_000_000).concat()).expect("a file");
    let memory = memory(folder, "large");
    let (seconds, peak) = measured(dream(&memory).arg("import").arg(&file));
    show("one session, imported", &[seconds]);
    println!("  one session: {megabytes} MB");
    figure("peak memory of one large session", peak as f64 / 1024.0, "MB", MEMORY);
    fs::remove_file(file).expect("removed");
}

/// The lines of the largest transcript that is one session, again and again under other ids, and its file's stem.
fn repeated(source: &Path, bytes: usize) -> (String, Vec<String>) {
    let one = |path: &PathBuf| {
        let text = fs::read_to_string(path).ok()?;
        let parsed = transcript::parse(text.as_bytes(), &Hint::new(path.file_name()?.to_str()?)).ok()?;
        let [session] = parsed.sessions.as_slice() else { return None };
        parsed.is_lines.then(|| (text.clone(), path.file_stem().expect("a name").to_owned(), session.raw_id.clone()))
    };
    let found = files(source).iter().filter_map(one).max_by_key(|(text, ..)| text.len());
    let (text, stem, id) = found.expect("a transcript of lines that is one session");
    let ids =
        regex::Regex::new("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:call|toolu)_[A-Za-z0-9]+").expect("one");
    let (mut lines, mut written) = (Vec::new(), 0);
    for round in 0.. {
        for line in text.lines() {
            let renamed = ids.replace_all(line, |found: &regex::Captures<'_>| match &found[0] {
                own if id.contains(own) => own.to_owned(),
                other => format!("{}{round:06x}", &other[..other.len() - 6]),
            });
            written += renamed.len() + 1;
            lines.push(format!("{renamed}\n"));
            if written >= bytes {
                return (stem.to_string_lossy().into_owned(), lines);
            }
        }
    }
    unreachable!("rounds do not end")
}

fn growing(folder: &Path, runs: usize, what: &str, name: &str, lines: &[String]) {
    let file = folder.join(name);
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        fs::write(&file, lines.concat()).expect("a file");
        let memory_of_one = memory(folder, "whole");
        std::thread::sleep(SETTLED);
        whole.push(timed(dream(&memory_of_one).arg("import").arg(&file)).as_secs_f64());
        let memory = memory(folder, "parts");
        std::thread::sleep(SETTLED);
        fs::write(&file, "").expect("a file");
        let mut seconds = 0.0;
        for part in 0..GROWTH {
            let added = lines[lines.len() * part / GROWTH..lines.len() * (part + 1) / GROWTH].concat();
            let mut appended = fs::OpenOptions::new().append(true).open(&file).expect("a file");
            appended.write_all(added.as_bytes()).expect("appended");
            seconds += timed(dream(&memory).arg("import").arg(&file)).as_secs_f64();
        }
        parts.push(seconds);
    }
    println!("  {what}");
    show("imported once", &whole);
    show("twenty times as it grows", &parts);
    ratio("twenty imports / one", &parts, &whole, 3.0);
}
