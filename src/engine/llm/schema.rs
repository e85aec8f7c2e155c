//! The shapes of answers: as JSON schemas for servers that can hold a model to them, and as types for us, who trust
//! nobody's word that they did. Every property is required and none may be added, as strict modes demand.

use crate::model::{ChangeType, Kind, RetireReason};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A shape with the name by which it is asked for.
#[derive(Debug)]
pub struct Schema {
    pub name: &'static str,
    pub about: &'static str,
    pub json: Value,
}

fn object(properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(|fields| fields.keys()).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn kinds() -> Vec<&'static str> {
    Kind::ALL.iter().map(|kind| kind.as_str()).collect()
}

/// The changes that a model may ask for.
const CHANGES: [ChangeType; 6] = [
    ChangeType::Add,
    ChangeType::Revise,
    ChangeType::Join,
    ChangeType::Supersede,
    ChangeType::Correct,
    ChangeType::Retire,
];

pub static REFLECTION: LazyLock<Schema> = LazyLock::new(|| {
    let evidence = object(json!({"turn": {"type": "integer"}, "quote": text()}));
    let lesson = object(json!({
        "kind": {"type": "string", "enum": kinds()},
        "text": text(),
        "lasting": {"type": "boolean"},
        "evidence": list(evidence),
    }));
    let json = object(json!({
        "task": text(), "approach": text(), "worked": list(text()), "failed": list(text()), "lessons": list(lesson),
    }));
    Schema { name: "reflection", about: "What one session taught", json }
});

pub static CHANGES_SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let retire: Vec<&str> = RetireReason::ALL.iter().map(|reason| reason.as_str()).chain(["none"]).collect();
    let change = object(json!({
        "change": {"type": "string", "enum": CHANGES.map(ChangeType::as_str)},
        "kind": {"type": "string", "enum": kinds()},
        "lessons": list(text()),
        "note": text(),
        "absorbs": list(text()),
        "retire": {"type": "string", "enum": retire},
        "name": text(),
        "text": text(),
        "subject": text(),
        "reason": text(),
    }));
    let json = object(json!({"changes": list(change)}));
    Schema { name: "changes", about: "How memory should change", json }
});

pub static OPINION: LazyLock<Schema> = LazyLock::new(|| {
    let verdicts: Vec<&str> = crate::model::Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect();
    let json = object(json!({"reason": text(), "verdict": {"type": "string", "enum": verdicts}}));
    Schema { name: "opinion", about: "Whether the evidence supports the change", json }
});

/// What a model says of a session.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RawReflection {
    #[serde(default)]
    pub task: String,
    #[serde(default)]
    pub approach: String,
    #[serde(default)]
    pub worked: Vec<String>,
    #[serde(default)]
    pub failed: Vec<String>,
    pub lessons: Vec<RawLesson>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct RawLesson {
    /// A word, not yet a kind: an unknown one costs one lesson, not the answer.
    pub kind: String,
    pub text: String,
    #[serde(default)]
    pub lasting: bool,
    pub evidence: Vec<RawEvidence>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct RawEvidence {
    #[serde(deserialize_with = "turn")]
    pub turn: i64,
    pub quote: String,
}

/// What a model says should change.
#[derive(Debug, Clone, Deserialize)]
pub struct RawChanges {
    pub changes: Vec<RawChange>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct RawChange {
    /// Words, not yet types: one unknown word costs one change, not the answer.
    pub change: String,
    pub kind: String,
    pub lessons: Vec<String>,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub absorbs: Vec<String>,
    #[serde(default)]
    pub retire: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub reason: String,
}

impl RawChange {
    /// The change, if it is one that a model may ask for.
    pub fn change(&self) -> Option<ChangeType> {
        self.change.parse().ok().filter(|change| CHANGES.contains(change))
    }
}

/// A number that is no turn (`-0`, `1e3`) names none: it costs one quote, not the answer.
fn turn<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Value::deserialize(deserializer).map(|value| value.as_i64().unwrap_or(0))
}

/// What a reviewer says.
#[derive(Debug, Clone, Deserialize)]
pub struct RawOpinion {
    pub verdict: String,
    #[serde(default)]
    pub reason: String,
}
