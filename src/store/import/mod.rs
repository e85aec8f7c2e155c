//! Importing sessions: the caller parses and hands over what it found; here it is compared with what is stored and
//! appended in one pack and one commit. Files stream through: no more than a few are in memory at a time.

mod attempt;

use super::Store;
use super::prepared::Prepared;
use super::session::{SESSIONS, SessionError, moved};
use crate::model::{AgentName, Host, ObjectId, Outcome, SessionId, SessionRecord};
use crate::transcript::blank::Edit;
use attempt::Attempt;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One session as the caller found it in a file. Sessions of one file share its bytes.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub id: SessionId,
    pub agent: AgentName,
    pub host: Host,
    pub project: Option<String>,
    pub started: Option<DateTime<Utc>>,
    pub ended: Option<DateTime<Utc>>,
    pub turns: u32,
    pub outcomes: Vec<Outcome>,
    /// JSON pointer of this session inside a document that holds several.
    pub root: Option<String>,
    pub bytes: Arc<Vec<u8>>,
    /// What is stored in place of credentials; empty to store all as it is. Sessions of one file share it.
    pub masks: Arc<[Edit]>,
    /// The parts that these bytes follow, where they are not all of the transcript; none of them was ever changed. They
    /// count in `turns`.
    pub after: Vec<ObjectId>,
    /// All of `bytes` as a pack holds them, where somebody had time for that. Sessions of one file share it.
    pub prepared: Option<Arc<Prepared>>,
}

/// What became of one incoming session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub id: SessionId,
    pub agent: AgentName,
    pub what: What,
    /// Outcomes that the record did not have yet.
    pub outcomes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Added,
    /// New bytes after the stored ones; they are this part, counted from 1.
    Grown {
        part: usize,
    },
    Unchanged,
    /// All of it is stored already, and more: an older copy.
    Older,
    /// Old bytes changed: kept as this version, counted from 1, beside the old ones.
    Rewritten {
        version: usize,
    },
}

/// All of one import, in the order in which the sessions came.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    pub sessions: Vec<Imported>,
    /// The commit on `refs/dream/sessions`; nothing when nothing was new.
    pub commit: Option<ObjectId>,
}

impl Imported {
    /// What the next piece of the same file adds.
    fn go_on(&mut self, next: Imported) {
        if !matches!(self.what, What::Added | What::Grown { .. } | What::Rewritten { .. }) {
            self.what = next.what;
        }
        self.outcomes += next.outcomes;
    }

    pub fn is_new(&self) -> bool {
        self.outcomes > 0 || !matches!(self.what, What::Unchanged | What::Older)
    }
}

impl Store {
    /// Imports sessions in the order given. The same import again changes nothing.
    pub fn import(&self, incoming: impl IntoIterator<Item = Incoming>) -> Result<ImportReport, SessionError> {
        let tip = self.reference(SESSIONS).map_err(SessionError::Read)?;
        let mut attempt = Attempt::new(self, tip)?;
        incoming.into_iter().try_for_each(|session| attempt.add(session))?;
        if attempt.records.is_empty() {
            return Ok(attempt.report);
        }
        let mut ready = match attempt.bytes > LARGE {
            true => Ready::Written(attempt.write()?),
            false => Ready::Collected(Box::new(attempt)),
        };
        let mut lock = self.lock().map_err(SessionError::Reference)?;
        let mut seen = tip;
        loop {
            let found = self.reference(SESSIONS).map_err(SessionError::Read)?;
            // Somebody else may have imported meanwhile: what was new is compared again, with what is stored now.
            let (report, records) = match ready {
                Ready::Written(written) if found == seen => written,
                Ready::Written((report, records)) => self.repeat(found, report, records)?,
                Ready::Collected(attempt) => self.write_onto(*attempt, found)?,
            };
            seen = found;
            let Some(commit) = report.commit else { return Ok(report) };
            match self.update_refs_under(&mut lock, &[moved(seen, commit, "dream import")]) {
                Ok(()) => return Ok(report),
                Err(super::RefError::Moved { .. }) => ready = Ready::Written((report, records)),
                Err(error) => return Err(SessionError::Reference(error)),
            }
        }
    }

    /// Writes what was collected on the tip as it is now.
    fn write_onto(&self, attempt: Attempt<'_>, tip: Option<ObjectId>) -> Result<(ImportReport, Records), SessionError> {
        if attempt.tip == tip {
            return attempt.write();
        }
        self.refresh().map_err(SessionError::Read)?;
        match attempt.onto(tip)? {
            Moved::Onto(attempt) => attempt.write(),
            Moved::Not(attempt) => {
                let (report, records) = attempt.write()?;
                self.repeat(tip, report, records)
            }
        }
    }

    /// The same sessions against another tip; their bytes are in the object database by now.
    fn repeat(
        &self,
        tip: Option<ObjectId>,
        mut report: ImportReport,
        records: Records,
    ) -> Result<(ImportReport, Records), SessionError> {
        self.refresh().map_err(SessionError::Read)?;
        let mut attempt = Attempt::new(self, tip)?;
        for record in records.into_values() {
            if attempt.stored(&record.id)?.is_none() {
                attempt.adopt(record)?;
                continue;
            }
            for version in &record.versions {
                let bytes = self.version_bytes(version).map_err(SessionError::Read)?;
                attempt.add(Incoming::again(record.clone(), Arc::new(bytes)))?;
            }
        }
        let (again, records) = attempt.write()?;
        for old in &mut report.sessions {
            if let Some(new) = again.sessions.iter().rfind(|new| new.id == old.id).filter(|_| old.is_new()) {
                *old = new.clone();
            }
        }
        report.commit = again.commit;
        Ok((report, records))
    }
}

impl Incoming {
    fn again(record: SessionRecord, bytes: Arc<Vec<u8>>) -> Self {
        let SessionRecord { id, agent, host, project, started, ended, turns, outcomes, root, .. } = record;
        Self {
            id,
            agent,
            host,
            project,
            started,
            ended,
            turns,
            outcomes,
            root,
            bytes,
            masks: Arc::default(),
            after: Vec::new(),
            prepared: None,
        }
    }
}

/// Records that this import changes.
type Records = BTreeMap<SessionId, SessionRecord>;

/// Of more bytes the pack is written before it is our turn, so that nobody waits for that.
const LARGE: usize = 1 << 20;

enum Ready<'s> {
    /// Objects are in the repository.
    Written((ImportReport, Records)),
    /// Objects are made when it is our turn: none is made in vain.
    Collected(Box<Attempt<'s>>),
}

enum Moved<'s> {
    Onto(Attempt<'s>),
    /// Somebody else imported one of these sessions too.
    Not(Attempt<'s>),
}
