//! Where what was worked out of texts is kept beside the repository. Checked when it is read, thrown away on any doubt,
//! never needed.

use super::{Mapped, Store};
use crate::text::Known;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

impl Store {
    /// Reads what is kept, wherever that is called.
    pub fn known_texts(&self) -> impl FnOnce() -> Known + Send + use<> {
        let file = self.texts_file();
        move || File::open(file).and_then(|file| Mapped::of(&file)).map(Known::read).unwrap_or_default()
    }

    /// Keeps what was learnt, where that is worth it. A file that cannot be written is no error.
    pub fn keep_texts(&self, known: &Known) {
        if let Some(bytes) = known.to_keep() {
            let _ = self.write_texts(&bytes);
        }
    }

    fn texts_file(&self) -> PathBuf {
        self.common_dir().join("dream/cache/texts")
    }

    fn write_texts(&self, bytes: &[u8]) -> io::Result<()> {
        let path = self.texts_file();
        let folder = path.parent().expect("the file has a folder");
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}
