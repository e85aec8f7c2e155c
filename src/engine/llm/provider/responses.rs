//! OpenAI's Responses. Nothing is stored on their side: every question is whole.

use super::{Question, Usage, declined, number, shapeless};
use crate::config::Format;
use crate::engine::llm::error::ModelError;
use serde_json::{Value, json};

pub fn body(question: &Question<'_>) -> Value {
    let turns: Vec<Value> =
        question.roles().map(|(role, text)| json!({"type": "message", "role": role, "content": text})).collect();
    let mut body = json!({
        "model": question.model.model,
        "instructions": question.system_text(),
        "input": turns,
        "max_output_tokens": question.answer_tokens,
        "store": false,
    });
    let (name, schema) = (question.schema.name, &question.schema.json);
    match question.format {
        Format::Auto | Format::Schema | Format::Tool => {
            let format = json!({"type": "json_schema", "name": name, "strict": true, "schema": schema});
            body["text"] = json!({"format": format});
        }
        Format::Json => body["text"] = json!({"format": {"type": "json_object"}}),
        Format::Text => {}
    }
    if let Some(temperature) = question.temperature() {
        body["temperature"] = json!(temperature);
    }
    body
}

pub fn read(body: &Value) -> Result<String, ModelError> {
    let items = body["output"].as_array().ok_or_else(shapeless)?;
    let parts = || items.iter().filter_map(|item| item["content"].as_array()).flatten();
    if let Some(refusal) = parts().find_map(|part| part["refusal"].as_str()) {
        return Err(declined(refusal));
    }
    if body["status"] == "incomplete" {
        let filtered = body.pointer("/incomplete_details/reason").and_then(Value::as_str) == Some("content_filter");
        return Err(if filtered { declined("content filter") } else { ModelError::CutOff });
    }
    let said = parts().filter(|part| part["type"] == "output_text");
    let text: String = said.filter_map(|part| part["text"].as_str()).collect();
    Ok(text)
}

pub fn usage(body: &Value) -> Option<Usage> {
    body["usage"].is_object().then(|| Usage {
        input: number(body, "/usage/input_tokens"),
        cached: number(body, "/usage/input_tokens_details/cached_tokens"),
        output: number(body, "/usage/output_tokens"),
    })
}
