//! Reading packs without libgit2, for commands that read most of a repository: libgit2 has one lock for all windows of
//! all packs, and resolves differences anew that were just resolved. Reads what git itself writes (version 2, whole
//! objects and both kinds of differences); for all else (loose objects, packs of other folders, packs that came later,
//! very large objects, damage) it gives nothing, and the caller asks libgit2. Hashes nothing: whoever asks does.

mod bases;
mod delta;
mod entry;
mod index;
mod windows;

use crate::model::ObjectId;
use bases::Bases;
use entry::{Entry, Kind};
use flate2::{Decompress, FlushDecompress, Status};
use git2::ObjectType;
use index::Index;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use windows::Windows;

/// Bytes of what is read here at most, the differences on the way to it included.
const LARGEST: usize = 64 << 20;

/// The packs of one folder, as they were when they were opened; any number of readers may share them.
#[derive(Debug, Default)]
pub(super) struct Packs(Vec<Pack>);

#[derive(Debug)]
struct Pack {
    index: Index,
    file: File,
    /// Where the last object ends at the latest.
    end: u64,
}

/// An object's bytes as they were last made; they may be those of a base, too.
pub(super) type Object = (ObjectType, Arc<Vec<u8>>);

impl Packs {
    /// Opens all packs of `objects/pack`; what cannot be opened is left out.
    pub fn open(folder: &Path) -> Self {
        let files = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|file| file.path());
        let mut packs: Vec<Pack> = files.filter_map(|path| Pack::open(&path)).collect();
        // The largest is the likeliest to hold what is asked for.
        packs.sort_by_key(|pack| std::cmp::Reverse(pack.end));
        Self(packs)
    }
}

impl Pack {
    fn open(path: &Path) -> Option<Self> {
        path.extension().filter(|extension| *extension == "pack")?;
        let index = Index::open(&path.with_extension("idx"))?;
        let file = File::open(path).ok()?;
        let end = file.metadata().ok()?.len().checked_sub(entry::CHECKSUM)?;
        entry::is_pack(&file).then_some(Self { index, file, end })
    }
}

/// Reads objects of packs, for one thread.
pub(super) struct Reader {
    packs: Arc<Packs>,
    /// The pack that held what was asked for last.
    last: usize,
    windows: Windows,
    bases: Bases,
    inflate: Decompress,
}

impl Reader {
    pub fn new(packs: Arc<Packs>) -> Self {
        let (windows, bases) = Default::default();
        Self { packs, last: 0, windows, bases, inflate: Decompress::new(true) }
    }

    pub fn packs(&self) -> &Arc<Packs> {
        &self.packs
    }

    /// An object, where a pack has it and it can be read. Its bytes are not yet held against its id.
    pub fn object(&mut self, id: &ObjectId) -> Option<Object> {
        let packs = Arc::clone(&self.packs);
        let place = |pack: usize| Some((pack, packs.0.get(pack)?.index.offset(id)?));
        let (pack, offset) = place(self.last).or_else(|| (0..packs.0.len()).find_map(place))?;
        self.last = pack;
        self.resolve(&packs.0[pack], pack, offset)
    }

    /// The object at an offset, made of its base and of all differences in between.
    fn resolve(&mut self, pack: &Pack, number: usize, offset: u64) -> Option<Object> {
        let (mut at, mut differences, mut bytes) = (offset, Vec::new(), 0);
        let mut made = loop {
            if let Some(known) = self.bases.get((number, at)) {
                break known;
            }
            let entry = Entry::read(&mut self.windows, pack, number, at)?;
            bytes += entry.size;
            // A base that leads back to itself ends here, too.
            if bytes > LARGEST || differences.len() > LARGEST / 4096 {
                return None;
            }
            let inflated = self.inflate(pack, number, entry.data, entry.size)?;
            match entry.kind {
                Kind::Whole(kind) => {
                    let whole = (kind, Arc::new(inflated));
                    // Commits are read once, and seldom told as differences.
                    if kind != ObjectType::Commit || !differences.is_empty() {
                        self.bases.put((number, at), &whole);
                    }
                    break whole;
                }
                Kind::Before(back) => {
                    differences.push((at, inflated));
                    at = at.checked_sub(back)?;
                }
                Kind::Of(base) => {
                    differences.push((at, inflated));
                    at = pack.index.offset(&base)?;
                }
            }
        };
        for (at, difference) in differences.into_iter().rev() {
            made.1 = Arc::new(delta::apply(&made.1, &difference, LARGEST)?);
            self.bases.put((number, at), &made);
        }
        Some(made)
    }

    /// Exactly so many bytes, of the compressed ones at an offset.
    fn inflate(&mut self, pack: &Pack, number: usize, mut at: u64, size: usize) -> Option<Vec<u8>> {
        // One more, by which too many are noticed.
        let mut bytes = Vec::with_capacity(size + 1);
        self.inflate.reset(true);
        loop {
            let input = self.windows.at(pack, number, at)?;
            let before = self.inflate.total_in();
            let status = self.inflate.decompress_vec(input, &mut bytes, FlushDecompress::Finish).ok()?;
            let taken = self.inflate.total_in() - before;
            match status {
                Status::StreamEnd => return (bytes.len() == size).then_some(bytes),
                _ if taken == 0 || bytes.len() > size => return None,
                _ => at += taken,
            }
        }
    }
}
