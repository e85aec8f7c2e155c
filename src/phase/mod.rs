//! The four phases of a dream. Pure over a snapshot of memory and the sessions read; each declares the trait that an
//! engine implements.

pub mod extract;
pub mod reconcile;
pub mod reflection;

pub use extract::{Extract, Session};
pub use reconcile::{Held, Reconcile, Situation};
pub use reflection::Reflection;
