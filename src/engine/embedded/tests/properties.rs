//! What holds of any dream, over random sessions put together from things that people say and tools do.

use super::world::{Talk, approved, dream, dream_with, situation};
use crate::engine::Embedded;
use crate::model::{ChangeType, Proposal};
use crate::phase::{Reconcile, Reflection};
use proptest::prelude::*;

const SAID: [&str; 14] = [
    "Always run make check before you commit.",
    "From now on use pnpm instead of npm.",
    "Never push to main.",
    "Remember that the audit export must finish before 04:00 UTC.",
    "The staging server is on port 8081.",
    "The staging server is on port 8082 now.",
    "I moved to Lisbon.",
    "Anna owns billing.",
    "Anna no longer owns billing, Ben does.",
    "We switched from Jenkins to Buildkite.",
    "Please add a button to the settings page.",
    "No, do not touch the generated files.",
    "commit and push when you are done",
    "I think the cache may be too small.",
];

/// One session: which sentences are said, and whether a command fails and is mended in it.
type Plan = (Vec<usize>, bool);

fn talks(plans: &[Plan], prefix: &str) -> Vec<Talk> {
    let talk = |(day, (said, fails)): (usize, &Plan)| {
        let talk = Talk::new(&format!("{prefix}{day}"), i64::try_from(day).expect("few days"));
        let talk = said.iter().fold(talk, |talk, nth| talk.user(SAID[*nth]).runs("ls src"));
        match fails {
            true => talk.fails("npm run lnt", "npm error Missing script: \"lnt\"").runs("npm run lint"),
            false => talk,
        }
    };
    plans.iter().enumerate().map(talk).collect()
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    prop::collection::vec((prop::collection::vec(0..SAID.len(), 0..4), any::<bool>()), 1..6)
}

fn adds(proposals: &[Proposal]) -> Vec<String> {
    let added = proposals.iter().filter(|proposal| proposal.change == ChangeType::Add);
    added.filter_map(|proposal| Some(proposal.belief.as_ref()?.text.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_dream_never_adds_what_memory_already_holds(plans in plans(), with_keys in any::<bool>()) {
        let first = dream(talks(&plans, "a"));
        let held = approved(&first, with_keys);
        let again = dream_with(talks(&plans, "a"), &held);
        prop_assert_eq!(adds(&again), Vec::<String>::new());
        // The same things said again in other sessions are support, no news.
        let more = dream_with(talks(&plans, "b"), &held);
        let known: Vec<String> = adds(&first);
        prop_assert!(adds(&more).iter().all(|text| !known.contains(text)), "{:?}", adds(&more));
    }

    #[test]
    fn what_is_taken_out_has_a_reason(plans in plans(), more in plans()) {
        let held = approved(&dream(talks(&plans, "a")), true);
        for proposal in dream_with(talks(&more, "b"), &held) {
            prop_assert_eq!(proposal.change == ChangeType::Retire, proposal.retire.is_some(), "{:?}", proposal);
            prop_assert!(!proposal.reason.trim().is_empty(), "{:?}", proposal);
        }
    }

    #[test]
    fn every_change_cites_what_was_said_or_done(plans in plans()) {
        for proposal in dream(talks(&plans, "a")) {
            prop_assert!(!proposal.evidence.is_empty() && proposal.support.sessions > 0, "{:?}", proposal);
            prop_assert!(proposal.evidence.iter().all(|evidence| !evidence.quote.is_empty()), "{:?}", proposal);
        }
    }

    #[test]
    fn any_order_of_any_sessions_proposes_the_same(plans in plans(), seed in any::<u64>()) {
        let reflections: Vec<Reflection> = talks(&plans, "a").into_iter().map(Talk::reflect).collect();
        let mut shuffled = reflections.clone();
        let length = shuffled.len();
        shuffled.rotate_left(usize::try_from(seed % length as u64).expect("small"));
        if seed % 2 == 0 {
            shuffled.reverse();
        }
        prop_assert_eq!(Embedded.propose(&situation(&shuffled, &[])), Embedded.propose(&situation(&reflections, &[])));
    }
}
