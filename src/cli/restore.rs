//! `git dream restore`: a revert is taken back.

use super::decision::{landed, manner, refused};
use super::{Context, Exit, Failure};
use clap::Args;
use serde_json::json;

/// Bring a reverted dream back
///
/// Merging the same branch again would silently do nothing, because git knows its commits already; this reverts the
/// revert instead, with one new commit.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream restore 2026-05-06-k3f9")]
pub struct Restore {
    /// A dream's id, a unique prefix, or the four characters at its end
    dream: String,
    /// Do not run the hooks that may refuse a commit
    #[arg(long)]
    no_verify: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let id = context.ledger(&store)?.find(&self.dream)?.id.clone();
        let done = store
            .restore(id.as_str(), &manner(&context.settings(&store, &[])?, self.no_verify, &[]))
            .map_err(|error| refused(context, "dream", error))?;
        context.tidy(&store);
        if self.json {
            context.ui.json(json!({ "dream": id, "commit": done.commit }))?;
            return Ok(Exit::Done);
        }
        landed(
            context,
            &store,
            &format!("restored dream {id}"),
            &done,
            &format!("'git dream revert {id}' takes it back"),
        )?;
        Ok(Exit::Done)
    }
}
