//! The literals of a credential found by their first two letters, of which most texts hold few pairs: quicker than an
//! automaton of all literals, which does not fit where a processor reads fast, and made in no time.

use super::Hit;
use std::ops::Range;

/// Literals by their first two bytes, in lower case.
pub struct Openings {
    /// For each pair of bytes, in any case, whether literals open so.
    opens: Box<[u64]>,
    /// And which group they are, counted from 1.
    group: Box<[u16]>,
    groups: Vec<Group>,
    /// The pair, the literal's number, its bytes in lower case; sorted.
    literals: Vec<(u16, usize, Vec<u8>)>,
}

/// Literals that open alike.
struct Group {
    literals: Range<usize>,
    /// Their third bytes, by the last five bits, which both cases of a letter share.
    thirds: u32,
}

const PAIRS: usize = 1 << 16;

fn pair(first: u8, second: u8) -> u16 {
    u16::from_be_bytes([first, second])
}

fn bit(byte: u8) -> u32 {
    1 << (byte & 31)
}

impl Openings {
    /// Each literal has two bytes at least.
    pub fn of<'l>(literals: impl Iterator<Item = &'l str>) -> Self {
        let lower = literals.map(|literal| literal.to_ascii_lowercase().into_bytes()).enumerate();
        let mut literals: Vec<(u16, usize, Vec<u8>)> =
            lower.map(|(number, literal)| (pair(literal[0], literal[1]), number, literal)).collect();
        literals.sort();
        let mut opens = vec![0; PAIRS / 64].into_boxed_slice();
        let mut group = vec![0; PAIRS].into_boxed_slice();
        let mut groups: Vec<Group> = Vec::new();
        let mut from = 0;
        for alike in literals.chunk_by(|(one, ..), (other, ..)| one == other) {
            let to = from + alike.len();
            let thirds = alike.iter().map(|(_, _, literal)| literal.get(2).map_or(u32::MAX, |third| bit(*third)));
            groups.push(Group { literals: from..to, thirds: thirds.fold(0, |all, one| all | one) });
            from = to;
            let [one, two] = [alike[0].2[0], alike[0].2[1]];
            for first in [one, one.to_ascii_uppercase()] {
                for second in [two, two.to_ascii_uppercase()] {
                    let at = pair(first, second);
                    opens[usize::from(at / 64)] |= 1_u64 << (at % 64);
                    group[usize::from(at)] = u16::try_from(groups.len()).expect("literals are few");
                }
            }
        }
        Self { opens, group, groups, literals }
    }

    /// All literals of a text, by where they end.
    pub fn find(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let opens = |at: u16| self.opens[usize::from(at / 64)] >> (at % 64) & 1 == 1;
        for (start, three) in text.windows(3).enumerate() {
            let at = pair(three[0], three[1]);
            if opens(at) {
                let group = &self.groups[usize::from(self.group[usize::from(at)]) - 1];
                if group.thirds & bit(three[2]) != 0 {
                    self.find_at(text, start, group, &mut hits);
                }
            }
        }
        // The last two bytes, which nothing follows.
        if let [.., one, two] = text
            && opens(pair(*one, *two))
        {
            let group = &self.groups[usize::from(self.group[usize::from(pair(*one, *two))]) - 1];
            self.find_at(text, text.len() - 2, group, &mut hits);
        }
        hits.sort_by_key(|hit| (hit.range.end, hit.range.start, hit.literal));
        hits
    }

    fn find_at(&self, text: &[u8], start: usize, group: &Group, hits: &mut Vec<Hit>) {
        for (_, number, literal) in &self.literals[group.literals.clone()] {
            let end = start + literal.len();
            if text.get(start..end).is_some_and(|found| found[2..].eq_ignore_ascii_case(&literal[2..])) {
                hits.push(Hit { literal: *number, range: start..end });
            }
        }
    }
}
