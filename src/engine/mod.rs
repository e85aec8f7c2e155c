//! Engines: what does the thinking. Each implements the traits that the phases declare; none touches git.

pub mod embedded;
pub mod llm;

pub use embedded::{Embedded, EmbeddedReviewer};
pub use llm::LanguageModel;
