//! `git dream reject`: a dream is put away, with a reason.

use super::decision::refused;
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure};
use crate::store::Manner;
use crate::text::Scrubbed;
use clap::Args;
use serde_json::json;

/// Put an open dream away, with a reason
///
/// Memory is not touched. The dream is kept under refs/dream/closed/ for audit, and what it proposed is not proposed
/// again without new evidence.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream reject 2026-05-06-k3f9 --reason \"these rules are about one customer only\"")]
pub struct Reject {
    /// A dream's id, a unique prefix, or the four characters at its end
    dream: String,
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say why in a few words".to_owned()),
        text => Ok(text.to_owned()),
    }
}

impl Reject {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let id = context.ledger(&store)?.find(&self.dream)?.id.clone();
        let reason = Scrubbed::block(&self.reason);
        let landed =
            store.reject(id.as_str(), &reason, &Manner::default()).map_err(|error| refused(context, "dream", error))?;
        context.tidy(&store);
        if self.json {
            context.ui.json(json!({ "dream": id, "commit": landed.commit, "reason": reason.as_str() }))?;
            return Ok(Exit::Done);
        }
        let mut page = Page::new();
        page.put(Tone::Plain, "rejected dream ").put(Tone::Name, id.as_str());
        page.line(Tone::Plain, format!("; it is kept as refs/dream/closed/{id}"));
        context.ui.print(&page)?;
        Ok(Exit::Done)
    }
}
