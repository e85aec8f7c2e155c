//! `dream.toml` as it is written: keys, values and lines. It knows which keys exist, not what their values mean.

use super::value::{Value, Written};
use super::{ConfigError, Key, Origin};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads every setting of the file, in the file's order.
pub fn parse(source: &str) -> Result<Vec<Written>, ConfigError> {
    let root = DeTable::parse(source).map_err(|error| syntax(source, &error))?;
    let mut found = Vec::new();
    for (name, section) in root.get_ref() {
        let line = line_of(source, name.span().start);
        match section.get_ref() {
            DeValue::Table(table) if is_section(name.get_ref()) => {
                settings(source, name.get_ref(), table, &mut found)?;
            }
            _ => return Err(unknown_section(name.get_ref(), line)),
        }
    }
    found.sort_by_key(|written| match written.origin {
        Origin::File { line } => line,
        _ => 0,
    });
    Ok(found)
}

fn is_section(name: &str) -> bool {
    Key::all().any(|key| key.place().0 == name)
}

/// A key outside of a section, or a section that does not exist.
fn unknown_section(name: &str, line: usize) -> ConfigError {
    let sections =
        ["dream", "engine", "memory", "reviewer", "import", "secrets", "sessions", "notify", "checks", "trust"];
    let near_section = sections.into_iter().find(|section| super::key::edits(name, section) <= 2);
    let near = near_section.map(|section| format!("[{section}]")).or_else(|| Key::nearest("", name));
    ConfigError::UnknownKey { origin: Origin::File { line }, key: name.to_owned(), near }
}

fn settings(source: &str, section: &str, table: &DeTable<'_>, found: &mut Vec<Written>) -> Result<(), ConfigError> {
    for (name, value) in table {
        let origin = Origin::File { line: line_of(source, name.span().start) };
        let Some(key) = Key::find(section, name.get_ref()) else {
            let near = Key::nearest(section, name.get_ref());
            return Err(ConfigError::UnknownKey { origin, key: format!("[{section}] {}", name.get_ref()), near });
        };
        found.push(Written { key, value: value_of(value), origin });
    }
    Ok(())
}

fn value_of(value: &Spanned<DeValue<'_>>) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Other("a number that is too large".to_owned()),
        },
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            });
            texts
                .collect::<Option<_>>()
                .map_or_else(|| Value::Other("a list with more than texts".to_owned()), Value::List)
        }
        DeValue::Boolean(flag) => Value::Other(flag.to_string()),
        DeValue::Float(number) => Value::Fraction(number.as_str().to_owned()),
        DeValue::Datetime(_) => Value::Other("a date".to_owned()),
        DeValue::Table(_) => Value::Other("a table".to_owned()),
    }
}

fn syntax(source: &str, error: &toml::de::Error) -> ConfigError {
    let line = error.span().map_or(1, |span| line_of(source, span.start));
    let why = error.message().lines().collect::<Vec<_>>().join("; ");
    ConfigError::Syntax { origin: Origin::File { line }, why }
}

fn line_of(source: &str, at: usize) -> usize {
    1 + source.as_bytes()[..at.min(source.len())].iter().filter(|byte| **byte == b'\n').count()
}
