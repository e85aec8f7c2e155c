//! Settings that may be acted on. Flag beats git config beats `dream.toml` beats default; the result has a hash, so that a
//! dream can record under which settings it ran.

use super::guard::{Checks, Trust};
use super::model::{self, Budget, Model, Section};
use super::value::{Value, Written};
use super::{ConfigError, Key, Origin, Schedule, raw, schedule};
use crate::model::{AgentName, NotePath, id};
use chrono::Duration;
use jiff::tz::TimeZone;
use sha1::{Digest, Sha1};

/// Everything that a dream needs to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub scope: Scope,
    pub approval: Approval,
    /// How far back sessions are read; `None` for all of them.
    pub retention: Option<Duration>,
    pub max_sessions: u32,
    /// Changes of one dream, so that a person can review it.
    pub max_changes: u32,
    pub instructions: Option<String>,
    /// Sessions that must agree before a pattern becomes a note.
    pub min_support: u32,
    /// `None`: no note is ever stale.
    pub stale_after: Option<Duration>,
    pub engine: Engine,
    /// Who gives a second opinion on every change, if anybody.
    pub reviewer: Option<Engine>,
    /// What one dream may spend.
    pub budget: Budget,
    /// The folder that new notes go to.
    pub notes: String,
    /// The folders that memory is read from; `.` is the whole repository.
    pub folders: Vec<String>,
    /// What an import does with credentials.
    pub secrets: Secrets,
    /// Patterns of what is no credential although it looks like one.
    pub secrets_allow: Vec<String>,
    /// Patterns of what is a credential although it does not look like one.
    pub secrets_extra: Vec<String>,
    /// How long `expire` keeps transcripts; `None` for ever.
    pub keep: Option<Duration>,
    /// When nights are; `None` when nobody asked for any.
    pub schedule: Option<Schedule>,
    /// Where machines agree on who dreams a night.
    pub remote: Option<String>,
    /// What is told how each night ended.
    pub notify: Option<String>,
    /// What blocks an approval, and the budgets.
    pub checks: Checks,
    /// Who may approve and edit, and what is signed.
    pub trust: Trust,
}

/// What an import does with a transcript that holds credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Stores it as it is, and says where they stand.
    Warn,
    /// Stores it with the credentials masked.
    Mask,
    /// Leaves it out.
    Refuse,
}

/// Whose sessions are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    AllAgents,
    /// Full names, or one of the parts between slashes.
    Agents(Vec<String>),
}

impl Scope {
    pub fn covers(&self, agent: &AgentName) -> bool {
        match self {
            Scope::AllAgents => true,
            Scope::Agents(names) => {
                names.iter().any(|name| agent.as_str() == name || agent.as_str().split('/').any(|part| part == name))
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    Manual,
    /// What carries no risk is merged at once; the rest stays an open dream.
    Automatic,
}

/// What does the thinking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    Embedded,
    Model(Box<Model>),
}

/// A setting that was understood and does nothing, which its owner must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub key: &'static str,
    pub origin: Origin,
    pub why: &'static str,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} has no effect: {}", self.origin, self.key, self.why)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scope: Scope::AllAgents,
            approval: Approval::Manual,
            retention: None,
            max_sessions: 100,
            max_changes: 30,
            instructions: None,
            min_support: 2,
            stale_after: Some(Duration::days(180)),
            engine: Engine::Embedded,
            reviewer: None,
            budget: Budget::default(),
            notes: "notes".to_owned(),
            folders: vec!["notes".to_owned()],
            secrets: Secrets::Warn,
            secrets_allow: Vec::new(),
            secrets_extra: Vec::new(),
            keep: None,
            schedule: None,
            remote: None,
            notify: None,
            checks: Checks::default(),
            trust: Trust::default(),
        }
    }
}

impl Settings {
    /// Puts the settings together. `file` is `dream.toml`, `git` reads one key of git config, `flags` are what was
    /// typed, as `(key, text)`.
    pub fn resolve(
        file: Option<&str>,
        git: impl Fn(&str) -> Option<String>,
        flags: &[(Key, String)],
    ) -> Result<(Settings, Vec<Warning>), ConfigError> {
        let mut written = file.map(raw::parse).transpose()?.unwrap_or_default();
        written.extend(Key::all().filter_map(|key| {
            let value = Value::Text(git(&format!("dream.{}", key.name()))?);
            Some(Written { key, value, origin: Origin::GitConfig })
        }));
        written.extend(flags.iter().map(|(key, text)| Written {
            key: *key,
            value: Value::Text(text.clone()),
            origin: Origin::Flag,
        }));
        let mut settings = Settings::default();
        let allowed = git("dream.allow-commands").is_some_and(|value| value == "true");
        written.iter().try_for_each(|written| settings.set(written))?;
        settings.engine = model::engine(Section::Engine, &written)?.unwrap_or(Engine::Embedded);
        settings.reviewer = model::engine(Section::Reviewer, &written)?;
        settings.budget = model::budget(&written, &settings.engine, settings.reviewer.as_ref())?;
        settings.check_notes(&written)?;
        settings.schedule = nights(&written)?;
        let mut warnings = idle(&written);
        let program =
            |written: &&Written| written.key.runs_a_program() && matches!(written.origin, Origin::File { .. });
        if let Some(written) = written.iter().rev().find(|written| written.key.runs_a_program()).filter(program)
            && !allowed
        {
            settings.notify = None;
            let why = "a file of the repository names a program only where git config dream.allow-commands is true";
            warnings.push(Warning { key: written.key.name(), origin: written.origin.clone(), why });
        }
        Ok((settings, warnings))
    }

    fn set(&mut self, written: &Written) -> Result<(), ConfigError> {
        match written.key {
            // Checked together, once both are known.
            Key::Schedule | Key::Timezone => {}
            Key::Remote => {
                self.remote = Some(written.text("the name of a remote such as \"origin\" is expected")?.to_owned())
            }
            Key::NotifyCommand => self.notify = Some(written.text("a command in quotes is expected")?.to_owned()),
            Key::Check(check) => self.checks.set(check, written)?,
            Key::LossBudget => self.checks.loss_budget = written.percent()?,
            Key::SizeBudget => self.checks.size_budget = written.count()?,
            Key::BillBudget => self.checks.bill_budget = written.count()?,
            Key::TwoPerson | Key::Maintainers | Key::Approvers | Key::Signatures => self.trust.set(written)?,
            Key::Scope => self.scope = scope(written)?,
            Key::Approval => self.approval = approval(written)?,
            Key::Retention => {
                self.retention =
                    written.duration("all", "a time such as \"90d\", \"12h\" or \"2w\", or \"all\", is expected")?;
            }
            Key::MaxSessions => self.max_sessions = written.count()?,
            Key::MaxChanges => self.max_changes = written.count()?,
            Key::Instructions => self.instructions = Some(written.text("text in quotes is expected")?.to_owned()),
            Key::MinSupport => self.min_support = written.count()?,
            Key::StaleAfter => {
                self.stale_after = written
                    .duration("never", "a time such as \"180d\", \"12h\" or \"2w\", or \"never\", is expected")?;
            }
            // What they mean depends on each other: they are read together.
            Key::Engine | Key::Reviewer | Key::Model(_) | Key::ReviewerModel(_) => {}
            Key::Notes => self.notes = folder(written, written.text(FOLDER)?)?,
            Key::Folders => {
                let list = written.list(FOLDERS)?;
                self.folders = list.iter().map(|text| folder(written, text)).collect::<Result<_, _>>()?;
            }
            Key::Secrets => self.secrets = secrets(written)?,
            Key::SecretsAllow => self.secrets_allow = patterns(written)?,
            Key::SecretsExtra => self.secrets_extra = patterns(written)?,
            Key::Keep => {
                self.keep =
                    written.duration("all", "a time such as \"365d\", \"12h\" or \"2w\", or \"all\", is expected")?;
            }
        }
        Ok(())
    }

    /// New notes must land where memory is read, or a dream would never see them again.
    fn check_notes(&self, written: &[Written]) -> Result<(), ConfigError> {
        let inside =
            |folder: &String| folder == "." || self.notes == *folder || self.notes.starts_with(&format!("{folder}/"));
        if self.folders.iter().any(inside) {
            return Ok(());
        }
        let last = written.iter().rev().find(|written| matches!(written.key, Key::Notes | Key::Folders));
        let origin = last.map_or(Origin::Flag, |written| written.origin.clone());
        let allowed = "it must be one of folders or inside one, or memory would not be read from it";
        Err(ConfigError::BadValue { origin, key: "notes", found: format!("'{}'", self.notes), allowed })
    }

    /// Whether the engine or the reviewer is asked in batches.
    pub fn asks_in_batches(&self) -> bool {
        let batch = |engine: &Engine| matches!(engine, Engine::Model(model) if model.batch);
        batch(&self.engine) || self.reviewer.as_ref().is_some_and(batch)
    }

    /// Names these settings: the same on every machine, another when any of them changes.
    pub fn hash(&self) -> String {
        id::hex(&Sha1::digest(self.canonical().as_bytes()))
    }

    fn canonical(&self) -> String {
        let hours =
            |duration: &Option<Duration>| duration.map_or("none".to_owned(), |time| time.num_hours().to_string());
        let scope = match &self.scope {
            Scope::AllAgents => "all-agents".to_owned(),
            Scope::Agents(names) => format!("{names:?}"),
        };
        let models = model::canonical(&self.engine, self.reviewer.as_ref(), &self.budget);
        format!(
            "approval={:?}\nengine={}\nfolders={:?}\ninstructions={:?}\nmax-changes={}\nmax-sessions={}\n\
             min-support={}\nnotes={:?}\nretention={}\nscope={scope}\nstale-after={}\n{}",
            self.approval,
            models.0,
            self.folders,
            self.instructions,
            self.max_changes,
            self.max_sessions,
            self.min_support,
            self.notes,
            hours(&self.retention),
            hours(&self.stale_after),
            models.1,
        ) + &self.lists()
    }

    /// The user's patterns, where there are any: they decide which words reach a note.
    fn lists(&self) -> String {
        match self.secrets_allow.is_empty() && self.secrets_extra.is_empty() {
            true => String::new(),
            false => format!("secrets-allow={:?}\nsecrets-extra={:?}\n", self.secrets_allow, self.secrets_extra),
        }
    }

    /// The first `dream.toml` of a memory whose notes are read from these folders: every key with its default.
    pub fn template(folders: &[&str]) -> String {
        let folders: Vec<String> = folders.iter().map(|folder| toml::Value::from(*folder).to_string()).collect();
        include_str!("template.toml").replace("@folders@", &folders.join(", "))
    }
}

/// The schedule: the last pattern written, in the last time zone written.
fn nights(written: &[Written]) -> Result<Option<Schedule>, ConfigError> {
    let last = |key: Key| written.iter().rev().find(|written| written.key == key);
    let fields = "five fields such as \"0 3 * * *\" are expected (minute, hour, day, month, weekday)";
    let zones = "a time zone such as \"Europe/Berlin\" or \"UTC\" is expected";
    let zone =
        last(Key::Timezone).map(|written| schedule::zone(written.text(zones)?).ok_or_else(|| written.refuse(zones)));
    let zone = zone.transpose()?.unwrap_or(TimeZone::UTC);
    let Some(written) = last(Key::Schedule) else { return Ok(None) };
    let pattern = schedule::pattern(written.text(fields)?).ok_or_else(|| written.refuse(fields))?;
    Ok(Some(Schedule::new(&pattern, zone)))
}

/// Settings that were understood and change nothing as things stand.
fn idle(written: &[Written]) -> Vec<Warning> {
    let has = |key: Key| written.iter().any(|written| written.key == key);
    let lone = written.iter().filter(|written| written.key == Key::Timezone && !has(Key::Schedule));
    let why = "there is no schedule";
    lone.map(|written| Warning { key: written.key.name(), origin: written.origin.clone(), why }).collect()
}

const FOLDER: &str = "a folder of the repository such as \"notes\" is expected";
const FOLDERS: &str = "a list of folders such as [\"notes\"] is expected";

fn scope(written: &Written) -> Result<Scope, ConfigError> {
    let allowed = "\"all-agents\" or a list of agents' names such as [\"support\", \"billing\"] is expected";
    match &written.value {
        Value::Text(text) if text.trim() == "all-agents" => Ok(Scope::AllAgents),
        _ => written.list(allowed).map(Scope::Agents),
    }
}

fn approval(written: &Written) -> Result<Approval, ConfigError> {
    let allowed = "\"manual\" or \"automatic\" is expected";
    match written.text(allowed)? {
        "manual" => Ok(Approval::Manual),
        "automatic" => Ok(Approval::Automatic),
        _ => Err(written.refuse(allowed)),
    }
}

fn secrets(written: &Written) -> Result<Secrets, ConfigError> {
    let allowed = "\"warn\", \"mask\" or \"refuse\" is expected";
    match written.text(allowed)? {
        "warn" => Ok(Secrets::Warn),
        "mask" => Ok(Secrets::Mask),
        "refuse" => Ok(Secrets::Refuse),
        _ => Err(written.refuse(allowed)),
    }
}

/// Regular expressions, each on its own; an empty list is none.
fn patterns(written: &Written) -> Result<Vec<String>, ConfigError> {
    let allowed = "a list of regular expressions in quotes, none of which matches everything, is expected";
    if matches!(&written.value, super::value::Value::List(list) if list.is_empty()) {
        return Ok(Vec::new());
    }
    let list = written.list(allowed)?;
    match list.iter().all(|pattern| crate::text::listed::check(pattern).is_ok()) {
        true => Ok(list),
        false => Err(written.refuse(allowed)),
    }
}

fn folder(written: &Written, text: &str) -> Result<String, ConfigError> {
    let trimmed = text.trim_end_matches('/');
    match trimmed == "." || NotePath::new(trimmed).is_ok() {
        true => Ok(trimmed.to_owned()),
        false => Err(written.refuse(FOLDER)),
    }
}

#[cfg(test)]
mod tests;
