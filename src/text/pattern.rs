//! Constant patterns that are made in microseconds. A command makes some dozens of them before it has read a sentence,
//! and most of that time went into one thing: `\w` is 770 ranges of characters, which are compiled again wherever it
//! stands and as often as a repetition allows it, and compared with every mapping of upper to lower case.

use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::OnceLock;

/// `\w` in twenty ranges, as it stands between brackets: letters, marks and digits of all scripts, and of other scripts
/// than the Latin a few signs with them. No punctuation, symbol or emoji that stands in Latin text.
const WORD: &str = concat!(
    r"0-9A-Za-z_\u{AA}\u{B5}\u{BA}\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{1FFF}\u{2C00}-\u{2DFF}\u{3005}-\u{3007}",
    r"\u{3031}-\u{D7FF}\u{F900}-\u{FDFF}\u{FE70}-\u{FEFC}\u{FF10}-\u{FF19}\u{FF21}-\u{FF3A}\u{FF41}-\u{FF5A}",
    r"\u{FF66}-\u{FFDC}\u{10000}-\u{1EFFF}\u{20000}-\u{3FFFF}",
);

/// Makes a pattern that is known when this is compiled.
pub fn pattern(text: &str) -> Regex {
    Regex::new(&quick(text)).expect("a constant pattern")
}

/// The same pattern with `\w` in few ranges. They hold both cases of every letter, so that case is no matter of theirs.
/// What is excluded from a class, and `\W`, stay as they are.
pub fn quick(text: &str) -> Cow<'_, str> {
    if !text.contains(r"\w") {
        return Cow::Borrowed(text);
    }
    let mut quick = String::with_capacity(text.len() + 512);
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '[']) {
        quick.push_str(&rest[..at]);
        rest = &rest[at..];
        let part = if rest.starts_with('[') { class(rest) } else { escape(rest) };
        match (part, part.starts_with('[')) {
            (r"\w", _) => quick.extend(["(?-i:[", WORD, "])"]),
            (class, true) if class.contains(r"\w") && !class.starts_with("[^") => {
                quick.extend(["(?-i:", &class.replace(r"\w", WORD), ")"]);
            }
            (other, _) => quick.push_str(other),
        }
        rest = &rest[part.len()..];
    }
    quick.push_str(rest);
    Cow::Owned(quick)
}

/// The escape that a text begins with: of what is in braces behind it only the beginning.
fn escape(text: &str) -> &str {
    let end = text.char_indices().nth(2).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The class that a text begins with, which has no class within.
fn class(text: &str) -> &str {
    // A bracket that stands first is a character of the class.
    let open = text.len() - text[1..].trim_start_matches('^').len();
    let mut at = open + usize::from(text[open..].starts_with(']'));
    while let Some(found) = text[at..].find(['\\', ']']) {
        at += found;
        match text[at..].starts_with(']') {
            true => return &text[..=at],
            false => at += escape(&text[at..]).len(),
        }
    }
    text
}

/// A pattern that is made for the first text with a word without which it cannot match.
pub struct Guarded {
    has: fn(&str, &[&str]) -> bool,
    /// In lower case.
    words: &'static [&'static str],
    make: fn() -> Regex,
    made: OnceLock<Regex>,
}

impl Guarded {
    /// One of the words stands in every text that it matches.
    pub const fn by(words: &'static [&'static str], make: fn() -> Regex) -> Self {
        Self { has: mentions, words, make, made: OnceLock::new() }
    }

    /// Every text that it matches begins with one of the words.
    pub const fn opened(words: &'static [&'static str], make: fn() -> Regex) -> Self {
        Self { has: begins, words, make, made: OnceLock::new() }
    }

    /// The pattern, if it may match.
    fn asked(&self, text: &str) -> Option<&Regex> {
        (self.has)(text, self.words).then(|| self.made.get_or_init(self.make))
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.asked(text).is_some_and(|pattern| pattern.is_match(text))
    }

    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.asked(text)?.captures(text)
    }
}

/// Texts that are written as a pattern is.
#[cfg(test)]
pub fn written_as(pattern: &Regex) -> Vec<String> {
    use proptest::strategy::{Strategy, ValueTree};
    let text = pattern.as_str().replace("(?i)", "").replace("(?i:", "(?:");
    // What stands beside a word makes no other text.
    let text = [r"\b", "^", "$"].iter().fold(text.replace("[^", "[\0"), |text, mark| text.replace(mark, ""));
    let written = proptest::string::string_regex(&text.replace('\0', "^")).expect("a pattern that can be written");
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    (0..500).map(|_| written.new_tree(&mut runner).expect("a text").current()).collect()
}

#[cfg(test)]
impl Guarded {
    /// Asserts that texts which are written as the pattern is have the words.
    pub fn assert_necessary(&self) {
        for text in written_as(&(self.make)()) {
            assert!((self.has)(&text, self.words), "{text:?} has none of {:?}", self.words);
        }
    }
}

/// Letters that are an `s` and a `k` to a pattern that ignores case: whoever writes them slips by no guard.
const ALIKE: [char; 2] = ['\u{17f}', '\u{212a}'];

/// Whether a text may have one of these words in it, whatever the case of its letters.
pub fn mentions(text: &str, words: &[&str]) -> bool {
    let lower = text.to_ascii_lowercase();
    words.iter().any(|word| lower.contains(word)) || text.contains(ALIKE)
}

/// Whether a text may begin with one of these words, whatever the case of its letters.
pub fn begins(text: &str, words: &[&str]) -> bool {
    let begins =
        |word: &&str| text.as_bytes().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
    words.iter().any(begins) || text.contains(ALIKE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_pattern_is_made_when_a_text_may_match() {
        let live = Guarded::by(&["live in", "reside in"], || pattern(r"(?i)\b(?:live|reside) in (?P<v>\w+)"));
        assert!(!live.is_match("I lived there") && live.made.get().is_none());
        assert_eq!(live.captures("we LIVE in Zürich").map(|found| found["v"].to_owned()).as_deref(), Some("Zürich"));
        assert!(live.made.get().is_some() && !live.is_match("olive in oil"));
        assert!(live.is_match("re\u{17f}ide in Oslo") && begins("\u{17f}o", &["so"]));
        assert!(begins("No more", &["keep", "no "]) && !begins("Nö", &["no"]) && !begins("N", &["no"]));
    }

    #[test]
    fn only_what_stands_for_word_characters_is_put_otherwise() {
        let word = format!("(?-i:[{WORD}])");
        for (text, wanted) in [
            (r"\bno\W+words? [a-z.]*\.", r"\bno\W+words? [a-z.]*\.".to_owned()),
            (r"(?i)a \w+ed", format!("(?i)a {word}+ed")),
            (r"\\w \w", format!(r"\\w {word}")),
            (r"[\w.-]+ [^\w]", format!(r"(?-i:[{WORD}.-])+ [^\w]")),
            (r"[\]\w][]\w][^]\w]", format!(r"(?-i:[\]{WORD}])(?-i:[]{WORD}])[^]\w]")),
            (r"\u{2019}\w", format!(r"\u{{2019}}{word}")),
            (r"\w\", format!(r"{word}\")),
        ] {
            assert_eq!(quick(text), wanted);
        }
        assert!(pattern(r"(?i)^t\w[\w'’-]+$").is_match("Tür’s-É"));
    }

    #[test]
    fn few_ranges_hold_every_letter_and_no_sign_of_latin_text() {
        let (exact, own) = (Regex::new(r"^\w$").expect("a pattern"), pattern(r"^\w$"));
        let is = |pattern: &Regex, c: char| pattern.is_match(c.encode_utf8(&mut [0; 4]));
        let letterlike = |c: char| matches!(c, '\u{200C}'..='\u{2BFF}' | '\u{2E2F}' | '\u{3021}'..='\u{302F}' | '\u{FE00}'..='\u{FE6F}' | '\u{1F000}'..='\u{1FFFF}' | '\u{E0000}'..);
        let symbols = [
            '\u{2000}'..='\u{2BFF}',
            '\u{2E00}'..='\u{3004}',
            '\u{3008}'..='\u{3020}',
            '\u{E000}'..='\u{F8FF}',
            '\u{1F000}'..='\u{1FFFF}',
        ];
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            if c < '\u{250}' {
                assert_eq!(is(&own, c), is(&exact, c), "{c:?}");
            }
            if c.is_alphabetic() && !letterlike(c) && is(&exact, c) {
                assert!(is(&own, c), "{c:?}");
            }
            if symbols.iter().any(|range| range.contains(&c)) {
                assert!(!is(&own, c), "{c:?}");
            }
        }
    }
}
