//! Sentences of chat messages: slices of the text, so that a quote of one is verbatim. Fenced code, quoted lines and
//! lines that are no prose (logs, diffs, stack traces, prompts) are left out: they are what a person showed, not said.

use crate::text::pattern::pattern;
use regex::Regex;
use std::sync::LazyLock;

static LOG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:\[[^\]]{2,40}\]|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d|[$%➜>#│|+*✗✓×]\s|at \S+ ?\(|File ",
        "\"",
        r"|Traceback|[{}\[\]()<>;]+\s*$|</?[a-zA-Z][^>]*>|\w+Error:|error(?:\[\w+\])?:|warning:|hint:|(?:[+-]{3}|@@) |import |from \w+ import |const |let |var |function |def |class |return\b)"
    ))
});

/// Whether a line is shown rather than said: a log line, code, a diff, a shell prompt.
pub fn is_shown(line: &str) -> bool {
    let trimmed = line.trim();
    if LOG.is_match(line) {
        return true;
    }
    let count = trimmed.chars().count();
    let marks =
        trimmed.chars().filter(|c| matches!(c, '{' | '}' | ';' | '<' | '>' | '=' | '|' | '\\' | '━' | '─')).count();
    count > 12 && marks * 6 > count
}

/// The sentences of a message, in order. A line break ends a sentence unless the line was wrapped.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (start, end) in paragraphs(text) {
        split(text, start, end, &mut found);
    }
    found
}

/// Spans of prose: lines joined where a long line goes on in the next one.
fn paragraphs(text: &str) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut fence, mut open) = (0, false, false);
    for line in text.split_inclusive('\n') {
        let (start, trimmed) = (at, line.trim());
        at += line.len();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fence = !fence;
            open = false;
            continue;
        }
        if fence || trimmed.is_empty() || is_shown(line) || trimmed.starts_with('>') {
            open = false;
            continue;
        }
        let body = start + bullet(line);
        let end = start + line.trim_end().len();
        let lower = trimmed.starts_with(|c: char| c.is_lowercase());
        match spans.last_mut() {
            Some(last) if open && lower && body == start + (line.len() - line.trim_start().len()) => last.1 = end,
            _ => spans.push((body, end)),
        }
        open = trimmed.chars().count() >= 60 && !trimmed.ends_with(['.', '!', '?', ':', ';']);
    }
    spans
}

/// The width of a line's indent and bullet.
fn bullet(line: &str) -> usize {
    let body = line.trim_start();
    let indent = line.len() - body.len();
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let mark = match body.as_bytes() {
        [b'-' | b'*' | b'+', b' ', ..] => 2,
        bytes
            if digits > 0 && matches!(bytes.get(digits), Some(b'.' | b')')) && bytes.get(digits + 1) == Some(&b' ') =>
        {
            digits + 2
        }
        _ => 0,
    };
    indent + mark
}

fn split<'a>(text: &'a str, start: usize, end: usize, found: &mut Vec<&'a str>) {
    let mut from = start;
    let span = &text[start..end];
    let mut code = false;
    for (at, c) in span.char_indices() {
        code ^= c == '`';
        if code || !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let here = start + at + c.len_utf8();
        let after = &text[here..end];
        if after.starts_with([' ', '\t', '\n', '"', '”', ')'])
            && !(c == '.' && is_abbreviation(&text[from..start + at]))
        {
            push(&text[from..here], found);
            from = here;
        }
    }
    push(&text[from..end], found);
}

fn push<'a>(sentence: &'a str, found: &mut Vec<&'a str>) {
    let sentence = sentence.trim().trim_start_matches(['"', '”', ')', ' ']);
    if sentence.chars().any(char::is_alphanumeric) {
        found.push(sentence);
    }
}

fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit([' ', '(', '\n']).next().unwrap_or_default().to_lowercase();
    let known = ["e.g", "i.e", "etc", "vs", "dr", "mr", "mrs", "ms", "prof", "st", "no", "approx", "resp", "cf", "fig"];
    known.contains(&word.as_str())
        || (word.chars().count() == 1 && word.chars().all(char::is_alphabetic) && word != "i")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_slices_and_shown_lines_are_left_out() {
        let text = "No, use pnpm. Dr. Patel said so, e.g. yesterday!\n[11:35:44] GET /api\n```\nrm -rf\n```\n- always lint first\n> quoted\nv1.2 is out";
        assert_eq!(
            sentences(text),
            ["No, use pnpm.", "Dr. Patel said so, e.g. yesterday!", "always lint first", "v1.2 is out"]
        );
    }

    #[test]
    fn a_wrapped_line_goes_on() {
        let text = "This is a rather long line of prose that goes on and on and then\nwraps here. Next.";
        assert_eq!(sentences(text).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_sentences_that_stand_in_it(text in "\\PC{0,80}") {
            for sentence in sentences(&text) {
                proptest::prop_assert!(text.contains(sentence));
            }
        }
    }
}
