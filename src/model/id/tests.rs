//! Which names are refused, and which are made.

use super::*;

#[test]
fn object_ids_are_forty_hexadecimal_digits_and_nothing_else() {
    let text = "CE013625030ba8dba906f756967f9e9ca394464a";
    let id = ObjectId::parse(text).expect("an id");
    assert_eq!((id.to_string(), id.short()), (text.to_lowercase(), "ce013625030b".to_owned()));
    for bad in [&text[1..], &text.replacen("CE", "+E", 1), &text.replacen("CE0", "é0", 1), ""] {
        assert!(ObjectId::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn hostile_session_ids_are_refused_and_derived_ones_are_valid_and_distinct() {
    for bad in ["", "../x", "a b", ".hidden", "a\nb", "x.lock", "-flag"] {
        assert!(SessionId::new(bad).is_err(), "{bad:?}");
        assert!(SessionId::new(SessionId::derive(bad).as_str()).is_ok(), "{bad:?}");
    }
    assert_ne!(SessionId::derive("a b"), SessionId::derive("a/b"));
}

#[test]
fn note_paths_that_leave_the_memory_are_refused() {
    for bad in [
        "",
        "/etc/passwd",
        "a/../b",
        ".git/config",
        "a/.GIT/x",
        "notes/con.md",
        "a//b",
        "x\u{202e}y.md",
        "a\\b",
        "git~1/x",
    ] {
        assert!(NotePath::new(bad).is_err(), "{bad:?}");
    }
    assert!(NotePath::new("notes/facts/zeit-für-tests.md").is_ok());
}

#[test]
fn dream_ids_have_a_date_and_four_base32_characters() {
    let date = chrono::NaiveDate::from_ymd_opt(2026, 5, 6).expect("a date");
    let id = DreamId::derive(date, b"content", 7, 0);
    assert_eq!(DreamId::new(id.as_str()), Ok(id.clone()));
    assert_ne!(id, DreamId::derive(date, b"content", 8, 0));
    assert!(DreamId::new("2026-05-06-K3F9").is_err());
}

#[test]
fn blob_ids_are_those_of_git() {
    assert_eq!(ObjectId::of_blob(b"hello\n").to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
}
