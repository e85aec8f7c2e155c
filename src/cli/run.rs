//! `git dream run`: one night, and what came of it.

use super::batches;
use super::engine::{Engines, Manner};
use super::night;
use super::plan::Plan;
use super::resume::{self, Asked};
use super::scheduled::{self, Told};
use super::ui::{Page, count};
use super::{Context, Exit, Failure, Hint};
use crate::config::{Engine, Key, ModelKey, Settings};
use crate::model::SessionId;
use crate::phase::dream::{self, Night, Request, Until};
use crate::phase::review::Filter;
use crate::store::Store;
use crate::store::nights::NightState;
use chrono::{DateTime, NaiveDate, Utc};
use std::path::PathBuf;
use std::time::Duration;

/// Read sessions and memory, and propose a better memory on a branch
///
/// The memory branch, the index and your files are not touched. Sessions that a standing dream has read are read
/// again only as support; the same sessions again propose nothing and make no branch.
///
/// With a language model as the engine, answers that were paid for are kept: a run that failed or ran out of its budget
/// goes on where it stopped. --dry-run then says about what it would cost, and sends nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git dream run\n  git dream run --dry-run\n  git dream run --agent claude-code/billing --since 2026-05-01\n  git dream run --instructions 'Focus on testing; ignore one-off debugging.'\n  git dream run --engine ollama --model qwen3:8b --explain"
)]
pub struct Run {
    /// Print one JSON object instead of text for people
    #[arg(long)]
    json: bool,
    /// Find everything, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Dream only when the schedule of dream.toml says so and that night was not dreamt yet: for timers
    #[arg(long, conflicts_with_all = ["dry_run", "explain", "resume", "session", "since", "agent"])]
    if_due: bool,
    /// Read only sessions that happened on or after this day or time (UTC)
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Read only sessions of this agent (repeatable); a name up to a '/' means all below it
    #[arg(long, value_name = "NAME")]
    agent: Vec<String>,
    /// Read this session, whatever was read before (repeatable); a unique prefix will do
    #[arg(long, value_name = "SESSION")]
    session: Vec<String>,
    /// Sessions to read at most, the newest first
    #[arg(long, value_name = "N")]
    max_sessions: Option<u32>,
    /// Changes to propose at most, the most useful first
    #[arg(long, value_name = "N")]
    max_changes: Option<u32>,
    /// What to focus on or to ignore
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// The engine: embedded, anthropic, openai or ollama
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// The engine's model
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Print what would be sent to a language model, and send nothing
    #[arg(long)]
    explain: bool,
    /// Ask in batches, at half the price and within a day; with an id, take the answers of that batch first
    #[arg(long, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "replay")]
    batch: Option<String>,
    /// Write every exchange with a language model into DIR, secrets masked
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Answer from what --record wrote into DIR, and ask nobody
    #[arg(long, value_name = "DIR", conflicts_with = "record")]
    replay: Option<PathBuf>,
    /// Go on with the run that failed or ran out of its budget, with its options
    #[arg(long, conflicts_with_all = ["since", "agent", "session", "max_sessions", "max_changes", "instructions", "engine", "model"])]
    resume: bool,
}

impl Run {
    pub fn run(mut self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        if self.resume && !self.take_up(&store) {
            context.ui.hint("every run came to its end; 'git dream run' begins another");
            return Ok(Exit::Done);
        }
        let settings = context.settings(&store, &self.flags())?;
        if self.batch.is_some() && !settings.asks_in_batches() {
            return Err(self.no_batches());
        }
        if self.if_due {
            return scheduled::run(context, &store, &settings, || self.told(context, &store, &settings));
        }
        let asks = matches!(settings.engine, Engine::Model(_));
        match () {
            () if asks && (self.dry_run || self.explain) => self.plan(context, &store, &settings)?,
            () if self.explain => return Err(self.nothing_sent()),
            () => drop(self.night(context, &store, &settings)?),
        }
        Ok(Exit::Done)
    }

    /// Dreams, and tells the terminal.
    fn night(&self, context: &Context, store: &Store, settings: &Settings) -> Result<(Night, Duration), Failure> {
        let filter = self.filter(store, settings)?;
        let start = std::time::Instant::now();
        let night = self.dream(context, store, settings, filter)?;
        let merged = night::merge_free(context, store, settings, &night)?;
        context.tidy(store);
        let took = start.elapsed();
        if self.json {
            context.ui.json(night::json(&night, took))?;
        } else {
            self.report(context, &night, merged.is_some())?;
        }
        Ok((night, took))
    }

    /// The same for the log of nights.
    fn told(&self, context: &Context, store: &Store, settings: &Settings) -> Result<Told, Failure> {
        let (night, took) = self.night(context, store, settings)?;
        let shown = night.dream.as_ref().or(night.held.as_ref());
        let changes = shown.map_or(0, |dream| dream.changes.len());
        let read = format!("{} read", count(night.sessions.len(), "session"));
        Ok(Told {
            state: if shown.is_some() { NightState::Proposed } else { NightState::Nothing },
            dream: shown.map(|dream| dream.id.clone()),
            detail: if changes > 0 { format!("{read}, {} proposed", count(changes, "change")) } else { read },
            json: night::json(&night, took),
        })
    }

    fn flags(&self) -> Vec<(Key, String)> {
        let numbers = [(Key::MaxSessions, self.max_sessions), (Key::MaxChanges, self.max_changes)];
        let numbers = numbers.into_iter().filter_map(|(key, value)| Some((key, value?.to_string())));
        let text = self.instructions.clone().map(|text| (Key::Instructions, text));
        let engine = self.engine.clone().map(|name| (Key::Engine, name));
        let model = self.model.clone().map(|name| (Key::Model(ModelKey::Model), name));
        let batch = self.batch.as_ref().map(|_| (Key::Model(ModelKey::Batch), "true".to_owned()));
        numbers.chain(text).chain(engine).chain(model).chain(batch).collect()
    }

    fn filter(&self, store: &Store, settings: &Settings) -> Result<Filter, Failure> {
        let sessions: Result<Vec<SessionId>, Failure> =
            self.session.iter().map(|prefix| Ok(store.find_session(prefix)?.id)).collect();
        Ok(Filter {
            agents: self.agent.clone(),
            scope: Some(settings.scope.clone()),
            sessions: sessions?,
            since: self.since.as_deref().map(day).transpose()?,
            retention: settings.retention.filter(|_| self.since.is_none()),
        })
    }

    fn report(&self, context: &Context, night: &Night, merged: bool) -> Result<(), Failure> {
        let mut page = Page::new();
        night::summary(&mut page, night, self.dry_run);
        context.ui.page(&page)?;
        match (&night.dream, merged) {
            (Some(dream), false) => context.ui.hint(&format!("git dream review {}", dream.id)),
            (Some(dream), true) => context.ui.hint(&format!("to take it back: git dream revert {}", dream.id)),
            _ if night.report.unfinished => context.ui.hint("git dream run --resume"),
            (None, _) if night.held.is_none() && night.sessions.is_empty() => context.ui.hint(self.nothing_read()),
            _ => {}
        }
        if let Some(held) = &night.held {
            context.ui.hint(&format!("git dream review {}", held.id));
        }
        Ok(())
    }
}

impl Run {
    fn nothing_read(&self) -> &'static str {
        match self.agent.is_empty() && self.session.is_empty() && self.since.is_none() {
            true => "there is no session that was not read; 'git dream import PATH' brings more in",
            false => "no unread session is asked for; 'git dream status' says how many there are, and of whom",
        }
    }
}

impl Run {
    fn asked(&self) -> Asked {
        Asked {
            since: self.since.clone(),
            agent: self.agent.clone(),
            session: self.session.clone(),
            max_sessions: self.max_sessions,
            max_changes: self.max_changes,
            instructions: self.instructions.clone(),
            engine: self.engine.clone(),
            model: self.model.clone(),
            batch: self.batch.is_some(),
        }
    }

    /// Takes over the options of the run that did not come to its end; false where there is none.
    fn take_up(&mut self, store: &Store) -> bool {
        let Some(asked) = resume::unfinished(store) else { return false };
        self.since = asked.since;
        self.agent = asked.agent;
        self.session = asked.session;
        self.max_sessions = asked.max_sessions;
        self.max_changes = asked.max_changes;
        self.instructions = asked.instructions;
        self.engine = asked.engine;
        self.model = asked.model;
        self.batch = self.batch.take().or(asked.batch.then(String::new));
        true
    }

    /// The night itself. Asking a language model is noted first, so that --resume knows what was asked for.
    fn dream(&self, context: &Context, store: &Store, settings: &Settings, filter: Filter) -> Result<Night, Failure> {
        let batch = self.batch.clone().filter(|id| !id.is_empty());
        let manner = Manner { plan: false, record: self.record.clone(), replay: self.replay.clone(), batch };
        let asks = matches!(settings.engine, Engine::Model(_)) && self.replay.is_none();
        if asks {
            resume::begin(store, &self.asked())?;
        }
        let until = if self.dry_run { Until::Found } else { Until::Written };
        let night = night_of(context, store, settings, filter, until, &manner)?;
        if asks && !night.report.unfinished {
            resume::end(store);
        }
        Ok(night)
    }

    fn plan(&self, context: &Context, store: &Store, settings: &Settings) -> Result<(), Failure> {
        let filter = self.filter(store, settings)?;
        let manner = Manner { plan: true, ..Manner::default() };
        let engines = Engines::new(context, store, settings, &manner)?;
        let request = Request { settings, filter, until: Until::Found, reviewer: None };
        dream::run(store, engines.thinker.engine(), &request)?;
        let plan = Plan { planned: engines.thinker.planned(), settings };
        if self.json {
            return context.ui.json(plan.json());
        }
        let mut page = Page::new();
        if self.explain {
            plan.explain(&mut page);
        }
        plan.estimate(&mut page);
        context.ui.page(&page)
    }

    fn no_batches(&self) -> Failure {
        Failure::refuse("this engine has no batches")
            .hint("--batch is for the engines anthropic and openai")
            .exit(Exit::Usage)
    }

    fn nothing_sent(&self) -> Failure {
        Failure::refuse("the embedded engine asks nobody: there is nothing to explain")
            .hint("'git dream run --dry-run' shows what it would propose\n--engine NAME --model MODEL names a language model")
            .exit(Exit::Usage)
    }
}

/// Runs a dream with the engine and the reviewer that settings name.
pub fn night_of(
    context: &Context,
    store: &Store,
    settings: &Settings,
    filter: Filter,
    until: Until,
    manner: &Manner,
) -> Result<Night, Failure> {
    let engines = Engines::new(context, store, settings, manner)?;
    batches::ask(context, store, settings, &filter, &engines)?;
    let reviewer = engines.reviewer.as_deref();
    Ok(dream::run(store, engines.thinker.engine(), &Request { settings, filter, until, reviewer })?)
}

fn day(text: &str) -> Result<DateTime<Utc>, Failure> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let midnight = || date().and_then(|date| date.and_hms_opt(0, 0, 0)).map(|time| time.and_utc());
    let refused = || Failure::refuse(format!("'{text}' is no date")).exit(Exit::Usage);
    time.or_else(midnight).ok_or_else(refused).hint("--since 2026-05-01 or --since 2026-05-01T03:00:00Z")
}
