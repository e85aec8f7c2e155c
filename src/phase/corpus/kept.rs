//! The file of a corpus, which may be deleted at any time: its columns one after the other, as they lie in memory. Checked
//! by a checksum, thrown away on any doubt. What is new lies over it until it is a part of all.

use super::fixed::{Fixed, bytes, column};
use super::rows::Columns;
use super::{Corpus, Session, Texts};
use std::fs;
use std::io::{self, Write};
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
        let bytes = fs::read(file).ok()?;
        let (sum, rest) = bytes.strip_prefix(MAGIC)?.split_at_checked(SUM)?;
        let (head, rest) = rest.split_at_checked(HEAD)?;
        let mut hash = crc32fast::Hasher::new();
        hash.update(head);
        hash.update(rest);
        if hash.finalize() != u32::get(sum) {
            return None;
        }
        let head: Vec<u64> = column(head)?;
        let (mut parts, mut rest) = (Vec::with_capacity(PARTS), rest);
        for length in &head[3..] {
            let (part, after) = rest.split_at_checked(usize::try_from(*length).ok()?)?;
            parts.push(part);
            rest = after;
        }
        let corpus = corpus(<[&[u8]; PARTS]>::try_from(parts).ok()?, u32::try_from(head[2]).ok()?)?;
        Some(Self { corpus, covered: head[0], stale: head[1] })
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

fn corpus(parts: [&[u8]; PARTS], ordered: u32) -> Option<Corpus> {
    let texts = || Texts::of_parts(std::str::from_utf8(parts[0]).ok()?, column(parts[1])?, ordered);
    let sessions = || column::<Session>(parts[2]);
    let people = || (column(parts[3]), column(parts[4]), column(parts[5]));
    let calls = || (column(parts[6]), column(parts[7]), column(parts[12]));
    let others = || (column(parts[8]), column(parts[9]), column(parts[10]), column(parts[11]), column(parts[13]));
    let ((texts, sessions), ((said, topics, facts), ((failures, commands, edited), others))) =
        rayon::join(|| (texts(), sessions()), || (people(), rayon::join(calls, others)));
    let (seconds, commits, checks, tools, rules) = others;
    let columns = Columns {
        said: said?,
        topics: topics?,
        facts: facts?,
        failures: failures?,
        commands: commands?,
        seconds: seconds?,
        commits: commits?,
        checks: checks?,
        tools: tools?,
        edited: edited?,
        rules: rules?,
    };
    Some(Corpus { texts: texts?, sessions: sessions?, columns })
}
