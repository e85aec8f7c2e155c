//! `git dream import`: transcripts in.

mod beginning;
mod files;
mod pieces;
pub mod reading;
mod unchanged;

use super::ui::{Page, Tone, count};
use super::{Context, Exit, Failure};
use crate::config::settings::Secrets;
use crate::config::{Key, Settings};
use crate::model::{AgentName, SessionId};
use crate::store::Store;
use crate::store::import::{ImportReport, Imported, Incoming, What};
use clap::Args;
use files::Files;
use reading::{Reader, Reading};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use unchanged::Unchanged;

/// Store transcripts of agents' sessions, byte for byte
///
/// Formats are recognised by content: Claude Code, Codex, Copilot CLI, Gemini CLI, OpenCode, hosted agents' event lists,
/// OpenAI-style message lists, and one JSON object per line with "role" and "text" (and "time", "tool", "error" where
/// known). Directories are read with all that is in them. Importing again reads and stores only what is new; a session
/// that grew gets one more part. Sessions go to refs/dream/sessions, which a plain 'git push' never publishes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream import ~/.claude/projects
  git dream import --agent support logs/2026-05-04.jsonl
  opencode export ses_1 | git dream import -")]
pub struct Import {
    /// Files or directories; '-' reads one transcript from standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Whose sessions these are, instead of what the transcripts name
    #[arg(long, value_name = "NAME")]
    agent: Option<AgentName>,
    /// What to do with credentials: warn, mask (store them masked) or refuse (leave the session out)
    #[arg(long, value_name = "MODE")]
    secrets: Option<String>,
    /// Read every file again; name those that are no transcripts, every damaged line and every line with a credential
    #[arg(short, long)]
    verbose: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Everything beside the sessions themselves.
#[derive(Debug, Default)]
struct Tally {
    skipped: Vec<(String, String)>,
    foreign: Vec<String>,
    /// Lines with credentials, by session, with the file that they came from.
    secrets: Vec<Found>,
    refused: Vec<SessionId>,
    turns: u64,
}

/// A line that holds what looks like a credential.
#[derive(Debug)]
struct Found {
    session: SessionId,
    path: String,
    line: u32,
    kinds: Vec<&'static str>,
}

impl Import {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let mut files = Files::default();
        for path in self.paths.iter().filter(|path| *path != Path::new("-")) {
            files.add(&context.path(path));
        }
        let secrets = self.mode(context, &store)?;
        let mut tally = Tally::default();
        let mut known = Unchanged::of(&store, &mut files.found, secrets, self.verbose);
        let progress = context.ui.progress("importing", files.found.len() as u64);
        let (agent, now, preparer) = (self.agent.as_ref(), context.environment.now, store.preparer());
        let reader = Reader { agent, now, secrets, progress: &progress, preparer: &preparer };
        tally.skipped.extend(files.refused.iter().map(|refused| (shown(context, &refused.path), refused.why.clone())));
        let mut first = Vec::new();
        if self.paths.iter().any(|path| path == Path::new("-")) {
            let reading = reader.bytes(context.ui.input()?, "stdin", true);
            first = tally.take("standard input", reading);
        }
        let mut report = reader.stream(&files.found, |readings| {
            let rest = readings.flat_map(|(at, reading)| {
                known.learn(&files.found[at], &reading);
                tally.take(&shown(context, &files.found[at].path), reading)
            });
            store.import(first.into_iter().chain(rest))
        })?;
        drop(progress);
        known.finish(&mut report, &mut tally, |path| shown(context, path));
        context.tidy(&store);
        self.report(context, &report, &tally, secrets)
    }

    /// An option beats the settings; an import into a repository that has none yet warns.
    fn mode(&self, context: &Context, store: &Store) -> Result<Secrets, Failure> {
        let flags: Vec<(Key, String)> = self.secrets.iter().map(|mode| (Key::Secrets, mode.clone())).collect();
        match store.memory_branch() {
            Ok(_) => Ok(context.settings(store, &flags)?.secrets),
            Err(_) => Ok(Settings::resolve(None, |key| store.config(key), &flags)?.0.secrets),
        }
    }

    fn report(
        &self,
        context: &Context,
        report: &ImportReport,
        tally: &Tally,
        secrets: Secrets,
    ) -> Result<Exit, Failure> {
        if self.json {
            context.ui.json(json(report, tally))?;
        } else {
            context.ui.print(&summary(report, tally))?;
            context.ui.note(&problems(tally, self.verbose));
            context.ui.note(&credentials(tally, secrets, self.verbose));
        }
        if !tally.refused.is_empty() {
            let error =
                Failure::refuse(format!("{} left out because of credentials", count(tally.refused.len(), "session")));
            return Err(error.hint("'git dream import --secrets mask' stores them with the credentials masked"));
        }
        if report.sessions.is_empty() {
            let error = Failure::refuse("nothing that was named is a transcript that can be read");
            return Err(error.hint(remedy(tally)));
        }
        if !self.json && report.commit.is_some() {
            context.ui.hint("'git dream run' proposes what these sessions teach");
        }
        Ok(Exit::Done)
    }
}

impl Tally {
    fn take(&mut self, path: &str, reading: Reading) -> Vec<Incoming> {
        self.skipped.extend(reading.problems.into_iter().map(|why| (path.to_owned(), why)));
        if reading.foreign {
            self.foreign.push(path.to_owned());
        }
        let ids = || reading.sessions.iter().map(|session| &session.id).chain(&reading.refused);
        let of_file = |(line, kinds): &(u32, BTreeSet<&'static str>)| {
            // A line that holds a whole session is that session's; others belong to the file's first.
            let own =
                reading.sessions.iter().find(|session| session.root.as_deref() == Some(&format!("/{}", line - 1)));
            let session = own.map(|session| &session.id).or_else(|| ids().next())?.clone();
            Some(Found { session, path: path.to_owned(), line: *line, kinds: kinds.iter().copied().collect() })
        };
        self.secrets.extend(reading.secrets.iter().filter_map(of_file));
        self.refused.extend(reading.refused.iter().cloned());
        self.turns += reading.turns;
        reading.sessions
    }
}

/// What to do when nothing at all could be read.
fn remedy(tally: &Tally) -> &'static str {
    let because = |why: &str| tally.skipped.iter().any(|(_, found)| found == why);
    match () {
        () if because(files::MISSING) => {
            "check the spelling of the path; agents keep sessions in places such as ~/.claude/projects"
        }
        () if because(files::FORBIDDEN) => "make the file readable for you, with chmod, or copy it",
        () => "'git dream import --help' lists the formats",
    }
}

/// A path as short as it can be said from where the command runs.
fn shown(context: &Context, path: &Path) -> String {
    path.strip_prefix(&context.environment.directory).unwrap_or(path).display().to_string()
}

fn word(what: What) -> &'static str {
    match what {
        What::Added => "new",
        What::Grown { .. } => "grown",
        What::Unchanged => "unchanged",
        What::Older => "older",
        What::Rewritten { .. } => "rewritten",
    }
}

/// `imported 98 sessions of 2 agents (12345 turns): 97 new, 1 grown`.
fn summary(report: &ImportReport, tally: &Tally) -> Page {
    let mut page = Page::new();
    if report.sessions.is_empty() {
        return page;
    }
    let agents: BTreeSet<&AgentName> = report.sessions.iter().map(|session| &session.agent).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for session in &report.sessions {
        *counts.entry(word(session.what)).or_default() += 1;
    }
    let order = ["new", "grown", "rewritten", "older", "unchanged"];
    let counted: Vec<String> =
        order.iter().filter_map(|word| counts.get(word).map(|count| format!("{count} {word}"))).collect();
    page.put(Tone::Bold, format!("read {}", count(report.sessions.len(), "session")));
    page.line(
        Tone::Plain,
        format!(
            " of {} ({}): {}",
            count(agents.len(), "agent"),
            count(tally.turns as usize, "turn"),
            counted.join(", ")
        ),
    );
    if report.commit.is_none() {
        page.line(Tone::Plain, "nothing is new: all of it was imported before");
    }
    for session in report.sessions.iter().filter(|session| matches!(session.what, What::Rewritten { .. })) {
        page.line(
            Tone::Warning,
            format!("  {}: old lines changed; kept as a new version beside the old one", session.id),
        );
    }
    let judged: usize = report.sessions.iter().map(|session| session.outcomes).sum();
    if judged > 0 {
        page.line(Tone::Plain, format!("with {} found in them", count(judged, "outcome")));
    }
    page
}

/// What a person should know about: what was skipped and why, secrets, files of another kind.
fn problems(tally: &Tally, verbose: bool) -> Page {
    let mut page = Page::new();
    let most = if verbose { usize::MAX } else { 10 };
    for (path, why) in tally.skipped.iter().take(most) {
        page.put(Tone::Warning, "skipped: ").line(Tone::Plain, format!("{path}: {why}"));
    }
    if tally.skipped.len() > most {
        page.line(Tone::Plain, format!("skipped: {} more; -v names them all", tally.skipped.len() - most));
    }
    if verbose {
        tally.foreign.iter().for_each(|path| {
            page.line(Tone::Plain, format!("no transcript: {path}"));
        });
    } else if !tally.foreign.is_empty() {
        page.line(Tone::Plain, format!("no transcripts: {}; -v names them", count(tally.foreign.len(), "other file")));
    }
    page
}

/// Where credentials stand: session, line and kind, never the credential.
fn credentials(tally: &Tally, mode: Secrets, verbose: bool) -> Page {
    let mut page = Page::new();
    let most = if verbose { usize::MAX } else { 10 };
    for found in tally.secrets.iter().take(most) {
        let word = if mode == Secrets::Refuse { "refused: " } else { "warning: " };
        page.put(Tone::Warning, word);
        page.put(Tone::Plain, format!("what looks like a credential ({}) stands in ", found.kinds.join(", ")));
        page.line(Tone::Plain, format!("session {} line {} ({})", found.session, found.line, found.path));
    }
    if tally.secrets.len() > most {
        page.line(
            Tone::Plain,
            format!("  and in {} more; -v names them all", count(tally.secrets.len() - most, "line")),
        );
    }
    if !tally.secrets.is_empty() {
        let what = match mode {
            Secrets::Warn => "  they stay in refs/dream/sessions as they are; notes and commits get them masked",
            Secrets::Mask => "  they were masked before anything was stored",
            Secrets::Refuse => "  nothing of these sessions was stored",
        };
        page.line(Tone::Plain, what);
    }
    page
}

fn json(report: &ImportReport, tally: &Tally) -> Value {
    let secret = |found: &Found| json!({ "session": found.session, "file": found.path, "line": found.line, "kinds": found.kinds });
    let files: BTreeSet<&str> = tally.secrets.iter().map(|found| found.path.as_str()).collect();
    let session = |session: &Imported| json!({ "id": session.id, "agent": session.agent, "what": word(session.what), "outcomes": session.outcomes });
    let skipped = |(what, why): &(String, String)| json!({ "what": what, "why": why });
    json!({
        "commit": report.commit,
        "sessions": report.sessions.iter().map(session).collect::<Vec<_>>(),
        "skipped": tally.skipped.iter().map(skipped).collect::<Vec<_>>(),
        "no_transcripts": tally.foreign,
        "secrets_in": files,
        "secrets": tally.secrets.iter().map(secret).collect::<Vec<_>>(),
        "refused": tally.refused,
    })
}
