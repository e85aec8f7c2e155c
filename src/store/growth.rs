//! How a transcript stands to what is stored of the same session: the same, grown, older, or changed in its old
//! bytes. Decided by the ids of the stored parts; stored bytes are read only when a transcript ends inside one.

use crate::model::{ObjectId, Part};
use crate::transcript::blank::PLACEHOLDER;
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
    bytes: Option<Arc<Vec<u8>>>,
    known: BTreeMap<(usize, usize), Measure>,
}

impl Measures {
    /// What the id of all bytes is, for who has computed it.
    pub fn know(&mut self, bytes: &Arc<Vec<u8>>, id: ObjectId) {
        self.of(bytes).insert((0, bytes.len()), Measure { id, newlines: newlines(bytes) });
    }

    pub fn measure(&mut self, bytes: &Arc<Vec<u8>>, from: usize, to: usize) -> Measure {
        *self.of(bytes).entry((from, to)).or_insert_with(|| {
            let stretch = &bytes[from..to];
            Measure { id: ObjectId::of_blob(stretch), newlines: newlines(stretch) }
        })
    }

    fn of(&mut self, bytes: &Arc<Vec<u8>>) -> &mut BTreeMap<(usize, usize), Measure> {
        if !self.bytes.as_ref().is_some_and(|last| Arc::ptr_eq(last, bytes)) {
            self.bytes = Some(Arc::clone(bytes));
            self.known.clear();
        }
        &mut self.known
    }
}

fn newlines(bytes: &[u8]) -> u32 {
    memchr::memchr_iter(b'\n', bytes).count() as u32
}

/// Whether a part begins with these bytes, as far as that can still be told: lines that were taken out say nothing.
fn begins(part: &Part, stored: &[u8], bytes: &[u8]) -> bool {
    if part.was.is_empty() {
        return stored.starts_with(bytes);
    }
    let mut lines = stored.split_inclusive(|byte| *byte == b'\n');
    let taken = |line: &[u8]| {
        let mask = crate::text::secret::MASK.as_bytes();
        line.trim_ascii() == PLACEHOLDER.as_bytes() || memchr::memmem::find(line, mask).is_some()
    };
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .all(|line| lines.next().is_some_and(|stored| taken(stored) || stored.starts_with(line)))
}

/// Compares a transcript, or what is left of one, with the stored parts of a version.
pub fn relation<E>(
    parts: &[Part],
    bytes: &Arc<Vec<u8>>,
    measures: &mut Measures,
    read: &mut dyn FnMut(ObjectId) -> Result<Vec<u8>, E>,
) -> Result<Relation, E> {
    let mut at = 0;
    for part in parts {
        let (original, length) = part.original();
        if at == bytes.len() && length > 0 {
            return Ok(Relation::Prefix);
        }
        // A transcript may come as its host wrote it, or as it was stored after bytes were taken out of it.
        let mut whole = |id: ObjectId, length: u64| {
            let end = at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
            (end <= bytes.len() && measures.measure(bytes, at, end).id == id).then_some(end)
        };
        match whole(original, length).or_else(|| whole(part.blob, part.bytes)) {
            Some(end) => at = end,
            None if length > (bytes.len() - at) as u64 => {
                let inside = part.expired.is_some() || begins(part, &read(part.blob)?, &bytes[at..]);
                return Ok(if inside { Relation::Prefix } else { Relation::Different });
            }
            None => return Ok(Relation::Different),
        }
    }
    Ok(if at == bytes.len() { Relation::Same } else { Relation::Extends { from: at } })
}
