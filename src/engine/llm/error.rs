//! What can go wrong between us and a model, by what follows from it: stop at once, try again, or leave one piece of
//! work out. No message repeats a key.

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("ask {model}: no key: the variable {variable} is not set")]
    NoKey { model: String, variable: String },
    #[error("ask {model}: the command for its key failed: {why}")]
    KeyCommand { model: String, why: String },
    #[error("ask {model}: {url} is named only in dream.toml, which travels with the memory")]
    Untrusted { model: String, url: String, setting: &'static str },
    #[error("read the certificates in {file}: {why}")]
    Certificates { file: String, why: String },
    #[error("use the proxy that the variable {variable} names")]
    Proxy { variable: String },
    #[error("go through the proxy that the variable {variable} names: it answered {status}")]
    ProxyRefused { variable: String, status: u16 },
    #[error("ask {model}: the certificate of {url} was not accepted: {why}")]
    NotVouchedFor { model: String, url: String, why: String },
    #[error("ask {model}: the key was not accepted ({status}): {said}")]
    BadKey { model: String, status: u16, said: String },
    #[error("ask {model}: there is no such model or address ({url}): {said}")]
    Unknown { model: String, url: String, said: String },
    #[error("ask {model}: the account has no credit left: {said}")]
    NoCredit { model: String, said: String },
    #[error("ask {model}: it is rate-limited or overloaded ({status}), {tries} times in a row")]
    Busy { model: String, status: u16, tries: u32 },
    #[error("ask {model}: no answer within {seconds} seconds, {tries} times in a row")]
    Timeout { model: String, seconds: u32, tries: u32 },
    #[error("ask {model}: {why}, {tries} times in a row")]
    Unreachable { model: String, why: String, tries: u32 },
    #[error("ask {model}: the request was refused ({status}): {said}")]
    Rejected { model: String, status: u16, said: String },
    #[error("fit the request into the model's context: {said}")]
    TooLong { said: String },
    #[error("get a whole answer: it was longer than answer-tokens allows")]
    CutOff,
    #[error("get an answer: the model declined: {said}")]
    Declined { said: String },
    #[error("understand the answer: {why}")]
    Malformed { why: String },
    #[error("pay for it: {limit} would be exceeded")]
    OverBudget { limit: String },
    #[error("go on after another request failed")]
    Stopped,
    #[error("write the recording: {why}")]
    Recording { why: String },
    #[error("find this request among the recorded ones")]
    NotRecorded,
    #[error("send anything: this run only plans")]
    NotSent,
    #[error("say anything yet: the question goes out with the next batch")]
    NotYet,
    #[error("ask {model} in batches: {url} does not know them: {said}")]
    NoBatches { model: String, url: String, said: String },
    #[error("ask {model}: {why}; nobody knows whether the batch was accepted")]
    BatchUnknown { model: String, why: String },
    #[error("ask {model}: the batch {id} failed: {why}")]
    BatchFailed { model: String, id: String, why: String },
    #[error("write down which batch was sent: {why}")]
    Slip { why: String },
}

impl ModelError {
    /// Whether no other request would fare better.
    pub fn is_fatal(&self) -> bool {
        use ModelError::{BadKey, Certificates, KeyCommand, NoBatches, NoCredit, NoKey, NotVouchedFor};
        use ModelError::{Proxy, ProxyRefused, Recording, Unknown, Untrusted};
        matches!(
            self,
            NoKey { .. }
                | KeyCommand { .. }
                | Untrusted { .. }
                | Certificates { .. }
                | Proxy { .. }
                | ProxyRefused { .. }
                | NotVouchedFor { .. }
                | BadKey { .. }
                | Unknown { .. }
                | NoCredit { .. }
                | Recording { .. }
                | NoBatches { .. }
        )
    }

    /// Whether the way to the model failed, not what was asked of it.
    pub fn is_transport(&self) -> bool {
        use ModelError::{Busy, NotRecorded, Rejected, Timeout, Unreachable};
        matches!(self, NotRecorded | Busy { .. } | Timeout { .. } | Unreachable { .. } | Rejected { .. })
    }

    /// Whether less in one request may help.
    pub fn is_size(&self) -> bool {
        matches!(self, ModelError::TooLong { .. } | ModelError::CutOff)
    }
}
