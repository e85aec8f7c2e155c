//! Front matter: the few keys that a reader of a note needs. Nearly all of it is plain lines of `key: value`, which are
//! read here; whatever YAML could read in another way is left to the YAML reader.

use super::Kind;
use super::note::is_reserved;
use serde::Deserialize;

/// The front matter that a reader of a note needs. Keys that are not ours are kept in the file and ignored here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Front {
    pub name: Option<String>,
    pub description: Option<String>,
    #[serde(deserialize_with = "lenient_kind")]
    pub kind: Option<Kind>,
    pub tags: Vec<String>,
    /// A pinned note is never pruned.
    pub pinned: bool,
}

fn lenient_kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Kind>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

impl Front {
    /// Reads what stands between the fences; nothing where it is no valid YAML.
    pub(super) fn read(yaml: &str) -> Option<Self> {
        Self::plain(yaml).or_else(|| serde_saphyr::from_str(yaml).ok())
    }

    /// Front matter of plain scalars alone, each key once; nothing where that is not certain.
    fn plain(yaml: &str) -> Option<Self> {
        let mut front = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for line in yaml.strip_suffix('\n')?.split('\n') {
            let (key, value) = line.split_once(": ")?;
            if !is_key(key) || seen.contains(&key) {
                return None;
            }
            seen.push(key);
            match (key, value) {
                ("pinned", "true") => front.pinned = true,
                ("pinned", "false") => front.pinned = false,
                ("pinned" | "tags", _) => return None,
                _ if !is_plain(value) => return None,
                ("name", _) => front.name = Some(value.to_owned()),
                ("description", _) => front.description = Some(value.to_owned()),
                ("kind", _) => front.kind = value.parse().ok(),
                _ => {}
            }
        }
        Some(front)
    }
}

fn is_key(key: &str) -> bool {
    let starts = key.starts_with(|first: char| first.is_ascii_alphabetic());
    starts && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !is_reserved(key)
}

/// A scalar on one line that every version of YAML reads as the same string.
fn is_plain(value: &str) -> bool {
    let inner =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ',' | ';' | '/' | '(' | ')' | '\'');
    let starts = value.starts_with(|first: char| first.is_ascii_alphabetic());
    starts && !value.ends_with(' ') && value.chars().all(inner) && !is_reserved(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_need_no_yaml_reader() {
        let front =
            Front::plain("name: a-b\ndescription: The port, of service 7\nkind: fact\nowner: ines\npinned: true\n");
        let front = front.expect("plain lines");
        assert_eq!((front.name.as_deref(), front.kind, front.pinned), (Some("a-b"), Some(Kind::Fact), true));
        assert_eq!(front.description.as_deref(), Some("The port, of service 7"));
        for other in ["name: a: b\n", "name: a\nname: b\n", "name: a # b\n", "name: null\n", "tags: [a]\n", "name: 1\n"]
        {
            assert_eq!(Front::plain(other), None, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn plain_lines_say_what_the_yaml_reader_says(
            yaml in "((name|kind|pinned|tags|x-y|true|description): ?([a-z0-9 :#'.,~()é-]{0,8}|fact|true|no|null)\n){1,4}"
        ) {
            if let Some(plain) = Front::plain(&yaml) {
                proptest::prop_assert_eq!(Some(plain), serde_saphyr::from_str::<Front>(&yaml).ok());
            }
        }
    }
}
