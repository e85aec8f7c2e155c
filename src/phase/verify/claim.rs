//! What a change does to the tree, held against what its message claims: the right file, as many beliefs come and gone
//! as a change of its type makes, and nothing else touched.

use super::change::Claim;
use crate::model::{ChangeType, Document, NotePath, ObjectId};
use crate::store::{FileDelta, ReadError, Store};
use std::collections::HashMap;

/// A regular file, which is all that a note may be.
const FILE: u32 = 0o100644;

/// Beliefs that only the old file holds, and that only the new one holds.
#[derive(Debug, Default)]
pub(super) struct Turnover {
    pub gone: Vec<String>,
    pub come: Vec<String>,
}

/// What is wrong with a change's tree, in words; nothing when it is what the claim says.
pub(super) fn check(store: &Store, claim: &Claim, deltas: &[FileDelta]) -> Result<Vec<String>, ReadError> {
    let mut wrong: Vec<String> = deltas.iter().filter_map(no_note).collect();
    let about = claim.path.as_ref().map(NotePath::as_str);
    let is_main = |delta: &&FileDelta| about.is_none_or(|path| delta.path == path);
    let (main, others): (Vec<&FileDelta>, Vec<&FileDelta>) = deltas.iter().partition(is_main);
    if deltas.is_empty() && !claim.edited {
        wrong.push(format!("it claims to {} a belief and changes no file", claim.change));
    }
    let joins = claim.change == ChangeType::Join;
    for other in others {
        let absorbed = joins && turnover(store, other)?.come.is_empty();
        if !absorbed {
            wrong.push(format!("it touches {}, which it does not name", other.path));
        }
    }
    match main[..] {
        [] => {
            wrong.extend(about.filter(|_| !joins && !deltas.is_empty()).map(|path| format!("it does not touch {path}")))
        }
        [one] => wrong.extend(of_type(store, claim, one)?),
        _ if joins => {}
        _ => wrong.push(format!("it names no file and touches {}", main.len())),
    }
    Ok(wrong)
}

fn no_note(delta: &FileDelta) -> Option<String> {
    let (old, new) = (delta.old.map(|(mode, _)| mode), delta.new.map(|(mode, _)| mode));
    let regular = new.is_none() || new == Some(FILE) || new == old;
    let note = NotePath::new(&delta.path).is_ok() && delta.path.to_ascii_lowercase().ends_with(".md");
    match (note, regular) {
        (false, _) => Some(format!("it touches {}, which is no note", delta.path)),
        (true, false) => Some(format!("it makes {} something else than a plain file", delta.path)),
        (true, true) => None,
    }
}

/// Whether the file that a change is about shows a change of its type.
fn of_type(store: &Store, claim: &Claim, delta: &FileDelta) -> Result<Option<String>, ReadError> {
    // A new file of one belief, the most frequent change of all, shows it without being taken apart.
    let Turnover { gone, come } = turnover(store, delta)?;
    let (gone, come) = (gone.len(), come.len());
    let fits = match claim.change {
        ChangeType::Add => gone == 0 && (come == 1 || claim.edited && come > 0),
        ChangeType::Retire => gone == 1 && come == 0,
        ChangeType::Join => come <= 1 || claim.edited,
        ChangeType::Revise | ChangeType::Supersede | ChangeType::Correct | ChangeType::Promote => {
            delta.new.is_some() && (gone <= 1 && come <= 1 || claim.edited)
        }
    };
    let beliefs = |number| super::count(number, "belief");
    Ok((!fits).then(|| {
        let (come, gone) = (beliefs(come), beliefs(gone));
        format!("it claims to {} a belief; {} gains {come} and loses {gone}", claim.change, delta.path)
    }))
}

pub(super) fn turnover(store: &Store, delta: &FileDelta) -> Result<Turnover, ReadError> {
    let text = |side: Option<(u32, ObjectId)>| -> Result<String, ReadError> {
        let bytes = side.map_or(Ok(Vec::new()), |(_, id)| store.blob(id))?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned()))
    };
    Ok(between(&text(delta.old)?, &text(delta.new)?))
}

/// The beliefs of one file; none where it is no file.
pub(super) fn entries(store: &Store, place: Option<(u32, ObjectId)>) -> Result<Vec<String>, ReadError> {
    let bytes = place.map_or(Ok(Vec::new()), |(_, id)| store.blob(id))?;
    Ok(Document::parse(&String::from_utf8_lossy(&bytes)).entries().map(str::to_owned).collect())
}

fn between(old: &str, new: &str) -> Turnover {
    let (old, new) = (Document::parse(old), Document::parse(new));
    // Entries of one text are told apart only by how many there are.
    let mut counts: HashMap<&str, i64> = HashMap::new();
    new.entries().for_each(|entry| *counts.entry(entry).or_default() += 1);
    old.entries().for_each(|entry| *counts.entry(entry).or_default() -= 1);
    let mut turnover = Turnover::default();
    for (entry, count) in counts {
        let side = if count > 0 { &mut turnover.come } else { &mut turnover.gone };
        side.extend(std::iter::repeat_n(entry.to_owned(), usize::try_from(count.abs()).unwrap_or_default()));
    }
    turnover
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turnover_counts_beliefs_and_ignores_the_rest() {
        let of = |old: &str, new: &str| {
            let Turnover { gone, come } = between(old, new);
            (gone.len(), come.len())
        };
        assert_eq!(of("", "---\nname: a\n---\nOne.\n\nStill one.\n"), (0, 1));
        assert_eq!(of("# T\n\n- a\n- a\n", "# T\n\n- a\n"), (1, 0));
        assert_eq!(of("- a\n- b\n", "- b\n- c\n- d\n"), (1, 2));
        assert_eq!(of("- a\n", "# New heading\n\n- a\n"), (0, 0));
    }
}
