//! The only place that knows git: the repository, its objects and refs, snapshots of memory, and stored sessions.
//! Nothing here prints, reads the clock or the process's environment; refs move only through [`Store::update_refs`],
//! objects are written only through [`PackWriter`].

pub mod adopt;
pub mod commit;
mod deflate;
pub mod git;
mod growth;
pub mod identity;
pub mod import;
pub mod init;
pub mod lock;
pub mod memory;
pub mod object;
pub mod open;
pub mod pack;
mod pack_index;
pub mod reference;
pub mod session;
mod session_cache;
pub mod snapshot;
mod stale;
mod tidy;
pub mod tree;
mod tree_delta;

pub use adopt::{adopt, adopt_into};
pub use commit::{Commit, NewCommit};
pub use git::{Git, GitError, Output};
pub use identity::{IdentityError, Signature};
pub use import::{ImportReport, Imported, Incoming, What};
pub use init::{InitError, InitReport, Layout, Made, init};
pub use lock::StoreLock;
pub use memory::{BranchName, MemoryError};
pub use object::{ReadError, TreeEntry};
pub use open::{OpenError, Store};
pub use pack::{PackWriter, WriteError};
pub use reference::{RefError, RefUpdate};
pub use session::{FindError, SESSIONS, SessionError};
pub use snapshot::{Skipped, Snapshot};
pub use tree::{TreeEditor, TreeError};

#[cfg(test)]
pub(crate) mod tests;
