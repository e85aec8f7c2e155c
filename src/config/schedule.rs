//! When nights are: five fields of cron, read in a time zone. Pure: it never looks at a clock, so that a missed night or a
//! change to summer time can be tested.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// A checked pattern and the time zone that it is meant in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pattern: String,
    zone: Tz,
}

/// Five fields, as in crontab(5); nothing when the text is something else or never comes true.
pub fn pattern(text: &str) -> Option<String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let pattern = fields.join(" ");
    (fields.len() == 5 && parse(&pattern).is_some()).then_some(pattern)
}

fn parse(pattern: &str) -> Option<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(pattern).ok()
}

impl Schedule {
    /// From what [`pattern`] gave.
    pub fn new(pattern: &str, zone: Tz) -> Self {
        Self { pattern: pattern.to_owned(), zone }
    }

    /// The newest night at or before this time. A time that summer time leaves out is moved to when it ends; one that
    /// comes twice is a night once.
    pub fn last(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let cron = parse(&self.pattern)?;
        cron.find_previous_occurrence(&now.with_timezone(&self.zone), true).ok().map(|time| time.to_utc())
    }

    /// The first night after this time.
    pub fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let cron = parse(&self.pattern)?;
        cron.find_next_occurrence(&now.with_timezone(&self.zone), false).ok().map(|time| time.to_utc())
    }

    /// A time as its owner reads it: in the schedule's zone.
    pub fn local(&self, time: DateTime<Utc>) -> String {
        time.with_timezone(&self.zone).format("%Y-%m-%d %H:%M %Z").to_string()
    }
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.pattern, self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    fn berlin(fields: &str) -> Schedule {
        Schedule::new(&pattern(fields).expect(fields), Tz::Europe__Berlin)
    }

    #[test]
    fn a_pattern_has_five_fields_and_can_come_true() {
        assert_eq!(pattern(" 0  3 * * mon-fri ").as_deref(), Some("0 3 * * mon-fri"));
        for bad in ["", "0 3 * *", "0 0 3 * * *", "61 3 * * *", "@daily", "a b c d e"] {
            assert_eq!(pattern(bad), None, "{bad}");
        }
    }

    #[test]
    fn nights_are_in_the_zone_they_are_meant_in() {
        let night = berlin("0 3 * * *");
        assert_eq!(night.last(at("2026-01-10T02:00:00Z")), Some(at("2026-01-10T02:00:00Z")));
        assert_eq!(night.last(at("2026-01-10T01:59:59Z")), Some(at("2026-01-09T02:00:00Z")));
        assert_eq!(night.next(at("2026-07-10T00:30:00Z")), Some(at("2026-07-10T01:00:00Z")));
    }

    #[test]
    fn a_night_that_summer_time_leaves_out_is_made_up_that_day() {
        // 02:30 does not exist on 2026-03-29 in Berlin: 02:00 CET is 03:00 CEST.
        let night = berlin("30 2 * * *");
        let found = night.next(at("2026-03-28T12:00:00Z")).expect("a night");
        assert!((at("2026-03-29T01:00:00Z")..=at("2026-03-29T01:30:00Z")).contains(&found), "{found}");
        assert_eq!(night.last(at("2026-03-29T12:00:00Z")), Some(found));
    }

    #[test]
    fn a_night_that_comes_twice_is_one_night() {
        // 02:30 comes twice on 2026-10-25 in Berlin, at 00:30 and at 01:30 UTC.
        let night = berlin("30 2 * * *");
        let first = night.next(at("2026-10-24T12:00:00Z")).expect("a night");
        let second = night.next(first).expect("a night");
        assert_eq!(second, at("2026-10-26T01:30:00Z"));
        assert_eq!(night.last(at("2026-10-25T12:00:00Z")), Some(first));
    }
}
