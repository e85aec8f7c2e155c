//! Which commit gave a line its present words: git's own blame, read from its porcelain.

use crate::cli::Failure;
use crate::model::ObjectId;
use crate::store::Store;

/// The commit behind each line of a file at a commit, the first line first.
pub fn lines(store: &Store, commit: ObjectId, path: &str) -> Result<Vec<ObjectId>, Failure> {
    let commit = commit.to_string();
    // No list of ignored commits: who believed this must not depend on a setting.
    let args = ["-c", "blame.ignoreRevsFile=", "blame", "--line-porcelain", &commit, "--", path];
    let output = store.git().check(&args)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split('\n').filter_map(header).collect())
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
