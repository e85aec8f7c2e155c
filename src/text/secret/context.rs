//! Credentials by what is said of them: a name such as `password` or `api_key`, a sign of assignment, and a value that is
//! neither a placeholder nor a name. Headers, command lines, connection strings and URLs have their own forms.

use super::noise::{Shape, entropy, is_code, is_drawn, is_name_of_words, is_placeholder, is_random, is_uuid, is_words};
use super::providers;
use regex::bytes::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// What a word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// Chosen by a person: may be short and made of words.
    Password,
    /// Drawn at random.
    Key,
    /// Drawn at random, and what it says is all that the name ends with.
    Whole,
    /// `SOME_KEY=…`, of a variable of the environment.
    Variable,
}

/// Words that are searched for, in any case.
pub const CUES: &[(&str, Cue)] = &[
    ("passw", Cue::Password),
    ("passphrase", Cue::Password),
    ("pwd", Cue::Password),
    ("pass", Cue::Password),
    ("secret", Cue::Key),
    ("token", Cue::Key),
    ("api_key", Cue::Key),
    ("apikey", Cue::Key),
    ("api-key", Cue::Key),
    ("api key", Cue::Key),
    ("access_key", Cue::Key),
    ("accesskey", Cue::Key),
    ("access key", Cue::Key),
    ("private_key", Cue::Key),
    ("privatekey", Cue::Key),
    ("secret key", Cue::Key),
    ("auth_key", Cue::Key),
    ("authkey", Cue::Key),
    ("encryption_key", Cue::Key),
    ("signing_key", Cue::Key),
    ("license_key", Cue::Key),
    ("licensekey", Cue::Key),
    ("deploy_key", Cue::Key),
    ("developer_key", Cue::Key),
    ("master_key", Cue::Key),
    ("account_key", Cue::Key),
    ("app_key", Cue::Key),
    ("appkey", Cue::Key),
    ("oauth", Cue::Key),
    ("_pat", Cue::Key),
    ("reporter_id", Cue::Key),
    ("unseal", Cue::Key),
    ("auth", Cue::Whole),
    ("creds", Cue::Whole),
    ("credential", Cue::Whole),
    ("credentials", Cue::Whole),
    ("private-key", Cue::Key),
    ("_key", Cue::Variable),
    ("_salt", Cue::Variable),
    ("consumer_key", Cue::Key),
    ("consumerkey", Cue::Key),
    ("client_key", Cue::Key),
    ("clientkey", Cue::Key),
    ("secretkey", Cue::Key),
    ("sharedkey", Cue::Key),
    ("shared_key", Cue::Key),
    ("instrumentationkey", Cue::Key),
    ("passcode", Cue::Password),
];

/// Names that end like this hold something about a credential, not the credential.
const ABOUT: [&str; 32] = [
    "id",
    "ids",
    "name",
    "url",
    "uri",
    "path",
    "file",
    "type",
    "length",
    "len",
    "count",
    "size",
    "hint",
    "label",
    "field",
    "policy",
    "expiry",
    "expires",
    "ttl",
    "s",
    "hash",
    "limit",
    "usage",
    "endpoint",
    "input",
    "reset",
    "manager",
    "provider",
    "ref",
    "version",
    "signature",
    "selector",
];

/// What a word makes of `key`: `keyring` is none.
const OTHER: [&str; 5] = ["alias", "board", "frame", "pair", "ring"];

/// Values that are shown once and worth nothing after.
const PASSING: [&str; 9] =
    ["public", "csrf", "xsrf", "authenticity", "page_token", "pagetoken", "next_token", "nexttoken", "continuation"];

macro_rules! form {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("the form is constant and tested"));
    };
}

/// Groups of [`ASSIGNED`], each a quote.
const QUOTES: usize = 5;

// What may stand between a name and its value, and the quote that the value begins with. A value on the next line has a
// quote, or a colon before it: `KEY=` with nothing behind it is empty. Last, the default of a variable of Terraform.
form!(
    ASSIGNED,
    concat!(
        r#"(?-u)\A(?:\\?["'`]?\]?\)?"#,
        r#"(?:\s{0,20}(?::{1,3}=|\?=|=>|==|!=|=|:)(?:\s{0,40}(\\?["'`])|[ \t]{0,40})"#,
        r#"|\s{0,20}:\s{0,8}"#,
        r#"|\s{0,8}(?:\|\||\?\?)\s{0,8}(\\?["'`])"#,
        r#"|(?:\s+value\s*=\s*|>\s{0,20}|\s*["']\s*,\s*)(\\?["'`]|)"#,
        r#"|"\s*\{[^{}]{0,160}?\bdefault\s{0,20}=\s{0,20}(["'])"#,
        r#"|\s+(?:(?:for|of)\s[^\n]{1,40}?)?(?:is|was|to)\s+(\\?["'`]|)))"#
    )
);

/// The value that is announced at this place, if it is a credential.
pub fn value(text: &[u8], cue: Cue, at: Range<usize>) -> Option<Range<usize>> {
    let name = name(text, cue, at.clone())?;
    let rest = &text[name.end..(name.end + 400).min(text.len())];
    let (flag, (start, quote)) = begins(text, &name, &at, rest)?;
    let value = &rest[start..];
    let length = match quote {
        b"" => value.iter().take_while(|byte| !is_end(**byte)).count(),
        _ => memchr::memmem::find(value, quote).filter(|end| !value[..*end].contains(&b'\n'))?,
    };
    let range = name.end + start..name.end + start + length;
    let place = Place { text, name: name.clone(), quoted: !quote.is_empty(), flag, range: range.clone() };
    let is = match cue {
        Cue::Password => place.is_password(),
        Cue::Whole => place.is_key() && is_drawn(place.value(), 3.5),
        Cue::Key | Cue::Variable => place.is_key(),
    };
    (is && !providers::refuses(&text[name], &text[range.clone()])).then_some(range)
}

/// The name that a cue stands in, if it is one of a credential.
fn name(text: &[u8], cue: Cue, at: Range<usize>) -> Option<Range<usize>> {
    let end = at.end + text[at.end..].iter().take(32).take_while(|byte| is_name(**byte)).count();
    let tail = &text[at.end..end];
    if is_about(tail) {
        return None;
    }
    let start = text[..at.start].iter().rposition(|byte| !is_name(*byte)).map_or(0, |at| at + 1);
    let name = &text[start..end];
    // A word of an identifier that was drawn at random is no cue.
    let by_chance = name.len() >= 16 && is_random(name, 3.4);
    // `passed` and `passing` say nothing of a password, and `_path` holds no `_pat`.
    let whole = cue == Cue::Whole || says_pass(text, &at) || text[at].ends_with(b"_pat");
    let shouts = tail.is_empty() && !name.iter().any(u8::is_ascii_lowercase);
    let lower = name.to_ascii_lowercase();
    let passing = PASSING.iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some());
    let no_name = by_chance || (whole && !tail.is_empty()) || (cue == Cue::Variable && !shouts) || passing;
    (!no_name).then_some(start..end)
}

fn says_pass(text: &[u8], at: &Range<usize>) -> bool {
    text[at.clone()].eq_ignore_ascii_case(b"pass")
}

/// Whether the name is a flag, where behind it the value begins, and the quote around it.
fn begins<'t>(
    text: &[u8],
    name: &Range<usize>,
    at: &Range<usize>,
    rest: &'t [u8],
) -> Option<(bool, (usize, &'t [u8]))> {
    let (lower, before) = (text[name.clone()].to_ascii_lowercase(), &text[..name.start]);
    let login = memchr::memmem::find(&before[before.len().saturating_sub(100)..], b"login ").is_some();
    // `--password VALUE`, `operator unseal VALUE`, and `login NAME password VALUE` of .netrc
    let flag = lower.starts_with(b"-") || lower == b"unseal" || (login && lower == b"password");
    // `password '…'` of a block of settings
    let last = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
    let starts_line = last.is_none_or(|byte| *byte == b'\n');
    let setting = starts_line && lower == b"password" && matches!(rest.get(1), Some(b'"' | b'\''));
    let form = ASSIGNED.captures(rest);
    // Tests pass, and so do things to functions: only an assignment makes a password of it.
    let assigns = |found: &Captures<'_>| found[0].iter().any(|byte| matches!(byte, b'=' | b':'));
    if says_pass(text, at) && !form.as_ref().is_some_and(assigns) {
        return None;
    }
    let quoted = |found: &Captures<'t>| {
        let quote = (1..=QUOTES).find_map(|group| found.get(group)).map_or(&b""[..], |quote| quote.as_bytes());
        Some((found.get(0)?.end(), quote))
    };
    match &form {
        Some(found) => Some((flag, quoted(found)?)),
        None if (flag || setting) && rest.first() == Some(&b' ') => Some((flag, after_spaces(rest))),
        None => None,
    }
}

fn after_spaces(rest: &[u8]) -> (usize, &[u8]) {
    let start = rest.iter().take_while(|byte| **byte == b' ').count();
    match rest.get(start) {
        Some(b'"' | b'\'') => (start + 1, &rest[start..=start]),
        _ => (start, b""),
    }
}

/// Whether a name that ends like this is of something about a credential.
pub fn is_about(tail: &[u8]) -> bool {
    let tail = tail.to_ascii_lowercase();
    let tail = std::str::from_utf8(&tail).unwrap_or_default();
    let tail = tail.trim_start_matches(['_', '-', '.', ' ']);
    let ends = ABOUT.iter().any(|about| tail.ends_with(about)) || OTHER.contains(&tail);
    ends && !tail.ends_with("pass")
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_end(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, b',' | b';' | b')' | b'}' | b']' | b'<' | b'>' | b'"' | b'\'' | b'`' | b'&' | b'\\')
}

/// A value with what stands around it.
struct Place<'t> {
    text: &'t [u8],
    name: Range<usize>,
    quoted: bool,
    flag: bool,
    range: Range<usize>,
}

impl Place<'_> {
    fn value(&self) -> &[u8] {
        &self.text[self.range.clone()]
    }

    fn is_password(&self) -> bool {
        let value = self.value();
        let variable = [&b"$"[..], b"<", b"{", b"#", b"%", b"@"].iter().any(|lead| value.starts_with(lead));
        if self.connects() && !variable && (4..=120).contains(&value.len()) {
            return true;
        }
        if value.len() < 4 || value.len() > 100 || is_placeholder(value) || value.starts_with(b"http") {
            return false;
        }
        let spaces = value.iter().filter(|byte| **byte == b' ').count();
        let shape = Shape::of(value);
        if self.quoted {
            // A sentence about passwords is no password, and that of an anonymous user is no secret.
            return spaces <= 1
                && !self.is_anonymous()
                && value.len() >= 5
                && !is_code(value)
                && !is_name_of_words(value)
                && !value.ends_with(b":")
                && !value.contains(&b'/');
        }
        if has_variable(value) {
            return false;
        }
        let mixed = value.len() >= 6 && shape.digits > 0 && shape.letters > 0 && !is_words(value);
        (mixed
            || shape.symbols > 0 && value.len() >= 8 && shape.letters > 0
            || self.stands_in_a_file() && value.len() >= 6)
            && !is_code(value)
            || self.flag && value.len() >= 6 && !is_code(value) && !is_words(value)
    }

    fn is_key(&self) -> bool {
        let value = self.value();
        let shape = Shape::of(value);
        if self.quoted && value.len() >= 40 && shape.symbols >= 6 && shape.digits > 0 && entropy(value) > 4.5 {
            return true;
        }
        if is_placeholder(value) || value.contains(&b' ') {
            return false;
        }
        // Of a mere token it is more often what tells one from another.
        if is_uuid(value) {
            return !self.says_token_only();
        }
        let says_secret = self.text[self.name.clone()].to_ascii_lowercase().ends_with(b"secret");
        if says_secret && self.quoted && value.len() >= 8 && shape.symbols > 0 && shape.letters > 0 && !is_code(value) {
            return true;
        }
        let all_kinds =
            shape.digits > 0 && value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
        if value.len() >= 10 && all_kinds && is_random(value, 3.0) && !is_code(value) {
            return true;
        }
        // Names are told from keys by their words, unless nothing but a key is that random.
        value.len() >= 14 && value.len() <= 400 && is_random(value, 3.0) && (!is_code(value) || entropy(value) > 4.2)
    }

    fn is_anonymous(&self) -> bool {
        let before = &self.text[self.name.start.saturating_sub(60)..self.name.start];
        memchr::memmem::find(before, b"anonymous").is_some()
    }

    fn says_token_only(&self) -> bool {
        let name = self.text[self.name.clone()].to_ascii_lowercase();
        name.ends_with(b"token")
            && ![&b"api"[..], b"access", b"auth", b"secret"]
                .iter()
                .any(|word| memchr::memmem::find(&name, word).is_some())
    }

    /// `NAME=value` alone on a line, as in files of variables, or a name of several shouted words anywhere.
    fn stands_in_a_file(&self) -> bool {
        let line = self.text[..self.name.start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lead = self.text[line..self.name.start].trim_ascii();
        let alone = lead.is_empty() || lead == b"export" || lead == b"#" || lead == b"-";
        let sign = self.text[self.name.end..self.range.start].trim_ascii();
        let ends = self.text.get(self.range.end).is_none_or(|byte| matches!(byte, b'\n' | b'\r' | b' '));
        let name = &self.text[self.name.clone()];
        let shouts = name.contains(&b'_') && !name.iter().any(u8::is_ascii_lowercase);
        (alone || shouts)
            && sign == b"="
            && ends
            && self.text[self.name.clone()].iter().any(|byte| byte.is_ascii_uppercase())
    }

    /// `Server=…;Uid=…;Pwd=…;`
    fn connects(&self) -> bool {
        let around = &self.text[self.name.start.saturating_sub(160)..(self.range.end + 80).min(self.text.len())];
        let around = around.to_ascii_lowercase();
        let has = |word: &[u8]| memchr::memmem::find(&around, word).is_some();
        let closed = matches!(self.text.get(self.range.end), Some(b';' | b'"' | b'\''));
        closed
            && (has(b"server=") || has(b"data source="))
            && (has(b"uid=") || has(b"user id=") || has(b"user=") || has(b"username="))
    }
}

/// `a$NAME`, to which no quote gives another meaning.
fn has_variable(value: &[u8]) -> bool {
    value.windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_alphabetic())
}
