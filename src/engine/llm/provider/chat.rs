//! Chat completions, as OpenAI, gateways and most local servers speak them.

use super::{Question, Usage, declined, number, shapeless};
use crate::config::Format;
use crate::engine::llm::error::ModelError;
use serde_json::{Value, json};

pub fn body(question: &Question<'_>) -> Value {
    let system = question.system_text();
    let turns = [("system", system.as_ref())].into_iter().chain(question.roles());
    let turns: Vec<Value> = turns.map(|(role, text)| json!({"role": role, "content": text})).collect();
    let mut body = json!({"model": question.model.model, "messages": turns});
    // OpenAI's newer models refuse the old name; older servers know only that one.
    let newer = ["api.openai.com", ".azure.com"].iter().any(|host| question.model.base_url.contains(host));
    body[if newer { "max_completion_tokens" } else { "max_tokens" }] = json!(question.answer_tokens);
    let (name, schema) = (question.schema.name, &question.schema.json);
    match question.format {
        Format::Auto | Format::Schema | Format::Tool => {
            let schema = json!({"name": name, "strict": true, "schema": schema});
            body["response_format"] = json!({"type": "json_schema", "json_schema": schema});
        }
        Format::Json => body["response_format"] = json!({"type": "json_object"}),
        Format::Text => {}
    }
    if let Some(temperature) = question.temperature() {
        body["temperature"] = json!(temperature);
    }
    body
}

pub fn read(body: &Value) -> Result<String, ModelError> {
    let choice = body.pointer("/choices/0").ok_or_else(shapeless)?;
    if let Some(refusal) = choice["message"]["refusal"].as_str() {
        return Err(declined(refusal));
    }
    match choice["finish_reason"].as_str() {
        Some("length") => return Err(ModelError::CutOff),
        Some("content_filter") => return Err(declined("content filter")),
        _ => {}
    }
    let text = match &choice["message"]["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => return Err(shapeless()),
    };
    Ok(text)
}

pub fn usage(body: &Value) -> Option<Usage> {
    body["usage"].is_object().then(|| Usage {
        input: number(body, "/usage/prompt_tokens"),
        cached: number(body, "/usage/prompt_tokens_details/cached_tokens"),
        output: number(body, "/usage/completion_tokens"),
    })
}
