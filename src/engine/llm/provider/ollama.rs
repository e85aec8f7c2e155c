//! Ollama's own chat. The size of the context is ours to set there: its default silently drops the beginning.

use super::{Question, Usage, shapeless};
use crate::config::Format;
use crate::engine::llm::error::ModelError;
use serde_json::{Value, json};

pub fn body(question: &Question<'_>) -> Value {
    let system = question.system_text();
    let turns = [("system", system.as_ref())].into_iter().chain(question.roles());
    let turns: Vec<Value> = turns.map(|(role, text)| json!({"role": role, "content": text})).collect();
    let mut options = json!({"num_ctx": question.model.context_tokens, "num_predict": question.answer_tokens});
    if let Some(temperature) = question.temperature() {
        options["temperature"] = json!(temperature);
    }
    let mut body = json!({"model": question.model.model, "messages": turns, "stream": false, "options": options});
    match question.format {
        Format::Auto | Format::Schema | Format::Tool => body["format"] = question.schema.json.clone(),
        Format::Json => body["format"] = json!("json"),
        Format::Text => {}
    }
    body
}

pub fn read(body: &Value) -> Result<String, ModelError> {
    let text = body.pointer("/message/content").and_then(Value::as_str).ok_or_else(shapeless)?;
    if body["done_reason"] == "length" {
        return Err(ModelError::CutOff);
    }
    Ok(text.to_owned())
}

pub fn usage(body: &Value) -> Option<Usage> {
    let count = |name: &str| body[name].as_u64();
    count("prompt_eval_count").zip(count("eval_count")).map(|(input, output)| Usage { input, cached: 0, output })
}
