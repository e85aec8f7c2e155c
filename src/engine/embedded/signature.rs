//! Error signatures: which line of a failed result tells what went wrong, and what is left of it when paths, numbers,
//! names and hashes are taken out, so that the same mistake in two sessions is known to be the same.

use super::reading::Step;
use super::shell;
use crate::model::Status;
use crate::phase::reflection::FailureClass;
use regex::Regex;
use std::sync::LazyLock;

/// What is known of a failure by its result alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub text: String,
    pub class: FailureClass,
    /// The telling line, verbatim.
    pub line: String,
    /// The shape of the command that failed, or empty.
    pub shape: String,
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:Process exited with |Exit |exit )?[Ee]?xit(?:ed with)? code:? ?-?\d+|Process exited with code -?\d+|Chunk ID: \w+|Wall time: .*|Original token count: \d+|Output:|Command failed.{0,20}|<error>|</?tool_use_error>)$",
    )
});
static TELLING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:errors?|fail(?:ed|ure)|fatal|not found|no such|cannot|can't|could not|couldn't|unable|unknown|unrecognized|illegal|invalid|denied|refusing|rejected|missing|unexpected|exception|panicked|undefined|conflicts?|timed? ?out|not (?:a|been|allowed|permitted|supported|recognized|installed|exist|available|match)|does not|doesn't|must|required?|already exists|exceeds?|ignored by)\b|Error\b|^(?:E|error)\[",
    )
});
static RAISED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:[\w.]+\.)?\w*(?:Error|Exception)(?:\b|\s|:)"));
static USAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)unrecognized|unknown (?:command|option|sub-?command|flag|skill|tool|json field|argument|field|agent|shorthand)|(?:illegal|invalid|unknown|bad) (?:option|argument|flag)|unexpected argument|command not found|script not found|missing script|is not recognized|no such (?:command|option|tool|subcommand)|not a \w+ command|not allowed|not supported|ignored by one of|permission denied|inputvalidation|validation ?error|unexpected keyword|usage:|required (?:argument|option|flag|parameter)|missing required|did you mean|externally-managed",
    )
});
static CANCELLED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)sibling tool call|cancell?ed|interrupted by|\baborted\b|parallel tool call"));
static ABSENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)no such file|does not exist|file not found|path not found|cannot (?:access|stat|find the (?:file|path))|enoent",
    )
});

static NAMED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)['\x22‘`]?([^'\x22’`:\s]+)['\x22’`]?: (?:no such file|file not found|not found)"));
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^# ?\w{1,20} = "?"#));
static PASSED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:\(pass\)|ok\b|✓|✔|PASS\b|test .* \.\.\. ok)"));

static URL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[a-z][a-z0-9+]*://[^\s'\x22<>)]+"));
static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(^|[\s(\[=:,])(?:"[^"]{1,200}"|'[^'\n]{1,200}'|`[^`]{1,200}`|‘[^’]{1,200}’)"#));
static PATH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:~|\.{1,2})?(?:/[\w.@+\-\[\]]+)+/?(?::\d+)*|\b[\w.@\-]+(?:/[\w.@\-\[\]]+)+(?::\d+)*|\b[\w\-]+\.(?:[jt]sx?|py|rs|go|md|json|ya?ml|toml|css|html|sh|java|rb|c|h|cpp|lock|txt)\b(?:[:(]\d+[,:]?\d*\)?)*",
    )
});
static ID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:[0-9a-f]{8}-[0-9a-f-]{20,}|[0-9a-f]*\d[0-9a-f]{6,}|#?[A-Z]\d{5,})\b"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+(?:[.,:]\d+)*"));

/// What stays of a line when all that changes from case to case is taken out.
pub fn abstracted(line: &str) -> String {
    let line = URL.replace_all(line, "<url>");
    let line = QUOTED.replace_all(&line, "$1<name>");
    let line = PATH.replace_all(&line, "<path>");
    let line = ID.replace_all(&line, "<id>");
    let line = NUMBER.replace_all(&line, "<n>");
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").chars().take(120).collect()
}

fn clean(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_prefix("<tool_use_error>").unwrap_or(line);
    let line = ASSIGNED.find(line).map_or(line, |found| line[found.end()..].trim_end_matches('"'));
    line.strip_suffix("</tool_use_error>").unwrap_or(line).trim()
}

/// The lines of a result that may tell something: the first and the last ones, without the host's own header.
fn lines(text: &str) -> Vec<&str> {
    let all = |text: &'_ str| -> bool { !text.is_empty() && !HEADER.is_match(text) };
    let head: Vec<&str> = text.lines().take(80).map(clean).filter(|line| all(line)).collect();
    if text.len() < 20_000 && text.lines().count() > 100 {
        let tail = text.lines().rev().take(20).map(clean).filter(|line| all(line)).collect::<Vec<_>>();
        return head.into_iter().chain(tail.into_iter().rev()).collect();
    }
    head
}

/// A script runner's echo of what it runs: `$ biome check`, `> pkg@1.0.0 test`.
fn echo<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let first = lines.first()?;
    let body = first.strip_prefix("$ ").or_else(|| first.strip_prefix("> "))?;
    (body.len() < 200).then_some(*first)
}

/// The line that tells what went wrong.
fn telling<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let fits = |line: &&&'a str| {
        line.len() < 400 && !PASSED.is_match(line) && !line.starts_with("$ ") && !line.starts_with("> ")
    };
    if lines.iter().any(|line| line.starts_with("Traceback")) {
        return lines.iter().rev().find(|line| RAISED.is_match(line)).copied();
    }
    let found = lines.iter().filter(fits).find(|line| TELLING.is_match(line));
    found.or_else(|| lines.iter().find(fits)).copied()
}

/// The signature of a failed step; `None` where nothing is told.
pub fn of(step: &Step<'_>) -> Option<Signature> {
    let (_, result) = step.result?;
    if result.status == Status::Refused {
        return None;
    }
    let text = head(&result.text);
    let lines = lines(text);
    let line = telling(&lines)?;
    let shape = step.command.as_ref().map(|_| step.shape()).unwrap_or_default();
    let class = class(step, line, &lines, &shape);
    let said = match (class, echo(&lines)) {
        (FailureClass::Check, Some(echo)) => format!("check {}", abstracted(echo)),
        (FailureClass::Check, None) => format!("check {shape}"),
        _ if ABSENT.is_match(line) => absent(step, line),
        _ => abstracted(line),
    };
    let line = match (class, echo(&lines)) {
        (FailureClass::Check, Some(echo)) => echo,
        _ => line,
    };
    Some(Signature { text: format!("{}: {said}", step.tool()), class, line: line.to_owned(), shape })
}

/// The part of a result that is looked at.
fn head(text: &str) -> &str {
    let limit = 16_000;
    if text.len() <= limit {
        return text;
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn class(step: &Step<'_>, line: &str, lines: &[&str], shape: &str) -> FailureClass {
    if CANCELLED.is_match(line) && lines.len() <= 3 {
        return FailureClass::Cancelled;
    }
    let near = lines.iter().take(6).any(|near| near.to_ascii_lowercase().starts_with("usage:"));
    if USAGE.is_match(line) || (near && step.command.is_some()) {
        return FailureClass::Usage;
    }
    let hook = shape == "git commit" && echo(lines).is_some();
    let check = step.command.is_some() && (echo(lines).is_some() || shell::purpose(shape).is_some());
    match check || hook {
        true => FailureClass::Check,
        false if step.command.is_none() => FailureClass::Protocol,
        false => FailureClass::Other,
    }
}

/// A thing that is not there is a mistake only if the same thing is looked for again: its name stays in the signature.
fn absent(step: &Step<'_>, line: &str) -> String {
    let before = NAMED.captures(line).and_then(|found| found.get(1)).map(|found| found.as_str());
    let named = PATH.find(line).map(|found| found.as_str()).or(before).or(step.file).unwrap_or(line);
    let mut parts: Vec<&str> = named.split('/').filter(|part| !part.is_empty()).collect();
    let keep = parts.len().saturating_sub(3);
    parts.drain(..keep);
    format!("absent {}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_case_to_case_is_taken_out() {
        assert_eq!(
            abstracted("error: unrecognized subcommand 'bun'"),
            abstracted("error: unrecognized subcommand 'npm'")
        );
        assert_eq!(abstracted("can't open src/a/b.rs:12: port 8080"), "can't open <path>: port <n>");
        assert_eq!(abstracted("The user doesn't want it, they don't"), "The user doesn't want it, they don't");
    }

    #[test]
    fn the_hosts_header_is_no_telling_line() {
        let text = "Chunk ID: 7a\nWall time: 0.2 seconds\nProcess exited with code 1\nOriginal token count: 24\nOutput:\nError: unknown command \"unlink\" for \"bd\"";
        assert_eq!(telling(&lines(text)), Some("Error: unknown command \"unlink\" for \"bd\""));
        assert_eq!(telling(&lines("Exit code 1")), None);
        let trace = "Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\nKeyError: 'a'";
        assert_eq!(telling(&lines(trace)), Some("KeyError: 'a'"));
    }
}
