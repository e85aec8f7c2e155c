//! Verify: what an auditor is told about a memory, sound or tampered with by plain git.

use crate::proposal::{ID, UTC, world_with_dream};
use crate::world::World;
use insta::assert_snapshot;

fn approved() -> World {
    let world = world_with_dream();
    world.dream(["approve", ID]).ok();
    world
}

#[test]
fn a_sound_memory_is_verified_and_direct_edits_are_listed() {
    assert_snapshot!(world_with_dream().dream(["verify"]), @"");
    assert_snapshot!(approved().dream(["verify"]), @"");
}
