//! Where in a text a search for credentials is worth its time. Transcripts have many megabytes and few places at which
//! a credential could begin: those are found first, by literals, and by what follows them.

use super::formats::{BLOCKS, PREFIXES, SURROUNDINGS};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::ops::Range;
use std::sync::LazyLock;

/// Bytes that a rule may need before the literal, and after it.
const BEFORE: usize = 100;
const AFTER: usize = 300;
/// Bytes of a key in a block.
const BLOCK: usize = 12_600;
/// Characters in a row that a credential with a prefix has after it, at least.
const RUN: usize = 14;

static PLACES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let literals = PREFIXES.iter().chain(SURROUNDINGS).chain(BLOCKS);
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(literals)
        .expect("the literals are constant and tested")
});

/// The parts of a text to search, in order and apart from each other.
pub(super) struct Windows<'t> {
    text: &'t [u8],
    at: usize,
    everywhere: bool,
}

impl<'t> Windows<'t> {
    pub(super) fn new(text: &'t [u8], everywhere: bool) -> Self {
        Self { text, at: 0, everywhere }
    }

    /// The next literal that is worth it: how far from it to search.
    fn place(&mut self) -> Option<Range<usize>> {
        while let Some(hit) = PLACES.find(&self.text[self.at.min(self.text.len())..]) {
            let (start, end) = (self.at + hit.start(), self.at + hit.end());
            self.at = start + 1;
            let rest = &self.text[end..];
            let which = hit.pattern().as_usize();
            let reach = match which {
                _ if which < PREFIXES.len() => prefixed(PREFIXES[which], &self.text[start..end], rest).then_some(AFTER),
                _ if which < PREFIXES.len() + SURROUNDINGS.len() => {
                    surrounded(&self.text[start..end], rest).then_some(AFTER)
                }
                _ => Some(BLOCK),
            };
            if let Some(reach) = reach {
                return Some(start.saturating_sub(BEFORE)..(end + reach).min(self.text.len()));
            }
        }
        None
    }
}

/// A literal in its own letters, and a run of characters behind it.
fn prefixed(literal: &str, found: &[u8], rest: &[u8]) -> bool {
    literal.as_bytes() == found
        && rest.len() >= RUN
        && rest[..RUN].iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'+' | b'=' | b'$' | b'~' | b'@')
        })
}

/// A value close by: among the next words one of six characters, with a digit or a sign among letters. Behind
/// `://` it is an address that names somebody.
fn surrounded(found: &[u8], rest: &[u8]) -> bool {
    let near = &rest[..rest.len().min(110)];
    if found == b"://" {
        let end = near.iter().position(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b')' | b'<' | b'>' | b'\n'));
        return near[..end.unwrap_or(near.len())].contains(&b'@');
    }
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(
                byte,
                b'"' | b'\'' | b'\\' | b',' | b'(' | b')' | b'<' | b'>' | b'`' | b'{' | b'}' | b':' | b'='
            )
    };
    let values = near.split(ends).filter(|value| !value.is_empty());
    values.take(4).any(|value| {
        value.len() >= 6
            && value.iter().any(u8::is_ascii_alphabetic)
            && value.iter().any(|byte| {
                byte.is_ascii_digit() || matches!(byte, b'$' | b'@' | b'!' | b'#' | b'^' | b'%' | b'&' | b'*' | b'+')
            })
    })
}

impl Iterator for Windows<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if self.everywhere {
            self.everywhere = false;
            self.at = self.text.len();
            return Some(0..self.text.len());
        }
        let mut window = self.place()?;
        // Whatever begins within reach belongs to the same window.
        loop {
            let before = self.at;
            match self.place() {
                Some(next) if next.start <= window.end => window.end = window.end.max(next.end),
                Some(_) => {
                    self.at = before;
                    break;
                }
                None => break,
            }
        }
        Some(window)
    }
}
