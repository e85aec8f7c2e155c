//! Objects made ready for a pack on whatever thread has time, before somebody puts them into one. To hash and to compress
//! is most of what an object costs.

use super::Store;
use super::deflate::{Deflater, DenseDeflater};
use super::pack::Kind;
use super::session::SESSIONS;
use crate::config::Environment;
use crate::model::ObjectId;
use sha1::{Digest, Sha1};
use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

/// An object as a pack holds it.
#[derive(Debug)]
pub struct Prepared {
    pub(super) id: ObjectId,
    pub(super) kind: Kind,
    pub(super) size: usize,
    /// Nothing where the repository had it already.
    pub(super) deflated: Option<Vec<u8>>,
}

thread_local! {
    static FAST: RefCell<Deflater> = RefCell::new(Deflater::fast());
    static DENSE: RefCell<DenseDeflater> = RefCell::new(DenseDeflater::new());
}

impl Prepared {
    pub fn id(&self) -> ObjectId {
        self.id
    }

    pub(super) fn blob(bytes: &[u8]) -> io::Result<Self> {
        Self::new(Kind::Blob, "blob", bytes)
    }

    pub(super) fn tree(bytes: &[u8]) -> io::Result<Self> {
        Self::new(Kind::Tree, "tree", bytes)
    }

    fn new(kind: Kind, word: &str, bytes: &[u8]) -> io::Result<Self> {
        let id = object_id(word, bytes);
        Ok(Self { id, kind, size: bytes.len(), deflated: Some(deflated(kind, bytes)?) })
    }
}

pub(super) fn object_id(word: &str, bytes: &[u8]) -> ObjectId {
    let mut hash = Sha1::new();
    hash.update(format!("{word} {}\0", bytes.len()).as_bytes());
    hash.update(bytes);
    ObjectId::from_bytes(hash.finalize().into())
}

/// The zlib stream of an object, at the level that a pack writer would choose.
fn deflated(kind: Kind, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() / 3 + 64);
    match kind.is_dense(bytes.len()) {
        true => DENSE.with_borrow_mut(|dense| dense.deflate(bytes, &mut out))?,
        false => FAST.with_borrow_mut(|fast| fast.deflate(bytes, &mut out))?,
    }
    Ok(out)
}

/// Prepares blobs on many threads, but for those that the repository holds.
#[derive(Default)]
pub struct Preparer {
    /// Which repository that is; nothing where it holds none that they could be.
    repository: Option<(Environment, PathBuf)>,
    opened: OnceLock<Option<Mutex<Store>>>,
}

impl Preparer {
    pub fn prepare(&self, bytes: &[u8]) -> Option<Prepared> {
        let (kind, id) = (Kind::Blob, object_id("blob", bytes));
        let deflated = match self.holds(id) {
            true => None,
            false => Some(deflated(kind, bytes).ok()?),
        };
        Some(Prepared { id, kind, size: bytes.len(), deflated })
    }

    /// Whether the repository holds a blob; without a look nothing would be lost but time.
    fn holds(&self, id: ObjectId) -> bool {
        let open = || {
            let (environment, folder) = self.repository.as_ref()?;
            Store::open(environment, folder).ok().map(Mutex::new)
        };
        let opened = self.opened.get_or_init(open).as_ref();
        opened.is_some_and(|store| store.lock().is_ok_and(|store| store.knows(id)))
    }
}

impl Store {
    /// For transcripts that may be stored already.
    pub fn preparer(&self) -> Preparer {
        let has_sessions = self.reference(SESSIONS).is_ok_and(|tip| tip.is_some());
        let repository = has_sessions.then(|| (self.environment().clone(), self.git_dir().to_owned()));
        Preparer { repository, opened: OnceLock::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::World;
    use super::*;

    #[test]
    fn what_is_prepared_is_what_a_writer_would_have_made() {
        let world = World::new();
        let store = world.store();
        let texts = [Vec::new(), b"small\n".to_vec(), b"a large line\n".repeat(9_000)];
        let made = texts.each_ref().map(|bytes| Preparer::default().prepare(bytes).expect("prepared"));
        let mut writer = store.writer();
        made.iter().for_each(|object| writer.prepared(object).expect("written"));
        writer.finish().expect("finished");
        for (bytes, object) in texts.iter().zip(&made) {
            assert_eq!(object.id, ObjectId::of_blob(bytes));
            assert_eq!(store.blob(object.id).expect("it is there"), *bytes);
        }
        world.fsck();
    }

    #[test]
    fn nothing_is_compressed_that_the_repository_holds() {
        let world = World::new();
        let store = world.store();
        let mut writer = store.writer();
        writer.blob(b"old\n").expect("written");
        writer.finish().expect("finished");
        let repository = Some((store.environment().clone(), store.git_dir().to_owned()));
        let preparer = Preparer { repository, opened: OnceLock::new() };
        assert!(preparer.prepare(b"old\n").expect("prepared").deflated.is_none());
        assert!(preparer.prepare(b"new\n").expect("prepared").deflated.is_some());
    }
}
