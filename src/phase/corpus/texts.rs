//! The texts of a corpus, each once: rows hold numbers, so that thousands of sessions that say the same are compared,
//! grouped and kept without their words.

use super::column::Column;
use crate::store::Mapped;
use std::collections::HashMap;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A text by its number; [`Text::NONE`] where there is none.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct Text(u32);

impl Text {
    pub const NONE: Self = Self(0);

    pub fn is_some(self) -> bool {
        self != Self::NONE
    }

    fn at(self) -> Option<usize> {
        (self.0 as usize).checked_sub(1)
    }

    fn of(at: usize) -> Self {
        Self(u32::try_from(at + 1).expect("fewer texts than four billion"))
    }
}

#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// Those that are kept, one after the other, and then those that are new.
    kept: Option<Mapped>,
    heap: String,
    /// Where each ends.
    ends: Column<u64>,
    /// So many come first in the order of their words; the others are found by a table.
    ordered: u32,
    new: HashMap<String, Text, foldhash::fast::RandomState>,
}

impl Texts {
    /// Empty for [`Text::NONE`].
    pub fn get(&self, text: Text) -> &str {
        self.find(text).unwrap_or_default()
    }

    pub fn find(&self, text: Text) -> Option<&str> {
        let at = text.at()?;
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
        let end = *self.ends.get(at)? as usize;
        let kept = self.kept.as_deref().unwrap_or_default();
        match begin.checked_sub(kept.len()).zip(end.checked_sub(kept.len())) {
            Some((begin, end)) => self.heap.get(begin..end),
            None => str::from_utf8(kept.get(begin..end)?).ok(),
        }
    }

    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// The number of a text, which is a new one the first time.
    pub fn put(&mut self, text: &str) -> Text {
        if let Some(known) = self.number(text) {
            return known;
        }
        self.append(text);
        let number = Text::of(self.ends.len() - 1);
        self.new.insert(text.to_owned(), number);
        number
    }

    fn append(&mut self, text: &str) {
        self.heap.push_str(text);
        self.ends.push((self.kept.as_deref().map_or(0, <[u8]>::len) + self.heap.len()) as u64);
    }

    pub fn put_some(&mut self, text: Option<&str>) -> Text {
        text.map_or(Text::NONE, |text| self.put(text))
    }

    fn number(&self, text: &str) -> Option<Text> {
        let (mut low, mut high) = (0, self.ordered as usize);
        while low < high {
            let middle = low.midpoint(high);
            match self.get(Text::of(middle)).cmp(text) {
                std::cmp::Ordering::Equal => return Some(Text::of(middle)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        self.new.get(text).copied()
    }

    /// All texts one after the other, and where each ends.
    pub(super) fn parts(&self) -> (Vec<u8>, Vec<u64>) {
        let heap = [self.kept.as_deref().unwrap_or_default(), self.heap.as_bytes()].concat();
        (heap, self.ends.iter().copied().collect())
    }

    pub(super) fn ordered(&self) -> u32 {
        self.ordered
    }

    /// Nothing where these are no parts.
    pub(super) fn of_parts(heap: Mapped, ends: Column<u64>, ordered: u32) -> Option<Self> {
        let whole = ends.kept().last().map_or(0, |end| *end as usize);
        let are_whole = whole == heap.len() && ordered as usize <= ends.len();
        are_whole.then(|| Self { kept: Some(heap), ends, ordered, ..Self::default() })
    }

    /// Only these texts, in the order of their words, and the new number of each old one.
    pub fn only(&self, mut used: Vec<Text>) -> (Self, Renumbered) {
        used.sort_unstable();
        used.dedup();
        used.retain(|text| text.is_some());
        // Most are in order already.
        used.sort_by(|a, b| self.get(*a).cmp(self.get(*b)));
        let mut only = Self { ordered: used.len() as u32, ..Self::default() };
        let mut numbers = vec![Text::NONE; self.ends.len() + 1];
        for (at, text) in used.into_iter().enumerate() {
            only.append(self.get(text));
            numbers[text.0 as usize] = Text::of(at);
        }
        (only, Renumbered(numbers))
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.ordered == other.ordered && self.parts() == other.parts()
    }
}

/// New numbers of texts by their old ones.
pub struct Renumbered(Vec<Text>);

impl Renumbered {
    pub fn now(&self, text: &mut Text) {
        *text = self.0.get(text.0 as usize).copied().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_before_and_after_they_are_put_in_order() {
        let mut texts = Texts::default();
        let words = ["pear", "", "apple", "pear", "fig", "apple"];
        let numbers = words.map(|word| texts.put(word));
        assert_eq!(numbers.map(|number| texts.get(number).to_owned()), words);
        assert_eq!((texts.count(), texts.find(Text::NONE)), (4, None));
        let (mut only, renumbered) = texts.only(vec![numbers[0], numbers[4], numbers[3], Text::NONE]);
        let mut pear = numbers[0];
        renumbered.now(&mut pear);
        assert_eq!((only.put("pear"), only.count(), only.get(pear)), (pear, 2, "pear"));
        let apple = only.put("apple");
        assert_eq!((only.put("apple"), only.count(), only.get(apple)), (apple, 3, "apple"));
    }
}
