//! How commands show dreams, changes and evidence: as pages for people and as JSON for programs. Reads, decides
//! nothing.

mod archive;
mod change;
mod dream;
mod reflection;
mod touched;

pub use archive::Archive;
pub use change::{ChangeView, summary};
pub use dream::{dream_json, dream_row, heading};
pub use reflection::{reflection_json, reflections, show_reflection};
pub use touched::{FileChange, touched};
