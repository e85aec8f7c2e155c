//! Files of memory as they are typed: relative to where the command runs, as git takes them.

use super::{Context, Failure};
use crate::store::Store;
use std::path::{Component, Path, PathBuf};

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
