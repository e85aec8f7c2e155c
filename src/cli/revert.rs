//! `git dream revert`: an approved dream, or one change of it, is taken back.

use super::decision::{landed, manner, refused};
use super::{Context, Exit, Failure};
use crate::store::Extent;
use crate::text::Scrubbed;
use clap::Args;
use serde_json::json;

/// Take back an approved dream, or one change of it
///
/// Makes one new commit on memory; what came after the dream stays. A belief that was edited since is a conflict: both
/// sides are shown, nothing is changed, the exit code is 3. The sessions of a reverted dream are read again by the next
/// one, but its beliefs are not proposed again without new evidence.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream revert 2026-05-06-k3f9
  git dream revert k3f9 --change 5f0c1a9e --reason \"true for one customer only\"")]
pub struct Revert {
    /// A dream's id, a unique prefix, or the four characters at its end
    dream: String,
    /// Only this change (a key or a number)
    #[arg(long, value_name = "CHANGE")]
    change: Option<String>,
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not run the hooks that may refuse a commit
    #[arg(long)]
    no_verify: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Revert {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let id = context.ledger(&store)?.find(&self.dream)?.id.clone();
        let extent = self.change.as_ref().map_or(Extent::Whole, |change| Extent::Change(change.clone()));
        let reason = self.reason.as_deref().map(Scrubbed::block);
        let done = store
            .revert(
                id.as_str(),
                &extent,
                reason.as_ref(),
                &manner(&context.settings(&store, &[])?, self.no_verify, &[]),
            )
            .map_err(|error| refused(context, "before", error))?;
        context.tidy(&store);
        if self.json {
            context.ui.json(json!({ "dream": id, "commit": done.commit }))?;
            return Ok(Exit::Done);
        }
        let what = match &self.change {
            Some(change) => format!("reverted change {change} of dream {id}"),
            None => format!("reverted dream {id}"),
        };
        landed(context, &store, &what, &done, &format!("'git dream restore {id}' brings it back"))?;
        Ok(Exit::Done)
    }
}
