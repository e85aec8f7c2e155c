//! `git dream outcome`: how a session went, said by a person or a program that knows.

use super::ui::{Page, Tone};
use super::{Context, Exit, Failure};
use crate::model::{Outcome as Judgement, OutcomeResult};
use crate::store::dream::person;
use clap::Args;
use serde_json::json;

/// Record how a session went
///
/// Outcomes weigh everything that a dream learns: a pattern of failed sessions becomes a warning, never advice. Several
/// outcomes may be recorded for a session; none is ever changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream outcome 2026-05-04-a1 --result satisfied
  git dream outcome a1 --result failed --score 0.2 --task refund --explanation \"refunded the wrong order\"")]
pub struct Outcome {
    /// A session's id or a unique prefix of it
    session: String,
    /// satisfied, needs_revision, failed or interrupted
    #[arg(long, value_parser = result)]
    result: OutcomeResult,
    /// From 0 (useless) to 1 (perfect)
    #[arg(long, value_parser = score)]
    score: Option<f64>,
    /// The task or rubric that was judged
    #[arg(long)]
    task: Option<String>,
    /// Why
    #[arg(long)]
    explanation: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn result(text: &str) -> Result<OutcomeResult, String> {
    let all =
        [OutcomeResult::Satisfied, OutcomeResult::NeedsRevision, OutcomeResult::Failed, OutcomeResult::Interrupted];
    let found = all.into_iter().find(|result| result.as_str() == text.replace('-', "_"));
    found.ok_or_else(|| "use satisfied, needs_revision, failed or interrupted".to_owned())
}

fn score(text: &str) -> Result<f64, String> {
    let score = text.parse::<f64>().ok().filter(|score| (0.0..=1.0).contains(score));
    score.ok_or_else(|| "use a number from 0 to 1".to_owned())
}

impl Outcome {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let record = store.find_session(&self.session)?;
        let outcome = Judgement {
            result: self.result,
            score: self.score,
            task: self.task,
            explanation: self.explanation,
            by: person(&store.identity()?),
            at: context.environment.now,
        };
        let commit = store.add_outcome(&record.id, outcome)?;
        context.tidy(&store);
        if self.json {
            context.ui.json(json!({ "session": record.id, "commit": commit, "result": self.result }))?;
            return Ok(Exit::Done);
        }
        let mut page = Page::new();
        let done = if commit.is_some() { "recorded" } else { "already recorded" };
        page.put(Tone::Plain, format!("{done}: {} for session ", self.result.as_str()))
            .line(Tone::Name, record.id.as_str());
        context.ui.print(&page)?;
        Ok(Exit::Done)
    }
}
