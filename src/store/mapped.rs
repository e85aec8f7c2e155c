//! Files that are looked at where they lie in memory already, for who asks a little of each of thousands of rows: to be
//! given memory for a copy takes ten times as long as to look.

use memmap2::Mmap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::{Deref, Range};
use std::sync::Arc;
use zerocopy::IntoBytes;

/// Some bytes of a file. Only for files of ours that are put in place whole and never written to: then they stay what they
/// are as long as somebody looks, whatever is put in their place.
#[derive(Clone)]
pub struct Mapped {
    file: Arc<Bytes>,
    range: Range<usize>,
}

enum Bytes {
    Mapped(Mmap),
    /// A copy, in words since rows begin at one; and how many of its bytes are the file's.
    Read(Vec<u64>, usize),
}

impl Bytes {
    fn read(mut file: &File) -> io::Result<Self> {
        let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        let mut words = vec![0; length.div_ceil(size_of::<u64>())];
        file.read_exact(&mut words.as_mut_bytes()[..length])?;
        Ok(Self::Read(words, length))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Read(words, length) => &words.as_bytes()[..*length],
        }
    }
}

impl Mapped {
    pub fn of(file: &File) -> io::Result<Self> {
        // SAFETY: what is mapped must not change. All that is mapped is kept beside a repository, written to a new file and
        // then renamed; nothing of ours writes to one that is in place or cuts it. Git looks at its packs the same way.
        let map = unsafe { Mmap::map(file) };
        // Not every file system can.
        let bytes = map.map(Bytes::Mapped).or_else(|_| Bytes::read(file))?;
        Ok(bytes.into())
    }

    /// Some of these bytes; nothing where there are not so many.
    pub fn part(&self, range: Range<usize>) -> Option<Self> {
        let part = self.range.start.checked_add(range.start)?..self.range.start.checked_add(range.end)?;
        (range.start <= range.end && part.end <= self.range.end)
            .then(|| Self { file: Arc::clone(&self.file), range: part })
    }
}

impl From<Bytes> for Mapped {
    fn from(bytes: Bytes) -> Self {
        Self { range: 0..bytes.len(), file: Arc::new(bytes) }
    }
}

#[cfg(test)]
impl Mapped {
    /// A file of these bytes.
    pub fn with(bytes: &[u8]) -> Self {
        Self::of(&file(bytes)).expect("mapped")
    }
}

#[cfg(test)]
fn file(bytes: &[u8]) -> File {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).and_then(|()| file.rewind()).expect("written");
    file
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.file[self.range.clone()]
    }
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes {:?}", self.range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_some_of_a_file_or_none() {
        let read = |bytes: &[u8]| Mapped::from(Bytes::read(&file(bytes)).expect("read"));
        for of in [Mapped::with, read] {
            let file = of(b"0123456789");
            let part = file.part(2..7).expect("a part");
            assert_eq!((&*file, &*part), (&b"0123456789"[..], &b"23456"[..]));
            assert_eq!(*part.part(1..3).expect("a part of it"), *b"34");
            assert!(part.part(1..6).is_none() && part.part(usize::MAX..usize::MAX).is_none());
            assert_eq!(of(b"").part(0..0).expect("nothing").len(), 0);
        }
    }
}
