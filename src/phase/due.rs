//! Whether a night is due: from the schedule and the log of nights alone, so that a missed night is made up once, no
//! night comes twice, and a clock that jumps back changes nothing.

use crate::config::Schedule;
use crate::store::nights::{NightRecord, NightState};
use chrono::{DateTime, Duration, Utc};

/// After this long a night that another machine began and never ended is taken over.
pub const PATIENCE: Duration = Duration::hours(6);
/// The same where answers of a language model may take a day.
pub const BATCH_PATIENCE: Duration = Duration::hours(25);

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Dream for the night of this time.
    Now(DateTime<Utc>),
    /// That night was dreamt, or failed and said so.
    Done { night: DateTime<Utc>, record: NightRecord },
    /// Another machine is at it.
    Elsewhere(NightRecord),
    /// The schedule has no night at or before now.
    Never,
}

/// Decides for a machine that dreams nothing at the moment.
pub fn due(schedule: &Schedule, log: &[NightRecord], host: &str, now: DateTime<Utc>, patience: Duration) -> Due {
    let Some(night) = schedule.last(now) else { return Due::Never };
    // Steps of later nights come first in the log; a clock that was wrong may have left nights of the future.
    let Some(record) = log.iter().find(|record| record.due >= night) else { return Due::Now(night) };
    match record.state {
        NightState::Started if record.host == host || now - record.at > patience => Due::Now(night),
        NightState::Started => Due::Elsewhere(record.clone()),
        _ => Due::Done { night, record: record.clone() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schedule::pattern;
    use proptest::prelude::*;

    fn nightly() -> Schedule {
        Schedule::new(&pattern("0 3 * * *").expect("a pattern"), jiff::tz::TimeZone::UTC)
    }

    fn hour(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_778_025_600 + hours * 3600, 0).expect("a time")
    }

    fn record(due: i64, state: NightState, host: &str) -> NightRecord {
        let (due, host) = (hour(due), host.to_owned());
        NightRecord { due, state, at: due, host, dream: None, detail: String::new() }
    }

    #[test]
    fn a_missed_night_is_made_up_once() {
        // Midnight of 2026-05-06 is hour 0; the last night in the log is of three days ago.
        let log = [record(3 - 72, NightState::Nothing, "a")];
        assert_eq!(due(&nightly(), &log, "a", hour(12), PATIENCE), Due::Now(hour(3)));
        let log = [record(3, NightState::Proposed, "a"), log[0].clone()];
        assert!(matches!(due(&nightly(), &log, "a", hour(12), PATIENCE), Due::Done { .. }));
        assert_eq!(due(&nightly(), &log, "a", hour(27), PATIENCE), Due::Now(hour(27)));
    }

    #[test]
    fn a_night_that_failed_is_over_and_one_that_was_killed_is_not() {
        let failed = [record(3, NightState::Failed, "a")];
        assert!(matches!(due(&nightly(), &failed, "a", hour(4), PATIENCE), Due::Done { .. }));
        let killed = [record(3, NightState::Started, "a")];
        assert_eq!(due(&nightly(), &killed, "a", hour(4), PATIENCE), Due::Now(hour(3)));
    }

    #[test]
    fn another_machine_keeps_its_night_for_six_hours() {
        let log = [record(3, NightState::Started, "b")];
        assert!(matches!(due(&nightly(), &log, "a", hour(8), PATIENCE), Due::Elsewhere(_)));
        assert_eq!(due(&nightly(), &log, "a", hour(10), PATIENCE), Due::Now(hour(3)));
    }

    #[test]
    fn a_clock_that_jumps_back_repeats_nothing() {
        let log = [record(27, NightState::Proposed, "a"), record(3, NightState::Proposed, "a")];
        assert!(matches!(due(&nightly(), &log, "a", hour(5), PATIENCE), Due::Done { .. }));
    }

    proptest! {
        #[test]
        fn however_often_it_is_asked_each_night_is_dreamt_once(steps in proptest::collection::vec(1i64..30, 1..60)) {
            let (mut now, mut log, mut nights) = (0, Vec::new(), std::collections::BTreeSet::new());
            for step in steps {
                now += step;
                if let Due::Now(night) = due(&nightly(), &log, "a", hour(now), PATIENCE) {
                    prop_assert!(nights.insert(night) && night <= hour(now) && hour(now) - night < Duration::days(1));
                    let done = NightRecord { due: night, ..record(0, NightState::Nothing, "a") };
                    log.insert(0, done);
                }
            }
        }
    }
}
