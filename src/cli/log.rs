//! `git dream log`: how memory came to be what it is.

use super::ui::{Page, Tone};
use super::{Context, Exit, Failure, name};
use crate::model::{BeliefKey, ObjectId, Removal, Trailers};
use crate::store::dream::{ChangeRecord, Dream, person};
use crate::store::{Commit, Ledger, ReadError, Store};
use crate::text::Scrubbed;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use super::report::Archive;

/// Show how memory came to be: dreams, reverts and direct edits
///
/// The first-parent history of memory, the newest first. For a dream it lists the beliefs that it brought; with a path,
/// only what touched that file or folder.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream log
  git dream log notes/billing.md
  git dream log -n 5 --json")]
pub struct Log {
    /// A file or folder of memory
    path: Option<String>,
    /// Show at most this many
    #[arg(short = 'n', long, value_name = "N")]
    max_count: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One commit on memory's own line, and what it was.
struct Step<'l> {
    commit: Commit,
    what: &'static str,
    dream: Option<&'l Dream>,
    changes: Vec<&'l ChangeRecord>,
}

impl Log {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let ledger = context.ledger(&store)?;
        let path = self.path.as_deref().map(|typed| name::path(context, &store, typed)).transpose()?;
        let archive = Archive::new(&store);
        let steps = self.steps(&store, &ledger, path.as_deref())?;
        if let (Some(path), true) = (&path, steps.is_empty()) {
            let error = Failure::refuse(format!("memory never held '{path}'"));
            return Err(error.hint("'git dream log' shows all of its history"));
        }
        if self.json {
            let entries: Vec<Value> = steps.iter().map(|step| entry(step, &archive)).collect();
            context.ui.json(json!({ "entries": entries }))?;
            return Ok(Exit::Done);
        }
        let mut page = Page::new();
        steps.iter().for_each(|step| show(&mut page, step, &archive));
        context.ui.page(&page)?;
        Ok(Exit::Done)
    }

    fn steps<'l>(&self, store: &Store, ledger: &'l Ledger, path: Option<&str>) -> Result<Vec<Step<'l>>, Failure> {
        let tips: Vec<ObjectId> = ledger.tip.into_iter().collect();
        let mut steps = Vec::new();
        for id in store.walk(&tips, &[], true)? {
            let id = id?;
            if self.max_count.is_some_and(|most| steps.len() >= most) {
                break;
            }
            let touches = match path {
                Some(path) => touches(store, id, path)?,
                None => true,
            };
            if touches {
                steps.push(step(store.commit(id)?, ledger, path));
            }
        }
        Ok(steps)
    }
}

/// Whether a commit changes what stands at this path or under it; an empty path is the whole repository.
fn touches(store: &Store, commit: ObjectId, path: &str) -> Result<bool, ReadError> {
    let commit = store.commit(commit)?;
    let parent = commit.parents.first().map(|parent| store.commit(*parent)).transpose()?;
    let before = parent.map(|parent| parent.tree);
    if path.is_empty() {
        return Ok(before != Some(commit.tree));
    }
    let at = |tree: ObjectId| store.find_path(tree, path);
    Ok(before.map(at).transpose()?.flatten() != at(commit.tree)?)
}

/// Whether a file is this path or lies under it; an empty path is the whole repository.
fn within(file: &str, path: &str) -> bool {
    path.is_empty() || file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

fn step<'l>(commit: Commit, ledger: &'l Ledger, path: Option<&str>) -> Step<'l> {
    let landed = ledger.dreams_of(commit.id).filter(|dream| dream.landings.contains(&commit.id));
    if let Some(dream) = landed.last() {
        let here = |change: &&ChangeRecord| {
            let kept = dream.landed.contains_key(&change.key);
            // A rebased dream lands commit by commit: each line shows its own change.
            let own = commit.parents.len() > 1 || dream.landings.len() == 1 || landed_as(dream, &change.key, commit.id);
            let path = path.is_none_or(|path| change.path.as_deref().is_none_or(|file| within(file, path)));
            kept && own && path
        };
        let changes = dream.changes.iter().filter(here).collect();
        return Step { commit, what: "dream", dream: Some(dream), changes };
    }
    let trailers = Trailers::parse(&commit.message);
    let named = |key| trailers.get(key).and_then(|id| ledger.find(id).ok());
    let (what, dream) = match (named("Dream-Revert"), named("Dream-Restore")) {
        (Some(dream), _) => ("revert", Some(dream)),
        (_, Some(dream)) => ("restore", Some(dream)),
        _ => ("edit", None),
    };
    Step { commit, what, dream, changes: Vec::new() }
}

fn landed_as(dream: &Dream, key: &BeliefKey, commit: ObjectId) -> bool {
    dream.landed.get(key).is_some_and(|landed| *landed == Some(commit))
}

/// `, evidence expired` where bytes that a change rests on were taken out for good.
fn gone(change: &ChangeRecord, archive: &Archive<'_>) -> Vec<&'static str> {
    let how: BTreeSet<Removal> = change.evidence.iter().filter_map(|cited| archive.removed(cited, None)).collect();
    how.into_iter().map(Removal::as_str).collect()
}

fn show(page: &mut Page, step: &Step<'_>, archive: &Archive<'_>) {
    let commit = &step.commit;
    page.put(Tone::Name, commit.id.short()).put(Tone::Dim, format!("  {}  ", Context::time(commit.committer.time)));
    page.put(Tone::Bold, format!("{:<7}", step.what)).put(Tone::Plain, format!(" {}", commit.subject()));
    page.line(Tone::Dim, format!("  {}", person(&commit.author)));
    for change in &step.changes {
        page.put(Tone::Plain, "    ").put(Tone::Name, change.key.as_str());
        page.put(Tone::Plain, format!("  {}", change.subject));
        let gone = gone(change, archive);
        if !gone.is_empty() {
            page.put(Tone::Warning, format!("  evidence {}", gone.join(", ")));
        }
        page.line(Tone::Dim, change.path.as_ref().map(|path| format!("  {path}")).unwrap_or_default());
    }
}

fn entry(step: &Step<'_>, archive: &Archive<'_>) -> Value {
    let commit = &step.commit;
    let change = |change: &&ChangeRecord| {
        let mut value = json!({ "key": change.key, "change": change.change, "subject": change.subject.as_str(), "path": change.path });
        let removed = gone(change, archive);
        if !removed.is_empty() {
            value["removed_evidence"] = removed.into();
        }
        value
    };
    json!({
        "commit": commit.id, "what": step.what, "subject": Scrubbed::line(commit.subject()).as_str(),
        "by": person(&commit.author), "at": commit.committer.time, "dream": step.dream.map(|dream| &dream.id),
        "changes": step.changes.iter().map(change).collect::<Vec<_>>(),
    })
}
