//! Language models as settings name them: provider, interface, address, where the key comes from, prices and budgets.
//! A key itself is never a setting.

mod checked;
mod key;

pub(in crate::config) use checked::{Section, budget, engine};
pub use key::ModelKey;

use super::settings::Engine;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Anthropic,
    OpenAi,
    Ollama,
}

impl Provider {
    pub fn as_str(self) -> &'static str {
        match self {
            Provider::Anthropic => "anthropic",
            Provider::OpenAi => "openai",
            Provider::Ollama => "ollama",
        }
    }

    pub fn base_url(self) -> &'static str {
        match self {
            Provider::Anthropic => "https://api.anthropic.com",
            Provider::OpenAi => "https://api.openai.com/v1",
            Provider::Ollama => "http://127.0.0.1:11434",
        }
    }

    fn key(self) -> KeySource {
        match self {
            Provider::Anthropic => KeySource::Variable("ANTHROPIC_API_KEY".to_owned()),
            Provider::OpenAi => KeySource::Variable("OPENAI_API_KEY".to_owned()),
            Provider::Ollama => KeySource::Nowhere,
        }
    }

    fn context_tokens(self) -> u32 {
        match self {
            Provider::Anthropic => 200_000,
            Provider::OpenAi => 128_000,
            Provider::Ollama => 16_384,
        }
    }
}

/// The interface that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    Messages,
    Chat,
    Responses,
    Ollama,
}

impl Api {
    /// Whether the interface has batches.
    pub fn has_batches(self) -> bool {
        self != Api::Ollama
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Api::Messages => "messages",
            Api::Chat => "chat",
            Api::Responses => "responses",
            Api::Ollama => "ollama",
        }
    }
}

/// How an answer is held to its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The strongest that the interface has; a server that refuses it is asked for less.
    Auto,
    Schema,
    Tool,
    Json,
    Text,
}

/// Where the key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    Nowhere,
    Variable(String),
    /// A shell command that prints it; only git config may name one.
    Command(String),
}

/// Thousandths of a currency unit per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prices {
    pub input: u64,
    /// Input that the provider read from its cache; the price of input where it is not set.
    pub cached: Option<u64>,
    pub output: u64,
    /// What is asked in batches costs half.
    pub halved: bool,
}

/// A language model, and all that is needed to ask it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    pub provider: Provider,
    pub api: Api,
    pub format: Format,
    pub model: String,
    pub base_url: String,
    /// Whether the address is the provider's own, this machine's, or named outside of the memory.
    pub trusted_url: bool,
    pub key: KeySource,
    pub key_header: Option<String>,
    pub extra_headers: Vec<(String, String)>,
    pub ca_file: Option<String>,
    pub timeout_seconds: u32,
    pub max_parallel: u32,
    /// Questions are gathered and sent as batches, whose answers may take a day and cost half.
    pub batch: bool,
    /// In thousandths; `None` leaves it to the provider.
    pub temperature: Option<u64>,
    pub context_tokens: u32,
    pub answer_tokens: u32,
    pub prices: Option<Prices>,
}

/// What one dream may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    /// Thousandths of a currency unit.
    pub cost: Option<u64>,
}

/// What of models goes into the hash of settings: what an answer depends on, not how it is fetched.
pub(super) fn canonical(engine: &Engine, reviewer: Option<&Engine>, budget: &Budget) -> (String, String) {
    let mut more = String::new();
    if let Engine::Model(_) = engine {
        more.push_str(&format!("budget={budget:?}\n"));
    }
    if let Some(reviewer) = reviewer {
        more.push_str(&format!("reviewer={}\n", named(reviewer)));
    }
    (named(engine), more)
}

fn named(engine: &Engine) -> String {
    match engine {
        Engine::Embedded => "Embedded".to_owned(),
        Engine::Model(model) => format!(
            "{} {} {:?} {:?} {} temperature={:?} context={} answer={}",
            model.provider.as_str(),
            model.api.as_str(),
            model.format,
            model.model,
            model.base_url,
            model.temperature,
            model.context_tokens,
            model.answer_tokens
        ),
    }
}

#[cfg(test)]
mod tests;
