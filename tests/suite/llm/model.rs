//! A model for tests: it reads requests of every interface and answers them by simple rules. What people ask to
//! remember becomes a lesson, and each group of lessons one note.

use super::server::{Answer, Asked};
use serde_json::{Value, json};

/// What a request asks for, whatever its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Extract,
    Reconcile,
    Opinion,
}

pub fn phase(body: &Value) -> Phase {
    let all = body.to_string();
    match () {
        () if all.contains("You study the finished session") => Phase::Extract,
        () if all.contains("You keep the memory of AI agents") => Phase::Reconcile,
        () if all.contains("You check one proposed change") => Phase::Opinion,
        () => panic!("a prompt of ours: {all}"),
    }
}

/// The last of our turns.
pub fn user(body: &Value) -> String {
    let turns = body["messages"].as_array().or(body["input"].as_array()).expect("turns");
    let turn = turns.iter().find(|turn| turn["role"] == "user").expect("a turn of ours");
    match &turn["content"] {
        Value::String(text) => text.clone(),
        content => content[0]["text"].as_str().expect("text").to_owned(),
    }
}

/// An answer as the interface of the request puts it.
pub fn reply(asked: &Asked, answer: &str) -> Answer {
    let path = asked.path.split('?').next().unwrap_or_default();
    let body = if path.ends_with("/messages") {
        let content = match asked.body["tool_choice"]["name"].as_str() {
            Some(name) if serde_json::from_str::<Value>(answer).is_ok() => {
                json!([{"type": "tool_use", "id": "t", "name": name, "input": serde_json::from_str::<Value>(answer).expect("JSON")}])
            }
            _ => json!([{"type": "text", "text": answer}]),
        };
        json!({"content": content, "stop_reason": "end_turn", "usage": {"input_tokens": 900, "cache_read_input_tokens": 100, "output_tokens": 50}})
    } else if path.ends_with("/chat/completions") {
        json!({"choices": [{"message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 100}}})
    } else if path.ends_with("/responses") {
        json!({"status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": answer}]}],
            "usage": {"input_tokens": 1000, "output_tokens": 50, "input_tokens_details": {"cached_tokens": 100}}})
    } else {
        json!({"message": {"role": "assistant", "content": answer}, "done": true, "done_reason": "stop",
            "prompt_eval_count": 1000, "eval_count": 50})
    };
    Answer::json(&body)
}

/// The answer that a good model would give.
pub fn good(asked: &Asked) -> String {
    let user = user(&asked.body);
    match phase(&asked.body) {
        Phase::Extract => reflection(&user).to_string(),
        Phase::Reconcile => changes(&user).to_string(),
        Phase::Opinion => json!({"verdict": "supported", "reason": "The quote says so."}).to_string(),
    }
}

fn reflection(user: &str) -> Value {
    let lessons: Vec<Value> = user
        .lines()
        .filter_map(|line| {
            let (turn, said) = line.strip_prefix('[')?.split_once("] user: ")?;
            let said = said.strip_prefix("Remember: ")?;
            Some(json!({"kind": "fact", "text": said, "lasting": true,
                "evidence": [{"turn": turn.parse::<u32>().ok()?, "quote": said}]}))
        })
        .collect();
    json!({"task": "A question was asked.", "approach": "It was answered.", "worked": ["asking"], "failed": [], "lessons": lessons})
}

fn changes(user: &str) -> Value {
    let mut changes: Vec<Value> = Vec::new();
    for group in user.split("Group ").skip(1) {
        let lines: Vec<&str> = group.lines().map(str::trim).filter(|line| line.starts_with('L')).collect();
        let names: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
        let text = lines[0].split_once(") ").expect("a lesson").1.split(" | ").next().expect("words");
        changes.push(
            json!({"change": "add", "kind": "fact", "lessons": names, "note": "", "absorbs": [], "retire": "none",
            "name": text, "text": text, "subject": text, "reason": "People asked to remember it."}),
        );
    }
    json!({"changes": changes})
}
