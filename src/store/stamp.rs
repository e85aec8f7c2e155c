//! Whether a kept file was checked already and is certainly as it was then: a checksum over megabytes takes as long as
//! everything else that a command does which asks about one dream. As git takes an index for unchanged, see [`Mark`].

use crate::model::ObjectId;
use crate::store::mark::Mark;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Fewer bytes are checked as fast as a stamp is read. Tests stamp everything.
const WORTHWHILE: u64 = if crate::FAULTS { 1 } else { 1 << 18 };

pub struct Stamp {
    path: PathBuf,
    mark: Mark,
    /// What a stamp of this very file says.
    text: Vec<u8>,
}

impl Stamp {
    /// Whether the file is whole: as it was when it was checked, or by a check of so many bytes. `id` names these.
    pub fn vouches(file: &File, path: &Path, (id, length): (ObjectId, u64), is_whole: impl FnOnce() -> bool) -> bool {
        let stamp = Self::of(file, path, id, length);
        if stamp.as_ref().is_some_and(Self::is_there) {
            return true;
        }
        let is_whole = is_whole();
        stamp.filter(|_| is_whole).inspect(Self::put);
        is_whole
    }

    /// Of an open file, by its path; nothing where none is kept.
    fn of(file: &File, path: &Path, id: ObjectId, length: u64) -> Option<Self> {
        let mark = Mark::read(&file.metadata().ok()?).filter(|_| length >= WORTHWHILE)?;
        let text = [id.as_bytes().to_vec(), postcard::to_stdvec(&mark).ok()?].concat();
        Some(Self { path: path.with_extension("checked"), mark, text })
    }

    fn is_there(&self) -> bool {
        fs::read(&self.path).is_ok_and(|text| text == self.text)
    }

    /// Notes that the file was checked. What was written a moment ago may be written again without looking any different.
    fn put(&self) {
        let _ = self.try_put();
    }

    fn try_put(&self) -> Option<()> {
        let mut file = tempfile::NamedTempFile::new_in(self.path.parent()?).ok()?;
        // The clock of the files, not ours.
        if !self.mark.is_settled(Mark::of(file.path())?.modified) {
            return None;
        }
        file.write_all(&self.text).ok()?;
        file.persist(&self.path).ok().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::mark::SETTLED;
    use std::time::Duration;

    #[test]
    fn a_stamp_holds_until_the_file_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kept");
        fs::write(&path, "much").expect("written");
        let id = ObjectId::of_blob(b"much");
        let stamp = || Stamp::of(&File::open(&path).expect("a file"), &path, id, u64::MAX).expect("a stamp");
        stamp().put();
        assert!(!stamp().is_there(), "it is too new");
        std::thread::sleep(SETTLED[1] + Duration::from_millis(50));
        stamp().put();
        assert!(stamp().is_there());
        let other = Stamp::of(&File::open(&path).expect("a file"), &path, ObjectId::of_blob(b"other"), u64::MAX);
        assert!(!other.expect("a stamp").is_there());
        let times = fs::metadata(&path).and_then(|file| file.modified()).expect("a time");
        fs::write(&path, "mach").expect("written");
        File::options().write(true).open(&path).and_then(|file| file.set_modified(times)).expect("set back");
        assert!(!stamp().is_there());
    }
}
