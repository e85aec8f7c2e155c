//! Tombstones as they are stored: one file for each removal, beside the sessions, only ever added.

use super::session::{SESSIONS, SessionError};
use super::{ReadError, Store};
use crate::model::{ObjectId, Tombstone};

pub(super) const FOLDER: &str = "tombstones";

impl Store {
    /// Every removal, the oldest first.
    pub fn tombstones(&self) -> Result<Vec<Tombstone>, SessionError> {
        let Some(root) = self.sessions_tree().map_err(SessionError::Read)? else { return Ok(Vec::new()) };
        let Some(folder) = self.find_path(root, FOLDER).map_err(SessionError::Read)? else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for entry in self.tree(folder.id).map_err(SessionError::Read)? {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            let bytes = self.blob(entry.id).map_err(SessionError::Read)?;
            let read = serde_json::from_slice::<Tombstone>(&bytes);
            all.push(read.map_err(|source| SessionError::Record { id: name, source })?);
        }
        all.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
        Ok(all)
    }

    /// The refs of this tool, beside the memory branch: sessions, open and closed dreams, answers of reviews.
    pub(super) fn own_references(&self) -> Result<Vec<(String, ObjectId)>, ReadError> {
        let mut own = Vec::new();
        for prefix in [super::dream::OPEN, "refs/dream/"] {
            own.extend(self.references(prefix)?);
        }
        own.retain(|(name, id)| self.commit(*id).is_ok() || name == SESSIONS);
        Ok(own)
    }
}
