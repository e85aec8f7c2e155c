//! Who commits and when: exactly what git would write, except that the time is the command's own.

use super::{GitError, Store};
use chrono::{DateTime, TimeZone, Utc};
use std::cell::OnceCell;

/// A name, an address and a time, as a commit carries them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub email: String,
    pub time: DateTime<Utc>,
    pub offset_minutes: i32,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// git has neither been told a name and address nor could work them out.
    #[error("work out who you are: {0}")]
    Unknown(String),
    #[error("ask git who you are")]
    Git(#[source] GitError),
}

impl Store {
    /// The committer: `GIT_COMMITTER_*`, else `user.name` and `user.email`.
    pub fn identity(&self) -> Result<Signature, IdentityError> {
        self.signature(&self.committer, "COMMITTER")
    }

    /// The author: `GIT_AUTHOR_*`, else `user.name` and `user.email`.
    pub fn author_identity(&self) -> Result<Signature, IdentityError> {
        self.signature(&self.author, "AUTHOR")
    }

    fn signature(&self, cell: &OnceCell<Signature>, role: &str) -> Result<Signature, IdentityError> {
        if let Some(signature) = cell.get() {
            return Ok(signature.clone());
        }
        if let Some(signature) = self.plain(role) {
            return Ok(cell.get_or_init(|| signature).clone());
        }
        let output = self.git().run(&["var", &format!("GIT_{role}_IDENT")]).map_err(IdentityError::Git)?;
        let read = output.success().then(|| Signature::parse(&output.text())).flatten();
        let mut signature = read.ok_or_else(|| IdentityError::Unknown(last_line(&output.error_text())))?;
        let dated = self.environment.variable(&format!("GIT_{role}_DATE")).is_some_and(|value| !value.is_empty());
        if self.environment.fixed_clock {
            (signature.time, signature.offset_minutes) = (self.environment.now, 0);
        } else if !dated {
            signature.time = self.environment.now;
        }
        Ok(cell.get_or_init(|| signature).clone())
    }

    /// What git would say, where that is plain: name and address are set in so many words, and no date is. Who commits
    /// often, or while others wait, does not have to ask git.
    fn plain(&self, role: &str) -> Option<Signature> {
        let said = |what: &str| match self.environment.variable(&format!("GIT_{role}_{}", what.to_uppercase())) {
            Some(said) => Some(said.to_owned()),
            None => {
                self.config(&format!("{}.{what}", role.to_lowercase())).or_else(|| self.config(&format!("user.{what}")))
            }
        };
        let (name, email) = (said("name")?, said("email")?);
        let set = |name: &str| self.environment.variable(name).is_some();
        if !is_plain(&name) || !is_plain(&email) || set(&format!("GIT_{role}_DATE")) || set("TZ") {
            return None;
        }
        let time = self.environment.now;
        let offset_minutes = match self.environment.fixed_clock {
            true => 0,
            false => chrono::Local.offset_from_utc_datetime(&time.naive_utc()).local_minus_utc() / 60,
        };
        Some(Signature { name, email, time, offset_minutes })
    }
}

/// Whether git writes this as it is: it drops marks and white space at both ends, and brackets and breaks anywhere.
fn is_plain(text: &str) -> bool {
    let ends = |c: char| c.is_alphanumeric() || c == ')' || c == '_';
    text.starts_with(ends) && text.ends_with(ends) && !text.contains(['<', '>']) && !text.contains(char::is_control)
}

impl Signature {
    /// Reads `Name <address> seconds +hhmm`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('<')?;
        let (email, when) = rest.rsplit_once('>')?;
        let (seconds, zone) = when.trim().split_once(' ')?;
        let time = DateTime::from_timestamp(seconds.parse().ok()?, 0)?;
        let zone: i32 = zone.trim().parse().ok()?;
        let offset_minutes = zone / 100 * 60 + zone % 100;
        Some(Self { name: name.trim().to_owned(), email: email.to_owned(), time, offset_minutes })
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let offset = self.offset_minutes.unsigned_abs();
        let seconds = self.time.timestamp();
        write!(f, "{} <{}> {seconds} {sign}{:02}{:02}", self.name, self.email, offset / 60, offset % 60)
    }
}

fn last_line(text: &str) -> String {
    let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no name and address are set");
    line.trim_start_matches("fatal: ").to_owned()
}
