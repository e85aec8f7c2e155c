//! Turns without credentials, as every engine reads them. What an engine makes of a turn is cut out of its context, and a
//! password without `curl -u` or `PWD=` before it looks like any word: so the whole text is masked, before anybody cuts.

use crate::model::{Content, Turn};
use crate::text::secret;
use serde_json::Value;
use std::borrow::Cow;

/// Masks every credential of a turn.
pub(super) fn mask(turn: &mut Turn) {
    match &mut turn.content {
        Content::Text(text) | Content::Thinking(text) => mask_text(text),
        Content::Result(result) => mask_text(&mut result.text),
        Content::Call(call) => mask_value(&mut call.input),
        Content::Interrupted => {}
    }
}

fn mask_text(text: &mut String) {
    if let Cow::Owned(masked) = secret::mask(text) {
        *text = masked;
    }
}

fn mask_value(value: &mut Value) {
    mask_strings(value);
    // A key and its value are two strings: together they may be a credential.
    let written = value.to_string();
    if secret::found(&written) {
        *value = serde_json::from_str(&secret::mask_values(&written)).unwrap_or(Value::Null);
    }
}

fn mask_strings(value: &mut Value) {
    match value {
        Value::String(text) => mask_text(text),
        Value::Array(items) => items.iter_mut().for_each(mask_strings),
        Value::Object(fields) => fields.values_mut().for_each(mask_strings),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_only_known_by_its_context_is_masked_too() {
        let mut input = json!({"command": "curl -s https://db.corp.example \\\n  -u ada:Tr0ub4dorZ", "env": {"API_KEY": "f3a9c27be18d40569f3a"}, "n": 1});
        mask_value(&mut input);
        assert_eq!(
            input,
            json!({"command": "curl -s https://db.corp.example \\\n  -u ada:[secret removed]", "env": {"API_KEY": "[secret removed]"}, "n": 1})
        );
        let mut text = "no, log in with DB_PASSWORD=whiteduke before you deploy".to_owned();
        mask_text(&mut text);
        assert_eq!(text, "no, log in with DB_PASSWORD=[secret removed] before you deploy");
    }
}
