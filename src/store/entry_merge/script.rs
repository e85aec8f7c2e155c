//! What one side did to the base: for each segment kept, replaced or removed, and what was put between. Which segment
//! replaced which is told by likeness of words, in order (a dynamic program over each hunk of the difference).

use super::segment::{Kind, Segment};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::BTreeMap;
use std::ops::Range;

/// What became of one segment of the base; the number is the segment's place on the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Kept(usize),
    Replaced(usize),
    Removed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub fates: Vec<Fate>,
    /// What was put before each base segment, and (last) at the end.
    pub inserts: Vec<Vec<usize>>,
}

/// Hunks with more pairs than this are aligned by position instead of by likeness.
const PAIRS: usize = 40_000;

/// How `side` was made from `base`.
pub(super) fn script(base: &[Segment<'_>], side: &[Segment<'_>]) -> Script {
    let mut script = Script { fates: vec![Fate::Removed; base.len()], inserts: vec![Vec::new(); base.len() + 1] };
    for op in same_and_changed(base, side) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                (0..len).for_each(|step| script.fates[old_index + step] = Fate::Kept(new_index + step));
            }
            other => script.hunk(base, side, other.old_range(), other.new_range()),
        }
    }
    script
}

/// The difference of two lists of segments by what they say.
pub(super) fn same_and_changed(old: &[Segment<'_>], new: &[Segment<'_>]) -> Vec<DiffOp> {
    let mut numbers = BTreeMap::new();
    let mut number = |segment: &Segment<'_>| {
        let next = numbers.len();
        // The kinds have few values and the texts are borrowed: a number each makes comparing cheap.
        *numbers.entry((segment.kind, segment.text.to_owned())).or_insert(next)
    };
    let old: Vec<usize> = old.iter().map(&mut number).collect();
    let new: Vec<usize> = new.iter().map(&mut number).collect();
    capture_diff_slices(Algorithm::Patience, &old, &new)
}

impl Script {
    fn hunk(&mut self, base: &[Segment<'_>], side: &[Segment<'_>], old: Range<usize>, new: Range<usize>) {
        let pairs = pair_up(&base[old.clone()], &side[new.clone()]);
        let mut gap = old.start;
        let mut pairs = pairs.into_iter().peekable();
        for place in new.clone() {
            match pairs.next_if(|(_, paired)| new.start + paired == place) {
                Some((index, _)) => {
                    let index = old.start + index;
                    let same = base[index].key() == side[place].key();
                    self.fates[index] = if same { Fate::Kept(place) } else { Fate::Replaced(place) };
                    gap = index + 1;
                }
                None => self.inserts[gap].push(place),
            }
        }
    }
}

/// Which old segment became which new one, in order: the alignment with the greatest likeness, and among those the
/// one with the most pairs. Pairing unlike segments is the careful choice: it can only make a conflict more likely.
fn pair_up(old: &[Segment<'_>], new: &[Segment<'_>]) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    if old.len().saturating_mul(new.len()) > PAIRS {
        let positions = 0..old.len().min(new.len());
        return positions.filter(|at| old[*at].kind == new[*at].kind).map(|at| (at, at)).collect();
    }
    let old_words: Vec<Vec<&str>> = old.iter().map(words).collect();
    let new_words: Vec<Vec<&str>> = new.iter().map(words).collect();
    let width = new.len() + 1;
    let mut best = vec![0u64; (old.len() + 1) * width];
    let score = |i: usize, j: usize| match old[i].kind == new[j].kind {
        true => 1 + likeness(&old_words[i], &new_words[j]),
        false => 0,
    };
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let paired = score(i, j) + best[(i + 1) * width + j + 1];
            best[i * width + j] = paired.max(best[(i + 1) * width + j]).max(best[i * width + j + 1]);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        let here = best[i * width + j];
        if score(i, j) > 0 && here == score(i, j) + best[(i + 1) * width + j + 1] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if here == best[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

fn words<'a>(segment: &Segment<'a>) -> Vec<&'a str> {
    let mut words: Vec<&str> =
        segment.text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

/// Dice's coefficient of two sorted lists of words, 0 to 1000.
fn likeness(one: &[&str], other: &[&str]) -> u64 {
    let (mut i, mut j, mut common) = (0, 0, 0u64);
    while i < one.len() && j < other.len() {
        match one[i].cmp(other[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    match one.len() + other.len() {
        0 => 0,
        sum => 2000 * common / sum as u64,
    }
}

/// How often each entry is said.
pub(super) fn counts<'a>(segments: &[Segment<'a>]) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for segment in segments.iter().filter(|segment| segment.kind == Kind::Entry) {
        *counts.entry(segment.text).or_default() += 1;
    }
    counts
}
