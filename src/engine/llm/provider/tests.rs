//! Bodies and replies of every interface. Whether the bodies are what the providers document is tested with their own
//! types, outside of this program.

use super::super::schema::OPINION;
use super::*;
use crate::config::{Engine, Settings};
use serde_json::json;

fn model(lines: &str) -> Model {
    let file = format!("[engine]\nmodel = \"m\"\n{lines}\n");
    match Settings::resolve(Some(&file), |_| None, &[]).expect("valid").0.engine {
        Engine::Model(model) => *model,
        Engine::Embedded => panic!("a model is named"),
    }
}

fn asked(lines: &str, format: Format) -> Value {
    let model = model(lines);
    let turns = vec!["first".to_owned(), "theirs".to_owned(), "again".to_owned()];
    body(&Question { model: &model, system: "be good", turns, schema: &OPINION, answer_tokens: 99, format })
}

#[test]
fn each_interface_has_its_own_way_to_hold_an_answer_to_its_shape() {
    let messages = asked("name = \"anthropic\"", Format::Tool);
    assert_eq!(messages["tool_choice"], json!({"type": "tool", "name": "opinion"}));
    assert_eq!(messages["system"][0]["cache_control"], json!({"type": "ephemeral"}));
    assert_eq!(messages["max_tokens"], 99);
    assert_eq!(asked("name = \"ollama\"\ntemperature = 0.5", Format::Text)["options"]["temperature"], 0.5);
    let output = asked("name = \"anthropic\"", Format::Schema);
    assert_eq!(output["output_config"]["format"]["type"], "json_schema");
    let chat = asked("name = \"openai\"", Format::Schema);
    assert_eq!(chat["response_format"]["json_schema"]["strict"], true);
    assert_eq!((&chat["max_completion_tokens"], &chat["max_tokens"]), (&json!(99), &Value::Null));
    assert_eq!(chat["messages"][2], json!({"role": "assistant", "content": "theirs"}));
    let local = asked("name = \"openai\"\nbase-url = \"http://localhost:1/v1\"", Format::Json);
    assert_eq!((&local["max_tokens"], &local["response_format"]["type"]), (&json!(99), &json!("json_object")));
    let responses = asked("name = \"openai\"\napi = \"responses\"", Format::Schema);
    assert_eq!((&responses["text"]["format"]["name"], &responses["store"]), (&json!("opinion"), &json!(false)));
    let ollama = asked("name = \"ollama\"\ncontext-tokens = 8000", Format::Schema);
    assert_eq!((&ollama["format"]["type"], &ollama["options"]["num_ctx"]), (&json!("object"), &json!(8000)));
    for lines in ["name = \"anthropic\"", "name = \"openai\"", "name = \"openai\"\napi = \"responses\""] {
        let text = asked(lines, Format::Text).to_string();
        assert!(
            text.contains("Its JSON schema is") && !text.contains("tool") && !text.contains("json_schema"),
            "{text}"
        );
    }
}

#[test]
fn addresses_are_put_together_as_gateways_want_them() {
    let at = |lines: &str| url(&model(lines));
    assert_eq!(at("name = \"anthropic\""), "https://api.anthropic.com/v1/messages");
    assert_eq!(at("name = \"anthropic\"\nbase-url = \"https://g/v1/\""), "https://g/v1/messages");
    assert_eq!(at("name = \"openai\""), "https://api.openai.com/v1/chat/completions");
    assert_eq!(
        at("name = \"openai\"\nbase-url = \"https://x.azure.com/openai/deployments/d?api-version=2024-10-21\""),
        "https://x.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(at("name = \"ollama\""), "http://127.0.0.1:11434/api/chat");
}

#[test]
fn replies_are_read_with_what_they_cost() {
    let tool = json!({"content": [{"type": "text", "text": "ok"}, {"type": "tool_use", "input": {"a": 1}}],
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 2, "output_tokens": 3}});
    assert_eq!(read(Api::Messages, &tool).as_deref(), Ok("{\"a\":1}"));
    assert_eq!(usage(Api::Messages, &tool), Some(Usage { input: 14, cached: 7, output: 3 }));
    let parts =
        json!({"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}]});
    assert_eq!(read(Api::Chat, &parts).as_deref(), Ok("ab"));
    assert_eq!(usage(Api::Chat, &parts), None);
    let thought = json!({"output": [{"type": "reasoning", "content": []}, {"type": "message",
        "content": [{"type": "output_text", "text": "x"}]}]});
    assert_eq!(read(Api::Responses, &thought).as_deref(), Ok("x"));
}

#[test]
fn a_reply_that_is_cut_off_declined_or_shapeless_is_no_answer() {
    let cut = [
        (Api::Messages, json!({"content": [], "stop_reason": "max_tokens"})),
        (Api::Chat, json!({"choices": [{"message": {"content": "{"}, "finish_reason": "length"}]})),
        (
            Api::Responses,
            json!({"output": [], "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}),
        ),
        (Api::Ollama, json!({"message": {"content": "{"}, "done_reason": "length"})),
    ];
    for (api, body) in cut {
        assert_eq!(read(api, &body), Err(ModelError::CutOff), "{body}");
    }
    let declined = [
        (Api::Messages, json!({"content": [{"text": "no"}], "stop_reason": "refusal"})),
        (Api::Chat, json!({"choices": [{"message": {"content": null, "refusal": "no"}}]})),
        (Api::Responses, json!({"output": [{"content": [{"type": "refusal", "refusal": "no"}]}]})),
    ];
    for (api, body) in declined {
        assert_eq!(read(api, &body), Err(ModelError::Declined { said: "no".to_owned() }), "{body}");
    }
    for api in [Api::Messages, Api::Chat, Api::Responses, Api::Ollama] {
        for body in
            [json!({}), json!([]), json!(null), json!({"content": 1, "choices": {}, "output": "", "message": []})]
        {
            assert!(matches!(read(api, &body), Err(ModelError::Malformed { .. })), "{api:?} {body}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_json_is_read_without_harm(text in "[\\[\\]{}\":,a-z0-9 ]{0,60}") {
        if let Ok(body) = serde_json::from_str::<Value>(&text) {
            for api in [Api::Messages, Api::Chat, Api::Responses, Api::Ollama] {
                let _ = read(api, &body);
                let _ = usage(api, &body);
            }
        }
    }
}
