//! Finds credentials by the formats that providers document, and masks them. The rules are few and precise; more
//! rules, entropy and context belong here too. It refuses to keep or log what it found.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

static RULES: LazyLock<Regex> = LazyLock::new(|| {
    let rules = [
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        r"\bsk-(?:ant-|proj-|live-|or-v1-)?[A-Za-z0-9_-]{20,}",
        r"\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{36,}",
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
        r"\b[a-z][a-z0-9+.-]{2,20}://[^\s:/@'\x22<>]{1,64}:[^\s:/@'\x22<>]{3,}@",
        r"(?i:\bbearer\s+)[A-Za-z0-9._~+/-]{24,}=*",
        r"(?i:\b(?:api[_-]?key|secret|token|passwd|password)\b['\x22]?\s*[:=]\s*['\x22]?)[A-Za-z0-9_/+.!@#$%^&*-]{12,}",
    ];
    Regex::new(&rules.map(|rule| format!("(?:{rule})")).join("|")).expect("the rules are constant and tested")
});

/// What stands where a secret stood.
pub const MASK: &str = "[secret removed]";

/// Replaces every credential by [`MASK`]. Borrowed when there was none; masking twice changes nothing.
pub fn mask(text: &str) -> Cow<'_, str> {
    RULES.replace_all(text, MASK)
}

/// Whether the text holds a credential.
pub fn found(text: &str) -> bool {
    RULES.is_match(text)
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
