//! OpenAI's batches: a file of questions is uploaded, a batch made of it, and its results lie in files again. All of
//! these files are removed when the results are kept.

use super::super::client::{Client, Repeat};
use super::super::error::ModelError;
use super::super::provider;
use super::Queued;
use super::wire::{Looked, Result as Answer, Sent, ask, id_in, lines};
use crate::config::Model;
use crate::model::ObjectId;
use crate::text::Scrubbed;
use serde_json::{Value, json};

pub fn path(file: &str) -> String {
    format!("/files/{file}")
}

/// The interface as a batch names it, whatever the settings' address begins with.
fn endpoint(model: &Model) -> String {
    format!("/v1{}", provider::path(model))
}

pub fn create(client: &Client, model: &Model, questions: &[(&ObjectId, &Queued)]) -> Result<Sent, ModelError> {
    let endpoint = endpoint(model);
    let mut content = Vec::new();
    for (key, question) in questions {
        let line = json!({"custom_id": key.to_string(), "method": "POST", "url": endpoint, "body": question.request});
        content.extend_from_slice(line.to_string().as_bytes());
        content.push(b'\n');
    }
    let (kind, form) = form(&content);
    let file = ask(client, model, "POST", "/files", Some((&kind, &form)), Repeat::Freely)?;
    let file = id_in(&file, "id")?;
    let body = json!({"input_file_id": file, "endpoint": endpoint, "completion_window": "24h"}).to_string();
    let sent = Some(("application/json", body.as_bytes()));
    let reply = ask(client, model, "POST", "/batches", sent, Repeat::WhenRefused)?;
    Ok(Sent { id: id_in(&reply, "id")?, files: vec![file] })
}

/// A form with a purpose and a file (RFC 7578). The boundary is made of the content, so that it does not stand in it.
fn form(content: &[u8]) -> (String, Vec<u8>) {
    let boundary = format!("git-dream-{}", ObjectId::of_blob(content));
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"dream.jsonl\"\r\n\
         Content-Type: application/jsonl\r\n\r\n"
    );
    let mut form = head.into_bytes();
    form.extend_from_slice(content);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), form)
}

pub fn look(client: &Client, model: &Model, id: &str) -> Result<Looked, ModelError> {
    let reply = ask(client, model, "GET", &format!("/batches/{id}"), None, Repeat::Freely)?;
    let count = |name: &str| reply["request_counts"][name].as_u64().unwrap_or(0);
    match reply["status"].as_str() {
        Some("completed" | "expired" | "cancelled") => {
            let files = ["output_file_id", "error_file_id"].into_iter();
            let named = files.filter(|field| reply[*field].is_string());
            Ok(Looked::Ended(named.map(|field| id_in(&reply, field)).collect::<Result<_, _>>()?))
        }
        Some("failed") => {
            let said = reply.pointer("/errors/data/0/message").and_then(Value::as_str).unwrap_or("no reason given");
            let why = Scrubbed::short(said, 200).into_string();
            Err(ModelError::BatchFailed { model: model.model.clone(), id: id.to_owned(), why })
        }
        Some("validating" | "in_progress" | "finalizing" | "cancelling") => {
            Ok(Looked::Working { answered: count("completed") + count("failed"), questions: count("total") })
        }
        _ => Err(ModelError::Malformed { why: "the batch has no status that is known".to_owned() }),
    }
}

pub fn results(client: &Client, model: &Model, names: &[String]) -> Result<Vec<u8>, ModelError> {
    let mut all = Vec::new();
    for name in names {
        all.extend(lines(client, model, &format!("{}/content", path(name)))?);
        all.push(b'\n');
    }
    Ok(all)
}

pub fn result(client: &Client, line: &Value) -> Option<Answer> {
    if line["error"].is_object() {
        return Some(Answer::Failed(client.unanswered("the batch ended before this question's turn")));
    }
    let body = &line["response"]["body"];
    match u16::try_from(line["response"]["status_code"].as_u64()?).ok()? {
        200..=299 => Some(Answer::Reply(body.clone())),
        status => Some(Answer::Failed(client.judge(status, body))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_a_form_of_two_parts() {
        let (kind, form) = form(b"{}\n");
        let boundary = kind.split("boundary=").nth(1).expect("a boundary");
        let form = String::from_utf8(form).expect("text");
        assert_eq!(form.matches(boundary).count(), 3);
        assert!(form.ends_with(&format!("{{}}\n\r\n--{boundary}--\r\n")), "{form}");
    }
}
