//! Sixty-four processes at once on one repository. Whatever was acknowledged is in history, once; whatever was refused
//! says so with the exit code of a conflict or of a lock, and with the next command to type.

use crate::world::{Ran, World};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const WRITERS: usize = 64;
/// Ten seconds of patience for each of the two locks of a decision, and the work itself on a busy machine.
const LONGEST: Duration = Duration::from_secs(60);

/// What was acknowledged, and what was refused.
#[derive(Debug, Default)]
struct Tally {
    imported: Vec<String>,
    committed: Vec<String>,
    dreamt: Vec<String>,
    approved: Vec<String>,
    reverted: Vec<String>,
    busy: u32,
    conflicts: u32,
    wrong: Vec<String>,
    slowest: Duration,
}

struct Storm<'w> {
    world: &'w World,
    tally: Mutex<Tally>,
}

impl Storm<'_> {
    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().expect("no writer panics while it counts")
    }

    /// A command until it is not refused because somebody else was at work; what it said when it was done.
    fn dream(&self, words: &[&str]) -> Option<Ran> {
        for _ in 0..20 {
            let start = Instant::now();
            let ran = self.world.dream(words);
            let mut tally = self.tally();
            tally.slowest = tally.slowest.max(start.elapsed());
            match ran.code {
                0 => return Some(ran),
                75 => tally.busy += 1,
                3 => tally.conflicts += 1,
                _ => tally.wrong.push(format!("{words:?}: {ran}")),
            }
            if ran.code != 0 && !ran.stderr.contains("hint: ") {
                tally.wrong.push(format!("{words:?}, no hint: {ran}"));
            }
            if ran.code != 75 {
                return None;
            }
        }
        None
    }

    fn import(&self, name: &str) {
        let text = format!(
            "{{\"role\":\"user\",\"text\":\"Remember that the {name} export must finish before 04:00 UTC.\",\
             \"time\":\"2026-05-05T10:00:00Z\"}}\n"
        );
        // Several write the same file: it is there whole, or not yet.
        let own = self.world.write(format!("{name}.{:?}", std::thread::current().id()), text);
        std::fs::rename(own, self.world.path(format!("{name}.jsonl"))).expect("renamed");
        if self.dream(&["import", &format!("../{name}.jsonl")]).is_some() {
            self.tally().imported.push(name.to_owned());
        }
    }

    /// As an agent does it that has a shell: a file, `git add`, `git commit`, again when git is busy.
    fn commit(&self, name: &str) {
        let path = format!("notes/{name}.md");
        self.world.write(format!("memory/{path}"), format!("{name} was here\n"));
        let line = format!("git add {path} && git commit -qm 'direct {name}' -- {path}");
        let start = Instant::now();
        loop {
            let ran = self.world.shell("memory", &line, "");
            let mut tally = self.tally();
            if ran.code == 0 {
                return tally.committed.push(format!("direct {name}"));
            }
            // git does not wait for an index, and so many that ask at once keep each other out for long.
            if start.elapsed() > LONGEST {
                return tally.wrong.push(format!("commit {name}: {ran}"));
            }
            drop(tally);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A session of one's own, a dream about it, two approvals at once, and a revert.
    fn decide(&self, name: &str) {
        self.import(name);
        let Some(ran) = self.dream(&["run", "--session", name]) else { return };
        let Some((_, rest)) = ran.stdout.split_once("dream/") else { return };
        let id = rest.split(':').next().expect("an id").to_owned();
        self.tally().dreamt.push(id.clone());
        let answers: Vec<Ran> = std::thread::scope(|scope| {
            let twice = [(); 2].map(|()| scope.spawn(|| self.world.dream(["approve", &id])));
            twice.into_iter().map(|thread| thread.join().expect("it ends")).collect()
        });
        let mut done = answers.iter().any(|ran| ran.code == 0);
        let refused = answers.iter().filter(|ran| ran.code != 0 && ran.code != 75 && ran.code != 3);
        // The second of two approvals is told who was first.
        let refused = refused.filter(|ran| !ran.stderr.contains("already"));
        self.tally().wrong.extend(refused.map(|ran| format!("approve {id}: {ran}")));
        done = done || self.dream(&["approve", &id]).is_some();
        if done {
            self.tally().approved.push(id.clone());
            if self.dream(&["revert", &id]).is_some() {
                self.tally().reverted.push(id);
            }
        }
    }

    fn read(&self) {
        for words in [["list", "--json"], ["status", "--json"]] {
            self.dream(&words);
        }
    }

    fn work(&self, writer: usize, round: usize) {
        let name = format!("w{writer}-{round}");
        match writer % 8 {
            0 | 1 => self.import(&name),
            2 => self.import(&format!("same-{round}")),
            3 | 4 => self.commit(&name),
            5 | 6 => self.decide(&name),
            _ => self.read(),
        }
    }
}

/// Everybody writes until the time is over, each at least once.
fn storm(world: &World, time: Duration) -> Tally {
    let storm = Storm { world, tally: Mutex::default() };
    let start = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let storm = &storm;
            scope.spawn(move || {
                (0..)
                    .take_while(|round| *round == 0 || start.elapsed() < time)
                    .for_each(|round| storm.work(writer, round));
            });
        }
    });
    storm.tally.into_inner().expect("no writer panicked")
}

/// How often each of these lines is in a text.
fn once(text: &str, wanted: &[String], what: &str) {
    let lines: Vec<&str> = text.lines().collect();
    for line in wanted {
        let times = lines.iter().filter(|found| *found == line).count();
        assert_eq!(times, 1, "{what} '{line}'");
    }
}

fn decisions(tally: &Tally) -> Vec<String> {
    let approved = tally.approved.iter().map(|id| format!("Merge dream {id}"));
    approved.chain(tally.reverted.iter().map(|id| format!("Revert dream {id}"))).collect()
}

fn check(world: &World, tally: &Tally) {
    assert!(tally.wrong.is_empty(), "{:#?}", tally.wrong);
    assert!(tally.slowest < LONGEST, "somebody waited for {:?}", tally.slowest);
    let fsck = world.git_in("memory", ["fsck", "--strict", "--no-dangling"]);
    assert!(fsck.code == 0 && !fsck.stderr.contains("error"), "{fsck}");
    once(&world.git(["log", "--format=%s", "main"]), &tally.committed, "the commit");
    once(&world.git(["log", "--first-parent", "--format=%s", "main"]), &decisions(tally), "the decision");
    let distinct: BTreeSet<&String> = tally.dreamt.iter().collect();
    assert_eq!(distinct.len(), tally.dreamt.len(), "two dreams have one id");
    // A session that was added again, or appended to itself, would have another part or version.
    let sessions = world.git(["ls-tree", "-r", "--name-only", "refs/dream/sessions"]);
    for name in &tally.imported {
        let folder = format!("/{name}/");
        let files = sessions.lines().filter(|line| format!("/{line}").contains(&folder)).count();
        assert_eq!(files, 2, "{name} in {sessions}");
    }
    let clean = world.git(["status", "--porcelain"]);
    assert_eq!(clean, "", "the work tree is what memory says");
    world.dream(["verify"]).ok();
}

#[test]
fn sixty_four_processes_at_once_lose_nothing_and_do_nothing_twice() {
    let world = World::with_memory();
    let slow = std::env::var_os("GIT_DREAM_SLOW").is_some();
    let tally = storm(&world, Duration::from_secs(if slow { 60 } else { 0 }));
    println!(
        "{} imports, {} commits, {} dreams, {} approvals, {} reverts; {} refused as busy, {} as conflicts; the longest took {:?}",
        tally.imported.len(),
        tally.committed.len(),
        tally.dreamt.len(),
        tally.approved.len(),
        tally.reverted.len(),
        tally.busy,
        tally.conflicts,
        tally.slowest
    );
    check(&world, &tally);
    assert!(tally.reverted.len() > 4 && tally.committed.len() >= 16, "{tally:?}");
}
