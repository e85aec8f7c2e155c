//! What is measured: the embedded engine, or the language model that the command line names. Answers of a model are
//! kept under `target/`, so that a second run pays for nothing twice.

use git_dream::config::{Engine, Environment, Key, KeySource, ModelKey, Settings};
use git_dream::engine::llm::{Asker, Client, Meter, Prompts, Secret, Tape, Way};
use git_dream::engine::{Embedded, LanguageModel};
use git_dream::phase::{Keeping, Reconcile, dream};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

static MODEL: OnceLock<LanguageModel> = OnceLock::new();

/// What was typed of a model.
#[derive(Debug, Default)]
pub struct Named {
    pub engine: Option<String>,
    pub model: Option<String>,
    pub base_url: Option<String>,
}

/// The engine that is measured.
pub fn engine() -> &'static (dyn dream::Engine + 'static) {
    MODEL.get().map_or(&Embedded, |model| model)
}

/// Makes the named model the engine; the embedded one stays where none is named.
pub fn choose(named: &Named) -> Result<(), String> {
    let file = std::fs::read_to_string("evaluate.toml").ok();
    let typed = [
        (Key::Engine, &named.engine),
        (Key::Model(ModelKey::Model), &named.model),
        (Key::Model(ModelKey::BaseUrl), &named.base_url),
    ];
    let flags: Vec<(Key, String)> = typed.into_iter().filter_map(|(key, text)| Some((key, text.clone()?))).collect();
    let settings = Settings::resolve(file.as_deref(), |_| None, &flags).map_err(|error| error.to_string())?.0;
    let Engine::Model(model) = settings.engine else { return Ok(()) };
    let environment = Environment {
        now: chrono::Utc::now(),
        seed: 0,
        fixed_clock: false,
        variables: std::env::vars().collect::<BTreeMap<_, _>>(),
        directory: std::env::current_dir().map_err(|error| error.to_string())?,
    };
    let key = match &model.key {
        KeySource::Variable(name) => match environment.variable(name) {
            None if model.base_url.starts_with("https:") => return Err(format!("the variable {name} is not set")),
            key => key.map(Secret::new),
        },
        _ => None,
    };
    let workers = model.max_parallel as usize;
    rayon::ThreadPoolBuilder::new().num_threads(workers).build_global().map_err(|error| error.to_string())?;
    let client = Client::new(&model, key, &environment).map_err(|error| format!("could not {error}"))?;
    let prompts = Arc::new(Prompts::new(|_| None, settings.instructions.as_deref()));
    let meter = Arc::new(Meter::new(settings.budget, model.prices.is_some()));
    let tape = Arc::new(Tape::kept_in(environment.directory.join("target/evaluate-exchanges")));
    let asker = Asker::new(*model, Way::Send(Box::new(client)), tape, meter, Arc::clone(&prompts));
    let model = LanguageModel::new(asker, prompts, Keeping::Nowhere);
    MODEL.set(model).map_err(|_| "the engine is chosen once".to_owned())
}

/// What a model was paid, and what of its answers was of no use.
pub fn account() {
    let Some(model) = MODEL.get() else { return };
    let report = model.report();
    println!("\n== {}", report.model.unwrap_or_default());
    report.bill.iter().flat_map(|bill| bill.lines()).for_each(|line| println!("     paid for {line}"));
    report.skipped.iter().for_each(|skipped| println!("     refused {}: {}", skipped.what, skipped.why));
    if let Some(fault) = model.fault() {
        eprintln!("error: could not {fault}");
        std::process::exit(1);
    }
}
