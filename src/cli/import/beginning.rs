//! What a file begins with: what is stored of it, as long as it is still the same file.

use crate::model::id::BlobHash;
use crate::model::{Host, ObjectId, SessionId, SessionRecord};
use crate::store::known_files::Beginning;
use blake3::Hasher;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that are hashed at a time.
const STEP: usize = 128 << 10;

/// What a file begins with, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    pub id: SessionId,
    pub host: Host,
    pub parts: Vec<(ObjectId, u64)>,
    pub newlines: u32,
    pub turns: u32,
    /// What tells its bytes sooner than the ids of its parts do.
    pub hash: Option<[u8; 32]>,
}

impl After {
    /// All of a record's newest version; nothing where bytes of it were taken out.
    pub fn of(record: &SessionRecord) -> Option<Self> {
        let version = record.current().filter(|_| record.root.is_none())?;
        let whole =
            !version.parts.is_empty() && version.parts.iter().all(|part| part.was.is_empty() && part.expired.is_none());
        whole.then(|| Self {
            id: record.id.clone(),
            host: record.host,
            parts: version.parts.iter().map(|part| (part.blob, part.bytes)).collect(),
            newlines: version.parts.iter().map(|part| part.newlines).sum(),
            turns: record.turns,
            hash: None,
        })
    }

    /// The same of a file of which the beginning is known, if that is what is stored now.
    pub fn known(record: &SessionRecord, beginning: Option<&Beginning>) -> Option<Self> {
        let after = Self::of(record)?;
        let hash = beginning.filter(|known| known.parts == told(&after.parts)).map(|known| known.bytes);
        Some(Self { hash, ..after })
    }

    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|(_, length)| length).sum()
    }
}

/// One hash of the ids of parts and of their lengths.
fn told(parts: &[(ObjectId, u64)]) -> [u8; 32] {
    let mut hasher = Hasher::new();
    for (id, length) in parts {
        hasher.update(id.as_bytes()).update(&length.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// What was read and compared of a file.
pub struct Compared(Hasher);

impl Compared {
    /// What the file begins with once a blob is stored behind what was.
    pub fn beginning(mut self, after: &After, new: (ObjectId, &[u8])) -> Beginning {
        let (id, bytes) = new;
        let added = Some((id, bytes.len() as u64)).filter(|_| !bytes.is_empty());
        let parts: Vec<_> = after.parts.iter().copied().chain(added).collect();
        self.0.update(bytes);
        Beginning { parts: told(&parts), bytes: *self.0.finalize().as_bytes() }
    }
}

/// Reads of a file what is stored of it; nothing where that is something else.
pub fn compared(path: &Path, after: &After) -> Option<Compared> {
    let mut file = File::open(path).ok()?;
    let mut buffer = vec![0; STEP];
    let mut hasher = Hasher::new();
    for (id, length) in &after.parts {
        let mut blob = after.hash.is_none().then(|| BlobHash::new(*length));
        let mut left = *length;
        while left > 0 {
            let want = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            file.read_exact(&mut buffer[..want]).ok()?;
            hasher.update(&buffer[..want]);
            blob.iter_mut().for_each(|blob| blob.update(&buffer[..want]));
            left -= want as u64;
        }
        if blob.is_some_and(|blob| blob.finish() != *id) {
            return None;
        }
    }
    let same = after.hash.is_none_or(|hash| *hasher.finalize().as_bytes() == hash);
    same.then_some(Compared(hasher))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_as_long_as_each_stored_byte_is() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = b"one\ntwo\nthree\n";
        std::fs::write(file.path(), text).expect("written");
        let part = |range: std::ops::Range<usize>| (ObjectId::of_blob(&text[range.clone()]), range.len() as u64);
        let id = SessionId::new("s").expect("an id");
        let after = After { id, host: Host::Minimal, parts: vec![part(0..4)], newlines: 1, turns: 1, hash: None };
        let first = compared(file.path(), &after).expect("the same").beginning(&after, (part(4..8).0, &text[4..8]));
        let longer = After { parts: vec![part(0..4), part(4..8)], ..after.clone() };
        assert_eq!(first.parts, told(&longer.parts));
        let known = After { hash: Some(first.bytes), ..longer.clone() };
        let second = compared(file.path(), &known).expect("the same").beginning(&known, (part(8..14).0, &text[8..]));
        let all = compared(file.path(), &longer).expect("the same").beginning(&longer, (part(8..14).0, &text[8..]));
        assert_eq!(second, all);
        for wrong in 0..8 {
            let mut changed = text.to_vec();
            changed[wrong] ^= 1;
            std::fs::write(file.path(), changed).expect("written");
            assert!(compared(file.path(), &known).is_none() && compared(file.path(), &longer).is_none());
        }
        std::fs::write(file.path(), &text[..7]).expect("written");
        assert!(compared(file.path(), &known).is_none() && compared(file.path(), &longer).is_none());
    }
}
