//! Import and dream over a folder of transcripts, each against the plain tool that does the least of the same work:
//!
//!     cargo bench --bench first_night -- [--data DIR] [--runs N]
//!
//! DIR is a folder of transcripts; without it the bundled fixtures are repeated to about 50 MB. Every figure is wall
//! time of whole processes, the median of N runs (default 5) with the extremes; memory is the peak resident set.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

struct Options {
    data: Option<PathBuf>,
    runs: usize,
}

struct Measured {
    times: Vec<Duration>,
    peak: u64,
}

impl Measured {
    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort();
        times[times.len() / 2].as_secs_f64()
    }

    fn show(&self, what: &str) {
        let (low, high) = (self.times.iter().min(), self.times.iter().max());
        let seconds = |time: Option<&Duration>| time.map_or(0.0, Duration::as_secs_f64);
        let peak = if self.peak > 0 { format!("  peak {} MB", self.peak / 1024) } else { String::new() };
        println!("  {what:<34} {:7.3} s  ({:.3} to {:.3}){peak}", self.median(), seconds(low), seconds(high));
    }
}

fn main() {
    let options = options();
    let world = tempfile::tempdir().expect("a temporary folder");
    let data = options.data.clone().unwrap_or_else(|| generated(world.path()));
    let bytes = size(&data);
    println!("{} in {} files, {} runs each", megabytes(bytes), files(&data).len(), options.runs);
    import(&options, world.path(), &data);
    dream(&options, world.path(), &data);
}

fn options() -> Options {
    let mut options = Options { data: None, runs: 5 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--data" => options.data = words.next().map(PathBuf::from),
            "--runs" => options.runs = words.next().and_then(|n| n.parse().ok()).unwrap_or(5).max(1),
            _ => {}
        }
    }
    options
}

/// The bundled sessions, repeated under other ids until they are about 50 MB.
fn generated(world: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/sessions");
    let target = world.join("data");
    fs::create_dir(&target).expect("a folder");
    let originals: Vec<(PathBuf, String)> =
        files(&source).into_iter().filter_map(|path| Some((path.clone(), fs::read_to_string(&path).ok()?))).collect();
    let mut written = 0;
    for round in 0..100_000 {
        for (path, text) in &originals {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
            let copy = format!("{stem}-{round}");
            let text = text.replace(&stem, &copy);
            written += text.len();
            fs::write(target.join(format!("{copy}.{extension}")), text).expect("a file");
        }
        if written > 50_000_000 {
            break;
        }
    }
    target
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

fn size(folder: &Path) -> u64 {
    files(folder).iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).sum()
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null())
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"];
    let status = quiet(Command::new("git").current_dir(folder).args(identity).args(arguments)).status();
    assert!(status.expect("git runs").success(), "git {arguments:?}");
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-dream"));
    command.current_dir(folder);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Bench").env(format!("GIT_{who}_EMAIL"), "bench@example.com");
    }
    quiet(&mut command);
    command
}

/// Runs to the end; the peak resident set is read from the kernel's account of the process while it runs.
fn timed(command: &mut Command) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let account = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Ok(text) = fs::read_to_string(&account) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(now.unwrap_or(0));
        }
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            assert!(status.success(), "{command:?}");
            return (start.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn measure(runs: usize, mut once: impl FnMut(usize) -> (Duration, u64)) -> Measured {
    let all: Vec<(Duration, u64)> = (0..runs).map(&mut once).collect();
    let peak = all.iter().map(|(_, peak)| *peak).max().unwrap_or(0);
    Measured { times: all.into_iter().map(|(time, _)| time).collect(), peak }
}

fn fresh(world: &Path, name: &str, run: usize) -> PathBuf {
    let folder = world.join(format!("{name}-{run}"));
    fs::create_dir(&folder).expect("a folder");
    folder
}

fn memory(world: &Path, name: &str, run: usize) -> PathBuf {
    let folder = fresh(world, name, run);
    let status = program(&folder).arg("init").status().expect("the program starts");
    assert!(status.success(), "git dream init");
    folder
}

fn import(options: &Options, world: &Path, data: &Path) {
    println!("import");
    let ours = measure(options.runs, |run| {
        let folder = memory(world, "import", run);
        timed(program(&folder).arg("import").arg(data))
    });
    let theirs = measure(options.runs, |run| {
        let folder = fresh(world, "add", run);
        let copied = quiet(Command::new("cp").arg("-r").arg(data).arg(folder.join("data"))).status();
        assert!(copied.expect("cp runs").success());
        git(&folder, &["init"]);
        let start = Instant::now();
        git(&folder, &["add", "-A"]);
        git(&folder, &["commit", "-m", "all"]);
        (start.elapsed(), 0)
    });
    ours.show("git dream import");
    theirs.show("git add -A && git commit");
    println!("  ratio {:.2}", ours.median() / theirs.median());
}

fn dream(options: &Options, world: &Path, data: &Path) {
    println!("dream");
    let folder = memory(world, "dream", 0);
    assert!(program(&folder).arg("import").arg(data).status().expect("the program starts").success());
    let cache = folder.join(".git/dream/cache");
    let cold = measure(options.runs, |_| {
        let _ = fs::remove_dir_all(&cache);
        timed(program(&folder).args(["run", "--dry-run", "--max-sessions", "100000"]))
    });
    let warm =
        measure(options.runs, |_| timed(program(&folder).args(["run", "--dry-run", "--max-sessions", "100000"])));
    let jq = measure(options.runs, |_| {
        let start = Instant::now();
        for file in files(data) {
            // A torn last line ends jq with an error; its time counts all the same.
            let _ = quiet(Command::new("jq").arg("-c").arg(".").arg(file)).status();
        }
        (start.elapsed(), 0)
    });
    cold.show("git dream run, nothing cached");
    warm.show("git dream run, sessions unchanged");
    jq.show("jq -c . (if installed)");
    println!("  ratio {:.2}, cold to warm {:.1}", cold.median() / jq.median(), cold.median() / warm.median());
}
