//! `git dream status`: what memory holds, what waits, and what to type next.

use super::engine::batches;
use super::report::{dream_json, dream_row};
use super::scheduled::outcome;
use super::ui::{Page, Tone, count};
use super::{Context, Exit, Failure};
use crate::engine::llm::batch;
use crate::phase::review::{Filter, select};
use crate::store::Row;
use crate::store::dream::Standing;
use clap::Args;
use serde_json::json;

/// Show what memory holds, which sessions no dream has read, and what to do next
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream status
  git dream status --json")]
pub struct Status {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let branch = store.memory_branch()?;
        let tip = store.memory_tip()?;
        let settings = context.settings(&store, &[])?;
        let ledger = context.ledger(&store)?;
        let notes = match tip {
            Some(tip) => store.count_notes(tip, &settings.folders)?,
            None => 0,
        };
        let records = store.records()?;
        let unread =
            select(&records, &ledger.sessions_read(), &Filter::default(), context.environment.now).unread.len();
        let agents = records.count_agents();
        let open: Vec<&Row> = ledger.rows().into_iter().filter(|row| row.standing == Standing::Open).collect();
        if self.json {
            context.ui.json(json!({
                "branch": branch.short(), "memory": tip, "notes": notes, "sessions": records.len(),
                "next_night": settings.schedule.as_ref().and_then(|schedule| schedule.next(context.environment.now)),
                "last_night": store.nights(1)?.first(),
                "unread": unread, "agents": agents, "batches": batch::open_ids(&batches(&store)), "open": open.iter().filter_map(|row| ledger.get(&row.id)).map(dream_json).collect::<Vec<_>>(),
            }))?;
            return Ok(Exit::Done);
        }
        let batches = batch::open_ids(&batches(&store));
        let mut page = Page::new();
        let at = tip.map_or("without a commit".to_owned(), |tip| format!("at {}", tip.short()));
        page.put(Tone::Bold, "memory     ").line(Tone::Plain, format!("{branch} {at}: {}", count(notes, "note")));
        let sessions = format!("{} of {}, {unread} not read by any dream", records.len(), count(agents, "agent"));
        page.put(Tone::Bold, "sessions   ").line(Tone::Plain, sessions);
        if let Some(schedule) = &settings.schedule {
            let next = schedule.next(context.environment.now).map(|next| schedule.local(next)).unwrap_or_default();
            page.put(Tone::Bold, "next night ").line(Tone::Plain, next);
            if let Some(record) = store.nights(1)?.first() {
                let night = format!("{}: {}", schedule.local(record.due), outcome(record));
                page.put(Tone::Bold, "last night ")
                    .put(Tone::Plain, night)
                    .line(Tone::Dim, format!(", on {}", record.host));
            }
        }
        for id in &batches {
            page.put(Tone::Bold, "batch      ").line(Tone::Plain, format!("{id} is out; git dream run --resume"));
        }
        for dream in &open {
            page.put(Tone::Bold, "open       ");
            dream_row(&mut page, dream);
        }
        context.ui.print(&page)?;
        context.ui.hint(&next(&open, records.len(), unread));
        Ok(Exit::Done)
    }
}

fn next(open: &[&Row], sessions: usize, unread: usize) -> String {
    match (open.first(), sessions, unread) {
        (Some(dream), ..) => format!("'git dream review {}' goes through its changes one by one", dream.id),
        (None, 0, _) => "'git dream import PATH' brings sessions in".to_owned(),
        (None, _, 0) => "every session was read; 'git dream import PATH' brings more in".to_owned(),
        (None, ..) => "'git dream run' dreams over what was not read".to_owned(),
    }
}
