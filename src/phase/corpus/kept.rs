//! The file of a corpus, which may be deleted at any time: its columns one after the other, as they lie in memory, and
//! where they are looked at. Checked by a checksum, thrown away on any doubt. What is new lies over it until it is a part
//! of all.

use super::column::{Column, Row};
use super::rows::Columns;
use super::{Corpus, Texts};
use crate::model::ObjectId;
use crate::store::Mapped;
use crate::store::stamp::Stamp;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use zerocopy::{FromBytes, IntoBytes};

/// Also the format's version: another text makes every older file unreadable. Numbers are as the machine has them.
const MAGIC: &[u8] = match cfg!(target_endian = "little") {
    true => concat!("git-dream columns 3 le ", env!("CARGO_PKG_VERSION"), "\n").as_bytes(),
    false => concat!("git-dream columns 3 be ", env!("CARGO_PKG_VERSION"), "\n").as_bytes(),
};
const PARTS: usize = 14;
/// How far the file of reflections was looked through, how many of them are replaced, how many texts are in order, the
/// lengths of the parts.
const HEAD: usize = 3 + PARTS;
/// Rows begin where a machine can take them as they lie.
const ALIGNED: usize = align_of::<u64>();
/// Where the head begins, behind the checksum of all that follows.
const BEGIN: usize = MAGIC.len().next_multiple_of(ALIGNED) + ALIGNED;

/// Length and checksum of some columns, and how far the file of reflections was looked through for them.
pub type Name = [u64; 3];

/// A corpus as it was kept.
#[derive(Debug)]
pub struct Kept {
    pub corpus: Corpus,
    /// How long the file of reflections was then.
    pub covered: u64,
    /// How many reflections in it were replaced.
    pub stale: u64,
    /// Tells these columns from those that were kept before.
    pub name: Name,
}

impl Kept {
    pub fn read(file: &Path) -> Option<Self> {
        let opened = File::open(file).ok()?;
        let all = Mapped::of(&opened).ok()?;
        let body = all.get(BEGIN..)?;
        let sum = u32::from_le_bytes(*all[BEGIN - ALIGNED..].first_chunk()?);
        let (named, length) = (ObjectId::of_blob(&all[..BEGIN]), body.len() as u64);
        let is_whole = || crc32fast::hash(body) == sum;
        if all[..BEGIN] != *begin(sum) || !Stamp::vouches(&opened, file, (named, length), is_whole) {
            return None;
        }
        let (head, _) = <[u64; HEAD]>::read_from_prefix(body).ok()?;
        let mut parts = Parts { file: &all, begin: BEGIN + size_of_val(&head), lengths: &head[3..] };
        let corpus = corpus(&mut parts, u32::try_from(head[2]).ok()?)?;
        let name = [body.len() as u64, u64::from(sum), head[0]];
        (parts.begin == all.len()).then_some(Self { corpus, covered: head[0], stale: head[1], name })
    }

    /// Keeps a corpus in place of another.
    pub fn write(file: &Path, corpus: &Corpus, (covered, stale): (u64, u64)) -> io::Result<Name> {
        let corpus = corpus.in_order();
        let parts = parts(&corpus);
        let mut body: Vec<u8> = Vec::new();
        for number in [covered, stale, u64::from(corpus.texts.ordered())] {
            body.extend_from_slice(number.as_bytes());
        }
        parts.iter().for_each(|part| body.extend_from_slice((part.len() as u64).as_bytes()));
        for part in &parts {
            body.extend_from_slice(part);
            body.resize(body.len().next_multiple_of(ALIGNED), 0);
        }
        let folder = file.parent().unwrap_or(file);
        fs::create_dir_all(folder)?;
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        let sum = crc32fast::hash(&body);
        new.write_all(&begin(sum))?;
        new.write_all(&body)?;
        new.persist(file).map_err(|error| error.error)?;
        Ok([body.len() as u64, u64::from(sum), covered])
    }
}

/// What stands before a body of this checksum.
fn begin(sum: u32) -> Vec<u8> {
    let mut begin = MAGIC.to_vec();
    begin.resize(BEGIN - ALIGNED, 0);
    begin.extend_from_slice(u64::from(sum).as_bytes());
    begin
}

fn parts(corpus: &Corpus) -> [Vec<u8>; PARTS] {
    let Corpus { texts, sessions, columns } = corpus;
    let (heap, ends) = texts.parts();
    [
        heap,
        ends.as_bytes().to_vec(),
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

fn bytes<R: Row>(column: &Column<R>) -> Vec<u8> {
    [column.kept().as_bytes(), column.more().as_bytes()].concat()
}

/// The parts in their order.
fn corpus(parts: &mut Parts<'_>, ordered: u32) -> Option<Corpus> {
    let texts = Texts::of_parts(parts.next()?, parts.column()?, ordered)?;
    let sessions = parts.column()?;
    let columns = Columns {
        said: parts.column()?,
        topics: parts.column()?,
        facts: parts.column()?,
        failures: parts.column()?,
        commands: parts.column()?,
        seconds: parts.column()?,
        commits: parts.column()?,
        checks: parts.column()?,
        tools: parts.column()?,
        edited: parts.column()?,
        rules: parts.column()?,
    };
    Some(Corpus { texts, sessions, columns })
}

/// The parts of a file, one after the other.
struct Parts<'f> {
    file: &'f Mapped,
    begin: usize,
    lengths: &'f [u64],
}

impl Parts<'_> {
    fn next(&mut self) -> Option<Mapped> {
        let (length, rest) = self.lengths.split_first()?;
        let end = self.begin.checked_add(usize::try_from(*length).ok()?)?;
        let part = self.file.part(self.begin..end)?;
        (self.begin, self.lengths) = (end.next_multiple_of(ALIGNED), rest);
        Some(part)
    }

    fn column<R: Row>(&mut self) -> Option<Column<R>> {
        Column::lying(self.next()?)
    }
}
