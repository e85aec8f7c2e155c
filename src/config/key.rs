//! The keys of `dream.toml`, and which of them this version acts on.

use super::guard::Check;
use super::model::ModelKey;

/// What git config may hold beside the keys: the memory branch, and whether `dream.toml` may name programs.
const NAMES: [&str; 2] = ["branch", "allow-commands"];

/// One setting. In git config it is `dream.<name>`; `[engine] name` is `dream.engine` there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Schedule,
    Timezone,
    Scope,
    Approval,
    Retention,
    MaxSessions,
    MaxChanges,
    Instructions,
    MinSupport,
    StaleAfter,
    Engine,
    /// `[engine]`: which language model, and where.
    Model(ModelKey),
    /// `[reviewer] name`.
    Reviewer,
    /// `[reviewer]`: the same for the second opinion.
    ReviewerModel(ModelKey),
    Notes,
    Folders,
    Secrets,
    SecretsAllow,
    SecretsExtra,
    Keep,
    Remote,
    NotifyCommand,
    Check(Check),
    LossBudget,
    SizeBudget,
    BillBudget,
    TwoPerson,
    Maintainers,
    Approvers,
    Signatures,
}

impl Key {
    const PLAIN: [Key; 35] = [
        Key::Schedule,
        Key::Timezone,
        Key::Scope,
        Key::Approval,
        Key::Retention,
        Key::MaxSessions,
        Key::MaxChanges,
        Key::Instructions,
        Key::MinSupport,
        Key::StaleAfter,
        Key::Engine,
        Key::Reviewer,
        Key::Notes,
        Key::Folders,
        Key::Secrets,
        Key::SecretsAllow,
        Key::SecretsExtra,
        Key::Keep,
        Key::Remote,
        Key::NotifyCommand,
        Key::Check(Check::Loss),
        Key::Check(Check::Provenance),
        Key::Check(Check::Trust),
        Key::Check(Check::Secrets),
        Key::Check(Check::Injection),
        Key::Check(Check::HiddenText),
        Key::Check(Check::Size),
        Key::Check(Check::Bill),
        Key::LossBudget,
        Key::SizeBudget,
        Key::BillBudget,
        Key::TwoPerson,
        Key::Maintainers,
        Key::Approvers,
        Key::Signatures,
    ];

    /// Every key that there is.
    pub fn all() -> impl Iterator<Item = Key> {
        let models = ModelKey::ALL.iter().map(|key| Key::Model(*key));
        let reviewers = ModelKey::ALL.iter().filter(|key| !key.is_budget()).map(|key| Key::ReviewerModel(*key));
        Self::PLAIN.into_iter().chain(models).chain(reviewers)
    }

    /// Section and name in `dream.toml`.
    pub fn place(self) -> (&'static str, &'static str) {
        match self {
            Key::Engine => ("engine", "name"),
            Key::Model(key) => ("engine", key.name()),
            Key::Reviewer => ("reviewer", "name"),
            Key::ReviewerModel(key) => ("reviewer", key.name()),
            Key::Notes => ("memory", "notes"),
            Key::Folders => ("memory", "folders"),
            Key::Secrets => ("import", "secrets"),
            Key::SecretsAllow => ("secrets", "allow"),
            Key::SecretsExtra => ("secrets", "extra"),
            Key::Keep => ("sessions", "keep"),
            Key::NotifyCommand => ("notify", "command"),
            Key::Check(check) => ("checks", check.as_str()),
            Key::LossBudget | Key::SizeBudget | Key::BillBudget => ("checks", self.name()),
            Key::TwoPerson | Key::Maintainers | Key::Approvers | Key::Signatures => ("trust", self.name()),
            _ => ("dream", self.name()),
        }
    }

    /// Name in git config (after `dream.`) and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Key::Schedule => "schedule",
            Key::Timezone => "timezone",
            Key::Scope => "scope",
            Key::Approval => "approval",
            Key::Retention => "retention",
            Key::MaxSessions => "max-sessions",
            Key::MaxChanges => "max-changes",
            Key::Instructions => "instructions",
            Key::MinSupport => "min-support",
            Key::StaleAfter => "stale-after",
            Key::Engine => "engine",
            Key::Model(key) => key.name(),
            Key::Reviewer => "reviewer",
            Key::ReviewerModel(key) => key.reviewer_name(),
            Key::Notes => "notes",
            Key::Folders => "folders",
            Key::Secrets => "secrets",
            Key::SecretsAllow => "secrets-allow",
            Key::SecretsExtra => "secrets-extra",
            Key::Keep => "keep",
            Key::Remote => "remote",
            Key::NotifyCommand => "notify-command",
            Key::Check(check) => check.git_name(),
            Key::LossBudget => "loss-budget",
            Key::SizeBudget => "size-budget",
            Key::BillBudget => "bill-budget",
            Key::TwoPerson => "two-person",
            Key::Maintainers => "maintainers",
            Key::Approvers => "approvers",
            Key::Signatures => "signatures",
        }
    }

    /// Whether the key names a program to run. A file that came with a clone must not choose programs for whoever
    /// cloned it, so such a key of `dream.toml` needs a word of git config beside it.
    pub fn runs_a_program(self) -> bool {
        matches!(self, Key::NotifyCommand)
    }

    /// Whether git's configuration may hold `dream.<name>`: a key of ours, or the name of the memory branch.
    pub fn is_in_git(name: &str) -> bool {
        NAMES.contains(&name) || Self::all().any(|key| key.name() == name)
    }

    /// The known name most like this one.
    pub fn near_name(name: &str) -> Option<&'static str> {
        let names = Self::all().map(Key::name).chain(NAMES);
        names.min_by_key(|known| edits(name, known)).filter(|known| edits(name, known) <= (name.len() / 3).max(1))
    }

    pub fn find(section: &str, name: &str) -> Option<Key> {
        Self::all().find(|key| key.place() == (section, name))
    }

    /// The place of the known key most like this one, as it would be written.
    pub fn nearest(section: &str, name: &str) -> Option<String> {
        let distance = |key: &Key| {
            let (own_section, own_name) = key.place();
            let moved = usize::from(own_section != section);
            edits(name, own_name).min(edits(name, key.name())) * 2 + moved
        };
        let best = Self::all().min_by_key(distance)?;
        let (own_section, own_name) = best.place();
        let near = distance(&best) <= 2 * (name.chars().count() / 3).max(1) + 1;
        near.then(|| if own_section == section { own_name.to_owned() } else { format!("[{own_section}] {own_name}") })
    }
}

/// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
pub fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_key_finds_the_one_that_was_meant() {
        assert_eq!(Key::nearest("dream", "min-suport").as_deref(), Some("min-support"));
        assert_eq!(Key::nearest("dream", "notes").as_deref(), Some("[memory] notes"));
        assert_eq!(Key::nearest("dream", "max_sessions").as_deref(), Some("max-sessions"));
        assert_eq!(Key::nearest("dream", "colour"), None);
    }

    #[test]
    fn swapped_neighbours_are_one_edit() {
        assert_eq!(edits("scoep", "scope"), 1);
        assert_eq!(edits("", "abc"), 3);
    }
}
