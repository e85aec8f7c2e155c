//! The literals of a credential found by their first two letters: slower over much text than an automaton, and made a
//! hundred times sooner, which is what a command that prints one page waits for.

use super::Hit;

/// Literals by their first two bytes, in lower case.
pub struct Openings {
    /// For each pair of bytes, in any case, whether a literal opens so.
    opens: Box<[u64; PAIRS / 64]>,
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
        let mut opens = Box::new([0; PAIRS / 64]);
        for (_, _, literal) in &literals {
            for first in [literal[0], literal[0].to_ascii_uppercase()] {
                for second in [literal[1], literal[1].to_ascii_uppercase()] {
                    let at = pair(first, second);
                    opens[usize::from(at / 64)] |= 1 << (at % 64);
                }
            }
        }
        Self { opens, literals }
    }

    /// All literals of a text, by where they end.
    pub fn find(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (start, two) in text.windows(2).enumerate() {
            let at = pair(two[0], two[1]);
            if self.opens[usize::from(at / 64)] >> (at % 64) & 1 == 1 {
                self.find_at(text, start, &mut hits);
            }
        }
        hits.sort_by_key(|hit| (hit.range.end, hit.range.start, hit.literal));
        hits
    }

    fn find_at(&self, text: &[u8], start: usize, hits: &mut Vec<Hit>) {
        let opening = pair(text[start].to_ascii_lowercase(), text[start + 1].to_ascii_lowercase());
        let from = self.literals.partition_point(|(pair, ..)| *pair < opening);
        for (_, number, literal) in self.literals[from..].iter().take_while(|(pair, ..)| *pair == opening) {
            let end = start + literal.len();
            if text.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(literal)) {
                hits.push(Hit { literal: *number, range: start..end });
            }
        }
    }
}
