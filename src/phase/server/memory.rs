//! The memory branch moves by one commit after another on its own line: a merge of a dream that somebody approved, a
//! revert by one who may, or an edit by a maintainer. It is never rewritten and never deleted.

use super::{Guard, Push, Stop, landing, refuse};
use crate::config::guard::Signatures;
use crate::model::{ObjectId, Trailers};
use crate::store::Commit;

pub(super) fn judge(guard: &Guard<'_>, push: &Push) -> Result<(), Stop> {
    let Some(new) = push.new else {
        return refuse("memory is not deleted", "'git dream revert' takes a dream back");
    };
    // The first push makes memory.
    let Some(old) = push.old else { return Ok(()) };
    if !guard.store.is_ancestor(old, new)? {
        return refuse(
            "memory's history is never rewritten, and this does not build on it",
            "git pull --no-rebase, or start again from what is there; 'git dream revert' takes a dream back",
        );
    }
    for commit in line(guard, old, new)? {
        let approver = match commit.parents.len() {
            2 => landing::judge(guard, &commit)?,
            _ => None,
        };
        let signer = match approver {
            Some(approver) => Some(approver).filter(|_| guard.settings.trust.signatures >= Signatures::Approvals),
            None => edit(guard, &commit)?,
        };
        if let Some(signer) = signer {
            signed(guard, commit.id, &signer)?;
        }
    }
    Ok(())
}

/// Memory's own line from the old tip to the new one, newest first.
fn line(guard: &Guard<'_>, old: ObjectId, new: ObjectId) -> Result<Vec<Commit>, Stop> {
    let mut found = Vec::new();
    let mut at = new;
    while at != old {
        let commit = guard.store.commit(at)?;
        let parent = commit.parents.first().copied();
        found.push(commit);
        match parent {
            // Beyond the old tip on the first-parent line: memory was merged into something else.
            Some(parent) if guard.store.is_ancestor(old, parent)? => at = parent,
            _ => {
                return refuse(
                    "memory was merged into another branch, so its own line of history would be lost",
                    "merge the other way round: git switch to memory, then git dream approve",
                );
            }
        }
    }
    Ok(found)
}

/// A commit that is no landing: by a maintainer, or a revert by one who may decide. Gives whose signature it needs.
fn edit(guard: &Guard<'_>, commit: &Commit) -> Result<Option<String>, Stop> {
    let trust = &guard.settings.trust;
    let mail = commit.committer.email.clone();
    let trailers = Trailers::parse(&commit.message);
    let decision = trailers.get("Dream-Revert").or(trailers.get("Dream-Restore")).is_some();
    let may = trust.is_maintainer(&mail) || decision && !trust.approvers.is_empty() && trust.is_approver(&mail);
    if !may {
        return refuse(
            format!("commit {} by {mail} edits memory directly, and merges no dream", commit.id.short()),
            "propose it: push a dream's branch, or ask a maintainer ([trust] maintainers in dream.toml)",
        );
    }
    let least = if decision { Signatures::Approvals } else { Signatures::All };
    Ok(Some(mail).filter(|_| trust.signatures >= least))
}

/// Refuses a commit without a good signature of this person, as the server's git is set to trust signers.
pub(super) fn signed(guard: &Guard<'_>, id: ObjectId, mail: &str) -> Result<(), Stop> {
    let shown = guard.store.git().check(&["log", "-1", "--format=%G? %GS", &id.to_string()])?.text();
    let (status, signer) = shown.split_once(' ').unwrap_or((&shown, ""));
    let own = signer == mail || signer.ends_with(&format!("<{mail}>"));
    let why = match status {
        "G" if own => return Ok(()),
        "G" => format!("is signed by {signer}, not by {mail}"),
        "N" => "is not signed".to_owned(),
        "B" => "has a bad signature".to_owned(),
        _ => "is not signed by a signer that the server trusts".to_owned(),
    };
    refuse(
        format!("commit {} {why}", id.short()),
        "sign it: git config commit.gpgSign true, and have the server's gpg.ssh.allowedSignersFile or keyring name your key",
    )
}
