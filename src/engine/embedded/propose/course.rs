//! How statements were grouped before: each night compares what is new, not again all that was ever said. The course of
//! a grouping is kept with what is known of texts, and followed again as far as the statements are the same.

use super::Set;
use crate::text::Known;
use crate::text::known::{Key, named};
use crate::text::probe::{Probe, Word};
use borsh::{BorshDeserialize, BorshSerialize};
use std::cell::{Cell, OnceCell};

/// All that decides how statements are grouped, beside what [`Known`] itself depends on.
const SOURCES: [&str; 3] = [include_str!("course.rs"), include_str!("directives.rs"), include_str!("facts.rs")];
/// So many statements, or this part of all, may be grouped anew each night before the course is kept again.
const NEW: usize = if crate::FAULTS { 0 } else { 32 };
const SHARE: usize = 400;

/// What became of each statement, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Course {
    items: Vec<Key>,
    /// The group that each went to. Groups are numbered in the order in which they began.
    groups: Vec<u32>,
    /// Groups that a statement made void.
    voided: Vec<(u32, u32)>,
    /// The words of each group's first statement, and where they end.
    words: Vec<Word>,
    ends: Vec<u32>,
    /// What each group's first statement is known by.
    names: Vec<String>,
}

/// So often statements are looked through; who asks more often has them put into a table.
const FEW: usize = 8;

/// Statements of which it is asked whether one is among them: in most nights once or twice, of tens of thousands.
pub struct Asked<I> {
    all: I,
    asked: Cell<usize>,
    table: OnceCell<Set<Key>>,
}

impl<I: Iterator<Item = Key> + Clone> Asked<I> {
    pub fn new(all: I) -> Self {
        Self { all, asked: Cell::new(0), table: OnceCell::new() }
    }

    pub fn contains(&self, item: &Key) -> bool {
        if self.asked.replace(self.asked.get() + 1) < FEW {
            return self.all.clone().any(|one| one == *item);
        }
        self.table.get_or_init(|| self.all.clone().collect()).contains(item)
    }
}

fn name(what: &str) -> Key {
    let sources = SOURCES.map(str::as_bytes);
    named(&[what.as_bytes(), sources[0], sources[1], sources[2]])
}

impl Course {
    /// What is kept of a grouping; nothing where there is none.
    pub fn kept(texts: &Known, what: &str) -> Self {
        let course: Option<Self> = texts.state(&name(what)).and_then(|bytes| borsh::from_slice(bytes).ok());
        course.filter(Self::is_sound).unwrap_or_default()
    }

    /// Whether it can be followed: no statement goes to a group, or voids one, that did not begin before it.
    fn is_sound(&self) -> bool {
        let (mut begun, mut voided) = (0, self.voided.iter().peekable());
        for (item, group) in (0..).zip(&self.groups) {
            while let Some((_, void)) = voided.next_if(|(by, _)| *by == item) {
                if *void >= begun {
                    return false;
                }
            }
            begun += u32::from(*group == begun);
            if *group >= begun {
                return false;
            }
        }
        let groups = begun as usize == self.ends.len() && self.names.len() == self.ends.len();
        let words = self.ends.last().map_or(0, |end| *end as usize) == self.words.len() && self.ends.is_sorted();
        self.items.len() == self.groups.len() && voided.next().is_none() && groups && words
    }

    /// Keeps this course in place of another.
    pub fn keep(&self, instead: &Self, texts: &Known, what: &str) {
        if self == instead {
            return;
        }
        let new = self.items.len().abs_diff(instead.same(&self.items));
        let is_worth = new > NEW && new > self.items.len() / SHARE;
        // Statements that cannot be packed are grouped anew.
        if let Some(packed) = is_worth.then(|| borsh::to_vec(self).ok()).flatten() {
            texts.renew(name(what), packed);
        }
    }

    /// One that will have about so many statements.
    pub fn of(count: usize) -> Self {
        Self { items: Vec::with_capacity(count), groups: Vec::with_capacity(count), ..Self::default() }
    }

    /// How many statements come first here as there.
    pub fn same(&self, items: &[Key]) -> usize {
        self.items.iter().zip(items).take_while(|(a, b)| a == b).count()
    }

    pub fn item(&self, at: usize) -> Option<&Key> {
        self.items.get(at)
    }

    pub fn items(&self) -> Asked<impl Iterator<Item = Key> + Clone> {
        Asked::new(self.items.iter().copied())
    }

    pub fn group(&self, at: usize) -> usize {
        self.groups[at] as usize
    }

    /// The groups that a statement made void.
    pub fn voided(&self, at: usize) -> impl Iterator<Item = usize> {
        let from = self.voided.partition_point(|(item, _)| (*item as usize) < at);
        self.voided[from..].iter().take_while(move |(item, _)| *item as usize == at).map(|(_, group)| *group as usize)
    }

    /// The words of a group's first statement.
    pub fn words(&self, group: usize) -> &[Word] {
        let begin = group.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.words[begin..self.ends[group] as usize]
    }

    pub fn name(&self, group: usize) -> &str {
        &self.names[group]
    }

    /// How many groups there are.
    pub fn begun(&self) -> usize {
        self.ends.len()
    }

    /// Notes where a statement went: to a group, or to a new one that it begins.
    pub fn went(&mut self, item: Key, group: usize) {
        self.items.push(item);
        self.groups.push(group as u32);
    }

    /// Begins a group.
    pub fn begin(&mut self, words: &[Word], name: String) {
        self.words.extend_from_slice(words);
        self.ends.push(self.words.len() as u32);
        self.names.push(name);
    }

    /// Notes what the next statement makes void.
    pub fn void(&mut self, group: usize) {
        self.voided.push((self.items.len() as u32, group as u32));
    }

    /// An index over the first statements of all groups.
    pub fn probe(&self) -> Probe {
        Probe::of((0..self.begun()).map(|group| self.words(group).iter().copied()), self.words.len())
    }
}
