//! How commands grow with memory and with known sessions:
//!
//!     cargo bench --bench scale -- [--notes 10000,100000] [--sessions 1000,10000] [--runs N] [--svg FILE]
//!
//! Notes stand in folders of a hundred, sessions are small and each says something that others say too: of as many rules
//! however many sessions there are, so that these alone grow and not what memory holds. For each pair
//! every figure is wall time of whole processes, the median of N runs (default 3) with the extremes, `git status` of
//! the same repository beside it. With `--svg` the times are plotted against notes, or for one number of notes against
//! sessions.

mod common;

use chrono::DateTime;
use common::{done, dream, git, option, plot, plotted, show, text};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const RULES: usize = 100;
/// Of a day; sessions come one a minute.
const MINUTES: usize = 24 * 60;

/// Seconds by what was done.
type Times = BTreeMap<&'static str, f64>;

/// What is plotted: a night with one new session, and what a person types.
const PLOTTED: [&str; 7] = [
    "run, one new session",
    "run, one of the day before",
    "run, one session of before",
    "approve it",
    "git dream run, nothing new",
    "git dream why",
    "git status",
];

struct Options {
    notes: Vec<usize>,
    sessions: Vec<usize>,
    runs: usize,
}

fn main() {
    let options = options();
    let (notes, against) = (&options.notes, if options.notes.len() > 1 { "notes" } else { "known sessions" });
    let mut series: Vec<(&str, Vec<(f64, f64)>)> = PLOTTED.iter().map(|what| (*what, Vec::new())).collect();
    for &notes in notes {
        for &sessions in &options.sessions {
            println!("{notes} notes, {sessions} sessions");
            let world = tempfile::tempdir().expect("a temporary folder");
            let times = scale(world.path(), notes, sessions, options.runs);
            for (what, points) in &mut series {
                points.push((if against == "notes" { notes } else { sessions } as f64, times[*what]));
            }
        }
    }
    plotted(&plot::seconds(against, &series));
}

fn options() -> Options {
    let runs = option("--runs", 3);
    let mut options = Options { notes: vec![10_000, 100_000], sessions: vec![1_000, 10_000], runs };
    let numbers = |word: Option<String>| -> Vec<usize> {
        word.unwrap_or_default().split(',').filter_map(|number| number.parse().ok()).collect()
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--notes" => options.notes = numbers(words.next()),
            "--sessions" => options.sessions = numbers(words.next()),
            _ => {}
        }
    }
    options
}

fn scale(world: &Path, notes: usize, sessions: usize, runs: usize) -> Times {
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
    let mut times = Times::new();
    let mut one = |what: &'static str, seconds: Vec<f64>| {
        show(what, &seconds);
        let mut sorted = seconds;
        sorted.sort_by(f64::total_cmp);
        times.insert(what, sorted[sorted.len() / 2]);
    };
    let mut decisions = Vec::new();
    let mut night = |nth: usize, minute: usize, said: &str| {
        write_session(&world.join("new"), (sessions + nth, minute), said, nth);
        done(dream(&memory).arg("import").arg(world.join("new")));
        let night = timed(dream(&memory).arg("run"));
        if let Some(id) = open_dream(&memory) {
            decisions.push(timed(dream(&memory).args(["approve", &id])));
        }
        night
    };
    let new = "Remember: the mirror in the {} room is polished on Mondays.";
    one("run, one new session", (0..runs).map(|nth| night(nth, sessions + nth, new)).collect());
    // It happened while others did that were read before: a day ago, or at any time.
    let late = |nth: usize| (sessions + nth).saturating_sub(MINUTES);
    one("run, one of the day before", (runs..2 * runs).map(|nth| night(nth, late(nth), new)).collect());
    let old = "Remember: the lamp in the {} hall is lit on Tuesdays.";
    one("run, one session of before", (2 * runs..3 * runs).map(|nth| night(nth, nth * 7919 % sessions, old)).collect());
    one("approve it", decisions);
    let note = "notes/t0/g0/n0.md:6";
    let asked: [(&str, &[&str]); 6] = [
        ("git dream run, nothing new", &["run"]),
        ("git dream run --dry-run, nothing new", &["run", "--dry-run"]),
        ("git dream list", &["list"]),
        ("git dream status", &["status"]),
        ("git dream why", &["why", note]),
        ("git dream hook pre-commit, nothing staged", &["hook", "pre-commit"]),
    ];
    for (what, arguments) in asked {
        one(what, (0..runs).map(|_| timed(dream(&memory).args(arguments))).collect());
    }
    one("git status", (0..runs).map(|_| timed(git(&memory).arg("status"))).collect());
    times
}

fn timed(command: &mut std::process::Command) -> f64 {
    common::timed(command).as_secs_f64()
}

fn open_dream(memory: &Path) -> Option<String> {
    let listed = text(git(memory).args(["branch", "--list", "dream/*", "--format=%(refname:lstrip=3)"]));
    listed.lines().next().map(str::to_owned)
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

/// Short sessions; each of a hundred rules is said in every hundredth of them.
fn write_sessions(data: &Path, count: usize) {
    fs::create_dir(data).expect("a folder");
    for index in 0..count {
        write_session(data, (index, index), "No, always run the {} tests before you commit.", index % RULES);
    }
}

/// A word that is nobody's number: rules that differ in a number alone would contradict each other.
fn name(number: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ka", "lo", "mi", "ru", "ten", "vor", "sil", "dra", "pem", "zun", "quil", "has", "bri", "fot", "gan", "wex"];
    (0..4).map(|place| SYLLABLES[((number * 37) >> (4 * place)) & 15]).collect()
}

/// One session, at a minute of this year, in which a person says something about a name.
fn write_session(data: &Path, (index, minute): (usize, usize), said: &str, number: usize) {
    fs::create_dir_all(data).expect("a folder");
    let time = DateTime::from_timestamp(1_767_225_600 + 60 * minute as i64, 0).expect("a time");
    let mut text = String::new();
    let said = [
        ("user", format!("Please look at ticket {index} of the billing service.")),
        ("agent", format!("Ticket {index} is about a rounding error; I changed the total in invoice {index}.")),
        ("user", said.replace("{}", &name(number))),
        ("agent", "Done, and all checks pass.".to_owned()),
    ];
    for (role, said) in said {
        let time = time.format("%Y-%m-%dT%H:%M:%SZ");
        writeln!(text, "{{\"role\":\"{role}\",\"text\":\"{said}\",\"time\":\"{time}\"}}").expect("a string");
    }
    fs::write(data.join(format!("s{index:06}.jsonl")), text).expect("a session");
}
