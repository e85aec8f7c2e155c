//! One night: review, extract, reconcile and prune, then the branch. Reads history, memory and sessions; writes
//! nothing but the dream's own branch.

use super::aside::Aside;
use super::cache::Look;
use super::entries::{At, Entries, History};
use super::extract::{Extract, Keeping};
use super::gathered::{Gathered, Opening};
use super::memory;
use super::opinion::Reviewer;
use super::quiet::Quiet;
use super::quotes::Transcripts;
use super::read::{Read, Reader};
use super::reconcile::{Reconcile, Report, Situation};
use super::review::{self, Filter};
use super::risk;
use super::scribe::Scribe;
use super::settle::{self, Ground, Settled, Skipped};
use super::trust::Lineage;
use super::weighed::Chosen;
use super::write::{self, WriteDreamError};
use crate::config::Settings;
use crate::config::settings::Approval;
use crate::model::{AgentName, Change, NotePath, ObjectId, SessionId, SessionRecord, Target};
use crate::store::{DreamIndex, IdentityError, MemoryError, ReadError, Records, SessionsRead, Store};
use chrono::{DateTime, NaiveTime, Utc};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// So many records at least are unpacked by one core.
const LEAST: usize = 256;

/// What thinks: reflects on single sessions, then reconciles all of them with memory.
pub trait Engine: Extract + Reconcile {}

impl<T: Extract + Reconcile> Engine for T {}

#[derive(Debug, thiserror::Error)]
pub enum DreamError {
    #[error("dream: memory has no commit yet")]
    NoMemory,
    #[error("read the repository")]
    Read(#[from] ReadError),
    #[error("read the sessions")]
    Sessions(#[from] crate::store::session::SessionError),
    #[error("find the memory branch")]
    Memory(#[from] MemoryError),
    #[error("find out who you are")]
    Identity(#[from] IdentityError),
    #[error("write the dream")]
    Write(#[from] WriteDreamError),
    #[error("dream with this engine")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a run is asked to do.
pub struct Request<'a> {
    pub settings: &'a Settings,
    pub filter: Filter,
    pub until: Until,
    /// Who gives a second opinion on every change.
    pub reviewer: Option<&'a dyn Reviewer>,
}

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// Changes are found, and nothing is written.
    Found,
    /// They have a second opinion too.
    Judged,
    Written,
}

/// A session that was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionRead {
    pub id: SessionId,
    pub agent: AgentName,
    pub blob: ObjectId,
    pub turns: u32,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Night {
    pub base: Option<ObjectId>,
    pub sessions: Vec<SessionRead>,
    /// What was found, in the order of its commits.
    pub changes: Vec<Change>,
    /// The dream that was written; `None` when there was nothing to propose, or for a dry run.
    pub dream: Option<write::Written>,
    /// Under automatic approval: what carries a risk, as a dream of its own that waits for a person.
    pub held: Option<write::Written>,
    pub skipped: Vec<Skipped>,
    /// The engine by its name, and how it came to its proposals.
    pub engine: String,
    pub report: Report,
}

/// Runs a dream from memory as it is now.
pub fn run(store: &Store, engine: &dyn Engine, request: &Request<'_>) -> Result<Night, DreamError> {
    let tip = store.memory_tip()?.ok_or(DreamError::NoMemory)?;
    let quiet = Quiet::new(store, engine, request, tip)?;
    if let Some(told) = quiet.told().filter(|_| !matches!(engine.keeping(), Keeping::Afresh | Keeping::Nowhere)) {
        let (sessions, skipped, engine) = (told.sessions, told.skipped, engine.name().to_owned());
        return Ok(Night { base: Some(tip), sessions, skipped, engine, ..Night::default() });
    }
    let night = think_and_write(store, engine, request, tip)?;
    if night.changes.is_empty() && !night.report.unfinished {
        quiet.keep(&night.sessions, &night.skipped);
    }
    Ok(night)
}

/// The day of a run, from its beginning: what is old enough to be left out or retired depends on no hour.
pub(super) fn today(store: &Store) -> DateTime<Utc> {
    store.environment().now.date_naive().and_time(NaiveTime::MIN).and_utc()
}

fn think_and_write(
    store: &Store,
    engine: &dyn Engine,
    request: &Request<'_>,
    tip: ObjectId,
) -> Result<Night, DreamError> {
    let at = At { store, commit: tip, folders: &request.settings.folders, afresh: false };
    if let Some(night) = think_and_write_at(&at, engine, request)? {
        return Ok(night);
    }
    // What was kept of memory is damaged: all of it is read again, even where it cannot be thrown away.
    at.forget();
    let night = think_and_write_at(&At { afresh: true, ..at }, engine, request)?;
    Ok(night.expect("nothing is kept of what is read afresh"))
}

/// Nothing where what is kept of memory turned out to be damaged.
fn think_and_write_at(at: &At<'_>, engine: &dyn Engine, request: &Request<'_>) -> Result<Option<Night>, DreamError> {
    let (store, tip) = (at.store, at.commit);
    // Until sessions are read one core has little to do.
    risk::ready();
    let source = at.read()?;
    let ledger = store.ledger(Some(tip))?;
    let open = Opening::of(store, engine, at.afresh);
    let (mut opening, mut done) = (None, SessionsRead::default());
    // None of these depends on another, and each takes as long as there are sessions.
    let records = rayon::in_place_scope(|scope| {
        scope.spawn(|_| opening = Some(open()));
        scope.spawn(|_| done = ledger.sessions_read());
        match at.afresh {
            true => store.records_afresh().map(Aside::new),
            false => store.records().map(Aside::new),
        }
    })?;
    let done = Aside::new(done);
    let Opening { shelf, columns, weighed } = opening.expect("the scope waits for it");
    let (limit, read_texts) = (request.settings.max_sessions as usize, store.known_texts());
    let (filter, before) = ((&request.filter, today(store)), weighed.zip(columns.as_ref()));
    let among = before.and_then(|(weighed, kept)| weighed.open_now(store, (&records, &done), filter.0, kept.name));
    let choose = || Chosen::new((&records, &done), filter, among, limit);
    let (chosen, (texts, written)) = rayon::join(choose, || rayon::join(read_texts, || source.written()));
    let selection = &chosen.selection;
    let mut night = Night { base: Some(tip), engine: engine.name().to_owned(), ..Night::default() };
    night.skipped.extend(source.skipped.iter().map(|s| Skipped { what: s.what.clone(), why: s.why.clone() }));
    let dreams = if at.afresh { DreamIndex::whole(&ledger) } else { store.dream_index(&ledger) };
    let history = History::new(store, &dreams, &records);
    let memory = source.entries(written, &history, &texts);
    let reader = Reader::with(store, engine, shelf);
    let gathered = Gathered::new(store, engine, columns, &records);
    let mut thinking = Thinking::new(reader, gathered, engine, request, &memory, &records, &dreams);
    let (mut settled, mut read) = (Settled::default(), Vec::new());
    // Sessions that teach nothing leave no trace in history. They must not keep older ones from being read: then twice
    // as many are read, so that even thousands of them cost no more than a few times one reading.
    let mut unread = selection.unread.as_slice();
    let first = &unread[..unread.len().min(thinking.room(limit, 0))];
    let mut missing = Some(thinking.recall(&chosen, first, &mut night.skipped)?);
    while !unread.is_empty() && settled.changes.is_empty() && thinking.room(limit, read.len()) > 0 {
        let (batch, rest) = unread.split_at(unread.len().min(thinking.room(limit, read.len())));
        let missing = missing.take().unwrap_or_else(|| batch.to_vec());
        thinking.read(&missing, thinking.gathered.look(&missing), &mut night.skipped)?;
        read.extend(batch);
        settled = thinking.think(&read, tip)?;
        unread = rest;
        // Who did not answer about these is not asked about more.
        if engine.report().unfinished {
            break;
        }
    }
    if selection.unread.is_empty() {
        settled = thinking.think(&[], tip)?;
    }
    night.report = engine.report();
    night.report.unfinished |= !thinking.failed.is_empty();
    night.skipped.append(&mut night.report.skipped);
    leave_out(&mut night, selection, read.len(), limit);
    night.skipped.append(&mut settled.skipped);
    night.skipped.append(&mut settled.waiting);
    // What the engine could not read stays unread, so that the next run tries it again.
    let is_unread = |id| thinking.failed.contains(id) || night.report.unread.contains(id);
    read.retain(|at| !is_unread(&records.record(*at).id));
    night.sessions = listed(&records, &read, &settled.changes);
    let is_damaged = memory.is_damaged() || dreams.is_damaged() || records.is_damaged();
    if is_damaged || thinking.gathered.whole.is_damaged() {
        return Ok(None);
    }
    let scribe = Scribe { store, engine: engine.name(), request, base: tip, ledger: &ledger };
    finish(&scribe, settled.changes, &mut night)?;
    memory.keep(at);
    store.keep_texts(&texts);
    if !request.filter.is_narrow() {
        thinking.gathered.keep(&done);
    }
    Ok(Some(night))
}

fn leave_out(night: &mut Night, selection: &review::Selection, read: usize, limit: usize) {
    let left = selection.unread.len() - read;
    if left > 0 {
        let (what, them) = if left == 1 { ("session", "it") } else { ("sessions", "them") };
        let why = format!("over the limit of {limit} sessions (dream.max-sessions); the next dream reads {them}");
        night.skipped.push(Skipped { what: format!("{left} older {what}"), why });
    }
    if selection.expired > 0 {
        let one = selection.expired == 1;
        let (what, they, them) = if one { ("session", "it is", "it") } else { ("sessions", "they are", "them") };
        let why = format!("{they} older than dream.retention; --since or --session reads {them}");
        night.skipped.push(Skipped { what: format!("{} {what}", selection.expired), why });
    }
}

/// The sessions that an auditor must know of: those read now, and those of old that a change cites.
fn listed(records: &Records, read: &[usize], changes: &[Change]) -> Vec<SessionRead> {
    let evidence = changes.iter().flat_map(|change| &change.evidence);
    let cited = evidence.filter_map(|item| records.find(&item.session));
    // By their places: in the order of their ids.
    let all: BTreeSet<usize> = read.iter().copied().chain(cited).collect();
    let listed = |at: usize| {
        let SessionRecord { id, agent, turns, .. } = records.record(at);
        Some(SessionRead { id: id.clone(), agent: agent.clone(), blob: records.blob(at)?, turns: *turns })
    };
    all.into_iter().filter_map(listed).collect()
}

/// All that proposals are made from.
struct Thinking<'a> {
    store: &'a Store,
    engine: &'a dyn Engine,
    reader: Reader<'a>,
    request: &'a Request<'a>,
    memory: &'a Entries<'a>,
    records: &'a Records,
    dreams: &'a DreamIndex<'a>,
    /// All sessions so far.
    gathered: Gathered<'a>,
    transcripts: Transcripts<'a>,
    failed: BTreeSet<SessionId>,
    /// Reflections that were made by this run.
    fresh: usize,
}

impl<'a> Thinking<'a> {
    fn new(
        reader: Reader<'a>,
        gathered: Gathered<'a>,
        engine: &'a dyn Engine,
        request: &'a Request<'a>,
        memory: &'a Entries<'a>,
        records: &'a Records,
        dreams: &'a DreamIndex<'a>,
    ) -> Self {
        let store = reader.store();
        let transcripts = Transcripts::new(store, records);
        let failed = BTreeSet::new();
        Self { store, engine, reader, request, memory, records, dreams, gathered, transcripts, failed, fresh: 0 }
    }

    /// Whether a reflection costs more than time.
    fn is_paid(&self) -> bool {
        self.engine.keeping() != Keeping::Cache
    }

    /// How many sessions may be read next. What costs money is never more than the limit in all.
    fn room(&self, limit: usize, read: usize) -> usize {
        match self.is_paid() {
            true => limit.saturating_sub(self.fresh + self.failed.len()),
            false => limit.max(1).max(read),
        }
    }

    /// Takes in sessions that were read before: another engine's are not paid for again. Tells which of those that are
    /// read first are to be read at all.
    fn recall(
        &mut self,
        chosen: &Chosen,
        first: &[usize],
        skipped: &mut Vec<Skipped>,
    ) -> Result<Vec<usize>, DreamError> {
        let (missing, unread) = self.gathered.known(chosen, first);
        match self.is_paid() {
            false => self.read(&missing, Look::Everywhere, skipped)?,
            true => self.take(self.reader.recall(&self.records_at(&missing)), skipped),
        }
        Ok(unread)
    }

    fn records_at(&self, places: &[usize]) -> Vec<&'a SessionRecord> {
        let records = self.records;
        places.par_iter().with_min_len(LEAST).map(|at| records.record(*at)).collect()
    }

    fn read(&mut self, places: &[usize], look: Look, skipped: &mut Vec<Skipped>) -> Result<(), DreamError> {
        let read = match places {
            [] => Read::default(),
            _ => self.reader.reflect_from(&self.records_at(places), look)?,
        };
        self.take(read, skipped);
        self.engine.fault().map_or(Ok(()), |fault| Err(DreamError::Engine(fault)))
    }

    fn take(&mut self, read: Read, skipped: &mut Vec<Skipped>) {
        self.failed.extend(read.failed);
        self.fresh += read.fresh;
        skipped.extend(read.skipped);
        self.transcripts.learn(read.found);
        self.gathered.add(read.reflections, &self.reader);
    }

    /// What all sessions so far teach, of which these were read by no dream before.
    fn think(&mut self, read: &[usize], tip: ObjectId) -> Result<Settled, DreamError> {
        let settings = self.request.settings;
        self.gathered.arrange();
        let mut proposals = self.engine.propose(&Situation {
            now: today(self.store),
            memory_commit: Some(tip),
            memory: self.memory,
            reflections: &self.gathered.whole.reflections,
            corpus: &self.gathered.corpus,
            recall: &self.gathered.whole,
            unread: &read.iter().map(|at| self.records.record(*at).id.clone()).collect(),
            min_support: settings.min_support,
            stale_after: settings.stale_after,
            instructions: settings.instructions.as_deref(),
        });
        if let Some(fault) = self.engine.fault() {
            return Err(DreamError::Engine(fault));
        }
        let note = |path: &NotePath| {
            let file = self.store.file(tip, path.as_str()).ok().flatten()?;
            String::from_utf8(file).ok()
        };
        for proposal in &mut proposals {
            memory::attest(proposal, &note, &mut self.transcripts);
        }
        let targets = proposals.iter().filter_map(|proposal| match &proposal.target {
            Target::Entry { path, .. } => Some(path),
            Target::New => None,
        });
        let absorbed = proposals.iter().flat_map(|proposal| &proposal.absorbs).map(|(path, _)| path);
        let files: BTreeSet<&str> = targets.chain(absorbed).map(NotePath::as_str).collect();
        let untrusted = files.into_iter().filter(|path| Lineage::is_untrusted(self.dreams, path));
        let ground = Ground {
            memory: self.memory,
            past: &memory::past(self.dreams, self.records, &proposals),
            notes_folder: &settings.notes,
            max_changes: settings.max_changes as usize,
            untrusted: untrusted.map(str::to_owned).collect(),
        };
        let settled = settle::settle(proposals, &ground, &mut self.transcripts);
        self.transcripts.remember();
        Ok(settled)
    }
}

fn finish(scribe: &Scribe<'_>, mut changes: Vec<Change>, night: &mut Night) -> Result<(), DreamError> {
    let request = scribe.request;
    if request.until >= Until::Judged {
        judge(&mut changes, request, night);
    }
    night.changes = changes.clone();
    if changes.is_empty() || request.until < Until::Written {
        return Ok(());
    }
    let (free, held): (Vec<Change>, Vec<Change>) = match request.settings.approval {
        Approval::Manual => (changes, Vec::new()),
        Approval::Automatic => changes.into_iter().partition(|change| !change.is_held()),
    };
    let mut taken = Vec::new();
    night.dream = scribe.write(free, night, &mut taken)?;
    night.held = scribe.write(held, night, &mut taken)?;
    Ok(())
}

/// Asks for second opinions, and adds what they cost to the bill.
fn judge(changes: &mut [Change], request: &Request<'_>, night: &mut Night) {
    let Some(reviewer) = request.reviewer.filter(|_| !changes.is_empty()) else { return };
    let opinions = reviewer.judge(changes);
    changes.iter_mut().zip(opinions).for_each(|(change, opinion)| change.opinion = Some(opinion));
    night.report.bill = reviewer.bill().or(night.report.bill.take());
}
