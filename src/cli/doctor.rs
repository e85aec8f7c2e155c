//! `git dream doctor`: everything that must be right for memory to be kept, looked at once, with the command that mends
//! what is not.

use super::schedule::timers_in_place;
use super::scheduled::outcome;
use super::ui::{Page, Tone, count};
use super::{Context, Exit, Failure};
use crate::model::document;
use crate::store::Store;
use crate::store::health::{Depth, Finding, Health};
use crate::store::nights::NightState;
use crate::text::Scrubbed;
use clap::Args;
use serde_json::json;

/// Look at everything that memory needs, and say what mends what is wrong
///
/// Repository, refs, locks, settings, identity, hooks, schedule, caches and disk. Nothing is changed. Exits 1 when
/// something is broken.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream doctor
  git dream doctor --full          (every object, by git fsck: slower)
  git dream doctor --json")]
pub struct Doctor {
    /// Look at every object, not only at what refs point at
    #[arg(long)]
    full: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let depth = if self.full { Depth::Objects } else { Depth::Tips };
        let mut found = store.health(depth);
        found.extend(memory(context, &store));
        found.extend(sessions(&store));
        found.push(identity(&store));
        found.extend(schedule(context, &store));
        found.push(caches(&store));
        let worst = found.iter().map(|finding| finding.health).max().unwrap_or(Health::Sound);
        if self.json {
            context.ui.json(json!({"health": worst, "findings": found}))?;
        } else {
            report(context, &found)?;
        }
        Ok(if worst == Health::Broken { Exit::Refused } else { Exit::Done })
    }
}

fn report(context: &Context, found: &[Finding]) -> Result<(), Failure> {
    let mut page = Page::new();
    for finding in found {
        let (tone, word) = match finding.health {
            Health::Sound => (Tone::Dim, "ok      "),
            Health::Warning => (Tone::Warning, "warning "),
            Health::Broken => (Tone::Error, "broken  "),
        };
        page.put(tone, word).put(Tone::Bold, format!("{:12} ", finding.area)).line(Tone::Plain, &finding.what);
        if let Some(mend) = &finding.mend {
            page.put(Tone::Dim, format!("{:21} mend: ", "")).line(Tone::Name, mend);
        }
    }
    let number = |health| found.iter().filter(|finding| finding.health == health).count();
    let (broken, warnings) = (number(Health::Broken), number(Health::Warning));
    let sum = match (broken, warnings) {
        (0, 0) => "everything is as it should be".to_owned(),
        _ => format!("{broken} broken, {}", count(warnings, "warning")),
    };
    page.line(Tone::Heading, sum);
    context.ui.print(&page)
}

fn why(failure: &Failure) -> String {
    let mut text = failure.error.to_string();
    let mut next = failure.error.source();
    while let Some(error) = next {
        text.push_str(&format!(": {error}"));
        next = error.source();
    }
    Scrubbed::line(&text).into_string()
}

/// The branch, its settings, its notes, and every dream.
fn memory(context: &Context, store: &Store) -> Vec<Finding> {
    let area = "memory";
    let tip = match store.memory_tip() {
        Ok(Some(tip)) => tip,
        Ok(None) => return vec![Finding::broken(area, "the memory branch has no commit", "git dream init")],
        Err(error) => return vec![Finding::broken(area, format!("could not {error}"), "git dream init")],
    };
    let settings = match context.settings(store, &[]) {
        Ok(settings) => settings,
        Err(failure) => {
            let mend = "correct dream.toml on the memory branch and commit it, or git config dream.*";
            return vec![Finding::broken("settings", why(&failure), mend)];
        }
    };
    let mut found = vec![Finding::sound("settings", "dream.toml and git config can be read")];
    match store.snapshot(tip, &settings.folders) {
        Ok(snapshot) => {
            found.push(Finding::sound(area, format!("{} can be read", count(snapshot.notes.len(), "note"))));
            found.extend(snapshot.notes.iter().filter_map(|(path, text)| {
                let error = document::front_error(text)?;
                let what = format!(
                    "{path} line {}: its front matter is no YAML: {}",
                    error.line,
                    Scrubbed::line(&error.why).as_str()
                );
                Some(Finding::warning(area, what, "correct it; until then it is read as plain text"))
            }));
            found.extend(snapshot.skipped.iter().map(|skipped| {
                let what = format!("{} is no note: {}", Scrubbed::line(&skipped.what).as_str(), skipped.why);
                Finding::warning(area, what, "correct or move it; no dream reads it as it is")
            }));
        }
        Err(error) => found.push(Finding::broken(area, format!("could not {error}"), "git dream doctor --full")),
    }
    match store.ledger(Some(tip)) {
        Ok(ledger) => found.push(Finding::sound("dreams", format!("{} in history", count(ledger.len(), "dream")))),
        Err(error) => found.push(Finding::broken("dreams", format!("could not {error}"), "git dream doctor --full")),
    }
    found
}

fn sessions(store: &Store) -> Vec<Finding> {
    match store.sessions() {
        Ok(records) => {
            let lost = records.iter().flat_map(|record| {
                let parts = record.versions.iter().flat_map(|version| &version.parts);
                parts.filter(|part| !store.contains(part.blob)).map(|_| record.id.as_str())
            });
            let lost: Vec<&str> = lost.collect();
            match lost.first() {
                None => vec![Finding::sound(
                    "sessions",
                    format!("{}, every transcript is here", count(records.len(), "session")),
                )],
                Some(first) => {
                    let what =
                        format!("{} without all of its transcript, {first} the first", count(lost.len(), "session"));
                    vec![Finding::broken("sessions", what, "fetch refs/dream/sessions from a clone that has it")]
                }
            }
        }
        Err(error) => vec![Finding::broken("sessions", format!("could not {error}"), "git dream doctor --full")],
    }
}

fn identity(store: &Store) -> Finding {
    let area = "identity";
    match store.identity() {
        Ok(person) => {
            let ssh = store.config("gpg.format").as_deref() == Some("ssh");
            let signs = store.config("commit.gpgsign").as_deref() == Some("true");
            match signs && ssh && store.config("user.signingkey").is_none() {
                true => {
                    let mend = "git config --global user.signingKey ~/.ssh/id_ed25519.pub";
                    Finding::broken(area, "commits are to be signed by ssh, and no key is named", mend)
                }
                false => {
                    let text = format!("{} <{}>", person.name, person.email);
                    Finding::sound(area, Scrubbed::line(&text).into_string())
                }
            }
        }
        Err(error) => {
            let mend = "git config --global user.name 'Your Name'; git config --global user.email you@example.org";
            Finding::broken(area, format!("could not {error}"), mend)
        }
    }
}

fn schedule(context: &Context, store: &Store) -> Vec<Finding> {
    let area = "schedule";
    let Ok(settings) = context.settings(store, &[]) else { return Vec::new() };
    let timers = timers_in_place(context, store).unwrap_or_default();
    let mut found = vec![match (&settings.schedule, timers.is_empty()) {
        (None, true) => Finding::sound(area, "none is set"),
        (Some(schedule), false) => Finding::sound(area, format!("{schedule}, called by {}", timers.join(", "))),
        (Some(schedule), true) => {
            Finding::warning(area, format!("{schedule}, and no timer calls it here"), "git dream schedule install")
        }
        (None, false) => {
            let mend = "git dream schedule remove, or schedule = \"0 3 * * *\" under [dream] in dream.toml";
            Finding::warning(area, format!("{} is in place, and no schedule is set", timers.join(", ")), mend)
        }
    }];
    if let Some(night) = store.nights(1).ok().and_then(|nights| nights.into_iter().next())
        && night.state == NightState::Failed
    {
        let what = format!("the night of {} {}", night.due.format("%Y-%m-%d"), outcome(&night));
        found.push(Finding::warning(area, what, "git dream run  (shows what stands in the way)"));
    }
    found
}

fn caches(store: &Store) -> Finding {
    let bytes = store.cache_size();
    let what = format!("{} KiB; may be deleted at any time", bytes.div_ceil(1024));
    Finding::sound("caches", what)
}
