//! The engine on small sessions: what is proposed, what is not, and what memory does to it.

mod changes;
mod errors;
mod hosts;
mod memory;
mod people;
mod properties;
mod raw;
mod tools;
mod turns;
mod world;
