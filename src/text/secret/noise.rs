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
const EMPTY_WORDS: [&str; 26] = [
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
    let leads = ['$', '<', '{', '[', '%', '@', '&', '#'].iter().any(|lead| text.starts_with(*lead));
    let template = ["${", "#{", "{{", "<%", "$(", "%s", "\\(", "{}"].iter().any(|mark| text.contains(mark));
    let yours =
        bare.starts_with("your") || bare.starts_with("my_") || bare.starts_with("my-") || bare.starts_with("the-");
    bare.is_empty()
        || leads
        || template
        || yours
        || EMPTY_WORDS.contains(&bare)
        || PLACEHOLDERS.iter().any(|word| text.contains(word))
        || is_monotone(value)
}

/// Few different bytes, or bytes in the order of the alphabet: nobody drew it.
pub fn is_monotone(value: &[u8]) -> bool {
    let mut kinds = value.to_ascii_lowercase();
    kinds.sort_unstable();
    kinds.dedup();
    let steps = value.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count();
    (value.len() >= 6 && kinds.len() <= 2) || (value.len() >= 12 && steps * 10 >= value.len() * 6)
}

/// Made of words with marks between them, as names, paths and kebab-case are.
pub fn is_words(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let parts: Vec<&str> = text.split(['-', '_', '.', '/', ':', ' ']).filter(|part| !part.is_empty()).collect();
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
    !parts.is_empty() && parts.iter().filter(wordy).count() * 3 >= parts.len() * 2
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
