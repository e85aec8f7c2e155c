//! Files that are read piece by piece, whatever their size: what was added to one that is stored already, and large
//! ones. Each piece is whole lines, and becomes a part of its session. Only for transcripts of lines that hold one
//! session; all others are read as a whole.

use super::beginning::After;
use super::files::{Found, reason};
use super::reading::{Reader, Reading};
use crate::model::{ObjectId, SessionId};
use crate::store::import::Incoming;
use crate::transcript::blank::Edit;
use crate::transcript::{self, Hint, Parsed, Skipped, blank};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Files from this size on are read in pieces.
pub const LARGE: u64 = if crate::FAULTS { 1 << 20 } else { 64 << 20 };
/// Bytes of a piece, but for the rest of its last line.
const PIECE: usize = if crate::FAULTS { 64 << 10 } else { 8 << 20 };
/// Bytes at the beginning of a file that say whose session it is.
const HEAD: usize = 32 << 10;
/// A line that would not fit into memory.
const LONGEST: usize = 512 << 20;
/// Pieces in memory at a time.
const MOST: usize = 3;

/// A file of which the beginning was read.
pub struct Pieces<'r> {
    reader: Reader<'r>,
    name: String,
    file: File,
    /// The first lines, which say whose session it is.
    head: Vec<u8>,
    after: After,
    /// Turns that a report counts with the next piece.
    counted: u64,
    /// What was read behind the last piece.
    rest: Vec<u8>,
    sent: Vec<Weak<Vec<u8>>>,
    /// The last piece, which the next one is behind.
    last: Option<Arc<Vec<u8>>>,
    /// What was said of the session before, without bytes.
    like: Option<Incoming>,
}

/// The session of a file of lines, by what its first lines say.
pub fn session_of(path: &Path) -> Option<SessionId> {
    let mut head = vec![0; HEAD];
    let read = read_full(&mut File::open(path).ok()?, &mut head).ok()?;
    head.truncate(read);
    head.truncate(memchr::memrchr(b'\n', &head)? + 1);
    Some(one_session(transcript::parse(&head, &Hint::counting(&super::reading::name(path))).ok()?)?.id)
}

impl<'r> Pieces<'r> {
    /// A file from where what is stored of it ends, as long as it begins with that; nothing where no line ends there.
    pub fn behind(reader: Reader<'r>, path: &Path, after: &After) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let stored = after.bytes();
        let mut head = vec![0; HEAD.min(usize::try_from(stored).ok()?)];
        file.read_exact(&mut head).ok()?;
        let mut last = [0];
        file.seek(SeekFrom::Start(stored.checked_sub(1)?)).ok()?;
        file.read_exact(&mut last).ok()?;
        if last != *b"\n" {
            return None;
        }
        Self::new(reader, path, file, head, after.clone(), u64::from(after.turns))
    }

    /// A file from its beginning, and its first piece.
    pub fn of(reader: Reader<'r>, path: &Path) -> Option<(Reading, Self)> {
        let mut file = File::open(path).ok()?;
        let mut rest = Vec::new();
        let first = piece(&mut file, &mut rest).ok()??;
        let head = first[..first.len().min(HEAD)].to_vec();
        let (id, length) = (ObjectId::of_blob(&first), first.len() as u64);
        let newlines = memchr::memchr_iter(b'\n', &first).count() as u32;
        let reading = reader.bytes(first, &super::reading::name(path), true);
        let [session] = reading.sessions.as_slice() else { return None };
        if !reading.grows || session.root.is_some() {
            return None;
        }
        let after = After {
            id: session.id.clone(),
            host: session.host,
            parts: vec![(id, length)],
            newlines,
            turns: session.turns,
            blocks: None,
        };
        let mut pieces = Self::new(reader, path, file, head, after, 0)?;
        pieces.sent.push(Arc::downgrade(&session.bytes));
        pieces.like = Some(Incoming { bytes: Arc::default(), ..session.clone() });
        pieces.rest = rest;
        Some((reading, pieces))
    }

    fn new(reader: Reader<'r>, path: &Path, file: File, mut head: Vec<u8>, after: After, counted: u64) -> Option<Self> {
        head.truncate(memchr::memrchr(b'\n', &head)? + 1);
        let (rest, sent, last, like) = Default::default();
        Some(Self { reader, name: super::reading::name(path), file, head, after, counted, rest, sent, last, like })
    }

    /// The session that a piece goes on with, and the lines that it was read with beside its own. Most hosts say on each
    /// line whose session it is; of others the first lines of the file are needed.
    fn session(&self, piece: &[u8]) -> Option<(transcript::Session, Vec<Skipped>, u32)> {
        let parsed = |bytes: &[u8]| {
            let parsed = transcript::parse(bytes, &Hint::counting(&self.name)).ok()?;
            let skipped = parsed.skipped.clone();
            let session = one_session(parsed)?;
            (session.id == self.after.id && session.host == self.after.host).then_some((session, skipped))
        };
        if let Some((session, skipped)) = parsed(piece) {
            return Some((session, skipped, 0));
        }
        let (mut session, skipped) = parsed(&[&self.head[..], piece].concat())?;
        let (before, _) = parsed(&self.head)?;
        session.turns.drain(..before.turns.len().min(session.turns.len()));
        Some((session, skipped, memchr::memchr_iter(b'\n', &self.head).count() as u32))
    }

    /// The next piece; nothing behind the last one. `None` inside where it is no part of the same session.
    pub fn next(&mut self) -> Option<Option<Reading>> {
        if let Some(last) = self.last.take() {
            self.after.parts.push((ObjectId::of_blob(&last), last.len() as u64));
        }
        // Whoever stores them is slower than whoever reads: pieces would fill memory.
        while self.sent.iter().filter(|piece| piece.strong_count() > 0).count() >= MOST {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.sent.retain(|piece| piece.strong_count() > 0);
        match self.take() {
            Ok(Some(piece)) => Some(self.read(Arc::new(piece))),
            Ok(None) => None,
            Err(error) => Some(Some(Reading::problem(reason(&error)))),
        }
    }

    /// The bytes of the next piece.
    pub fn take(&mut self) -> io::Result<Option<Vec<u8>>> {
        piece(&mut self.file, &mut self.rest)
    }

    /// Nothing where the first piece is no part of the session. Of a later one the bytes are kept whatever they are: what
    /// comes behind it must stand where it stood.
    pub fn read(&mut self, bytes: Arc<Vec<u8>>) -> Option<Reading> {
        let piece = bytes.as_slice();
        let first = self.after.newlines + 1;
        let (incoming, problems, new) = match (self.session(piece), &self.like) {
            (Some((mut session, skipped, lines)), _) => {
                let new = std::mem::take(&mut session.turns).len() as u32;
                let lost = skipped.iter().filter(|skipped| skipped.why.lost() && skipped.line > lines);
                let named = lost.map(|skipped| format!("line {}: {}", skipped.line - lines + first - 1, skipped.why));
                let problems = named.collect();
                (self.reader.incoming(session, 0, &Arc::default(), &Arc::default()), problems, new)
            }
            (None, Some(like)) => {
                let problem =
                    format!("line {first} and those after it are no part of the session; they are stored unread");
                (Incoming { outcomes: Vec::new(), ..like.clone() }, vec![problem], 0)
            }
            (None, None) => return None,
        };
        let secrets = blank::mask(piece)
            .into_iter()
            .map(|edit: Edit| (edit.line + first - 1, super::reading::kinds(&piece[edit.range])));
        let secrets = secrets.collect();
        self.sent.push(Arc::downgrade(&bytes));
        self.like = Some(incoming.clone());
        self.last = Some(Arc::clone(&bytes)).filter(|bytes| !bytes.is_empty());
        self.after.newlines += memchr::memchr_iter(b'\n', &bytes).count() as u32;
        self.after.turns = self.after.turns.saturating_add(new);
        let after = self.after.parts.iter().map(|(id, _)| *id).collect();
        let sessions = vec![Incoming { after, bytes, turns: self.after.turns, ..incoming }];
        let turns = std::mem::take(&mut self.counted) + u64::from(new);
        Some(Reading { sessions, problems, secrets, turns, grows: true, ..Reading::default() })
    }
}

fn one_session(mut parsed: Parsed) -> Option<transcript::Session> {
    let one = parsed.is_lines && parsed.sessions.len() == 1;
    parsed.sessions.pop().filter(|session| one && session.root.is_none())
}

/// Some whole lines of a file, of which `rest` was read before; at its end whatever is left.
fn piece(file: &mut File, rest: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    loop {
        let wanted = PIECE.max(rest.len() * 2);
        // Growing by and by, the bytes would be copied several times.
        let left = file.metadata()?.len().saturating_sub(file.stream_position()?);
        rest.reserve_exact(usize::try_from(left).map_or(0, |left| left.min(wanted - rest.len())));
        let read = Read::by_ref(file).take((wanted - rest.len()) as u64).read_to_end(rest)?;
        let end = match memchr::memrchr(b'\n', rest) {
            _ if read == 0 => rest.len(),
            Some(end) if rest.len() >= PIECE => end + 1,
            _ if rest.len() > LONGEST => return Err(io::Error::other("a line of it is longer than 512 MiB")),
            _ => continue,
        };
        let next = rest.split_off(end);
        let piece = std::mem::replace(rest, next);
        return Ok((!piece.is_empty()).then_some(piece));
    }
}

fn read_full(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Whether a file is read by more than one piece.
pub fn is_large(found: &Found) -> bool {
    match &found.after {
        Some(_) => new_bytes(found) >= PIECE as u64,
        None => found.bytes > LARGE && !found.whole,
    }
}

/// Bytes of a file that are not stored.
pub fn new_bytes(found: &Found) -> u64 {
    found.bytes.saturating_sub(found.after.as_ref().map_or(0, After::bytes))
}
