//! Where a file came from, beside git's own blame.

use super::World;
use crate::model::ObjectId;
use crate::store::introduced::Introduced;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;

/// One step of a history: what is done to one of three files, on one of two branches, or the branches merged.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Write { file: usize, lines: Vec<u8> },
    Remove { file: usize },
    Rename { file: usize, to: usize },
    Switch,
    Merge { theirs: bool },
}

pub(crate) const FILES: [&str; 3] = ["notes/a.md", "notes/b.md", "c.md"];

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let file = 0..FILES.len();
    prop_oneof![
        6 => (file.clone(), proptest::collection::vec(0..4_u8, 0..5)).prop_map(|(file, lines)| Step::Write { file, lines }),
        2 => file.clone().prop_map(|file| Step::Remove { file }),
        2 => (file.clone(), file).prop_map(|(file, to)| Step::Rename { file, to }),
        2 => Just(Step::Switch),
        2 => any::<bool>().prop_map(|theirs| Step::Merge { theirs }),
    ]
}

/// Takes the steps that are possible, each as one commit.
pub(crate) fn play(world: &World, steps: &[Step]) {
    let folder = world.repository();
    world.repo_git(&["commit", "-q", "--allow-empty", "-m", "root"]);
    world.repo_git(&["branch", "other"]);
    for step in steps {
        match step {
            Step::Write { file, lines } => {
                let path = folder.join(FILES[*file]);
                fs::create_dir_all(path.parent().expect("a folder")).expect("made");
                fs::write(path, lines.iter().map(|line| format!("line {line}\n")).collect::<String>())
                    .expect("written");
            }
            Step::Remove { file } => drop(fs::remove_file(folder.join(FILES[*file]))),
            Step::Rename { file, to } => {
                let to = folder.join(FILES[*to]);
                fs::create_dir_all(to.parent().expect("a folder")).expect("made");
                drop(fs::rename(folder.join(FILES[*file]), to));
            }
            Step::Switch => {
                let at = world.repo_git(&["symbolic-ref", "--short", "HEAD"]);
                world.repo_git(&["checkout", "-q", if at == "main" { "other" } else { "main" }]);
                continue;
            }
            Step::Merge { theirs } => {
                let at = world.repo_git(&["symbolic-ref", "--short", "HEAD"]);
                let side = if *theirs { "theirs" } else { "ours" };
                let other = if at == "main" { "other" } else { "main" };
                let merge = ["merge", "-q", "--no-ff", "-X", side, "-m", "merge", other];
                if world.store().git().check(&merge).is_err() {
                    world.repo_git(&["reset", "-q", "--hard"]);
                }
                continue;
            }
        }
        world.repo_git(&["add", "-A"]);
        world.repo_git(&["commit", "-q", "--allow-empty", "-m", "step"]);
    }
}

/// The commits that git's blame names for a file, at a commit.
fn blamed(world: &World, commit: &str, path: &str) -> Vec<String> {
    let listed = world.repo_git(&["blame", "--line-porcelain", commit, "--", path]);
    let header = |line: &&str| line.split(' ').next().is_some_and(|id| ObjectId::parse(id).is_ok());
    listed.lines().filter(header).map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn git_blames_the_same_commits(steps in proptest::collection::vec(step(), 1..14)) {
        let world = World::new();
        play(&world, &steps);
        let store = world.store();
        let tip = world.repo_git(&["rev-parse", "HEAD"]);
        let head = ObjectId::parse(&tip).expect("an id");
        for path in FILES {
            if store.file(head, path).expect("read").is_none() {
                continue;
            }
            let lines = blamed(&world, &tip, path);
            match store.introduced(head, path).expect("found") {
                Introduced::Whole(commit) => {
                    let named: BTreeSet<String> = lines.into_iter().collect();
                    prop_assert!(named.iter().all(|id| *id == commit.to_string()), "{path}: {commit}, not {named:?}");
                }
                Introduced::Since(commit) => {
                    prop_assert_eq!(blamed(&world, &commit.to_string(), path), lines, "{} from {}", path, commit);
                }
            }
        }
    }
}

#[test]
fn a_file_that_came_alone_is_told_from_one_that_was_renamed_or_edited() {
    let world = World::new();
    let write = |file, lines: &[u8]| Step::Write { file, lines: lines.to_vec() };
    play(&world, &[write(0, &[1, 2, 3]), write(1, &[0]), write(1, &[0, 1]), write(2, &[2])]);
    let ids = world.repo_git(&["rev-list", "--reverse", "HEAD"]);
    let ids: Vec<ObjectId> = ids.lines().map(|id| ObjectId::parse(id).expect("an id")).collect();
    let tip = *ids.last().expect("commits");
    let of = |path, tip| world.store().introduced(tip, path).expect("found");
    assert_eq!(of("notes/a.md", tip), Introduced::Whole(ids[1]));
    assert_eq!(of("notes/b.md", tip), Introduced::Since(ids[3]));
    assert_eq!(of("c.md", tip), Introduced::Whole(ids[4]));
    assert_eq!(of("none.md", tip), Introduced::Since(tip));
    assert_eq!(of("notes", tip), Introduced::Since(tip));
    world.repo_git(&["mv", "notes/a.md", "notes/d.md"]);
    world.repo_git(&["commit", "-q", "-m", "renamed"]);
    let tip = ObjectId::parse(&world.repo_git(&["rev-parse", "HEAD"])).expect("an id");
    assert_eq!(of("notes/d.md", tip), Introduced::Since(tip));
    assert_eq!(of("notes/b.md", tip), Introduced::Since(ids[3]));
}
