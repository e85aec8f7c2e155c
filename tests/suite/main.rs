//! One integration binary: the house's rules, and the program against the real git.

mod layers;
mod merge;
mod night;
mod world;
