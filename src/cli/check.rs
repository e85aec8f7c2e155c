//! `git dream check`: to a dream what continuous integration is to a pull request.

use super::decision::checks;
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure, range};
use crate::config::Settings;
use crate::phase::check::{Finding, Verdict, check_range, worst};
use crate::store::Store;
use crate::text::Scrubbed;
use clap::Args;
use serde_json::json;

/// Run the checks on a dream, or on a range of commits
///
/// loss: how much approved memory it retires or rewrites; provenance: every change cites evidence, and every quote
/// stands in the lines that it cites; trust: no change has more authority than its evidence; secrets, injection,
/// hidden-text: what it adds holds none; size: what the index of notes costs an agent; bill: what the dream cost.
/// Computed for the branch as it stands, from commits and transcripts alone. Of a range, such as a pull request's, the
/// loss is what its files say, and commits made by hand are listed. [checks] in dream.toml says which are
/// required, and the budgets. Exits 1 if a required one fails, so a forge can run it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream check 2026-05-06-k3f9
  git dream check k3f9 --json
  git dream check main..HEAD")]
pub struct Check {
    /// A dream's id, a unique prefix, or the four characters at its end; or a range of commits such as main..HEAD
    #[arg(value_name = "DREAM|RANGE")]
    what: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let settings = context.settings(&store, &[])?;
        let (kind, name, findings) = if self.what.contains("..") {
            ("range", self.what.clone(), of_range(&store, &settings, &self.what)?)
        } else {
            let ledger = context.ledger(&store)?;
            let dream = ledger.find(&self.what)?;
            ("dream", dream.id.to_string(), checks(&store, &settings, dream)?)
        };
        let worst = worst(&findings);
        if self.json {
            context.ui.json(json!({ kind: name, "verdict": worst, "checks": findings }))?;
        } else {
            let mut page = Page::new();
            for finding in &findings {
                let tone = match finding.verdict {
                    Verdict::Pass => Tone::Added,
                    Verdict::Warn => Tone::Warning,
                    Verdict::Fail => Tone::Risk,
                };
                page.put(tone, finding.verdict.as_str()).put(Tone::Bold, format!("  {:<13}", finding.check));
                let change = finding.change.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
                page.put(Tone::Plain, format!("{change}{}", finding.detail));
                let evidence = finding.evidence.iter().filter(|_| finding.verdict != Verdict::Pass);
                evidence.for_each(|cited| {
                    page.put(Tone::Dim, format!("  {cited}"));
                });
                page.end();
            }
            context.ui.page(&page)?;
        }
        Ok(if worst == Verdict::Fail { Exit::Refused } else { Exit::Done })
    }
}

/// The checks of what one side of the range has and the other has not, as a pull request shows it.
fn of_range(store: &Store, settings: &Settings, range: &str) -> Result<Vec<Finding>, Failure> {
    let (tips, hidden) = range::resolve(store, &range.replace("...", ".."))?;
    let ([head], [other]) = (&tips[..], &hidden[..]) else {
        let shown = Scrubbed::short(range, 60);
        return Err(Failure::refuse(format!("'{shown}' is not one range of commits"))
            .exit(Exit::Usage)
            .hint("name two sides: git dream check main..HEAD"));
    };
    let base = store.merge_base(*other, *head)?;
    let base = base.ok_or_else(|| Failure::refuse("the two sides have no commit in common"))?;
    Ok(check_range(store, settings, base, *head)?)
}
