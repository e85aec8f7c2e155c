//! The one door through which text from transcripts and models may reach a commit, a note or a terminal.
//!
//! What it does: drops control characters and terminal escapes, drops invisible and direction-changing Unicode,
//! normalises line ends. What it refuses to do: judge meaning. Masking of secrets is applied by the same
//! constructor, so that no caller can forget it.

use super::secret;
use std::borrow::Cow;

/// Text that has been scrubbed: no control characters but line feed and tab, no hidden Unicode, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scrubbed(String);

impl serde::Serialize for Scrubbed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Scrubs again: what was stored may have been changed.
impl<'de> serde::Deserialize<'de> for Scrubbed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::block(&text))
    }
}

impl Scrubbed {
    /// Scrubs text of any origin, keeping line breaks. Idempotent.
    pub fn block(raw: &str) -> Self {
        // Nearly all text is.
        let plain = raw.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'));
        let visible: Cow<'_, str> = if plain { Cow::Borrowed(raw) } else { Cow::Owned(visible(raw).collect()) };
        Self(secret::mask(&visible).into_owned())
    }

    /// Scrubs text into a single line: every run of white space becomes one space. Idempotent.
    pub fn line(raw: &str) -> Self {
        let block = Self::block(raw);
        Self(block.0.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Like [`Scrubbed::line`], cut at a word boundary to at most `limit` characters, with `…` where cut.
    pub fn short(raw: &str, limit: usize) -> Self {
        let line = Self::line(raw);
        if line.0.chars().count() <= limit {
            return line;
        }
        let cut: String = line.0.chars().take(limit.saturating_sub(1)).collect();
        let end = cut.rfind(' ').filter(|at| *at > cut.len() / 2).unwrap_or(cut.len());
        Self(format!("{}…", cut[..end].trim_end()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl std::fmt::Display for Scrubbed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn visible(raw: &str) -> impl Iterator<Item = char> + '_ {
    let mut escape = Escape::None;
    raw.chars().filter(move |&c| {
        escape = escape.next(c);
        escape == Escape::None && (c == '\n' || c == '\t' || !(c.is_control() || is_hidden(c)))
    })
}

/// Where we are inside a terminal escape sequence (ECMA-48: CSI and OSC; every other escape is two characters).
#[derive(Clone, Copy, PartialEq)]
enum Escape {
    None,
    Start,
    Csi,
    Osc,
    OscEnd,
    Last,
}

impl Escape {
    fn next(self, c: char) -> Self {
        match (self, c) {
            (Escape::None | Escape::Last, '\u{1b}') => Escape::Start,
            (Escape::None | Escape::Last, '\u{9b}') => Escape::Csi,
            (Escape::None | Escape::Last, _) => Escape::None,
            (Escape::Start, '[') => Escape::Csi,
            (Escape::Start, ']') => Escape::Osc,
            (Escape::Start, '\n') => Escape::None,
            (Escape::Start, _) => Escape::Last,
            (Escape::Csi, '\u{40}'..='\u{7e}') => Escape::Last,
            (Escape::Csi | Escape::Osc, '\n') => Escape::None,
            (Escape::Csi, _) => Escape::Csi,
            (Escape::Osc, '\u{7}') => Escape::Last,
            (Escape::Osc, '\u{1b}') => Escape::OscEnd,
            (Escape::Osc, _) => Escape::Osc,
            (Escape::OscEnd, _) => Escape::Last,
        }
    }
}

/// Characters that a reader cannot see or that change the order of what they see: zero-width, bidirectional
/// controls, tags, variation selectors used for smuggling, soft hyphen, and line or paragraph separators.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_hidden_characters_are_dropped() {
        let raw = "a\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}b\u{202e}c\u{200b}d\r\n\u{0}e";
        assert_eq!(Scrubbed::block(raw).as_str(), "ared bcd\ne");
    }

    #[test]
    fn a_line_has_no_breaks_and_is_cut_at_a_word() {
        assert_eq!(Scrubbed::line("a\n b\t c").as_str(), "a b c");
        assert_eq!(Scrubbed::short("one two three four", 12).as_str(), "one two…");
    }

    #[test]
    fn an_unfinished_escape_hides_nothing_after_its_line() {
        assert_eq!(Scrubbed::block("x\u{1b}]never ends\nnext").as_str(), "x\nnext");
    }

    proptest::proptest! {
        #[test]
        fn plain_text_is_all_visible(text in "[ -~\n\t]{0,60}") {
            proptest::prop_assert_eq!(visible(&text).collect::<String>(), text);
        }
    }
}
