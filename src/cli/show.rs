//! `git dream show`: one dream, one change of it, or one session.

use super::report::{Archive, ChangeView, dream_json, heading, reflection_json, reflections, show_reflection, summary};
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure};
use crate::model::{Lines, SessionRecord, SessionVersion};
use crate::phase;
use crate::store::Store;
use crate::store::dream::{Dream, FindDreamError};
use clap::Args;
use serde_json::json;

/// Show a dream, one of its changes, or a session
///
/// Names are ids or unique prefixes of ids; a change is named by its number in the list or by its key. A change shows its
/// evidence with the turns around it. A session shows what is known of it, how it was judged, what language models made
/// of it, and its turns in short.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream show 2026-05-06-k3f9
  git dream show 2026-05-06-k3f9 2
  git dream show k3f9 5f0c1a9e --json
  git dream show 2026-05-04-a1")]
pub struct Show {
    /// A dream or a session
    #[arg(value_name = "DREAM|SESSION")]
    name: String,
    /// One change of the dream
    #[arg(value_name = "CHANGE")]
    change: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Turns shown on either side of evidence.
const AROUND: usize = 2;
/// Workers whose bill is shown.
const WORKERS: usize = 20;

impl Show {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let ledger = context.ledger(&store)?;
        match ledger.find(&self.name) {
            Ok(dream) => self.dream(context, &store, dream)?,
            Err(missing @ FindDreamError::NotFound { .. }) if self.change.is_none() => {
                // Perhaps a session was meant; if not, the dream is what we did not find.
                let Ok(record) = store.find_session(&self.name) else { return Err(missing.into()) };
                self.session(context, &store, &record)?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Exit::Done)
    }

    fn dream(&self, context: &Context, store: &Store, dream: &Dream) -> Result<(), Failure> {
        let archive = Archive::new(store);
        if let Some(typed) = &self.change {
            let record = dream.pick(typed)?;
            let view = ChangeView::read(store, record)?;
            if self.json {
                return context.ui.json(json!({ "dream": dream.id, "change": view.json(&archive) }));
            }
            let mut page = Page::new();
            view.whole(&mut page, &archive, None, AROUND);
            return context.ui.page(&page);
        }
        let views = ChangeView::all(store, &dream.changes)?;
        if self.json {
            let mut object = dream_json(dream);
            object["sessions"] = dream.sessions().iter().map(|(id, blob)| json!({ "id": id, "blob": blob })).collect();
            object["changes"] = views.iter().map(|view| view.json(&archive)).collect();
            object["workers"] = json!(paid(store, dream)?);
            return context.ui.json(object);
        }
        let mut page = Page::new();
        heading(&mut page, dream);
        workers(&mut page, &paid(store, dream)?);
        for (at, view) in views.iter().enumerate() {
            page.end();
            view.whole(&mut page, &archive, Some((at + 1, views.len())), 0);
            if dream.dropped.contains(&view.record.key) {
                page.line(Tone::Removed, "  dropped when the dream was approved");
            } else if dream.reverted.contains(&view.record.key) {
                page.line(Tone::Removed, "  reverted");
            }
        }
        context.ui.page(&page)
    }

    fn session(&self, context: &Context, store: &Store, record: &SessionRecord) -> Result<(), Failure> {
        let reflections = reflections(store, record)?;
        if self.json {
            let reflections: Vec<_> = reflections.iter().map(reflection_json).collect();
            let (session, happened) = (record, record.happened());
            return context.ui.json(json!({ "session": session, "happened": happened, "reflections": reflections }));
        }
        let mut page = Page::new();
        page.put(Tone::Bold, "session ").line(Tone::Name, record.id.as_str());
        page.line(Tone::Plain, format!("agent    {} ({})", record.agent, record.host.as_str()));
        let time = |time: Option<_>| time.map_or("?".to_owned(), Context::time);
        page.line(Tone::Plain, format!("time     {} to {}", time(record.started), time(record.ended)));
        page.line(Tone::Plain, format!("imported {}", Context::time(record.imported)));
        for (at, version) in record.versions.iter().enumerate() {
            let bytes: u64 = version.parts.iter().map(|part| part.bytes).sum();
            let blobs: Vec<String> = version.parts.iter().map(|part| part.blob.short()).collect();
            page.line(Tone::Plain, format!("version  {}: {bytes} bytes, {}", at + 1, blobs.join(" ")));
            removals(&mut page, version);
        }
        for outcome in &record.outcomes {
            let score = outcome.score.map(|score| format!(" {score}")).unwrap_or_default();
            let task = outcome.task.as_ref().map(|task| format!(" at {task}")).unwrap_or_default();
            let why = outcome.explanation.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            page.line(
                Tone::Plain,
                format!("outcome  {}{score}{task}, by {}{why}", outcome.result.as_str(), outcome.by),
            );
        }
        if !record.is_kept() {
            return context.ui.page(&page);
        }
        page.end();
        reflections.iter().for_each(|stored| show_reflection(&mut page, stored));
        let session = phase::read::session(store, record).map_err(Failure::refuse)?;
        for turn in &session.turns {
            page.put(Tone::Dim, format!("{:>5}  ", turn.place.lines.first)).line(Tone::Plain, summary(turn, 72));
        }
        context.ui.page(&page)
    }
}

/// What each worker of a dream was paid.
fn paid(store: &Store, dream: &Dream) -> Result<Vec<String>, Failure> {
    let Some(review) = &dream.review else { return Ok(Vec::new()) };
    Ok(phase::message::paid(&store.commit(review.commit)?.message))
}

fn workers(page: &mut Page, paid: &[String]) {
    for line in paid.iter().take(WORKERS) {
        page.line(Tone::Dim, format!("  {line}"));
    }
    if let Some(more) = paid.len().checked_sub(WORKERS).filter(|more| *more > 0) {
        page.line(Tone::Dim, format!("  and {more} more; --json names all"));
    }
}

/// What was taken out of a version, and which tombstone says why.
fn removals(page: &mut Page, version: &SessionVersion) {
    for part in &version.parts {
        for former in &part.was {
            let span = |lines: &Lines| match lines.first == lines.last {
                true => lines.first.to_string(),
                false => format!("{}-{}", lines.first, lines.last),
            };
            let lines: Vec<String> = former.lines.iter().map(span).collect();
            let whose = former.tombstone.as_ref().map(|name| format!(", tombstone {name}")).unwrap_or_default();
            let (how, was) = (former.kind.as_str(), former.blob.short());
            page.line(Tone::Warning, format!("{how:<8} lines {} of {was}{whose}", lines.join(", ")));
        }
        if let Some(expired) = &part.expired {
            let when = Context::time(expired.at);
            page.line(
                Tone::Warning,
                format!("expired  {} on {when}, tombstone {}", part.blob.short(), expired.tombstone),
            );
        }
    }
}
