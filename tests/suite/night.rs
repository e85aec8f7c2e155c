//! A night from end to end: sessions in, a dream out, and what later nights make of the decision.

use crate::world::World;
use serde_json::{Value, json};

/// A session in the minimal format; each turn is a role and its words.
fn session(world: &World, id: &str, day: u32, turns: &[(&str, &str)]) {
    let lines: Vec<String> = turns
        .iter()
        .enumerate()
        .map(|(minute, (role, text))| {
            let time = format!("2026-05-{day:02}T10:{minute:02}:00Z");
            json!({"role": role, "text": text, "time": time}).to_string()
        })
        .collect();
    world.write(format!("sessions/{id}.jsonl"), lines.join("\n") + "\n");
}

const FACT: &str = "Remember: the export job must finish before 04:00 UTC.";

fn world() -> World {
    let world = World::with_memory();
    session(&world, "first", 1, &[("user", "Where is the export?"), ("agent", "In jobs/."), ("user", FACT)]);
    import(&world);
    world
}

fn import(world: &World) {
    world.dream(["import", "../sessions"]).ok();
}

fn run(world: &World) -> Value {
    world.dream(["run", "--json"]).json()
}

fn demo() -> World {
    let world = World::with_memory();
    let sessions = format!("{}/fixtures/demo/sessions", env!("CARGO_MANIFEST_DIR"));
    world.dream(["import", &sessions]).ok();
    world
}

fn texts(night: &Value) -> Vec<String> {
    let changes = night["changes"].as_array().expect("changes");
    changes.iter().map(|change| change["after"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_dream_touches_neither_memory_nor_index_nor_work_tree() {
    let world = demo();
    let before = (world.git(["rev-parse", "main"]), world.git(["ls-files", "-s"]));
    let night = run(&world);
    assert_eq!(before, (world.git(["rev-parse", "main"]), world.git(["ls-files", "-s"])));
    assert_eq!(world.git(["status", "--porcelain"]), "");
    let branch = night["branch"].as_str().expect("a branch");
    assert_eq!(world.git(["rev-parse", branch]).trim(), night["head"].as_str().expect("a head"));
    assert_eq!(night["base"].as_str(), Some(before.0.trim()));
    world.git(["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn the_commits_of_a_dream_are_what_git_reads_and_what_json_says() {
    let world = demo();
    let night = run(&world);
    let changes = night["changes"].as_array().expect("changes");
    assert!(changes.len() >= 3, "{night:#}");
    let range = format!("main..{}", night["branch"].as_str().expect("a branch"));
    let keys = world.git(["log", "--reverse", "--format=%(trailers:key=Dream-Key,valueonly,separator=)", &range]);
    let keys: Vec<&str> = keys.lines().filter(|line| !line.is_empty()).collect();
    let told: Vec<&str> = changes.iter().filter_map(|change| change["key"].as_str()).collect();
    assert_eq!(keys, told);
    for change in changes {
        let commit = change["commit"].as_str().expect("a commit");
        let message = world.git(["log", "-1", "--format=%B", commit]);
        let read = world.git(["log", "-1", "--format=%(trailers:only,unfold)", commit]);
        let evidence = change["evidence"].as_array().expect("evidence");
        assert_eq!(read.matches("Evidence: ").count(), evidence.len(), "{message}");
        assert!(read.contains(&format!("Dream-Change: {}", change["change"].as_str().expect("a type"))));
        let touched = world.git(["diff-tree", "-r", "--no-commit-id", "--name-only", commit]);
        assert!(touched.lines().any(|path| Some(path) == change["path"].as_str()), "{touched}");
    }
    let review = world.git(["log", "--reverse", "--format=%H", &range]);
    let review = review.lines().next().expect("a review commit");
    assert_eq!(world.git(["diff-tree", "-r", "--no-commit-id", review]), "");
    let sessions = world.git(["log", "-1", "--format=%(trailers:key=Dream-Session,valueonly)", review]);
    assert_eq!(
        sessions.lines().filter(|line| !line.is_empty()).count(),
        night["sessions"].as_array().map_or(0, Vec::len)
    );
}

#[test]
fn every_quote_stands_in_the_lines_that_it_cites() {
    let world = demo();
    let night = run(&world);
    for change in night["changes"].as_array().expect("changes") {
        for item in change["evidence"].as_array().expect("evidence") {
            let raw = world.git(["cat-file", "blob", item["blob"].as_str().expect("a blob")]);
            let first = item["lines"][0].as_u64().expect("a line") as usize;
            let last = item["lines"][1].as_u64().expect("a line") as usize;
            let lines: Vec<&str> = raw.lines().skip(first - 1).take(last + 1 - first).collect();
            let quote = item["quote"].as_str().expect("a quote");
            let held = |text: &str| {
                text.contains(quote) || text.contains(&json!(quote).to_string().trim_matches('"').to_owned())
            };
            assert!(lines.iter().any(|line| held(line)) || held(&lines.join("\n")), "{item:#}\n{lines:#?}");
        }
    }
}

#[test]
fn the_same_sessions_again_propose_nothing() {
    let world = world();
    let first = run(&world);
    assert_eq!(texts(&first).len(), 1, "{first:#}");
    let again = run(&world);
    assert_eq!(again["dream"], Value::Null, "{again:#}");
    world.dream(["approve", first["dream"].as_str().expect("a dream")]).ok();
    let later = run(&world);
    assert_eq!(later["dream"], Value::Null, "{later:#}");
    assert_eq!(world.dream(["import", "../sessions", "--json"]).json()["sessions"][0]["what"], "unchanged");
    assert_eq!(run(&world)["dream"], Value::Null);
}

#[test]
fn the_same_input_clock_and_seed_give_the_same_commit_ids() {
    let (one, two) = (run(&demo()), run(&demo()));
    assert_eq!(one["head"], two["head"]);
    assert_eq!(one["dream"], two["dream"]);
}

#[test]
fn a_rejected_belief_comes_back_only_with_new_evidence_and_says_so() {
    let world = world();
    let first = run(&world);
    let id = first["dream"].as_str().expect("a dream");
    world.dream(["reject", id, "--reason", "not ours to remember"]).ok();
    assert_eq!(run(&world)["dream"], Value::Null);
    session(&world, "second", 9, &[("agent", "Done."), ("user", FACT)]);
    import(&world);
    let again = run(&world);
    let change = &again["changes"][0];
    assert_eq!(change["key"], first["changes"][0]["key"], "{again:#}");
    let reason = change["reason"].as_str().expect("a reason");
    assert!(reason.contains("refused before") && reason.contains("not ours to remember"), "{reason}");
    assert!(change["evidence"].as_array().expect("evidence").iter().any(|item| item["session"] == "second"));
}

#[test]
fn a_reverted_dream_frees_its_sessions_but_not_its_beliefs() {
    let world = world();
    let first = run(&world);
    let id = first["dream"].as_str().expect("a dream");
    world.dream(["approve", id]).ok();
    world.dream(["revert", id]).ok();
    let again = run(&world);
    assert_eq!(again["dream"], Value::Null, "{again:#}");
    assert_eq!(again["sessions"].as_array().map(Vec::len), Some(1), "the session is read again: {again:#}");
}

#[test]
fn a_note_that_a_person_deleted_is_not_proposed_again() {
    let world = world();
    let first = run(&world);
    world.dream(["approve", first["dream"].as_str().expect("a dream")]).ok();
    world.git(["rm", "-q", first["changes"][0]["path"].as_str().expect("a path")]);
    world.git(["commit", "-q", "-m", "not ours"]);
    assert_eq!(run(&world)["dream"], Value::Null);
}

#[test]
fn a_dry_run_finds_the_same_and_writes_nothing() {
    let world = world();
    let refs = world.git(["for-each-ref"]);
    let dry = world.dream(["run", "--dry-run", "--json"]).json();
    assert_eq!(dry["dream"], Value::Null);
    assert_eq!(world.git(["for-each-ref"]), refs);
    assert_eq!(texts(&dry), texts(&run(&world)));
}

#[test]
fn automatic_approval_merges_what_carries_no_risk_and_leaves_the_rest_open() {
    let world = World::with_memory();
    let rule = "Always run `make check` before you commit.";
    session(&world, "a", 1, &[("agent", "Committed."), ("user", rule)]);
    session(&world, "b", 2, &[("agent", "Committed."), ("user", rule)]);
    session(&world, "c", 3, &[("agent", "Done."), ("user", FACT)]);
    import(&world);
    world.git(["config", "dream.approval", "automatic"]);
    let night = run(&world);
    let merged = night["dream"].as_str().expect("a dream");
    let held = night["held"][0]["dream"].as_str().expect("a held dream");
    let list = world.dream(["list", "--json"]).json();
    let status = |id: &str| {
        let dreams = list["dreams"].as_array().expect("dreams");
        dreams.iter().find(|dream| dream["id"] == id).map(|dream| dream["status"].clone())
    };
    assert_eq!(status(merged), Some(json!("approved")), "{list:#}");
    assert_eq!(status(held), Some(json!("open")), "{list:#}");
    let files = world.git(["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(files.matches("notes/").count(), night["changes"].as_array().map_or(0, Vec::len), "{files}");
    assert_eq!(world.git(["status", "--porcelain"]), "");
}

#[test]
fn filters_narrow_what_is_read() {
    let world = world();
    session(&world, "late", 20, &[("user", "Remember: staging is reset every Sunday.")]);
    import(&world);
    let since = world.dream(["run", "--dry-run", "--json", "--since", "2026-05-10"]).json();
    assert_eq!(since["sessions"].as_array().map(Vec::len), Some(1), "{since:#}");
    let named = world.dream(["run", "--dry-run", "--json", "--session", "fir"]).json();
    assert_eq!(named["sessions"][0]["id"], "first");
    let nobody = world.dream(["run", "--dry-run", "--json", "--agent", "nobody"]).json();
    assert_eq!(nobody["sessions"].as_array().map(Vec::len), Some(0));
    let one = world.dream(["run", "--dry-run", "--json", "--max-sessions", "1"]).json();
    assert_eq!(one["sessions"][0]["id"], "late");
    assert!(one["skipped"].to_string().contains("max-sessions"), "{one:#}");
}

#[test]
fn hostile_words_of_a_tool_do_not_become_memory() {
    let world = demo();
    let night = run(&world);
    let all = texts(&night).join("\n").to_lowercase();
    assert!(!all.contains("ignore previous") && !all.contains("ignore all previous"), "{all}");
}

#[test]
fn a_superseded_note_gets_a_new_name_and_keeps_what_is_not_ours() {
    let world = World::with_memory();
    let note = "---\nname: deploys-run-from-main\ndescription: Deploys run from main\nkind: fact\nowner: ines # keep\n---\nDeploys run from main.\n";
    world.write("memory/notes/deploys.md", note);
    world.git(["add", "notes"]);
    world.git(["commit", "-q", "-m", "what we know"]);
    for (id, day) in [("a", 12), ("b", 14)] {
        let said = "no, we deploy from release branches now, not from main";
        session(&world, id, day, &[("agent", "I'll deploy from main."), ("user", said)]);
    }
    import(&world);
    let night = run(&world);
    let change = &night["changes"][0];
    assert_eq!(change["change"], "supersede", "{night:#}");
    assert_eq!(change["path"], "notes/deploys.md");
    let after = world.git(["show", &format!("{}:notes/deploys.md", night["head"].as_str().expect("a head"))]);
    assert!(after.contains("owner: ines # keep\n") && !after.contains("deploys-run-from-main"), "{after}");
    world.dream(["approve", night["dream"].as_str().expect("a dream")]).ok();
    assert_eq!(run(&world)["dream"], Value::Null);
}

/// Says one sentence in a session of its own, dreams and approves; gives what memory then holds.
fn told(world: &World, id: &str, day: u32, text: &str) -> Vec<String> {
    session(world, id, day, &[("user", text), ("agent", "Good to know.")]);
    import(world);
    if let Some(dream) = run(world)["dream"].as_str() {
        world.dream(["approve", dream]).ok();
    }
    let files = world.git(["ls-tree", "-r", "--name-only", "main", "--", "notes"]);
    files.lines().map(|file| world.git(["show", &format!("main:{file}")])).collect()
}

#[test]
fn an_old_session_imported_late_does_not_overrule_a_newer_belief() {
    let world = World::with_memory();
    let notes = told(&world, "new", 10, "The staging server is on port 8081.");
    assert!(notes.len() == 1 && notes[0].contains("8081"), "{notes:?}");
    let notes = told(&world, "late", 2, "The staging server is on port 8080.");
    assert!(notes.len() == 1 && notes[0].contains("8081"), "{notes:?}");
}

#[test]
fn a_value_that_goes_back_and_forth_ends_as_one_current_belief() {
    let world = World::with_memory();
    for (id, day, port) in [("a", 2, "8080"), ("b", 6, "8081"), ("c", 9, "8080")] {
        let notes = told(&world, id, day, &format!("The staging server is on port {port}."));
        assert!(notes.len() == 1 && notes[0].contains(port), "{id}: {notes:?}");
    }
}

#[test]
fn what_history_has_answered_comes_back_only_when_somebody_says_it_again() {
    let world = World::with_memory();
    let said = |text: &str, hour: u32| {
        format!("{{\"role\":\"user\",\"text\":\"{text}\",\"time\":\"2026-05-05T{hour:02}:00:00Z\"}}\n")
    };
    let port = "Remember that the port of the staging server is 8080.";
    let night = || -> Vec<String> {
        let night = world.dream(["run", "--json"]).json();
        let changes = night["changes"].as_array().expect("changes").iter();
        changes.map(|change| change["subject"].as_str().expect("a subject").to_owned()).collect()
    };
    let reject = || {
        let open = world.git(["branch", "--list", "dream/*", "--format=%(refname:lstrip=3)"]);
        world.dream(["reject", open.lines().next().expect("a dream"), "--reason", "no"]).ok();
    };
    world.write("one.jsonl", said(port, 8));
    world.dream(["import", "../one.jsonl"]).ok();
    assert!(night().iter().all(|subject| subject.contains("8080")));
    reject();
    // Nobody said it again, whichever rule would find it.
    world.write("two.jsonl", said("Remember that the mirror in room 7 is polished on Mondays.", 9));
    world.dream(["import", "../two.jsonl"]).ok();
    assert_eq!(night(), ["The mirror in room 7 is polished on Mondays"]);
    reject();
    // The session that said it goes on, and says it again.
    world.write("one.jsonl", said(port, 8) + &said(port, 10));
    world.dream(["import", "../one.jsonl"]).ok();
    let again = night();
    assert!(!again.is_empty() && again.iter().all(|subject| subject.contains("8080")), "{again:?}");
    let open = world.git(["log", "--branches=dream/*", "--format=%B", "-1"]);
    assert!(open.contains("It was refused before"), "{open}");
}
