//! Finds credentials by the formats that providers document, and masks them. The rules are few and precise; more
//! rules, entropy and context belong here too. It refuses to keep or log what it found.

use regex::bytes::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// All rules as one expression over bytes, without Unicode classes: transcripts of many megabytes are searched, and
/// every credential is ASCII.
static RULES: LazyLock<Regex> = LazyLock::new(|| {
    let rules = [
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\z)",
        r"\bsk-(?:ant-|proj-|live-|or-v1-)?[A-Za-z0-9_-]{20,}",
        r"\bgh[pousr]_[A-Za-z0-9]{36,}",
        r"\bgithub_pat_[A-Za-z0-9_]{22,}",
        r"\bglpat-[A-Za-z0-9_-]{20,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"\bAIza[A-Za-z0-9_-]{35}",
        r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
        r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
        r"\bnpm_[A-Za-z0-9]{36}",
        r"\bpypi-[A-Za-z0-9_-]{40,}",
        r"\bhf_[A-Za-z0-9]{30,}",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        r"://[\x21-\x7e&&[^:/@'\x22<>]]{1,64}:[\x21-\x7e&&[^:/@'\x22<>]]{3,100}@",
        r"(?i:\bbearer[ \t]+)[A-Za-z0-9._~+/-]{24,}=*",
        r"(?i:\b(?:api[_-]?key|secret|token|passwd|password)\b['\x22]?[ \t]*[:=][ \t]*['\x22]?)[A-Za-z0-9_/+.!@#$%^&*-]{12,}",
    ];
    let all = rules.map(|rule| format!("(?:{rule})")).join("|");
    Regex::new(&format!("(?-u:{all})")).expect("the rules are constant and tested")
});

/// What stands where a secret stood.
pub const MASK: &str = "[secret removed]";

/// Replaces every credential by [`MASK`]. Borrowed when there was none; masking twice changes nothing.
pub fn mask(text: &str) -> Cow<'_, str> {
    match RULES.replace_all(text.as_bytes(), MASK.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Like [`mask`], in raw JSON: of a match that runs over a key and its value only what follows the last quote goes.
pub fn mask_values(json: &str) -> String {
    let replaced = RULES.replace_all(json.as_bytes(), |found: &regex::bytes::Captures<'_>| {
        let all = &found[0];
        let kept = all.iter().rposition(|byte| *byte == b'"').map_or(0, |quote| quote + 1);
        [&all[..kept], MASK.as_bytes()].concat()
    });
    String::from_utf8_lossy(&replaced).into_owned()
}

/// Whether the text holds a credential.
pub fn found(text: &str) -> bool {
    RULES.is_match(text.as_bytes())
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
    fn masking_twice_changes_nothing() {
        let once = mask("password = 'correct-horse-battery'").into_owned();
        assert_eq!(mask(&once), once);
    }
}
