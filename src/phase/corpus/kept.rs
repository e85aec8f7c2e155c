//! The file of a corpus, which may be deleted at any time: its columns one after the other, as they lie in memory. Checked
//! by a checksum, thrown away on any doubt. What is new lies over it until it is a part of all.

use super::fixed::{Fixed, bytes};
use super::rows::Columns;
use super::{Corpus, Texts};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &[u8] = concat!("git-dream columns 1 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();
const PARTS: usize = 14;
/// How far the file of reflections was looked through, how many of them are replaced, how many texts are in order, the
/// lengths of the parts.
const HEAD: usize = 8 * (3 + PARTS);
const SUM: usize = 4;

/// A corpus as it was kept.
#[derive(Debug)]
pub struct Kept {
    pub corpus: Corpus,
    /// How long the file of reflections was then.
    pub covered: u64,
    /// How many reflections in it were replaced.
    pub stale: u64,
}

impl Kept {
    pub fn read(file: &Path) -> Option<Self> {
        let file = File::open(file).ok()?;
        let left = file.metadata().ok()?.len();
        let mut source = Source { file, left, checksum: crc32fast::Hasher::new(), buffer: Vec::new() };
        let mut begin = [0; MAGIC.len() + SUM];
        source.file.read_exact(&mut begin).ok()?;
        source.left = source.left.checked_sub(begin.len() as u64)?;
        let sum = begin.strip_prefix(MAGIC)?;
        let head: Vec<u64> = source.column(HEAD as u64)?;
        let corpus = corpus(&mut source, &head[3..], u32::try_from(head[2]).ok()?)?;
        let is_whole = source.left == 0 && source.checksum.finalize() == u32::get(sum);
        is_whole.then_some(Self { corpus, covered: head[0], stale: head[1] })
    }

    /// Keeps a corpus in place of another.
    pub fn write(file: &Path, corpus: &Corpus, (covered, stale): (u64, u64)) -> io::Result<()> {
        let corpus = corpus.in_order();
        let parts = parts(&corpus);
        let mut body: Vec<u8> = Vec::with_capacity(HEAD + parts.iter().map(Vec::len).sum::<usize>());
        covered.put(&mut body);
        stale.put(&mut body);
        u64::from(corpus.texts.ordered()).put(&mut body);
        parts.iter().for_each(|part| (part.len() as u64).put(&mut body));
        parts.iter().for_each(|part| body.extend_from_slice(part));
        let folder = file.parent().unwrap_or(file);
        fs::create_dir_all(folder)?;
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(MAGIC)?;
        new.write_all(&crc32fast::hash(&body).to_le_bytes())?;
        new.write_all(&body)?;
        new.persist(file).map_err(|error| error.error)?;
        Ok(())
    }
}

fn parts(corpus: &Corpus) -> [Vec<u8>; PARTS] {
    let Corpus { texts, sessions, columns } = corpus;
    let (heap, ends) = texts.parts();
    [
        heap.as_bytes().to_vec(),
        bytes(ends),
        bytes(sessions),
        bytes(&columns.said),
        bytes(&columns.topics),
        bytes(&columns.facts),
        bytes(&columns.failures),
        bytes(&columns.commands),
        bytes(&columns.seconds),
        bytes(&columns.commits),
        bytes(&columns.checks),
        bytes(&columns.tools),
        bytes(&columns.edited),
        bytes(&columns.rules),
    ]
}

/// The parts in their order.
fn corpus(source: &mut Source, lengths: &[u64], ordered: u32) -> Option<Corpus> {
    let [heap, ends, sessions, said, topics, facts, failures, commands, seconds, commits, checks, tools, edited, rules] =
        *<&[u64; PARTS]>::try_from(lengths).ok()?;
    let texts = Texts::of_parts(source.text(heap)?, source.column(ends)?, ordered)?;
    let sessions = source.column(sessions)?;
    let columns = Columns {
        said: source.column(said)?,
        topics: source.column(topics)?,
        facts: source.column(facts)?,
        failures: source.column(failures)?,
        commands: source.column(commands)?,
        seconds: source.column(seconds)?,
        commits: source.column(commits)?,
        checks: source.column(checks)?,
        tools: source.column(tools)?,
        edited: source.column(edited)?,
        rules: source.column(rules)?,
    };
    Some(Corpus { texts, sessions, columns })
}

/// A file as it is read: never more of it at a time than a processor has at hand, since to be given new memory takes
/// longer than to read into it.
struct Source {
    file: File,
    /// Bytes that nobody has read.
    left: u64,
    checksum: crc32fast::Hasher,
    buffer: Vec<u8>,
}

/// Bytes that are read at a time.
const STEP: usize = 1 << 16;
/// Part of so many rows, or bytes of text, find room beside those that are read: thousands need not be moved for one.
const ROOM: usize = 32;
/// At least so many rows do.
const LEAST: usize = 256;

impl Source {
    /// Claims so many bytes, where there are so many.
    fn take(&mut self, length: u64) -> Option<usize> {
        self.left = self.left.checked_sub(length)?;
        usize::try_from(length).ok()
    }

    fn column<R: Fixed>(&mut self, length: u64) -> Option<Vec<R>> {
        let length = self.take(length)?;
        if !length.is_multiple_of(R::SIZE) {
            return None;
        }
        let count = length / R::SIZE;
        let mut rows = Vec::with_capacity(count + count / ROOM + LEAST);
        while rows.len() < count {
            let some = (STEP / R::SIZE).min(count - rows.len());
            self.buffer.resize(some * R::SIZE, 0);
            self.file.read_exact(&mut self.buffer).ok()?;
            self.checksum.update(&self.buffer);
            rows.extend(self.buffer.chunks_exact(R::SIZE).map(R::get));
        }
        Some(rows)
    }

    fn text(&mut self, length: u64) -> Option<String> {
        let count = self.take(length)?;
        let mut text = Vec::with_capacity(count + count / ROOM + STEP);
        (&mut self.file).take(length).read_to_end(&mut text).ok()?;
        self.checksum.update(&text);
        (text.len() == count).then(|| String::from_utf8(text).ok()).flatten()
    }
}
