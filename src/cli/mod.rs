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
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
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
    let matches = help::grouped(Arguments::command()).try_get_matches_from(arguments);
    let arguments = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
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

macro_rules! commands {
    ($($(#[$attribute:meta])* $file:ident::$name:ident),* $(,)?) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($(#[$attribute])* $name($file::$name)),*
        }

        impl Command {
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
