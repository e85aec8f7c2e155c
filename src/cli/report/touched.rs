//! What a commit does to memory, file by file and belief by belief. Compares trees, entering only those that differ.

use crate::cli::Failure;
use crate::model::{Document, ObjectId};
use crate::store::{Store, TreeEntry};
use std::collections::BTreeMap;

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
pub fn touched(store: &Store, commit: ObjectId) -> Result<Vec<FileChange>, Failure> {
    let commit = store.commit(commit)?;
    let old = commit.parents.first().map(|parent| store.commit(*parent)).transpose()?.map(|parent| parent.tree);
    let mut paths = BTreeMap::new();
    compare(store, old, Some(commit.tree), "", &mut paths)?;
    let text = |id: Option<ObjectId>| -> Result<Option<String>, Failure> {
        let bytes = id.map(|id| store.blob(id)).transpose()?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    let read = |(path, (old, new))| Ok(FileChange { path, before: text(old)?, after: text(new)? });
    paths.into_iter().map(read).collect()
}

type Sides = (Option<ObjectId>, Option<ObjectId>);

fn compare(
    store: &Store,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    prefix: &str,
    found: &mut BTreeMap<String, Sides>,
) -> Result<(), Failure> {
    let entries = |tree: Option<ObjectId>| tree.map_or_else(|| Ok(Vec::new()), |tree| store.tree(tree));
    let mut names: BTreeMap<(Vec<u8>, bool), [Option<TreeEntry>; 2]> = BTreeMap::new();
    for (side, list) in [entries(old)?, entries(new)?].into_iter().enumerate() {
        for entry in list {
            let name = (entry.name.clone(), entry.is_folder());
            names.entry(name).or_default()[side] = Some(entry);
        }
    }
    for ((name, folder), [old, new]) in names {
        if old == new {
            continue;
        }
        let path = format!("{prefix}{}", String::from_utf8_lossy(&name));
        let (old, new) = (old.map(|entry| entry.id), new.map(|entry| entry.id));
        if folder {
            compare(store, old, new, &format!("{path}/"), found)?;
        } else {
            found.insert(path, (old, new));
        }
    }
    Ok(())
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
