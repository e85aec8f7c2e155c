//! Finds again what was said in one text inside another: runs of the same words whatever their case and punctuation,
//! and single words that tell by themselves (credentials, addresses, long identifiers). Used to take removed words out
//! of notes and messages. It judges no meaning: the same thing in other words is not found.

use super::secret;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// What stands where removed words stood.
pub const REMOVED: &str = "[redacted]";

/// How sure it must be that words come from the removed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspicion {
    /// Text that has nothing to do with it: six words in a row.
    Low,
    /// Text that was made of it: three words in a row.
    High,
}

impl Suspicion {
    fn words(self) -> usize {
        match self {
            Suspicion::Low => 6,
            Suspicion::High => 3,
        }
    }
}

/// What was said in removed texts.
#[derive(Debug, Default)]
pub struct Trace {
    runs: HashSet<u64>,
    telling: HashSet<String>,
}

impl Trace {
    /// Learns a removed text.
    pub fn learn(&mut self, text: &str) {
        let words = words(text);
        for length in [Suspicion::High.words(), Suspicion::Low.words()] {
            self.runs.extend(words.windows(length).map(|run| hash(text, run)));
        }
        // Two words can be all that was said.
        if (1..Suspicion::High.words()).contains(&words.len()) && text.trim().chars().count() >= 8 {
            self.runs.insert(hash(text, &words));
        }
        self.telling.extend(tokens(text).map(|range| text[range].to_owned()).filter(|token| is_telling(token)));
    }

    /// Forgets single words that are said elsewhere with good right.
    pub fn allow(&mut self, text: &str) {
        let kept = tokens(text).map(|range| &text[range]).filter(|token| !secret::found(token));
        for token in kept {
            self.telling.remove(token);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.telling.is_empty()
    }

    /// The text with what was said replaced by [`REMOVED`]; nothing when it holds none of it.
    pub fn remove(&self, text: &str, suspicion: Suspicion) -> Option<String> {
        let spans = self.spans(text, suspicion);
        if spans.is_empty() {
            return None;
        }
        let (mut new, mut at) = (String::with_capacity(text.len()), 0);
        for span in spans {
            new.push_str(&text[at..span.start]);
            new.push_str(REMOVED);
            at = span.end;
        }
        new.push_str(&text[at..]);
        Some(new)
    }

    /// Where it stands, in order and apart. A span ends where its line does.
    fn spans(&self, text: &str, suspicion: Suspicion) -> Vec<Range<usize>> {
        let words = words(text);
        let mut spans: Vec<Range<usize>> = Vec::new();
        let lengths = [suspicion.words(), 2, 1].map(|length| (length, suspicion == Suspicion::High || length > 2));
        for (length, _) in lengths.into_iter().filter(|(_, looked)| *looked) {
            let found = words.windows(length).filter(|run| self.runs.contains(&hash(text, run)));
            spans.extend(found.flat_map(|run| in_lines(text, run)));
        }
        spans.extend(tokens(text).filter(|range| self.telling.contains(&text[range.clone()])));
        spans.sort_by_key(|span| (span.start, span.end));
        let mut joined: Vec<Range<usize>> = Vec::new();
        for span in spans {
            match joined.last_mut() {
                // Runs that follow each other with no more than a blank between them are one.
                Some(last)
                    if span.start <= last.end + 1 && !text[last.end.min(span.start)..span.start].contains('\n') =>
                {
                    last.end = last.end.max(span.end);
                }
                _ => joined.push(span),
            }
        }
        joined
    }
}

/// One span for each line that a run of words stands on.
fn in_lines(text: &str, run: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for word in run {
        match spans.last_mut() {
            Some(last) if !text[last.end..word.start].contains('\n') => last.end = word.end,
            _ => spans.push(word.clone()),
        }
    }
    spans
}

/// Words are runs of letters and digits.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| from..text.len()));
    words
}

/// What stands between blanks, quotes and brackets.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>' | '[' | ']' | ',' | ';');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(|c| !ends(c))?;
        let end = text[start..].find(ends).map_or(text.len(), |end| start + end);
        at = end;
        let trimmed = text[start..end].trim_end_matches(['.', ':', '!', '?']);
        Some(start..start + trimmed.len())
    })
}

/// Whether a single word gives away what it was.
pub fn is_telling(token: &str) -> bool {
    let has = |test: fn(&char) -> bool| token.chars().any(|c| test(&c));
    let mixed = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    let address = token.len() >= 6 && token.contains('@') && token.contains('.') && !token.starts_with('@');
    let dated =
        token.len() >= 10 && chrono::NaiveDate::parse_from_str(token.get(..10).unwrap_or_default(), "%Y-%m-%d").is_ok();
    let long = token.len() >= 16 && mixed && !token.contains('/') && !dated;
    address || long || token.len() >= 8 && secret::found(token)
}

fn hash(text: &str, run: &[Range<usize>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    run.len().hash(&mut hasher);
    for word in run {
        text[word.clone()].chars().flat_map(char::to_lowercase).for_each(|c| c.hash(&mut hasher));
        0u8.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(text: &str) -> Trace {
        let mut trace = Trace::default();
        trace.learn(text);
        trace
    }

    #[test]
    fn words_that_were_said_are_found_whatever_their_case_and_what_stands_between() {
        let trace = trace("Remember: the API of Ada Lovelace's shop is in UTC.");
        let note = "name: x\n\nThe api of Ada\nLovelace's shop must be asked.";
        assert_eq!(
            trace.remove(note, Suspicion::High).as_deref(),
            Some("name: x\n\n[redacted]\n[redacted] must be asked.")
        );
        assert_eq!(trace.remove("the API of another shop", Suspicion::Low), None);
        assert_eq!(trace.remove("nothing of it", Suspicion::High), None);
    }

    #[test]
    fn a_word_that_tells_by_itself_is_found_anywhere() {
        let trace = trace("write to ada@example.com, the id is cus_9XkQ2vB81LmT0 ok");
        let text = "mail (ada@example.com) about cus_9XkQ2vB81LmT0.";
        assert_eq!(trace.remove(text, Suspicion::Low).as_deref(), Some("mail ([redacted]) about [redacted]."));
    }

    #[test]
    fn what_is_said_elsewhere_with_good_right_is_left() {
        let mut trace = trace("build 9f3c2a7b10de4c0f5d6e on main");
        trace.allow("build 9f3c2a7b10de4c0f5d6e is kept");
        assert_eq!(trace.remove("see 9f3c2a7b10de4c0f5d6e", Suspicion::Low), None);
    }

    #[test]
    fn removing_twice_changes_nothing() {
        let trace = trace("no, we deploy from release branches now");
        let once = trace.remove("deploys: we deploy from release branches", Suspicion::High).expect("found");
        assert_eq!(trace.remove(&once, Suspicion::High), None);
    }
}
