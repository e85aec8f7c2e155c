//! Writing down what a night found: the review, the names of those whose sessions were read, and an id of its own.

use super::dream::{DreamError, Night, Request};
use super::message::Review;
use super::write::{self, Hand, Written};
use crate::config::guard::Signatures;
use crate::model::{AgentName, Change, DreamId, ObjectId, SessionId};
use crate::store::{Ledger, Sign, Signature, Store};

/// Who writes the dreams of one night.
pub(super) struct Scribe<'a> {
    pub store: &'a Store,
    pub engine: &'a str,
    pub request: &'a Request<'a>,
    /// The memory commit that the night began from.
    pub base: ObjectId,
    pub ledger: &'a Ledger,
}

impl Scribe<'_> {
    /// Writes one dream of these changes, if there are any; its id is none of those taken.
    pub fn write(
        &self,
        changes: Vec<Change>,
        night: &Night,
        taken: &mut Vec<DreamId>,
    ) -> Result<Option<Written>, DreamError> {
        if changes.is_empty() {
            return Ok(None);
        }
        let settings = self.request.settings;
        let hash = settings.hash();
        let sessions: Vec<_> = night.sessions.iter().map(|s| (s.id.clone(), s.agent.clone(), s.blob)).collect();
        let dream = self.name(&sessions, &hash, taken);
        taken.push(dream.clone());
        let notes: Vec<String> = night.skipped.iter().map(|s| format!("Left out: {}: {}.", s.what, s.why)).collect();
        let review = Review {
            dream: &dream,
            base: self.base,
            engine: self.engine,
            settings: &hash,
            instructions: settings.instructions.as_deref(),
            sessions: &sessions,
            notes: &notes,
            report: &night.report,
        };
        let agents = night.sessions.iter().map(|s| (s.id.clone(), s.agent.clone())).collect();
        let committer = self.store.identity()?;
        let author = Signature {
            name: "git dream".to_owned(),
            email: format!("{}@git-dream", self.engine),
            ..committer.clone()
        };
        let sign = match settings.trust.signatures {
            Signatures::All => Sign::Yes(None),
            _ => Sign::AsConfigured,
        };
        let hand = Hand { author, committer, agents: &agents, sign };
        Ok(Some(write::write(self.store, &review, changes, &hand)?))
    }

    /// An id made of all that the dream is made of, and free.
    fn name(&self, sessions: &[(SessionId, AgentName, ObjectId)], settings: &str, taken: &[DreamId]) -> DreamId {
        let lines: Vec<String> = sessions.iter().map(|(id, _, blob)| format!("{id}@{blob}")).collect();
        let content = format!("{}\n{}\n{settings}\n{}", self.base, self.engine, lines.join("\n"));
        let environment = self.store.environment();
        let date = environment.now.date_naive();
        let free = |id: &DreamId| !taken.contains(id) && !self.ledger.contains(id);
        let ids = (0..).map(|salt| DreamId::derive(date, content.as_bytes(), environment.seed, salt));
        ids.into_iter().find(free).expect("there are more salts than dreams")
    }
}
