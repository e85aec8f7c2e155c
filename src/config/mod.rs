//! Settings and surroundings: `dream.toml`, and what `main` read once from the environment.

pub mod environment;

pub use environment::Environment;
