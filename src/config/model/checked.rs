//! From written values to a model that may be asked. `dream.toml` travels with the memory, so it may not name a command
//! to run, nor an arbitrary variable to send away, and an address in it counts only once git config confirms it.

use super::{Api, Budget, Format, KeySource, Model, ModelKey, Prices, Provider};
use crate::config::settings::Engine;
use crate::config::value::Written;
use crate::config::{ConfigError, Key, Origin};
use crate::text::secret;

/// The two sections that name a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Section {
    Engine,
    Reviewer,
}

impl Section {
    fn name_key(self) -> Key {
        match self {
            Section::Engine => Key::Engine,
            Section::Reviewer => Key::Reviewer,
        }
    }

    fn key(self, key: ModelKey) -> Key {
        match self {
            Section::Engine => Key::Model(key),
            Section::Reviewer => Key::ReviewerModel(key),
        }
    }
}

/// The written values of one section; the last that was written wins.
struct Fields<'w> {
    section: Section,
    written: &'w [Written],
}

impl<'w> Fields<'w> {
    fn last(&self, key: Key) -> Option<&'w Written> {
        self.written.iter().rev().find(|written| written.key == key)
    }

    fn get(&self, key: ModelKey) -> Option<&'w Written> {
        self.last(self.section.key(key))
    }

    fn text(&self, key: ModelKey) -> Result<Option<&'w str>, ConfigError> {
        self.get(key).map(|written| written.text("text in quotes is expected")).transpose()
    }

    fn count(&self, key: ModelKey, default: u32) -> Result<u32, ConfigError> {
        self.get(key).map_or(Ok(default), Written::count)
    }
}

/// The engine that a section names; `None` where it names none.
pub(in crate::config) fn engine(section: Section, written: &[Written]) -> Result<Option<Engine>, ConfigError> {
    let fields = Fields { section, written };
    let Some(name) = fields.last(section.name_key()) else { return without_name(&fields) };
    let allowed = "\"embedded\", \"anthropic\", \"openai\" or \"ollama\" is expected";
    let provider = match name.text(allowed)? {
        "embedded" => return Ok(Some(Engine::Embedded)),
        "anthropic" => Provider::Anthropic,
        "openai" => Provider::OpenAi,
        "ollama" => Provider::Ollama,
        _ => return Err(name.refuse(allowed)),
    };
    let Some(model) = fields.text(ModelKey::Model)? else {
        return Err(name.refuse("it needs a model: set model beside name"));
    };
    checked(&fields, provider, model).map(|model| Some(Engine::Model(Box::new(model))))
}

/// Keys of a reviewer that has no name would do nothing.
fn without_name(fields: &Fields<'_>) -> Result<Option<Engine>, ConfigError> {
    let stray = ModelKey::ALL.iter().find_map(|key| fields.get(*key));
    match stray.filter(|_| fields.section == Section::Reviewer) {
        Some(written) => Err(written.refuse("it has no effect without a name in [reviewer]")),
        None => Ok(None),
    }
}

fn checked(fields: &Fields<'_>, provider: Provider, model: &str) -> Result<Model, ConfigError> {
    let api = api(fields, provider)?;
    let batch = batch(fields, api)?;
    let (base_url, trusted_url) = base_url(fields, provider)?;
    let context_tokens = fields.count(ModelKey::ContextTokens, provider.context_tokens())?;
    let answer_tokens = fields.count(ModelKey::AnswerTokens, 4_096.min(context_tokens / 3).max(1))?;
    if let Some(written) = fields.get(ModelKey::AnswerTokens).filter(|_| answer_tokens > context_tokens / 2) {
        return Err(written.refuse("at most half of context-tokens is expected"));
    }
    Ok(Model {
        provider,
        api,
        format: format(fields, api)?,
        model: model.to_owned(),
        base_url,
        trusted_url,
        key: key_source(fields, provider)?,
        key_header: key_header(fields)?,
        extra_headers: extra_headers(fields)?,
        ca_file: fields.text(ModelKey::CaFile)?.map(str::to_owned),
        timeout_seconds: timeout(fields)?,
        max_parallel: parallel(fields, provider)?,
        batch,
        temperature: temperature(fields, api)?,
        context_tokens,
        answer_tokens,
        prices: prices(fields, batch)?,
    })
}

fn temperature(fields: &Fields<'_>, api: Api) -> Result<Option<u64>, ConfigError> {
    let Some(written) = fields.get(ModelKey::Temperature) else { return Ok(None) };
    if api == Api::Messages {
        return Err(written.refuse("the Messages interface takes none"));
    }
    let allowed = "a number from 0 to 2 is expected";
    match written.thousandths(allowed)? {
        thousandths @ 0..=2000 => Ok(Some(thousandths)),
        _ => Err(written.refuse(allowed)),
    }
}

fn api(fields: &Fields<'_>, provider: Provider) -> Result<Api, ConfigError> {
    let Some(written) = fields.get(ModelKey::Api) else {
        return Ok(match provider {
            Provider::Anthropic => Api::Messages,
            Provider::OpenAi => Api::Chat,
            Provider::Ollama => Api::Ollama,
        });
    };
    let allowed = "\"chat\" or \"responses\" is expected, and only with openai";
    match (provider, written.text(allowed)?) {
        (Provider::OpenAi, "chat") => Ok(Api::Chat),
        (Provider::OpenAi, "responses") => Ok(Api::Responses),
        _ => Err(written.refuse(allowed)),
    }
}

fn format(fields: &Fields<'_>, api: Api) -> Result<Format, ConfigError> {
    let Some(written) = fields.get(ModelKey::Format) else { return Ok(Format::Auto) };
    let allowed = "\"auto\", \"schema\", \"tool\" (anthropic), \"json\" (openai, ollama) or \"text\" is expected";
    match (written.text(allowed)?, api) {
        ("auto", _) => Ok(Format::Auto),
        ("schema", _) => Ok(Format::Schema),
        ("tool", Api::Messages) => Ok(Format::Tool),
        ("json", Api::Chat | Api::Responses | Api::Ollama) => Ok(Format::Json),
        ("text", _) => Ok(Format::Text),
        _ => Err(written.refuse(allowed)),
    }
}

/// The address, and whether it may be sent transcripts.
fn base_url(fields: &Fields<'_>, provider: Provider) -> Result<(String, bool), ConfigError> {
    let Some(written) = fields.get(ModelKey::BaseUrl) else { return Ok((provider.base_url().to_owned(), true)) };
    let allowed = "an address such as \"https://gateway.example/v1\", without a password in it, is expected";
    let url = written.text(allowed)?.trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}#".contains(c);
    if host.contains('@') || secret::found(url) {
        return Err(unsaid(written, "one with a password in it", allowed));
    }
    if host.is_empty() || !url.chars().all(plain) {
        return Err(written.refuse(allowed));
    }
    let outside = !matches!(written.origin, Origin::File { .. });
    Ok((url.to_owned(), outside || url == provider.base_url() || is_local(host)))
}

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    matches!(name, "localhost" | "::1") || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn key_source(fields: &Fields<'_>, provider: Provider) -> Result<KeySource, ConfigError> {
    if let Some(written) = fields.get(ModelKey::ApiKeyCommand) {
        if matches!(written.origin, Origin::File { .. }) {
            return Err(written.refuse("only 'git config dream.api-key-command' may name a command to run"));
        }
        return Ok(KeySource::Command(written.text("a command is expected")?.to_owned()));
    }
    let Some(written) = fields.get(ModelKey::ApiKeyEnv) else { return Ok(provider.key()) };
    let allowed = "the name of a variable that ends in _API_KEY is expected, or \"none\"; others only in git config";
    let name = written.text(allowed)?;
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.as_bytes()[0].is_ascii_digit();
    let file = matches!(written.origin, Origin::File { .. });
    match name {
        "none" => Ok(KeySource::Nowhere),
        _ if is_name && (!file || name.ends_with("_API_KEY")) => Ok(KeySource::Variable(name.to_owned())),
        _ => Err(unsaid(written, "no such name", allowed)),
    }
}

/// A refusal that does not repeat what was written: it may be, or hold, a key.
fn unsaid(written: &Written, found: &str, allowed: &'static str) -> ConfigError {
    let (origin, key) = (written.origin.clone(), written.key.name());
    ConfigError::BadValue { origin, key, found: found.to_owned(), allowed }
}

fn key_header(fields: &Fields<'_>) -> Result<Option<String>, ConfigError> {
    let Some(written) = fields.get(ModelKey::ApiKeyHeader) else { return Ok(None) };
    let allowed = "the name of a header such as \"api-key\" is expected";
    let name = written.text(allowed)?;
    if is_header(name) { Ok(Some(name.to_ascii_lowercase())) } else { Err(written.refuse(allowed)) }
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn extra_headers(fields: &Fields<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    let Some(written) = fields.get(ModelKey::ExtraHeaders) else { return Ok(Vec::new()) };
    let allowed = "a list of headers such as [\"x-team: billing\"] is expected, none of which holds a key";
    let header = |text: &String| -> Option<(String, String)> {
        let (name, value) = text.split_once(':')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        let keyed = matches!(name.as_str(), "authorization" | "x-api-key" | "api-key" | "cookie" | "host");
        let plain = value.bytes().all(|b| (b' '..=b'~').contains(&b));
        (is_header(&name) && !keyed && plain && !secret::found(text)).then_some((name, value))
    };
    let headers: Option<Vec<_>> = written.list(allowed)?.iter().map(header).collect();
    headers.ok_or_else(|| unsaid(written, "no such list", allowed))
}

fn timeout(fields: &Fields<'_>) -> Result<u32, ConfigError> {
    let Some(written) = fields.get(ModelKey::Timeout) else { return Ok(300) };
    let allowed = "a time such as \"90s\" or \"10m\", at most an hour, is expected";
    let text = written.text(allowed)?;
    let seconds = |number: &str, unit: u32| number.parse::<u32>().ok()?.checked_mul(unit);
    let found = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(number), _) => seconds(number, 1),
        (_, Some(number)) => seconds(number, 60),
        _ => None,
    };
    found.filter(|seconds| (1..=3600).contains(seconds)).ok_or_else(|| written.refuse(allowed))
}

fn parallel(fields: &Fields<'_>, provider: Provider) -> Result<u32, ConfigError> {
    let own = if provider == Provider::Ollama { 1 } else { 8 };
    let count = fields.count(ModelKey::MaxParallel, own)?;
    match fields.get(ModelKey::MaxParallel).filter(|_| count > 64) {
        Some(written) => Err(written.refuse("at most 64 is expected")),
        None => Ok(count),
    }
}

/// Whether questions are gathered into batches: as the section says, or, for a reviewer, as the engine does.
fn batch(fields: &Fields<'_>, api: Api) -> Result<bool, ConfigError> {
    match fields.get(ModelKey::Batch) {
        Some(written) if written.flag()? && !api.has_batches() => Err(written.refuse("Ollama's interface has none")),
        Some(written) => written.flag(),
        None => {
            let engine = fields.last(Key::Model(ModelKey::Batch)).map_or(Ok(false), Written::flag)?;
            Ok(engine && api.has_batches())
        }
    }
}

fn prices(fields: &Fields<'_>, halved: bool) -> Result<Option<Prices>, ConfigError> {
    let price = |key| {
        let allowed = "a price per million tokens such as 3.0 is expected";
        fields.get(key).map(|written| written.thousandths(allowed)).transpose()
    };
    let (input, output) = (price(ModelKey::PriceInput)?, price(ModelKey::PriceOutput)?);
    let cached = price(ModelKey::PriceCached)?;
    match (input, output) {
        (Some(input), Some(output)) => Ok(Some(Prices { input, cached, output, halved })),
        (None, None) if cached.is_none() => Ok(None),
        _ => {
            let written = [ModelKey::PriceInput, ModelKey::PriceOutput, ModelKey::PriceCached];
            let written = written.into_iter().find_map(|key| fields.get(key)).expect("one of them was written");
            Err(written.refuse("price-input and price-output are expected together"))
        }
    }
}

/// What a dream may spend. A limit on cost without prices could not be kept.
pub(in crate::config) fn budget(
    written: &[Written],
    engine: &Engine,
    reviewer: Option<&Engine>,
) -> Result<Budget, ConfigError> {
    let fields = Fields { section: Section::Engine, written };
    let count = |key| fields.get(key).map(|written| written.count().map(u64::from)).transpose();
    let cost = fields.get(ModelKey::MaxCost);
    let unpriced = |engine: &Engine| matches!(engine, Engine::Model(model) if model.prices.is_none());
    if let Some(written) = cost.filter(|_| unpriced(engine)) {
        return Err(written.refuse("it needs price-input and price-output"));
    }
    if let Some(written) = cost.filter(|_| reviewer.is_some_and(unpriced)) {
        return Err(written.refuse("it needs price-input and price-output of [reviewer] too (0 where it is free)"));
    }
    let allowed = "an amount such as 2.50 is expected";
    Ok(Budget {
        input_tokens: count(ModelKey::MaxInputTokens)?,
        output_tokens: count(ModelKey::MaxOutputTokens)?,
        cost: cost.map(|written| written.thousandths(allowed)).transpose()?,
    })
}
