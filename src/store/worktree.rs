//! Work trees that have the memory branch checked out are brought along when it moves, as `git merge` would; one that
//! cannot be brought along without losing a byte refuses the move before anything changed.

use super::{Git, GitError, Store};
use crate::model::ObjectId;
use crate::text::Scrubbed;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// One work tree, main or linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkTree {
    pub path: PathBuf,
    /// The full name of the branch that is checked out; nothing when HEAD is detached.
    pub branch: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum WorkTreeError {
    #[error("list the work trees")]
    List(#[source] GitError),
    /// Local changes, or untracked files in the way; the paths that git named.
    #[error("update the work tree {}: these files would be overwritten: {}", .path.display(), .files.join(", "))]
    Dirty { path: PathBuf, files: Vec<String> },
    /// `what` is such as `a merge` or `a rebase`.
    #[error("update the work tree {}: {what} is in progress there", .path.display())]
    Busy { path: PathBuf, what: &'static str },
    #[error("update the work tree {}: its index has unmerged paths", .path.display())]
    Unmerged { path: PathBuf },
    /// Another git is at work there; trying again later is right.
    #[error("update the work tree {}: its index is locked", .path.display())]
    Locked { path: PathBuf },
    #[error("update the work tree {}", .path.display())]
    Git { path: PathBuf, source: GitError },
}

impl Store {
    /// All work trees of the repository that are there, the main one first.
    pub fn work_trees(&self) -> Result<Vec<WorkTree>, WorkTreeError> {
        let output = self.git().check(&["worktree", "list", "--porcelain", "-z"]).map_err(WorkTreeError::List)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut trees = Vec::new();
        for block in text.split("\0\0") {
            let field = |name: &str| block.split('\0').find_map(|line| line.strip_prefix(name));
            let Some(path) = field("worktree ").map(PathBuf::from) else { continue };
            let bare = block.split('\0').any(|line| line == "bare");
            if !bare && path.is_dir() {
                trees.push(WorkTree { path, branch: field("branch ").map(str::to_owned) });
            }
        }
        Ok(trees)
    }

    fn git_of(&self, tree: &WorkTree) -> Git {
        // A work tree that GIT_DIR names is known to no file in it.
        if self.work_dir() == Some(&tree.path) { self.git().clone() } else { self.git().at(&tree.path) }
    }
}

impl WorkTreeError {
    /// A git that a signal ended cannot remove its lock.
    pub(super) fn is_killed_git(&self) -> bool {
        matches!(self, Self::Git { source: GitError::Failed { status: -1, .. }, .. })
    }
}

/// The work trees of one branch, ready to be moved from one tree to another.
pub(super) struct CheckedOut {
    trees: Vec<(PathBuf, Git)>,
    old: ObjectId,
    new: ObjectId,
}

/// With what git ends that could not begin.
const REFUSED: i32 = 128;

impl CheckedOut {
    /// Finds the branch's work trees. Changes nothing, and takes no lock.
    pub fn find(store: &Store, branch: &str, old: ObjectId, new: ObjectId) -> Result<Self, WorkTreeError> {
        let all = store.work_trees()?;
        for tree in all.iter().filter(|tree| tree.branch.is_none()) {
            not_rebasing(&tree.path, &store.git_of(tree), branch)?;
        }
        let on_branch = all.into_iter().filter(|tree| tree.branch.as_deref() == Some(branch));
        let trees = on_branch.map(|tree| (tree.path.clone(), store.git_of(&tree))).collect();
        Ok(Self { trees, old, new })
    }

    /// Makes sure that each can be moved. Changes nothing; git locks each index while it looks.
    pub fn prepare(&self) -> Result<(), WorkTreeError> {
        self.trees.iter().try_for_each(|(path, git)| {
            idle(path, git)?;
            self.rehearse(path, git)
        })
    }

    /// Git in a work tree of the branch, and that work tree's own folder of git's files, for the hooks.
    pub fn first(&self) -> Option<(&Git, PathBuf)> {
        let (path, git) = self.trees.first()?;
        let folder = git.check(&["rev-parse", "--absolute-git-dir"]).ok()?;
        Some((git, path.join(folder.text())))
    }

    pub fn paths(&self) -> Vec<&Path> {
        self.trees.iter().map(|(path, _)| path.as_path()).collect()
    }

    /// Moves all of them; the first that cannot be moved ends it.
    pub fn advance(&self) -> Result<(), WorkTreeError> {
        self.trees.iter().try_for_each(|(path, git)| read_tree(path, git, &["-m", "-u"], self.old, self.new))
    }

    fn rehearse(&self, path: &Path, git: &Git) -> Result<(), WorkTreeError> {
        let in_the_way = self.in_the_way(path, git)?;
        if !in_the_way.is_empty() {
            return Err(WorkTreeError::Dirty { path: path.to_owned(), files: in_the_way });
        }
        let rehearsal = || read_tree(path, git, &["-m", "-u", "-n"], self.old, self.new);
        match rehearsal() {
            Err(error) if !error.is_killed_git() => {}
            other => return other,
        }
        // Files that were only touched look changed until the index has looked at them again.
        match git.check(&["update-index", "-q", "--refresh"]) {
            Err(source @ GitError::Failed { status: -1, .. }) => {
                Err(WorkTreeError::Git { path: path.to_owned(), source })
            }
            // Git says nothing where somebody else has the index: who lets go of it now has not made it any newer.
            Err(GitError::Failed { status: REFUSED, stderr, .. }) if stderr.is_empty() => {
                Err(WorkTreeError::Locked { path: path.to_owned() })
            }
            _ => rehearsal(),
        }
    }

    /// Untracked files where the new tree has a file. git itself takes ignored ones for worthless.
    fn in_the_way(&self, path: &Path, git: &Git) -> Result<Vec<String>, WorkTreeError> {
        let wrap = |source| WorkTreeError::Git { path: path.to_owned(), source };
        let (old, new) = (self.old.to_string(), self.new.to_string());
        let added = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=A", &old, &new];
        let added = git.check(&added).map_err(wrap)?;
        let mut occupied: Vec<PathBuf> = Vec::new();
        for file in added.stdout.split(|byte| *byte == 0).filter(|file| !file.is_empty()) {
            let file = PathBuf::from(String::from_utf8_lossy(file).into_owned());
            let taken = |place: &&Path| {
                let there = fs::symlink_metadata(path.join(place));
                there.is_ok_and(|there| *place == file || !there.is_dir())
            };
            occupied
                .extend(file.ancestors().filter(|place| !place.as_os_str().is_empty()).find(taken).map(Path::to_owned));
        }
        let mut untracked = Vec::new();
        for some in occupied.chunks(200) {
            let mut args: Vec<&OsStr> = ["--literal-pathspecs", "ls-files", "-o", "-z", "--"].map(OsStr::new).to_vec();
            args.extend(some.iter().map(|place| place.as_os_str()));
            let listed = git.check(&args).map_err(wrap)?;
            let files = listed.stdout.split(|byte| *byte == 0).filter(|file| !file.is_empty());
            untracked.extend(files.map(|file| Scrubbed::line(&String::from_utf8_lossy(file)).into_string()));
        }
        untracked.dedup();
        Ok(untracked)
    }
}

/// The file by which git locks the index of a work tree.
pub(super) fn index_lock(git: &Git) -> Result<String, GitError> {
    Ok(git.check(&["rev-parse", "--path-format=absolute", "--git-path", "index.lock"])?.text())
}

/// Refuses while git itself waits for a person here.
fn idle(path: &Path, git: &Git) -> Result<(), WorkTreeError> {
    let wrap = |source| WorkTreeError::Git { path: path.to_owned(), source };
    let states = [
        ("MERGE_HEAD", "a merge"),
        ("rebase-merge", "a rebase"),
        ("rebase-apply", "a rebase"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"),
        ("REVERT_HEAD", "a revert"),
    ];
    let mut args = vec!["rev-parse"];
    states.iter().for_each(|(file, _)| args.extend(["--git-path", *file]));
    let files = git.check(&args).map_err(wrap)?.text();
    for (file, (_, what)) in files.lines().zip(states) {
        if path.join(file).exists() {
            return Err(WorkTreeError::Busy { path: path.to_owned(), what });
        }
    }
    let unmerged = git.check(&["ls-files", "--unmerged", "-z"]).map_err(wrap)?;
    match unmerged.stdout.is_empty() {
        true => Ok(()),
        false => Err(WorkTreeError::Unmerged { path: path.to_owned() }),
    }
}

/// A rebase detaches HEAD and will move the branch at its end, over whatever stands there by then.
fn not_rebasing(path: &Path, git: &Git, branch: &str) -> Result<(), WorkTreeError> {
    let args = ["rev-parse", "--git-path", "rebase-merge/head-name", "--git-path", "rebase-apply/head-name"];
    let files = git.check(&args).map_err(|source| WorkTreeError::Git { path: path.to_owned(), source })?.text();
    let rebased = |file: &str| fs::read_to_string(path.join(file)).is_ok_and(|name| name.trim() == branch);
    match files.lines().any(rebased) {
        true => Err(WorkTreeError::Busy { path: path.to_owned(), what: "a rebase" }),
        false => Ok(()),
    }
}

fn read_tree(path: &Path, git: &Git, options: &[&str], from: ObjectId, to: ObjectId) -> Result<(), WorkTreeError> {
    let ids = [from.to_string(), to.to_string()];
    let args: Vec<&str> = ["read-tree"].iter().chain(options).copied().chain(ids.iter().map(String::as_str)).collect();
    let output = git.run(&args).map_err(|source| WorkTreeError::Git { path: path.to_owned(), source })?;
    if output.success() {
        return Ok(());
    }
    let said = output.error_text();
    if said.contains("index.lock") && output.status != -1 {
        return Err(WorkTreeError::Locked { path: path.to_owned() });
    }
    match named_files(&said) {
        // One that was killed may have named files before.
        files if files.is_empty() || output.status == -1 => {
            let source = GitError::Failed { command: "read-tree".to_owned(), status: output.status, stderr: said };
            Err(WorkTreeError::Git { path: path.to_owned(), source })
        }
        files => Err(WorkTreeError::Dirty { path: path.to_owned(), files }),
    }
}

/// The paths in what git says: quoted in a line (`Entry 'a' not uptodate`) or listed, one to a line after a tab.
fn named_files(said: &str) -> Vec<String> {
    let quoted = |line: &str| {
        let start = line.find('\'')? + 1;
        let end = line.rfind('\'').filter(|end| *end > start)?;
        Some(line[start..end].to_owned())
    };
    let named = |line: &str| match line.strip_prefix('\t') {
        Some(path) => Some(path.to_owned()),
        None => quoted(line).filter(|_| {
            ["not uptodate", "overwritten", "Cannot merge", "would be"].iter().any(|words| line.contains(words))
        }),
    };
    said.lines().filter_map(named).map(|path| Scrubbed::line(&path).into_string()).collect()
}
