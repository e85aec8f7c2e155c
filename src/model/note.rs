//! Notes as `git dream` writes them: front matter, body, and the slug that names both note and file. Reading is
//! [`super::document`]'s.

use super::{Kind, NotePath};
use crate::text::Scrubbed;

/// Writes a note as `git dream` writes it: front matter, then the body.
pub fn render_note(name: &str, description: &Scrubbed, kind: Kind, tags: &[String], body: &Scrubbed) -> Scrubbed {
    let mut text =
        format!("---\nname: {}\ndescription: {}\nkind: {kind}\n", scalar(name), scalar(description.as_str()));
    if !tags.is_empty() {
        let tags: Vec<String> = tags.iter().map(|tag| scalar(tag)).collect();
        text.push_str(&format!("tags: [{}]\n", tags.join(", ")));
    }
    text.push_str(&format!("---\n{}\n", body.as_str().trim()));
    Scrubbed::block(&text)
}

/// A YAML scalar on one line: plain where YAML 1.2 certainly reads it back as the same string, else double-quoted.
pub(super) fn scalar(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = |c: char| {
        c.is_alphanumeric()
            || matches!(c, ' ' | '-' | '_' | '.' | '/' | '(' | ')' | '\'' | ';' | '+' | '=' | '$' | '^' | '~')
    };
    let starts = line.starts_with(|c: char| c.is_alphabetic());
    if starts && !is_reserved(&line) && line.chars().all(plain) {
        return line;
    }
    // JSON writes as they are what YAML takes for unprintable.
    let json = serde_json::Value::String(line).to_string();
    json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

/// Words that some version of YAML reads as something else than a string.
pub(super) fn is_reserved(word: &str) -> bool {
    let words = ["", "true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"];
    words.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// Words made into a file name: lower case, hyphens, at most 60 characters, cut at a word.
pub fn slug(words: &str) -> String {
    let mapped: String =
        words.to_lowercase().chars().map(|c| if c.is_alphanumeric() && c.is_ascii() { c } else { '-' }).collect();
    let mut slug = String::new();
    for word in mapped.split('-').filter(|word| !word.is_empty()) {
        if slug.len() + word.len() + 1 > 60 && !slug.is_empty() {
            break;
        }
        if !slug.is_empty() {
            slug.push('-')
        }
        slug.push_str(&word[..word.len().min(60)]);
    }
    match slug.as_str() {
        "" => "note".to_owned(),
        // The name of a device, which no file may have on every platform.
        _ if NotePath::new(&slug).is_err() => format!("{slug}-note"),
        _ => slug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_and_plain() {
        assert_eq!(slug("Use `bun run test`, not rtk!"), "use-bun-run-test-not-rtk");
        assert_eq!(slug("…"), "note");
        assert_eq!(slug("NUL?"), "nul-note");
    }
}
