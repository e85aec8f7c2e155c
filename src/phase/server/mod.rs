//! What a server refuses of a push, for `pre-receive` and `update`: memory changes only by approved dreams or by its
//! maintainers, sessions only grow, dreams are well-formed. Settings are those of memory before the push, under git
//! config of the server's repository, so a push cannot switch off its own guard. Every other ref is left alone.

mod dreams;
mod landing;
mod memory;
mod sessions;

use crate::config::Settings;
use crate::model::ObjectId;
use crate::store::dream::{CLOSED, OPEN};
use crate::store::{GitError, MergeError, ReadError, SESSIONS, Store};
use std::collections::BTreeMap;

/// One ref that a push is to move; `None` is no ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    pub name: String,
    pub old: Option<ObjectId>,
    pub new: Option<ObjectId>,
}

impl Push {
    /// Reads `<old> <new> <ref>`, as git writes it for `pre-receive`.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(3, ' ');
        let mut id = || ObjectId::parse(words.next()?).ok().map(|id| Some(id).filter(|id| *id != ObjectId::ZERO));
        let (old, new) = (id()?, id()?);
        Some(Self { name: words.next()?.trim_end().to_owned(), old, new })
    }
}

/// Why one ref may not move, and what the pusher can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub why: String,
    pub hint: String,
}

pub(super) fn refuse<T>(why: impl Into<String>, hint: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Refused(Refused { why: why.into(), hint: hint.into() }))
}

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("read what was pushed")]
    Read(#[from] ReadError),
    #[error("merge what was pushed")]
    Merge(#[from] MergeError),
    #[error("check signatures")]
    Git(#[from] GitError),
    #[error("read the record of a pushed session")]
    Record(#[from] serde_json::Error),
}

/// How judging one ref ends early.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Refused),
    Error(ServerError),
}

impl<E: Into<ServerError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Error(error.into())
    }
}

/// What a push is judged by.
pub struct Guard<'a> {
    pub store: &'a Store,
    /// The full name of the memory branch; nothing where the repository has none yet.
    pub memory: Option<&'a str>,
    /// Where memory stands before the push.
    pub tip: Option<ObjectId>,
    pub settings: &'a Settings,
    /// Everything that is pushed with it.
    pub pushed: &'a [Push],
}

impl Guard<'_> {
    /// Judges every ref of a push; what is not named in the answer may move.
    pub fn judge(&self) -> Result<Vec<(String, Refused)>, ServerError> {
        let mut refused = Vec::new();
        for push in self.pushed {
            match self.one(push) {
                Ok(()) => {}
                Err(Stop::Refused(why)) => refused.push((push.name.clone(), why)),
                Err(Stop::Error(error)) => return Err(error),
            }
        }
        Ok(refused)
    }

    fn one(&self, push: &Push) -> Result<(), Stop> {
        match push.name.as_str() {
            name if Some(name) == self.memory => memory::judge(self, push),
            SESSIONS => sessions::judge(self, push),
            name if name.starts_with(OPEN) => dreams::judge(self, push),
            name if name.starts_with(CLOSED) && push.new.is_none() => {
                refuse("what was decided about a dream is kept", "leave refs/dream/closed as it is")
            }
            _ => Ok(()),
        }
    }

    /// Where memory will stand when the push is accepted.
    fn memory_after(&self) -> Option<ObjectId> {
        let pushed = self.pushed.iter().find(|push| Some(push.name.as_str()) == self.memory);
        pushed.map_or(self.tip, |push| push.new)
    }

    /// Commits that all refs before the push do not have, oldest first.
    fn fresh(&self, tip: ObjectId, hide: &[ObjectId]) -> Result<Vec<ObjectId>, Stop> {
        let mut found = self.store.walk(&[tip], hide, false)?.collect::<Result<Vec<_>, _>>()?;
        found.reverse();
        Ok(found)
    }
}

/// Files that differ between two trees: path, and what stood and stands there.
pub(super) type Delta = BTreeMap<String, (Option<ObjectId>, Option<ObjectId>)>;

pub(super) fn delta(store: &Store, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<Delta, ReadError> {
    let mut found = Delta::new();
    compare(store, "", old, new, &mut found)?;
    Ok(found)
}

fn compare(
    store: &Store,
    prefix: &str,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    found: &mut Delta,
) -> Result<(), ReadError> {
    let read = |tree: Option<ObjectId>| tree.map(|tree| store.tree(tree)).transpose();
    let mut sides: BTreeMap<Vec<u8>, [Option<(u32, ObjectId)>; 2]> = BTreeMap::new();
    for (side, entries) in [read(old)?, read(new)?].into_iter().enumerate() {
        for entry in entries.unwrap_or_default() {
            sides.entry(entry.name).or_default()[side] = Some((entry.mode, entry.id));
        }
    }
    for (name, [old, new]) in sides.into_iter().filter(|(_, [old, new])| old != new) {
        let path = format!("{prefix}{}", String::from_utf8_lossy(&name));
        let folder = |side: Option<(u32, ObjectId)>| side.filter(|(mode, _)| *mode == FOLDER).map(|(_, id)| id);
        let file = |side: Option<(u32, ObjectId)>| side.filter(|(mode, _)| *mode != FOLDER).map(|(_, id)| id);
        if folder(old).is_some() || folder(new).is_some() {
            compare(store, &format!("{path}/"), folder(old), folder(new), found)?;
        }
        if file(old).is_some() || file(new).is_some() {
            found.insert(path, (file(old), file(new)));
        }
    }
    Ok(())
}

use crate::store::object::FOLDER;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_git_is_read() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        let push = Push::parse(&format!("{} {id} refs/heads/main\n", ObjectId::ZERO)).expect("a push");
        assert_eq!((push.old, push.new.is_some(), push.name.as_str()), (None, true, "refs/heads/main"));
        assert_eq!(Push::parse("12 34 refs/heads/main"), None);
    }
}
