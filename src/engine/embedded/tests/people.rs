//! What people say: directives, corrections, requests, facts.

use super::world::{Talk, dream, texts};
use crate::model::{Kind, Role, Status};
use serde_json::json;

#[test]
fn an_explicit_wish_needs_one_session_and_a_correction_two() {
    let proposals = dream(vec![
        Talk::new("a", 0).user("add a login page").runs("npm test").user("No, use pnpm instead of npm."),
        Talk::new("b", 1).user("From now on, write commit messages in English."),
    ]);
    assert_eq!(texts(&proposals), ["Write commit messages in English."]);
    assert!(proposals[0].explicit);
    let proposals = dream(vec![
        Talk::new("a", 0).user("add a login page").runs("npm test").user("No, use pnpm instead of npm."),
        Talk::new("b", 1).runs("npm install").user("use pnpm, not npm"),
    ]);
    assert_eq!(proposals.len(), 1);
    assert_eq!(proposals[0].support.sessions, 2);
    assert!(proposals[0].evidence.iter().all(|evidence| evidence.role == Role::User));
}

#[test]
fn tasks_plans_and_pasted_logs_are_not_memory() {
    let plan = "Implement the following plan:\n\n# Plan\n\n## Context\n\nAlways use tabs. Never use spaces.\n\n## Steps\n\n- Always lint.";
    let log = "I got this: \n[11:35:44] error: always use --force\n$ never run this\nfix it";
    let talks = ["a", "b", "c"].iter().enumerate().map(|(n, id)| {
        Talk::new(id, n as i64).user(plan).edits("src/a.rs").user(log).user("add a button to the header").user("thanks")
    });
    assert_eq!(texts(&dream(talks.collect())), Vec::<String>::new());
}

#[test]
fn being_asked_to_look_somewhere_is_no_fact() {
    let asked = [
        "Please look at ticket 1000 of the billing service.",
        "Can you see why PR 17 is red? Please look at pull request 17 of the app",
        "Please look into the 3 failing tests in the api package and check line 40 of main.rs",
    ];
    let talks = asked.iter().enumerate().map(|(n, text)| Talk::new(&n.to_string(), n as i64).user(text));
    assert_eq!(texts(&dream(talks.collect())), Vec::<String>::new());
}

#[test]
fn a_line_copied_into_a_resumed_session_counts_once() {
    let first = Talk::new("a", 0).runs("npm test").user("use pnpm instead of npm").copied("same-line");
    let second = Talk::new("b", 1).runs("npm test").user("use pnpm instead of npm").copied("same-line");
    assert_eq!(texts(&dream(vec![first, second])), Vec::<String>::new());
}

#[test]
fn a_request_made_again_and_again_is_a_habit() {
    let talk = |id: &str, on: i64, text: &str| Talk::new(id, on).user("fix the parser").edits("src/p.rs").user(text);
    let proposals = dream(vec![
        talk("a", 0, "commit and update changelog"),
        talk("b", 1, "update the changelog"),
        talk("c", 2, "commit and update the changelog"),
    ]);
    assert_eq!(proposals.len(), 1, "{:?}", texts(&proposals));
    assert!(texts(&proposals)[0].starts_with("When asked to commit, also update"));
}

#[test]
fn what_is_asked_for_whenever_work_is_done_need_not_be_asked_for_again() {
    let talk = |id: &str, on: i64, text: &str| Talk::new(id, on).user("fix the parser").edits("src/p.rs").user(text);
    let talks = vec![
        talk("a", 0, "commit"),
        talk("b", 1, "ok commit this"),
        talk("c", 2, "comit"),
        talk("d", 3, "commit your changes please"),
    ];
    assert_eq!(texts(&dream(talks)), ["When the work is done, commit it. People asked for it in 4 of 4 sessions."]);
}

#[test]
fn requests_in_other_words_are_one_by_their_verb_and_telling_word() {
    let talk = |id: &str, on: i64, text: &str| Talk::new(id, on).user("fix the parser").edits("src/p.rs").user(text);
    let talks = vec![
        talk("a", 0, "spawn a worker for the docs"),
        talk("b", 1, "please spawn workers to review the change"),
        talk("c", 2, "can you spawn worker"),
        talk("d", 3, "rename the flag to verbose"),
    ];
    let proposals = dream(talks);
    assert_eq!(
        texts(&proposals),
        [
            "People keep asking to spawn worker: asked for in 3 of 4 sessions, such as \"spawn workers to review the change\" and \"spawn a worker for the docs\"."
        ]
    );
    assert_eq!(proposals[0].subject, "People keep asking to spawn worker");
    assert_eq!(proposals[0].support.sessions, 3);
}

#[test]
fn words_that_open_many_sessions_unchanged_were_written_by_a_program() {
    let talk = |id: &str, on: i64| Talk::new(id, on).user("Reply with OK. Do not add markdown or explanations.");
    assert_eq!(texts(&dream(vec![talk("a", 0), talk("b", 1), talk("c", 2)])), Vec::<String>::new());
}

#[test]
fn a_refusal_with_a_reason_is_a_directive_and_one_without_is_nothing() {
    let refused = |id: &str, on: i64, text: &str| {
        Talk::new(id, on).user("clean up").call("Bash", json!({"command": "rm -rf build"}), Status::Refused, text)
    };
    let wordless = "The user doesn't want to proceed with this tool use. STOP what you are doing.";
    let reason = "The user doesn't want to proceed with this tool use. To tell you how to proceed, the user said:\nnever delete the build folder";
    assert!(dream(vec![refused("a", 0, wordless), refused("b", 1, wordless)]).is_empty());
    assert_eq!(texts(&dream(vec![refused("a", 0, reason)])), ["Never delete the build folder."]);
}

#[test]
fn what_the_person_pointed_at_is_named() {
    let talks = ["a", "b"]
        .iter()
        .enumerate()
        .map(|(n, id)| Talk::new(id, n as i64).runs("git push --force").user("don't do that again"));
    assert_eq!(texts(&dream(talks.collect())), ["Do not run `git push --force`."]);
}

#[test]
fn a_fact_has_absolute_dates_and_a_guess_is_none() {
    let proposals = dream(vec![
        Talk::new("a", 3).user("I moved to Lisbon yesterday. I think staging is on port 9. Maybe we use Rust."),
    ]);
    assert_eq!(texts(&proposals), ["The user moved to Lisbon on 2026-05-03."]);
    assert_eq!(proposals[0].kind, Kind::Fact);
    assert_eq!(proposals[0].evidence[0].quote, "I moved to Lisbon yesterday.");
}

#[test]
fn the_newest_value_is_current_whatever_the_order_of_import() {
    let talk = |id: &str, on: i64, port: u32| {
        Talk::new(id, on).user(&format!("The staging server is on port {port}.")).runs("ls")
    };
    let (a, b, c) = (|| talk("a", 0, 8080), || talk("b", 1, 8081), || talk("c", 2, 8080));
    assert_eq!(texts(&dream(vec![a(), b()])), ["The staging server is on port 8081."]);
    assert_eq!(texts(&dream(vec![b(), a()])), ["The staging server is on port 8081."]);
    let again = dream(vec![c(), a(), b()]);
    assert_eq!(texts(&again), ["The staging server is on port 8080."]);
    assert_eq!(again[0].support.sessions, 2);
}

#[test]
fn what_agents_tools_and_loaded_memory_say_is_no_evidence() {
    let talks = ["a", "b", "c"].iter().enumerate().map(|(n, id)| {
        Talk::new(id, n as i64)
            .system("# CLAUDE.md\nAlways answer in French. Never use tabs.")
            .says("I will always use French from now on. The staging server is on port 8081.")
            .call(
                "Read",
                json!({"file_path": "/x/MEMORY.md"}),
                Status::Ok,
                "- Always answer in French\n- The port is 9000",
            )
    });
    assert_eq!(texts(&dream(talks.collect())), Vec::<String>::new());
}

#[test]
fn who_is_served_by_an_agent_does_not_direct_it() {
    let talks = ["a", "b", "c"].iter().enumerate().map(|(n, id)| {
        Talk::new(id, n as i64)
            .user("I'm Ann and I live in Oslo. Always refund me in cash.")
            .call("find_user", json!({"name": "Ann"}), Status::Ok, "ann_1")
            .user("please refund the water bottle and send the receipt")
    });
    assert_eq!(texts(&dream(talks.collect())), Vec::<String>::new());
}
