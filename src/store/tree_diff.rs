//! Differences of trees, for reading much history: only folders that differ are entered, trees are compared as bytes,
//! and those read last are kept, because the next commit compares with them again. Refuses to look into files.

use super::object::FOLDER;
use super::{ReadError, Store};
use crate::model::ObjectId;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// Bytes of trees that are kept.
const KEPT: usize = 4 << 20;

/// What stands at a path: mode and id.
pub type Place = Option<(u32, ObjectId)>;

/// A file that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDelta {
    pub path: String,
    pub old: Place,
    pub new: Place,
}

/// A path whose content a merge does not explain by what either side had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexplained {
    pub path: String,
    pub base: Place,
    pub ours: Place,
    pub theirs: Place,
    pub merged: Place,
}

/// Compares trees of one repository.
pub struct TreeDiff<'s> {
    store: &'s Store,
    kept: HashMap<ObjectId, Arc<Vec<u8>>>,
    bytes: usize,
}

impl<'s> TreeDiff<'s> {
    pub fn new(store: &'s Store) -> Self {
        Self { store, kept: HashMap::new(), bytes: 0 }
    }

    /// The files that differ, by path. No old tree is an empty one.
    pub fn files(&mut self, old: Option<ObjectId>, new: ObjectId) -> Result<Vec<FileDelta>, ReadError> {
        let mut found = Vec::new();
        if old != Some(new) {
            self.compare("", old, Some(new), &mut found)?;
        }
        Ok(found)
    }

    fn compare(
        &mut self,
        folder: &str,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        found: &mut Vec<FileDelta>,
    ) -> Result<(), ReadError> {
        let (old, new) = (self.bytes_of(old)?, self.bytes_of(new)?);
        let alike = shared(&old, &new);
        let (mut left, mut right) = (Entries(&old[alike..]), Entries(&new[alike..]));
        let (mut a, mut b) = (left.next(), right.next());
        while let Some(order) = order(a, b) {
            let (gone, come) = match order {
                Ordering::Less => (a, None),
                Ordering::Greater => (None, b),
                Ordering::Equal => (a, b),
            };
            let differs = gone.map(Entry::place) != come.map(Entry::place);
            if differs {
                let name = gone.or(come).map_or(&b""[..], |entry| entry.name);
                let path = format!("{folder}{}", String::from_utf8_lossy(name));
                let of = |entry: Option<Entry<'_>>| entry.map(Entry::place);
                self.differ(path, of(gone), of(come), found)?;
            }
            if order.is_le() {
                a = left.next();
            }
            if order.is_ge() {
                b = right.next();
            }
            // Mostly one entry differs, and all that follows it is alike.
            if differs && a == b && left.0 == right.0 {
                break;
            }
        }
        Ok(())
    }

    fn differ(&mut self, path: String, old: Place, new: Place, found: &mut Vec<FileDelta>) -> Result<(), ReadError> {
        if folder(old).is_some() || folder(new).is_some() {
            self.compare(&format!("{path}/"), folder(old), folder(new), found)?;
        }
        let file = |place: Place| place.filter(|(mode, _)| *mode != FOLDER);
        let (old, new) = (file(old), file(new));
        if old != new {
            found.push(FileDelta { path, old, new });
        }
        Ok(())
    }

    /// Paths at which a merge holds something that a three-way merge by whole files would not: what both sides
    /// changed, and what neither did. Enters only folders for which that is not settled by their ids.
    pub fn unexplained(
        &mut self,
        base: Option<ObjectId>,
        ours: ObjectId,
        theirs: ObjectId,
        merged: ObjectId,
    ) -> Result<Vec<Unexplained>, ReadError> {
        let tree = |id| Some((FOLDER, id));
        let mut found = Vec::new();
        self.weigh(String::new(), [base.and_then(tree), tree(ours), tree(theirs), tree(merged)], &mut found)?;
        Ok(found)
    }

    fn weigh(&mut self, path: String, places: [Place; 4], found: &mut Vec<Unexplained>) -> Result<(), ReadError> {
        let [base, ours, theirs, merged] = places;
        let expected = match () {
            () if ours == theirs || theirs == base => Some(ours),
            () if ours == base => Some(theirs),
            () => None,
        };
        if expected == Some(merged) {
            return Ok(());
        }
        if places.iter().any(|place| folder(*place).is_some()) {
            return self.enter(path, places, found);
        }
        found.push(Unexplained { path, base, ours, theirs, merged });
        Ok(())
    }

    fn enter(&mut self, path: String, places: [Place; 4], found: &mut Vec<Unexplained>) -> Result<(), ReadError> {
        let mut names: std::collections::BTreeMap<Vec<u8>, [Place; 4]> = std::collections::BTreeMap::new();
        for (side, place) in places.iter().enumerate() {
            let bytes = self.bytes_of(folder(*place))?;
            for entry in Entries(&bytes) {
                names.entry(entry.name.to_vec()).or_default()[side] = Some(entry.place());
            }
        }
        let files = places.map(|place| place.filter(|(mode, _)| *mode != FOLDER));
        if files.iter().any(Option::is_some) {
            let [base, ours, theirs, merged] = files;
            found.push(Unexplained { path: path.clone(), base, ours, theirs, merged });
        }
        for (name, places) in names {
            let name = String::from_utf8_lossy(&name);
            let path = if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") };
            self.weigh(path, places, found)?;
        }
        Ok(())
    }

    fn bytes_of(&mut self, tree: Option<ObjectId>) -> Result<Arc<Vec<u8>>, ReadError> {
        let Some(id) = tree else { return Ok(Arc::default()) };
        if let Some(bytes) = self.kept.get(&id) {
            return Ok(Arc::clone(bytes));
        }
        let bytes = self.store.tree_bytes(id)?;
        if self.bytes + bytes.len() > KEPT {
            self.kept.clear();
            self.bytes = 0;
        }
        self.bytes += bytes.len();
        self.kept.insert(id, Arc::clone(&bytes));
        Ok(bytes)
    }
}

fn folder(place: Place) -> Option<ObjectId> {
    place.filter(|(mode, _)| *mode == FOLDER).map(|(_, id)| id)
}

/// The bytes of the entries at their start that two trees have in common.
fn shared(old: &[u8], new: &[u8]) -> usize {
    const STEP: usize = 64;
    let same = |(a, b): &(&[u8], &[u8])| a == b;
    let steps = old.chunks_exact(STEP).zip(new.chunks_exact(STEP)).take_while(same).count() * STEP;
    let rest = old[steps..].iter().zip(&new[steps..]).take_while(|(a, b)| a == b).count();
    let mut entries = Entries(&old[..steps + rest]);
    while entries.next().is_some() {}
    steps + rest - entries.0.len()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry<'a> {
    mode: u32,
    name: &'a [u8],
    id: &'a [u8; 20],
}

impl Entry<'_> {
    fn place(self) -> (u32, ObjectId) {
        (self.mode, ObjectId::from_bytes(*self.id))
    }
}

/// The entries of a tree's bytes, up to its end or to where it is damaged (the reader has checked its hash).
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let space = self.0.iter().take(8).position(|byte| *byte == b' ')?;
        let mode = self.0[..space].iter().fold(0, |mode, digit| mode * 8 + u32::from(digit & 7));
        let rest = &self.0[space + 1..];
        let end = memchr::memchr(0, rest)?;
        let id = rest.get(end + 1..end + 21)?.try_into().ok()?;
        self.0 = &rest[end + 21..];
        Some(Entry { mode, name: &rest[..end], id })
    }
}

/// git's order, in which folders sort as if their name ended in `/`; nothing when both sides are at their end.
fn order(a: Option<Entry<'_>>, b: Option<Entry<'_>>) -> Option<Ordering> {
    let (a, b) = match (a, b) {
        (None, None) => return None,
        (Some(_), None) => return Some(Ordering::Less),
        (None, Some(_)) => return Some(Ordering::Greater),
        (Some(a), Some(b)) => (a, b),
    };
    let end = |entry: Entry<'_>| (entry.mode == FOLDER).then_some(b'/');
    Some(a.name.iter().copied().chain(end(a)).cmp(b.name.iter().copied().chain(end(b))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{World, commit};

    #[test]
    fn differences_are_those_that_git_finds() {
        let world = World::new();
        let store = world.store();
        let old = commit(&store, None, &[("a/b.md", "1"), ("a/c.md", "2"), ("a.md", "3"), ("x/y/z", "4")], "one");
        let new = commit(&store, None, &[("a/b.md", "1"), ("a/c.md", "9"), ("a-b.md", "3"), ("x/y", "4")], "two");
        let tree = |id| store.commit(id).expect("a commit").tree;
        let found = TreeDiff::new(&store).files(Some(tree(old)), tree(new)).expect("a difference");
        let mut paths: Vec<&str> = found.iter().map(|delta| delta.path.as_str()).collect();
        paths.sort_unstable();
        let told = world.repo_git(&["diff-tree", "-r", "--name-only", &old.to_string(), &new.to_string()]);
        assert_eq!(paths, told.lines().collect::<Vec<_>>());
        assert!(TreeDiff::new(&store).files(Some(tree(old)), tree(old)).expect("none").is_empty());
    }

    #[test]
    fn a_merge_is_explained_by_its_sides_alone() {
        let world = World::new();
        let store = world.store();
        let tree = |files: &[(&str, &str)]| store.commit(commit(&store, None, files, "x")).expect("a commit").tree;
        let base = tree(&[("n/a", "1"), ("n/b", "1"), ("m/c", "1")]);
        let ours = tree(&[("n/a", "2"), ("n/b", "1"), ("m/c", "1")]);
        let theirs = tree(&[("n/a", "1"), ("n/b", "2"), ("m/c", "1")]);
        let good = tree(&[("n/a", "2"), ("n/b", "2"), ("m/c", "1")]);
        let evil = tree(&[("n/a", "2"), ("n/b", "2"), ("m/c", "evil")]);
        let mut diff = TreeDiff::new(&store);
        assert!(diff.unexplained(Some(base), ours, theirs, good).expect("trees").is_empty());
        let found = diff.unexplained(Some(base), ours, theirs, evil).expect("trees");
        assert_eq!(found.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["m/c"]);
    }
}
