//! Commits of decisions, and of what is recorded: signed when git is set to sign (`commit.gpgSign`) or the person asked for it, by git itself,
//! so that every `gpg.format` and key setting is honoured.

use super::{GitError, MergeError, NewCommit, PackWriter, Signature, Store, WriteError};
use crate::model::ObjectId;

/// Whether a commit is signed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sign {
    /// As `commit.gpgSign` says.
    #[default]
    AsConfigured,
    /// With the key that git is set to use, or this one.
    Yes(Option<String>),
    No,
}

#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("sign the commit: {0}")]
    Refused(String),
    #[error("sign the commit")]
    Git(#[source] GitError),
    #[error("write the commit")]
    Write(#[source] MergeError),
}

impl Store {
    /// Whether a commit made like this is signed here.
    pub fn signs_as(&self, sign: &Sign) -> bool {
        let configured = || self.config("commit.gpgsign").is_some_and(|value| is_true(&value));
        matches!(sign, Sign::Yes(_)) || *sign == Sign::AsConfigured && configured()
    }

    /// Writes one commit for which somebody stands: a decision, or what a dream has read.
    pub fn write_decision(&self, commit: &NewCommit, sign: &Sign) -> Result<ObjectId, SignError> {
        if !self.signs_as(sign) {
            return self.write_plain(commit);
        }
        let key = match sign {
            Sign::Yes(key) => key.as_deref(),
            _ => None,
        };
        let mut args =
            vec!["commit-tree".to_owned(), format!("-S{}", key.unwrap_or_default()), commit.tree.to_string()];
        commit.parents.iter().for_each(|parent| args.extend(["-p".to_owned(), parent.to_string()]));
        args.extend(["-F".to_owned(), "-".to_owned()]);
        let mut git = self.git().clone();
        for (role, who) in [("AUTHOR", &commit.author), ("COMMITTER", &commit.committer)] {
            git = git.with(&format!("GIT_{role}_NAME"), &who.name);
            git = git.with(&format!("GIT_{role}_EMAIL"), &who.email);
            git = git.with(&format!("GIT_{role}_DATE"), &date(who));
        }
        let message: String = commit.message.chars().filter(|c| *c != '\0').collect();
        let output = git.run_with_input(&args, message.as_bytes()).map_err(SignError::Git)?;
        let id = ObjectId::parse(&output.text()).ok().filter(|_| output.success());
        id.ok_or_else(|| SignError::Refused(crate::text::Scrubbed::block(&output.error_text()).into_string()))
    }

    /// Finishes what a writer holds with a commit on top, signed as git is set to: records for which nobody is asked.
    pub(super) fn seal(&self, mut writer: PackWriter<'_>, commit: &NewCommit) -> Result<ObjectId, SignError> {
        let written = |error: WriteError| SignError::Write(error.into());
        if self.signs_as(&Sign::AsConfigured) {
            writer.finish().map_err(written)?;
            return self.write_decision(commit, &Sign::AsConfigured);
        }
        let id = writer.commit(commit).map_err(written)?;
        writer.finish_unread().map_err(written)?;
        Ok(id)
    }

    fn write_plain(&self, commit: &NewCommit) -> Result<ObjectId, SignError> {
        let mut writer = self.writer();
        let id = writer.commit(commit).map_err(|error| SignError::Write(error.into()))?;
        writer.finish().map_err(|error| SignError::Write(error.into()))?;
        Ok(id)
    }
}

/// Seconds and zone, which git reads back as exactly that.
fn date(who: &Signature) -> String {
    let text = who.to_string();
    let when = text.rsplit_once('>').map_or("", |(_, when)| when.trim());
    format!("@{when}")
}

fn is_true(value: &str) -> bool {
    matches!(value.to_lowercase().as_str(), "" | "true" | "yes" | "on") || value.parse::<i64>().is_ok_and(|n| n != 0)
}
