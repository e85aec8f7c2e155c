//! Decisions that were made without us, by plain git or a forge's buttons, are recognised and can be undone.

use super::repository::{Repository, key, step};
use git_dream::model::DreamId;
use git_dream::store::{DecideError, Dream, Extent, Git, Manner, Selection, Standing};

const MEMORY: [(&str, &str); 1] = [("notes/deploys.md", "- deploy from main\n")];

fn repository() -> (Repository, DreamId) {
    let repository = Repository::with(&MEMORY);
    let id =
        repository.dream("aaaa", &[step("one", "notes/one.md", "- one\n"), step("two", "notes/two.md", "- two\n")]);
    (repository, id)
}

fn dream(repository: &Repository, id: &DreamId) -> Dream {
    let ledger = repository.ledger();
    ledger.get(id).expect("the dream").clone()
}

/// Approved, whole, and can be taken back, in whole and in part, and restored.
fn can_be_undone(mut repository: Repository, id: &DreamId, part: bool) {
    let found = dream(&repository, id);
    assert_eq!(found.standing, Standing::Approved, "{found:#?}");
    assert!(found.holds(&key("one")) && found.holds(&key("two")), "{found:#?}");
    let (store, manner) = (repository.store(), Manner::default());
    let again = store.approve(id.as_str(), &Selection::All, &manner);
    assert!(matches!(again, Err(DecideError::AlreadyApproved(_))));
    if part {
        store.revert(id.as_str(), &Extent::Change(key("one").to_string()), None, &manner).expect("reverted");
        assert_eq!(repository.memory("notes/one.md"), None);
        assert!(repository.memory("notes/two.md").is_some());
        assert_eq!(dream(&repository, id).standing, Standing::Approved);
        repository.later();
    }
    repository.store().revert(id.as_str(), &Extent::Whole, None, &manner).expect("reverted");
    assert_eq!((repository.memory("notes/one.md"), repository.memory("notes/two.md")), (None, None));
    assert_eq!(dream(&repository, id).standing, Standing::Reverted);
    repository.later();
    repository.store().restore(id.as_str(), &manner).expect("restored");
    assert!(repository.memory("notes/one.md").is_some() && repository.memory("notes/two.md").is_some());
    assert_eq!(dream(&repository, id).standing, Standing::Approved);
    repository.sound();
}

#[test]
fn a_plain_merge_counts_as_approved() {
    let (repository, id) = repository();
    repository.git(&["merge", "-q", "--no-ff", "-m", "Merge pull request #1 from x/dream", &format!("dream/{id}")]);
    assert_eq!(dream(&repository, &id).landings, [repository.id("main")]);
    repository.git(&["branch", "-q", "-D", &format!("dream/{id}")]);
    can_be_undone(repository, &id, true);
}

#[test]
fn a_fast_forward_counts_as_approved() {
    let (repository, id) = repository();
    repository.git(&["merge", "-q", "--ff-only", &format!("dream/{id}")]);
    assert_eq!(dream(&repository, &id).landings.len(), 2);
    can_be_undone(repository, &id, true);
}

#[test]
fn a_rebase_counts_as_approved() {
    for keep in [true, false] {
        let (repository, id) = repository();
        repository.write("notes/other.md", "- other\n");
        repository.save("an edit");
        let branch = format!("dream/{id}");
        repository.git(&["checkout", "-q", "-b", "rebased", &branch]);
        repository.git(&["rebase", "-q", if keep { "--keep-empty" } else { "--no-keep-empty" }, "main"]);
        repository.git(&["checkout", "-q", "main"]);
        repository.git(&["merge", "-q", "--ff-only", "rebased"]);
        if keep {
            repository.git(&["branch", "-q", "-D", &branch]);
        }
        can_be_undone(repository, &id, true);
    }
}

#[test]
fn one_change_picked_by_hand_leaves_the_rest_of_its_dream_open() {
    let (repository, id) = repository();
    repository.write("notes/other.md", "- other\n");
    repository.save("an edit");
    repository.git(&["cherry-pick", "-x", &format!("dream/{id}~1")]);
    let found = dream(&repository, &id);
    assert_eq!((found.standing, found.landings), (Standing::Open, vec![repository.id("main")]));
    assert_eq!(found.landed.into_keys().collect::<Vec<_>>(), [key("one")]);
    repository.store().approve(id.as_str(), &Selection::All, &Manner::default()).expect("the rest is approved");
    assert_eq!(dream(&repository, &id).standing, Standing::Approved);
}

#[test]
fn a_squash_by_git_or_a_forge_counts_as_approved() {
    for (forge, branch_gone) in [(false, false), (true, false), (true, true)] {
        let (repository, id) = repository();
        repository.write("notes/other.md", "- other\n");
        repository.save("an edit");
        let branch = format!("dream/{id}");
        repository.git(&["merge", "-q", "--squash", &branch]);
        if forge {
            let log = repository.git(&["log", "--reverse", "--format=* %B", &format!("main..{branch}")]);
            repository.git(&["commit", "-q", "-m", &format!("A dream (#1)\n\n{log}")]);
        } else {
            repository.git(&["commit", "-q", "--no-edit"]);
        }
        if branch_gone {
            repository.git(&["branch", "-q", "-D", &branch]);
            let refused = repository.store().revert("aaaa", &Extent::Change("1".to_owned()), None, &Manner::default());
            assert!(matches!(refused, Err(DecideError::Inseparable { .. })), "{refused:?}");
        }
        let found = dream(&repository, &id);
        assert_eq!(found.sessions().len(), 1);
        assert_eq!(found.changes.len(), 2);
        can_be_undone(repository, &id, !branch_gone);
    }
}

#[test]
fn a_dream_merged_through_another_branch_is_undone_alone() {
    let (repository, id) = repository();
    repository.git(&["checkout", "-q", "-b", "feature"]);
    repository.write("notes/feature.md", "- feature\n");
    repository.save("a feature");
    repository.git(&["merge", "-q", "--no-ff", "-m", "take the dream", &format!("dream/{id}")]);
    let inner = repository.id("HEAD");
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["merge", "-q", "--no-ff", "-m", "take the feature", "feature"]);
    assert_eq!(dream(&repository, &id).landings, [inner]);
    repository.git(&["rm", "-q", "--cached", "-r", "."]);
    repository.git(&["reset", "-q", "--hard"]);
    can_be_undone(repository, &id, true);
}

#[test]
fn a_plain_revert_and_a_revert_of_it_are_recognised() {
    let (repository, id) = repository();
    let store = repository.store();
    store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    repository.git(&["revert", "--no-edit", "-m", "1", "HEAD"]);
    let found = dream(&repository, &id);
    assert_eq!((found.standing, found.reverts.len()), (Standing::Reverted, 1));
    repository.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(dream(&repository, &id).standing, Standing::Approved);
    repository.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(dream(&repository, &id).standing, Standing::Reverted);
    repository.store().restore("aaaa", &Manner::default()).expect("restored");
    assert!(repository.memory("notes/one.md").is_some());
    assert_eq!(dream(&repository, &id).standing, Standing::Approved);
    repository.sound();
}

#[test]
fn a_plain_revert_of_one_change_takes_one_key_back() {
    let (repository, id) = repository();
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    let commit = dream(&repository, &id).landed[&key("two")].expect("a commit");
    repository.git(&["revert", "--no-edit", &commit.to_string()]);
    let found = dream(&repository, &id);
    assert_eq!(found.standing, Standing::Approved);
    assert_eq!(found.reverted.into_iter().collect::<Vec<_>>(), [key("two")]);
}

#[test]
fn our_revert_undone_by_plain_git_is_a_restore() {
    let (repository, id) = repository();
    let store = repository.store();
    store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    store.revert("aaaa", &Extent::Whole, None, &Manner::default()).expect("reverted");
    repository.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(dream(&repository, &id).standing, Standing::Approved);
}

#[test]
fn a_branch_edited_by_its_reviewer_lands_and_reverts_as_a_whole() {
    let (repository, id) = repository();
    let store = repository.store();
    let (branch, tip) = (format!("refs/heads/dream/{id}"), repository.id(&format!("dream/{id}")));
    repository.commit(&store, &branch, "a better word", Some(tip), &[("notes/one.md", Some("- one, said better\n"))]);
    store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    assert_eq!(repository.memory("notes/one.md").as_deref(), Some("- one, said better\n"));
    store.revert("aaaa", &Extent::Whole, None, &Manner::default()).expect("reverted");
    assert_eq!(repository.memory("notes/one.md"), None);
    repository.sound();
}

#[test]
fn hostile_and_malformed_messages_are_ignored() {
    let (repository, id) = repository();
    for message in [
        "x\n\nDream-Id: nonsense\nDream-Decision: approved",
        "x\n\n  Dream-Id: 2026-05-06-aaaa\n\nquoted only",
        "x\n\nThis reverts commit 1234.",
        "x\n\nDream-Revert: 2026-05-06-aaaa\nDream-Change-Key: zz",
    ] {
        repository.save(message);
    }
    assert_eq!(dream(&repository, &id).standing, Standing::Open);
}

#[test]
fn a_shallow_clone_shows_what_it_has() {
    let (repository, id) = repository();
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    let from = format!("file://{}", repository.path.display());
    repository.git(&["clone", "-q", "--depth", "1", &from, "../shallow"]);
    let path = repository.path.with_file_name("shallow");
    let store = git_dream::store::Store::discover(&repository.environment, &path).expect("a repository");
    let ledger = || store.ledger(Some(repository.id("main"))).expect("a ledger");
    assert_eq!(ledger().get(&id).expect("the dream").standing, Standing::Approved);
    let refused = store.revert("aaaa", &Extent::Whole, None, &Manner::default());
    assert!(matches!(refused, Err(DecideError::CutOff(_))), "{refused:?}");
    let origins = store.origins(repository.id("main"), &["notes/one.md".to_owned()]).expect("origins");
    assert_eq!(origins.len(), 1);
    // What was read of a part is not kept for the whole.
    let changes = |ledger: &git_dream::store::Ledger| ledger.get(&id).expect("the dream").changes.len();
    assert_eq!(changes(&ledger()), 0);
    Git::new(&repository.environment, &path).check(&["fetch", "-q", "--unshallow"]).expect("fetched");
    let store = git_dream::store::Store::discover(&repository.environment, &path).expect("a repository");
    let whole = store.ledger(Some(repository.id("main"))).expect("a ledger");
    assert_eq!(changes(&whole), changes(&repository.ledger()));
    assert!(changes(&whole) > 0);
}

#[test]
fn a_dream_without_a_common_history_is_refused() {
    let (repository, id) = repository();
    let store = repository.store();
    let files = [("notes/deploys.md", Some("- other\n")), ("dream.toml", Some(""))];
    let root = repository.commit(&store, "refs/x/root", "another history", None, &files);
    repository.git(&["reset", "-q", "--hard", &root.to_string()]);
    let refused = store.approve(id.as_str(), &Selection::All, &Manner::default());
    assert!(matches!(refused, Err(DecideError::Unrelated(_))), "{refused:?}");
}
