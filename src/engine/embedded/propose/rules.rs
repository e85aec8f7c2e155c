//! Rules that sessions loaded and that what happened contradicts: a rule asks for a word that has to be left out, or for
//! a command, script or path that does not exist. The rule is no evidence; the failures are.

use super::lesson::Lesson;
use super::{Map, Night};
use crate::engine::embedded::rules::{asks, spans};
use crate::phase::Reflection;
use crate::phase::reflection::{FailureClass, Fix};
use crate::text::{Scrubbed, sentence};
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// All rules that the sessions loaded, found again by the words in their backquotes.
pub struct Rules<'n, 'a> {
    /// In how many sessions.
    loaded: Map<&'a str, usize>,
    by_word: Map<String, BTreeSet<&'a str>>,
    sessions: &'n [&'a Reflection],
    /// How often each command was run and failed.
    runs: OnceCell<Map<&'a str, (u32, u32)>>,
}

/// A rule that keeps failing.
pub struct Contradicted<'a> {
    rule: &'a str,
    /// The sentence of it that asks.
    asking: &'a str,
    loaded: usize,
    failed: Option<(u32, u32)>,
}

impl<'n, 'a> Rules<'n, 'a> {
    pub fn new(night: &'n Night<'a>) -> Self {
        let (loaded, by_word) = (Map::default(), Map::default());
        let mut rules = Self { loaded, by_word, sessions: &night.sessions, runs: OnceCell::new() };
        for session in rules.sessions {
            for (nth, rule) in session.rules.iter().enumerate() {
                if session.rules[..nth].contains(rule) {
                    continue;
                }
                let loaded = rules.loaded.entry(rule).or_default();
                *loaded += 1;
                for span in spans(rule).filter(|_| *loaded == 1) {
                    for word in span.split_whitespace() {
                        rules.by_word.entry(word.to_owned()).or_default().insert(rule);
                    }
                }
            }
        }
        rules
    }

    /// Counted when it is asked first: few rules keep failing.
    fn runs(&self) -> &Map<&'a str, (u32, u32)> {
        self.runs.get_or_init(|| {
            let mut all: Map<&str, (u32, u32)> = Map::default();
            for (shape, used) in self.sessions.iter().flat_map(|session| &session.commands) {
                let (runs, failed) = all.entry(shape).or_default();
                *runs += used.runs;
                *failed += used.failed;
            }
            all
        })
    }

    /// The rule that asks for what fails, if sessions loaded one; of several the one that most of them loaded.
    pub fn contradicted(&self, lesson: &Lesson<'_, '_>) -> Option<Contradicted<'a>> {
        let words = wrong_words(lesson);
        let asked = |rule: &&&'a str| words.iter().any(|(word, whole)| asks(rule, word, *whole));
        let near = words.iter().filter_map(|(word, _)| self.by_word.get(word.split_whitespace().next()?)).flatten();
        let rule = near.filter(asked).max_by_key(|rule| (self.loaded[**rule], std::cmp::Reverse(**rule)))?;
        let failed = self.runs().get(lesson.usual.shape.as_str()).copied().filter(|(_, failed)| *failed > 0);
        let sentence = |part: &&str| words.iter().any(|(word, whole)| asks(part, word, *whole));
        let asking = sentence::sentences(rule).into_iter().find(sentence).unwrap_or(rule);
        Some(Contradicted { rule, asking, loaded: self.loaded[rule], failed })
    }
}

/// What a rule would have to ask for to be contradicted, and whether it must be the whole of a span.
fn wrong_words(lesson: &Lesson<'_, '_>) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    // Where a call was made from is no matter of the rule that asks for it.
    let moved = matches!(lesson.fix.map(|found| found.fix), Some(Fix::Instead { with, .. }) if with.starts_with("cd "));
    if let Some(Fix::Instead { without, with, .. }) = lesson.fix.map(|found| found.fix)
        && with.is_empty()
        && !without.contains(' ')
        && without.len() > 1
    {
        words.push((without.clone(), false));
    }
    if lesson.class == FailureClass::Usage && lesson.fix.is_some() && !moved && !lesson.group.is_mixed() {
        words.push((lesson.usual.call.clone(), true));
        words.extend(lesson.usual.shape.contains(' ').then(|| (lesson.usual.shape.clone(), true)));
    }
    if let Some(path) = lesson.wrong().filter(|name| name.contains('/')) {
        words.push((path, true));
    }
    words
}

impl Contradicted<'_> {
    /// As the note says it.
    pub fn sentence(&self) -> String {
        format!("This contradicts the rule \"{}\".", Scrubbed::short(self.asking.trim_end_matches('.'), 120))
    }

    /// As the commit's message says it.
    pub fn reason(&self) -> String {
        let sessions = if self.loaded == 1 { "1 session".to_owned() } else { format!("{} sessions", self.loaded) };
        let failed = self
            .failed
            .map_or(String::new(), |(runs, failed)| format!(" What it asks for failed {failed} of {runs} times."));
        format!(" {sessions} loaded a rule that asks for it: \"{}\".{failed}", self.rule)
    }
}
