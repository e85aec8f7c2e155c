//! What is a credential, what only looks like one, and what masking promises of any text.

use super::*;
use aho_corasick::{AhoCorasick, MatchKind};
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
        key("xoxb-", "718293645012-5182937465012-kQv7RtZ2mWp9XsB4nHj6LcYd"),
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
        ("API_TOKEN ?= h7k2m9x4p1q8w3z6t5r0", "API_TOKEN ?= [secret removed]"),
        ("apiToken || 'h7k2m9x4p1q8w3z6t5r0'", "apiToken || '[secret removed]'"),
        ("<token>\n h7k2m9x4p1q8w3z6t5r0\n</token>", "<token>\n [secret removed]\n</token>"),
        ("mysql --password Tr0ub4dor", "mysql --password [secret removed]"),
        ("PWD=Tr0ub4dor9\nno, Tr0ub4dor9 again", "PWD=[secret removed]\nno, [secret removed] again"),
    ];
    for (text, masked) in cases {
        assert_eq!(mask(text), masked);
    }
}

#[test]
fn a_mark_inside_a_key_tells_the_whole_key() {
    let keys = [
        key("k3V7Q~", "hT9wLmR2xZ-bN4cYs8DfGjKaQp5uVe1oI_"),
        key(&"x9Kq2Lm8".repeat(10)[..76], "AZDOp4Rt"),
        key("7c1e9f04b2a86d35e0f1c7429b8d6a53e1f0", "NRAL"),
    ];
    for key in keys {
        assert_eq!(mask(&format!("({key})")), format!("({MASK})"), "{key}");
        assert_eq!(mask(&format!("{key}0")), format!("{key}0"), "too long: {key}");
    }
}

#[test]
fn a_providers_name_tells_what_its_keys_look_like() {
    let hex = "0d66598d696a02da33fb65e2a041f607c68ea50d";
    let cases = [
        format!("merakiKey = \"{hex}\""),
        format!("sonar.login={hex}"),
        format!("variable \"sourcegraph_x\" {{\n  default = \"{hex}\"\n}}"),
        "TRELLO: 8f14e45fceea167a5a36dedd4bea2543".to_owned(),
        format!("algolia: '{}'", &hex[..32]),
        "postmark: \"3f2b8c1e-77aa-4c5d-9e10-5b6c7d8e9f01\"".to_owned(),
    ];
    for text in &cases {
        assert!(found(text), "{text}");
    }
    let none = [
        format!("meraki_token = {}", &hex[..38]),
        format!("ReactCameraKit: {hex}"),
        format!("sumOfAll = {hex}"),
        format!("AWS_SECRET_ACCESS_KEY={hex}9f"),
        "heroku_app_id = \"3f2b8c1e-77aa-4c5d-9e10-5b6c7d8e9f01\"".to_owned(),
    ];
    for text in &none {
        assert_eq!(mask(text), *text);
    }
}

#[test]
fn commands_headers_and_calls_give_credentials_away() {
    let cases = [
        ("curl -H 'Authorization: Api-Token 7hQ2mZx9Lp4' x", "curl -H 'Authorization: Api-Token [secret removed]' x"),
        ("curl --header \"X-Shop-ApiKey: 7hq2mzx9lp4\" x", "curl --header \"X-Shop-ApiKey: [secret removed]\" x"),
        ("curl --user  'ada:s3cr3t~pw' x", "curl --user  'ada:[secret removed]' x"),
        (
            "net use Z: \\\\nas\\box /user:corp\\ada Tr0ub4dor",
            "net use Z: \\\\nas\\box /user:corp\\ada [secret removed]",
        ),
        ("net use Z: \\\\nas\\box Tr0ub4dor /user:ada", "net use Z: \\\\nas\\box [secret removed] /user:ada"),
        (
            "machine x.example\n  login ada\n  password word12",
            "machine x.example\n  login ada\n  password [secret removed]",
        ),
        (
            "credentials {\n username 'a'\n password 'b-c'\n}",
            "credentials {\n username 'a'\n password '[secret removed]'\n}",
        ),
        ("the password for user 'ada' is 'loveLace'", "the password for user 'ada' is '[secret removed]'"),
        ("if x.Secret != \"open-barley\" {", "if x.Secret != \"[secret removed]\" {"),
        ("Unseal Key 3: kR7x/9pQ2mVt+4LsWb8YhJ0cNfE3uZa6Gd1oTiXq5Pw=", "Unseal Key 3: [secret removed]"),
        (
            "https://x.example/api/v1/h7k2m9x4p1q8w3z6t5r0/telemetry",
            "https://x.example/api/v1/[secret removed]/telemetry",
        ),
    ];
    for (text, masked) in cases {
        assert_eq!(mask(text), masked);
    }
    let pair = format!("{},{}", key("AKIA", "Q3EGRIPJZK2FJ4YX"), "hT9wLmR2xZ/bN4cYs8DfGjKaQp5uVe1oI+6tXk3V");
    assert_eq!(mask(&pair), format!("{MASK},{MASK}"));
}

#[test]
fn of_an_account_only_its_number_is_masked() {
    let role = "assume arn:aws:iam::402817639514:role/deploy";
    assert_eq!(mask(role), "assume arn:aws:iam::[secret removed]:role/deploy");
    for text in
        ["arn:aws:iam::123456789012:role/deploy", "arn:aws:s3:::assets/logo.png", "https://box.s3.amazonaws.com/"]
    {
        assert_eq!(mask(text), text);
    }
}

#[test]
fn tokens_of_bots_that_slack_has_turned_off_are_none() {
    let token = key("xoxb-", "718293645012-kQv7RtZ2mWp9XsB4nHj6LcYd");
    for text in [token.clone(), format!("SLACK_TOKEN=\"{token}\"")] {
        assert_eq!(mask(&text), text);
    }
}

#[test]
fn words_that_anybody_uses_stay_elsewhere() {
    let text = "the password and postgres; credentials { password 'password' }\nREACT_APP_USER=postgres";
    let masked =
        "the password and postgres; credentials { password '[secret removed]' }\nREACT_APP_USER=[secret removed]";
    assert_eq!(mask(text), masked);
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
        "curl -u 'test:test' https://x",
        "curl -u ada:token https://x",
        "https://x.example/api/v1/h7k2m9x4p1q8w3z6t5r0",
        "http://ada:secret@[2001:db8::7]/",
        "public_key = \"h7K2m9X4p1Q8w3Z6t5R0\"",
        "app.api_key=\napp.other.url2=",
        "password = lead$tail",
        "const password = env.PASSWORD || 'not-set'",
        "password: 'database_password'",
        "token = \"3f2b8c1e-77aa-4c5d-9e10-5b6c7d8e9f01\"",
        "token: org.example:json-core-1.12.3",
        "api_key=a1b2c3d4e5f6g7h8i9j0k1l2m3n4",
        "export T=xoxp-1234567890",
        "ftp(user=\"anonymous\", password=\"me@\")",
    ];
    for text in texts {
        assert_eq!(mask(text), text);
    }
}

proptest! {
    #[test]
    fn masking_twice_changes_nothing(text in "[ -~\\n]{0,200}", cue in "(password|token|api_key|bearer |facebook_key|REACT_APP_USER|credentials \\{ password |machine x login y password |net use \\\\\\\\a /user:b |curl -u a:|authorization: )?[=: \"']{0,3}[A-Za-z0-9+/]{0,40}") {
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

/// The same search by somebody else's automaton.
fn by_automaton(text: &[u8]) -> impl Iterator<Item = Hit> + '_ {
    static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard);
        builder.build(literals()).expect("the literals are constant")
    });
    let hits = AUTOMATON.find_overlapping_iter(text);
    hits.map(|hit| Hit { literal: hit.pattern().as_usize(), range: hit.range() })
}

/// Text in which literals stand, cut, in any case, and one within another.
fn text_with_literals() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<&str> = literals().collect();
    let literal = (proptest::sample::select(all), any::<u16>(), 0..40_usize).prop_map(|(literal, cases, length)| {
        let bytes = literal.bytes().enumerate().take(length.max(1));
        let cased = bytes.map(|(at, byte)| match cases >> (at % 16) & 1 {
            1 => byte.to_ascii_uppercase(),
            _ => byte,
        });
        cased.collect::<Vec<u8>>()
    });
    let other = proptest::collection::vec(any::<u8>(), 0..4);
    proptest::collection::vec(prop_oneof![3 => literal, 1 => other], 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn literals_are_found_as_an_automaton_finds_them(text in text_with_literals()) {
        let mut quick: Vec<Hit> = by_automaton(&text).collect();
        quick.sort_by_key(|hit| (hit.range.end, hit.range.start, hit.literal));
        prop_assert_eq!(OPENINGS.find(&text), quick);
    }
}

#[test]
fn every_literal_has_an_opening() {
    assert!(literals().all(|literal| literal.len() >= 2));
    let hits = OPENINGS.find(literals().collect::<Vec<_>>().join(" ").as_bytes());
    let found: BTreeSet<usize> = hits.iter().map(|hit| hit.literal).collect();
    assert_eq!(found.len(), literals().count());
}

#[test]
fn what_cannot_be_one_is_known_before_its_escapes_are_decoded() {
    let text = b"the task's files. skip the path s.{} SK0123456789abcdef0123456789abcdef \\ngho_ab";
    let left: Vec<&[u8]> = by_automaton(text).filter(|hit| may_be(text, hit)).map(|hit| &text[hit.range]).collect();
    assert_eq!(left, [&b"SK"[..]]);
}

proptest! {
    #[test]
    fn nothing_is_lost_by_what_is_known_before(text in text_with_literals(), tail in "[ -~]{0,80}") {
        let text = [text, tail.into_bytes()].concat();
        let all: Vec<Secret> = candidates(&text, by_automaton(&text)).collect();
        let likely: Vec<Secret> = candidates(&text, by_automaton(&text).filter(|hit| may_be(&text, hit))).collect();
        prop_assert_eq!(all, likely);
    }
}
