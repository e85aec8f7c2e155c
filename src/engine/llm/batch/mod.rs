//! Questions in batches: gathered while a dream finds out what it has to ask, sent together at half the price, and
//! answered within a day. A dream is thought again after each batch, with the answers that there are by then, until it
//! has no question left. Which batch is out is written down, so that a run that was stopped goes on waiting for it.

mod files;
mod messages;
mod slip;
mod wire;

pub use slip::open_ids;

use super::client::{Client, Fault};
use super::error::ModelError;
use super::meter::{Meter, Reservation};
use super::provider;
use super::tape::{Exchange, Tape, key};
use crate::config::Model;
use crate::model::ObjectId;
use serde_json::Value;
use slip::{Item, Slip};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wire::{Looked, Result as Answer};

/// How often one question goes out before its failure counts.
const TRIES: u32 = 3;
/// Questions and bytes of one batch; providers take at least 50,000 and 200 MB.
const QUESTIONS: usize = 10_000;
const BYTES: usize = 100 << 20;
/// Between the first two looks at a batch; then twice as long each time.
const FIRST: Duration = Duration::from_millis(250);
/// Between two looks, at most.
const LONGEST: Duration = Duration::from_secs(60);
/// Looks in a row that may fail.
const FAILURES: u32 = 10;

/// A question that waits for the next batch.
#[derive(Debug, Clone)]
pub struct Queued {
    pub phase: &'static str,
    pub worker: String,
    pub path: &'static str,
    pub request: Value,
    /// Tokens of it, as we count them.
    pub input: u64,
    pub reserved: Reservation,
}

/// What a person may want to hear while batches are out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<'a> {
    Sent {
        id: &'a str,
        questions: usize,
    },
    /// A batch that an earlier run sent.
    TakenUp {
        id: &'a str,
    },
    Waiting {
        id: &'a str,
        answered: u64,
        questions: u64,
    },
}

#[derive(Debug, Default)]
struct State {
    queued: BTreeMap<ObjectId, Queued>,
    answered: BTreeMap<ObjectId, Result<Value, ModelError>>,
    tries: BTreeMap<ObjectId, u32>,
    /// A batch whose answers are to be taken, whoever sent it.
    named: Option<String>,
}

/// The way to one model that answers in batches.
#[derive(Debug)]
pub struct Batcher {
    client: Client,
    model: Model,
    tape: Arc<Tape>,
    meter: Arc<Meter>,
    /// Where it is written down which batches are out.
    folder: PathBuf,
    state: Mutex<State>,
}

impl Batcher {
    pub fn new(client: Client, model: &Model, tape: Arc<Tape>, meter: Arc<Meter>, folder: PathBuf) -> Self {
        Self { client, model: model.clone(), tape, meter, folder, state: Mutex::default() }
    }

    /// Takes the answers of a batch by its id before anything is sent.
    pub fn take_up(&self, id: &str) -> Result<(), ModelError> {
        self.state().named = Some(wire::checked_id(id)?);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a question came to; `None` where it was never asked.
    pub fn take(&self, path: &str, request: &Value) -> Option<Result<Value, ModelError>> {
        self.state().answered.get(&key(path, request)).cloned()
    }

    pub fn put(&self, queued: Queued) {
        let replaced = self.state().queued.insert(key(queued.path, &queued.request), queued);
        replaced.iter().for_each(|same| self.meter.release(same.reserved));
    }

    /// Sends what waits of the earliest phase and gives once all of it has an answer or has failed; `false` where
    /// nothing waits. Later phases are asked when they know what to ask.
    pub fn round(&self, told: &dyn Fn(Told<'_>)) -> Result<bool, ModelError> {
        let mut queued = std::mem::take(&mut self.state().queued);
        queued.values().for_each(|question| self.meter.release(question.reserved));
        let order = [super::EXTRACT, super::RECONCILE, super::OPINION_PHASE];
        let first = order.into_iter().find(|phase| queued.values().any(|question| question.phase == *phase));
        queued.retain(|_, question| Some(question.phase) == first);
        if queued.is_empty() {
            return Ok(false);
        }
        // What is out may cost as much as it was set aside for.
        let reserved = queued.values().map(|question| self.meter.set_aside(question.reserved)).collect::<Vec<_>>();
        let asked = self.ask(&queued, told);
        reserved.into_iter().for_each(|reserved| self.meter.release(reserved));
        asked.map(|()| true)
    }

    fn ask(&self, queued: &BTreeMap<ObjectId, Queued>, told: &dyn Fn(Told<'_>)) -> Result<(), ModelError> {
        let mut out: Vec<Slip> = slip::open(&self.folder, &self.model);
        out.retain(|slip| slip.items.keys().any(|key| queued.contains_key(key)));
        if let Some(id) = self.state().named.take() {
            let items = queued.iter().map(|(key, question)| (*key, item(question))).collect();
            out.push(Slip::new(&self.model, id, Vec::new(), items));
        }
        out.iter().for_each(|slip| told(Told::TakenUp { id: &slip.id }));
        let known: BTreeSet<ObjectId> = out.iter().flat_map(|slip| slip.items.keys().copied()).collect();
        let fresh: Vec<(&ObjectId, &Queued)> = queued.iter().filter(|(key, _)| !known.contains(key)).collect();
        for chunk in chunks(&fresh) {
            let sent = wire::create(&self.client, &self.model, chunk)?;
            let items = chunk.iter().map(|(key, question)| (**key, item(question))).collect();
            let slip = Slip::new(&self.model, sent.id, sent.files, items);
            slip.save(&self.folder)?;
            told(Told::Sent { id: &slip.id, questions: slip.items.len() });
            out.push(slip);
        }
        self.wait(out, queued, told)
    }

    /// Looks at what is out, less and less often, until nothing is.
    fn wait(
        &self,
        mut out: Vec<Slip>,
        queued: &BTreeMap<ObjectId, Queued>,
        told: &dyn Fn(Told<'_>),
    ) -> Result<(), ModelError> {
        let (mut pause, mut failures) = (FIRST, 0);
        loop {
            let mut waiting = Vec::new();
            for slip in out {
                match wire::look(&self.client, &self.model, &slip.id) {
                    Ok(Looked::Working { answered, questions }) => {
                        failures = 0;
                        told(Told::Waiting { id: &slip.id, answered, questions });
                        waiting.push(slip);
                    }
                    Ok(Looked::Ended(results)) => {
                        let answers = wire::results(&self.client, &self.model, &slip.id, &results)?;
                        self.deliver(&slip, answers, queued);
                        slip.remove(&self.folder);
                        wire::discard(&self.client, &self.model, &slip, &results);
                    }
                    // Nobody has it any more: its questions are asked again.
                    Err(ModelError::Unknown { said, .. }) => {
                        let why = format!("the batch {} is not known: {said}", slip.id);
                        self.failed(slip.items.keys(), queued, &why);
                        slip.remove(&self.folder);
                    }
                    Err(error) if error.is_transport() && failures < FAILURES => {
                        failures += 1;
                        waiting.push(slip);
                    }
                    Err(error) => {
                        if matches!(error, ModelError::BatchFailed { .. }) {
                            slip.remove(&self.folder);
                        }
                        return Err(error);
                    }
                }
            }
            if waiting.is_empty() {
                return Ok(());
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST);
            out = waiting;
        }
    }

    /// Charges, keeps and remembers what a batch gave; what it gave nothing for is asked again.
    fn deliver(&self, slip: &Slip, answers: Vec<(ObjectId, Answer)>, queued: &BTreeMap<ObjectId, Queued>) {
        let mut missing: BTreeSet<ObjectId> = slip.items.keys().copied().collect();
        for (key, answer) in answers.into_iter() {
            // What was not asked, or twice: nobody pays for that.
            if !missing.remove(&key) {
                continue;
            }
            match answer {
                Answer::Reply(response) => self.replied(key, &slip.items[&key], response, queued.get(&key)),
                Answer::Failed(Fault::Final(error)) => drop(self.state().answered.insert(key, Err(error))),
                Answer::Failed(Fault::Passing(error)) => self.again(key, error),
            }
        }
        self.failed(missing.iter(), queued, "the batch ended without an answer to this question");
    }

    fn replied(&self, key: ObjectId, item: &Item, response: Value, question: Option<&Queued>) {
        let usage = provider::usage_or(self.model.api, &response, item.input);
        self.meter.charge(item.phase(), &item.worker, self.model.prices, usage);
        let Some(question) = question else { return };
        let (phase, worker, path) = (question.phase.to_owned(), question.worker.clone(), question.path.to_owned());
        let request = question.request.clone();
        self.tape.keep(&Exchange { schema: 1, phase, worker, path, request, response: response.clone() });
        self.state().answered.insert(key, Ok(response));
    }

    fn failed<'k>(&self, keys: impl Iterator<Item = &'k ObjectId>, queued: &BTreeMap<ObjectId, Queued>, why: &str) {
        for key in keys.filter(|key| queued.contains_key(key)) {
            let (model, why) = (self.model.model.clone(), why.to_owned());
            self.again(*key, ModelError::Unreachable { model, why, tries: TRIES });
        }
    }

    /// Counts a failure that may pass; at last it is the answer.
    fn again(&self, key: ObjectId, error: ModelError) {
        let mut state = self.state();
        let tries = state.tries.entry(key).or_default();
        *tries += 1;
        if *tries >= TRIES {
            state.answered.insert(key, Err(error));
        }
    }
}

fn item(question: &Queued) -> Item {
    Item { phase: question.phase.to_owned(), worker: question.worker.clone(), input: question.input }
}

/// Parts that one batch each can hold.
fn chunks<'a, 'q>(all: &'a [(&'q ObjectId, &'q Queued)]) -> Vec<&'a [(&'q ObjectId, &'q Queued)]> {
    let mut chunks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, (_, question)) in all.iter().enumerate() {
        let size = question.request.to_string().len();
        if at > start && (bytes + size > BYTES || at - start >= QUESTIONS) {
            chunks.push(&all[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < all.len() {
        chunks.push(&all[start..]);
    }
    chunks
}
