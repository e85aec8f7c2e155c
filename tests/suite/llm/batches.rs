//! Nights whose questions go out in batches.

use super::model::{Phase, good, phase};
use super::provider::{Fate, Provider};
use super::server::{Answer, Server};
use super::*;

const PRICES: &str = "price-input = 3.0\nprice-output = 15.0";

fn honest() -> Provider {
    Provider::new(|asked, _| Fate::Said(good(asked)))
}

fn batch(world: &World) -> Value {
    dream(world, &["run", "--json", "--batch"]).json()
}

/// A memory with sessions at a provider.
fn at(provider: &Provider, engine: &str, facts: &[&str]) -> World {
    let world = world(&provider.server, engine);
    sessions(&world, facts);
    world
}

#[test]
fn a_night_in_batches_makes_the_same_commits_for_half_the_price() {
    for engine in &INTERFACES[..3] {
        let engine = format!("{engine}\n{PRICES}");
        let provider = honest();
        let batched = at(&provider, &engine, &FACTS);
        let direct = Server::new(|asked, _| super::model::reply(asked, &good(asked)));
        let direct_world = world(&direct, &engine);
        sessions(&direct_world, &FACTS);
        let (whole, half) = (run(&direct_world), batch(&batched));
        assert_eq!(texts(&half), texts(&whole), "{half:#}");
        let cost = |night: &Value| night["usage"]["cost"].as_str().expect("a cost").parse::<f64>().expect("a number");
        assert!((cost(&half) * 2.0 - cost(&whole)).abs() < 0.000_21, "{} {}", cost(&half), cost(&whole));
        assert_eq!(half["usage"]["requests"], whole["usage"]["requests"]);
        let tree = |world: &World, night: &Value| {
            world.git(["rev-parse", &format!("{}:notes", night["head"].as_str().expect("a head"))])
        };
        assert_eq!(tree(&batched, &half), tree(&direct_world, &whole));
        let asked = provider.server.asked();
        assert!(asked.iter().all(|asked| !asked.path.ends_with("/messages") && !asked.path.ends_with("/completions")));
        assert!(asked.iter().all(|asked| asked.header("x-api-key").or(asked.header("authorization")).is_some()));
        // Nothing is left there or here.
        let held = provider.held();
        assert!(held.files.is_empty(), "{:?}", held.files.keys());
        assert!(held.batches.keys().all(|name| name.starts_with("batch_")), "{:?}", held.batches.keys());
        assert_eq!(batched.shell("memory", "ls .git/dream/batches", "").stdout, "");
    }
}

#[test]
fn sessions_go_out_together_and_the_changes_once_they_are_read() {
    let provider = honest();
    let world = at(&provider, &format!("{}\nbatch = true", INTERFACES[0]), &FACTS);
    assert_eq!(texts(&run(&world)).len(), 3, "batch may be set in [engine]");
    assert_eq!(provider.sizes(), [3, 1]);
    let status = dream(&world, &["run", "--batch"]);
    assert_eq!((status.code, provider.sizes().len()), (0, 2), "{status}");
}

#[test]
fn a_run_that_was_stopped_goes_on_with_the_batch_that_is_out() {
    for engine in &INTERFACES[..2] {
        let provider = honest();
        let world = at(&provider, engine, &FACTS[..2]);
        provider.held().slow = true;
        let stopped = world.shell("memory", "timeout -s KILL 4 git-dream run --batch", "");
        assert!(stopped.stderr.contains("2 questions sent"), "{stopped}");
        let status = dream(&world, &["status"]).ok();
        assert!(status.contains("batch"), "{status}");
        provider.held().slow = false;
        let night = dream(&world, &["run", "--resume", "--json"]);
        assert!(night.stderr.contains("taken up"), "{night}");
        let night = night.json();
        assert_eq!((texts(&night).len(), provider.sizes().len()), (2, 2), "one for the sessions, one for the changes");
        assert_eq!(night["usage"]["requests"], 3, "what the stopped run sent is in the bill of this one");
    }
}

#[test]
fn what_fails_in_a_batch_is_split_mended_or_asked_again() {
    for engine in &INTERFACES[..3] {
        let provider = Provider::new(|asked, nth| {
            let text = super::model::user(&asked.body);
            match phase(&asked.body) {
                Phase::Extract if nth == 0 && text.contains("nightly export") => Fate::Expired,
                Phase::Extract if nth == 0 && text.contains("half up") => Fate::Said("no JSON".to_owned()),
                Phase::Extract if text.contains("Hello") && text.contains("Frankfurt") => {
                    Fate::Failed(400, "prompt is too long")
                }
                _ => Fate::Said(good(asked)),
            }
        });
        let world = at(&provider, engine, &FACTS);
        let night = batch(&world);
        assert_eq!(texts(&night).len(), 3, "{engine}: {night:#}");
        world.git(["fsck", "--strict", "--no-dangling"]);
        world.dream(["verify"]).ok();
    }
}

#[test]
fn a_question_that_always_fails_leaves_its_session_unread_and_the_others_read() {
    let provider = Provider::new(|asked, _| match phase(&asked.body) {
        Phase::Extract if super::model::user(&asked.body).contains("Frankfurt") => Fate::Failed(429, "slow down"),
        _ => Fate::Said(good(asked)),
    });
    let world = at(&provider, INTERFACES[0], &FACTS);
    let night = batch(&world);
    assert_eq!(texts(&night).len(), 2, "{night:#}");
    assert!(skipped(&night).contains("session s2") && skipped(&night).contains("429"), "{night:#}");
    assert_eq!(provider.sizes(), [3, 1, 1, 1], "three tries, then the changes");
}

#[test]
fn whatever_a_batch_answers_beside_the_questions_changes_nothing() {
    let provider = honest();
    let other = "0123456789012345678901234567890123456789";
    let forged = json!({"content": [{"type": "text", "text": "{}"}], "usage": {"input_tokens": 999_999_999}});
    provider.held().noise = format!(
        "not JSON\n{}\n{}\n\u{1b}[2J\n",
        json!({"custom_id": other, "result": {"type": "succeeded", "message": forged}}),
        json!({"custom_id": "../../x", "result": {"type": "succeeded", "message": forged}}),
    );
    let world = at(&provider, INTERFACES[0], &FACTS[..1]);
    let night = batch(&world);
    assert_eq!(texts(&night), [FACTS[0]]);
    assert_eq!(night["usage"]["input_tokens"], 2000, "nobody pays for what was not asked");
    let server = Server::new(|_, _| Answer::json(&json!({"id": "../../../etc/passwd"})));
    settings(&world, &server, INTERFACES[0]);
    session(&world, "new", 9, &[("user", "Remember: ids are checked.")]);
    world.dream(["import", "../sessions"]).ok();
    let refused = dream(&world, &["run", "--batch"]);
    assert!(refused.code == 1 && refused.stderr.contains("the id of the batch is none"), "{refused}");
}

#[test]
fn a_batch_whose_fate_nobody_knows_is_taken_up_by_its_id() {
    let provider = honest();
    let world = at(&provider, INTERFACES[0], &FACTS);
    provider.held().breaks = true;
    let unknown = dream(&world, &["run", "--batch"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("nobody knows whether the batch was accepted"), "{unknown}");
    assert!(unknown.stderr.contains("--batch=ID"), "{unknown}");
    assert_eq!(provider.sizes(), [3], "it is not sent twice");
    let night = dream(&world, &["run", "--resume", "--batch=msgbatch_1", "--json"]).json();
    assert_eq!((texts(&night).len(), provider.sizes()), (3, vec![3, 1]));
}

#[test]
fn a_batch_that_the_provider_forgot_is_sent_again() {
    let provider = honest();
    let world = at(&provider, INTERFACES[1], &FACTS[..1]);
    provider.held().slow = true;
    world.shell("memory", "timeout -s KILL 3 git-dream run --batch", "");
    {
        let mut held = provider.held();
        held.slow = false;
        held.batches.clear();
    }
    assert_eq!(texts(&dream(&world, &["run", "--resume", "--json"]).json()), [FACTS[0]]);
    assert_eq!(provider.sizes().len(), 3);
}

#[test]
fn reviewers_are_asked_in_a_batch_of_their_own() {
    let provider = honest();
    let reviewer = format!("[reviewer]\n{}\nmodel = \"second\"\nbase-url = \"{}\"", INTERFACES[0], provider.server.url);
    let world = at(&provider, &format!("{}\n{reviewer}", INTERFACES[0]), &FACTS);
    let night = batch(&world);
    assert!(night["changes"].as_array().expect("changes").iter().all(|c| c["opinion"]["verdict"] == "supported"));
    assert_eq!(provider.sizes(), [3, 1, 3]);
}

#[test]
fn who_has_no_batches_is_told_so() {
    let server = Server::new(|_, _| Answer::error(404, "Not Found"));
    let world = world(&server, INTERFACES[1]);
    sessions(&world, &FACTS[..1]);
    let url = server.url.clone();
    let refused = dream(&world, &["run", "--batch"]).to_string().replace(&url, "<server>");
    insta::assert_snapshot!(refused, @r#"
    ! error: could not ask test-1 in batches: <server>/files does not know them: Not Found (error)
    ! hint: leave --batch out, or batch in [engine]: then questions are asked one by one
    [exit 1]
    "#);
    settings(&world, &server, INTERFACES[3]);
    insta::assert_snapshot!(dream(&world, &["run", "--batch"]), @r#"
    ! error: command line: batch is 'true', but Ollama's interface has none
    ! hint: see the command's --help for what is allowed
    [exit 2]
    "#);
    insta::assert_snapshot!(world.dream(["run", "--engine", "embedded", "--batch"]), @r#"
    ! error: this engine has no batches
    ! hint: --batch is for the engines anthropic and openai
    [exit 2]
    "#);
    world.git(["config", "dream.batch", "true"]);
    insta::assert_snapshot!(dream(&world, &["run"]), @r#"
    ! error: git config: batch is 'true', but Ollama's interface has none
    ! hint: see 'git config --show-origin --get-regexp ^dream' for where it is set
    [exit 1]
    "#);
}

#[test]
fn a_batch_that_was_refused_whole_says_why() {
    let server = Server::new(|asked, _| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/files") => Answer::json(&json!({"id": "file-1"})),
        ("POST", "/batches") => Answer::json(&json!({"id": "batch_1", "status": "validating"})),
        _ => Answer::json(&json!({"id": "batch_1", "status": "failed",
            "errors": {"data": [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}]}})),
    });
    let world = world(&server, INTERFACES[1]);
    sessions(&world, &FACTS[..1]);
    insta::assert_snapshot!(dream(&world, &["run", "--batch"]), @r#"
    ! batch batch_1: 1 question sent; answers may take a day, and 'git dream run --resume' goes on with it
    ! error: could not ask test-1: the batch batch_1 failed: Enqueued token limit reached
    ! hint: git dream run --resume sends it anew
    [exit 1]
    "#);
    assert_eq!(world.shell("memory", "ls .git/dream/batches", "").stdout, "");
}
