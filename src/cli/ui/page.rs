//! Text on its way to a terminal. Every piece is scrubbed on entry, so that styling is the only escape in it.

use crate::text::Scrubbed;
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

/// What a piece of text is, from which its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Bold,
    Dim,
    /// A name to type: an id, a key, a path.
    Name,
    Added,
    Removed,
    Heading,
    Risk,
    Error,
    Warning,
    Hint,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Tone::Plain => Style::new(),
            Tone::Bold => Style::new().bold(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Name => AnsiColor::Yellow.on_default(),
            Tone::Added => AnsiColor::Green.on_default(),
            Tone::Removed => AnsiColor::Red.on_default(),
            Tone::Heading => AnsiColor::Cyan.on_default(),
            Tone::Risk | Tone::Error => AnsiColor::Red.on_default().bold(),
            Tone::Warning => AnsiColor::Yellow.on_default().bold(),
            Tone::Hint => AnsiColor::Yellow.on_default(),
        }
    }
}

/// Lines to be printed together.
#[derive(Debug, Clone, Default)]
pub struct Page {
    text: String,
}

impl Page {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds text; what it holds of escapes, hidden characters and secrets is dropped or masked here.
    pub fn put(&mut self, tone: Tone, text: impl AsRef<str>) -> &mut Self {
        let text = Scrubbed::block(text.as_ref());
        let style = tone.style();
        if tone == Tone::Plain || text.is_empty() {
            self.text.push_str(text.as_str());
        } else {
            write!(self.text, "{style}{text}{style:#}").expect("writing to a string cannot fail");
        }
        self
    }

    /// Ends the line.
    pub fn end(&mut self) -> &mut Self {
        self.text.push('\n');
        self
    }

    /// A whole line.
    pub fn line(&mut self, tone: Tone, text: impl AsRef<str>) -> &mut Self {
        self.put(tone, text).end()
    }

    /// Every line of a text behind the same mark, such as two spaces or `+`.
    pub fn block(&mut self, tone: Tone, mark: &str, text: &str) -> &mut Self {
        for line in text.trim_end().lines() {
            let line = format!("{mark}{line}");
            self.line(tone, line.trim_end());
        }
        self
    }

    /// A paragraph broken at `width` columns, each line behind the same mark.
    pub fn wrapped(&mut self, tone: Tone, mark: &str, text: &str, width: usize) -> &mut Self {
        for line in wrap(text, width.saturating_sub(mark.len()).max(20)) {
            self.line(tone, format!("{mark}{line}"));
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn styled(&self) -> &str {
        &self.text
    }
}

/// `1 change`, `2 changes`.
pub fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// Breaks text at white space so that no line is wider than `width` columns, where words allow it.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_repository_cannot_style_itself() {
        let mut page = Page::new();
        page.put(Tone::Plain, "a\u{1b}[31mb").put(Tone::Added, "c\u{202e}").end();
        assert_eq!(page.styled(), "ab\u{1b}[32mc\u{1b}[0m\n");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
    }
}
