//! Risks: what a reviewer must see first. Computed from the proposal and its evidence for every engine alike; what an
//! engine says about risks is only ever added to.

use super::memory::MEMORY;
use crate::model::{ChangeType, Kind, Proposal, Risk, Role};
use crate::text::{injection, scrub, secret};
use std::collections::BTreeSet;

/// Below this confidence a contradiction of approved memory is left to a person.
const SURE: f64 = 0.75;

/// The risks of a proposal, in a fixed order.
pub fn of(proposal: &Proposal) -> Vec<Risk> {
    let mut risks = proposal.risks.clone();
    let belief = proposal.belief.as_ref();
    let words = || belief.iter().flat_map(|b| [&b.name, &b.description, &b.text]).chain([&proposal.subject]);
    if words().any(|text| injection::found(text)) {
        risks.push(Risk::Injection);
    }
    if words().any(|text| text.chars().any(scrub::is_hidden)) {
        risks.push(Risk::HiddenText);
    }
    if words().any(|text| secret::found(text)) {
        risks.push(Risk::Secret);
    }
    if untrusted(proposal) {
        risks.push(Risk::UntrustedSource);
    }
    let single = single_session(proposal);
    if single {
        risks.push(Risk::SingleSession);
    }
    let contradicts = matches!(proposal.change, ChangeType::Supersede | ChangeType::Correct);
    if contradicts && (proposal.confidence.value() < SURE || single) {
        risks.push(Risk::ContradictsApproved);
    }
    risks.sort_unstable();
    risks.dedup();
    risks
}

/// One session alone says so. What memory itself shows (two notes that say the same) needs no session.
fn single_session(proposal: &Proposal) -> bool {
    let cited = proposal.evidence.iter().map(|item| &item.session).filter(|session| session.as_str() != MEMORY);
    let sessions: BTreeSet<_> = cited.collect();
    sessions.len() == 1 && proposal.support.sessions < 2
}

/// Nothing but the output of tools supports it. A mistake is what tools did, so their output is its proper evidence;
/// that its words may be planted is what the injection signals are for.
fn untrusted(proposal: &Proposal) -> bool {
    let memory_only = matches!(proposal.change, ChangeType::Retire | ChangeType::Join);
    proposal.kind != Kind::Mistake
        && !memory_only
        && proposal.evidence.iter().all(|item| matches!(item.role, Role::Tool | Role::System))
}
