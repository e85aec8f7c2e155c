//! Times in what is kept: whole seconds, which is all that git knows. Text formats get them as chrono writes them.

use chrono::{DateTime, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    match serializer.is_human_readable() {
        true => time.serialize(serializer),
        false => time.timestamp().serialize(serializer),
    }
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    if deserializer.is_human_readable() {
        return DateTime::deserialize(deserializer);
    }
    let seconds = i64::deserialize(deserializer)?;
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| D::Error::custom("no time"))
}

/// The same where there may be none.
pub mod optional {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Time(#[serde(with = "super")] DateTime<Utc>);

    pub fn serialize<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(Time).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        Ok(Option::<Time>::deserialize(deserializer)?.map(|Time(time)| time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    struct Both {
        #[serde(with = "super")]
        one: DateTime<Utc>,
        #[serde(with = "super::optional")]
        other: Option<DateTime<Utc>>,
    }

    #[test]
    fn times_come_back_from_text_and_from_bytes() {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        for both in [Both { one: time(-1), other: Some(time(1_780_000_000)) }, Both { one: time(0), other: None }] {
            let text = serde_json::to_string(&both).expect("text");
            assert_eq!(serde_json::from_str::<Both>(&text).expect("the same"), both);
            let bytes = postcard::to_stdvec(&both).expect("bytes");
            assert_eq!(postcard::from_bytes::<Both>(&bytes).expect("the same"), both);
            assert!(bytes.len() < 12, "{bytes:?}");
        }
        let text = serde_json::to_string(&Both { one: time(0), other: None }).expect("text");
        assert_eq!(text, r#"{"one":"1970-01-01T00:00:00Z","other":null}"#);
    }
}
