//! The literals of a credential found by their first two letters: slower over much text than an automaton, and made a
//! hundred times sooner, which is what a command that prints one page waits for.

use super::Hit;

/// Literals by their first two bytes, in lower case.
pub struct Openings {
    /// For each pair of bytes, in any case, where the literals that open so begin, counted from 1; 0 for none.
    first: Box<[u16]>,
    /// The pair, the literal's number, its bytes in lower case; sorted.
    literals: Vec<(u16, usize, Vec<u8>)>,
}

const PAIRS: usize = 1 << 16;

fn pair(first: u8, second: u8) -> u16 {
    u16::from_be_bytes([first, second])
}

impl Openings {
    /// Each literal has two bytes at least.
    pub fn of<'l>(literals: impl Iterator<Item = &'l str>) -> Self {
        let lower = literals.map(|literal| literal.to_ascii_lowercase().into_bytes()).enumerate();
        let mut literals: Vec<(u16, usize, Vec<u8>)> =
            lower.map(|(number, literal)| (pair(literal[0], literal[1]), number, literal)).collect();
        literals.sort();
        let mut first = vec![0; PAIRS].into_boxed_slice();
        for (at, (_, _, literal)) in literals.iter().enumerate().rev() {
            for one in [literal[0], literal[0].to_ascii_uppercase()] {
                for two in [literal[1], literal[1].to_ascii_uppercase()] {
                    first[usize::from(pair(one, two))] = u16::try_from(at + 1).expect("literals are few");
                }
            }
        }
        Self { first, literals }
    }

    /// All literals of a text, by where they end.
    pub fn find(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (start, two) in text.windows(2).enumerate() {
            let place = self.first[usize::from(pair(two[0], two[1]))];
            if place > 0 {
                self.find_at(text, start, usize::from(place) - 1, &mut hits);
            }
        }
        hits.sort_by_key(|hit| (hit.range.end, hit.range.start, hit.literal));
        hits
    }

    fn find_at(&self, text: &[u8], start: usize, place: usize, hits: &mut Vec<Hit>) {
        let opening = self.literals[place].0;
        for (_, number, literal) in self.literals[place..].iter().take_while(|(pair, ..)| *pair == opening) {
            let end = start + literal.len();
            if text.get(start..end).is_some_and(|found| found[2..].eq_ignore_ascii_case(&literal[2..])) {
                hits.push(Hit { literal: *number, range: start..end });
            }
        }
    }
}
