//! `git dream check`: to a dream what continuous integration is to a pull request.

use super::decision::checks;
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure};
use crate::phase::check::{Verdict, worst};
use clap::Args;
use serde_json::json;

/// Run the checks on a dream
///
/// loss: how much approved memory it retires or rewrites; provenance: every change cites evidence, and every quote
/// stands in the lines that it cites; trust: no change has more authority than its evidence; secrets, injection,
/// hidden-text: what it adds holds none; size: what the index of notes costs an agent; bill: what the dream cost.
/// Computed for the branch as it stands, from commits and transcripts alone. [checks] in dream.toml says which are
/// required, and the budgets. Exits 1 if a required one fails, so a forge can run it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream check 2026-05-06-k3f9
  git dream check k3f9 --json")]
pub struct Check {
    /// A dream's id, a unique prefix, or the four characters at its end
    dream: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let ledger = context.ledger(&store)?;
        let dream = ledger.find(&self.dream)?;
        let settings = context.settings(&store, &[])?;
        let findings = checks(&store, &settings, dream)?;
        let worst = worst(&findings);
        if self.json {
            context.ui.json(json!({ "dream": dream.id, "verdict": worst, "checks": findings }))?;
        } else {
            let mut page = Page::new();
            for finding in &findings {
                let tone = match finding.verdict {
                    Verdict::Pass => Tone::Added,
                    Verdict::Warn => Tone::Warning,
                    Verdict::Fail => Tone::Risk,
                };
                page.put(tone, finding.verdict.as_str()).put(Tone::Bold, format!("  {:<11}", finding.check));
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
