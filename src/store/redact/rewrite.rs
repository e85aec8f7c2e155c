//! Writes a history again from its first commit that must change: trees and messages as a caller says, parents as they
//! became, every other byte of a commit as it was. Signatures do not survive that. Commits before keep their ids.

use super::RedactError;
use crate::model::ObjectId;
use crate::store::{NewCommit, PackWriter, Sign, Store, TreeEntry};
use std::collections::HashMap;

/// What becomes of one file of a tree.
pub(super) enum Fate {
    Stays,
    Becomes(ObjectId),
    /// The same bytes under another name.
    Named(ObjectId, String),
    Goes,
}

/// Decides about files and messages of a history.
pub(super) trait Editor {
    /// Whether anything under this folder can change.
    fn enters(&self, folder: &str) -> bool;
    fn file(&mut self, path: &str, entry: &TreeEntry, writer: &mut PackWriter<'_>) -> Result<Fate, RedactError>;
    /// The message as it shall read; nothing when it stays. `moved` are the commits that have new ids by now.
    fn message(&mut self, message: &str, moved: &HashMap<ObjectId, ObjectId>) -> Option<String>;
}

/// A history under rewriting. Everything goes into one pack, except around commits that are signed again.
pub(super) struct Rewrite<'s, 'w> {
    store: &'s Store,
    pub writer: &'w mut PackWriter<'s>,
    /// Whether commits that were signed are signed again.
    sign: bool,
    trees: HashMap<(String, ObjectId), Option<ObjectId>>,
    pub commits: HashMap<ObjectId, ObjectId>,
    /// Commits whose own message changed.
    pub reworded: Vec<(ObjectId, ObjectId)>,
    /// Commits that lost a signature.
    pub unsigned: usize,
    pub resigned: usize,
}

impl<'s, 'w> Rewrite<'s, 'w> {
    pub fn new(store: &'s Store, writer: &'w mut PackWriter<'s>, sign: bool) -> Self {
        let (trees, commits, reworded) = Default::default();
        Self { store, writer, sign, trees, commits, reworded, unsigned: 0, resigned: 0 }
    }

    /// Goes over commits, the oldest first.
    pub fn all(&mut self, editor: &mut impl Editor, oldest_first: &[ObjectId]) -> Result<(), RedactError> {
        oldest_first.iter().try_for_each(|id| self.commit(editor, *id))
    }

    fn commit(&mut self, editor: &mut impl Editor, id: ObjectId) -> Result<(), RedactError> {
        let raw = self.store.raw_commit(id)?;
        let Some(parts) = Raw::parse(&raw) else { return Ok(()) };
        let tree = self.tree(editor, "", parts.tree)?.unwrap_or(crate::store::object::EMPTY_TREE);
        let parents: Vec<ObjectId> =
            parts.parents.iter().map(|parent| self.commits.get(parent).copied().unwrap_or(*parent)).collect();
        let said = String::from_utf8_lossy(parts.message);
        let reworded = editor.message(&said, &self.commits).filter(|new| *new != said);
        if tree == parts.tree && parents == parts.parents && reworded.is_none() {
            return Ok(());
        }
        let message = reworded.as_ref().map_or(parts.message, |new| new.as_bytes());
        let new = match parts.signed {
            true if self.sign => {
                self.resigned += 1;
                self.signed(id, tree, parents, String::from_utf8_lossy(message).into_owned())?
            }
            signed => {
                self.unsigned += usize::from(signed);
                self.writer.encoded_commit(&parts.encode(tree, &parents, message)).map_err(RedactError::Write)?
            }
        };
        self.commits.insert(id, new);
        let ids_only = reworded.as_ref().is_none_or(|new| without_ids(new) == without_ids(&said));
        if !ids_only {
            self.reworded.push((id, new));
        }
        Ok(())
    }

    /// Signing needs the commit's tree and parents on disk.
    fn signed(
        &mut self,
        id: ObjectId,
        tree: ObjectId,
        parents: Vec<ObjectId>,
        message: String,
    ) -> Result<ObjectId, RedactError> {
        std::mem::replace(self.writer, self.store.writer()).finish().map_err(RedactError::Write)?;
        self.store.refresh()?;
        let old = self.store.commit(id)?;
        let new = NewCommit { tree, parents, author: old.author, committer: old.committer, message };
        Ok(self.store.write_decision(&new, &Sign::Yes(None))?)
    }

    /// A tree as it shall be; nothing when it is left without any file.
    fn tree(&mut self, editor: &mut impl Editor, prefix: &str, id: ObjectId) -> Result<Option<ObjectId>, RedactError> {
        let key = (prefix.to_owned(), id);
        if let Some(known) = self.trees.get(&key) {
            return Ok(*known);
        }
        let mut entries = Vec::new();
        let mut changed = false;
        for mut entry in self.store.tree(id)? {
            let path = format!("{prefix}{}", String::from_utf8_lossy(&entry.name));
            if entry.is_folder() {
                if editor.enters(&path) {
                    match self.tree(editor, &format!("{path}/"), entry.id)? {
                        Some(new) => {
                            changed |= new != entry.id;
                            entry.id = new;
                        }
                        None => {
                            changed = true;
                            continue;
                        }
                    }
                }
            } else if entry.is_file() {
                match editor.file(&path, &entry, self.writer)? {
                    Fate::Stays => {}
                    Fate::Goes => {
                        changed = true;
                        continue;
                    }
                    Fate::Becomes(new) => {
                        changed |= new != entry.id;
                        entry.id = new;
                    }
                    Fate::Named(new, name) => {
                        changed = true;
                        (entry.id, entry.name) = (new, name.into_bytes());
                    }
                }
            }
            entries.push(entry);
        }
        let new = match (changed, entries.is_empty()) {
            (false, _) => Some(id),
            (true, true) => None,
            (true, false) => Some(self.writer.tree(&entries).map_err(RedactError::Write)?),
        };
        if new.is_none() && prefix.is_empty() {
            self.writer.tree(&[]).map_err(RedactError::Write)?;
        }
        self.trees.insert(key, new);
        Ok(new)
    }
}

/// Two messages that differ only in ids say the same.
fn without_ids(message: &str) -> String {
    let id = |word: &str| word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let split = message.split_inclusive(|c: char| !c.is_ascii_hexdigit());
    split.map(|piece| if id(piece.trim_end_matches(|c: char| !c.is_ascii_hexdigit())) { "#" } else { piece }).collect()
}

/// A commit's bytes in their parts.
struct Raw<'a> {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    /// Author, committer, encoding and whatever else stands there, without signatures.
    headers: Vec<&'a [u8]>,
    message: &'a [u8],
    signed: bool,
}

impl<'a> Raw<'a> {
    fn parse(raw: &'a [u8]) -> Option<Self> {
        let end = memchr::memmem::find(raw, b"\n\n")?;
        let mut commit = Self {
            tree: ObjectId::ZERO,
            parents: Vec::new(),
            headers: Vec::new(),
            message: &raw[end + 2..],
            signed: false,
        };
        let mut skipping = false;
        for line in raw[..end].split(|byte| *byte == b'\n') {
            let id = |start: &[u8]| ObjectId::parse(std::str::from_utf8(line.strip_prefix(start)?).ok()?).ok();
            if line.starts_with(b" ") {
                if !skipping {
                    commit.headers.push(line);
                }
                continue;
            }
            // A merged tag's signature would be one of bytes that are gone.
            skipping = line.starts_with(b"gpgsig") || line.starts_with(b"mergetag ");
            if skipping {
                commit.signed |= line.starts_with(b"gpgsig");
            } else if let Some(tree) = id(b"tree ") {
                commit.tree = tree;
            } else if let Some(parent) = id(b"parent ") {
                commit.parents.push(parent);
            } else {
                commit.headers.push(line);
            }
        }
        Some(commit)
    }

    fn encode(&self, tree: ObjectId, parents: &[ObjectId], message: &[u8]) -> Vec<u8> {
        let mut bytes = format!("tree {tree}\n").into_bytes();
        for parent in parents {
            bytes.extend_from_slice(format!("parent {parent}\n").as_bytes());
        }
        for header in &self.headers {
            bytes.extend_from_slice(header);
            bytes.push(b'\n');
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(message);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_taken_apart_and_put_together_byte_for_byte_without_its_signature() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        let plain = format!(
            "tree {id}\nparent {id}\nauthor A\tB <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nencoding latin1\n\ns\n\nb\n"
        );
        let signed = plain.replace("\n\ns", "\ngpgsig -----BEGIN\n \n abc\n -----END\n\ns");
        for (text, is_signed) in [(&plain, false), (&signed, true)] {
            let raw = Raw::parse(text.as_bytes()).expect("a commit");
            assert_eq!(raw.signed, is_signed);
            assert_eq!(raw.encode(raw.tree, &raw.parents, raw.message), plain.as_bytes());
        }
    }

    #[test]
    fn messages_that_differ_only_in_ids_say_the_same() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(without_ids(&format!("a {id}.")), without_ids(&format!("a {}.", id.replace('c', "d"))));
        assert_ne!(without_ids("a b"), without_ids("a c"));
    }
}
