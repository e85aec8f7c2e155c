//! What a commit's message says about dreams. Messages may come from anywhere: what is malformed says nothing, and
//! quoted text never counts, because our own commits indent it.

use super::Commit;
use super::dream::{ChangeRecord, Review};
use crate::model::evidence::Cited;
use crate::model::{BeliefKey, Confidence, DreamId, NotePath, ObjectId, Opinion, SessionId, Support, Trailers};
use crate::text::Scrubbed;
use std::collections::BTreeSet;

/// What one commit is to dreams.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Review(DreamId, Box<Review>),
    Change(DreamId, Box<ChangeRecord>),
    Approval {
        dream: DreamId,
        by: Option<String>,
        dropped: BTreeSet<BeliefKey>,
    },
    Rejection {
        dream: DreamId,
        by: Option<String>,
        reason: Option<String>,
    },
    Revert {
        dream: DreamId,
        key: Option<BeliefKey>,
        by: Option<String>,
    },
    Restore {
        dream: DreamId,
        by: Option<String>,
    },
    /// A plain `git revert` of this commit.
    Undo(ObjectId),
    /// One commit that stands for a whole branch: a forge's squash, or `git merge --squash`.
    Squash {
        dreams: BTreeSet<DreamId>,
        parts: Vec<Fact>,
    },
}

/// Reads a commit; `None` for a commit that has nothing to do with dreams.
pub fn read(commit: &Commit) -> Option<Fact> {
    let bytes = commit.message.as_bytes();
    let ours = memchr::memmem::find(bytes, b"Dream-").is_some();
    if !ours && memchr::memmem::find(bytes, b"This reverts commit ").is_none() {
        return None;
    }
    if !ours {
        return undone(&commit.message).map(Fact::Undo);
    }
    // Web forms send line ends of their own; `cherry-pick -x` adds a line that is no trailer.
    let message: String = commit
        .message
        .lines()
        .filter(|line| !line.starts_with("(cherry picked from"))
        .fold(String::with_capacity(commit.message.len()), |text, line| text + line + "\n");
    let text = unindented(&message);
    let named = text.lines().filter(|line| line.starts_with("Dream-Id:")).count();
    if named > 1 {
        return squash(&text, commit);
    }
    let plain = block(&Trailers::parse(&message), commit.subject(), commit);
    plain.or_else(|| undone(&message).map(Fact::Undo)).or_else(|| match squash(&text, commit)? {
        // Something was written below our trailers.
        Fact::Squash { mut parts, .. } if parts.len() == 1 => parts.pop(),
        squash => Some(squash),
    })
}

/// `git merge --squash` quotes whole messages, indented by four.
pub fn unindented(message: &str) -> std::borrow::Cow<'_, str> {
    if !message.contains("Squashed commit of the following:") {
        return message.into();
    }
    let line = |line: &str| format!("{}\n", line.strip_prefix("    ").unwrap_or(line));
    message.lines().map(line).collect::<String>().into()
}

/// The commit that git's own words name: `This reverts commit <id>` at the start of a line.
fn undone(message: &str) -> Option<ObjectId> {
    let rest = message.lines().find_map(|line| line.strip_prefix("This reverts commit "))?;
    let id: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    ObjectId::parse(&id).ok()
}

fn squash(text: &str, commit: &Commit) -> Option<Fact> {
    let (mut dreams, mut parts) = (BTreeSet::new(), Vec::new());
    let mut subject = commit.subject();
    for paragraph in text.split("\n\n") {
        let paragraph = paragraph.trim_matches('\n');
        let starred = paragraph.lines().next().and_then(|line| line.strip_prefix("* "));
        if let Some(starred) = starred {
            subject = starred;
        } else if ["extract: ", "reconcile: ", "prune: "].iter().any(|phase| paragraph.starts_with(phase)) {
            subject = paragraph.lines().next().unwrap_or(subject);
        }
        let named = paragraph.lines().filter_map(|line| DreamId::new(line.strip_prefix("Dream-Id:")?.trim()).ok());
        dreams.extend(named);
        parts.extend(Trailers::parse_block(paragraph).and_then(|trailers| block(&trailers, subject, commit)));
    }
    (!dreams.is_empty()).then_some(Fact::Squash { dreams, parts })
}

/// What one block of trailers says.
fn block(trailers: &Trailers, subject: &str, commit: &Commit) -> Option<Fact> {
    let id = |key| trailers.get(key).and_then(|value| DreamId::new(value).ok());
    let by = |key| trailers.get(key).map(str::to_owned);
    if let Some(dream) = id("Dream-Revert") {
        let key = trailers.get("Dream-Change-Key").map(BeliefKey::new).transpose().ok()?;
        return Some(Fact::Revert { dream, key, by: by("Reverted-by") });
    }
    if let Some(dream) = id("Dream-Restore") {
        return Some(Fact::Restore { dream, by: by("Restored-by") });
    }
    let dream = id("Dream-Id")?;
    match (trailers.get("Dream-Decision"), trailers.get("Dream-Phase")) {
        (Some("approved"), _) => {
            let dropped = trailers.all("Dream-Dropped").filter_map(|key| BeliefKey::new(key).ok()).collect();
            Some(Fact::Approval { dream, by: by("Approved-by"), dropped })
        }
        (Some("rejected"), _) => Some(Fact::Rejection { dream, by: by("Rejected-by"), reason: by("Dream-Reason") }),
        (None, Some("review")) => Some(Fact::Review(dream, Box::new(review(trailers, commit)))),
        (None, Some(_)) => change(trailers, subject, commit).map(|change| Fact::Change(dream, Box::new(change))),
        _ => None,
    }
}

fn review(trailers: &Trailers, commit: &Commit) -> Review {
    let session = |value: &str| {
        let (id, blob) = value.split_once('@')?;
        Some((SessionId::new(id).ok()?, ObjectId::parse(blob).ok()?))
    };
    Review {
        commit: commit.id,
        base: trailers.get("Dream-Base").and_then(|id| ObjectId::parse(id).ok()),
        sessions: trailers.all("Dream-Session").filter_map(session).collect::<Vec<_>>().into(),
        engine: trailers.get("Dream-Engine").map(|name| Scrubbed::line(name).into_string()),
        model: trailers.get("Dream-Model").map(|name| Scrubbed::line(name).into_string()),
        bill: trailers.all("Dream-Bill").map(|line| Scrubbed::line(line).into_string()).collect(),
        settings: trailers.get("Dream-Settings").map(|hash| Scrubbed::line(hash).into_string()),
        instructions: trailers.get("Dream-Instructions").map(Scrubbed::line),
        time: commit.committer.time,
    }
}

fn change(trailers: &Trailers, subject: &str, commit: &Commit) -> Option<ChangeRecord> {
    Some(ChangeRecord {
        key: BeliefKey::new(trailers.get("Dream-Key")?).ok()?,
        change: trailers.get("Dream-Change")?.parse().ok()?,
        phase: trailers.get("Dream-Phase")?.parse().ok()?,
        kind: trailers.get("Dream-Kind").and_then(|kind| kind.parse().ok()),
        path: trailers.get("Dream-Path").and_then(|path| NotePath::new(path).ok()).map(String::from),
        commit: commit.id,
        subject: Scrubbed::line(subject),
        support: trailers.get("Dream-Support").and_then(Support::parse),
        confidence: trailers.get("Dream-Confidence").and_then(|value| value.parse().ok()).map(Confidence::new),
        risks: trailers
            .get("Dream-Risk")
            .into_iter()
            .flat_map(|list| list.split(','))
            .filter_map(|risk| risk.trim().parse().ok())
            .collect(),
        opinion: trailers.get("Dream-Verdict").and_then(Opinion::parse),
        evidence: trailers.all("Evidence").filter_map(Cited::parse).collect(),
        retire: trailers.get("Dream-Reason").and_then(|reason| reason.parse().ok()),
        time: commit.committer.time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Signature;
    use chrono::DateTime;

    fn commit(message: &str) -> Commit {
        let person = Signature { name: "A".into(), email: "a@b".into(), time: DateTime::default(), offset_minutes: 0 };
        let (author, committer) = (person.clone(), person);
        let message = message.to_owned();
        Commit { id: ObjectId::ZERO, tree: ObjectId::ZERO, parents: Vec::new(), message, author, committer }
    }

    fn fact(message: &str) -> Option<Fact> {
        read(&commit(message))
    }

    const REVIEW: &str = "review: 1 sessions of a\n\nDream-Id: 2026-05-06-kabc\nDream-Phase: review\nDream-Base: ce013625030ba8dba906f756967f9e9ca394464a\nDream-Session: s1@ce013625030ba8dba906f756967f9e9ca394464a\nDream-Session: broken@12";
    const CHANGE: &str = "extract: a thing\n\nWhy.\n\n  Dream-Id: 2026-05-06-zzzz\n\nDream-Id: 2026-05-06-kabc\nDream-Phase: extract\nDream-Change: add\nDream-Key: 0123abcd\nDream-Path: notes/a.md\nDream-Support: 3 sessions, 2 agents\nDream-Confidence: 0.86\nDream-Risk: single-session, injection\nEvidence: s1@9f3c2a7b10de#L88-L90 user";

    #[test]
    fn a_review_and_a_change_are_read() {
        let Some(Fact::Review(dream, review)) = fact(REVIEW) else { panic!("a review") };
        assert_eq!((dream.as_str(), review.sessions.len()), ("2026-05-06-kabc", 1));
        let Some(Fact::Change(dream, change)) = fact(CHANGE) else { panic!("a change") };
        assert_eq!(dream.as_str(), "2026-05-06-kabc");
        assert_eq!(change.support, Some(Support { sessions: 3, agents: 2 }));
        assert_eq!((change.risks.len(), change.evidence.len()), (2, 1));
        assert_eq!(change.subject.as_str(), "extract: a thing");
    }

    #[test]
    fn squashes_of_forges_and_of_git_are_read() {
        let forge = format!("Dream of May (#7)\n\n* {REVIEW}\n\n* {CHANGE}\n");
        let local: String = [REVIEW, CHANGE]
            .join("\n\ncommit ce013625030ba8dba906f756967f9e9ca394464a\nAuthor: A <a@b>\n\n")
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect();
        for message in [forge, format!("Squashed commit of the following:\n\ncommit x\nAuthor: A <a@b>\n\n{local}")] {
            let Some(Fact::Squash { dreams, parts }) = fact(&message) else { panic!("a squash: {message}") };
            assert_eq!(dreams.iter().map(DreamId::as_str).collect::<Vec<_>>(), ["2026-05-06-kabc"]);
            assert!(
                matches!(&parts[..], [Fact::Review(..), Fact::Change(_, change)] if change.subject.as_str() == "extract: a thing"),
                "{parts:?}"
            );
        }
    }

    #[test]
    fn reverts_of_git_are_read_and_malformed_messages_say_nothing() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        let undo = Fact::Undo(ObjectId::parse(id).expect("an id"));
        assert_eq!(
            fact(&format!("Revert \"x\"\n\nThis reverts commit {id}, reversing\nchanges made to y.")),
            Some(undo)
        );
        for message in [
            "",
            "Dream-",
            "x\n\nDream-Id: nonsense",
            "x\n\nThis reverts commit 12.",
            "x\n\n  This reverts commit y",
            "a\n\nDream-Id: 2026-05-06-kabc\nDream-Phase: extract\nDream-Key: XX",
        ] {
            assert!(matches!(fact(message), None | Some(Fact::Squash { .. })), "{message}");
        }
    }
}
