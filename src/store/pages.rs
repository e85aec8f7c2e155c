//! Files that are read where they are asked, a page at a time, each page checked when it is first read: of a file of a
//! hundred megabytes a night reads what it needs. May be thrown away at any time, never needed.
//!
//! The file: a line with format and version; the length of the body and a checksum of each of its pages, with a
//! checksum over these; the body. A body of several parts begins with their lengths.

use super::Store;
use crate::text::table::Bytes;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// Bytes that are read and checked at once.
const PAGE: usize = 1 << 13;
/// Length and checksum.
const HEAD: usize = 8 + 4;
const SUM: usize = 4;

/// A file that is open.
pub struct Pages {
    file: Mutex<File>,
    begin: u64,
    length: usize,
    sums: Vec<u8>,
    pages: Vec<OnceLock<Option<Box<[u8]>>>>,
    damaged: AtomicBool,
}

/// A part of a file.
#[derive(Clone)]
pub struct Section {
    pages: Arc<Pages>,
    range: Range<usize>,
}

impl Bytes for Section {
    fn get(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        let end = self.range.start.checked_add(range.end)?;
        // Also where it is not a part of this part, what was asked for is damaged.
        if end > self.range.end {
            self.pages.distrust();
            return None;
        }
        self.pages.get(self.range.start + range.start..end)
    }

    fn len(&self) -> usize {
        self.range.len()
    }
}

impl Section {
    /// The file that it is a part of.
    pub fn pages(&self) -> &Pages {
        &self.pages
    }
}

impl Store {
    /// The parts of the file of this name, where there is one of this format with so many.
    pub fn sections<const N: usize>(&self, name: &str, magic: &str) -> Option<[Section; N]> {
        let pages = Arc::new(self.pages(name, magic)?);
        let lengths = pages.get(0..N * 8)?.into_owned();
        let (mut sections, mut begin) = (Vec::new(), lengths.len());
        for length in lengths.as_chunks::<8>().0 {
            let end = begin.checked_add(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
            sections.push(Section { pages: Arc::clone(&pages), range: begin..end });
            begin = end;
        }
        sections.try_into().ok().filter(|_| begin == pages.len())
    }

    /// Keeps these parts. Who reads an older file goes on reading that.
    pub fn keep_sections(&self, name: &str, magic: &str, parts: &[Vec<u8>]) -> io::Result<()> {
        let lengths: Vec<u8> = parts.iter().flat_map(|part| (part.len() as u64).to_le_bytes()).collect();
        let body: Vec<&[u8]> = std::iter::once(&lengths).chain(parts).map(Vec::as_slice).collect();
        self.keep_pages(name, magic, &body)
    }

    /// The file of this name beside the repository, where there is one of this format.
    fn pages(&self, name: &str, magic: &str) -> Option<Pages> {
        Pages::open(&self.common_dir().join("dream/cache").join(name), magic)
    }

    /// Keeps these bytes, one part behind the other. Who reads an older file goes on reading that.
    fn keep_pages(&self, name: &str, magic: &str, body: &[&[u8]]) -> io::Result<()> {
        write(&self.common_dir().join("dream/cache").join(name), magic, body)
    }

    /// Throws the file of this name away.
    pub fn forget_pages(&self, name: &str) {
        let _ = fs::remove_file(self.common_dir().join("dream/cache").join(name));
    }
}

impl Pages {
    fn open(path: &Path, magic: &str) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut head = vec![0; magic.len() + HEAD];
        file.read_exact(&mut head).ok()?;
        let (own, head) = head.split_at(magic.len());
        let (length, sum) = head.split_at(8);
        let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let begin = (magic.len() + HEAD + length.div_ceil(PAGE).checked_mul(SUM)?) as u64;
        if own != magic.as_bytes() || file.metadata().ok()?.len() != begin.checked_add(length as u64)? {
            return None;
        }
        let mut sums = vec![0; length.div_ceil(PAGE) * SUM];
        file.read_exact(&mut sums).ok()?;
        if sum_of(length, &sums).to_le_bytes() != sum {
            return None;
        }
        let pages = (0..length.div_ceil(PAGE)).map(|_| OnceLock::new()).collect();
        Some(Self { file: Mutex::new(file), begin, length, sums, pages, damaged: AtomicBool::new(false) })
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether something was asked for that could not be read: what was made of the rest is not to be believed.
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Takes the file for damaged: its bytes are whole, and make no sense.
    pub fn distrust(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    /// Some bytes; nothing where they are none of the file's or are damaged.
    pub fn get(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        let found = self.find(range);
        if found.is_none() {
            self.distrust();
        }
        found
    }

    fn find(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        if range.start >= range.end {
            return (range.start == range.end).then_some(Cow::Borrowed(&[]));
        }
        if range.end > self.length {
            return None;
        }
        let (first, last) = (range.start / PAGE, (range.end - 1) / PAGE);
        if first == last {
            let begin = range.start % PAGE;
            return self.page(first)?.get(begin..begin + range.len()).map(Cow::Borrowed);
        }
        let mut bytes = Vec::with_capacity(range.len());
        for at in first..=last {
            let page = self.page(at)?;
            let begin = range.start.saturating_sub(at * PAGE);
            bytes.extend_from_slice(page.get(begin..page.len().min(range.end - at * PAGE))?);
        }
        Some(Cow::Owned(bytes))
    }

    fn page(&self, at: usize) -> Option<&[u8]> {
        let read = || {
            let begin = at * PAGE;
            let mut bytes = vec![0; PAGE.min(self.length - begin)].into_boxed_slice();
            {
                let mut file = self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                file.seek(SeekFrom::Start(self.begin + begin as u64)).ok()?;
                file.read_exact(&mut bytes).ok()?;
            }
            (self.sums.as_slice().get(at * SUM..(at + 1) * SUM)? == crc32fast::hash(&bytes).to_le_bytes())
                .then_some(bytes)
        };
        self.pages.get(at)?.get_or_init(read).as_deref()
    }
}

fn sum_of(length: usize, sums: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&(length as u64).to_le_bytes());
    sum.update(sums);
    sum.finalize()
}

fn write(path: &Path, magic: &str, body: &[&[u8]]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let length = body.iter().map(|part| part.len()).sum();
    let sums = sums(body);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(magic.as_bytes())?;
    file.write_all(&(length as u64).to_le_bytes())?;
    file.write_all(&sum_of(length, &sums).to_le_bytes())?;
    file.write_all(&sums)?;
    body.iter().try_for_each(|part| file.write_all(part))?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A checksum of each page of these parts.
fn sums(body: &[&[u8]]) -> Vec<u8> {
    let (mut sums, mut sum, mut room) = (Vec::new(), crc32fast::Hasher::new(), PAGE);
    for part in body {
        let mut rest = *part;
        while !rest.is_empty() {
            let (page, next) = rest.split_at(rest.len().min(room));
            sum.update(page);
            (rest, room) = (next, room - page.len());
            if room == 0 {
                sums.extend(std::mem::take(&mut sum).finalize().to_le_bytes());
                room = PAGE;
            }
        }
    }
    if room < PAGE {
        sums.extend(sum.finalize().to_le_bytes());
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: &str = "pages of a test\n";

    fn kept(body: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kept");
        let (some, more) = body.split_at(body.len() / 3);
        write(&path, MAGIC, &[some, &[], more]).expect("written");
        (folder, path)
    }

    #[test]
    fn every_range_is_what_was_written() {
        let body: Vec<u8> = (0..50_000_u32).map(|nth| (nth * 7 % 251) as u8).collect();
        let (_folder, path) = kept(&body);
        let pages = Pages::open(&path, MAGIC).expect("it opens");
        assert_eq!(pages.len(), body.len());
        for at in (0..body.len()).step_by(997) {
            for length in [0, 1, 12, 4000, PAGE, 3 * PAGE] {
                let range = at..(at + length).min(body.len());
                assert_eq!(pages.get(range.clone()).as_deref(), Some(&body[range]));
            }
        }
        assert!(!pages.is_damaged());
        assert_eq!(pages.get(body.len() - 1..body.len() + 1), None);
        assert!(pages.is_damaged());
        let (_folder, path) = kept(&[]);
        assert!(Pages::open(&path, MAGIC).is_some_and(|pages| pages.is_empty()));
    }

    #[test]
    fn what_is_damaged_is_found_out() {
        let body = vec![7; 3 * PAGE];
        let (_folder, path) = kept(&body);
        let bytes = fs::read(&path).expect("the file");
        assert!(Pages::open(&path, "pages of another\n").is_none());
        for at in (0..bytes.len()).step_by(101).chain(0..100) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            fs::write(&path, damaged).expect("written");
            let Some(pages) = Pages::open(&path, MAGIC) else { continue };
            assert!(pages.get(0..pages.len()).is_none() && pages.is_damaged(), "byte {at}");
        }
        for length in [0, 5, MAGIC.len() + HEAD, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).expect("written");
            assert!(Pages::open(&path, MAGIC).is_none(), "cut to {length}");
        }
    }
}
