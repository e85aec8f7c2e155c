//! Who dreams a night, where several machines share a remote: the log of nights is pushed there by compare-and-swap, and
//! whoever comes second sees it. git does the talking, with the user's own credentials; nothing but the log is moved.

use super::nights::NIGHTS;
use super::{GitError, ReadError, RefError, RefUpdate, Store};
use crate::model::ObjectId;
use crate::text::Scrubbed;

#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Offline, no permission, no such remote: what git said.
    #[error("ask the remote '{remote}' for its log of nights: {why}")]
    Remote { remote: String, why: Scrubbed },
    #[error("take over the log of nights")]
    Reference(#[from] RefError),
    #[error("read the log of nights")]
    Read(#[from] ReadError),
    #[error("ask a remote")]
    Git(#[from] GitError),
}

/// Whether the remote took what was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    Taken,
    /// Another machine was there first.
    Lost,
}

impl Store {
    /// Brings the local log up to the remote's, and gives where the remote stands. Where both went on, the remote's
    /// counts: it is what the other machines see.
    pub fn sync_nights(&self, remote: &str) -> Result<Option<ObjectId>, LeaseError> {
        let there = self.nights_of(remote)?;
        let here = self.reference(NIGHTS)?;
        let Some(there) = there else { return Ok(None) };
        if here != Some(there) && !self.reaches(here, there)? {
            let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote, NIGHTS];
            self.ask(remote, &fetch)?;
            let reason = format!("night: as {} has it", Scrubbed::line(remote).as_str());
            self.update_refs(&[RefUpdate { name: NIGHTS.to_owned(), expected: here, new: Some(there), reason }])?;
        }
        Ok(Some(there))
    }

    /// Pushes the local log over what the remote had when it was last asked.
    pub fn push_nights(&self, remote: &str, expected: Option<ObjectId>) -> Result<Lease, LeaseError> {
        let known = expected.map_or(String::new(), |id| id.to_string());
        let lease = format!("--force-with-lease={NIGHTS}:{known}");
        let push =
            ["push", "--quiet", "--porcelain", "--no-verify", &lease, "--", remote, &format!("{NIGHTS}:{NIGHTS}")];
        let output = self.git().run(&push)?;
        // Servers word a lost race in many ways; where the remote stands says what happened.
        match output.success() {
            true => Ok(Lease::Taken),
            false if self.nights_of(remote)? != expected => Ok(Lease::Lost),
            false => Err(self.refused(remote, &format!("{}\n{}", output.error_text(), output.text()))),
        }
    }

    fn nights_of(&self, remote: &str) -> Result<Option<ObjectId>, LeaseError> {
        let listed = self.ask(remote, &["ls-remote", "--quiet", "--", remote, NIGHTS])?;
        Ok(listed.split_whitespace().next().and_then(|id| ObjectId::parse(id).ok()))
    }

    fn ask(&self, remote: &str, args: &[&str]) -> Result<String, LeaseError> {
        let output = self.git().run(args)?;
        match output.success() {
            true => Ok(output.text()),
            false => Err(self.refused(remote, &output.error_text())),
        }
    }

    fn refused(&self, remote: &str, said: &str) -> LeaseError {
        let line = said.lines().find(|line| line.contains("fatal: ") || line.contains('!')).unwrap_or(said);
        let why = Scrubbed::line(line.trim_start_matches("fatal: "));
        LeaseError::Remote { remote: remote.to_owned(), why }
    }

    fn reaches(&self, tip: Option<ObjectId>, wanted: ObjectId) -> Result<bool, ReadError> {
        let Some(tip) = tip else { return Ok(false) };
        let mut next = Some(tip);
        // The log is a line, and what the remote lacks of it is a few steps at its end.
        while let Some(id) = next {
            if id == wanted {
                return Ok(true);
            }
            next = self.commit(id)?.parents.first().copied();
        }
        Ok(false)
    }
}
