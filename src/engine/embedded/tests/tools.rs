//! What agents did: mistakes with their fixes, commands, habits, outcomes.

use super::world::{Talk, dream, texts};
use crate::model::{Kind, OutcomeResult, Role, Status};
use serde_json::json;

const NO_COMMAND: &str = "Exit code 2\nerror: unrecognized subcommand 'bun'\n\nUsage: rtk [OPTIONS] <COMMAND>";

#[test]
fn a_mistake_names_what_fails_what_works_and_how_often() {
    let talk =
        |id: &str, on: i64| Talk::new(id, on).fails("rtk bun run test 2>&1", NO_COMMAND).runs("bun run test 2>&1");
    let proposals = dream(vec![talk("a", 0), talk("b", 1), Talk::new("c", 2).runs("ls")]);
    let mistakes: Vec<_> = proposals.iter().filter(|proposal| proposal.kind == Kind::Mistake).collect();
    assert_eq!(mistakes.len(), 1);
    let text = &mistakes[0].belief.as_ref().expect("a belief").text;
    assert_eq!(
        text,
        "`rtk bun run test` fails: \"error: unrecognized subcommand 'bun'\". Leave out `rtk`: use `bun run test` (worked in 2 of 2 sessions). Seen in 2 of 3 sessions."
    );
    assert!(
        mistakes[0]
            .evidence
            .iter()
            .all(|evidence| evidence.role == Role::Tool && evidence.quote.contains("unrecognized subcommand"))
    );
    assert!(mistakes[0].subject.chars().count() <= 60);
}

#[test]
fn the_steps_before_the_same_call_worked_are_the_fix() {
    let unread = "<tool_use_error>File has not been read yet. Read it first before writing to it.</tool_use_error>";
    let talk = |id: &str, on: i64, file: &str| {
        Talk::new(id, on)
            .call("Edit", json!({"file_path": file, "old_string": "a"}), Status::Failed, unread)
            .call("Read", json!({"file_path": file}), Status::Ok, "text")
            .edits(file)
    };
    let found = texts(&dream(vec![talk("a", 0, "/x/a.rs"), talk("b", 1, "/x/b.rs")]));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("Read the same file first"), "{}", found[0]);
}

#[test]
fn a_check_that_fails_while_code_is_written_teaches_nothing() {
    let talk = |id: &str, on: i64| {
        Talk::new(id, on).fails("cargo test", "test parser::works ... FAILED").edits("src/p.rs").runs("cargo test")
    };
    let found = dream(vec![talk("a", 0), talk("b", 1)]);
    assert!(found.iter().all(|proposal| proposal.kind != Kind::Mistake), "{:?}", texts(&found));
}

#[test]
fn what_the_person_said_about_a_failure_is_its_fix() {
    let talk = |id: &str, on: i64| {
        Talk::new(id, on)
            .fails("docker compose up", "permission denied while trying to connect to the Docker daemon socket")
            .user("no, use podman compose instead of docker compose")
            .runs("podman compose up")
    };
    let proposals = dream(vec![talk("a", 0), talk("b", 1)]);
    let mistake = proposals.iter().find(|proposal| proposal.kind == Kind::Mistake).expect("a mistake");
    assert!(mistake.belief.as_ref().expect("a belief").text.contains("podman compose instead of docker compose"));
}

#[test]
fn a_file_missing_once_is_no_mistake_but_the_same_one_again_is() {
    let missing = |path: &str| format!("cat: {path}: No such file or directory");
    let talk = |id: &str, on: i64, path: &str| {
        Talk::new(id, on).fails(&format!("cat {path}"), &missing(path)).runs("cat src/conf/app.toml")
    };
    assert!(dream(vec![talk("a", 0, "src/x.toml"), talk("b", 1, "lib/y.toml")]).is_empty());
    assert_eq!(dream(vec![talk("a", 0, "src/app.toml"), talk("b", 1, "src/app.toml")]).len(), 1);
}

#[test]
fn a_command_that_works_is_told_with_its_rate() {
    let talk = |id: &str, on: i64| Talk::new(id, on).edits("a.rs").runs("cargo test --all");
    let found = texts(&dream(vec![talk("a", 0), talk("b", 1), talk("c", 2)]));
    assert!(
        found.iter().any(|text| text
            .starts_with("To run the tests, run `cargo test`. It was run in 3 of 3 sessions and passed 3 of 3 times")),
        "{found:?}"
    );
}

#[test]
fn outcomes_make_lessons_with_their_lift() {
    let talk = |n: i64, checked: bool| {
        let result = if checked { OutcomeResult::Satisfied } else { OutcomeResult::Failed };
        let talk = Talk::new(&format!("s{n}"), n).went(result);
        let talk = if checked {
            talk.call("get_order", json!({"id": n}), Status::Ok, "ok").user("yes, go ahead")
        } else {
            talk
        };
        talk.call("cancel_order", json!({"id": n}), Status::Ok, "ok")
    };
    let talks = (0..12).map(|n| talk(n, n % 3 != 0)).collect();
    let found = texts(&dream(talks));
    assert!(found.iter().any(|text| text.starts_with("Call `get_order` before `cancel_order`. Sessions that went well: 8 of 8 in this order, none of 4 otherwise.")), "{found:?}");
    assert!(
        found.iter().any(|text| text.starts_with("Get the person's explicit confirmation before `cancel_order`.")),
        "{found:?}"
    );
}

#[test]
fn files_that_are_changed_together_are_named_and_a_test_with_its_file_is_not() {
    let talk = |nth: i64| {
        Talk::new(&format!("s{nth}"), nth)
            .edits("/home/ann/shop/src/api/routes.ts")
            .edits("/home/ann/shop/web/hooks/useApi.ts")
            .edits("/home/ann/shop/web/hooks/useApi.test.ts")
    };
    let mut talks: Vec<Talk> = (0..4).map(talk).collect();
    talks.push(Talk::new("alone", 5).edits("/home/ann/shop/src/api/routes.ts"));
    let found = texts(&dream(talks));
    assert_eq!(
        found[0],
        "When you change `web/hooks/useApi.ts`, look at `src/api/routes.ts`, too: 4 of 4 sessions that changed it changed both. It is 4 of 5 the other way round."
    );
    assert!(found.iter().all(|text| !(text.contains("useApi.ts`") && text.contains("useApi.test.ts`"))), "{found:?}");
}
