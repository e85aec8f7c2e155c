//! Reads and parses files on all cores, a bounded number of bytes at a time, and hands sessions on in the order of the
//! files. What cannot be used is kept with its reason; one bad file never stops an import.

use super::beginning::{After, Comparison};
use super::files::{Found, batches, reason};
use super::pieces::{Pieces, is_large, new_bytes};
use crate::cli::ui::Progress;
use crate::config::settings::Secrets;
use crate::model::{AgentName, ObjectId, SessionId};
use crate::store::import::Incoming;
use crate::store::known_files::Beginning;
use crate::store::prepared::Preparer;
use crate::text::secret;
use crate::transcript::blank::{self, Edit};
use crate::transcript::{self, Hint, Unsupported};
use chrono::{DateTime, Utc};
use rayon::prelude::*;
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes of files that are read at a time; a larger file comes alone.
const BATCH: u64 = 8 * 1024 * 1024;
/// Batches that wait to be stored, while others are read.
const WAITING: usize = 2;
/// Batches that are begun before the first of them is done.
const AHEAD: usize = 1;

/// What some files gave, each by its place among all.
type Batch = Vec<(usize, Reading)>;
/// A file that would not fit into memory beside its turns.
const LARGEST: u64 = 512 * 1024 * 1024;

/// No more files than this, and no more bytes, are read before threads for it are started.
const FEW: usize = 4;
const LITTLE: u64 = 1 << 20;
/// Bytes of a file that are worth a thread of their own.
const MUCH: u64 = if crate::FAULTS { 1 } else { 1 << 20 };

/// What one file gave.
#[derive(Debug, Default)]
pub struct Reading {
    pub sessions: Vec<Incoming>,
    /// Reasons why the file, or lines of it, were left out.
    pub problems: Vec<String>,
    /// A file come upon in a directory that is no transcript.
    pub foreign: bool,
    /// Lines that hold what looks like a credential, and what kind; never the credential itself.
    pub secrets: Vec<(u32, BTreeSet<&'static str>)>,
    /// The file was left out because of them; its sessions by name.
    pub refused: Vec<SessionId>,
    pub turns: u64,
    /// Whether the file is lines of its sessions, to which more may be added.
    pub grows: bool,
    /// What the file begins with now, where that was found out.
    pub beginning: Option<Beginning>,
}

/// How files are to be read.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub agent: Option<&'a AgentName>,
    pub now: DateTime<Utc>,
    pub secrets: Secrets,
    pub progress: &'a Progress,
    /// Makes ready for a pack what was read.
    pub preparer: &'a Preparer,
}

impl Reader<'_> {
    /// Reads all files; `consume` gets every reading, in the order of the files, on this thread.
    pub fn stream<R>(
        &self,
        found: &[Found],
        consume: impl FnOnce(&mut dyn Iterator<Item = (usize, Reading)>) -> R,
    ) -> R {
        let little = found.len() <= FEW && found.iter().map(new_bytes).sum::<u64>() <= LITTLE;
        if little && !found.iter().any(is_large) {
            let readings: Vec<Reading> = found.iter().map(|file| self.file(file)).collect();
            return consume(&mut readings.into_iter().enumerate());
        }
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(WAITING);
            scope.spawn(move || self.batches(found, &sender));
            consume(&mut receiver.into_iter().flatten())
        })
    }

    /// Reads batch by batch, and goes on while the last ones are stored: the next batch is begun before the last file of
    /// this one is read, so that no core waits for another. The other side stops early only when it failed, and says so
    /// itself.
    fn batches(&self, found: &[Found], sender: &SyncSender<Batch>) {
        let alike = |a: &Found, b: &Found| is_large(a) == is_large(b);
        let forward = |begun: Receiver<Batch>| begun.recv().is_ok_and(|batch| sender.send(batch).is_ok());
        rayon::in_place_scope(|scope| {
            let (mut at, mut ahead) = (0, VecDeque::new());
            for files in batches(found, BATCH).flat_map(|batch| batch.chunk_by(alike)) {
                let numbered: Vec<(usize, &Found)> = (at..).zip(files).collect();
                at += files.len();
                if !is_large(&files[0]) {
                    let (done, begun) = sync_channel(1);
                    let ready = |(at, file)| (at, self.ready(self.file(file)));
                    scope.spawn(move |_| drop(done.send(numbered.into_par_iter().map(ready).collect::<Batch>())));
                    ahead.push_back(begun);
                    if ahead.len() > AHEAD && !ahead.pop_front().is_some_and(forward) {
                        return;
                    }
                    continue;
                }
                let before = ahead.drain(..).all(forward);
                let one = |(at, file)| self.pieces(file, |reading| sender.send(vec![(at, reading)]).is_ok());
                if !before || !numbered.into_iter().all(one) {
                    return;
                }
            }
            ahead.into_iter().all(forward);
        });
    }

    /// With the bytes of its sessions as they will be stored, where that is all of them.
    fn ready(&self, mut reading: Reading) -> Reading {
        if let Some(first) = reading.sessions.first().filter(|first| first.masks.is_empty()) {
            let prepared = self.preparer.prepare(&first.bytes).map(Arc::new);
            reading.sessions.iter_mut().for_each(|session| session.prepared = prepared.clone());
        }
        reading
    }

    /// Reads a large file piece by piece; whether all of them were taken.
    fn pieces(&self, found: &Found, mut send: impl FnMut(Reading) -> bool) -> bool {
        let whole = |found: &Found| self.whole(&Found { after: None, whole: true, ..found.clone() });
        let (first, mut pieces) = match &found.after {
            Some(after) => match Pieces::behind(*self, &found.path, after) {
                Some(mut pieces) if self.begins_with(found, after) => (pieces.next().flatten(), pieces),
                _ => return send(whole(found)),
            },
            None => match Pieces::of(*self, &found.path) {
                Some((first, pieces)) => (Some(first), pieces),
                None => return send(whole(found)),
            },
        };
        let Some(first) = first else { return send(whole(found)) };
        if !send(first) {
            return false;
        }
        while let Some(next) = pieces.next().flatten() {
            if !send(next) {
                return false;
            }
        }
        self.progress.advance(1);
        true
    }

    fn file(&self, found: &Found) -> Reading {
        if let Some(reading) = found.after.as_ref().and_then(|after| self.added(found, after)) {
            self.progress.advance(1);
            return reading;
        }
        self.whole(found)
    }

    fn begins_with(&self, found: &Found, after: &After) -> bool {
        let comparison = Comparison::new(&found.path, after);
        comparison.work();
        comparison.beginning((ObjectId::ZERO, &[])).is_some()
    }

    /// What was added to a file since it was stored; nothing where it does not begin with that.
    fn added(&self, found: &Found, after: &After) -> Option<Reading> {
        let mut pieces = Pieces::behind(*self, &found.path, after)?;
        let new = Arc::new(pieces.take().ok()?.unwrap_or_default());
        if after.bytes() < MUCH {
            let reading = pieces.read(Arc::clone(&new))?;
            return self.begins_with(found, after).then_some(reading);
        }
        let comparison = Comparison::new(&found.path, after);
        std::thread::scope(|scope| {
            // To compare, hash and compress takes as long as to read what is new.
            let other = scope.spawn(|| {
                let prepared = Preparer::default().prepare(&new).map(Arc::new);
                comparison.work();
                prepared
            });
            let mut reading = pieces.read(Arc::clone(&new))?;
            comparison.work();
            let prepared = other.join().ok()??;
            reading.beginning = Some(comparison.beginning((prepared.id(), &new))?);
            reading.sessions.iter_mut().for_each(|session| session.prepared = Some(Arc::clone(&prepared)));
            Some(reading)
        })
    }

    fn whole(&self, found: &Found) -> Reading {
        let reading = match fs::read(&found.path) {
            _ if found.bytes > LARGEST => Reading::problem("it is larger than 512 MiB".to_owned()),
            Ok(bytes) => self.bytes(bytes, &name(&found.path), found.named),
            Err(error) => Reading::problem(reason(&error)),
        };
        self.progress.advance(1);
        reading
    }

    /// Parses one file's bytes.
    pub fn bytes(&self, bytes: Vec<u8>, name: &str, named: bool) -> Reading {
        let mut parsed = match transcript::parse(&bytes, &Hint::counting(name)) {
            Ok(parsed) => parsed,
            Err(Unsupported::Unknown | Unsupported::Binary | Unsupported::Empty) if !named => {
                return Reading { foreign: true, ..Reading::default() };
            }
            Err(error) => return Reading::problem(error.to_string()),
        };
        let lost = parsed.skipped.iter().filter(|skipped| skipped.why.lost());
        let problems = lost.map(|skipped| format!("line {}: {}", skipped.line, skipped.why)).collect();
        // Of turns only their number is told; their texts are as large as the file.
        let turns: Vec<usize> =
            parsed.sessions.iter_mut().map(|session| std::mem::take(&mut session.turns).len()).collect();
        let masks: Arc<[Edit]> = blank::mask(&bytes).into();
        let kinds = |edit: &Edit| (edit.line, kinds(&bytes[edit.range.clone()]));
        let secrets: Vec<_> = masks.iter().map(kinds).collect();
        if self.secrets == Secrets::Refuse && !secrets.is_empty() {
            let refused = parsed.sessions.into_iter().map(|session| session.id).collect();
            return Reading { problems, secrets, refused, ..Reading::default() };
        }
        let masks = if self.secrets == Secrets::Mask { masks } else { Arc::new([]) };
        let bytes = Arc::new(bytes);
        let (grows, all) = (parsed.is_lines, turns.iter().map(|turns| *turns as u64).sum());
        let sessions = parsed.sessions.into_iter().zip(turns);
        let sessions = sessions.map(|(session, turns)| self.incoming(session, turns, &bytes, &masks)).collect();
        Reading { sessions, problems, secrets, turns: all, grows, ..Reading::default() }
    }

    pub fn incoming(
        &self,
        session: transcript::Session,
        turns: usize,
        bytes: &Arc<Vec<u8>>,
        masks: &Arc<[Edit]>,
    ) -> Incoming {
        let mut outcomes = session.outcomes;
        for outcome in outcomes.iter_mut() {
            for text in [&mut outcome.explanation, &mut outcome.task].into_iter().flatten() {
                // A judgement is printed and committed; it is no transcript.
                *text = secret::mask(text).into_owned();
            }
        }
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.at == DateTime::UNIX_EPOCH) {
            outcome.at = self.now;
        }
        Incoming {
            id: session.id,
            agent: self.agent.cloned().unwrap_or(session.agent),
            host: session.host,
            project: session.project,
            started: session.started,
            ended: session.ended,
            turns: u32::try_from(turns).unwrap_or(u32::MAX),
            outcomes,
            root: session.root,
            bytes: Arc::clone(bytes),
            masks: Arc::clone(masks),
            after: Vec::new(),
            prepared: None,
        }
    }
}

/// What kinds of credentials a line holds, in its strings or over a key and its value.
pub fn kinds(line: &[u8]) -> BTreeSet<&'static str> {
    let found = secret::kinds(&String::from_utf8_lossy(line));
    if found.is_empty() { BTreeSet::from(["credential"]) } else { found }
}

impl Reading {
    pub fn problem(why: String) -> Self {
        Self { problems: vec![why], ..Self::default() }
    }
}

pub fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
