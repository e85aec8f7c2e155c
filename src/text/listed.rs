//! The user's own patterns of credentials: what is none although it looks like one, and what is one although it does
//! not. Set once per run from the settings, because scrubbing must not depend on who remembers to pass them on.

use regex::bytes::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// Larger than any pattern that a person writes, smaller than one that eats the memory.
const LARGEST: usize = 1 << 20;

#[derive(Debug)]
struct Lists {
    allow: Option<Regex>,
    extra: Option<Regex>,
}

static LISTS: OnceLock<Lists> = OnceLock::new();

/// Checks one pattern; the error says what is wrong with it.
pub fn check(pattern: &str) -> Result<(), String> {
    let found = compile(pattern)?;
    if found.is_match(b"") { Err("it matches everything".to_owned()) } else { Ok(()) }
}

/// Sets the lists for this run; the first call counts. Patterns must have been [`check`]ed: others are left out.
pub fn configure(allow: &[String], extra: &[String]) {
    let _ = LISTS.set(Lists { allow: joined(allow), extra: joined(extra) });
}

/// Whether the user says that this is no credential.
pub fn allows(found: &[u8]) -> bool {
    LISTS.get().and_then(|lists| lists.allow.as_ref()).is_some_and(|allow| allow.is_match(found))
}

/// What the user says is a credential.
pub fn extra() -> Option<&'static Regex> {
    LISTS.get().and_then(|lists| lists.extra.as_ref())
}

fn joined(patterns: &[String]) -> Option<Regex> {
    let good: Vec<String> =
        patterns.iter().filter(|pattern| check(pattern).is_ok()).map(|pattern| format!("(?:{pattern})")).collect();
    if good.is_empty() { None } else { compile(&good.join("|")).ok() }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(LARGEST).build();
    built.map_err(|error| error.to_string().lines().last().unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_are_wrong_or_match_everything_are_refused() {
        assert!(check("corp-[0-9]{6}").is_ok());
        assert!(check("corp-(").is_err());
        assert_eq!(check("x*"), Err("it matches everything".to_owned()));
        assert!(check("(a{1000}){1000}").is_err());
    }
}
