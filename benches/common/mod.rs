//! What the benchmarks share: both programs, clocks, and how a figure is shown beside its peer and its bar.

#![allow(dead_code, reason = "each benchmark takes what it needs")]

pub mod history;
pub mod plot;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]);
    let now = format!("@{} +0000", now());
    command.env("GIT_AUTHOR_DATE", &now).env("GIT_COMMITTER_DATE", &now);
    quiet(command)
}

/// Each command comes ten seconds after the one before it, from the third hour of a day on: a history that was made in one
/// second is nobody's, and libgit2 walks through all of it to find out what is new.
fn now() -> u64 {
    static CLOCK: AtomicU64 = AtomicU64::new(1_778_036_400);
    CLOCK.fetch_add(10, Ordering::Relaxed)
}

pub fn dream(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-dream"));
    command.current_dir(folder).env("GIT_DREAM_NOW", now().to_string());
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Bench").env(format!("GIT_{who}_EMAIL"), "bench@example.com");
    }
    quiet(command)
}

pub fn quiet(mut command: Command) -> Command {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command
}

pub fn done(command: &mut Command) {
    let ended = command.stderr(Stdio::piped()).output().expect("the program starts");
    assert!(ended.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

pub fn text(command: &mut Command) -> String {
    let output = command.stdout(Stdio::piped()).output().expect("the program starts");
    assert!(output.status.success(), "{command:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    done(command);
    start.elapsed()
}

/// Seconds, and the most memory that the program used, in KB (0 where the system does not tell).
pub fn measured(command: &mut Command) -> (f64, u64) {
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

pub fn show(what: &str, times: &[f64]) {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let (low, high) = (times[0], times[times.len() - 1]);
    println!("  {what:<42} {:8.3} s  ({low:.3} to {high:.3})", times[times.len() / 2]);
}

/// Shows how often the one takes as long as the other in the same run: the median with the extremes, and the bar.
pub fn ratio(what: &str, own: &[f64], peer: &[f64], bar: f64) {
    let mut ratios: Vec<f64> = own.iter().zip(peer).map(|(own, peer)| own / peer).collect();
    ratios.sort_by(f64::total_cmp);
    let (low, middle, high) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    let met = if middle <= bar { "met" } else { "NOT MET" };
    println!("  ratio: {what:<35} {middle:8.2}    ({low:.2} to {high:.2})  bar {bar}: {met}");
}

/// Shows a figure that has no peer.
pub fn figure(what: &str, value: f64, unit: &str, bar: f64) {
    let met = if value <= bar { "met" } else { "NOT MET" };
    println!("  {what:<42} {value:8.2} {unit}  bar {bar}: {met}");
}

/// The number after an option of the command line, if it is there.
pub fn option(name: &str, default: usize) -> usize {
    let mut words = std::env::args().skip_while(|word| word != name);
    words.nth(1).and_then(|word| word.parse().ok()).unwrap_or(default).max(1)
}

/// A memory with a long history: below the folder after `--in`, made once and kept, or in a temporary one.
pub fn long_memory(commits: usize, sessions: usize) -> (Option<tempfile::TempDir>, PathBuf) {
    let kept = std::env::args().skip_while(|word| word != "--in").nth(1).map(PathBuf::from);
    let temporary = kept.is_none().then(|| tempfile::tempdir().expect("a temporary folder"));
    let folder = kept.or_else(|| Some(temporary.as_ref()?.path().to_owned())).expect("one of both");
    let memory = folder.join("memory");
    if !memory.exists() {
        fs::create_dir_all(&folder).expect("a folder");
        let start = Instant::now();
        history::make(&folder, &memory, commits, sessions);
        println!("{commits} commits, {sessions} sessions, made in {:.0} s", start.elapsed().as_secs_f64());
    }
    (temporary, memory)
}

/// Writes a plot to the file after `--svg`, if there is one.
pub fn plotted(text: &str) {
    if let Some(file) = std::env::args().skip_while(|word| word != "--svg").nth(1) {
        fs::write(file, text).expect("the plot can be written");
    }
}
