//! Rejecting a dream: an empty commit that says why on top of its tip, kept for audit outside the branches, so that
//! what was refused is not proposed again.

use super::{DecideError, Dream, Landed, Manner, NewCommit, Standing, Store};
use crate::model::{Trailers, trailer};
use crate::text::Scrubbed;

impl Store {
    /// Puts an open dream away. Memory and work trees are not touched.
    pub fn reject(&self, name: &str, reason: &Scrubbed, manner: &Manner) -> Result<Landed, DecideError> {
        let tip = self.memory_tip()?;
        let ledger = self.ledger(tip)?;
        let dream = ledger.find(name)?;
        match dream.standing {
            Standing::Open => {}
            standing => {
                return Err(DecideError::Standing { verb: "reject", dream: dream.id.clone(), standing });
            }
        }
        let tip = dream.open.ok_or_else(|| DecideError::NoBranch(dream.id.clone()))?;
        let tree = self.commit(tip)?.tree;
        let commit = NewCommit {
            tree,
            parents: vec![tip],
            author: self.author_identity()?,
            committer: self.identity()?,
            message: self.rejection_message(dream, reason, manner)?,
        };
        let commit = self.write_decision(&commit, &manner.sign).map_err(super::LandError::from)?;
        let updates = self.closing(dream, tip, Some(commit))?;
        self.update_refs(&updates)?;
        Ok(Landed { commit, complaints: Vec::new() })
    }

    fn rejection_message(&self, dream: &Dream, reason: &Scrubbed, manner: &Manner) -> Result<String, DecideError> {
        let mut trailers = Trailers::new();
        trailers.push("Dream-Id", dream.id.as_str()).push("Dream-Decision", "rejected");
        trailers.push("Dream-Reason", reason.as_str()).push("Rejected-by", self.decider()?);
        let body: Vec<Scrubbed> = std::iter::once(reason).chain(&manner.notes).cloned().collect();
        Ok(trailer::message(&Scrubbed::line(&format!("reject: dream {}", dream.id)), &body, &trailers))
    }
}
