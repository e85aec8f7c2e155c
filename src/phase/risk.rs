//! Risks: what a reviewer must see first. Computed from the proposal and its evidence for every engine alike; what an
//! engine says about risks is only ever added to.

use super::memory::MEMORY;
use crate::model::{Change, ChangeType, Kind, Proposal, Risk};
use crate::text::{hidden, injection, secret};
use std::collections::BTreeSet;

/// Below this confidence a contradiction of approved memory is left to a person.
const SURE: f64 = 0.75;

/// The risks of a proposal, in a fixed order.
pub fn of(proposal: &Proposal) -> Vec<Risk> {
    let mut risks = proposal.risks.clone();
    let belief = proposal.belief.as_ref();
    let tags = belief.iter().flat_map(|belief| &belief.tags);
    let words = belief.iter().flat_map(|b| [&b.name, &b.description, &b.text]).chain([&proposal.subject]).chain(tags);
    risks.extend(words.flat_map(|text| of_words(text)));
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

/// Has made what words are searched with, on a core that has nothing else to do: that takes as long as reading a session.
pub fn ready() {
    const NOTHING: &str = "Nothing at all.";
    rayon::spawn(|| {
        let _ = injection::found(NOTHING);
    });
    rayon::spawn(|| {
        let _ = secret::found(NOTHING) || hidden::found(NOTHING);
    });
}

/// The risks of words, whoever wrote them: an engine, or a reviewer who edits.
pub fn of_words(text: &str) -> Vec<Risk> {
    let found = [
        (Risk::Injection, injection::found(text)),
        (Risk::Secret, secret::found(text)),
        (Risk::HiddenText, hidden::found(text)),
    ];
    found.into_iter().filter_map(|(risk, is)| is.then_some(risk)).collect()
}

/// Per cent of the entries of memory of which a dream may take out or rewrite without its changes saying so.
const MUCH: usize = 20;
/// Below this many entries per cents say little.
const SMALL_MEMORY: usize = 10;

/// Marks the changes of a dream that together take out or rewrite much of memory.
pub fn mark_losses(changes: &mut [Change], entries: usize) {
    let loses = |change: &Change| !matches!(change.change, ChangeType::Add | ChangeType::Promote);
    let lost: usize = changes.iter().filter(|change| loses(change)).map(|change| change.edits.len()).sum();
    if entries < SMALL_MEMORY || lost * 100 <= entries * MUCH {
        return;
    }
    for change in changes.iter_mut().filter(|change| loses(change)) {
        change.risks.push(Risk::DeletesMuch);
        change.risks.sort_unstable();
        change.risks.dedup();
    }
}

/// One session alone says so. What memory itself shows (two notes that say the same) needs no session.
fn single_session(proposal: &Proposal) -> bool {
    let cited = proposal.evidence.iter().map(|item| &item.session).filter(|session| session.as_str() != MEMORY);
    let sessions: BTreeSet<_> = cited.collect();
    sessions.len() == 1 && proposal.support.sessions < 2
}

/// Nothing but the output of tools supports it. A mistake is what tools did, so their output is its proper evidence;
/// that its words may be planted is what the injection signals are for.
pub fn untrusted(proposal: &Proposal) -> bool {
    let memory_only = matches!(proposal.change, ChangeType::Retire | ChangeType::Join);
    proposal.kind != Kind::Mistake && !memory_only && proposal.evidence.iter().all(|item| item.role.is_untrusted())
}
