//! Commits as values: read from git, and encoded as git stores them.

use super::Signature;
use crate::model::ObjectId;

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
