//! Asks one model: looks among what was kept or recorded, keeps to the budget, sends, checks the shape of the answer,
//! and gives the model one chance to mend it. What an answer means is decided elsewhere.

use super::answer;
use super::batch::{Batcher, Queued};
use super::client::Client;
use super::error::ModelError;
use super::meter::{Meter, tokens};
use super::prompt::Prompts;
use super::provider::{self, Question};
use super::schema::Schema;
use super::tape::{self, Exchange, Found, Tape};
use crate::config::{Format, Model};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Characters of an unusable answer that the model is shown again.
const SHOWN: usize = 4000;

/// One thing to ask.
#[derive(Debug, Clone)]
pub struct Task<'a> {
    pub phase: &'static str,
    /// Whom it is charged to.
    pub worker: String,
    pub system: &'a str,
    pub user: String,
    pub schema: &'a Schema,
}

/// A request that would be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub phase: &'static str,
    pub worker: String,
    pub url: String,
    pub system: String,
    pub user: String,
    pub body: Value,
    pub input_tokens: u64,
    pub answer_tokens: u64,
}

/// The way to the model, or only the plan to take it.
#[derive(Debug)]
pub enum Way {
    Send(Box<Client>),
    /// What has no answer yet is gathered, and asked when everybody has said what they want to know.
    Batch(Arc<Batcher>),
    Plan(Mutex<Vec<Planned>>),
    /// Only what was recorded is answered.
    Replay,
}

/// How asking has gone so far.
#[derive(Debug, Default)]
struct Course {
    fatal: Option<ModelError>,
    answered: u32,
    /// The last failure of the way itself.
    failed: Option<ModelError>,
}

#[derive(Debug)]
pub struct Asker {
    pub model: Model,
    way: Way,
    tape: Arc<Tape>,
    meter: Arc<Meter>,
    prompts: Arc<Prompts>,
    /// How far down the list of formats this server has brought us.
    format: AtomicUsize,
    course: Mutex<Course>,
}

impl Asker {
    pub fn new(model: Model, way: Way, tape: Arc<Tape>, meter: Arc<Meter>, prompts: Arc<Prompts>) -> Self {
        let course = Mutex::new(Course::default());
        Self { model, way, tape, meter, prompts, format: AtomicUsize::new(0), course }
    }

    /// The engine and its model, as trailers name them.
    pub fn name(&self) -> String {
        format!("{} {}", self.model.provider.as_str(), self.model.model)
    }

    /// Tokens that are left for the data of one request.
    pub fn room(&self, system: &str) -> u64 {
        let taken = u64::from(self.model.answer_tokens) + tokens(system) + 600;
        // Our count is rough: a tenth is left free.
        u64::from(self.model.context_tokens).saturating_sub(taken) * 9 / 10
    }

    /// Why nothing can be asked at all, or why nothing was answered.
    pub fn fault(&self) -> Option<ModelError> {
        let course = self.course();
        let silent = (course.answered == 0).then(|| course.failed.clone()).flatten();
        course.fatal.clone().or(silent)
    }

    /// What would have been sent.
    pub fn planned(&self) -> Vec<Planned> {
        match &self.way {
            Way::Plan(planned) => {
                let mut planned = planned.lock().unwrap_or_else(PoisonError::into_inner).clone();
                planned.sort_by(|a, b| (a.phase, &a.worker).cmp(&(b.phase, &b.worker)));
                planned
            }
            _ => Vec::new(),
        }
    }

    pub fn is_plan(&self) -> bool {
        matches!(self.way, Way::Plan(_))
    }

    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    fn course(&self) -> std::sync::MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks until the answer has its shape: at most twice.
    pub fn ask<T: DeserializeOwned>(&self, task: &Task<'_>) -> Result<T, ModelError> {
        let asked = self.twice(task);
        let mut course = self.course();
        match &asked {
            Ok(_) => course.answered += 1,
            Err(error) if error.is_fatal() => course.fatal = course.fatal.take().or(Some(error.clone())),
            Err(error) if error.is_transport() => course.failed = Some(error.clone()),
            Err(_) => {}
        }
        asked
    }

    fn twice<T: DeserializeOwned>(&self, task: &Task<'_>) -> Result<T, ModelError> {
        let mut turns = vec![task.user.clone()];
        let mut asked = Vec::new();
        loop {
            let (request, text) = self.exchange(task, &turns)?;
            asked.push(request);
            let read = answer::object(&text)
                .and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()));
            match read {
                Ok(answer) => return Ok(answer),
                Err(why) if asked.len() < 2 => {
                    let shown: String = text.chars().take(SHOWN).collect();
                    turns.push(if shown.trim().is_empty() { "(nothing)".to_owned() } else { shown });
                    turns.push(self.prompts.repair(&why, task.schema));
                }
                Err(why) => {
                    // Kept, it would be of no use the next time either.
                    asked.iter().for_each(|request| self.tape.forget(provider::path(&self.model), request));
                    return Err(ModelError::Malformed { why });
                }
            }
        }
    }

    /// One request, in the strongest format that this server takes.
    fn exchange(&self, task: &Task<'_>, turns: &[String]) -> Result<(Value, String), ModelError> {
        loop {
            let at = self.format.load(Ordering::Relaxed);
            match self.once(task, turns, self.format_at(at)) {
                Err(ModelError::Rejected { said, .. }) if self.may_weaken(at, &said) => {
                    let _ = self.format.compare_exchange(at, at + 1, Ordering::Relaxed, Ordering::Relaxed);
                }
                done => return done,
            }
        }
    }

    fn format_at(&self, at: usize) -> Format {
        match self.model.format {
            Format::Auto => provider::formats(self.model.api)[at],
            set => set,
        }
    }

    /// Whether a refusal is about how we asked for the shape, and there is a weaker way.
    fn may_weaken(&self, at: usize, said: &str) -> bool {
        let said = said.to_lowercase();
        let words =
            ["format", "schema", "tool", "json", "grammar", "structured", "unsupported", "not support", "extra"];
        self.model.format == Format::Auto
            && at + 1 < provider::formats(self.model.api).len()
            && words.iter().any(|word| said.contains(word))
    }

    fn once(&self, task: &Task<'_>, turns: &[String], format: Format) -> Result<(Value, String), ModelError> {
        if self.course().fatal.is_some() {
            return Err(ModelError::Stopped);
        }
        let answer_tokens = u64::from(self.model.answer_tokens);
        let (model, system, schema) = (&self.model, task.system, task.schema);
        let question = Question { model, system, turns: turns.to_vec(), schema, answer_tokens, format };
        // Whatever it was made of: no credential leaves.
        let request = tape::masked(&provider::body(&question));
        let input = tokens(&request.to_string());
        let path = provider::path(model);
        let response = match self.tape.find(path, &request) {
            Found::Kept(response) => {
                self.record(task, path, &request, &response)?;
                response
            }
            Found::Replayed(response) => {
                self.charge(task, &response, input);
                response
            }
            Found::Nowhere => self.fetch(task, path, &request, input, answer_tokens)?,
        };
        let answer = provider::read(model.api, &response);
        if answer.as_ref().is_err_and(|error| !error.is_size()) {
            // Another time it may say more.
            self.tape.forget(path, &request);
        }
        Ok((request, answer?))
    }

    fn fetch(
        &self,
        task: &Task<'_>,
        path: &'static str,
        request: &Value,
        input: u64,
        output: u64,
    ) -> Result<Value, ModelError> {
        if input + output > u64::from(self.model.context_tokens) {
            let said = format!("about {input} tokens, and context-tokens is {}", self.model.context_tokens);
            return Err(ModelError::TooLong { said });
        }
        let client = match &self.way {
            Way::Send(client) => client,
            Way::Replay => return Err(ModelError::NotRecorded),
            Way::Batch(batcher) => {
                return match batcher.take(path, request) {
                    Some(answer) => {
                        let response = answer?;
                        self.record(task, path, request, &response)?;
                        Ok(response)
                    }
                    None => {
                        let reserved = self.meter.reserve(task.phase, self.model.prices, input, output)?;
                        let (phase, worker, request) = (task.phase, task.worker.clone(), request.clone());
                        batcher.put(Queued { phase, worker, path, request, input, reserved });
                        Err(ModelError::NotYet)
                    }
                };
            }
            Way::Plan(planned) => {
                let mut planned = planned.lock().unwrap_or_else(PoisonError::into_inner);
                planned.push(Planned {
                    phase: task.phase,
                    worker: task.worker.clone(),
                    url: provider::url(&self.model),
                    system: task.system.to_owned(),
                    user: task.user.clone(),
                    body: request.clone(),
                    input_tokens: input,
                    answer_tokens: output,
                });
                return Err(ModelError::NotSent);
            }
        };
        let flight = self.meter.depart(task.phase, self.model.prices, input, output)?;
        let sent = client.send(request, u64::from(crc32fast::hash(request.to_string().as_bytes())));
        // Charged before it is given back: nobody else sees room that is not there.
        sent.iter().for_each(|response| self.charge(task, response, input));
        drop(flight);
        let response = sent?;
        let exchange = self.taken_down(task, path, request, &response);
        self.tape.keep(&exchange);
        self.record(task, path, request, &response)?;
        Ok(response)
    }

    fn charge(&self, task: &Task<'_>, response: &Value, input: u64) {
        let usage = provider::usage_or(self.model.api, response, input);
        self.meter.charge(task.phase, &task.worker, self.model.prices, usage);
    }

    fn record(&self, task: &Task<'_>, path: &str, request: &Value, response: &Value) -> Result<(), ModelError> {
        if !self.tape.is_recording() {
            return Ok(());
        }
        let exchange = self.taken_down(task, path, request, response);
        self.tape.record(&exchange).map_err(|error| ModelError::Recording { why: error.to_string() })
    }

    fn taken_down(&self, task: &Task<'_>, path: &str, request: &Value, response: &Value) -> Exchange {
        let (phase, worker, path) = (task.phase.to_owned(), task.worker.clone(), path.to_owned());
        Exchange { schema: 1, phase, worker, path, request: request.clone(), response: response.clone() }
    }
}
