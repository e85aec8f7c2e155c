//! `git dream verify`: an auditor's walk through the history of memory.

use super::ui::{Page, Tone, count};
use super::{Context, Exit, Failure, range};
use crate::config::guard::Signatures;
use crate::phase::verify::{self, Finding, Report, Request, Required, Totals};
use crate::store::Store;
use crate::store::dream::person;
use crate::text::Scrubbed;
use clap::{Args, ValueEnum};
use serde_json::json;

/// Direct edits that a person is shown; a program gets all.
const SHOWN: usize = 20;

/// Verify the history of memory: evidence, quotes, trailers, trees, approvals, stored sessions
///
/// Walks every commit of memory and of open and closed dreams, and holds each against what it claims: evidence names
/// sessions and blobs that exist, quotes stand in the lines that they cite, trailers are complete and agree, a change
/// does to its file what it says and touches nothing else, a merge names who approved it. The stored sessions have only
/// grown since they were first imported; no dream that memory once held is missing. Commits outside of dreams are listed
/// as direct edits. Exits 1 if anything is wrong, and says what to do about each.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream verify
  git dream verify main~20..main
  git dream verify main..dream/2026-05-06-k3f9
  git dream verify --signatures approvals --json")]
pub struct Verify {
    /// Only these commits, as git log takes them; the stored sessions and reflogs are then left out
    range: Option<String>,
    /// Which commits of memory must carry a good signature by a key that git trusts
    /// [default: as [trust] says]
    #[arg(long, value_name = "WHICH")]
    signatures: Option<Which>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    Off,
    Approvals,
    All,
}

impl Which {
    fn required(self) -> Required {
        match self {
            Which::Off => Required::Off,
            Which::Approvals => Required::Approvals,
            Which::All => Required::All,
        }
    }
}

impl Verify {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let branch = store.memory_branch()?;
        let signatures = match self.signatures {
            Some(which) => which.required(),
            None => match context.settings(&store, &[])?.trust.signatures {
                Signatures::Off => Required::Off,
                Signatures::Approvals => Required::Approvals,
                Signatures::All => Required::All,
            },
        };
        let range = self.range.as_deref().map(|range| range::resolve(&store, range)).transpose()?;
        let tip = store.reference(branch.as_str())?;
        let request = Request { tip, branch: branch.as_str().to_owned(), range, signatures };
        let progress = context.ui.counting("commits verified");
        let report = verify::verify(&store, &request, &|commits| progress.advance(commits))?;
        drop(progress);
        for limit in &report.limits {
            context.ui.warn(limit);
        }
        if self.json {
            context.ui.json(json!({
                "range": self.range, "tip": request.tip, "totals": report.totals, "findings": report.findings,
                "direct_edits": report.direct_edits, "limits": report.limits,
            }))?;
        } else {
            let mut page = Page::new();
            for (at, finding) in report.findings.iter().enumerate() {
                show(&mut page, finding);
                // One remedy for several findings is told once, below the last of them.
                if report.findings.get(at + 1).is_none_or(|next| next.remedy != finding.remedy) {
                    page.wrapped(Tone::Dim, "              ", &finding.remedy, 100);
                }
            }
            edits(&mut page, &store, &report)?;
            totals(&mut page, &report.totals, report.findings.len());
            context.ui.page(&page)?;
        }
        Ok(if report.totals.findings > 0 { Exit::Refused } else { Exit::Done })
    }
}

fn show(page: &mut Page, finding: &Finding) {
    let commit = finding.commit.map(|commit| commit.short()).unwrap_or_default();
    page.put(Tone::Name, format!("{commit:<12}")).put(Tone::Risk, format!("  {:<10}", finding.check));
    let dream = finding.dream.as_ref().map(|dream| format!("dream {dream}: ")).unwrap_or_default();
    page.line(Tone::Plain, format!("  {dream}{}", Scrubbed::line(&finding.detail)));
}

fn edits(page: &mut Page, store: &Store, report: &Report) -> Result<(), Failure> {
    if report.direct_edits.is_empty() {
        return Ok(());
    }
    page.line(Tone::Bold, "direct edits, made outside of any dream:");
    for id in report.direct_edits.iter().take(SHOWN) {
        let commit = store.commit(*id)?;
        page.put(Tone::Plain, "  ").put(Tone::Name, id.short());
        page.put(Tone::Dim, format!("  {}  ", Context::time(commit.committer.time)));
        page.put(Tone::Plain, Scrubbed::short(commit.subject(), 60).as_str());
        page.line(Tone::Dim, format!("  {}", person(&commit.author)));
    }
    if let Some(more) = report.direct_edits.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        page.line(Tone::Dim, format!("  and {more} more; --json lists all"));
    }
    Ok(())
}

fn totals(page: &mut Page, totals: &Totals, told: usize) {
    let number = |number: u64, word: &str| count(number as usize, word);
    page.line(
        Tone::Plain,
        format!(
            "verified {}: {}, {}, {}",
            number(totals.commits, "commit"),
            number(totals.dreams, "dream"),
            number(totals.changes, "change"),
            number(totals.landings, "landing"),
        ),
    );
    let mut evidence = format!(
        "evidence {}: {} found, in {}",
        totals.evidence,
        number(totals.quotes, "quote"),
        number(totals.sessions, "stored session"),
    );
    for (number, word) in [(totals.redacted, "redacted"), (totals.expired, "expired")] {
        if number > 0 {
            evidence.push_str(&format!(", {number} {word}"));
        }
    }
    page.line(Tone::Plain, evidence);
    if totals.signatures > 0 {
        page.line(Tone::Plain, number(totals.signatures, "signature"));
    }
    page.put(Tone::Plain, format!("{}, ", number(totals.direct_edits, "direct edit")));
    let tone = if totals.findings == 0 { Tone::Added } else { Tone::Risk };
    let rest = totals.findings as usize - told;
    let more = if rest > 0 { format!("; {rest} of them are not shown") } else { String::new() };
    page.line(tone, format!("{}{more}", number(totals.findings, "finding")));
}
