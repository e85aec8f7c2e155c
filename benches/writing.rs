//! Writing a dream of a thousand changes, one commit each, merging it and taking it back, in memories of 10,000 and
//! 100,000 notes; reading all notes. Each beside git's own way, in the same run.
//!
//! `cargo bench --bench writing -- --changes 1000 --runs 5`

mod common;

use common::{done, dream, figure, git, option, ratio, show, text, timed};
use git_dream::config::Environment;
use git_dream::model::ObjectId;
use git_dream::store::{Merger, NewCommit, Store, TreeEditor, TreeMerge};
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

fn main() {
    let (changes, runs) = (option("--changes", 1_000), option("--runs", 5));
    let mut costs = Vec::new();
    for notes in [10_000, 100_000] {
        println!("{notes} notes, a dream of {changes} changes");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let memory = folder.path().join("memory");
        let id = common::history::propose(folder.path(), &memory, notes, changes);
        costs.push(writing(folder.path(), &memory, &id, changes, runs));
        reading(&memory, runs);
        merging(&memory, &id, runs);
        deciding(folder.path(), &memory, &id, runs);
    }
    figure("writing at 100,000 notes / at 10,000", costs[1] / costs[0], "times", 3.0);
}

/// One change of the dream: what it does, and its message.
struct Commit {
    message: String,
    /// A path with its new text, or without one where it is removed.
    files: Vec<(String, Option<String>)>,
}

fn commits(memory: &Path, id: &str) -> (ObjectId, Vec<Commit>) {
    let branch = format!("dream/{id}");
    let base = text(git(memory).args(["merge-base", "main", &branch]));
    let listed = text(git(memory).args(["rev-list", "--reverse", &format!("{base}..{branch}")]));
    let commits = listed.lines().map(|commit| {
        let message = text(git(memory).args(["log", "-1", "--format=%B", commit]));
        let changed = text(git(memory).args(["diff-tree", "-r", "--no-commit-id", "--name-status", commit]));
        let files = changed.lines().filter_map(|line| line.split_once('\t')).map(|(status, path)| {
            let now = (status != "D").then(|| text(git(memory).args(["show", &format!("{commit}:{path}")])) + "\n");
            (path.to_owned(), now)
        });
        Commit { message, files: files.collect() }
    });
    (ObjectId::parse(&base).expect("an id"), commits.collect())
}

/// Seconds that one commit takes.
fn writing(folder: &Path, memory: &Path, id: &str, changes: usize, runs: usize) -> f64 {
    let (base, commits) = commits(memory, id);
    // As git would take the same commits from a stream.
    let range = format!("dream/{id}");
    let stream = folder.join("stream");
    let export = git(memory)
        .args(["fast-export", "--reference-excluded-parents", &format!("^{base}"), &range])
        .stdout(File::create(&stream).expect("a file"))
        .status();
    assert!(export.expect("git runs").success());
    let (mut own, mut peer, mut bytes) = (Vec::new(), Vec::new(), 0.0);
    for run in 0..runs {
        let (ours, theirs) = (folder.join(format!("ours-{run}")), folder.join(format!("theirs-{run}")));
        // What the branch holds is not in the clones.
        for clone in [&ours, &theirs] {
            let source = format!("file://{}", memory.display());
            done(git(folder).args(["clone", "-q", "--bare", "--single-branch", "-b", "main", &source]).arg(clone));
        }
        let before = size(&ours);
        let start = Instant::now();
        write(&ours, base, &commits);
        own.push(start.elapsed().as_secs_f64());
        bytes = (size(&ours) - before) as f64;
        let mut import = git(&theirs);
        import.args(["fast-import", "--quiet", "--force"]).stdin(File::open(&stream).expect("the stream"));
        let start = Instant::now();
        assert!(import.status().expect("git runs").success());
        peer.push(start.elapsed().as_secs_f64());
        let tree = |clone: &Path, name: &str| text(git(clone).args(["rev-parse", &format!("{name}^{{tree}}")]));
        assert_eq!(tree(&ours, "written"), tree(&theirs, &range), "both wrote the same");
        for clone in [ours, theirs] {
            fs::remove_dir_all(clone).expect("removed");
        }
    }
    show("own writer", &own);
    show("git fast-import", &peer);
    ratio("own writer / git fast-import", &own, &peer, 0.5);
    figure("for each commit", bytes / 1000.0 / changes as f64, "KB", 25.0);
    own.iter().copied().fold(f64::INFINITY, f64::min) / changes as f64
}

fn store(path: &Path) -> Store {
    let variables = std::env::vars().collect();
    let environment =
        Environment { now: chrono::Utc::now(), seed: 0, fixed_clock: false, variables, directory: path.to_owned() };
    Store::open(&environment, path).expect("a repository")
}

fn write(clone: &Path, base: ObjectId, commits: &[Commit]) {
    let store = store(clone);
    let mut writer = store.writer();
    let mut editor = TreeEditor::new(&store, Some(store.commit(base).expect("the base").tree)).expect("a tree");
    let who = store.commit(base).expect("the base").author;
    let mut tip = base;
    for Commit { message, files } in commits {
        for (path, text) in files {
            match text {
                Some(text) => {
                    let blob = writer.blob(text.as_bytes()).expect("a blob");
                    editor.set(path.as_str(), 0o100_644, blob).expect("a path");
                }
                None => drop(editor.remove(path.as_str())),
            }
        }
        let tree = editor.write(&mut writer).expect("a tree");
        let (author, committer, message) = (who.clone(), who.clone(), format!("{message}\n"));
        tip = writer.commit(&NewCommit { tree, parents: vec![tip], author, committer, message }).expect("a commit");
    }
    writer.finish().expect("a pack");
    done(git(clone).args(["update-ref", "refs/heads/written", &tip.to_string()]));
}

fn reading(memory: &Path, runs: usize) {
    let store = store(&memory.join(".git"));
    let tip = ObjectId::parse(&text(git(memory).args(["rev-parse", "main"]))).expect("an id");
    let names = text(git(memory).args(["ls-tree", "-r", "--format=%(objectname)", "main", "notes"]));
    let list = memory.join("../names");
    fs::write(&list, names + "\n").expect("a list");
    let folders = ["notes".to_owned()];
    drop(store.kept_snapshot(tip, &folders).expect("a snapshot"));
    let (mut own, mut kept, mut peer) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let start = Instant::now();
        let snapshot = store.snapshot(tip, &folders).expect("a snapshot");
        own.push(start.elapsed().as_secs_f64());
        assert!(snapshot.notes.len() >= 10_000);
        let start = Instant::now();
        let known = store.kept_snapshot(tip, &folders).expect("a snapshot");
        kept.push(start.elapsed().as_secs_f64());
        assert_eq!(known.notes.len(), snapshot.notes.len());
        let mut cat = git(memory);
        cat.args(["cat-file", "--batch"]).stdin(File::open(&list).expect("the list"));
        peer.push(timed(&mut cat).as_secs_f64());
    }
    show("all notes", &own);
    show("git cat-file --batch", &peer);
    ratio("all notes / git cat-file --batch", &own, &peer, 1.0);
    show("all notes, kept by their tree", &kept);
    ratio("kept by their tree / git cat-file --batch", &kept, &peer, 0.1);
}

/// Merges entry by entry, and the other way round, beside what git merges line by line of the same commits.
fn merging(memory: &Path, id: &str, runs: usize) {
    let (ours, theirs) = ("main".to_owned(), format!("dream/{id}"));
    let base = text(git(memory).args(["merge-base", &ours, &theirs]));
    let merged = text(git(memory).args(["merge-tree", "--write-tree", &ours, &theirs]));
    let merged = text(git(memory).args(["commit-tree", "-m", "merged", "-p", &ours, "-p", &theirs, &merged]));
    // A revert merges what was there before into what is there now, from what was approved.
    let rounds = [("merge", &base, &ours, &theirs), ("revert", &theirs, &merged, &base)];
    for (what, from, ours, theirs) in rounds {
        let (mut own, mut peer) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let [base, mine, other] = [from, ours, theirs].map(|name| id_of(memory, name));
            let start = Instant::now();
            let store = store(&memory.join(".git"));
            let tree = |id: ObjectId| store.commit(id).expect("a commit").tree;
            let mut merger = Merger::new(&store);
            let made = merger.merge(Some(tree(base)), tree(mine), tree(other)).expect("a merge");
            merger.finish().expect("written");
            own.push(start.elapsed().as_secs_f64());
            assert!(matches!(made, TreeMerge::Merged(_)), "{made:?}");
            let mut merge = git(memory);
            merge.args(["merge-tree", "--write-tree", &format!("--merge-base={from}"), ours, theirs]);
            peer.push(timed(&mut merge).as_secs_f64());
        }
        show(&format!("{what}, by entry"), &own);
        show("git merge-tree --write-tree", &peer);
        ratio(&format!("{what} by entry / git merge-tree"), &own, &peer, 3.0);
    }
}

fn id_of(memory: &Path, name: &str) -> ObjectId {
    ObjectId::parse(&text(git(memory).args(["rev-parse", name]))).expect("an id")
}

/// Approves and takes back, in copies.
fn deciding(folder: &Path, memory: &Path, id: &str, runs: usize) {
    let mut times: [Vec<f64>; 4] = Default::default();
    for run in 0..runs {
        let copies = [folder.join(format!("ours-{run}")), folder.join(format!("theirs-{run}"))];
        for copy in &copies {
            let copied =
                common::quiet(std::process::Command::new("cp")).arg("-a").args([memory, copy.as_path()]).status();
            assert!(copied.expect("cp runs").success());
            done(git(copy).args(["update-index", "-q", "--refresh"]));
        }
        let [ours, theirs] = &copies;
        let second = |seconds: std::time::Duration| seconds.as_secs_f64();
        times[0].push(second(timed(dream(ours).args(["approve", id, "--override", "loss", "--reason", "bench"]))));
        times[2].push(second(timed(dream(ours).args(["revert", id]))));
        let branch = format!("dream/{id}");
        times[1].push(second(timed(git(theirs).args(["merge", "-q", "--no-ff", "-m", "merge", &branch]))));
        times[3]
            .push(second(timed(git(theirs).args(["revert", "--no-edit", "-m", "1", "HEAD"]).stdout(Stdio::null()))));
        for copy in copies {
            fs::remove_dir_all(copy).expect("removed");
        }
    }
    let [approve, merge, revert, git_revert] = times;
    show("git dream approve", &approve);
    show("git merge --no-ff", &merge);
    ratio("git dream approve / git merge --no-ff", &approve, &merge, 3.0);
    show("git dream revert", &revert);
    show("git revert -m 1", &git_revert);
    ratio("git dream revert / git revert -m 1", &revert, &git_revert, 3.0);
}

/// Bytes of all packs and loose objects.
fn size(clone: &Path) -> u64 {
    let counted = text(git(clone).args(["count-objects", "-v"]));
    let kib = |key: &str| {
        let line = counted.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        line.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
    };
    (kib("size") + kib("size-pack")) * 1024
}
