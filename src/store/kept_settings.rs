//! What git said of its settings, kept as long as every file that they come from is the one it was: asking git takes as
//! long as most commands take for everything else. Where it cannot be told which files those are (includes, settings
//! given by variables or options), or where one was written a moment ago, git is asked each time.
//!
//! Only what we act on is kept: settings of others may hold credentials.

use super::Store;
use super::mark::Mark;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = concat!("git-dream settings 1 ", env!("CARGO_PKG_VERSION"), "\n");
/// Sections of which everything is kept.
const OURS: [&str; 12] =
    ["author", "color", "commit", "committer", "core", "dream", "extensions", "gc", "gpg", "hook", "init", "user"];

/// All settings as git lists them, and where they come from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub settings: BTreeMap<String, String>,
    /// Files, and whatever else git says in their place.
    origins: BTreeSet<Vec<u8>>,
}

impl Listed {
    /// From `git config --list -z --show-origin`; of several values the last counts.
    pub fn parse(output: &[u8]) -> Self {
        let mut listed = Self::default();
        let mut parts = output.split(|byte| *byte == 0);
        while let (Some(origin), Some(item)) = (parts.next(), parts.next()) {
            listed.origins.insert(origin.to_owned());
            let text = String::from_utf8_lossy(item).into_owned();
            match text.split_once('\n') {
                Some((key, value)) => listed.settings.insert(key.to_owned(), value.to_owned()),
                None => listed.settings.insert(text, "true".to_owned()),
            };
        }
        listed
    }
}

/// Whether a setting is one of those that are kept.
pub(super) fn is_kept(key: &str) -> bool {
    let section = key.split('.').next().unwrap_or_default();
    OURS.contains(&section)
        || key.starts_with("merge.dream.")
        || key.starts_with("remote.") && key.ends_with(".promisor")
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// All that decides which files git reads.
    key: [u8; 20],
    files: Vec<(String, Option<Mark>)>,
    settings: BTreeMap<String, String>,
}

impl Store {
    /// What git listed here before, if it would list the same again; only settings that [`is_kept`].
    pub(super) fn kept_settings(&self) -> Option<BTreeMap<String, String>> {
        let bytes = fs::read(self.settings_file()).ok()?;
        let (checksum, packed) = bytes.strip_prefix(MAGIC.as_bytes())?.split_first_chunk()?;
        if crc32fast::hash(packed).to_le_bytes() != *checksum {
            return None;
        }
        let kept: Kept = postcard::from_bytes(packed).ok()?;
        let same = |(path, mark): &(String, Option<Mark>)| Mark::of(Path::new(path)) == *mark;
        (kept.key == self.settings_key()? && kept.files.iter().all(same)).then_some(kept.settings)
    }

    /// Keeps what git has just listed, where it can be told when that changes. A file that cannot be written is no error.
    pub(super) fn keep_settings(&self, listed: &Listed) {
        let _ = self.try_keep_settings(listed);
    }

    fn try_keep_settings(&self, listed: &Listed) -> Option<()> {
        // A repository that is no memory is left as it is.
        if !self.common_dir().join("dream").is_dir() {
            return None;
        }
        let includes = |key: &String| key.starts_with("include.") || key.starts_with("includeif.");
        if listed.settings.keys().any(includes) {
            return None;
        }
        let path = self.settings_file();
        let folder = path.parent()?;
        fs::create_dir_all(folder).ok()?;
        let mut file = tempfile::NamedTempFile::new_in(folder).ok()?;
        // The clock of the files, not ours.
        let now = Mark::of(file.path())?.modified;
        let settled = |mark: &Mark| mark.is_settled(now);
        // Asked first of the one that is always there, before git is asked for the others.
        if !Mark::of(&self.common_dir().join("config")).is_some_and(|mark| settled(&mark)) {
            return None;
        }
        let files = self.settings_files()?;
        let real = |path: PathBuf| path.canonicalize().ok();
        let known: BTreeSet<PathBuf> = files.iter().cloned().filter_map(real).collect();
        let is_known = |origin: &Vec<u8>| {
            let path = std::str::from_utf8(origin).ok().and_then(|origin| origin.strip_prefix("file:"));
            path.and_then(|path| real(self.git().directory().join(path))).is_some_and(|path| known.contains(&path))
        };
        if !listed.origins.iter().all(is_known) {
            return None;
        }
        let files: Vec<(String, Option<Mark>)> =
            files.iter().map(|path| Some((path.to_str()?.to_owned(), Mark::of(path)))).collect::<Option<_>>()?;
        if !files.iter().filter_map(|(_, mark)| mark.as_ref()).all(settled) {
            return None;
        }
        let ours = listed.settings.iter().filter(|(key, _)| is_kept(key));
        let settings = ours.map(|(key, value)| (key.clone(), value.clone())).collect();
        let packed = postcard::to_stdvec(&Kept { key: self.settings_key()?, files, settings }).ok()?;
        file.write_all(MAGIC.as_bytes()).ok()?;
        file.write_all(&crc32fast::hash(&packed).to_le_bytes()).ok()?;
        file.write_all(&packed).ok()?;
        file.persist(path).ok()?;
        Some(())
    }

    fn settings_file(&self) -> PathBuf {
        self.common_dir().join("dream/cache/settings")
    }

    /// Every file that git may read settings from here, there or not; nothing where git does not tell.
    fn settings_files(&self) -> Option<Vec<PathBuf>> {
        let mut files = vec![self.common_dir().join("config"), self.git_dir().join("config.worktree")];
        for asked in ["GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL"] {
            let told = self.git().run(&["var", asked]).ok()?;
            let paths = String::from_utf8(told.stdout).ok()?;
            // An older git knows no such variable, and says so; that there is no file at all is said by silence.
            if told.status != 0 && !told.stderr.is_empty() {
                return None;
            }
            files.extend(paths.lines().filter(|line| !line.is_empty()).map(|line| self.git().directory().join(line)));
        }
        Some(files)
    }

    /// A hash of which git it is, where it is asked, and the variables that decide which files it reads.
    fn settings_key(&self) -> Option<[u8; 20]> {
        let mut hash = Sha1::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        let program = self.git().found("git");
        let mark = Mark::of(&program)?;
        add(program.as_os_str().as_encoded_bytes());
        add(format!("{mark:?}").as_bytes());
        for path in [self.git_dir(), self.common_dir(), self.git().directory()] {
            add(path.as_os_str().as_encoded_bytes());
        }
        let decides = |name: &str| {
            name.starts_with("GIT_CONFIG") || ["HOME", "XDG_CONFIG_HOME", "GIT_DIR", "GIT_WORK_TREE"].contains(&name)
        };
        for (name, value) in self.environment().variables.iter().filter(|(name, _)| decides(name)) {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        Some(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::store::mark::SETTLED;
    use crate::store::tests::World;
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    /// A world whose settings were written long ago, and a file of the user's own.
    fn world() -> World {
        let mut world = World::new();
        let global = world.path("gitconfig");
        fs::write(&global, "[user]\n\tname = Ada\n[http]\n\textraHeader = secret\n").expect("written");
        world.environment.variables.insert("GIT_CONFIG_GLOBAL".into(), global.to_string_lossy().into_owned());
        fs::create_dir(world.repository().join(".git/dream")).expect("a folder");
        world
    }

    /// The files' times cannot be set back all together (nobody sets when a number was given), so it is waited for them.
    fn settle() {
        std::thread::sleep(SETTLED[1] + Duration::from_millis(50));
    }

    fn open(world: &World, environment: &Environment) -> Store {
        Store::discover_with_settings(environment, &world.repository()).expect("the repository opens")
    }

    fn is_kept_now(world: &World, environment: &Environment) -> bool {
        open(world, environment).kept_settings().is_some()
    }

    #[test]
    fn settings_are_kept_until_anything_changes_that_decides_them() {
        let world = world();
        let fresh = &world.environment;
        let name = || open(&world, fresh).config("user.name");
        assert_eq!(name().as_deref(), Some("Ada"));
        let config = world.repository().join(".git/config");
        let whole = SystemTime::now() + Duration::from_secs(60);
        File::options().write(true).open(&config).and_then(|file| file.set_modified(whole)).expect("set");
        name();
        assert!(!is_kept_now(&world, fresh), "they are too new");
        File::options().write(true).open(&config).and_then(|file| file.set_modified(SystemTime::now())).expect("set");
        settle();
        assert_eq!(name().as_deref(), Some("Ada"));
        assert!(is_kept_now(&world, fresh));
        let store = open(&world, fresh);
        assert_eq!(store.config("http.extraheader").as_deref(), Some("secret"), "git is asked for what is not kept");
        let bytes = fs::read(store.settings_file()).expect("kept settings");
        assert!(!bytes.windows(6).any(|part| part == b"secret"));

        // Another file in place of the old, of the same length and with its times.
        let global = world.path("gitconfig");
        let times = fs::metadata(&global).and_then(|file| file.modified()).expect("a time");
        fs::write(&global, "[user]\n\tname = Bob\n[http]\n\textraHeader = secret\n").expect("written");
        File::options().write(true).open(&global).and_then(|file| file.set_modified(times)).expect("set back");
        assert_eq!(name().as_deref(), Some("Bob"));
        settle();
        assert_eq!(name().as_deref(), Some("Bob"));
        assert!(is_kept_now(&world, fresh));
        world.repo_git(&["config", "user.name", "Eve"]);
        assert_eq!(name().as_deref(), Some("Eve"));
        // A file that was not there.
        settle();
        name();
        assert!(is_kept_now(&world, fresh));
        world.repo_git(&["config", "extensions.worktreeConfig", "true"]);
        world.repo_git(&["config", "--worktree", "user.name", "Mia"]);
        assert_eq!(name().as_deref(), Some("Mia"));
        // Variables decide too.
        let mut other = fresh.clone();
        other.variables.insert("GIT_CONFIG_GLOBAL".into(), "/dev/null".into());
        other.variables.insert("GIT_CONFIG_COUNT".into(), "1".into());
        other.variables.insert("GIT_CONFIG_KEY_0".into(), "user.name".into());
        other.variables.insert("GIT_CONFIG_VALUE_0".into(), "Zoe".into());
        assert_eq!(open(&world, &other).config("user.name").as_deref(), Some("Zoe"));
        assert_eq!(name().as_deref(), Some("Mia"));
    }

    #[test]
    fn settings_of_which_not_every_file_is_known_are_asked_for_each_time() {
        let world = world();
        fs::write(world.path("more"), "[dream]\n\tbranch = notes\n").expect("written");
        world.repo_git(&["config", "include.path", &world.path("more").to_string_lossy()]);
        settle();
        for _ in 0..2 {
            assert_eq!(open(&world, &world.environment).config("dream.branch").as_deref(), Some("notes"));
            assert!(!is_kept_now(&world, &world.environment));
        }
    }

    #[test]
    fn damaged_settings_are_not_believed() {
        let world = world();
        settle();
        let store = open(&world, &world.environment);
        store.config("user.name");
        let (file, bytes) = (store.settings_file(), fs::read(store.settings_file()).expect("kept settings"));
        for at in (0..bytes.len()).step_by(3) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            fs::write(&file, damaged).expect("damaged");
            assert!(store.kept_settings().is_none(), "byte {at}");
        }
        fs::write(&file, &bytes).expect("whole");
        assert!(store.kept_settings().is_some());
    }

    #[test]
    fn a_list_is_read_with_its_origins() {
        let listed =
            Listed::parse(b"file:.git/config\0core.bare\nfalse\0command line:\0core.bare\ntrue\0file:a\0a.b\0");
        assert_eq!(listed.settings["core.bare"], "true");
        assert_eq!(listed.settings["a.b"], "true");
        assert_eq!(listed.origins.len(), 3);
    }
}
