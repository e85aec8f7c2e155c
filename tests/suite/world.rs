//! The world a test runs in: a temporary home, an environment with nothing of the developer's in it, a clock that
//! advances by one minute per command. So ids and dates are the same on every machine, and a snapshot can pin them.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

/// 2026-05-06 03:00:00 UTC.
const START: i64 = 1_778_036_400;

pub struct World {
    root: TempDir,
    clock: AtomicI64,
}

/// What a command did, as one text to pin: stdout, stderr and exit code.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stdout)?;
        for line in self.stderr.lines() {
            writeln!(f, "! {line}")?;
        }
        write!(f, "[exit {}]", self.code)
    }
}

impl Ran {
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self}");
        self.stdout
    }

    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.ok()).expect("one JSON object")
    }
}

impl World {
    pub fn new() -> Self {
        let root = TempDir::new().expect("a temporary directory");
        let world = Self { root, clock: AtomicI64::new(START) };
        fs::create_dir(world.home()).expect("a home");
        let config = "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n\
                      [advice]\n\tdetachedHead = false\n[core]\n\tautocrlf = false\n";
        fs::write(world.home().join(".gitconfig"), config).expect("a configuration");
        world
    }

    /// A world whose directory `memory` is an empty memory repository.
    pub fn with_memory() -> Self {
        let world = Self::new();
        world.dream(["init", "memory"]).ok();
        world
    }

    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// A path in the directory that commands run in by default: the home.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.home().join(path)
    }

    pub fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(&path, text).expect("a written file");
        path
    }

    pub fn read(&self, path: impl AsRef<Path>) -> String {
        fs::read_to_string(self.path(path)).expect("a readable file")
    }

    fn command(&self, program: &str, directory: &Path) -> Command {
        let now = self.clock.fetch_add(60, Ordering::Relaxed);
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", self.home()).current_dir(directory);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", self.home().join(".gitconfig"));
        command
            .env("GIT_CEILING_DIRECTORIES", self.root.path())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C.UTF-8");
        command.env("GIT_DREAM_NOW", now.to_string()).env("GIT_DREAM_SEED", "7").env("TZ", "UTC");
        command.env("GIT_DREAM_HASTE", "8");
        command.env("GIT_AUTHOR_DATE", format!("{now} +0000")).env("GIT_COMMITTER_DATE", format!("{now} +0000"));
        command
    }

    fn run(&self, mut command: Command, input: &[u8]) -> Ran {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A program that does not read its input closes it early.
        let _ = child.stdin.take().expect("piped").write_all(input);
        let output = child.wait_with_output().expect("the program ends");
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.replace(&*self.home().to_string_lossy(), "~").replace(&*self.root.path().to_string_lossy(), "<root>")
        };
        Ran { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code().unwrap_or(-1) }
    }

    /// Runs `git dream` in the home, or in the repository of [`World::with_memory`] when there is one.
    pub fn dream<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        self.dream_in(self.place(), arguments)
    }

    pub fn dream_in<S: AsRef<OsStr>>(&self, place: impl AsRef<Path>, arguments: impl IntoIterator<Item = S>) -> Ran {
        self.dream_with(place, arguments, &[], "")
    }

    /// Runs `git dream` with further variables and something on its standard input.
    pub fn dream_with<S: AsRef<OsStr>>(
        &self,
        place: impl AsRef<Path>,
        arguments: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
        input: &str,
    ) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_git-dream"), &self.path(place));
        command.args(arguments).envs(variables.iter().copied());
        self.run(command, input.as_bytes())
    }

    /// Runs the real git; anything but success is the test's failure.
    #[track_caller]
    pub fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        self.git_in(self.place(), arguments).ok()
    }

    pub fn git_in<S: AsRef<OsStr>>(&self, place: impl AsRef<Path>, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.command("git", &self.path(place));
        command.args(arguments);
        self.run(command, b"")
    }

    /// Types a command into a shell that finds `git dream` as git would.
    pub fn shell(&self, place: impl AsRef<Path>, line: &str, input: &str) -> Ran {
        let mut command = self.command("sh", &self.path(place));
        let own = Path::new(env!("CARGO_BIN_EXE_git-dream")).parent().expect("a folder");
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(own.to_owned()).chain(std::env::split_paths(&paths));
        command.env("PATH", std::env::join_paths(paths).expect("folders")).args(["-c", line]);
        self.run(command, input.as_bytes())
    }

    fn place(&self) -> &'static str {
        if self.path("memory").is_dir() { "memory" } else { "." }
    }
}

/// Says what could not be tried on this machine, past the test runner, which swallows what a passing test prints.
pub fn not_tested(what: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "NOT TESTED: {what}");
}
