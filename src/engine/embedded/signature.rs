//! Error signatures: which line of a failed result tells what went wrong, and what is left of it when paths, numbers,
//! names and hashes are taken out, so that the same mistake in two sessions is known to be the same.

use super::reading::Step;
use super::{abstraction, guess, shell};
use crate::model::Status;
use crate::phase::reflection::FailureClass;
use crate::text::pattern::pattern;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What is known of a failure by its result alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub text: String,
    pub class: FailureClass,
    /// The telling line, as it reads.
    pub line: String,
    /// What of it stands so in the transcript.
    pub quote: String,
    /// The shape of the command that failed, or empty.
    pub shape: String,
    /// The name that is not known, or empty.
    pub name: String,
    /// The path that does not exist.
    pub absent: Option<String>,
    /// A checksum of the first lines, finer than the signature: the same case, not only the same error.
    pub case: u32,
}

static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:Process exited with |Exit |exit )?[Ee]?xit(?:ed with)? code:? ?-?\d+|Process exited with code -?\d+|Chunk ID: \w+|Wall time: .*|Original token count: \d+|Output:|Command failed.{0,20}|<error>|</?tool_use_error>|<shellId: \d+ completed with exit code -?\d+>)$",
    )
});
static TELLING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:errors?|fail(?:ed|ure)|fatal|not found|no such|no rule|cannot|can't|could not|couldn't|unable|unknown|unrecognized|illegal|invalid|denied|refusing|refused|rejected|missing|unexpected|exception|panicked|undefined|conflicts?|timed? ?out|not (?:a|been|allowed|permitted|supported|recognized|installed|exist|available|match)|does not|doesn't|must|required?|already exists|exceeds?|ignored by|aborting)\b|Error\b|^(?:E|error)\[",
    )
});
/// A line that says of itself that it is the error.
static STRONG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:[\w./@-]{1,40}: (?:line \d+: )?){0,2}(?:\[?(?:error|fatal|panic|failure)\]?\b|E:|ERR!)|^thread '.*' panicked|^Exception in thread|^Error response",
    )
});
static MINOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:\[[\w -]{1,20}\] ?)?(?:warning|warn|info|debug|note|hint|notice)\b|^npm (?:warn|notice)|^npm (?:ERR!|error) (?:code|errno|syscall|path|A complete log|\s*/)",
    )
});
static RAISED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:Uncaught )?(?:[\w.]+\.)?\w*(?:Error|Exception)(?:\b|\s|:)"));
static USAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)unrecognized|unknown (?:command|option|sub-?command|flag|skill|tool|json field|argument|field|agent|shorthand)|(?:illegal|invalid|unknown|bad) (?:option|argument|flag)|unexpected argument|command not found|script not found|missing script|is not recognized|no such (?:command|option|tool|subcommand)|not a \w+ command|not allowed|not supported|ignored by one of|permission denied|inputvalidation|validation ?error|unexpected keyword|usage:|required (?:argument|option|flag|parameter)|missing required|did you mean|externally-managed|accepts (?:at most|exactly|between) ",
    )
});
static CANCELLED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)sibling tool call|cancell?ed|interrupted by|\baborted\b|parallel tool call"));
static ABSENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)no such file|does not exist|file not found|path not found|cannot (?:access|stat|find the (?:file|path)|find path)|enoent|can't open file|no matches found",
    )
});
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)['\x22‘`]?([^'\x22’`:\s]+)['\x22’`]?: (?:no such file|file not found|not found)"));
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^# ?\w{1,20} = "?"#));
static PASSED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:\(pass\)|ok\b|✓|✔|PASS\b|test .* \.\.\. ok)"));
static CALLED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^usage: ([\w.-]+)"));

/// A line of a result: as it reads, and as it stands in the transcript.
struct Line<'a> {
    text: Cow<'a, str>,
    quote: &'a str,
}

impl<'a> Line<'a> {
    fn new(raw: &'a str) -> Self {
        let shown = raw.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or(raw);
        let text = abstraction::plain(shown);
        match text {
            Cow::Borrowed(text) => Self { text: Cow::Borrowed(clean(text)), quote: clean(text) },
            Cow::Owned(text) => Self { text: Cow::Owned(clean(&text).to_owned()), quote: abstraction::verbatim(shown) },
        }
    }
}

/// A line without what hosts and tools put around it.
fn clean(line: &str) -> &str {
    let line = line.trim().trim_start_matches(['│', '╷', '╵', '┃', '|', '✖', '✘', '✗', '×', '❌', '❯']).trim_start();
    let line = line.strip_prefix("<tool_use_error>").unwrap_or(line);
    let line = ASSIGNED.find(line).map_or(line, |found| line[found.end()..].trim_end_matches('"'));
    line.strip_suffix("</tool_use_error>").unwrap_or(line).trim()
}

/// The lines of a result that may tell something: the first and the last ones, without the host's own header.
fn lines(text: &str) -> Vec<Line<'_>> {
    let tells = |line: &Line<'_>| !line.text.is_empty() && !line.quote.is_empty() && !HEADER.is_match(&line.text);
    let head = text.lines().take(80).map(Line::new).filter(tells);
    if text.len() < 20_000 && text.lines().count() > 100 {
        let mut tail: Vec<Line<'_>> = text.lines().rev().take(20).map(Line::new).filter(tells).collect();
        tail.reverse();
        return head.chain(tail).collect();
    }
    head.collect()
}

/// A script runner's echo of what it runs: `$ biome check`, `> pkg@1.0.0 test`.
fn echo<'l, 'a>(lines: &'l [Line<'a>]) -> Option<&'l Line<'a>> {
    let first = lines.first()?;
    let body = first.text.strip_prefix("$ ").or_else(|| first.text.strip_prefix("> "))?;
    (body.len() < 200).then_some(first)
}

/// The line that tells what went wrong: the one that names a wrong name, else the one that calls itself the error, else
/// the first that sounds like one.
fn telling<'l, 'a>(lines: &'l [Line<'a>]) -> Option<&'l Line<'a>> {
    let fits = |line: &&Line<'a>| {
        let text = &line.text;
        text.len() < 400 && !PASSED.is_match(text) && !text.starts_with("$ ") && !text.starts_with("> ")
    };
    let raised = |line: &&Line<'a>| RAISED.is_match(&line.text);
    if lines.iter().any(|line| line.text.starts_with("Traceback")) {
        return lines.iter().rev().find(raised);
    }
    let major = |line: &&Line<'a>| fits(line) && !MINOR.is_match(&line.text);
    let names = |line: &&Line<'a>| guess::of(&line.text).is_some_and(|guess| guess.kind.is_of_command_line());
    let strong = |line: &&Line<'a>| STRONG.is_match(&line.text) && !line.text.ends_with("exception.") || raised(line);
    let mut found = lines.iter().take(30).filter(major).find(names);
    found = found.or_else(|| lines.iter().filter(major).find(strong));
    found = found.or_else(|| lines.iter().filter(major).find(|line| TELLING.is_match(&line.text)));
    found.or_else(|| lines.iter().find(major)).or_else(|| lines.iter().find(fits))
}

/// The signature of a failed step; `None` where nothing is told.
pub fn of(step: &Step<'_>) -> Option<Signature> {
    let (_, result) = step.result?;
    if result.status == Status::Refused {
        return None;
    }
    let lines = lines(head(&result.text));
    let line = telling(&lines)?;
    let shape = step.command.as_ref().map(|_| step.shape()).unwrap_or_default();
    let class = class(step, &line.text, &lines, &shape);
    let guess = guess::of(&line.text).filter(|_| class != FailureClass::Check && class != FailureClass::Cancelled);
    let said = match (class, echo(&lines), guess) {
        (FailureClass::Check, Some(echo), _) => format!("check {}", abstraction::of(&echo.text)),
        (FailureClass::Check, None, _) => format!("check {shape}"),
        (_, _, Some(guess)) if guess.kind.is_of_program() => {
            format!("unknown {} of {}", guess.kind.word(), program(step, line, &lines, &shape))
        }
        (_, _, Some(guess)) if guess.kind != guess::Kind::Symbol => {
            format!("unknown {} {}", guess.kind.word(), guess.name)
        }
        _ if ABSENT.is_match(&line.text) => format!("absent {}", tail(missing(step, &line.text))),
        _ => said(&lines, line),
    };
    let gone = said.starts_with("absent ").then(|| missing(step, &line.text)).filter(|_| guess.is_none());
    let name = guess.map_or(String::new(), |guess| guess.name.to_owned());
    let shown = match (class, echo(&lines)) {
        (FailureClass::Check, Some(echo)) => echo,
        _ => line,
    };
    let first: Vec<String> = lines.iter().take(2).map(|line| abstraction::of(&line.text)).collect();
    let tool = if class == FailureClass::Cancelled { "any" } else { step.tool() };
    Some(Signature {
        text: format!("{tool}: {said}"),
        class,
        line: shown.text.clone().into_owned(),
        quote: shown.quote.to_owned(),
        shape,
        name,
        absent: gone.map(str::to_owned),
        case: crc32fast::hash(format!("{} {}", step.tool(), first.join("\n")).as_bytes()),
    })
}

/// What a line says; of a panic, whose first line only tells where, the next one too.
fn said(lines: &[Line<'_>], line: &Line<'_>) -> String {
    let said = abstraction::of(&line.text);
    let next = lines.iter().skip_while(|other| !std::ptr::eq(*other, line)).nth(1);
    match next {
        Some(next) if line.text.contains("panicked at") => format!("panicked {}", abstraction::of(&next.text)),
        _ => said,
    }
}

/// The program that does not know a name: by its own usage line, by the error's first word, or by the call.
fn program(step: &Step<'_>, line: &Line<'_>, lines: &[Line<'_>], shape: &str) -> String {
    let usage = lines.iter().find_map(|line| Some(CALLED.captures(&line.text)?[1].to_owned()));
    let first = line.text.split_once(": ").map(|(first, _)| first).filter(|first| {
        let called =
            |line: &str| shell::segments(line).iter().flatten().any(|word| word.rsplit('/').next() == Some(first));
        step.command.as_ref().is_some_and(|line| called(line))
    });
    let called = || match step.command.is_some() {
        true => shape.split(' ').find(|word| !shell::RUNNERS.contains(word)).unwrap_or(shape).to_owned(),
        false => step.call.name.clone(),
    };
    usage.or(first.map(str::to_owned)).unwrap_or_else(called)
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

fn class(step: &Step<'_>, line: &str, lines: &[Line<'_>], shape: &str) -> FailureClass {
    if CANCELLED.is_match(line) && lines.len() <= 3 {
        return FailureClass::Cancelled;
    }
    let near = lines.iter().take(6).any(|near| near.text.to_ascii_lowercase().starts_with("usage:"));
    let hook = shape == "git commit" && echo(lines).is_some();
    let purpose = shell::purpose(shape).filter(|purpose| purpose.is_check() || *purpose == shell::Purpose::Format);
    let check = step.command.is_some() && (echo(lines).is_some() || purpose.is_some()) || hook;
    let usage = match (check, guess::of(line)) {
        // What a check says of the code that it looks at is not about the call.
        (true, guess) => near || guess.is_some_and(|guess| guess.kind.is_of_command_line()),
        (false, Some(guess)) if !matches!(guess.kind, guess::Kind::Module | guess::Kind::Symbol) => true,
        (false, _) => USAGE.is_match(line) || (near && step.command.is_some()),
    };
    match (usage, check) {
        (true, _) => FailureClass::Usage,
        (false, true) => FailureClass::Check,
        _ if step.command.is_none() => FailureClass::Protocol,
        _ => FailureClass::Other,
    }
}

/// A thing that is not there is a mistake only if the same thing is looked for again: its name stays in the signature.
fn missing<'a>(step: &Step<'a>, line: &'a str) -> &'a str {
    let before = NAMED.captures(line).and_then(|found| found.get(1)).map(|found| found.as_str());
    abstraction::PATH.find(line).map(|found| found.as_str()).or(before).or(step.file).unwrap_or(line)
}

/// The last parts of a path.
fn tail(path: &str) -> String {
    let mut parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let keep = parts.len().saturating_sub(3);
    parts.drain(..keep);
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<String> {
        telling(&lines(text)).map(|line| line.text.to_string())
    }

    #[test]
    fn the_hosts_header_is_no_telling_line() {
        let text = "Chunk ID: 7a\nWall time: 0.2 seconds\nProcess exited with code 1\nOriginal token count: 24\nOutput:\nError: unknown command \"unlink\" for \"bd\"";
        assert_eq!(told(text).as_deref(), Some("Error: unknown command \"unlink\" for \"bd\""));
        assert_eq!(told("Exit code 1"), None);
        let trace = "Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\nKeyError: 'a'";
        assert_eq!(told(trace).as_deref(), Some("KeyError: 'a'"));
    }

    #[test]
    fn a_warning_before_the_error_is_not_the_error() {
        let text = "warning: unused variable `missing`\nnote: could not do it\nfatal: bad revision 'x'";
        assert_eq!(told(text).as_deref(), Some("fatal: bad revision 'x'"));
        assert_eq!(told("warning: could not lock").as_deref(), Some("warning: could not lock"));
    }
}
