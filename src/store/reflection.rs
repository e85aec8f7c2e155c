//! Reflections that were paid for, beside the transcripts that they were made of: `sessions/<aa>/<id>/reflections/`.
//! What they say is nobody's business here; they are bytes under a name.

use super::object::FILE;
use super::session::{SessionError, folder};
use super::{ReadError, Store, session};
use crate::model::{ObjectId, SessionId, Trailers, trailer};
use crate::text::Scrubbed;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A reflection as it is kept: whose, under which name, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReflection {
    pub session: SessionId,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Reflections that were paid for. The folders that thousands of sessions share are read once.
pub struct PaidReflections<'s> {
    store: &'s Store,
    fans: HashMap<Vec<u8>, ObjectId>,
    sessions: HashMap<ObjectId, HashMap<Vec<u8>, ObjectId>>,
}

impl PaidReflections<'_> {
    /// The reflection of a session that is kept under a name.
    pub fn get(&mut self, session: &SessionId, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(&fan) = self.fans.get(session::fan(session).as_bytes()) else { return Ok(None) };
        let sessions = match self.sessions.entry(fan) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let entries = self.store.tree(fan)?.into_iter();
                place.insert(entries.map(|entry| (entry.name, entry.id)).collect())
            }
        };
        let Some(&folder) = sessions.get(session.as_str().as_bytes()) else { return Ok(None) };
        let entry = self.store.find_path(folder, &format!("reflections/{name}"))?;
        entry.map(|entry| self.store.blob(entry.id)).transpose()
    }
}

fn place(session: &SessionId) -> String {
    format!("{}/reflections", folder(session))
}

impl Store {
    /// For who asks for those of several sessions.
    pub fn paid_reflections(&self) -> Result<PaidReflections<'_>, ReadError> {
        let fans = self.session_fans()?.into_iter().map(|entry| (entry.name, entry.id)).collect();
        Ok(PaidReflections { store: self, fans, sessions: HashMap::new() })
    }

    /// All reflections of a session, by name.
    pub fn kept_reflections(&self, session: &SessionId) -> Result<Vec<KeptReflection>, ReadError> {
        let Some(root) = self.sessions_tree()? else { return Ok(Vec::new()) };
        let Some(folder) = self.find_path(root, &place(session))?.filter(super::TreeEntry::is_folder) else {
            return Ok(Vec::new());
        };
        let read = |entry: super::TreeEntry| {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            Ok(KeptReflection { session: session.clone(), name, bytes: self.blob(entry.id)? })
        };
        self.tree(folder.id)?.into_iter().filter(|entry| !entry.is_folder()).map(read).collect()
    }

    /// Keeps reflections in one commit; gives it, or nothing when all of them are there already.
    pub fn keep_reflections(&self, engine: &str, kept: &[KeptReflection]) -> Result<Option<ObjectId>, SessionError> {
        if kept.is_empty() {
            return Ok(None);
        }
        let mut trailers = Trailers::new();
        trailers.push("Dream-Engine", engine);
        let count = if kept.len() == 1 { "1 session".to_owned() } else { format!("{} sessions", kept.len()) };
        let subject = Scrubbed::line(&format!("reflections: {count} by {engine}"));
        let message = trailer::message(&subject, &[], &trailers);
        self.append_sessions("dream reflections", &message, |editor, writer| {
            for one in kept {
                let blob = writer.blob(&one.bytes).map_err(SessionError::Write)?;
                let path = format!("{}/{}", place(&one.session), one.name);
                editor.set(&path, FILE, blob).map_err(SessionError::Tree)?;
            }
            Ok(())
        })
    }
}
