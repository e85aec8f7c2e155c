//! What a commit does to memory, file by file and belief by belief.

use crate::cli::Failure;
use crate::model::{Document, ObjectId};
use crate::store::{Commit, FileDelta, Store, TreeDiff};

/// The mode of an entry that names a commit of another repository.
const SUBMODULE: u32 = 0o160000;

/// One file that a commit changed; `None` where the file does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl FileChange {
    /// The beliefs that only the old file holds, and those that only the new one holds. Where a file changed without
    /// any belief changing (front matter, a heading), the lines that differ.
    pub fn beliefs(&self) -> (Option<String>, Option<String>) {
        let entries = |text: &Option<String>| -> Vec<String> {
            let document = text.as_deref().map(Document::parse);
            document.iter().flat_map(Document::entries).map(str::to_owned).collect()
        };
        let (old, new) = (entries(&self.before), entries(&self.after));
        let (gone, come) = (only(&old, &new), only(&new, &old));
        if gone.is_empty() && come.is_empty() {
            let (old, new) = (lines(&self.before), lines(&self.after));
            return (joined(only(&old, &new), "\n"), joined(only(&new, &old), "\n"));
        }
        (joined(gone, "\n\n"), joined(come, "\n\n"))
    }
}

fn only(own: &[String], other: &[String]) -> Vec<String> {
    own.iter().filter(|entry| !other.contains(entry)).cloned().collect()
}

fn lines(text: &Option<String>) -> Vec<String> {
    text.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
}

fn joined(list: Vec<String>, between: &str) -> Option<String> {
    (!list.is_empty()).then(|| list.join(between))
}

/// The files that differ between a commit and its first parent, by path. Binary content is shown as replacement text.
pub fn touched(store: &Store, trees: &mut TreeDiff<'_>, commit: &Commit) -> Result<Vec<FileChange>, Failure> {
    let parent = commit.parents.first().map(|parent| store.commit(*parent)).transpose()?;
    let mut found = trees.files(parent.map(|parent| parent.tree), commit.tree)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let text = |place: Option<(u32, ObjectId)>| -> Result<Option<String>, Failure> {
        let bytes = place.filter(|(mode, _)| *mode != SUBMODULE).map(|(_, id)| store.blob(id)).transpose()?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    let read = |file: FileDelta| Ok(FileChange { before: text(file.old)?, after: text(file.new)?, path: file.path });
    found.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: &str, after: &str) -> (Option<String>, Option<String>) {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        FileChange { path: "a.md".into(), before: text(before), after: text(after) }.beliefs()
    }

    #[test]
    fn only_the_beliefs_that_differ_are_shown() {
        let (before, after) = change("- one\n- two\n- three\n", "- one\n- 2\n- three\n");
        assert_eq!((before.as_deref(), after.as_deref()), (Some("two"), Some("2")));
        assert_eq!(change("", "---\nname: x\n---\nBody.\n"), (None, Some("Body.".to_owned())));
    }

    #[test]
    fn a_change_outside_of_beliefs_shows_the_lines_that_differ() {
        let (before, after) = change("---\nname: x\n---\nBody.\n", "---\nname: y\n---\nBody.\n");
        assert_eq!((before.as_deref(), after.as_deref()), (Some("name: x"), Some("name: y")));
    }
}
