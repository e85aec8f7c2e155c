//! The interfaces that servers speak: from a question to a request's body, and from a reply's body to an answer. Pure:
//! nothing here sends anything.

mod chat;
mod messages;
mod ollama;
mod responses;

use super::error::ModelError;
use super::meter::tokens;
use super::schema::Schema;
use crate::config::{Api, Format, Model};
use crate::text::Scrubbed;
use serde_json::Value;
use std::borrow::Cow;

/// What is asked, for any interface.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub model: &'a Model,
    /// The same for all questions of a phase, so that providers can cache it.
    pub system: &'a str,
    /// Begins and ends with our side; theirs stands between.
    pub turns: Vec<String>,
    pub schema: &'a Schema,
    pub answer_tokens: u64,
    pub format: Format,
}

impl<'a> Question<'a> {
    /// Our turns and theirs, each with its role.
    fn roles(&'a self) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.turns.iter().enumerate().map(|(at, text)| (if at % 2 == 0 { "user" } else { "assistant" }, text.as_str()))
    }

    /// What is said of the task; of the shape too, where nothing else holds the answer to it.
    fn system_text(&self) -> Cow<'a, str> {
        match self.format {
            Format::Json | Format::Text => format!(
                "{}\n\nAnswer with one JSON object and nothing else. Its JSON schema is {}",
                self.system, self.schema.json
            )
            .into(),
            _ => self.system.into(),
        }
    }

    fn temperature(&self) -> Option<f64> {
        self.model.temperature.map(|thousandths| thousandths as f64 / 1000.0)
    }
}

/// Tokens as the server counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// All input, cached or not.
    pub input: u64,
    pub cached: u64,
    pub output: u64,
}

/// The strongest way first in which an interface holds an answer to its shape.
pub fn formats(api: Api) -> &'static [Format] {
    match api {
        Api::Messages => &[Format::Tool, Format::Text],
        Api::Chat | Api::Responses | Api::Ollama => &[Format::Schema, Format::Json, Format::Text],
    }
}

/// The path of the interface, below the address in the settings.
pub fn path(model: &Model) -> &'static str {
    let versioned = model.base_url.split('?').next().unwrap_or_default().ends_with("/v1");
    match model.api {
        Api::Messages if versioned => "/messages",
        Api::Messages => "/v1/messages",
        Api::Chat => "/chat/completions",
        Api::Responses => "/responses",
        Api::Ollama => "/api/chat",
    }
}

/// The whole address of the interface.
pub fn url(model: &Model) -> String {
    address(model, path(model))
}

/// The whole address of a path; a query in the settings (`?api-version=…`) stays at the end.
pub fn address(model: &Model, path: &str) -> String {
    match model.base_url.split_once('?') {
        Some((base, query)) => format!("{}{path}?{query}", base.trim_end_matches('/')),
        None => format!("{}{path}", model.base_url),
    }
}

/// The request's body.
pub fn body(question: &Question<'_>) -> Value {
    match question.model.api {
        Api::Messages => messages::body(question),
        Api::Chat => chat::body(question),
        Api::Responses => responses::body(question),
        Api::Ollama => ollama::body(question),
    }
}

/// The answer in a reply's body.
pub fn read(api: Api, body: &Value) -> Result<String, ModelError> {
    match api {
        Api::Messages => messages::read(body),
        Api::Chat => chat::read(body),
        Api::Responses => responses::read(body),
        Api::Ollama => ollama::read(body),
    }
}

/// What the reply says that it cost; `None` where the server does not say. Also an answer of no use costs.
pub fn usage(api: Api, body: &Value) -> Option<Usage> {
    match api {
        Api::Messages => messages::usage(body),
        Api::Chat => chat::usage(body),
        Api::Responses => responses::usage(body),
        Api::Ollama => ollama::usage(body),
    }
}

/// The same, or where the server counted nothing, what we count ourselves.
pub fn usage_or(api: Api, body: &Value, input: u64) -> Usage {
    let estimated = || Usage { input, cached: 0, output: tokens(&body.to_string()) };
    usage(api, body).filter(|usage| usage.input > 0).unwrap_or_else(estimated)
}

fn shapeless() -> ModelError {
    ModelError::Malformed { why: "the reply has not the shape of this interface".to_owned() }
}

fn declined(said: &str) -> ModelError {
    ModelError::Declined { said: Scrubbed::short(said, 160).into_string() }
}

fn number(body: &Value, pointer: &str) -> u64 {
    body.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
