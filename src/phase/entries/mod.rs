//! Memory as an engine sees it: its entries, each made when it is asked for, with an index over what they say. Entries
//! that were there before are read from a file, where they are looked at; only those that are new since are worked out.
//! What is found is the same without that file, which may be thrown away at any time.

mod bearing;
mod fresh;
mod history;
mod keep;
mod kept;
mod open;
mod written;

pub use bearing::is_statement;
pub use history::History;
pub use open::{At, Source};
pub use written::Written;

use super::Held;
use crate::model::{BeliefKey, NotePath};
use crate::store::{FileName, Section};
use crate::text::layers::Layers;
use crate::text::probe::{Word, word, words_of};
use crate::text::{Known, Meaning, Told, date};
use bearing::{Found, Surroundings};
use fresh::Fresh;
use kept::{Kept, Part, Sparse};
use open::Origin;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Mutex, OnceLock};

/// Sentences that count one thing, looked at at most: more say that it is counted everywhere.
const COUNTING: usize = 32;

/// All entries of memory, each with a number. Numbers say nothing of the order in which entries stand in memory: see
/// [`Entries::rank`].
pub struct Entries<'a> {
    pub texts: &'a Known,
    history: Option<&'a History<'a>>,
    kept: Option<Kept>,
    /// The kept entries that are gone.
    gone: HashSet<u32>,
    /// How many of the kept files are gone, by the lower case of their paths.
    gone_paths: HashMap<Word, usize>,
    /// The same of those without an entry.
    gone_empty: HashMap<Word, usize>,
    fresh: Fresh<'a>,
    whole: Layers<Section>,
    parts: Layers<Section>,
    made: Sparse<Box<Held>>,
    meanings: Sparse<Box<Meaning>>,
    part_meanings: Sparse<Box<Meaning>>,
    surroundings: OnceLock<Surroundings>,
    /// Whether what is found out is noted with `texts`; else it is kept with the entries.
    is_noting: bool,
    found: Mutex<Found>,
    origin: Origin,
}

/// One sentence of an entry.
#[derive(Debug, Clone)]
pub struct Sentence {
    number: usize,
    pub entry: usize,
    /// Where it stands in the entry's text.
    range: Range<u32>,
}

impl<'a> Entries<'a> {
    /// Entries that are held already.
    pub fn of(held: &'a [Held], texts: &'a Known) -> Self {
        Self::alone(Fresh::new(held.into(), texts, true), texts, true)
    }

    fn alone(mut fresh: Fresh<'a>, texts: &'a Known, is_noting: bool) -> Self {
        let (whole, parts) = fresh.probes();
        let (whole, parts) = (Layers::new(whole), Layers::new(parts));
        Self {
            texts,
            history: None,
            kept: None,
            gone: HashSet::new(),
            gone_paths: HashMap::new(),
            gone_empty: HashMap::new(),
            fresh,
            whole,
            parts,
            made: Sparse::new(0),
            meanings: Sparse::new(0),
            part_meanings: Sparse::new(0),
            surroundings: OnceLock::new(),
            is_noting,
            found: Mutex::default(),
            origin: Origin::default(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.first_fresh() - self.gone.len() + self.fresh.held.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether something that was read turned out to be damaged: what was found is not to be believed.
    pub fn is_damaged(&self) -> bool {
        self.kept.as_ref().is_some_and(Kept::is_damaged)
    }

    /// Where the numbers of new entries begin.
    fn first_fresh(&self) -> usize {
        self.kept.as_ref().map_or(0, Kept::len)
    }

    /// A new entry's place among the new ones, or the file in which it is kept.
    fn locate(&self, at: usize) -> Result<usize, &Kept> {
        match &self.kept {
            Some(kept) if at < kept.len() => Err(kept),
            kept => Ok(at - kept.as_ref().map_or(0, Kept::len)),
        }
    }

    pub fn get(&self, at: usize) -> &Held {
        let kept = match self.locate(at) {
            Ok(fresh) => return &self.fresh.held[fresh],
            Err(kept) => kept,
        };
        let make = || {
            let written = kept.record(at).map_or_else(Written::nothing, |record| record.written.clone());
            let history = self.history.expect("what is kept is of a memory with a history");
            Box::new(history.held(written))
        };
        self.made.get(at, make).expect("the entry is one of those that are kept")
    }

    /// By what entries are put in the order in which they stand in memory.
    pub fn rank(&self, at: usize) -> u64 {
        self.whole.rank(at)
    }

    fn told(&self, at: usize) -> Option<Told<'_>> {
        match self.locate(at) {
            Ok(fresh) => Some(self.fresh.told(fresh)),
            Err(kept) => kept.record(at).map(|record| record.told()),
        }
    }

    fn words(&self, at: usize) -> Vec<Word> {
        self.told(at).map_or_else(Vec::new, |told| told.words().collect())
    }

    /// How many meaningful words an entry has.
    pub fn size(&self, at: usize) -> usize {
        self.told(at).map_or(0, |told| told.size() as usize)
    }

    pub fn meaning(&self, at: usize) -> &Meaning {
        let make = || Box::new(self.texts.meaning(&self.get(at).text));
        match self.locate(at) {
            Ok(fresh) => self.fresh.meanings[fresh].get_or_init(make),
            Err(_) => self.meanings.get(at, make).expect("the entry is one of those that are kept"),
        }
    }

    /// The entries that share rare words with a statement, most shared words first.
    pub fn near(&self, meaning: &Meaning) -> Vec<usize> {
        self.whole.near(&words_of(meaning))
    }

    fn near_own(&self, at: usize) -> Vec<usize> {
        self.whole.near(&self.words(at))
    }

    /// The entries of whose texts this holds, in their order. Every text is read: for what no index can answer.
    pub fn that(&self, holds: impl Fn(&str) -> bool + Sync) -> Vec<usize> {
        let holds = |at: &usize| match self.locate(*at) {
            Ok(fresh) => holds(&self.fresh.held[fresh].text),
            Err(kept) => !self.gone.contains(&(*at as u32)) && kept.text(*at).is_some_and(|text| holds(&text)),
        };
        let all = 0..self.first_fresh() + self.fresh.held.len();
        let mut found: Vec<usize> = all.into_par_iter().filter(holds).collect();
        found.sort_by_key(|at| self.rank(*at));
        found
    }

    /// The sentences that share rare words with a statement, most shared words first.
    pub fn sentences_near(&self, meaning: &Meaning) -> Vec<Sentence> {
        self.parts.near(&words_of(meaning)).into_iter().filter_map(|number| self.sentence(number)).collect()
    }

    fn sentence(&self, number: usize) -> Option<Sentence> {
        if let Some(fresh) = number.checked_sub(self.parts.first_new()) {
            let (entry, range) = self.fresh.sentences.get(fresh)?.clone();
            return Some(Sentence { number, entry: self.first_fresh() + entry as usize, range });
        }
        let kept = self.kept.as_ref()?;
        let entry = kept.entry_of(number as u32)?;
        let nth = (number as u32).checked_sub(kept.sentences(entry).start)?;
        let range = kept.record(entry)?.told().parts().nth(nth as usize)?.range;
        Some(Sentence { number, entry, range })
    }

    /// The sentences that count something, in their order; none where many do.
    pub fn counting(&self, unit: &str) -> Vec<Sentence> {
        let fresh = self.fresh.counted.get(unit).map_or(&[][..], Vec::as_slice);
        let table = self.kept.as_ref().map(|kept| kept.table(Part::Counted));
        let found = table.as_ref().map_or(0..0, |table| table.find(word(unit)));
        if fresh.len() > COUNTING || found.len() > COUNTING + self.gone.len() {
            return Vec::new();
        }
        let kept = table.map_or_else(Vec::new, |table| table.numbers(found)).into_iter().map(|number| number as usize);
        let fresh = fresh.iter().map(|fresh| self.parts.first_new() + *fresh as usize);
        let mut numbers: Vec<usize> = kept.chain(fresh).collect();
        numbers.sort_by_key(|number| self.parts.rank(*number));
        let is_gone = |sentence: &Sentence| self.gone.contains(&(sentence.entry as u32));
        let all: Vec<Sentence> =
            numbers.into_iter().filter_map(|at| self.sentence(at)).filter(|sentence| !is_gone(sentence)).collect();
        if all.len() > COUNTING { Vec::new() } else { all }
    }

    pub fn text(&self, sentence: &Sentence) -> &str {
        let range = sentence.range.start as usize..sentence.range.end as usize;
        self.get(sentence.entry).text.get(range).unwrap_or_default()
    }

    pub fn sentence_meaning(&self, sentence: &Sentence) -> &Meaning {
        let make = || Box::new(self.texts.meaning(self.text(sentence)));
        match sentence.number.checked_sub(self.parts.first_new()) {
            Some(fresh) => self.fresh.part_meanings[fresh].get_or_init(make),
            None => self.part_meanings.get(sentence.number, make).expect("the sentence is one of those that are kept"),
        }
    }

    /// The sentence's text where it is only a part of its entry.
    pub fn part(&self, sentence: &Sentence) -> Option<String> {
        let text = self.text(sentence);
        (text.len() + 2 < self.get(sentence.entry).text.trim().len()).then(|| text.to_owned())
    }

    /// The entries of a file, in their order.
    fn entries_of(&self, path: &str) -> Vec<usize> {
        let kept = self.kept.as_ref().and_then(|kept| kept.entries_of(path)).unwrap_or_default();
        let kept = kept.filter(|at| !self.gone.contains(&(*at as u32)));
        kept.chain(self.fresh.entries_of(path).map(|fresh| self.first_fresh() + fresh)).collect()
    }

    /// The entries of a file that say exactly this.
    pub fn find(&self, path: &NotePath, text: &str) -> impl Iterator<Item = usize> {
        self.entries_of(path.as_str()).into_iter().filter(move |at| self.get(*at).text == text)
    }

    /// Whether a belief was proposed when these sessions had been read, each by the hash of its id.
    pub fn is_proposed_of(&self, key: &BeliefKey, sessions: impl Iterator<Item = Word>) -> bool {
        self.history.is_some_and(|history| history.dreams.is_proposed_of(key, sessions))
    }

    /// The entry under which a dream proposed a belief: of several, in the file of the newest dream, the last.
    pub fn of_belief(&self, key: &BeliefKey) -> Option<usize> {
        let Some(history) = self.history else {
            return self.fresh.of_belief(key).into_iter().max_by_key(|at| self.rank(*at));
        };
        let is_own = |at: &usize| self.get(*at).key.as_ref() == Some(key);
        history.paths_of(key).find_map(|path| self.entries_of(path).into_iter().rfind(is_own))
    }

    /// Whether an entry of a file in which a dream proposed a belief says exactly this.
    pub fn says(&self, key: &BeliefKey, text: &str) -> bool {
        let Some(history) = self.history else {
            return self.of_belief(key).is_some_and(|at| self.get(at).text == text);
        };
        let is_kept = |file| {
            let kept = self.kept.as_ref().map(|kept| kept.saying(file, text));
            kept.into_iter().flatten().any(|at| !self.gone.contains(&(at as u32)))
        };
        let is_fresh = |file: FileName| self.fresh.entries_at(file.exact).any(|at| self.fresh.held[at].text == text);
        history.dreams.files_of(key).any(|file| is_kept(file) || is_fresh(file))
    }

    /// The entries that name a date and of which it is known when they were written or last confirmed, in their order.
    pub fn dated(&self) -> Vec<usize> {
        let fresh = (0..self.fresh.held.len()).filter(|fresh| date::names_one(&self.fresh.held[*fresh].text));
        let fresh = fresh.map(|fresh| self.first_fresh() + fresh);
        let mut dated: Vec<usize> = self.kept_of_dreams(Part::Dated).chain(fresh).collect();
        dated.retain(|at| self.is_timed(*at));
        dated.sort_by_key(|at| self.rank(*at));
        dated
    }

    fn is_timed(&self, at: usize) -> bool {
        self.get(at).since.is_some() || self.get(at).last_evidence.is_some()
    }

    /// The kept entries of a table by paths that stand in files which some dream may have changed.
    fn kept_of_dreams(&self, part: Part) -> impl Iterator<Item = usize> {
        let table = self.kept.as_ref().map(|kept| kept.table(part));
        let changed = self.history.zip(table).map(|(history, table)| history.dreams.changed(&table));
        changed.into_iter().flatten().filter(|at| !self.gone.contains(at)).map(|at| at as usize)
    }

    /// Whether there is a file of this path, in whatever case.
    pub fn is_taken(&self, path: &str) -> bool {
        let name = word(&path.to_lowercase());
        let kept = self.kept.as_ref().map_or(0, |kept| kept.table(Part::Paths).find(name).len());
        let gone = self.gone_paths.get(&name).copied().unwrap_or_default();
        kept > gone || self.fresh.is_taken(name)
    }
}

#[cfg(test)]
mod tests;
