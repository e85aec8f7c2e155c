//! What both kinds of batch interfaces have in common: a batch is made, looked at until it has ended, and read. Ids
//! come from servers and go into addresses and file names, so they are checked like everything else of theirs.

use super::super::client::{Call, Client, Fault, Repeat, json};
use super::super::error::ModelError;
use super::super::provider;
use super::slip::Slip;
use super::{Queued, files, messages};
use crate::config::{Api, Model};
use crate::model::ObjectId;
use serde_json::Value;

/// Bytes of the results of one batch, at most.
const LARGEST: u64 = 1 << 30;
/// Bytes of any other reply.
const SMALL: u64 = 4 << 20;

/// A batch as its provider names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub id: String,
    pub files: Vec<String>,
}

/// What one look at a batch says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    Working {
        answered: u64,
        questions: u64,
    },
    /// It has ended, and its results lie in these files (none, where they have an address of their own).
    Ended(Vec<String>),
}

/// What became of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Result {
    Reply(Value),
    Failed(Fault),
}

type Answered<T> = std::result::Result<T, ModelError>;

/// An id that can do nothing but name something.
pub fn checked_id(id: &str) -> Answered<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    match !id.is_empty() && id.len() <= 128 && id.bytes().all(plain) && !id.starts_with('.') {
        true => Ok(id.to_owned()),
        false => Err(ModelError::Malformed { why: "the id of the batch is none".to_owned() }),
    }
}

/// The id in a field of a reply.
pub fn id_in(reply: &Value, field: &str) -> Answered<String> {
    checked_id(reply[field].as_str().unwrap_or_default())
}

/// Sends a batch.
pub fn create(client: &Client, model: &Model, questions: &[(&ObjectId, &Queued)]) -> Answered<Sent> {
    let made = match model.api {
        Api::Messages => messages::create(client, model, questions),
        _ => files::create(client, model, questions),
    };
    made.map_err(|error| match error {
        ModelError::Unknown { model, url, said } => ModelError::NoBatches { model, url, said },
        ModelError::Timeout { model, seconds, .. } => {
            ModelError::BatchUnknown { model, why: format!("no answer within {seconds} seconds") }
        }
        ModelError::Unreachable { model, why, .. } => ModelError::BatchUnknown { model, why },
        error => error,
    })
}

/// Asks how far a batch is.
pub fn look(client: &Client, model: &Model, id: &str) -> Answered<Looked> {
    match model.api {
        Api::Messages => messages::look(client, model, id),
        _ => files::look(client, model, id),
    }
}

/// Reads what a batch gave. Lines that are none are passed over: their questions count as unanswered.
pub fn results(client: &Client, model: &Model, id: &str, names: &[String]) -> Answered<Vec<(ObjectId, Result)>> {
    let lines = match model.api {
        Api::Messages => messages::results(client, model, id)?,
        _ => files::results(client, model, names)?,
    };
    let read = |line: &[u8]| -> Option<(ObjectId, Result)> {
        let value: Value = serde_json::from_slice(line).ok()?;
        let key = value["custom_id"].as_str().and_then(|key| ObjectId::parse(key).ok())?;
        let result = match model.api {
            Api::Messages => messages::result(client, &value),
            _ => files::result(client, &value),
        };
        Some((key, result?))
    };
    Ok(lines.split(|byte| *byte == b'\n').filter_map(read).collect())
}

/// Removes at the provider what a batch left there. It holds transcripts; but nothing depends on it.
pub fn discard(client: &Client, model: &Model, slip: &Slip, results: &[String]) {
    let paths: Vec<String> = match model.api {
        Api::Messages => vec![messages::path(model, &slip.id)],
        _ => slip.files.iter().chain(results).map(|file| files::path(file)).collect(),
    };
    for path in paths {
        let _ = ask(client, model, "DELETE", &path, None, Repeat::WhenRefused);
    }
}

/// Makes a call whose reply is one JSON value.
pub fn ask(
    client: &Client,
    model: &Model,
    method: &'static str,
    path: &str,
    sent: Option<(&str, &[u8])>,
    repeat: Repeat,
) -> Answered<Value> {
    let url = provider::address(model, path);
    client.call(&Call { method, url: &url, sent, largest: SMALL, repeat }, name(path), json)
}

/// Reads a file of results.
pub fn lines(client: &Client, model: &Model, path: &str) -> Answered<Vec<u8>> {
    let url = provider::address(model, path);
    let call = Call { method: "GET", url: &url, sent: None, largest: LARGEST, repeat: Repeat::Freely };
    client.call(&call, name(path), |bytes| Ok(bytes.to_vec()))
}

/// Seeds the jitter.
fn name(path: &str) -> u64 {
    u64::from(crc32fast::hash(path.as_bytes()))
}
