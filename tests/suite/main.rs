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

#[test]
fn the_program_under_test_dies_where_it_is_told_to() {
    let faults = git_dream::FAULTS;
    assert!(faults, "run the tests without --release: what dies on demand is never built with optimisation");
}
