//! Beliefs that a revert or a restore brought back: who said them before they were gone.

use super::blame::{Blame, Line};
use crate::cli::Failure;
use crate::model::{Document, ObjectId};
use crate::store::{Commit, Store};

/// Whether a commit takes another one back: ours say so in a trailer, git's own in their words.
pub fn is_taking_back(commit: &Commit) -> bool {
    let says = |line: &str| {
        ["Dream-Revert: ", "Dream-Restore: ", "This reverts commit "].iter().any(|own| line.starts_with(own))
    };
    commit.message.lines().any(says)
}

/// The commits behind an entry's lines when the file last held it, before this commit; `None` if it never did.
pub fn before(store: &Store, commit: &Commit, path: &str, entry: &str) -> Result<Option<Vec<Line>>, Failure> {
    for parent in &commit.parents {
        let parent = parent.to_string();
        let listed = store.git().check(&["rev-list", &parent, "--", path])?;
        let ids = String::from_utf8_lossy(&listed.stdout).into_owned();
        for id in ids.lines().filter_map(|id| ObjectId::parse(id).ok()) {
            if let Some(found) = holders(store, id, path, entry)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// The commits behind an entry's lines at a commit that holds it.
fn holders(store: &Store, id: ObjectId, path: &str, entry: &str) -> Result<Option<Vec<Line>>, Failure> {
    let Some(bytes) = store.file(id, path)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let document = Document::parse(&text);
    let spans = document.spans();
    let mut places = spans.iter().zip(document.lines());
    let Some((_, first)) = places.find(|(span, _)| &text[(*span).clone()] == entry) else { return Ok(None) };
    let span = (first, first + entry.matches('\n').count() as u32);
    let blamed = Blame::start(store, id, path, &text, vec![span])?.lines()?;
    Ok(blamed.into_iter().next())
}
