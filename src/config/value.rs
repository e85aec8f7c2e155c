//! Values as they were written, from whichever place, and the checks that turn them into what may be acted on.

use super::{ConfigError, Key, Origin};
use chrono::Duration;

/// A written value. Git config and the command line know only text; lists are separated by commas there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(i64),
    /// A number with a point, as it was written.
    Fraction(String),
    List(Vec<String>),
    /// Something that no key allows, as it was written.
    Other(String),
}

/// One value with all that an error message needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub key: Key,
    pub value: Value,
    pub origin: Origin,
}

impl Written {
    pub fn refuse(&self, allowed: &'static str) -> ConfigError {
        let found = match &self.value {
            Value::Text(text) => format!("'{text}'"),
            Value::Number(number) => number.to_string(),
            Value::List(list) => format!("a list of {}", list.len()),
            Value::Fraction(text) | Value::Other(text) => text.clone(),
        };
        ConfigError::BadValue { origin: self.origin.clone(), key: self.key.name(), found, allowed }
    }

    /// Text that is not empty.
    pub fn text(&self, allowed: &'static str) -> Result<&str, ConfigError> {
        match &self.value {
            Value::Text(text) if !text.trim().is_empty() => Ok(text.trim()),
            _ => Err(self.refuse(allowed)),
        }
    }

    pub fn flag(&self) -> Result<bool, ConfigError> {
        let text = match &self.value {
            Value::Text(text) | Value::Other(text) => text.trim(),
            _ => "",
        };
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.refuse("true or false is expected")),
        }
    }

    /// A whole number of at least one.
    pub fn count(&self) -> Result<u32, ConfigError> {
        let allowed = "a whole number of at least 1 is expected";
        let number = match &self.value {
            Value::Number(number) => u32::try_from(*number).ok(),
            Value::Text(text) if self.origin.is_text() => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| *number >= 1).ok_or_else(|| self.refuse(allowed))
    }

    /// A number of at least 0, in thousandths.
    pub fn thousandths(&self, allowed: &'static str) -> Result<u64, ConfigError> {
        let number = match &self.value {
            Value::Number(number) => Some(*number as f64),
            Value::Fraction(text) => text.parse().ok(),
            Value::Text(text) if self.origin.is_text() => text.trim().parse().ok(),
            _ => None,
        };
        let fits = number.filter(|number: &f64| (0.0..=1e9).contains(number));
        fits.map(|number| (number * 1000.0).round() as u64).ok_or_else(|| self.refuse(allowed))
    }

    /// A whole number from 0 to 100.
    pub fn percent(&self) -> Result<u32, ConfigError> {
        let number = match &self.value {
            Value::Number(number) => u32::try_from(*number).ok(),
            Value::Text(text) if self.origin.is_text() => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| *number <= 100).ok_or_else(|| self.refuse("a whole number from 0 to 100 is expected"))
    }

    /// A list of texts that are not empty.
    pub fn list(&self, allowed: &'static str) -> Result<Vec<String>, ConfigError> {
        let list: Vec<String> = match &self.value {
            Value::List(list) => list.iter().map(|text| text.trim().to_owned()).collect(),
            Value::Text(text) if self.origin.is_text() => text.split(',').map(|text| text.trim().to_owned()).collect(),
            _ => return Err(self.refuse(allowed)),
        };
        let good = !list.is_empty() && list.iter().all(|text| !text.is_empty());
        if good { Ok(list) } else { Err(self.refuse(allowed)) }
    }

    /// A length of time; `None` is the word that stands for "no limit".
    pub fn duration(&self, unlimited: &str, allowed: &'static str) -> Result<Option<Duration>, ConfigError> {
        let text = self.text(allowed)?;
        if text == unlimited {
            return Ok(None);
        }
        duration(text).map(Some).ok_or_else(|| self.refuse(allowed))
    }
}

impl Origin {
    /// Whether values from here are always text.
    fn is_text(&self) -> bool {
        !matches!(self, Origin::File { .. })
    }
}

/// `90d`, `12h`, `2w`: a whole number of days, hours or weeks, at least one and at most a thousand years.
pub fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().ok().filter(|number| *number >= 1)?;
    let hours = number.checked_mul(match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        _ => return None,
    })?;
    (hours <= 24 * 366_000).then(|| Duration::hours(hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_number_and_a_unit() {
        assert_eq!(duration("90d"), Some(Duration::days(90)));
        assert_eq!(duration("12h"), Some(Duration::hours(12)));
        assert_eq!(duration("2w"), Some(Duration::weeks(2)));
        for bad in ["", "d", "90", "0d", "-1d", "1.5d", "9m", "90 d", "9999999999999999w", "١d", "1é"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
