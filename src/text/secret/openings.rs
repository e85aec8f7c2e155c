//! The literals of a credential found by their first three letters, of which most texts hold few triples: quicker than
//! an automaton of all literals, which does not fit where a processor reads fast, and made in no time.

use super::Hit;
use std::ops::Range;

/// Literals by their first bytes.
pub struct Openings {
    /// For each triple of bytes, by the last five bits of each, which both cases of a letter share: whether a literal may
    /// open so.
    opens: Box<[u64; TRIPLES / 64]>,
    /// For each pair of bytes, in any case, which group of literals opens so, counted from 1.
    group: Box<[u16]>,
    groups: Vec<Range<usize>>,
    /// The pair, the literal's number, its bytes in lower case; sorted.
    literals: Vec<(u16, usize, Vec<u8>)>,
}

const PAIRS: usize = 1 << 16;
const TRIPLES: usize = 1 << 15;

fn pair(first: u8, second: u8) -> u16 {
    u16::from_be_bytes([first, second])
}

/// A triple of which the last two bytes of another are the first two.
fn triple(before: usize, byte: u8) -> usize {
    (before << 5 | usize::from(byte & 31)) % TRIPLES
}

impl Openings {
    /// Each literal has two bytes at least.
    pub fn of<'l>(literals: impl Iterator<Item = &'l str>) -> Self {
        let lower = literals.map(|literal| literal.to_ascii_lowercase().into_bytes()).enumerate();
        let mut literals: Vec<(u16, usize, Vec<u8>)> =
            lower.map(|(number, literal)| (pair(literal[0], literal[1]), number, literal)).collect();
        literals.sort();
        let mut opens = Box::new([0; TRIPLES / 64]);
        for (_, _, literal) in &literals {
            let two = triple(triple(0, literal[0]), literal[1]);
            // A literal of two bytes opens whatever follows them.
            let thirds = literal.get(2).map_or(0..32, |third| *third..third + 1);
            for at in thirds.map(|third| triple(two, third)) {
                opens[at / 64] |= 1_u64 << (at % 64);
            }
        }
        let mut group = vec![0; PAIRS].into_boxed_slice();
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        for alike in literals.chunk_by(|(one, ..), (other, ..)| one == other) {
            let to = from + alike.len();
            groups.push(from..to);
            from = to;
            let [one, two] = [alike[0].2[0], alike[0].2[1]];
            for first in [one, one.to_ascii_uppercase()] {
                for second in [two, two.to_ascii_uppercase()] {
                    let number = u16::try_from(groups.len()).expect("literals are few");
                    group[usize::from(pair(first, second))] = number;
                }
            }
        }
        Self { opens, group, groups, literals }
    }

    /// All literals of a text, by where they end.
    pub fn find(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let [one, two, rest @ ..] = text else { return hits };
        let mut at = triple(triple(0, *one), *two);
        for (start, byte) in rest.iter().enumerate() {
            at = triple(at, *byte);
            if self.opens[at / 64] >> (at % 64) & 1 == 1 {
                self.find_at(text, start, &mut hits);
            }
        }
        // The last two bytes, which nothing follows.
        self.find_at(text, text.len() - 2, &mut hits);
        hits.sort_by_key(|hit| (hit.range.end, hit.range.start, hit.literal));
        hits
    }

    fn find_at(&self, text: &[u8], start: usize, hits: &mut Vec<Hit>) {
        let group = self.group[usize::from(pair(text[start], text[start + 1]))];
        let Some(group) = usize::from(group).checked_sub(1) else { return };
        for (_, number, literal) in &self.literals[self.groups[group].clone()] {
            let end = start + literal.len();
            if text.get(start..end).is_some_and(|found| found[2..].eq_ignore_ascii_case(&literal[2..])) {
                hits.push(Hit { literal: *number, range: start..end });
            }
        }
    }
}
