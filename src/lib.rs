//! git dream keeps the memory of AI agents in a git repository.
//!
//! # Layers
//!
//! Each imports only from those above it in this list; a test enforces it.
//!
//! | layer | what it is for |
//! |---|---|
//! | [`text`] | words, sentences, dates, likeness; secrets, hidden text, injection; [`text::Scrubbed`] |
//! | [`model`] | the nouns: ids, notes and entries, turns, sessions, evidence, changes, trailers |
//! | [`transcript`] | one file per agent host's format: bytes to turns that know their lines |
//! | [`config`] | `dream.toml`, and what `main` read once from the environment |
//! | [`store`] | the only git: objects, refs, sessions, snapshots, merging per entry, decisions |
//! | [`phase`] | review, extract, reconcile, prune; what an engine must do, and what is made of its answers |
//! | [`engine`] | what does the thinking |
//! | [`cli`] | parse, call, print |
//!
//! # A night's dream
//!
//! [`cli`] opens the repository and resolves the settings, then calls [`phase::dream::run`]. It opens memory's entries
//! ([`phase::entries`]) and the ledger of past dreams, read back from history ([`store::Store::ledger`]), of both what
//! is asked for alone, and chooses sessions ([`phase::review`]). Each unread session becomes a reflection, in parallel
//! ([`phase::read`]); reflections and memory together become proposals ([`phase::Reconcile`]). Nothing of a proposal is
//! believed: [`phase::settle`] gives it a key, recognises what history has answered, looks its quotes up in the
//! transcripts, computes its risks, and lets only scrubbed text into a [`model::Change`]. [`phase::write`] makes one
//! commit per change in one pack; the branch appears last, in one compare-and-swap.
//!
//! # An approval
//!
//! [`store::Store::approve`] reads the ledger and refuses what is not open. If memory moved on, the trees are merged
//! entry by entry ([`store::Merger`]); a conflict is a value, and nothing has changed. [`store::land`] rehearses the
//! update of every work tree that has memory checked out, moves them, runs the hooks that git would run, writes (or has
//! git sign) the merge commit, and moves all refs in one transaction. Whatever fails, everything is put back.
//!
//! # A revert
//!
//! [`store::Store::revert`] finds the commits that brought the dream in, whether a merge of ours, of a forge, a squash
//! or a rebase, and merges the state before each onto the tip, entry by entry. What was edited since is a conflict. The
//! new commit names the dream in a trailer; the next night reads from history that its sessions may be read again and
//! that its beliefs were refused.

/// Whether this is the program that our own tests run: they have it die where they want, and what it does only with much
/// it does with little. It is never what is installed, and, being built without optimisation, never what benches measure
/// (Cargo gives a package's tests and benches the same features).
#[doc(hidden)]
pub const FAULTS: bool = cfg!(all(feature = "faults", debug_assertions));

pub mod cli;
pub mod config;
pub mod engine;
pub mod model;
pub mod phase;
pub mod store;
pub mod text;
pub mod transcript;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
