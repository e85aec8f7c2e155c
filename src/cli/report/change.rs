//! One change, as a reviewer or an auditor reads it: what it does, its risks, why, and who said so.

use super::{Archive, FileChange, touched};
use crate::cli::Failure;
use crate::cli::night::opinion_json;
use crate::cli::ui::{Page, Tone, count};
use crate::model::evidence::Cited;
use crate::model::{Content, Removal, Turn, Verdict};
use crate::phase::message::quotes;
use crate::store::dream::ChangeRecord;
use crate::store::{Store, TreeDiff};
use crate::text::Scrubbed;
use crate::text::trace::REMOVED;
use serde_json::{Value, json};

/// Fits the narrowest terminal that people use.
const WIDTH: usize = 79;

/// A change with everything that its commit says.
#[derive(Debug, Clone)]
pub struct ChangeView {
    pub record: ChangeRecord,
    /// The file that the change is about first.
    pub files: Vec<FileChange>,
    /// The commit's body without quotes and trailers.
    pub why: String,
    pub evidence: Vec<(Cited, Option<String>)>,
}

impl ChangeView {
    pub fn read(store: &Store, record: &ChangeRecord) -> Result<Self, Failure> {
        Self::with(store, &mut TreeDiff::new(store), record)
    }

    /// All of them, whose commits mostly follow one another and share their trees.
    pub fn all(store: &Store, records: &[ChangeRecord]) -> Result<Vec<Self>, Failure> {
        let mut trees = TreeDiff::new(store);
        records.iter().map(|record| Self::with(store, &mut trees, record)).collect()
    }

    fn with(store: &Store, trees: &mut TreeDiff<'_>, record: &ChangeRecord) -> Result<Self, Failure> {
        let commit = store.commit(record.commit)?;
        let mut files = touched(store, trees, &commit)?;
        let message = commit.message;
        files.sort_by_key(|file| Some(&file.path) != record.path.as_ref());
        Ok(Self { record: record.clone(), files, why: why(&message), evidence: quotes(&message) })
    }

    /// What the belief said before, and says afterwards.
    pub fn beliefs(&self) -> (Option<String>, Option<String>) {
        self.files.first().map_or((None, None), FileChange::beliefs)
    }

    /// As `run --json` prints a change.
    pub fn json(&self, archive: &Archive<'_>) -> Value {
        let record = &self.record;
        let clean = |text: String| Scrubbed::block(&text).into_string();
        let (before, after) = self.beliefs();
        json!({
            "key": record.key, "change": record.change, "phase": record.phase, "kind": record.kind,
            "commit": record.commit, "path": record.path, "subject": record.subject.as_str(),
            "before": before.map(clean), "after": after.map(clean), "support": record.support,
            "confidence": record.confidence.map(|confidence| confidence.value()),
            "risks": record.risks, "reason": self.why, "retire": record.retire,
            "opinion": record.opinion.as_ref().map(opinion_json),
            "evidence": self.evidence.iter().map(|(cited, quote)| evidence_json(archive, cited, quote)).collect::<Vec<_>>(),
        })
    }

    /// The first line: the subject, behind its number among all.
    pub fn title(&self, page: &mut Page, number: Option<(usize, usize)>) {
        if let Some((number, all)) = number {
            page.put(Tone::Dim, format!("[{number}/{all}] "));
        }
        page.line(Tone::Heading, self.record.subject.as_str());
    }

    /// Key, kind and path; then risks, before anything else is read.
    pub fn facts(&self, page: &mut Page) {
        let record = &self.record;
        page.put(Tone::Plain, "  ").put(Tone::Name, record.key.as_str());
        let kind = record.kind.map(|kind| format!(" {kind}")).unwrap_or_default();
        page.put(Tone::Plain, format!("  {}{kind}", record.change));
        page.line(Tone::Plain, record.path.as_ref().map(|path| format!("  {path}")).unwrap_or_default());
        if !record.risks.is_empty() {
            let risks: Vec<&str> = record.risks.iter().map(|risk| risk.as_str()).collect();
            page.put(Tone::Plain, "  ").line(Tone::Risk, format!("risk: {}", risks.join(", ")));
        }
        if let Some(opinion) = &record.opinion {
            let tone = if opinion.verdict == Verdict::Supported { Tone::Added } else { Tone::Risk };
            let said = format!("reviewer {}: {} ({})", opinion.by, opinion.verdict.as_str(), opinion.reason);
            page.wrapped(tone, "  ", &said, WIDTH);
        }
    }

    /// The beliefs before and after, in every file that the change touches.
    pub fn diff(&self, page: &mut Page) {
        for file in &self.files {
            if Some(&file.path) != self.record.path.as_ref() {
                page.line(Tone::Dim, format!("  in {}:", file.path));
            }
            let (before, after) = file.beliefs();
            side(page, Tone::Removed, "  - ", before.as_deref());
            side(page, Tone::Added, "  + ", after.as_deref());
        }
    }

    /// Why, and the quotes; with `around`, some turns before and after each.
    pub fn reasons(&self, page: &mut Page, archive: &Archive<'_>, around: usize) {
        page.wrapped(Tone::Plain, "  ", &self.why, WIDTH);
        let record = &self.record;
        let support = record.support.map(|support| {
            format!("{} of {}", count(support.sessions as usize, "session"), count(support.agents as usize, "agent"))
        });
        let confidence = record.confidence.map(|confidence| format!("confidence {confidence}"));
        if let Some(reason) = record.retire {
            page.line(Tone::Plain, format!("  retired because: {reason}"));
        }
        let facts: Vec<String> = support.into_iter().chain(confidence).collect();
        page.line(Tone::Dim, format!("  evidence: {}", facts.join(", ")));
        for (cited, quote) in &self.evidence {
            evidence(page, archive, cited, quote.as_deref(), around);
        }
    }

    /// All of it.
    pub fn whole(&self, page: &mut Page, archive: &Archive<'_>, number: Option<(usize, usize)>, around: usize) {
        self.title(page, number);
        self.facts(page);
        self.diff(page);
        self.reasons(page, archive, around);
    }
}

fn side(page: &mut Page, tone: Tone, mark: &str, text: Option<&str>) {
    for line in text.unwrap_or_default().lines() {
        page.wrapped(tone, mark, line, WIDTH);
    }
}

/// `user, support/2026-05-04-a1, lines 88-90: "…"`, and the turns around it.
fn evidence(page: &mut Page, archive: &Archive<'_>, cited: &Cited, quote: Option<&str>, around: usize) {
    let lines = cited.place.lines;
    let span = if lines.first == lines.last {
        format!("line {}", lines.first)
    } else {
        format!("lines {}-{}", lines.first, lines.last)
    };
    let agent = archive.record(&cited.session).map(|record| format!("{}/", record.agent)).unwrap_or_default();
    page.put(Tone::Plain, format!("    {}, ", cited.role.as_str()));
    page.line(Tone::Name, format!("{agent}{} {span}", cited.session));
    let removed = archive.removed(cited, quote);
    if let Some(how) = removed {
        page.line(Tone::Warning, format!("      {}: {}", how.as_str(), gone(how)));
    }
    if let Some(quote) = quote.filter(|quote| *quote != REMOVED) {
        page.wrapped(Tone::Plain, "      ", &format!("\"{quote}\""), WIDTH);
    }
    let turns = if around > 0 && removed.is_none() { archive.context(cited, around) } else { Vec::new() };
    for (turn, own) in turns {
        let mark = if own { "      > " } else { "        " };
        page.line(Tone::Dim, format!("{mark}{}", summary(&turn, WIDTH - 8)));
    }
}

/// What became of evidence, for whoever looks for it.
fn gone(how: Removal) -> &'static str {
    match how {
        Removal::Redacted => "taken out for good; a tombstone says by whom and why",
        Removal::Expired => "the transcript was dropped because of its age; its hash is kept",
        Removal::Masked => "a credential was masked as it came in",
    }
}

fn evidence_json(archive: &Archive<'_>, cited: &Cited, quote: &Option<String>) -> Value {
    let lines = cited.place.lines;
    let mut value = json!({
        "session": cited.session, "blob": archive.blob(cited), "lines": [lines.first, lines.last],
        "role": cited.role, "quote": quote,
    });
    if let Some(pointer) = &cited.place.pointer {
        value["pointer"] = Value::from(pointer.as_str());
    }
    if let Some(how) = archive.removed(cited, quote.as_deref()) {
        value["removed"] = Value::from(how.as_str());
    }
    value
}

/// A turn on one line of at most `width` characters.
pub fn summary(turn: &Turn, width: usize) -> String {
    let role = turn.role.as_str();
    let text = match &turn.content {
        Content::Text(text) => format!("{role}: {text}"),
        Content::Thinking(text) => format!("{role} (thinking): {text}"),
        Content::Call(call) => format!("{role} calls {} {}", call.name, call.input),
        Content::Result(result) => format!("{role}: {}", result.text),
        Content::Interrupted => format!("{role} stopped the agent"),
    };
    let cut: String = text.chars().take(width * 8).collect();
    Scrubbed::short(&cut, width).into_string()
}

/// The paragraphs of a message between its subject and its trailers that are no quotes.
fn why(message: &str) -> String {
    let mut paragraphs: Vec<&str> = message.trim_end().split("\n\n").skip(1).collect();
    paragraphs.pop();
    let quote = |line: &str| line.starts_with("  ") && line.ends_with('"');
    let said = paragraphs.into_iter().filter(|paragraph| !paragraph.lines().all(quote));
    Scrubbed::line(&said.collect::<Vec<_>>().join(" ")).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_is_the_body_without_quotes_and_trailers() {
        let message = "reconcile: x\n\nThree newer\nsessions.\n\n  user, a: \"no\"\n\nDream-Id: 2026-05-06-k3f9\n";
        assert_eq!(why(message), "Three newer sessions.");
        assert_eq!(why("subject only"), "");
    }
}
