//! `git dream approve`: a dream, or a part of it, becomes memory.

use super::decision::{allowed, landed, manner, refused};
use super::{Context, Exit, Failure};
use crate::config::guard::Check;
use crate::model::BeliefKey;
use crate::phase::check::{self, Finding, Verdict};
use crate::store::{ChangeRecord, Dream, Selection, Standing};
use crate::text::Scrubbed;
use clap::Args;
use serde_json::json;
use std::collections::BTreeSet;

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
  git dream approve k3f9 --only 1
  git dream approve k3f9 --override loss --reason 'the team leaves the old region'")]
pub struct Approve {
    /// A dream's id, a unique prefix, or the four characters at its end
    dream: String,
    /// Leave this change out (a key or a number; repeatable)
    #[arg(long, value_name = "CHANGE", conflicts_with = "only")]
    drop: Vec<String>,
    /// Approve only this change (a key or a number; repeatable)
    #[arg(long, value_name = "CHANGE")]
    only: Vec<String>,
    /// Approve although this required check fails; needs --reason, and both are recorded (repeatable)
    #[arg(long = "override", value_name = "CHECK", requires = "reason")]
    overrides: Vec<String>,
    /// Why a failed check is set aside
    #[arg(long, value_name = "TEXT", requires = "overrides")]
    reason: Option<String>,
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
        let set_aside = SetAside::new(&self.overrides, self.reason.as_deref())?;
        approve(context, &self.dream, &selection, &set_aside, self.no_verify, self.json)
    }
}

/// Required checks that a person sets aside, and why.
#[derive(Debug, Default)]
pub struct SetAside {
    checks: Vec<Check>,
    reason: Scrubbed,
}

impl SetAside {
    fn new(names: &[String], reason: Option<&str>) -> Result<Self, Failure> {
        let all: Vec<&str> = Check::ALL.iter().map(|check| check.as_str()).collect();
        let check = |name: &String| {
            let unknown = || Failure::refuse(format!("there is no check '{name}'")).exit(Exit::Usage);
            Check::find(name).ok_or_else(|| unknown().hint(format!("the checks are {}", all.join(", "))))
        };
        let checks = names.iter().map(check).collect::<Result<_, _>>()?;
        let reason = Scrubbed::line(reason.unwrap_or_default());
        match !names.is_empty() && reason.as_str().trim().is_empty() {
            true => Err(Failure::refuse("a check is set aside with a reason: --reason TEXT").exit(Exit::Usage)),
            false => Ok(Self { checks, reason }),
        }
    }

    /// What of the failed checks is set aside, for the record; refuses while one is not.
    fn judge(&self, dream: &str, findings: &[Finding]) -> Result<Vec<Scrubbed>, Failure> {
        let failed: BTreeSet<Check> =
            findings.iter().filter(|finding| finding.verdict == Verdict::Fail).map(|finding| finding.name).collect();
        let blocking: Vec<&str> =
            failed.iter().filter(|check| !self.checks.contains(check)).map(|check| check.as_str()).collect();
        if let Some(first) = blocking.first() {
            let said = format!("dream {dream} fails what memory requires: {}", blocking.join(", "));
            return Err(Failure::refuse(said).hint(format!(
                "leave the changes in question out: git dream approve {dream} --drop CHANGE\n\
                 or approve it all the same, on record: --override {first} --reason TEXT"
            )));
        }
        let line = |check: &Check| Scrubbed::line(&format!("{}: {}", check.as_str(), self.reason));
        Ok(failed.iter().map(line).collect())
    }
}

/// Approves, with the checks on record; also how a review ends.
pub fn approve(
    context: &Context,
    name: &str,
    selection: &Selection,
    set_aside: &SetAside,
    no_verify: bool,
    json: bool,
) -> Result<Exit, Failure> {
    let store = context.store()?;
    let ledger = context.ledger(&store)?;
    let dream = ledger.find(name)?;
    let settings = context.settings(&store, &[])?;
    allowed(&store, &settings, dream)?;
    let left_out = left_out(dream, selection)?;
    let findings = check::check_without(&store, &settings, dream, &left_out)?;
    for finding in findings.iter().filter(|finding| finding.verdict == Verdict::Fail) {
        context.ui.warn(&format!("check {}: {}", finding.check, finding.detail));
    }
    let mut manner = manner(&settings, no_verify, &findings);
    manner.notes.splice(0..0, risks(dream, &left_out));
    if dream.standing == Standing::Open {
        manner.overrides = set_aside.judge(dream.id.as_str(), &findings)?;
    }
    let approved =
        store.approve(dream.id.as_str(), selection, &manner).map_err(|error| refused(context, "dream", error))?;
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

/// What was approved in spite of a risk, for whoever reads the merge: before the checks, because it is the first thing
/// that an auditor asks about.
fn risks(dream: &Dream, left_out: &BTreeSet<BeliefKey>) -> Option<Scrubbed> {
    let risky = dream.changes.iter().filter(|change| !change.risks.is_empty() && !left_out.contains(&change.key));
    let line = |change: &ChangeRecord| {
        let risks: Vec<&str> = change.risks.iter().map(|risk| risk.as_str()).collect();
        format!("  {}: {}", change.key, risks.join(", "))
    };
    let lines: Vec<String> = risky.map(line).collect();
    (!lines.is_empty()).then(|| Scrubbed::block(&format!("Risks:\n{}", lines.join("\n"))))
}

/// The keys that a selection leaves out: they cannot fail a check.
fn left_out(dream: &Dream, selection: &Selection) -> Result<BTreeSet<BeliefKey>, Failure> {
    let named = |names: &[String]| -> Result<BTreeSet<BeliefKey>, Failure> {
        names.iter().map(|name| Ok(dream.pick(name)?.key.clone())).collect()
    };
    Ok(match selection {
        Selection::All => BTreeSet::new(),
        Selection::Drop(names) => named(names)?,
        Selection::Only(names) => {
            let kept = named(names)?;
            dream.changes.iter().map(|change| change.key.clone()).filter(|key| !kept.contains(key)).collect()
        }
    })
}
