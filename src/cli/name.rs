//! Names as they are typed: a dream, a change of it, a file of memory. Each finds what was meant or says what there is.

use super::{Context, Failure};
use crate::model::BeliefKey;
use crate::store::Store;
use crate::store::dream::{ChangeRecord, Dream};
use std::path::{Component, Path, PathBuf};

/// A change of a dream, by its number in `show` or a prefix of its key.
pub fn change<'d>(dream: &'d Dream, typed: &str) -> Result<&'d ChangeRecord, Failure> {
    let numbered = typed.parse::<usize>().ok().filter(|_| typed.len() < 4);
    if let Some(found) = numbered.and_then(|number| dream.changes.get(number.checked_sub(1)?)) {
        return Ok(found);
    }
    let mut found = dream.changes.iter().filter(|change| !typed.is_empty() && change.key.as_str().starts_with(typed));
    match (found.next(), found.next()) {
        (Some(found), None) => Ok(found),
        (Some(_), Some(_)) => Err(Failure::refuse(format!("'{typed}' is the start of more than one change of {}", dream.id))
            .hint(format!("type more of the key; 'git dream show {}' lists them", dream.id))),
        _ => Err(Failure::refuse(format!("dream {} has no change '{typed}'", dream.id))
            .hint(format!("'git dream show {}' lists its changes by number and key", dream.id))),
    }
}

/// The keys of several changes.
pub fn keys(dream: &Dream, typed: &[String]) -> Result<Vec<BeliefKey>, Failure> {
    typed.iter().map(|typed| change(dream, typed).map(|change| change.key.clone())).collect()
}

/// A file of the repository, from a path typed in the current directory: relative to the repository's root, with `/`.
pub fn path(context: &Context, store: &Store, typed: &str) -> Result<String, Failure> {
    let Some(root) = store.work_dir() else { return Ok(plain(Path::new(typed))) };
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let here = &context.environment.directory;
    let here = here.canonicalize().unwrap_or_else(|_| here.clone());
    let full = normal(&here.join(typed));
    match full.strip_prefix(&root) {
        Ok(path) => Ok(plain(path)),
        Err(_) => Err(Failure::refuse(format!("'{typed}' is outside of the repository at {}", root.display()))
            .hint("name a file of memory, such as notes/billing.md")),
    }
}

/// Without `.` and `..`, as far as that can be told from the words alone.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

fn plain(path: &Path) -> String {
    let parts: Vec<_> = normal(path).iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("/")
}
