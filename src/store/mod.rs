//! The only place that knows git: the repository, its objects and refs, snapshots of memory, and stored sessions.
//! Nothing here prints, reads the clock or the process's environment; refs move only through [`Store::update_refs`],
//! objects are written only through [`PackWriter`].

pub mod adopt;
pub mod amend;
pub mod approve;
pub mod commit;
pub mod decide;
mod deflate;
pub mod dream;
pub mod entry_merge;
pub mod git;
mod growth;
pub mod history;
pub mod hook;
pub mod hook_file;
pub mod identity;
pub mod import;
pub mod init;
pub mod land;
pub mod lock;
pub mod memory;
pub mod merge_file;
mod message;
pub mod object;
pub mod open;
pub mod origin;
pub mod pack;
mod pack_index;
pub mod reference;
mod reject;
pub mod revert;
pub mod session;
mod session_cache;
pub mod sign;
pub mod snapshot;
pub mod staged;
mod stale;
mod standing;
mod tidy;
pub mod tree;
mod tree_delta;
pub mod tree_merge;
pub mod worktree;

pub use adopt::{adopt, adopt_into};
pub use amend::Amendment;
pub use approve::Approved;
pub use commit::{Commit, NewCommit};
pub use decide::{DecideError, Selection};
pub use dream::{ChangeRecord, Decided, Dream, FindDreamError, Review, Standing};
pub use entry_merge::{EntryConflict, EntryMerge, merge_entries};
pub use git::{Git, GitError, Output};
pub use history::Ledger;
pub use hook::{HookError, Verify};
pub use hook_file::{HookFile, HookFileError, HookState};
pub use identity::{IdentityError, Signature};
pub use import::{ImportReport, Imported, Incoming, What};
pub use init::{InitError, InitReport, Layout, Made, init};
pub use land::{LandError, Landed, Manner};
pub use lock::StoreLock;
pub use memory::{BranchName, MemoryError};
pub use object::{ReadError, TreeEntry};
pub use open::{OpenError, Store};
pub use origin::{Origin, Source, entry_at};
pub use pack::{PackWriter, WriteError};
pub use reference::{RefError, RefUpdate};
pub use revert::Extent;
pub use session::{FindError, SESSIONS, SessionError};
pub use sign::{Sign, SignError};
pub use snapshot::{Skipped, Snapshot};
pub use staged::{Staged, StagedError};
pub use tree::{TreeEditor, TreeError};
pub use tree_merge::{Conflict, ConflictKind, MergeError, Merger, TreeMerge};
pub use worktree::{WorkTree, WorkTreeError};

#[cfg(test)]
pub(crate) mod tests;
