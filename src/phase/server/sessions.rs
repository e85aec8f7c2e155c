//! Transcripts are append-only: what stood there still stands there, byte for byte. Records may change, but never lose
//! a part of a transcript.

use super::{Guard, Push, Stop, delta, refuse};
use crate::model::SessionRecord;

const HINT: &str = "bring new sessions in on top: git fetch origin refs/dream/sessions, then import again";

pub(super) fn judge(guard: &Guard<'_>, push: &Push) -> Result<(), Stop> {
    let Some(new) = push.new else {
        return refuse("the sessions are evidence, and are not deleted", HINT);
    };
    let Some(old) = push.old else { return Ok(()) };
    let store = guard.store;
    if !store.is_ancestor(old, new)? {
        return refuse("the sessions only grow, and this would rewrite them", HINT);
    }
    let trees = (store.commit(old)?.tree, store.commit(new)?.tree);
    for (path, change) in delta(store, Some(trees.0), Some(trees.1))? {
        match change {
            (Some(_), None) => return refuse(format!("this would remove {path} from the sessions"), HINT),
            (Some(old), Some(new)) if path.ends_with("/record.json") => {
                let read = |id| -> Result<SessionRecord, Stop> { Ok(serde_json::from_slice(&store.blob(id)?)?) };
                if !keeps(&read(old)?, &read(new)?) {
                    return refuse(format!("{path} would forget a part of its transcript"), HINT);
                }
            }
            (Some(_), Some(_)) if path.contains("/transcript/") => {
                return refuse(format!("this would change {path}, which evidence may cite"), HINT);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether every part of every version is still where it was.
fn keeps(old: &SessionRecord, new: &SessionRecord) -> bool {
    let begins = |(old, new): (&crate::model::SessionVersion, &crate::model::SessionVersion)| {
        let blobs = |version: &crate::model::SessionVersion| version.parts.iter().map(|p| p.blob).collect::<Vec<_>>();
        blobs(new).starts_with(&blobs(old))
    };
    old.id == new.id && new.versions.len() >= old.versions.len() && old.versions.iter().zip(&new.versions).all(begins)
}
