//! Imports: what is new is appended, what is known is said so, nothing is ever lost.

use super::World;
use crate::model::{AgentName, Host, Outcome, OutcomeResult, SessionId, SessionVersion};
use crate::store::{FindError, ImportReport, Incoming, SESSIONS, SessionError, Store, What};
use std::fs;
use std::sync::Arc;

fn incoming(id: &str, text: &str) -> Incoming {
    Incoming {
        id: SessionId::new(id).expect("an id"),
        agent: AgentName::new("claude-code/billing").expect("a name"),
        host: Host::ClaudeCode,
        project: None,
        started: None,
        ended: None,
        turns: text.lines().count() as u32,
        outcomes: Vec::new(),
        root: None,
        bytes: Arc::new(text.as_bytes().to_vec()),
        masks: Arc::default(),
        after: Vec::new(),
        prepared: None,
    }
}

fn outcome(score: f64, at: i64) -> Outcome {
    let at = chrono::DateTime::from_timestamp(at, 0).expect("a time");
    let (task, explanation) = (Some("task-1".to_owned()), Some("because\n\nDream-Id: forged".to_owned()));
    Outcome { result: OutcomeResult::NeedsRevision, score: Some(score), task, explanation, by: "import".into(), at }
}

fn import(store: &Store, sessions: &[(&str, &str)]) -> ImportReport {
    store.import(sessions.iter().map(|(id, text)| incoming(id, text))).expect("the import succeeds")
}

fn whats(report: &ImportReport) -> Vec<What> {
    report.sessions.iter().map(|session| session.what).collect()
}

fn text(store: &Store, id: &str) -> String {
    let record = store.find_session(id).expect("the session");
    String::from_utf8(store.transcript(&record).expect("its bytes")).expect("text")
}

#[test]
fn importing_twice_changes_nothing() {
    let world = World::new();
    let store = world.store();
    let report = import(&store, &[("a", "one\n"), ("b", "two\n")]);
    assert_eq!(whats(&report), [What::Added, What::Added]);
    assert!(report.commit.is_some());
    assert_eq!(store.reference(SESSIONS).expect("a ref"), report.commit);
    let again = import(&store, &[("a", "one\n"), ("b", "two\n")]);
    assert_eq!(whats(&again), [What::Unchanged, What::Unchanged]);
    assert_eq!(again.commit, None);
    assert_eq!(world.repo_git(&["rev-list", "--count", SESSIONS]), "1");
    assert_eq!(world.repo_git(&["log", "-1", "--format=%s", SESSIONS]), "import: 2 sessions of claude-code/billing");
    assert_eq!(world.repo_git(&["log", "-1", "--format=%(trailers:key=Dream-Import,valueonly)", SESSIONS]), "2");
    world.fsck();
}

#[test]
fn a_grown_session_adds_a_part_and_an_older_copy_changes_nothing() {
    let world = World::new();
    let store = world.store();
    import(&store, &[("a", "one\ntwo\nto")]);
    let before = store.find_session("a").expect("a").blob().expect("a blob");
    let grown = import(&store, &[("a", "one\ntwo\ntorn\nfour\n")]);
    assert_eq!(whats(&grown), [What::Grown { part: 2 }]);
    let record = store.find_session("a").expect("a");
    let [SessionVersion { parts }] = &record.versions[..] else { panic!("one version") };
    assert_eq!(parts[0].blob, before);
    assert_eq!((parts[0].newlines, parts[1].newlines), (2, 2));
    assert_eq!(record.turns, 4);
    assert_eq!(text(&store, "a"), "one\ntwo\ntorn\nfour\n");
    for older in ["one\ntwo\nto", "one\n", "", "one\ntwo\ntorn\nfo"] {
        let report = import(&store, &[("a", older)]);
        assert_eq!((whats(&report), report.commit), (vec![What::Older], None), "{older:?}");
    }
    let files = world.repo_git(&["ls-tree", "-r", "--name-only", SESSIONS]);
    let files: Vec<&str> = files.lines().map(|path| path.rsplit("a/").next().expect("a name")).collect();
    assert_eq!(files, ["record.json", "transcript/v1-0001", "transcript/v1-0002"]);
    world.fsck();
}

#[test]
fn changed_old_bytes_become_a_version_beside_the_old_one() {
    let world = World::new();
    let store = world.store();
    import(&store, &[("a", "one\ntwo\n")]);
    assert_eq!(whats(&import(&store, &[("a", "uno\ntwo\n")])), [What::Rewritten { version: 2 }]);
    assert_eq!(whats(&import(&store, &[("a", "one\ntwo\n")])), [What::Older]);
    assert_eq!(whats(&import(&store, &[("a", "uno\ntwo\ntres\n")])), [What::Grown { part: 2 }]);
    assert_eq!(whats(&import(&store, &[("a", "one\ntwo\nthree\n")])), [What::Rewritten { version: 3 }]);
    assert_eq!(text(&store, "a"), "one\ntwo\nthree\n");
    let record = store.find_session("a").expect("a");
    assert_eq!(record.versions[2].parts[0].blob, record.versions[0].parts[0].blob);
    assert_eq!(whats(&import(&store, &[("a", "uno\ntwo\ntres\n")])), [What::Older]);
    world.fsck();
}

#[test]
fn two_files_with_one_id_in_one_import_settle_at_once() {
    let world = World::new();
    let store = world.store();
    let files = [("a", "one\ntwo\nthree\n"), ("a", "one\ntw"), ("a", "eins\n"), ("a", "one\ntwo\nthree\nfour\n")];
    let report = import(&store, &files);
    let expected = [What::Added, What::Older, What::Rewritten { version: 2 }, What::Rewritten { version: 3 }];
    assert_eq!(whats(&report), expected);
    assert_eq!(import(&store, &files).commit, None);
    assert_eq!(text(&store, "a"), "one\ntwo\nthree\nfour\n");
    world.fsck();
}

#[test]
fn sessions_of_one_file_share_its_blob() {
    let world = World::new();
    let store = world.store();
    let bytes = Arc::new("[1, 2, 3]".repeat(20_000).into_bytes());
    let sessions = ["t-0", "t-1", "t-2"].map(|id| Incoming {
        root: Some(format!("/{id}")),
        bytes: Arc::clone(&bytes),
        ..incoming(id, "")
    });
    let report = store.import(sessions).expect("the import succeeds");
    assert_eq!(report.sessions.len(), 3);
    let blobs: Vec<_> = store.sessions().expect("sessions").iter().map(|record| record.blob()).collect();
    assert!(blobs.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(store.find_session("t-1").expect("it").root.as_deref(), Some("/t-1"));
    world.fsck();
}

#[test]
fn outcomes_are_kept_once() {
    let world = World::new();
    let store = world.store();
    let judged = |at| Incoming { outcomes: vec![outcome(0.5, at), outcome(0.5, at)], ..incoming("a", "one\n") };
    store.import([judged(1)]).expect("an import");
    assert_eq!(store.import([judged(2)]).expect("again").commit, None);
    let id = SessionId::new("a").expect("an id");
    assert!(store.add_outcome(&id, outcome(1.0, 3)).expect("an outcome").is_some());
    assert!(store.add_outcome(&id, outcome(1.0, 4)).expect("known").is_none());
    assert_eq!(store.find_session("a").expect("a").outcomes.len(), 2);
    let trailers = world.repo_git(&["log", "-1", "--format=%(trailers)", SESSIONS]);
    assert_eq!(trailers, "Dream-Session: a\nDream-Outcome: needs_revision");
    let other = SessionId::new("b").expect("an id");
    assert!(matches!(store.add_outcome(&other, outcome(1.0, 3)), Err(SessionError::Find(_))));
    let report = store.import([Incoming { outcomes: vec![outcome(0.7, 1)], ..incoming("a", "one\n") }]);
    let report = report.expect("a new outcome of known bytes");
    assert_eq!((report.sessions[0].what, report.sessions[0].outcomes), (What::Unchanged, 1));
    assert!(report.commit.is_some());
    world.fsck();
}

#[test]
fn sessions_are_found_by_a_unique_prefix() {
    let world = World::new();
    let store = world.store();
    assert!(matches!(store.find_session("x"), Err(FindError::NotFound { ref near, .. }) if near.is_empty()));
    import(&store, &[("abc", "1"), ("abcd", "2"), ("xyz-1", "3")]);
    assert_eq!(store.find_session("abc").expect("exactly").id.as_str(), "abc");
    assert_eq!(store.find_session("x").expect("unique").id.as_str(), "xyz-1");
    let error = store.find_session("ab").expect_err("two");
    assert!(matches!(error, FindError::Ambiguous { ref candidates, .. } if candidates.len() == 2));
    let error = store.find_session("abx").expect_err("none");
    assert!(matches!(error, FindError::NotFound { ref near, .. } if near[0].as_str() == "abc"), "{error:?}");
}

#[test]
fn an_import_that_lost_a_race_is_compared_again() {
    let world = World::new();
    let store = world.store();
    let other = world.store();
    import(&other, &[("seen", "1\n")]);
    // While the second file is read, somebody else imports a longer copy of the first and one of their own.
    let mut files = vec![("a", "one\n"), ("b", "two\n"), ("a", "new\n")].into_iter();
    let stream = std::iter::from_fn(|| {
        let (id, text) = files.next()?;
        if id == "b" {
            import(&other, &[("a", "one\ntwo\n"), ("c", "c\n")]);
        }
        Some(incoming(id, text))
    });
    let report = store.import(stream).expect("the import succeeds");
    assert_eq!(report.sessions.len(), 3);
    let ids: Vec<String> = store.sessions().expect("sessions").into_iter().map(|record| record.id.into()).collect();
    assert_eq!(ids, ["a", "b", "c", "seen"]);
    let record = store.find_session("a").expect("a");
    let versions: Vec<_> = record.versions.iter().map(|version| store.version_bytes(version).expect("bytes")).collect();
    assert_eq!(versions, [b"one\ntwo\n".to_vec(), b"new\n".to_vec()]);
    assert_eq!(world.repo_git(&["rev-list", "--count", SESSIONS]), "3");
    world.fsck();
}

#[test]
fn a_damaged_cache_is_never_believed() {
    let world = World::new();
    let store = world.store();
    let ids: Vec<String> = (0..100).map(|number| format!("s-{number:03}")).collect();
    store.import(ids.iter().map(|id| incoming(id, id))).expect("an import");
    let fresh = store.sessions().expect("sessions");
    let cache = world.repository().join(".git/dream/cache/sessions");
    assert_eq!(store.sessions().expect("cached"), fresh);
    let good = fs::read(&cache).expect("a cache");
    let at = good.windows(5).position(|five| five == b"s-050").expect("its record");
    let forged = [&good[..at], b"s-xxx", &good[at + 5..]].concat();
    for bad in [&forged[..], &good[..at], &good[..5], b""] {
        fs::write(&cache, bad).expect("a forged cache");
        assert_eq!(store.sessions().expect("read again"), fresh);
    }
    import(&store, &[("s-100", "x")]);
    assert_eq!(store.sessions().expect("another tree").len(), 101);
}

#[test]
fn records_of_a_later_import_are_those_that_would_be_read() {
    let world = World::new();
    let store = world.store();
    let many: Vec<(String, String)> = (0..100).map(|n| (format!("s{n}"), format!("{n}\n"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    import(&store, &many);
    let cache = store.common_dir().join("dream/cache/sessions");
    assert_eq!(store.sessions().expect("records").len(), 100);
    let kept = std::fs::read(&cache).expect("a cache");
    import(&store, &[("s3", "3\nmore\n"), ("new", "text\n")]);
    let later = store.sessions().expect("records");
    assert_eq!(std::fs::read(&cache).expect("a cache"), kept, "a few are read anew each time");
    std::fs::remove_file(&cache).expect("removed");
    assert_eq!(later, store.sessions().expect("records"));
    assert_eq!(later.len(), 101);
}

#[test]
fn imports_at_the_same_time_lose_nothing() {
    let world = World::new();
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let world = &world;
            scope.spawn(move || {
                let store = world.store();
                let own = format!("own-{writer}");
                let grown = "line\n".repeat(writer + 1);
                import(&store, &[("shared", &grown), (&own, &own)]);
            });
        }
    });
    let store = world.store();
    assert_eq!(store.sessions().expect("sessions").len(), 7);
    assert_eq!(text(&store, "shared"), "line\n".repeat(6));
    assert_eq!(store.find_session("shared").expect("it").versions.len(), 1);
    world.fsck();
}

#[test]
fn many_sessions_are_stored_as_each_would_be_by_itself() {
    let sessions: Vec<(String, String)> =
        (0..300).map(|n| (format!("s-{n}"), format!("line {n}\n").repeat(1 + n * n))).collect();
    let imported = |worlds: &World, ready: bool, at_a_time: usize| {
        let store = worlds.store();
        for some in sessions.chunks(at_a_time) {
            let all = some.iter().map(|(id, text)| {
                let bytes = text.as_bytes();
                let prepared = ready.then(|| Arc::new(store.preparer().prepare(bytes).expect("made ready")));
                Incoming { prepared, ..incoming(id, text) }
            });
            store.import(all).expect("the import succeeds");
        }
        let tip = store.reference(SESSIONS).expect("a ref").expect("a tip");
        worlds.fsck();
        store.commit(tip).expect("a commit").tree
    };
    let worlds = [World::new(), World::new(), World::new()];
    let trees = [imported(&worlds[0], true, 300), imported(&worlds[1], false, 300), imported(&worlds[2], true, 7)];
    assert!(trees.iter().all(|tree| *tree == trees[0]), "{trees:?}");
    for (id, wanted) in sessions.iter().step_by(37) {
        assert_eq!(text(&worlds[0].store(), id), *wanted);
    }
}
