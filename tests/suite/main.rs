//! One integration binary: the house's rules, and the program against the real git.

mod caching;
mod deciding;
mod hooks;
mod layers;
mod llm;
mod merge;
mod merging;
mod night;
mod proposal;
mod reading;
mod readme;
mod refusals;
mod reviewing;
mod starting;
mod world;
