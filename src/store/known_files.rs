//! Which files were imported, so that the next import reads those that are new or changed: a folder of transcripts is
//! imported night after night, and most of them are as they were. A file is told from what it was as git's index does
//! it ([`Mark`]). One list for each folder that files were imported from; checked by a checksum, thrown away on any
//! doubt, never needed.

use super::Store;
use super::mark::Mark;
use super::session::SESSIONS;
use crate::model::id::hex;
use crate::model::{AgentName, ObjectId, SessionId};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Also the format's version: another text makes every older file unreadable.
const MAGIC: &str = concat!("git-dream files 2 ", env!("CARGO_PKG_VERSION"), "\n");

/// A file as it was when all of it was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFile {
    mark: Mark,
    /// Whether the mark tells any change after the file was read.
    settled: bool,
    pub sessions: Vec<KnownSession>,
    /// Whether the file is lines of one session, so that what is added to it can be read by itself.
    pub grows: bool,
    /// What it began with when it was last compared with what is stored of it; only of large ones.
    pub beginning: Option<Beginning>,
}

/// What a file begins with: that which is stored as certain parts of a session. The ids of these parts would tell it too;
/// BLAKE3 is several times quicker than SHA-1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beginning {
    /// Of the parts' ids and lengths.
    pub parts: [u8; 32],
    /// Of their bytes, block by block.
    pub blocks: Vec<[u8; 32]>,
}

/// A session that came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSession {
    pub id: SessionId,
    pub agent: AgentName,
    pub turns: u32,
}

impl KnownFile {
    pub fn new(mark: Mark, sessions: Vec<KnownSession>, grows: bool, beginning: Option<Beginning>) -> Self {
        Self { mark, settled: false, sessions, grows, beginning }
    }

    /// Whether the file is certainly as it was.
    pub fn is(&self, mark: &Mark) -> bool {
        self.settled && self.mark == *mark
    }
}

/// Files by their names, of one folder.
type Folder = BTreeMap<String, KnownFile>;

#[derive(Serialize, Deserialize)]
struct Kept {
    folder: PathBuf,
    /// The sessions ref when all of them were in it.
    tip: ObjectId,
    files: Folder,
}

/// What is known of the files of an import.
pub struct KnownFiles<'s> {
    store: &'s Store,
    tip: Option<ObjectId>,
    /// Whether lists were kept when the sessions ref stood elsewhere: each time it moves that takes longer to find out.
    behind: bool,
    /// When the import began, by the clock of the files.
    begun: Duration,
    folders: HashMap<PathBuf, Folder>,
    new: HashMap<PathBuf, Folder>,
}

impl Store {
    /// To be called before any file is read. Nothing where nothing can be kept.
    pub fn known_files(&self) -> Option<KnownFiles<'_>> {
        let folder = self.files_lists();
        fs::create_dir_all(&folder).ok()?;
        // Clocks of files are not always those of programs: what is written now tells.
        let clock = folder.join("clock");
        fs::write(&clock, "0").ok()?;
        let begun = Mark::of(&clock)?.modified;
        let (folders, new) = Default::default();
        Some(KnownFiles { store: self, tip: self.reference(SESSIONS).ok()?, begun, behind: false, folders, new })
    }

    fn files_lists(&self) -> PathBuf {
        self.common_dir().join("dream/cache/files")
    }

    fn files_list(&self, folder: &Path) -> PathBuf {
        let name = hex(&Sha1::digest(folder.as_os_str().as_encoded_bytes()));
        self.files_lists().join(name)
    }

    /// What was kept of a folder, as long as the sessions ref holds all that it held then.
    fn kept_files(&self, folder: &Path, tip: ObjectId) -> Option<(ObjectId, Folder)> {
        let bytes = fs::read(self.files_list(folder)).ok()?;
        let (checksum, packed) = bytes.strip_prefix(MAGIC.as_bytes())?.split_first_chunk()?;
        if crc32fast::hash(packed).to_le_bytes() != *checksum {
            return None;
        }
        let kept: Kept = postcard::from_bytes(packed).ok()?;
        let holds = kept.tip == tip || self.is_ancestor(kept.tip, tip).is_ok_and(|holds| holds);
        (kept.folder == folder && holds).then_some((kept.tip, kept.files))
    }
}

impl KnownFiles<'_> {
    pub fn get(&mut self, path: &Path) -> Option<&KnownFile> {
        let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
        let tip = self.tip?;
        if !self.folders.contains_key(folder) {
            let (of, files) = self.store.kept_files(folder, tip).unwrap_or((tip, Folder::default()));
            self.behind |= of != tip;
            self.folders.insert(folder.to_owned(), files);
        }
        self.folders.get(folder)?.get(name)
    }

    /// Notes that all of a file is imported, as it is told by a mark from before it was read.
    pub fn learn(&mut self, path: &Path, mut file: KnownFile) {
        file.settled = file.mark.is_settled(self.begun);
        let ids = |file: &KnownFile| -> Vec<SessionId> { file.sessions.iter().map(|known| known.id.clone()).collect() };
        // Of a file that is being written no more is to be kept than whose it is.
        let same = |known: &KnownFile| known.grows == file.grows && ids(known) == ids(&file);
        let known = self.get(path).is_some_and(same) && !self.behind;
        if !file.settled && file.beginning.is_none() && known {
            return;
        }
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) {
            self.new.entry(folder.to_owned()).or_default().insert(name.to_owned(), file);
        }
    }

    /// Keeps what was learnt. A list that cannot be written is no error.
    pub fn keep(mut self) {
        let Ok(Some(tip)) = self.store.reference(SESSIONS) else { return };
        for (folder, new) in std::mem::take(&mut self.new) {
            let mut files = self.folders.remove(&folder).unwrap_or_default();
            files.extend(new);
            let _ = self.write(&Kept { folder, tip, files });
        }
    }

    fn write(&self, kept: &Kept) -> io::Result<()> {
        let path = self.store.files_list(&kept.folder);
        let folder = path.parent().expect("the file has a folder");
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let packed = postcard::to_stdvec(kept).map_err(io::Error::other)?;
        file.write_all(MAGIC.as_bytes())?;
        file.write_all(&crc32fast::hash(&packed).to_le_bytes())?;
        file.write_all(&packed)?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}
