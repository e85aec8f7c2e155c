//! Trailers: the last paragraph of a commit message, read and written as `git interpret-trailers` does. Only scrubbed
//! single lines are written, and body lines that would read as one of our trailers are indented, so no quoted text can
//! forge one.

use crate::text::Scrubbed;

/// Trailers in order; a key may occur more than once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trailers(Vec<(String, String)>);

impl Trailers {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a trailer; keys are our own constants, values are scrubbed to one line here.
    pub fn push(&mut self, key: &'static str, value: impl AsRef<str>) -> &mut Self {
        let value = Scrubbed::line(value.as_ref());
        self.0.push((key.to_owned(), value.into_string()));
        self
    }

    /// The first value of a key, whatever the case of the key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// All values of a key, in order.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Reads the trailers of a commit message: its last paragraph, when every line of it is a trailer (or continues
    /// one), and it is not the first paragraph.
    pub fn parse(message: &str) -> Self {
        let message = message.trim_end();
        let Some(start) = message.rfind("\n\n") else { return Self::default() };
        Self::parse_block(&message[start + 2..]).unwrap_or_default()
    }

    /// Reads one paragraph of trailers; `None` if a line of it is none.
    pub fn parse_block(block: &str) -> Option<Self> {
        let mut trailers: Vec<(String, String)> = Vec::new();
        for line in block.lines() {
            if line.starts_with([' ', '\t']) {
                let last = trailers.last_mut()?;
                last.1.push(' ');
                last.1.push_str(line.trim());
                continue;
            }
            let (key, value) = line.split_once(':')?;
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            if key.is_empty() || !key.bytes().all(plain) {
                return None;
            }
            trailers.push((key.to_owned(), value.trim().to_owned()));
        }
        Some(Self(trailers))
    }
}

impl std::fmt::Display for Trailers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|(key, value)| writeln!(f, "{key}: {value}"))
    }
}

/// Puts a commit message together: subject, body paragraphs, trailers. Body lines that look like a trailer at the
/// start of a line are indented by two spaces.
pub fn message(subject: &Scrubbed, body: &[Scrubbed], trailers: &Trailers) -> String {
    let mut text = Scrubbed::line(subject.as_str()).into_string();
    text.push('\n');
    for paragraph in body.iter().filter(|paragraph| !paragraph.as_str().trim().is_empty()) {
        text.push('\n');
        for line in paragraph.as_str().trim_end().lines() {
            // `git merge --squash` indents whole messages by four, so what it would have indented is a trailer, too.
            let outer = line.strip_prefix("    ").unwrap_or(line);
            if [line, outer].iter().any(|line| looks_like_trailer(line, trailers.is_empty())) {
                text.push_str("  ");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    if !trailers.is_empty() {
        text.push('\n');
        text.push_str(&trailers.to_string());
    }
    text
}

/// Whether a line could be read as one of our trailers (as a forge does that puts messages together), as a comment or
/// as a scissors line. In a message that ends without trailers of ours every `Key: value` could be read as one.
fn looks_like_trailer(line: &str, any: bool) -> bool {
    let key = line.split([':', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let trailing = plain && line[key.len()..].trim_start().starts_with(':');
    let ours = key.starts_with("dream-") || key.ends_with("-by") || key == "evidence";
    (trailing && (any || ours))
        || line.starts_with(['#', '-'])
        || line.starts_with("(cherry picked from")
        || line.starts_with("diff ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_cannot_forge_a_trailer() {
        let mut trailers = Trailers::new();
        trailers.push("Dream-Id", "2026-05-06-k3f9\nDream-Key: 00000000");
        let body = [Scrubbed::block("He said:\n\nDream-Key: deadbeef\nEvidence: x@1b22e0aa3f41#L1 user")];
        let message = message(&Scrubbed::line("extract: a\nb"), &body, &trailers);
        let read = Trailers::parse(&message);
        assert_eq!(read.get("dream-id"), Some("2026-05-06-k3f9 Dream-Key: 00000000"));
        assert_eq!(read.all("Dream-Key").count(), 0);
        assert_eq!(read.all("Evidence").count(), 0);
        assert!(message.starts_with("extract: a b\n\n"));
    }

    #[test]
    fn quoted_text_cannot_pass_for_a_squash_of_trailers() {
        let body = Scrubbed::block("Squashed commit of the following:\n\n    Dream-Id: 2026-05-06-aaaa\n    ok: yes");
        let mut trailers = Trailers::new();
        trailers.push("Dream-Id", "2026-05-06-k3f9");
        let message = message(&Scrubbed::line("extract: a"), &[body], &trailers);
        let outer: Vec<&str> = message.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
        assert_eq!(outer.iter().filter(|line| line.starts_with("Dream-Id:")).count(), 1, "{message}");
    }

    #[test]
    fn trailers_read_back_what_they_write() {
        let mut trailers = Trailers::new();
        trailers
            .push("Dream-Id", "2026-05-06-k3f9")
            .push("Evidence", "a@1b22e0aa3f41#L1 user")
            .push("Evidence", "b@1b22e0aa3f41#L2 user");
        let message = message(&Scrubbed::line("subject"), &[], &trailers);
        assert_eq!(Trailers::parse(&message), trailers);
    }

    #[test]
    fn a_message_without_trailers_has_none() {
        assert!(Trailers::parse("only: a subject").is_empty());
        assert!(Trailers::parse("subject\n\nA body.\nIt goes on: really").is_empty());
    }
}
