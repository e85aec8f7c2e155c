//! Credentials that only their surroundings give away: assignments, flags, headers, addresses. What stands in the
//! place of a value is weighed: a name, a reference, a placeholder or a word is no secret.

/// Each rule has one group for a value that is weighed as [`Weight`] says.
pub(super) const CONTEXTS: &[(Weight, &str)] = &[
    // scheme://user:password@host
    (Weight::Address, r"://[\x21-\x7e&&[^:/@'\x22<>?#\\]]{0,100}:([\x21-\x7e&&[^@'\x22<>\\]]{3,100})@[A-Za-z0-9\[]"),
    (Weight::Address, r"://([0-9a-fA-F]{8}:[0-9a-fA-F]{8})@"),
    // Headers
    (Weight::Token, r"(?i:\bbearer[ \t]+)([A-Za-z0-9._~+/-]{16,}=*)"),
    (Weight::Basic, r"(?i:\bbasic[ \t]+)([A-Za-z0-9+/]{10,}={0,2})"),
    (
        Weight::Token,
        r"(?i:\bauthorization\b[\\'\x22]{0,2}[ \t]*[:=][ \t]*[\\'\x22]{0,2}(?:(?:token|apikey|key|ssws|bot)[ \t]+)?)([A-Za-z0-9._~+/=-]{16,})",
    ),
    // name = value, in any notation
    (
        Weight::Password,
        r"(?i:passw(?:or)?d|passwd|passphrase|passwort|\bpwd|\bpw\b|_pass\b|\bpass\b|userpass)[A-Za-z0-9_]{0,16}[\\'\x22`\]]{0,3}[ \t]{0,16}(?:=>|:=|===?|=|:|,)[ \t]{0,8}[\\]{0,3}['\x22`]?([\x21-\x7e&&[^'\x22`,;<>(){}\[\]\\ ]]{4,100})",
    ),
    (
        Weight::Token,
        r"(?i:secret|token|credentials?|(?:api|app|access|auth|private|account|license|licence|client|consumer|encryption|signing|shared|storage|master|insert|query|server|service|deploy|session|stream|oauth|admin|hmac|jwt|webhook|subscription|functions?|unseal|connect|provision\w{0,10}|io|github|user)[ _.-]?key|api[_-]?token|apikey|reporter_id|access[_-]?id|\bpat\b|_pat\b|_api\b|sonar\.login|connectionstring)[A-Za-z0-9_.-]{0,24}(?: \d)?[\\'\x22`\]]{0,3}[ \t]{0,16}(?:=>|:=|===?|=|:|,)[ \t]{0,8}(?i:env\([^)\n]{0,60},[ \t]*)?[\\]{0,3}['\x22`]?([A-Za-z0-9_/+.!@#$%^&*:~|-]{8,200}={0,2})",
    ),
    // Values of providers that have no prefix, beside the provider's name
    (
        Weight::Provider,
        r"(?i:heroku|okta|mailchimp|facebook|fbconnect|fb_?app|twitter|linkedin|artifactory|sonar|jenkins|newrelic|new_relic|postmark|particle|asana|airtable|algolia|cohere|mistral|datadog|fastly|discord|dropbox|gitter|travis|snyk|trello|zendesk|intercom|confluent|coinbase|codecov|beamer|bitbucket|contentful|jira|kraken|launchdarkly|mattermost|messagebird|netlify|okta|plaid|privateai|rapidapi|sendbird|sentry|squarespace|sumo(?:logic)?|yandex|zoom|etsy|finnhub|flickr|freshbooks|hubspot|infracost|kucoin|lob|mapbox|meraki|typeform|vercel|nasa|auth0|wakatime|weather)[A-Za-z0-9_. -]{0,24}[\\'\x22`\]]{0,3}[ \t]{0,8}(?:=>|:=|=|:)[ \t]{0,8}[\\]{0,3}['\x22`]?([A-Za-z0-9_/+|-]{16,200}={0,2})",
    ),
    // Markup
    (
        Weight::Password,
        r"(?i:key|name)=[\\]?[\x22'][A-Za-z0-9_.:-]{0,40}(?i:password|passwd|pwd|secret|token|apikey)[\\]?[\x22'] value=[\\]?[\x22']([\x21-\x7e&&[^\x22'<>\\]]{6,200})",
    ),
    (Weight::Password, r"(?i:<(?:password|passwd|secret|token|api-?key)>)([\x21-\x7e&&[^<>$]]{6,100})</"),
    // Said in a sentence
    (
        Weight::Password,
        r"(?i:\bpassword(?: for [\w\x22' -]{1,40})? is:?[ \t]+)[\\]?['\x22`]([\x21-\x7e&&[^'\x22`\\]]{4,64})['\x22`\\]",
    ),
    // Command lines
    (
        Weight::Flag,
        r"(?i:--?(?:password|passwd|passphrase|pass|token|secret|api-?key|[\w-]{1,24}-(?:token|password|secret|key)|apikey|vaulttoken|pat|personalapikey))[ \t=]+[\\]?['\x22]?([A-Za-z0-9_/+.!@#$%^&*:~|-]{8,200}={0,2})",
    ),
    (
        Weight::Login,
        r"(?i:\bcurl\b[^\n|;]{0,200}? (?:-u|--user)[ =]?)[\\]?['\x22]?([A-Za-z0-9_.@-]{0,64}:[\x21-\x7e&&[^'\x22`\\]]{3,100})",
    ),
    (
        Weight::Flag,
        r"(?i:(?:\bdocker|mysql(?:dump)?|psexec|sshpass|redis-cli|\bldap\w+)\b[^\n|;]{0,120}? (?:-p|-a|-w)[ ]?)['\x22]?([A-Za-z0-9_/+.!@#$%^&*~-]{6,100})",
    ),
    (
        Weight::Flag,
        r"(?i:\blogin[ \t\\n]+\S{1,60}[ \t\r\n\\]{1,4}n?[ \t]{0,8}password[ \t]+)([\x21-\x7e&&[^'\x22\\]]{4,100})",
    ),
    (
        Weight::Flag,
        r"(?i:\b(?:username|user)[ \t]+\\?[\x22'][^\x22'\n]{1,60}[\x22'][\s\\n]{1,12}password[ \t]+\\?[\x22'])([^\x22'\n\\]{4,60})",
    ),
    (Weight::Token, r"(?i:\bnuget push\b[^\n]{0,120}? )([a-z0-9]{46}\b)"),
    // Addresses with a token
    (
        Weight::Token,
        r"[?&](?i:token|access_token|api_?key|apikey|key|sig|signature|auth|client_secret|password)=([A-Za-z0-9_%.~+/-]{16,300})",
    ),
    // Pairs of old services
    (Weight::Token, r"\btoken-secret: ?([0-9a-f]{16})\b"),
    (Weight::Token, r"\b([a-z0-9]{6}\.[a-z0-9]{16})\b"),
    (
        Weight::Token,
        r"(?i:vault|client_?token|token)[\w\x22' ]{0,16}[:=][ \t]{0,4}[\\]?['\x22`]?([sbr]\.[A-Za-z0-9_-]{20,})",
    ),
];

/// How hard a value must look like a secret, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Address,
    Token,
    Basic,
    Password,
    Provider,
    Flag,
    Login,
}

/// Whether the value that stands in such a place is a secret.
pub(super) fn weighs(weight: Weight, value: &[u8], quoted: bool) -> bool {
    let value = trimmed(value);
    if placeholder(value) {
        return false;
    }
    let shape = Shape::of(value);
    match weight {
        Weight::Address => value.len() >= 3 && !reference(value),
        Weight::Login => {
            let password = value.split(|byte| *byte == b':').nth(1).unwrap_or_default();
            password.len() >= 3 && !reference(password) && !placeholder(password)
        }
        Weight::Basic => shape.mixed() || value.ends_with(b"="),
        Weight::Password if quoted => {
            value.len() >= 5
                && !reference(value)
                && (shape.digits > 0 || shape.symbols > 0 && shape.letters > 0)
                && !worded(value)
        }
        Weight::Password => {
            value.len() >= 8 && shape.digits > 0 && shape.letters > 0 && !reference(value) && !worded(value)
        }
        Weight::Flag => {
            value.len() >= 6 && shape.digits > 0 && shape.letters > 0 && !reference(value) && !worded(value)
        }
        Weight::Token if quoted => {
            value.len() >= 12
                && shape.digits > 0
                && shape.letters > 0
                && !reference(value)
                && !worded(value)
                && random(value)
        }
        Weight::Token => {
            value.len() >= 16
                && shape.digits > 1
                && shape.letters > 0
                && !reference(value)
                && !worded(value)
                && random(value)
        }
        Weight::Provider => {
            value.len() >= 16
                && shape.digits > 2
                && shape.letters > 2
                && !reference(value)
                && !worded(value)
                && random(value)
        }
    }
}

fn trimmed(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|byte| !matches!(byte, b'.' | b',' | b';' | b':' | b'!')).map_or(0, |at| at + 1);
    &value[..end]
}

struct Shape {
    letters: usize,
    digits: usize,
    symbols: usize,
    upper: usize,
    lower: usize,
}

impl Shape {
    fn of(value: &[u8]) -> Self {
        let count = |is: fn(&u8) -> bool| value.iter().filter(|byte| is(byte)).count();
        let (upper, lower, digits) =
            (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase), count(u8::is_ascii_digit));
        Self { letters: upper + lower, digits, symbols: value.len() - upper - lower - digits, upper, lower }
    }

    fn mixed(&self) -> bool {
        self.upper > 0 && self.lower > 0
    }
}

/// Whether the name says that its value is public or names something else.
pub(super) fn harmless(weight: Weight, name: &[u8]) -> bool {
    if !matches!(weight, Weight::Token | Weight::Password | Weight::Provider) {
        return false;
    }
    let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
    let bare = lower.trim_end_matches(|c: char| !c.is_alphanumeric());
    ["public", "csrf", "xsrf", "authenticity", "checksum", "integrity", "pagetoken", "page_token", "continuation"]
        .iter()
        .any(|word| lower.contains(word))
        || [
            "id", "url", "uri", "name", "path", "file", "type", "length", "count", "label", "class", "hash", "version",
            "api",
        ]
        .iter()
        .any(|end| {
            bare.ends_with(end)
                && !bare.ends_with("access_id")
                && !bare.ends_with("reporter_id")
                && !(bare.ends_with("_api"))
        })
}

/// Whether something in a provider's format is a stand-in: one letter over and over, or a word for it.
pub(super) fn stand_in(value: &[u8]) -> bool {
    let lower = String::from_utf8_lossy(&value[..value.len().min(200)]).to_ascii_lowercase();
    let repeated =
        value.windows(6).any(|six| six.iter().all(|byte| *byte == six[0]) && !matches!(six[0], b'A' | b'-' | b'='));
    let alternating = value.windows(12).any(|part| part.chunks(3).all(|three| three == &part[..3]));
    let block = value.starts_with(b"-----");
    !block
        && (repeated
            || alternating
            || ["example", "xxxx", "your", "redacted", "placeholder", "tokenhere", "goeshere", "removed"]
                .iter()
                .any(|word| lower.contains(word)))
}

/// Words that stand where people leave a secret out.
const STAND_INS: [&str; 33] = [
    "example",
    "xxx",
    "your",
    "changeme",
    "change_me",
    "change-me",
    "placeholder",
    "redacted",
    "dummy",
    "removed",
    "secret_here",
    "insert",
    "replace",
    "sample",
    "fake",
    "goes here",
    "goes-here",
    "goes_here",
    "todo",
    "process.env",
    "os.environ",
    "getenv",
    "env.",
    "undefined",
    "12345678901",
    "0000000",
    "...",
    "***",
    "my-secret",
    "abcdefgh",
    "test-token",
    "_here",
    "<%=",
];

/// Whether a value only stands where a secret would stand.
pub(super) fn placeholder(value: &[u8]) -> bool {
    let lower = String::from_utf8_lossy(value).to_ascii_lowercase();
    let mut seen = [false; 256];
    value.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let kinds = seen.iter().filter(|seen| **seen).count();
    kinds < 3 || value.len() >= 16 && kinds < 5 || STAND_INS.iter().any(|word| lower.contains(word))
}

/// Whether a value is code or a template that names where the secret is.
fn reference(value: &[u8]) -> bool {
    let first = value.first().copied().unwrap_or_default();
    let call = value.windows(2).any(|pair| matches!(pair, b"${" | b"$(" | b"{{" | b"()" | b"->" | b"::" | b"%>"));
    let variable = matches!(
        first,
        b'$' | b'%' | b'{' | b'<' | b'(' | b'[' | b'/' | b'#' | b'&' | b'@' | b'*' | b'.' | b':' | b'='
    );
    let path = value.iter().filter(|byte| **byte == b'.').count() > 0
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
        && value
            .split(|byte| *byte == b'.')
            .all(|part| !part.is_empty() && part.len() < 24 && !part[0].is_ascii_digit())
        && Shape::of(value).digits < 3;
    call || variable || path
}

/// Whether a value reads as words: parts between separators, camel case, versions, files.
fn worded(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|byte| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b' ')).collect();
    let word = |part: &&[u8]| {
        part.is_empty()
            || part.iter().all(u8::is_ascii_digit) && part.len() <= 4
            || part.iter().all(u8::is_ascii_alphabetic)
            || part.len() <= 8
                && part[0].is_ascii_alphabetic()
                && part.iter().rev().skip_while(|byte| byte.is_ascii_digit()).all(u8::is_ascii_alphabetic)
    };
    parts.len() > 1 && parts.iter().all(word)
}

/// Whether letters and digits change places as in something made by a machine: digits in more than one run, or
/// hexadecimal, or many kinds of characters.
fn random(value: &[u8]) -> bool {
    let turns = value.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    turns >= 3 && entropy(value) >= 2.8
}

/// Bits per character (Shannon 1948).
fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    value.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}
