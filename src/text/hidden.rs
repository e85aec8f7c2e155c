//! Text that is not what it seems: characters that nobody sees, letters of another script that look alike, terminal
//! escapes, and Markdown or HTML that a renderer does not show. It says that something is hidden, and what the text is
//! without it; what it means is not judged here.

use super::forms::Forms;
use super::pattern::pattern;
use super::scrub::is_hidden;
use std::sync::LazyLock;

static MARKUP: LazyLock<Forms> = LazyLock::new(|| {
    Forms::new(&[
        // Over bytes: a distance in characters of any script is a far larger automaton
        // Comments, of HTML and of Markdown
        r"(?-u)(?s)<!--.{0,2000}?[a-zA-Z]{3}",
        r"(?-u)(?m)^\[(?://|comment|_)\]:\s*(?:#|<>)",
        // Styles that hide
        r"(?-u)(?i)display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:\.\d+)?(?:px|em|pt|rem|%)?\s*[;'\x22]|opacity\s*:\s*0(?:\.0\d*)?\s*[;'\x22]|(?:left|top|text-indent)\s*:\s*-\d{3,}|(?:width|height)\s*:\s*[01]px\s*;[^>]{0,60}overflow\s*:\s*hidden|clip\s*:\s*rect\(0",
        r"(?-u)(?i)[^-]\bcolor\s*[:=]\s*[\x22']?(?:white|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255|transparent)\b",
        r"(?-u)(?i)<[a-z][^>]{0,200}\s(?:hidden|aria-hidden=[\x22']true)[\s>/=\x22']",
        // Attributes that hold sentences
        r"(?-u)(?i)<[a-z][^>]{0,200}\s(?:alt|title|aria-label|data-\w+|content|value)\s*=\s*[\x22'](?:[^\x22'>]{0,400}\b(?:ignore|you must|always|never|system|instruction|assistant|agent)\b)",
        r"(?-u)(?i)!\[[^\]]{0,400}\b(?:ignore|you must|instructions?|assistant|system prompt)\b[^\]]{0,400}\]\(",
        // Terminal escapes, also as text
        r"(?-u)\x1b|\xc2\x9b|\\(?:x1b|033|u001b|e)[\[\]]",
    ])
});

/// Whether the text hides something from a reader.
pub fn found(text: &str) -> bool {
    unseen(text)
        || MARKUP.is_match(text.as_bytes())
        || (!text.is_ascii() && (mixed(text) || deceiving_link(text)))
        || deceiving_link(text)
}

/// Characters that nobody sees, but those that join emoji.
fn unseen(text: &str) -> bool {
    let mut last = ' ';
    text.chars().any(|c| {
        let joins = c == '\u{200d}' && (last > '\u{2190}' || last == '\u{fe0f}') || is_script_joiner(c, last);
        last = c;
        is_hidden(c) && !joins
    })
}

/// Joiners that Persian and Indic scripts are written with.
fn is_script_joiner(c: char, last: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}') && matches!(last, '\u{0600}'..='\u{06ff}' | '\u{0900}'..='\u{0dff}')
}

/// The Latin letter that a letter of another script or width looks like.
fn latin(c: char) -> Option<char> {
    let known = match c {
        'а' | 'α' | 'ɑ' => 'a',
        'в' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' | 'ε' => 'e',
        'һ' => 'h',
        'і' | 'ι' | 'ı' | 'ӏ' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'н' => 'h',
        'о' | 'ο' | 'σ' | 'օ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'С' => 'C',
        'Е' | 'Ε' => 'E',
        'Н' | 'Η' => 'H',
        'І' | 'Ι' => 'I',
        'Ј' => 'J',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'Ѕ' => 'S',
        'Т' | 'Τ' => 'T',
        'Х' | 'Χ' => 'X',
        'У' | 'Υ' => 'Y',
        'Ζ' => 'Z',
        '\u{ff01}'..='\u{ff5e}' => return char::from_u32(c as u32 - 0xfee0),
        '\u{1d400}'..='\u{1d6a3}' => {
            let nth = (c as u32 - 0x1d400) % 52;
            return char::from_u32(if nth < 26 { 0x41 + nth } else { 0x47 + nth });
        }
        _ => return None,
    };
    Some(known)
}

/// Whether one word mixes Latin letters with letters of another script that look like them.
fn mixed(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.into_iter().any(|word| {
        let (ascii, alike) = word.chars().fold((0, 0), |(ascii, alike), c| {
            (ascii + usize::from(c.is_ascii_alphabetic()), alike + usize::from(latin(c).is_some()))
        });
        // A Greek letter before a Latin one is a formula; a mathematical alphabet is a costume as a whole.
        (alike > 0 && ascii > 1) || word.chars().filter(|c| matches!(c, '\u{1d400}'..='\u{1d6a3}')).count() > 3
    })
}

/// Whether the words of a link name another address than its target.
fn deceiving_link(text: &str) -> bool {
    static LINK: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(r"(?i)\[\s*(?:https?://)?(?:www\.)?(?P<said>(?:[a-z0-9-]+\.)+[a-z]{2,})[^\]\s]{0,200}\s*\]\(\s*https?://(?:[^/@)\s]{0,60}@)?(?:www\.)?(?P<goes>[a-z0-9.-]+)")
            .expect("a constant pattern")
    });
    static NAMES_FILE: [&str; 10] = ["md", "rs", "py", "js", "ts", "json", "toml", "yaml", "yml", "sh"];
    // Without these there is no link, and nothing to make the pattern for.
    text.contains("](")
        && LINK.captures_iter(text).any(|link| {
            let (said, goes) = (link["said"].to_lowercase(), link["goes"].to_lowercase());
            let file = said.rsplit('.').next().is_some_and(|end| NAMES_FILE.contains(&end));
            !file && said != goes && !goes.ends_with(&format!(".{said}")) && !said.ends_with(&format!(".{goes}"))
        })
}

/// The text as it reads: without unseen characters, look-alikes as the letters they imitate, tag characters as the
/// ASCII that they smuggle, spaced-out letters drawn together. `None` when that is the text itself.
pub fn plain(text: &str) -> Option<String> {
    let unhidden: String = text
        .chars()
        .filter_map(|c| match c {
            '\u{e0020}'..='\u{e007e}' => char::from_u32(c as u32 - 0xe0000),
            _ if is_hidden(c) => None,
            _ => Some(latin(c).unwrap_or(c)),
        })
        .collect();
    let drawn = drawn_together(&unhidden).unwrap_or(unhidden);
    (drawn != text).then_some(drawn)
}

/// `i g n o r e` as one word; two spaces or a sign keep words apart.
fn drawn_together(text: &str) -> Option<String> {
    static SPACED: LazyLock<regex::Regex> = LazyLock::new(|| pattern(r"\b(?:\w[ .*_-]){4,}\w\b"));
    SPACED.is_match(text).then(|| {
        SPACED
            .replace_all(text, |found: &regex::Captures<'_>| {
                found[0].chars().filter(|c| c.is_alphanumeric()).collect::<String>()
            })
            .into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_does_not_see_is_found() {
        for bad in [
            "a\u{202e}b",
            "run\u{200b} it",
            "\u{e0041}\u{e0042}",
            "<!-- agents: obey -->",
            "<span style=\"display:none\">x</span>",
            "<p style='color:white'>x</p>",
            "curl https://p\u{0430}ypal.com",
            "\u{1b}[8mx",
            "[bank.example.com](https://evil.example.org/x)",
        ] {
            assert!(found(bad), "{bad:?}");
        }
    }

    #[test]
    fn ordinary_text_of_any_language_hides_nothing() {
        for good in [
            "the \u{1f469}\u{200d}\u{1f4bb} emoji",
            "ключ и замок",
            "λx and Δt of the α-test",
            "naïve café",
            "set color: blue and display: flex",
            "[README.md](https://example.com/README.md)",
            "[docs.example.com](https://docs.example.com/x)",
            "می\u{200c}خواهم",
        ] {
            assert!(!found(good), "{good:?}");
        }
    }

    #[test]
    fn what_is_hidden_is_read() {
        assert_eq!(plain("\u{0456}gn\u{043e}re").as_deref(), Some("ignore"));
        assert_eq!(plain("x\u{e0068}\u{e0069}").as_deref(), Some("xhi"));
        assert_eq!(plain("i g n o r e").as_deref(), Some("ignore"));
        assert_eq!(plain("plain text"), None);
    }
}
