//! Signatures, by git itself: whatever `gpg.format` and the files of allowed signers say counts, here as everywhere.

use super::record::{History, Node, What};
use super::{Finding, Report, VerifyError, finding};
use crate::model::ObjectId;
use crate::store::Store;

/// Which commits of memory have to be signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Required {
    #[default]
    Off,
    /// Those by which somebody decided: approvals, reverts and restores.
    Approvals,
    All,
}

pub(super) fn check(
    store: &Store,
    required: Required,
    history: &History,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let decision =
        |node: &Node| matches!(node.what, What::Approval(_) | What::Revert(..) | What::Restore(_) | What::Squash(_));
    let wanted = |node: &&Node| match required {
        Required::Off => false,
        Required::Approvals => node.in_memory && decision(node),
        Required::All => node.in_memory,
    };
    let asked: String = history.nodes.iter().filter(wanted).map(|node| format!("{}\n", node.id)).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let args = ["log", "--no-walk=unsorted", "--stdin", "--format=%H %G? %GS"];
    let output = store.git().check_with_input(&args, asked.as_bytes())?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    report.totals.signatures += told.lines().count() as u64;
    report.find(told.lines().filter_map(unsigned));
    Ok(())
}

/// What is wrong with a commit's signature, from git's line about it.
fn unsigned(line: &str) -> Option<Finding> {
    let mut words = line.splitn(3, ' ');
    let id = ObjectId::parse(words.next()?).ok()?;
    let (why, remedy) = match words.next()? {
        "G" => return None,
        "N" => ("it is not signed", "have it approved again by somebody who signs: git config commit.gpgSign true"),
        "B" => ("its signature is bad: it was changed after it was signed", super::change::FORGED),
        "U" => ("it is signed by a key that is not trusted", TRUST),
        "X" | "Y" => ("its signature or key has expired", TRUST),
        "R" => ("it is signed by a revoked key", TRUST),
        _ => ("its signature cannot be checked", TRUST),
    };
    let who = words.next().filter(|who| !who.is_empty()).map(|who| format!(" ({who})")).unwrap_or_default();
    Some(finding("signature", id, format!("{why}{who}"), remedy))
}

const TRUST: &str = "if you trust the key, name it in gpg.ssh.allowedSignersFile, or trust it in the keyring";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_good_signatures_are_right() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(unsigned(&format!("{id} G ada@example.com")), None);
        let said = |status: &str| unsigned(&format!("{id} {status} ")).map(|finding| finding.detail);
        assert_eq!(said("N").as_deref(), Some("it is not signed"));
        assert!(["B", "U", "X", "Y", "R", "E"].iter().all(|status| said(status).is_some()));
    }
}
