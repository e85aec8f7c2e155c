//! Sends requests: over TLS, through proxies, with a time limit, and again where that may help. It knows statuses and
//! headers, not what is asked. A key goes into one header and nowhere else.

use super::error::ModelError;
use super::provider;
use super::retry::{self, Passing};
use crate::config::{Environment, Model, Provider};
use crate::text::Scrubbed;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::http::Request;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

/// Bytes of a reply that are read, at most.
const LARGEST: u64 = 32 << 20;

/// A key as it goes into a header; it cannot be printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(key: &str) -> Self {
        Self(key.trim().to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(a key)")
    }
}

/// Characters of a key below which it may be a word of the answer: servers on this machine take any.
const TELLING: usize = 12;

/// A time before which nobody asks, and within how much of it after that everybody comes back.
#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Instant,
    spread: Duration,
}

/// The way to one model.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    model: Model,
    key: Option<Secret>,
    environment: Environment,
    /// When it was made: a night outlasts the time at which it began.
    made: Instant,
    /// The variable that names the proxy on the way.
    through: Option<String>,
    /// When one worker is told to wait, all of them do.
    not_before: Mutex<Option<Pause>>,
}

/// One call of an interface.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub method: &'static str,
    pub url: &'a str,
    /// The type of what is sent, and its bytes.
    pub sent: Option<(&'a str, &'a [u8])>,
    /// Bytes of a reply that are read, at most.
    pub largest: u64,
    pub repeat: Repeat,
}

/// Whether a call may be made again when nobody knows what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    Freely,
    /// It would be paid for twice: only where the server said that it did nothing.
    WhenRefused,
}

/// A failure, by whether another try may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Passing(ModelError),
    Final(ModelError),
}

/// A request that is sent again and again gives up at last.
enum Failed {
    Passing(Passing, Option<Duration>),
    Final(ModelError),
}

impl Client {
    pub fn new(model: &Model, key: Option<Secret>, environment: &Environment) -> Result<Self, ModelError> {
        let seconds = Duration::from_secs(u64::from(model.timeout_seconds));
        let (through, proxy) = proxy(&model.base_url, &environment.variables)?.unzip();
        let config = Agent::config_builder()
            .timeout_global(Some(seconds))
            .timeout_connect(Some(seconds.min(Duration::from_secs(20))))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections_per_host(model.max_parallel as usize)
            .user_agent(concat!("git-dream/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy)
            .tls_config(tls(model, environment)?);
        let agent = config.build().new_agent();
        let (model, environment) = (model.clone(), environment.clone());
        let (made, not_before) = (Instant::now(), Mutex::new(None));
        Ok(Self { agent, model, key, environment, made, through, not_before })
    }

    /// Sends a body and gives the reply's, trying again where the failure may pass. `name` seeds the jitter.
    pub fn send(&self, body: &Value, name: u64) -> Result<Value, ModelError> {
        let bytes = serde_json::to_vec(body).expect("a request has only string keys");
        let (url, sent) = (provider::url(&self.model), Some(("application/json", bytes.as_slice())));
        let call = Call { method: "POST", url: &url, sent, largest: LARGEST, repeat: Repeat::Freely };
        self.call(&call, name, json)
    }

    /// Makes a call and reads its reply, again where the failure may pass.
    pub fn call<T>(
        &self,
        call: &Call<'_>,
        name: u64,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, ModelError> {
        let mut tried = 0;
        loop {
            self.hold(name);
            tried += 1;
            let (passing, asked) = match self.once(call, &read) {
                Ok(reply) => return Ok(reply),
                Err(Failed::Final(error)) => return Err(error),
                Err(Failed::Passing(passing, asked)) => (passing, asked),
            };
            if call.repeat == Repeat::WhenRefused && !matches!(passing, Passing::Busy(_)) {
                return Err(self.gave_up(passing, tried));
            }
            let seed = self.environment.seed ^ name;
            let Some(wait) = retry::wait(&passing, asked, tried, seed, retry::haste(&self.environment)) else {
                return Err(self.gave_up(passing, tried));
            };
            if matches!(passing, Passing::Busy(_)) {
                self.hold_everybody(wait);
            } else {
                std::thread::sleep(wait);
            }
        }
    }

    fn once<T>(&self, call: &Call<'_>, read: impl Fn(&[u8]) -> Result<T, String>) -> Result<T, Failed> {
        let mut request = Request::builder().method(call.method).uri(call.url);
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        let built = |error: ureq::http::Error| self.not_sent(&ureq::Error::Http(error));
        let response = match call.sent {
            Some((kind, bytes)) => self.agent.run(request.header("content-type", kind).body(bytes).map_err(built)?),
            None => self.agent.run(request.body(()).map_err(built)?),
        };
        let mut response = response.map_err(|error| self.not_sent(&error))?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let asked = retry::asked(header, self.environment.now + self.made.elapsed());
        let body = response.body_mut().with_config().limit(call.largest).read_to_vec();
        let body = self.without_key(body.map_err(|error| self.not_sent(&error))?);
        match status {
            200..=299 => read(&body).map_err(|why| Failed::Passing(Passing::Broken(why), None)),
            _ => Err(self.refused(call.url, status, &said(serde_json::from_slice(&body).ok().as_ref(), &body), asked)),
        }
    }

    /// What follows from a failure that was told inside of a reply, as if it had come alone.
    pub fn judge(&self, status: u16, error: &Value) -> Fault {
        match self.refused(&provider::url(&self.model), status, &said(Some(error), b""), None) {
            Failed::Passing(passing, _) => Fault::Passing(self.gave_up(passing, 1)),
            Failed::Final(error) => Fault::Final(error),
        }
    }

    fn headers(&self) -> Vec<(&str, String)> {
        let mut headers: Vec<(&str, String)> = Vec::new();
        if self.model.provider == Provider::Anthropic {
            headers.push(("anthropic-version", "2023-06-01".to_owned()));
        }
        let own = if self.model.provider == Provider::Anthropic { "x-api-key" } else { "authorization" };
        if let Some(Secret(key)) = &self.key {
            let name = self.model.key_header.as_deref().unwrap_or(own);
            let value = if name == "authorization" { format!("Bearer {key}") } else { key.clone() };
            headers.push((name, value));
        }
        headers.extend(self.model.extra_headers.iter().map(|(name, value)| (name.as_str(), value.clone())));
        headers
    }

    /// What a server sent, without our key: some say what they were sent, and their words are shown and kept.
    fn without_key(&self, body: Vec<u8>) -> Vec<u8> {
        let key = self.key.as_ref().filter(|Secret(key)| key.len() >= TELLING);
        match key.filter(|Secret(key)| memchr::memmem::find(&body, key.as_bytes()).is_some()) {
            Some(Secret(key)) => String::from_utf8_lossy(&body).replace(key, "[key removed]").into_bytes(),
            None => body,
        }
    }

    fn not_sent(&self, error: &ureq::Error) -> Failed {
        if matches!(error, ureq::Error::Timeout(_)) {
            return Failed::Passing(Passing::Timeout, None);
        }
        let said = Scrubbed::short(&error.to_string(), 160).into_string();
        if let Some((_, why)) = said.split_once("invalid peer certificate: ") {
            let why = match why {
                "UnknownIssuer" => "nobody who is trusted here has signed it",
                why if why.contains("CaUsedAsEndEntity") => "it is an authority's own, which may only sign others",
                why => why,
            };
            let (model, url) = (self.model.model.clone(), self.model.base_url.clone());
            return Failed::Final(ModelError::NotVouchedFor { model, url, why: why.to_owned() });
        }
        let Some(variable) = self.through.clone() else {
            return Failed::Passing(Passing::Broken(format!("the connection failed: {said}")), None);
        };
        match status_of_proxy(error) {
            Some(status @ 400..=499) => Failed::Final(ModelError::ProxyRefused { variable, status }),
            _ => {
                let why = format!("the connection through the proxy that {variable} names failed: {said}");
                Failed::Passing(Passing::Broken(why), None)
            }
        }
    }

    /// A question that nobody got to.
    pub fn unanswered(&self, why: &str) -> Fault {
        Fault::Passing(self.gave_up(Passing::Broken(why.to_owned()), 1))
    }

    fn refused(&self, url: &str, status: u16, said: &str, asked: Option<Duration>) -> Failed {
        let model = self.model.model.clone();
        let lower = said.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let said = said.to_owned();
        match status {
            402 => Failed::Final(ModelError::NoCredit { model, said }),
            429 if has(&["insufficient_quota", "credit balance", "billing"]) => {
                Failed::Final(ModelError::NoCredit { model, said })
            }
            400 if has(&["credit balance"]) => Failed::Final(ModelError::NoCredit { model, said }),
            429 | 503 | 529 => Failed::Passing(Passing::Busy(status), asked),
            401 | 403 => Failed::Final(ModelError::BadKey { model, status, said }),
            404 => Failed::Final(ModelError::Unknown { model, url: url.to_owned(), said }),
            413 => Failed::Final(ModelError::TooLong { said }),
            400 | 422 | 500 if is_too_long(&lower) => Failed::Final(ModelError::TooLong { said }),
            // llama.cpp, where the model's own words did not fit what it was held to: the same again would give the same.
            500 if has(&["output that does not match"]) => Failed::Final(ModelError::Malformed { why: said }),
            408 | 409 | 425 | 500..=599 => {
                Failed::Passing(Passing::Broken(format!("the server failed ({status}): {said}")), asked)
            }
            _ => Failed::Final(ModelError::Rejected { model, status, said }),
        }
    }

    fn gave_up(&self, passing: Passing, tries: u32) -> ModelError {
        let model = self.model.model.clone();
        match passing {
            Passing::Busy(status) => ModelError::Busy { model, status, tries },
            Passing::Timeout => ModelError::Timeout { model, seconds: self.model.timeout_seconds, tries },
            Passing::Broken(why) => ModelError::Unreachable { model, why, tries },
        }
    }

    fn hold_everybody(&self, wait: Duration) {
        let pause = Pause { until: Instant::now() + wait, spread: wait / 8 };
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = Some(not_before.filter(|other| other.until >= pause.until).unwrap_or(pause));
    }

    /// Waits as long as the server asked anybody to, and a little longer: not all workers come back at once.
    fn hold(&self, name: u64) {
        let share = retry::share(self.environment.seed ^ name);
        loop {
            let pause = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
            let until = pause.map(|pause| pause.until + pause.spread.mul_f64(share));
            match until.map(|until| until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero()) {
                Some(left) => std::thread::sleep(left),
                None => return,
            }
        }
    }
}

/// Reads a reply that is one JSON value.
pub fn json(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|_| "the reply is no JSON".to_owned())
}

/// What a proxy answered instead of leading on.
fn status_of_proxy(error: &ureq::Error) -> Option<u16> {
    let ureq::Error::ConnectProxyFailed(said) = error else { return None };
    said.split_once("responded ")?.1.split('/').next()?.parse().ok()
}

/// How servers say that a request does not fit.
fn is_too_long(said: &str) -> bool {
    let words = [
        "context_length_exceeded",
        "context length",
        "context window",
        "context size",
        "maximum context",
        "prompt is too long",
        "too many tokens",
        "input is too long",
        "exceeds the available context",
    ];
    words.iter().any(|word| said.contains(word))
}

/// What a server says of an error, in one short line.
fn said(value: Option<&Value>, body: &[u8]) -> String {
    let fields = ["/error/message", "/error", "/message", "/detail"];
    let found = value.and_then(|value| fields.iter().find_map(|field| value.pointer(field)?.as_str()));
    let code = value.and_then(|value| value.pointer("/error/code").or(value.pointer("/error/type"))?.as_str());
    let text = found.map_or_else(|| String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned(), str::to_owned);
    let text = match code {
        Some(code) if !text.contains(code) => format!("{text} ({code})"),
        _ => text,
    };
    let short = Scrubbed::short(&text, 200).into_string();
    if short.is_empty() { "no reason given".to_owned() } else { short }
}

/// The proxy for an address, by the variables that all tools read, and the one that names it.
fn proxy(base_url: &str, variables: &BTreeMap<String, String>) -> Result<Option<(String, Proxy)>, ModelError> {
    let host = base_url.split("://").nth(1).unwrap_or_default().split(['/', '?']).next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let get = |variable: &str| {
        let both = [variable.to_owned(), variable.to_uppercase()];
        both.into_iter().find_map(|name| variables.get_key_value(&name)).filter(|(_, value)| !value.is_empty())
    };
    let excluded = |list: &str| {
        let entries = list.split(',').map(|entry| entry.trim().trim_start_matches("*.").trim_start_matches('.'));
        let mut entries = entries.filter(|entry| !entry.is_empty());
        entries.any(|entry| entry == "*" || name == entry || host == entry || name.ends_with(&format!(".{entry}")))
    };
    let own = matches!(name, "localhost" | "::1") || name.starts_with("127.");
    if own || get("no_proxy").is_some_and(|(_, list)| excluded(list)) {
        return Ok(None);
    }
    let scheme = if base_url.starts_with("https:") { "https_proxy" } else { "http_proxy" };
    let Some((variable, value)) = get(scheme).or_else(|| get("all_proxy")) else { return Ok(None) };
    let failed = |_| ModelError::Proxy { variable: variable.clone() };
    Proxy::new(value).map(|proxy| Some((variable.clone(), proxy))).map_err(failed)
}

/// The authorities that are trusted: those of the web, or those of the file that settings or `SSL_CERT_FILE` name.
fn tls(model: &Model, environment: &Environment) -> Result<TlsConfig, ModelError> {
    let named = model.ca_file.as_deref().or_else(|| environment.variable("SSL_CERT_FILE"));
    let Some(file) = named.filter(|file| !file.is_empty()) else { return Ok(TlsConfig::default()) };
    let failed = |why: String| ModelError::Certificates { file: file.to_owned(), why };
    let pem = std::fs::read(environment.directory.join(file)).map_err(|error| failed(error.to_string()))?;
    let items = ureq::tls::parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(failed(error.to_string()))),
    });
    let certificates: Vec<Certificate<'static>> = items.collect::<Result<_, _>>()?;
    match certificates.is_empty() {
        true => Err(failed("it holds no certificate".to_owned())),
        false => Ok(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build()),
    }
}

#[cfg(test)]
mod tests;
