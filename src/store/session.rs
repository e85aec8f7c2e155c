//! Stored sessions: `refs/dream/sessions` holds `sessions/<aa>/<id>/record.json` and beside it the transcript's parts,
//! `transcript/v1-0001` and so on; `<aa>` spreads the ids. The ref only ever grows, and nothing here parses a
//! transcript.

use super::object::FILE;
use super::{
    IdentityError, NewCommit, PackWriter, ReadError, Records, RefError, RefUpdate, SignError, Store, TreeEditor,
    TreeEntry, TreeError, WriteError,
};
use crate::model::{ObjectId, Outcome, SessionId, SessionRecord, SessionVersion, Trailers, trailer};
use crate::text::Scrubbed;
use sha1::{Digest, Sha1};

/// Where sessions are kept. Outside `refs/heads`, so that a plain `git push` never publishes raw transcripts.
pub const SESSIONS: &str = "refs/dream/sessions";
const NEAR: usize = 3;

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("read the sessions")]
    Read(#[source] ReadError),
    #[error("read the record of session {id}")]
    Record { id: String, source: serde_json::Error },
    #[error("edit the stored sessions")]
    Tree(#[source] TreeError),
    #[error("write the sessions")]
    Write(#[source] WriteError),
    #[error("sign the import")]
    Identity(#[source] IdentityError),
    #[error("commit the sessions")]
    Sign(#[source] SignError),
    #[error("record the sessions")]
    Reference(#[source] RefError),
    #[error("find the session")]
    Find(#[source] Box<FindError>),
}

#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("find a session that starts with '{prefix}'")]
    NotFound { prefix: String, near: Vec<SessionId> },
    #[error("choose a session: {} start with '{prefix}'", .candidates.len())]
    Ambiguous { prefix: String, candidates: Vec<SessionId> },
    #[error("find the session '{prefix}'")]
    Session { prefix: String, source: SessionError },
}

/// The folder of one session.
pub(super) fn folder(id: &SessionId) -> String {
    format!("sessions/{}/{id}", fan(id))
}

/// The folder that it stands in.
pub(super) fn fan(id: &SessionId) -> String {
    crate::model::id::hex(&Sha1::digest(id.as_str().as_bytes())[..1])
}

pub(super) fn record_path(id: &SessionId) -> String {
    format!("{}/record.json", folder(id))
}

/// Versions and parts count from 1.
pub fn part_path(id: &SessionId, version: usize, part: usize) -> String {
    format!("{}/transcript/v{version}-{part:04}", folder(id))
}

pub(super) fn encode(record: &SessionRecord) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(record).expect("a record has only string keys");
    bytes.push(b'\n');
    bytes
}

pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<SessionRecord, SessionError> {
    serde_json::from_slice(bytes).map_err(|source| SessionError::Record { id: name.to_owned(), source })
}

/// Adds outcomes that are not there yet; the time of judging makes no difference. Gives how many were new.
pub(super) fn merge_outcomes(into: &mut Vec<Outcome>, from: &[Outcome]) -> usize {
    let before = into.len();
    for outcome in from {
        let same = |old: &Outcome| Outcome { at: outcome.at, ..old.clone() } == *outcome;
        if !into.iter().any(same) {
            into.push(outcome.clone());
        }
    }
    into.len() - before
}

impl Store {
    /// The tree of `refs/dream/sessions`; nothing before the first import.
    pub fn sessions_tree(&self) -> Result<Option<ObjectId>, ReadError> {
        let tip = self.reference(SESSIONS)?;
        tip.map(|tip| self.commit(tip).map(|commit| commit.tree)).transpose()
    }

    /// The records of all sessions, sorted by id.
    pub fn sessions(&self) -> Result<Vec<SessionRecord>, SessionError> {
        match self.records()?.to_vec() {
            Some(records) => Ok(records),
            None => self.read_records().map(|(_, records)| records),
        }
    }

    /// The same in the order of their ids, each unpacked only when it is asked for.
    pub fn records(&self) -> Result<Records, SessionError> {
        let Some(tree) = self.folder_of_sessions().map_err(SessionError::Read)? else { return Ok(Records::default()) };
        if let Some((known, records)) = self.kept_records()
            && let Some(records) = self.records_since(known, tree, records)
        {
            return Ok(records);
        }
        self.records_afresh()
    }

    /// The same, whatever is kept.
    pub fn records_afresh(&self) -> Result<Records, SessionError> {
        let (tree, records) = self.read_records()?;
        let records = Records::from(records);
        if let Some(tree) = tree {
            self.keep_records(tree, &records);
        }
        Ok(records)
    }

    /// Reads every record, and gives the tree that they are in.
    fn read_records(&self) -> Result<(Option<ObjectId>, Vec<SessionRecord>), SessionError> {
        let tree = self.folder_of_sessions().map_err(SessionError::Read)?;
        let folders = tree.map_or(Ok(Vec::new()), |tree| self.session_folders(tree)).map_err(SessionError::Read)?;
        let mut records = Vec::new();
        for (name, folder) in folders {
            let entries = self.tree(folder).map_err(SessionError::Read)?;
            let Some(record) = entries.iter().find(|entry| entry.name == b"record.json") else { continue };
            records.push(decode(&name, &self.blob(record.id).map_err(SessionError::Read)?)?);
        }
        records.sort_by(|a: &SessionRecord, b| a.id.cmp(&b.id));
        Ok((tree, records))
    }

    /// The folder that all sessions are in.
    fn folder_of_sessions(&self) -> Result<Option<ObjectId>, ReadError> {
        let Some(root) = self.sessions_tree()? else { return Ok(None) };
        Ok(self.find_path(root, "sessions")?.map(|tree| tree.id))
    }

    /// Every record of a tree of sessions under its path, each read or not: one bad record hides no other.
    #[expect(clippy::type_complexity, reason = "a path and what was read there")]
    pub fn stored_records(
        &self,
        root: ObjectId,
    ) -> Result<Vec<(String, Result<SessionRecord, SessionError>)>, ReadError> {
        let Some(tree) = self.find_path(root, "sessions")? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (name, folder) in self.session_folders(tree.id)? {
            let entries = self.tree(folder)?;
            let record = entries.iter().find(|entry| entry.name == b"record.json").map(|entry| entry.id);
            let missing = ReadError::Missing { what: "record", id: folder };
            let bytes = record.map_or(Err(missing), |id| self.blob(id)).map_err(SessionError::Read);
            found.push((name.clone(), bytes.and_then(|bytes| decode(&name, &bytes))));
        }
        Ok(found)
    }

    /// The record of the session with exactly this id.
    pub fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>, SessionError> {
        let fans = self.session_fans().map_err(SessionError::Read)?;
        self.session_in(&fans, id)
    }

    /// The folders that sessions stand in, which [`Store::session_in`] looks through.
    pub fn session_fans(&self) -> Result<Vec<TreeEntry>, ReadError> {
        self.folder_of_sessions()?.map_or(Ok(Vec::new()), |tree| self.tree(tree))
    }

    /// The same as [`Store::session`], for who asks for several.
    pub fn session_in(&self, fans: &[TreeEntry], id: &SessionId) -> Result<Option<SessionRecord>, SessionError> {
        let name = fan(id);
        let Some(fan) = fans.iter().find(|entry| entry.name == name.as_bytes()) else { return Ok(None) };
        match self.find_path(fan.id, &format!("{id}/record.json")).map_err(SessionError::Read)? {
            Some(entry) => decode(id.as_str(), &self.blob(entry.id).map_err(SessionError::Read)?).map(Some),
            None => Ok(None),
        }
    }

    /// The session that a unique prefix of an id names; a whole id always names its own.
    pub fn find_session(&self, prefix: &str) -> Result<SessionRecord, FindError> {
        let wrap = |source| FindError::Session { prefix: prefix.to_owned(), source };
        let ids = self.session_ids().map_err(|source| wrap(SessionError::Read(source)))?;
        let mut found: Vec<&SessionId> = ids.iter().filter(|id| id.as_str().starts_with(prefix)).collect();
        if let Some(exact) = found.iter().find(|id| id.as_str() == prefix) {
            found = vec![exact];
        }
        match found[..] {
            [id] => match self.session(id).map_err(wrap)? {
                Some(record) => Ok(record),
                None => Err(FindError::NotFound { prefix: prefix.to_owned(), near: Vec::new() }),
            },
            [] => Err(FindError::NotFound { prefix: prefix.to_owned(), near: near(&ids, prefix) }),
            _ => Err(FindError::Ambiguous {
                prefix: prefix.to_owned(),
                candidates: found.into_iter().cloned().collect(),
            }),
        }
    }

    /// What a session taught, where it was kept because the transcript was dropped.
    pub fn kept_reflection(&self, id: &SessionId) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(root) = self.sessions_tree()? else { return Ok(None) };
        let entry = self.find_path(root, &format!("{}/reflection.json", folder(id)))?;
        entry.map(|entry| self.blob(entry.id)).transpose()
    }

    /// The raw bytes of the newest version, its parts joined.
    pub fn transcript(&self, record: &SessionRecord) -> Result<Vec<u8>, ReadError> {
        record.current().map_or(Ok(Vec::new()), |version| self.version_bytes(version))
    }

    /// The raw bytes of one version, its parts joined.
    pub fn version_bytes(&self, version: &SessionVersion) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::with_capacity(version.parts.iter().map(|part| part.bytes as usize).sum());
        for part in &version.parts {
            bytes.append(&mut self.blob(part.blob)?);
        }
        Ok(bytes)
    }

    /// Adds a judgement to a session. Gives the commit, or nothing when the session has this outcome already.
    pub fn add_outcome(&self, id: &SessionId, outcome: Outcome) -> Result<Option<ObjectId>, SessionError> {
        let mut trailers = Trailers::new();
        trailers.push("Dream-Session", id.as_str()).push("Dream-Outcome", outcome.result.as_str());
        let subject = Scrubbed::line(&format!("outcome: {} for {id}", outcome.result.as_str().replace('_', " ")));
        let body: Vec<Scrubbed> = outcome.explanation.iter().map(|text| Scrubbed::block(text)).collect();
        let message = trailer::message(&subject, &body, &trailers);
        self.append_sessions("dream outcome", &message, |editor, writer| {
            let path = record_path(id);
            let missing = || FindError::NotFound { prefix: id.to_string(), near: Vec::new() };
            let entry = editor.find(&path).map_err(SessionError::Tree)?;
            let entry = entry.ok_or_else(|| SessionError::Find(Box::new(missing())))?;
            let mut record = decode(id.as_str(), &self.blob(entry.id).map_err(SessionError::Read)?)?;
            if merge_outcomes(&mut record.outcomes, std::slice::from_ref(&outcome)) > 0 {
                let blob = writer.blob(&encode(&record)).map_err(SessionError::Write)?;
                editor.set(&path, FILE, blob).map_err(SessionError::Tree)?;
            }
            Ok(())
        })
    }

    /// Appends one commit to the sessions ref, under the lock from reading to moving it. Gives the commit, or nothing
    /// when the edit changed nothing.
    pub fn append_sessions(
        &self,
        reason: &str,
        message: &str,
        edit: impl FnOnce(&mut TreeEditor<'_>, &mut PackWriter<'_>) -> Result<(), SessionError>,
    ) -> Result<Option<ObjectId>, SessionError> {
        let mut lock = self.lock().map_err(SessionError::Reference)?;
        let tip = self.reference(SESSIONS).map_err(SessionError::Read)?;
        let base = tip.map(|tip| self.commit(tip).map(|commit| commit.tree)).transpose().map_err(SessionError::Read)?;
        let mut editor = TreeEditor::new(self, base).map_err(SessionError::Tree)?;
        let mut writer = self.writer();
        edit(&mut editor, &mut writer)?;
        let tree = editor.write(&mut writer).map_err(SessionError::Tree)?;
        if Some(tree) == base {
            return Ok(None);
        }
        let commit = self.seal_sessions(writer, tip, tree, message)?;
        self.update_refs_under(&mut lock, &[moved(tip, commit, reason)]).map_err(SessionError::Reference)?;
        Ok(Some(commit))
    }

    /// Writes the commit and finishes the pack; the ref does not move yet.
    pub(super) fn seal_sessions(
        &self,
        writer: PackWriter<'_>,
        tip: Option<ObjectId>,
        tree: ObjectId,
        message: &str,
    ) -> Result<ObjectId, SessionError> {
        let author = self.author_identity().map_err(SessionError::Identity)?;
        let committer = self.identity().map_err(SessionError::Identity)?;
        let parents = tip.into_iter().collect();
        let new = NewCommit { tree, parents, author, committer, message: message.to_owned() };
        self.seal(writer, &new).map_err(SessionError::Sign)
    }

    /// Every session's name and folder, as the tree lists them.
    fn session_folders(&self, tree: ObjectId) -> Result<Vec<(String, ObjectId)>, ReadError> {
        let mut folders = Vec::new();
        for fan in self.tree(tree)?.into_iter().filter(TreeEntry::is_folder) {
            let entries = self.tree(fan.id)?.into_iter().filter(TreeEntry::is_folder);
            folders.extend(entries.map(|entry| (String::from_utf8_lossy(&entry.name).into_owned(), entry.id)));
        }
        Ok(folders)
    }

    /// All ids, sorted, without reading a record.
    fn session_ids(&self) -> Result<Vec<SessionId>, ReadError> {
        let Some(tree) = self.folder_of_sessions()? else { return Ok(Vec::new()) };
        let folders = self.session_folders(tree)?;
        let mut ids: Vec<SessionId> = folders.iter().filter_map(|(name, _)| SessionId::new(name).ok()).collect();
        ids.sort();
        Ok(ids)
    }
}

pub(super) fn moved(tip: Option<ObjectId>, commit: ObjectId, reason: &str) -> RefUpdate {
    RefUpdate { name: SESSIONS.to_owned(), expected: tip, new: Some(commit), reason: reason.to_owned() }
}

/// The ids that the person may have meant: those that hold the text, then those that share the longest beginning.
fn near(ids: &[SessionId], text: &str) -> Vec<SessionId> {
    let shared = |id: &SessionId| id.as_str().bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    let holds = |id: &SessionId| !text.is_empty() && id.as_str().contains(text);
    let mut near: Vec<&SessionId> = ids.iter().filter(|id| holds(id) || shared(id) * 2 >= text.len().max(4)).collect();
    near.sort_by_key(|id| (!holds(id), std::cmp::Reverse(shared(id))));
    near.into_iter().take(NEAR).cloned().collect()
}
