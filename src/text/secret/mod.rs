//! Finds credentials and masks them: by the formats that providers document, and by what is said of them. It refuses to
//! keep or log what it found, and says of each only its kind and its place. Linear in the text: two searches for many
//! words at once, and a look at what stands around each hit.

mod context;
mod formats;
mod forms;
mod noise;
mod openings;
mod providers;

use crate::text::listed;
use context::CUES;
use formats::{FORMATS, Place};
use forms::{FORMS, USER_NAME};
use openings::Openings;
use providers::PROVIDERS;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

/// What stands where a secret stood.
pub const MASK: &str = "[secret removed]";

/// A value of fewer bytes may stand elsewhere by chance.
const LONG: usize = 8;
/// Values of one text that are looked for again.
const MOST: usize = 16;

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it is, such as `GitHub token`.
    pub kind: &'static str,
    /// Its bytes, without the name or quotes around it.
    pub range: Range<usize>,
}

static OPENINGS: LazyLock<Openings> = LazyLock::new(|| Openings::of(literals()));

/// All literals that anything can begin with, searched for at once: formats first, then forms, providers and cues. In
/// any case; formats are looked at again in theirs.
fn literals() -> impl Iterator<Item = &'static str> {
    let formats = FORMATS.iter().map(|format| format.prefix);
    let forms = FORMS.iter().map(|form| form.literal);
    let providers = PROVIDERS.iter().map(|provider| provider.word);
    formats.chain(forms).chain(providers).chain(CUES.iter().map(|(word, _)| *word))
}

/// Where one of the literals stands that a credential can begin with. What it is, the text around it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    literal: usize,
    pub range: Range<usize>,
}

impl Hit {
    /// The same hit in a text that begins later, or lost bytes before it.
    pub fn earlier(&self, by: usize) -> Self {
        Self { literal: self.literal, range: self.range.start - by..self.range.end - by }
    }
}

/// All literals of a text, by where they end: the part of the search that costs, done once for texts within texts.
pub fn search(text: &[u8]) -> Vec<Hit> {
    OPENINGS.find(text)
}

/// Whether a hit may be a credential, as far as the raw JSON that it stands in tells before its strings are decoded.
/// Most hits are the beginnings of words.
pub fn may_be(raw: &[u8], hit: &Hit) -> bool {
    hit.literal >= FORMATS.len() || formats::may_begin_in(raw, hit.literal, hit.range.clone())
}

/// Every credential of the text, in order and apart; the user's own patterns count too.
pub fn find(text: &[u8]) -> Vec<Secret> {
    find_at(text, search(text).into_iter())
}

fn find_at(text: &[u8], hits: impl Iterator<Item = Hit>) -> Vec<Secret> {
    let mut found: Vec<Secret> = candidates(text, hits).collect();
    found.extend(repeated(text, &found));
    found.sort_by_key(|secret| (secret.range.start, std::cmp::Reverse(secret.range.end)));
    let mut end = 0;
    found.retain(|secret| {
        let apart = secret.range.start >= end;
        end = end.max(secret.range.end);
        apart
    });
    found
}

/// Where the same bytes stand again: a key is often said once with its name and then by itself.
fn repeated(text: &[u8], found: &[Secret]) -> Vec<Secret> {
    // A word that anybody uses is no more than itself elsewhere.
    let tells = |secret: &&Secret| {
        let value = &text[secret.range.clone()];
        value.len() >= LONG && secret.kind != USER_NAME && !noise::is_placeholder(value)
    };
    let values: BTreeMap<&[u8], &'static str> =
        found.iter().filter(tells).map(|secret| (&text[secret.range.clone()], secret.kind)).collect();
    let again = |value: &[u8], kind: &'static str| -> Vec<Secret> {
        let places = memchr::memmem::find_iter(text, value);
        places.map(|start| Secret { kind, range: start..start + value.len() }).collect()
    };
    // More values than this in one text are a list of keys, each said once.
    values.into_iter().take(MOST).flat_map(|(value, kind)| again(value, kind)).collect()
}

/// Replaces every credential by [`MASK`]. Borrowed when there was none; masking twice changes nothing.
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_at(text, search(text.as_bytes()).into_iter())
}

/// Like [`mask`], where a [`search`] has found all literals of the text.
pub fn mask_at(text: &str, hits: impl Iterator<Item = Hit>) -> Cow<'_, str> {
    let found = find_at(text.as_bytes(), hits);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut new, mut at) = (String::with_capacity(text.len()), 0);
    for Secret { range, .. } in found {
        // A value that is not ASCII may be cut inside a character.
        let (start, end) = (floor(text, range.start).max(at), ceiling(text, range.end));
        new.push_str(&text[at..start]);
        new.push_str(MASK);
        at = end;
    }
    new.push_str(&text[at..]);
    Cow::Owned(new)
}

/// Like [`mask`], in raw JSON: what stands for a secret is a value, so the text stays JSON.
pub fn mask_values(json: &str) -> String {
    mask(json).into_owned()
}

/// Whether the text holds a credential.
pub fn found(text: &str) -> bool {
    found_at(text, search(text.as_bytes()).into_iter())
}

/// Like [`found`], where a [`search`] has found all literals of the text.
pub fn found_at(text: &str, hits: impl Iterator<Item = Hit>) -> bool {
    candidates(text.as_bytes(), hits).next().is_some()
}

/// What kinds of credentials the text holds, in words.
pub fn kinds(text: &str) -> BTreeSet<&'static str> {
    candidates(text.as_bytes(), search(text.as_bytes()).into_iter()).map(|secret| secret.kind).collect()
}

fn candidates<'a>(text: &'a [u8], hits: impl Iterator<Item = Hit> + 'a) -> impl Iterator<Item = Secret> + 'a {
    let own = listed::extra().into_iter().flat_map(move |pattern| pattern.find_iter(text));
    let own =
        own.filter(|found| !found.is_empty()).map(|found| Secret { kind: "listed pattern", range: found.range() });
    let counts = move |secret: &Secret| {
        let value = &text[secret.range.clone()];
        !is_masked(value) && !noise::is_published(value) && !listed::allows(value)
    };
    hits.filter_map(move |hit| built_in(text, hit)).filter(counts).chain(own)
}

/// Whether this is what stands for a secret, or the word that it begins with.
fn is_masked(value: &[u8]) -> bool {
    value.starts_with(b"[secret")
}

fn built_in(text: &[u8], hit: Hit) -> Option<Secret> {
    let mut number = hit.literal;
    if number < FORMATS.len() {
        return by_format(text, number, hit.range);
    }
    number -= FORMATS.len();
    if number < FORMS.len() {
        let range = forms::matched(number, text, hit.range)?;
        return announced(text, FORMS[number].kind, range);
    }
    number -= FORMS.len();
    if number < PROVIDERS.len() {
        let range = providers::matched(number, text, hit.range)?;
        return announced(text, PROVIDERS[number].kind, range);
    }
    by_context(text, number - PROVIDERS.len(), hit.range)
}

fn by_format(text: &[u8], number: usize, hit: Range<usize>) -> Option<Secret> {
    let format = &FORMATS[number];
    let range = formats::matched(number, text, hit.clone())?;
    let drawn = if range.start == hit.start { &text[hit.end..range.end] } else { &text[range.clone()] };
    let short = format.prefix.len() <= 4 && !["AWS", "GitHub"].iter().any(|kind| format.kind.starts_with(kind));
    let tells = match format.place {
        Place::After(_) => noise::entropy(drawn) >= 3.0,
        _ => !short || is_lone(text, range.start, drawn),
    };
    (tells && !is_sample(drawn)).then_some(Secret { kind: format.kind, range })
}

fn by_context(text: &[u8], number: usize, hit: Range<usize>) -> Option<Secret> {
    let (_, cue) = CUES[number];
    let range = context::value(text, cue, hit)?;
    let kind = if cue == context::Cue::Password { "password" } else { "key or token" };
    announced(text, kind, range)
}

/// What is said to be a credential, unless it begins as a provider's do and is none of theirs.
fn announced(text: &[u8], kind: &'static str, range: Range<usize>) -> Option<Secret> {
    let value = &text[range.clone()];
    let slack = value.starts_with(b"xox") && value.get(4) == Some(&b'-');
    (!slack || formats::is_slack(value)).then_some(Secret { kind, range })
}

/// A prefix of few letters says little: what follows must look drawn, and nothing but white space or a quote lead to it.
fn is_lone(text: &[u8], start: usize, drawn: &[u8]) -> bool {
    let after_name = start > 0 && matches!(text[start - 1], b'.' | b'/' | b'&' | b'(');
    let mixed = drawn.iter().any(u8::is_ascii_uppercase) && drawn.iter().any(u8::is_ascii_lowercase);
    let digits = drawn.iter().any(u8::is_ascii_digit);
    let longest = drawn.split(|byte| *byte == b'.').max_by_key(|part| part.len()).unwrap_or(drawn);
    !after_name && noise::entropy(drawn) >= 3.0 && (digits || mixed && drawn.len() >= 30) && !noise::is_words(longest)
}

/// As documentation shows formats: one character repeated, an alphabet, the word EXAMPLE.
fn is_sample(drawn: &[u8]) -> bool {
    noise::is_monotone(drawn)
        || memchr::memmem::find(drawn, b"EXAMPLE").is_some()
        || memchr::memmem::find(&drawn.to_ascii_lowercase(), b"xxxxxx").is_some()
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn ceiling(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests;
