//! Finding and opening the repository, as git would from the same directory with the same variables. What libgit2
//! cannot read correctly is refused here, by name, before anything else can go wrong.

use super::git::{Output, Started};
use super::identity::Signature;
use super::kept_settings::{self, Listed};
use super::packed::{Packs, Reader};
use super::{Git, GitError};
use crate::config::Environment;
use crate::model::ObjectId;
use git2::{ErrorCode, Repository, RepositoryOpenFlags};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All settings, each with its value, apart by NUL.
const LIST: [&str; 4] = ["config", "--list", "-z", "--show-origin"];

/// An open repository.
pub struct Store {
    pub(super) repository: Repository,
    pub(super) environment: Environment,
    git: Git,
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    config: OnceCell<BTreeMap<String, String>>,
    /// Of the settings, those that we act on, as git listed them before.
    kept: OnceCell<BTreeMap<String, String>>,
    /// git, asked for its settings before they are needed.
    asked: Cell<Option<Started>>,
    pub(super) committer: OnceCell<Signature>,
    pub(super) author: OnceCell<Signature>,
    /// The settings file of the commits that were asked for it.
    pub(super) settings_files: RefCell<BTreeMap<ObjectId, Option<Vec<u8>>>>,
    /// Asked before libgit2, where much is read.
    pub(super) packed: OnceCell<RefCell<Reader>>,
}

/// Opens one repository for many threads, which share what is known of its packs.
#[derive(Debug)]
pub struct Opener {
    environment: Environment,
    git_dir: PathBuf,
    packs: Arc<Packs>,
}

impl Opener {
    pub fn open(&self) -> Result<Store, OpenError> {
        let store = Store::open(&self.environment, &self.git_dir)?;
        Ok(Store { packed: RefCell::new(Reader::new(Arc::clone(&self.packs))).into(), ..store })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("find a git repository in {} or any folder above it", .0.display())]
    NotFound(PathBuf),
    #[error("open {}: it uses SHA-256 object ids, which git dream cannot read", .0.display())]
    Sha256(PathBuf),
    #[error("open {}: it keeps its refs in the reftable format, which git dream cannot read", .0.display())]
    Reftable(PathBuf),
    #[error("open {}: it belongs to another user and is not named in safe.directory", .0.display())]
    Owner(PathBuf),
    #[error("open {}: it has grafts, by which git and git dream would disagree about its history", .0.display())]
    Grafts(PathBuf),
    #[error("open {}", .path.display())]
    Open { path: PathBuf, source: git2::Error },
}

impl Store {
    /// Opens the repository that git would use in this directory: `GIT_DIR` and `GIT_WORK_TREE` first, else the
    /// nearest one at or above it. Sub-directories, linked work trees and bare repositories work.
    pub fn discover(environment: &Environment, start: &Path) -> Result<Store, OpenError> {
        super::object::hash_here();
        let start = environment.directory.join(start);
        let named = environment.variable("GIT_DIR").filter(|value| !value.is_empty()).map(|value| start.join(value));
        let repository = open(environment, named.as_deref(), &start)?;
        let work_tree = environment.variable("GIT_WORK_TREE").filter(|value| !value.is_empty());
        // git takes the current directory for the work tree of a GIT_DIR that names none.
        let work_tree = match (work_tree, &named) {
            (Some(path), _) => Some(start.join(path)),
            (None, Some(_)) if !repository.is_bare() && repository.workdir().is_none() => Some(start.clone()),
            _ => None,
        };
        if let Some(path) = &work_tree {
            repository.set_workdir(path, false).map_err(|source| OpenError::Open { path: path.clone(), source })?;
        }
        Self::wrap(environment, repository, named.is_some() || work_tree.is_some())
    }

    /// Like [`Store::discover`], for who asks for git's settings next: where they are not known from before, git lists
    /// them meanwhile.
    pub fn discover_with_settings(environment: &Environment, start: &Path) -> Result<Store, OpenError> {
        // Where git must be told which repository it is, it is asked later.
        let named = ["GIT_DIR", "GIT_WORK_TREE"].iter().any(|name| environment.variable(name).is_some());
        let store = Self::discover(environment, start)?;
        if !named && !store.is_bare() {
            match store.kept_settings() {
                Some(kept) => drop(store.kept.set(kept)),
                None => store.asked.set(store.git.start(&LIST).ok()),
            }
        }
        Ok(store)
    }

    /// Opens exactly this folder's repository, whatever the environment names and whatever lies above it.
    pub fn open(environment: &Environment, path: &Path) -> Result<Store, OpenError> {
        super::object::hash_here();
        let flags = RepositoryOpenFlags::NO_SEARCH;
        let none: [&Path; 0] = [];
        let repository = Repository::open_ext(path, flags, none).map_err(|source| refusal(path, source))?;
        Self::wrap(environment, repository, false)
    }

    /// To be called before most of the repository is read: packs are then read as `packed` does, by this store and by
    /// those of all threads that are opened so.
    pub fn read_much(&self) -> Opener {
        let open = || Packs::open(&self.common_dir.join("objects/pack"));
        let reader = self.packed.get_or_init(|| RefCell::new(Reader::new(Arc::new(open()))));
        let packs = Arc::clone(reader.borrow().packs());
        Opener { environment: self.environment.clone(), git_dir: self.git_dir.clone(), packs }
    }

    fn wrap(environment: &Environment, repository: Repository, pinned: bool) -> Result<Store, OpenError> {
        let plain = |path: &Path| path.components().collect::<PathBuf>();
        let git_dir = plain(repository.path());
        let common_dir = plain(repository.commondir());
        let work_dir = repository.workdir().map(plain);
        let grafts = common_dir.join("info/grafts");
        if grafts.metadata().is_ok_and(|file| file.len() > 0) {
            return Err(OpenError::Grafts(common_dir));
        }
        alternates(environment, &repository).map_err(|source| OpenError::Open { path: git_dir.clone(), source })?;
        let mut git = Git::new(environment, work_dir.as_deref().unwrap_or(&git_dir));
        if pinned || work_dir.is_none() {
            git = git.with("GIT_DIR", &git_dir.to_string_lossy());
            git = work_dir.iter().fold(git, |git, path| git.with("GIT_WORK_TREE", &path.to_string_lossy()));
        }
        let (config, kept, settings_files, asked, committer, author, packed) = Default::default();
        let environment = environment.clone();
        Ok(Store {
            repository,
            environment,
            git,
            git_dir,
            common_dir,
            work_dir,
            config,
            kept,
            settings_files,
            asked,
            committer,
            author,
            packed,
        })
    }

    /// The `git` program, run in this repository's work tree (or in the bare repository itself).
    pub fn git(&self) -> &Git {
        &self.git
    }

    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    pub fn is_bare(&self) -> bool {
        self.work_dir.is_none()
    }

    pub fn work_dir(&self) -> Option<&Path> {
        self.work_dir.as_deref()
    }

    /// The folder that all linked work trees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// This work tree's own folder of git's files.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// One setting as git sees it here, from files, variables and `git -c`; the last value when there are several.
    /// A name without a value reads as `true`. Nothing when git cannot list its settings.
    pub fn config(&self, key: &str) -> Option<String> {
        let key = canonical(key);
        self.listed(&key).get(&key).cloned()
    }

    /// What follows this prefix in the names of all settings that we act on, in order.
    pub fn config_names(&self, prefix: &str) -> Vec<String> {
        let names = self.kept.get().unwrap_or_else(|| self.listed("")).keys();
        names.filter_map(|key| key.strip_prefix(prefix)).map(str::to_owned).collect()
    }

    /// Settings among which this one stands if it is set.
    fn listed(&self, key: &str) -> &BTreeMap<String, String> {
        let kept = self.kept.get().filter(|_| kept_settings::is_kept(key));
        kept.unwrap_or_else(|| self.config.get_or_init(|| self.list_config().unwrap_or_default()))
    }

    fn list_config(&self) -> Result<BTreeMap<String, String>, GitError> {
        let asked = self.asked.take();
        let is_new = asked.is_some();
        let asked = asked.and_then(|asked| asked.finish().ok()).filter(Output::success);
        let output = asked.map_or_else(|| self.git.check(&LIST), Ok)?;
        let listed = Listed::parse(&output.stdout);
        if is_new {
            self.keep_settings(&listed);
        }
        Ok(listed.settings)
    }
}

fn open(environment: &Environment, named: Option<&Path>, start: &Path) -> Result<Repository, OpenError> {
    let ceilings: Vec<PathBuf> = match environment.variable("GIT_CEILING_DIRECTORIES") {
        Some(list) => list.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect(),
        None => Vec::new(),
    };
    let (path, flags) = match named {
        Some(path) => (path, RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT),
        None => (start, RepositoryOpenFlags::empty()),
    };
    Repository::open_ext(path, flags, ceilings).map_err(|source| refusal(path, source))
}

/// libgit2 has no error codes for what it does not support, only words.
fn refusal(path: &Path, source: git2::Error) -> OpenError {
    let path = path.to_owned();
    match source.code() {
        ErrorCode::NotFound => OpenError::NotFound(path),
        ErrorCode::Owner => OpenError::Owner(path),
        _ if source.message().contains("refstorage") => OpenError::Reftable(path),
        _ if source.message().contains("object format") => OpenError::Sha256(path),
        _ => OpenError::Open { path, source },
    }
}

/// In a hook, pushed objects stand in a quarantine folder that only these variables name.
fn alternates(environment: &Environment, repository: &Repository) -> Result<(), git2::Error> {
    let named = ["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"];
    let folders = named.iter().filter_map(|name| environment.variable(name)).flat_map(|list| list.split(':'));
    let folders: Vec<&str> = folders.filter(|folder| !folder.is_empty()).collect();
    if folders.is_empty() {
        return Ok(());
    }
    let odb = repository.odb()?;
    folders.into_iter().try_for_each(|folder| odb.add_disk_alternate(folder))
}

/// Section and variable names are case-insensitive, the sub-section between them is not.
fn canonical(key: &str) -> String {
    match (key.find('.'), key.rfind('.')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}{}{}", key[..first].to_lowercase(), &key[first..last], key[last..].to_lowercase())
        }
        _ => key.to_lowercase(),
    }
}
