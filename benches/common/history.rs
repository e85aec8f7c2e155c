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

/// Makes the memory `memory` below this folder, with about so many commits.
pub fn make(folder: &Path, memory: &Path, commits: usize, sessions: usize) {
    done(dream(folder).args(["init", "memory"]));
    let data = folder.join("data");
    fs::create_dir(&data).expect("a folder");
    for session in 0..sessions {
        let text: String = (0..LINES).map(|line| format!("{}\n", said(session, line))).collect();
        fs::write(data.join(format!("s{session:06}.jsonl")), text).expect("a session");
    }
    done(dream(memory).args(["import", "--agent", "bench"]).arg(&data));
    let blobs = blobs(memory, sessions);
    let base = text(git(memory).args(["rev-parse", "main"]));
    let mut import = git(memory).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git runs");
    let mut stream = History {
        out: BufWriter::new(import.stdin.take().expect("piped")),
        blobs,
        tip: base.clone(),
        base,
        mark: 0,
        notes: 0,
        live: VecDeque::new(),
    };
    for number in 0..commits.div_ceil(CHANGES + 2) {
        stream.dream(number);
    }
    drop(stream);
    assert!(import.wait().expect("git ends").success());
    done(git(memory).args(["branch", "-q", "-D", "dream"]));
    done(git(memory).args(["gc", "--quiet"]));
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
}

impl<W: Write> History<W> {
    fn dream(&mut self, number: usize) {
        let id = format!("2026-{:02}-{:02}-{}", 1 + number / 28 % 12, 1 + number % 28, letters(number));
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
        for nth in 0..CHANGES {
            let (message, file) = self.change(&id, number, nth);
            branch = self.commit("dream", ENGINE, &message, &format!("from {branch}\n{file}"));
            files.push_str(&file);
        }
        let merge = format!(
            "Merge dream {id}\n\n  ten changes\n\nDream-Id: {id}\nDream-Decision: approved\n\
             Approved-by: Bench <bench@example.com>\n"
        );
        self.tip = self.commit("main", PERSON, &merge, &format!("from {memory}\nmerge {branch}\n{files}"));
    }

    /// One change: its message, and what it does to its file.
    fn change(&mut self, dream: &str, number: usize, nth: usize) -> (String, String) {
        let old = if nth < 7 { None } else { self.live.pop_front() };
        let (phase, change) = match (nth, old) {
            (_, None) => ("extract", "add"),
            (7 | 8, _) => ("reconcile", "supersede"),
            _ => ("prune", "retire"),
        };
        let note = old.unwrap_or(self.notes);
        self.notes += usize::from(old.is_none());
        self.live.extend((change == "add").then_some(note));
        let path = format!("notes/t{}/g{}/n{note}.md", note / 10_000, note / 100 % 100);
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
            number * CHANGES + nth
        );
        let text = format!(
            "---\nname: service-{note}-port\ndescription: The port of service {note}\nkind: fact\n---\nService {note} \
             listens on port {} since change {number}-{nth}; it is deployed from the release branch.\n",
            1024 + note % 60_000
        );
        let file = match change {
            "retire" => format!("D {path}\n"),
            _ => format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()),
        };
        (message, file)
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
