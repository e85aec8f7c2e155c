//! `git dream run`: one night, and what came of it.

use super::night;
use super::scheduled::{self, Told};
use super::ui::{Page, count};
use super::{Context, Exit, Failure, Hint};
use crate::config::{Key, Settings};
use crate::engine::Embedded;
use crate::model::SessionId;
use crate::phase::dream::{self, Night, Request};
use crate::phase::review::Filter;
use crate::store::Store;
use crate::store::nights::NightState;
use chrono::{DateTime, NaiveDate, Utc};
use std::time::Duration;

/// Read sessions and memory, and propose a better memory on a branch
///
/// The memory branch, the index and your files are not touched. Sessions that a standing dream has read are read
/// again only as support; the same sessions again propose nothing and make no branch.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git dream run\n  git dream run --dry-run\n  git dream run --agent claude-code/billing --since 2026-05-01\n  git dream run --instructions 'Focus on testing; ignore one-off debugging.'"
)]
pub struct Run {
    /// Print one JSON object instead of text for people
    #[arg(long)]
    json: bool,
    /// Find everything, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Dream only when the schedule of dream.toml says so and that night was not dreamt yet: for timers
    #[arg(long, conflicts_with_all = ["dry_run", "session", "since", "agent"])]
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
}

impl Run {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let settings = context.settings(&store, &self.flags())?;
        if self.if_due {
            return scheduled::run(context, &store, &settings, || self.told(context, &store, &settings));
        }
        self.night(context, &store, &settings)?;
        Ok(Exit::Done)
    }

    /// Dreams, and tells the terminal.
    fn night(&self, context: &Context, store: &Store, settings: &Settings) -> Result<(Night, Duration), Failure> {
        let filter = self.filter(store, settings)?;
        let start = std::time::Instant::now();
        let night = dream(store, settings, filter, self.dry_run)?;
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
        numbers.chain(text).collect()
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

/// Runs a dream with the engine that settings name.
pub fn dream(store: &Store, settings: &Settings, filter: Filter, dry_run: bool) -> Result<Night, Failure> {
    Ok(dream::run(store, &Embedded, &Request { settings, filter, dry_run })?)
}

fn day(text: &str) -> Result<DateTime<Utc>, Failure> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let midnight = || date().and_then(|date| date.and_hms_opt(0, 0, 0)).map(|time| time.and_utc());
    let refused = || Failure::refuse(format!("'{text}' is no date")).exit(Exit::Usage);
    time.or_else(midnight).ok_or_else(refused).hint("--since 2026-05-01 or --since 2026-05-01T03:00:00Z")
}
