//! `git dream run --if-due`: what a timer calls. It dreams when the schedule says so and the night was not dreamt yet,
//! here or on another machine with the same remote, and writes into the log of nights how it went.

use super::ui::Page;
use super::{Context, Exit, Failure, Hint};
use crate::config::{Schedule, Settings};
use crate::phase::due::{BATCH_PATIENCE, Due, PATIENCE, due};
use crate::store::lease::Lease;
use crate::store::nights::{NIGHTS, NightRecord, NightState};
use crate::store::{Store, program};
use crate::text::Scrubbed;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// How a night went, for the log and for whoever is told.
pub struct Told {
    pub state: NightState,
    pub dream: Option<crate::model::DreamId>,
    pub detail: String,
    pub json: Value,
}

/// Runs `dream` when a night is due. Gives nothing when none is; then a person was told why.
pub fn run(
    context: &Context,
    store: &Store,
    settings: &Settings,
    dream: impl FnOnce() -> Result<Told, Failure>,
) -> Result<Exit, Failure> {
    let Some(schedule) = &settings.schedule else {
        return Err(Failure::refuse("no schedule is set"))
            .hint("add schedule = \"0 3 * * *\" under [dream] in dream.toml, or set git config dream.schedule");
    };
    let Some(_lock) = store.night_lock()? else {
        return tell(context, "another night of this memory is being dreamt on this machine");
    };
    let night = Night { context, store, settings, schedule, remote: settings.remote.as_deref() };
    night.run(dream)
}

struct Night<'a> {
    context: &'a Context,
    store: &'a Store,
    settings: &'a Settings,
    schedule: &'a Schedule,
    remote: Option<&'a str>,
}

impl Night<'_> {
    fn run(&self, dream: impl FnOnce() -> Result<Told, Failure>) -> Result<Exit, Failure> {
        let there = self.remote.map(|remote| self.store.sync_nights(remote)).transpose()?.flatten();
        let now = self.context.environment.now;
        let log = self.store.nights(64)?;
        let patience = if self.settings.asks_in_batches() { BATCH_PATIENCE } else { PATIENCE };
        let due = match due(self.schedule, &log, &self.context.environment.host(), now, patience) {
            Due::Now(night) => night,
            other => return tell(self.context, &self.why_not(&other)),
        };
        self.add(due, NightState::Started, None, String::new())?;
        if let Some(remote) = self.remote
            && self.store.push_nights(remote, there)? == Lease::Lost
        {
            self.store.sync_nights(remote)?;
            return tell(self.context, "another machine took this night at the same moment");
        }
        let result = dream();
        let told = match &result {
            Ok(told) => told,
            Err(failure) => &failed(failure),
        };
        self.add(due, told.state, told.dream.clone(), told.detail.clone())?;
        self.publish();
        self.notify(due, told);
        result.map(|_| Exit::Done)
    }

    fn add(
        &self,
        due: DateTime<Utc>,
        state: NightState,
        dream: Option<crate::model::DreamId>,
        detail: String,
    ) -> Result<(), Failure> {
        let (at, host) = (self.context.environment.now, self.context.environment.host());
        let record = NightRecord { due, state, at, host, dream, detail };
        self.store.add_night(self.store.reference(NIGHTS)?, &record)?;
        Ok(())
    }

    /// The night is over whether or not the others hear of it; they would see it as begun and take it over in time.
    fn publish(&self) {
        let Some(remote) = self.remote else { return };
        let pushed = self.store.sync_nights(remote).and_then(|there| self.store.push_nights(remote, there));
        if let Err(error) = pushed {
            self.context.ui.warn(&format!("could not {error}; the next night tries again"));
        }
    }

    fn notify(&self, due: DateTime<Utc>, told: &Told) {
        let Some(command) = &self.settings.notify else { return };
        let mut json = told.json.clone();
        json["schema"] = json!(1);
        json["night"] =
            json!({"due": due, "state": told.state, "host": self.context.environment.host(), "detail": told.detail});
        let place = self.store.work_dir().unwrap_or(self.store.common_dir());
        match program::run(&self.context.environment, place, &["sh", "-c", command], &format!("{json}\n")) {
            Ok(ran) if ran.success => {}
            Ok(ran) => {
                let said = Scrubbed::line(ran.stderr.lines().next().unwrap_or("it said nothing"));
                self.context.ui.warn(&format!("the command of [notify] failed: {}", said.as_str()));
            }
            Err(error) => self.context.ui.warn(&format!("could not {error}: {}", error.source)),
        }
    }

    fn why_not(&self, due: &Due) -> String {
        let next = self.schedule.next(self.context.environment.now);
        let next = next.map_or(String::new(), |next| format!("; the next one is {}", self.schedule.local(next)));
        match due {
            Due::Done { night, record } => {
                let on = if record.host.is_empty() { String::new() } else { format!(" on {}", record.host) };
                format!("the night of {} is over: {}{on}{next}", self.schedule.local(*night), outcome(record))
            }
            Due::Elsewhere(record) => {
                format!("{} is dreaming this night since {}", record.host, self.schedule.local(record.at))
            }
            _ => format!("no night was due yet{next}"),
        }
    }
}

/// How a night ended, in a few words.
pub fn outcome(record: &NightRecord) -> String {
    match (&record.state, &record.dream) {
        (NightState::Started, _) => "begun and not ended".to_owned(),
        (NightState::Proposed, Some(dream)) => format!("dream {dream}"),
        (NightState::Proposed, None) => "changes proposed".to_owned(),
        (NightState::Nothing, _) => "nothing to propose".to_owned(),
        (NightState::Failed, _) => format!("failed: {}", record.detail),
    }
}

fn failed(failure: &Failure) -> Told {
    let mut why = failure.error.to_string();
    let mut next = failure.error.source();
    while let Some(error) = next {
        why.push_str(&format!(": {error}"));
        next = error.source();
    }
    let detail = Scrubbed::line(&why).into_string();
    Told { state: NightState::Failed, dream: None, json: json!({"dream": null, "error": detail}), detail }
}

/// A timer calls every few minutes: what was not done is worth a line, never a failure.
fn tell(context: &Context, why: &str) -> Result<Exit, Failure> {
    let mut page = Page::new();
    page.line(super::ui::Tone::Plain, format!("not now: {why}"));
    context.ui.print(&page)?;
    Ok(Exit::Done)
}
