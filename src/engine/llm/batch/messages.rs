//! Anthropic's Message Batches: all questions in one request, results as lines under an address of the batch's own.

use super::super::client::{Client, Fault, Repeat};
use super::super::error::ModelError;
use super::super::provider;
use super::Queued;
use super::wire::{Looked, Result as Answer, Sent, ask, id_in, lines};
use crate::config::Model;
use crate::model::ObjectId;
use serde_json::{Value, json};

pub fn path(model: &Model, id: &str) -> String {
    format!("{}/batches/{id}", provider::path(model))
}

pub fn create(client: &Client, model: &Model, questions: &[(&ObjectId, &Queued)]) -> Result<Sent, ModelError> {
    let requests: Vec<Value> = questions
        .iter()
        .map(|(key, question)| json!({"custom_id": key.to_string(), "params": question.request}))
        .collect();
    let body = serde_json::to_vec(&json!({"requests": requests})).expect("a request has only string keys");
    let url = format!("{}/batches", provider::path(model));
    let reply = ask(client, model, "POST", &url, Some(("application/json", &body)), Repeat::WhenRefused)?;
    Ok(Sent { id: id_in(&reply, "id")?, files: Vec::new() })
}

pub fn look(client: &Client, model: &Model, id: &str) -> Result<Looked, ModelError> {
    let reply = ask(client, model, "GET", &path(model, id), None, Repeat::Freely)?;
    let count = |name: &str| reply["request_counts"][name].as_u64().unwrap_or(0);
    let answered = count("succeeded") + count("errored") + count("canceled") + count("expired");
    Ok(match reply["processing_status"].as_str() {
        Some("ended") => Looked::Ended(Vec::new()),
        Some("in_progress" | "canceling") => Looked::Working { answered, questions: answered + count("processing") },
        _ => return Err(ModelError::Malformed { why: "the batch has no status that is known".to_owned() }),
    })
}

/// The address in the reply is not followed: the key goes only where settings say.
pub fn results(client: &Client, model: &Model, id: &str) -> Result<Vec<u8>, ModelError> {
    lines(client, model, &format!("{}/results", path(model, id)))
}

pub fn result(client: &Client, line: &Value) -> Option<Answer> {
    let result = &line["result"];
    Some(match result["type"].as_str()? {
        "succeeded" => Answer::Reply(result["message"].clone()),
        "errored" => Answer::Failed(fault(client, &result["error"])),
        kind @ ("canceled" | "expired") => Answer::Failed(client.unanswered(&format!("the question was {kind}"))),
        _ => return None,
    })
}

/// An error as it would have come with a status.
fn fault(client: &Client, error: &Value) -> Fault {
    let inner = if error["error"].is_object() { error } else { &json!({"error": error}) };
    let status = match inner["error"]["type"].as_str() {
        Some("authentication_error") => 401,
        Some("billing_error") => 402,
        Some("permission_error") => 403,
        Some("not_found_error") => 404,
        Some("request_too_large") => 413,
        Some("rate_limit_error") => 429,
        Some("overloaded_error") => 529,
        Some("api_error" | "timeout_error") => 500,
        _ => 400,
    };
    client.judge(status, inner)
}
