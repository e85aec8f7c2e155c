//! Tests over whole files: what every fixture gives, and what hostile bytes do.

mod hostile;
mod outline;

use super::*;
use crate::model::{Content, Turn};
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sessions")
}

/// Every fixture below a folder: its name and bytes.
fn fixtures(below: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder().join(below)).expect("the fixtures are there");
    let files = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    let mut found: Vec<(String, Vec<u8>)> = files
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("bytes")))
        .filter(|(name, _)| !name.starts_with('.'))
        .collect();
    found.sort();
    assert!(found.len() > 10, "the fixtures are found");
    found
}

fn fixture(name: &str) -> Parsed {
    let bytes = fs::read(folder().join(name)).expect("the fixture is there");
    parse(&bytes, &Hint::new(name)).expect(name)
}

/// The words of a turn that a quote could be taken from.
fn words(turn: &Turn) -> Option<&str> {
    match &turn.content {
        Content::Text(text) | Content::Thinking(text) => Some(text),
        Content::Result(result) => Some(&result.text),
        Content::Call(_) | Content::Interrupted => None,
    }
}

/// What is not found where its turn says it stands.
fn missing(bytes: &[u8], parsed: &Parsed) -> Vec<String> {
    let index = Index::new(bytes);
    let turns = parsed.sessions.iter().flat_map(|session| &session.turns);
    turns
        .filter_map(|turn| Some((turn, words(turn)?)))
        .filter(|(_, text)| !text.is_empty() && !text.contains("[image]") && !text.contains("[file]"))
        .filter(|(turn, text)| !index.holds(&turn.place, text))
        .map(|(turn, text)| format!("{:?}: {text}", turn.place))
        .collect()
}

#[test]
fn every_fixture_gives_sessions_with_ids_and_turns() {
    for (name, bytes) in fixtures("") {
        let parsed = parse(&bytes, &Hint::new(&name)).expect(&name);
        assert!(parsed.skipped.is_empty(), "{name}: {:?}", parsed.skipped);
        assert!(!parsed.sessions.is_empty(), "{name}");
        for session in &parsed.sessions {
            assert!(session.turns.len() >= 2, "{name}");
            assert!(session.started <= session.ended, "{name}");
        }
    }
}

#[test]
fn whoever_only_counts_turns_counts_the_same() {
    for (name, bytes) in fixtures("").into_iter().chain(fixtures("nasty")) {
        let (all, some) = (parse(&bytes, &Hint::new(&name)), parse(&bytes, &Hint::counting(&name)));
        assert_eq!(all.is_ok(), some.is_ok(), "{name}");
        for (all, some) in all.into_iter().zip(some).flat_map(|(all, some)| all.sessions.into_iter().zip(some.sessions))
        {
            let outline = |session: &Session| -> Vec<_> {
                session.turns.iter().map(|turn| (turn.place.clone(), turn.time, turn.uid.clone())).collect()
            };
            assert_eq!(outline(&all), outline(&some), "{name}");
            let bare = |session: Session| Session { turns: Vec::new(), ..session };
            assert_eq!(bare(all), bare(some), "{name}");
        }
    }
}

#[test]
fn every_text_is_found_at_the_place_of_its_turn() {
    for (name, bytes) in fixtures("").into_iter().chain(fixtures("nasty")) {
        if let Ok(parsed) = parse(&bytes, &Hint::new(&name)) {
            assert_eq!(missing(&bytes, &parsed), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn a_quote_is_not_found_elsewhere() {
    let (_, bytes) = fixtures("").into_iter().find(|(name, _)| name == "messages-rewards.json").expect("the fixture");
    let parsed = parse(&bytes, &Hint::default()).expect("parsed");
    let index = Index::new(&bytes);
    let first = &parsed.sessions[0].turns[1];
    assert_eq!(first.place.pointer.as_deref(), Some("/0/traj/1"));
    assert!(index.holds(&first.place, "my parcel 77"));
    assert!(!index.holds(&parsed.sessions[1].turns[1].place, "my parcel 77"));
    for pointer in ["/9/traj/1", "/0/traj/x", "/0/nothing", "x", "/0/traj/1/role/deeper"] {
        let place = crate::model::Place { pointer: Some(pointer.to_owned()), ..first.place.clone() };
        assert!(!index.holds(&place, "my parcel 77") || pointer == "x", "{pointer}");
    }
    let beyond = crate::model::Place { lines: crate::model::Lines { first: 7, last: 9 }, pointer: None };
    assert_eq!(index.strings(&beyond), None);
}

#[test]
fn a_session_that_grows_keeps_the_turns_it_had() {
    for name in ["claude-code.jsonl", "codex-flat.jsonl", "copilot-cli.jsonl", "hosted.jsonl", "minimal.jsonl"] {
        let bytes = fs::read(folder().join(name)).expect(name);
        let whole = &parse(&bytes, &Hint::new(name)).expect(name).sessions[0].turns;
        let ends: Vec<usize> = memchr::memchr_iter(b'\n', &bytes).map(|at| at + 1).collect();
        for end in ends {
            let Ok(parsed) = parse(&bytes[..end], &Hint::new(name)) else { continue };
            let part = &parsed.sessions[0].turns;
            assert_eq!(part[..], whole[..part.len()], "{name} up to byte {end}");
        }
    }
}

#[test]
fn outcomes_come_from_rewards_and_evaluations() {
    let parsed = fixture("messages-rewards.json");
    let outcomes: Vec<_> = parsed.sessions.iter().map(|session| &session.outcomes[0]).collect();
    let told: Vec<_> = outcomes.iter().map(|o| (o.result.as_str(), o.score, o.explanation.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("satisfied", Some(1.0), None),
            ("failed", Some(0.25), Some("the simulator broke off")),
            ("failed", Some(0.0), None)
        ]
    );
    let hosted = fixture("hosted.jsonl");
    assert_eq!(hosted.sessions[0].outcomes[0].result.as_str(), "needs_revision");
}

#[test]
fn sessions_of_one_file_have_different_ids_and_roots() {
    for name in ["messages-rewards.json", "messages-rewards-indented.json", "messages-per-line.jsonl"] {
        let parsed = fixture(name);
        let mut ids: Vec<_> = parsed.sessions.iter().map(|session| session.id.as_str()).collect();
        let roots: Vec<_> = parsed.sessions.iter().map(|session| session.root.as_deref()).collect();
        assert_eq!(roots, [Some("/0"), Some("/1"), Some("/2")][..roots.len()], "{name}");
        ids.dedup();
        assert_eq!(ids.len(), parsed.sessions.len(), "{name}");
    }
}

#[test]
fn a_claude_session_is_named_by_its_own_id_not_by_that_of_copied_or_parent_lines() {
    let line = |session: &str, uuid: &str, more: &str| {
        format!(
            "{{\"type\":\"user\",\"sessionId\":\"{session}\",\"uuid\":\"{uuid}\"{more},\"message\":{{\"role\":\"user\",\
             \"content\":\"hi\"}}}}\n"
        )
    };
    let id =
        |text: String, name: &str| parse(text.as_bytes(), &Hint::new(name)).expect("parsed").sessions[0].raw_id.clone();
    let resumed = format!("{}{}", line("old", "1", ""), line("new", "2", ""));
    assert_eq!(id(resumed.clone(), "x/new.jsonl"), "new");
    assert_eq!(id(resumed, "copy.jsonl"), "old");
    let subagent = line("main", "1", ",\"isSidechain\":true,\"agentId\":\"a1\"");
    assert_eq!(id(subagent, "agent-a1.jsonl"), "main-agent-a1");
}

#[test]
fn the_demos_sessions_are_whole_small_and_of_several_agents() {
    let mut agents = BTreeSet::new();
    for entry in fs::read_dir(folder().join("../demo/sessions")).expect("the demo is there") {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("bytes");
        assert!(bytes.len() < 40_000, "{path:?}");
        let parsed = parse(&bytes, &Hint::new(&path.to_string_lossy())).expect("parsed");
        assert_eq!((parsed.sessions.len(), &parsed.skipped[..]), (1, &[][..]), "{path:?}");
        assert_eq!(missing(&bytes, &parsed), Vec::<String>::new(), "{path:?}");
        let session = &parsed.sessions[0];
        assert!((20..=60).contains(&session.turns.len()), "{path:?}: {}", session.turns.len());
        agents.insert(session.agent.as_str().to_owned());
    }
    let named = ["claude-code/billing-api", "codex/billing-api", "copilot-cli/billing-web", "nightly", "support"];
    assert!(agents.iter().eq(named), "{agents:?}");
}
