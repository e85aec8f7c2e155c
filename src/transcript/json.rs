//! JSON read shallowly and leniently: an object is split into its raw fields, and only what a format asks for is
//! decoded. Fields of an unexpected type are absent, not errors. It builds no tree and copies no text it need not.

use super::split;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// An object's fields in order, each value as its raw JSON. A repeated key means its last value, as in JavaScript.
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = Vec::with_capacity(16);
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    fields.push((key.0, map.next_value::<&'de RawValue>()?.get()));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

impl<'a> Object<'a> {
    pub fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The same of JSON that was checked before: a value that stands in another one.
    pub fn inner(json: &'a str) -> Option<Self> {
        let decoded = |(key, value)| (unescape(key), value);
        Some(Self(split::fields(json)?.into_iter().map(decoded).collect()))
    }

    /// The raw JSON of a field; a `null` is absent.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value).filter(|value| *value != "null")
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), *value))
    }

    pub fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        text(self.get(key)?)
    }

    /// The same, to be decoded by who needs it; a field that is no text says nothing.
    pub fn said(&self, key: &str) -> Said<'a> {
        self.get(key).and_then(Said::of).unwrap_or(Said(""))
    }

    /// A text, or a number as text: ids are either.
    pub fn name(&self, key: &str) -> Option<Cow<'a, str>> {
        let raw = self.get(key)?;
        let plain = raw.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        text(raw).or_else(|| plain.then_some(Cow::Borrowed(raw)))
    }

    pub fn is(&self, key: &str, value: &str) -> bool {
        self.text(key).is_some_and(|text| text == value)
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A finite number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.get(key)?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    pub fn exit(&self, key: &str) -> Option<i32> {
        self.get(key)?.parse().ok()
    }

    pub fn object(&self, key: &str) -> Option<Object<'a>> {
        Object::inner(self.get(key)?)
    }

    pub fn list(&self, key: &str) -> Option<Vec<&'a str>> {
        split::elements(self.get(key)?)
    }

    pub fn time(&self, key: &str) -> Option<DateTime<Utc>> {
        time(self.get(key)?)
    }
}

/// The raw elements of a JSON array.
pub(super) fn list(raw: &str) -> Option<Vec<&str>> {
    if !raw.starts_with('[') {
        return None;
    }
    let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// The text of a JSON string; `None` for any other value.
pub(super) fn text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    Some(unescape(inner))
}

/// A whole value, for tool inputs. What cannot be held (nested too deeply, numbers beyond a double) stays raw text.
pub(super) fn value(raw: &str) -> serde_json::Value {
    serde_json::from_str(raw).unwrap_or_else(|_| match text(raw) {
        Some(text) => serde_json::Value::String(text.into_owned()),
        None => serde_json::Value::String(raw.to_owned()),
    })
}

/// A tool's input: hosts write it as an object, or as a string that holds JSON.
pub(super) fn arguments(raw: Option<&str>) -> serde_json::Value {
    match raw.map(|raw| (raw, text(raw))) {
        None => serde_json::Value::Null,
        Some((_, Some(inner))) => {
            serde_json::from_str(&inner).unwrap_or_else(|_| serde_json::Value::String(inner.into_owned()))
        }
        Some((raw, None)) => value(raw),
    }
}

/// RFC 3339, the same without a zone (taken as UTC), or seconds or milliseconds since 1970.
pub(super) fn time(raw: &str) -> Option<DateTime<Utc>> {
    if let Some(text) = text(raw) {
        let text = text.trim();
        return DateTime::parse_from_rfc3339(text)
            .map(|time| time.to_utc())
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc()))
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|time| time.and_utc()))
            .ok();
    }
    let number: f64 = raw.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)?;
    let milliseconds = if number > 1e11 { number } else { number * 1000.0 };
    DateTime::from_timestamp_millis(milliseconds as i64)
}

/// A text that was said, as it stands between its quotes. To decode it costs, and who counts turns need not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a>(&'a str);

impl<'a> Said<'a> {
    /// The text of a JSON string; nothing of any other value.
    pub fn of(raw: &'a str) -> Option<Self> {
        Some(Self(raw.strip_prefix('"')?.strip_suffix('"')?))
    }

    pub fn decode(self) -> Cow<'a, str> {
        unescape(self.0)
    }

    /// Whether nothing but blank space was said.
    pub fn is_blank(self) -> bool {
        match self.0.bytes().next() {
            Some(first) if first.is_ascii_graphic() && first != b'\\' => false,
            _ => self.decode().trim().is_empty(),
        }
    }
}

/// Decodes the inside of a JSON string. What JSON does not allow is kept as it stands (a wrong escape keeps its
/// backslash) or becomes U+FFFD (half a surrogate pair), so that decoding never fails.
pub(super) fn unescape(inner: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', inner.as_bytes()) else { return Cow::Borrowed(inner) };
    let mut decoded = String::with_capacity(inner.len());
    decoded.push_str(&inner[..first]);
    let mut rest = &inner[first..];
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        decoded.push_str(&rest[..at]);
        let (c, length) = escape(&rest[at..]);
        decoded.push(c);
        rest = &rest[at + length..];
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The character that an escape stands for, and the escape's length in bytes.
fn escape(text: &str) -> (char, usize) {
    let c = match text.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
        Some(b'u') => return unicode(text),
        _ => return ('\\', 1),
    };
    (c, 2)
}

fn unicode(text: &str) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        let digits = text.get(at..at + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(high) = unit(2) else { return ('\\', 1) };
    let paired = (0xD800..0xDC00).contains(&high) && text.get(6..8) == Some("\\u");
    let low = paired.then(|| unit(8)).flatten().filter(|low| (0xDC00..0xE000).contains(low));
    if let Some(low) = low {
        let joined = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        return (char::from_u32(joined).unwrap_or('\u{FFFD}'), 12);
    }
    (char::from_u32(high).unwrap_or('\u{FFFD}'), 6)
}

/// Makes a text readable that is JSON but for wrong escapes or control characters inside its strings; it decodes to
/// the same text as [`unescape`] gives, and keeps its line feeds. Everything else stays as it is.
pub(super) fn repair(json: &str) -> String {
    let mut repaired = String::with_capacity(json.len() + 16);
    let mut in_string = false;
    let mut rest = json;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '"' => {
                in_string = !in_string;
                repaired.push(c);
            }
            '\\' if in_string => {
                let (decoded, taken) = escape(rest);
                if decoded == '\\' && taken == 1 {
                    repaired.push_str("\\\\");
                } else {
                    length = taken;
                    repaired.push_str(&rest[..taken]);
                }
            }
            '\0'..'\u{20}' if in_string && c != '\n' => repaired.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => repaired.push(c),
        }
        rest = &rest[length..];
    }
    repaired
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_decode_as_json_says_and_wrong_ones_stay() {
        for (raw, decoded) in [
            (r"plain", "plain"),
            (r#"a\"b\\c\/d\n\u00e9"#, "a\"b\\c/d\n\u{e9}"),
            (r"\ud83d\ude00!", "\u{1F600}!"),
            (r"half \ud83d pair", "half \u{FFFD} pair"),
            (r"\d \u12 \", "\\d \\u12 \\"),
        ] {
            assert_eq!(unescape(raw), decoded, "{raw}");
        }
    }

    #[test]
    fn repair_makes_wrong_escapes_and_control_characters_valid() {
        let broken = "{\"a\": \"x\\dev\u{1}y\", \"b\": 1}";
        assert!(Object::parse(broken).is_err());
        let fixed = repair(broken);
        let object = Object::parse(&fixed).expect("repaired");
        assert_eq!(object.text("a").as_deref(), Some("x\\dev\u{1}y"));
        assert_eq!(repair("{\"fine\": \"\\n\\u00e9\"}"), "{\"fine\": \"\\n\\u00e9\"}");
    }

    #[test]
    fn numbers_nesting_and_nulls_beyond_limits_are_no_errors() {
        let deep = format!("{{\"a\": {}1{}, \"n\": 1e400, \"z\": null}}", "[".repeat(5000), "]".repeat(5000));
        let object = Object::parse(&deep).expect("skipped without recursion");
        assert_eq!(object.number("n"), None);
        assert!(!object.has("z"));
        assert!(arguments(object.get("a")).is_string());
        assert!(arguments(object.get("n")).is_string());
    }

    #[test]
    fn times_are_read_in_every_form_that_hosts_write() {
        let expected = "2026-05-04T10:00:00Z".parse::<DateTime<Utc>>().expect("a time");
        for raw in [
            "\"2026-05-04T10:00:00.000Z\"",
            "\"2026-05-04T12:00:00+02:00\"",
            "\"2026-05-04T10:00:00\"",
            "\"2026-05-04 10:00:00\"",
            "1777888800000",
            "1777888800",
        ] {
            assert_eq!(time(raw), Some(expected), "{raw}");
        }
        assert_eq!(time("\"yesterday\""), None);
        assert_eq!(time("1e400"), None);
    }
}
