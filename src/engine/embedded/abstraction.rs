//! What stays of an error when all that changes from case to case is taken out: paths, addresses, numbers, hashes,
//! quoted names. It understands no tool; it only knows what such things look like.

use crate::text::pattern::pattern;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// For whoever keeps what comes of it: another text may give another abstraction.
pub const SOURCE: &str = include_str!("abstraction.rs");

static ESCAPE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])"));
static URL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[a-z][a-z0-9+]*://[^\s'\x22<>)]+"));
static MAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"));
/// However long: a distance in characters of any script is an automaton a hundred times as large.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(^|[\s(\[=:,])(?:"(?P<d>[^"]+)"|'(?P<s>[^'\n]+)'|`(?P<b>[^`']+)[`']|‘(?P<l>[^’]+)’|“(?P<r>[^”]+)”)"#)
});
/// What stands between quotation marks farther apart, in characters, is no name.
const APART: usize = 200;
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
    let line = unnamed(&line);
    let line = MAIL.replace_all(&line, "<mail>");
    let line = PATH.replace_all(&line, "<path>");
    let line = ID.replace_all(&line, "<id>");
    let line = NUMBER.replace_all(&line, "<n>");
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").chars().take(120).collect()
}

/// A line without what stands in quotation marks.
fn unnamed(line: &str) -> Cow<'_, str> {
    let (mut rest, mut from, mut at) = (String::new(), 0, 0);
    while let Some(found) = QUOTED.captures_at(line, at) {
        let (whole, before) = (found.get(0).expect("the match itself"), &found[1]);
        let inner =
            ["d", "s", "b", "l", "r"].iter().find_map(|name| found.name(name)).map_or("", |inner| inner.as_str());
        if inner.chars().count() > APART {
            // Another quotation may begin within.
            at = whole.start() + line[whole.start()..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        rest.extend([&line[from..whole.start()], before, "<name>"]);
        (from, at) = (whole.end(), whole.end());
    }
    match from {
        0 => Cow::Borrowed(line),
        _ => Cow::Owned(rest + &line[from..]),
    }
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

    /// As a pattern that counts the distance itself would do it.
    #[test]
    fn what_is_quoted_is_a_name_unless_it_is_long() {
        let counted = Regex::new(
            r#"(^|[\s(\[=:,])(?:"[^"]{1,200}"|'[^'\n]{1,200}'|`[^`']{1,200}[`']|‘[^’]{1,200}’|“[^”]{1,200}”)"#,
        );
        let counted = counted.expect("a pattern");
        let long = |length: usize| "ä ".repeat(length / 2);
        for line in [
            "a 'b' and \"c\" (`d`) =‘e’ “f” 'g'\"h\" \"i\"".to_owned(),
            format!("\"{}\" x", long(200)),
            format!("\"{}\" x", long(202)),
            format!("say \"{} 'inner' , 'more' \" 'after'", long(202)),
            format!("'{}\n' 'b'", long(4)),
            format!("'{} \"{}\" '", long(100), long(150)),
            "\"\" '' ``".to_owned(),
            String::new(),
        ] {
            assert_eq!(unnamed(&line), counted.replace_all(&line, "$1<name>"), "{line}");
        }
    }

    #[test]
    fn colours_are_no_part_of_an_error() {
        let line = "\x1b[31merror\x1b[0m: unknown flag";
        assert_eq!(plain(line), "error: unknown flag");
        assert!(line.contains(verbatim(line)));
        assert_eq!(verbatim(line), ": unknown flag");
    }
}
