//! From what a model wrote to JSON. Models put fences, thoughts or a comma too many around it; what is still no JSON
//! after that is malformed, and never guessed at.

use serde_json::Value;

/// Bytes of an answer that are looked at, at most.
const LONGEST: usize = 1 << 20;

/// The JSON object in a text.
pub fn object(text: &str) -> Result<Value, String> {
    if text.len() > LONGEST {
        return Err(format!("the answer is longer than {LONGEST} bytes"));
    }
    let text = without_thoughts(text).trim();
    let whole = serde_json::from_str(text).ok();
    let inner = || outermost(text).and_then(parse);
    match whole.or_else(inner) {
        Some(value @ Value::Object(_)) => Ok(value),
        Some(_) => Err("the answer is JSON, but no object".to_owned()),
        None if text.is_empty() => Err("the answer is empty".to_owned()),
        None => Err("the answer holds no JSON object".to_owned()),
    }
}

/// What follows the thoughts that some models write down first.
fn without_thoughts(text: &str) -> &str {
    match text.trim_start().strip_prefix("<think>") {
        Some(rest) => rest.split_once("</think>").map_or("", |(_, answer)| answer),
        None => text,
    }
}

/// From the first brace to the one that closes it.
fn outermost(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(&text[start..=at]);
                }
            }
            _ => {}
        }
    }
    None
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&without_trailing_commas(text)).ok())
}

/// Drops a comma before a closing bracket, outside of strings.
fn without_trailing_commas(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if !quoted && matches!(c, '}' | ']') {
            let kept = clean.trim_end().trim_end_matches(',').len();
            if clean[kept..].contains(',') {
                clean.truncate(kept);
            }
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        clean.push(c);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_in_what_models_put_around_it() {
        for text in [
            r#"{"a": "}"}"#,
            "```json\n{\"a\": \"}\"}\n```",
            "<think>{}</think> Sure! {\"a\": \"}\",} Hope it helps.",
            "Here: {\"a\": \"}\"\n,\n} {\"b\": 1}",
        ] {
            assert_eq!(object(text), Ok(serde_json::json!({"a": "}"})), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused_with_a_reason() {
        for text in ["", "[1]", "no", "{\"a\": ", "<think>{\"a\": 1}", "null"] {
            assert!(object(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "[ -~\\n{}\",\\[\\]]{0,80}") {
            let _ = object(&text);
        }
    }
}
