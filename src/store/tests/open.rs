//! Opening as git would, and refusing what cannot be read correctly.

use super::{World, commit, update};
use crate::store::{Git, IdentityError, MemoryError, OpenError, Signature, Store};
use std::fs;

#[test]
fn the_repository_is_found_from_anywhere_in_it() {
    let world = World::new();
    let store = world.store();
    let tip = commit(&store, None, &[("dream.toml", ""), ("notes/a.md", "a")], "first");
    store.update_refs(&[update("refs/heads/main", None, Some(tip))]).expect("main");
    fs::create_dir_all(world.repository().join("deep/er")).expect("a folder");
    let deep = Store::discover(&world.environment, &world.repository().join("deep/er")).expect("found");
    assert_eq!(deep.work_dir(), Some(world.repository().as_path()));

    world.repo_git(&["worktree", "add", "-q", "-b", "side", "../side"]);
    let side = Store::discover(&world.environment, &world.path("side")).expect("found");
    assert_eq!(side.common_dir(), world.repository().join(".git"));
    assert_eq!(side.git_dir(), world.repository().join(".git/worktrees/side"));
    assert_eq!(
        side.git().check(&["rev-parse", "--show-toplevel"]).expect("git").text(),
        world.path("side").to_string_lossy()
    );

    world.git(&["clone", "-q", "--bare", "repository", "bare"]);
    let bare = Store::discover(&world.environment, &world.path("bare/objects")).expect("found");
    assert!(bare.is_bare());
    assert_eq!(bare.memory_branch().expect("a memory").as_str(), "refs/heads/main");
    assert_eq!(bare.git().check(&["rev-parse", "HEAD"]).expect("git").text(), tip.to_string());
}

#[test]
fn variables_name_the_repository() {
    let world = World::new();
    let mut environment = world.environment.clone();
    fs::create_dir(world.path("tree")).expect("a folder");
    environment.variables.insert("GIT_DIR".into(), "../repository/.git".into());
    environment.variables.insert("GIT_WORK_TREE".into(), ".".into());
    let store = Store::discover(&environment, &world.path("tree")).expect("found");
    assert_eq!(store.work_dir(), Some(world.path("tree").as_path()));
    assert_eq!(
        store.git().check(&["rev-parse", "--show-toplevel"]).expect("git").text(),
        world.path("tree").to_string_lossy()
    );
    environment.variables.insert("GIT_DIR".into(), "nowhere".into());
    assert!(matches!(Store::discover(&environment, &world.path("tree")), Err(OpenError::NotFound(_))));
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let world = World::empty();
    let open = |name: &str| Store::discover(&world.environment, &world.path(name)).map(drop);
    fs::create_dir(world.path("none")).expect("a folder");
    assert!(matches!(open("none"), Err(OpenError::NotFound(_))));
    world.git(&["init", "-q", "--object-format=sha256", "sha256"]);
    assert!(matches!(open("sha256"), Err(OpenError::Sha256(_))));
    world.git(&["init", "-q", "--ref-format=reftable", "reftable"]);
    assert!(matches!(open("reftable"), Err(OpenError::Reftable(_))));
    world.git(&["init", "-q", "grafts"]);
    fs::create_dir_all(world.path("grafts/.git/info")).expect("a folder");
    fs::write(world.path("grafts/.git/info/grafts"), "4b825dc642cb6eb9a060e54bf8d69288fbee4904\n").expect("a file");
    assert!(matches!(open("grafts"), Err(OpenError::Grafts(_))));
}

#[test]
fn memory_is_the_branch_that_holds_the_settings() {
    let world = World::new();
    let store = world.store();
    assert!(
        matches!(store.memory_branch(), Err(MemoryError::NoMemory { ref looked }) if looked == &["main", "master"])
    );
    let tip = commit(&store, None, &[("dream.toml", "")], "first");
    let branches = ["refs/heads/master", "refs/heads/dream/2026-05-06-k3f9"];
    store.update_refs(&branches.map(|name| update(name, None, Some(tip)))).expect("branches");
    assert_eq!(store.memory_branch().expect("a memory").short(), "master");
    world.repo_git(&["symbolic-ref", "HEAD", "refs/heads/dream/2026-05-06-k3f9"]);
    assert_eq!(store.memory_branch().expect("a dream is no memory").short(), "master");
    world.repo_git(&["config", "dream.branch", "beliefs"]);
    let store = world.store();
    assert_eq!(store.memory_branch().expect("as set").as_str(), "refs/heads/beliefs");
    assert_eq!(store.memory_tip().expect("unborn"), None);
}

#[test]
fn identities_are_gits_and_times_are_the_commands() {
    let mut world = World::new();
    let signature = world.store().author_identity().expect("an author");
    assert_eq!(signature.to_string(), "Ada <ada@example.com> 1780000000 +0000");
    world.environment.fixed_clock = false;
    world.environment.variables.insert("TZ".into(), "XXX-05:30".into());
    assert_eq!(world.store().identity().expect("a committer").to_string(), "Ada <ada@example.com> 1780000000 +0530");
    world.environment.variables.insert("GIT_COMMITTER_DATE".into(), "1700000000 -0330".into());
    assert_eq!(world.store().identity().expect("a committer").to_string(), "Ada <ada@example.com> 1700000000 -0330");
    world.environment.variables.retain(|name, _| !name.starts_with("GIT_AUTHOR") && !name.starts_with("GIT_COMMITTER"));
    world.repo_git(&["config", "user.useConfigOnly", "true"]);
    assert!(matches!(world.store().identity(), Err(IdentityError::Unknown(_))));
    world.repo_git(&["config", "user.name", "Grace"]);
    world.repo_git(&["config", "user.email", "grace@example.com"]);
    assert_eq!(world.store().identity().expect("from settings").name, "Grace");
}

#[test]
fn identities_that_are_plain_are_those_that_git_would_write() {
    let mut world = World::new();
    world.environment.fixed_clock = false;
    let names =
        ["Ada", "Ada L.", " Ada ", "Zoë Müller-Lüdenscheidt", "A, B", "\"A\" <b>", "山田 太郎", "R2-D2 (bot)", "."];
    for name in names {
        for (key, of) in [("GIT_AUTHOR_NAME", "variable"), ("author.name", "author"), ("user.name", "user")] {
            let mut environment = world.environment.clone();
            match key.starts_with("GIT") {
                true => drop(environment.variables.insert(key.into(), name.into())),
                false => {
                    environment.variables.remove("GIT_AUTHOR_NAME");
                    world.repo_git(&["config", key, name]);
                }
            }
            let store = Store::discover(&environment, &world.repository()).expect("the repository opens");
            let told = Git::new(&environment, &world.repository()).run(&["var", "GIT_AUTHOR_IDENT"]).expect("git runs");
            let told = Signature::parse(&told.text()).filter(|_| told.success());
            let ours = store.author_identity().ok();
            let parts = |who: Option<Signature>| who.map(|who| (who.name, who.email, who.offset_minutes));
            assert_eq!(parts(ours), parts(told), "{name} of the {of}");
        }
        world.repo_git(&["config", "--unset", "author.name"]);
        world.repo_git(&["config", "--unset", "user.name"]);
    }
}

#[test]
fn settings_are_read_as_git_reads_them() {
    let mut world = World::new();
    world.repo_git(&["config", "Remote.Some.Name.URL", "x\ny"]);
    world.environment.variables.insert("GIT_CONFIG_COUNT".into(), "1".into());
    world.environment.variables.insert("GIT_CONFIG_KEY_0".into(), "dream.depth".into());
    world.environment.variables.insert("GIT_CONFIG_VALUE_0".into(), "3".into());
    let store = world.store();
    assert_eq!(store.config("remote.Some.Name.url").as_deref(), Some("x\ny"));
    assert_eq!(store.config("Dream.Depth").as_deref(), Some("3"));
    assert_eq!(store.config("dream.none"), None);
}
