//! Commits as values: read from git, and encoded as git stores them.

use super::Signature;
use crate::model::ObjectId;
use chrono::DateTime;
use std::borrow::Cow;

/// A commit that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub id: ObjectId,
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    /// As UTF-8, with replacement characters where it is not.
    pub message: String,
    pub author: Signature,
    pub committer: Signature,
}

impl Commit {
    /// The first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

impl Commit {
    /// From the object's bytes; `None` when they are no commit.
    pub fn decode(id: ObjectId, bytes: &[u8]) -> Option<Self> {
        let end = memchr::memmem::find(bytes, b"\n\n").unwrap_or(bytes.len());
        let message = bytes.get(end + 2..).unwrap_or_default();
        let head = text(&bytes[..end]);
        let (mut tree, mut parents, mut author, mut committer) = (None, Vec::new(), None, None);
        for line in head.lines() {
            match line.split_once(' ') {
                Some(("tree", id)) if tree.is_none() => tree = Some(ObjectId::parse(id).ok()?),
                Some(("parent", id)) if author.is_none() => parents.push(ObjectId::parse(id).ok()?),
                Some(("author", who)) if author.is_none() => author = Some(signature(who)?),
                Some(("committer", who)) if committer.is_none() => committer = Some(signature(who)?),
                _ => {}
            }
        }
        let message = text(message).trim_start_matches('\n').to_owned();
        Some(Self { id, tree: tree?, parents, message, author: author?, committer: committer? })
    }

    /// The tree that the object's bytes name, without reading the rest.
    pub fn tree_in(bytes: &[u8]) -> Option<ObjectId> {
        ObjectId::parse(std::str::from_utf8(bytes.strip_prefix(b"tree ")?.get(..40)?).ok()?).ok()
    }

    /// The parents that the object's bytes name, without reading the rest.
    pub fn parents_in(bytes: &[u8]) -> impl Iterator<Item = ObjectId> + '_ {
        let mut rest = bytes.get(46..).unwrap_or_default();
        std::iter::from_fn(move || {
            let id = rest.strip_prefix(b"parent ")?.get(..40)?;
            rest = rest.get(48..)?;
            ObjectId::parse(std::str::from_utf8(id).ok()?).ok()
        })
    }
}

/// What nearly always is UTF-8: to see that it is takes a fraction of what it takes to look for what is not.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// `Name <address> <seconds> <zone>`.
fn signature(text: &str) -> Option<Signature> {
    let (name, rest) = text.split_once('<')?;
    let (email, when) = rest.rsplit_once('>')?;
    let mut when = when.split_whitespace();
    let seconds = when.next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    let zone: i32 = when.next().and_then(|zone| zone.parse().ok()).unwrap_or_default();
    Some(Signature {
        name: name.trim().to_owned(),
        email: email.trim().to_owned(),
        time: DateTime::from_timestamp(seconds, 0).unwrap_or_default(),
        offset_minutes: zone / 100 * 60 + zone % 100,
    })
}

/// A commit to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    pub author: Signature,
    pub committer: Signature,
    pub message: String,
}

impl NewCommit {
    /// The object's bytes, which a signer signs. NUL never occurs in a message: git would cut it there.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = format!("tree {}\n", self.tree);
        for parent in &self.parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        text.push_str(&format!("author {}\ncommitter {}\n\n", self.author, self.committer));
        text.extend(self.message.chars().filter(|c| *c != '\0'));
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_reads_back_what_it_writes() {
        let who = |name: &str, zone| Signature {
            name: name.to_owned(),
            email: format!("{name}@example.com"),
            time: DateTime::from_timestamp(1_778_036_400, 0).expect("a time"),
            offset_minutes: zone,
        };
        let id = |text: &str| ObjectId::of_blob(text.as_bytes());
        let parents = vec![id("one"), id("two")];
        let message = "subject\n\nparent of all\n".to_owned();
        let (author, committer) = (who("ada", -150), who("ines", 60));
        let new = NewCommit { tree: id("tree"), parents, author, committer, message };
        let bytes = new.encode();
        let read = Commit::decode(ObjectId::ZERO, &bytes).expect("a commit");
        assert_eq!((read.tree, &read.parents, &read.message), (new.tree, &new.parents, &new.message));
        assert_eq!((read.author, read.committer), (new.author, new.committer));
        assert_eq!(Commit::parents_in(&bytes).collect::<Vec<_>>(), read.parents);
    }

    #[test]
    fn other_bytes_are_no_commit() {
        for bytes in ["", "tree x\n\nm", "tree ce013625030ba8dba906f756967f9e9ca394464a\nauthor A\n\nm"] {
            assert_eq!(Commit::decode(ObjectId::ZERO, bytes.as_bytes()), None);
            assert_eq!(Commit::parents_in(bytes.as_bytes()).count(), 0);
        }
    }
}
