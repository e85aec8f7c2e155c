//! The command line: one file per command, a struct whose doc comment is its help, then one function that resolves the
//! arguments, calls the library and reports. Nothing is decided here that the library could decide.

mod approve;
mod batches;
mod check;
mod context;
mod decision;
mod demo;
mod doctor;
mod engine;
mod exit;
mod expire;
mod failure;
mod help;
mod hint;
mod hook;
mod import;
mod init;
mod list;
mod log;
mod merge_driver;
mod name;
mod night;
mod outcome;
mod plan;
mod range;
mod redact;
mod reject;
mod report;
mod restore;
mod resume;
mod revert;
mod review;
mod run;
mod schedule;
mod scheduled;
mod show;
mod status;
pub mod ui;
mod verify;
mod why;

pub use context::Context;
pub use exit::Exit;
pub use failure::{Failure, Hint, Refusal};

use crate::config::Environment;
use clap::{Command as Described, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Keeps the memory of AI agents in a git repository, and dreams it better on a branch
#[derive(Debug, Parser)]
#[command(name = "git dream", bin_name = "git dream", version, disable_help_subcommand = true)]
struct Arguments {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// Runs the program: `arguments` as the system gave them, `environment` as `main` reads it.
pub fn main(arguments: Vec<OsString>, environment: impl FnOnce() -> Result<Environment, String>) -> ExitCode {
    std::panic::set_hook(Box::new(ui::bug));
    let run = std::panic::AssertUnwindSafe(|| start(arguments, environment));
    std::panic::catch_unwind(run).unwrap_or(Exit::Bug).into()
}

fn start(arguments: Vec<OsString>, environment: impl FnOnce() -> Result<Environment, String>) -> Exit {
    let program = arguments.first().map(PathBuf::from).unwrap_or_default();
    let whole = || {
        let matches = help::grouped(Arguments::command()).try_get_matches_from(&arguments)?;
        Arguments::from_arg_matches(&matches)
    };
    let arguments = match named_first(&arguments).map_or_else(whole, Ok) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody is left to tell when the stream is closed.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let environment = match environment() {
        Ok(environment) => environment,
        Err(message) => return ui::Ui::default().fail(&Failure::refuse(message)),
    };
    let context = Context::new(environment, arguments.directory, program);
    match context.enter().and_then(|()| arguments.command.run(&context)) {
        Ok(exit) => exit,
        Err(failure) if failure.is_broken_pipe() => Exit::Done,
        Err(failure) => context.ui.fail(&failure),
    }
}

/// The arguments of who names a command first, as long as nothing is wrong with them. Only that command is described to
/// clap: to describe all takes a fifth of the time that the program takes to start.
fn named_first(arguments: &[OsString]) -> Option<Arguments> {
    let described = Command::described(arguments.get(1)?.to_str()?)?;
    let program = Described::new("git dream").bin_name("git dream").version(env!("CARGO_PKG_VERSION"));
    let matches = program.disable_help_subcommand(true).subcommand(described).try_get_matches_from(arguments).ok()?;
    Some(Arguments { directory: None, command: Command::from_arg_matches(&matches).ok()? })
}

macro_rules! commands {
    ($($(#[$attribute:meta])* $file:ident::$name:ident),* $(,)?) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($(#[$attribute])* $name($file::$name)),*
        }

        impl Command {
            /// One command, by its name.
            fn described(name: &str) -> Option<Described> {
                let name = help::GROUPS.iter().flat_map(|(_, names)| *names).find(|known| **known == name)?;
                let letters = || name.chars().filter(|c| *c != '-');
                $(if letters().eq(stringify!($name).chars().flat_map(char::to_lowercase)) {
                    return Some(<$file::$name as clap::Args>::augment_args(Described::new(*name)));
                })*
                None
            }

            fn run(self, context: &Context) -> Result<Exit, Failure> {
                match self {
                    $(Command::$name(command) => command.run(context)),*
                }
            }
        }
    };
}

commands!(
    init::Init,
    import::Import,
    outcome::Outcome,
    demo::Demo,
    run::Run,
    list::List,
    status::Status,
    show::Show,
    check::Check,
    review::Review,
    approve::Approve,
    reject::Reject,
    revert::Revert,
    restore::Restore,
    why::Why,
    log::Log,
    verify::Verify,
    redact::Redact,
    expire::Expire,
    schedule::Schedule,
    doctor::Doctor,
    hook::Hook,
    merge_driver::MergeDriver,
);

#[cfg(test)]
mod tests {
    use super::*;

    fn given(words: &[&str]) -> Vec<OsString> {
        ["git-dream"].iter().chain(words).map(OsString::from).collect()
    }

    #[test]
    fn a_command_that_is_described_alone_is_understood_as_among_all() {
        for name in help::GROUPS.iter().flat_map(|(_, names)| *names) {
            let all = Arguments::command();
            let among = all.find_subcommand(name).expect("a command").clone().display_order(1);
            let alone = Command::described(name).expect("the same").display_order(1);
            assert_eq!(format!("{among:?}"), format!("{alone:?}"));
        }
        for words in [&["list"][..], &["show", "x", "--json"], &["import", "-v", "a", "b"], &["why", "a.md"]] {
            let arguments = given(words);
            let whole = Arguments::try_parse_from(&arguments).map(|whole| format!("{whole:?}"));
            let alone = named_first(&arguments).map(|alone| format!("{alone:?}"));
            assert_eq!(alone, whole.ok(), "{words:?}");
        }
    }

    #[test]
    fn whatever_is_wrong_or_unusual_is_left_to_the_description_of_all() {
        for words in [&[][..], &["-C", ".", "list"], &["lst"], &["list", "--no-such"], &["list", "--help"], &["help"]] {
            assert!(named_first(&given(words)).is_none(), "{words:?}");
        }
    }
}
