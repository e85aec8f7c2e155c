//! Words, sentences, dates, likeness, and the scrubbing of hostile text. Pure: no git, no clock, no environment.

pub mod amount;
mod clause;
pub mod date;
mod forms;
pub mod frame;
pub mod hidden;
pub mod injection;
pub mod known;
pub mod layers;
pub mod likeness;
pub mod listed;
pub mod meaning;
pub mod pasted;
pub mod pattern;
pub mod probe;
pub mod scrub;
pub mod secret;
pub mod sentence;
pub mod table;
pub mod told;
pub mod trace;
pub mod words;

pub use known::Known;
pub use likeness::Relation;
pub use meaning::Meaning;
pub use probe::Probe;
pub use scrub::Scrubbed;
pub use told::Told;
pub use trace::{Suspicion, Trace};
