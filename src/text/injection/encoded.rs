//! What a text encodes: base64, hexadecimal, percent signs, letters turned by thirteen or reversed. Decoded once,
//! never twice: an instruction that nobody decodes instructs nobody.

use crate::text::pattern::pattern;
use regex::Regex;
use std::sync::LazyLock;

static RUN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"[A-Za-z0-9+/_-]{20,}={0,2}|(?:\\x[0-9a-fA-F]{2}){8,}|(?:[0-9a-fA-F]{2}[ :]){12,}[0-9a-fA-F]{2}|[^\s%]{0,40}(?:%[0-9a-fA-F]{2}[^\s%]{0,40}){4,}",
    )
});

/// Bytes of text up to which whole-text encodings are tried.
const WHOLE: usize = 8_000;

/// What the text holds in an encoding, decoded.
pub(super) fn payloads(text: &str) -> impl Iterator<Item = String> + '_ {
    let runs = RUN.find_iter(text).filter_map(|run| decoded(run.as_str()));
    let whole = (text.len() <= WHOLE).then_some(text).into_iter();
    runs.chain(whole.flat_map(|text| [turned(text), text.chars().rev().collect()]))
}

fn decoded(run: &str) -> Option<String> {
    let bytes = match run {
        _ if run.contains('%') => percent(run),
        _ if run.starts_with("\\x")
            || run.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b' ' | b':')) =>
        {
            let digits: Vec<u8> = run.bytes().filter(u8::is_ascii_hexdigit).collect();
            hexadecimal(&digits)
        }
        _ => base64(run),
    };
    let text = String::from_utf8(bytes).ok()?;
    let readable = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | ':' | '\n')).count();
    (readable * 10 >= text.chars().count() * 8).then_some(text)
}

fn hexadecimal(digits: &[u8]) -> Vec<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    let (pairs, _) = digits.as_chunks::<2>();
    pairs.iter().map(|[high, low]| value(*high) << 4 | value(*low)).collect()
}

fn percent(run: &str) -> Vec<u8> {
    let bytes = run.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).filter(|pair| bytes[at] == b'%' && pair.iter().all(u8::is_ascii_hexdigit));
        match pair {
            Some(pair) => decoded.extend(hexadecimal(pair)),
            None => decoded.push(if bytes[at] == b'+' { b' ' } else { bytes[at] }),
        }
        at += if pair.is_some() { 3 } else { 1 };
    }
    decoded
}

/// Base64 (RFC 4648), either alphabet, with or without padding; what is none gives nothing.
fn base64(run: &str) -> Vec<u8> {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let bare = run.trim_end_matches('=');
    STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).unwrap_or_default()
}

fn turned(text: &str) -> String {
    let turn = |c: char| match c {
        'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
        'A'..='Z' => char::from((c as u8 - b'A' + 13) % 26 + b'A'),
        _ => c,
    };
    text.chars().map(turn).collect()
}
