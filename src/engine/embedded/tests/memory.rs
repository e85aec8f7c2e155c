//! What memory holds decides what is proposed.

use super::super::Embedded;
use super::world::{Talk, approved, day, dream, dream_with, entry, situation, texts};
use crate::model::{ChangeType, NotePath, RetireReason, Target};
use crate::phase::{Entries, Held, Reconcile, Reflection, Situation};
use crate::text::Known;
use proptest::prelude::*;

fn some_sessions() -> Vec<Talk> {
    let failed = "error: unrecognized subcommand 'bun'";
    vec![
        Talk::new("a", 0)
            .user("Always run the linter before committing.")
            .fails("rtk bun run test", failed)
            .runs("bun run test"),
        Talk::new("b", 1)
            .user("add a page")
            .fails("rtk bun run test", failed)
            .runs("bun run test")
            .user("use pnpm instead of npm"),
        Talk::new("c", 2)
            .user("The staging server is on port 8081.")
            .runs("bun run test")
            .user("no, use pnpm, not npm"),
        Talk::new("d", 3).user("The staging server is on port 8082.").runs("bun run lint").agent("codex/shop"),
        Talk::new("e", 4).user("Remember that the invoice job runs at 02:00 UTC."),
        Talk::new("f", 5).user("I live in Oslo and I use Neovim for everything."),
    ]
}

#[test]
fn what_is_held_already_is_not_proposed_with_or_without_keys() {
    let proposals = dream(some_sessions());
    assert!(proposals.len() >= 6, "{:?}", texts(&proposals));
    for with_keys in [true, false] {
        let again = dream_with(some_sessions(), &approved(&proposals, with_keys));
        assert!(again.is_empty(), "with keys {with_keys}: {:?}", again.iter().map(|p| &p.subject).collect::<Vec<_>>());
    }
}

#[test]
fn another_value_supersedes_the_entry_and_older_evidence_does_not() {
    let held = [entry("The staging server is on port 8080."), entry("Lunch is at noon.")];
    let newer = dream_with(vec![Talk::new("a", 5).user("The staging server is on port 8081.")], &held);
    assert_eq!(newer.len(), 1);
    assert_eq!(newer[0].change, ChangeType::Supersede);
    assert_eq!(
        newer[0].target,
        Target::Entry { path: NotePath::new("MEMORY.md").expect("a path"), text: held[0].text.clone() }
    );
    let older = dream_with(vec![Talk::new("a", -5).user("The staging server is on port 8081.")], &held);
    assert!(older.is_empty(), "{:?}", texts(&older));
}

#[test]
fn only_the_sentence_that_a_fact_is_about_is_replaced() {
    let held = [entry("Releases are cut on Tuesdays. A release that misses Tuesday waits for the next one.")];
    let found = dream_with(vec![Talk::new("a", 5).user("Releases moved from Tuesdays to Wednesdays.")], &held);
    assert_eq!(
        texts(&found),
        ["Releases moved from Tuesdays to Wednesdays. A release that misses Tuesday waits for the next one."]
    );
}

#[test]
fn the_same_in_other_words_is_not_proposed() {
    let held = [entry("Make sure to run the linter before you commit.")];
    assert!(dream_with(vec![Talk::new("a", 5).user("Always run the linter before committing.")], &held).is_empty());
}

#[test]
fn a_rule_that_keeps_failing_gets_its_exception() {
    let held = [entry("**Always prefix commands with `rtk`**. It is always safe to use.")];
    let talk = |id: &str, on: i64| {
        Talk::new(id, on).fails("rtk bun run test", "error: unrecognized subcommand 'bun'").runs("bun run test")
    };
    let found = dream_with(vec![talk("a", 1), talk("b", 2)], &held);
    let corrected = found.iter().find(|proposal| proposal.change == ChangeType::Correct).expect("a correction");
    let text = &corrected.belief.as_ref().expect("a belief").text;
    assert!(text.starts_with(&held[0].text) && text.contains("Exception: `rtk bun run test` fails"), "{text}");
}

#[test]
fn duplicates_are_joined_and_contradictions_are_not() {
    let held = [
        entry("Use pnpm instead of npm."),
        entry("Use pnpm, not npm."),
        entry("The port is 8080 for the billing service."),
        entry("The port is 8081 for the billing service."),
    ];
    let found = dream_with(Vec::new(), &held);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].change, ChangeType::Join);
    assert_eq!(found[0].absorbs.len(), 1);
}

#[test]
fn of_two_entries_that_contradict_the_older_is_retired() {
    let mut held = vec![entry("The billing service is on port 8080."), entry("The billing service is on port 8081.")];
    held[1].since = Some(day(20));
    let found = dream_with(Vec::new(), &held);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].retire, Some(RetireReason::Superseded));
    assert!(matches!(&found[0].target, Target::Entry { text, .. } if text.contains("8080")));
}

#[test]
fn past_dates_are_retired_and_pinned_notes_never() {
    let mut held = vec![
        entry("The audit is on 2026-05-20."),
        entry("We moved to GKE on 2026-05-02."),
        entry("The gala is on 2026-06-01."),
    ];
    held[2].pinned = true;
    let found = dream_with(Vec::new(), &held);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].retire, Some(RetireReason::Stale));
    assert!(matches!(&found[0].target, Target::Entry { text, .. } if text.contains("audit")));
}

#[test]
fn unrelated_sessions_leave_memory_alone() {
    let held: Vec<_> = [
        "Deploys run from release/*.",
        "Anna owns billing.",
        "Never log personal data.",
        "The cache expires after 5 minutes.",
    ]
    .map(entry)
    .into();
    let talks = vec![
        Talk::new("a", 9).user("Always answer in English."),
        Talk::new("b", 10).user("The search index is on host s3."),
    ];
    assert!(dream_with(talks, &held).iter().all(|proposal| proposal.target == Target::New));
}

#[test]
fn instructions_narrow_what_is_proposed() {
    let reflections: Vec<Reflection> = some_sessions().into_iter().map(Talk::reflect).collect();
    let mut narrowed = situation(&reflections, &[]);
    narrowed.instructions = Some("Ignore errors; ignore commands.");
    let found = Embedded.propose(&narrowed);
    assert!(
        found
            .iter()
            .all(|proposal| !proposal.canonical.starts_with("mistake") && !proposal.canonical.starts_with("command"))
    );
    narrowed.instructions = Some("Focus on staging.");
    assert_eq!(texts(&Embedded.propose(&narrowed)), ["The staging server is on port 8082."]);
}

#[test]
fn every_quote_stands_in_its_turn() {
    use crate::model::Content;
    for talk in some_sessions() {
        let session = talk.session();
        let reflection = crate::phase::Extract::reflect(&Embedded, &session).expect("rules always answer");
        let cites = reflection.said.iter().map(|said| &said.cite).chain(reflection.facts.iter().map(|fact| &fact.cite));
        for cite in cites.chain(reflection.failures.iter().map(|failure| &failure.cite)) {
            let turn = session.turns.iter().find(|turn| turn.place == cite.place).expect("a turn");
            let text = match &turn.content {
                Content::Text(text) => text,
                Content::Result(result) => &result.text,
                _ => continue,
            };
            assert!(text.contains(&cite.quote), "{} / {text}", cite.quote);
        }
    }
}

/// Beliefs that say the same, say more, or have another value.
const SAID: [&str; 9] = [
    "The staging server listens on port 8080.",
    "The staging server listens on port 8081.",
    "On port 8080 the staging server listens.",
    "The staging server listens on port 8080 and is restarted on Mondays.",
    "Use pnpm instead of npm.",
    "Use npm instead of pnpm.",
    "Use pnpm, not npm.",
    "Releases are cut on Tuesdays from the release branch.",
    "Releases are cut on Wednesdays from the release branch.",
];

/// A note of its own file.
fn note(nth: usize, text: &str) -> Held {
    Held { path: NotePath::new(&format!("notes/n{nth:02}.md")).expect("a path"), whole_note: true, ..entry(text) }
}

proptest! {
    #[test]
    fn the_order_of_sessions_plays_no_part(order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle()) {
        let reflections: Vec<Reflection> = some_sessions().into_iter().map(Talk::reflect).collect();
        let shuffled: Vec<Reflection> = order.iter().map(|at| reflections[*at].clone()).collect();
        prop_assert_eq!(Embedded.propose(&situation(&shuffled, &[])), Embedded.propose(&situation(&reflections, &[])));
    }

    /// What was noted of an earlier memory, of which notes have come, gone and changed since, changes no join.
    #[test]
    fn what_is_noted_of_an_earlier_memory_plays_no_part(
        before in prop::collection::vec((0..9_usize, 0..4_i64), 0..14),
        now in prop::collection::vec((0..9_usize, 0..4_i64), 0..14),
    ) {
        let memory = |notes: &[(usize, i64)]| -> Vec<Held> {
            let note = |(nth, (at, since)): (usize, &(usize, i64))| Held { since: Some(day(*since)), ..note(nth, SAID[*at]) };
            notes.iter().enumerate().map(note).collect()
        };
        let (before, now) = (memory(&before), memory(&now));
        let propose = |held: &[Held], texts: &Known| Embedded.propose(&Situation { memory: &Entries::of(held, texts), ..situation(&[], held) });
        let fresh = Known::default();
        let wanted = propose(&now, &fresh);
        let earlier = Known::default();
        propose(&before, &earlier);
        let kept = earlier.kept();
        prop_assert_eq!(&propose(&now, &kept), &wanted, "after an earlier memory");
        let kept = fresh.kept();
        prop_assert_eq!(&propose(&now, &kept), &wanted, "after itself");
    }

    #[test]
    fn strange_input_is_survived(text in "\\PC{0,200}") {
        let talk = Talk::new("a", 0).user(&text).fails(&text, &text).runs(&text).user(&text);
        let _ = dream(vec![talk]);
    }

    #[test]
    fn a_reflection_reads_back_what_was_kept(text in "[a-zA-Z ,.']{0,80}") {
        let reflection = Talk::new("a", 0).user(&format!("Always {text}")).fails("rtk x", &text).reflect();
        let kept = serde_json::to_string(&reflection).expect("plain data");
        prop_assert_eq!(serde_json::from_str::<Reflection>(&kept).expect("what was written"), reflection);
    }
}
