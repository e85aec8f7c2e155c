//! How long `git dream verify` takes for a long history, beside what git itself needs to print it. Makes a repository of
//! dreams with evidence, changes of every type and landings (a hundred notes to a folder), then runs both in turn.
//!
//! `cargo bench --bench verify -- --commits 100000 --runs 5`

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Changes of one dream.
const CHANGES: usize = 10;
/// Sessions that one dream reads.
const READ: usize = 10;
/// Lines of one session.
const LINES: usize = 40;

struct Options {
    commits: usize,
    sessions: usize,
    runs: usize,
}

fn main() {
    let options = options();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let memory = folder.path().join("memory");
    let made = Instant::now();
    make(folder.path(), &memory, &options);
    println!(
        "{} commits, {} sessions, made in {:.0} s",
        options.commits,
        options.sessions,
        made.elapsed().as_secs_f64()
    );
    let report = dream(&memory).arg("verify").stdout(Stdio::piped()).output().expect("git dream runs");
    let told = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(
        report.status.success(),
        "the generated history is sound: {}",
        told.lines().take(8).collect::<Vec<_>>().join("\n")
    );
    told.lines().rev().take(3).collect::<Vec<_>>().iter().rev().for_each(|line| println!("  {line}"));
    let peers: [(&str, &[&str]); 2] = [
        ("git log --format='%H %(trailers)'", &["log", "--format=%H %(trailers)"]),
        ("git log --raw --format=%B", &["log", "--raw", "--format=%B"]),
    ];
    let mut own = Vec::new();
    let mut others: [Vec<f64>; 2] = Default::default();
    let mut peak = 0;
    for _ in 0..options.runs {
        let (time, memory_used) = measured(dream(&memory).arg("verify"));
        own.push(time);
        peak = peak.max(memory_used);
        for ((_, arguments), times) in peers.iter().zip(&mut others) {
            times.push(timed(git(&memory).args(*arguments)).as_secs_f64());
        }
    }
    show("git dream verify", &own);
    for ((what, _), times) in peers.iter().zip(&others) {
        show(what, times);
    }
    for ((what, _), times) in peers.iter().zip(&others) {
        let mut ratios: Vec<f64> = own.iter().zip(times).map(|(own, other)| own / other).collect();
        ratios.sort_by(f64::total_cmp);
        let (low, high) = (ratios[0], ratios[ratios.len() - 1]);
        println!("  ratio to {what:<34} {:6.2}    ({low:.2} to {high:.2})", ratios[ratios.len() / 2]);
    }
    println!("  peak memory of git dream verify            {:6.0} MB", peak as f64 / 1024.0);
}

fn options() -> Options {
    let mut options = Options { commits: 100_000, sessions: 1_000, runs: 5 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = |old: usize| words.next().and_then(|word| word.parse().ok()).unwrap_or(old).max(1);
        match word.as_str() {
            "--commits" => options.commits = number(options.commits),
            "--sessions" => options.sessions = number(options.sessions),
            "--runs" => options.runs = number(options.runs),
            _ => {}
        }
    }
    options
}

fn make(folder: &Path, memory: &Path, options: &Options) {
    done(dream(folder).args(["init", "memory"]));
    let data = folder.join("data");
    fs::create_dir(&data).expect("a folder");
    for session in 0..options.sessions {
        let text: String = (0..LINES).map(|line| format!("{}\n", said(session, line))).collect();
        fs::write(data.join(format!("s{session:06}.jsonl")), text).expect("a session");
    }
    done(dream(memory).args(["import", "--agent", "bench"]).arg(&data));
    let blobs = blobs(memory, options.sessions);
    let base = text(git(memory).args(["rev-parse", "main"]));
    let mut import = git(memory).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git runs");
    let mut stream = History {
        out: BufWriter::new(import.stdin.take().expect("piped")),
        blobs,
        tip: base.clone(),
        base,
        mark: 0,
        notes: 0,
        live: VecDeque::new(),
    };
    for number in 0..options.commits.div_ceil(CHANGES + 2) {
        stream.dream(number);
    }
    drop(stream);
    assert!(import.wait().expect("git ends").success());
    done(git(memory).args(["branch", "-q", "-D", "dream"]));
    done(git(memory).args(["gc", "--quiet"]));
}

fn said(session: usize, line: usize) -> String {
    let (role, text) = match line % 4 {
        0 => ("user", format!("please look at ticket {session}-{line} of the billing service")),
        1 => ("agent", format!("ticket {session}-{line} is about a rounding error in the total of an invoice")),
        2 => ("user", format!("service {session}-{line} listens on port {}, remember that", 1024 + line)),
        _ => ("agent", "done, and all checks pass".to_owned()),
    };
    format!("{{\"role\":\"{role}\",\"text\":\"{text}\",\"time\":\"2026-04-01T10:{:02}:00Z\"}}", line % 60)
}

/// The blob of each session, in order.
fn blobs(memory: &Path, sessions: usize) -> Vec<String> {
    let listed = text(git(memory).args(["ls-tree", "-r", "refs/dream/sessions"]));
    let mut blobs: Vec<(String, String)> = listed
        .lines()
        .filter(|line| line.contains("/transcript/"))
        .filter_map(|line| {
            let (head, path) = line.split_once('\t')?;
            Some((path.split('/').nth(2)?.to_owned(), head.split(' ').nth(2)?.to_owned()))
        })
        .collect();
    blobs.sort();
    assert_eq!(blobs.len(), sessions);
    blobs.into_iter().map(|(_, blob)| blob).collect()
}

/// The stream that git makes the history from.
struct History<W: Write> {
    out: W,
    blobs: Vec<String>,
    /// The memory commit that every review names as its base: later ones have no id yet.
    base: String,
    /// Memory's tip, as an id or a mark.
    tip: String,
    mark: usize,
    notes: usize,
    live: VecDeque<usize>,
}

impl<W: Write> History<W> {
    fn dream(&mut self, number: usize) {
        let id = format!("2026-{:02}-{:02}-{}", 1 + number / 28 % 12, 1 + number % 28, letters(number));
        let mut review = format!(
            "review: {READ} sessions of bench\n\nRead for dream {id}:\n  {READ} of bench\n\nDream-Id: {id}\n\
             Dream-Phase: review\nDream-Base: {}\nDream-Engine: embedded\nDream-Settings: 0123456789ab\n",
            self.base
        );
        for nth in 0..READ {
            let session = (number * READ + nth) % self.blobs.len();
            writeln!(review, "Dream-Session: s{session:06}@{}", self.blobs[session]).expect("a string");
        }
        let memory = self.tip.clone();
        let mut branch = self.commit("dream", ENGINE, &review, &format!("from {memory}\n"));
        let mut files = String::new();
        for nth in 0..CHANGES {
            let (message, file) = self.change(&id, number, nth);
            branch = self.commit("dream", ENGINE, &message, &format!("from {branch}\n{file}"));
            files.push_str(&file);
        }
        let merge = format!(
            "Merge dream {id}\n\n  ten changes\n\nDream-Id: {id}\nDream-Decision: approved\n\
             Approved-by: Bench <bench@example.com>\n"
        );
        self.tip = self.commit("main", PERSON, &merge, &format!("from {memory}\nmerge {branch}\n{files}"));
    }

    /// One change: its message, and what it does to its file.
    fn change(&mut self, dream: &str, number: usize, nth: usize) -> (String, String) {
        let old = if nth < 7 { None } else { self.live.pop_front() };
        let (phase, change) = match (nth, old) {
            (_, None) => ("extract", "add"),
            (7 | 8, _) => ("reconcile", "supersede"),
            _ => ("prune", "retire"),
        };
        let note = old.unwrap_or(self.notes);
        self.notes += usize::from(old.is_none());
        self.live.extend((change == "add").then_some(note));
        let path = format!("notes/t{}/g{}/n{note}.md", note / 10_000, note / 100 % 100);
        let (mut evidence, mut quotes) = (String::new(), String::new());
        for at in 0..2 {
            let session = (number * READ + (nth + at) % READ) % self.blobs.len();
            let line = nth * 4 % LINES + 2;
            let quote = format!("service {session}-{line} listens on port {}, remember that", 1024 + line);
            writeln!(quotes, "  user, bench/s{session:06}: \"{quote}\"").expect("a string");
            let blob = &self.blobs[session][..12];
            writeln!(evidence, "Evidence: s{session:06}@{blob}#L{} user", line + 1).expect("a string");
        }
        let reason = if change == "retire" { "Dream-Reason: stale\n" } else { "" };
        let message = format!(
            "{phase}: service {note} listens on a port\n\nStated by a person (2 sessions of 1 agent). Rule: facts \
             that people state\nare kept.\n\n{quotes}\nDream-Id: {dream}\nDream-Phase: {phase}\nDream-Change: {change}\n\
             Dream-Key: {:08x}\nDream-Kind: fact\nDream-Path: {path}\nDream-Support: 2 sessions, 1 agent\n\
             Dream-Confidence: 0.80\n{reason}{evidence}",
            number * CHANGES + nth
        );
        let text = format!(
            "---\nname: service-{note}-port\ndescription: The port of service {note}\nkind: fact\n---\nService {note} \
             listens on port {} since change {number}-{nth}; it is deployed from the release branch.\n",
            1024 + note % 60_000
        );
        let file = match change {
            "retire" => format!("D {path}\n"),
            _ => format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()),
        };
        (message, file)
    }

    /// Writes a commit; gives its mark.
    fn commit(&mut self, branch: &str, author: &str, message: &str, rest: &str) -> String {
        self.mark += 1;
        let (mark, when) = (self.mark, 1_778_036_400 + self.mark);
        let length = message.len();
        write!(
            self.out,
            "commit refs/heads/{branch}\nmark :{mark}\nauthor {author} {when} +0000\n\
             committer {PERSON} {when} +0000\ndata {length}\n{message}\n{rest}\n"
        )
        .expect("git listens");
        format!(":{mark}")
    }
}

const PERSON: &str = "Bench <bench@example.com>";
const ENGINE: &str = "git dream <embedded@git-dream>";

/// Four characters of a dream id's alphabet.
fn letters(mut number: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut text = String::new();
    for _ in 0..4 {
        text.push(char::from(ALPHABET[number % 32]));
        number /= 32;
    }
    text
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]);
    quiet(command)
}

fn dream(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-dream"));
    command.current_dir(folder).env("GIT_DREAM_NOW", "2026-05-06T03:00:00Z");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Bench").env(format!("GIT_{who}_EMAIL"), "bench@example.com");
    }
    quiet(command)
}

fn quiet(mut command: Command) -> Command {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command
}

fn done(command: &mut Command) {
    assert!(command.status().expect("the program starts").success(), "{command:?}");
}

fn text(command: &mut Command) -> String {
    let output = command.stdout(Stdio::piped()).output().expect("the program starts");
    assert!(output.status.success(), "{command:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    done(command);
    start.elapsed()
}

/// Seconds, and the most memory that the program used, in KB (0 where the system does not tell).
fn measured(command: &mut Command) -> (f64, u64) {
    let start = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(number.unwrap_or(0));
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            assert!(status.success(), "{command:?}");
            return (start.elapsed().as_secs_f64(), peak);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn show(what: &str, times: &[f64]) {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let (low, high) = (times[0], times[times.len() - 1]);
    println!("  {what:<42} {:8.3} s  ({low:.3} to {high:.3})", times[times.len() / 2]);
}
