//! What goes wrong between us and a server: tried again where that may help, told where it does not.

use super::model::{Phase, good, phase, reply};
use super::server::{Answer, Server};
use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A memory with one session, at a server that does this first and answers well afterwards.
fn after(first: impl Fn(usize) -> Option<Answer> + Send + Sync + 'static) -> (World, Server) {
    let server = Server::new(move |asked, nth| first(nth).unwrap_or_else(|| reply(asked, &good(asked))));
    let world = world(&server, INTERFACES[0]);
    sessions(&world, &FACTS[..1]);
    (world, server)
}

fn always(answer: Answer) -> (World, Server) {
    after(move |_| Some(answer.clone()))
}

#[test]
fn rate_limits_and_overload_are_waited_for() {
    for status in [429, 503, 529] {
        let (world, server) =
            after(move |nth| (nth < 2).then(|| Answer::error(status, "slow down").with("retry-after-ms", "120")));
        assert_eq!(texts(&run(&world)), [FACTS[0]], "{status}");
        let asked = server.asked();
        assert_eq!(asked.len(), 4, "two refusals, a reflection, the changes");
        assert!(asked[1].at - asked[0].at >= Duration::from_millis(120), "retry-after is honoured");
    }
}

#[test]
fn workers_that_were_told_to_wait_do_not_come_back_at_once() {
    let busy = || Answer::error(429, "slow down").with("retry-after-ms", "800");
    // Each session's request is told to wait once, however many are out at a time.
    let told: Mutex<BTreeSet<Vec<u8>>> = Mutex::default();
    let server = Server::new(move |asked, _| {
        let first = || told.lock().expect("nobody panics").insert(asked.raw.clone());
        if phase(&asked.body) == Phase::Extract && first() { busy() } else { reply(asked, &good(asked)) }
    });
    let world = world(&server, INTERFACES[1]);
    let facts: Vec<String> = (0..8).map(|n| format!("Machine {n} is named after the planet {n}.")).collect();
    sessions(&world, &facts.iter().map(String::as_str).collect::<Vec<_>>());
    run(&world);
    let mut times: BTreeMap<&[u8], Vec<Instant>> = BTreeMap::new();
    let asked = server.asked();
    for asked in asked.iter().filter(|asked| phase(&asked.body) == Phase::Extract) {
        times.entry(&asked.raw).or_default().push(asked.at);
    }
    assert_eq!(times.len(), 8);
    let waited: Vec<Duration> = times
        .values()
        .map(|times| {
            assert_eq!(times.len(), 2, "told to wait once, and then answered");
            times[1] - times[0]
        })
        .collect();
    let (shortest, longest) = (waited.iter().min().expect("eight"), waited.iter().max().expect("eight"));
    assert!(*shortest >= Duration::from_millis(750), "{waited:?}");
    assert!(*longest - *shortest >= Duration::from_millis(20), "{waited:?}");
}

#[test]
fn broken_connections_and_replies_are_tried_again() {
    let half = Answer { drop: true, ..Answer::json(&json!({"content": [{"type": "text", "text": "half of it"}]})) };
    let garbled = Answer { body: "<html>bad gateway".to_owned(), ..half.clone() };
    for trouble in [half, Answer { drop: false, ..garbled.clone() }, garbled, Answer::error(500, "oops")] {
        let (world, server) = after(move |nth| (nth == 0).then(|| trouble.clone()));
        assert_eq!(texts(&run(&world)), [FACTS[0]]);
        assert_eq!(server.asked().len(), 3);
    }
}

#[test]
fn a_server_that_stays_busy_is_left_for_another_time() {
    let (world, server) = always(Answer::error(429, "slow down").with("retry-after", "0"));
    insta::assert_snapshot!(dream(&world, &["run"]), @r"
    ! error: could not dream with this engine
    !   caused by: ask test-1: it is rate-limited or overloaded (429), 5 times in a row
    ! hint: later: git dream run --resume; what was answered is kept
    ! hint: max-parallel in [engine] asks for less at once
    [exit 75]
    ");
    assert_eq!(server.asked().len(), 5);
    let (world, server) = always(Answer::error(429, "slow down").with("retry-after", "3600"));
    assert_eq!(dream(&world, &["run"]).code, 75);
    assert_eq!(server.asked().len(), 1, "nobody waits for an hour");
}

#[test]
fn what_no_other_request_would_mend_is_told_at_once() {
    let cases = [
        (401, "invalid x-api-key", 1, "the key was not accepted (401): invalid x-api-key"),
        (404, "model: test-1", 1, "there is no such model or address"),
        (402, "payment required", 1, "no credit left"),
        (400, "Your credit balance is too low", 1, "no credit left"),
        (400, "messages: odd", 1, "the request was refused (400): messages: odd"),
    ];
    for (status, said, code, told) in cases {
        let (world, server) = always(Answer::error(status, said));
        for n in 0..4 {
            session(&world, &format!("more{n}"), 5, &[("user", "Remember: more.")]);
        }
        let ran = dream(&world, &["run"]);
        assert!(ran.code == code && ran.stderr.contains(told) && ran.stderr.contains("hint: "), "{ran}");
        assert_eq!(server.asked().len(), 1, "{status}");
        assert_eq!(world.git(["for-each-ref", "refs/heads/dream"]), "");
    }
}

#[test]
fn a_missing_key_and_an_unconfirmed_address_are_told_before_anything_is_sent() {
    let world = World::with_memory();
    sessions(&world, &FACTS[..1]);
    world.write("memory/dream.toml", "[engine]\nname = \"anthropic\"\nmodel = \"m\"\n");
    world.git(["commit", "-q", "-am", "an engine"]);
    insta::assert_snapshot!(world.dream(["run"]), @r"
    ! error: could not ask m: no key: the variable ANTHROPIC_API_KEY is not set
    ! hint: export ANTHROPIC_API_KEY=…, or let a command print it: git config dream.api-key-command COMMAND
    [exit 1]
    ");
    world.write(
        "memory/dream.toml",
        "[engine]\nname = \"openai\"\nmodel = \"m\"\nbase-url = \"https://gateway.invalid/v1\"\n",
    );
    world.git(["commit", "-q", "-am", "a gateway"]);
    insta::assert_snapshot!(dream(&world, &["run"]), @r"
    ! error: could not ask m: https://gateway.invalid/v1 is named only in dream.toml, which travels with the memory
    ! hint: if you trust it with your key and your transcripts: git config dream.base-url https://gateway.invalid/v1
    [exit 1]
    ");
}

#[test]
fn silence_is_told_with_its_limit() {
    let server = Server::new(|asked, _| reply(asked, &good(asked)).after(Duration::from_secs(20)));
    let world = world(&server, "name = \"openai\"\ntimeout = \"1s\"");
    sessions(&world, &FACTS[..1]);
    let ran = dream(&world, &["run"]);
    assert!(ran.code == 1 && ran.stderr.contains("no answer within 1 seconds, 5 times in a row"), "{ran}");
}

#[test]
fn a_worker_that_fails_stops_no_other_and_is_tried_again_by_the_next_run() {
    let server = Server::new(|asked, _| match phase(&asked.body) {
        Phase::Extract if asked.body.to_string().contains("Frankfurt") => {
            Answer::json(&json!({"content": [{"type": "text", "text": "I will not."}], "stop_reason": "refusal",
                "usage": {"input_tokens": 10, "output_tokens": 1}}))
        }
        _ => reply(asked, &good(asked)),
    });
    let world = world(&server, INTERFACES[0]);
    sessions(&world, &FACTS);
    let night = run(&world);
    assert_eq!(texts(&night).len(), 2, "{night:#}");
    assert!(skipped(&night).contains("the model declined: I will not."), "{night:#}");
    let read: Vec<&str> =
        night["sessions"].as_array().expect("sessions").iter().filter_map(|s| s["id"].as_str()).collect();
    assert_eq!(read, ["s0", "s1"], "what was not answered stays unread");
    let honest = Server::new(|asked, _| reply(asked, &good(asked)));
    settings(&world, &honest, INTERFACES[0]);
    world.dream(["approve", night["dream"].as_str().expect("a dream")]).ok();
    let later = dream(&world, &["run", "--resume", "--json"]).json();
    assert_eq!(texts(&later), [FACTS[2]], "{later:#}");
    let extracts = honest.asked().iter().filter(|asked| phase(&asked.body) == Phase::Extract).count();
    assert_eq!(extracts, 1, "nothing else is paid for again");
    assert!(dream(&world, &["run", "--resume"]).stderr.contains("every run came to its end"));
}
