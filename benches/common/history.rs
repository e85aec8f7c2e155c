//! A long history of memory: dreams with evidence, changes of every type and landings, a hundred notes to a folder.

use super::{done, dream, git, text};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Stdio;

/// Changes of one dream.
const CHANGES: usize = 10;
/// Sessions that one dream reads.
const READ: usize = 10;
/// Lines of one session.
const LINES: usize = 40;

/// Makes the memory `memory` below this folder, with so many sessions; gives their blobs and memory's first commit.
fn begin(folder: &Path, memory: &Path, sessions: usize) -> (Vec<String>, String) {
    done(dream(folder).args(["init", "memory"]));
    let data = folder.join("data");
    fs::create_dir(&data).expect("a folder");
    for session in 0..sessions {
        let text: String = (0..LINES).map(|line| format!("{}\n", said(session, line))).collect();
        fs::write(data.join(format!("s{session:06}.jsonl")), text).expect("a session");
    }
    done(dream(memory).args(["import", "--agent", "bench"]).arg(&data));
    (blobs(memory, sessions), text(git(memory).args(["rev-parse", "main"])))
}

/// Makes the memory `memory` below this folder, with about so many commits.
pub fn make(folder: &Path, memory: &Path, commits: usize, sessions: usize) {
    let (blobs, base) = begin(folder, memory, sessions);
    let mut import = git(memory).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git runs");
    let mut stream = History::new(BufWriter::new(import.stdin.take().expect("piped")), blobs, base, CHANGES);
    for number in 0..commits.div_ceil(CHANGES + 2) {
        stream.dream(number);
    }
    drop(stream);
    assert!(import.wait().expect("git ends").success());
    done(git(memory).args(["branch", "-q", "-D", "dream"]));
    done(git(memory).args(["gc", "--quiet"]));
}

/// Makes a memory of so many notes with one open dream of so many changes, and ten edits beside it; gives its id.
pub fn propose(folder: &Path, memory: &Path, notes: usize, changes: usize) -> String {
    let (blobs, base) = begin(folder, memory, READ);
    let import = |stream: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        stream(&mut bytes);
        let mut git = git(memory).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git runs");
        git.stdin.take().expect("piped").write_all(&bytes).expect("git listens");
        assert!(git.wait().expect("git ends").success());
    };
    import(&|out| {
        let mut stream = History::new(out, Vec::new(), base.clone(), changes);
        let files: String = (0..notes).map(|note| stream.written(note, "at first")).collect();
        stream.commit("main", PERSON, "notes\n", &format!("from {base}\n{files}"));
    });
    done(git(memory).args(["reset", "-q", "--hard"]));
    let base = text(git(memory).args(["rev-parse", "main"]));
    import(&|out| {
        let mut stream = History::new(out, blobs.clone(), base.clone(), changes);
        // Nine of ten changes rewrite a note that is there.
        let step = (notes / changes).max(1);
        (stream.notes, stream.live) = (notes, (0..notes).step_by(step).collect());
        stream.proposal(0);
        let mut tip = base.clone();
        for note in 0..10.min(notes) {
            let file = stream.written((1 + note * 100) % notes, "by hand");
            tip = stream.commit("main", PERSON, "an edit\n", &format!("from {tip}\n{file}"));
        }
    });
    done(git(memory).args(["reset", "-q", "--hard"]));
    let id = id_of(0);
    done(git(memory).args(["branch", "-q", "-m", "dream", "proposed"]));
    done(git(memory).args(["branch", "-q", "-m", "proposed", &format!("dream/{id}")]));
    done(git(memory).args(["gc", "--quiet"]));
    id
}

fn id_of(number: usize) -> String {
    format!("2026-{:02}-{:02}-{}", 1 + number / 28 % 12, 1 + number % 28, letters(number))
}

fn said(session: usize, line: usize) -> String {
    let (role, text) = match line % 4 {
        0 => ("user", format!("please look at ticket {session}-{line} of the billing service")),
        1 => ("agent", format!("ticket {session}-{line} is about a rounding error in the total of an invoice")),
        2 => ("user", format!("service {session}-{line} listens on port {}, remember that", 1024 + line)),
        _ => ("agent", "done, and all checks pass".to_owned()),
    };
    format!("{{\"role\":\"{role}\",\"text\":\"{text}\",\"time\":\"2026-04-01T10:{:02}:00Z\"}}", line % 60)
}

/// The blob of each session, in order.
fn blobs(memory: &Path, sessions: usize) -> Vec<String> {
    let listed = text(git(memory).args(["ls-tree", "-r", "refs/dream/sessions"]));
    let mut blobs: Vec<(String, String)> = listed
        .lines()
        .filter(|line| line.contains("/transcript/"))
        .filter_map(|line| {
            let (head, path) = line.split_once('\t')?;
            Some((path.split('/').nth(2)?.to_owned(), head.split(' ').nth(2)?.to_owned()))
        })
        .collect();
    blobs.sort();
    assert_eq!(blobs.len(), sessions);
    blobs.into_iter().map(|(_, blob)| blob).collect()
}

/// The stream that git makes the history from.
struct History<W: Write> {
    out: W,
    blobs: Vec<String>,
    /// The memory commit that every review names as its base: later ones have no id yet.
    base: String,
    /// Memory's tip, as an id or a mark.
    tip: String,
    mark: usize,
    notes: usize,
    live: VecDeque<usize>,
    /// Changes of one dream.
    changes: usize,
}

impl<W: Write> History<W> {
    fn new(out: W, blobs: Vec<String>, base: String, changes: usize) -> Self {
        Self { out, blobs, tip: base.clone(), base, mark: 0, notes: 0, live: VecDeque::new(), changes }
    }

    fn dream(&mut self, number: usize) {
        let memory = self.tip.clone();
        let (id, branch, files) = self.proposal(number);
        let merge = format!(
            "Merge dream {id}\n\n  ten changes\n\nDream-Id: {id}\nDream-Decision: approved\n\
             Approved-by: Bench <bench@example.com>\n"
        );
        self.tip = self.commit("main", PERSON, &merge, &format!("from {memory}\nmerge {branch}\n{files}"));
    }

    /// The dream's branch: its id, tip, and what it does to files.
    fn proposal(&mut self, number: usize) -> (String, String, String) {
        let id = id_of(number);
        let mut review = format!(
            "review: {READ} sessions of bench\n\nRead for dream {id}:\n  {READ} of bench\n\nDream-Id: {id}\n\
             Dream-Phase: review\nDream-Base: {}\nDream-Engine: embedded\nDream-Settings: 0123456789ab\n",
            self.base
        );
        for nth in 0..READ {
            let session = (number * READ + nth) % self.blobs.len();
            writeln!(review, "Dream-Session: s{session:06}@{}", self.blobs[session]).expect("a string");
        }
        let memory = self.tip.clone();
        let mut branch = self.commit("dream", ENGINE, &review, &format!("from {memory}\n"));
        let mut files = String::new();
        for nth in 0..self.changes {
            let (message, file) = self.change(&id, number, nth);
            branch = self.commit("dream", ENGINE, &message, &format!("from {branch}\n{file}"));
            files.push_str(&file);
        }
        (id, branch, files)
    }

    /// One change: its message, and what it does to its file.
    fn change(&mut self, dream: &str, number: usize, nth: usize) -> (String, String) {
        let turn = if self.changes > CHANGES { (nth + 7) % CHANGES } else { nth };
        let old = if turn < 7 && self.changes == CHANGES { None } else { self.live.pop_front() };
        let (phase, change) = match (turn, old) {
            (_, None) => ("extract", "add"),
            (9, _) => ("prune", "retire"),
            _ => ("reconcile", "supersede"),
        };
        let note = old.unwrap_or(self.notes);
        self.notes += usize::from(old.is_none());
        self.live.extend((change == "add").then_some(note));
        let path = path_of(note);
        let (mut evidence, mut quotes) = (String::new(), String::new());
        for at in 0..2 {
            let session = (number * READ + (nth + at) % READ) % self.blobs.len();
            let line = nth * 4 % LINES + 2;
            let quote = format!("service {session}-{line} listens on port {}, remember that", 1024 + line);
            writeln!(quotes, "  user, bench/s{session:06}: \"{quote}\"").expect("a string");
            let blob = &self.blobs[session][..12];
            writeln!(evidence, "Evidence: s{session:06}@{blob}#L{} user", line + 1).expect("a string");
        }
        let reason = if change == "retire" { "Dream-Reason: stale\n" } else { "" };
        let message = format!(
            "{phase}: service {note} listens on a port\n\nStated by a person (2 sessions of 1 agent). Rule: facts \
             that people state\nare kept.\n\n{quotes}\nDream-Id: {dream}\nDream-Phase: {phase}\nDream-Change: {change}\n\
             Dream-Key: {:08x}\nDream-Kind: fact\nDream-Path: {path}\nDream-Support: 2 sessions, 1 agent\n\
             Dream-Confidence: 0.80\n{reason}{evidence}",
            number * self.changes + nth
        );
        let file = match change {
            "retire" => format!("D {path}\n"),
            _ => self.written(note, &format!("since change {number}-{nth}")),
        };
        (message, file)
    }

    /// A note as a command of the stream.
    fn written(&self, note: usize, when: &str) -> String {
        let text = format!(
            "---\nname: service-{note}-port\ndescription: The port of service {note}\nkind: fact\n---\nService {note} \
             listens on port {} {when}; it is deployed from the release branch.\n",
            1024 + note % 60_000
        );
        format!("M 100644 inline {}\ndata {}\n{text}\n", path_of(note), text.len())
    }

    /// Writes a commit; gives its mark.
    fn commit(&mut self, branch: &str, author: &str, message: &str, rest: &str) -> String {
        self.mark += 1;
        let (mark, when) = (self.mark, 1_778_036_400 + self.mark);
        let length = message.len();
        write!(
            self.out,
            "commit refs/heads/{branch}\nmark :{mark}\nauthor {author} {when} +0000\n\
             committer {PERSON} {when} +0000\ndata {length}\n{message}\n{rest}\n"
        )
        .expect("git listens");
        format!(":{mark}")
    }
}

const PERSON: &str = "Bench <bench@example.com>";
const ENGINE: &str = "git dream <embedded@git-dream>";

fn path_of(note: usize) -> String {
    format!("notes/t{}/g{}/n{note}.md", note / 10_000, note / 100 % 100)
}

/// Four characters of a dream id's alphabet.
fn letters(mut number: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut text = String::new();
    for _ in 0..4 {
        text.push(char::from(ALPHABET[number % 32]));
        number /= 32;
    }
    text
}
