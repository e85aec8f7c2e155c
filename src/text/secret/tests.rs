//! What is a credential, what only looks like one, and what masking promises of any text.

use super::*;
use proptest::prelude::*;

/// Keys are put together here, so that no scanner finds one in this file.
fn key(prefix: &str, rest: &str) -> String {
    format!("{prefix}{rest}")
}

#[test]
fn provider_keys_are_masked_whole_and_nothing_else_is() {
    let hex = "0d66598d696a02da33fb65e2a041f607c68ea50d";
    let keys = [
        key("ghp_", "XIxB7KMNdAr3zqWtQqhE94qglHqOzn1D1stg"),
        key("glptt-", hex),
        key("AKIA", "Q3EGRIPJZK2FJ4YX"),
        key("xoxb-", "718293645012-kQv7RtZ2mWp9XsB4nHj6LcYd"),
        key("sk-ant-api03-", "jSq6OMjv1syXaEUE0bvOckLe_GtCKy8l"),
        key("hvs.", "JGbZZaCkOSgsZ56uhGlTK2zyC1j2mw"),
    ];
    for key in keys {
        assert_eq!(mask(&format!("use {key}, please")), format!("use {MASK}, please"), "{key}");
    }
}

#[test]
fn values_are_masked_and_their_names_stay() {
    let cases = [
        ("password = 'correct-horse'", "password = '[secret removed]'"),
        ("{\"db_password\": \"hunter2!x\"}", "{\"db_password\": \"[secret removed]\"}"),
        ("postgres://admin:hunter22@db/app", "postgres://admin:[secret removed]@db/app"),
        ("API_KEY=f3a9c27be18d40569f3a", "API_KEY=[secret removed]"),
        ("curl -u ada:s3cr3tpw https://x.example", "curl -u ada:[secret removed] https://x.example"),
        ("mysql --password Tr0ub4dor", "mysql --password [secret removed]"),
        ("PWD=Tr0ub4dor9\nno, Tr0ub4dor9 again", "PWD=[secret removed]\nno, [secret removed] again"),
    ];
    for (text, masked) in cases {
        assert_eq!(mask(text), masked);
    }
}

#[test]
fn what_only_looks_like_a_credential_is_left_alone() {
    let texts = [
        "commit 9f3c2a7b10de4c0f5d6e7a8b9c0d1e2f3a4b5c6d",
        "the token is refreshed nightly",
        "id: 73082700-1f09-405b-80d0-3131bfd6272d",
        "password = getPassword()",
        "password: ${DB_PASSWORD}",
        "const token = process.env.API_TOKEN",
        "API_KEY=<your key>",
        "\"input_tokens\": 123456, \"output_tokens\": 99",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        "https://user:password@example.org",
        "max_tokens = 4096",
        "token_type: Bearer",
        "secretName: my-database-credentials",
        "the password must be changed every 90 days",
        "curl -u \"$USER:$PASSWORD\" https://x",
    ];
    for text in texts {
        assert_eq!(mask(text), text);
    }
}

proptest! {
    #[test]
    fn masking_twice_changes_nothing(text in "[ -~\\n]{0,200}", cue in "(password|token|api_key|bearer )?[=: \"']{0,3}[A-Za-z0-9+/]{0,40}") {
        let once = mask(&format!("{text}{cue}")).into_owned();
        prop_assert_eq!(mask(&once), once.as_str());
    }

    #[test]
    fn any_text_can_be_searched(text in any::<String>()) {
        let found = super::find(text.as_bytes());
        prop_assert!(found.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
        mask(&text);
    }
}
