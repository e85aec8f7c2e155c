//! The walk: one thread reads commits, each once, the others examine them in stretches. What is kept of a commit is a
//! few dozen words, so history may be of any length.

use super::examine::{Examined, Examiner};
use super::record::{History, Node};
use super::sessions::Archive;
use super::{Finding, Report, Request, Totals, VerifyError, finding};
use crate::model::ObjectId;
use crate::store::dream::{CLOSED, OPEN};
use crate::store::{Commit, Opener, Store};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Commits that one thread examines at a time: enough that most find their parent among them.
const STRETCH: usize = 256;
/// Stretches that may wait.
const WAITING: usize = 8;

/// Commits as they were read, with the number of their stretch.
#[derive(Default)]
struct Stretch {
    number: usize,
    in_memory: bool,
    /// Each with where its bytes end; they begin where those before it end.
    commits: Vec<(ObjectId, usize)>,
    bytes: Vec<u8>,
}

impl Stretch {
    fn add(&mut self, id: ObjectId, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.commits.push((id, self.bytes.len()));
    }

    fn iter(&self) -> impl Iterator<Item = (ObjectId, &[u8])> {
        let mut start = 0;
        self.commits.iter().map(move |(id, end)| (*id, &self.bytes[std::mem::replace(&mut start, *end)..*end]))
    }
}

struct Done {
    number: usize,
    in_memory: bool,
    nodes: Vec<Node>,
    findings: Vec<Finding>,
    totals: Totals,
}

pub(super) fn walk(
    store: &Store,
    opener: &Opener,
    request: &Request,
    archive: &Archive,
    report: &mut Report,
    advance: &(dyn Fn(u64) + Sync),
) -> Result<History, VerifyError> {
    let shallow = store.shallow();
    if !shallow.is_empty() {
        let ends = super::count(shallow.len(), "commit");
        report.limits.push(format!("the clone is shallow: nothing below {ends} was verified; 'git fetch --unshallow'"));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let stores: Vec<Store> = (0..threads).map(|_| opener.open()).collect::<Result<_, _>>()?;
    let (sender, receiver) = sync_channel(WAITING);
    let (done, finished) = channel();
    let receiver = Mutex::new(receiver);
    let mut reader = Reader::new(store, &shallow, sender);
    std::thread::scope(|scope| {
        for store in stores {
            let (receiver, done, shallow) = (&receiver, done.clone(), &shallow);
            scope.spawn(move || examine(&store, archive, shallow, receiver, &done, advance));
        }
        drop(done);
        let findings = reader.read(request);
        // Threads end when nothing more can come.
        drop(reader);
        findings.map(|findings| report.find(findings))
    })?;
    let mut history = gather(finished, report);
    history.tip = request.range.as_ref().map_or(request.tip, |(tips, _)| tips.first().copied());
    history.limited = request.range.is_some();
    history.shallow = shallow;
    Ok(history)
}

fn gather(finished: Receiver<Done>, report: &mut Report) -> History {
    let mut all: Vec<Done> = finished.into_iter().collect();
    all.sort_by_key(|done| done.number);
    let mut history = History::default();
    for done in all {
        report.totals.add(&done.totals);
        report.find(done.findings);
        for mut node in done.nodes {
            let place = history.nodes.len();
            node.in_memory = done.in_memory;
            history.places.insert(node.id, u32::try_from(place).unwrap_or(u32::MAX));
            history.nodes.push(node);
        }
    }
    history
}

fn examine(
    store: &Store,
    archive: &Archive,
    shallow: &HashSet<ObjectId>,
    receiver: &Mutex<Receiver<Stretch>>,
    done: &Sender<Done>,
    advance: &(dyn Fn(u64) + Sync),
) {
    let mut examiner = Examiner::new(store, archive, shallow);
    loop {
        let next = receiver.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).recv();
        let Ok(stretch) = next else { return };
        let Stretch { number, in_memory, .. } = stretch;
        let tree = |(id, bytes)| Some((id, Commit::tree_in(bytes)?));
        let trees: HashMap<ObjectId, ObjectId> = stretch.iter().filter_map(tree).collect();
        let (findings, totals) = Default::default();
        let mut one = Done { number, in_memory, nodes: Vec::with_capacity(stretch.commits.len()), findings, totals };
        for (id, bytes) in stretch.iter() {
            let Examined { node, findings, totals } = examiner.examine(id, bytes, &trees);
            one.nodes.extend(node);
            one.findings.extend(findings);
            one.totals.add(&totals);
        }
        advance(stretch.commits.len() as u64);
        if done.send(one).is_err() {
            return;
        }
    }
}

/// Reads commits and hands them out.
struct Reader<'a> {
    store: &'a Store,
    shallow: &'a HashSet<ObjectId>,
    sender: SyncSender<Stretch>,
    seen: HashSet<ObjectId>,
    stretch: Stretch,
    findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    fn new(store: &'a Store, shallow: &'a HashSet<ObjectId>, sender: SyncSender<Stretch>) -> Self {
        let stretch = Stretch { in_memory: true, ..Stretch::default() };
        let (seen, findings) = Default::default();
        Self { store, shallow, sender, seen, stretch, findings }
    }

    /// Reads all that is asked for, memory first; gives what could not be read.
    fn read(&mut self, request: &Request) -> Result<Vec<Finding>, VerifyError> {
        if let Some((tips, hidden)) = &request.range {
            for id in self.store.walk(tips, hidden, false)? {
                self.one(id?);
            }
        } else {
            self.from(request.tip.into_iter().collect());
            self.hand_out();
            self.stretch.in_memory = false;
            for prefix in [OPEN, CLOSED] {
                let tips = self.store.references(prefix)?.into_iter().map(|(_, tip)| tip);
                self.from(tips.collect());
            }
        }
        self.hand_out();
        Ok(std::mem::take(&mut self.findings))
    }

    /// All history behind these commits, side branches before the line that they were merged into: so most commits
    /// come right before their parent.
    fn from(&mut self, mut stack: Vec<ObjectId>) {
        while let Some(id) = stack.pop() {
            if self.seen.insert(id) {
                stack.extend(self.one(id));
            }
        }
    }

    /// Reads one commit; gives its parents.
    fn one(&mut self, id: ObjectId) -> Vec<ObjectId> {
        let cut = self.shallow.contains(&id);
        let stretch = &mut self.stretch;
        let parents = self.store.read_commit(id, |bytes| {
            stretch.add(id, bytes);
            if cut { Vec::new() } else { Commit::parents_in(bytes).collect() }
        });
        if stretch.commits.len() == STRETCH {
            self.hand_out();
        }
        parents.unwrap_or_else(|error| {
            let remedy = "'git fsck' says what is missing or damaged; fetch it from a clone that has it";
            self.findings.push(finding("object", id, format!("could not {error}"), remedy));
            Vec::new()
        })
    }

    fn hand_out(&mut self) {
        let next = Stretch { number: self.stretch.number + 1, in_memory: self.stretch.in_memory, ..Stretch::default() };
        // Nobody listens any more only when a thread has panicked, which is passed on where the threads end.
        let _ = self.sender.send(std::mem::replace(&mut self.stretch, next));
    }
}
