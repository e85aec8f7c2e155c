//! What is left to do once the refs have moved: work trees, reflogs, caches, unreachable objects. Everything is read
//! from the tombstones, so a call that was cut short is finished by the next one; done twice it changes nothing.

use super::RedactError;
use crate::model::{ObjectId, Tombstone};
use crate::store::worktree::CheckedOut;
use crate::store::{Git, GitError, Store, fault};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files that git leaves behind after a commit and reads never again.
const REMAINS: [&str; 4] = ["COMMIT_EDITMSG", "MERGE_MSG", "SQUASH_MSG", "FETCH_HEAD"];

/// Clears what every removal so far has left.
pub(super) fn all(store: &Store) -> Result<(), RedactError> {
    let tombstones = store.tombstones()?;
    let old = old_commits(store, &tombstones)?;
    let left = !old.is_empty() || tombstones.iter().flat_map(Tombstone::removed).any(|id| store.contains(id));
    tombstones.iter().try_for_each(|tombstone| work_trees(store, tombstone))?;
    fault::point();
    if !old.is_empty() {
        reflogs(store, &old)?;
        fault::point();
        pseudo_refs(store, &old)?;
    }
    if left {
        caches(store)?;
        fault::point();
        prune(store)?;
    }
    Ok(())
}

/// Commits of the histories as they were, as far as they are still here.
fn old_commits(store: &Store, tombstones: &[Tombstone]) -> Result<HashSet<ObjectId>, RedactError> {
    let moved = tombstones.iter().flat_map(|tombstone| &tombstone.refs);
    let olds: Vec<ObjectId> = moved.map(|moved| moved.old).filter(|id| store.commit(*id).is_ok()).collect();
    if olds.is_empty() {
        return Ok(HashSet::new());
    }
    let memory = store.memory_tip()?;
    let now: Vec<ObjectId> = store.own_references()?.into_iter().map(|(_, id)| id).chain(memory).collect();
    let mut old = HashSet::new();
    for id in store.walk(&olds, &now, false)? {
        // A history that was pruned half way ends here.
        let Ok(id) = id else { break };
        old.insert(id);
    }
    Ok(old)
}

/// Brings along every work tree that still shows a branch as it was.
fn work_trees(store: &Store, tombstone: &Tombstone) -> Result<(), RedactError> {
    for moved in tombstone.refs.iter().filter(|moved| moved.name.starts_with("refs/heads/")) {
        let (Ok(old), Ok(new)) = (store.commit(moved.old), store.commit(moved.new)) else { continue };
        let trees = store.work_trees()?;
        let shows_old = trees.iter().filter(|tree| tree.branch.as_ref() == Some(&moved.name)).any(|tree| {
            let git = git_of(store, &tree.path);
            let same = |id: ObjectId| git.run(&["diff-index", "--cached", "--quiet", &id.to_string()]);
            let is = |id| same(id).is_ok_and(|output| output.success());
            is(moved.old) && !is(moved.new)
        });
        if shows_old && store.reference(&moved.name)? == Some(moved.new) {
            let checked_out = CheckedOut::find(store, &moved.name, old.tree, new.tree)?;
            checked_out.prepare()?;
            checked_out.advance()?;
        }
    }
    Ok(())
}

fn git_of(store: &Store, path: &Path) -> Git {
    if store.work_dir() == Some(path) { store.git().clone() } else { store.git().at(path) }
}

/// Takes every entry out of every reflog that leads to the old history, and leaves the others.
fn reflogs(store: &Store, old: &HashSet<ObjectId>) -> Result<(), RedactError> {
    let mut logs = Vec::new();
    files(&store.common_dir().join("logs"), &mut logs);
    for log in logs {
        let Ok(name) = log.strip_prefix(store.common_dir().join("logs")) else { continue };
        // The log of a main work tree's HEAD is asked for there; a bare repository has one of its own.
        let name = name.to_string_lossy().into_owned();
        forget(store.git(), &log, &name, old, store.common_dir() == store.git_dir() || name != "HEAD")?;
    }
    for tree in store.work_trees()? {
        let git = git_of(store, &tree.path);
        let folder = git.check(&["rev-parse", "--absolute-git-dir"]).map_err(RedactError::Clear)?.text();
        forget(&git, &Path::new(&folder).join("logs/HEAD"), "HEAD", old, true)?;
    }
    Ok(())
}

fn forget(git: &Git, log: &Path, name: &str, old: &HashSet<ObjectId>, own: bool) -> Result<(), RedactError> {
    let Ok(text) = fs::read(log) else { return Ok(()) };
    if !own {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let leads = |line: &&str| line.split(' ').take(2).any(|id| ObjectId::parse(id).is_ok_and(|id| old.contains(&id)));
    // The oldest stands first and has the highest number; the highest goes first, so that the others keep theirs.
    let numbered = lines.iter().enumerate().filter(|(_, line)| leads(line));
    let gone: Vec<String> = numbered.map(|(at, _)| format!("{name}@{{{}}}", lines.len() - 1 - at)).collect();
    for some in gone.chunks(500) {
        let args: Vec<&str> =
            ["reflog", "delete", "--rewrite"].into_iter().chain(some.iter().map(String::as_str)).collect();
        git.check(&args).map_err(RedactError::Clear)?;
    }
    Ok(())
}

fn pseudo_refs(store: &Store, old: &HashSet<ObjectId>) -> Result<(), RedactError> {
    for tree in store.work_trees()? {
        let git = git_of(store, &tree.path);
        let found = git.run(&["rev-parse", "-q", "--verify", "ORIG_HEAD"]).map_err(RedactError::Clear)?;
        if ObjectId::parse(&found.text()).is_ok_and(|id| old.contains(&id)) {
            git.check(&["update-ref", "-d", "ORIG_HEAD"]).map_err(RedactError::Clear)?;
        }
        let folder = PathBuf::from(git.check(&["rev-parse", "--absolute-git-dir"]).map_err(RedactError::Clear)?.text());
        for name in REMAINS {
            let path = folder.join(name);
            // A merge that waits for a person needs its message.
            if !folder.join("MERGE_HEAD").exists() {
                gone(fs::remove_file(&path)).map_err(|source| RedactError::File { path, source })?;
            }
        }
    }
    Ok(())
}

/// Every cache was made of what is gone, or may have been.
fn caches(store: &Store) -> Result<(), RedactError> {
    let path = store.common_dir().join("dream/cache");
    gone(fs::remove_dir_all(&path)).map_err(|source| RedactError::File { path, source })
}

fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// One pack of what is reachable; everything else goes, as with `git gc --prune=now`.
fn prune(store: &Store) -> Result<(), RedactError> {
    // Packs that somebody is joining right now would bring back what goes here.
    let _alone = store.packs_lock(true)?;
    let run = |args: &[&str]| -> Result<(), GitError> { store.git().check(args).map(drop) };
    let steps = || -> Result<(), GitError> {
        run(&["repack", "-a", "-d", "-q", "--no-write-bitmap-index"])?;
        fault::point();
        run(&["prune", "--expire=now"])?;
        let graph = store.common_dir().join("objects/info");
        if graph.join("commit-graph").exists() || graph.join("commit-graphs").exists() {
            run(&["commit-graph", "write", "--reachable"])?;
        }
        Ok(())
    };
    steps().map_err(RedactError::Clear)
}

/// All plain files under a folder, in order.
pub(super) fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => files(&path, found),
            Ok(metadata) if metadata.is_file() => found.push(path),
            _ => {}
        }
    }
}
