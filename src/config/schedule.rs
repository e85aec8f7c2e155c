//! When nights are: five fields of cron, read in a time zone. Pure: it never looks at a clock, so that a missed night or a
//! change to summer time can be tested.

use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};

/// A checked pattern and the time zone that it is meant in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pattern: String,
    zone: TimeZone,
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

/// A time zone by its name in the tz database. The program brings its own, so that nights are the same on every machine.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

impl Schedule {
    /// From what [`pattern`] gave.
    pub fn new(pattern: &str, zone: TimeZone) -> Self {
        Self { pattern: pattern.to_owned(), zone }
    }

    /// The newest night at or before this time. A time that summer time leaves out is moved to when it ends; one that
    /// comes twice is a night once.
    pub fn last(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        utc(&parse(&self.pattern)?.find_previous_occurrence(&self.zoned(now)?, true).ok()?)
    }

    /// The first night after this time.
    pub fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        utc(&parse(&self.pattern)?.find_next_occurrence(&self.zoned(now)?, false).ok()?)
    }

    /// A time as its owner reads it: in the schedule's zone.
    pub fn local(&self, time: DateTime<Utc>) -> String {
        let zoned = self.zoned(time).map(|time| time.strftime("%Y-%m-%d %H:%M %Z").to_string());
        zoned.unwrap_or_else(|| time.format("%Y-%m-%d %H:%M UTC").to_string())
    }

    fn zoned(&self, time: DateTime<Utc>) -> Option<Zoned> {
        let nanosecond = i32::try_from(time.timestamp_subsec_nanos()).ok()?;
        let time = Timestamp::new(time.timestamp(), nanosecond).ok()?;
        Some(time.to_zoned(self.zone.clone()))
    }
}

fn utc(time: &Zoned) -> Option<DateTime<Utc>> {
    let time = time.timestamp();
    DateTime::from_timestamp(time.as_second(), u32::try_from(time.subsec_nanosecond()).ok()?)
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.pattern, self.zone.iana_name().unwrap_or("UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    fn berlin(fields: &str) -> Schedule {
        Schedule::new(&pattern(fields).expect(fields), zone("Europe/Berlin").expect("a zone"))
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
