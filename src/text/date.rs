//! Dates in prose: relative ones are made absolute by the day on which they were said, absolute ones are read. What
//! is vague ("soon", "a while ago") is left as it is.

use crate::text::pattern::pattern;
use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, Utc, Weekday};
use regex::{Captures, Regex};
use std::sync::LazyLock;

static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)\b(?:
          (?P<day>day\ before\ yesterday|yesterday|last\ night|today|tonight|this\ (?:morning|afternoon|evening)|tomorrow|day\ after\ tomorrow)
        | (?P<n>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten)\ (?P<unit>day|week|month|year)s?\ ago
        | in\ (?P<in>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten)\ (?P<inunit>day|week|month|year)s?(?:'\ time)?
        | (?P<which>last|next|this(?:\ coming)?)\ (?P<what>monday|tuesday|wednesday|thursday|friday|saturday|sunday|week|month|year)
        )\b",
    )
});

static ABSOLUTE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)\b(?:
          (?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)
        | (?P<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?\ (?P<md>\d{1,2})(?:st|nd|rd|th)?(?:,?\ (?P<my>\d{4}))?
        | (?P<dd>\d{1,2})(?:st|nd|rd|th)?\ (?:of\ )?(?P<dmon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?(?:,?\ (?P<dy>\d{4}))?
        )\b",
    )
});

static DOUBLED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(on|by|since|until|till|before|after|from|of|for|to) on "));

fn count(word: &str) -> Option<u32> {
    let words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    match word.to_lowercase().as_str() {
        "a" | "an" => Some(1),
        word => word.parse().ok().or_else(|| words.iter().position(|known| *known == word).map(|at| at as u32)),
    }
}

fn shifted(day: NaiveDate, unit: &str, by: i64) -> Option<NaiveDate> {
    let months = |n: i64| {
        let months = Months::new(u32::try_from(n.abs()).ok()?);
        if n < 0 { day.checked_sub_months(months) } else { day.checked_add_months(months) }
    };
    match unit.to_lowercase().as_str() {
        "day" => day.checked_add_signed(Duration::days(by)),
        "week" => day.checked_add_signed(Duration::weeks(by)),
        "month" => months(by),
        _ => months(by * 12),
    }
}

fn weekday(day: NaiveDate, name: &str, which: &str) -> Option<NaiveDate> {
    let target: Weekday = name.parse().ok()?;
    let ahead = i64::from((7 + target.num_days_from_monday() - day.weekday().num_days_from_monday()) % 7);
    let days = match which {
        "last" if ahead == 0 => -7,
        "last" => ahead - 7,
        _ if ahead == 0 => 7,
        _ => ahead,
    };
    day.checked_add_signed(Duration::days(days))
}

fn made_absolute(found: &Captures<'_>, day: NaiveDate) -> Option<String> {
    let date = |day: NaiveDate| day.format("%Y-%m-%d").to_string();
    if let Some(word) = found.name("day") {
        let days = match word.as_str().to_lowercase().as_str() {
            "yesterday" | "last night" => -1,
            "day before yesterday" => -2,
            "tomorrow" => 1,
            "day after tomorrow" => 2,
            _ => 0,
        };
        return shifted(day, "day", days).map(|day| format!("on {}", date(day)));
    }
    if let (Some(n), Some(unit)) = (found.name("n"), found.name("unit")) {
        return told(day, unit.as_str(), -i64::from(count(n.as_str())?));
    }
    if let (Some(n), Some(unit)) = (found.name("in"), found.name("inunit")) {
        return told(day, unit.as_str(), i64::from(count(n.as_str())?));
    }
    let (which, what) = (found.name("which")?.as_str().to_lowercase(), found.name("what")?.as_str());
    let by = match which.as_str() {
        "last" => -1,
        "next" => 1,
        _ => 0,
    };
    match what.to_lowercase().as_str() {
        unit @ ("week" | "month" | "year") => told(day, unit, by),
        name => weekday(day, name, &which).map(|day| format!("on {}", date(day))),
    }
}

/// A date no more exact than it was said: a month for "next month", a year for "last year".
fn told(day: NaiveDate, unit: &str, by: i64) -> Option<String> {
    let then = shifted(day, unit, by)?;
    Some(match unit.to_lowercase().as_str() {
        "day" => format!("on {}", then.format("%Y-%m-%d")),
        "week" => {
            let monday = then - Duration::days(i64::from(then.weekday().num_days_from_monday()));
            format!("in the week of {}", monday.format("%Y-%m-%d"))
        }
        "month" => format!("in {}", then.format("%Y-%m")),
        _ => format!("in {}", then.format("%Y")),
    })
}

/// The text with relative dates made absolute as of the time at which it was said.
pub fn absolute(text: &str, said: DateTime<Utc>) -> String {
    let day = said.date_naive();
    let replaced = RELATIVE
        .replace_all(text, |found: &Captures<'_>| made_absolute(found, day).unwrap_or_else(|| found[0].to_owned()));
    DOUBLED.replace_all(&replaced, "$1 ").into_owned()
}

/// Whether the text holds a relative date.
pub fn is_relative(text: &str) -> bool {
    RELATIVE.is_match(text)
}

/// Whether a text names a date, whenever it was said.
pub fn names_one(text: &str) -> bool {
    ABSOLUTE.is_match(text)
}

/// The dates that a text names; one without a year is the one nearest to the time at which it was said.
pub fn dates(text: &str, said: DateTime<Utc>) -> Vec<NaiveDate> {
    ABSOLUTE.captures_iter(text).filter_map(|found| read(&found, said.date_naive())).collect()
}

fn read(found: &Captures<'_>, said: NaiveDate) -> Option<NaiveDate> {
    let number = |name: &str| found.name(name).and_then(|text| text.as_str().parse::<u32>().ok());
    if let (Some(year), Some(month), Some(day)) = (number("y"), number("m"), number("d")) {
        return NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day);
    }
    let name = found.name("mon").or_else(|| found.name("dmon"))?.as_str().to_lowercase();
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = 1 + months.iter().position(|known| name.starts_with(known))? as u32;
    let day = number("md").or_else(|| number("dd"))?;
    if let Some(year) = number("my").or_else(|| number("dy")) {
        return NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day);
    }
    let years = [said.year() - 1, said.year(), said.year() + 1];
    years.iter().filter_map(|year| NaiveDate::from_ymd_opt(*year, month, day)).min_by_key(|date| (*date - said).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn relative_dates_are_made_absolute() {
        let said = at("2026-05-04T10:00:00Z");
        assert_eq!(absolute("We moved yesterday.", said), "We moved on 2026-05-03.");
        assert_eq!(absolute("since last Friday", said), "since 2026-05-01");
        assert_eq!(absolute("It ships next month, in 2 weeks", said), "It ships in 2026-06, in the week of 2026-05-18");
        assert_eq!(absolute("three years ago", said), "in 2023");
        assert_eq!(absolute("soon", said), "soon");
    }

    #[test]
    fn a_date_without_a_year_is_the_nearest() {
        let said = at("2026-12-20T10:00:00Z");
        assert_eq!(dates("due January 3rd", said), [NaiveDate::from_ymd_opt(2027, 1, 3).expect("a date")]);
        assert_eq!(
            dates("on 2026-02-30 or 15 March 2025", said),
            [NaiveDate::from_ymd_opt(2025, 3, 15).expect("a date")]
        );
    }
}
