//! Tests of the store against the real git, in repositories of their own and with a cleared environment.

mod git;
mod init;
pub(crate) mod introduced;
mod journal;
mod object;
mod open;
mod pack;
mod packed;
mod records;
mod reference;
mod session;
mod snapshot;
mod tree;

use super::{Git, NewCommit, PackWriter, RefUpdate, Store, TreeEditor};
use crate::config::Environment;
use crate::model::ObjectId;
use chrono::DateTime;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A temporary home with one repository at `repository`.
pub(crate) struct World {
    _folder: TempDir,
    pub environment: Environment,
}

impl World {
    /// A home without a repository.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path().canonicalize().expect("a real path").to_string_lossy().into_owned();
        let variables: BTreeMap<String, String> = [
            ("PATH", option_env!("PATH").unwrap_or("/usr/bin:/bin")),
            ("HOME", &home),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.com"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.com"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let now = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
        let directory = PathBuf::from(&home);
        Self { _folder: folder, environment: Environment { now, seed: 0, fixed_clock: true, variables, directory } }
    }

    /// A home with an empty repository on `main`.
    pub fn new() -> Self {
        let world = Self::empty();
        world.git(&["init", "-q", "-b", "main", "repository"]);
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.environment.directory.join(name)
    }

    pub fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    pub fn store(&self) -> Store {
        Store::discover(&self.environment, &self.repository()).expect("the repository opens")
    }

    /// Runs git in the home folder.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.environment.directory, args)
    }

    pub fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let git = Git::new(&self.environment, folder);
        git.check(args).expect("git succeeds").text()
    }

    /// Runs git in the repository.
    pub fn repo_git(&self, args: &[&str]) -> String {
        self.git_in(&self.repository(), args)
    }

    pub fn fsck(&self) {
        let output =
            Git::new(&self.environment, &self.repository()).run(&["fsck", "--strict", "--full"]).expect("fsck runs");
        assert!(output.success(), "{}", output.error_text());
    }
}

/// A commit that sets these files on top of a parent, in a pack of its own.
pub(crate) fn commit(store: &Store, parent: Option<ObjectId>, files: &[(&str, &str)], message: &str) -> ObjectId {
    let mut writer = store.writer();
    let id = commit_with(store, &mut writer, parent, files, message);
    writer.finish().expect("the pack is written");
    id
}

pub(crate) fn commit_with(
    store: &Store,
    writer: &mut PackWriter<'_>,
    parent: Option<ObjectId>,
    files: &[(&str, &str)],
    message: &str,
) -> ObjectId {
    let base = parent.map(|id| store.commit(id).expect("the parent").tree);
    let mut editor = TreeEditor::new(store, base).expect("the base");
    for (path, text) in files {
        let id = writer.blob(text.as_bytes()).expect("a blob");
        editor.set(path, super::object::FILE, id).expect("a free path");
    }
    let tree = editor.write(writer).expect("a tree");
    let (author, committer) = (store.author_identity().expect("an author"), store.identity().expect("a committer"));
    let commit = NewCommit { tree, parents: parent.into_iter().collect(), author, committer, message: message.into() };
    writer.commit(&commit).expect("a commit")
}

pub(crate) fn update(name: &str, expected: Option<ObjectId>, new: Option<ObjectId>) -> RefUpdate {
    RefUpdate { name: name.into(), expected, new, reason: "a test".into() }
}
