//! How commands grow with memory and with known sessions:
//!
//!     cargo bench --bench scale -- [--notes 10000,100000] [--sessions 1000,10000] [--runs N]
//!
//! Notes stand in folders of a hundred, sessions are small and each says something that others say too. For each pair
//! every figure is wall time of whole processes, the median of N runs (default 3) with the extremes, `git status` of
//! the same repository beside it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

struct Options {
    notes: Vec<usize>,
    sessions: Vec<usize>,
    runs: usize,
}

fn main() {
    let options = options();
    for &notes in &options.notes {
        for &sessions in &options.sessions {
            println!("{notes} notes, {sessions} sessions");
            let world = tempfile::tempdir().expect("a temporary folder");
            scale(world.path(), notes, sessions, options.runs);
        }
    }
}

fn options() -> Options {
    let mut options = Options { notes: vec![10_000, 100_000], sessions: vec![1_000, 10_000], runs: 3 };
    let numbers = |word: Option<String>| -> Vec<usize> {
        word.unwrap_or_default().split(',').filter_map(|number| number.parse().ok()).collect()
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--notes" => options.notes = numbers(words.next()),
            "--sessions" => options.sessions = numbers(words.next()),
            "--runs" => options.runs = words.next().and_then(|n| n.parse().ok()).unwrap_or(3).max(1),
            _ => {}
        }
    }
    options
}

fn scale(world: &Path, notes: usize, sessions: usize, runs: usize) {
    let (memory, data) = (world.join("memory"), world.join("data"));
    fs::create_dir(&memory).expect("a folder");
    done(git(&memory).args(["init", "-q", "-b", "main"]));
    write_notes(&memory, notes);
    write_sessions(&data, sessions);
    done(dream(&memory).arg("init"));
    let settings = fs::read_to_string(memory.join("dream.toml")).expect("settings");
    fs::write(memory.join("dream.toml"), settings.replace("size-budget = 25000", "size-budget = 10000000"))
        .expect("settings");
    done(git(&memory).args(["add", "-A"]));
    done(git(&memory).args(["commit", "-q", "-m", "notes"]));
    let import = timed(dream(&memory).arg("import").arg(&data));
    show("import of all sessions", &[import]);
    let first = timed(dream(&memory).args(["run", "--max-sessions", "1000000"]));
    show("run, all sessions new", &[first]);
    // Approved, and what did not fit into one dream after it, until nothing is new.
    let (mut approvals, mut again) = (Vec::new(), Vec::new());
    while let Some(id) = open_dream(&memory) {
        approvals.push(timed(dream(&memory).args(["approve", &id])));
        again.push(timed(dream(&memory).arg("run")));
    }
    show("approve", &approvals);
    show("run, what did not fit before", &again);
    let note = "notes/t0/g0/n0.md:6";
    let asked: [(&str, &[&str]); 6] = [
        ("run, nothing new", &["run"]),
        ("run --dry-run, nothing new", &["run", "--dry-run"]),
        ("list", &["list"]),
        ("status", &["status"]),
        ("why", &["why", note]),
        ("hook pre-commit, nothing staged", &["hook", "pre-commit"]),
    ];
    for (what, arguments) in asked {
        let times: Vec<Duration> = (0..runs).map(|_| timed(dream(&memory).args(arguments))).collect();
        show(&format!("git dream {what}"), &times);
    }
    let times: Vec<Duration> = (0..runs).map(|_| timed(git(&memory).arg("status"))).collect();
    show("git status", &times);
}

fn open_dream(memory: &Path) -> Option<String> {
    let mut list = git(memory);
    list.args(["branch", "--list", "dream/*", "--format=%(refname:lstrip=3)"]).stdout(Stdio::piped());
    let listed = list.output().expect("git runs").stdout;
    String::from_utf8_lossy(&listed).lines().next().map(str::to_owned)
}

/// Notes in folders of a hundred, a hundred such folders in one above them.
fn write_notes(memory: &Path, count: usize) {
    for index in 0..count {
        let folder = memory.join(format!("notes/t{}/g{}", index / 10_000, index / 100 % 100));
        fs::create_dir_all(&folder).expect("a folder");
        let text = format!(
            "---\nname: service-{index}-port\ndescription: The port of service-{index}\nkind: fact\n---\nService-{index} \
             listens on port {}; its owner is team-{} and it is deployed from the {} branch.\n",
            1024 + index % 60_000,
            index % 97,
            ["main", "release", "stable"][index % 3],
        );
        fs::write(folder.join(format!("n{index}.md")), text).expect("a note");
    }
}

/// Short sessions of ten agents; every rule is said in about fifty of them.
fn write_sessions(data: &Path, count: usize) {
    fs::create_dir(data).expect("a folder");
    for index in 0..count {
        let rule = index % (count / 50).max(1);
        let (day, hour, minute) = (1 + index / 1440 % 28, index / 60 % 24, index % 60);
        let mut text = String::new();
        let said = [
            ("user", format!("Please look at ticket {index} of the billing service.")),
            ("agent", format!("Ticket {index} is about a rounding error; I changed the total in invoice {index}.")),
            ("user", format!("No, always run `make check-{rule}` before you commit.")),
            ("agent", "Done, and all checks pass.".to_owned()),
        ];
        for (role, said) in said {
            let time = format!("2026-04-{day:02}T{hour:02}:{minute:02}:00Z");
            writeln!(text, "{{\"role\":\"{role}\",\"text\":\"{said}\",\"time\":\"{time}\"}}").expect("a string");
        }
        fs::write(data.join(format!("s{index:06}.jsonl")), text).expect("a session");
    }
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

fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    done(command);
    start.elapsed()
}

fn show(what: &str, times: &[Duration]) {
    let mut times: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    times.sort_by(f64::total_cmp);
    let (low, high) = (times[0], times[times.len() - 1]);
    println!("  {what:<42} {:8.3} s  ({low:.3} to {high:.3})", times[times.len() / 2]);
}
