//! Changes drawn at random from all that a dream over the coding sets would propose, for a reader to judge: with no
//! limit on the number of changes, so that what would only come in later dreams is judged too.

use crate::coding::print_proposal;
use crate::load;
use crate::memory;
use chrono::DateTime;
use git_dream::model::Proposal;
use std::path::Path;

/// Prints so many changes, drawn without repetition; the same seed draws the same.
pub fn print(data: &Path, count: usize, seed: u64) {
    let mut all: Vec<(String, usize, Proposal)> = Vec::new();
    for folder in load::folders(data) {
        let sessions = load::parse(&folder.files);
        let reflections = memory::reflect(&sessions);
        let now = sessions.iter().map(|session| session.record.happened()).max().unwrap_or(DateTime::UNIX_EPOCH);
        let proposals = memory::propose(&reflections, &[], now, 2);
        all.extend(proposals.into_iter().enumerate().map(|(nth, proposal)| (folder.name.clone(), nth, proposal)));
    }
    println!("== {} of {} changes, seed {seed}", count.min(all.len()), all.len());
    let mut state = seed;
    for _ in 0..count.min(all.len()) {
        let (folder, nth, proposal) = all.swap_remove((next(&mut state) % all.len() as u64) as usize);
        print!("{folder} ");
        print_proposal(nth, &proposal);
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
