//! `git dream merge-driver`: what plain `git merge` and `git rebase` run for files of memory.

use super::{Context, Exit, Failure};
use crate::store::merge_file::{FileMerge, FileMerged};
use clap::Args;
use std::path::PathBuf;

/// Merge one file of memory by entry, for plain git merge and rebase
///
/// Git runs it where .gitattributes says 'merge=dream'. Edits of different entries merge, even of neighbours; what does
/// not fit is left with conflict markers, as git leaves it, and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git config merge.dream.driver 'git dream merge-driver %O %A %B %P --marker-size %L'
  echo '*.md merge=dream' >> .gitattributes")]
pub struct MergeDriver {
    /// The version that both sides come from (%O)
    base: PathBuf,
    /// Our version, and where the result is written (%A)
    ours: PathBuf,
    /// Their version (%B)
    theirs: PathBuf,
    /// The file's path in the work tree (%P)
    path: String,
    /// How long a conflict marker is (%L)
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..1000))]
    marker_size: u16,
}

impl MergeDriver {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let [base, ours, theirs] = [self.base, self.ours, self.theirs].map(|typed| context.path(&typed));
        let merge = FileMerge { base, ours, theirs, path: self.path, marker_size: usize::from(self.marker_size) };
        match store.merge_files(&merge)? {
            FileMerged::Clean => Ok(Exit::Done),
            // git itself says which files conflict; a second voice would only repeat it.
            FileMerged::Marked(_) => Ok(Exit::Refused),
        }
    }
}
