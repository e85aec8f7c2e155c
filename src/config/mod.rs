//! Settings and surroundings: `dream.toml`, and what `main` read once from the environment.
//!
//! Raw and checked are different types: [`raw`] knows keys, lines and written values; [`Settings`] holds only what may
//! be acted on. A key that this version would not act on is never accepted silently.

pub mod environment;
pub mod error;
pub mod guard;
pub mod key;
pub mod model;
pub mod raw;
pub mod schedule;
pub mod settings;
pub mod value;

pub use environment::Environment;
pub use error::{ConfigError, Origin};
pub use key::Key;
pub use model::{Api, Budget, Format, KeySource, Model, ModelKey, Prices, Provider};
pub use schedule::Schedule;
pub use settings::{Approval, Engine, Scope, Settings, Warning};
