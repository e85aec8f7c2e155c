//! Programs of the system beside git: the table of jobs that a schedule is put into, and the command that is told how a
//! night ended. Which program is run never comes from a transcript, a note or a file that came with a clone.

use crate::config::Environment;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// How a program ended, and what it said.
#[derive(Debug, Clone)]
pub struct Ran {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

#[derive(Debug, thiserror::Error)]
#[error("run '{program}'")]
pub struct ProgramError {
    pub program: String,
    pub source: io::Error,
}

/// Runs a program with this input, in this directory, and waits for it.
pub fn run(environment: &Environment, place: &Path, words: &[&str], input: &str) -> Result<Ran, ProgramError> {
    let (program, arguments) = words.split_first().map_or(("", words), |(first, rest)| (*first, rest));
    let failed = |source| ProgramError { program: program.to_owned(), source };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(place).env_clear().envs(&environment.variables);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // A program that does not read its input closes the pipe; its status says whether that matters.
        stdin.map(|mut stdin| scope.spawn(move || stdin.write_all(input.as_bytes()).ok()));
        child.wait_with_output()
    });
    let output = output.map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ran { success: output.status.success(), stdout: text(&output.stdout), stderr: text(&output.stderr) })
}
