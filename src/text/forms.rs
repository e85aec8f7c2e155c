//! Many patterns searched for at once, over bytes: a set of them as the crate regex makes it, in half the time. That one
//! also makes an automaton which reads backwards, to find where a match begins, and looks for literals; nobody asks
//! either of a set. Whoever scrubs a text waits until its sets are made.

use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::pikevm::{self, PikeVM};
use regex_automata::nfa::thompson::{Compiler, Config, NFA, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternSet};
use std::panic::{RefUnwindSafe, UnwindSafe};

/// The most memory that an automaton may take before any text is read.
const MOST: usize = 64 << 20;
/// What a pattern begins with for which letters are those of ASCII.
const PLAIN: &str = "(?-u)";

/// Patterns that are known when this is compiled.
pub struct Forms {
    parts: Vec<Part>,
}

/// Memory for searching, of which each thread takes some.
type Caches<C> = Pool<C, Box<dyn Fn() -> C + Send + Sync + UnwindSafe + RefUnwindSafe>>;

/// Some of the patterns, as an automaton.
struct Part {
    /// Where each stands among all.
    places: Vec<usize>,
    /// Makes its states while texts are read.
    lazy: DFA,
    lazy_caches: Caches<dfa::Cache>,
    /// For texts that the other gives up, such as those with letters beyond ASCII where a pattern asks for the end of a
    /// word of any script: a hundred times slower, and linear in the text as well.
    slow: PikeVM,
    slow_caches: Caches<pikevm::Cache>,
}

impl Forms {
    pub fn new<P: AsRef<str>>(patterns: &[P]) -> Self {
        // A single pattern that asks for the end of a word of any script would have the others give up with it.
        let (plain, others): (Vec<usize>, Vec<usize>) =
            (0..patterns.len()).partition(|at| patterns[*at].as_ref().starts_with(PLAIN));
        let parts = [plain, others].into_iter().filter(|places| !places.is_empty());
        let part = |places: Vec<usize>| {
            let patterns: Vec<&str> = places.iter().map(|at| patterns[*at].as_ref()).collect();
            Part::new(&patterns, places)
        };
        Self { parts: parts.map(part).collect() }
    }

    /// Whether any of them matches.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.parts.iter().any(|part| part.is_match(text))
    }

    /// Which of them match, by their places, in order.
    pub fn matches(&self, text: &[u8]) -> Vec<usize> {
        let mut found: Vec<usize> = self.parts.iter().flat_map(|part| part.matches(text)).collect();
        found.sort_unstable();
        found
    }
}

impl Part {
    fn new(patterns: &[&str], places: Vec<usize>) -> Self {
        let config = Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(MOST));
        let syntax = syntax::Config::new().utf8(false);
        let nfa = Compiler::new().syntax(syntax).configure(config).build_many(patterns);
        let nfa: NFA = nfa.expect("the patterns are constant and tested");
        // Gives up as the crate regex does: where states are made again and again, the other is as quick.
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(3))
            .minimum_bytes_per_state(Some(10));
        let lazy = DFA::builder().configure(config).build_from_nfa(nfa.clone());
        let slow = PikeVM::builder().configure(PikeVM::config().match_kind(MatchKind::All)).build_from_nfa(nfa);
        let (lazy, slow) = (lazy.expect("no look-around that it cannot do"), slow.expect("any automaton will do"));
        let (of_lazy, of_slow) = (lazy.clone(), slow.clone());
        Self {
            places,
            lazy_caches: Pool::new(Box::new(move || of_lazy.create_cache())),
            slow_caches: Pool::new(Box::new(move || of_slow.create_cache())),
            lazy,
            slow,
        }
    }

    fn is_match(&self, text: &[u8]) -> bool {
        let input = Input::new(text).earliest(true);
        match self.lazy.try_search_fwd(&mut self.lazy_caches.get(), &input) {
            Ok(found) => found.is_some(),
            Err(_) => self.slow.is_match(&mut self.slow_caches.get(), input),
        }
    }

    fn matches(&self, text: &[u8]) -> Vec<usize> {
        let input = Input::new(text);
        let mut found = PatternSet::new(self.places.len());
        if self.lazy.try_which_overlapping_matches(&mut self.lazy_caches.get(), &input, &mut found).is_err() {
            found.clear();
            self.slow.which_overlapping_matches(&mut self.slow_caches.get(), &input, &mut found);
        }
        found.iter().map(|pattern| self.places[pattern.as_usize()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::bytes::RegexSet;

    const SOME: [&str; 6] = [
        r"(?-u)(?i)\bignore\b[^.\n]{0,40}\brules\b",
        r"(?i)\bignoriere\b(?-u:[^.\n]){0,9}\bregeln\b",
        r"(?-u)^a+$",
        r"(?-u)\x1b|\xc2\x9b",
        r"rules",
        r"(?i)\bля\b",
    ];

    #[test]
    fn forms_find_what_a_set_finds() {
        let (forms, set) = (Forms::new(&SOME), RegexSet::new(SOME).expect("patterns"));
        const WORDS: [&str; 14] =
            ["ignore ", "Ignoriere", "rules", " Regeln", "a", "aa", "ü", "\u{9b}", "\u{1b}", ".", "\n", " ", "ля", "x"];
        proptest!(|(text in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..12))| {
            let text = text.concat();
            prop_assert_eq!(forms.is_match(text.as_bytes()), set.is_match(text.as_bytes()));
            prop_assert_eq!(forms.matches(text.as_bytes()), set.matches(text.as_bytes()).into_iter().collect::<Vec<_>>());
        });
    }

    #[test]
    fn a_long_text_is_given_up_by_nobody() {
        let (forms, set) = (Forms::new(&SOME), RegexSet::new(SOME).expect("patterns"));
        let text: String = (0..200_000_u32).filter_map(|n| char::from_u32(32 + n * 7919 % 500)).collect();
        assert_eq!(forms.matches(text.as_bytes()), set.matches(text.as_bytes()).into_iter().collect::<Vec<_>>());
        assert!(forms.is_match((text + "rules").as_bytes()));
    }
}
