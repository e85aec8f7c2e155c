//! Finds credentials and masks them: by the formats that providers document ([`formats`]), and by the place in which
//! a value stands ([`context`]). It refuses to keep or log what it found, and to guess: hashes, identifiers,
//! references and placeholders are left alone. A person's own patterns come on top ([`Detector::new`]).

mod context;
mod formats;
mod window;

use context::Weight;
use regex::bytes::{Captures, Regex, RegexBuilder};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

/// What stands where a secret stood.
pub const MASK: &str = "[secret removed]";

static BUILT_IN: LazyLock<Detector> =
    LazyLock::new(|| Detector::new(&[], &[]).expect("the rules are constant and tested"));

/// Memory that the automaton of all rules may use while it searches, in bytes.
const AUTOMATON: usize = 32 << 20;

/// The rules as one expression over bytes, so that text of many megabytes is read once: every credential is ASCII.
#[derive(Debug, Clone)]
pub struct Detector {
    rules: Regex,
    /// For each group of `rules`, by number: how its value is weighed. Groups of formats are not weighed.
    weights: Vec<Option<Weight>>,
    /// What is no secret here, whatever the rules say.
    allow: Vec<Regex>,
    /// Own patterns may begin with anything: the whole text is searched.
    everywhere: bool,
}

impl Detector {
    /// The built-in rules, with patterns for what is no secret here and for further secrets. The error names the
    /// pattern that is no regular expression.
    pub fn new(allow: &[String], extra: &[String]) -> Result<Self, regex::Error> {
        let own = |pattern: &String| Regex::new(pattern);
        let allow = allow.iter().map(own).collect::<Result<Vec<_>, _>>()?;
        let mut weights = vec![None];
        let mut all = Vec::new();
        for pattern in extra {
            let groups = own(pattern)?.captures_len();
            weights.extend(std::iter::repeat_n(None, groups));
            all.push(format!("({pattern})"));
        }
        for rule in formats::FORMATS {
            // A rule without a group of its own is secret as a whole.
            let rule = if rule.contains("([") { format!("(?-u:{rule})") } else { format!("(?-u:({rule}))") };
            weights.push(None);
            all.push(rule);
        }
        for (weight, rule) in context::CONTEXTS {
            all.push(format!("(?-u:{rule})"));
            weights.push(Some(*weight));
        }
        let rules = RegexBuilder::new(&all.join("|")).size_limit(64 << 20).dfa_size_limit(AUTOMATON).build()?;
        Ok(Self { rules, weights, allow, everywhere: !extra.is_empty() })
    }

    /// Whether the text holds a credential.
    pub fn found(&self, text: &[u8]) -> bool {
        self.spans(text).next().is_some()
    }

    /// Where the credentials are, in order, without overlap.
    pub fn spans<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = Range<usize>> + 't {
        let windows = window::Windows::new(text, self.everywhere);
        let mut after = 0;
        windows
            .flat_map(move |window| {
                let part = &text[window.clone()];
                let secret = move |found: Captures<'_>| self.secret(part, &found);
                self.rules
                    .captures_iter(part)
                    .filter_map(secret)
                    .map(move |span| span.start + window.start..span.end + window.start)
            })
            .filter(move |span| {
                let new = span.start >= after;
                after = after.max(span.end);
                new
            })
    }

    /// The secret part of a match, if it is one.
    fn secret(&self, text: &[u8], found: &Captures<'_>) -> Option<Range<usize>> {
        let group = (1..self.weights.len()).rev().find(|group| found.get(*group).is_some())?;
        let value = found.get(group)?;
        let quoted = value.start() > 0 && matches!(text[value.start() - 1], b'"' | b'\'' | b'`');
        let stands = match self.weights[group] {
            Some(weight) => {
                let name = &text[found.get(0)?.start().saturating_sub(24)..value.start()];
                !context::harmless(weight, name) && context::weighs(weight, value.as_bytes(), quoted)
            }
            None => !context::stand_in(value.as_bytes()),
        };
        let allowed = || self.allow.iter().any(|pattern| pattern.is_match(value.as_bytes()));
        (stands && !allowed()).then(|| value.range())
    }

    /// Replaces every credential by [`MASK`]. Borrowed when there was none; masking twice changes nothing.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let spans: Vec<Range<usize>> = self.spans(text.as_bytes()).collect();
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut from = 0;
        for span in spans {
            // A rule over bytes ends within ASCII; an own pattern may not.
            let (start, end) = (floor(text, span.start), ceiling(text, span.end));
            masked.push_str(&text[from..start.max(from)]);
            masked.push_str(MASK);
            from = end.max(from);
        }
        masked.push_str(&text[from..]);
        Cow::Owned(masked)
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceiling(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// Replaces every credential that the built-in rules find by [`MASK`].
pub fn mask(text: &str) -> Cow<'_, str> {
    BUILT_IN.mask(text)
}

/// Whether the text holds a credential by the built-in rules.
pub fn found(text: &str) -> bool {
    BUILT_IN.found(text.as_bytes())
}

#[cfg(test)]
mod tests;
