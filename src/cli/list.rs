//! `git dream list`: all dreams and where they stand.

use super::report::{dream_json, dream_row};
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure};
use crate::store::Row;
use clap::Args;
use serde_json::json;

/// List dreams, the newest first, and where they stand
///
/// Where a dream stands is read from refs and history each time: open, approved (also by a forge's merge button or a
/// plain 'git merge'), rejected or reverted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream list
  git dream list --status open
  git dream list --json")]
pub struct List {
    /// Only those that stand so: open, approved, rejected or reverted
    #[arg(long, value_name = "STATUS", value_parser = ["open", "approved", "rejected", "reverted"])]
    status: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let ledger = context.ledger(&store)?;
        let asked = |row: &&Row| self.status.as_deref().is_none_or(|status| status == row.standing.as_str());
        let rows: Vec<&Row> = ledger.rows().into_iter().filter(asked).collect();
        if self.json {
            let dreams = rows.iter().filter_map(|row| ledger.get(&row.id)).map(dream_json);
            context.ui.json(json!({ "dreams": dreams.collect::<Vec<_>>() }))?;
            return Ok(Exit::Done);
        }
        let mut page = Page::new();
        rows.iter().for_each(|row| dream_row(&mut page, row));
        if rows.is_empty() {
            page.line(Tone::Plain, "no dreams");
        }
        context.ui.page(&page)?;
        if ledger.is_empty() {
            context.ui.hint("'git dream import PATH' brings sessions in, 'git dream run' dreams over them");
        }
        Ok(Exit::Done)
    }
}
