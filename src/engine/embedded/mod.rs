//! The default engine: rules and statistics, offline and deterministic. Every proposal says by which rule and by which
//! evidence it was made. One file per finder; `propose` brings all sessions together and compares them with memory.

mod abstraction;
mod clauses;
mod directives;
mod facts;
mod files;
mod fix;
mod guess;
mod habits;
mod manner;
mod mistakes;
mod moment;
mod opinion;
mod person;
mod phrases;
mod propose;
mod reading;
mod requests;
mod rules;
mod scope;
mod shell;
mod signature;
mod updates;
mod voice;
mod wording;

pub use opinion::EmbeddedReviewer;
pub use propose::housekeeping;

use crate::model::Proposal;
use crate::phase::corpus::Index;
use crate::phase::reflection::Manner;
use crate::phase::{Extract, Reconcile, Reflection, Session, Situation};
use reading::Reading;

/// The embedded engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Embedded;

impl Extract for Embedded {
    fn name(&self) -> &str {
        "embedded"
    }

    fn version(&self) -> &str {
        "6"
    }

    fn reflect(&self, session: &Session) -> Result<Reflection, String> {
        let mut reflection = Reflection::empty(&session.record);
        let reading = Reading::new(session);
        // Of one session alone most of the time goes into patterns that are made when they are first asked.
        let said = || {
            let said = directives::find(&reading);
            let facts = facts::find(&reading, &said);
            (said, facts)
        };
        let others = || {
            let updates = updates::find(&reading);
            let failures = mistakes::find(&reading);
            let rules = rules::find(&reading, &failures);
            facts::ready(&reading);
            (updates, failures, rules)
        };
        let ((said, facts), (updates, failures, rules)) = rayon::join(said, others);
        (reflection.said, reflection.facts) = (said, facts);
        (reflection.failures, reflection.rules) = (failures, rules);
        for update in updates {
            // What says both sides of a change knows more than what only sees its new value.
            reflection.facts.retain(|known| known.cite != update.cite);
            reflection.facts.push(update);
        }
        habits::find(&reading, &mut reflection);
        reflection.edited = files::edited(&reading);
        if reading.is_service() {
            serve(&mut reflection);
        }
        Ok(reflection)
    }

    fn index(&self) -> Option<fn(&Reflection) -> Index> {
        Some(propose::index)
    }
}

/// Who talks to an agent with tools of its own domain is somebody it serves: what they want for themselves is not what
/// the agent's team wants of it, and what they say of themselves is nobody else's business.
fn serve(reflection: &mut Reflection) {
    reflection.said.retain(|said| said.manner == Manner::Remember);
    reflection.facts.clear();
}

impl Reconcile for Embedded {
    fn propose(&self, situation: &Situation<'_>) -> Vec<Proposal> {
        propose::propose(situation)
    }
}

#[cfg(test)]
mod tests;
