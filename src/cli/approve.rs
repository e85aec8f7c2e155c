//! `git dream approve`: a dream, or a part of it, becomes memory.

use super::decision::{checks, landed, manner, refused};
use super::{Context, Exit, Failure};
use crate::phase::check::Verdict;
use crate::store::Selection;
use clap::Args;
use serde_json::json;

/// Merge a dream, or a part of it, into memory
///
/// Makes one merge commit, whatever happened meanwhile: if memory moved on, it is merged belief by belief. Two edits of
/// the same belief are a conflict: both sides are shown, nothing is changed, the exit code is 3. What is left out is
/// kept for audit and not proposed again without new evidence. If memory is checked out, the files are updated; local
/// changes in the way are a refusal, never lost.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream approve 2026-05-06-k3f9
  git dream approve k3f9 --drop 5f0c1a9e --drop 3
  git dream approve k3f9 --only 1")]
pub struct Approve {
    /// A dream's id, a unique prefix, or the four characters at its end
    dream: String,
    /// Leave this change out (a key or a number; repeatable)
    #[arg(long, value_name = "CHANGE", conflicts_with = "only")]
    drop: Vec<String>,
    /// Approve only this change (a key or a number; repeatable)
    #[arg(long, value_name = "CHANGE")]
    only: Vec<String>,
    /// Do not run the hooks that may refuse a merge
    #[arg(long)]
    no_verify: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Approve {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let selection = match (self.drop.is_empty(), self.only.is_empty()) {
            (false, _) => Selection::Drop(self.drop),
            (true, false) => Selection::Only(self.only),
            (true, true) => Selection::All,
        };
        approve(context, &self.dream, &selection, self.no_verify, self.json)
    }
}

/// Approves, with the checks on record; also how a review ends.
pub fn approve(
    context: &Context,
    name: &str,
    selection: &Selection,
    no_verify: bool,
    json: bool,
) -> Result<Exit, Failure> {
    let store = context.store()?;
    let ledger = context.ledger(&store)?;
    let dream = ledger.find(name)?;
    let findings = checks(context, &store, dream)?;
    for finding in findings.iter().filter(|finding| finding.verdict == Verdict::Fail) {
        context.ui.warn(&format!("check {}: {}", finding.check, finding.detail));
    }
    let approved = store
        .approve(dream.id.as_str(), selection, &manner(no_verify, &findings))
        .map_err(|error| refused(context, "dream", error))?;
    context.tidy(&store);
    if json {
        context
            .ui
            .json(json!({ "dream": approved.dream, "commit": approved.landed.commit, "dropped": approved.dropped }))?;
        return Ok(Exit::Done);
    }
    let dropped = approved.dropped.len();
    let merged = dream.changes.len().saturating_sub(dropped);
    let left = if dropped > 0 { format!(", {dropped} left out") } else { String::new() };
    let what =
        format!("approved dream {}: {merged} change{} merged{left}", dream.id, if merged == 1 { "" } else { "s" });
    landed(context, &store, &what, &approved.landed, &format!("'git dream revert {}' takes it back", dream.id))?;
    Ok(Exit::Done)
}
