//! All known sessions in the order of their ids: what is asked of every one of them in a row, and the record of each where
//! it is asked for. Comes from a kept file, from what differs since, or from records that are at hand; parses no
//! transcript and decides nothing.

mod agents;
mod kept;
mod row;
mod rows;
mod since;
mod tail;

use self::agents::Agents;
use self::kept::Kept;
use self::row::{Bytes, Row};
use self::rows::Rows;
use super::slots::Slots;
use crate::model::{AgentName, Host, Moment, ObjectId, Part, SessionId, SessionRecord};
use crate::text::probe::Word;
use chrono::{DateTime, Utc};
use rayon::prelude::*;

pub use self::row::record_stamp;

/// The known sessions, by their places: 0, 1, 2, … in the order of their ids.
pub struct Records {
    rows: Rows,
    agents: Agents,
    /// Records that are at hand.
    own: Vec<SessionRecord>,
    /// Where all others are.
    kept: Option<Kept>,
    /// Those of them that were asked for, by their places.
    read: Slots<Box<SessionRecord>>,
}

impl Records {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn row(&self, at: usize) -> Row<'_> {
        self.rows.get(at)
    }

    pub fn id(&self, at: usize) -> &str {
        self.id_of(self.row(at))
    }

    fn id_of(&self, row: Row<'_>) -> &str {
        match row.is_own() {
            true => self.own[row.record()].id.as_str(),
            false => self.kept.as_ref().map_or("", |kept| kept.id(row)),
        }
    }

    pub fn agent(&self, at: usize) -> &str {
        self.agents.names[self.agent_number(at)].as_str()
    }

    /// Its agent's number in [`Records::agents`].
    pub fn agent_number(&self, at: usize) -> usize {
        self.row(at).agent()
    }

    /// Names of agents, each once; perhaps some whose sessions are gone.
    pub fn agents(&self) -> &[AgentName] {
        &self.agents.names
    }

    /// How many agents there are sessions of.
    pub fn count_agents(&self) -> usize {
        let mut seen = vec![false; self.agents.names.len()];
        self.rows.iter().for_each(|row| seen[row.agent()] = true);
        seen.into_iter().filter(|seen| *seen).count()
    }

    /// See [`SessionRecord::happened`].
    pub fn happened(&self, at: usize) -> DateTime<Utc> {
        self.happened_moment(at).into()
    }

    /// The same, to be compared.
    pub fn happened_moment(&self, at: usize) -> Moment {
        self.row(at).happened()
    }

    pub fn imported(&self, at: usize) -> DateTime<Utc> {
        self.imported_moment(at).into()
    }

    /// The same, to be compared.
    pub fn imported_moment(&self, at: usize) -> Moment {
        self.row(at).imported()
    }

    /// The hash of its id.
    pub fn word(&self, at: usize) -> Word {
        self.row(at).word()
    }

    /// Tells the states of this session apart: see [`record_stamp`].
    pub fn stamp(&self, at: usize) -> u64 {
        self.row(at).stamp()
    }

    /// See [`SessionRecord::is_kept`].
    pub fn is_kept(&self, at: usize) -> bool {
        self.row(at).is_kept()
    }

    /// See [`SessionRecord::is_as_imported`].
    pub fn is_as_imported(&self, at: usize) -> bool {
        self.row(at).is_as_imported()
    }

    /// See [`SessionRecord::blob`].
    pub fn blob(&self, at: usize) -> Option<ObjectId> {
        self.row(at).blob()
    }

    /// All blobs that the last part of its newest version is or was.
    pub fn blobs(&self, at: usize) -> impl Iterator<Item = ObjectId> + '_ {
        let renamed = self.row(at).is_renamed().then(|| self.record(at));
        let part = renamed.and_then(|record| record.current()?.parts.last());
        self.blob(at).into_iter().chain(part.into_iter().flat_map(Part::blobs))
    }

    pub fn record(&self, at: usize) -> &SessionRecord {
        let row = self.row(at);
        match row.is_own() {
            true => &self.own[row.record()],
            false => self.read.get_or_init(at, || Box::new(self.unpacked(at))).expect("there is a slot for every row"),
        }
    }

    /// The record of one that is kept.
    fn unpacked(&self, at: usize) -> SessionRecord {
        let kept = self.kept.as_ref().and_then(|kept| kept.record(self.row(at), self.id(at)));
        kept.unwrap_or_else(|| self.unreadable(at))
    }

    /// Of a record that cannot be read any more, neither here nor there, what the row says: a session without a transcript.
    fn unreadable(&self, at: usize) -> SessionRecord {
        SessionRecord {
            schema: 1,
            id: SessionId::derive(self.id(at)),
            agent: self.agents.names[self.agent_number(at)].clone(),
            host: Host::Minimal,
            project: None,
            started: None,
            ended: Some(self.happened(at)),
            imported: self.imported(at),
            turns: 0,
            versions: Vec::new(),
            root: None,
            outcomes: Vec::new(),
        }
    }

    /// Whether some record could not be read: what was made of it must not be believed.
    pub fn is_damaged(&self) -> bool {
        self.kept.as_ref().is_some_and(Kept::is_damaged)
    }

    pub fn find(&self, id: &SessionId) -> Option<usize> {
        self.place(id.as_str()).ok()
    }

    /// Where a session stands, or would.
    fn place(&self, id: &str) -> Result<usize, usize> {
        self.rows.search(|row| self.id_of(row).cmp(id))
    }

    pub fn get(&self, id: &SessionId) -> Option<&SessionRecord> {
        self.find(id).map(|at| self.record(at))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SessionRecord> {
        (0..self.len()).map(|at| self.record(at))
    }

    /// All records; none where one of them cannot be read.
    pub(super) fn to_vec(&self) -> Option<Vec<SessionRecord>> {
        let one = |at| match self.row(at) {
            row if row.is_own() => self.own[row.record()].clone(),
            _ => self.unpacked(at),
        };
        let all = (0..self.len()).into_par_iter().map(one).collect();
        (!self.is_damaged()).then_some(all)
    }

    /// Adds the record of a session to those that are at hand, and gives its row.
    fn add(&mut self, record: SessionRecord) -> Bytes {
        let number = u32::try_from(self.own.len()).expect("fewer records than fit into memory");
        let row = row::of(&record, number, self.agents.number(&record.agent));
        self.own.push(record);
        row
    }
}

impl Default for Records {
    fn default() -> Self {
        let (rows, agents, own) = Default::default();
        Self { rows, agents, own, kept: None, read: Slots::new(0) }
    }
}

impl From<Vec<SessionRecord>> for Records {
    fn from(mut all: Vec<SessionRecord>) -> Self {
        all.sort_by(|a, b| a.id.cmp(&b.id));
        let mut records = Self { read: Slots::new(all.len()), ..Self::default() };
        let rows: Vec<Bytes> = all.into_iter().map(|record| records.add(record)).collect();
        records.rows = rows.into();
        records
    }
}

impl From<&[SessionRecord]> for Records {
    fn from(all: &[SessionRecord]) -> Self {
        all.to_vec().into()
    }
}
