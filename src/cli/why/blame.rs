//! Which commit gave a line its present words: where trees do not tell it, git's own blame, read from its porcelain.

use crate::model::ObjectId;
use crate::store::{Git, GitError, Introduced, Started, Store};

/// Where a line comes from: the commit, and the file's name there.
pub type Line = (ObjectId, String);

/// A blame of one file at one commit. Where trees tell which commit brought the file, git is not asked; else git works
/// on it while we do something else.
pub struct Blame {
    pub commit: ObjectId,
    pub path: String,
    source: Source,
}

enum Source {
    Whole(ObjectId),
    Git(Started),
}

impl Blame {
    pub fn start(store: &Store, commit: ObjectId, path: &str) -> Result<Self, GitError> {
        // Whatever cannot be read here, git says better what is wrong with it, or fetches it.
        let source = match store.introduced(commit, path).unwrap_or(Introduced::Since(commit)) {
            Introduced::Whole(commit) => Source::Whole(commit),
            Introduced::Since(commit) => Source::Git(compare(store.git(), commit, path)?),
        };
        Ok(Self { commit, path: path.to_owned(), source })
    }

    /// The commit behind each line of the file, of which this is the text; the first line first.
    pub fn lines(self, text: &str) -> Result<Vec<Line>, GitError> {
        let output = match self.source {
            Source::Whole(commit) => return Ok(text.lines().map(|_| (commit, self.path.clone())).collect()),
            Source::Git(git) => git.check()?,
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines: Vec<Line> = Vec::new();
        for line in text.split('\n') {
            match (header(line), line.strip_prefix("filename ")) {
                (Some(id), _) => lines.push((id, self.path.clone())),
                (None, Some(name)) => lines.last_mut().into_iter().for_each(|line| line.1 = unquoted(name)),
                _ => {}
            }
        }
        Ok(lines)
    }
}

fn compare(git: &Git, commit: ObjectId, path: &str) -> Result<Started, GitError> {
    let id = commit.to_string();
    // No list of ignored commits: who believed this must not depend on a setting.
    let args =
        ["-c", "blame.ignoreRevsFile=", "-c", "core.quotePath=false", "blame", "--line-porcelain", &id, "--", path];
    git.start(&args)
}

/// A name that git put in quotes; `core.quotePath` is off, so only marks that few names have are escaped.
fn unquoted(name: &str) -> String {
    let inner = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    inner.map_or_else(|| name.to_owned(), |inner| inner.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// `<commit> <old line> <new line>[ <lines>]`; the file's own lines start with a tab.
fn header(line: &str) -> Option<ObjectId> {
    let (id, rest) = line.split_once(' ')?;
    let numbers = rest.split(' ').all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    numbers.then(|| ObjectId::parse(id).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_name_commits() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        assert!(header(&format!("{id} 1 1 2")).is_some() && header(&format!("{id} 1 2")).is_some());
        assert!(header("author Ada").is_none() && header(&format!("\t{id} 1 1")).is_none());
        assert!(header(&format!("previous {id} a.md")).is_none());
    }
}
