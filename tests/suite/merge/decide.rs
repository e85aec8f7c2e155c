//! Approve, reject, revert, restore: with and without a work tree, with memory that moved on, and against conflicts.

use super::repository::{Repository, at, key, step};
use git_dream::store::{ConflictKind, DecideError, Extent, Manner, Selection, Standing};
use git_dream::text::Scrubbed;

const MEMORY: [(&str, &str); 2] =
    [("notes/deploys.md", "- deploy from main\n- never on Friday\n"), ("notes/dates.md", "- dates are UTC\n")];

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn both() -> [Repository; 2] {
    [Repository::with(&MEMORY), Repository::bare(&MEMORY)]
}

#[test]
fn approving_merges_with_two_parents_and_deletes_the_branch() {
    for repository in both() {
        let base = repository.id("main");
        let id =
            repository.dream("aaaa", &[step("one", "notes/one.md", "- one\n"), step("two", "notes/two.md", "- two\n")]);
        let tip = repository.id(&format!("dream/{id}"));
        let store = repository.store();
        assert_eq!(store.ledger(Some(base)).expect("a ledger").get(&id).expect("the dream").standing, Standing::Open);
        let approved = store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
        let commit = store.commit(approved.landed.commit).expect("a commit");
        assert_eq!(commit.parents, [base, tip]);
        assert_eq!(repository.id("main"), commit.id);
        assert_eq!(repository.memory("notes/one.md").as_deref(), Some("- one\n"));
        assert_eq!(repository.git(&["for-each-ref", "refs/heads/dream", "refs/dream/closed"]), "");
        let trailers = repository.git(&["log", "-1", "--format=%(trailers)", "main"]);
        assert_eq!(
            trailers.trim(),
            format!("Dream-Id: {id}\nDream-Decision: approved\nApproved-by: Ada <ada@example.org>")
        );
        let ledger = store.ledger(Some(commit.id)).expect("a ledger");
        let dream = ledger.find("2026-05-06").expect("the dream");
        assert_eq!((dream.standing, dream.landings.clone()), (Standing::Approved, vec![commit.id]));
        assert_eq!(dream.decided.as_ref().map(|decided| decided.by.as_str()), Some("Ada <ada@example.org>"));
        assert_eq!(dream.changes.iter().map(|change| change.key.clone()).collect::<Vec<_>>(), [key("one"), key("two")]);
        assert_eq!(dream.sessions().len(), 1);
        assert_eq!(dream.base(), Some(base));
        repository.sound();
    }
}

#[test]
fn approving_twice_is_refused() {
    let repository = Repository::with(&MEMORY);
    repository.dream("aaaa", &[step("one", "notes/one.md", "- one\n")]);
    let store = repository.store();
    store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    let again = store.approve("aaaa", &Selection::All, &Manner::default());
    assert!(matches!(again, Err(DecideError::AlreadyApproved(_))), "{again:?}");
}

#[test]
fn memory_that_moved_on_is_merged_by_entry() {
    for repository in both() {
        let text = "- deploy from release\n- never on Friday\n";
        repository.dream("aaaa", &[step("one", "notes/deploys.md", text)]);
        let store = repository.store();
        let edit = ("notes/deploys.md", Some("- deploy from main\n- never on Monday\n"));
        let moved = repository.commit(&store, "refs/heads/main", "an edit", Some(repository.id("main")), &[edit]);
        if !store.is_bare() {
            repository.git(&["reset", "-q", "--hard"]);
        }
        store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
        let merged = "- deploy from release\n- never on Monday\n";
        assert_eq!(repository.memory("notes/deploys.md").as_deref(), Some(merged));
        assert_eq!(repository.id("main^1"), moved);
        if !store.is_bare() {
            assert_eq!(repository.read("notes/deploys.md"), merged);
        }
        repository.sound();
    }
}

#[test]
fn a_conflict_shows_both_sides_and_changes_nothing() {
    for repository in both() {
        let text = "- deploy from release\n- never on Friday\n";
        repository.dream("aaaa", &[step("one", "notes/deploys.md", text)]);
        let store = repository.store();
        let edit = ("notes/deploys.md", Some("- deploy from trunk\n- never on Friday\n"));
        repository.commit(&store, "refs/heads/main", "an edit", Some(repository.id("main")), &[edit]);
        if !store.is_bare() {
            repository.git(&["reset", "-q", "--hard"]);
        }
        let before = repository.picture();
        let Err(DecideError::Conflict(list)) = store.approve("aaaa", &Selection::All, &Manner::default()) else {
            panic!("a conflict")
        };
        let rehearsed = store.rehearse_approval("aaaa", &Selection::All);
        assert!(matches!(rehearsed, Err(DecideError::Conflict(_))));
        assert_eq!(repository.picture(), before);
        let [conflict] = &list[..] else { panic!("one conflict: {list:?}") };
        assert_eq!((conflict.path.as_str(), conflict.kind), ("notes/deploys.md", ConflictKind::Edited));
        assert_eq!(conflict.base.as_deref(), Some("deploy from main"));
        assert_eq!(conflict.ours.as_deref(), Some("deploy from trunk"));
        assert_eq!(conflict.theirs.as_deref(), Some("deploy from release"));
        repository.sound();
    }
}

#[test]
fn a_part_is_approved_and_the_whole_is_kept_for_audit() {
    for selection in [Selection::Drop(names(&["2"])), Selection::Only(vec![key("one").to_string(), "3".to_owned()])] {
        for repository in both() {
            let steps = [
                step("one", "notes/one.md", "- one\n"),
                step("two", "notes/two.md", "- two\n"),
                step("three", "notes/three.md", "- three\n"),
            ];
            let id = repository.dream("aaaa", &steps);
            let tip = repository.id(&format!("dream/{id}"));
            let store = repository.store();
            let approved = store.approve("aaaa", &selection, &Manner::default()).expect("approved");
            assert_eq!(approved.dropped.into_iter().collect::<Vec<_>>(), [key("two")]);
            assert_eq!(repository.memory("notes/two.md"), None);
            assert_eq!(repository.memory("notes/three.md").as_deref(), Some("- three\n"));
            assert_eq!(repository.id(&format!("refs/dream/closed/{id}")), tip);
            let subjects = repository.git(&["log", "--format=%s", "main^2", "--not", "main^1"]);
            assert_eq!(subjects, "extract: three\nextract: one\nreview: 1 sessions of a");
            let ledger = repository.ledger();
            let dream = ledger.get(&id).expect("the dream");
            assert_eq!((dream.standing, dream.changes.len()), (Standing::Approved, 3));
            assert!(dream.holds(&key("one")) && dream.holds(&key("three")) && !dream.holds(&key("two")));
            assert_eq!(dream.dropped.iter().collect::<Vec<_>>(), [&key("two")]);
            repository.sound();
        }
    }
}

#[test]
fn a_kept_change_that_builds_on_a_dropped_one_is_a_conflict() {
    let repository = Repository::with(&MEMORY);
    let steps = [step("one", "notes/one.md", "- one\n"), step("two", "notes/one.md", "- one and two\n")];
    repository.dream("aaaa", &steps);
    let before = repository.picture();
    let refused = repository.store().approve("aaaa", &Selection::Drop(names(&["1"])), &Manner::default());
    assert!(
        matches!(&refused, Err(DecideError::Depends { key: kept, .. }) if *kept == key("two").to_string()),
        "{refused:?}"
    );
    let unknown = repository.store().approve("aaaa", &Selection::Drop(names(&["9"])), &Manner::default());
    assert!(matches!(unknown, Err(DecideError::UnknownChange { .. })));
    let nothing = repository.store().approve("aaaa", &Selection::Drop(names(&["1", "2"])), &Manner::default());
    assert!(matches!(nothing, Err(DecideError::NothingKept(_))));
    assert_eq!(repository.picture(), before);
}

#[test]
fn a_rejected_dream_is_closed_with_its_reason() {
    for repository in both() {
        let id = repository.dream("aaaa", &[step("one", "notes/one.md", "- one\n")]);
        let main = repository.id("main");
        let store = repository.store();
        store.reject("aaaa", &Scrubbed::line("not true"), &Manner::default()).expect("rejected");
        assert_eq!(repository.git(&["for-each-ref", "refs/heads/dream"]), "");
        assert_eq!(repository.id("main"), main);
        let ledger = store.ledger(Some(main)).expect("a ledger");
        let dream = ledger.get(&id).expect("the dream");
        assert_eq!(dream.standing, Standing::Rejected);
        assert_eq!(dream.reject_reason.as_ref().map(Scrubbed::as_str), Some("not true"));
        assert_eq!(dream.changes.len(), 1);
        let again = store.reject("aaaa", &Scrubbed::line("no"), &Manner::default());
        assert!(matches!(again, Err(DecideError::Standing { standing: Standing::Rejected, .. })));
        let approve = store.approve("aaaa", &Selection::All, &Manner::default());
        assert!(matches!(approve, Err(DecideError::AlreadyRejected { .. })));
        repository.sound();
    }
}

#[test]
fn revert_and_restore_are_each_others_inverse_and_twice_is_refused() {
    for mut repository in both() {
        let original = repository.id("main^{tree}");
        let id = repository.dream(
            "aaaa",
            &[step("one", "notes/one.md", "- one\n"), step("two", "notes/dates.md", "- dates are local\n")],
        );
        let manner = Manner::default();
        repository.store().approve("aaaa", &Selection::All, &manner).expect("approved");
        let dreamt = repository.id("main^{tree}");
        for _ in 0..2 {
            repository.later();
            repository.store().revert("aaaa", &Extent::Whole, None, &manner).expect("reverted");
            assert_eq!(repository.id("main^{tree}"), original);
            let store = repository.store();
            let dream = repository.ledger().get(&id).expect("the dream").clone();
            assert_eq!((dream.standing, dream.reverts.len()), (Standing::Reverted, 1));
            let again = store.revert("aaaa", &Extent::Whole, None, &manner);
            assert!(matches!(again, Err(DecideError::AlreadyReverted { .. })), "{again:?}");
            let approve = store.approve("aaaa", &Selection::All, &manner);
            assert!(matches!(approve, Err(DecideError::AlreadyReverted { .. })), "{approve:?}");
            repository.later();
            repository.store().restore("aaaa", &manner).expect("restored");
            assert_eq!(repository.id("main^{tree}"), dreamt);
            let store = repository.store();
            let dream = repository.ledger().get(&id).expect("the dream").clone();
            assert_eq!((dream.standing, dream.reverts.len()), (Standing::Approved, 0));
            assert!(matches!(store.restore("aaaa", &manner), Err(DecideError::NothingToRestore(_))));
            repository.sound();
        }
    }
}

#[test]
fn one_change_is_reverted_and_what_came_after_stays() {
    for repository in both() {
        let id = repository.dream(
            "aaaa",
            &[step("one", "notes/one.md", "- one\n"), step("two", "notes/dates.md", "- dates are local\n")],
        );
        let (store, manner) = (repository.store(), Manner::default());
        store.approve("aaaa", &Selection::All, &manner).expect("approved");
        let edit = ("notes/dates.md", Some("- dates are local\n- and Swiss\n"));
        repository.commit(&store, "refs/heads/main", "an edit", Some(repository.id("main")), &[edit]);
        if !store.is_bare() {
            repository.git(&["reset", "-q", "--hard"]);
        }
        store
            .revert("aaaa", &Extent::Change(key("two").to_string()), Some(&Scrubbed::line("wrong")), &manner)
            .expect("reverted");
        assert_eq!(repository.memory("notes/dates.md").as_deref(), Some("- dates are UTC\n- and Swiss\n"));
        assert_eq!(repository.memory("notes/one.md").as_deref(), Some("- one\n"));
        let dream = repository.ledger().get(&id).expect("the dream").clone();
        assert_eq!(dream.standing, Standing::Approved);
        assert_eq!(dream.reverted.iter().collect::<Vec<_>>(), [&key("two")]);
        let again = store.revert("aaaa", &Extent::Change("2".to_owned()), None, &manner);
        assert!(matches!(again, Err(DecideError::AlreadyReverted { .. })));
        store.restore("aaaa", &manner).expect("restored");
        assert_eq!(repository.memory("notes/dates.md").as_deref(), Some("- dates are local\n- and Swiss\n"));
        repository.sound();
    }
}

#[test]
fn an_entry_edited_since_is_a_conflict_of_the_revert() {
    let repository = Repository::with(&MEMORY);
    repository.dream("aaaa", &[step("two", "notes/dates.md", "- dates are local\n")]);
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    repository.write("notes/dates.md", "- dates are Swiss\n");
    repository.save("an edit");
    let before = repository.picture();
    let refused = repository.store().revert("aaaa", &Extent::Whole, None, &Manner::default());
    assert!(matches!(&refused, Err(DecideError::Conflict(list)) if list.len() == 1), "{refused:?}");
    assert_eq!(repository.picture(), before);
}

#[test]
fn the_ledger_tells_times_and_finds_dreams_by_prefix() {
    let mut repository = Repository::with(&MEMORY);
    let first = repository.dream("aaaa", &[step("one", "notes/one.md", "- one\n")]);
    repository.later();
    let second = repository.dream("abbb", &[step("two", "notes/two.md", "- two\n")]);
    let ledger = repository.ledger();
    assert_eq!(ledger.rows().iter().map(|row| &row.id).collect::<Vec<_>>(), [&second, &first]);
    assert_eq!(ledger.get(&first).expect("the dream").created(), Some(at(super::repository::START)));
    assert_eq!(ledger.find("dream/2026-05-06-aa").map(|dream| &dream.id), Ok(&first));
    assert!(ledger.find("2026-05-06-a").is_err_and(|error| error.to_string().contains("2 start with it")));
    assert!(ledger.find("x").is_err_and(|error| error.to_string().contains("find a dream 'x'")));
}
