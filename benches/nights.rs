//! Years of nights: one new session, a dream about it and its approval, again and again. How long each takes as dreams
//! add up, how many packs and loose objects lie about, and how large the repository is beside what `git gc` leaves.
//!
//! `cargo bench --bench nights -- --dreams 1000 [--svg FILE]`

mod common;

use common::{done, dream, figure, git, option, text, timed};
use std::fs;
use std::path::Path;

fn main() {
    let dreams = option("--dreams", 1_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let memory = folder.path().join("memory");
    done(dream(folder.path()).args(["init", "memory"]).env("GIT_DREAM_NOW", "2023-11-14T00:00:00Z"));
    let (mut packs, mut loose) = (0, 0);
    let mut times: [Vec<(f64, f64)>; 4] = Default::default();
    for number in 0..dreams {
        let night = night(&memory, &folder.path().join("said.jsonl"), number);
        let (packs_now, loose_now, _) = counted(&memory);
        (packs, loose) = (packs.max(packs_now), loose.max(loose_now));
        // Smoothed over twenty nights.
        for (series, time) in times.iter_mut().zip(night) {
            match series.last_mut() {
                Some((at, mean)) if number % 20 > 0 => *mean += (time - *mean) / (number as f64 - *at + 1.0),
                _ => series.push((number as f64, time)),
            }
        }
    }
    let (_, _, bytes) = counted(&memory);
    for (name, series) in NAMES.iter().zip(&times) {
        let mean = |part: &[(f64, f64)]| part.iter().map(|(_, y)| y).sum::<f64>() / part.len() as f64;
        let tenth = (series.len() / 10).max(1);
        let (first, last) = (mean(&series[..tenth]), mean(&series[series.len() - tenth..]));
        println!("  {name:<10} first tenth {first:.3} s, last tenth {last:.3} s, {:.2} times", last / first);
    }
    figure("packs at the most", packs as f64, "packs", 50.0);
    figure("loose objects at the most", loose as f64, "objects", 2_000.0);
    done(git(&memory).args(["gc", "--quiet"]));
    let (_, _, tidy) = counted(&memory);
    figure("size / after git gc", bytes as f64 / tidy as f64, "times", 1.2);
    let series: Vec<(&str, Vec<(f64, f64)>)> = NAMES.into_iter().zip(times).collect();
    common::plotted(&common::plot::seconds("dreams approved before", &series));
}

const NAMES: [&str; 4] = ["import", "run", "approve", "list"];

/// Seconds of each step.
fn night(memory: &Path, file: &Path, number: usize) -> [f64; 4] {
    let first = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let at = first + chrono::Duration::hours(20 * number as i64);
    let time = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let said_at = time(at);
    // The clock goes on from night to night.
    let dream = |memory: &Path| {
        let mut command = dream(memory);
        command.env("GIT_DREAM_NOW", time(at + chrono::Duration::hours(1)));
        command
    };
    let said =
        format!("Remember that the {} export of customer {number} must finish before 04:00 UTC.", NAMES[number % 4]);
    let line = format!("{{\"role\":\"user\",\"text\":\"{said}\",\"time\":\"{said_at}\"}}\n");
    let file = file.with_file_name(format!("night-{number}.jsonl"));
    fs::write(&file, line).expect("a session");
    let import = timed(dream(memory).arg("import").arg(&file));
    let run = timed(dream(memory).arg("run"));
    let branches = text(git(memory).args(["branch", "--list", "dream/*", "--format=%(refname:lstrip=3)"]));
    let approve = timed(
        dream(memory)
            .args(["approve", branches.lines().next().unwrap_or_else(|| panic!("no dream in night {number}"))]),
    );
    let list = timed(dream(memory).arg("list"));
    fs::remove_file(file).expect("removed");
    [import, run, approve, list].map(|time| time.as_secs_f64())
}

/// Packs, loose objects, bytes of both.
fn counted(memory: &Path) -> (usize, usize, u64) {
    let told = text(git(memory).args(["count-objects", "-v"]));
    let number = |key: &str| -> u64 {
        let line = told.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        line.and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    (number("packs") as usize, number("count") as usize, (number("size") + number("size-pack")) * 1024)
}
