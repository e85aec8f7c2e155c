//! Sessions as evidence needs them: looked up by id, their turns read once per command.

use crate::model::evidence::Cited;
use crate::model::{Removal, SessionId, SessionRecord, SessionVersion, Turn};
use crate::phase;
use crate::phase::memory::MEMORY;
use crate::phase::message::quote_stands;
use crate::store::{Store, TreeEntry};
use crate::text::trace::REMOVED;
use crate::transcript;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Turns of one session; none where the session is gone or cannot be read.
type Turns = Rc<Vec<Turn>>;

pub struct Archive<'s> {
    store: &'s Store,
    /// The folders of all sessions as they were when the first was asked for.
    fans: OnceCell<Vec<TreeEntry>>,
    /// Nothing for a session that is not there, or whose record cannot be read.
    records: RefCell<BTreeMap<SessionId, Option<Rc<SessionRecord>>>>,
    /// Every record, once more were asked for than are read sooner one by one.
    all: OnceCell<BTreeMap<SessionId, Rc<SessionRecord>>>,
    turns: RefCell<BTreeMap<SessionId, Turns>>,
}

/// Records that are read one by one; all ten thousand of a memory together take no longer than a few hundred alone.
const FEW: usize = 64;

/// Whether evidence names a part of this version, by what it is or by what it was.
fn names(version: &SessionVersion, cited: &Cited) -> bool {
    version.parts.iter().any(|part| part.is_named(&cited.blob))
}

impl<'s> Archive<'s> {
    pub fn new(store: &'s Store) -> Self {
        let (fans, records, all, turns) = Default::default();
        Self { store, fans, records, all, turns }
    }

    pub fn record(&self, id: &SessionId) -> Option<Rc<SessionRecord>> {
        if let Some(known) = self.records.borrow().get(id) {
            return known.clone();
        }
        if self.records.borrow().len() >= FEW {
            let all = self.all.get_or_init(|| {
                let records = self.store.sessions().unwrap_or_default();
                records.into_iter().map(|record| (record.id.clone(), Rc::new(record))).collect()
            });
            return all.get(id).cloned();
        }
        let fans = self.fans.get_or_init(|| self.store.session_fans().unwrap_or_default());
        let record = self.store.session_in(fans, id).ok().flatten().map(Rc::new);
        self.records.borrow_mut().insert(id.clone(), record.clone());
        record
    }

    /// The whole id of the blob that evidence names by its start; the start where no part of the session has it.
    pub fn blob(&self, cited: &Cited) -> String {
        let record = self.record(&cited.session);
        let parts = record.iter().flat_map(|record| &record.versions).flat_map(|version| &version.parts);
        let mut ids = parts.flat_map(|part| part.blobs()).map(|blob| blob.to_string());
        ids.find(|id| id.starts_with(&cited.blob)).unwrap_or_else(|| cited.blob.clone())
    }

    fn turns(&self, id: &SessionId) -> Turns {
        if let Some(turns) = self.turns.borrow().get(id) {
            return Rc::clone(turns);
        }
        let session = self.record(id).and_then(|record| phase::read::session(self.store, &record).ok());
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
        let Some(record) = self.record(&cited.session) else { return false };
        let Some(version) = record.versions.iter().find(|version| names(version, cited)) else { return false };
        let Ok(bytes) = self.store.version_bytes(version) else { return false };
        let texts = transcript::quote_at(&bytes, &cited.place).unwrap_or_default();
        quote_stands(quote, texts.iter().map(String::as_str))
    }

    /// How the bytes of evidence went, if they were taken out for good.
    pub fn removed(&self, cited: &Cited, quote: Option<&str>) -> Option<Removal> {
        let record = self.record(&cited.session);
        let versions = record.as_ref().map(|record| record.versions.as_slice()).unwrap_or_default();
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
