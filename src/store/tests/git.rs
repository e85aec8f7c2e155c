//! Running git: nothing of the caller's repository leaks in, hooks get what they should.

use super::World;
use crate::store::{Git, GitError};
use std::fs;

#[test]
fn a_callers_repository_never_leaks_into_ours() {
    let mut world = World::new();
    world.git(&["init", "-q", "other"]);
    let other = world.path("other/.git").to_string_lossy().into_owned();
    world.environment.variables.insert("GIT_INDEX_FILE".into(), "/nowhere/index".into());
    world.environment.variables.insert("GIT_DIR".into(), other);
    let git = Git::new(&world.environment, &world.repository());
    let top = git.check(&["rev-parse", "--show-toplevel"]).expect("git runs").text();
    assert_eq!(top, world.repository().to_string_lossy());
}

#[test]
fn a_failure_keeps_gits_words_and_status() {
    let world = World::new();
    let git = Git::new(&world.environment, &world.repository());
    let output = git.run(&["rev-parse", "--verify", "nothing"]).expect("git runs");
    assert_eq!(output.status, 128);
    let error = git.check(&["rev-parse", "--verify", "nothing"]).expect_err("it fails");
    assert!(matches!(error, GitError::Failed { status: 128, ref stderr, .. } if stderr.contains("single revision")));
    let mut environment = world.environment.clone();
    environment.variables.insert("PATH".into(), "/nowhere".into());
    let missing = Git::new(&environment, &world.repository()).run(&["version"]);
    assert!(matches!(missing, Err(GitError::Missing)), "{missing:?}");
}

#[cfg(unix)]
#[test]
fn hooks_get_arguments_and_input_and_may_be_missing() {
    let world = World::new();
    let git = world.store().git().clone();
    assert!(git.hook("post-merge", &["0"], None).expect("git runs").success());
    let hook = world.repository().join(".git/hooks/pre-push");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("hooks");
    fs::write(&hook, "#!/bin/sh\ncat >&2\necho $1 >&2\nexit 3\n").expect("a hook");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    let output = git.hook("pre-push", &["origin"], Some(b"input\n")).expect("git runs");
    assert_eq!((output.status, output.error_text().as_str()), (3, "input\norigin"));
}

#[test]
fn a_large_input_and_a_large_output_do_not_block_each_other() {
    let world = World::new();
    let git = Git::new(&world.environment, &world.repository());
    let input = "0000000000000000000000000000000000000000\n".repeat(20_000);
    let output = git.check_with_input(&["cat-file", "--batch-check"], input.as_bytes()).expect("git runs");
    assert_eq!(output.text().lines().count(), 20_000);
}
