//! Signals that a text addresses an agent instead of stating something ([`signals`]): orders to drop other orders,
//! claims of a role, requests to hide, places to send data to, orders to memory. Looked for in the text as a person
//! sees it, without what hides letters, and in what it encodes ([`encoded`]). Signals, not proof: they hold a change
//! for a person, who sees them first. It runs no model and keeps no state.

mod encoded;
mod signals;

use super::hidden;
use regex::{RegexSet, RegexSetBuilder};
use std::sync::LazyLock;

static SIGNALS: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSetBuilder::new(signals::SIGNALS)
        .case_insensitive(true)
        .size_limit(64 << 20)
        .dfa_size_limit(32 << 20)
        .build()
        .expect("the signals are constant and tested")
});

/// Characters of one text without a break that no sentence, path or address has.
const ENDLESS: usize = 4_000;

/// Whether the text shows any signal of an instruction planted for an agent.
pub fn found(text: &str) -> bool {
    SIGNALS.is_match(text)
        || text.split_whitespace().any(|word| word.len() > ENDLESS)
        || hidden::plain(text).is_some_and(|plain| SIGNALS.is_match(&plain))
        || encoded::payloads(text).any(|payload| SIGNALS.is_match(&payload))
}

#[cfg(test)]
mod tests;
