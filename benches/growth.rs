//! How the time of a dream grows with the number of sessions:
//!
//!     cargo bench --bench growth -- [--data DIR] [--counts 10,100,1000] [--runs N] [--svg FILE]
//!
//! Without DIR, sessions are generated: each says and does some of what others do and some of what none does, so that
//! the beliefs to compare grow with the sessions. With DIR its transcripts are repeated under other ids and dates. Every
//! figure is wall time of whole processes, the fastest of N runs (default 3). The exponent is the slope of time against
//! sessions, both as logarithms, from the middle count on: 1 is linear. A run with an exponent above 1.2 fails.

mod common;

use chrono::{Days, NaiveDate};
use regex::{Captures, Regex};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Above this exponent something is not linear.
const LIMIT: f64 = 1.2;

struct Options {
    data: Option<PathBuf>,
    counts: Vec<usize>,
    runs: usize,
    svg: Option<PathBuf>,
}

/// Seconds of each step, at one number of sessions.
struct Row {
    sessions: usize,
    megabytes: f64,
    steps: [f64; 3],
}

const STEPS: [&str; 3] = ["import", "run, cold", "run, warm"];

fn main() -> ExitCode {
    let options = options();
    let world = tempfile::tempdir().expect("a temporary folder");
    println!(
        "{:>9} {:>9} {:>11} {:>11} {:>11}  cold, per session added",
        "sessions", "MB", STEPS[0], STEPS[1], STEPS[2]
    );
    let mut rows: Vec<Row> = Vec::new();
    for count in &options.counts {
        let row = row(&options, world.path(), *count);
        row.show(rows.last());
        rows.push(row);
    }
    let mut linear = true;
    for (nth, step) in STEPS.iter().enumerate() {
        let Some(exponent) = exponent(&rows, nth) else { continue };
        let fits = exponent <= LIMIT;
        linear &= fits;
        println!("{step}: exponent {exponent:.2} ({})", if fits { "linear" } else { "more than linear" });
    }
    if let Some(file) = &options.svg {
        fs::write(file, svg(&rows)).expect("the plot can be written");
        println!("plot: {}", file.display());
    }
    if linear { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn options() -> Options {
    let mut options = Options { data: None, counts: vec![10, 30, 100, 300, 1000], runs: 3, svg: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--data" => options.data = words.next().map(PathBuf::from),
            "--svg" => options.svg = words.next().map(PathBuf::from),
            "--runs" => options.runs = words.next().and_then(|n| n.parse().ok()).unwrap_or(3).max(1),
            "--counts" => {
                let given = words.next().unwrap_or_default();
                options.counts = given.split(',').filter_map(|n| n.parse().ok()).filter(|n| *n > 0).collect();
            }
            _ => {}
        }
    }
    options.counts.sort_unstable();
    options
}

fn row(options: &Options, world: &Path, count: usize) -> Row {
    let data = world.join(format!("data-{count}"));
    fs::create_dir(&data).expect("a folder");
    match &options.data {
        Some(source) => repeat(source, &data, count),
        None => generate(&data, count),
    }
    let bytes: u64 = files(&data).iter().filter_map(|file| fs::metadata(file).ok()).map(|file| file.len()).sum();
    let memory = |run: usize| {
        let folder = world.join(format!("memory-{count}-{run}"));
        fs::create_dir(&folder).expect("a folder");
        timed(program(&folder).arg("init"));
        folder
    };
    let imports: Vec<Duration> =
        (0..options.runs).map(|run| timed(program(&memory(run)).arg("import").arg(&data))).collect();
    let folder = world.join(format!("memory-{count}-0"));
    let dream = || timed(program(&folder).args(["run", "--dry-run", "--max-sessions", "1000000"]));
    let cold = (0..options.runs).map(|_| {
        let _ = fs::remove_dir_all(folder.join(".git/dream/cache"));
        dream()
    });
    let cold: Vec<Duration> = cold.collect();
    let warm: Vec<Duration> = (0..options.runs).map(|_| dream()).collect();
    let steps = [fastest(&imports), fastest(&cold), fastest(&warm)];
    let megabytes = bytes as f64 / 1e6;
    Row { sessions: count, megabytes, steps }
}

impl Row {
    /// One line, with what each session more cost since the row before.
    fn show(&self, before: Option<&Row>) {
        let (sessions, cold) = before.map_or((0, 0.0), |row| (row.sessions, row.steps[1]));
        let each = (self.steps[1] - cold) * 1000.0 / (self.sessions - sessions).max(1) as f64;
        let [import, cold, warm] = self.steps;
        println!(
            "{:>9} {:>9.1} {import:>9.3} s {cold:>9.3} s {warm:>9.3} s  {each:.2} ms",
            self.sessions, self.megabytes
        );
    }
}

fn fastest(times: &[Duration]) -> f64 {
    times.iter().min().map_or(0.0, Duration::as_secs_f64)
}

/// The slope of the least squares through the logarithms, from the middle count on: below it the start of a process
/// is most of the time.
fn exponent(rows: &[Row], step: usize) -> Option<f64> {
    let points: Vec<(f64, f64)> =
        rows[rows.len() / 2..].iter().map(|row| ((row.sessions as f64).ln(), row.steps[step].ln())).collect();
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let slope: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread;
    (points.len() > 1 && slope.is_finite()).then_some(slope)
}

/// Sessions as Claude Code writes them: what one in ten says, what one in fifty does, and what only this one does.
fn generate(data: &Path, count: usize) {
    for nth in 0..count {
        let id = format!("growth-{nth:06}");
        let day = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date") + Days::new((nth % 365) as u64);
        let mut session = Session { id: id.clone(), day, lines: String::new(), count: 0 };
        session.user(&format!("Please look at ticket {nth} of the billing service."));
        for turn in 0..8 {
            session.call(&format!("cat src/module{nth}/part{turn}.ts"), false, &"export const value = 1;\n".repeat(40));
        }
        session.call(&format!("shop-{} lint", nth % 50), true, "error: unrecognized subcommand 'lint'");
        session.call(&format!("shop-{} check", nth % 50), false, "ok");
        session.call(
            &format!("cat conf/ticket{nth}.toml"),
            true,
            &format!("cat: conf/ticket{nth}.toml: No such file or directory"),
        );
        session.call(&format!("tool{nth} run"), true, &format!("error: the widget of kind k{nth} could not be turned"));
        session.user(&format!("No, always run `make check-{}` before you commit.", nth % 10));
        session.user(&format!("The server of project p{nth} is on port {}.", 1024 + nth % 60_000));
        session.user(&format!("Never touch the folder legacy{nth} of the importer."));
        session.call("cargo test --all", nth % 3 == 0, "test result");
        session.call("git commit -m done", false, "done");
        fs::write(data.join(format!("{id}.jsonl")), session.lines).expect("a session");
    }
}

struct Session {
    id: String,
    day: NaiveDate,
    lines: String,
    count: usize,
}

impl Session {
    fn line(&mut self, kind: &str, content: Value) {
        let (minute, second) = (self.count / 60, self.count % 60);
        let line = json!({"type": kind, "uuid": format!("{}-{}", self.id, self.count), "sessionId": self.id,
            "cwd": "/home/mira/code/billing", "timestamp": format!("{}T09:{minute:02}:{second:02}.000Z", self.day),
            "message": {"role": kind, "content": content}});
        writeln!(self.lines, "{line}").expect("a string");
        self.count += 1;
    }

    fn user(&mut self, text: &str) {
        self.line("user", json!(text));
    }

    fn call(&mut self, command: &str, failed: bool, output: &str) {
        let call = format!("{}-call-{}", self.id, self.count);
        self.line(
            "assistant",
            json!([{"type": "tool_use", "id": call, "name": "Bash", "input": {"command": command}}]),
        );
        self.line("user", json!([{"type": "tool_result", "tool_use_id": call, "content": output, "is_error": failed}]));
    }
}

/// The transcripts of a folder, again and again under other ids and on later days.
fn repeat(source: &Path, data: &Path, count: usize) {
    let date = Regex::new(r"\b\d{4}-\d\d-\d\dT").expect("a constant pattern");
    let originals: Vec<(PathBuf, String)> =
        files(source).into_iter().filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?))).collect();
    assert!(!originals.is_empty(), "no transcripts in {}", source.display());
    for (nth, (path, text)) in originals.iter().cycle().take(count).enumerate() {
        let round = nth / originals.len();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let later = |found: &Captures<'_>| {
            let day = NaiveDate::parse_from_str(&found[0], "%Y-%m-%dT");
            let day = day.ok().and_then(|day| day.checked_add_days(Days::new(round as u64)));
            day.map_or_else(|| found[0].to_owned(), |day| day.format("%Y-%m-%dT").to_string())
        };
        let copy = format!("{stem}-{round}");
        let text = text.replace(&stem, &copy).replace("\"uuid\":\"", &format!("\"uuid\":\"r{round}-"));
        let extension = path.extension().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default();
        fs::write(data.join(format!("{copy}.{extension}")), date.replace_all(&text, later).as_bytes()).expect("a file");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-dream"));
    command.current_dir(folder).env("GIT_DREAM_NOW", "2027-02-01T03:00:00Z");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Bench").env(format!("GIT_{who}_EMAIL"), "bench@example.com");
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command
}

fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    assert!(command.status().expect("the program starts").success(), "{command:?}");
    start.elapsed()
}

fn svg(rows: &[Row]) -> String {
    let series: Vec<(&str, Vec<(f64, f64)>)> = STEPS
        .iter()
        .enumerate()
        .map(|(nth, step)| (*step, rows.iter().map(|row| (row.sessions as f64, row.steps[nth])).collect()))
        .collect();
    let total = rows.last().map_or(0.0, |row| row.megabytes);
    common::plot::seconds(&format!("sessions ({total:.0} MB at the most)"), &series)
}
