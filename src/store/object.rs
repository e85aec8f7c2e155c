//! Reading: objects, refs, ancestry and walks. "Not there" is an `Option` where the caller may ask, an error where the
//! repository promised it.

use super::{Commit, Signature, Store};
use crate::model::ObjectId;
use chrono::DateTime;
use git2::{ErrorCode, ObjectType, OdbLookupFlags, Oid, Sort};
use sha1::{Digest, Sha1};
use std::collections::HashSet;
use std::sync::Arc;

pub const FILE: u32 = 0o100644;
pub const EXECUTABLE: u32 = 0o100755;
pub const LINK: u32 = 0o120000;
pub const FOLDER: u32 = 0o040000;

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("read {what} {id}: it is not in the repository")]
    Missing { what: &'static str, id: ObjectId },
    #[error("read {id} as a {what}: it is a {found}")]
    Kind { what: &'static str, id: ObjectId, found: &'static str },
    #[error("read {what} {id}")]
    Object { what: &'static str, id: ObjectId, source: git2::Error },
    #[error("read the ref {name}")]
    Reference { name: String, source: git2::Error },
    #[error("walk the history")]
    Walk(#[source] git2::Error),
    #[error("open the object database")]
    Database(#[source] git2::Error),
}

/// One line of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    pub mode: u32,
    pub name: Vec<u8>,
    pub id: ObjectId,
}

pub(super) fn is_file(mode: u32) -> bool {
    mode & 0o170000 == 0o100000
}

impl TreeEntry {
    pub fn is_folder(&self) -> bool {
        self.mode == FOLDER
    }

    /// A regular file, executable or not (also with the group-writable mode of old repositories).
    pub fn is_file(&self) -> bool {
        is_file(self.mode)
    }

    /// git's order of tree entries: folders sort as if their name ended in `/`.
    pub fn order(&self, other: &TreeEntry) -> std::cmp::Ordering {
        let end = |entry: &TreeEntry| entry.is_folder().then_some(b'/');
        let left = self.name.iter().copied().chain(end(self));
        left.cmp(other.name.iter().copied().chain(end(other)))
    }
}

impl Store {
    pub fn blob(&self, id: ObjectId) -> Result<Vec<u8>, ReadError> {
        self.object(id, ObjectType::Blob, "blob", |bytes| bytes.to_vec())
    }

    /// The entries of a tree in git's order.
    pub fn tree(&self, id: ObjectId) -> Result<Vec<TreeEntry>, ReadError> {
        // git knows the empty tree without storing it.
        if id == EMPTY_TREE {
            return Ok(Vec::new());
        }
        self.object(id, ObjectType::Tree, "tree", parse_tree)?.ok_or(ReadError::Kind {
            what: "tree",
            id,
            found: "damaged object",
        })
    }

    /// A tree as git stores it.
    pub(super) fn tree_bytes(&self, id: ObjectId) -> Result<Arc<Vec<u8>>, ReadError> {
        if id == EMPTY_TREE {
            return Ok(Arc::default());
        }
        match self.in_pack(id, ObjectType::Tree) {
            Some(bytes) => Ok(bytes),
            None => self.object(id, ObjectType::Tree, "tree", |bytes| Arc::new(bytes.to_vec())),
        }
    }

    /// Hands a commit as git stores it to `read`.
    pub fn read_commit<T>(&self, id: ObjectId, read: impl FnOnce(&[u8]) -> T) -> Result<T, ReadError> {
        self.object(id, ObjectType::Commit, "commit", read)
    }

    /// The size of a blob, without reading it.
    pub fn blob_size(&self, id: ObjectId) -> Result<u64, ReadError> {
        let odb = self.repository.odb().map_err(ReadError::Database)?;
        let header = match odb.read_header(oid(id)) {
            Err(error) if error.code() == ErrorCode::NotFound && self.fetch_promised(id) => {
                odb.refresh().and_then(|()| odb.read_header(oid(id)))
            }
            other => other,
        };
        match header {
            Ok((size, ObjectType::Blob)) => Ok(size as u64),
            Ok((_, found)) => Err(ReadError::Kind { what: "blob", id, found: found.str() }),
            Err(error) if error.code() == ErrorCode::NotFound => Err(ReadError::Missing { what: "blob", id }),
            Err(source) => Err(ReadError::Object { what: "blob", id, source }),
        }
    }

    pub fn commit(&self, id: ObjectId) -> Result<Commit, ReadError> {
        let wrap = |source: git2::Error| match source.code() {
            ErrorCode::NotFound => ReadError::Missing { what: "commit", id },
            _ => ReadError::Object { what: "commit", id, source },
        };
        // Where a shallow clone ends, libgit2 leaves out the parents that are not there.
        let decoded = self.read_commit(id, |bytes| Commit::decode(id, bytes))?;
        if let Some(commit) = decoded.filter(|_| !self.is_shallow()) {
            return Ok(commit);
        }
        let commit = self.repository.find_commit(oid(id)).map_err(wrap)?;
        Ok(Commit {
            id,
            tree: from_oid(commit.tree_id()),
            parents: commit.parent_ids().map(from_oid).collect(),
            message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
            author: signature(&commit.author()),
            committer: signature(&commit.committer()),
        })
    }

    /// The entry at a `/`-separated path under a tree.
    pub fn find_path(&self, tree: ObjectId, path: &str) -> Result<Option<TreeEntry>, ReadError> {
        let mut found = TreeEntry { mode: FOLDER, name: Vec::new(), id: tree };
        for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if !found.is_folder() {
                return Ok(None);
            }
            match self.entry(found.id, part.as_bytes())? {
                Some(entry) => found = entry,
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// The entry of this name in a tree.
    pub(super) fn entry(&self, tree: ObjectId, name: &[u8]) -> Result<Option<TreeEntry>, ReadError> {
        if tree == EMPTY_TREE {
            return Ok(None);
        }
        let find = |mut bytes: &[u8]| {
            while let Some((mode, own, id)) = first_entry(&mut bytes)? {
                if own == name {
                    return Some(Some(TreeEntry { mode, name: own.to_vec(), id }));
                }
            }
            Some(None)
        };
        let damaged = ReadError::Kind { what: "tree", id: tree, found: "damaged object" };
        self.object(tree, ObjectType::Tree, "tree", find)?.ok_or(damaged)
    }

    /// Whether this is a shallow clone.
    pub fn is_shallow(&self) -> bool {
        self.repository.is_shallow()
    }

    /// Commits at which a shallow clone ends: their parents are not here.
    pub fn shallow(&self) -> HashSet<ObjectId> {
        let text = std::fs::read_to_string(self.common_dir().join("shallow")).unwrap_or_default();
        text.lines().filter_map(|line| ObjectId::parse(line.trim()).ok()).collect()
    }

    /// The values that a ref had, as far as its reflog tells; nothing where it has none.
    pub fn reflog(&self, name: &str) -> Result<Vec<ObjectId>, ReadError> {
        let reflog = match self.repository.reflog(name) {
            Ok(reflog) => reflog,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(ReadError::Reference { name: name.to_owned(), source }),
        };
        let ids = reflog.iter().flat_map(|entry| [from_oid(entry.id_new()), from_oid(entry.id_old())]);
        let mut known = HashSet::new();
        Ok(ids.filter(|id| *id != ObjectId::ZERO && known.insert(*id)).collect())
    }

    pub fn contains(&self, id: ObjectId) -> bool {
        self.repository.odb().is_ok_and(|odb| odb.exists(oid(id)))
    }

    pub fn merge_base(&self, a: ObjectId, b: ObjectId) -> Result<Option<ObjectId>, ReadError> {
        match self.repository.merge_base(oid(a), oid(b)) {
            Ok(base) => Ok(Some(from_oid(base))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(ReadError::Walk(error)),
        }
    }

    /// Whether `ancestor` is `of` or in its history.
    pub fn is_ancestor(&self, ancestor: ObjectId, of: ObjectId) -> Result<bool, ReadError> {
        if ancestor == of {
            return Ok(true);
        }
        self.repository.graph_descendant_of(oid(of), oid(ancestor)).map_err(ReadError::Walk)
    }

    /// Commits reachable from `tips` but not from `hide`, children before parents, newest first.
    pub fn walk(
        &self,
        tips: &[ObjectId],
        hide: &[ObjectId],
        first_parent: bool,
    ) -> Result<impl Iterator<Item = Result<ObjectId, ReadError>> + '_, ReadError> {
        let mut walk = self.repository.revwalk().map_err(ReadError::Walk)?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME).map_err(ReadError::Walk)?;
        if first_parent {
            walk.simplify_first_parent().map_err(ReadError::Walk)?;
        }
        tips.iter().try_for_each(|tip| walk.push(oid(*tip))).map_err(ReadError::Walk)?;
        hide.iter().try_for_each(|tip| walk.hide(oid(*tip))).map_err(ReadError::Walk)?;
        Ok(walk.map(|id| id.map(from_oid).map_err(ReadError::Walk)))
    }

    /// The commit (or other object) that a full ref name leads to.
    pub fn reference(&self, name: &str) -> Result<Option<ObjectId>, ReadError> {
        match self.repository.refname_to_id(name) {
            Ok(id) => Ok(Some(from_oid(id))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch) => Ok(None),
            Err(source) => Err(ReadError::Reference { name: name.to_owned(), source }),
        }
    }

    /// All refs whose full name starts with the prefix, sorted by name. Refs that lead nowhere are left out.
    pub fn references(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, ReadError> {
        let wrap = |source| ReadError::Reference { name: prefix.to_owned(), source };
        let glob = format!("{prefix}*");
        let mut found = Vec::new();
        for reference in self.repository.references_glob(&glob).map_err(wrap)? {
            let reference = reference.map_err(wrap)?;
            let (Ok(name), Ok(target)) = (reference.name(), reference.resolve()) else { continue };
            found.extend(target.target().map(|id| (name.to_owned(), from_oid(id))));
        }
        found.sort();
        Ok(found)
    }

    /// A commit as it is stored, to the byte.
    pub(super) fn raw_commit(&self, id: ObjectId) -> Result<Vec<u8>, ReadError> {
        self.object(id, ObjectType::Commit, "commit", |bytes| bytes.to_vec())
    }

    /// The bytes of any object, whatever it is.
    pub(super) fn any_object(&self, id: ObjectId) -> Result<Vec<u8>, ReadError> {
        let odb = self.repository.odb().map_err(ReadError::Database)?;
        let read = odb.read(oid(id)).map(|object| object.data().to_vec());
        read.map_err(|source| ReadError::Object { what: "object", id, source })
    }

    /// Reads one object and hands its bytes to `read`, without a copy in between.
    fn object<T>(
        &self,
        id: ObjectId,
        kind: ObjectType,
        what: &'static str,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, ReadError> {
        if let Some(bytes) = self.in_pack(id, kind) {
            return Ok(read(&bytes));
        }
        let odb = self.repository.odb().map_err(ReadError::Database)?;
        let object = match odb.read(oid(id)) {
            Err(error) if error.code() == ErrorCode::NotFound && self.fetch_promised(id) => {
                odb.refresh().and_then(|()| odb.read(oid(id)))
            }
            other => other,
        };
        let object = object.map_err(|source| match source.code() {
            ErrorCode::NotFound => ReadError::Missing { what, id },
            _ => ReadError::Object { what, id, source },
        })?;
        match object.kind() {
            found if found != kind => Err(ReadError::Kind { what, id, found: found.str() }),
            _ if !intact(id, kind, object.data()) => Err(ReadError::Kind { what, id, found: "damaged object" }),
            _ => Ok(read(object.data())),
        }
    }

    /// What a pack holds, where much is read. Whatever is wrong with it, libgit2 may know of another copy, and else
    /// says what it is.
    fn in_pack(&self, id: ObjectId, kind: ObjectType) -> Option<Arc<Vec<u8>>> {
        let (found, bytes) = self.packed.get()?.borrow_mut().object(&id)?;
        (found == kind && intact(id, kind, &bytes)).then_some(bytes)
    }

    /// In a partial clone, git fetches a missing object when asked for it; libgit2 cannot.
    fn fetch_promised(&self, id: ObjectId) -> bool {
        // Which of the two a clone has depends on the git that made it.
        let promises = self.config_names("remote.").iter().any(|name| name.ends_with(".promisor"));
        let partial = promises || self.config("extensions.partialclone").is_some();
        partial && self.git().run(&["cat-file", "-e", &id.to_string()]).is_ok_and(|output| output.success())
    }

    /// Whether an object is in the packs and folders known so far: never looks for new packs, so a miss is cheap.
    pub(super) fn knows(&self, id: ObjectId) -> bool {
        self.repository.odb().is_ok_and(|odb| odb.exists_ext(oid(id), OdbLookupFlags::NO_REFRESH))
    }

    /// Makes packs that were written since known.
    pub(super) fn refresh(&self) -> Result<(), ReadError> {
        self.repository.odb().and_then(|odb| odb.refresh()).map_err(ReadError::Database)
    }
}

/// Whether the bytes are those that the id names. libgit2 would ask this too, by a hash that also looks for attacks and
/// takes ten times as long; git looks for those where objects come in, and does not hash what it reads.
pub(super) fn intact(id: ObjectId, kind: ObjectType, bytes: &[u8]) -> bool {
    let head = format!("{} {}\0", kind.str(), bytes.len());
    let hash: [u8; 20] = Sha1::new_with_prefix(head).chain_update(bytes).finalize().into();
    hash == *id.as_bytes()
}

/// To be called before the first repository is opened: [`intact`] takes the place of libgit2's own question.
pub(super) fn hash_here() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| git2::opts::strict_hash_verification(false));
}

/// For a command that reads each object once: what libgit2 keeps of them would only fill memory.
pub fn keep_no_objects() {
    git2::opts::enable_caching(false);
}

/// The tree without entries.
pub const EMPTY_TREE: ObjectId = ObjectId::from_bytes([
    0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49,
    0x04,
]);

/// `mode SP name NUL id`, repeated; `None` when the bytes are anything else.
pub(super) fn parse_tree(mut bytes: &[u8]) -> Option<Vec<TreeEntry>> {
    let mut entries = Vec::new();
    while let Some((mode, name, id)) = first_entry(&mut bytes)? {
        entries.push(TreeEntry { mode, name: name.to_vec(), id });
    }
    Some(entries)
}

/// Takes the first entry off a tree's bytes; `Some(None)` at their end, `None` when they are anything else.
fn first_entry<'a>(bytes: &mut &'a [u8]) -> Option<Option<(u32, &'a [u8], ObjectId)>> {
    if bytes.is_empty() {
        return Some(None);
    }
    let space = memchr::memchr(b' ', bytes)?;
    let end = memchr::memchr(0, bytes)?;
    let mode = u32::from_str_radix(std::str::from_utf8(bytes.get(..space)?).ok()?, 8).ok()?;
    let name = bytes.get(space + 1..end)?;
    let id: [u8; 20] = bytes.get(end + 1..end + 21)?.try_into().ok()?;
    *bytes = &bytes[end + 21..];
    Some(Some((mode, name, ObjectId::from_bytes(id))))
}

pub(super) fn encode_tree(entries: &[TreeEntry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 40);
    for entry in entries {
        bytes.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
        bytes.extend_from_slice(&entry.name);
        bytes.push(0);
        bytes.extend_from_slice(entry.id.as_bytes());
    }
    bytes
}

pub(super) fn oid(id: ObjectId) -> Oid {
    Oid::from_bytes(id.as_bytes()).expect("an object id has twenty bytes")
}

pub(super) fn from_oid(id: Oid) -> ObjectId {
    ObjectId::from_bytes(id.as_bytes().try_into().expect("SHA-256 repositories do not open"))
}

fn signature(signature: &git2::Signature<'_>) -> Signature {
    let when = signature.when();
    Signature {
        name: String::from_utf8_lossy(signature.name_bytes()).into_owned(),
        email: String::from_utf8_lossy(signature.email_bytes()).into_owned(),
        time: DateTime::from_timestamp(when.seconds(), 0).unwrap_or_default(),
        offset_minutes: when.offset_minutes(),
    }
}
