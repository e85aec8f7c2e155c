//! `git dream demo`: the whole way in one command, on bundled sessions, in a directory to go on playing in.

mod files;

use super::engine::Manner;
use super::import::reading::Reader;
use super::report::{Archive, ChangeView, heading};
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure, run};
use crate::config::settings::Secrets;
use crate::config::{Engine, Environment, Settings};
use crate::model::{ChangeType, DreamId};
use crate::phase::dream::Until;
use crate::phase::review::Filter;
use crate::store::init::{Layout, init};
use crate::store::{Git, Store};
use clap::Args;
use files::{MEMORY, SESSIONS};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Make a memory from bundled sessions, dream over it, and show the review
///
/// Offline, in a second or two. The directory is an ordinary git repository: approve the dream there, revert it, look
/// at it with 'git log', or throw the directory away.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream demo
  git dream demo /tmp/play")]
pub struct Demo {
    /// A directory that does not exist or is empty; ./git-dream-demo unless given
    directory: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// When the team wrote its first notes: before the first session.
const FIRST_NOTES: &str = "2026-05-01T09:00:00+00:00";

impl Demo {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let folder = self.folder(context)?;
        let shown = folder.strip_prefix(&context.environment.directory).unwrap_or(&folder).display().to_string();
        let environment = own_repository(&context.environment, &folder);
        make_memory(&environment, &folder)?;
        let store = Store::open(&environment, &folder)?;
        context.ui.configure(&store);
        import(context, &store)?;
        // Offline, whatever the person's own settings are.
        let settings = Settings { engine: Engine::Embedded, reviewer: None, ..context.settings(&store, &[])? };
        let night = run::night_of(context, &store, &settings, Filter::default(), Until::Written, &Manner::default())?;
        let dream =
            night.dream.map(|dream| dream.id).ok_or_else(|| Failure::refuse("the demo's sessions taught nothing"))?;
        if self.json {
            context.ui.json(json!({ "directory": folder, "dream": dream }))?;
            return Ok(Exit::Done);
        }
        let mut page = Page::new();
        page.line(Tone::Plain, format!("made a memory in {shown} with {} files of notes", MEMORY.len()));
        page.line(Tone::Plain, format!("imported {} sessions of several agents", SESSIONS.len())).end();
        review(context, &store, &dream, &mut page)?;
        next(context, &store, &dream, &shown, &mut page);
        context.ui.page(&page)?;
        Ok(Exit::Done)
    }

    /// The directory to make; one that holds anything is left alone.
    fn folder(&self, context: &Context) -> Result<PathBuf, Failure> {
        let taken = |path: &Path| fs::read_dir(path).map_or(path.exists(), |mut entries| entries.next().is_some());
        if let Some(named) = &self.directory {
            let path = context.path(named);
            return match taken(&path) {
                false => Ok(path),
                true => Err(Failure::refuse(format!("'{}' exists and is not empty", named.display()))
                    .hint("name a new directory, or leave it out to have one made here")),
            };
        }
        let names = (1..).map(|n| if n == 1 { "git-dream-demo".to_owned() } else { format!("git-dream-demo-{n}") });
        let mut paths = names.map(|name| context.environment.directory.join(name));
        Ok(paths.find(|path| !path.exists()).expect("numbers do not end"))
    }
}

/// The surroundings without whatever names another repository.
fn own_repository(environment: &Environment, folder: &Path) -> Environment {
    let mut own = environment.clone();
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        own.variables.remove(name);
    }
    own.directory = folder.to_owned();
    own
}

/// A repository with the team's notes, dated before the first session, and `dream.toml`.
fn make_memory(environment: &Environment, folder: &Path) -> Result<(), Failure> {
    for (path, bytes) in MEMORY {
        let path = folder.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)?;
    }
    let git = Git::new(environment, folder).with("GIT_DEFAULT_HASH", "sha1").with("GIT_DEFAULT_REF_FORMAT", "files");
    git.check(&["init", "-q", "-b", "main"])?;
    if !git.run(&["var", "GIT_COMMITTER_IDENT"])?.success() {
        // Only here, so that the commands that follow work; the person's own settings are theirs.
        git.check(&["config", "user.name", "Demo"])?;
        git.check(&["config", "user.email", "demo@localhost"])?;
    }
    git.check(&["config", "dream.branch", "main"])?;
    let dated = git.with("GIT_AUTHOR_DATE", FIRST_NOTES).with("GIT_COMMITTER_DATE", FIRST_NOTES);
    dated.check(&["add", "-A"])?;
    let plain = ["-c", "commit.gpgSign=false", "-c", "core.hooksPath=/dev/null"];
    dated.check(&[&plain[..], &["commit", "-q", "-m", "notes: what the team had written down"]].concat())?;
    init(environment, folder, Layout::WorkTree, &Settings::template(&["."]))?;
    Ok(())
}

fn import(context: &Context, store: &Store) -> Result<(), Failure> {
    let progress = context.ui.progress("importing", SESSIONS.len() as u64);
    let (now, secrets, preparer) = (context.environment.now, Secrets::Warn, store.preparer());
    let reader = Reader { agent: None, now, secrets, progress: &progress, preparer: &preparer };
    let sessions = SESSIONS.iter().flat_map(|(name, bytes)| reader.bytes(bytes.to_vec(), name, true).sessions);
    store.import(sessions)?;
    Ok(())
}

/// The changes as a reviewer reads them, by what they do to memory.
fn review(context: &Context, store: &Store, id: &DreamId, page: &mut Page) -> Result<(), Failure> {
    let ledger = context.ledger(store)?;
    let dream = ledger.find(id.as_str())?;
    let archive = Archive::new(store);
    heading(page, dream);
    let groups = [("What memory says differently", false), ("What is new", true)];
    for (title, new) in groups {
        let records = dream.changes.iter().filter(|record| (record.change == ChangeType::Add) == new);
        let views = records.map(|record| ChangeView::read(store, record)).collect::<Result<Vec<_>, _>>()?;
        if !views.is_empty() {
            page.end().line(Tone::Bold, format!("{title}: {}", views.len()));
        }
        for view in views {
            page.end();
            view.whole(page, &archive, None, 0);
        }
    }
    Ok(())
}

/// What to type next, in the order in which a person would.
fn next(context: &Context, store: &Store, dream: &DreamId, folder: &str, page: &mut Page) {
    page.end().line(Tone::Bold, "Next:");
    page.line(Tone::Plain, format!("  cd {folder}"));
    let installed = store.git().run(&["dream", "--version"]).is_ok_and(|output| output.success());
    if !installed && let Some(path) = context.program_folder() {
        page.line(Tone::Plain, format!("  export PATH=\"{}:$PATH\"   # so that 'git dream' is found", path.display()));
    }
    for (command, why) in [
        (format!("git dream review {dream}"), "change by change, as git add -p"),
        (format!("git dream approve {dream}"), "all of it, as one merge"),
        ("git dream why team.md".to_owned(), "who says so, on what evidence"),
        ("git log --graph".to_owned(), "it is all ordinary git"),
        (format!("git dream revert {dream}"), "take it back"),
    ] {
        page.put(Tone::Name, format!("  {command:<36}")).line(Tone::Dim, format!(" # {why}"));
    }
}
