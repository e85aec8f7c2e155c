//! Which batches are out: one file for each, with the names of its questions but not their words. Written as soon as
//! the provider has named a batch, removed when its answers are kept.

use super::super::error::ModelError;
use crate::config::Model;
use crate::model::ObjectId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What one question of a batch was for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub phase: String,
    pub worker: String,
    /// Tokens of it, as we count them.
    pub input: u64,
}

impl Item {
    /// The phase as bills name it.
    pub fn phase(&self) -> &'static str {
        let phases = [super::super::EXTRACT, super::super::RECONCILE, super::super::OPINION_PHASE];
        phases.into_iter().find(|phase| *phase == self.phase).unwrap_or(super::super::EXTRACT)
    }
}

/// One batch that is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    pub schema: u32,
    pub id: String,
    /// Whom it was sent to: another model's batches are not ours to take.
    pub base_url: String,
    pub model: String,
    /// What was uploaded for it, by the provider's names.
    pub files: Vec<String>,
    pub items: BTreeMap<ObjectId, Item>,
}

impl Slip {
    pub fn new(model: &Model, id: String, files: Vec<String>, items: BTreeMap<ObjectId, Item>) -> Self {
        Self { schema: 1, id, base_url: model.base_url.clone(), model: model.model.clone(), files, items }
    }

    fn file(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.json", self.id))
    }

    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        let write = || -> io::Result<()> {
            std::fs::create_dir_all(folder)?;
            let mut new = tempfile::NamedTempFile::new_in(folder)?;
            new.write_all(&serde_json::to_vec(self)?)?;
            new.as_file().sync_all()?;
            new.persist(self.file(folder)).map(drop).map_err(|error| error.error)
        };
        write().map_err(|error| ModelError::Slip { why: format!("{}: {error}", self.id) })
    }

    pub fn remove(&self, folder: &Path) {
        // One that stays is looked at once more, and found to be gone.
        let _ = std::fs::remove_file(self.file(folder));
    }
}

fn all(folder: &Path) -> Vec<Slip> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let read = |path: PathBuf| serde_json::from_slice::<Slip>(&std::fs::read(path).ok()?).ok();
    let mut slips: Vec<Slip> = entries.filter_map(|entry| read(entry.path())).collect();
    slips.retain(|slip| super::wire::checked_id(&slip.id).is_ok());
    slips.sort_by(|a, b| a.id.cmp(&b.id));
    slips
}

/// The batches that are out at one model.
pub fn open(folder: &Path, model: &Model) -> Vec<Slip> {
    let ours = |slip: &Slip| slip.base_url == model.base_url && slip.model == model.model;
    all(folder).into_iter().filter(ours).collect()
}

/// The ids of all batches that are out.
pub fn open_ids(folder: &Path) -> Vec<String> {
    all(folder).into_iter().map(|slip| slip.id).collect()
}
