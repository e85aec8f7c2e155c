//! Parts of the engine together, without a server.

use super::group::groups;
use super::tape::{Exchange, Found, Tape, masked};
use crate::model::{
    AgentName, Host, Kind, NotePath, ObjectId, Part, Place, Role, SessionId, SessionRecord, SessionVersion,
};
use crate::phase::reflection::{Cite, Lesson};
use crate::phase::{Entries, Held, Reflection, Situation};
use crate::text::Known;
use chrono::{DateTime, Duration, TimeZone, Utc};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::LazyLock;

fn day(n: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 1, 9, 0, 0).single().expect("a time") + Duration::days(n)
}

fn reflection(id: &str, at: i64, lessons: &[&str]) -> Reflection {
    let blob = ObjectId::of_blob(id.as_bytes());
    let record = SessionRecord {
        schema: 1,
        id: SessionId::new(id).expect("an id"),
        agent: AgentName::new("coder").expect("a name"),
        host: Host::Minimal,
        project: None,
        started: None,
        ended: Some(day(at)),
        imported: day(at),
        turns: 1,
        versions: vec![SessionVersion {
            parts: vec![Part { blob, bytes: 1, newlines: 1, imported: day(at), expired: None, was: Vec::new() }],
        }],
        root: None,
        outcomes: Vec::new(),
    };
    let mut reflection = Reflection::empty(&record);
    let lesson = |text: &&str| Lesson {
        kind: Kind::Fact,
        text: (*text).to_owned(),
        lasting: false,
        cites: vec![Cite {
            blob,
            place: Place::line(1),
            role: Role::User,
            quote: (*text).to_owned(),
            time: day(at),
            uid: None,
        }],
    };
    reflection.lessons = lessons.iter().map(lesson).collect();
    reflection
}

fn held(text: &str) -> Held {
    Held {
        path: NotePath::new("notes/a.md").expect("a path"),
        text: text.to_owned(),
        whole_note: false,
        name: None,
        description: None,
        kind: None,
        tags: Vec::new(),
        pinned: false,
        key: None,
        since: None,
        last_evidence: None,
        sessions: 0,
    }
}

static TEXTS: LazyLock<Known> = LazyLock::new(Known::default);

fn situation<'a>(reflections: &'a [Reflection], held: &'a [Held], unread: &'a BTreeSet<SessionId>) -> Situation<'a> {
    Situation {
        now: day(30),
        memory_commit: None,
        memory: Box::leak(Box::new(Entries::of(held, &TEXTS))),
        reflections,
        corpus: Box::leak(Box::default()),
        recall: Box::leak(Box::new(reflections)),
        unread,
        min_support: 2,
        stale_after: None,
        instructions: None,
    }
}

fn names(ids: &[&str]) -> BTreeSet<SessionId> {
    ids.iter().map(|id| SessionId::new(id).expect("an id")).collect()
}

#[test]
fn related_lessons_form_a_group_with_the_notes_that_they_touch() {
    let reflections = [
        reflection("a", 1, &["The linter must run before every commit.", "Invoices are numbered per country."]),
        reflection("b", 2, &["Always run the linter before you commit."]),
        reflection("c", 3, &["Before a commit the linter has to run."]),
    ];
    let held = [held("Deploys go through the release branch."), held("The linter runs once before a commit.")];
    let unread = names(&["a", "b", "c"]);
    let situation = situation(&reflections, &held, &unread);
    let groups = groups(&situation);
    assert_eq!(groups.len(), 1, "one session alone is not asked about: {groups:#?}");
    assert_eq!((groups[0].lessons.len(), groups[0].notes.as_slice()), (3, [1].as_slice()));
    assert_eq!(groups[0].lessons[0].session.session.as_str(), "a", "the oldest names the belief");
}

#[test]
fn what_was_asked_about_before_is_not_asked_again() {
    let reflections =
        [reflection("a", 1, &["Ports above 9000 are closed."]), reflection("b", 2, &["Ports above 9000 are closed."])];
    assert!(groups(&situation(&reflections, &[], &names(&[]))).is_empty());
    assert_eq!(groups(&situation(&reflections, &[], &names(&["b"]))).len(), 1);
}

#[test]
fn the_order_of_reflections_makes_no_difference() {
    let mut reflections = vec![
        reflection("a", 1, &["Tests need the database to be up."]),
        reflection("b", 2, &["The database must be up for tests."]),
        reflection("c", 3, &["Tests fail unless the database is up."]),
    ];
    let unread = names(&["a", "b", "c"]);
    let shown = |reflections: &[Reflection]| format!("{:?}", groups(&situation(reflections, &[], &unread)));
    let before = shown(&reflections);
    reflections.reverse();
    assert_eq!(shown(&reflections), before);
}

fn exchange() -> Exchange {
    let secret = format!("ghp_{}", "a1B2".repeat(9));
    Exchange {
        schema: 1,
        phase: "extract".to_owned(),
        worker: "../a b".to_owned(),
        path: "/v1/messages".to_owned(),
        request: masked(&json!({"model": "m", "text": secret})),
        response: json!({"content": [secret]}),
    }
}

#[test]
fn a_recording_masks_secrets_and_is_found_again_by_its_request() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let exchange = exchange();
    Tape::default().recording(folder.path().join("tape")).record(&exchange).expect("written");
    let files: Vec<_> = std::fs::read_dir(folder.path().join("tape")).expect("a tape").flatten().collect();
    let name = files[0].file_name().to_string_lossy().into_owned();
    assert!(name.starts_with("extract-..-a-b-") && files.len() == 1, "{name}");
    assert!(!std::fs::read_to_string(files[0].path()).expect("a file").contains("ghp_"));
    let replay = Tape::replaying(&folder.path().join("tape")).expect("a recording");
    let found = replay.find("/v1/messages", &exchange.request);
    assert_eq!(found, Found::Replayed(masked(&exchange.response)));
    assert_eq!(replay.find("/v1/messages", &json!({"model": "other"})), Found::Nowhere);
    assert!(Tape::replaying(folder.path()).is_err());
}

#[test]
fn what_was_paid_for_is_kept_until_it_is_of_no_use() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let tape = Tape::kept_in(folder.path().to_owned());
    let exchange = exchange();
    assert_eq!(tape.find(&exchange.path, &exchange.request), Found::Nowhere);
    tape.keep(&exchange);
    assert!(matches!(tape.find(&exchange.path, &exchange.request), Found::Kept(_)));
    tape.forget(&exchange.path, &exchange.request);
    assert_eq!(tape.find(&exchange.path, &exchange.request), Found::Nowhere);
}
