//! The engine and the reviewer that settings name, made ready: keys fetched, certificates read, prompts found. A key
//! goes from its variable or command into the request's header and nowhere else.

use super::{Context, Failure};
use crate::config::{self, KeySource, Model, Settings};
use crate::engine::llm::{
    Asker, Batcher, Client, Meter, ModelError, ModelReviewer, Planned, Prompts, Secret, Tape, Way, prompt,
};
use crate::engine::{Embedded, EmbeddedReviewer, LanguageModel};
use crate::phase::dream::Engine;
use crate::phase::{Keeping, Reviewer};
use crate::store::Store;
use crate::text::Scrubbed;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// How a language model is to be asked.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Find out what would be sent, and send nothing.
    pub plan: bool,
    pub record: Option<PathBuf>,
    pub replay: Option<PathBuf>,
    /// A batch whose answers are taken before anything is sent.
    pub batch: Option<String>,
}

/// What thinks in this run.
pub enum Thinker {
    Embedded(Embedded),
    Model(Box<LanguageModel>),
}

impl Thinker {
    pub fn engine(&self) -> &dyn Engine {
        match self {
            Thinker::Embedded(engine) => engine,
            Thinker::Model(engine) => engine.as_ref(),
        }
    }

    /// Forgets what the last thought refused.
    pub fn begin(&self) {
        if let Thinker::Model(engine) = self {
            engine.begin();
        }
    }

    pub fn planned(&self) -> Vec<Planned> {
        match self {
            Thinker::Embedded(_) => Vec::new(),
            Thinker::Model(engine) => engine.planned(),
        }
    }
}

/// Engine and reviewer of one run.
pub struct Engines {
    pub thinker: Thinker,
    pub reviewer: Option<Box<dyn Reviewer>>,
    /// Where questions wait that are asked in batches.
    pub batchers: Vec<Arc<Batcher>>,
}

impl Engines {
    pub fn new(context: &Context, store: &Store, settings: &Settings, manner: &Manner) -> Result<Self, Failure> {
        let workshop = Workshop::new(context, store, settings, manner)?;
        let thinker = match &settings.engine {
            config::Engine::Embedded => Thinker::Embedded(Embedded),
            config::Engine::Model(model) => {
                let keeping = match () {
                    () if workshop.tape.is_replay() => Keeping::Nowhere,
                    () if workshop.tape.is_recording() => Keeping::Afresh,
                    () => Keeping::Session,
                };
                let asker = workshop.asker(model, "dream.base-url")?;
                Thinker::Model(Box::new(LanguageModel::new(asker, Arc::clone(&workshop.prompts), keeping)))
            }
        };
        let reviewer: Option<Box<dyn Reviewer>> = match &settings.reviewer {
            None => None,
            Some(config::Engine::Embedded) => Some(Box::new(EmbeddedReviewer)),
            Some(config::Engine::Model(model)) => {
                let asker = workshop.asker(model, "dream.reviewer-base-url")?;
                Some(Box::new(ModelReviewer::new(asker, Arc::clone(&workshop.prompts))))
            }
        };
        let batchers = workshop.batchers.into_inner();
        if let (Some(id), Some(first)) = (&manner.batch, batchers.first()) {
            first.take_up(id)?;
        }
        Ok(Self { thinker, reviewer, batchers })
    }
}

/// What both are made with.
struct Workshop<'a> {
    context: &'a Context,
    store: &'a Store,
    manner: &'a Manner,
    tape: Arc<Tape>,
    meter: Arc<Meter>,
    prompts: Arc<Prompts>,
    batchers: RefCell<Vec<Arc<Batcher>>>,
}

/// Where it is written down which batches are out.
pub fn batches(store: &Store) -> PathBuf {
    store.common_dir().join("dream/batches")
}

impl<'a> Workshop<'a> {
    fn new(context: &'a Context, store: &'a Store, settings: &Settings, manner: &'a Manner) -> Result<Self, Failure> {
        let kept = || Tape::kept_in(store.common_dir().join("dream/cache/exchanges"));
        let tape = match (&manner.replay, &manner.record) {
            (Some(folder), _) => Tape::replaying(&context.path(folder))?,
            (None, Some(folder)) => kept().recording(context.path(folder)),
            (None, None) => kept(),
        };
        let priced = |engine: &config::Engine| matches!(engine, config::Engine::Model(model) if model.prices.is_some());
        let is_priced = priced(&settings.engine) || settings.reviewer.as_ref().is_some_and(priced);
        let meter = Arc::new(Meter::new(settings.budget, is_priced));
        let tip = store.memory_tip()?;
        let own = |name: &str| {
            let bytes = store.file(tip?, &format!("{}/{name}", prompt::FOLDER)).ok()??;
            String::from_utf8(bytes).ok()
        };
        let prompts = Arc::new(Prompts::new(own, settings.instructions.as_deref()));
        let (tape, batchers) = (Arc::new(tape), RefCell::default());
        Ok(Self { context, store, manner, tape, meter, prompts, batchers })
    }

    /// `setting` is the key of git config by which its address is trusted.
    fn asker(&self, model: &Model, setting: &'static str) -> Result<Asker, Failure> {
        let way = match () {
            () if self.tape.is_replay() => Way::Replay,
            () if self.manner.plan => Way::Plan(Mutex::default()),
            () => {
                if !model.trusted_url {
                    let (model, url) = (model.model.clone(), model.base_url.clone());
                    return Err(ModelError::Untrusted { model, url, setting }.into());
                }
                let client = Client::new(model, self.key(model)?, &self.context.environment)?;
                match model.batch {
                    true => Way::Batch(self.batcher(client, model)),
                    false => Way::Send(Box::new(client)),
                }
            }
        };
        let (tape, meter, prompts) = (Arc::clone(&self.tape), Arc::clone(&self.meter), Arc::clone(&self.prompts));
        Ok(Asker::new(model.clone(), way, tape, meter, prompts))
    }

    fn batcher(&self, client: Client, model: &Model) -> Arc<Batcher> {
        let (tape, meter) = (Arc::clone(&self.tape), Arc::clone(&self.meter));
        let batcher = Arc::new(Batcher::new(client, model, tape, meter, batches(self.store)));
        self.batchers.borrow_mut().push(Arc::clone(&batcher));
        batcher
    }

    fn key(&self, model: &Model) -> Result<Option<Secret>, ModelError> {
        match &model.key {
            KeySource::Nowhere => Ok(None),
            KeySource::Variable(name) => match self.context.environment.variable(name) {
                Some(key) if !key.trim().is_empty() => Ok(Some(Secret::new(key))),
                // A server on this machine seldom asks for one.
                _ if model.base_url.starts_with("http://") && model.trusted_url => Ok(None),
                _ => Err(ModelError::NoKey { model: model.model.clone(), variable: name.clone() }),
            },
            KeySource::Command(line) => self.printed(model, line).map(Some),
        }
    }

    fn printed(&self, model: &Model, line: &str) -> Result<Secret, ModelError> {
        let failed = |why: &str| {
            let why = Scrubbed::short(why, 160).into_string();
            ModelError::KeyCommand { model: model.model.clone(), why }
        };
        let output = self.store.git().shell(line).map_err(|error| failed(&error.to_string()))?;
        match output.text().lines().next().map(str::trim) {
            _ if !output.success() => Err(failed(&format!("exit {}: {}", output.status, output.error_text()))),
            Some(key) if !key.is_empty() => Ok(Secret::new(key)),
            _ => Err(failed("it printed nothing")),
        }
    }
}
