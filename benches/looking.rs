//! How quick the commands that only look are, in a memory with thousands of dreams, and how quick any command starts:
//! each beside the plain git command that comes nearest.
//!
//! `cargo bench --bench looking -- --dreams 10000 --runs 5 [--in DIR]`

mod common;

use common::{dream, git, option, ratio, show, text, timed};
use std::process::Command;

fn main() {
    let (dreams, runs) = (option("--dreams", 10_000), option("--runs", 5));
    let (_folder, memory) = common::long_memory(dreams * 12, 1_000);
    println!("{dreams} dreams, {} commits", text(git(&memory).args(["rev-list", "--count", "main"])));
    let tip = text(git(&memory).args(["rev-parse", "main^2"]));
    let named = text(git(&memory).args(["log", "-1", "--format=%(trailers:key=Dream-Id,valueonly)", &tip]));
    let note = text(git(&memory).args(["log", "--format=", "--name-only", "--diff-filter=A", "-1", "main^2~5"]));
    let line = format!("{note}:6");
    let range = format!("{tip}~11..{tip}");
    let asked: [(&[&str], &[&str]); 4] = [
        (&["list"], &["log", "--first-parent", "--format=%h %(trailers:key=Dream-Id)%an %ad %s", "main"]),
        (&["status"], &["status"]),
        (&["show", &named], &["log", "--stat", &range]),
        (&["why", &line], &["blame", "-L6,6", "main", "--", &note]),
    ];
    for (own, peer) in asked {
        beside(&format!("git dream {}", own[0]), &format!("git {}", peer[0]), runs, || {
            (with(dream(&memory), own), with(git(&memory), peer))
        });
    }
    println!("start-up");
    for words in [&["--version"][..], &["-h"], &["run", "-h"]] {
        let what = format!("git-dream {}", words.join(" "));
        beside(&what, "git --version", runs * 10, || (with(dream(&memory), words), with(git(&memory), &["--version"])));
    }
}

fn with(mut command: Command, words: &[&str]) -> Command {
    command.args(words);
    command
}

/// Both in turn, after one run of each that warms what is cached.
fn beside(own: &str, peer: &str, runs: usize, commands: impl Fn() -> (Command, Command)) {
    let (mut owns, mut peers) = (Vec::new(), Vec::new());
    for nth in 0..=runs {
        let (mut first, mut second) = commands();
        let times = (timed(&mut first).as_secs_f64(), timed(&mut second).as_secs_f64());
        if nth > 0 {
            owns.push(times.0);
            peers.push(times.1);
        }
    }
    show(own, &owns);
    show(peer, &peers);
    ratio(&format!("{own} / {peer}"), &owns, &peers, if peer.contains("version") { 3.0 } else { 2.0 });
}
