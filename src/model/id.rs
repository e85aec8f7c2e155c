//! Names that are safe wherever they are used: in a path, a ref, a trailer and a terminal. Each has one checked
//! constructor; nothing here guesses or repairs, except where a constructor says so.

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::borrow::Cow;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a valid {what}: {why}")]
pub struct IdError {
    pub what: &'static str,
    pub text: String,
    pub why: &'static str,
}

fn refuse<T>(what: &'static str, text: &str, why: &'static str) -> Result<T, IdError> {
    Err(IdError { what, text: text.chars().filter(|c| !c.is_control()).take(80).collect(), why })
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
    };
}

text_id!(
    /// A session's id: the host's own, else the file's name. Letters, digits, `.`, `_`, `-`; at most 120 characters.
    SessionId
);
text_id!(
    /// Whose session it was, such as `claude-code/billing`.
    AgentName
);
text_id!(
    /// `YYYY-MM-DD-xxxx`: UTC date and four characters of Crockford's base 32.
    DreamId
);
text_id!(
    /// Names a belief, not its wording: eight hexadecimal characters.
    BeliefKey
);
text_id!(
    /// The path of a memory file inside the repository: relative, `/`-separated, safe on every platform.
    NotePath
);

impl SessionId {
    pub fn new(text: &str) -> Result<Self, IdError> {
        let what = "session id";
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        match text {
            "" => refuse(what, text, "it is empty"),
            _ if text.len() > 120 => refuse(what, text, "it is longer than 120 characters"),
            _ if !text.chars().all(plain) => refuse(what, text, "only letters, digits, '.', '_' and '-' may be used"),
            _ if text.starts_with(['.', '-']) || text.ends_with('.') || text.ends_with(".lock") => {
                refuse(what, text, "it starts or ends in a way that git does not allow")
            }
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// Makes an id of any text: what is not allowed becomes `-`, and a hash of the text is added when anything was
    /// lost, so that different texts stay different.
    pub fn derive(text: &str) -> Self {
        if let Ok(id) = Self::new(text) {
            return id;
        }
        let safe: String = text
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '-' })
            .take(80)
            .collect();
        let safe = safe.trim_matches('-');
        let hash = &hex(&Sha1::digest(text.as_bytes()))[..8];
        Self(if safe.is_empty() { format!("session-{hash}") } else { format!("{safe}-{hash}") })
    }
}

impl AgentName {
    pub fn new(text: &str) -> Result<Self, IdError> {
        let what = "agent name";
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '@' | '+');
        match text {
            "" => refuse(what, text, "it is empty"),
            _ if text.chars().count() > 100 => refuse(what, text, "it is longer than 100 characters"),
            _ if !text.chars().all(plain) => refuse(what, text, "only letters, digits and . _ - / @ + may be used"),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// Host and project, such as `claude-code/billing`; characters that are not allowed become `-`.
    pub fn derive(host: &str, project: Option<&str>) -> Self {
        let clean = |text: &str| -> String {
            let mapped: String = text
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
                .take(48)
                .collect();
            mapped.trim_matches(['-', '.']).to_owned()
        };
        let host = clean(host);
        let host = if host.is_empty() { "agent".to_owned() } else { host };
        match project.map(clean).filter(|name| !name.is_empty()) {
            Some(project) => Self(format!("{host}/{project}")),
            None => Self(host),
        }
    }
}

/// Crockford's base 32: no letter that is easily taken for another.
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl DreamId {
    pub fn new(text: &str) -> Result<Self, IdError> {
        let what = "dream id";
        let Some((date, tail)) = text.rsplit_once('-') else {
            return refuse(what, text, "it looks like 2026-05-06-k3f9");
        };
        let dated = date.len() == 10 && chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok();
        if !dated || tail.len() != 4 || !tail.bytes().all(|b| BASE32.contains(&b)) {
            return refuse(what, text, "it looks like 2026-05-06-k3f9");
        }
        Ok(Self(text.to_owned()))
    }

    /// The id of a dream made on this UTC date from this content; `salt` tells apart two that would be the same.
    pub fn derive(date: chrono::NaiveDate, content: &[u8], seed: u64, salt: u32) -> Self {
        let mut hash = Sha1::new();
        hash.update(content);
        hash.update(seed.to_be_bytes());
        hash.update(salt.to_be_bytes());
        let tail: String = hash.finalize()[..4].iter().map(|byte| BASE32[usize::from(byte % 32)] as char).collect();
        Self(format!("{}-{tail}", date.format("%Y-%m-%d")))
    }
}

impl BeliefKey {
    pub fn new(text: &str) -> Result<Self, IdError> {
        if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Ok(Self(text.to_owned()));
        }
        refuse("belief key", text, "it is eight hexadecimal characters")
    }

    /// The key of a belief with this canonical name.
    pub fn derive(canonical: &str) -> Self {
        Self(hex(&Sha1::digest(canonical.as_bytes()))[..8].to_owned())
    }
}

/// Names that Windows reserves for devices, whatever their extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// The text in lower case, which most often it is already.
fn lowercase(text: &str) -> Cow<'_, str> {
    match text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.to_lowercase()),
    }
}

impl NotePath {
    pub fn new(text: &str) -> Result<Self, IdError> {
        let what = "note path";
        if text.is_empty() || text.len() > 400 {
            return refuse(what, text, "it is empty or longer than 400 bytes");
        }
        for part in text.split('/') {
            let bad = |c: char| {
                c.is_control()
                    || crate::text::scrub::is_hidden(c)
                    || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
            };
            let lower = lowercase(part);
            let stem = lower.split('.').next().unwrap_or_default();
            let device = DEVICES.iter().any(|name| {
                stem.strip_prefix(name).is_some_and(|rest| match *name {
                    "com" | "lpt" => rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()),
                    _ => rest.is_empty(),
                })
            });
            if part.is_empty() || part == "." || part == ".." || part.len() > 200 {
                return refuse(what, text, "a part of it is empty, '.', '..' or longer than 200 bytes");
            }
            // Most parts are plain: letters, digits and the like.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            let bad = !part.bytes().all(plain) && part.chars().any(bad);
            if bad || part.ends_with(['.', ' ']) || part.starts_with(' ') || device {
                return refuse(what, text, "a part of it cannot be a file name on every platform");
            }
            if lower.trim_end_matches(['.', ' ']) == ".git" || lower.starts_with("git~") {
                return refuse(what, text, "it reaches into git's own folder");
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

/// A git object id (SHA-1), without a dependency on git.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct ObjectId([u8; 20]);

/// An id is a hash already: its start is enough to tell it from others.
impl std::hash::Hash for ObjectId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let start = self.0.first_chunk().expect("an id has more than eight bytes");
        state.write_u64(u64::from_ne_bytes(*start));
    }
}

impl ObjectId {
    pub const ZERO: ObjectId = ObjectId([0; 20]);

    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    pub fn parse(text: &str) -> Result<Self, IdError> {
        let why = "it is forty hexadecimal characters";
        let mut bytes = [0; 20];
        if text.len() != 40 {
            return refuse("object id", text, why);
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            match (digit(pair[0]), digit(pair[1])) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                _ => return refuse("object id", text, why),
            }
        }
        Ok(Self(bytes))
    }

    /// The first twelve hexadecimal characters, as evidence names a blob.
    pub fn short(&self) -> String {
        hex(&self.0[..6])
    }

    /// The id that git gives to a blob of these bytes.
    pub fn of_blob(bytes: &[u8]) -> Self {
        let mut hash = Sha1::new();
        hash.update(format!("blob {}\0", bytes.len()).as_bytes());
        hash.update(bytes);
        Self(hash.finalize().into())
    }
}

/// The id of a blob of which the bytes come piece by piece.
pub struct BlobHash(Sha1);

impl BlobHash {
    /// Of a blob of this many bytes.
    pub fn new(length: u64) -> Self {
        Self(Sha1::new_with_prefix(format!("blob {length}\0")))
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> ObjectId {
        ObjectId(self.0.finalize().into())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.collect_str(self),
            false => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 20]>::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests;
