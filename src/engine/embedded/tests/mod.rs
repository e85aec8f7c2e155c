//! The engine on small sessions: what is proposed, what is not, and what memory does to it.
mod memory;
mod people;
mod tools;
mod turns;
mod world;
