//! What stays of an error when all that changes from case to case is taken out: paths, addresses, numbers, hashes,
//! quoted names. It understands no tool; it only knows what such things look like.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// For whoever keeps what comes of it: another text may give another abstraction.
pub const SOURCE: &str = include_str!("abstraction.rs");

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

static ESCAPE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])"));
static URL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[a-z][a-z0-9+]*://[^\s'\x22<>)]+"));
static MAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(^|[\s(\[=:,])(?:"[^"]{1,200}"|'[^'\n]{1,200}'|`[^`']{1,200}[`']|‘[^’]{1,200}’|“[^”]{1,200}”)"#)
});
pub(super) static PATH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b[A-Za-z]:\\[\w.@+\-\\]+|(?:~|\.{1,2})?(?:/[\w.@+\-\[\]]+)+/?(?::\d+)*|\b[\w.@\-]+(?:/[\w.@\-\[\]]+)+(?::\d+)*|\b[\w\-]+\.(?:[jt]sx?|py|rs|go|md|json|ya?ml|toml|css|html|sh|java|rb|c|h|cpp|cs|kt|php|sql|lock|txt)\b(?:[:(]\d+[,:]?\d*\)?)*",
    )
});
static ID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:0x[0-9a-fA-F]+|[0-9a-f]{8}-[0-9a-f-]{20,}|[0-9a-f]*\d[0-9a-f]{6,}|#?[A-Z]\d{5,})\b")
});
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+(?:[.,:]\d+)*"));

/// The marks that stand for what was taken out.
pub const MARKS: [&str; 6] = ["<name>", "<path>", "<id>", "<n>", "<url>", "<mail>"];

/// A line without what changes from case to case.
pub fn of(line: &str) -> String {
    let line = URL.replace_all(line, "<url>");
    let line = QUOTED.replace_all(&line, "$1<name>");
    let line = MAIL.replace_all(&line, "<mail>");
    let line = PATH.replace_all(&line, "<path>");
    let line = ID.replace_all(&line, "<id>");
    let line = NUMBER.replace_all(&line, "<n>");
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").chars().take(120).collect()
}

/// A line without the colours of a terminal.
pub fn plain(line: &str) -> Cow<'_, str> {
    if line.contains('\x1b') { ESCAPE.replace_all(line, "") } else { Cow::Borrowed(line) }
}

/// The longest part of a line that holds no control of a terminal: it stands so in the transcript.
pub fn verbatim(line: &str) -> &str {
    let mut longest = "";
    let mut from = 0;
    for found in ESCAPE.find_iter(line) {
        longest = longer(longest, &line[from..found.start()]);
        from = found.end();
    }
    longer(longest, &line[from..]).trim()
}

fn longer<'a>(a: &'a str, b: &'a str) -> &'a str {
    if b.len() > a.len() { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_case_to_case_is_taken_out() {
        assert_eq!(of("error: unrecognized subcommand 'bun'"), of("error: unrecognized subcommand 'npm'"));
        assert_eq!(of("can't open src/a/b.rs:12: port 8080"), "can't open <path>: port <n>");
        assert_eq!(of("The user doesn't want it, they don't"), "The user doesn't want it, they don't");
        assert_eq!(of(r"cannot open C:\Users\ann\shop\a.txt at 0x7ffe12ab"), "cannot open <path> at <id>");
        assert_eq!(of("no access for ann@example.com"), "no access for <mail>");
    }

    #[test]
    fn colours_are_no_part_of_an_error() {
        let line = "\x1b[31merror\x1b[0m: unknown flag";
        assert_eq!(plain(line), "error: unknown flag");
        assert!(line.contains(verbatim(line)));
        assert_eq!(verbatim(line), ": unknown flag");
    }
}
