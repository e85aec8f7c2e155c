//! Many writers at once on one memory: each imports one small session after the other. How long a command takes when it
//! has the memory to itself, how long one takes among the others, and what was lost on the way.
//!
//! `cargo bench --bench writers -- [--writers 64] [--each 20]`

mod common;

use common::{done, dream, figure, git, option, show, text};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

fn main() {
    let (writers, each) = (option("--writers", 64), option("--each", 20));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let memory = folder.path().join("memory");
    done(dream(folder.path()).args(["init", "memory"]));
    let alone: Vec<f64> = (0..each).map(|nth| import(folder.path(), &memory, &format!("alone-{nth}"))).collect();
    let times = Mutex::new(Vec::new());
    let start = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let (folder, memory, times) = (folder.path(), &memory, &times);
            scope.spawn(move || {
                for nth in 0..each {
                    let time = import(folder, memory, &format!("s-{writer}-{nth}"));
                    times.lock().expect("no writer panics").push(time);
                }
            });
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let mut times = times.into_inner().expect("no writer panics");
    times.sort_by(f64::total_cmp);
    show("git dream import, alone", &alone);
    println!("  {writers} writers: {:.0} commands a second", (writers * each) as f64 / seconds);
    show("git dream import, among the others", &times);
    figure("99th percentile, start of the program included", times[times.len() * 99 / 100], "s", 1.0);
    let landed = text(git(&memory).args(["rev-list", "--count", "refs/dream/sessions"])).parse::<usize>().unwrap_or(0);
    let records = text(git(&memory).args(["ls-tree", "-r", "--name-only", "refs/dream/sessions"]));
    let kept = records.lines().filter(|path| path.ends_with("record.json")).count();
    let all = (writers + 1) * each;
    println!("  {all} acknowledged, {kept} in memory");
    assert_eq!(kept, all, "nothing acknowledged is lost");
    let made = commits(&memory);
    // Memory's own first commits are none of theirs.
    let other = text(git(&memory).args(["rev-list", "--count", "main"])).parse::<usize>().unwrap_or(0);
    let wasted = made.saturating_sub(landed + other);
    figure("commits made in vain for each that landed", wasted as f64 / landed as f64, "commits", 0.1);
}

/// Seconds of one import of a session of its own.
fn import(folder: &Path, memory: &Path, name: &str) -> f64 {
    let file = folder.join(format!("{name}.jsonl"));
    let said = format!(
        "{{\"role\":\"user\",\"text\":\"Remember that {name} is done by noon.\",\"time\":\"2026-05-05T10:00:00Z\"}}\n"
    );
    fs::write(&file, said).expect("a session");
    let start = Instant::now();
    done(dream(memory).arg("import").arg(&file));
    start.elapsed().as_secs_f64()
}

/// Commits in the object database, reachable or not.
fn commits(memory: &Path) -> usize {
    let listed = text(git(memory).args(["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]));
    listed.lines().filter(|kind| *kind == "commit").count()
}
