//! What looks like a credential and is none: placeholders, names, calls, paths, counters. And how much a value looks as if
//! it had been drawn at random (Shannon's entropy of its bytes, in bits for each).

/// Bits for each byte of the value.
pub fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_usize; 256];
    value.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| *count as f64 / length)
        .map(|share| -share * share.log2())
        .sum()
}

/// Words that stand where a person is to put their own, in lower case.
const PLACEHOLDERS: [&str; 34] = [
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "redacted",
    "removed]",
    "hidden",
    "xxxx",
    "****",
    "....",
    "insert",
    "replace",
    "process.env",
    "os.environ",
    "getenv",
    "env.",
    "env[",
    "secrets.",
    "config.",
    "settings.",
    "vault.",
    "params.",
    "request.",
    "req.",
    "args.",
    "options.",
    "this.",
    "self.",
    "dummy",
    "sample",
    "put_your",
    "fixme",
    "00000000",
];

/// A value that is these words and nothing else says nothing.
const EMPTY_WORDS: [&str; 30] = [
    "not-set",
    "not_set",
    "unset",
    "missing",
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "apikey",
    "api_key",
    "api-key",
    "value",
    "string",
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "username",
    "user",
    "required",
    "optional",
    "text",
    "hash",
    "todo",
    "yyy",
];

/// Stands for a value instead of being one: a variable, a template, a word for "yours".
pub fn is_placeholder(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value).to_lowercase();
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    let text = text.trim_matches(['"', '\'']);
    let leads = ['$', '<', '{', '[', '%', '@', '&', '#'].iter().any(|lead| text.starts_with(*lead));
    let template = ["${", "#{", "{{", "<%", "$(", "%s", "\\(", "{}"].iter().any(|mark| text.contains(mark));
    let yours =
        bare.starts_with("your") || bare.starts_with("my_") || bare.starts_with("my-") || bare.starts_with("the-");
    bare.is_empty()
        || leads
        || text.ends_with("...")
        || template
        || yours
        || EMPTY_WORDS.contains(&bare)
        || PLACEHOLDERS.iter().any(|word| text.contains(word))
        || is_monotone(value)
}

/// Few different bytes, or bytes in the order of the alphabet, as `a1b2c3` too: nobody drew it.
pub fn is_monotone(value: &[u8]) -> bool {
    let mut kinds = value.to_ascii_lowercase();
    kinds.sort_unstable();
    kinds.dedup();
    let steps = value.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count();
    let plain: Vec<u8> = value.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let woven = plain.windows(3).filter(|three| three[2] == three[0].wrapping_add(1)).count();
    (value.len() >= 6 && kinds.len() <= 2)
        || has_alphabet(value)
        || (value.len() >= 12 && (steps * 10 >= value.len() * 6 || woven * 2 >= plain.len()))
}

/// Made of words with marks between them, as names, paths and kebab-case are.
pub fn is_words(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    // A number among words is a version or a date.
    let number = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split(['-', '_', '.', '/', ':', ' ']).filter(|part| !number(part)).collect();
    let wordy = |part: &&&str| {
        let tail = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let letters = tail.chars().all(|c| c.is_ascii_alphabetic());
        let humps = tail.chars().skip(1).filter(|c| c.is_ascii_uppercase()).count();
        let shouting = tail.chars().all(|c| c.is_ascii_uppercase());
        !tail.is_empty()
            && letters
            && part.len() - tail.len() <= 3
            && (shouting && tail.len() < 16 || humps * 4 <= tail.len())
    };
    let length = |parts: &[&str]| parts.iter().map(|part| part.len()).sum::<usize>();
    let words: Vec<&str> = parts.iter().filter(wordy).copied().collect();
    !parts.is_empty() && words.len() * 3 >= parts.len() * 2 && length(&words) * 3 >= length(&parts) * 2
}

/// A call, an index, a path through objects: code that gives a value.
pub fn is_code(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let name = |part: &str| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        let first = part.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        first && digits <= 2 && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '?' | '!'))
    };
    text.contains(['(', '['])
        || text.contains("->")
        || text.contains("::")
        || (text.contains('.') && text.split('.').all(name) && entropy(value) < 4.2)
}

/// `8-4-4-4-12` hexadecimal digits.
pub fn is_uuid(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'-').collect();
    let lengths = [8, 4, 4, 4, 12];
    parts.len() == 5
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.iter().all(u8::is_ascii_hexdigit))
}

/// `db_password`, `SOME_TOKEN`: what something is called.
pub fn is_name_of_words(value: &[u8]) -> bool {
    let one_case = !value.iter().any(u8::is_ascii_uppercase) || !value.iter().any(u8::is_ascii_lowercase);
    one_case && value.contains(&b'_') && value.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
}

/// Half the letters in the order of the alphabet.
pub fn has_alphabet(value: &[u8]) -> bool {
    let follows =
        |pair: &[u8]| pair[0].is_ascii_alphabetic() && pair[1].to_ascii_lowercase() == pair[0].to_ascii_lowercase() + 1;
    value
        .windows(2)
        .scan(0, |run, pair| {
            *run = if follows(pair) { *run + 1 } else { 0 };
            Some(*run)
        })
        .any(|run| run >= 12)
}

/// Keys that everybody has, as public lists of false findings name them: of the examples and tests of Google's SDK for
/// Firebase, without what all begin with, and what searches the pages of a package manager.
const PUBLISHED: [&str; 15] = [
    "6fe4476ee5a1832882e326b506d14126",
    "AnLA7NfeLquW1tJFpx_eQCxoX-oo6YyIs",
    "CkEhVjf3pduRDt6d1yKOMitrUEke8agEM",
    "DMAScliyLx7F0NPDEJi1QmyCgHIAODrlU",
    "D3asb-2pEZVqMkmL6M9N6nHZRR_znhrh0",
    "AdOS2zB6NCsk1pCdZ4-P6GBdi_UUPwX7c",
    "ASWm6HmTMdYWpgMnjRBjxcQ9CKctWmLd4",
    "ANUvH9H9BsUccjsu2pCmEkOPjjaXeDQgY",
    "A5_iVawFQ8ABuTZNUdcwERLJv_a_p4wtM",
    "A4UrcGxgwQFTfaI3no3t7Lt1sjmdnP5sQ",
    "DSb51JiIcB6OJpwwMicseKRhhrOq1cS7g",
    "BF2RrAIm4a0mO64EShQfqfd2AFnzAvvuU",
    "BcE-OOIbhjyR83gm4r2MFCu4MJmprNXsw",
    "B8qGxt4ec15vitgn44duC5ucxaOi4FmqE",
    "A8vmApnrHNFE0bApF4hoZ11srVL_n0nvY",
];

/// Whether everybody has this key.
pub fn is_published(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"AIzaSy").unwrap_or(value);
    PUBLISHED.iter().any(|key| key.as_bytes() == rest)
}

/// How many bytes of each kind a value has.
pub struct Shape {
    pub digits: usize,
    pub letters: usize,
    pub symbols: usize,
}

impl Shape {
    pub fn of(value: &[u8]) -> Self {
        let count = |is: fn(&u8) -> bool| value.iter().filter(|byte| is(byte)).count();
        let symbol = |byte: &u8| byte.is_ascii_punctuation() && !matches!(byte, b'.' | b'_' | b'-' | b'/' | b':');
        Self { digits: count(u8::is_ascii_digit), letters: count(u8::is_ascii_alphabetic), symbols: count(symbol) }
    }
}

/// Drawn at random, as far as its bytes tell: of several kinds, spread, and no words.
pub fn is_random(value: &[u8], bits: f64) -> bool {
    let shape = Shape::of(value);
    let kinds = usize::from(shape.digits > 0)
        + usize::from(value.iter().any(u8::is_ascii_lowercase))
        + usize::from(value.iter().any(u8::is_ascii_uppercase));
    let drawn = value
        .iter()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'|'));
    drawn
        && kinds >= 2
        && shape.letters > 0
        && entropy(value) >= bits
        && !is_words(value)
        && !is_monotone(value)
        && !is_placeholder(value)
}

/// Like [`is_random`], and with a digit: where little but the value tells a key from a word.
pub fn is_drawn(value: &[u8], bits: f64) -> bool {
    value.iter().any(u8::is_ascii_digit) && is_random(value, bits)
}
