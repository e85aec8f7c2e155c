//! How a night is told: to a person, and as the JSON of `git dream run --json`. And what automatic approval merges.

use super::decision::{allowed, manner};
use super::ui::{Page, Tone};
use super::{Context, Failure};
use crate::config::Settings;
use crate::config::settings::Approval;
use crate::model::{self, Change, ObjectId, Opinion, Phase};
use crate::phase::bill::{Bill, Charge, money};
use crate::phase::check::{self, Verdict};
use crate::phase::dream::Night;
use crate::phase::write::Written;
use crate::store::{Selection, Store};
use serde_json::{Value, json};
use std::time::Duration;

/// Of what was left out, this many are named; first what went wrong, then what waits for the next dream.
const NAMED: usize = 30;

/// What a person reads after a run: what was read, what is proposed, what was left out.
pub fn summary(page: &mut Page, night: &Night, dry_run: bool) {
    let turns: usize = night.sessions.iter().map(|session| session.turns as usize).sum();
    let agents: std::collections::BTreeSet<_> = night.sessions.iter().map(|session| &session.agent).collect();
    let read = format!(
        "Read {}, {}, of {}",
        count(night.sessions.len(), "session"),
        count(turns, "turn"),
        count(agents.len(), "agent")
    );
    page.line(Tone::Plain, read);
    match (&night.dream, &night.held) {
        (None, None) if dry_run && !night.changes.is_empty() => {
            page.line(Tone::Heading, format!("Would propose {}:", count(night.changes.len(), "change")));
            night.changes.iter().for_each(|change| line(page, change));
        }
        (None, None) => {
            page.line(Tone::Plain, "Nothing to propose; no branch was made");
        }
        (dream, held) => {
            dream.iter().for_each(|dream| branch(page, dream, ""));
            let whose = |held: &Written| if held.changes.len() == 1 { "its" } else { "their" };
            held.iter().for_each(|held| {
                branch(page, held, &format!(", held for a person because of {} risks", whose(held)));
            });
        }
    }
    for line in night.report.bill.iter().flat_map(Bill::lines) {
        page.line(Tone::Dim, format!("paid for {line}"));
    }
    if !night.skipped.is_empty() {
        page.line(Tone::Heading, "Left out:");
        night.skipped.iter().take(NAMED).for_each(|skipped| {
            page.put(Tone::Plain, format!("  {}: ", skipped.what)).line(Tone::Dim, &skipped.why);
        });
        if let Some(more) = night.skipped.len().checked_sub(NAMED).filter(|more| *more > 0) {
            page.line(Tone::Dim, format!("  and {more} more; --json names all"));
        }
    }
}

fn branch(page: &mut Page, dream: &Written, how: &str) {
    page.put(Tone::Name, &dream.branch).line(Tone::Plain, format!(": {}{how}", count(dream.changes.len(), "change")));
    dream.changes.iter().for_each(|(change, _)| line(page, change));
}

fn line(page: &mut Page, change: &Change) {
    let tone = match change.phase {
        Phase::Extract => Tone::Added,
        Phase::Prune => Tone::Removed,
        _ => Tone::Name,
    };
    page.put(Tone::Dim, format!("  {} ", change.key)).put(tone, format!("{:9} ", change.change));
    page.put(Tone::Plain, format!("{:10} {}", change.kind, change.subject));
    if !change.risks.is_empty() {
        let risks: Vec<&str> = change.risks.iter().map(|risk| risk.as_str()).collect();
        page.put(Tone::Risk, format!("  [{}]", risks.join(", ")));
    }
    if let Some(opinion) = change.opinion.as_ref().filter(|opinion| opinion.verdict != model::Verdict::Supported) {
        page.put(Tone::Risk, format!("  [reviewer: {}]", opinion.verdict.as_str()));
    }
    page.end();
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The object that DESIGN.md, chapter 6 describes.
pub fn json(night: &Night, took: Duration) -> Value {
    let shown = night.dream.as_ref().or(night.held.as_ref());
    let sessions: Vec<Value> = night
        .sessions
        .iter()
        .map(|session| json!({"id": session.id, "agent": session.agent, "blob": session.blob, "turns": session.turns}))
        .collect();
    let written = |dream: &Written| dream.changes.iter().map(|(made, commit)| change(made, Some(*commit))).collect();
    let changes: Vec<Value> = match shown {
        Some(dream) => written(dream),
        None => night.changes.iter().map(|found| change(found, None)).collect(),
    };
    let held: Vec<Value> = match (&night.dream, &night.held) {
        (Some(_), Some(held)) => vec![json!({"dream": held.id, "branch": held.branch, "head": held.head,
            "changes": written(held)})],
        _ => Vec::new(),
    };
    json!({
        "dream": shown.map(|dream| &dream.id),
        "branch": shown.map(|dream| &dream.branch),
        "base": night.base,
        "head": shown.map(|dream| dream.head),
        "engine": night.engine,
        "sessions": sessions,
        "changes": changes,
        "skipped": night.skipped,
        "held": held,
        "model": night.report.model,
        "usage": usage(night.report.bill.as_ref(), took),
    })
}

/// What it took: in all, then per phase and worker where somebody was paid.
fn usage(bill: Option<&Bill>, took: Duration) -> Value {
    let total = bill.map(Bill::total).unwrap_or_default();
    let seconds = (took.as_secs_f64() * 1000.0).round() / 1000.0;
    let mut usage = json!({"input_tokens": total.input_tokens, "output_tokens": total.output_tokens,
        "seconds": seconds});
    let Some(bill) = bill else { return usage };
    usage["requests"] = json!(total.requests);
    usage["cached_tokens"] = json!(total.cached_tokens);
    usage["cost"] = if bill.priced { json!(money(total.cost)) } else { Value::Null };
    let worker = |((phase, worker), charge): (&(&str, String), &Charge)| {
        json!({"phase": phase, "worker": worker, "requests": charge.requests, "input_tokens": charge.input_tokens,
            "cached_tokens": charge.cached_tokens, "output_tokens": charge.output_tokens,
            "cost": bill.priced.then(|| money(charge.cost))})
    };
    usage["workers"] = bill.charges.iter().map(worker).collect();
    usage
}

fn change(change: &Change, commit: Option<ObjectId>) -> Value {
    let evidence: Vec<Value> = change
        .evidence
        .iter()
        .map(|item| {
            let lines = item.place.lines;
            let mut value = json!({"session": item.session, "blob": item.blob, "lines": [lines.first, lines.last],
            "role": item.role, "quote": crate::text::secret::mask(&item.quote)});
            if let Some(pointer) = &item.place.pointer {
                value["pointer"] = json!(pointer);
            }
            value
        })
        .collect();
    json!({
        "key": change.key, "change": change.change, "phase": change.phase, "kind": change.kind, "commit": commit,
        "path": change.path(), "before": change.before.as_ref().map(|text| text.as_str()),
        "after": change.after.as_ref().map(|text| text.as_str()), "subject": change.subject.as_str(),
        "support": change.support, "confidence": change.confidence.value(), "risks": change.risks,
        "reason": change.reason.as_str(), "retire": change.retire, "evidence": evidence,
        "opinion": change.opinion.as_ref().map(opinion_json),
    })
}

/// A second opinion as JSON.
pub fn opinion_json(opinion: &Opinion) -> Value {
    json!({"verdict": opinion.verdict, "by": opinion.by, "reason": opinion.reason.as_str()})
}

/// Under automatic approval: merges the dream that carries no risk, unless a check fails. Gives the merge commit.
pub fn merge_free(
    context: &Context,
    store: &Store,
    settings: &Settings,
    night: &Night,
) -> Result<Option<ObjectId>, Failure> {
    let Some(dream) = night.dream.as_ref().filter(|_| settings.approval == Approval::Automatic) else {
        return Ok(None);
    };
    let ledger = store.ledger(store.memory_tip()?)?;
    let record = ledger.find(dream.id.as_str())?;
    let findings = check::check(store, settings, record)?;
    if check::worst(&findings) == Verdict::Fail {
        let failed: Vec<&str> =
            findings.iter().filter(|f| f.verdict == Verdict::Fail).map(|f| f.detail.as_str()).collect();
        context.ui.warn(&format!("dream {} was not merged: {}", dream.id, failed.join("; ")));
        return Ok(None);
    }
    if let Err(refusal) = allowed(store, settings, record) {
        context.ui.warn(&format!("dream {} was not merged: {}", dream.id, refusal.error));
        return Ok(None);
    }
    let manner = manner(settings, false, &findings);
    let approved = store.approve(dream.id.as_str(), &Selection::All, &manner)?;
    Ok(Some(approved.landed.commit))
}
