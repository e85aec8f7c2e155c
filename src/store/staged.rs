//! What is staged: the files that the next commit would add or change, as `git` reads the index that it is about to
//! commit (`git commit FILE` and `-a` use one of their own). Work trees are never looked at.

use super::object::EMPTY_TREE;
use super::{GitError, ReadError, Store};
use crate::model::ObjectId;

/// A regular file that is staged, and differs from HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// As the repository names it; bytes that are no UTF-8 are replaced.
    pub path: String,
    pub blob: ObjectId,
}

#[derive(Debug, thiserror::Error)]
pub enum StagedError {
    #[error("read what is staged")]
    Git(#[from] GitError),
    #[error("read HEAD")]
    Head(#[source] ReadError),
    #[error("read what is staged: git named it '{0}'")]
    Parse(String),
}

impl Store {
    /// The staged files that differ from HEAD, in the order of their paths. Nothing in a bare repository.
    pub fn staged(&self) -> Result<Vec<Staged>, StagedError> {
        if self.is_bare() {
            return Ok(Vec::new());
        }
        let index = self.environment.variable("GIT_INDEX_FILE").filter(|path| !path.is_empty());
        let index = index.map(|path| self.environment.directory.join(path));
        let git =
            index.iter().fold(self.git().clone(), |git, path| git.with("GIT_INDEX_FILE", &path.to_string_lossy()));
        let head = self.reference("HEAD").map_err(StagedError::Head)?;
        let head = head.map_or_else(|| EMPTY_TREE.to_string(), |head| head.to_string());
        let options = ["diff-index", "--cached", "--raw", "--no-renames", "--no-abbrev", "--diff-filter=AMT", "-z"];
        let output = git.check(&[&options[..], &[&head, "--"]].concat())?;
        let mut fields = output.stdout.split(|byte| *byte == 0).filter(|field| !field.is_empty());
        let mut staged = Vec::new();
        while let (Some(what), Some(path)) = (fields.next(), fields.next()) {
            staged.extend(entry(what, path)?);
        }
        Ok(staged)
    }
}

/// One entry of `--raw`: `:100644 100755 <old> <new> M`. Nothing for what is no regular file.
fn entry(what: &[u8], path: &[u8]) -> Result<Option<Staged>, StagedError> {
    let what = String::from_utf8_lossy(what);
    let words: Vec<&str> = what.split(' ').collect();
    let [_, mode, _, new, _] = words[..] else { return Err(StagedError::Parse(what.into_owned())) };
    let blob = ObjectId::parse(new).map_err(|_| StagedError::Parse(what.to_string()))?;
    let path = String::from_utf8_lossy(path).into_owned();
    Ok(mode.starts_with("100").then_some(Staged { path, blob }))
}
