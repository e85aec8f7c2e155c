//! What the commands that decide have in common: checks that are recorded, conflicts that are shown, and the last line
//! that says how to take it back.

use super::ui::{Page, Tone};
use super::{Context, Exit, Failure};
use crate::config::Settings;
use crate::config::guard::Signatures;
use crate::phase::check::{self, Finding};
use crate::phase::rule::{self, Objection};
use crate::store::dream::Dream;
use crate::store::{Conflict, ConflictKind, DecideError, Landed, Manner, Sign, Store, Verify};
use crate::text::Scrubbed;

/// Runs the checks on a dream as it stands.
pub fn checks(store: &Store, settings: &Settings, dream: &Dream) -> Result<Vec<Finding>, Failure> {
    Ok(check::check(store, settings, dream)?)
}

/// Refuses an approval by somebody who may not approve this dream.
pub fn allowed(store: &Store, settings: &Settings, dream: &Dream) -> Result<(), Failure> {
    let approver = store.identity()?.email;
    let requester = dream.review.as_ref().map(|review| store.commit(review.commit)).transpose()?;
    let requester = requester.as_ref().map(|commit| commit.committer.email.as_str());
    let Some(objection) = rule::objection(&settings.trust, &approver, requester) else { return Ok(()) };
    let why = match objection {
        Objection::Engine => format!("{approver} is an engine, and engines approve nothing"),
        Objection::Approver => format!("{approver} is no approver of this memory"),
        Objection::TwoPerson => format!("{approver} asked for dream {}, so somebody else approves it", dream.id),
    };
    Err(Failure::refuse(why).hint(objection.remedy()))
}

/// Whether decisions are signed: always where memory asks for it, else as git is set.
pub fn signing(settings: &Settings) -> Sign {
    match settings.trust.signatures {
        Signatures::Off => Sign::AsConfigured,
        Signatures::Approvals | Signatures::All => Sign::Yes(None),
    }
}

/// How a decision is carried out: hooks unless the person says no, and what the checks found for the record.
pub fn manner(settings: &Settings, no_verify: bool, findings: &[Finding]) -> Manner {
    let verify = if no_verify { Verify::No } else { Verify::Yes };
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            let change = finding.change.as_ref().map(|key| format!(" {key}:")).unwrap_or_default();
            format!("  {} {}:{change} {}", finding.check, finding.verdict.as_str(), finding.detail)
        })
        .collect();
    let notes =
        if lines.is_empty() { Vec::new() } else { vec![Scrubbed::block(&format!("Checks:\n{}", lines.join("\n")))] };
    Manner { verify, sign: signing(settings), notes, overrides: Vec::new() }
}

/// A decision that did not happen; both sides of every conflict are shown first, memory's and the `other`.
pub fn refused(context: &Context, other: &'static str, error: DecideError) -> Failure {
    match &error {
        DecideError::Conflict(conflicts) => {
            context.ui.note(&sides(other, conflicts));
            Failure::from(error)
                .exit(Exit::Conflict)
                .hint("nothing was changed; edit one side, commit it, and try again")
        }
        DecideError::Depends { conflicts, key, .. } => {
            context.ui.note(&sides(other, conflicts));
            let hint = format!("leave {key} out too, or keep what it builds on; nothing was changed");
            Failure::from(error).exit(Exit::Conflict).hint(hint)
        }
        _ => error.into(),
    }
}

fn sides(other: &str, conflicts: &[Conflict]) -> Page {
    let mut page = Page::new();
    for conflict in conflicts {
        let how = match conflict.kind {
            ConflictKind::Edited => "edited on both sides",
            ConflictKind::Removed => "edited on one side, removed on the other",
            ConflictKind::Added => "added on both sides",
            ConflictKind::FileAndFolder => "a file on one side, a folder on the other",
        };
        page.put(Tone::Error, "conflict: ").put(Tone::Name, &conflict.path).line(Tone::Plain, format!(" was {how}"));
        for (mark, tone, side) in [
            ("base", Tone::Dim, &conflict.base),
            ("memory", Tone::Removed, &conflict.ours),
            (other, Tone::Added, &conflict.theirs),
        ] {
            page.block(tone, &format!("  {mark:<6} | "), side.as_deref().unwrap_or("(nothing)"));
        }
    }
    page
}

/// Says what landed, what hooks complained about, and how to go back.
pub fn landed(context: &Context, store: &Store, what: &str, landed: &Landed, back: &str) -> Result<(), Failure> {
    for complaint in &landed.complaints {
        context.ui.warn(complaint.as_str());
    }
    let branch = store.memory_branch()?;
    let mut page = Page::new();
    page.put(Tone::Plain, what).put(Tone::Plain, format!("; {branch} is now ")).line(Tone::Name, landed.commit.short());
    context.ui.print(&page)?;
    context.ui.hint(back);
    Ok(())
}
