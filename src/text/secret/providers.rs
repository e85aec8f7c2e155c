//! Credentials without a form of their own, by whose they are: a provider's name, a sign of assignment, and a value of the
//! length and the characters that this provider's keys have.

use super::context::is_about;
use super::noise::{is_drawn, is_uuid};
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::OnceLock;

/// Whose a key is, and how those look.
pub struct Provider {
    /// What is found, for a report.
    pub kind: &'static str,
    /// What a name holds that is of this provider, in any case.
    pub word: &'static str,
    value: &'static str,
    /// Whether nothing else that is so named is a key.
    only: bool,
}

const fn of(kind: &'static str, word: &'static str, value: &'static str) -> Provider {
    Provider { kind, word, value, only: false }
}

const fn only(kind: &'static str, word: &'static str, value: &'static str) -> Provider {
    Provider { kind, word, value, only: true }
}

const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// Providers by what their documentation says of their keys.
pub const PROVIDERS: &[Provider] = &[
    of("Algolia key", "algolia", "[a-f0-9]{32}"),
    of("Atlassian token", "atlassian", "[A-Za-z0-9]{20}[a-f0-9]{4}"),
    of("Atlassian token", "confluence", "[A-Za-z0-9]{20}[a-f0-9]{4}"),
    of("Atlassian token", "jira", "[A-Za-z0-9]{20}[a-f0-9]{4}"),
    only("AWS secret key", "aws_secret", "[A-Za-z0-9/+]{40}"),
    only("AWS secret key", "secret_access_key", "[A-Za-z0-9/+]{40}"),
    only("AWS secret key", "awssecret", "[A-Za-z0-9/+]{40}"),
    only("Beamer token", "beamer", "b_[a-z0-9=_-]{44}"),
    of("Bitbucket key", "bitbucket", "[A-Za-z0-9]{32}|[A-Za-z0-9=_-]{64}"),
    of("Bittrex key", "bittrex", "[a-z0-9]{32}"),
    only("Cisco Meraki key", "meraki", "[0-9a-f]{40}"),
    of("Cloudflare key", "cloudflare", "[a-f0-9]{37}|[A-Za-z0-9_-]{40}"),
    of("Code Climate token", "codeclima", "[a-f0-9]{64}"),
    of("Codecov token", "codecov", "[a-z0-9]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    only("Cohere key", "co_api_key", "[A-Za-z0-9]{40}"),
    only("Cohere key", "cohere", "[A-Za-z0-9]{40}"),
    of("Coinbase token", "coinbase", "[A-Za-z0-9_-]{64}"),
    of("Confluent key", "confluent", "[A-Za-z0-9]{16}|[A-Za-z0-9+/]{64}"),
    of("Contentful token", "contentful", "[A-Za-z0-9=_-]{43}"),
    of("Datadog key", "datadog", "[a-f0-9]{32}|[a-z0-9]{40}"),
    of("Discord secret", "discord", "[a-f0-9]{64}|[A-Za-z0-9=_-]{32}"),
    of("Dropbox key", "dropbox", "[a-z0-9]{15}|[A-Za-z0-9]{11}AAAAAAAAAA[A-Za-z0-9_=-]{43}"),
    only("Etsy token", "etsy", "[a-z0-9]{24}"),
    of("Facebook key", "facebook", "[a-f0-9]{32}"),
    of("Fastly token", "fastly", "[A-Za-z0-9_-]{32}"),
    of("Finnhub token", "finnhub", "[a-z0-9]{20}"),
    of("Flickr key", "flickr", "[a-f0-9]{32}"),
    of("FreshBooks token", "freshbooks", "[a-f0-9]{64}"),
    of("Gitter token", "gitter", "[a-f0-9]{40}"),
    of("Heroku key", "heroku", UUID),
    of("HubSpot key", "hubspot", UUID),
    of("Intercom key", "intercom", "[A-Za-z0-9=_-]{60}"),
    of("Jenkins token", "jenkins", "[a-f0-9]{32,36}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    of("Kagi key", "kagi", r"[A-Za-z0-9_-]{11}\.[A-Za-z0-9_-]{43}"),
    of("Kraken key", "kraken", "[A-Za-z0-9/=_+-]{80,90}"),
    of("LaunchDarkly key", "launchdarkly", "[A-Za-z0-9=_-]{40}"),
    of("LinkedIn secret", "linkedin", "[A-Za-z0-9]{14}|[A-Za-z0-9]{16}"),
    of("Looker key", "looker", "[A-Za-z0-9]{20}|[A-Za-z0-9]{24}"),
    of("Mailchimp key", "mailchimp", "[a-f0-9]{32}-us[0-9]{1,3}"),
    of("Mattermost token", "mattermost", "[a-z0-9]{26}"),
    of("MessageBird key", "messagebird", "[A-Za-z0-9]{25}"),
    of("NASA key", "nasa", "[A-Za-z0-9]{40}"),
    of("Netlify token", "netlify", "[A-Za-z0-9=_-]{40,46}"),
    of("New York Times key", "nytimes", "[A-Za-z0-9=_-]{32}"),
    only("Okta token", "okta_api", "00[A-Za-z0-9_-]{39}[A-Za-z0-9_]"),
    only("Okta token", "okta_token", "00[A-Za-z0-9_-]{39}[A-Za-z0-9_]"),
    of("Okta token", "okta", "00[A-Za-z0-9_-]{39}[A-Za-z0-9_]"),
    of("Plaid secret", "plaid", "[a-f0-9]{30}"),
    of("Postmark token", "postmark", UUID),
    only("Private AI key", "privateai", "[a-z0-9]{32}"),
    only("Private AI key", "private_ai", "[a-z0-9]{32}"),
    of("RapidAPI key", "rapidapi", "[A-Za-z0-9_-]{50}"),
    of("Sauce Labs key", "sauce", UUID),
    of("Sendbird token", "sendbird", "[a-f0-9]{40}"),
    of("Snyk token", "snyk", UUID),
    of("SonarQube token", "sonar", "[a-f0-9]{40}"),
    of("Sourcegraph token", "sourcegraph", "[a-fA-F0-9]{40}"),
    of("Squarespace token", "squarespace", UUID),
    only("Sumo Logic key", "sumo", "su[A-Za-z0-9]{12}|[A-Za-z0-9]{64}"),
    of("ThingsBoard key", "provisiondevice", "[a-z0-9]{20}"),
    of("Travis token", "travis", "[A-Za-z0-9]{22}"),
    of("Trello key", "trello", "[a-f0-9]{32}|[a-f0-9]{64}"),
    of("Twilio secret", "twilio", "[a-f0-9]{32}"),
    only("Twitch key", "twitch", "[a-z0-9]{30}|live_[0-9]+_[A-Za-z0-9]+"),
    of("Twitter key", "twitter", "[A-Za-z0-9]{18,25}|[A-Za-z0-9]{35,50}|[0-9]{15,25}-[A-Za-z0-9]{20,40}"),
    of("Zendesk key", "zendesk", "[a-z0-9]{40}"),
];

/// What may stand between a provider's name and the key: the rest of a name, and a sign; or the default of a variable of
/// Terraform.
const BETWEEN: &str = concat!(
    r#"(?P<name>[\w .-]{0,28}?)(?:[\\"'`\])]{0,4}\s{0,20}(?:=>|:{1,3}=|\?=|\|\||==|=|:|,|>|\s+value\s*=)\s{0,20}\\?["'`]?"#,
    r#"|"\s*\{[^{}]{0,160}?\bdefault\s{0,20}=\s{0,20}["'])"#
);
const BEHIND: &str = r#"(?:["'`\s;,)}\\<&]|\z)"#;

static FOUND: [OnceLock<Regex>; PROVIDERS.len()] = [const { OnceLock::new() }; PROVIDERS.len()];
static VALUES: [OnceLock<Regex>; PROVIDERS.len()] = [const { OnceLock::new() }; PROVIDERS.len()];

/// The key that follows a provider's name.
pub fn matched(number: usize, text: &[u8], hit: Range<usize>) -> Option<Range<usize>> {
    if !is_name(text, &hit) {
        return None;
    }
    let from = &text[hit.end..(hit.end + 400).min(text.len())];
    let value = PROVIDERS[number].value;
    let form = regex(&FOUND[number], || format!(r"(?-u)\A{BETWEEN}(?P<key>{value}){BEHIND}"));
    let found = form.captures(from)?;
    let (name, key) = (found.name("name")?, found.name("key")?);
    // An id is of one case, or a number.
    let named = PROVIDERS[number].only || !is_about(name.as_bytes()) || has_both_cases(key.as_bytes());
    let counts = named && (is_uuid(key.as_bytes()) || is_drawn(key.as_bytes(), 3.0));
    counts.then(|| hit.end + key.start()..hit.end + key.end())
}

/// Whether this is no part of other words, as in `sumOf` and `CameraKit`: it begins at a mark or as in `ciscoMeraki`, and
/// is all in one case but for its first letter.
fn is_name(text: &[u8], hit: &Range<usize>) -> bool {
    let before = hit.start.checked_sub(1).map_or(b' ', |at| text[at]);
    let (first, rest) = (text[hit.start], &text[hit.start + 1..hit.end]);
    let begins = !before.is_ascii_alphabetic() || before.is_ascii_lowercase() && first.is_ascii_uppercase();
    let (lower, upper) = (!rest.iter().any(u8::is_ascii_uppercase), !rest.iter().any(u8::is_ascii_lowercase));
    begins && (lower || upper && !first.is_ascii_lowercase())
}

/// Whether a name is of a provider none of whose keys looks like this value.
pub fn refuses(name: &[u8], value: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let mine = |provider: &Provider| {
        let start = memchr::memmem::find(&lower, provider.word.as_bytes());
        start.is_some_and(|start| is_name(name, &(start..start + provider.word.len())))
    };
    let looks = |number: usize| {
        let value = PROVIDERS[number].value;
        regex(&VALUES[number], || format!(r"(?-u)\A(?:{value})\z"))
    };
    let only = PROVIDERS.iter().enumerate().filter(|(_, provider)| provider.only && mine(provider));
    only.map(|(number, _)| number).any(|number| !looks(number).is_match(value))
}

fn has_both_cases(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase)
}

fn regex(place: &'static OnceLock<Regex>, form: impl FnOnce() -> String) -> &'static Regex {
    place.get_or_init(|| Regex::new(&form()).expect("the forms are constant and tested"))
}
