//! What a dream spends: budgets that end it cleanly, nothing paid for twice, and how fast many answers come in.

use super::model::{Phase, good, phase, reply};
use super::server::{Answer, Server};
use super::*;
use std::time::{Duration, Instant};

fn many(world: &World, count: usize) {
    for n in 0..count {
        let said = format!("Remember: {}.", unlike(n));
        session(world, &format!("m{n:03}"), 1 + n as u32 % 28, &[("user", "Hello"), ("user", &said)]);
    }
    world.dream(["import", "../sessions"]).ok();
}

/// Words that no other number has, so that no two statements are about the same thing.
fn unlike(n: usize) -> String {
    const SYLLABLES: [&str; 10] = ["ba", "ko", "ri", "tu", "lem", "sog", "nif", "dax", "pell", "vur"];
    let word = |start: &str| format!("{start}{}{}{}", SYLLABLES[n / 10 % 10], SYLLABLES[n % 10], SYLLABLES[n * 7 % 10]);
    ["Mo", "zi", "che", "gra"].map(word).join(" ")
}

fn count(server: &Server, wanted: Phase) -> usize {
    server.asked().iter().filter(|asked| phase(&asked.body) == wanted).count()
}

#[test]
fn a_budget_that_runs_out_ends_the_dream_with_what_is_done() {
    let server = Server::new(|asked, _| reply(asked, &good(asked)));
    let world = world(&server, "name = \"openai\"\nanswer-tokens = 500\nmax-input-tokens = 12000\nmax-parallel = 1");
    many(&world, 20);
    let night = run(&world);
    let (asked, spent) = (count(&server, Phase::Extract), night["usage"]["input_tokens"].as_u64().expect("tokens"));
    assert!((2..20).contains(&asked) && spent <= 12_000, "{asked} sessions, {spent} tokens");
    assert_eq!(night["sessions"].as_array().map(Vec::len), Some(asked));
    assert!(!texts(&night).is_empty(), "something is left for the changes: {night:#}");
    assert!(skipped(&night).contains("max-input-tokens would be exceeded"), "{night:#}");
    world.dream(["approve", night["dream"].as_str().expect("a dream")]).ok();
    world.git(["config", "dream.max-input-tokens", "1000000"]);
    let rest = dream(&world, &["run", "--resume", "--json"]).json();
    assert_eq!(count(&server, Phase::Extract), 20, "each session is paid for once");
    assert_eq!(texts(&night).len() + texts(&rest).len(), 20, "{rest:#}");
}

#[test]
fn workers_wait_for_what_others_may_leave_of_the_budget() {
    let server = Server::new(|asked, _| reply(asked, &good(asked)).after(Duration::from_millis(20)));
    // Reading may use three quarters: room for the longest answer of one worker, and for the true ones of all.
    let world = world(&server, "name = \"openai\"\nanswer-tokens = 500\nmax-output-tokens = 1200\nmax-parallel = 4");
    many(&world, 6);
    let night = run(&world);
    assert_eq!(night["sessions"].as_array().map(Vec::len), Some(6), "{night:#}");
    assert!(night["usage"]["output_tokens"].as_u64().is_some_and(|tokens| tokens <= 1200), "{night:#}");
}

#[test]
fn a_limit_on_cost_is_never_passed() {
    let server = Server::new(|asked, _| reply(asked, &good(asked)));
    let prices = "price-input = 3.0\nprice-cached = 0.3\nprice-output = 15.0\nmax-cost = 0.03\nanswer-tokens = 500";
    let world = world(&server, &format!("name = \"anthropic\"\nmax-parallel = 4\n{prices}"));
    many(&world, 20);
    let night = run(&world);
    let cost: f64 = night["usage"]["cost"].as_str().expect("a cost").parse().expect("a number");
    assert!(cost > 0.005 && cost <= 0.03, "{night:#}");
    assert!(skipped(&night).contains("max-cost would be exceeded"), "{night:#}");
}

#[test]
fn what_was_answered_before_a_failure_is_not_asked_again() {
    let server = Server::new(|asked, _| match phase(&asked.body) {
        Phase::Reconcile => Answer::error(429, "slow down").with("retry-after", "0"),
        _ => reply(asked, &good(asked)),
    });
    let world = world(&server, INTERFACES[1]);
    many(&world, 6);
    let failed = dream(&world, &["run", "--json", "--max-sessions", "4"]);
    assert!(failed.code == 0 && failed.stdout.contains("rate-limited"), "{failed}");
    let honest = Server::new(|asked, _| reply(asked, &good(asked)));
    settings(&world, &honest, INTERFACES[1]);
    let night = dream(&world, &["run", "--resume", "--json"]).json();
    assert_eq!((count(&server, Phase::Extract), count(&honest, Phase::Extract)), (4, 0), "{night:#}");
    assert_eq!(texts(&night).len(), 4, "with the options of the run that failed: {night:#}");
}

#[test]
fn a_killed_run_pays_for_nothing_twice() {
    let server = Server::new(|asked, nth| {
        reply(asked, &good(asked)).after(Duration::from_millis(if nth < 3 { 0 } else { 60_000 }))
    });
    let world = world(&server, "name = \"openai\"\nmax-parallel = 1");
    many(&world, 5);
    let killed = world.shell("memory", &format!("OPENAI_API_KEY={KEY} timeout -s KILL 3 git dream run"), "");
    assert_ne!(killed.code, 0);
    assert_eq!(world.git(["for-each-ref", "refs/heads/dream"]), "", "it left nothing");
    let honest = Server::new(|asked, _| reply(asked, &good(asked)));
    settings(&world, &honest, "name = \"openai\"\nmax-parallel = 1");
    let night = dream(&world, &["run", "--resume", "--json"]).json();
    assert_eq!(texts(&night).len(), 5, "{night:#}");
    assert_eq!(count(&honest, Phase::Extract), 2);
}

#[test]
fn a_hundred_sessions_take_little_more_than_their_answers() {
    let server = Server::new(|asked, _| reply(asked, &good(asked)).after(Duration::from_secs(1)));
    let world = world(&server, "name = \"openai\"\nmax-parallel = 16");
    many(&world, 100);
    let start = Instant::now();
    let night = run(&world);
    let took = start.elapsed();
    assert_eq!(night["sessions"].as_array().map(Vec::len), Some(100));
    let (extracts, rest) = (count(&server, Phase::Extract), count(&server, Phase::Reconcile));
    assert_eq!(extracts, 100);
    let ideal = Duration::from_secs((extracts.div_ceil(16) + rest.div_ceil(16)) as u64);
    assert!(took < ideal + Duration::from_secs(10), "{took:?}, ideally {ideal:?}");
}

#[test]
fn a_server_that_counts_nothing_is_counted_for() {
    let server = Server::new(|asked, _| {
        let mut answer = reply(asked, &good(asked));
        answer.body = answer.body.replace("1000", "0");
        answer
    });
    let world = world(&server, INTERFACES[1]);
    sessions(&world, &FACTS[..1]);
    let night = run(&world);
    assert!(night["usage"]["input_tokens"].as_u64().expect("tokens") > 500, "{night:#}");
}
