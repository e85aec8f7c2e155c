//! What a decision is about to do to work trees, noted before it does it, so that one that was killed half way is undone
//! by the next: a file goes back to what memory says only where it still is, to the byte, what the killed one made of
//! it. What a person wrote since is never touched, and what somebody committed since is what memory says.

use super::worktree::{WorkTreeError, index_lock};
use super::{Git, RefError, Store, lock, stale};
use crate::model::ObjectId;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Held while work trees and refs move; the kernel frees it when its holder dies.
pub(super) struct Journal {
    file: File,
}

/// What the holder noted.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub branch: String,
    pub old: ObjectId,
    pub new: ObjectId,
    pub paths: Vec<PathBuf>,
}

impl Store {
    /// Waits for other decisions to be carried out, as long as for the lock, and undoes what a killed one left.
    pub(super) fn journal(&self) -> Result<Journal, RefError> {
        let folder = self.common_dir().join("dream");
        let path = folder.join("landing");
        let wrap = |source| RefError::Lock { path: path.clone(), source };
        fs::create_dir_all(&folder).map_err(wrap)?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(wrap)?;
        lock::wait(&file, &path)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(wrap)?;
        if let Some(entry) = Entry::parse(&text) {
            self.clear_index_locks(&entry);
            self.put_all_back(&entry);
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(wrap)?;
        Ok(Journal { file })
    }

    /// Whether a killed decision left something to undo.
    pub fn landing_left_behind(&self) -> bool {
        let Ok(file) = File::open(self.common_dir().join("dream/landing")) else { return false };
        file.metadata().is_ok_and(|data| data.len() > 0) && file.try_lock_shared().is_ok()
    }

    /// Where refs moved as well, memory says what the decision made of the files, and nothing is done.
    /// Gives whether all of it could be done.
    pub(super) fn put_all_back(&self, entry: &Entry) -> bool {
        let tip = self.reference(&entry.branch).ok().flatten();
        let Some(now) = tip.and_then(|tip| self.commit(tip).ok()).map(|commit| commit.tree) else { return true };
        let mut all = true;
        for path in &entry.paths {
            let git = self.git().at(path);
            // Best effort: what cannot be put back shows as a change, and nothing is lost.
            all &= (0..TRIES).any(|_| match put_back(&git, path, entry, now) {
                Ok(()) => true,
                Err(error) => {
                    if error.is_killed_git() {
                        self.clear_index_locks(entry);
                    }
                    pause()
                }
            });
        }
        all
    }

    /// The killed decision's own git may have been killed with it.
    pub(super) fn clear_index_locks(&self, entry: &Entry) {
        for path in &entry.paths {
            let lock = index_lock(&self.git().at(path)).ok().and_then(|lock| stale::in_the_way(self, &[lock]));
            if let Some((lock, false)) = lock {
                let _ = fs::remove_file(lock);
            }
        }
    }
}

impl Journal {
    pub fn note(&mut self, Entry { branch, old, new, paths }: &Entry) -> io::Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        self.forget()?;
        let mut text = format!("{branch}\n{old}\n{new}\n");
        paths.iter().for_each(|path| text.push_str(&format!("{}\n", path.display())));
        // The last line says that all of it is here.
        text.push_str("end\n");
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()
    }

    /// Ready for the next note.
    pub fn forget(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix("\nend\n")?.lines();
        let branch = lines.next().filter(|branch| branch.starts_with("refs/heads/"))?.to_owned();
        let mut id = || ObjectId::parse(lines.next()?).ok();
        let (old, new) = (id()?, id()?);
        Some(Self { branch, old, new, paths: lines.map(PathBuf::from).collect() })
    }
}

fn put_back(git: &Git, path: &Path, entry: &Entry, now: ObjectId) -> Result<(), WorkTreeError> {
    let wrap = |source| WorkTreeError::Git { path: path.to_owned(), source };
    let changed = |from: ObjectId| {
        let (from, new) = (from.to_string(), entry.new.to_string());
        let output = git.check(&["diff-tree", "-r", "-z", "--no-renames", &from, &new]).map_err(wrap)?;
        Ok(changes(&output.stdout).collect::<Vec<_>>())
    };
    let touched: BTreeSet<String> = changed(entry.old)?.into_iter().map(|change| change.path).collect();
    let mut there = changed(now)?;
    there.retain(|change| touched.contains(&change.path));
    if there.is_empty() {
        return Ok(());
    }
    let index = git.check(&["ls-files", "-s", "-z"]).map_err(wrap)?;
    let index = listed(&index.stdout);
    let mut back = Back::default();
    // A try before this one may have come half way as well.
    there.iter().for_each(|change| back.add(change, State::of(git, path, change), index.get(&change.path)));
    for file in &back.removed {
        let _ = fs::remove_file(path.join(file));
        let folders = Path::new(file).ancestors().skip(1).filter(|folder| *folder != Path::new(""));
        // As git does, with the folders that are empty now.
        let _ = folders.map(|folder| fs::remove_dir(path.join(folder))).find(Result::is_err);
    }
    let tell = |args: &[&str], lines: &[u8]| match lines {
        [] => Ok(()),
        lines => git.check_with_input(args, lines).map(drop).map_err(wrap),
    };
    // An index that cannot be written may be as it was, and the files can still be taken from it.
    let listed = tell(&["update-index", "-z", "--index-info"], &back.index_lines);
    let written = tell(&["checkout-index", "-f", "-u", "-z", "--stdin"], &back.names);
    listed.and(written)
}

/// What is to be done to put files back.
#[derive(Default)]
struct Back {
    /// For the index, as `git update-index --index-info` reads it.
    index_lines: Vec<u8>,
    /// Files to take from the index, each with a NUL behind it.
    names: Vec<u8>,
    removed: Vec<String>,
}

impl Back {
    /// `told` is what the index says of the file.
    fn add(&mut self, change: &Changed, state: State, told: Option<&(String, String)>) {
        let Changed { path, old, new } = change;
        // What somebody added to the index since is theirs.
        if told.is_some_and(|told| ![new, old].contains(&told)) {
            return;
        }
        if told != Some(old) && (told.is_some() || old.0 != ABSENT) {
            self.index_lines.extend(format!("{} {}\t{path}\0", old.0, old.1).into_bytes());
        }
        match state {
            State::Left if old.0 == ABSENT => self.removed.push(path.clone()),
            State::Left => self.names.extend(format!("{path}\0").into_bytes()),
            State::Right | State::Others => {}
        }
    }
}

/// What a file is to a decision that was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As memory says.
    Right,
    /// As the decision left it: what it made of it, a part of that, or nothing; or a part of what memory says.
    Left,
    /// Somebody wrote it since.
    Others,
}

impl State {
    fn of(git: &Git, root: &Path, change: &Changed) -> Self {
        let file = root.join(&change.path);
        let is_there = fs::symlink_metadata(&file).is_ok();
        if !is_there {
            return if change.old.0 == ABSENT { Self::Right } else { Self::Left };
        }
        let (old, new) = (&change.old, &change.new);
        // As git would store it.
        let stored = git.run(&["hash-object", "--", &change.path]).map(|output| output.text()).unwrap_or_default();
        let is = |side: &(String, String)| side.0 != ABSENT && side.1 == stored;
        let is_begun = |side: &(String, String)| side.0 != ABSENT && is_begun(git, &file, &side.1);
        match () {
            // Where only the mode differs it is both.
            () if is(new) => Self::Left,
            () if is(old) => Self::Right,
            () if is_begun(new) || is_begun(old) => Self::Left,
            () => Self::Others,
        }
    }
}

/// Mode and blob of each path in the index that is not in conflict.
fn listed(output: &[u8]) -> BTreeMap<String, (String, String)> {
    let text = String::from_utf8_lossy(output);
    let entry = |line: &str| {
        let (head, path) = line.split_once('\t')?;
        let [mode, blob, "0"] = head.split(' ').collect::<Vec<_>>()[..] else { return None };
        Some((path.to_owned(), (mode.to_owned(), blob.to_owned())))
    };
    text.split('\0').filter_map(entry).collect()
}

/// Another git that holds the index is waited for.
const TRIES: u32 = 20;

/// Never enough.
fn pause() -> bool {
    std::thread::sleep(lock::LONGEST_PAUSE);
    false
}

const ABSENT: &str = "000000";

/// One path: mode and blob before and after.
struct Changed {
    path: String,
    old: (String, String),
    new: (String, String),
}

/// `:100644 100644 <old> <new> M NUL path NUL`, as `git diff-tree -z` prints it.
fn changes(output: &[u8]) -> impl Iterator<Item = Changed> {
    let text = String::from_utf8_lossy(output).into_owned();
    let fields: Vec<String> = text.split('\0').map(str::to_owned).collect();
    let pairs: Vec<_> = fields.chunks(2).map(<[String]>::to_vec).collect();
    pairs.into_iter().filter_map(|pair| {
        let [head, path] = pair.try_into().ok()?;
        let mut words = head.strip_prefix(':')?.split(' ').map(str::to_owned);
        let (old_mode, new_mode) = (words.next()?, words.next()?);
        let (old, new) = (words.next()?, words.next()?);
        Some(Changed { path, old: (old_mode, old), new: (new_mode, new) })
    })
}

/// Whether the file is the beginning of what was to be written: its git was killed at it.
fn is_begun(git: &Git, file: &Path, blob: &str) -> bool {
    let Ok(there) = fs::read(file) else { return false };
    git.check(&["cat-file", "blob", blob]).is_ok_and(|whole| whole.stdout.starts_with(&there))
}
