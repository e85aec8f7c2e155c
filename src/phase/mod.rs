//! The four phases of a dream. Pure over a snapshot of memory and the sessions read; each declares the trait that an
//! engine implements.

pub mod extract;
pub mod message;
pub mod past;
pub mod reconcile;
pub mod review;
pub mod risk;
pub mod settle;

pub use extract::{Extract, Reflection, Session};
pub use reconcile::{Held, Reconcile, Situation};
