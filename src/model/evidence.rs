//! Evidence: a span of one transcript, named by session, blob and lines, with the role of who said it and a quote.

use super::{Lines, ObjectId, Place, Role, SessionId};
use chrono::{DateTime, Utc};
use std::fmt;
use std::ops::Range;

/// Evidence whose quote was found at its place. In a trailer: `<session>@<blob12>#L<first>[-L<last>][:<pointer>] <role>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub session: SessionId,
    /// The part of the transcript in which the lines end.
    pub blob: ObjectId,
    pub place: Place,
    pub role: Role,
    /// Words of the transcript, verbatim after JSON decoding.
    pub quote: String,
    /// When it was said; the session's time where the host gives no time for the turn.
    pub time: DateTime<Utc>,
    /// The host's id of the line: the same line copied into several sessions is one piece of evidence.
    pub uid: Option<String>,
}

/// Evidence as a trailer names it, without the quote.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cited {
    pub session: SessionId,
    /// The first twelve hexadecimal characters of the blob.
    pub blob: String,
    pub place: Place,
    pub role: Role,
}

impl Evidence {
    pub fn cited(&self) -> Cited {
        Cited { session: self.session.clone(), blob: self.blob.short(), place: self.place.clone(), role: self.role }
    }
}

impl fmt::Display for Cited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lines { first, last } = self.place.lines;
        write!(f, "{}@{}#L{first}", self.session, self.blob)?;
        if last != first {
            write!(f, "-L{last}")?;
        }
        if let Some(pointer) = &self.place.pointer {
            write!(f, ":{pointer}")?;
        }
        write!(f, " {}", self.role.as_str())
    }
}

/// As a trailer names it; in bytes, its parts.
impl serde::Serialize for Cited {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(self);
        }
        let Place { lines, pointer } = &self.place;
        (&self.session, &self.blob, lines, pointer, self.role).serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Cited {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let (session, blob, lines, pointer, role) = serde::Deserialize::deserialize(deserializer)?;
            return Ok(Self { session, blob, place: Place { lines, pointer }, role });
        }
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not what a trailer says of evidence"))
    }
}

impl Cited {
    /// Reads what [`Cited`]'s `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (place, role) = text.trim().rsplit_once(' ')?;
        let (session, rest) = place.split_once('@')?;
        let (blob, rest) = rest.split_once("#L")?;
        let (span, pointer) = match rest.split_once(':') {
            Some((span, pointer)) => (span, Some(pointer.to_owned())),
            None => (rest, None),
        };
        let (first, last) = span.split_once("-L").unwrap_or((span, span));
        let lines = Lines { first: first.parse().ok()?, last: last.parse().ok()? };
        let hexadecimal = blob.len() == 12 && blob.bytes().all(|b| b.is_ascii_hexdigit());
        let ordered = lines.first >= 1 && lines.first <= lines.last;
        (hexadecimal && ordered).then_some(())?;
        Some(Self {
            session: SessionId::new(session).ok()?,
            blob: blob.to_owned(),
            place: Place { lines, pointer },
            role: role.parse().ok()?,
        })
    }
}

/// Every evidence that a message names, in order, with where its quote stands in the message: between the quotation
/// marks of a line of the body such as `  user, support/2026-05-04-a1: "…"`. Also in messages that forges put together.
pub fn quoted(message: &str) -> Vec<(Cited, Option<Range<usize>>)> {
    let (mut found, mut waiting) = (Vec::new(), std::collections::VecDeque::new());
    let mut start = 0;
    for line in message.split_inclusive('\n') {
        let (at, end) = (start, start + line.trim_end_matches(['\n', '\r']).len());
        start += line.len();
        let text = &message[at..end];
        let cited = text.trim_start().strip_prefix("Evidence:").and_then(Cited::parse);
        if let Some(cited) = cited {
            let quote = find(&mut waiting, message, &cited);
            found.push((cited, quote));
        } else if text.starts_with("  ") && text.ends_with('"') {
            waiting.push_back(at..end);
        }
    }
    found
}

/// The next line that quotes this evidence; those before it belong to none.
fn find(waiting: &mut std::collections::VecDeque<Range<usize>>, message: &str, cited: &Cited) -> Option<Range<usize>> {
    let head = format!("{}, ", cited.role.as_str());
    let tail = format!("{}: \"", cited.session);
    let quote = |line: &Range<usize>| {
        let text = &message[line.clone()];
        let rest = text.trim_start().strip_prefix(&head)?;
        let (before, quote) = rest.split_once(&tail)?;
        let own = before.is_empty() || before.ends_with('/');
        own.then(|| line.end - quote.len()..line.end - usize::from(quote.ends_with('"')))
    };
    let place = waiting.iter().position(|line| quote(line).is_some())?;
    waiting.drain(..=place).next_back().and_then(|line| quote(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_comes_back_from_text_and_from_bytes() {
        for text in ["s1@1b22e0aa3f41#L2-L9:/turns/3 user", "a.b_c-d@1b22e0aa3f41#L7 other-agent"] {
            let cited = Cited::parse(text).expect("evidence");
            let json = serde_json::to_string(&cited).expect("text");
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Cited>(&json).expect("the same"), cited);
            let bytes = postcard::to_stdvec(&cited).expect("bytes");
            assert_eq!(postcard::from_bytes::<Cited>(&bytes).expect("the same"), cited);
        }
    }

    #[test]
    fn quotes_are_found_beside_their_evidence_in_order() {
        let message = "extract: x\n\nWhy.\n\n  user, a/s1: \"one \"1\"\"\n  tool, s2: \"two\"\n\nEvidence: s1@1b22e0aa3f41#L2 user\nEvidence: s9@1b22e0aa3f41#L2 user\nEvidence: s2@1b22e0aa3f41#L2 tool\n";
        let quotes: Vec<Option<&str>> = quoted(message).into_iter().map(|(_, at)| at.map(|at| &message[at])).collect();
        assert_eq!(quotes, [Some("one \"1\""), None, Some("two")]);
    }

    #[test]
    fn cited_evidence_reads_back_what_it_writes() {
        for text in
            ["2026-05-04-a1@9f3c2a7b10de#L88-L90 user", "c7@1b22e0aa3f41#L12 tool", "x@1b22e0aa3f41#L1:/3/traj/7 agent"]
        {
            assert_eq!(Cited::parse(text).expect(text).to_string(), text);
        }
        for bad in
            ["", "x", "a@b#L1 user", "a@1b22e0aa3f41#L0 user", "a@1b22e0aa3f41#L9-L2 user", "a@1b22e0aa3f41#L1 king"]
        {
            assert!(Cited::parse(bad).is_none(), "{bad}");
        }
    }
}
