//! `git dream schedule`: puts a timer into the system that calls `git dream run --if-due`, takes it away, and says how
//! things stand. When a night is due is decided by `dream.toml`, never by the timer.

mod plan;
mod timer;

use super::scheduled::outcome;
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure, Hint};
use crate::store::Store;
use clap::{Args, Subcommand, ValueEnum};
use plan::Job;
use serde_json::json;
use timer::{State, Timer};

/// Dream by itself at the times of dream.toml: put a timer in place, take it away, see how nights went
///
/// The timer calls 'git dream run --if-due' every five minutes; schedule and timezone of dream.toml say when a night is
/// due, and a night that was missed is made up once. 'install' shows what it will write before it writes anything.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream schedule install
  git dream schedule install --with crontab --yes
  git dream schedule status
  git dream schedule remove")]
pub struct Schedule {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Put the timer in place
    Install {
        /// Which timer; without it the first that this system has
        #[arg(long, value_enum)]
        with: Option<System>,
        /// Write without asking
        #[arg(long)]
        yes: bool,
    },
    /// Take the timer away
    Remove,
    /// Show schedule, timer and the last nights
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// What runs jobs on a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// A timer of the user's systemd
    Systemd,
    /// A line in the user's crontab
    Crontab,
    /// An agent of launchd (macOS)
    Launchd,
}

impl System {
    const ALL: [System; 3] = [System::Systemd, System::Launchd, System::Crontab];

    fn as_str(self) -> &'static str {
        match self {
            System::Systemd => "systemd",
            System::Crontab => "crontab",
            System::Launchd => "launchd",
        }
    }
}

impl Schedule {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let job = job(context, &store)?;
        let timers = System::ALL.map(|system| Timer { system, job: &job, environment: &context.environment });
        match self.what {
            What::Install { with, yes } => install(context, &store, &timers, with, yes),
            What::Remove => remove(context, &timers),
            What::Status { json } => status(context, &store, &timers, json),
        }
    }
}

/// The systems that hold a timer of this memory.
pub fn timers_in_place(context: &Context, store: &Store) -> Result<Vec<&'static str>, Failure> {
    let job = job(context, store)?;
    let timers = System::ALL.map(|system| Timer { system, job: &job, environment: &context.environment });
    Ok(timers.iter().filter(|timer| timer.state() == State::Installed).map(|timer| timer.system.as_str()).collect())
}

fn job(context: &Context, store: &Store) -> Result<Job, Failure> {
    let program = context.program()?;
    let repository = store.work_dir().unwrap_or(store.common_dir()).to_owned();
    if [&program, &repository].iter().any(|path| path.to_string_lossy().contains(char::is_control)) {
        return Err(Failure::refuse("no timer can hold a path with control characters"));
    }
    Ok(Job::new(program, repository))
}

fn install(
    context: &Context,
    store: &Store,
    timers: &[Timer<'_>],
    with: Option<System>,
    yes: bool,
) -> Result<Exit, Failure> {
    let schedule = context.settings(store, &[])?.schedule;
    let chosen = |timer: &&Timer<'_>| with.map_or_else(|| timer.works(), |with| timer.system == with);
    let Some(timer) = timers.iter().find(chosen) else {
        return Err(Failure::refuse("this system has neither systemd for users, launchd nor crontab")).hint(
            "let whatever runs jobs here call 'git dream run --if-due' in the memory's folder, every few minutes",
        );
    };
    let mut page = Page::new();
    page.line(Tone::Heading, format!("To be written for {}:", timer.system.as_str()));
    for (place, text) in timer.shown()? {
        page.line(Tone::Name, place).block(Tone::Plain, "  ", &text);
    }
    context.ui.print(&page)?;
    if !yes {
        let mut prompt = Page::new();
        prompt.put(Tone::Bold, "Write it? [y/N] ");
        let answer = context.ui.ask(&prompt)?;
        if !matches!(answer.as_deref().map(str::trim), Some("y" | "Y" | "yes")) {
            return Err(Failure::refuse("nothing was written"))
                .hint("'git dream schedule install --yes' writes without asking");
        }
    }
    timer.install()?;
    let mut page = Page::new();
    page.line(Tone::Plain, format!("the timer is in place ({})", timer.system.as_str()));
    context.ui.print(&page)?;
    if schedule.is_none() {
        context.ui.hint("no schedule is set: add schedule = \"0 3 * * *\" under [dream] in dream.toml");
    }
    Ok(Exit::Done)
}

fn remove(context: &Context, timers: &[Timer<'_>]) -> Result<Exit, Failure> {
    let mut page = Page::new();
    for timer in timers.iter().filter(|timer| timer.state() == State::Installed) {
        timer.remove()?;
        page.line(Tone::Plain, format!("the timer is gone ({})", timer.system.as_str()));
    }
    if page.is_empty() {
        page.line(Tone::Plain, "there was no timer of this memory");
    }
    context.ui.print(&page)?;
    Ok(Exit::Done)
}

fn status(context: &Context, store: &Store, timers: &[Timer<'_>], as_json: bool) -> Result<Exit, Failure> {
    let schedule = context.settings(store, &[])?.schedule;
    let now = context.environment.now;
    let next = schedule.as_ref().and_then(|schedule| schedule.next(now));
    let installed: Vec<&str> =
        timers.iter().filter(|timer| timer.state() == State::Installed).map(|timer| timer.system.as_str()).collect();
    let mut nights = store.nights(20)?;
    // The newest step of a night says how it stands.
    nights.dedup_by_key(|record| record.due);
    if as_json {
        let schedule = schedule.map(|schedule| schedule.to_string());
        context.ui.json(json!({"schedule": schedule, "next": next, "timers": installed, "nights": nights}))?;
        return Ok(Exit::Done);
    }
    let mut page = Page::new();
    let text = schedule.as_ref().map_or("none is set".to_owned(), ToString::to_string);
    page.put(Tone::Bold, "schedule  ").line(Tone::Plain, text);
    let timer = if installed.is_empty() { "none is in place".to_owned() } else { installed.join(", ") };
    page.put(Tone::Bold, "timer     ").line(Tone::Plain, timer);
    if let (Some(schedule), Some(next)) = (&schedule, next) {
        page.put(Tone::Bold, "next      ").line(Tone::Plain, schedule.local(next));
    }
    for record in &nights {
        let local = |time| schedule.as_ref().map_or_else(|| Context::time(time), |schedule| schedule.local(time));
        page.put(Tone::Bold, "night     ").put(Tone::Plain, format!("{}  {}", local(record.due), outcome(record)));
        page.line(Tone::Dim, format!("  on {}", record.host));
    }
    context.ui.print(&page)?;
    match (schedule.is_some(), installed.is_empty()) {
        (false, _) => context.ui.hint("add schedule = \"0 3 * * *\" under [dream] in dream.toml"),
        (true, true) => context.ui.hint("'git dream schedule install' puts a timer in place"),
        _ => {}
    }
    Ok(Exit::Done)
}
