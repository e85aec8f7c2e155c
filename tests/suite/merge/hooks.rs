//! Hooks run as on a merge or a commit of git's own, and signatures are made when git is set to make them.

use super::repository::{Repository, step};
use git_dream::store::{DecideError, Extent, HookError, LandError, Manner, Selection, Sign, Verify};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn hook(repository: &Repository, name: &str, script: &str) {
    let folder = repository.path.join("hooks-here");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a hook");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
    repository.git(&["config", "core.hooksPath", folder.to_str().expect("text")]);
}

fn repositories() -> [Repository; 2] {
    let memory = [("notes/a.md", "- a\n")];
    let all = [Repository::with(&memory), Repository::bare(&memory)];
    fs::write(all[0].path.join(".git/info/exclude"), "hooks-here\nran\n").expect("excluded");
    for repository in &all {
        repository.dream("aaaa", &[step("one", "notes/one.md", "- one\n")]);
    }
    all
}

#[test]
fn hooks_run_in_gits_order_and_may_edit_the_message() {
    for repository in repositories() {
        let ran = repository.path.join("ran");
        let note = |name: &str| format!("echo {name} ${{2-}} >> {}", ran.display());
        for name in ["pre-merge-commit", "prepare-commit-msg", "post-merge", "pre-commit", "post-commit"] {
            hook(&repository, name, &note(name));
        }
        hook(
            &repository,
            "commit-msg",
            &format!("{}\nsed -i 's/^Merge dream/Merge the dream/' \"$1\"", note("commit-msg")),
        );
        let store = repository.store();
        store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
        assert!(repository.git(&["log", "-1", "--format=%s", "main"]).starts_with("Merge the dream"));
        store.revert("aaaa", &Extent::Whole, None, &Manner::default()).expect("reverted");
        let order = "pre-merge-commit\nprepare-commit-msg merge\ncommit-msg\npost-merge\npre-commit\nprepare-commit-msg message\ncommit-msg\npost-commit\n";
        assert_eq!(fs::read_to_string(&ran).expect("they ran"), order);
        repository.sound();
    }
}

#[test]
fn a_hook_that_refuses_leaves_everything_as_it_was() {
    for name in ["pre-merge-commit", "prepare-commit-msg", "commit-msg"] {
        for repository in repositories() {
            hook(&repository, name, "echo not today >&2; exit 1");
            let before = repository.git(&["for-each-ref"]);
            let refused = repository.store().approve("aaaa", &Selection::All, &Manner::default());
            let Err(DecideError::Land(LandError::Hook(HookError::Refused { hook, output }))) = refused else {
                panic!("{refused:?}")
            };
            assert_eq!((hook, output.as_str()), (name, "not today"));
            assert_eq!(repository.git(&["for-each-ref"]), before);
            assert!(!repository.path.join("notes/one.md").exists());
            repository.sound();
            if name != "prepare-commit-msg" {
                let manner = Manner { verify: Verify::No, ..Manner::default() };
                repository.store().approve("aaaa", &Selection::All, &manner).expect("approved without verify");
            }
        }
    }
}

#[test]
fn a_complaint_of_a_late_hook_is_reported_and_changes_nothing() {
    let [repository, _] = repositories();
    hook(&repository, "post-merge", "echo late >&2; exit 1");
    let approved = repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    assert!(approved.landed.complaints.iter().any(|text| text.as_str().contains("late")));
}

#[test]
fn decisions_are_signed_when_git_is_set_to_sign() {
    for repository in repositories() {
        let key = repository.path.join("ran");
        let made = repository.environment.clone();
        let run = git_dream::store::Git::new(&made, &repository.path);
        // ssh-keygen is part of the same package as the ssh that git needs; without it there is nothing to sign with.
        let alias = format!("alias.keygen=!ssh-keygen -q -t ed25519 -N '' -f {}", key.display());
        if !run.run(&["-c", &alias, "keygen"]).is_ok_and(|output| output.success()) {
            return;
        }
        repository.git(&["config", "gpg.format", "ssh"]);
        repository.git(&["config", "user.signingKey", key.to_str().expect("text")]);
        repository.git(&["config", "commit.gpgSign", "true"]);
        let store = repository.store();
        let signed =
            |name: &str| repository.git(&["cat-file", "commit", name]).contains("-----BEGIN SSH SIGNATURE-----");
        let approved = store.approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
        assert!(signed(&approved.landed.commit.to_string()));
        let date = repository.git(&["log", "-1", "--format=%ct %at", "main"]);
        assert_eq!(date, format!("{0} {0}", repository.environment.now.timestamp()));
        let manner = Manner { sign: Sign::No, ..Manner::default() };
        store.revert("aaaa", &Extent::Whole, None, &manner).expect("reverted");
        assert!(!signed("main"));
    }
}

#[test]
fn a_signature_that_cannot_be_made_leaves_everything_as_it_was() {
    for repository in repositories() {
        repository.git(&["config", "gpg.format", "ssh"]);
        repository.git(&["config", "user.signingKey", "/nowhere/key"]);
        let before = repository.git(&["for-each-ref"]);
        let manner = Manner { sign: Sign::Yes(None), ..Manner::default() };
        let refused = repository.store().approve("aaaa", &Selection::All, &manner);
        assert!(matches!(refused, Err(DecideError::Land(LandError::Sign(_)))), "{refused:?}");
        assert_eq!(repository.git(&["for-each-ref"]), before);
        repository.sound();
    }
}
