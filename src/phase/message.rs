//! The commit messages of a dream: a subject that a reviewer understands without opening it, why, the quoted evidence,
//! and the trailers. And the way back: which quote belongs to which evidence.

use super::{Bill, Report};
use crate::model::evidence::Cited;
use crate::model::trailer::message;
use crate::model::{AgentName, Change, DreamId, Evidence, ObjectId, SessionId, Trailers};
use crate::text::Scrubbed;
use std::collections::BTreeMap;

/// Characters of a quote in a commit message at most; a longer one ends in `…`.
const LONGEST_QUOTE: usize = 240;
/// Characters of a line of a commit message's prose.
const WIDTH: usize = 72;
/// The line above what each worker was paid.
const PAID: &str = "Paid for:";

/// What the review commit records.
#[derive(Debug, Clone)]
pub struct Review<'a> {
    pub dream: &'a DreamId,
    pub base: ObjectId,
    pub engine: &'a str,
    pub settings: &'a str,
    pub instructions: Option<&'a str>,
    /// Sessions read: id, agent, and the blob up to which it was read.
    pub sessions: &'a [(SessionId, AgentName, ObjectId)],
    /// What was left out, in sentences.
    pub notes: &'a [String],
    /// Of a language model: which, asked how, at what cost.
    pub report: &'a Report,
}

/// The message of the review commit.
pub fn review(review: &Review<'_>) -> String {
    let agents: BTreeMap<&AgentName, usize> =
        review.sessions.iter().fold(BTreeMap::new(), |mut agents, (_, agent, _)| {
            *agents.entry(agent).or_default() += 1;
            agents
        });
    let count = review.sessions.len();
    let of = match agents.len() {
        1 => agents.keys().next().map(ToString::to_string).unwrap_or_default(),
        n => format!("{n} agents"),
    };
    let subject = Scrubbed::line(&format!("review: {count} session{} of {of}", if count == 1 { "" } else { "s" }));
    let lines: Vec<String> = agents.iter().map(|(agent, n)| format!("  {n} of {agent}")).collect();
    let mut body = vec![Scrubbed::block(&format!("Read for dream {}:\n{}", review.dream, lines.join("\n")))];
    body.extend(review.notes.iter().map(|note| Scrubbed::line(note)));
    let workers = review.report.bill.iter().flat_map(Bill::workers).map(|line| format!("  {line}"));
    let workers: Vec<String> = workers.collect();
    if !workers.is_empty() {
        body.push(Scrubbed::block(&format!("{PAID}\n{}", workers.join("\n"))));
    }
    let mut trailers = Trailers::new();
    trailers.push("Dream-Id", review.dream.as_str()).push("Dream-Phase", "review");
    trailers.push("Dream-Base", review.base.to_string()).push("Dream-Engine", review.engine);
    trailers.push("Dream-Settings", review.settings);
    account(&mut trailers, review.report);
    if let Some(instructions) = review.instructions {
        trailers.push("Dream-Instructions", instructions);
    }
    for (session, _, blob) in review.sessions {
        trailers.push("Dream-Session", format!("{session}@{blob}"));
    }
    message(&subject, &body, &trailers)
}

/// What each worker was paid, as the message of a review commit says.
pub fn paid(message: &str) -> Vec<String> {
    let lines = message.lines().skip_while(|line| *line != PAID).skip(1);
    lines.map_while(|line| line.strip_prefix("  ").map(|line| Scrubbed::line(line).into_string())).collect()
}

fn account(trailers: &mut Trailers, report: &Report) {
    if let Some(model) = &report.model {
        trailers.push("Dream-Model", model);
    }
    if let Some(prompts) = report.prompts {
        trailers.push("Dream-Prompts", prompts.to_string());
    }
    for line in report.bill.iter().flat_map(Bill::lines) {
        trailers.push("Dream-Bill", line);
    }
}

/// The message of a change's commit. `agents` names the agent of each session.
pub fn change(dream: &DreamId, change: &Change, agents: &BTreeMap<SessionId, AgentName>) -> String {
    let subject = Scrubbed::line(&format!("{}: {}", change.phase, change.subject));
    let quotes: Vec<String> = change.evidence.iter().map(|item| quote_line(item, agents.get(&item.session))).collect();
    let body = [wrapped(&change.reason), Scrubbed::block(&quotes.join("\n"))];
    message(&subject, &body, &trailers(dream, change))
}

/// Lines of at most 72 characters, as commit messages have them. Quotes are not broken: they are read back by line.
fn wrapped(text: &Scrubbed) -> Scrubbed {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.as_str().lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    Scrubbed::block(&lines.join("\n"))
}

fn trailers(dream: &DreamId, change: &Change) -> Trailers {
    let mut trailers = Trailers::new();
    trailers.push("Dream-Id", dream.as_str()).push("Dream-Phase", change.phase.as_str());
    trailers.push("Dream-Change", change.change.as_str()).push("Dream-Key", change.key.as_str());
    trailers.push("Dream-Kind", change.kind.as_str()).push("Dream-Path", change.path().as_str());
    let plural = |n: u32, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let support = format!("{}, {}", plural(change.support.sessions, "session"), plural(change.support.agents, "agent"));
    trailers.push("Dream-Support", support).push("Dream-Confidence", change.confidence.to_string());
    if let Some(reason) = change.retire {
        trailers.push("Dream-Reason", reason.as_str());
    }
    if !change.risks.is_empty() {
        let risks: Vec<&str> = change.risks.iter().map(|risk| risk.as_str()).collect();
        trailers.push("Dream-Risk", risks.join(", "));
    }
    if let Some(opinion) = &change.opinion {
        trailers.push("Dream-Verdict", opinion.to_string());
    }
    for item in &change.evidence {
        trailers.push("Evidence", item.cited().to_string());
    }
    trailers
}

fn quote_line(item: &Evidence, agent: Option<&AgentName>) -> String {
    let session = match agent {
        Some(agent) => format!("{agent}/{}", item.session),
        None => item.session.to_string(),
    };
    format!("  {}, {session}: \"{}\"", item.role.as_str(), Scrubbed::short(&item.quote, LONGEST_QUOTE))
}

/// The quotes of a change's message, beside the evidence that its trailers name, in order. A quote that is missing
/// from the body is `None`.
pub fn quotes(message: &str) -> Vec<(Cited, Option<String>)> {
    quoted(message, Trailers::parse(message).all("Evidence").filter_map(Cited::parse).collect())
}

/// The same for a caller that has read the trailers.
pub fn quoted(message: &str, cited: Vec<Cited>) -> Vec<(Cited, Option<String>)> {
    let lines: Vec<&str> = message.lines().filter(|line| line.starts_with("  ") && line.ends_with('"')).collect();
    let mut next = lines.iter();
    cited
        .into_iter()
        .map(|cited| {
            let tail = format!("{}: \"", cited.session);
            let quote = next.by_ref().find_map(|line| {
                let rest = line.strip_prefix("  ")?.strip_prefix(cited.role.as_str())?.strip_prefix(", ")?;
                let (before, quote) = rest.split_once(&tail)?;
                (before.is_empty() || before.ends_with('/'))
                    .then(|| quote.strip_suffix('"').unwrap_or(quote).to_owned())
            });
            (cited, quote)
        })
        .collect()
}

/// Whether a quote as a message shows it (scrubbed, on one line, perhaps cut) stands in one of the decoded texts.
pub fn quote_stands<'a>(quote: &str, mut texts: impl Iterator<Item = &'a str>) -> bool {
    texts.any(|text| quote_stands_in(quote, text))
}

/// The same for one text. Words that stand there as they are need no scrubbing to be found.
pub fn quote_stands_in(quote: &str, text: &str) -> bool {
    let shown = shown(quote);
    quote_stands_as_it_is(quote, text) || !shown.is_empty() && Scrubbed::line(text).as_str().contains(shown)
}

/// Whether a quote stands in a text to the letter: to be asked of all texts before any is scrubbed, which takes long.
pub fn quote_stands_as_it_is(quote: &str, text: &str) -> bool {
    let shown = shown(quote);
    !shown.is_empty() && text.contains(shown)
}

fn shown(quote: &str) -> &str {
    quote.strip_suffix('…').unwrap_or(quote).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BeliefKey, ChangeType, Confidence, Edit, Kind, NotePath, Phase, Place, Role, Support};
    use chrono::DateTime;

    fn evidence(session: &str, quote: &str) -> Evidence {
        Evidence {
            session: SessionId::new(session).expect("an id"),
            blob: ObjectId::of_blob(session.as_bytes()),
            place: Place::line(3),
            role: Role::User,
            quote: quote.to_owned(),
            time: DateTime::UNIX_EPOCH,
            uid: None,
        }
    }

    fn sample() -> Change {
        let path = NotePath::new("notes/facts/deploys.md").expect("a path");
        Change {
            key: BeliefKey::derive("deploys"),
            change: ChangeType::Supersede,
            phase: Phase::Reconcile,
            kind: Kind::Fact,
            edits: vec![Edit::Remove { path }],
            before: None,
            after: None,
            subject: Scrubbed::line("deploys run from release/*, not from main"),
            reason: Scrubbed::block("Three newer sessions contradict the old note."),
            retire: None,
            evidence: vec![
                evidence("a1", "no, we deploy\nfrom \"release\" branches now"),
                evidence("c7", "Evidence: \"forged\""),
            ],
            support: Support { sessions: 3, agents: 1 },
            confidence: Confidence::new(0.86),
            risks: Vec::new(),
            opinion: None,
        }
    }

    #[test]
    fn a_change_reads_as_the_design_says() {
        let dream = DreamId::new("2026-05-06-k3f9").expect("an id");
        let agents =
            BTreeMap::from([(SessionId::new("a1").expect("an id"), AgentName::new("support").expect("a name"))]);
        insta::assert_snapshot!(change(&dream, &sample(), &agents), @r#"
        reconcile: deploys run from release/*, not from main

        Three newer sessions contradict the old note.

          user, support/a1: "no, we deploy from "release" branches now"
          user, c7: "Evidence: "forged""

        Dream-Id: 2026-05-06-k3f9
        Dream-Phase: reconcile
        Dream-Change: supersede
        Dream-Key: a12a74d8
        Dream-Kind: fact
        Dream-Path: notes/facts/deploys.md
        Dream-Support: 3 sessions, 1 agent
        Dream-Confidence: 0.86
        Evidence: a1@59ef8d134f97#L3 user
        Evidence: c7@d8174527a440#L3 user
        "#);
    }

    #[test]
    fn reasons_are_wrapped_and_nothing_is_lost() {
        let text = "one two three four five six seven ".repeat(8);
        let wrapped = wrapped(&Scrubbed::block(&format!("{text}\n\nlast")));
        assert!(wrapped.as_str().lines().all(|line| line.len() <= WIDTH));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(wrapped.as_str()), words(&format!("{text} last")));
    }

    #[test]
    fn quotes_are_found_again_beside_their_evidence() {
        let dream = DreamId::new("2026-05-06-k3f9").expect("an id");
        let message = change(&dream, &sample(), &BTreeMap::new());
        let quotes = quotes(&message);
        let texts = ["well, no, we deploy\nfrom \"release\" branches now!", "Evidence: \"forged\""];
        assert_eq!(quotes.len(), 2);
        for (cited, quote) in &quotes {
            assert!(quote_stands(quote.as_deref().expect("a quote"), texts.into_iter()), "{cited}");
        }
        assert!(!quote_stands("never said", texts.into_iter()));
    }
}
