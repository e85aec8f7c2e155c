//! Files that are looked at where they lie in memory already, for who asks a little of each of thousands of rows: to be
//! given memory for a copy takes ten times as long as to look.

use memmap2::Mmap;
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Some bytes of a file. Only for files of ours that are put in place whole and never written to: then they stay what they
/// are as long as somebody looks, whatever is put in their place.
#[derive(Clone)]
pub struct Mapped {
    file: Arc<Mmap>,
    range: Range<usize>,
}

impl Mapped {
    pub fn of(file: &File) -> io::Result<Self> {
        // SAFETY: what is mapped must not change. All that is mapped is kept beside a repository, written to a new file and
        // then renamed; nothing of ours writes to one that is in place or cuts it. Git looks at its packs the same way.
        let file = Arc::new(unsafe { Mmap::map(file) }?);
        Ok(Self { range: 0..file.len(), file })
    }

    /// Some of these bytes; nothing where there are not so many.
    pub fn part(&self, range: Range<usize>) -> Option<Self> {
        let part = self.range.start.checked_add(range.start)?..self.range.start.checked_add(range.end)?;
        (range.start <= range.end && part.end <= self.range.end)
            .then(|| Self { file: Arc::clone(&self.file), range: part })
    }
}

#[cfg(test)]
impl Mapped {
    /// A file of these bytes.
    pub fn with(bytes: &[u8]) -> Self {
        let mut file = tempfile::tempfile().expect("a file");
        std::io::Write::write_all(&mut file, bytes).expect("written");
        Self::of(&file).expect("mapped")
    }
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
        let file = Mapped::with(b"0123456789");
        let part = file.part(2..7).expect("a part");
        assert_eq!((&*part, &*part.part(1..3).expect("a part of it")), (&b"23456"[..], &b"34"[..]));
        assert!(part.part(1..6).is_none() && part.part(usize::MAX..usize::MAX).is_none());
        assert_eq!(Mapped::with(b"").part(0..0).expect("nothing").len(), 0);
    }
}
