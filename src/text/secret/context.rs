//! Credentials by what is said of them: a name such as `password` or `api_key`, a sign of assignment, and a value that is
//! neither a placeholder nor a name. Headers, command lines, connection strings and URLs have their own forms.

use super::noise::{entropy, is_code, is_monotone, is_placeholder, is_uuid, is_words};
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What a word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// Chosen by a person: may be short and made of words.
    Password,
    /// Drawn at random.
    Key,
    Bearer,
    Basic,
    /// `://user:password@`
    Url,
    /// `curl -u user:password`
    User,
    /// `NetworkCredential("user", "password")`
    Credential,
    /// `docker login … -p password`
    Login,
    /// `IDENTIFIED BY 'password'`
    Identified,
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
    ("login_with_api_key", Cue::Key),
    ("reporter_id", Cue::Key),
    ("sonar.login", Cue::Key),
    ("unseal", Cue::Key),
    ("bearer", Cue::Bearer),
    ("authorization: token", Cue::Bearer),
    ("basic ", Cue::Basic),
    ("://", Cue::Url),
    ("--user", Cue::User),
    (" -u ", Cue::User),
    ("networkcredential(", Cue::Credential),
    ("psexec", Cue::Login),
    ("docker login", Cue::Login),
    ("sshpass", Cue::Login),
    ("mysql", Cue::Login),
    ("identified by ", Cue::Identified),
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
const ABOUT: [&str; 30] = [
    "id", "ids", "name", "url", "uri", "path", "file", "type", "length", "len", "count", "size", "hint", "label",
    "field", "policy", "expiry", "expires", "ttl", "s", "hash", "limit", "usage", "endpoint", "input", "reset",
    "manager", "provider", "ref", "version",
];

/// Values that are shown once and worth nothing after.
const PASSING: [&str; 8] =
    ["csrf", "xsrf", "authenticity", "page_token", "pagetoken", "next_token", "nexttoken", "continuation"];

macro_rules! form {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("the form is constant and tested"));
    };
}

form!(BEARER, r"(?-u)\A(?i:bearer|authorization: token)[\x22':\s\\]{1,4}([A-Za-z0-9._~+/-]{12,}=*)");
form!(BASIC, r"(?-u)\A(?i:basic) ([A-Za-z0-9+/]{10,}={0,2})(?:[^A-Za-z0-9+/=]|\z)");
form!(URL, r"(?-u)\A://([\x21-\x7e&&[^:/@'\x22<>?#]]{0,64}):([\x21-\x7e&&[^@'\x22<>/\s]]{3,100})@[A-Za-z0-9\[]");
form!(USER, r"(?-u)\A(?:--user|\s-u)[ =]([\x22']?)([^\s:\x22']{1,80})[\x22']?:[\x22']?([^\s\x22']{3,100})");
form!(LONE_USER, r"(?-u)\A(?:--user|\s-u)[ =][\x22']?([^\s:\x22']{8,80}):[\x22'\s]");
form!(CREDENTIAL, r#"(?-u)\A\w+\(\s*"[^"\n]{1,100}",\s*"([^"\n]{4,100})""#);
form!(
    LOGIN,
    r"(?-u)\A(?i:psexec|docker login|sshpass|mysql(?:dump|admin)?)\b[^\n|;&]{0,160}?\s-p\s?[\x22']?([^\s\x22']{4,60})"
);
form!(IDENTIFIED, r"(?-u)\A(?i:identified by )[\x22']([^\x22'\n]{4,60})[\x22']");
// What may stand between a name and its value, and the quote that the value begins with.
form!(
    ASSIGNED,
    concat!(
        r#"(?-u)\A(?:\\?["'`]?\]?\)?"#,
        r#"(?:\s{0,20}(?::=|=>|==|!=|=|:)\s{0,8}"#,
        r#"|\s+value\s*=\s*|>|\s*["']\s*,\s*)|\s+(?:(?:for|of)\s[^\n]{1,40}?)?(?:is|was|to)\s+)"#,
        r#"(\\?["'`]|)"#
    )
);

/// The value that is announced at this place, if it is a credential.
pub fn value(text: &[u8], cue: Cue, at: Range<usize>) -> Option<Range<usize>> {
    let from = &text[at.start..(at.start + 600).min(text.len())];
    let group = |form: &Regex, number: usize| {
        let found = form.captures(from)?.get(number)?;
        Some(at.start + found.start()..at.start + found.end())
    };
    let kept = |range: Option<Range<usize>>, keep: fn(&[u8]) -> bool| range.filter(|range| keep(&text[range.clone()]));
    match cue {
        Cue::Bearer => kept(group(&BEARER, 1), |value| is_random(value, 3.0)),
        Cue::Basic => kept(group(&BASIC, 1), |value| !is_words(value) && !is_placeholder(value)),
        Cue::Url => kept(group(&URL, 2), |value| value == b"secret" || !is_placeholder(value)),
        Cue::User => {
            let curl = &text[at.start.saturating_sub(300)..at.start];
            memchr::memmem::find(curl, b"curl")?;
            let alone = || kept(group(&LONE_USER, 1), |value| is_random(value, 2.8));
            kept(group(&USER, 3), |value| !is_placeholder(value)).or_else(alone)
        }
        Cue::Credential => kept(group(&CREDENTIAL, 1), |value| !is_placeholder(value)),
        Cue::Login => kept(group(&LOGIN, 1), |value| !is_placeholder(value)),
        Cue::Identified => kept(group(&IDENTIFIED, 1), |value| !is_placeholder(value)),
        Cue::Password | Cue::Key | Cue::Variable => assigned(text, cue, at),
    }
}

fn assigned(text: &[u8], cue: Cue, at: Range<usize>) -> Option<Range<usize>> {
    let name_end = at.end + text[at.end..].iter().take(32).take_while(|byte| is_name(**byte)).count();
    let tail = text[at.end..name_end].to_ascii_lowercase();
    let tail = std::str::from_utf8(&tail).unwrap_or_default();
    if ABOUT.iter().any(|about| tail.trim_start_matches(['_', '-', '.', ' ']).ends_with(about))
        && !tail.ends_with("pass")
    {
        return None;
    }
    let name_start = text[..at.start].iter().rposition(|byte| !is_name(*byte)).map_or(0, |at| at + 1);
    let name = text[name_start..name_end].to_ascii_lowercase();
    // A word of an identifier that was drawn at random is no cue, and `_path` holds no `_pat`.
    let by_chance = name.len() >= 16 && is_random(&text[name_start..name_end], 3.4);
    if by_chance || (text[at.clone()].ends_with(b"_pat") && !tail.is_empty()) {
        return None;
    }
    // `passed`, `passing`, `all passes`: only the word itself is one for a password.
    if text[at.clone()].eq_ignore_ascii_case(b"pass") && !tail.is_empty() {
        return None;
    }
    let shouts = !name.is_empty() && !text[name_start..name_end].iter().any(u8::is_ascii_lowercase);
    if cue == Cue::Variable && !(shouts && tail.is_empty()) {
        return None;
    }
    if PASSING.iter().any(|word| memchr::memmem::find(&name, word.as_bytes()).is_some()) {
        return None;
    }
    let rest = &text[name_end..(name_end + 400).min(text.len())];
    let before = name_start;
    let login = memchr::memmem::find(&text[before.saturating_sub(100)..before], b"login ").is_some();
    // `--password VALUE`, `operator unseal VALUE`, and `login NAME password VALUE` of .netrc
    let flag = name.starts_with(b"-") || name == b"unseal" || (login && name == b"password");
    let form = ASSIGNED.captures(rest);
    // Tests pass, and so do things to functions: only an assignment makes a password of it.
    let says_pass = text[at.clone()].eq_ignore_ascii_case(b"pass");
    let assigns = |found: &regex::bytes::Captures<'_>| found[0].iter().any(|byte| matches!(byte, b'=' | b':'));
    if says_pass && !form.as_ref().is_some_and(assigns) {
        return None;
    }
    let (start, quote) = match &form {
        Some(found) => (found.get(0)?.end(), found.get(1)?.as_bytes()),
        None if flag && rest.first() == Some(&b' ') => {
            let start = rest.iter().take_while(|byte| **byte == b' ').count();
            let quote = &rest[start..(start + 1).min(rest.len())];
            let quote = if matches!(quote, b"\"" | b"'") { quote } else { b"" };
            (start + quote.len(), quote)
        }
        None => return None,
    };
    let value = &rest[start..];
    let length = match quote {
        b"" => value.iter().take_while(|byte| !is_end(**byte)).count(),
        _ => memchr::memmem::find(value, quote).filter(|end| !value[..*end].contains(&b'\n'))?,
    };
    let range = name_end + start..name_end + start + length;
    let place = Place { text, name: before..name_end, quoted: !quote.is_empty(), flag, range: range.clone() };
    let is = match cue {
        Cue::Password => place.is_password(),
        _ => place.is_key(),
    };
    is.then_some(range)
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
        if value.len() < 4 || value.len() > 120 || is_placeholder(value) || value.starts_with(b"http") {
            return false;
        }
        let spaces = value.iter().filter(|byte| **byte == b' ').count();
        let shape = Shape::of(value);
        if self.quoted {
            // A sentence about passwords is no password.
            return spaces <= 1
                && value.len() >= 5
                && !is_code(value)
                && !value.ends_with(b":")
                && !value.contains(&b'/');
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
        if is_uuid(value) {
            return true;
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

struct Shape {
    digits: usize,
    letters: usize,
    symbols: usize,
}

impl Shape {
    fn of(value: &[u8]) -> Self {
        let count = |is: fn(&u8) -> bool| value.iter().filter(|byte| is(byte)).count();
        let symbol = |byte: &u8| byte.is_ascii_punctuation() && !matches!(byte, b'.' | b'_' | b'-' | b'/' | b':');
        Self { digits: count(u8::is_ascii_digit), letters: count(u8::is_ascii_alphabetic), symbols: count(symbol) }
    }
}

/// Drawn at random, as far as its bytes tell: of several kinds, spread, and no words.
pub fn is_random(value: &[u8], bits: f64) -> bool {
    let shape = Shape::of(value);
    let kinds = usize::from(shape.digits > 0)
        + usize::from(value.iter().any(u8::is_ascii_lowercase))
        + usize::from(value.iter().any(u8::is_ascii_uppercase));
    let drawn = value
        .iter()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'|'));
    drawn
        && kinds >= 2
        && shape.letters > 0
        && entropy(value) >= bits
        && !is_words(value)
        && !is_monotone(value)
        && !is_placeholder(value)
}
