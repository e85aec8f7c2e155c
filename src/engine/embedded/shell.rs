//! Commands as they are compared: split into segments, told by their shape (`bun run lint`), without what changes from
//! run to run. It understands enough of the shell to do that, and runs nothing.

use crate::model::ToolCall;
use serde_json::Value;
use std::borrow::Cow;

/// What a command is for, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    Test,
    Format,
    Lint,
    Types,
    /// All checks at once, such as `make check`.
    Check,
    Build,
    Start,
    Install,
}

impl Purpose {
    /// As a note says it: "to … run".
    pub fn words(self) -> &'static str {
        match self {
            Purpose::Test => "run the tests",
            Purpose::Format => "format the code",
            Purpose::Lint => "lint",
            Purpose::Types => "check the types",
            Purpose::Check => "run all checks",
            Purpose::Build => "build",
            Purpose::Start => "start the program",
            Purpose::Install => "install dependencies",
        }
    }

    const ALL: [Purpose; 8] = [
        Purpose::Test,
        Purpose::Format,
        Purpose::Lint,
        Purpose::Types,
        Purpose::Check,
        Purpose::Build,
        Purpose::Start,
        Purpose::Install,
    ];

    /// From 1.
    pub fn number(self) -> u8 {
        Self::ALL.iter().position(|purpose| *purpose == self).map_or(0, |at| at as u8 + 1)
    }

    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    pub fn is_check(self) -> bool {
        matches!(self, Purpose::Test | Purpose::Lint | Purpose::Types | Purpose::Check | Purpose::Build)
    }
}

/// The command line of a shell tool's call, whatever the host calls the tool.
pub fn command(call: &ToolCall) -> Option<Cow<'_, str>> {
    let value = ["command", "cmd", "script", "commandLine"].iter().find_map(|key| call.input.get(*key))?;
    match value {
        Value::String(text) => {
            let editor = call.input.get("path").is_some() || call.input.get("file_path").is_some();
            (!editor && !text.trim().is_empty()).then_some(Cow::Borrowed(unwrapped(text)))
        }
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            match words.as_slice() {
                [shell, flag, script] if shell.ends_with("sh") && flag.starts_with('-') => {
                    Some(Cow::Owned((*script).to_owned()))
                }
                [] => None,
                words => Some(Cow::Owned(words.join(" "))),
            }
        }
        _ => None,
    }
}

/// The script of `bash -lc '…'`, where the whole line is that and the script has no such quotes in it.
fn unwrapped(line: &str) -> &str {
    let inner = || {
        let (program, rest) = line.trim().split_once(' ')?;
        let (flag, script) = rest.trim_start().split_once(' ')?;
        let shell = matches!(program.rsplit('/').next(), Some("bash" | "sh" | "zsh" | "dash"));
        let script = script.trim();
        let quote = script.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let script = script.strip_prefix(quote)?.strip_suffix(quote)?;
        (shell && matches!(flag, "-c" | "-lc" | "-ic" | "-ec") && !script.contains(quote)).then_some(script)
    };
    inner().unwrap_or(line)
}

/// The words of each simple command of a command line. Here-documents, redirections and comments are dropped.
pub fn segments(line: &str) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = vec![Vec::new()];
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    let finish = |word: &mut String, quoted: &mut bool, found: &mut Vec<Vec<String>>| {
        if !word.is_empty() || *quoted {
            found.last_mut().expect("one segment at least").push(std::mem::take(word));
        }
        *quoted = false;
    };
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('"'), '\\') => word.extend(chars.next()),
            (Some(_), _) => word.push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                quoted = true;
            }
            (None, '\\') => match chars.next() {
                Some('\n') | None => {}
                Some(next) => word.push(next),
            },
            (None, '<') if chars.peek() == Some(&'<') => skip_document(&mut chars),
            (None, ';' | '|' | '\n' | '&') => {
                if c == '&' && (word.ends_with('>') || chars.peek() == Some(&'>')) {
                    word.push(c);
                    continue;
                }
                finish(&mut word, &mut quoted, &mut found);
                if found.last().is_some_and(|segment| !segment.is_empty()) {
                    found.push(Vec::new());
                }
            }
            (None, _) if c.is_whitespace() => finish(&mut word, &mut quoted, &mut found),
            _ => word.push(c),
        }
    }
    finish(&mut word, &mut quoted, &mut found);
    found.iter_mut().for_each(drop_redirections);
    found.retain(|segment| !segment.is_empty());
    found
}

/// Skips a here-document: from `<<` to the line that ends it.
fn skip_document(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    chars.next();
    let rest: String = chars.clone().collect();
    let word: String = rest
        .chars()
        .skip_while(|c| matches!(c, '-' | ' ' | '<'))
        .take_while(|c| !c.is_whitespace() && *c != ')')
        .collect();
    let end = word.trim_matches(['\'', '"', '\\']);
    let body = rest.find('\n').unwrap_or(rest.len());
    let mut skipped = body;
    for line in rest[body..].split_inclusive('\n') {
        skipped += line.len();
        if line.trim() == end && !end.is_empty() {
            break;
        }
    }
    let count = rest[..skipped.min(rest.len())].chars().count();
    for _ in 0..count.saturating_sub(1) {
        chars.next();
    }
}

fn drop_redirections(segment: &mut Vec<String>) {
    let mut skip = false;
    segment.retain(|word| {
        let keep = !std::mem::take(&mut skip);
        let body = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
        if keep && body.starts_with('>') && body.len() < 60 {
            skip = matches!(body, ">" | ">>");
            return false;
        }
        keep
    });
}

/// Programs whose arguments are data, not sub-commands.
const PLAIN: &[&str] = &[
    "cat", "ls", "grep", "egrep", "rg", "find", "fd", "sed", "awk", "head", "tail", "echo", "printf", "wc", "sort",
    "uniq", "cut", "tr", "xargs", "rm", "cp", "mv", "mkdir", "touch", "chmod", "chown", "ln", "curl", "wget", "diff",
    "tee", "sleep", "kill", "pkill", "ps", "which", "type", "test", "[", "true", "false", "export", "source", ".",
    "pwd", "env", "jq", "open", "tree", "stat", "file", "du", "df", "date", "bash", "sh", "zsh", "node", "python",
    "python3", "perl", "ruby", "lsof", "base64", "tar", "unzip", "zip", "read", "for", "while", "do", "done", "if",
    "then", "fi", "else", "set", "wait", "exit", "command", "basename", "dirname", "realpath", "md5", "md5sum",
    "shasum", "sha1sum", "less", "more", "man", "nl", "seq",
];

/// Programs that only run another one.
pub const RUNNERS: &[&str] = &["npx", "bunx", "pnpx", "uvx", "poetry", "pipenv", "bundle", "exec", "dlx", "x", "run"];

/// Words before a command that do not change what it is.
const PREFIXES: &[&str] = &["sudo", "time", "nohup", "exec", "command", "builtin"];

/// What a simple command is, without what changes from run to run: the program and its sub-commands.
pub fn shape(segment: &[String]) -> Option<String> {
    let mut words =
        segment.iter().map(String::as_str).skip_while(|word| is_assignment(word) || PREFIXES.contains(word));
    let mut program = words.next()?;
    if program == "timeout" {
        program =
            words.by_ref().find(|word| !word.starts_with('-') && !word.starts_with(|c: char| c.is_ascii_digit()))?;
    }
    let name = program.rsplit('/').next().filter(|name| !name.is_empty())?;
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'));
    if !plain || matches!(name, "cd" | "pushd" | "popd") {
        return None;
    }
    let mut shape = name.to_owned();
    if matches!(name, "python" | "python3") && words.clone().next() == Some("-m") {
        words.next();
        shape.push_str(" -m");
    } else if PLAIN.contains(&name) {
        return Some(shape);
    }
    for word in subcommands(words) {
        shape.push(' ');
        shape.push_str(word);
    }
    Some(shape)
}

/// The plain words that follow a program: two, or three where one of them only passes on (`run`, `exec`).
fn subcommands<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for word in words {
        if word.starts_with('-') && found.is_empty() && word.len() > 2 {
            continue;
        }
        let mut chars = word.chars();
        let plain = chars.next().is_some_and(char::is_alphabetic)
            && word.len() <= 24
            && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'));
        if !plain {
            break;
        }
        found.push(word);
        let passes = matches!(found[0], "run" | "exec" | "x" | "dlx" | "compose") || found.contains(&"run");
        if found.len() >= if passes { 3 } else { 2 } {
            break;
        }
    }
    found
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
    })
}

/// The shapes of a command line's parts, in order, without repetition.
pub fn shapes(line: &str) -> Vec<String> {
    let mut shapes: Vec<String> = Vec::new();
    for shape in segments(line).iter().filter_map(|segment| shape(segment)) {
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    shapes
}

/// Like [`shapes`], told apart by the flags that make another command of a check: `biome check` only looks,
/// `biome check --write` changes files.
pub fn purposeful(line: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for segment in segments(line) {
        let Some(mut told) = shape(&segment) else { continue };
        let flag = segment.iter().find(|word| matches!(word.as_str(), "--fix" | "--write" | "--check"));
        if let Some(flag) = flag.filter(|_| purpose(&told).is_some()) {
            told.push(' ');
            told.push_str(flag);
        }
        if !found.contains(&told) {
            found.push(told);
        }
    }
    found
}

/// The part of a command line that it is about: the first shape that is no plain utility.
pub fn main_shape(line: &str) -> Option<String> {
    let shapes = shapes(line);
    shapes.iter().find(|shape| !PLAIN.contains(&shape.as_str())).or_else(|| shapes.first()).cloned()
}

/// What a command of this shape is for.
pub fn purpose(shape: &str) -> Option<Purpose> {
    let program = shape.split(' ').next().unwrap_or_default();
    let module = shape.contains(" -m ");
    if PLAIN.contains(&program) && !module
        || matches!(program, "git" | "gh" | "docker" | "kubectl" | "tmux" | "ssh" | "brew" | "apt")
    {
        return None;
    }
    let parts: Vec<&str> = shape.split([' ', ':', '-', '_']).collect();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    if shape.ends_with(" --check") && !has(&["test", "tests"]) {
        return Some(Purpose::Lint);
    }
    if shape.ends_with(" --write") {
        return Some(Purpose::Format);
    }
    if has(&["fix", "fmt", "format", "prettier", "black", "gofmt", "rustfmt"]) {
        return Some(Purpose::Format);
    }
    if has(&["test", "tests", "pytest", "jest", "vitest", "rspec", "playwright", "nextest", "e2e"]) {
        return Some(Purpose::Test);
    }
    if has(&[
        "lint",
        "eslint",
        "clippy",
        "ruff",
        "biome",
        "flake8",
        "pylint",
        "rubocop",
        "golangci",
        "vet",
        "shellcheck",
    ]) {
        return Some(Purpose::Lint);
    }
    if has(&["typecheck", "tsc", "mypy", "pyright", "types"]) || shape.starts_with("cargo check") {
        return Some(Purpose::Types);
    }
    if has(&["check", "checks", "verify", "validate", "precommit"]) {
        return Some(Purpose::Check);
    }
    if has(&["build", "compile", "make", "bazel"]) {
        return Some(Purpose::Build);
    }
    if has(&["install", "ci", "sync"]) && !shape.starts_with("make") {
        return Some(Purpose::Install);
    }
    (has(&["dev", "start", "serve"]) && parts.len() > 1).then_some(Purpose::Start)
}

/// The simple command that a message like `cat: illegal option` is about, where the line is long.
pub fn blamed(line: &str, error: &str) -> Option<String> {
    let (program, _) = error.split_once(':')?;
    let segment = segments(line)
        .into_iter()
        .find(|segment| segment.first().is_some_and(|first| first.rsplit('/').next() == Some(program)))?;
    let plain = |word: &String| if word.contains(' ') { format!("'{word}'") } else { word.clone() };
    let text = segment.iter().map(plain).collect::<Vec<_>>().join(" ");
    (text.chars().count() <= 80).then_some(text)
}

/// The part of a command that says what it does: its first line without where its output goes, as it stands.
pub fn telling(line: &str) -> &str {
    let first = line.trim().lines().next().unwrap_or_default();
    let first = first.split("\"$(cat").next().unwrap_or(first).trim();
    let first = match first.split_once(" && ") {
        Some((cd, rest)) if cd.starts_with("cd ") => rest,
        _ => first,
    };
    let ends = [" 2>", " | tail", " | head"].iter().filter_map(|end| first.find(end));
    let first = &first[..ends.min().unwrap_or(first.len())];
    first.strip_suffix(" -m").unwrap_or(first).trim()
}

/// A command as a note shows it, at most this many characters.
pub fn shown(line: &str, limit: usize) -> String {
    let first = telling(line);
    if first.chars().count() <= limit {
        return first.to_owned();
    }
    let cut: String = first.chars().take(limit - 1).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests;
