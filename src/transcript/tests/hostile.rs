//! Bytes that no host would write, or only when it dies. Whatever they are: no panic, nothing lost in silence, and
//! what is read is found again where it is said to stand.

use super::*;
use proptest::prelude::*;

/// The user's words and what was skipped, one line each.
fn told(name: &str) -> String {
    let bytes = fs::read(folder().join("nasty").join(name)).expect("the fixture is there");
    let parsed = match parse(&bytes, &Hint::new(name)) {
        Ok(parsed) => parsed,
        Err(unsupported) => return unsupported.to_string(),
    };
    let turns = parsed.sessions.iter().flat_map(|session| &session.turns);
    let said = turns.filter_map(|turn| Some(format!("{} {}", turn.place.lines.first, turn.text()?.escape_debug())));
    let skipped = parsed.skipped.iter().map(|skipped| format!("{}: {}", skipped.line, skipped.why));
    said.chain(skipped).collect::<Vec<_>>().join("\n")
}

const WHOLE: &str = "1 first line\n2 second line\n3 third line";

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    assert_eq!(told("crlf.jsonl"), WHOLE);
    assert_eq!(told("bom.jsonl"), WHOLE);
}

#[test]
fn damaged_lines_are_named_and_the_rest_is_read() {
    assert_eq!(told("torn.jsonl"), format!("{WHOLE}\n4: the last line is torn"));
    assert_eq!(
        told("invalid-utf8.jsonl"),
        format!("{WHOLE}\n4 caf\u{fffd} au lait\n4: not valid UTF-8; read with replacement characters")
    );
    assert_eq!(
        told("nul.jsonl"),
        format!(
            "{WHOLE}\n5 after the nul bytes\n6 a NUL in a string: \\0\n4: not valid JSON: expected value\n\
             6: wrong escapes or control characters in a string; read as they stand"
        )
    );
    assert_eq!(
        told("wrong-escape.jsonl"),
        format!(
            "{WHOLE}\n4 C:\\\\dev\\\\x\n5 half a pair: \u{fffd}\n\
             4: wrong escapes or control characters in a string; read as they stand"
        )
    );
    assert_eq!(told("deep.jsonl"), format!("{WHOLE}\n6: not valid JSON: EOF while parsing a value"));
    assert_eq!(
        told("garbage-between.jsonl"),
        "2 first line\n3 second line\n4 third line\n1: not valid JSON: expected ident\n\
         7: not valid JSON: EOF while parsing an object\n8: not a JSON object\n9: not a JSON object"
    );
}

#[test]
fn files_that_give_nothing_say_why() {
    for (name, why) in [
        ("empty.jsonl", "the file is empty"),
        ("blank.jsonl", "the file is empty"),
        ("binary.bin", "the file is binary, not a transcript"),
        ("notes.md", "no known transcript format"),
    ] {
        assert_eq!(told(name), why, "{name}");
    }
    for name in ["torn-document.json", "one-line-torn.json"] {
        assert!(told(name).starts_with("the JSON document breaks off or is not valid at line "), "{name}");
    }
}

#[test]
fn known_formats_that_are_not_read_are_named() {
    for (bytes, name) in [
        (&b"SQLite format 3\0rest"[..], "SQLite"),
        (br#"{"type":"session","version":3,"id":"x","cwd":"/x"}"#, "Pi"),
        (br#"{"type":"session_start","id":"x","title":"t"}"#, "Droid"),
        (br#"{"role":"user","message":{"content":[{"type":"text","text":"hi"}]}}"#, "Cursor"),
        (br#"{"status":"done","type":"user_input","user_input":{"user_response":"hi"}}"#, "Windsurf"),
        (br#"{"v":3,"id":"T-1","messages":[]}"#, "Amp"),
        (br#"{"sessionId":"x","workspaceDirectory":"/x","history":[]}"#, "Continue"),
        (br#"{"environment":"main","trajectory":[],"history":[]}"#, "SWE-agent"),
        (br#"{"kind":0,"v":{"sessionId":"x","requests":[]}}"#, "VS Code"),
        (br#"{"id":"prt-1","messageID":"m","type":"text","text":"hi"}"#, "OpenCode storage"),
        (b"\x1f\x8b\x08\x00", "compressed"),
    ] {
        let why = parse(bytes, &Hint::default()).expect_err(name).to_string();
        assert!(why.contains(name), "{name}: {why}");
    }
}

#[test]
fn one_line_of_many_megabytes_is_read() {
    let long = "x".repeat(6_000_000);
    let line = format!("{{\"role\":\"user\",\"text\":\"{long}\"}}\n{{\"role\":\"agent\",\"text\":\"ok\"}}\n");
    let parsed = parse(line.as_bytes(), &Hint::default()).expect("parsed");
    assert_eq!(parsed.sessions[0].turns[0].text().map(str::len), Some(long.len()));
}

/// Applies byte edits: where (a fraction of the length), what, and how.
fn mutate(bytes: &mut Vec<u8>, edits: &[(f64, u8, u8)]) {
    for (at, byte, how) in edits {
        let at = ((bytes.len() as f64) * at) as usize;
        match how {
            0 if at < bytes.len() => bytes[at] = *byte,
            1 => bytes.insert(at.min(bytes.len()), *byte),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => bytes.truncate(at.max(1)),
            _ => bytes.splice(at.min(bytes.len())..at.min(bytes.len()), *b"\n").for_each(drop),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), json in any::<bool>()) {
        let mut bytes = bytes;
        if json {
            bytes.splice(0..0, *b"{\"role\":\"user\",\"text\":\"");
        }
        let parsed = parse(&bytes, &Hint::default());
        if let Ok(parsed) = parsed {
            prop_assert_eq!(missing(&bytes, &parsed), Vec::<String>::new());
        }
        let place = crate::model::Place { pointer: Some("/0/messages".to_owned()), ..crate::model::Place::line(1) };
        let _ = quote_at(&bytes, &place);
    }

    #[test]
    fn damaged_transcripts_never_panic_and_never_misplace_a_text(
        which in any::<prop::sample::Index>(),
        edits in proptest::collection::vec((0.0..1.0f64, any::<u8>(), 0..5u8), 1..6),
    ) {
        let all = fixtures("");
        let (name, mut bytes) = all[which.index(all.len())].clone();
        mutate(&mut bytes, &edits);
        if let Ok(parsed) = parse(&bytes, &Hint::new(&name)) {
            prop_assert_eq!(missing(&bytes, &parsed), Vec::<String>::new());
        }
    }
}
