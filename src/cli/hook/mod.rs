//! `git dream hook`: the checks that git runs for us, and the files by which it does.

mod commit_msg;
mod files;
mod post_merge;
mod pre_commit;
mod server;

use super::ui::{Page, Tone, count};
use super::{Context, Exit, Failure};
use crate::store::hook::DECIDING;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Let git check memory: staged notes before a commit, trailers of dreams in its message
///
/// 'install' puts small scripts where git looks for hooks; they call 'pre-commit', 'commit-msg' and
/// 'post-merge' of this command.
/// On a server (a bare repository, or with --server) it is one script, which calls 'pre-receive'.
/// Somebody else's hook is never written to: then 'install' says which line to add to it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream hook install
  git dream hook list
  git dream hook pre-commit        (what would be refused of what is staged now)
  git commit --no-verify           (goes past all hooks, as always in git)")]
pub struct Hook {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Refuse staged memory that is not UTF-8, has broken front matter, or holds credentials or hidden characters
    PreCommit,
    /// Refuse a message whose trailers of dreams are malformed or made up
    CommitMsg {
        /// The file with the message, as git names it
        file: PathBuf,
    },
    /// After a merge or a pull: say which checks fail on what it brought into memory
    PostMerge {
        /// 1 for a squash, as git says
        squash: Option<String>,
    },
    /// On a server: refuse pushes that change memory but by approved dreams, rewrite sessions, or hold malformed dreams
    PreReceive,
    /// The same for one ref, for a server whose pre-receive is taken
    Update {
        /// The ref, as git names it
        name: String,
        /// Where it stands
        old: String,
        /// Where it would stand
        new: String,
    },
    /// Put the hooks in place, leaving foreign ones alone
    Install {
        /// The hook of a server, as in every bare repository
        #[arg(long)]
        server: bool,
    },
    /// Remove the hooks that 'install' put in place
    Uninstall,
    /// Show which hooks are in place
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

impl Hook {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::PreCommit if deciding(context) => Ok(Exit::Done),
            What::CommitMsg { .. } if deciding(context) => Ok(Exit::Done),
            What::PostMerge { .. } if deciding(context) => Ok(Exit::Done),
            // A squash is no commit yet: the hooks of its commit look at it.
            What::PostMerge { squash } if squash.as_deref() == Some("1") => Ok(Exit::Done),
            What::PostMerge { .. } => post_merge::run(context),
            What::PreCommit => pre_commit::run(context),
            What::CommitMsg { file } => commit_msg::run(context, &file),
            What::PreReceive => server::pre_receive(context),
            What::Update { name, old, new } => server::update(context, &name, &old, &new),
            What::Install { server } => files::install(context, server),
            What::Uninstall => files::uninstall(context),
            What::List { json } => files::list(context, json),
        }
    }
}

/// Whether the hook runs for an approval, a revert or a restore of our own.
fn deciding(context: &Context) -> bool {
    context.environment.variable(DECIDING).is_some()
}

/// Prints one line per finding, then refuses.
fn refuse(context: &Context, findings: &[(String, String)], what: &str) -> Failure {
    let mut page = Page::new();
    for (place, why) in findings {
        page.put(Tone::Name, place).line(Tone::Plain, format!(": {why}"));
    }
    context.ui.note(&page);
    Failure::refuse(format!("not committed: {} in {what}", count(findings.len(), "finding")))
}
