//! Making a repository a memory: the repository where there is none, and `dream.toml` as one commit that touches no
//! other file, whatever state index and work tree are in.

use super::memory::SETTINGS;
use super::object::FILE;
use super::{
    BranchName, Git, GitError, IdentityError, NewCommit, OpenError, ReadError, RefError, RefUpdate, SignError, Skipped,
    Store, TreeEditor, TreeError, WriteError,
};
use crate::config::Environment;
use crate::model::ObjectId;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What sort of repository to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    WorkTree,
    Bare,
}

/// Whether something was made now or stood there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Now,
    Before,
}

/// What `init` and `adopt` did.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// The work tree, or the bare repository.
    pub path: PathBuf,
    pub branch: BranchName,
    pub repository: Made,
    /// `dream.toml`; one that stood there before is left as it is.
    pub settings: Made,
    /// The memory's new tip; nothing when nothing was committed.
    pub commit: Option<ObjectId>,
    /// Files taken into the repository byte for byte.
    pub adopted: usize,
    /// What could not be adopted, and why.
    pub skipped: Vec<Skipped>,
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("open the repository")]
    Open(#[source] OpenError),
    #[error("choose the memory branch: HEAD is on no branch")]
    Detached,
    #[error("choose the memory branch: {0} is the branch of a dream")]
    OnDream(BranchName),
    #[error("commit the settings: {0} is in the middle of a merge or rebase")]
    Busy(PathBuf),
    #[error("copy into {}: it is not empty", .0.display())]
    NotEmpty(PathBuf),
    #[error("copy into {}: it lies inside the folder to adopt", .0.display())]
    Inside(PathBuf),
    #[error("adopt {}: it is no folder", .0.display())]
    NoFolder(PathBuf),
    #[error("read or write {}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("sign the first commit")]
    Identity(#[source] IdentityError),
    #[error("prepare the repository")]
    Git(#[source] GitError),
    #[error("read the memory")]
    Read(#[source] ReadError),
    #[error("make the first commit")]
    Tree(#[source] TreeError),
    #[error("make the first commit")]
    Write(#[source] WriteError),
    #[error("make the first commit")]
    Sign(#[source] SignError),
    #[error("move the memory branch")]
    Reference(#[source] RefError),
}

/// Makes the folder's repository a memory, and makes the repository first where there is none at or above the folder.
pub fn init(environment: &Environment, path: &Path, layout: Layout, settings: &str) -> Result<InitReport, InitError> {
    match Store::discover(environment, path) {
        Ok(store) => settle(&store, Made::Before, settings),
        Err(OpenError::NotFound(_)) => create(environment, path, layout, |store| settle(store, Made::Now, settings)),
        Err(error) => Err(InitError::Open(error)),
    }
}

/// Makes a repository of our kind (SHA-1, refs as files) and takes it away again when `then` fails.
pub(super) fn create<T>(
    environment: &Environment,
    path: &Path,
    layout: Layout,
    then: impl FnOnce(&Store) -> Result<T, InitError>,
) -> Result<T, InitError> {
    let path = environment.directory.join(path);
    let existed = path.exists();
    fs::create_dir_all(&path).map_err(|source| InitError::File { path: path.clone(), source })?;
    let git = Git::new(environment, &path).with("GIT_DEFAULT_HASH", "sha1").with("GIT_DEFAULT_REF_FORMAT", "files");
    let branch = git.run(&["config", "--get", "init.defaultBranch"]).map_err(InitError::Git)?.text();
    let branch = if branch.is_empty() { "main" } else { &branch };
    let bare = match layout {
        Layout::WorkTree => &[][..],
        Layout::Bare => &["--bare"],
    };
    git.check(&[&["init", "-q", "-b", branch], bare].concat()).map_err(InitError::Git)?;
    let result = Store::open(environment, &path).map_err(InitError::Open).and_then(|store| then(&store));
    if result.is_err() {
        // Nothing of the person's is in there: a folder that existed only gained what git made.
        let made = if existed && layout == Layout::WorkTree { Some(path.join(".git")) } else { None };
        let made = made.or_else(|| (!existed).then_some(path));
        made.map(fs::remove_dir_all);
    }
    result
}

fn settle(store: &Store, repository: Made, settings: &str) -> Result<InitReport, InitError> {
    let branch = choose_branch(store)?;
    let place = place_of(store, &branch)?;
    let (made, commit) = commit_settings(place.as_ref().unwrap_or(store), &branch, settings)?;
    remember(store, &branch)?;
    let path = store.work_dir().unwrap_or(store.git_dir()).to_owned();
    Ok(InitReport { path, branch, repository, settings: made, commit, adopted: 0, skipped: Vec::new() })
}

/// The branch that is set, else the one that is checked out.
fn choose_branch(store: &Store) -> Result<BranchName, InitError> {
    if let Some(branch) = store.config("dream.branch").as_deref().and_then(BranchName::new) {
        return Ok(branch);
    }
    let branch = store.head_branch().ok_or(InitError::Detached)?;
    if branch.short().starts_with("dream/") { Err(InitError::OnDream(branch)) } else { Ok(branch) }
}

/// The linked work tree that has the branch checked out, when this one has not.
fn place_of(store: &Store, branch: &BranchName) -> Result<Option<Store>, InitError> {
    if store.head_branch().as_ref() == Some(branch) {
        return Ok(None);
    }
    let list = store.git().check(&["worktree", "list", "--porcelain"]).map_err(InitError::Git)?.text();
    let wanted = format!("branch {}", branch.as_str());
    let block = list.split("\n\n").find(|block| block.lines().any(|line| line == wanted));
    let folder = block.and_then(|block| block.lines().next()?.strip_prefix("worktree "));
    folder.map(|folder| Store::open(store.environment(), Path::new(folder)).map_err(InitError::Open)).transpose()
}

/// Says in git's settings which branch is memory, unless its name says it.
pub(super) fn remember(store: &Store, branch: &BranchName) -> Result<(), InitError> {
    let default = store.config("init.defaultbranch");
    let known = [default.as_deref(), Some("main"), Some("master")];
    if store.config("dream.branch").is_some() || known.contains(&Some(branch.short())) {
        return Ok(());
    }
    store.git().check(&["config", "dream.branch", branch.short()]).map(drop).map_err(InitError::Git)
}

fn commit_settings(store: &Store, branch: &BranchName, settings: &str) -> Result<(Made, Option<ObjectId>), InitError> {
    let tip = store.reference(branch.as_str()).map_err(InitError::Read)?;
    let base = tip.map(|tip| store.commit(tip).map(|commit| commit.tree)).transpose().map_err(InitError::Read)?;
    if let Some(base) = base
        && store.find_path(base, SETTINGS).map_err(InitError::Read)?.is_some()
    {
        return Ok((Made::Before, None));
    }
    let work_dir = store.work_dir().filter(|_| store.head_branch().as_ref() == Some(branch));
    if work_dir.is_some() && store.repository.state() != git2::RepositoryState::Clean {
        return Err(InitError::Busy(store.git_dir().to_owned()));
    }
    let (made, text) = match work_dir {
        Some(folder) => put_file(folder, settings)?,
        None => (Made::Now, settings.as_bytes().to_vec()),
    };
    let result = publish(store, branch, tip, base, &text, work_dir.is_some());
    if let (Err(_), Made::Now, Some(folder)) = (&result, made, work_dir) {
        // The file is ours alone: nobody misses it.
        let _ = store.git().run(&["update-index", "--force-remove", "--", SETTINGS]);
        let _ = fs::remove_file(folder.join(SETTINGS));
    }
    result.map(|commit| (made, Some(commit)))
}

/// Puts the file into the work tree, or reads the one that stands there.
fn put_file(folder: &Path, settings: &str) -> Result<(Made, Vec<u8>), InitError> {
    let path = folder.join(SETTINGS);
    let wrap = |source| InitError::File { path: path.clone(), source };
    match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(mut file) => {
            file.write_all(settings.as_bytes()).and_then(|()| file.sync_all()).map_err(wrap)?;
            Ok((Made::Now, settings.as_bytes().to_vec()))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok((Made::Before, fs::read(&path).map_err(wrap)?))
        }
        Err(error) => Err(wrap(error)),
    }
}

/// Object, index, ref, in this order: stopped at any point, the work tree only has a file more than was committed.
fn publish(
    store: &Store,
    branch: &BranchName,
    tip: Option<ObjectId>,
    base: Option<ObjectId>,
    text: &[u8],
    checked_out: bool,
) -> Result<ObjectId, InitError> {
    let mut editor = TreeEditor::new(store, base).map_err(InitError::Tree)?;
    let mut writer = store.writer();
    let blob = writer.blob(text).map_err(InitError::Write)?;
    editor.set(SETTINGS, FILE, blob).map_err(InitError::Tree)?;
    let tree = editor.write(&mut writer).map_err(InitError::Tree)?;
    let commit = store.seal(writer, &new_commit(store, tree, tip, "init: dream.toml")?).map_err(InitError::Sign)?;
    if checked_out {
        let entry = format!("100644,{blob},{SETTINGS}");
        store.git().check(&["update-index", "--add", "--cacheinfo", &entry]).map_err(InitError::Git)?;
    }
    let (name, reason) = (branch.as_str().to_owned(), "dream init".to_owned());
    let update = RefUpdate { name, expected: tip, new: Some(commit), reason };
    store.update_refs(&[update]).map_err(InitError::Reference)?;
    Ok(commit)
}

pub(super) fn new_commit(
    store: &Store,
    tree: ObjectId,
    parent: Option<ObjectId>,
    subject: &str,
) -> Result<NewCommit, InitError> {
    let author = store.author_identity().map_err(InitError::Identity)?;
    let committer = store.identity().map_err(InitError::Identity)?;
    Ok(NewCommit { tree, parents: parent.into_iter().collect(), author, committer, message: format!("{subject}\n") })
}
