//! Words, sentences, dates, likeness, and the scrubbing of hostile text. Pure: no git, no clock, no environment.

pub mod injection;
pub mod scrub;
pub mod secret;

pub use scrub::Scrubbed;
