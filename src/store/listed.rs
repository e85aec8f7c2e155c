//! The sessions that a dream read, in what is kept of it: packed by themselves, or not even read, so that who asks what a
//! dream changed does not unpack the thirty thousand that it read.

use crate::model::{ObjectId, SessionId};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

type All = Vec<(SessionId, ObjectId)>;

/// Each with the blob that says how far.
#[derive(Clone, Default)]
pub struct Listed {
    all: OnceLock<All>,
    packed: Packed,
}

/// What nobody has unpacked.
#[derive(Clone)]
enum Packed {
    Here(Vec<u8>),
    /// What reads it.
    Elsewhere(Arc<dyn Fn() -> Vec<u8> + Send + Sync>),
}

impl Default for Packed {
    fn default() -> Self {
        Self::Here(Vec::new())
    }
}

impl Packed {
    fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Here(bytes) => Cow::Borrowed(bytes),
            Self::Elsewhere(read) => Cow::Owned(read()),
        }
    }
}

impl Deref for Listed {
    type Target = [(SessionId, ObjectId)];

    fn deref(&self) -> &Self::Target {
        // What was packed can be unpacked: it stood behind a checksum.
        self.all.get_or_init(|| postcard::from_bytes(&self.packed.bytes()).unwrap_or_default())
    }
}

impl Listed {
    /// Packed sessions that stand elsewhere, read when they are asked for.
    pub(super) fn elsewhere(read: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self { all: OnceLock::new(), packed: Packed::Elsewhere(Arc::new(read)) }
    }

    /// As they are packed; none where a session cannot be.
    pub(super) fn packed(&self) -> postcard::Result<Cow<'_, [u8]>> {
        match self.all.get() {
            Some(all) => postcard::to_stdvec(all).map(Cow::Owned),
            None => Ok(self.packed.bytes()),
        }
    }

    /// Those of some sessions only.
    pub fn of(&self, is_one: impl Fn(&str) -> bool) -> All {
        if let Some(all) = self.all.get() {
            return all.iter().filter(|(session, _)| is_one(session.as_str())).cloned().collect();
        }
        let mut found = Vec::new();
        let packed = self.packed.bytes();
        let Ok((count, mut rest)) = postcard::take_from_bytes::<usize>(&packed) else { return found };
        for _ in 0..count {
            let Ok(((session, blob), after)) = postcard::take_from_bytes::<(&str, ObjectId)>(rest) else { break };
            if is_one(session) {
                found.extend(SessionId::new(session).ok().map(|session| (session, blob)));
            }
            rest = after;
        }
        found
    }
}

impl From<All> for Listed {
    fn from(all: All) -> Self {
        Self { all: all.into(), packed: Packed::default() }
    }
}

impl PartialEq for Listed {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Listed {}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Listed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.packed().map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Listed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packed sessions")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Listed, E> {
        Ok(Listed { all: OnceLock::new(), packed: Packed::Here(bytes.to_vec()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_the_same_packed_or_not() {
        let session =
            |nth: usize| (SessionId::new(&format!("s{nth}")).expect("an id"), ObjectId::of_blob(&nth.to_le_bytes()));
        for count in [0, 1, 300] {
            let listed = Listed::from((0..count).map(session).collect::<All>());
            let bytes = postcard::to_stdvec(&(&listed, 7_u8)).expect("packed");
            let read: (Listed, u8) = postcard::from_bytes(&bytes).expect("unpacked");
            let is_one = |id: &str| id.ends_with('7');
            let some: All = listed.iter().filter(|(id, _)| is_one(id.as_str())).cloned().collect();
            let bytes_of = listed.packed().expect("packed").into_owned();
            let elsewhere = Listed::elsewhere(move || bytes_of.clone());
            assert_eq!(
                (read.0.of(is_one), listed.of(is_one), elsewhere.of(is_one)),
                (some.clone(), some.clone(), some)
            );
            assert_eq!(postcard::to_stdvec(&(&elsewhere, 7_u8)).expect("packed from elsewhere"), bytes);
            assert_eq!(elsewhere, listed);
            assert_eq!(read, (listed, 7));
            assert_eq!(postcard::to_stdvec(&(&read.0, 7_u8)).expect("packed again"), bytes);
        }
    }
}
