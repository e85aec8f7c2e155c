//! Rules that sessions loaded and that what happened contradicts: a rule asks for a word that has to be left out, or for
//! a command, script or path that does not exist. The rule is no evidence; the failures are.

use super::lesson::Lesson;
use super::mistakes::Fix;
use super::{Map, Night};
use crate::engine::embedded::rules::{asks, spans};
use crate::phase::corpus::Text;
use crate::phase::reflection::FailureClass;
use crate::text::{Scrubbed, sentence};
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// All rules that the sessions loaded, found again by the words in their backquotes.
pub struct Rules<'n> {
    night: &'n Night<'n>,
    /// In how many sessions.
    loaded: Map<&'n str, usize>,
    by_word: OnceCell<Map<&'n str, BTreeSet<&'n str>>>,
    /// How often each command was run and failed.
    runs: OnceCell<Map<Text, (u32, u32)>>,
}

/// A rule that keeps failing.
pub struct Contradicted<'a> {
    rule: &'a str,
    /// The sentence of it that asks.
    asking: &'a str,
    loaded: usize,
    failed: Option<(u32, u32)>,
}

impl<'n> Rules<'n> {
    pub fn new(night: &'n Night<'n>) -> Self {
        let mut loaded: Map<Text, usize> = Map::default();
        night.corpus.columns.rules.iter().for_each(|row| *loaded.entry(row.rule).or_default() += 1);
        let loaded = loaded.into_iter().map(|(rule, n)| (night.text(rule), n)).collect();
        Self { night, loaded, by_word: OnceCell::new(), runs: OnceCell::new() }
    }

    fn by_word(&self) -> &Map<&'n str, BTreeSet<&'n str>> {
        self.by_word.get_or_init(|| {
            let mut by_word: Map<&str, BTreeSet<&str>> = Map::default();
            for rule in self.loaded.keys() {
                for word in spans(rule).flat_map(str::split_whitespace) {
                    by_word.entry(word).or_default().insert(rule);
                }
            }
            by_word
        })
    }

    /// Counted when it is asked first: few rules keep failing.
    fn runs(&self) -> &Map<Text, (u32, u32)> {
        self.runs.get_or_init(|| {
            let mut all: Map<Text, (u32, u32)> = Map::default();
            for row in &self.night.corpus.columns.commands {
                let (runs, failed) = all.entry(row.shape).or_default();
                *runs += row.runs;
                *failed += row.failed;
            }
            all
        })
    }

    /// The rule that asks for what fails, if sessions loaded one; of several the one that most of them loaded.
    pub fn contradicted(&self, lesson: &Lesson<'_, '_>) -> Option<Contradicted<'n>> {
        let words = wrong_words(lesson);
        let asked = |rule: &&&'n str| words.iter().any(|(word, whole)| asks(rule, word, *whole));
        let near = words.iter().filter_map(|(word, _)| self.by_word().get(word.split_whitespace().next()?)).flatten();
        let rule = near.filter(asked).max_by_key(|rule| (self.loaded[**rule], std::cmp::Reverse(**rule)))?;
        let failed = self.runs().get(&lesson.usual.shape).copied().filter(|(_, failed)| *failed > 0);
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
        words.push((without.to_owned(), false));
    }
    if lesson.class == FailureClass::Usage && lesson.fix.is_some() && !moved && !lesson.group.is_mixed() {
        let (call, shape) = (lesson.text(lesson.usual.call), lesson.text(lesson.usual.shape));
        words.push((call.to_owned(), true));
        words.extend(shape.contains(' ').then(|| (shape.to_owned(), true)));
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
