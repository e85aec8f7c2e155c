//! Where credentials of transcripts end up: each is planted in what a person, an agent and a tool said in two sessions,
//! the whole program is run over them, and afterwards every object, ref, log and cache of the memory is searched. The
//! program is this one, started again, so that nothing but the library has to be built.

use crate::{Figure, figure, share};
use aho_corasick::AhoCorasick;
use git_dream::config::Environment;
use git_dream::text::secret;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

const ON: &str = "secrets, planted";
/// Set for the program that is started again.
const AS_PROGRAM: &str = "EVALUATE_AS_PROGRAM";

/// Runs as the program itself if this process was started to do so.
pub fn as_program() -> Option<ExitCode> {
    std::env::var_os(AS_PROGRAM)?;
    Some(git_dream::cli::main(std::env::args_os().collect(), || {
        let variables = std::env::vars().collect();
        let directory = std::env::current_dir().map_err(|error| error.to_string())?;
        Ok(Environment { now: chrono::Utc::now(), seed: 0, fixed_clock: false, variables, directory })
    }))
}

/// `texts` hold a credential each.
pub fn figures(texts: &[String], show: usize) -> Vec<Figure> {
    let all: Vec<(&String, Vec<u8>)> = texts.iter().filter_map(|text| Some((text, value(text)?))).collect();
    let (words, planted): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|one| is_word(one, &all));
    let of = |setting: &str, name: &str, transcripts_too: bool| {
        let left = left(&planted, setting, transcripts_too, show);
        let how = format!(
            "each of {} credentials that are found in {} texts was said twice by a person, an agent and a tool; [import] secrets = {setting:?}; {} stand somewhere; {} more are plain words of other texts, such as 'password', and were not looked for",
            planted.len(),
            texts.len(),
            left,
            words.len(),
        );
        figure(name, ON, share(left, planted.len()), "0", how)
    };
    vec![
        of("warn", "planted secrets in any object, ref, log or cache but the transcript", false),
        of("mask", "planted secrets anywhere at all, with mask", true),
    ]
}

/// The credential itself. One that the detector does not know counts as not found elsewhere, not as a leak here.
fn value(text: &str) -> Option<Vec<u8>> {
    let found = secret::find(text.as_bytes());
    let longest = found.iter().max_by_key(|found| found.range.len())?;
    let value = text.as_bytes()[longest.range.clone()].to_vec();
    (value.len() >= 8).then_some(value)
}

/// Whether a credential is a plain word that another text has where it is none: to find it somewhere says nothing.
fn is_word((text, value): &(&String, Vec<u8>), all: &[(&String, Vec<u8>)]) -> bool {
    let word = value.iter().all(u8::is_ascii_lowercase).then(|| String::from_utf8_lossy(value).into_owned());
    let others = || all.iter().filter(|(other, own)| other != text && own != value);
    word.is_some_and(|word| others().any(|(other, _)| secret::mask(other).contains(&word)))
}

fn left(planted: &[(&String, Vec<u8>)], setting: &str, transcripts_too: bool, show: usize) -> usize {
    let home = tempfile::tempdir().expect("a temporary folder");
    let memory = home.path().join("memory");
    std::fs::create_dir_all(&memory).expect("a folder");
    git(home.path(), &["init", "-q", "-b", "main", "memory"]);
    program(home.path(), &["init"]);
    for (key, value) in [("dream.secrets", setting), ("dream.max-sessions", "100000"), ("dream.max-changes", "100000")]
    {
        git(&memory, &["config", key, value]);
    }
    write(&home.path().join("sessions"), planted);
    for command in [&["import", "../sessions"][..], &["run"], &["run"]] {
        program(home.path(), command);
    }
    let found = search(&memory, planted, transcripts_too);
    found.iter().take(show).for_each(|at| println!("  stands elsewhere: {:?}", planted[*at].0));
    found.len()
}

fn write(folder: &Path, planted: &[(&String, Vec<u8>)]) {
    std::fs::create_dir_all(folder).expect("a folder");
    for (nth, (text, _)) in planted.iter().enumerate() {
        for day in [1, 2] {
            let turns = [
                ("user", format!("Remember: job {nth} logs in with {text} before it uploads.")),
                ("agent", format!("I will log in with {text} from now on.")),
                ("tool", format!("error: login {nth} failed for {text}")),
                ("user", format!("No, always use {text} for job {nth}, never the old one.")),
            ];
            let line = |(minute, (role, text)): (usize, &(&str, String))| {
                let time = format!("2026-05-{day:02}T10:{minute:02}:00Z");
                serde_json::json!({"role": role, "text": text, "time": time}).to_string() + "\n"
            };
            let lines: String = turns.iter().enumerate().map(line).collect();
            std::fs::write(folder.join(format!("job-{nth}-{day}.jsonl")), lines).expect("a session");
        }
    }
}

/// The places in `planted` whose credential stands in an object, a ref's name, a log or a cache.
fn search(memory: &Path, planted: &[(&String, Vec<u8>)], transcripts_too: bool) -> BTreeSet<usize> {
    let needles = AhoCorasick::new(planted.iter().map(|(_, value)| value)).expect("patterns");
    let mut found = BTreeSet::new();
    let mut look = |text: &[u8]| {
        found.extend(needles.find_overlapping_iter(text).map(|hit| hit.pattern().as_usize()));
    };
    let listed = String::from_utf8_lossy(&git(memory, &["ls-tree", "-r", "refs/dream/sessions"])).into_owned();
    let transcripts: BTreeSet<&str> = listed
        .lines()
        .filter(|line| line.contains("/transcript/"))
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    let ids = git(memory, &["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
    let ids = String::from_utf8_lossy(&ids).into_owned();
    let wanted = |line: &&str| {
        let (id, kind) = line.split_once(' ').unwrap_or_default();
        kind != "tree" && (transcripts_too || !transcripts.contains(id))
    };
    let wanted: String = ids.lines().filter(wanted).map(|line| format!("{}\n", &line[..40])).collect();
    std::fs::write(memory.join(".git/wanted"), wanted).expect("a list");
    let shell = Command::new("sh").current_dir(memory).args(["-c", "git cat-file --batch < .git/wanted"]).output();
    look(&shell.expect("sh runs").stdout);
    look(&git(memory, &["for-each-ref"]));
    walk(&memory.join(".git"), &mut |path| {
        let in_objects = path.components().any(|part| part.as_os_str() == "objects");
        if !in_objects && let Ok(bytes) = std::fs::read(path) {
            look(&bytes);
        }
    });
    found
}

fn walk(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => walk(&entry.path(), look),
            false => look(&entry.path()),
        }
    }
}

fn git(place: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.current_dir(place).args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]).args(arguments);
    command.output().expect("git runs").stdout
}

fn program(home: &Path, arguments: &[&str]) {
    let this = std::env::current_exe().expect("this program");
    let mut command = Command::new(this);
    command.current_dir(home.join("memory")).args(arguments).env(AS_PROGRAM, "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
    }
    let log = std::fs::File::create(home.join(format!("memory/.git/said-by-{}", arguments[0]))).expect("a log");
    let told = log.try_clone().expect("a log");
    let status = command.stdin(Stdio::null()).stdout(log).stderr(told).status().expect("the program runs");
    assert!(status.success(), "{arguments:?} failed");
}
