//! Ref transactions: all or nothing, nothing lost between writers, and locks that the dead left behind.

use super::{World, commit, update};
use crate::model::ObjectId;
use crate::store::{RefError, Store};
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn refs_move_together_or_not_at_all() {
    let world = World::new();
    let store = world.store();
    let one = commit(&store, None, &[("a", "1")], "one");
    let two = commit(&store, Some(one), &[("a", "2")], "two");
    store.update_refs(&[update("refs/heads/main", None, Some(one))]).expect("main is made");
    let wrong = [update("refs/heads/x", None, Some(two)), update("refs/heads/main", Some(two), Some(one))];
    let error = store.update_refs(&wrong).expect_err("main is not at two");
    assert!(matches!(error, RefError::Moved { ref name, .. } if name == "refs/heads/main"), "{error:?}");
    assert_eq!(store.reference("refs/heads/x").expect("a ref"), None);

    let right = [
        update("refs/heads/dream/x", None, Some(two)),
        update("refs/heads/main", Some(one), Some(two)),
        update("refs/dream/closed/y", None, Some(one)),
    ];
    store.update_refs(&right).expect("all move");
    let gone = [update("refs/heads/dream/x", Some(two), None), update("refs/dream/closed/y", Some(one), Some(one))];
    store.update_refs(&gone).expect("the branch is deleted");
    assert_eq!(store.references("refs/").expect("refs").len(), 2);
    assert_eq!(store.references("refs/heads/").expect("refs"), [("refs/heads/main".to_owned(), two)]);
    let log = world.repo_git(&["reflog", "show", "main", "--format=%gs"]);
    assert_eq!(log, "a test\na test");
    world.fsck();
}

#[test]
fn a_ref_that_another_name_blocks_is_refused_with_gits_words() {
    let world = World::new();
    let store = world.store();
    let one = commit(&store, None, &[("a", "1")], "one");
    store.update_refs(&[update("refs/heads/dream", None, Some(one))]).expect("a branch named dream");
    let error = store.update_refs(&[update("refs/heads/dream/x", None, Some(one))]).expect_err("no room");
    assert!(matches!(error, RefError::Refused(ref words) if words.contains("refs/heads/dream")), "{error:?}");
}

#[test]
fn a_hook_that_says_no_stops_the_transaction() {
    let world = World::new();
    let hook = world.repository().join(".git/hooks/reference-transaction");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("hooks");
    fs::write(&hook, "#!/bin/sh\ntest \"$1\" != prepared\n").expect("a hook");
    #[cfg(unix)]
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    let store = world.store();
    let one = commit(&store, None, &[("a", "1")], "one");
    let error = store.update_refs(&[update("refs/heads/main", None, Some(one))]).expect_err("the hook refuses");
    assert!(matches!(error, RefError::Refused(_)), "{error:?}");
}

#[test]
fn eight_writers_lose_nothing() {
    let world = World::new();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let world = &world;
            scope.spawn(move || {
                let store = world.store();
                for turn in 0..4 {
                    append(&store, &format!("{writer}-{turn}"));
                }
            });
        }
    });
    assert_eq!(world.repo_git(&["rev-list", "--count", "main"]), "32");
    let tip = world.store().reference("refs/heads/main").expect("a ref").expect("main");
    let tree = world.store().commit(tip).expect("the tip").tree;
    assert_eq!(world.store().tree(tree).expect("a tree").len(), 32);
    world.fsck();
}

/// Reads, commits and moves under the lock, so that no work is ever wasted.
fn append(store: &Store, name: &str) {
    let mut lock = store.lock().expect("the lock");
    let tip = store.reference("refs/heads/main").expect("a ref");
    let next = commit(store, tip, &[(name, name)], name);
    store.update_refs_under(&mut lock, &[update("refs/heads/main", tip, Some(next))]).expect("main moves");
}

#[test]
fn a_lock_of_another_program_is_waited_for_then_reported() {
    let world = World::new();
    let store = world.store();
    let one = commit(&store, None, &[("a", "1")], "one");
    let lock = world.repository().join(".git/refs/heads/main.lock");
    fs::write(&lock, "").expect("a lock");
    let start = Instant::now();
    let error = store.update_refs(&[update("refs/heads/main", None, Some(one))]).expect_err("it is locked");
    assert!(matches!(error, RefError::Stale { ref path } if *path == lock), "{error:?}");
    assert!(start.elapsed() > Duration::from_millis(800));
    assert!(lock.exists(), "what may be somebody else's is left alone");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            fs::remove_file(&lock).expect("the other program ends");
        });
        store.update_refs(&[update("refs/heads/main", None, Some(one))]).expect("it was worth waiting");
    });
}

#[test]
fn a_lock_that_our_own_killed_writer_left_is_cleared() {
    let world = World::new();
    let store = world.store();
    let one = commit(&store, None, &[("a", "1")], "one");
    let lock = world.repository().join(".git/refs/heads/main.lock");
    fs::write(&lock, format!("{one}\n")).expect("a lock");
    fs::create_dir_all(world.repository().join(".git/dream")).expect("a folder");
    fs::write(world.repository().join(".git/dream/lock"), "refs/heads/main.lock\nHEAD.lock\nrefs/he")
        .expect("the dead writer's note");
    store.update_refs(&[update("refs/heads/main", None, Some(one))]).expect("the lock is cleared");
    assert!(!lock.exists());
    assert_eq!(fs::read(world.repository().join(".git/dream/lock")).expect("the lock file"), b"");
}

const OWN: &str = "refs/dream/sessions";

/// A world whose own ref stands at the first of two commits, and a shell to count what git is asked for.
fn own_ref() -> (World, ObjectId, ObjectId) {
    let world = World::new();
    let store = world.store();
    let one = commit(&store, None, &[("a", "1")], "one");
    let two = commit(&store, Some(one), &[("a", "2")], "two");
    store.update_refs(&[update(OWN, None, Some(one))]).expect("it is made");
    (world, one, two)
}

/// Moves the ref by a store whose git does nothing but fail: it gets there only without git.
fn without_git(world: &World, from: ObjectId, to: ObjectId) -> Result<(), RefError> {
    let folder = world.path("no-git");
    fs::create_dir_all(&folder).expect("a folder");
    let git = folder.join("git");
    fs::write(&git, "#!/bin/sh\nif test \"$1\" = config; then exit 0; fi\necho 'fatal: asked' >&2\nexit 1\n")
        .expect("a git");
    fs::set_permissions(&git, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    let mut environment = world.environment.clone();
    environment.variables.insert("PATH".into(), format!("{}:/usr/bin:/bin", folder.display()));
    let store = Store::discover(&environment, &world.repository()).expect("the repository opens");
    store.update_refs(&[update(OWN, Some(from), Some(to))])
}

#[test]
fn a_ref_of_our_own_moves_without_git_and_as_git_would_move_it() {
    let (world, one, two) = own_ref();
    without_git(&world, one, two).expect("it moves");
    assert_eq!(world.repo_git(&["rev-parse", OWN]), two.to_string());
    let file = world.repository().join(".git").join(OWN);
    let ours = (fs::read(&file).expect("a ref"), fs::metadata(&file).expect("a file").permissions());
    world.repo_git(&["update-ref", OWN, &one.to_string(), &two.to_string()]);
    world.repo_git(&["update-ref", OWN, &two.to_string(), &one.to_string()]);
    assert_eq!(ours, (fs::read(&file).expect("a ref"), fs::metadata(&file).expect("a file").permissions()));
    let error = world.store().update_refs(&[update(OWN, Some(one), Some(two))]).expect_err("it has moved on");
    assert!(matches!(error, RefError::Moved { .. }), "{error:?}");
    world.fsck();
}

#[test]
fn what_git_does_with_a_ref_beside_moving_it_is_left_to_git() {
    let prepared: [fn(&World); 5] = [
        |world| drop(world.repo_git(&["config", "core.logAllRefUpdates", "always"])),
        |world| drop(world.repo_git(&["pack-refs", "--all"])),
        |world| drop(world.repo_git(&["config", "core.sharedRepository", "group"])),
        |world| {
            let hook = world.repository().join(".git/hooks/reference-transaction");
            fs::create_dir_all(hook.parent().expect("a folder")).expect("hooks");
            fs::write(&hook, "#!/bin/sh\nexit 0\n").expect("a hook");
        },
        |world| fs::write(world.repository().join(".git").join(format!("{OWN}.lock")), "").expect("a lock"),
    ];
    for (nth, prepare) in prepared.iter().enumerate() {
        let (world, one, two) = own_ref();
        prepare(&world);
        if nth == 0 {
            // The git that only fails tells no settings.
            world.store().update_refs(&[update(OWN, Some(one), Some(two))]).expect("git moves it");
            assert_eq!(world.repo_git(&["reflog", "show", OWN, "--format=%gs"]), "a test");
            continue;
        }
        if nth == 2 {
            world.store().update_refs(&[update(OWN, Some(one), Some(two))]).expect("git moves it");
            let mode = fs::metadata(world.repository().join(".git").join(OWN)).expect("a ref").permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o060, 0o060, "the group may write");
            continue;
        }
        without_git(&world, one, two).expect_err("git is asked");
        assert_eq!(world.repo_git(&["rev-parse", OWN]), one.to_string(), "way {nth}");
    }
}
