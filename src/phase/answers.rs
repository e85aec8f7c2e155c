//! Quotes that were found once, each as a hash of all that decided it: those of long ago in order, so that one is looked up
//! with a few reads, and those of late behind each other in a file that is read whole. Both may be deleted at any time and
//! change no result; a flipped bit in them only means looking again.

use crate::store::{Mapped, Store};
use crate::text::table::seek;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes of answers at most: about 200,000 quotes.
const MOST: usize = 4 << 20;
/// So many of late are put in order with the others.
const LATE: usize = if crate::FAULTS { 3 } else { 1024 };
const LENGTH: usize = 20;

/// A quote that stands.
pub(super) type Answer = [u8; LENGTH];

/// The quotes that were found, by this run and by those before.
pub(super) struct Answers {
    file: PathBuf,
    /// Read when it is asked first.
    before: OnceCell<Before>,
    new: BTreeSet<Answer>,
    unwritten: Vec<Answer>,
}

/// What earlier runs found.
struct Before {
    sorted: Option<Mapped>,
    late: HashSet<Answer, foldhash::fast::RandomState>,
    /// The file of late ones ends within an answer: it is written anew.
    is_broken: bool,
}

impl Before {
    fn read(file: &Path) -> Self {
        let bytes = fs::read(file).unwrap_or_default();
        let (all, rest) = bytes.as_chunks();
        let is_broken = !rest.is_empty();
        let late = if is_broken { HashSet::default() } else { all.iter().copied().collect() };
        let sorted = File::open(sorted(file)).and_then(|file| Mapped::of(&file)).ok();
        Self { sorted, late, is_broken }
    }

    fn sorted(&self) -> &[Answer] {
        self.sorted.as_deref().unwrap_or_default().as_chunks().0
    }

    fn holds(&self, answer: &Answer) -> bool {
        let (all, lead) = (self.sorted(), answer.first_chunk().expect("an answer has more bytes"));
        let compare = |at: usize| Some(all.get(at)?.cmp(answer));
        self.late.contains(answer) || seek(all.len(), u64::from_be_bytes(*lead), compare).is_some()
    }
}

/// The file of those that are in order.
fn sorted(file: &Path) -> PathBuf {
    file.with_extension("sorted")
}

impl Answers {
    pub fn open(store: &Store) -> Self {
        Self::at(store.common_dir().join("dream/cache/quotes"))
    }

    fn at(file: PathBuf) -> Self {
        Self { file, before: OnceCell::new(), new: BTreeSet::new(), unwritten: Vec::new() }
    }

    fn before(&self) -> &Before {
        self.before.get_or_init(|| Before::read(&self.file))
    }

    pub fn holds(&self, answer: &Answer) -> bool {
        self.new.contains(answer) || self.before().holds(answer)
    }

    pub fn add_all(&mut self, answers: Vec<Answer>) {
        answers.into_iter().for_each(|answer| self.add(answer));
    }

    pub fn add(&mut self, answer: Answer) {
        if !self.holds(&answer) {
            self.new.insert(answer);
            self.unwritten.push(answer);
        }
    }

    /// Appends what is new, in one write: another run may be appending too. What that one finds meanwhile may be lost, and
    /// is looked for again.
    pub fn write(&mut self) -> io::Result<()> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        let folder = self.file.parent().unwrap_or(&self.file);
        fs::create_dir_all(folder)?;
        // The order in which they were found depends on no core.
        self.unwritten.sort_unstable();
        let before = self.before();
        let mut options = OpenOptions::new();
        match before.late.len() + self.unwritten.len() > LATE {
            false => {
                let options = if before.is_broken { options.write(true).truncate(true) } else { options.append(true) };
                options.create(true).open(&self.file)?.write_all(self.unwritten.as_flattened())?;
            }
            true => {
                let late = before.late.iter().chain(&self.unwritten);
                // Of too many those of long ago are forgotten.
                let old =
                    Some(before.sorted()).filter(|sorted| sorted.as_flattened().len() <= MOST).unwrap_or_default();
                let mut all: Vec<Answer> = old.iter().chain(late).copied().collect();
                all.sort_unstable();
                all.dedup();
                let mut new = tempfile::NamedTempFile::new_in(folder)?;
                new.write_all(all.as_flattened())?;
                new.persist(sorted(&self.file)).map_err(|error| error.error)?;
                options.write(true).create(true).truncate(true).open(&self.file)?;
            }
        }
        self.unwritten.clear();
        self.before = OnceCell::new();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha1::{Digest, Sha1};

    fn answer(nth: usize) -> Answer {
        Sha1::digest(nth.to_le_bytes()).into()
    }

    #[test]
    fn what_was_found_once_is_known_to_all_later_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("quotes");
        for round in 0..40 {
            let mut answers = Answers::at(file.clone());
            assert!((0..2 * round).all(|nth| answers.holds(&answer(nth))), "{round}");
            assert!((2 * round..90).all(|nth| !answers.holds(&answer(nth))), "{round}");
            // One that is known, and two that are new, one of them twice.
            let [known, new, other] = [round, 2 * round, 2 * round + 1].map(answer);
            answers.add_all(vec![known, new, other, new]);
            assert!(answers.holds(&new));
            answers.write().expect("written");
            assert!(answers.holds(&new) && answers.holds(&known));
        }
        let length = |file: &Path| fs::metadata(file).expect("the file").len();
        assert_eq!(length(&file) + length(&sorted(&file)), 80 * LENGTH as u64, "each stands once");
    }

    #[test]
    fn whatever_stands_in_the_files_only_means_to_look_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("quotes");
        for bytes in [vec![0; 7], vec![255; 5 * LENGTH], (0..=255).collect(), answer(1).repeat(3)] {
            fs::write(&file, &bytes).expect("written");
            fs::write(sorted(&file), &bytes).expect("written");
            let mut answers = Answers::at(file.clone());
            answers.add(answer(2));
            answers.write().expect("written");
            assert!(Answers::at(file.clone()).holds(&answer(2)), "{bytes:?}");
            assert!(!Answers::at(file.clone()).holds(&answer(3)));
        }
    }
}
