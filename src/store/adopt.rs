//! Adopting a folder of files: every file becomes part of memory byte for byte. No filter, no line-end conversion, no
//! ignore rule is applied; what cannot be adopted is named.

use super::init::{InitError, InitReport, Layout, Made, create, init, new_commit, remember};
use super::memory::SETTINGS;
use super::object::{EXECUTABLE, FILE, LINK};
use super::{BranchName, OpenError, PackWriter, RefUpdate, Skipped, Store, TreeEditor};
use crate::config::Environment;
use crate::model::ObjectId;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Overrides whatever attributes the adopted files themselves ask for.
const VERBATIM: &str = "# Files of an adopted memory stay byte for byte what they are.\n\
                        * -text -eol -ident -filter -working-tree-encoding\n";

/// Makes an existing folder a memory. One that is a git repository already only gains `dream.toml`.
pub fn adopt(environment: &Environment, folder: &Path, settings: &str) -> Result<InitReport, InitError> {
    let folder = real_folder(environment, folder)?;
    match Store::open(environment, &folder) {
        Ok(_) => return init(environment, &folder, Layout::WorkTree, settings),
        Err(OpenError::NotFound(_)) => {}
        Err(error) => return Err(InitError::Open(error)),
    }
    create(environment, &folder, Layout::WorkTree, |store| {
        let found = Found::walk(&folder);
        let report = commit_files(store, &found, settings)?;
        if report.settings == Made::Now {
            write_file(&folder.join(SETTINGS), settings.as_bytes())?;
        }
        settle_index(store)?;
        Ok(report)
    })
}

/// Copies a folder's files into a new memory and leaves the folder as it is.
pub fn adopt_into(
    environment: &Environment,
    folder: &Path,
    path: &Path,
    layout: Layout,
    settings: &str,
) -> Result<InitReport, InitError> {
    let folder = real_folder(environment, folder)?;
    let path = environment.directory.join(path);
    if fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(InitError::NotEmpty(path));
    }
    if path.starts_with(&folder) {
        return Err(InitError::Inside(path));
    }
    create(environment, &path, layout, |store| {
        let found = Found::walk(&folder);
        let report = commit_files(store, &found, settings)?;
        if layout == Layout::WorkTree {
            found.files.iter().try_for_each(|file| file.copy_to(&path))?;
            if report.settings == Made::Now {
                write_file(&path.join(SETTINGS), settings.as_bytes())?;
            }
            settle_index(store)?;
        }
        Ok(report)
    })
}

fn real_folder(environment: &Environment, folder: &Path) -> Result<PathBuf, InitError> {
    let folder = environment.directory.join(folder);
    if folder.is_dir() {
        return folder.canonicalize().map_err(|source| InitError::File { path: folder.clone(), source });
    }
    Err(InitError::NoFolder(folder))
}

/// The files of a folder, in a fixed order.
#[derive(Default)]
struct Found {
    files: Vec<File>,
    skipped: Vec<Skipped>,
}

struct File {
    source: PathBuf,
    /// As git writes it: `/` between parts.
    path: Vec<u8>,
    mode: u32,
}

impl Found {
    fn walk(folder: &Path) -> Self {
        let mut found = Self::default();
        found.enter(folder, b"");
        found
    }

    fn enter(&mut self, folder: &Path, prefix: &[u8]) {
        let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.skip(prefix, &error.to_string()),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = bytes_of(&entry.file_name());
            let path = if prefix.is_empty() { name.clone() } else { [prefix, b"/", &name].concat() };
            match entry.path().symlink_metadata() {
                _ if prefix.is_empty() && name == b".git" => {}
                _ if name.eq_ignore_ascii_case(b".git") => self.skip(&path, "it is git's own folder"),
                Ok(file) => self.entry(entry.path(), path, &file),
                Err(error) => self.skip(&path, &error.to_string()),
            }
        }
    }

    fn entry(&mut self, source: PathBuf, path: Vec<u8>, file: &Metadata) {
        if file.is_symlink() {
            self.files.push(File { source, path, mode: LINK });
        } else if file.is_file() {
            let mode = if is_executable(file) { EXECUTABLE } else { FILE };
            self.files.push(File { source, path, mode });
        } else if file.is_dir() && source.join(".git").exists() {
            self.skip(&path, "it is a git repository of its own");
        } else if file.is_dir() {
            self.enter(&source, &path);
        } else {
            self.skip(&path, "it is neither a file nor a folder nor a link");
        }
    }

    fn skip(&mut self, path: &[u8], why: &str) {
        self.skipped.push(Skipped { what: String::from_utf8_lossy(path).into_owned(), why: why.to_owned() });
    }
}

impl File {
    fn bytes(&self) -> io::Result<Vec<u8>> {
        match self.mode {
            LINK => fs::read_link(&self.source).map(|target| bytes_of(target.as_os_str())),
            _ => fs::read(&self.source),
        }
    }

    fn copy_to(&self, folder: &Path) -> Result<(), InitError> {
        let path = folder.join(path_of(&self.path));
        let wrap = |source| InitError::File { path: path.clone(), source };
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(wrap)?;
        match self.mode {
            LINK => fs::read_link(&self.source).and_then(|target| link(&target, &path)).map_err(wrap),
            _ => fs::copy(&self.source, &path).map(drop).map_err(wrap),
        }
    }
}

/// Two commits: the folder as it was, then `dream.toml` if it had none.
fn commit_files(store: &Store, found: &Found, settings: &str) -> Result<InitReport, InitError> {
    let branch = store.head_branch().ok_or(InitError::Detached)?;
    let mut writer = store.writer();
    let mut editor = TreeEditor::new(store, None).map_err(InitError::Tree)?;
    for file in &found.files {
        let bytes = file.bytes().map_err(|source| InitError::File { path: file.source.clone(), source })?;
        let blob = writer.blob(&bytes).map_err(InitError::Write)?;
        editor.set(&file.path, file.mode, blob).map_err(InitError::Tree)?;
    }
    let adopted = found.files.len();
    let mut tip = None;
    if adopted > 0 {
        let plural = if adopted == 1 { "" } else { "s" };
        tip = Some(commit(store, &mut editor, &mut writer, tip, &format!("adopt: {adopted} file{plural}, unchanged"))?);
    }
    let settings_made = match editor.find(SETTINGS).map_err(InitError::Tree)? {
        Some(_) => Made::Before,
        None => Made::Now,
    };
    if settings_made == Made::Now {
        let blob = writer.blob(settings.as_bytes()).map_err(InitError::Write)?;
        editor.set(SETTINGS, FILE, blob).map_err(InitError::Tree)?;
        tip = Some(commit(store, &mut editor, &mut writer, tip, "init: dream.toml")?);
    }
    writer.finish().map_err(InitError::Write)?;
    move_branch(store, &branch, tip)?;
    let path = store.work_dir().unwrap_or(store.git_dir()).to_owned();
    let skipped = found.skipped.clone();
    Ok(InitReport { path, branch, repository: Made::Now, settings: settings_made, commit: tip, adopted, skipped })
}

fn commit(
    store: &Store,
    editor: &mut TreeEditor<'_>,
    writer: &mut PackWriter<'_>,
    parent: Option<ObjectId>,
    subject: &str,
) -> Result<ObjectId, InitError> {
    let tree = editor.write(writer).map_err(InitError::Tree)?;
    writer.commit(&new_commit(store, tree, parent, subject)?).map_err(InitError::Write)
}

fn move_branch(store: &Store, branch: &BranchName, tip: Option<ObjectId>) -> Result<(), InitError> {
    let (name, reason) = (branch.as_str().to_owned(), "dream init: adopt".to_owned());
    store.update_refs(&[RefUpdate { name, expected: None, new: tip, reason }]).map_err(InitError::Reference)?;
    remember(store, branch)
}

/// Fills the index from the commit. Files that attributes would have git convert are kept as they are from now on.
fn settle_index(store: &Store) -> Result<(), InitError> {
    store.git().check(&["read-tree", "HEAD"]).map_err(InitError::Git)?;
    if is_clean(store)? {
        return Ok(());
    }
    let path = store.common_dir().join("info/attributes");
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .map_err(|source| InitError::File { path: path.clone(), source })?;
    write_file(&path, VERBATIM.as_bytes())?;
    is_clean(store).map(drop)
}

fn is_clean(store: &Store) -> Result<bool, InitError> {
    let output = store.git().check(&["status", "--porcelain", "-uno"]).map_err(InitError::Git)?;
    Ok(output.stdout.is_empty())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), InitError> {
    fs::write(path, bytes).map_err(|source| InitError::File { path: path.to_owned(), source })
}

#[cfg(unix)]
fn is_executable(file: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn bytes_of(name: &OsStr) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec()
}

#[cfg(not(unix))]
fn bytes_of(name: &OsStr) -> Vec<u8> {
    name.to_string_lossy().replace('\\', "/").into_bytes()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    fs::write(path, bytes_of(target.as_os_str()))
}
