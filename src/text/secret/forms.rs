//! Credentials by the form of what they stand in: headers, URLs, command lines, calls. The literal that each form begins
//! with is searched for; what stands there for a credential of the reader's own is none.

use super::noise::{is_drawn, is_name_of_words, is_placeholder, is_random, is_words};
use regex::bytes::{Captures, Regex};
use std::ops::Range;
use std::sync::OnceLock;

type Keep = fn(&[u8], &Captures<'_>) -> bool;

/// One way of giving a credential to something.
pub struct Form {
    /// What is found, for a report.
    pub kind: &'static str,
    /// What it begins with, in any case.
    pub literal: &'static str,
    /// What follows the literal. The first group without a name that matched is the credential.
    rest: &'static str,
    keep: Keep,
    /// A word that must stand before it, or nothing.
    after: &'static str,
}

const fn form(kind: &'static str, literal: &'static str, rest: &'static str, keep: Keep) -> Form {
    Form { kind, literal, rest, keep, after: "" }
}

const fn after(after: &'static str, kind: &'static str, literal: &'static str, rest: &'static str, keep: Keep) -> Form {
    Form { kind, literal, rest, keep, after }
}

/// A name that many texts hold for other reasons.
pub const USER_NAME: &str = "user name";
const HEADER: &str = "authorization header";
const PASSWORD: &str = "password";
const TOKEN: &str = "key or token";

/// `user:password`, in or between quotes.
const PAIR: &str = r"[ =]{0,4}[\x22']?(?P<user>[^\s:\x22']{0,80})[\x22']?:[\x22']?([^\s\x22']{3,100})";
/// `key:`, a user without a password.
const LONE: &str = r"[ =]{0,4}[\x22']?([^\s:\x22']{8,80}):[\x22'\s]";
/// `'X-Api-Key: key'`
const HEADED: &str =
    r"[ =]{0,4}[\x22'](?i:(?:x-(?:[a-z]{1,20}-)?)?(?:api-?)?(?:key|token)):[ \t]{0,5}([A-Za-z0-9_=~@.+/-]{8,})[\x22']";
/// `… -p password`
const DASH_P: &str = r"[^\n|;&]{0,160}?\s-p\s?[\x22']?([^\s\x22']{4,60})";

/// The rest of an id, a little, and forty characters.
const BESIDE: &str =
    r"[A-Z0-9]{16,17}[^A-Z0-9][\s\S]{0,40}?[^A-Za-z0-9/+=]?\b([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)";

/// `_id = "1234-5678-9012"`
const ACCOUNT: &str =
    r"(?i:_?id)?[\x22'`]?\s{0,8}(?:=>|[:=])\s{0,8}[\x22'`]?([0-9]{4}-?[0-9]{4}-?[0-9]{4})(?:[^0-9]|\z)";

/// The account of AWS' documentation.
const EXAMPLE_ACCOUNT: &[u8] = b"123456789012";

/// All forms. Where several have one literal, each is looked at.
pub const FORMS: &[Form] = &[
    form(HEADER, "bearer", r"[\x22':\s\\]{1,4}([A-Za-z0-9._~+/-]{12,}=*)", |value, _| is_random(value, 3.0)),
    form(
        HEADER,
        "authorization",
        r"[\\\x22']{0,2}[ \t]?[:=][ \t\\\x22']{0,8}(?i:(?:api-?)?(?:token|key)[ =]|ssws |oauth )?([A-Za-z0-9=~@.+/_-]{10,})(?:[\x22'\s\\,;]|\z)",
        |value, _| is_drawn(value, 2.75),
    ),
    form(HEADER, "basic ", r"([A-Za-z0-9+/]{10,}={0,2})(?:[^A-Za-z0-9+/=.]|\z)", |value, _| {
        !is_words(value) && !is_placeholder(value)
    }),
    form(
        "password in a URL",
        "://",
        r"[\x21-\x7e&&[^:/@'\x22<>?#]]{0,64}:([\x21-\x7e&&[^@'\x22<>/\s]]{3,100})@(?P<host>[A-Za-z0-9\[][A-Za-z0-9:]{0,9})",
        |value, form| !is_documentation(form) && (value == b"secret" || !is_placeholder(value)),
    ),
    after("curl", PASSWORD, "--user", PAIR, is_users),
    after("curl", PASSWORD, " -u ", PAIR, is_users),
    after("curl", PASSWORD, "--user", LONE, |value, _| is_random(value, 2.8)),
    after("curl", PASSWORD, " -u ", LONE, |value, _| is_random(value, 2.8)),
    after("curl", HEADER, "-h ", HEADED, |value, _| is_drawn(value, 2.75)),
    after("curl", HEADER, "--header", HEADED, |value, _| is_drawn(value, 2.75)),
    form(
        TOKEN,
        "unseal key",
        r" ?[0-9]{0,2}\s{0,4}:\s{0,4}([A-Za-z0-9+/]{43,44}=?|[a-f0-9]{64,66})(?:[^A-Za-z0-9+/=]|\z)",
        is_said,
    ),
    // A comparison with what is written into the program.
    form(PASSWORD, "secret", r"[\x22']?\]?\s{0,4}[!=]==?\s{0,4}[\x22']([^\x22'\s${<]{6,60})[\x22']", |value, _| {
        !is_placeholder(value) && !is_name_of_words(value) && !value.iter().all(u8::is_ascii_alphabetic)
    }),
    form(PASSWORD, "password to proceed", r"[^\n]{0,40}:\s{1,20}([a-f0-9]{32})\s", is_said),
    form(
        PASSWORD,
        "password for ",
        r"(?i:the )?(?i:user(?:name)? )?[\x22'][^\x22'\n]{2,40}[\x22'] is [\x22']([^\x22'\s${<]{4,60})[\x22']",
        is_said,
    ),
    form(PASSWORD, "networkcredential(", r#"\s*"[^"\n]{1,100}",\s*"([^"\n]{4,100})""#, is_said),
    form(PASSWORD, "directoryentry(", r#"\s*"[^"\n]{3,100}",\s*"[^"\n]{3,50}",\s*"([^"\n]{3,50})""#, |value, form| {
        value == b"secret" || is_said(value, form)
    }),
    form(PASSWORD, "psexec", DASH_P, is_said),
    form(PASSWORD, "docker login", DASH_P, is_said),
    form(PASSWORD, "sshpass", DASH_P, is_said),
    form(PASSWORD, "mysql", DASH_P, is_said),
    form(PASSWORD, "identified by ", r"[\x22']([^\x22'\n]{4,60})[\x22']", is_said),
    // A line, or four, of .netrc.
    form(
        PASSWORD,
        "machine ",
        r"\S{1,100}\s{1,8}login\s\S{1,100}\s{1,8}password\s[\x22']?([^\s$<{\x22'\\]\S{2,100}?)[\x22']?(?:\s|\z)",
        |value, _| !USUAL.contains(&value.to_ascii_lowercase().as_slice()),
    ),
    form(
        PASSWORD,
        "net use ",
        r"[^\n]{0,100}?(?i:/u(?:ser)?:)\S{1,60}\s{1,4}[\x22']?([^\s\x22'/*]\S{3,60}?)[\x22']?(?:\s|\z)",
        is_said,
    ),
    form(
        PASSWORD,
        "net use ",
        r"(?i:[a-z*]:? )?\s?[\x22']?\\{2,4}\S{1,100}\s{1,4}[\x22']?([^\s\x22'/*]\S{3,60}?)[\x22']?\s{1,4}(?i:/u(?:ser)?:)",
        is_said,
    ),
    form(
        PASSWORD,
        "net user ",
        r"[\x22']?[\w.-]{1,40}[\x22']?\s{1,4}[\x22']?([^\s\x22'/*]\S{3,60}?)[\x22']?\s{1,4}(?i:/add)",
        is_said,
    ),
    // The secret next to its id, as in a list of keys.
    form("AWS secret key", "AKIA", BESIDE, |value, _| is_drawn(value, 3.5)),
    form("AWS secret key", "ASIA", BESIDE, |value, _| is_drawn(value, 3.5)),
    form("AWS secret key", "A3T", BESIDE, |value, _| is_drawn(value, 3.5)),
    // An id of an application and what it signs with.
    form(
        "Facebook token",
        "facebook",
        r"[\s\S]{0,40}?\b([0-9]{15,16}[|%][A-Za-z0-9_-]{27,40})(?:[\x22'`\s;\\]|\z)",
        |_, _| true,
    ),
    // The account alone: the rest of the name says what is meant.
    form("AWS account id", "arn:aws", r"(?:-cn|-us-gov)?:[a-z0-9-]{2,40}:[a-z0-9-]{0,30}:([0-9]{12}):", |value, _| {
        value != EXAMPLE_ACCOUNT
    }),
    form("AWS account id", "aws_account", ACCOUNT, |value, _| value != EXAMPLE_ACCOUNT),
    form("AWS account id", "awsaccount", ACCOUNT, |value, _| value != EXAMPLE_ACCOUNT),
    // Half of a credential: what is named so is built into pages that everybody gets.
    form(
        USER_NAME,
        "react_app_",
        r"(?i:[a-z0-9]{1,20}_){0,4}(?i:user(?:name)?)\s{0,4}=\s{0,4}[\x22']?([^\s\x22'$]{3,60})(?:[\s\x22']|\z)",
        |_, _| true,
    ),
    form(
        PASSWORD,
        "credentials",
        r"\s{0,4}\{[^{}]{0,200}?\bpassword\s{0,4}=?\s{0,4}[\x22']([^\x22'\n${]{3,60})[\x22']",
        |_, _| true,
    ),
    form(PASSWORD, "mail->password", r"\s{0,20}=\s{0,4}[\x22']([^\x22'\n${]{3,60})[\x22']", |_, _| true),
    // Keys of TrueNAS, and of things that report to ThingsBoard.
    form(TOKEN, "login_with_api_key", r"[^\d]{1,60}([0-9]{1,4}-[A-Za-z0-9]{64})(?:[^A-Za-z0-9]|\z)", is_said),
    form(TOKEN, "/api/v1/", r"([A-Za-z0-9]{20})/(?:telemetry|attributes|rpc|claim)\b", |value, _| is_drawn(value, 3.0)),
    after("thingsboard", TOKEN, "/api/v1/", r"([A-Za-z0-9]{20})(?:[\x22'\s/]|\z)", |value, _| is_drawn(value, 3.0)),
];

static FOUND: [OnceLock<Regex>; FORMS.len()] = [const { OnceLock::new() }; FORMS.len()];

/// The credential of the form that begins here.
pub fn matched(number: usize, text: &[u8], hit: Range<usize>) -> Option<Range<usize>> {
    let form = &FORMS[number];
    let before = &text[hit.start.saturating_sub(300)..hit.start];
    if !form.after.is_empty() && memchr::memmem::find(before, form.after.as_bytes()).is_none() {
        return None;
    }
    // `AggregationAuthorization` is no header.
    if form.kind == HEADER && before.last().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    let from = &text[hit.end..(hit.end + 600).min(text.len())];
    let found = whole(number).captures(from)?;
    let nameless = whole(number).capture_names().zip(found.iter()).skip(1).filter(|(name, _)| name.is_none());
    let value = nameless.filter_map(|(_, group)| group).next()?;
    (form.keep)(value.as_bytes(), &found).then(|| hit.end + value.start()..hit.end + value.end())
}

fn whole(number: usize) -> &'static Regex {
    FOUND[number].get_or_init(|| {
        let form = format!(r"(?-u)\A{}", FORMS[number].rest);
        Regex::new(&form).expect("the forms are constant and tested")
    })
}

fn is_said(value: &[u8], _: &Captures<'_>) -> bool {
    !is_placeholder(value)
}

/// Passwords that stand in examples.
const USUAL: [&[u8]; 7] = [b"pass", b"password", b"pwd", b"test", b"token", b"changeit", b"changeme"];

fn is_users(value: &[u8], form: &Captures<'_>) -> bool {
    let bare = value.strip_prefix(b"{").and_then(|value| value.strip_suffix(b"}"));
    let user = form.name("user").map(|user| user.as_bytes());
    let letters = value.trim_ascii_end().split(u8::is_ascii_digit).next().unwrap_or_default();
    user != Some(value)
        && !USUAL.contains(&letters)
        && (!is_placeholder(value) || bare.is_some_and(|value| is_random(value, 3.0)))
}

/// Addresses that stand in documentation (RFC 3849).
fn is_documentation(form: &Captures<'_>) -> bool {
    let host = form.name("host").map_or(&b""[..], |host| host.as_bytes());
    host.to_ascii_lowercase().starts_with(b"[2001:db8:")
}
