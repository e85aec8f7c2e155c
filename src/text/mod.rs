//! Words, sentences, dates, likeness, and the scrubbing of hostile text. Pure: no git, no clock, no environment.

pub mod date;
pub mod injection;
pub mod likeness;
pub mod probe;
pub mod scrub;
pub mod secret;
pub mod sentence;
pub mod words;

pub use likeness::{Meaning, Relation};
pub use probe::Probe;
pub use scrub::Scrubbed;
