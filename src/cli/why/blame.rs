//! Which commit gave a belief its present words: told by trees and by the lines of one commit where those suffice, and
//! else by git's own blame, read from its porcelain.

use crate::model::ObjectId;
use crate::store::{Git, GitError, Introduced, ReadError, Started, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Where a line comes from: the commit, and the file's name there.
pub type Line = (ObjectId, String);

/// The first and the last line of an entry, counted from 1.
pub type Span = (u32, u32);

/// More ranges than this are no help to git.
const RANGES: usize = 100;

/// A blame of entries of one file at one commit. Where git is asked, it works while we do something else.
pub struct Blame {
    path: String,
    entries: Vec<Span>,
    /// The commit from which on the file is as it is, and the entries that are known to come from it.
    since: ObjectId,
    settled: BTreeSet<Span>,
    git: Option<Started>,
}

impl Blame {
    /// The file's text as the commit has it, and the entries that are asked about.
    pub fn start(
        store: &Store,
        commit: ObjectId,
        path: &str,
        text: &str,
        entries: Vec<Span>,
    ) -> Result<Self, GitError> {
        // Whatever cannot be read here, git says better what is wrong with it, or fetches it.
        let (since, settled) = match store.introduced(commit, path) {
            Ok(Introduced::Whole(commit)) => (commit, entries.iter().copied().collect()),
            Ok(Introduced::Since(commit)) => (commit, renewed(store, commit, path, text, &entries).unwrap_or_default()),
            Err(_) => (commit, BTreeSet::new()),
        };
        let open: Vec<Span> = entries.iter().filter(|entry| !settled.contains(entry)).copied().collect();
        let git = (!open.is_empty()).then(|| compare(store.git(), since, path, &open)).transpose()?;
        Ok(Self { path: path.to_owned(), entries, since, settled, git })
    }

    /// The commits behind the lines of each entry. Of one whose newest commit is known, no other is looked for.
    pub fn lines(self) -> Result<Vec<Vec<Line>>, GitError> {
        let output = self.git.map(Started::check).transpose()?;
        let told = output.map(|output| told(&String::from_utf8_lossy(&output.stdout), &self.path)).unwrap_or_default();
        let of = |entry: &Span| match self.settled.contains(entry) {
            true => vec![(self.since, self.path.clone())],
            false => told.range(entry.0..=entry.1).map(|(_, line)| line.clone()).collect(),
        };
        Ok(self.entries.iter().map(of).collect())
    }
}

/// The entries with a line that the file has at no parent of a commit: whatever a comparison would make of the others,
/// this one is the commit's, and all that blame could find besides is older.
fn renewed(
    store: &Store,
    commit: ObjectId,
    path: &str,
    text: &str,
    entries: &[Span],
) -> Result<BTreeSet<Span>, ReadError> {
    let mut before = String::new();
    for parent in store.commit(commit)?.parents {
        // A file that comes under another name is looked for by git.
        let Some(bytes) = store.file(parent, path)? else { return Ok(BTreeSet::new()) };
        before.push_str(&String::from_utf8_lossy(&bytes));
        before.push('\n');
    }
    let known: BTreeSet<&str> = before.split('\n').collect();
    let lines: Vec<&str> = text.split('\n').collect();
    let is_renewed = |(first, last): &Span| {
        let own = lines.get(*first as usize - 1..*last as usize).unwrap_or_default();
        own.iter().any(|line| !known.contains(line))
    };
    Ok(entries.iter().filter(|entry| is_renewed(entry)).copied().collect())
}

fn compare(git: &Git, commit: ObjectId, path: &str, entries: &[Span]) -> Result<Started, GitError> {
    let id = commit.to_string();
    let ranges: Vec<String> = entries.iter().map(|(first, last)| format!("-L{first},{last}")).collect();
    // No list of ignored commits: who believed this must not depend on a setting.
    let mut args = vec!["-c", "blame.ignoreRevsFile=", "-c", "core.quotePath=false", "blame", "--line-porcelain"];
    args.extend(ranges.iter().map(String::as_str).filter(|_| ranges.len() <= RANGES));
    args.extend([id.as_str(), "--", path]);
    git.start(&args)
}

/// What git says of each line, by the line's number.
fn told(porcelain: &str, path: &str) -> BTreeMap<u32, Line> {
    let mut lines: BTreeMap<u32, Line> = BTreeMap::new();
    let mut newest = 0;
    for line in porcelain.split('\n') {
        match (header(line), line.strip_prefix("filename ")) {
            (Some((id, number)), _) => {
                newest = number;
                lines.insert(number, (id, path.to_owned()));
            }
            (None, Some(name)) => lines.get_mut(&newest).into_iter().for_each(|line| line.1 = unquoted(name)),
            _ => {}
        }
    }
    lines
}

/// A name that git put in quotes; `core.quotePath` is off, so only marks that few names have are escaped.
fn unquoted(name: &str) -> String {
    let inner = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    inner.map_or_else(|| name.to_owned(), |inner| inner.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// `<commit> <old line> <new line>[ <lines>]`: the commit and the new line; the file's own lines start with a tab.
fn header(line: &str) -> Option<(ObjectId, u32)> {
    let (id, rest) = line.split_once(' ')?;
    let numbers: Option<Vec<u32>> = rest.split(' ').map(|number| number.parse().ok()).collect();
    Some((ObjectId::parse(id).ok()?, *numbers?.get(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::World;
    use crate::store::tests::introduced::{FILES, play, step};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn of_the_commits_that_git_blames_the_newest_is_named(steps in proptest::collection::vec(step(), 1..14)) {
            let world = World::new();
            play(&world, &steps);
            let store = world.store();
            let head = ObjectId::parse(&world.repo_git(&["rev-parse", "HEAD"])).expect("an id");
            for path in FILES {
                let Some(bytes) = store.file(head, path).expect("read") else { continue };
                let text = String::from_utf8(bytes).expect("text");
                let count = text.lines().count() as u32;
                let entries: Vec<Span> = (1..=count).flat_map(|first| (first..=count).map(move |last| (first, last))).collect();
                let told = Blame::start(&store, head, path, &text, entries.clone()).and_then(Blame::lines).expect("told");
                for ((first, last), lines) in entries.iter().zip(told) {
                    let range = format!("-L{first},{last}");
                    let blamed = world.repo_git(&["blame", "--line-porcelain", &range, "HEAD", "--", path]);
                    let blamed: Vec<Line> = super::told(&blamed, path).into_values().collect();
                    if lines == blamed {
                        continue;
                    }
                    prop_assert_eq!(lines.len(), 1);
                    prop_assert!(blamed.contains(&lines[0]), "{}:{}: {:?}, not {:?}", path, range, lines, blamed);
                    let newer = blamed.iter().find(|(id, _)| !store.is_ancestor(*id, lines[0].0).expect("read"));
                    prop_assert!(newer.is_none(), "{}:{}: {:?} is no older than {:?}", path, range, newer, lines);
                }
            }
        }
    }

    #[test]
    fn only_headers_name_commits() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        let is = |line: &str, number| header(line) == Some((ObjectId::parse(id).expect("an id"), number));
        assert!(is(&format!("{id} 1 3 2"), 3) && is(&format!("{id} 7 2"), 2));
        assert!(header("author Ada").is_none() && header(&format!("\t{id} 1 1")).is_none());
        assert!(header(&format!("previous {id} a.md")).is_none());
    }

    #[test]
    fn porcelain_says_of_each_line_who_and_where() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        let text =
            format!("{id} 1 4 1\nauthor Ada\nfilename old \"name\".md\n\tfilename x\n{id} 2 9\nfilename b.md\n\ty\n");
        let lines = told(&text, "a.md");
        let names: Vec<(u32, &str)> = lines.iter().map(|(number, (_, name))| (*number, name.as_str())).collect();
        assert_eq!(names, [(4, "old \"name\".md"), (9, "b.md")]);
    }
}
