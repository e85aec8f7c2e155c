//! How long `git dream verify` takes for a long history, beside what git itself needs to print it. Makes a repository of
//! dreams with evidence, changes of every type and landings (a hundred notes to a folder), then runs both in turn.
//!
//! `cargo bench --bench verify -- --commits 100000 --runs 5 [--in DIR]`

mod common;

use common::{dream, git, measured, option, ratio, show, timed};
use std::process::Stdio;

fn main() {
    let (commits, sessions, runs) = (option("--commits", 100_000), option("--sessions", 1_000), option("--runs", 5));
    let (_folder, memory) = common::long_memory(commits, sessions);
    let report = dream(&memory).arg("verify").stdout(Stdio::piped()).output().expect("git dream runs");
    let told = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(
        report.status.success(),
        "the generated history is sound: {}",
        told.lines().take(8).collect::<Vec<_>>().join("\n")
    );
    told.lines().rev().take(3).collect::<Vec<_>>().iter().rev().for_each(|line| println!("  {line}"));
    let peers: [(&str, &[&str], f64); 2] = [
        ("git log --format='%H %(trailers)'", &["log", "--format=%H %(trailers)"], 2.0),
        ("git log --raw --format=%B", &["log", "--raw", "--format=%B"], 1.5),
    ];
    let mut own = Vec::new();
    let mut others: [Vec<f64>; 2] = Default::default();
    let mut peak = 0;
    for _ in 0..runs {
        let (time, memory_used) = measured(dream(&memory).arg("verify"));
        own.push(time);
        peak = peak.max(memory_used);
        for ((_, arguments, _), times) in peers.iter().zip(&mut others) {
            times.push(timed(git(&memory).args(*arguments)).as_secs_f64());
        }
    }
    show("git dream verify", &own);
    for ((what, arguments, bar), times) in peers.iter().zip(&others) {
        show(what, times);
        ratio(&format!("verify / git {}", arguments[0..2].join(" ")), &own, times, *bar);
    }
    println!("  peak memory of git dream verify            {:6.0} MB", peak as f64 / 1024.0);
}
