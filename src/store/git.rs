//! The only place that runs another program, and that program is `git` (or the editor and pager that git names).
//! Output that is parsed is asked for in the C locale; nothing here ever prompts.

use crate::config::Environment;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Variables by which a calling git names *its* repository; a store names its own.
const LOCAL: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_INTERNAL_SUPER_PREFIX"];

/// How `git` is run for one repository: where, and with which variables.
#[derive(Debug, Clone)]
pub struct Git {
    directory: PathBuf,
    variables: BTreeMap<String, String>,
}

/// A command that runs while we do something else. Dropped unasked, it is ended.
#[derive(Debug)]
pub struct Started {
    child: Option<Child>,
    command: String,
}

/// What a finished command left, whatever its exit status.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit status; -1 when a signal ended the command.
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("find the program 'git'")]
    Missing,
    #[error("run 'git {command}'")]
    Run { command: String, source: io::Error },
    #[error("run 'git {command}': {stderr}")]
    Failed { command: String, status: i32, stderr: String },
}

impl From<std::process::Output> for Output {
    fn from(ended: std::process::Output) -> Self {
        Self { status: ended.status.code().unwrap_or(-1), stdout: ended.stdout, stderr: ended.stderr }
    }
}

impl Output {
    pub fn success(&self) -> bool {
        self.status == 0
    }

    /// Standard output as text, without the line end.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches(['\n', '\r']).to_owned()
    }

    /// Standard error as text, without white space around it.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }
}

impl Git {
    /// Git as the environment configures it, without the variables that name a repository.
    pub fn new(environment: &Environment, directory: &Path) -> Self {
        let mut variables = environment.variables.clone();
        variables.retain(|name, _| !LOCAL.contains(&name.as_str()));
        Self { directory: directory.to_owned(), variables }
    }

    /// The same git in another directory, which then decides the repository.
    pub fn at(&self, directory: &Path) -> Self {
        let mut git = Self { directory: directory.to_owned(), variables: self.variables.clone() };
        git.variables.retain(|name, _| !LOCAL.contains(&name.as_str()));
        git
    }

    /// The same git with one more variable, such as `GIT_INDEX_FILE`.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut git = self.clone();
        git.variables.insert(name.to_owned(), value.to_owned());
        git
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs a command to its end; a status other than 0 is no error here.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Output, GitError> {
        self.finish(args, None)
    }

    /// Starts a command without input, to be asked for later; it must not write anything.
    pub fn start<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Started, GitError> {
        let child = self.quiet(args).stdin(Stdio::null()).spawn().map_err(|source| start_error(args, source))?;
        Ok(Started { child: Some(child), command: words(args) })
    }

    /// Like [`Git::run`], with standard input.
    pub fn run_with_input<S: AsRef<OsStr>>(&self, args: &[S], input: &[u8]) -> Result<Output, GitError> {
        self.finish(args, Some(input))
    }

    /// Like [`Git::run`], and a status other than 0 is an error.
    pub fn check<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Output, GitError> {
        succeed(args, self.run(args)?)
    }

    /// Like [`Git::run_with_input`], and a status other than 0 is an error.
    pub fn check_with_input<S: AsRef<OsStr>>(&self, args: &[S], input: &[u8]) -> Result<Output, GitError> {
        succeed(args, self.run_with_input(args, input)?)
    }

    /// Runs a hook of the repository as git would run it; a hook that does not exist is a success.
    pub fn hook<S: AsRef<OsStr>>(&self, name: &str, args: &[S], input: Option<&[u8]>) -> Result<Output, GitError> {
        let mut all: Vec<&OsStr> = ["hook", "run", "--ignore-missing"].map(OsStr::new).to_vec();
        // git connects the hook to its own standard input only when asked to.
        let stdin_file = match input {
            Some(input) => Some(spool(input).map_err(|source| GitError::Run { command: "hook run".into(), source })?),
            None => None,
        };
        let option = stdin_file.as_ref().map(|file| format!("--to-stdin={}", file.path().display()));
        all.extend(option.as_deref().map(OsStr::new));
        all.extend([OsStr::new(name), OsStr::new("--")]);
        all.extend(args.iter().map(AsRef::as_ref));
        self.run(&all)
    }

    /// Runs a command on the terminal of the person (no C locale, nothing captured); gives the exit status.
    pub fn interactive<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<i32, GitError> {
        let mut command = self.program("git");
        let status = command.args(args).status().map_err(|source| start_error(args, source))?;
        Ok(status.code().unwrap_or(-1))
    }

    /// Opens a file in the editor that git would open; gives the editor's exit status.
    pub fn editor(&self, file: &Path) -> Result<i32, GitError> {
        let editor = self.check(&["var", "GIT_EDITOR"])?.text();
        let mut command = self.program("sh");
        command.arg("-c").arg(format!("{editor} \"$@\"")).arg(&editor).arg(file);
        let status =
            command.status().map_err(|source| GitError::Run { command: format!("editor {editor}"), source })?;
        Ok(status.code().unwrap_or(-1))
    }

    /// Runs a command of the person's own configuration in a shell, without input.
    pub fn shell(&self, line: &str) -> Result<Output, GitError> {
        let mut command = self.program("sh");
        command.arg("-c").arg(line).stdin(Stdio::null());
        let output = command.output();
        let output = output.map_err(|source| GitError::Run { command: "config: a command".to_owned(), source })?;
        Ok(output.into())
    }

    /// Starts the pager that git would use; `None` when there is none to start (`cat` or empty).
    pub fn pager(&self) -> Result<Option<Pager>, GitError> {
        let pager = self.check(&["var", "GIT_PAGER"])?.text();
        if pager.is_empty() || pager == "cat" {
            return Ok(None);
        }
        let mut command = self.program("sh");
        for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if !self.variables.contains_key(name) {
                command.env(name, value);
            }
        }
        let child = command.arg("-c").arg(&pager).stdin(Stdio::piped()).spawn();
        let child = child.map_err(|source| GitError::Run { command: format!("pager {pager}"), source })?;
        Ok(Some(Pager { child }))
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.found(name));
        command.current_dir(&self.directory).env_clear().envs(&self.variables);
        command
    }

    /// The program's whole path, by which a system starts it without copying our own memory's tables first.
    pub(super) fn found(&self, name: &str) -> PathBuf {
        let folders = self.variables.get("PATH").map(String::as_str).unwrap_or_default().split(':');
        let paths = folders.filter(|folder| folder.starts_with('/')).map(|folder| Path::new(folder).join(name));
        paths.into_iter().find(|path| is_program(path)).unwrap_or_else(|| name.into())
    }

    /// A command of git whose output is read, not seen.
    fn quiet<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = self.program("git");
        command.args(args).env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        // libgit2 knows no replace refs; both must see one history.
        command.env("GIT_NO_REPLACE_OBJECTS", "1");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn finish<S: AsRef<OsStr>>(&self, args: &[S], input: Option<&[u8]>) -> Result<Output, GitError> {
        let mut command = self.quiet(args);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().map_err(|source| start_error(args, source))?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A command that does not read all of its input closes the pipe; its status says what that means.
                scope.spawn(move || stdin.write_all(input).ok());
            }
            child.wait_with_output()
        });
        let output = output.map_err(|source| GitError::Run { command: words(args), source })?;
        Ok(output.into())
    }
}

impl Started {
    /// Waits for the end of the command.
    pub fn finish(mut self) -> Result<Output, GitError> {
        let output = self.child.take().map_or_else(|| Err(io::ErrorKind::NotFound.into()), Child::wait_with_output);
        let output = output.map_err(|source| GitError::Run { command: self.command.clone(), source })?;
        Ok(output.into())
    }

    /// Like [`Started::finish`], and a status other than 0 is an error.
    pub fn check(self) -> Result<Output, GitError> {
        let command = self.command.clone();
        succeed(&[command], self.finish()?)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A running pager; what is written goes to its standard input.
#[derive(Debug)]
pub struct Pager {
    child: Child,
}

impl Pager {
    /// Closes the pager's input and waits until the person leaves it.
    pub fn wait(mut self) -> io::Result<()> {
        drop(self.child.stdin.take());
        self.child.wait().map(drop)
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.child.stdin.as_mut().map_or(Ok(0), |stdin| stdin.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.child.stdin.as_mut().map_or(Ok(()), Write::flush)
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn spool(input: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(input)?;
    Ok(file)
}

fn words<S: AsRef<OsStr>>(args: &[S]) -> String {
    args.iter().take(6).map(|arg| arg.as_ref().to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn start_error<S: AsRef<OsStr>>(args: &[S], source: io::Error) -> GitError {
    match source.kind() {
        io::ErrorKind::NotFound => GitError::Missing,
        _ => GitError::Run { command: words(args), source },
    }
}

fn succeed<S: AsRef<OsStr>>(args: &[S], output: Output) -> Result<Output, GitError> {
    match output.status {
        0 => Ok(output),
        status => Err(GitError::Failed { command: words(args), status, stderr: output.error_text() }),
    }
}
