//! `git dream init`: a repository becomes a memory.

use super::ui::{Page, Tone};
use super::{Context, Exit, Failure};
use crate::config::Settings;
use crate::store::Store;
use crate::store::adopt::{adopt, adopt_into};
use crate::store::init::{InitReport, Layout, Made, init};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Make a memory: a git repository with a dream.toml
///
/// In a directory that is no repository, one is made. In an existing repository, its checked-out branch gains dream.toml
/// as one commit; nothing else is touched, whatever state the work tree is in.
///
/// With --adopt, an existing folder of Markdown (a coding agent's memory folder, a wiki, another tool's memory
/// repository) becomes the memory, byte for byte: in place, or copied to PATH with the folder left alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream init
  git dream init ~/memory
  git dream init --bare /srv/memory.git
  git dream init --adopt ~/.claude/projects/-home-ada-billing/memory ~/memory
  git dream init --adopt wiki")]
pub struct Init {
    /// Where; the current directory unless given
    path: Option<PathBuf>,
    /// Make a bare repository, for a server
    #[arg(long)]
    bare: bool,
    /// Take over an existing folder of Markdown
    #[arg(long, value_name = "DIR")]
    adopt: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Init {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let environment = &context.environment;
        let layout = if self.bare { Layout::Bare } else { Layout::WorkTree };
        let report = match (&self.adopt, &self.path) {
            (Some(folder), Some(path)) => {
                let (folder, path) = (context.path(folder), context.path(path));
                adopt_into(environment, &folder, &path, layout, &Settings::template(&["."]))?
            }
            (Some(_), None) if self.bare => {
                let error = Failure::refuse("--bare with --adopt needs a PATH to copy the folder to").exit(Exit::Usage);
                return Err(error.hint("git dream init --bare --adopt DIR PATH"));
            }
            (Some(folder), None) => adopt(environment, &context.path(folder), &Settings::template(&["."]))?,
            (None, path) => {
                let path = path.as_deref().unwrap_or(Path::new("."));
                init(environment, &context.path(path), layout, &Settings::template(&["notes"]))?
            }
        };
        merge_driver(context, &report);
        if self.json {
            context.ui.json(json!({
                "path": report.path, "branch": report.branch.short(), "commit": report.commit,
                "adopted": report.adopted, "new": report.repository == Made::Now,
                "skipped": report.skipped.iter().map(|skipped| json!({ "what": skipped.what, "why": skipped.why })).collect::<Vec<_>>(),
            }))?;
            return Ok(Exit::Done);
        }
        context.ui.print(&said(&report))?;
        for skipped in &report.skipped {
            context.ui.warn(&format!("not adopted: {}: {}", skipped.what, skipped.why));
        }
        context.ui.hint(&format!("{} import PATH", command(context, &report.path)));
        Ok(Exit::Done)
    }
}

/// Lets plain git merge notes belief by belief here. The memory is made either way.
fn merge_driver(context: &Context, report: &InitReport) {
    let install = || -> Result<bool, Failure> {
        let store = Store::open(&context.environment, &report.path)?;
        let settings = context.settings(&store, &[])?;
        Ok(store.install_merge_driver(&context.command_line()?, &settings.folders)?)
    };
    if let Err(failure) = install() {
        context.ui.warn(&format!("plain git will merge notes by lines: could not {}", failure.error));
    }
}

fn said(report: &InitReport) -> Page {
    let mut page = Page::new();
    let path = report.path.display();
    let head = match (report.repository, report.commit) {
        (_, None) => format!("{path} is a memory already, on branch {}", report.branch),
        (Made::Now, Some(_)) => format!("made a memory in {path}, on branch {}", report.branch),
        (Made::Before, Some(_)) => format!("made {path} a memory, on branch {}", report.branch),
    };
    page.line(Tone::Plain, head);
    match report.adopted {
        0 => {}
        1 => {
            page.line(Tone::Plain, "adopted 1 file, byte for byte");
        }
        files => {
            page.line(Tone::Plain, format!("adopted {files} files, byte for byte"));
        }
    }
    if report.commit.is_some() {
        page.line(Tone::Plain, "dream.toml holds its settings");
    }
    page
}

/// How to call us for this repository from where the person is.
pub fn command(context: &Context, path: &Path) -> String {
    let here = context.environment.directory.canonicalize().ok();
    let there = path.canonicalize().ok();
    if here == there {
        return "git dream".to_owned();
    }
    let short = here.zip(there.clone()).and_then(|(here, there)| there.strip_prefix(here).ok().map(Path::to_owned));
    let shown = short.unwrap_or_else(|| path.to_owned()).display().to_string();
    match shown.contains([' ', '\'', '"', '$', '\\']) {
        true => format!("git -C '{}' dream", shown.replace('\'', "'\\''")),
        false => format!("git -C {shown} dream"),
    }
}
