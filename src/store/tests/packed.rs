//! The reader of packs against git and libgit2: the same bytes, or nothing; never others, and no panic.

use super::World;
use crate::model::ObjectId;
use crate::store::object::intact;
use crate::store::packed::{Packs, Reader};
use git2::ObjectType;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

type Objects = BTreeMap<ObjectId, (ObjectType, Vec<u8>)>;

/// A history in which files and folders grow by little, as memory does, and one file is large.
fn history(world: &World, commits: std::ops::Range<usize>, large: usize) {
    let folder = world.repository().join("notes");
    fs::create_dir_all(&folder).expect("a folder");
    let noise = |seed: usize| (0..large).map(move |at| (((at ^ seed) * 2_654_435_761) >> 7).to_string());
    for number in commits {
        let text = |topic: usize| format!("Service {number} listens on port {topic}.\n").repeat(number % 7 + 1);
        fs::write(folder.join(format!("n{number}.md")), text(number)).expect("a note");
        fs::write(folder.join(format!("n{}.md", number / 2)), text(7)).expect("a note");
        let large: String = noise(number / 9).chain(Some(number.to_string())).collect();
        fs::write(world.repository().join("large.txt"), large).expect("a file");
        world.repo_git(&["add", "-A"]);
        world.repo_git(&["commit", "-q", "-m", &format!("the {number}th\n\n{}", text(number))]);
    }
}

/// All that the repository holds, as git tells it.
fn expected(world: &World) -> Objects {
    let told =
        world.store().git().check(&["cat-file", "--batch-all-objects", "--batch"]).expect("git reads them").stdout;
    let (mut objects, mut rest) = (Objects::new(), &told[..]);
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let head: Vec<&str> = std::str::from_utf8(&rest[..end]).expect("a head").split(' ').collect();
        let (kind, size) = (ObjectType::from_str(head[1]).expect("a kind"), head[2].parse::<usize>().expect("a size"));
        let bytes = rest[end + 1..][..size].to_vec();
        objects.insert(ObjectId::parse(head[0]).expect("an id"), (kind, bytes));
        rest = &rest[end + 1 + size + 1..];
    }
    objects
}

fn folder(world: &World) -> PathBuf {
    world.repository().join(".git/objects/pack")
}

fn files(world: &World, extension: &str) -> Vec<PathBuf> {
    let names = fs::read_dir(folder(world)).expect("a pack folder").map(|file| file.expect("a file").path());
    names.filter(|path| path.extension().is_some_and(|own| own == extension)).collect()
}

fn reader(world: &World) -> Reader {
    Reader::new(Arc::new(Packs::open(&folder(world))))
}

/// How many objects the reader reads; those that it reads are what git says, if their hash does not tell otherwise.
#[track_caller]
fn compare(world: &World, objects: &Objects) -> usize {
    let mut reader = reader(world);
    let mut read = 0;
    // The second time much is kept, and the order is another.
    for (id, (kind, bytes)) in objects.iter().chain(objects.iter().rev()) {
        let found = reader.object(id).filter(|(kind, bytes)| intact(*id, *kind, bytes));
        read += usize::from(found.is_some());
        assert!(found.is_none_or(|(own, found)| own == *kind && *found == *bytes), "{id}");
    }
    read / 2
}

/// The longest chain of differences in all packs.
fn longest_chain(world: &World) -> usize {
    let index = files(world, "idx")[0].to_string_lossy().into_owned();
    let told = world.repo_git(&["verify-pack", "-s", &index]);
    told.lines()
        .filter_map(|line| line.strip_prefix("chain length = ")?.split(':').next()?.parse().ok())
        .max()
        .unwrap_or(0)
}

#[test]
fn every_object_of_a_pack_reads_as_git_reads_it_with_either_kind_of_difference() {
    let world = World::new();
    history(&world, 0..60, 9_000);
    world.repo_git(&["tag", "-a", "-m", "a tag", "v1"]);
    let objects = expected(&world);
    for by_offset in ["true", "false"] {
        let setting = format!("repack.useDeltaBaseOffset={by_offset}");
        world.repo_git(&["-c", &setting, "repack", "-q", "-adf", "--depth=50", "--window=50"]);
        assert!(longest_chain(&world) > 10, "{}", longest_chain(&world));
        assert_eq!(compare(&world, &objects), objects.len(), "{setting}");
    }
    let store = world.store();
    let other = store.read_much().open().expect("another");
    for (id, (_, bytes)) in objects.iter().filter(|(_, (kind, _))| *kind == ObjectType::Blob) {
        assert_eq!(store.blob(*id).expect("a blob"), *bytes);
        assert_eq!(other.blob(*id).expect("a blob"), *bytes);
        assert!(store.commit(*id).is_err(), "a blob is no commit");
    }
}

#[test]
fn several_packs_are_read_and_loose_objects_are_left_to_libgit2() {
    let world = World::new();
    for commits in [0..20, 20..40, 40..45] {
        history(&world, commits, 1_000);
        world.repo_git(&["repack", "-q", "-d"]);
    }
    let packed = expected(&world);
    assert_eq!(files(&world, "pack").len(), 3);
    assert_eq!(compare(&world, &packed), packed.len());

    let store = world.store();
    store.read_much();
    history(&world, 45..48, 1_000);
    let all = expected(&world);
    assert_eq!(compare(&world, &all), packed.len());
    // Packs that came, and those that were known and went.
    world.repo_git(&["repack", "-q", "-ad"]);
    for (id, (_, bytes)) in all.iter().filter(|(_, (kind, _))| *kind == ObjectType::Blob) {
        assert_eq!(store.blob(*id).expect("a blob"), *bytes);
    }
}

/// Each damage that `spoil` does to a copy of one of the files, for steps from 0 to 1.
fn damaged(extension: &str, steps: usize, spoil: impl Fn(&mut Vec<u8>, f64)) {
    let world = World::new();
    history(&world, 0..20, 500);
    world.repo_git(&["repack", "-q", "-adf", "--depth=50"]);
    let objects = expected(&world);
    let path = files(&world, extension).remove(0);
    let sound = fs::read(&path).expect("the file");
    let mut missed = 0;
    for step in 0..steps {
        let mut bytes = sound.clone();
        spoil(&mut bytes, step as f64 / steps as f64);
        fs::remove_file(&path).expect("removed");
        fs::write(&path, bytes).expect("written");
        let read = compare(&world, &objects);
        missed += usize::from(read < objects.len());
        if step % 8 == 0 {
            let store = world.store();
            store.read_much();
            let blobs = objects.iter().filter(|(_, (kind, _))| *kind == ObjectType::Blob);
            assert!(
                blobs
                    .into_iter()
                    .all(|(id, (_, bytes))| store.blob(*id).is_ok_and(|own| own == *bytes) || store.blob(*id).is_err())
            );
        }
    }
    assert!(missed > steps / 4, "the damage is felt: {missed} of {steps}");
}

fn place(bytes: &[u8], at: f64) -> usize {
    (bytes.len() as f64 * at) as usize
}

#[test]
fn a_pack_with_wrong_bytes_gives_what_is_sound_or_nothing() {
    damaged("pack", 64, |bytes, at| {
        let at = place(bytes, at);
        bytes[at] ^= 0xff;
    });
}

#[test]
fn a_pack_that_ends_early_gives_what_is_sound_or_nothing() {
    damaged("pack", 16, |bytes, at| bytes.truncate(place(bytes, at)));
}

#[test]
fn an_index_with_wrong_bytes_gives_what_is_sound_or_nothing() {
    damaged("idx", 64, |bytes, at| {
        let at = place(bytes, at);
        bytes[at..].iter_mut().take(3).for_each(|byte| *byte ^= 0x5f);
    });
    damaged("idx", 16, |bytes, at| bytes.truncate(place(bytes, at)));
}
