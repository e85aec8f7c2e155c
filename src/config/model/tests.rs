//! What settings may say of language models, and what they may not.

use super::*;
use crate::config::Settings;

fn read(file: &str) -> Result<Settings, String> {
    Settings::resolve(Some(file), |_| None, &[]).map(|(settings, _)| settings).map_err(|error| error.to_string())
}

fn model(file: &str) -> Model {
    match read(file).expect("valid").engine {
        Engine::Model(model) => *model,
        Engine::Embedded => panic!("a model is named"),
    }
}

fn refusal(lines: &str) -> String {
    read(&format!("[engine]\nname = \"openai\"\nmodel = \"m\"\n{lines}\n")).expect_err(lines)
}

#[test]
fn each_provider_has_defaults() {
    let anthropic = model("[engine]\nname = \"anthropic\"\nmodel = \"m\"\n");
    assert_eq!((anthropic.api, anthropic.base_url.as_str()), (Api::Messages, "https://api.anthropic.com"));
    assert_eq!(anthropic.key, KeySource::Variable("ANTHROPIC_API_KEY".to_owned()));
    let ollama = model("[engine]\nname = \"ollama\"\nmodel = \"m\"\n");
    assert_eq!((ollama.key, ollama.max_parallel), (KeySource::Nowhere, 1));
    assert!(ollama.trusted_url);
}

#[test]
fn everything_can_be_set() {
    let file = "[engine]\nname = \"openai\"\nmodel = \"m\"\napi = \"responses\"\nbase-url = \"http://localhost:8000/v1/\"\n\
        api-key-env = \"TEAM_API_KEY\"\napi-key-header = \"api-key\"\nextra-headers = [\"x-team: billing\"]\n\
        timeout = \"10m\"\nmax-parallel = 16\ntemperature = 0.2\ncontext-tokens = 32000\nanswer-tokens = 2000\n\
        price-input = 3\nprice-output = 15.0\nmax-cost = 2.5\nmax-input-tokens = 100000\n\
        [reviewer]\nname = \"embedded\"\n";
    let settings = read(file).expect("valid");
    assert_eq!(settings.reviewer, Some(Engine::Embedded));
    assert_eq!(settings.budget, Budget { input_tokens: Some(100_000), output_tokens: None, cost: Some(2500) });
    let model = model(file);
    assert_eq!((model.base_url.as_str(), model.timeout_seconds), ("http://localhost:8000/v1", 600));
    assert_eq!((model.temperature, model.max_parallel), (Some(200), 16));
    assert_eq!(model.prices, Some(Prices { input: 3000, cached: None, output: 15_000, halved: false }));
    assert_eq!(model.extra_headers, [("x-team".to_owned(), "billing".to_owned())]);
}

#[test]
fn what_travels_with_the_memory_may_not_run_or_leak_anything() {
    assert!(refusal("api-key-command = \"pass show key\"").contains("git config dream.api-key-command"));
    assert!(refusal("api-key-env = \"AWS_SECRET_ACCESS\"").contains("_API_KEY"));
    let pasted = format!("sk-{}", "a1B2".repeat(10));
    let said = refusal(&format!("api-key-env = \"{pasted}\""));
    assert!(!said.contains(&pasted), "{said}");
    let anthropic = read("[engine]\nname = \"anthropic\"\nmodel = \"m\"\ntemperature = 0.1\n");
    assert!(anthropic.expect_err("it has none").contains("the Messages interface takes none"));
    let said = refusal(&format!("extra-headers = [\"authorization: {pasted}\"]"));
    assert!(said.contains("none of which holds a key") && !said.contains(&pasted), "{said}");
    let said = refusal("base-url = \"https://me:opensesame@gateway.example\"");
    assert!(said.contains("without a password") && !said.contains("opensesame"), "{said}");
    let named = |base: &str| model(&format!("[engine]\nname = \"openai\"\nmodel = \"m\"\nbase-url = \"{base}\"\n"));
    assert!(!named("https://evil.example/v1").trusted_url);
    assert!(!named("http://127.0.0.1.evil.example").trusted_url);
    assert!(named("http://127.0.0.1:8080/v1").trusted_url && named("http://[::1]:8080").trusted_url);
}

#[test]
fn git_config_may_name_what_the_file_may_not() {
    let git = |key: &str| match key {
        "dream.engine" => Some("openai".to_owned()),
        "dream.model" => Some("m".to_owned()),
        "dream.base-url" => Some("https://gateway.example/v1".to_owned()),
        "dream.api-key-command" => Some("pass show key".to_owned()),
        _ => None,
    };
    let settings = Settings::resolve(None, git, &[]).expect("valid").0;
    let Engine::Model(model) = settings.engine else { panic!("a model is named") };
    assert!(model.trusted_url);
    assert_eq!(model.key, KeySource::Command("pass show key".to_owned()));
}

#[test]
fn wrong_values_say_what_is_allowed() {
    for (lines, said) in [
        ("api = \"messages\"", "only with openai"),
        ("base-url = \"gateway\"", "an address"),
        ("base-url = \"https://me:word@gateway.example\"", "without a password"),
        ("timeout = \"2h\"", "at most an hour"),
        ("temperature = 3", "from 0 to 2"),
        ("max-cost = 1.0", "needs price-input"),
        (
            "max-cost = 1.0\nprice-input = 1\nprice-output = 2\n[reviewer]\nname = \"ollama\"\nmodel = \"m\"",
            "of [reviewer] too",
        ),
        ("price-input = 1.0", "together"),
        ("max-parallel = 1000", "at most 64"),
        ("format = \"tool\"", "anthropic"),
        ("modle = \"x\"", "unknown key '[engine] modle'"),
        ("[reviewer]\nmodel = \"m\"", "without a name in [reviewer]"),
        ("[reviewer]\nmax-cost = 1", "unknown key '[reviewer] max-cost'"),
    ] {
        assert!(refusal(lines).contains(said), "{lines}: {}", refusal(lines));
    }
}

#[test]
fn the_hash_follows_the_model_and_not_the_way_to_it() {
    let hash = |lines: &str| read(&format!("[engine]\nname = \"ollama\"\nmodel = \"m\"\n{lines}")).expect(lines).hash();
    assert_eq!(hash(""), hash("timeout = \"5m\"\nmax-parallel = 4\n"));
    assert_ne!(hash(""), hash("temperature = 0.5\n"));
    assert_ne!(hash(""), hash("[reviewer]\nname = \"embedded\"\n"));
}
