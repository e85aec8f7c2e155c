//! When to try again, and how long to wait: pure. What the server asks for is honoured up to a bound; without a word
//! from it, waits double, with jitter drawn from the run's seed so that workers do not come back all at once.

use crate::config::Environment;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// Tries of one request at most.
pub const TRIES: u32 = 5;
/// A server that asks for a longer wait is told that we come back another time.
pub const LONGEST: Duration = Duration::from_secs(120);

/// Why a try failed, where another may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// Rate limit or overload, with its status.
    Busy(u16),
    Timeout,
    /// Dropped connections, broken replies, errors of the server.
    Broken(String),
}

impl Passing {
    fn first_wait(&self) -> Duration {
        match self {
            Passing::Busy(_) => Duration::from_secs(2),
            Passing::Timeout | Passing::Broken(_) => Duration::from_millis(250),
        }
    }
}

/// How long to wait before the next try; `None` where there should be none.
/// `haste` divides waits that nobody asked for.
pub fn wait(passing: &Passing, asked: Option<Duration>, tried: u32, seed: u64, haste: u32) -> Option<Duration> {
    if tried >= TRIES {
        return None;
    }
    if let Some(asked) = asked {
        return (asked <= LONGEST).then_some(asked);
    }
    let full = passing.first_wait() / haste * 2u32.pow(tried.saturating_sub(1));
    // Between half and all of it.
    Some(full / 2 + (full / 2).mul_f64(share(seed ^ u64::from(tried))))
}

/// 1; our own tests, which have no patience, set another in `GIT_DREAM_HASTE`.
pub fn haste(environment: &Environment) -> u32 {
    let set = environment.variable("GIT_DREAM_HASTE").filter(|_| crate::FAULTS);
    set.and_then(|text| text.parse().ok()).filter(|haste| *haste > 0).unwrap_or(1)
}

/// A seed's own number from 0 to 1.
pub fn share(seed: u64) -> f64 {
    (mixed(seed) % 1000) as f64 / 1000.0
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): neighbouring seeds give unrelated numbers.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a server asks for: `retry-after-ms`, or `retry-after` as seconds or as a date.
pub fn asked(header: impl Fn(&str) -> Option<String>, now: DateTime<Utc>) -> Option<Duration> {
    let seconds = |text: &str| text.parse::<f64>().ok().filter(|s| (0.0..1e6).contains(s)).map(Duration::from_secs_f64);
    if let Some(text) = header("retry-after-ms") {
        return seconds(text.trim()).map(|time| time / 1000);
    }
    let text = header("retry-after")?;
    let date = || DateTime::parse_from_rfc2822(text.trim()).ok();
    seconds(text.trim()).or_else(|| (date()?.to_utc() - now).max(chrono::Duration::zero()).to_std().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<Duration> = (1..TRIES).filter_map(|tried| wait(&Passing::Timeout, None, tried, 7, 1)).collect();
        assert_eq!(waits.len(), 4);
        for (nth, wait) in waits.iter().enumerate() {
            let full = Duration::from_millis(250) * 2u32.pow(nth as u32);
            assert!(full / 2 <= *wait && *wait <= full, "{nth}: {wait:?}");
        }
        assert_eq!(wait(&Passing::Timeout, None, TRIES, 7, 1), None);
    }

    #[test]
    fn jitter_follows_the_seed() {
        let first = |seed| wait(&Passing::Busy(429), None, 1, seed, 1);
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn what_the_server_asks_for_is_honoured_up_to_a_bound() {
        let asked = |seconds| wait(&Passing::Busy(429), Some(Duration::from_secs(seconds)), 1, 7, 1);
        assert_eq!(asked(0), Some(Duration::ZERO));
        assert_eq!(asked(60), Some(Duration::from_secs(60)));
        assert_eq!(asked(3600), None);
    }

    #[test]
    fn servers_ask_in_seconds_milliseconds_or_dates() {
        let now = DateTime::parse_from_rfc3339("2026-05-06T03:00:00Z").expect("a time").to_utc();
        let ask =
            |name: &'static str, value: &'static str| asked(|header| (header == name).then(|| value.to_owned()), now);
        assert_eq!(ask("retry-after", "2"), Some(Duration::from_secs(2)));
        assert_eq!(ask("retry-after-ms", "150"), Some(Duration::from_millis(150)));
        assert_eq!(ask("retry-after", "Wed, 06 May 2026 03:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(ask("retry-after", "Wed, 06 May 2026 02:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(ask("retry-after", "soon"), None);
    }
}
