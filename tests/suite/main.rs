//! One integration binary: the house's rules, and the program against the real git.

mod caching;
mod checking;
mod deciding;
mod doctor;
mod faults;
mod growing;
mod hooks;
mod layers;
mod llm;
mod merge;
mod merging;
mod night;
mod poison;
mod proposal;
mod reading;
mod readme;
mod redact;
mod refusals;
mod reviewing;
mod server;
mod starting;
mod unattended;
mod verify;
mod world;
