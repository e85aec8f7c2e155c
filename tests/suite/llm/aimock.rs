//! Dreams at a mock that is not ours and plays all four interfaces: `@copilotkit/aimock`, with answers that are good
//! and with what networks and providers do to them.

use super::peer::Peer;
use super::*;
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::LazyLock;

/// Three workers give up after five tries each.
const ALL_TRIES: usize = 15;

/// One mock for all tests. What goes wrong there is told by the model that is asked for; whose requests are counted, by
/// the header `x-test-id`.
static MOCK: LazyLock<Option<Peer>> = LazyLock::new(|| {
    let programs = installed::node("aimock", &["@copilotkit/aimock@1"])?;
    let file = programs.with_file_name("fixtures.json");
    std::fs::write(&file, json!({"fixtures": fixtures()}).to_string()).expect("a file");
    let mut command = Command::new("sh");
    // It would not notice by itself that its standard input has ended.
    command.args(["-c", "node \"$@\" & read -r _; kill $!", "sh"]);
    command.arg(programs.join("llmock")).args(["-p", "0", "--strict", "--journal-max", "0", "-f"]).arg(file);
    Some(Peer::start(&mut command, ""))
});

/// What goes wrong with how many requests, one trouble after the other, before the answers are good.
fn troubles() -> Vec<(&'static str, Vec<(usize, Value)>)> {
    let chaos = |what: Value| json!({"response": {"content": "no"}, "chaos": what});
    let error = |status: u16| json!({"response": {"error": {"message": "later", "type": "error"}, "status": status}});
    let (disconnected, malformed) = (chaos(json!({"disconnectRate": 1})), chaos(json!({"malformedRate": 1})));
    let (failed, limited) = (chaos(json!({"dropRate": 1})), chaos(json!({"rateLimitRate": 1})));
    let silent = chaos(json!({"latencyMs": 20_000}));
    let (gone, garbled) = ((ALL_TRIES, disconnected.clone()), (ALL_TRIES, malformed.clone()));
    vec![
        // Three workers, of which none can meet all five.
        ("passing", vec![(1, disconnected), (1, malformed), (1, failed), (1, limited.clone()), (1, error(529))]),
        ("lasting", vec![gone, garbled, (ALL_TRIES, limited)]),
        ("silent", vec![(ALL_TRIES, silent)]),
    ]
}

fn fixtures() -> Vec<Value> {
    let mut fixtures = Vec::new();
    for (model, troubles) in troubles() {
        let each = troubles.iter().flat_map(|(count, trouble)| std::iter::repeat_n(trouble, *count));
        for (nth, trouble) in each.enumerate() {
            let mut fixture = trouble.clone();
            fixture["match"] = json!({"model": model, "sequenceIndex": nth});
            fixtures.push(fixture);
        }
    }
    let lesson =
        json!({"kind": "fact", "text": FACTS[0], "lasting": true, "evidence": [{"turn": 3, "quote": FACTS[0]}]});
    let reflection = json!({"task": "t", "approach": "a", "worked": [], "failed": [], "lessons": [lesson]});
    let changes = |lessons: Value| {
        let change = json!({"change": "add", "kind": "fact", "lessons": lessons, "note": "", "absorbs": [],
            "retire": "none", "name": FACTS[0], "text": FACTS[0], "subject": FACTS[0], "reason": "People asked for it."});
        json!({"changes": [change]})
    };
    for nth in 0..7 {
        // Two good answers, and then none for the next worker.
        let chaos = json!({"disconnectRate": if nth < 2 { 0 } else { 1 }});
        let found = json!({"model": "halfway", "sequenceIndex": nth});
        fixtures.push(json!({"match": found, "response": {"content": reflection}, "chaos": chaos}));
    }
    let (extract, reconcile) = ("You study the finished session", "You keep the memory of AI agents");
    for (name, prompt, said, answer) in [
        ("reflection", extract, "", &reflection),
        ("changes", reconcile, "L3 (", &changes(json!(["L1", "L2", "L3"]))),
        ("changes", reconcile, "", &changes(json!(["L1"]))),
    ] {
        let with = |mut found: Value, response: Value| {
            found["systemMessage"] = json!(prompt);
            found["userMessage"] = json!(said);
            // Late, but not too late: every answer takes a while.
            json!({"match": found, "response": response, "chaos": {"latencyMs": 150}})
        };
        let call = json!({"toolCalls": [{"name": name, "arguments": answer}]});
        fixtures.push(with(json!({"toolName": name}), call));
        fixtures.push(with(json!({}), json!({"content": answer})));
    }
    fixtures
}

/// Three sessions that say the same, to be read over an interface by the model of this trouble.
fn troubled(mock: &Peer, engine: &str, trouble: &str) -> (World, String) {
    let world = World::with_memory();
    let name = format!("{trouble} {}", engine.replace(['"', '\n'], ""));
    let version = if engine.contains("openai") { "/v1" } else { "" };
    let parallel = if engine.contains("max-parallel") { "" } else { "\nmax-parallel = 4" };
    let engine = format!("{engine}{parallel}\nextra-headers = [\"x-test-id: {name}\"]");
    settings_at(&world, &format!("{}{version}", mock.url), &engine);
    world.git(["config", "dream.model", trouble]);
    sessions(&world, &[FACTS[0]; 3]);
    (world, name)
}

/// What was answered well under this name: nothing twice.
fn paid_once(mock: &Peer, name: &str) -> usize {
    let mut reply = ureq::get(format!("{}/__aimock/journal", mock.url)).call().expect("a journal");
    let journal: Vec<Value> = reply.body_mut().read_json().expect("JSON");
    let own = journal.iter().filter(|entry| entry["headers"]["x-test-id"] == name);
    let good = own.filter(|entry| entry["response"]["status"] == 200 && entry["response"]["chaosAction"].is_null());
    let bodies: Vec<String> = good.map(|entry| entry["body"].to_string()).collect();
    assert_eq!(bodies.len(), bodies.iter().collect::<BTreeSet<_>>().len(), "{name}: something was asked twice");
    bodies.len()
}

/// Every interface at once: most of the time is waiting.
fn over_every_interface(test: impl Fn(&Peer, &str) + Sync) {
    let Some(mock) = &*MOCK else { return };
    std::thread::scope(|scope| {
        for engine in INTERFACES {
            let test = &test;
            scope.spawn(move || test(mock, engine));
        }
    });
}

#[test]
fn a_dream_gets_through_what_passes() {
    over_every_interface(|mock, engine| {
        for trouble in ["good", "passing"] {
            let (world, name) = troubled(mock, engine, trouble);
            let night = run(&world);
            assert_eq!(texts(&night), [FACTS[0]], "{name}: {night:#}");
            assert_eq!(night["changes"][0]["support"]["sessions"], 3, "{name}");
            assert_eq!((paid_once(mock, &name), &night["usage"]["requests"]), (4, &json!(4)), "{name}");
            world.git(["fsck", "--strict", "--no-dangling"]);
        }
    });
}

#[test]
fn what_does_not_pass_is_told_and_a_later_run_goes_on() {
    over_every_interface(|mock, engine| {
        let (world, name) = troubled(mock, engine, "lasting");
        for (code, told) in [
            (1, "the connection failed"),
            (1, "the reply is no JSON"),
            (75, "it is rate-limited or overloaded (429), 5 times in a row"),
        ] {
            let failed = dream(&world, &["run"]);
            assert!(failed.code == code && failed.stderr.contains(told), "{name}: {failed}");
            assert!(failed.stderr.contains("git dream run --resume"), "{name}: {failed}");
            assert_eq!(world.git(["for-each-ref", "refs/heads/dream"]), "", "{name}");
            assert_eq!(paid_once(mock, &name), 0, "{name}");
        }
        let night = dream(&world, &["run", "--resume", "--json"]).json();
        assert_eq!(texts(&night), [FACTS[0]], "{name}: {night:#}");
        assert_eq!(paid_once(mock, &name), 4, "{name}");
    });
}

#[test]
fn what_was_answered_before_the_trouble_is_kept() {
    over_every_interface(|mock, engine| {
        let (world, name) = troubled(mock, engine, "halfway");
        world.git(["config", "dream.max-parallel", "1"]);
        let night = run(&world);
        assert!(skipped(&night).contains("the connection failed"), "{name}: {night:#}");
        assert_eq!(night["sessions"].as_array().map(Vec::len), Some(2), "{name}: {night:#}");
        world.dream(["approve", night["dream"].as_str().expect("a dream")]).ok();
        dream(&world, &["run", "--resume"]).ok();
        assert_eq!(paid_once(mock, &name), 5, "{name}: three sessions, the changes of two and then of all");
    });
}

#[test]
fn a_server_that_is_silent_for_too_long_is_asked_again_by_the_next_run() {
    let Some(mock) = &*MOCK else { return };
    let (world, name) = troubled(mock, &format!("{}\ntimeout = \"1s\"", INTERFACES[0]), "silent");
    let failed = dream(&world, &["run"]);
    assert!(failed.code == 1 && failed.stderr.contains("no answer within 1 seconds, 5 times in a row"), "{failed}");
    let night = run(&world);
    assert_eq!((texts(&night).len(), paid_once(mock, &name)), (1, 4), "{night:#}");
}
