//! Credentials by the formats that their providers document: a literal that each begins with, and what must follow. The
//! literals are all that a text is searched for; the rest is only looked at where one stands.

use regex::bytes::Regex;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// One provider's format.
pub struct Format {
    /// What is found, for a report.
    pub kind: &'static str,
    pub prefix: &'static str,
    /// What follows the prefix, or all of what a mark stands in.
    rest: &'static str,
    pub place: Place,
}

/// Where the literal of a format stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It begins a word.
    First,
    /// It may stand inside a longer word, which it ends.
    Inside,
    /// It is a mark after so many bytes of the key.
    After(usize),
}

const fn format(kind: &'static str, prefix: &'static str, rest: &'static str) -> Format {
    Format { kind, prefix, rest, place: Place::First }
}

const fn inside(kind: &'static str, prefix: &'static str, rest: &'static str) -> Format {
    Format { kind, prefix, rest, place: Place::Inside }
}

const fn marked(kind: &'static str, at: usize, mark: &'static str, whole: &'static str) -> Format {
    Format { kind, prefix: mark, rest: whole, place: Place::After(at) }
}

/// Prefix and rest as the providers document them; several lengths of one format are one entry.
pub const FORMATS: &[Format] = &[
    format("Adafruit IO key", "aio_", r"[A-Za-z0-9]{28}"),
    format("age secret key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{58}"),
    format("Adobe secret", "p8e-", r"[A-Za-z0-9-]{32}"),
    format("Airtable token", "pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    format("Alibaba access key", "LTAI", r"[A-Za-z0-9]{17,21}"),
    format("Anthropic key", "sk-ant-", r"[A-Za-z0-9_-]{20,}"),
    format("AppSync key", "da2-", r"[a-z0-9]{26}"),
    format("Artifactory token", "AKCp", r"[A-Za-z0-9]{60,}"),
    format("Artifactory token", "cmVmd", r"[A-Za-z0-9]{59}"),
    format("Atlassian token", "ATATT3", r"[A-Za-z0-9_=-]{20,}"),
    format("Atlassian token", "ATCTT3", r"[A-Za-z0-9_=-]{20,}"),
    format("Bitbucket token", "ATBB", r"[A-Za-z0-9_=-]{20,}"),
    format("AWS access key", "AKIA", r"[A-Z0-9]{16}"),
    format("AWS access key", "ASIA", r"[A-Z0-9]{16}"),
    format("AWS access key", "ABIA", r"[A-Z0-9]{16}"),
    format("AWS access key", "ACCA", r"[A-Z0-9]{16}"),
    format("AWS access key", "A3T", r"[A-Z0-9]{17}"),
    format("AWS Bedrock key", "ABSK", r"[A-Za-z0-9+/]{60,}={0,2}"),
    // Each begins with its host in base64.
    format("AWS Bedrock key", "bedrock-api-key-", r"YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/]*={0,2}"),
    format("Amazon MWS token", "amzn.mws.", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    marked("Azure AD secret", 4, "Q~", r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    marked("Azure DevOps token", 76, "AZDO", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"),
    marked("Azure key", 52, "JQQJ99", r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}"),
    format("Azure storage key", "AccountKey=", r"[A-Za-z0-9+/]{40,}={0,2}"),
    format("Azure SAS key", "SharedAccessKey=", r"[A-Za-z0-9+/]{40,}={0,2}"),
    format("Azure function key", "code=", r"[A-Za-z0-9_/-]{52,54}=="),
    format("Blynk client", "oa2-client-id_", r"[A-Za-z0-9_-]{20,}:[A-Za-z0-9_-]{20,}"),
    format("Buildkite token", "bkua_", r"[a-z0-9]{40}"),
    format("ClickHouse key", "4b1d", r"[A-Za-z0-9]{38}"),
    format("Cloudflare key", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{146}"),
    format("Clojars token", "CLOJARS_", r"[a-z0-9]{60}"),
    format("Cloudinary URL", "cloudinary://", r"[0-9]{10,}:[A-Za-z0-9_-]{20,}@"),
    format("crates.io token", "cio", r"[A-Za-z0-9]{32}"),
    format("Databricks token", "dapi", r"[a-f0-9]{32}(?:-[0-9])?"),
    format("Datadog key", "ddp_", r"[A-Za-z0-9]{36}"),
    format("Defined Networking token", "dnkey-", r"[a-z0-9=_-]{26}-[a-z0-9=_-]{52}"),
    format("Dependency-Track key", "odt_", r"[A-Za-z0-9]{32,}"),
    format("DigitalOcean token", "dop_v1_", r"[a-f0-9]{64}"),
    format("DigitalOcean token", "doo_v1_", r"[a-f0-9]{64}"),
    format("DigitalOcean token", "dor_v1_", r"[a-f0-9]{64}"),
    format("Docker Hub token", "dckr_pat_", r"[A-Za-z0-9_-]{27}"),
    format("Docker Hub token", "dckr_oat_", r"[A-Za-z0-9_-]{27,}"),
    format("Doppler token", "dp.", r"(?:ct|pt|st(?:\.[a-z0-9_-]{2,35})?|sa|scim|audit)\.[A-Za-z0-9]{40,44}"),
    format("Dropbox token", "sl.", r"[A-Za-z0-9_-]{130,}"),
    format("Duffel token", "duffel_", r"(?:test|live)_[A-Za-z0-9_=-]{43}"),
    format("Dynatrace token", "dt0c01.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    format("EasyPost key", "EZAK", r"[A-Za-z0-9]{54}"),
    format("EasyPost key", "EZTK", r"[A-Za-z0-9]{54}"),
    format("Facebook token", "EAACEdEose0cBA", r"[A-Za-z0-9]{20,}"),
    format("Facebook token", "EAA", r"[MC][A-Za-z0-9]{100,}"),
    format("Figma token", "figd_", r"[A-Za-z0-9_-]{38,}"),
    format("Firecrawl key", "fc-", r"[a-f0-9]{32}"),
    format("Flutterwave key", "FLWSECK", r"(?:_TEST)?-[a-hA-H0-9]{12,}(?:-X)?"),
    format("Fly.io token", "fo1_", r"[A-Za-z0-9_-]{43}"),
    format("Fly.io token", "fm1", r"[ar]_[A-Za-z0-9+/]{80,}={0,3}"),
    format("Fly.io token", "fm2_", r"[A-Za-z0-9+/]{80,}={0,3}"),
    format("Frame.io token", "fio-u-", r"[A-Za-z0-9_=-]{64}"),
    format("GitHub token", "ghp_", r"[A-Za-z0-9]{36,}"),
    format("GitHub token", "gho_", r"[A-Za-z0-9]{36,}"),
    format("GitHub token", "ghu_", r"[A-Za-z0-9]{36,}"),
    format("GitHub token", "ghs_", r"[A-Za-z0-9]{36,}"),
    format("GitHub token", "ghr_", r"[A-Za-z0-9]{36,}"),
    format("GitHub token", "github_pat_", r"[A-Za-z0-9_]{22,}"),
    format("GitLab token", "glpat-", r"[A-Za-z0-9_=-]{20,}"),
    format("GitLab token", "glptt-", r"[a-f0-9]{40}"),
    format("GitLab token", "GR1348941", r"[A-Za-z0-9_-]{20}"),
    format("GitLab token", "glrt-", r"[A-Za-z0-9_-]{20,}"),
    format("GitLab token", "gldt-", r"[A-Za-z0-9_-]{20,}"),
    format("GitLab token", "glcbt-", r"[A-Za-z0-9_-]{20,}"),
    format("GitLab token", "glsoat-", r"[A-Za-z0-9_-]{20,}"),
    format("GitLab token", "glft-", r"[A-Za-z0-9_-]{20,}"),
    format("GitLab token", "glimt-", r"[A-Za-z0-9_-]{25}"),
    format("GitLab token", "glagent-", r"[A-Za-z0-9_-]{50,}"),
    format("GitLab token", "gloas-", r"[A-Za-z0-9_-]{64}"),
    format("GitLab token", "glffct-", r"[A-Za-z0-9_-]{20,}"),
    format("GoCardless token", "live_", r"[A-Za-z0-9_=-]{40}"),
    format("Google API key", "AIzaSy", r"[A-Za-z0-9_-]{33}"),
    marked("Google client id", 33, ".apps.google", r"-[a-z0-9_]{32}\.apps\.googleusercontent\.com"),
    format("Google OAuth secret", "GOCSPX-", r"[A-Za-z0-9_-]{28}"),
    format("Google OAuth token", "ya29.", r"[A-Za-z0-9_-]{20,}"),
    format("Grafana token", "glc_", r"[A-Za-z0-9+/]{32,}={0,3}"),
    format("Grafana token", "glsa_", r"[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    format("Grafana key", "eyJrIjoi", r"[A-Za-z0-9_-]{60,}={0,3}"),
    format("Groq key", "gsk_", r"[A-Za-z0-9]{52}"),
    format("Harness token", "pat.", r"[A-Za-z0-9]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}"),
    format("Heroku key", "HRKU-AA", r"[A-Za-z0-9_-]{58}"),
    format("Hugging Face token", "hf_", r"[A-Za-z]{34}"),
    format("Hugging Face token", "api_org_", r"[A-Za-z]{34}"),
    format("Infracost key", "ico-", r"[A-Za-z0-9]{32}"),
    format("Intra42 secret", "s-s4t2", r"(?:ud|af)-[a-f0-9]{64}"),
    format("Jina key", "jina_", r"[A-Za-z0-9]{60}"),
    format("JSON web token", "eyJ", r"[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    format("LangSmith key", "lsv2_", r"(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    format("Lark token", "t-g1", r"[A-Za-z0-9]{40}"),
    format("Linear key", "lin_api_", r"[A-Za-z0-9]{40}"),
    format("Linear key", "lin_oauth_", r"[A-Za-z0-9]{40,}"),
    format("Mailgun key", "key-", r"[a-f0-9]{32}"),
    format("Mapbox token", "pk.eyJ", r"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    format("Mapbox token", "sk.eyJ", r"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    marked("MaxMind key", 36, "_mmk", r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk"),
    marked("New Relic license", 36, "NRAL", r"[a-zA-Z0-9]{36}NRAL"),
    format("New Relic key", "NRAK-", r"[A-Z0-9]{27}"),
    format("New Relic key", "NRAA-", r"[a-f0-9]{27}"),
    format("New Relic key", "NRRA-", r"[a-f0-9]{42}"),
    format("New Relic key", "NRII-", r"[A-Za-z0-9_-]{32}"),
    format("New Relic key", "NRIQ-", r"[A-Za-z0-9_-]{32}"),
    format("New Relic key", "NRSP-", r"[A-Za-z0-9-]{30,}"),
    format("New Relic key", "NRJS-", r"[a-f0-9]{19}"),
    format("Pixie key", "px-api-", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    format("Pixie key", "px-dep-", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    format("npm token", "npm_", r"[A-Za-z0-9]{36}"),
    format("NuGet key", "oy2", r"[a-z0-9]{43}"),
    format("Notion token", "ntn_", r"[0-9]{11}[A-Za-z0-9]{35}"),
    format("Notion token", "secret_", r"[A-Za-z0-9]{43}"),
    format("Octopus Deploy key", "API-", r"[A-Z0-9]{26}"),
    format("1Password token", "ops_eyJ", r"[A-Za-z0-9+/]{50,}={0,3}"),
    format(
        "1Password secret key",
        "A3-",
        r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
    ),
    format("OpenShift token", "sha256~", r"[A-Za-z0-9_-]{43}"),
    format("OpenRouter key", "sk-or-v1-", r"[a-f0-9]{64}"),
    format("API key", "sk-", r"(?:proj-|svcacct-|admin-|live-|None-)?[A-Za-z0-9_-]{20,}"),
    format("Perplexity key", "pplx-", r"[A-Za-z0-9]{40,}"),
    format("PlanetScale token", "pscale_", r"(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,64}"),
    format("Postman key", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    format("Prefect key", "pnu_", r"[A-Za-z0-9]{36}"),
    format("Prefect key", "pnb_", r"[A-Za-z0-9]{36}"),
    format("Pulumi token", "pul-", r"[a-f0-9]{40}"),
    format("PyPI token", "pypi-", r"AgE[A-Za-z0-9_-]{40,}"),
    format("ReadMe key", "rdme_", r"[a-z0-9]{70}"),
    format("Replicate token", "r8_", r"[A-Za-z0-9_-]{37}"),
    format("Resend key", "re_", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"),
    format("RubyGems key", "rubygems_", r"[a-f0-9]{48}"),
    format("Salesforce token", "00D", r"[A-Za-z0-9]{12,15}![A-Za-z0-9._]{80,}"),
    format("Scalingo token", "tk-us-", r"[A-Za-z0-9_-]{48}"),
    format("SendGrid key", "SG.", r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    format("Sendinblue key", "xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    format("Sentry token", "sntrys_", r"[A-Za-z0-9+/=_-]{40,}"),
    format("Sentry token", "sntryu_", r"[a-f0-9]{64}"),
    format("Shippo token", "shippo_", r"(?:live|test)_[a-f0-9]{40}"),
    format("Shopify token", "shpat_", r"[A-Fa-f0-9]{32}"),
    format("Shopify token", "shpca_", r"[A-Fa-f0-9]{32}"),
    format("Shopify token", "shppa_", r"[A-Fa-f0-9]{32}"),
    format("Shopify token", "shpss_", r"[A-Fa-f0-9]{32}"),
    // Two numbers: with one they were of the custom bots that Slack has turned off in 2025.
    format("Slack token", "xoxb-", r"[0-9]{10,13}-[0-9]{10,14}-?[A-Za-z0-9-]{18,}"),
    format("Slack token", "xoxp-", r"(?:[0-9]{10,13}-){3}[A-Za-z0-9-]{28,34}"),
    format("Slack token", "xoxp-", r"(?:[0-9]{8,13}-){2}[A-Za-z0-9]{20,34}"),
    format("Slack token", "xoxa-", r"(?:[0-9]-)?[A-Za-z0-9]*[0-9][A-Za-z0-9-]{20,}"),
    format("Slack token", "xoxr-", r"(?:[0-9]-)?[A-Za-z0-9]*[0-9][A-Za-z0-9-]{20,}"),
    format("Slack token", "xoxs-", r"[0-9]+-[0-9]+-[0-9]+-[A-Fa-f0-9]{8,}"),
    format("Slack token", "xoxo-", r"[0-9]+-[0-9]+-[0-9]+-[A-Fa-f0-9]{8,}"),
    format("Slack token", "xoxe-", r"(?:[0-9]{10,13}-){3}[A-Za-z0-9-]{28,34}"),
    format("Slack token", "xoxc-", r"(?:[0-9]{9,13}-){2,3}[a-f0-9]{64}"),
    format("Slack token", "xoxd-", r"[A-Za-z0-9%/+_=-]{80,}"),
    format("Slack token", "xoxe.xox", r"[bp]-[0-9]-[A-Za-z0-9]{100,}"),
    format("Slack token", "xoxe-", r"[0-9]-[A-Za-z0-9]{100,}"),
    format("Slack token", "xapp-", r"(?:[0-9]-[A-Za-z0-9]+-[0-9]+-[A-Za-z0-9]+|[0-9]{12}-[A-Za-z0-9/+]{24})"),
    format(
        "Slack webhook",
        "hooks.slack.com/",
        r"(?:services/T[A-Z0-9]{7,12}/B[A-Z0-9]{7,12}/|workflows/T[A-Z0-9]{7,12}/A[A-Z0-9]{7,12}/[0-9]{17,19}/|triggers/[A-Z0-9]+/[0-9]+/)[A-Za-z0-9]{20,}",
    ),
    format(
        "Teams webhook",
        "webhook.office.com/webhookb2/",
        r"[a-f0-9-]{36}@[a-f0-9-]{36}/IncomingWebhook/[a-z0-9]{32}/[a-f0-9-]{36}",
    ),
    format(
        "Teams webhook",
        "outlook.office.com/webhook/",
        r"[a-f0-9-]{36}@[a-f0-9-]{36}/IncomingWebhook/[a-z0-9]{32}/[a-f0-9-]{36}",
    ),
    format("Discord webhook", "discord.com/api/webhooks/", r"[0-9]{17,20}/[A-Za-z0-9_-]{60,}"),
    format("Discord webhook", "discordapp.com/api/webhooks/", r"[0-9]{17,20}/[A-Za-z0-9_-]{60,}"),
    format("Segment token", "sgp_", r"[A-Za-z0-9]{64}"),
    format("Zapier webhook", "hooks.zapier.com/hooks/catch/", r"[0-9]{5,}/[a-z0-9]{5,}"),
    format("IFTTT webhook", "maker.ifttt.com/trigger/", r"[^/\s]{1,60}/with/key/[A-Za-z0-9_-]{20,}"),
    format("Google service key", "private_key_id\": \"", r"[a-f0-9]{40}"),
    format("Sourcegraph token", "sgp_", r"(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}"),
    format("SettleMint token", "sm_", r"(?:aat|pat|sat)_[A-Za-z0-9]{16}"),
    format("Square token", "sq0atp-", r"[A-Za-z0-9_-]{22}"),
    format("Square token", "sq0csp-", r"[A-Za-z0-9_-]{43}"),
    format("Square token", "EAAAE", r"[A-Za-z0-9_-]{59}"),
    format("StackHawk key", "hawk.", r"[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{20}"),
    format("Stripe key", "sk_live_", r"[A-Za-z0-9]{16,}"),
    format("Stripe key", "sk_test_", r"[A-Za-z0-9]{16,}"),
    format("Stripe key", "sk_prod_", r"[A-Za-z0-9]{16,}"),
    format("Stripe key", "rk_live_", r"[A-Za-z0-9]{16,}"),
    format("Stripe key", "rk_test_", r"[A-Za-z0-9]{16,}"),
    format("Stripe webhook secret", "whsec_", r"[A-Za-z0-9+/]{24,}"),
    format("Supabase key", "sbp_", r"[a-f0-9]{40}"),
    format("Supabase key", "sb_secret_", r"[A-Za-z0-9_-]{20,}"),
    format("Tailscale key", "tskey-", r"[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,}"),
    format("Tavily key", "tvly-", r"(?:dev-|prod-)?[A-Za-z0-9]{32}"),
    inside("Terraform token", ".atlasv1.", r"[A-Za-z0-9_-]{60,70}"),
    format("Twilio key", "SK", r"[a-f0-9]{32}"),
    format("Typeform token", "tfp_", r"[A-Za-z0-9_.=-]{59}"),
    format("Vault token", "hvs.", r"[A-Za-z0-9_-]{24,}"),
    format("Vault token", "hvb.", r"[A-Za-z0-9_-]{24,}"),
    format("Vault token", "hvr.", r"[A-Za-z0-9_-]{24,}"),
    format("Vault token", "s.", r"[A-Za-z0-9]{24}"),
    format("Vault token", "b.", r"[A-Za-z0-9]{24,26}"),
    format("Weights & Biases key", "wandb_v1_", r"[A-Za-z0-9_-]{40,}"),
    format("xAI key", "xai-", r"[A-Za-z0-9]{70,}"),
    format("Yandex key", "AQVN", r"[A-Za-z0-9_-]{35,38}"),
    format("Zuplo key", "zpka_", r"[A-Za-z0-9]{32}_[A-Za-z0-9]{8}"),
    format("DeepSeek key", "dsk-", r"[A-Za-z0-9]{32,}"),
    format(
        "private key",
        "-----BEGIN ",
        r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s\\\x22',:.*()-]{40,}?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    format(
        "private key",
        "PuTTY-User-Key-File-",
        r"[0-9]: [\s\S]{10,4000}?Private-Lines: [\s\S]{20,4000}?Private-MAC: [0-9a-f]+",
    ),
    format("private key in base64", "LS0tLS1CRUdJTi", r"[A-Za-z0-9+/]{100,}={0,2}"),
    format("Telegram token", "bot", r"[0-9]{8,10}:[A-Za-z0-9_-]{35}"),
    inside("Telegram token", ":AA", r"[A-Za-z0-9_-]{32,33}"),
    format("password hash", "$1$", r"[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}"),
    format("password hash", "$8$", r"[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}"),
    format("password hash", "$9$", r"[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}"),
    format("password hash", "$2", r"[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}"),
    format("password hash", "$5$", r"(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}"),
    format("password hash", "$6$", r"(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}"),
    format("password hash", "$y$", r"[./A-Za-z0-9]+\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{43}"),
    format("password hash", "$argon2", r"[id]{1,2}\$[A-Za-z0-9+/$=,]{40,}"),
    format("password hash", "$krb5", r"(?:asrep|tgs|pa)\$[^\s]{40,}"),
];

static RESTS: [OnceLock<Regex>; FORMATS.len()] = [const { OnceLock::new() }; FORMATS.len()];

/// What must follow a prefix, ready to be matched where it ended. Made when its prefix is first met: all of them take
/// longer than most commands.
fn rest(number: usize) -> &'static Regex {
    RESTS[number].get_or_init(|| {
        let form = format!(r"(?-u)\A(?:{})", FORMATS[number].rest);
        Regex::new(&form).expect("the formats are constant and tested")
    })
}

/// The key that a literal standing here belongs to.
pub fn matched(number: usize, text: &[u8], hit: Range<usize>) -> Option<Range<usize>> {
    let format = &FORMATS[number];
    if text[hit.clone()] != *format.prefix.as_bytes() {
        return None;
    }
    let from = match format.place {
        Place::First if !may_begin(text, hit.start) => return None,
        Place::First | Place::Inside => hit.end,
        Place::After(bytes) => hit.start.checked_sub(bytes).filter(|start| begins_apart(text, *start))?,
    };
    let end = from + rest(number).find(&text[from..])?.end();
    let marked = matches!(format.place, Place::After(_));
    let start = if marked { from } else { hit.start };
    let ends = if marked { is_apart(text, end) } else { ends(text, end) || end - from > 100 };
    ends.then_some(start..end)
}

/// What must follow the prefix of a format at once: so many bytes of a set.
struct Run {
    set: [bool; 256],
    least: usize,
}

/// The run that each format's rest begins with, where it is of letters, digits and marks that stand in raw JSON as they
/// do once it is decoded.
static RUNS: LazyLock<Vec<Option<Run>>> = LazyLock::new(|| FORMATS.iter().map(run).collect());

fn run(format: &Format) -> Option<Run> {
    let (class, after) = format.rest.strip_prefix('[')?.split_once(']')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_=+/.-".contains(&byte);
    if matches!(format.place, Place::After(_)) || !class.bytes().all(plain) || after.contains('|') {
        return None;
    }
    let mut set = [false; 256];
    let bytes = class.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let last = if bytes.get(at + 1) == Some(&b'-') && at + 2 < bytes.len() { at + 2 } else { at };
        (bytes[at]..=bytes[last]).for_each(|byte| set[usize::from(byte)] = true);
        at = last + 1;
    }
    let least = match after.strip_prefix('{') {
        Some(counts) => counts.split([',', '}']).next()?.parse().ok()?,
        None if after.starts_with(['*', '?']) => 0,
        None => 1,
    };
    Some(Run { set, least })
}

/// Whether a key of this format may begin here, as far as raw JSON tells.
pub fn may_begin_in(raw: &[u8], number: usize, hit: Range<usize>) -> bool {
    let Some(run) = &RUNS[number] else { return true };
    let rest = raw.get(hit.end..hit.end + run.least).unwrap_or_default();
    rest.len() == run.least
        && raw[hit] == *FORMATS[number].prefix.as_bytes()
        && rest.iter().all(|byte| run.set[usize::from(*byte)])
}

/// Whether a value that begins as Slack's tokens do is one: its number and length are part of the format.
pub fn is_slack(value: &[u8]) -> bool {
    let begins = |format: &Format| format.kind == "Slack token" && value.starts_with(format.prefix.as_bytes());
    FORMATS
        .iter()
        .enumerate()
        .filter(|(_, format)| begins(format))
        .any(|(number, format)| matched(number, value, 0..format.prefix.len()).is_some())
}

/// Whether nothing before belongs to a key that begins here; a dash follows the number that it is of.
fn begins_apart(text: &[u8], start: usize) -> bool {
    text.get(start) == Some(&b'-') || is_apart(text, start.wrapping_sub(1))
}

fn ends(text: &[u8], end: usize) -> bool {
    !text.get(end).is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether the byte there belongs to no key.
fn is_apart(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'~' | b'.' | b'+'))
}

/// Whether a prefix may begin here: not in the middle of a word.
fn may_begin(text: &[u8], start: usize) -> bool {
    let before = start.checked_sub(1).map(|at| text[at]);
    // `\n` and `\t` written out end a word as well as themselves do.
    let escaped = start >= 2 && text[start - 2] == b'\\' && matches!(text[start - 1], b'n' | b't' | b'r');
    escaped || !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
