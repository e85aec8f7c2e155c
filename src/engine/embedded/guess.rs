//! Names that were guessed wrong: which command, option, script, module or field a tool says it does not know. The
//! same guess reads differently in every shell and every tool; here it is one kind and one name.

use crate::text::pattern::{mentions, pattern};
use regex::Regex;
use std::sync::{LazyLock, OnceLock};

/// What a wrong name was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A program.
    Command,
    Option,
    Subcommand,
    /// A script of a package, a target of a makefile, a task of a build.
    Script,
    Module,
    /// A field, column or table of what the program works on.
    Field,
    /// A name of the code that ran: what it lacks changes with the code.
    Symbol,
    /// A tool or skill of the agent's own.
    Tool,
}

impl Kind {
    /// As a signature has it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Command => "command",
            Kind::Option => "option",
            Kind::Subcommand => "subcommand",
            Kind::Script => "script",
            Kind::Module => "module",
            Kind::Field => "field",
            Kind::Symbol => "symbol",
            Kind::Tool => "tool",
        }
    }

    /// Whether other wrong names of the same program teach the same: that its names are guessed.
    pub fn is_of_program(self) -> bool {
        matches!(self, Kind::Option | Kind::Subcommand | Kind::Field)
    }

    /// Whether it says that the command line itself is wrong, even where the command is a check of code.
    pub fn is_of_command_line(self) -> bool {
        matches!(self, Kind::Command | Kind::Option | Kind::Subcommand | Kind::Script | Kind::Tool)
    }
}

/// A wrong name, as it stands in the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess<'a> {
    pub kind: Kind,
    pub name: &'a str,
}

const Q: &str = r#"['"`‘’“”]"#;

/// What is said of each kind; `NAME` stands for the name, `Q` for a quotation mark.
const SAID: &[(Kind, &str)] = &[
    (Kind::Command, r"(?:^|[:\s])command not found: (?P<name>NAME)$"),
    (Kind::Command, r"(?:^|: )(?P<name>NAME): command not found"),
    (Kind::Command, r"^(?:\S*/)?(?:sh|dash|ash): (?:line )?(?:\d+: )?(?:eval: )?(?P<name>NAME): not found$"),
    (Kind::Command, r"^fish: Unknown command:? Q?(?P<name>NAME)"),
    (Kind::Command, r"The term Q(?P<name>[^'\x22‘’]+)Q is not recognized"),
    (Kind::Command, r"^Q(?P<name>[^'\x22]+)Q is not recognized as an internal"),
    (Kind::Command, r"Q(?P<name>NAME)Q: executable file not found"),
    (Kind::Command, r"\bspawn (?P<name>NAME) ENOENT"),
    (Kind::Script, r"(?i)missing script:? Q?(?P<name>NAME)"),
    (Kind::Script, r"(?i)script not found:? Q?(?P<name>NAME)"),
    (Kind::Script, r"(?i)^(?:error )?command Q(?P<name>NAME)Q not found"),
    (Kind::Script, r"No rule to make target Q(?P<name>[^'\x22`’]+)Q"),
    (Kind::Script, r"(?i)\btask Q(?P<name>[^'\x22`’]+)Q not found"),
    (Kind::Script, r"(?i)justfile does not contain recipes? Q(?P<name>NAME)"),
    (Kind::Script, r"Unknown lifecycle phase Q(?P<name>[^'\x22]+)Q"),
    (Kind::Option, r"unknown shorthand flag: Q.Q in (?P<name>-NAME)"),
    (Kind::Option, r"flag provided but not defined: (?P<name>-NAME)"),
    (Kind::Option, r"(?i)(?:illegal|invalid) option -- Q?(?P<name>[\w-])Q?$"),
    (
        Kind::Option,
        r"(?i)(?:unrecogni[sz]ed|unknown|unexpected|illegal|invalid|no such|bad|undefined) (?:command.line |long )?(?:option|argument|flag|switch|parameter)s?:? (?:-- )?Q?(?P<name>--?NAME)",
    ),
    (Kind::Option, r"(?i)unknown switch Q(?P<name>NAME)"),
    (Kind::Option, r"A parameter cannot be found that matches parameter name Q(?P<name>NAME)"),
    (
        Kind::Subcommand,
        r"(?i)(?:unrecogni[sz]ed|unknown|no such|invalid) (?:sub-?command|command|action)[: ]+Q?(?P<name>NAME)",
    ),
    (Kind::Subcommand, r"^(?:\w+: )?Q(?P<name>NAME)Q is not an? \w+ command"),
    (Kind::Subcommand, r"(?i)invalid choice: Q(?P<name>NAME)"),
    (Kind::Module, r"No module named Q?(?P<name>NAME)"),
    (Kind::Module, r"Cannot find (?:module|package) Q(?P<name>[^'\x22]+)Q"),
    (Kind::Module, r"no required module provides package (?P<name>NAME)"),
    (Kind::Module, r"package (?P<name>NAME) is not in (?:std|GOROOT)"),
    (Kind::Field, r"(?i)unknown (?:json )?field:? Q?(?P<name>NAME)"),
    (Kind::Field, r"(?i)unknown column Q(?P<name>NAME)"),
    (Kind::Field, r"(?i)(?:column|relation|function|table|type) Q?(?P<name>NAME(?:\([^)]*\))?)Q? does not exist"),
    (Kind::Field, r"(?i)no such (?:column|table|function): Q?(?P<name>NAME)"),
    (Kind::Field, r"(?i)cannot query field Q(?P<name>NAME)"),
    (Kind::Symbol, r"unexpected keyword argument Q(?P<name>NAME)"),
    (Kind::Symbol, r"has no attribute Q(?P<name>NAME)"),
    (Kind::Symbol, r"cannot import name Q(?P<name>NAME)"),
    (Kind::Symbol, r"(?i)export named Q(?P<name>NAME)Q not found"),
    (Kind::Symbol, r"does not provide an export named Q(?P<name>NAME)"),
    (Kind::Tool, r"(?i)(?:unknown|no such) (?:skill|tool|agent|agent type|function)(?: available)?: Q?(?P<name>NAME)"),
    (Kind::Tool, r"(?i)(?:tool|function|skill) Q(?P<name>NAME)Q (?:not found|does not exist|is not available)"),
];

/// What every one of them has in it: most lines have none, and cost one look.
static HINT: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"(?i)not found|unknown|unrecogni|unexpected|illegal|invalid|no such|no rule|missing script|not recognized|does not |has no attribute|cannot (?:import|find|query)|no module|no required|is not (?:in|an?) |not defined|enoent|\b(?:bad|undefined) |cannot be found|not available";
    pattern(words)
});

/// One of [`SAID`], made for the first line that may be one.
struct Saying {
    kind: Kind,
    said: &'static str,
    /// What stands in every such line, in lower case.
    fixed: &'static str,
    made: OnceLock<Regex>,
}

static SAYINGS: LazyLock<Vec<Saying>> = LazyLock::new(|| {
    let saying = |&(kind, said)| Saying { kind, said, fixed: fixed(said), made: OnceLock::new() };
    SAID.iter().map(saying).collect()
});

impl Saying {
    fn pattern(&self) -> &Regex {
        self.made.get_or_init(|| {
            // Letters of all scripts would make each of these larger; names of commands have none.
            let letters = |said: String| said.replace(r"[\w", "[0-9A-Za-z_").replace(r"\w", "[0-9A-Za-z_]");
            pattern(&letters(self.said.replace("NAME", r"[\w@/][\w.@/:+-]*").replace('Q', Q)))
        })
    }
}

/// The longest part of a pattern that is small letters and spaces and is matched whatever else is.
fn fixed(said: &str) -> &str {
    let (mut depth, mut begin, mut longest) = (0, None, "");
    let ends = said.char_indices().map(|(at, c)| (at, Some(c))).chain([(said.len(), None)]);
    let (mut in_class, mut escaped) = (false, false);
    for (at, c) in ends {
        let plain = c.is_some_and(|c| c.is_ascii_lowercase() || c == ' ') && depth == 0 && !in_class && !escaped;
        if plain {
            begin.get_or_insert(at);
            continue;
        }
        if let Some(begin) = begin.take() {
            // What may be left out or stands several times is not the last letter of it.
            let end = at - usize::from(matches!(c, Some('?' | '*' | '+' | '{')));
            longest = if end - begin > longest.len() { &said[begin..end] } else { longest };
        }
        match c {
            _ if escaped => escaped = false,
            Some('\\') => escaped = true,
            Some('[') => in_class = true,
            Some(']') => in_class = false,
            Some('(') if !in_class => depth += 1,
            Some(')') if !in_class => depth -= 1,
            Some('|') if depth == 0 && !in_class => return "",
            _ => {}
        }
    }
    longest
}

/// The name that an error says is not known.
pub fn of(line: &str) -> Option<Guess<'_>> {
    if !HINT.is_match(line) {
        return None;
    }
    let may = |saying: &&Saying| mentions(line, &[saying.fixed]);
    let captures = |saying: &Saying| Some((saying.kind, saying.pattern().captures(line)?));
    let (kind, found) = SAYINGS.iter().filter(may).find_map(captures)?;
    let name = found.name("name")?.as_str().trim_end_matches(['.', ':', ',', ';']);
    (!name.is_empty() && name.len() <= 80).then_some(Guess { kind, name })
}

/// Whether one name may well have been meant by the other: a word in common, the same letters, or two pairs of letters
/// in five.
pub fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let words = |name: &str| -> Vec<String> {
        name.split(['-', '_', ':', '.', '/']).filter(|word| word.len() > 2).map(str::to_owned).collect()
    };
    let shared = words(&a).iter().any(|word| words(&b).contains(word));
    let pairs = |name: &str| -> Vec<(char, char)> { name.chars().zip(name.chars().skip(1)).collect() };
    let (left, right) = (pairs(&a), pairs(&b));
    let same = left.iter().filter(|pair| right.contains(pair)).count();
    let letters = |name: &str| -> Vec<char> {
        let mut letters: Vec<char> = name.chars().collect();
        letters.sort_unstable();
        letters
    };
    shared || same * 5 >= left.len() + right.len() || letters(&a) == letters(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fixed_of_a_pattern_stands_in_all_that_it_matches() {
        for (said, wanted) in [
            (r"\bspawn (?P<name>NAME) ENOENT", "spawn "),
            (r"(?i)missing script:? Q?(?P<name>NAME)", "missing script"),
            (r"(?i)(?:illegal|invalid) option -- Q?(?P<name>[\w-])Q?$", " option "),
            (r"a[b c]d\(efx?gh+i)", "ef"),
            (r"either|or", ""),
            (r"(?:none)", ""),
        ] {
            assert_eq!(fixed(said), wanted, "{said}");
        }
        for saying in SAYINGS.iter() {
            for text in crate::text::pattern::written_as(saying.pattern()) {
                assert!(text.to_ascii_lowercase().contains(saying.fixed), "{text:?} has no {:?}", saying.fixed);
            }
        }
        let told = SAYINGS.iter().filter(|saying| saying.fixed.len() > 4).count();
        assert!(told * 5 > SAYINGS.len() * 4, "{told} of {}", SAYINGS.len());
    }

    #[test]
    fn the_same_guess_is_one_in_every_shell_and_tool() {
        for (kind, name, lines) in [
            (
                Kind::Command,
                "yq",
                &[
                    "zsh:1: command not found: yq",
                    "zsh: command not found: yq",
                    "bash: line 1: yq: command not found",
                    "/bin/sh: 1: yq: not found",
                    "sh: line 3: yq: command not found",
                    "fish: Unknown command: yq",
                    "yq : The term 'yq' is not recognized as the name of a cmdlet, function, script file, or operable program.",
                    "'yq' is not recognized as an internal or external command,",
                    "exec: \"yq\": executable file not found in $PATH",
                    "Error: spawn yq ENOENT",
                ][..],
            ),
            (
                Kind::Script,
                "lint",
                &[
                    "npm ERR! Missing script: \"lint\"",
                    "npm error Missing script: \"lint\"",
                    "error: Script not found \"lint\"",
                    "error Command \"lint\" not found.",
                    " ERR_PNPM_NO_SCRIPT  Missing script: lint",
                    "make: *** No rule to make target 'lint'.  Stop.",
                    "Task 'lint' not found in root project 'shop'.",
                    "error: Justfile does not contain recipe `lint`.",
                    "[ERROR] Unknown lifecycle phase \"lint\". You must specify a valid lifecycle phase",
                ],
            ),
            (
                Kind::Option,
                "--fast",
                &[
                    "error: unexpected argument '--fast' found",
                    "Error: unknown flag: --fast",
                    "error: unknown option '--fast'",
                    "error: unknown option `--fast'",
                    "pytest: error: unrecognized arguments: --fast",
                    "rg: unrecognized flag --fast",
                    "Error: No such option: --fast",
                    "grep: unrecognized option '--fast'",
                    "ls: invalid option: --fast",
                ],
            ),
            (
                Kind::Subcommand,
                "strat",
                &[
                    "error: unrecognized subcommand 'strat'",
                    "git: 'strat' is not a git command. See 'git --help'.",
                    "Error: unknown command \"strat\" for \"kubectl\"",
                    "error: no such command: `strat`",
                    "docker: 'strat' is not a docker command.",
                    "tool: error: argument command: invalid choice: 'strat' (choose from 'start', 'stop')",
                ],
            ),
            (
                Kind::Module,
                "requests",
                &["ModuleNotFoundError: No module named 'requests'", "Error: Cannot find module 'requests'"],
            ),
            (
                Kind::Field,
                "author_id",
                &[
                    "ERROR:  column \"author_id\" does not exist",
                    "Error: in prepare, no such column: author_id",
                    "ERROR 1054 (42S22): Unknown column 'author_id' in 'field list'",
                    "Unknown JSON field: \"author_id\"",
                ],
            ),
            (
                Kind::Symbol,
                "author_id",
                &[
                    "AttributeError: 'Post' object has no attribute 'author_id'",
                    "TypeError: f() got an unexpected keyword argument 'author_id'",
                    "ImportError: cannot import name 'author_id' from 'blog'",
                ],
            ),
            (
                Kind::Tool,
                "commit",
                &["Unknown skill: commit", "Error: No such tool available: commit", "Tool 'commit' not found"],
            ),
        ] {
            for line in lines {
                assert_eq!(of(line), Some(Guess { kind, name }), "{line}");
            }
        }
        assert_eq!(of("cat: illegal option -- A").map(|guess| guess.name), Some("A"));
        assert_eq!(of("flag provided but not defined: -race2").map(|guess| guess.name), Some("-race2"));
    }

    #[test]
    fn names_that_look_alike_are_told_from_those_that_do_not() {
        for (a, b) in
            [("lint", "lint:check"), ("baseRefOid", "baseRefName"), ("author_id", "user_id"), ("strat", "start")]
        {
            assert!(alike(a, b), "{a} {b}");
        }
        assert!(!alike("actor", "json") && !alike("lint", "build"));
    }

    #[test]
    fn other_errors_name_no_guess() {
        for line in [
            "String to replace not found in file.",
            "fatal: not a git repository (or any of the parent directories): .git",
            "cat: src/a.rs: No such file or directory",
            "error: expected `;`, found `}`",
            "Error: connect ECONNREFUSED 127.0.0.1:5432",
            "error: failed to push some refs to 'origin'",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
