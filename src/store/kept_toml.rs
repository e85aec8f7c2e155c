//! The settings file of the commits at which memory stood last. Every command asks for it, also those that need nothing
//! else of memory, and to find three objects in the packs takes longer than to read one small file. A commit's file never
//! changes; the copy is checked by a checksum, thrown away on any doubt, never needed.

use super::memory::SETTINGS;
use super::{ReadError, Store};
use crate::model::ObjectId;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = concat!("git-dream toml 1 ", env!("CARGO_PKG_VERSION"), "\n");
/// Memory, a branch beside it, and those before.
const MOST: usize = 4;
/// Larger ones are no settings file that a person wrote.
const LARGEST: usize = 64 << 10;

/// The newest first; nothing of a commit that has none.
pub(super) type Kept = Vec<(ObjectId, Option<Vec<u8>>)>;

impl Store {
    /// The settings file of a commit, if it has one.
    pub fn settings_of(&self, commit: ObjectId) -> Result<Option<Vec<u8>>, ReadError> {
        let mut kept = self.kept_toml.borrow_mut();
        let kept = kept.get_or_insert_with(|| self.read_kept_toml().unwrap_or_default());
        if let Some((_, file)) = kept.iter().find(|(of, _)| *of == commit) {
            return Ok(file.clone());
        }
        let file = self.file(commit, SETTINGS)?;
        if file.as_ref().is_none_or(|file| file.len() <= LARGEST) {
            kept.insert(0, (commit, file.clone()));
            kept.truncate(MOST);
            let _ = self.write_kept_toml(kept);
        }
        Ok(file)
    }

    fn kept_toml_path(&self) -> PathBuf {
        self.common_dir().join("dream/cache/toml")
    }

    fn read_kept_toml(&self) -> Option<Kept> {
        let bytes = fs::read(self.kept_toml_path()).ok()?;
        let (checksum, packed) = bytes.strip_prefix(MAGIC.as_bytes())?.split_first_chunk()?;
        let intact = crc32fast::hash(packed).to_le_bytes() == *checksum;
        postcard::from_bytes(packed).ok().filter(|_| intact)
    }

    fn write_kept_toml(&self, kept: &Kept) -> Option<()> {
        // A repository that is no memory is left as it is.
        if !self.common_dir().join("dream").is_dir() {
            return None;
        }
        let path = self.kept_toml_path();
        let folder = path.parent()?;
        fs::create_dir_all(folder).ok()?;
        let packed = postcard::to_stdvec(kept).ok()?;
        let mut file = tempfile::NamedTempFile::new_in(folder).ok()?;
        file.write_all(MAGIC.as_bytes()).ok()?;
        file.write_all(&crc32fast::hash(&packed).to_le_bytes()).ok()?;
        file.write_all(&packed).ok()?;
        file.persist(path).ok().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::World;
    use super::*;

    #[test]
    fn what_is_kept_is_what_the_commit_holds_and_damage_is_no_matter() {
        let world = World::new();
        world.repo_git(&["commit", "-q", "--allow-empty", "-m", "none"]);
        fs::write(world.repository().join(SETTINGS), "a = 1\n").expect("written");
        world.repo_git(&["add", SETTINGS]);
        world.repo_git(&["commit", "-q", "-m", "one"]);
        fs::create_dir_all(world.repository().join(".git/dream")).expect("a folder");
        let at = |name: &str| ObjectId::parse(world.repo_git(&["rev-parse", name]).trim()).expect("an id");
        let (none, one) = (at("HEAD~1"), at("HEAD"));
        let check = || {
            let store = world.store();
            assert_eq!(store.settings_of(one).expect("read").as_deref(), Some(&b"a = 1\n"[..]));
            assert_eq!(store.settings_of(none).expect("read"), None);
            store.kept_toml_path()
        };
        let path = check();
        let kept = fs::read(&path).expect("kept");
        check();
        for at in 0..kept.len() {
            let mut damaged = kept.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).expect("written");
            check();
        }
        fs::write(&path, &kept[..kept.len() / 2]).expect("written");
        check();
        assert_eq!(fs::read(&path).expect("kept").len(), kept.len());
    }
}
