//! Where what was worked out of texts is kept beside the repository. Checked when it is read, thrown away on any doubt,
//! never needed.

use super::stamp::Stamp;
use super::{Mapped, Store};
use crate::model::ObjectId;
use crate::text::Known;
use crate::text::known::{self, Bytes};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const TEXTS: &str = "texts";
/// What was made of all of them together.
const STATES: &str = "courses";

impl Store {
    /// Reads what is kept, wherever that is called.
    pub fn known_texts(&self) -> impl FnOnce() -> Known + Send + use<> {
        let [texts, states] = [TEXTS, STATES].map(|name| self.texts_file(name));
        move || {
            let texts = File::open(texts).and_then(|file| Mapped::of(&file)).ok();
            Known::read(texts.map(|texts| Box::new(texts) as Bytes), read_states(&states))
        }
    }

    /// Keeps what was learnt, where that is worth it. A file that cannot be written is no error.
    pub fn keep_texts(&self, known: &Known) {
        for (name, bytes) in [(TEXTS, known.to_keep()), (STATES, known.states_to_keep())] {
            let _ = bytes.map(|bytes| self.write_texts(name, &bytes));
        }
    }

    fn texts_file(&self, name: &str) -> PathBuf {
        self.common_dir().join("dream/cache").join(name)
    }

    fn write_texts(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.texts_file(name);
        let folder = path.parent().expect("the file has a folder");
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}

fn read_states(path: &Path) -> Option<Bytes> {
    let file = File::open(path).ok()?;
    let bytes = Mapped::of(&file).ok()?;
    let named = (ObjectId::of_blob(known::head(&bytes)), bytes.len() as u64);
    let is_whole = Stamp::vouches(&file, path, named, || known::is_whole(&bytes));
    is_whole.then(|| Box::new(bytes) as Bytes)
}
