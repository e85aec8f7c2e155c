//! Exchanges with a model, kept: so that a run that failed pays for nothing twice, and so that a dream can be recorded
//! and replayed. Named by the request without address and key, which holds no credential by then; those of an answer are
//! masked before it is written.

use crate::model::ObjectId;
use crate::text::secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One request with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    pub schema: u32,
    pub phase: String,
    pub worker: String,
    /// The interface's path, such as `/v1/messages`.
    pub path: String,
    pub request: Value,
    pub response: Value,
}

/// Where an answer was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Paid for by an earlier run.
    Kept(Value),
    /// Part of a recording: it is charged as it was then.
    Replayed(Value),
    Nowhere,
}

#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    #[error("read the recorded exchanges in {folder}")]
    Read { folder: String, source: io::Error },
    #[error("read {file}, which is no recorded exchange")]
    Parse { file: String, source: serde_json::Error },
    #[error("find a recorded exchange in {folder}")]
    Empty { folder: String },
}

/// Where exchanges are looked for and written to.
#[derive(Debug, Default)]
pub struct Tape {
    kept: Option<PathBuf>,
    record: Option<PathBuf>,
    replay: Option<BTreeMap<ObjectId, Value>>,
}

impl Tape {
    /// Keeps exchanges in a folder that may be deleted.
    pub fn kept_in(folder: PathBuf) -> Self {
        Self { kept: Some(folder), ..Self::default() }
    }

    /// Writes every exchange into a folder too.
    #[must_use]
    pub fn recording(mut self, folder: PathBuf) -> Self {
        self.record = Some(folder);
        self
    }

    /// Answers from a recording and from nothing else.
    pub fn replaying(folder: &Path) -> Result<Self, TapeError> {
        let name = folder.display().to_string();
        let failed = |source| TapeError::Read { folder: name.clone(), source };
        let mut exchanges = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let bytes = fs::read(&path).map_err(failed)?;
                let file = path.display().to_string();
                let parse = |source| TapeError::Parse { file, source };
                let exchange: Exchange = serde_json::from_slice(&bytes).map_err(parse)?;
                exchanges.insert(key(&exchange.path, &exchange.request), exchange.response);
            }
        }
        match exchanges.is_empty() {
            true => Err(TapeError::Empty { folder: name }),
            false => Ok(Self { replay: Some(exchanges), ..Self::default() }),
        }
    }

    pub fn is_recording(&self) -> bool {
        self.record.is_some()
    }

    pub fn is_replay(&self) -> bool {
        self.replay.is_some()
    }

    pub fn find(&self, path: &str, request: &Value) -> Found {
        let key = key(path, request);
        if let Some(replay) = &self.replay {
            return replay.get(&key).cloned().map_or(Found::Nowhere, Found::Replayed);
        }
        let read = || -> Option<Exchange> {
            let bytes = fs::read(file(self.kept.as_ref()?, key)).ok()?;
            serde_json::from_slice(&bytes).ok().filter(|kept: &Exchange| kept.request == *request)
        };
        read().map_or(Found::Nowhere, |kept| Found::Kept(kept.response))
    }

    /// Keeps an exchange for the next run. A folder that cannot be written to costs no more than money.
    pub fn keep(&self, exchange: &Exchange) {
        if let Some(folder) = &self.kept {
            let _ = write(&file(folder, key(&exchange.path, &exchange.request)), exchange);
        }
    }

    /// Adds an exchange to the recording.
    pub fn record(&self, exchange: &Exchange) -> io::Result<()> {
        let Some(folder) = &self.record else { return Ok(()) };
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let worker: String = exchange.worker.chars().take(60).map(plain).collect();
        let key = key(&exchange.path, &exchange.request).short();
        write(&folder.join(format!("{}-{worker}-{key}.json", exchange.phase)), exchange)
    }

    /// Forgets an answer that was of no use, so that the next run asks again.
    pub fn forget(&self, path: &str, request: &Value) {
        if let Some(folder) = &self.kept {
            let _ = fs::remove_file(file(folder, key(path, request)));
        }
    }
}

fn file(folder: &Path, key: ObjectId) -> PathBuf {
    let name = key.to_string();
    folder.join(&name[..2]).join(format!("{}.json", &name[2..]))
}

/// The same request gives the same name on every machine.
pub fn key(path: &str, request: &Value) -> ObjectId {
    ObjectId::of_blob(format!("{path}\n{request}").as_bytes())
}

fn write(path: &Path, exchange: &Exchange) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let clean = Exchange { response: masked(&exchange.response), ..exchange.clone() };
    // At once: a writer of JSON writes every few letters.
    let mut bytes = serde_json::to_vec_pretty(&clean)?;
    bytes.push(b'\n');
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(&bytes)?;
    new.persist(path).map(drop).map_err(|error| error.error)
}

/// The same data with every secret in its strings masked.
pub fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(secret::mask(text).into_owned()),
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), masked(value))).collect(),
        plain => plain.clone(),
    }
}
