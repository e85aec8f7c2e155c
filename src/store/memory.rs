//! Which branch is memory, and where it stands.

use super::{ReadError, Store};
use crate::model::ObjectId;

/// The file whose presence makes a branch a memory.
pub const SETTINGS: &str = "dream.toml";
const HEADS: &str = "refs/heads/";

/// A branch by its full ref name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchName(String);

#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// `looked` are the branches that were tried, by their short names.
    #[error("find the memory: no branch with a dream.toml (looked at: {})", .looked.join(", "))]
    NoMemory { looked: Vec<String> },
    #[error("find the memory")]
    Read(#[source] ReadError),
}

impl BranchName {
    /// From a full or a short name; `None` when git would refuse it.
    pub fn new(name: &str) -> Option<Self> {
        let full = if name.starts_with("refs/") { name.to_owned() } else { format!("{HEADS}{name}") };
        git2::Reference::is_valid_name(&full).then_some(Self(full))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without `refs/heads/`.
    pub fn short(&self) -> &str {
        self.0.strip_prefix(HEADS).unwrap_or(&self.0)
    }
}

impl std::fmt::Display for BranchName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.short())
    }
}

impl Store {
    /// The memory branch: `dream.branch` from git's settings, else the branch that is checked out if it holds a
    /// `dream.toml`, else the first of `init.defaultBranch`, `main` and `master` that does.
    pub fn memory_branch(&self) -> Result<BranchName, MemoryError> {
        if let Some(branch) = self.config("dream.branch").as_deref().and_then(BranchName::new) {
            return Ok(branch);
        }
        let mut looked = Vec::new();
        for branch in self.candidates() {
            if self.holds_settings(&branch).map_err(MemoryError::Read)? {
                return Ok(branch);
            }
            if !looked.iter().any(|name| name == branch.short()) {
                looked.push(branch.short().to_owned());
            }
        }
        Err(MemoryError::NoMemory { looked })
    }

    /// The settings file of a commit, if it has one. Every command asks several times.
    pub fn settings_of(&self, commit: ObjectId) -> Result<Option<Vec<u8>>, ReadError> {
        if let Some(known) = self.settings_files.borrow().get(&commit) {
            return Ok(known.clone());
        }
        let file = self.file(commit, SETTINGS)?;
        self.settings_files.borrow_mut().insert(commit, file.clone());
        Ok(file)
    }

    /// Where memory stands; nothing on a branch without a commit.
    pub fn memory_tip(&self) -> Result<Option<ObjectId>, MemoryError> {
        self.reference(self.memory_branch()?.as_str()).map_err(MemoryError::Read)
    }

    /// Where the branch stands that is checked out, which most often is memory: known without reading anything of it,
    /// and before git has listed its settings.
    pub fn likely_memory(&self) -> Option<ObjectId> {
        self.reference(self.head_branch()?.as_str()).ok().flatten()
    }

    /// The branch that HEAD is on, born or not; nothing when HEAD is detached.
    pub fn head_branch(&self) -> Option<BranchName> {
        let head = self.repository.find_reference("HEAD").ok()?;
        let target = head.symbolic_target().ok().flatten()?;
        target.starts_with(HEADS).then(|| BranchName(target.to_owned()))
    }

    /// A dream's own branch holds a `dream.toml` too, but it is a proposal, never memory.
    fn candidates(&self) -> impl Iterator<Item = BranchName> {
        let named = [self.config("init.defaultbranch"), Some("main".to_owned()), Some("master".to_owned())];
        let named = named.into_iter().flatten().filter_map(|name| BranchName::new(&name));
        self.head_branch().into_iter().chain(named).filter(|branch| !branch.short().starts_with("dream/"))
    }

    fn holds_settings(&self, branch: &BranchName) -> Result<bool, ReadError> {
        let Some(tip) = self.reference(branch.as_str())? else { return Ok(false) };
        Ok(self.settings_of(tip)?.is_some())
    }
}
