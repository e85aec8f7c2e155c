//! A dream as lists and headings show it.

use crate::cli::Context;
use crate::cli::ui::{Page, Tone};
use crate::store::Row;
use crate::store::dream::{Dream, Standing};
use serde_json::{Value, json};

/// As `list --json` prints a dream.
pub fn dream_json(dream: &Dream) -> Value {
    json!({
        "id": dream.id,
        "status": dream.standing.as_str(),
        "branch": dream.open.map(|_| format!("dream/{}", dream.id)),
        "base": dream.base(),
        "head": dream.head(),
        "changes": dream.changes.len(),
        "model": dream.review.as_ref().and_then(|review| review.model.as_ref()),
        "bill": dream.review.as_ref().map(|review| &review.bill).filter(|bill| !bill.is_empty()),
        "created": dream.created(),
        "decided_by": dream.decided.as_ref().map(|decided| decided.by.clone()),
        "decided_at": dream.decided.as_ref().map(|decided| decided.at),
    })
}

/// One line of `list`.
pub fn dream_row(page: &mut Page, dream: &Row) {
    page.put(Tone::Name, dream.id.as_str()).put(Tone::Plain, "  ");
    page.put(tone(dream.standing), format!("{:<8}", dream.standing.as_str()));
    let changes = dream.changes;
    page.put(Tone::Plain, format!("  {changes:>3} change{} ", if changes == 1 { " " } else { "s" }));
    if let Some(created) = dream.created {
        page.put(Tone::Dim, format!(" {}", Context::time(created)));
    }
    if let Some(by) = &dream.by {
        page.put(Tone::Plain, format!("  by {by}"));
    }
    page.end();
}

/// The lines above a dream's changes: where it stands, what it read, who decided.
pub fn heading(page: &mut Page, dream: &Dream) {
    page.put(Tone::Bold, "dream ").put(Tone::Name, dream.id.as_str()).put(Tone::Plain, "  ");
    page.line(tone(dream.standing), dream.standing.as_str());
    if let Some(review) = &dream.review {
        let sessions = review.sessions.len();
        let engine = review.engine.as_deref().unwrap_or("unknown");
        let base = review.base.map(|base| base.short()).unwrap_or_default();
        let plural = if sessions == 1 { "" } else { "s" };
        page.line(
            Tone::Dim,
            format!(
                "read {sessions} session{plural} on memory {base}, engine {engine}, {}",
                Context::time(review.time)
            ),
        );
        if let Some(model) = &review.model {
            page.line(Tone::Dim, format!("model {model}"));
        }
        for line in &review.bill {
            page.line(Tone::Dim, format!("paid for {line}"));
        }
        if let Some(instructions) = &review.instructions {
            page.line(Tone::Dim, format!("instructions: {instructions}"));
        }
    }
    if let Some(decided) = &dream.decided {
        let reason = dream.reject_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        page.line(Tone::Plain, format!("{} by {}, {}{reason}", dream.standing, decided.by, Context::time(decided.at)));
    }
}

fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::Open => Tone::Warning,
        Standing::Approved => Tone::Added,
        Standing::Rejected | Standing::Reverted => Tone::Removed,
    }
}
