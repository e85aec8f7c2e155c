//! Init and adopt: one file more, everything else as it was.

use super::World;
use crate::store::{Git, InitError, InitReport, Layout, Made, OpenError, Store, adopt, adopt_into, init};
use std::fs;
use std::path::Path;

const TEXT: &str = "[dream]\nscope = \"all-agents\"\n";

fn run(world: &World, name: &str, layout: Layout) -> InitReport {
    init(&world.environment, &world.path(name), layout, TEXT).expect("init succeeds")
}

fn status(world: &World, name: &str) -> String {
    world.git_in(&world.path(name), &["status", "--porcelain"])
}

fn fsck(world: &World, name: &str) {
    let output =
        Git::new(&world.environment, &world.path(name)).run(&["fsck", "--strict", "--full"]).expect("fsck runs");
    assert!(output.success(), "{}", output.error_text());
}

fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    fs::write(path, text).expect("a file");
}

#[test]
fn an_empty_folder_becomes_a_memory_once() {
    let mut world = World::empty();
    write(&world.path(".gitconfig"), "[init]\n\tdefaultRefFormat = reftable\n\tdefaultObjectFormat = sha256\n");
    let config = world.path(".gitconfig").to_string_lossy().into_owned();
    world.environment.variables.insert("GIT_CONFIG_GLOBAL".into(), config);
    let report = run(&world, "memory", Layout::WorkTree);
    assert_eq!((report.repository, report.settings, report.branch.short()), (Made::Now, Made::Now, "main"));
    assert_eq!(status(&world, "memory"), "");
    assert_eq!(fs::read_to_string(world.path("memory/dream.toml")).expect("settings"), TEXT);
    assert_eq!(world.git_in(&world.path("memory"), &["log", "--format=%s"]), "init: dream.toml");
    let again = run(&world, "memory", Layout::WorkTree);
    assert_eq!((again.repository, again.settings, again.commit), (Made::Before, Made::Before, None));
    fsck(&world, "memory");
}

#[test]
fn a_bare_memory_needs_no_work_tree() {
    let world = World::empty();
    let report = run(&world, "memory.git", Layout::Bare);
    assert_eq!(report.path, world.path("memory.git"));
    let store = Store::discover(&world.environment, &world.path("memory.git")).expect("it opens");
    assert!(store.is_bare());
    assert_eq!(store.memory_tip().expect("a memory"), report.commit);
    fsck(&world, "memory.git");
}

#[test]
fn a_dirty_work_tree_loses_nothing() {
    let world = World::new();
    let folder = world.repository();
    write(&folder.join("kept.md"), "committed\n");
    write(&folder.join("staged.md"), "committed\n");
    world.repo_git(&["add", "."]);
    world.repo_git(&["commit", "-qm", "first"]);
    write(&folder.join("kept.md"), "edited\n");
    write(&folder.join("staged.md"), "staged\n");
    world.repo_git(&["add", "staged.md"]);
    write(&folder.join("new/untracked.md"), "untracked\n");
    let before = status(&world, "repository");
    fs::create_dir(folder.join("sub")).expect("a folder");
    run(&world, "repository/sub", Layout::WorkTree);
    assert_eq!(status(&world, "repository"), before);
    assert_eq!(world.repo_git(&["show", "--format=", "--name-only", "HEAD"]), "dream.toml");
    fsck(&world, "repository");
}

#[test]
fn settings_that_wait_in_the_work_tree_are_committed_as_they_are() {
    let world = World::new();
    write(&world.repository().join("dream.toml"), "[dream]\n# mine\n");
    let report = run(&world, "repository", Layout::WorkTree);
    assert_eq!((report.settings, report.commit.is_some()), (Made::Before, true));
    assert_eq!(world.repo_git(&["show", "HEAD:dream.toml"]), "[dream]\n# mine");
    assert_eq!(status(&world, "repository"), "");
}

#[test]
fn another_branch_is_remembered_also_from_a_linked_work_tree() {
    let world = World::new();
    run(&world, "repository", Layout::WorkTree);
    world.repo_git(&["worktree", "add", "-q", "--orphan", "-b", "beliefs", "../side"]);
    let report = run(&world, "side", Layout::WorkTree);
    assert_eq!(report.branch.short(), "beliefs");
    assert_eq!(world.repo_git(&["config", "dream.branch"]), "beliefs");
    assert_eq!(world.store().memory_tip().expect("a memory"), report.commit);
    assert_eq!(status(&world, "side"), "");
}

#[test]
fn no_branch_to_commit_on_is_an_error_that_changes_nothing() {
    let world = World::new();
    world.repo_git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    world.repo_git(&["checkout", "-q", "--detach"]);
    let result = init(&world.environment, &world.repository(), Layout::WorkTree, TEXT);
    assert!(matches!(result, Err(InitError::Detached)));
    world.repo_git(&["checkout", "-q", "-b", "dream/x"]);
    let result = init(&world.environment, &world.repository(), Layout::WorkTree, TEXT);
    assert!(matches!(result, Err(InitError::OnDream(_))));
    assert_eq!(status(&world, "repository"), "");
}

#[test]
fn a_new_repository_without_an_identity_is_taken_away_again() {
    let mut world = World::empty();
    world.environment.variables.retain(|name, _| !name.starts_with("GIT_AUTHOR") && !name.starts_with("GIT_COMMITTER"));
    write(&world.path(".gitconfig"), "[user]\n\tuseConfigOnly = true\n");
    let config = world.path(".gitconfig").to_string_lossy().into_owned();
    world.environment.variables.insert("GIT_CONFIG_GLOBAL".into(), config);
    let result = init(&world.environment, &world.path("memory"), Layout::WorkTree, TEXT);
    assert!(matches!(result, Err(InitError::Identity(_))));
    assert!(!world.path("memory").exists());
    write(&world.path("old/a.md"), "a");
    assert!(adopt(&world.environment, &world.path("old"), TEXT).is_err());
    assert!(world.path("old/a.md").exists() && !world.path("old/.git").exists());
}

/// A folder with all that git would like to change.
fn old_memory(world: &World) {
    let files: [(&str, &[u8]); 8] = [
        ("MEMORY.md", b"- [a](topics/a.md)\n"),
        ("topics/a.md", b"windows\r\nlines\r\n"),
        ("topics/latin.md", b"caf\xe9"),
        (".gitattributes", b"*.md text eol=lf ident\n"),
        (".gitignore", b"*.tmp\n"),
        ("left.tmp", b"kept although ignored"),
        ("nested/.git/HEAD", b"ref: refs/heads/x\n"),
        ("tool.sh", b"#!/bin/sh\necho $Id$\n"),
    ];
    for (path, bytes) in files {
        write(&world.path("old").join(path), bytes);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("MEMORY.md", world.path("old/link.md")).expect("a link");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(world.path("old/tool.sh"), mode).expect("executable");
    }
}

#[cfg(unix)]
#[test]
fn adopted_files_stay_byte_for_byte_what_they_were() {
    let world = World::empty();
    old_memory(&world);
    let report = adopt(&world.environment, &world.path("old"), TEXT).expect("it is adopted");
    assert_eq!(report.adopted, 8);
    assert_eq!(report.skipped.iter().map(|skipped| skipped.what.as_str()).collect::<Vec<_>>(), ["nested"]);
    assert_eq!(status(&world, "old"), "");
    let store = Store::discover(&world.environment, &world.path("old")).expect("it opens");
    let tip = report.commit.expect("a commit");
    assert_eq!(store.file(tip, "topics/a.md").expect("a file").as_deref(), Some(&b"windows\r\nlines\r\n"[..]));
    assert_eq!(store.file(tip, "left.tmp").expect("a file").as_deref(), Some(&b"kept although ignored"[..]));
    let modes = world.git_in(&world.path("old"), &["ls-tree", "HEAD", "link.md", "tool.sh"]);
    assert!(modes.starts_with("120000 blob") && modes.contains("100755 blob"), "{modes}");
    assert_eq!(
        world.git_in(&world.path("old"), &["log", "--format=%s"]),
        "init: dream.toml\nadopt: 8 files, unchanged"
    );
    fsck(&world, "old");
}

#[cfg(unix)]
#[test]
fn a_folder_can_be_adopted_elsewhere_and_is_left_alone() {
    let world = World::empty();
    old_memory(&world);
    let old = world.path("old");
    let report = adopt_into(&world.environment, &old, &world.path("new"), Layout::WorkTree, TEXT).expect("adopted");
    assert!(!old.join(".git").exists() && !old.join("dream.toml").exists());
    assert_eq!(status(&world, "new"), "");
    assert_eq!(
        fs::read(world.path("new/topics/a.md")).expect("a copy"),
        fs::read(old.join("topics/a.md")).expect("it")
    );
    assert_eq!(fs::read_link(world.path("new/link.md")).expect("a link"), Path::new("MEMORY.md"));
    let bare = adopt_into(&world.environment, &old, &world.path("bare"), Layout::Bare, TEXT).expect("adopted");
    assert_eq!(bare.commit, report.commit);
    fsck(&world, "bare");
    fsck(&world, "new");
    let again = adopt_into(&world.environment, &old, &world.path("new"), Layout::Bare, TEXT);
    assert!(matches!(again, Err(InitError::NotEmpty(_))));
    let inside = adopt_into(&world.environment, &old, &old.join("x"), Layout::Bare, TEXT);
    assert!(matches!(inside, Err(InitError::Inside(_))));
}

#[test]
fn adopting_a_repository_only_adds_the_settings() {
    let world = World::new();
    write(&world.repository().join("a.md"), "a\n");
    world.repo_git(&["add", "."]);
    world.repo_git(&["commit", "-qm", "first"]);
    write(&world.repository().join("b.md"), "not yet\n");
    let report = adopt(&world.environment, &world.repository(), TEXT).expect("adopted");
    assert_eq!((report.repository, report.adopted), (Made::Before, 0));
    assert_eq!(status(&world, "repository"), "?? b.md");
    world.git(&["init", "-q", "--object-format=sha256", "other"]);
    let result = adopt(&world.environment, &world.path("other"), TEXT);
    assert!(matches!(result, Err(InitError::Open(OpenError::Sha256(_)))));
}
