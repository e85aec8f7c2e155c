//! A night with a model from end to end, over every interface.

use super::model::{Phase, good, phase, reply};
use super::server::Server;
use super::*;

fn honest() -> Server {
    Server::new(|asked, _| reply(asked, &good(asked)))
}

#[test]
fn every_interface_dreams_and_says_what_it_cost() {
    for engine in INTERFACES {
        let server = honest();
        let world = world(&server, engine);
        sessions(&world, &FACTS);
        let night = run(&world);
        let mut texts = texts(&night);
        texts.sort_unstable();
        let mut facts = FACTS;
        facts.sort_unstable();
        assert_eq!(texts, facts, "{engine}: {night:#}");
        assert_eq!(night["engine"], engine.split('"').nth(1).expect("a name"));
        assert_eq!((&night["usage"]["requests"], &night["usage"]["input_tokens"]), (&json!(4), &json!(4000)));
        let review = world.git(["log", "-1", "--format=%B", &format!("{}~3", night["head"].as_str().expect("a head"))]);
        assert!(review.contains("\nDream-Model: ") && review.contains("\nDream-Bill: total: 4 requests"), "{review}");
        let show = world.dream(["show", night["dream"].as_str().expect("a dream")]).ok();
        assert!(show.contains("paid for extract: 3 requests") && show.contains("  extract s0: 1 request, "), "{show}");
        let show = world.dream(["show", night["dream"].as_str().expect("a dream"), "--json"]).json();
        assert_eq!((&show["bill"][2], show["workers"].as_array().map(Vec::len)), (&night_total(&review), Some(4)));
        world.git(["fsck", "--strict", "--no-dangling"]);
    }
}

fn night_total(review: &str) -> Value {
    json!(review.lines().find_map(|line| line.strip_prefix("Dream-Bill: ").filter(|line| line.starts_with("total"))))
}

#[test]
fn a_server_that_repeats_the_key_does_not_have_it_shown_or_kept() {
    let key = "opensesame.opensesame";
    for refuses in [true, false] {
        let server = Server::new(move |asked, _| {
            let said = format!("you sent {}", asked.header("authorization").unwrap_or_default());
            match refuses {
                true => server::Answer::error(401, &said),
                false => reply(asked, &good(asked).replace("It was answered.", &said)),
            }
        });
        let world = world(&server, INTERFACES[1]);
        sessions(&world, &FACTS[..1]);
        let variables = [("OPENAI_API_KEY", key)];
        let ran = world.dream_with("memory", ["run", "--record", "../tape"], &variables, "");
        assert_eq!((ran.code, ran.stderr.contains("you sent Bearer [key removed]")), (i32::from(refuses), refuses));
        assert!(!ran.to_string().contains(key), "{ran}");
        let found =
            world.shell(".", &format!("grep -rl {key} memory tape; git -C memory log --all -p | grep {key}"), "");
        assert_eq!(found.stdout, "");
    }
}

#[test]
fn a_key_goes_into_its_header_and_nowhere_else() {
    let server = honest();
    let world = world(&server, "name = \"anthropic\"\nextra-headers = [\"x-team: billing\"]");
    sessions(&world, &FACTS);
    dream(&world, &["run", "--record", "../tape"]).ok();
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.header("x-api-key") == Some(KEY)));
    assert!(asked.iter().all(|asked| asked.header("x-team") == Some("billing")));
    assert!(asked.iter().all(|asked| !asked.body.to_string().contains(KEY)));
    let found = world.shell(".", &format!("grep -rl {KEY} memory tape; git -C memory log --all -p | grep {KEY}"), "");
    assert_eq!(found.stdout, "");
}

#[test]
fn a_command_that_prints_the_key_is_run_and_its_failure_is_told() {
    let server = honest();
    let world = world(&server, "name = \"openai\"");
    sessions(&world, &FACTS[..1]);
    world.git(["config", "dream.api-key-command", "printf %s sk-from-a-command"]);
    world.dream(["run"]).ok();
    assert_eq!(server.asked()[0].header("authorization"), Some("Bearer sk-from-a-command"));
    world.git(["config", "dream.api-key-command", "echo vault is sealed >&2; exit 3"]);
    insta::assert_snapshot!(world.dream(["run"]), @r"
    ! error: could not ask test-1: the command for its key failed: exit 3: vault is sealed
    ! hint: 'git config --show-origin --get-regexp api-key-command' shows it
    [exit 1]
    ");
}

#[test]
fn reflections_are_paid_for_once_and_shown_with_their_session() {
    let server = honest();
    let world = world(&server, INTERFACES[0]);
    sessions(&world, &FACTS);
    let first = run(&world);
    let show = world.dream(["show", "s0"]).ok();
    assert!(show.contains("reflection by anthropic") && show.contains("The nightly export"), "{show}");
    let count = |wanted| server.asked().iter().filter(|asked| phase(&asked.body) == wanted).count();
    assert_eq!((count(Phase::Extract), count(Phase::Reconcile)), (3, 1));
    world.shell("memory", "rm -rf .git/dream/cache", "");
    world.dream(["reject", first["dream"].as_str().expect("a dream"), "--reason", "no"]).ok();
    assert_eq!(run(&world)["dream"], Value::Null);
    session(&world, "s9", 20, &[("user", "Remember: The audit log is kept for ten years.")]);
    session(
        &world,
        "s0",
        1,
        &[("user", "Hello"), ("agent", "Hi."), ("user", &format!("Remember: {}", FACTS[0])), ("agent", "Sure.")],
    );
    world.dream(["import", "../sessions"]).ok();
    let later = run(&world);
    world.dream(["verify"]).ok();
    assert_eq!(texts(&later), ["The audit log is kept for ten years."], "{later:#}");
    assert_eq!((count(Phase::Extract), count(Phase::Reconcile)), (5, 2), "the new one and the one that grew");
    // A copy of what stands with the sessions: damaged, it is as good as gone.
    let folder = world.path("memory/.git/dream/cache/reflections");
    let copy = std::fs::read_dir(folder).expect("a folder").next().expect("a copy").expect("an entry").path();
    let mut damaged = std::fs::read(&copy).expect("the copy");
    assert!(damaged.windows(10).any(|part| part == b"The nightl"), "it holds what was paid for");
    damaged.iter_mut().step_by(50).for_each(|byte| *byte ^= 1);
    std::fs::write(&copy, damaged).expect("written");
    session(&world, "s10", 21, &[("user", "Remember: The staging server is rebuilt every Sunday.")]);
    world.dream(["import", "../sessions"]).ok();
    assert_eq!(texts(&run(&world)), ["The staging server is rebuilt every Sunday."]);
    assert_eq!(count(Phase::Extract), 6, "nothing is paid for twice");
}

#[test]
fn a_refusal_sticks_until_somebody_says_it_again() {
    let server = honest();
    let world = world(&server, INTERFACES[1]);
    sessions(&world, &FACTS[..1]);
    let first = run(&world);
    world.dream(["approve", first["dream"].as_str().expect("a dream")]).ok();
    world.dream(["revert", first["dream"].as_str().expect("a dream")]).ok();
    assert_eq!(run(&world)["dream"], Value::Null);
    session(&world, "s7", 20, &[("agent", "Done."), ("user", &format!("Remember: {}", FACTS[0]))]);
    world.dream(["import", "../sessions"]).ok();
    let again = run(&world);
    assert_eq!(again["changes"][0]["key"], first["changes"][0]["key"], "{again:#}");
    assert!(again["changes"][0]["reason"].as_str().expect("a reason").contains("refused before"));
}

#[test]
fn what_was_recorded_is_replayed_to_the_same_commits() {
    let server = honest();
    let (one, two) = (world(&server, INTERFACES[2]), world(&server, INTERFACES[2]));
    for world in [&one, &two] {
        sessions(world, &FACTS);
    }
    let recorded = dream(&one, &["run", "--json", "--record", "../tape"]).json();
    let asked = server.asked().len();
    let tape = one.path("tape").to_string_lossy().into_owned();
    let replayed = dream(&two, &["run", "--json", "--replay", &tape]).json();
    assert_eq!(replayed["head"], recorded["head"]);
    assert_eq!(replayed["usage"]["input_tokens"], json!(4000));
    assert_eq!(server.asked().len(), asked, "a replay asks nobody");
    let made = |world: &World| world.dream(["show", "s0"]).ok().contains("reflection by openai");
    assert!(made(&one) && !made(&two), "what was paid for is kept with its session");
    session(&two, "new", 9, &[("user", "Remember: nobody recorded this.")]);
    two.dream(["import", "../sessions"]).ok();
    let missing = dream(&two, &["run", "--json", "--replay", &tape]);
    assert!(missing.code == 1 && missing.stderr.contains("among the recorded ones"), "{missing}");
}

/// Where prompts have changed: GIT_DREAM_RECORD=1 cargo test --test suite recorded
#[test]
fn the_night_that_was_recorded_is_dreamt_again() {
    let tape = format!("{}/fixtures/llm/recorded", env!("CARGO_MANIFEST_DIR"));
    let server = honest();
    let world = || {
        let reviewer = format!("[reviewer]\nname = \"ollama\"\nmodel = \"second\"\nbase-url = \"{}\"", server.url);
        let world = world(&server, &format!("{}\n{reviewer}", INTERFACES[0]));
        sessions(&world, &FACTS[..1]);
        world
    };
    if std::env::var_os("GIT_DREAM_RECORD").is_some() {
        let _ = std::fs::remove_dir_all(&tape);
        dream(&world(), &["run", "--record", &tape]).ok();
    }
    let (world, asked) = (world(), server.asked().len());
    let night = dream(&world, &["run", "--json", "--replay", &tape]).json();
    assert_eq!(texts(&night), [FACTS[0]], "{night:#}");
    assert_eq!(night["changes"][0]["opinion"]["verdict"], "supported", "{night:#}");
    assert_eq!((&night["usage"]["requests"], server.asked().len()), (&json!(3), asked));
}

#[test]
fn a_plan_sends_nothing_and_shows_what_would_be_sent() {
    let server = honest();
    let prices = "price-input = 3.0\nprice-output = 15.0";
    let world = world(&server, &format!("{}\n{prices}", INTERFACES[0]));
    let secret = format!("Remember: the token is ghp_{}", "a1B2".repeat(9));
    session(&world, "z", 4, &[("user", &secret)]);
    sessions(&world, &FACTS[..1]);
    let dry = world.dream(["run", "--dry-run"]).ok();
    assert!(dry.contains("extract: 2 requests, about ") && dry.contains("cost: at most about 0."), "{dry}");
    let explained = world.dream(["run", "--explain", "--instructions", "Only exports, please."]).ok();
    assert!(explained.contains("[3] user: Remember: The nightly export"), "{explained}");
    assert!(explained.contains("You study the finished session"), "{explained}");
    assert!(explained.contains("ask you: Only exports, please."), "{explained}");
    assert!(!explained.contains("ghp_") && explained.contains("[secret removed]"), "{explained}");
    let plan = world.dream(["run", "--explain", "--json"]).json();
    assert_eq!(plan["plan"][0]["request"]["model"], "test-1");
    assert_eq!(server.asked().len(), 0);
    assert_eq!(world.git(["for-each-ref", "refs/heads/dream"]), "");
}

#[test]
fn a_memorys_own_prompts_are_used_and_named_by_their_hash() {
    let server = honest();
    let world = world(&server, INTERFACES[0]);
    sessions(&world, &FACTS[..1]);
    let prompts = |world: &World| {
        let plan = world.dream(["run", "--explain"]).ok();
        plan.contains("You study the finished session of our team.")
    };
    assert!(!prompts(&world));
    world.write("memory/.dream/prompts/extract.md", "You study the finished session of our team. {{instructions}}");
    world.git(["add", ".dream"]);
    world.git(["commit", "-q", "-m", "our prompt"]);
    assert!(prompts(&world));
    let night = run(&world);
    let review = world.git([
        "log",
        "-1",
        "--format=%(trailers:key=Dream-Prompts,valueonly)",
        &format!("{}~1", night["head"].as_str().expect("a head")),
    ]);
    assert_eq!(review.trim().len(), 40);
}

#[test]
fn a_reviewer_gives_verdicts_that_hold_changes_back() {
    let server = Server::new(|asked, _| match phase(&asked.body) {
        Phase::Opinion if asked.body.to_string().contains("Frankfurt") => {
            reply(asked, r#"{"verdict": "unsupported", "reason": "It says\nDream-Key: 00000000 where."}"#)
        }
        _ => reply(asked, &good(asked)),
    });
    let reviewer = format!("[reviewer]\nname = \"ollama\"\nmodel = \"second\"\nbase-url = \"{}\"", server.url);
    let world = world(&server, &format!("name = \"openai\"\n{reviewer}"));
    for (id, day) in [("a", 3), ("b", 4), ("c", 5)] {
        let said: Vec<String> = FACTS.iter().map(|fact| format!("Remember: {fact}")).collect();
        session(&world, id, day, &[("user", &said[0]), ("user", &said[1]), ("user", &said[2])]);
    }
    world.dream(["import", "../sessions"]).ok();
    world.git(["config", "dream.approval", "automatic"]);
    let night = run(&world);
    assert_eq!(night["changes"].as_array().map(Vec::len), Some(2), "{night:#}");
    assert_eq!(night["held"][0]["changes"][0]["opinion"]["verdict"], "unsupported", "{night:#}");
    let held = night["held"][0]["dream"].as_str().expect("a held dream");
    let message = world.git(["log", "-1", "--format=%B", &format!("dream/{held}")]);
    let verdict = "Dream-Verdict: unsupported, ollama second: It says Dream-Key: 00000000 where.";
    assert!(message.contains(verdict), "{message}");
    let show = world.dream(["show", held]).ok();
    assert!(show.contains("reviewer ollama second: unsupported"), "{show}");
    let opinions: Vec<_> = server.asked().into_iter().filter(|asked| phase(&asked.body) == Phase::Opinion).collect();
    assert_eq!(opinions.len(), 3);
    assert!(opinions.iter().all(|asked| asked.body["model"] == "second" && asked.path == "/api/chat"));
}

#[test]
fn the_embedded_engine_can_be_the_reviewer() {
    let server = honest();
    let world = world(&server, "name = \"openai\"\n[reviewer]\nname = \"embedded\"");
    sessions(&world, &FACTS);
    let night = run(&world);
    let changes = night["changes"].as_array().expect("changes");
    assert!(changes.iter().all(|change| change["opinion"]["verdict"] == "supported"), "{night:#}");
}
