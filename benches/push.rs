//! What the server's hook adds to a push: the open dream of the demo, then its approval.
//!
//!     cargo bench --bench push -- [--runs N]
//!
//! Wall time of whole processes, the median of N runs (default 20) with the extremes. The hook is started as git
//! starts it, with the refs on standard input, in a bare repository that has the objects already.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    let runs = std::env::args().skip_while(|word| word != "--runs").nth(1).and_then(|n| n.parse().ok()).unwrap_or(20);
    let world = tempfile::tempdir().expect("a temporary folder");
    let home = world.path();
    program(home, &["demo", "memory"]);
    let memory = home.join("memory");
    git(home, &["init", "-q", "--bare", "server.git"]);
    let server = home.join("server.git");
    let dream = git(&memory, &["for-each-ref", "--format=%(refname)", "refs/heads/dream"]);
    let (dream, main) = (dream.trim().to_owned(), git(&memory, &["rev-parse", "main"]));
    git(&memory, &["push", "-q", "../server.git", "main", "refs/dream/sessions"]);
    let tip = git(&memory, &["rev-parse", &dream]);
    // The objects under another name, which is nobody's memory.
    git(&memory, &["push", "-q", "../server.git", &format!("{dream}:refs/heads/objects")]);
    let zero = "0".repeat(40);
    measure("push of a dream", runs, &server, &format!("{zero} {} {dream}\n", tip.trim()));
    program(&memory, &["approve", dream.trim_start_matches("refs/heads/dream/")]);
    let landed = git(&memory, &["rev-parse", "main"]);
    git(&memory, &["push", "-q", "../server.git", "main:refs/heads/landed"]);
    measure("push of its approval", runs, &server, &format!("{} {} refs/heads/main\n", main.trim(), landed.trim()));
}

fn measure(what: &str, runs: usize, server: &Path, input: &str) {
    let mut times: Vec<Duration> = (0..runs).map(|_| hook(server, input)).collect();
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{what:<22} {:6.1} ms  ({:.1} to {:.1}), bar 100 ms",
        milliseconds(times[times.len() / 2]),
        milliseconds(times[0]),
        milliseconds(times[times.len() - 1])
    );
}

fn hook(server: &Path, input: &str) -> Duration {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-dream"));
    let command = command.current_dir(server).args(["hook", "pre-receive"]).stdin(Stdio::piped());
    let mut child = command.stderr(Stdio::inherit()).spawn().expect("the hook starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("its input is read");
    assert!(child.wait().expect("the hook ends").success(), "the hook refuses");
    start.elapsed()
}

fn git(place: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").current_dir(place).args(arguments).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn program(place: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-dream"));
    command.current_dir(place).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Bench").env(format!("GIT_{who}_EMAIL"), "bench@example.com");
    }
    assert!(command.status().expect("the program runs").success(), "{arguments:?}");
}
