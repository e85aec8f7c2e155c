//! The hooks that git itself would run for a merge or a commit, run as git runs them (`core.hooksPath` included). A
//! hook that fails stops the decision before any ref moved; hooks that run afterwards can only complain.

use super::{Git, GitError};
use crate::text::Scrubbed;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Set for the hooks of our own decisions: what they land was judged when it was proposed and approved, and the index
/// that they see need not be what is committed.
pub const DECIDING: &str = "GIT_DREAM_DECIDING";

/// Whether hooks that may refuse are run, as `--verify` and `--no-verify` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    Yes,
    No,
}

/// Which of git's commands a decision is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Like {
    Merge,
    Commit,
}

#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("pass the hook '{hook}': {}", .output.as_str())]
    Refused { hook: &'static str, output: Scrubbed },
    #[error("run the hook '{hook}'")]
    Run { hook: &'static str, source: GitError },
    #[error("keep the message for the hooks in {}", .path.display())]
    Message { path: PathBuf, source: io::Error },
    #[error("commit: the hooks left an empty message")]
    Empty,
}

/// Runs the hooks before a commit; gives the message as they leave it.
pub(super) fn before(
    git: &Git,
    git_dir: &Path,
    like: Like,
    verify: Verify,
    message: &str,
) -> Result<String, HookError> {
    let (first, source) = match like {
        Like::Merge => ("pre-merge-commit", "merge"),
        Like::Commit => ("pre-commit", "message"),
    };
    if verify == Verify::Yes {
        run(git, first, &[])?;
    }
    let keep = |source| HookError::Message { path: git_dir.to_owned(), source };
    let mut file = tempfile::Builder::new().prefix("DREAM_MSG_").tempfile_in(git_dir).map_err(keep)?;
    file.write_all(message.as_bytes()).and_then(|()| file.flush()).map_err(keep)?;
    let path = file.path().to_string_lossy().into_owned();
    run(git, "prepare-commit-msg", &[&path, source])?;
    if verify == Verify::Yes {
        run(git, "commit-msg", &[&path])?;
    }
    let edited = fs::read(file.path()).map_err(keep)?;
    let edited = String::from_utf8_lossy(&edited).into_owned();
    match edited.trim() {
        "" => Err(HookError::Empty),
        _ => Ok(edited),
    }
}

/// Runs the hook that follows a landed decision; gives what it complained about.
pub(super) fn after(git: &Git, like: Like) -> Option<Scrubbed> {
    let ran = match like {
        Like::Merge => run(git, "post-merge", &["0"]),
        Like::Commit => run(git, "post-commit", &[]),
    };
    ran.err().map(|error| Scrubbed::block(&error.to_string()))
}

fn run(git: &Git, hook: &'static str, args: &[&str]) -> Result<(), HookError> {
    let output = git.with(DECIDING, "1").hook(hook, args, None).map_err(|source| HookError::Run { hook, source })?;
    if output.success() {
        return Ok(());
    }
    let said = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), output.error_text());
    Err(HookError::Refused { hook, output: Scrubbed::block(said.trim()) })
}
