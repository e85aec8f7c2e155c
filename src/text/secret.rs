//! Finds credentials by the formats that providers document, and masks them. The rules are few and precise; more
//! rules, entropy and context belong here too. It refuses to keep or log what it found.

use super::listed;
use regex::bytes::{Captures, Regex};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Each kind of credential, and how it is written.
const KINDS: [(&str, &str); 17] = [
    ("private key", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\z)"),
    ("api key", r"\bsk-(?:ant-|proj-|live-|or-v1-)?[A-Za-z0-9_-]{20,}"),
    ("github token", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ("github token", r"\bgithub_pat_[A-Za-z0-9_]{22,}"),
    ("gitlab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("aws key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("google key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("stripe key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    ("pypi token", r"\bpypi-[A-Za-z0-9_-]{40,}"),
    ("hugging face token", r"\bhf_[A-Za-z0-9]{30,}"),
    ("sendgrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("password in a url", r"://[\x21-\x7e&&[^:/@'\x22<>]]{1,64}:[\x21-\x7e&&[^:/@'\x22<>]]{3,100}@"),
    ("bearer token", r"(?i:\bbearer[ \t]+)[A-Za-z0-9._~+/-]{24,}=*"),
    (
        "assigned secret",
        r"(?i:\b(?:api[_-]?key|secret|token|passwd|password)\b['\x22]?[ \t]*[:=][ \t]*['\x22]?)[A-Za-z0-9_/+.!@#$%^&*-]{12,}",
    ),
];

/// All rules as one expression over bytes, without Unicode classes: transcripts of many megabytes are searched, and
/// every credential is ASCII.
static RULES: LazyLock<Regex> = LazyLock::new(|| {
    let all = KINDS.map(|(_, rule)| format!("(?:{rule})")).join("|");
    Regex::new(&format!("(?-u:{all})")).expect("the rules are constant and tested")
});

/// The same one by one, to tell what a match is.
static NAMED: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let one = |(name, rule)| (name, Regex::new(&format!("(?-u:{rule})")).expect("the rules are constant and tested"));
    KINDS.map(one).into()
});

/// What stands where a secret stood.
pub const MASK: &str = "[secret removed]";

/// Replaces every credential by [`MASK`]. Borrowed when there was none; masking twice changes nothing.
pub fn mask(text: &str) -> Cow<'_, str> {
    replace(text, |_| MASK.as_bytes().to_vec())
}

/// Like [`mask`], in raw JSON: of a match that runs over a key and its value only what follows the last quote goes.
pub fn mask_values(json: &str) -> String {
    let tail = |found: &[u8]| {
        let kept = found.iter().rposition(|byte| *byte == b'"').map_or(0, |quote| quote + 1);
        [&found[..kept], MASK.as_bytes()].concat()
    };
    replace(json, tail).into_owned()
}

/// Whether the text holds a credential.
pub fn found(text: &str) -> bool {
    let bytes = text.as_bytes();
    RULES.find_iter(bytes).any(|found| !listed::allows(found.as_bytes()))
        || listed::extra().is_some_and(|extra| extra.is_match(bytes))
}

/// What kinds of credentials the text holds, in words.
pub fn kinds(text: &str) -> BTreeSet<&'static str> {
    let bytes = text.as_bytes();
    let counted = RULES.find_iter(bytes).map(|found| found.as_bytes()).filter(|found| !listed::allows(found));
    let name =
        |found: &[u8]| NAMED.iter().find(|(_, rule)| rule.is_match(found)).map_or("credential", |(name, _)| *name);
    let own = listed::extra().is_some_and(|extra| extra.is_match(bytes)).then_some("listed pattern");
    counted.map(name).chain(own).collect()
}

fn replace(text: &str, with: impl Fn(&[u8]) -> Vec<u8>) -> Cow<'_, str> {
    let one = |found: &Captures<'_>| match listed::allows(&found[0]) {
        true => found[0].to_vec(),
        false => with(&found[0]),
    };
    let mut replaced = RULES.replace_all(text.as_bytes(), one);
    if let Some(extra) = listed::extra() {
        let more = extra.replace_all(&replaced, |found: &Captures<'_>| with(&found[0])).into_owned();
        replaced = Cow::Owned(more);
    }
    match replaced {
        Cow::Owned(bytes) if bytes != text.as_bytes() => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provider_keys_are_masked_and_plain_hashes_are_not() {
        let key = format!("ghp_{}", "a1B2".repeat(9));
        assert_eq!(mask(&format!("use {key} here")), format!("use {MASK} here"));
        assert!(found("postgres://admin:hunter22@db/app"));
        assert!(!found("commit 9f3c2a7b10de4c0f5d6e7a8b9c0d1e2f3a4b5c6d"));
        assert!(!found("the token is refreshed nightly"));
    }

    #[test]
    fn each_kind_is_named_and_nothing_of_it_is_said() {
        let key = format!("ghp_{}", "a1B2".repeat(9));
        assert_eq!(
            kinds(&format!("{key} postgres://admin:hunter22@db/app")).into_iter().collect::<Vec<_>>(),
            ["github token", "password in a url"]
        );
        assert!(kinds("nothing").is_empty());
    }

    #[test]
    fn masking_twice_changes_nothing() {
        let once = mask("password = 'correct-horse-battery'").into_owned();
        assert_eq!(mask(&once), once);
    }
}
