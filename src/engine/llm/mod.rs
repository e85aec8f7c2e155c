//! A language model as the engine. It is asked about one session at a time, then about groups of what it learned; every
//! answer is parsed as untrusted input, and nothing of it is believed that a transcript does not show. What costs
//! nothing (duplicates and dates of memory) is left to the rules of the embedded engine.

pub mod answer;
pub mod asker;
pub mod batch;
pub mod client;
mod digest;
pub mod error;
mod group;
mod meter;
mod opinion;
pub mod prompt;
pub mod provider;
mod reconcile;
mod reflect;
mod refused;
mod retry;
pub mod schema;
pub mod tape;

pub use asker::{Asker, Planned, Way};
pub use batch::{Batcher, Told};
pub use client::{Client, Secret};
pub use error::ModelError;
pub use meter::{Meter, cost, tokens};
pub use opinion::ModelReviewer;
pub use prompt::Prompts;
pub use tape::{Tape, TapeError};

use super::embedded;
use crate::model::{Proposal, SessionId};
use crate::phase::settle::Skipped;
use crate::phase::{Extract, Keeping, Reconcile, Reflection, Report, Session, Situation};
use refused::Refused;
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// The phases of a bill.
const EXTRACT: &str = "extract";
const RECONCILE: &str = "reconcile";
const OPINION_PHASE: &str = "opinion";

/// A language model, and what has become of asking it.
#[derive(Debug)]
pub struct LanguageModel {
    asker: Asker,
    prompts: Arc<Prompts>,
    /// Names model and prompts: another answer could be given under another one.
    version: String,
    keeping: Keeping,
    refused: Refused,
    unanswered: Mutex<Unanswered>,
}

/// What of the last proposal nobody answered for.
#[derive(Debug, Default)]
struct Unanswered {
    skipped: Vec<Skipped>,
    sessions: BTreeSet<SessionId>,
}

impl LanguageModel {
    pub fn new(asker: Asker, prompts: Arc<Prompts>, keeping: Keeping) -> Self {
        let model = &asker.model;
        let temperature = model.temperature.map(|t| format!(" {t}")).unwrap_or_default();
        let version = format!("{}{temperature} {}", model.model, prompts.hash);
        Self { asker, prompts, version, keeping, refused: Refused::default(), unanswered: Mutex::default() }
    }

    /// Forgets what was refused: the same answers are read again.
    pub fn begin(&self) {
        self.refused.clear();
    }

    /// What a plan would send.
    pub fn planned(&self) -> Vec<Planned> {
        self.asker.planned()
    }
}

impl Extract for LanguageModel {
    fn name(&self) -> &str {
        self.asker.model.provider.as_str()
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn reflect(&self, session: &Session) -> Result<Reflection, String> {
        let reflection = reflect::reflect(&self.asker, &self.prompts, &self.refused, session);
        reflection.map_err(|error| format!("could not {error}"))
    }

    fn workers(&self) -> Option<usize> {
        Some(self.asker.model.max_parallel as usize)
    }

    fn keeping(&self) -> Keeping {
        self.keeping
    }
}

impl Reconcile for LanguageModel {
    fn propose(&self, situation: &Situation<'_>) -> Vec<Proposal> {
        let groups = group::groups(situation);
        let reconciled = reconcile::reconcile(&self.asker, &self.prompts, &self.refused, situation, &groups);
        let mut unanswered = Unanswered::default();
        for (lessons, error) in &reconciled.unanswered {
            let what = format!("{} related lessons", lessons.len());
            unanswered.skipped.push(Skipped { what, why: format!("could not {error}") });
            unanswered.sessions.extend(lessons.iter().map(|taught| taught.session.session.clone()));
        }
        *self.unanswered.lock().unwrap_or_else(PoisonError::into_inner) = unanswered;
        let mut proposals = reconciled.proposals;
        proposals.extend(embedded::housekeeping(situation, &proposals));
        proposals
    }

    fn report(&self) -> Report {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        let mut skipped = unanswered.skipped.clone();
        skipped.extend(self.refused.lines());
        Report {
            model: Some(self.asker.name()),
            prompts: Some(self.prompts.hash),
            bill: Some(self.asker.meter().bill()),
            skipped,
            unread: unanswered.sessions.clone(),
            unfinished: self.asker.is_plan() || !unanswered.sessions.is_empty(),
        }
    }

    fn fault(&self) -> Option<Box<dyn Error + Send + Sync>> {
        self.asker.fault().map(|fault| Box::new(fault) as Box<dyn Error + Send + Sync>)
    }
}

#[cfg(test)]
mod tests;
