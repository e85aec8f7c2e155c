//! How statements were grouped before: each night compares what is new, not again all that was ever said. The course of
//! a grouping is kept with what is known of texts, and followed again as far as the statements are the same.

use super::Set;
use crate::text::Known;
use crate::text::known::{Key, named};
use crate::text::probe::{Probe, Word};
use std::cell::{Cell, OnceCell};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// All that decides how statements are grouped, beside what [`Known`] itself depends on.
const SOURCES: [&str; 3] = [include_str!("course.rs"), include_str!("directives.rs"), include_str!("facts.rs")];
/// So many statements, or this part of all, may be grouped anew each night before the course is kept again.
const NEW: usize = if crate::FAULTS { 0 } else { 32 };
const SHARE: usize = 400;

/// What became of each statement, in their order.
#[derive(Debug, Clone, Default)]
pub struct Course<'k> {
    items: List<'k, Key>,
    /// The group that each went to. Groups are numbered in the order in which they began.
    groups: List<'k, Number>,
    /// Groups that a statement made void: the statement, and the group.
    voided: List<'k, [u8; 8]>,
    /// The words of each group's first statement, and where they end.
    words: List<'k, [u8; 8]>,
    ends: List<'k, Number>,
    /// What each group's first statement is known by, and where that ends.
    names: List<'k, u8>,
    name_ends: List<'k, Number>,
}

/// A number as it is kept.
type Number = [u8; 4];

fn number(number: usize) -> Number {
    (number as u32).to_le_bytes()
}

fn place(number: &Number) -> usize {
    u32::from_le_bytes(*number) as usize
}

/// What is put one behind the other: where it lies already as long as it is what was kept before, and then by itself.
#[derive(Debug, Clone)]
struct List<'k, T> {
    before: &'k [T],
    same: usize,
    own: Vec<T>,
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self { before: &[], same: 0, own: Vec::new() }
    }
}

impl<'k, T: Copy + PartialEq> List<'k, T> {
    /// Empty, but of what will most often be the same.
    fn over(before: &List<'k, T>) -> Self {
        Self { before: &before.before[..before.same], same: 0, own: Vec::new() }
    }

    fn len(&self) -> usize {
        self.same + self.own.len()
    }

    fn push(&mut self, value: T) {
        match self.own.is_empty() && self.before.get(self.same) == Some(&value) {
            true => self.same += 1,
            false => self.own.push(value),
        }
    }

    fn get(&self, at: usize) -> Option<&T> {
        match at.checked_sub(self.same) {
            None => self.before.get(at),
            Some(own) => self.own.get(own),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        self.before[..self.same].iter().chain(&self.own)
    }

    /// The end that stands before another.
    fn begin(ends: &List<'_, Number>, at: usize) -> usize {
        at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, place)
    }

    /// The values up to an end.
    fn up_to<'l>(&'l self, ends: &List<'_, Number>, at: usize) -> impl Iterator<Item = &'l T> + Clone {
        (Self::begin(ends, at)..ends.get(at).map_or(0, place)).map_while(|at| self.get(at))
    }
}

impl<T: Copy + PartialEq + IntoBytes + Immutable + FromBytes> List<'_, T> {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&number(self.len()));
        bytes.extend_from_slice(self.before[..self.same].as_bytes());
        bytes.extend_from_slice(self.own.as_bytes());
    }
}

impl<'k, T: FromBytes + Immutable + KnownLayout> List<'k, T> {
    /// Takes the first list out of these bytes.
    fn take(bytes: &mut &'k [u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let (before, rest) = <[T]>::ref_from_prefix_with_elems(rest, place(count)).ok()?;
        *bytes = rest;
        Some(Self { before, same: before.len(), own: Vec::new() })
    }
}

impl<T: Copy + PartialEq> PartialEq for List<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl PartialEq for Course<'_> {
    fn eq(&self, other: &Self) -> bool {
        let groups = self.items == other.items && self.groups == other.groups && self.voided == other.voided;
        let words = self.words == other.words && self.ends == other.ends;
        groups && words && self.names == other.names && self.name_ends == other.name_ends
    }
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

impl<'k> Course<'k> {
    /// What is kept of a grouping; nothing where there is none.
    pub fn kept(texts: &'k Known, what: &str) -> Self {
        let course = texts.state(&name(what)).and_then(Self::read);
        course.filter(Self::is_sound).unwrap_or_default()
    }

    fn read(mut bytes: &'k [u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let (items, groups, voided) = (List::take(bytes)?, List::take(bytes)?, List::take(bytes)?);
        let (words, ends) = (List::take(bytes)?, List::take(bytes)?);
        let (names, name_ends) = (List::take(bytes)?, List::take(bytes)?);
        bytes.is_empty().then_some(Self { items, groups, voided, words, ends, names, name_ends })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.items.put(&mut bytes);
        self.groups.put(&mut bytes);
        self.voided.put(&mut bytes);
        self.words.put(&mut bytes);
        self.ends.put(&mut bytes);
        self.names.put(&mut bytes);
        self.name_ends.put(&mut bytes);
        bytes
    }

    /// Whether it can be followed: no statement goes to a group, or voids one, that did not begin before it.
    fn is_sound(&self) -> bool {
        let (mut begun, mut voided) = (0, self.voids().peekable());
        for (item, group) in self.groups.iter().map(place).enumerate() {
            while let Some((_, void)) = voided.next_if(|(by, _)| *by == item) {
                if void >= begun {
                    return false;
                }
            }
            begun += usize::from(group == begun);
            if group >= begun {
                return false;
            }
        }
        let are_ends = |ends: &List<'_, Number>, all: usize| {
            let last = ends.len().checked_sub(1).and_then(|last| ends.get(last)).map_or(0, place);
            ends.len() == begun && last == all && ends.iter().map(place).is_sorted()
        };
        let groups = are_ends(&self.ends, self.words.len()) && are_ends(&self.name_ends, self.names.len());
        self.items.len() == self.groups.len() && voided.next().is_none() && groups
    }

    /// How many statements there were.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Each statement, and the group that it went to.
    pub fn all(&self) -> impl Iterator<Item = (&Key, usize)> {
        self.items.iter().zip(self.groups.iter().map(place))
    }

    /// Which statement made which group void.
    pub fn voids(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.voided.len()).filter_map(|nth| self.void_at(nth))
    }

    fn void_at(&self, nth: usize) -> Option<(usize, usize)> {
        let (by, void) = self.voided.get(nth)?.split_first_chunk()?;
        Some((place(by), place(void.first_chunk()?)))
    }

    /// Keeps this course in place of another.
    pub fn keep(&self, instead: &Self, texts: &Known, what: &str) {
        let new = self.items.len().abs_diff(instead.same(self.items.iter()));
        if new > NEW && new > self.items.len() / SHARE && self != instead {
            texts.renew(name(what), self.bytes());
        }
    }

    /// One that will mostly be as this one.
    pub fn again(&self) -> Self {
        Self {
            items: List::over(&self.items),
            groups: List::over(&self.groups),
            voided: List::over(&self.voided),
            words: List::over(&self.words),
            ends: List::over(&self.ends),
            names: List::over(&self.names),
            name_ends: List::over(&self.name_ends),
        }
    }

    /// How many statements come first here as there.
    pub fn same<'i>(&self, items: impl Iterator<Item = &'i Key>) -> usize {
        self.items.iter().zip(items).take_while(|(a, b)| a == b).count()
    }

    pub fn item(&self, at: usize) -> Option<&Key> {
        self.items.get(at)
    }

    pub fn items(&self) -> Asked<impl Iterator<Item = Key> + Clone> {
        Asked::new(self.items.iter().copied())
    }

    pub fn group(&self, at: usize) -> usize {
        self.groups.get(at).map_or(0, place)
    }

    /// The groups that a statement made void.
    pub fn voided(&self, at: usize) -> impl Iterator<Item = usize> {
        let (mut low, mut high) = (0, self.voided.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.void_at(middle).is_some_and(|(by, _)| by < at) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let own = move |nth: usize| self.void_at(nth).filter(|(by, _)| *by == at).map(|(_, group)| group);
        (low..).map_while(own)
    }

    /// The words of a group's first statement.
    pub fn words(&self, group: usize) -> impl Iterator<Item = Word> + Clone {
        self.words.up_to(&self.ends, group).map(|word| Word::from_le_bytes(*word))
    }

    pub fn name(&self, group: usize) -> String {
        let name = self.names.up_to(&self.name_ends, group).copied().collect();
        String::from_utf8(name).unwrap_or_default()
    }

    /// How many groups there are.
    pub fn begun(&self) -> usize {
        self.ends.len()
    }

    /// Notes where a statement went: to a group, or to a new one that it begins.
    pub fn went(&mut self, item: Key, group: usize) {
        self.items.push(item);
        self.groups.push(number(group));
    }

    /// Notes that the next statement went where it went before, as all before it did.
    pub fn went_as_before(&mut self) {
        self.items.same += 1;
        self.groups.same += 1;
    }

    /// Begins a group.
    pub fn begin(&mut self, words: impl IntoIterator<Item = Word>, name: &str) {
        words.into_iter().for_each(|word| self.words.push(word.to_le_bytes()));
        self.ends.push(number(self.words.len()));
        name.bytes().for_each(|byte| self.names.push(byte));
        self.name_ends.push(number(self.names.len()));
    }

    /// Notes what the next statement makes void.
    pub fn void(&mut self, group: usize) {
        let mut pair = [0; 8];
        pair[..4].copy_from_slice(&number(self.items.len()));
        pair[4..].copy_from_slice(&number(group));
        self.voided.push(pair);
    }

    /// An index over the first statements of all groups.
    pub fn probe(&self) -> Probe {
        Probe::of((0..self.begun()).map(|group| self.words(group)), self.words.len())
    }
}
