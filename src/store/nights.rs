//! The log of scheduled nights: one commit per step of a night on `refs/dream/nights`, newest last. It says what was
//! due, on which machine, and how it ended; nothing else decides whether a night is due. It never holds text of a
//! transcript beyond an error's own words, scrubbed.

use super::{IdentityError, NewCommit, ReadError, RefError, RefUpdate, SignError, Store, WriteError};
use crate::model::{DreamId, ObjectId, Trailers, trailer};
use crate::text::Scrubbed;
use chrono::{DateTime, SecondsFormat, Utc};

pub const NIGHTS: &str = "refs/dream/nights";

/// How far a night came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NightState {
    /// Some machine is at it.
    Started,
    /// It made a branch.
    Proposed,
    /// There was nothing to propose.
    Nothing,
    Failed,
}

impl NightState {
    pub fn as_str(self) -> &'static str {
        match self {
            NightState::Started => "started",
            NightState::Proposed => "proposed",
            NightState::Nothing => "nothing",
            NightState::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Started, Self::Proposed, Self::Nothing, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// One step of one night.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NightRecord {
    /// When the schedule wanted it.
    pub due: DateTime<Utc>,
    pub state: NightState,
    pub at: DateTime<Utc>,
    pub host: String,
    pub dream: Option<DreamId>,
    /// Sessions read, or why it failed.
    pub detail: String,
}

#[derive(Debug, thiserror::Error)]
pub enum NightsError {
    #[error("read the log of nights")]
    Read(#[from] ReadError),
    #[error("write the log of nights")]
    Write(#[from] WriteError),
    #[error("write the log of nights")]
    Sign(#[from] SignError),
    #[error("write the log of nights")]
    Identity(#[from] IdentityError),
    #[error("write the log of nights")]
    Reference(#[from] RefError),
}

impl NightRecord {
    fn message(&self) -> String {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let what = self.dream.as_ref().map_or(String::new(), |dream| format!(" {dream}"));
        let subject =
            Scrubbed::line(&format!("night of {}: {}{what}", self.due.format("%Y-%m-%d"), self.state.as_str()));
        let mut trailers = Trailers::new();
        trailers.push("Night-Due", time(self.due)).push("Night-State", self.state.as_str());
        trailers.push("Night-At", time(self.at)).push("Night-Host", Scrubbed::line(&self.host).as_str());
        if let Some(dream) = &self.dream {
            trailers.push("Dream-Id", dream.as_str());
        }
        trailer::message(&subject, &[Scrubbed::line(&self.detail)], &trailers)
    }

    fn parse(message: &str) -> Option<Self> {
        let trailers = Trailers::parse(message);
        let time = |key| Some(DateTime::parse_from_rfc3339(trailers.get(key)?).ok()?.to_utc());
        Some(Self {
            due: time("Night-Due")?,
            state: NightState::parse(trailers.get("Night-State")?)?,
            at: time("Night-At")?,
            host: trailers.get("Night-Host").unwrap_or_default().to_owned(),
            dream: trailers.get("Dream-Id").and_then(|id| DreamId::new(id).ok()),
            detail: body(message),
        })
    }
}

/// The paragraph between subject and trailers, as one line.
fn body(message: &str) -> String {
    message.split("\n\n").nth(1).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Store {
    /// The newest steps of nights, newest first; what cannot be read as one is passed over.
    pub fn nights(&self, most: usize) -> Result<Vec<NightRecord>, ReadError> {
        let Some(tip) = self.reference(NIGHTS)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let mut next = Some(tip);
        while let Some(id) = next.filter(|_| found.len() < most) {
            let commit = self.commit(id)?;
            found.extend(NightRecord::parse(&commit.message));
            next = commit.parents.first().copied();
        }
        Ok(found)
    }

    /// Adds a step after `tip` (where the log was read) and gives the new tip. Another writer in between is an error.
    pub fn add_night(&self, tip: Option<ObjectId>, record: &NightRecord) -> Result<ObjectId, NightsError> {
        let mut writer = self.writer();
        let tree = writer.tree(&[])?;
        let commit = NewCommit {
            tree,
            parents: tip.into_iter().collect(),
            author: self.author_identity()?,
            committer: self.identity()?,
            message: record.message(),
        };
        let new = self.seal(writer, &commit)?;
        let reason = format!("night: {}", record.state.as_str());
        self.update_refs(&[RefUpdate { name: NIGHTS.to_owned(), expected: tip, new: Some(new), reason }])?;
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let at = DateTime::from_timestamp(1_778_036_400, 0).expect("a time");
        let record = NightRecord {
            due: at,
            state: NightState::Failed,
            at,
            host: "one\u{1b}[2J\nNight-State: nothing".to_owned(),
            dream: None,
            detail: "could not read\nNight-State: nothing".to_owned(),
        };
        let read = NightRecord::parse(&record.message()).expect("a record");
        assert_eq!((read.due, read.state), (record.due, NightState::Failed));
        assert!(!read.host.contains(['\n', '\u{1b}']) && read.detail.starts_with("could not read"), "{read:?}");
    }
}
