//! All sessions that a run weighs together. For an engine that looks them up in columns most of them are taken as they
//! were kept, and only those that are new are read; for one that reads them whole each is unpacked.

use super::aside::Aside;
use super::cache::{Cache, Look, STALE, standing_at};
use super::corpus::{Corpus, Index, Kept, NOWHERE, Name, Recall, Session};
use super::dream::Engine;
use super::kept::Shelf;
use super::read::{Reader, kept};
use super::reflection::Reflection;
use super::weighed::{Chosen, Weighed};
use crate::config::Environment;
use crate::model::SessionId;
use crate::store::{Records, SessionsRead, Store};
use crate::text::probe::Word;
use rayon::prelude::*;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};

/// So many sessions may be put over what is kept each night before all is kept again, or so many that their square is a
/// part of all: then both take as long.
const NEW: usize = if crate::FAULTS { 0 } else { 32 };
const SHARE: usize = 16;
/// Fewer sessions than this are read faster than a file is written.
const WORTHWHILE: usize = if crate::FAULTS { 1 } else { 64 };

/// So many sessions that came since are looked up each night before what was weighed is kept again.
const ADDED: usize = if crate::FAULTS { 0 } else { 4 };

/// So many sessions are read again, should all that is kept of them be old, sooner than all that is kept.
const FEW: usize = 16;

/// What is kept of sessions, opened before any of them is asked for.
pub(super) struct Opening {
    pub shelf: Shelf,
    pub columns: Option<Kept>,
    pub weighed: Option<Weighed>,
}

impl Opening {
    /// Opens it, wherever that is called; all of it again where columns are not believed.
    pub fn of(store: &Store, engine: &dyn Engine, afresh: bool) -> impl FnOnce() -> Self + Send + use<> {
        let reflections = Cache::file(store, engine);
        let believed = engine.index().filter(|_| !afresh).map(|_| columns(&reflections));
        let shelf = Shelf::opening(store, engine);
        // So many reflections may be added before more are replaced than are not: then all are read and put in order.
        let most = |kept: &Kept| (kept.corpus.sessions.len() + STALE).checked_sub(usize::try_from(kept.stale).ok()?);
        move || match believed.and_then(|file| Kept::read(&file)).and_then(|kept| Some((most(&kept)?, kept))) {
            Some((most, columns)) => {
                let weighed = Weighed::read(&weighed(&reflections));
                let shelf = Shelf::Cache(Cache::since(reflections, columns.covered, most));
                Self { shelf, columns: Some(columns), weighed }
            }
            None => Self { shelf: shelf(), columns: None, weighed: None },
        }
    }
}

/// Beside the file of reflections.
fn columns(reflections: &std::path::Path) -> PathBuf {
    reflections.with_extension("columns")
}

fn weighed(reflections: &std::path::Path) -> PathBuf {
    reflections.with_extension("weighed")
}

pub(super) struct Gathered<'a> {
    index: Option<fn(&Reflection) -> Index>,
    reflections: PathBuf,
    columns: Option<Kept>,
    /// The columns that were taken in.
    name: Option<Name>,
    /// How many sessions came since what was weighed was kept; nothing where all sessions were looked at.
    added: Option<usize>,
    /// Sessions that were looked at and of which not both holds: that they were read, and that these columns have them.
    open: Vec<usize>,
    /// Those of them that were read.
    missing: Vec<usize>,
    records: &'a Records,
    pub corpus: Aside<Corpus>,
    pub whole: Whole<'a>,
    /// What is kept of sessions that nobody asked for yet, by the hashes of their ids: its stamp, and where it stands.
    spare: HashMap<Word, (u64, u64)>,
    /// How many sessions differ from what is kept.
    new: usize,
    /// How many reflections that are kept are of no use any more.
    stale: u64,
    is_arranged: bool,
}

impl<'a> Gathered<'a> {
    pub fn new(store: &Store, engine: &dyn Engine, columns: Option<Kept>, records: &'a Records) -> Self {
        let reflections = Cache::file(store, engine);
        let whole = Whole {
            reflections: Aside::new(Vec::new()),
            places: HashMap::new(),
            file: reflections.clone(),
            open: OnceLock::new(),
            environment: store.environment().clone(),
            git_dir: store.git_dir().to_owned(),
            records,
            is_damaged: AtomicBool::new(false),
        };
        let corpus = Aside::new(Corpus::default());
        Self {
            index: engine.index(),
            reflections,
            columns,
            name: None,
            added: None,
            open: Vec::new(),
            missing: Vec::new(),
            records,
            corpus,
            whole,
            spare: HashMap::new(),
            new: 0,
            stale: 0,
            is_arranged: true,
        }
    }

    /// Takes in what is kept of sessions, those that dreams have read and those that this one reads first, each the
    /// newest first; tells of which of them nothing is.
    pub fn known(&mut self, chosen: &Chosen, first: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let read = &chosen.selection.read;
        let missing = match self.columns.take() {
            None => (read.clone(), first.to_vec()),
            Some(Kept { corpus, stale, name, .. }) => {
                (*self.corpus, self.stale, self.name) = (corpus, stale, Some(name));
                match chosen.among {
                    Some(_) => (self.not_kept(read), self.not_kept(first)),
                    None => self.left(read, first),
                }
            }
        };
        self.added = chosen.among.as_ref().map(|among| among.added);
        self.open = self.left_open(chosen, &missing.0);
        self.missing.clone_from(&missing.0);
        missing
    }

    fn left_open(&self, chosen: &Chosen, missing: &[usize]) -> Vec<usize> {
        let mut is_done = vec![false; self.records.len()];
        chosen.selection.read.iter().for_each(|place| is_done[*place] = true);
        missing.iter().for_each(|place| is_done[*place] = false);
        let is_open = |place: &usize| !is_done[*place];
        match &chosen.among {
            Some(among) => among.places.iter().copied().filter(is_open).collect(),
            None => (0..is_done.len()).filter(is_open).collect(),
        }
    }

    /// Those of which the columns, that have no others, have nothing.
    fn not_kept(&self, places: &[usize]) -> Vec<usize> {
        let is_kept = |place: usize| {
            let at = self.corpus.find(self.records.happened_moment(place), self.records.id(place));
            at.is_some_and(|at| self.corpus.sessions[at].stamp == self.records.stamp(place))
        };
        places.iter().copied().filter(|place| !is_kept(*place)).collect()
    }

    /// The same where all others are left out of the columns.
    fn left(&mut self, read: &[usize], first: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let mut stays = vec![false; self.corpus.sessions.len()];
        let missing = (self.find(read, &mut stays), self.find(first, &mut stays));
        let gone = self.corpus.sessions.iter().zip(&stays).filter(|(_, stays)| !**stays);
        self.spare = gone.map(|(session, _)| (session.word, (session.stamp, session.place))).collect();
        if !self.spare.is_empty() {
            self.corpus.retain(&stays);
        }
        self.new += self.spare.len();
        self.stale += self.spare.len() as u64;
        missing
    }

    /// Marks these sessions in the order of the columns, and tells which are not there.
    fn find(&self, places: &[usize], found: &mut [bool]) -> Vec<usize> {
        let (sessions, records) = (self.corpus.sessions.view(), self.records);
        let (mut at, mut missing) = (0, Vec::new());
        for place in oldest_first(records, places) {
            let (happened, id) = (records.happened_moment(place), || records.id(place));
            let order = |session: &Session| {
                session.happened.cmp(&happened).then_with(|| self.corpus.text(session.id).cmp(id()))
            };
            let mut is_here = Ordering::Less;
            while let Some(session) = sessions.get(at) {
                is_here = order(session);
                if is_here.is_ge() {
                    break;
                }
                at += 1;
            }
            let is_it = |session: &&Session| is_here.is_eq() && session.stamp == records.stamp(place);
            match sessions.get(at).filter(is_it) {
                Some(_) => found[at] = true,
                None => missing.push(place),
            }
        }
        missing
    }

    /// Where to look for what is kept of sessions that are not in the columns: of few of them nothing is but lately,
    /// unless they were left out as they are now.
    pub fn look(&self, places: &[usize]) -> Look {
        let left_out = |place: usize| self.spare.get(&self.records.word(place));
        let is_spare = |place: &usize| left_out(*place).is_some_and(|(stamp, _)| *stamp == self.records.stamp(*place));
        match places.len() > FEW || places.iter().any(is_spare) {
            true => Look::Everywhere,
            false => Look::Lately,
        }
    }

    /// Takes in what was read.
    pub fn add(&mut self, reflections: Vec<Reflection>, reader: &Reader<'_>) {
        if let Some(index) = self.index {
            let indices: Vec<Index> = reflections.par_iter().map(index).collect();
            for (reflection, index) in reflections.iter().zip(indices) {
                let id = &reflection.session;
                let session = self.corpus.push(reflection, &index);
                let record = self.records.find(id);
                session.stamp = record.map_or(0, |at| self.records.stamp(at));
                session.place = reader.place(session.word).unwrap_or(NOWHERE);
                session.is_as_imported = record.is_none_or(|at| self.records.is_as_imported(at)).into();
                // It was not replaced.
                let is_same = self.spare.get(&session.word) == Some(&(session.stamp, session.place));
                self.stale -= u64::from(is_same).min(self.stale);
                self.whole.places.insert(id.clone(), self.whole.places.len());
            }
            self.new += reflections.len();
            self.is_arranged = reflections.is_empty() && self.is_arranged;
        }
        match self.whole.reflections.is_empty() {
            true => *self.whole.reflections = reflections,
            false => self.whole.reflections.extend(reflections),
        }
    }

    /// Puts all in its order.
    pub fn arrange(&mut self) {
        if !std::mem::replace(&mut self.is_arranged, true) {
            self.corpus.arrange();
        }
    }

    /// Keeps all of it where that is worth the time, and what was weighed of what dreams had read. A file that cannot be
    /// written is no error.
    pub fn keep(&self, read: &SessionsRead) {
        if self.index.is_none() {
            return;
        }
        let all = self.corpus.sessions.len();
        let is_worth = all >= WORTHWHILE && self.new > NEW && self.new.saturating_mul(self.new) > all / SHARE;
        // What holds of the sessions of a night before holds still.
        if !is_worth && self.added.is_some_and(|added| (0..=ADDED).contains(&added)) {
            return;
        }
        let (columns, open) = match is_worth {
            true => (self.keep_columns(), self.left_out()),
            false => (self.name.filter(|_| self.spare.is_empty()), self.open.clone()),
        };
        if let (Some(columns), Some(tree)) = (columns, self.records.tree()) {
            let open = open.into_iter().map(|place| self.records.record(place).id.clone()).collect();
            let now = Weighed { columns, tree, read: read.mark(), open };
            let _ = now.write(&weighed(&self.reflections), self.records);
        }
    }

    fn keep_columns(&self) -> Option<Name> {
        let covered = std::fs::metadata(&self.reflections).map_or(0, |file| file.len());
        Kept::write(&columns(&self.reflections), &self.corpus, (covered, self.stale)).ok()
    }

    /// What is open once all that was taken in is in the columns.
    fn left_out(&self) -> Vec<usize> {
        let is_in = |place: &usize| self.whole.places.contains_key(&self.records.record(*place).id);
        let now: HashSet<usize> = self.missing.iter().copied().filter(is_in).collect();
        self.open.iter().copied().filter(|place| !now.contains(place)).collect()
    }
}

/// Sessions that come newest first, and those of one time in the order of their ids, as they happened.
fn oldest_first(records: &Records, places: &[usize]) -> impl Iterator<Item = usize> {
    places.chunk_by(|a, b| records.happened_moment(*a) == records.happened_moment(*b)).rev().flatten().copied()
}

/// Whole reflections: those that this run read, and any other that is asked for.
pub(super) struct Whole<'a> {
    pub reflections: Aside<Vec<Reflection>>,
    places: HashMap<SessionId, usize>,
    file: PathBuf,
    open: OnceLock<Option<Mutex<File>>>,
    environment: Environment,
    git_dir: PathBuf,
    records: &'a Records,
    is_damaged: AtomicBool,
}

impl Whole<'_> {
    /// Whether one that was asked for is not there any more: what was told is not to be believed.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged.load(Relaxed)
    }

    fn read(&self, id: &SessionId, session: &Session) -> Option<Reflection> {
        if session.place == NOWHERE {
            // Of a session whose transcript was dropped.
            let store = Store::open(&self.environment, &self.git_dir).ok()?;
            return kept(&store, self.records.get(id)?);
        }
        let open = || File::open(&self.file).ok().map(Mutex::new);
        let file = self.open.get_or_init(open).as_ref()?;
        let mut file = file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        standing_at(&mut file, session.place, session.word, session.stamp).filter(|found| found.session == *id)
    }
}

impl Recall for Whole<'_> {
    fn reflection(&self, id: &str, session: &Session) -> Option<Cow<'_, Reflection>> {
        let id = SessionId::new(id).ok()?;
        if let Some(at) = self.places.get(&id) {
            return self.reflections.get(*at).map(Cow::Borrowed);
        }
        let found = self.read(&id, session).map(Cow::Owned);
        self.is_damaged.fetch_or(found.is_none(), Relaxed);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AgentName, Host, ObjectId, Part, SessionRecord, SessionVersion};
    use crate::phase::review::{Filter, select};
    use crate::store::SessionsRead;
    use chrono::DateTime;

    #[test]
    fn sessions_are_looked_for_in_the_order_in_which_they_lie() {
        let record = |nth: usize, happened: i64| {
            let time = DateTime::from_timestamp(happened, 0).expect("a time");
            let part = Part::new(ObjectId::of_blob(&nth.to_le_bytes()), 1, 1, time);
            SessionRecord {
                schema: 1,
                id: SessionId::new(&format!("s{nth}")).expect("an id"),
                agent: AgentName::new("x/p").expect("a name"),
                host: Host::Minimal,
                project: None,
                started: None,
                // Those without a time happened when they were imported: all at once.
                ended: None,
                imported: time,
                turns: 1,
                versions: vec![SessionVersion { parts: vec![part] }],
                root: None,
                outcomes: Vec::new(),
            }
        };
        let all: Vec<SessionRecord> = (0..40).map(|nth| record(nth, [5, 9, 5, 5, 1][nth % 5])).collect();
        let records = Records::from(all.as_slice());
        let selection = select(&records, &SessionsRead::default(), &Filter::default(), DateTime::UNIX_EPOCH);
        let reflections: Vec<Reflection> = all.iter().map(Reflection::empty).collect();
        let corpus = Corpus::of(&reflections, |_| Index::default());
        let lie: Vec<&str> = (0..40).map(|at| corpus.id(at)).collect();
        assert_eq!(oldest_first(&records, &selection.unread).map(|at| records.id(at)).collect::<Vec<_>>(), lie);
    }
}
