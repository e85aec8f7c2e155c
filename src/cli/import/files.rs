//! Which files an import reads: what was named, and what lies under a named directory, in sorted order. It refuses to
//! read anything that is not a plain file, so that no pipe blocks it and no link leads it elsewhere.

use super::beginning::After;
use crate::store::mark::Mark;
use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub bytes: u64,
    /// Named on the command line, not come upon in a directory: if it is no transcript, that is a problem.
    pub named: bool,
    /// By which it is told from what it will be.
    pub mark: Option<Mark>,
    /// What it begins with, where that is stored.
    pub after: Option<After>,
    /// To be read as a whole, however large.
    pub whole: bool,
}

/// What was looked at and left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub path: PathBuf,
    pub why: String,
}

#[derive(Debug, Default)]
pub struct Files {
    pub found: Vec<Found>,
    pub refused: Vec<Refused>,
}

impl Files {
    /// Adds what was named: a file, or everything under a directory. A named link is followed, since it was asked for.
    pub fn add(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.add_folder(path),
            Ok(metadata) => self.add_file(path, &metadata, true),
            Err(error) => self.refuse(path, reason(&error)),
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        let entries = match fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.refuse(folder, reason(&error)),
        };
        let mut entries: Vec<(OsString, fs::DirEntry)> =
            entries.into_iter().map(|entry| (entry.file_name(), entry)).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (_, entry) in entries {
            let path = entry.path();
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => {
                    // A work tree among transcripts brings its objects along; none of them is a session.
                    if path.file_name().is_some_and(|name| name != ".git") {
                        self.add_folder(&path);
                    }
                }
                Ok(metadata) => self.add_file(&path, &metadata, false),
                Err(error) => self.refuse(&path, reason(&error)),
            }
        }
    }

    fn add_file(&mut self, path: &Path, metadata: &Metadata, named: bool) {
        match special(metadata.file_type()) {
            Some(why) => self.refuse(path, why.to_owned()),
            None => {
                let (path, bytes, mark) = (path.to_owned(), metadata.len(), Mark::read(metadata));
                self.found.push(Found { path, bytes, named, mark, after: None, whole: false });
            }
        }
    }

    fn refuse(&mut self, path: &Path, why: String) {
        self.refused.push(Refused { path: path.to_owned(), why });
    }
}

/// Why a file of this type is not read; `None` for plain files.
fn special(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_symlink() {
        return Some("it is a symbolic link; name its target to import it");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("it is a named pipe; use '-' to read from a pipe");
        }
        if kind.is_socket() {
            return Some("it is a socket");
        }
    }
    Some("it is a device")
}

pub const MISSING: &str = "no such file or directory";
pub const FORBIDDEN: &str = "permission denied";

/// An I/O error in words, without the system's number.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => MISSING.to_owned(),
        io::ErrorKind::PermissionDenied => FORBIDDEN.to_owned(),
        _ => error.to_string(),
    }
}

/// Groups files so that no group is larger than `limit` bytes, or holds one file that is.
pub fn batches(found: &[Found], limit: u64) -> impl Iterator<Item = &[Found]> {
    let mut rest = found;
    std::iter::from_fn(move || {
        let mut sum = 0;
        let fits = rest.iter().take_while(|file| {
            sum += file.bytes;
            sum <= limit
        });
        let count = fits.count().max(1).min(rest.len());
        let (batch, after) = rest.split_at(count);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_every_file_once_and_respect_the_limit() {
        let file = |bytes| Found { path: PathBuf::new(), bytes, named: false, mark: None, after: None, whole: false };
        let files = [file(5), file(5), file(99), file(1), file(0)];
        let sizes: Vec<usize> = batches(&files, 10).map(<[Found]>::len).collect();
        assert_eq!(sizes, [2, 1, 2]);
    }

    #[test]
    fn a_directory_is_read_in_sorted_order_and_its_links_are_refused() {
        let root = tempfile::tempdir().expect("a directory");
        for name in ["b.jsonl", "a/z.jsonl", ".git/objects"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "x").expect("a file");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path().join("b.jsonl"), root.path().join("c.jsonl")).expect("a link");
        let mut files = Files::default();
        files.add(root.path());
        let names: Vec<String> = files
            .found
            .iter()
            .map(|file| file.path.strip_prefix(root.path()).expect("under").display().to_string())
            .collect();
        assert_eq!(names, ["a/z.jsonl", "b.jsonl"]);
        #[cfg(unix)]
        assert_eq!(files.refused.len(), 1);
    }
}
