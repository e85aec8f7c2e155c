//! A temporary repository with a cleared environment, driven by the real git, and dreams made in it from primitives.

use chrono::{DateTime, Duration, Utc};
use git_dream::config::Environment;
use git_dream::model::{BeliefKey, DreamId, ObjectId};
use git_dream::store::{Git, Ledger, NewCommit, Store, TreeEditor};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub const START: i64 = 1_780_000_000;

pub struct Repository {
    _folder: tempfile::TempDir,
    pub path: PathBuf,
    pub environment: Environment,
}

/// One change commit of a dream: files written (or with `None` removed).
pub struct Step {
    pub name: &'static str,
    pub files: Vec<(&'static str, Option<String>)>,
}

pub fn step(name: &'static str, path: &'static str, text: &str) -> Step {
    Step { name, files: vec![(path, Some(text.to_owned()))] }
}

pub fn key(name: &str) -> BeliefKey {
    BeliefKey::derive(name)
}

impl Repository {
    fn empty(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a real path");
        let path = root.join("repository");
        let mut variables = BTreeMap::new();
        let path_variable = std::env::var("PATH").expect("a PATH");
        let pairs = [
            ("PATH", path_variable.as_str()),
            ("HOME", root.to_str().expect("text")),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CEILING_DIRECTORIES", root.to_str().expect("text")),
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.org"),
        ];
        variables.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let now = DateTime::from_timestamp(START, 0).expect("a time");
        let environment = Environment { now, seed: 1, fixed_clock: true, variables, directory: root.clone() };
        let git = Git::new(&environment, &root);
        let init = [&["init", "-q", "-b", "main"], args, &["repository"]].concat();
        git.check(&init).expect("git init");
        Self { _folder: folder, path, environment }
    }

    /// A repository with a work tree and a memory of these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let repository = Self::empty(&[]);
        repository.write("dream.toml", "");
        files.iter().for_each(|(path, text)| repository.write(path, text));
        repository.save("the memory");
        repository
    }

    /// The same without a work tree.
    pub fn bare(files: &[(&str, &str)]) -> Self {
        let repository = Self::empty(&["--bare"]);
        let store = repository.store();
        let files: Vec<(&str, Option<&str>)> =
            files.iter().map(|(path, text)| (*path, Some(*text))).chain([("dream.toml", Some(""))]).collect();
        repository.commit(&store, "refs/heads/main", "the memory", None, &files);
        repository
    }

    pub fn store(&self) -> Store {
        Store::discover(&self.environment, &self.path).expect("a repository")
    }

    /// A later moment for all that follows.
    pub fn later(&mut self) {
        self.environment.now += Duration::seconds(60);
    }

    pub fn git(&self, args: &[&str]) -> String {
        self.runner().check(args).unwrap_or_else(|error| panic!("git {args:?}: {error}")).text()
    }

    pub fn runner(&self) -> Git {
        let date = format!("{} +0000", self.environment.now.timestamp());
        Git::new(&self.environment, &self.path).with("GIT_COMMITTER_DATE", &date).with("GIT_AUTHOR_DATE", &date)
    }

    pub fn write(&self, path: &str, text: &str) {
        let full = self.path.join(path);
        fs::create_dir_all(full.parent().expect("a folder")).expect("the folder is made");
        fs::write(full, text).expect("the file is written");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path.join(path)).unwrap_or_default()
    }

    /// A direct edit of memory by a person.
    pub fn save(&self, subject: &str) -> ObjectId {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", subject]);
        self.id("HEAD")
    }

    pub fn id(&self, name: &str) -> ObjectId {
        ObjectId::parse(&self.git(&["rev-parse", "--verify", name])).expect("an id")
    }

    /// The ledger of memory, read from what is kept of it and what came since, and anew: both are the same.
    pub fn ledger(&self) -> Ledger {
        let tip = self.id("main");
        let file = self.store().common_dir().join("dream/cache/ledger");
        let kept = std::fs::read(&file).ok();
        let quick = self.store().ledger(Some(tip)).expect("a ledger");
        let _ = std::fs::remove_file(&file);
        let whole = self.store().ledger(Some(tip)).expect("a ledger");
        assert!(file.exists(), "it is kept");
        let dreams = |ledger: &Ledger| ledger.all().cloned().collect::<Vec<_>>();
        assert_eq!(dreams(&quick), dreams(&whole));
        assert_eq!((quick.rows(), quick.sessions_read()), (whole.rows(), whole.sessions_read()));
        for dream in whole.all() {
            for commit in dream.landings.iter().chain(dream.changes.iter().map(|change| &change.commit)) {
                let at_home = |ledger: &Ledger| ledger.dreams_of(*commit).map(|d| d.id.clone()).collect::<Vec<_>>();
                assert_eq!(at_home(&quick), at_home(&whole));
            }
        }
        // What is kept grows old, so that more and more comes since.
        if let Some(kept) = kept.filter(|_| !tip.as_bytes()[0].is_multiple_of(8)) {
            std::fs::write(&file, kept).expect("put back");
        }
        quick
    }

    /// What memory holds at a path.
    pub fn memory(&self, path: &str) -> Option<String> {
        let output = self.runner().run(&["cat-file", "blob", &format!("main:{path}")]).expect("git runs");
        output.success().then(|| String::from_utf8(output.stdout).expect("text"))
    }

    /// Makes a commit with plain plumbing and moves a ref to it.
    pub fn commit(
        &self,
        store: &Store,
        name: &str,
        message: &str,
        parent: Option<ObjectId>,
        files: &[(&str, Option<&str>)],
    ) -> ObjectId {
        let base = parent.map(|parent| store.commit(parent).expect("a commit").tree);
        let mut writer = store.writer();
        let mut editor = TreeEditor::new(store, base).expect("a tree");
        for (path, text) in files {
            match text {
                Some(text) => {
                    let id = writer.blob(text.as_bytes()).expect("a blob");
                    editor.set(path, 0o100644, id).expect("an edit");
                }
                None => drop(editor.remove(path).expect("an edit")),
            }
        }
        let tree = editor.write(&mut writer).expect("a tree");
        let (author, committer) = (store.author_identity().expect("who"), store.identity().expect("who"));
        let message = message.to_owned();
        let parents = parent.into_iter().collect();
        let id = writer.commit(&NewCommit { tree, parents, author, committer, message }).expect("a commit");
        writer.finish().expect("a pack");
        self.git(&["update-ref", name, &id.to_string()]);
        id
    }

    /// Makes an open dream from memory as it stands: a review and a commit for each step.
    pub fn dream(&self, tail: &str, steps: &[Step]) -> DreamId {
        let id = DreamId::new(&format!("2026-05-06-{tail}")).expect("an id");
        let (store, branch, base) = (self.store(), format!("refs/heads/dream/{id}"), self.id("main"));
        let blob = "1b22e0aa3f41b86afe42b4efbe0d1a6cee9c5fa2";
        let review = format!(
            "review: 1 sessions of a\n\nDream-Id: {id}\nDream-Phase: review\nDream-Base: {base}\nDream-Engine: embedded\nDream-Session: s1@{blob}\n"
        );
        let mut tip = self.commit(&store, &branch, &review, Some(base), &[]);
        for step in steps {
            let (path, _) = step.files.first().expect("a file");
            let message = format!(
                "extract: {}\n\nBecause.\n\n  user, s1: \"so it is\"\n\nDream-Id: {id}\nDream-Phase: extract\nDream-Change: add\nDream-Key: {}\nDream-Kind: fact\nDream-Path: {path}\nDream-Support: 3 sessions, 2 agents\nDream-Confidence: 0.86\nEvidence: s1@1b22e0aa3f41#L12 user\n",
                step.name,
                key(step.name),
            );
            let files: Vec<(&str, Option<&str>)> =
                step.files.iter().map(|(path, text)| (*path, text.as_deref())).collect();
            tip = self.commit(&store, &branch, &message, Some(tip), &files);
        }
        id
    }

    /// Everything that a refused command must leave alone: refs, index and files, byte by byte.
    pub fn picture(&self) -> BTreeMap<String, Vec<u8>> {
        let mut picture = BTreeMap::from([("refs".to_owned(), self.git(&["for-each-ref"]).into_bytes())]);
        let mut add = |root: &Path| {
            let mut folders = vec![root.to_owned()];
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                    let path = entry.path();
                    match path.is_dir() {
                        true if path.ends_with(".git") => {}
                        true => folders.push(path),
                        false => drop(picture.insert(path.display().to_string(), fs::read(&path).expect("a file"))),
                    }
                }
            }
        };
        if self.path.join(".git").exists() {
            add(&self.path);
            let index = self.path.join(".git/index");
            picture.insert("index".to_owned(), fs::read(index).unwrap_or_default());
        }
        picture
    }

    /// The real git finds nothing wrong, and the work tree says what memory says.
    pub fn sound(&self) {
        let fsck = self.runner().run(&["fsck", "--strict", "--no-dangling"]).expect("git runs");
        assert!(fsck.success() && fsck.error_text().is_empty(), "{}", fsck.error_text());
        if self.path.join(".git").exists() {
            assert_eq!(self.git(&["status", "--porcelain"]), "");
        }
    }
}

pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}
