//! One file merged the way git asks its merge drivers to: three files on disk, the result written over ours. What fits
//! by entry is merged by entry; what does not is left as git itself would leave it, with conflict markers. It never
//! gives a clean answer to what is a conflict by entry, even where no line of it collides.

use super::{EntryMerge, GitError, Store, merge_entries};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The three versions as git names them, and what git calls the file.
#[derive(Debug, Clone)]
pub struct FileMerge {
    pub base: PathBuf,
    pub ours: PathBuf,
    pub theirs: PathBuf,
    /// Where the file stands in the work tree.
    pub path: String,
    /// How many characters a conflict marker has.
    pub marker_size: usize,
}

/// How a merge of three files ended; the result is in the file of our side either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMerged {
    Clean,
    /// This many conflicts stand in the file, marked.
    Marked(usize),
}

#[derive(Debug, thiserror::Error)]
pub enum FileMergeError {
    #[error("read or write {}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("merge {path} by lines")]
    Git { path: String, source: GitError },
    #[error("merge {path}: it is no text")]
    Binary { path: String },
}

impl Store {
    /// Merges the three files into ours.
    pub fn merge_files(&self, merge: &FileMerge) -> Result<FileMerged, FileMergeError> {
        let texts = [&merge.base, &merge.ours, &merge.theirs].map(|path| read(path));
        let [base, ours, theirs] = texts;
        let (base, ours, theirs) = (base?, ours?, theirs?);
        let conflicts = match [&base, &ours, &theirs].map(|bytes| std::str::from_utf8(bytes)) {
            [Ok(base), Ok(ours), Ok(theirs)] => match merge_entries(base, ours, theirs) {
                EntryMerge::Merged(text) => return write(&merge.ours, text.as_bytes()).map(|()| FileMerged::Clean),
                EntryMerge::Conflict(list) => list.len(),
            },
            _ => 0,
        };
        let (status, marked) = self.merge_lines(merge)?;
        let text = match (status, conflicts) {
            (0, 0) => return write(&merge.ours, &marked).map(|()| FileMerged::Clean),
            // Lines that fit where entries do not: only the whole can be shown without inventing a side.
            (0, _) => whole(merge, &ours, &theirs),
            _ => marked,
        };
        write(&merge.ours, &text)?;
        Ok(FileMerged::Marked(conflicts.max(usize::try_from(status).unwrap_or(1))))
    }

    fn merge_lines(&self, merge: &FileMerge) -> Result<(i32, Vec<u8>), FileMergeError> {
        let size = format!("--marker-size={}", merge.marker_size);
        let [base, ours, theirs] = [&merge.base, &merge.ours, &merge.theirs].map(|path| path.to_string_lossy());
        let labels = ["-L", "ours", "-L", "base", "-L", "theirs"];
        let args = [&["merge-file", "-p", &size][..], &labels, &["--", &ours, &base, &theirs]].concat();
        let failed = |source| FileMergeError::Git { path: merge.path.clone(), source };
        let output = self.git().run(&args).map_err(failed)?;
        match output.status {
            // git counts conflicts up to 127; above are errors, a binary file among them.
            status @ 0..=127 => Ok((status, output.stdout)),
            _ => Err(FileMergeError::Binary { path: merge.path.clone() }),
        }
    }
}

fn whole(merge: &FileMerge, ours: &[u8], theirs: &[u8]) -> Vec<u8> {
    let marker = |character: &str| character.repeat(merge.marker_size);
    let closed = |bytes: &[u8]| match bytes.last() {
        None | Some(b'\n') => bytes.to_vec(),
        Some(_) => [bytes, b"\n"].concat(),
    };
    let line = |text: String| format!("{text}\n").into_bytes();
    [
        line(format!("{} ours", marker("<"))),
        closed(ours),
        line(marker("=")),
        closed(theirs),
        line(format!("{} theirs", marker(">"))),
    ]
    .concat()
}

fn read(path: &Path) -> Result<Vec<u8>, FileMergeError> {
    fs::read(path).map_err(|source| FileMergeError::File { path: path.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), FileMergeError> {
    fs::write(path, bytes).map_err(|source| FileMergeError::File { path: path.to_owned(), source })
}
