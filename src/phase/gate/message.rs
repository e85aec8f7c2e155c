//! A commit message before it is committed: trailers of dreams must parse as what the store will read them as, and
//! only `git dream run` makes a dream's changes.

use super::Flaw;
use crate::model::evidence::Cited;
use crate::model::{
    BeliefKey, ChangeType, DreamId, Kind, NotePath, ObjectId, Opinion, OutcomeResult, Phase, SessionId,
};
use crate::model::{Risk, Support, Trailers};

/// What a message says of dreams.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub flaws: Vec<Flaw>,
    /// The paragraphs that claim to be a dream's change, as they stand there, each with its line.
    pub claims: Vec<(u32, String)>,
}

/// Reads a message without its comments. History is read paragraph by paragraph (a forge's squash holds many blocks
/// of trailers), so each paragraph is judged; indented lines are quotes and say nothing.
pub fn read(message: &str) -> Said {
    let mut said = Said::default();
    let paragraphs = paragraphs(message);
    for (index, (line, paragraph)) in paragraphs.iter().enumerate() {
        let last = index > 0 && index + 1 == paragraphs.len();
        let ours = |text: &str| text.split_once(':').is_some_and(|(key, _)| is_ours(key));
        let dreams = paragraph.lines().any(|text| ours(text) && !text.starts_with(['E', 'e']));
        if dreams || last && paragraph.lines().any(ours) {
            judge(&mut said, *line, paragraph, last);
        }
    }
    said
}

fn judge(said: &mut Said, line: usize, paragraph: &str, last: bool) {
    let stray = paragraph.lines().position(|text| {
        let folded = text.starts_with([' ', '\t']);
        !folded && Trailers::parse_block(text).is_none()
    });
    match (Trailers::parse_block(paragraph), stray) {
        (Some(block), _) if block.get("Dream-Phase").is_some() => {
            said.claims.push((Flaw::new(line, "").line, paragraph.trim_end().to_owned()));
        }
        (None, Some(stray)) if last => {
            said.flaws.push(Flaw::new(line + stray, "is no trailer, so none of those around it would be read"));
        }
        _ => {}
    }
    for (offset, text) in paragraph.lines().enumerate() {
        let Some((key, value)) = text.split_once(':').filter(|(key, _)| is_ours(key)) else { continue };
        said.flaws.extend(wrong(key, value.trim()).map(|why| Flaw::new(line + offset, format!("{key}: {why}"))));
    }
}

fn is_ours(key: &str) -> bool {
    let dream = key.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("dream-"));
    (dream || key.eq_ignore_ascii_case("evidence")) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Paragraphs with the line on which each begins.
fn paragraphs(message: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in message.lines().enumerate() {
        let blank = line.trim().is_empty();
        match found.last_mut() {
            Some((_, text)) if open && !blank => {
                text.push_str(line);
                text.push('\n');
            }
            _ if !blank => found.push((index + 1, format!("{line}\n"))),
            _ => {}
        }
        open = !blank;
    }
    found
}

/// Why the value of one of our trailers cannot be read; nothing when it can.
fn wrong(key: &str, value: &str) -> Option<&'static str> {
    const DREAM: &str = "no dream's id, such as 2026-05-06-k3f9";
    const KEY: &str = "no belief's key: eight hexadecimal digits";
    let key = key.to_ascii_lowercase();
    let (valid, why) = match key.as_str() {
        "dream-id" | "dream-revert" | "dream-restore" => (DreamId::new(value).is_ok(), DREAM),
        "dream-key" | "dream-change-key" | "dream-dropped" => (BeliefKey::new(value).is_ok(), KEY),
        "dream-phase" => (value == "review" || value.parse::<Phase>().is_ok(), "no phase of a dream"),
        "dream-change" => (value.parse::<ChangeType>().is_ok(), "no type of change"),
        "dream-kind" => (value.parse::<Kind>().is_ok(), "no kind of belief"),
        "dream-path" => (NotePath::new(value).is_ok(), "no path of a note"),
        "dream-base" => (ObjectId::parse(value).is_ok(), "no commit's full id"),
        "dream-session" => (session(value), "no session's id, nor one with '@' and a blob"),
        "dream-support" => (Support::parse(value).is_some(), "not of the form '3 sessions, 2 agents'"),
        "dream-confidence" => (fraction(value), "no number from 0 to 1"),
        "dream-risk" => (value.split(',').all(|risk| risk.trim().parse::<Risk>().is_ok()), "names no known risk"),
        "dream-decision" => (["approved", "rejected", "reverted"].contains(&value), "no decision"),
        "dream-outcome" => (outcome(value), "no outcome of a session"),
        "dream-verdict" => (Opinion::parse(value).is_some(), "not of the form 'VERDICT, WHO: REASON'"),
        "dream-prompts" => (ObjectId::parse(value).is_ok(), "no hash of prompts"),
        "dream-model" | "dream-engine" | "dream-settings" | "dream-instructions" | "dream-reason"
        | "dream-edited-by" | "dream-import" | "dream-override" | "dream-bill" => (!value.is_empty(), "says nothing"),
        "evidence" => (Cited::parse(value).is_some(), "not of the form 'SESSION@BLOB#L1-L2 ROLE'"),
        _ => (false, "git dream knows no such trailer"),
    };
    (!valid).then_some(why)
}

fn session(value: &str) -> bool {
    let (id, blob) = value.split_once('@').map_or((value, None), |(id, blob)| (id, Some(blob)));
    SessionId::new(id).is_ok() && blob.is_none_or(|blob| ObjectId::parse(blob).is_ok())
}

fn fraction(value: &str) -> bool {
    value.parse::<f64>().is_ok_and(|value| (0.0..=1.0).contains(&value))
}

fn outcome(value: &str) -> bool {
    use OutcomeResult::{Failed, Interrupted, NeedsRevision, Satisfied};
    [Satisfied, NeedsRevision, Failed, Interrupted].iter().any(|result| result.as_str() == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: &str = "Dream-Id: 2026-05-06-kabc\nDream-Phase: extract\nDream-Change: add\nDream-Key: 0123abcd\nDream-Support: 3 sessions, 2 agents\nDream-Confidence: 0.86\nDream-Risk: single-session, injection\nEvidence: s1@9f3c2a7b10de#L88-L90 user\n";

    #[test]
    fn messages_that_say_nothing_of_dreams_pass() {
        for message in [
            "",
            "notes: Evidence: of a kind\n",
            "a\n\nEvidence: it was seen twice.\n\nSigned-off-by: A <a@b>\n",
            "Squashed\n\n    Dream-Id: nonsense\n",
            "a\n\nDream-Id: 2026-05-06-kabc\nDream-Decision: approved\nApproved-by: A <a@b>\n",
        ] {
            assert_eq!(read(message), Said::default(), "{message}");
        }
    }

    #[test]
    fn malformed_trailers_are_named_by_line() {
        let flaws = |message: &str| -> Vec<String> {
            read(message).flaws.into_iter().map(|flaw| format!("{}: {}", flaw.line, flaw.what)).collect()
        };
        assert_eq!(flaws("a\n\nDream-Id: may\n"), ["3: Dream-Id: no dream's id, such as 2026-05-06-k3f9"]);
        assert_eq!(flaws("a\n\nb\n\nEvidence: s@12 user"), ["5: Evidence: not of the form 'SESSION@BLOB#L1-L2 ROLE'"]);
        assert_eq!(flaws("a\n\ndream-frob: x"), ["3: dream-frob: git dream knows no such trailer"]);
        let stray = flaws("a\n\nDream-Decision: approved\nand more words\n");
        assert_eq!(stray, ["4: is no trailer, so none of those around it would be read"]);
    }

    #[test]
    fn a_change_is_a_claim_wherever_it_stands() {
        assert_eq!(read(&format!("a\n\n{CHANGE}")).claims.len(), 1);
        let squash = format!("a\n\n* one\n\n{CHANGE}\n* two\n\n{CHANGE}");
        let said = read(&squash);
        assert_eq!((said.claims.len(), said.flaws.len()), (2, 0), "{said:?}");
    }
}
