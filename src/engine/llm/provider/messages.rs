//! Anthropic's Messages: a forced tool (or `output_config`) gives the shape, `cache_control` marks what stays the same.

use super::{Question, Usage, declined, number, shapeless};
use crate::config::Format;
use crate::engine::llm::error::ModelError;
use serde_json::{Value, json};

pub fn body(question: &Question<'_>) -> Value {
    let turns = question.roles().map(|(role, text)| json!({"role": role, "content": [{"type": "text", "text": text}]}));
    // The interface takes no temperature.
    let mut body = json!({
        "model": question.model.model,
        "max_tokens": question.answer_tokens,
        "system": [{"type": "text", "text": question.system_text(), "cache_control": {"type": "ephemeral"}}],
        "messages": turns.collect::<Vec<_>>(),
    });
    let (name, schema) = (question.schema.name, &question.schema.json);
    match question.format {
        Format::Auto | Format::Tool => {
            body["tools"] = json!([{"name": name, "description": question.schema.about, "input_schema": schema}]);
            body["tool_choice"] = json!({"type": "tool", "name": name});
        }
        Format::Schema => body["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}}),
        Format::Json | Format::Text => {}
    }
    body
}

pub fn read(body: &Value) -> Result<String, ModelError> {
    let blocks = body["content"].as_array().ok_or_else(shapeless)?;
    let said = || blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n");
    match body["stop_reason"].as_str() {
        Some("max_tokens") => return Err(ModelError::CutOff),
        Some("refusal") => return Err(declined(&said())),
        _ => {}
    }
    let tool = blocks.iter().find(|block| block["type"] == "tool_use").map(|block| block["input"].to_string());
    Ok(tool.unwrap_or_else(said))
}

pub fn usage(body: &Value) -> Option<Usage> {
    body["usage"].is_object().then(|| {
        let cached = number(body, "/usage/cache_read_input_tokens");
        let input = number(body, "/usage/input_tokens") + number(body, "/usage/cache_creation_input_tokens") + cached;
        Usage { input, cached, output: number(body, "/usage/output_tokens") }
    })
}
