//! Which parts of a message the one who sent it wrote, and which were pasted into it: fenced code, block quotes,
//! forwarded mail, pages and logs that are announced, HTML, stack traces, diffs, terminal sessions. What was pasted is
//! somebody else's text and no more to be trusted than a tool's output. Where that cannot be seen it refuses to guess:
//! the text stays the sender's.

use super::pattern::{begins, quick};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// Over bytes: a distance in characters of any script is an automaton many times as large.
fn pattern(text: &str) -> Regex {
    Regex::new(&quick(&text.replace(".{", "(?-u:.){"))).expect("a constant pattern")
}

/// From here on everything is somebody else's.
static REST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)^\s*(?:-{2,}\s*(?:original|forwarded) message|begin forwarded message|on .{5,120} wrote:\s*$|(?:from|subject|sent):\s.{2,200}$|<!doctype|<html\b)",
        r"|^.{0,160}\b(?:page|article|docs?|documentation|readme|blog|post|website|site|output|logs?|error|trace|e-?mail|mail|ticket|issue|review|response|results?|transcript|thread|comment|snippet|file|text|content|report|search|tool|terminal|console|vendor|customer|they|it|he|she)\b(?: \w+){0,3} (?:says?|said|reads?|wrote|shows?|states?|prints?|printed|returned|replied|told me|gave(?: me)?|contains?|is|was|below|follows?)\s*:\s*$",
        r"|^\s*(?:here(?:'s|’s| is| are)|this is|below (?:is|are)|i (?:got|found|copied|pasted|received|read)|pasting|copied|pasted|forwarding|fwd|got this|see this)\b.{0,160}:\s*$",
        r"|^\s*(?:traceback \(most recent call last\)|exception in thread|panicked at|thread '[^']*' panicked)",
    ))
});

/// This line is somebody else's.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*>",
        r"|^\s*</?[a-zA-Z!][^>]{0,400}>",
        r"|^\s+at [\w.$<>/\\]+[ (]|^\s*File \x22[^\x22]+\x22, line \d+|^[\w.]*(?:Error|Exception): ",
        r"|^(?:diff --git |index [0-9a-f]{7,}|--- [ab]/|\+\+\+ [ab]/|@@ )",
        r"|^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|^\s*\[?(?:INFO|WARN(?:ING)?|ERROR|DEBUG|TRACE|FATAL)\b[\]: ]",
        r"|^\s*(?:system|assistant|tool|function|developer)\s*:",
        r"|^\s*\|.*\|\s*$",
    ))
});

/// A shell's prompt: what stands below it up to an empty line is output.
static PROMPT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:\$ |# \w+ -|PS [A-Z]:\\|[\w.-]+@[\w.-]+[:~ ][^$#]{0,80}[$#] |>>> |❯ |➜ )"));

/// Whether everything from this line on is somebody else's. Most lines neither begin nor end like that, and the pattern
/// is not made for them.
fn is_rest(line: &str) -> bool {
    const OPENINGS: [&str; 11] = [
        "--",
        "begin forwarded",
        "from:",
        "subject:",
        "sent:",
        "<!doctype",
        "<html",
        "traceback",
        "exception in",
        "panicked at",
        "thread '",
    ];
    (line.ends_with(':') || begins(line.trim_start(), &OPENINGS)) && REST.is_match(line.as_bytes())
}

/// Whether this line is somebody else's.
fn is_theirs(line: &str) -> bool {
    const OPENINGS: [&str; 18] = [
        "at ",
        "file \"",
        "diff --git ",
        "index ",
        "---",
        "+++",
        "@@",
        "info",
        "warn",
        "error",
        "debug",
        "trace",
        "fatal",
        "system",
        "assistant",
        "tool",
        "function",
        "developer",
    ];
    let bare = line.trim_start();
    let opens = bare.starts_with(['>', '<', '|', '[']) || bare.starts_with(|c: char| c.is_numeric());
    let fails = line.contains("Error: ") || line.contains("Exception: ");
    (opens || fails || begins(bare, &OPENINGS)) && LINE.is_match(line.as_bytes())
}

/// Whether a shell's prompt stands here.
fn is_prompt(line: &str) -> bool {
    let bare = line.trim_start();
    let opens = bare.starts_with(['$', '#', '>', '❯', '➜']) || bare.starts_with("PS ") || bare.contains('@');
    opens && PROMPT.is_match(line.as_bytes())
}

/// The parts that the sender wrote, in order.
pub fn own_words(text: &str) -> Vec<&str> {
    let mut own: Vec<std::ops::Range<usize>> = Vec::new();
    let (mut fence, mut output, mut hunk) = (None, false, false);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let bare = line.trim_start();
        let mark = ["```", "~~~", "\"\"\""].into_iter().find(|mark| bare.starts_with(mark));
        if let Some(open) = fence {
            if mark == Some(open) {
                fence = None;
            }
            continue;
        }
        if mark.is_some() {
            fence = mark.filter(|mark| bare.matches(mark).count() % 2 == 1);
            continue;
        }
        if bare.trim_end().is_empty() {
            (output, hunk) = (false, false);
        }
        output |= is_prompt(line);
        hunk |= bare.starts_with("@@ ") || bare.starts_with("diff --git ");
        let changed = hunk && line.starts_with(['+', '-', ' ']);
        let line = line.trim_end();
        if is_rest(line) {
            // The announcement itself is the sender's.
            if line.ends_with(':') && !line.ends_with("wrote:") {
                own.push(range);
            }
            break;
        }
        if !(output || changed || is_theirs(line)) {
            own.push(range);
        }
    }
    joined(text, own)
}

/// Lines that follow each other as one part.
fn joined(text: &str, lines: Vec<std::ops::Range<usize>>) -> Vec<&str> {
    let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
    for line in lines {
        match parts.last_mut() {
            Some(last) if last.end == line.start => last.end = line.end,
            _ => parts.push(line),
        }
    }
    parts.into_iter().map(|part| &text[part]).filter(|part| !part.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pasted_is_not_the_senders() {
        for pasted in [
            "```\nPLANTED\n```",
            "> PLANTED",
            "---------- Forwarded message ---------\nFrom: a\nPLANTED",
            "Here is what the page says:\nPLANTED",
            "the build log shows:\n\nPLANTED",
            "On Monday, May 4, Ann wrote:\nPLANTED",
            "Traceback (most recent call last):\nPLANTED",
            "@@ -1 +1 @@\n+PLANTED",
            "$ cat notes.txt\nPLANTED",
            "<div>PLANTED</div>",
            "2026-05-04T10:00:00Z PLANTED",
            "system: PLANTED",
        ] {
            let text = format!("Please look at this.\n{pasted}\n");
            let own = own_words(&text).concat();
            assert!(own.starts_with("Please look at this.") && !own.contains("PLANTED"), "{text:?}: {own:?}");
        }
    }

    #[test]
    fn no_line_that_a_pattern_knows_is_passed_over() {
        let lines = [
            "-- forwarded message",
            "BEGIN forwarded message",
            "on Monday the fourth, Ann wrote:",
            "From: a person",
            "subject: all of it",
            "<!DOCTYPE html>",
            "  <HTML lang=en>",
            "this is what the page says:",
            "the build log shows :",
            "fwd of what he said:",
            "\u{17f}ubject: all of it",
            "Traceback (most recent call last)",
            "exception in thread",
            "panicked at",
            "thread 'main' panicked",
            "  > quoted",
            "</p>",
            " at f.g(h)",
            "  File \"a.py\", line 3",
            "ValueError: no",
            "a.b.SomeException: no",
            "diff --git a b",
            "index 0123abc",
            "--- a/x",
            "+++ b/x",
            "@@ -1 +1 @@",
            "2026-05-04T10:00",
            "[2026-05-04 10:00",
            "[WARNING] x",
            "ERROR: x",
            "system: x",
            "  developer : x",
            "| a | b |",
            "$ ls",
            "# x -",
            "PS C:\\",
            "ann@host:~ $ ls",
            ">>> x",
            "❯ x",
            "➜ x",
            "I always use tabs",
            "what do you say: nothing",
            "- a list",
            "index of all",
            "system calls fail",
        ];
        for line in lines {
            assert_eq!(is_rest(line), REST.is_match(line.as_bytes()), "{line}");
            assert_eq!(is_theirs(line), LINE.is_match(line.as_bytes()), "{line}");
            assert_eq!(is_prompt(line), PROMPT.is_match(line.as_bytes()), "{line}");
        }
        assert_eq!(lines.iter().filter(|line| is_rest(line) || is_theirs(line) || is_prompt(line)).count(), 40);
    }

    #[test]
    fn what_the_sender_wrote_around_it_stays() {
        let text = "Always use pnpm.\n```\nnpm ERR\n```\nNever npm.\n\n- keep tabs\n";
        assert_eq!(own_words(text), ["Always use pnpm.\n", "Never npm.\n\n- keep tabs\n"]);
        assert_eq!(own_words("one line"), ["one line"]);
        assert_eq!(own_words("Rules for this project:\n- use tabs"), ["Rules for this project:\n- use tabs"]);
    }
}
