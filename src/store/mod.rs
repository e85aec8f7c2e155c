//! The only git: merging.

pub mod entry_merge;
