//! The four phases of a dream. Pure over a snapshot of memory and the sessions read; each declares the trait that an
//! engine implements.

mod answers;
mod aside;
pub mod bill;
mod cache;
pub mod check;
pub mod corpus;
pub mod dream;
pub mod due;
pub mod entries;
pub mod extract;
pub mod gate;
mod gathered;
pub mod kept;
mod mask;
pub mod memory;
pub mod message;
pub mod opinion;
pub mod past;
mod quiet;
mod quotes;
pub mod read;
pub mod reconcile;
pub mod reflection;
pub mod review;
pub mod risk;
pub mod rule;
mod scribe;
pub mod server;
pub mod settle;
pub mod trust;
pub mod verify;
mod weighed;
pub mod write;

pub use bill::Bill;
pub use entries::Entries;
pub use extract::{Extract, Keeping, Session};
pub use opinion::Reviewer;
pub use reconcile::{Held, Reconcile, Report, Situation};
pub use reflection::Reflection;
