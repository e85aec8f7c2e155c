//! Sessions as evidence needs them: looked up by id, their turns read once per command.

use crate::cli::Failure;
use crate::model::evidence::Cited;
use crate::model::{Removal, SessionId, SessionRecord, SessionVersion, Turn};
use crate::phase;
use crate::phase::memory::MEMORY;
use crate::phase::message::quote_stands;
use crate::store::Store;
use crate::text::trace::REMOVED;
use crate::transcript;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Turns of one session; none where the session is gone or cannot be read.
type Turns = Rc<Vec<Turn>>;

pub struct Archive<'s> {
    store: &'s Store,
    records: BTreeMap<SessionId, SessionRecord>,
    turns: RefCell<BTreeMap<SessionId, Turns>>,
}

/// Whether evidence names a part of this version, by what it is or by what it was.
fn names(version: &SessionVersion, cited: &Cited) -> bool {
    version.parts.iter().any(|part| part.is_named(&cited.blob))
}

impl<'s> Archive<'s> {
    pub fn new(store: &'s Store) -> Result<Self, Failure> {
        let records = store.sessions()?.into_iter().map(|record| (record.id.clone(), record)).collect();
        Ok(Self { store, records, turns: RefCell::default() })
    }

    pub fn record(&self, id: &SessionId) -> Option<&SessionRecord> {
        self.records.get(id)
    }

    /// The whole id of the blob that evidence names by its start; the start where no part of the session has it.
    pub fn blob(&self, cited: &Cited) -> String {
        let record = self.records.get(&cited.session);
        let parts = record.into_iter().flat_map(|record| &record.versions).flat_map(|version| &version.parts);
        let mut ids = parts.flat_map(|part| part.blobs()).map(|blob| blob.to_string());
        ids.find(|id| id.starts_with(&cited.blob)).unwrap_or_else(|| cited.blob.clone())
    }

    fn turns(&self, id: &SessionId) -> Turns {
        if let Some(turns) = self.turns.borrow().get(id) {
            return Rc::clone(turns);
        }
        let session = self.records.get(id).and_then(|record| phase::read::session(self.store, record).ok());
        let turns = Rc::new(session.map(|session| session.turns).unwrap_or_default());
        self.turns.borrow_mut().insert(id.clone(), Rc::clone(&turns));
        turns
    }

    /// How many pieces of evidence can be looked up, how many of their quotes stand where they say, and how many were
    /// taken out for good.
    pub fn standing(&self, evidence: &[(Cited, Option<String>)]) -> (usize, usize, usize) {
        let removed = |(cited, quote): &&(Cited, Option<String>)| self.removed(cited, quote.as_deref()).is_some();
        let (removed, kept): (Vec<_>, Vec<_>) = evidence.iter().partition(removed);
        let stands =
            |(cited, quote): &&&(Cited, Option<String>)| quote.as_deref().is_some_and(|quote| self.holds(cited, quote));
        (kept.len(), kept.iter().filter(stands).count(), removed.len())
    }

    fn holds(&self, cited: &Cited, quote: &str) -> bool {
        if cited.session.as_str() == MEMORY {
            return self.note(cited).is_some_and(|note| quote_stands(quote, note.lines()));
        }
        let Some(record) = self.records.get(&cited.session) else { return false };
        let Some(version) = record.versions.iter().find(|version| names(version, cited)) else { return false };
        let Ok(bytes) = self.store.version_bytes(version) else { return false };
        let texts = transcript::quote_at(&bytes, &cited.place).unwrap_or_default();
        quote_stands(quote, texts.iter().map(String::as_str))
    }

    /// How the bytes of evidence went, if they were taken out for good.
    pub fn removed(&self, cited: &Cited, quote: Option<&str>) -> Option<Removal> {
        let versions = self.records.get(&cited.session).map(|record| record.versions.as_slice()).unwrap_or_default();
        let version = versions.iter().find(|version| names(version, cited));
        let lines = version.and_then(|version| version.removed(cited.place.lines));
        let words = || quote.is_some_and(|quote| quote.contains(REMOVED)).then_some(Removal::Redacted);
        lines.filter(|how| *how != Removal::Masked).or_else(words)
    }

    /// The note that evidence names where memory itself is the evidence.
    fn note(&self, cited: &Cited) -> Option<String> {
        let blob = format!("{}^{{blob}}", cited.blob);
        let output = self.store.git().run(&["cat-file", "blob", &blob]).ok().filter(|output| output.success())?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The turns around a place, `around` on either side, and which of them are the evidence itself.
    pub fn context(&self, cited: &Cited, around: usize) -> Vec<(Turn, bool)> {
        let turns = self.turns(&cited.session);
        let inside = |turn: &Turn| {
            let (own, cited) = (turn.place.lines, &cited.place);
            let lines = own.first <= cited.lines.last && own.last >= cited.lines.first;
            lines && (cited.pointer.is_none() || turn.place.pointer == cited.pointer)
        };
        let Some(first) = turns.iter().position(inside) else { return Vec::new() };
        let last = turns.iter().rposition(inside).unwrap_or(first);
        let range = first.saturating_sub(around)..(last + 1 + around).min(turns.len());
        turns[range].iter().map(|turn| (turn.clone(), inside(turn))).collect()
    }
}
