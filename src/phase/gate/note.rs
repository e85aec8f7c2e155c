//! A memory file before it is committed: UTF-8, front matter that is YAML, no credentials, nothing hidden. It judges
//! no meaning, and changes nothing.

use super::Flaw;
use crate::config::Settings;
use crate::model::document;
use crate::text::scrub::is_hidden;
use crate::text::secret;

/// What is wrong with a note, in the order of its lines.
pub fn flaws(bytes: &[u8]) -> Vec<Flaw> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            return vec![Flaw::new(line, "is not UTF-8 text")];
        }
    };
    let mut flaws: Vec<Flaw> = document::front_error(text)
        .map(|error| Flaw::new(error.line, format!("the front matter is no valid YAML: {}", error.why)))
        .into_iter()
        .collect();
    flaws.extend(secrets(text));
    flaws.extend(text.split('\n').enumerate().filter_map(|(index, line)| {
        let found = line.trim_end_matches('\r').chars().find(|&c| is_hidden(c) || c.is_control() && c != '\t')?;
        Some(Flaw::new(index + 1, format!("holds a hidden character, U+{:04X}", u32::from(found))))
    }));
    flaws.sort_by_key(|flaw| flaw.line);
    flaws
}

/// What is wrong with a `dream.toml`.
pub fn settings_flaws(bytes: &[u8]) -> Vec<Flaw> {
    let Ok(text) = std::str::from_utf8(bytes) else { return vec![Flaw::new(1, "is not UTF-8 text")] };
    match Settings::resolve(Some(text), |_| None, &[]) {
        Ok(_) => Vec::new(),
        Err(error) => {
            let line = match error.origin() {
                crate::config::Origin::File { line } => *line,
                _ => 1,
            };
            let said = error.to_string();
            let why = said.split_once(": ").map_or(said.as_str(), |(_, why)| why);
            vec![Flaw::new(line, why)]
        }
    }
}

/// The lines with a credential. One that no single line shows (a value under its name) is found where masking begins
/// to change the text.
fn secrets(text: &str) -> Vec<Flaw> {
    const WHAT: &str = "holds what looks like a credential";
    if !secret::found(text) {
        return Vec::new();
    }
    let lines = text.lines().enumerate().filter(|(_, line)| secret::found(line));
    let flaws: Vec<Flaw> = lines.map(|(index, _)| Flaw::new(index + 1, WHAT)).collect();
    if !flaws.is_empty() {
        return flaws;
    }
    let masked = secret::mask(text);
    let same = text.bytes().zip(masked.bytes()).take_while(|(a, b)| a == b).count();
    vec![Flaw::new(text.as_bytes()[..same].iter().filter(|byte| **byte == b'\n').count() + 1, WHAT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: impl AsRef<[u8]>) -> Vec<String> {
        flaws(bytes.as_ref()).into_iter().map(|flaw| format!("{}: {}", flaw.line, flaw.what)).collect()
    }

    #[test]
    fn sound_notes_pass() {
        for text in ["", "- a\n- b\r\n", "---\nname: a\n---\nText\twith a tab, 👍🏽 and ❤️.\n", "---\n\nA rule above.\n"]
        {
            assert!(said(text).is_empty(), "{text}: {:?}", said(text));
        }
    }

    #[test]
    fn each_flaw_is_found_on_its_line() {
        assert_eq!(said(b"a\nb\xff\n"), ["2: is not UTF-8 text"]);
        let broken = said("---\nname: a\ntags: [x\n---\nText\n");
        assert!(matches!(&broken[..], [one] if one.contains("front matter")), "{broken:?}");
        assert_eq!(said("a\nb\u{202e}c\n"), ["2: holds a hidden character, U+202E"]);
        assert_eq!(said("a\n\u{1b}[8mb\n"), ["2: holds a hidden character, U+001B"]);
        let key = format!("- x\n- use ghp_{}\n", "a1B2".repeat(9));
        assert_eq!(said(&key), ["2: holds what looks like a credential"]);
        assert!(!said(&key)[0].contains("ghp_"));
    }

    #[test]
    fn settings_name_their_line() {
        assert!(settings_flaws(b"[dream]\nmin-support = 2\n").is_empty());
        let flaws = settings_flaws(b"[dream]\nmin-suport = 2\n");
        assert_eq!((flaws[0].line, flaws[0].what.as_str()), (2, "unknown key '[dream] min-suport'"));
    }
}
