//! git dream keeps the memory of AI agents in a git repository.
//!
//! Layers, each importing only from those above it in this list:
//! `text`, `model`, `transcript`, `config`, `store`, `phase`, `engine`, `cli`.

pub mod cli;
pub mod config;
pub mod engine;
pub mod model;
pub mod phase;
pub mod store;
pub mod text;
pub mod transcript;
