//! The engine on small sessions: what is proposed, what is not, and what memory does to it.

mod changes;
mod memory;
mod people;
mod tools;
mod world;
