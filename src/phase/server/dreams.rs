//! A dream's branch is well-formed: its first commit records what was read and changes nothing, each further one is a
//! change of notes as its trailers say. A branch goes only when the dream was decided.

use super::{Guard, Push, Stop, delta, refuse};
use crate::model::{DreamId, ObjectId, Trailers};
use crate::phase::gate::message;
use crate::store::dream::{CLOSED, OPEN};
use crate::store::snapshot::is_note;
use crate::store::{Commit, Store};

const MADE: &str = "a dream is made by 'git dream run', edited by 'git dream review', and pushed as it is";

pub(super) fn judge(guard: &Guard<'_>, push: &Push) -> Result<(), Stop> {
    let name = push.name.strip_prefix(OPEN).unwrap_or_default();
    let Ok(id) = DreamId::new(name) else {
        return refuse(format!("'{name}' is no dream's id"), "name the branch otherwise: dream/ is for dreams");
    };
    let Some(new) = push.new else { return deletion(guard, push, &id) };
    let hide: Vec<ObjectId> = guard.tip.into_iter().chain(guard.memory_after().filter(|tip| *tip != new)).collect();
    let commits = guard.fresh(new, &hide)?;
    well_formed(guard, &id, &commits).map(drop)
}

fn deletion(guard: &Guard<'_>, push: &Push, id: &DreamId) -> Result<(), Stop> {
    let Some(old) = push.old else { return Ok(()) };
    let closed = format!("{CLOSED}{id}");
    let pushed = guard.pushed.iter().find(|push| push.name == closed).and_then(|push| push.new);
    let closed = pushed.or(guard.store.reference(&closed)?);
    let merged = guard.memory_after().map(|tip| guard.store.is_ancestor(old, tip)).transpose()?;
    match closed == Some(old) || merged == Some(true) {
        true => Ok(()),
        false => refuse(
            format!("dream {id} is open, and nothing says what was decided about it"),
            format!("git dream reject {id} --reason TEXT, then push refs/dream/closed/{id} with it"),
        ),
    }
}

/// Checks commits from the first of a dream on, oldest first; gives the review commit.
pub(super) fn well_formed(guard: &Guard<'_>, id: &DreamId, commits: &[ObjectId]) -> Result<Option<Commit>, Stop> {
    let mut first: Option<Commit> = None;
    for at in commits {
        let commit = guard.store.commit(*at)?;
        let [parent] = commit.parents[..] else {
            return refuse(format!("commit {} of dream {id} is a merge", at.short()), MADE);
        };
        let before = guard.store.commit(parent)?.tree;
        if let Some(why) = flaw(guard, id, &commit, before, first.is_none())? {
            return refuse(format!("commit {} of dream {id} {why}", at.short()), MADE);
        }
        first.get_or_insert(commit);
    }
    Ok(first)
}

fn flaw(
    guard: &Guard<'_>,
    id: &DreamId,
    commit: &Commit,
    before: ObjectId,
    first: bool,
) -> Result<Option<String>, Stop> {
    let trailers = Trailers::parse(&commit.message);
    if trailers.get("Dream-Id") != Some(id.as_str()) {
        return Ok(Some("does not name it: it is no change that a dream proposed".to_owned()));
    }
    if let Some(flaw) = message::read(&commit.message).flaws.first() {
        return Ok(Some(format!("has a malformed trailer at line {}: {}", flaw.line, flaw.what)));
    }
    Ok(match (first, trailers.get("Dream-Phase") == Some("review")) {
        (true, false) => Some("comes first, and does not record what was read".to_owned()),
        (false, true) => Some("records a second review".to_owned()),
        (true, true) => {
            let base = trailers.get("Dream-Base").map(str::to_owned);
            let parent = commit.parents.first().map(ToString::to_string);
            let moved = commit.tree != before;
            (moved || base != parent)
                .then(|| "is no review: it changes files, or did not begin where it says".to_owned())
        }
        (false, false) => mismatch(guard.store, guard, commit, before, &trailers)?,
    })
}

/// Why the files that a commit changes are not what its trailers say.
fn mismatch(
    store: &Store,
    guard: &Guard<'_>,
    commit: &Commit,
    before: ObjectId,
    trailers: &Trailers,
) -> Result<Option<String>, Stop> {
    let changed = delta(store, Some(before), Some(commit.tree))?;
    let folders = &guard.settings.folders;
    if let Some(path) = changed.keys().find(|path| !is_note(path, folders)) {
        return Ok(Some(format!("changes {path}, which is no note of memory")));
    }
    let claimed = trailers.get("Dream-Path").unwrap_or_default();
    // A join names the note that stays, and may only take the other one away.
    let join = trailers.get("Dream-Change") == Some("join");
    if changed.is_empty() || !join && !changed.contains_key(claimed) {
        return Ok(Some("does not change the note that it names".to_owned()));
    }
    let alone = matches!(trailers.get("Dream-Change"), Some("add" | "retire")) && changed.len() > 1;
    let uncited = trailers.all("Evidence").next().is_none();
    Ok(match (alone, uncited) {
        (true, _) => Some("changes more notes than the one that it names".to_owned()),
        (_, true) => Some("cites no evidence".to_owned()),
        _ => None,
    })
}
