//! Work trees follow memory, and one with something to lose stops the decision before anything changed.

use super::repository::{Repository, step};
use git_dream::store::{DecideError, Extent, LandError, Manner, RefError, Selection, Store, WorkTreeError};
use std::fs;

const MEMORY: [(&str, &str); 2] = [("notes/a.md", "- a\n"), ("notes/b.md", "- b\n")];

fn repository() -> Repository {
    let repository = Repository::with(&MEMORY);
    repository.dream("aaaa", &[step("one", "notes/a.md", "- a, better\n"), step("two", "notes/new.md", "- new\n")]);
    repository
}

fn refusal(repository: &Repository) -> WorkTreeError {
    let before = repository.picture();
    let refused = repository.store().approve("aaaa", &Selection::All, &Manner::default());
    assert_eq!(repository.picture(), before);
    match refused {
        Err(DecideError::Land(LandError::WorkTree(error))) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dirty_file_that_would_change_is_refused_and_another_one_is_kept() {
    let repository = repository();
    repository.write("notes/a.md", "- a, mine\n");
    let WorkTreeError::Dirty { files, .. } = refusal(&repository) else { panic!("dirty") };
    assert_eq!(files, ["notes/a.md"]);
    repository.git(&["checkout", "-q", "notes/a.md"]);
    repository.write("notes/b.md", "- b, mine\n");
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    assert_eq!(repository.read("notes/b.md"), "- b, mine\n");
    assert_eq!(repository.read("notes/a.md"), "- a, better\n");
    assert_eq!(repository.git(&["status", "--porcelain"]), " M notes/b.md");
}

#[test]
fn a_staged_file_that_would_change_is_refused() {
    let repository = repository();
    repository.write("notes/a.md", "- a, staged\n");
    repository.git(&["add", "notes/a.md"]);
    assert!(matches!(refusal(&repository), WorkTreeError::Dirty { .. }));
}

#[test]
fn an_untracked_file_in_the_way_is_refused_even_if_it_is_ignored() {
    for ignored in [false, true] {
        let repository = repository();
        repository.write("notes/new.md", "- my own\n");
        if ignored {
            fs::write(repository.path.join(".git/info/exclude"), "new.md\n").expect("excluded");
        }
        let WorkTreeError::Dirty { files, .. } = refusal(&repository) else { panic!("dirty") };
        assert_eq!(files, ["notes/new.md"]);
    }
}

#[test]
fn a_file_that_was_only_touched_is_no_change() {
    let repository = repository();
    let file = fs::File::options().write(true).open(repository.path.join("notes/a.md")).expect("a file");
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("touched");
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    repository.sound();
}

#[test]
fn a_merge_or_a_rebase_in_progress_is_refused() {
    let repository = repository();
    let head = repository.id("main").to_string();
    fs::write(repository.path.join(".git/MERGE_HEAD"), format!("{head}\n")).expect("a merge");
    assert!(matches!(refusal(&repository), WorkTreeError::Busy { what: "a merge", .. }));
    fs::remove_file(repository.path.join(".git/MERGE_HEAD")).expect("gone");
    repository.git(&["checkout", "-q", "--detach"]);
    fs::create_dir(repository.path.join(".git/rebase-merge")).expect("a rebase");
    fs::write(repository.path.join(".git/rebase-merge/head-name"), "refs/heads/main\n").expect("a rebase");
    assert!(matches!(refusal(&repository), WorkTreeError::Busy { what: "a rebase", .. }));
    fs::remove_dir_all(repository.path.join(".git/rebase-merge")).expect("gone");
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("a detached HEAD is fine");
}

#[test]
fn unmerged_paths_are_refused() {
    let repository = repository();
    let blob = repository.id("main:notes/b.md");
    let lines: String = (1..4).map(|stage| format!("100644 {blob} {stage}\tnotes/b.md\n")).collect();
    repository.git(&["update-index", "--force-remove", "notes/b.md"]);
    repository.runner().check_with_input(&["update-index", "--index-info"], lines.as_bytes()).expect("unmerged");
    assert!(matches!(refusal(&repository), WorkTreeError::Unmerged { .. }));
}

#[test]
fn linked_work_trees_of_memory_follow_and_the_others_stay() {
    let repository = repository();
    repository.git(&["config", "dream.branch", "main"]);
    repository.git(&["checkout", "-q", "-b", "elsewhere"]);
    repository.git(&["worktree", "add", "-q", "../linked", "main"]);
    let linked = repository.path.with_file_name("linked");
    let store = Store::discover(&repository.environment, &linked.join("notes")).expect("a linked work tree");
    store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    assert_eq!(fs::read_to_string(linked.join("notes/new.md")).expect("it followed"), "- new\n");
    assert!(!repository.path.join("notes/new.md").exists());
    fs::write(linked.join("notes/new.md"), "- mine\n").expect("an edit");
    let refused = repository.store().revert("aaaa", &Extent::Whole, None, &Manner::default());
    assert!(matches!(refused, Err(DecideError::Land(LandError::WorkTree(WorkTreeError::Dirty { .. })))), "{refused:?}");
}

#[test]
fn a_dreams_branch_that_is_checked_out_stays() {
    let repository = repository();
    repository.git(&["worktree", "add", "-q", "../review", "dream/2026-05-06-aaaa"]);
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    repository.id("refs/heads/dream/2026-05-06-aaaa");
    repository.sound();
}

#[test]
fn a_ref_that_moves_meanwhile_puts_everything_back() {
    let repository = repository();
    let folder = repository.path.join(".git/hooks");
    fs::create_dir_all(&folder).expect("a folder");
    let hook = folder.join("commit-msg");
    fs::write(&hook, "#!/bin/sh\ngit update-ref refs/heads/main $(git commit-tree -p HEAD -m raced HEAD^{tree})\n")
        .expect("a hook");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    let refused = repository.store().approve("aaaa", &Selection::All, &Manner::default());
    assert!(matches!(refused, Err(DecideError::Land(LandError::Refs(_)))), "{refused:?}");
    assert_eq!(repository.git(&["log", "-1", "--format=%s"]), "raced");
    repository.id("refs/heads/dream/2026-05-06-aaaa");
    repository.sound();
}

#[test]
fn an_approval_that_was_killed_half_way_can_simply_be_made_again() {
    let repository = repository();
    // The work tree had followed, the ref had not.
    repository.git(&["read-tree", "-m", "-u", "main", "dream/2026-05-06-aaaa"]);
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    repository.sound();
}

#[test]
fn a_locked_index_is_named_and_nothing_changes() {
    let repository = repository();
    let lock = repository.path.join(".git/index.lock");
    fs::write(&lock, "").expect("a lock");
    let refused = repository.store().approve("aaaa", &Selection::All, &Manner::default());
    let Err(DecideError::Land(LandError::Refs(RefError::Stale { path }))) = refused else { panic!("{refused:?}") };
    assert_eq!(path.file_name(), lock.file_name());
    fs::remove_file(lock).expect("gone");
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
}
