//! How a transcript stands to what is stored of the same session: the same, grown, older, or changed in its old
//! bytes. Decided by the ids of the stored parts; stored bytes are read only when a transcript ends inside one.

use crate::model::{ObjectId, SessionVersion};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Same,
    /// It begins with all that is stored; new bytes follow from here.
    Extends {
        from: usize,
    },
    /// All of it is stored, and more.
    Prefix,
    Different,
}

/// What is known of a stretch of bytes.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    pub id: ObjectId,
    pub newlines: u32,
}

/// Ids of stretches of the file at hand, each computed once even when many sessions share the file.
#[derive(Default)]
pub struct Measures {
    bytes: Option<Arc<[u8]>>,
    known: BTreeMap<(usize, usize), Measure>,
}

impl Measures {
    pub fn measure(&mut self, bytes: &Arc<[u8]>, from: usize, to: usize) -> Measure {
        if !self.bytes.as_ref().is_some_and(|last| Arc::ptr_eq(last, bytes)) {
            self.bytes = Some(Arc::clone(bytes));
            self.known.clear();
        }
        *self.known.entry((from, to)).or_insert_with(|| {
            let stretch = &bytes[from..to];
            let newlines = memchr::memchr_iter(b'\n', stretch).count() as u32;
            Measure { id: ObjectId::of_blob(stretch), newlines }
        })
    }
}

/// Compares a transcript with one stored version.
pub fn relation<E>(
    version: &SessionVersion,
    bytes: &Arc<[u8]>,
    measures: &mut Measures,
    read: &mut dyn FnMut(ObjectId) -> Result<Vec<u8>, E>,
) -> Result<Relation, E> {
    let mut at = 0;
    for part in &version.parts {
        if at == bytes.len() && part.bytes > 0 {
            return Ok(Relation::Prefix);
        }
        let end = at.saturating_add(usize::try_from(part.bytes).unwrap_or(usize::MAX));
        if end > bytes.len() {
            let inside = read(part.blob)?.starts_with(&bytes[at..]);
            return Ok(if inside { Relation::Prefix } else { Relation::Different });
        }
        if measures.measure(bytes, at, end).id != part.blob {
            return Ok(Relation::Different);
        }
        at = end;
    }
    Ok(if at == bytes.len() { Relation::Same } else { Relation::Extends { from: at } })
}
