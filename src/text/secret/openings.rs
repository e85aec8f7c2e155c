//! The literals of a credential found by their first letters, three triples of them, of which most texts hold few in a
//! row: quicker than an automaton of all literals, which does not fit where a processor reads fast, and made in no time.
//! It is shift-and over triples: Salmela, Tarhio, Kytöjoki, "Multipattern string matching with q-grams" (2006).

use super::Hit;
use std::ops::Range;

/// Literals by their first bytes.
pub struct Openings {
    /// For each triple of bytes, by the last five bits of each, which both cases of a letter share: where in a literal it
    /// may stand, in bits of [`SHORT`] and [`LONG`].
    stands: Box<[u8; TRIPLES]>,
    /// For each pair of bytes, in any case, which group of literals opens so, counted from 1.
    group: Box<[u16]>,
    groups: Vec<Range<usize>>,
    /// The pair, the literal's number, its bytes in lower case; sorted.
    literals: Vec<(u16, usize, Vec<u8>)>,
}

const PAIRS: usize = 1 << 16;
const TRIPLES: usize = 1 << 15;
/// Literals of fewer bytes tell no more than their first triple.
const BRIEF: usize = 4;
/// The bit of a short literal's first triple; the two behind it stand for whatever follows.
const SHORT: u8 = 0x10;
/// The bit of a long literal's first triple; the two behind it are its second and its third.
const LONG: u8 = 0x01;
/// Bytes that are searched before what was found is looked at: a branch for each byte would be guessed wrong too often.
const STRETCH: usize = 256;
/// Bytes from where a literal begins to behind its third triple.
const SEEN: usize = 5;

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
        let mut stands = Box::new([(SHORT << 1) | (SHORT << 2); TRIPLES]);
        for (_, _, literal) in &literals {
            // Behind the end of a literal anything stands.
            let bytes = |at: usize| literal.get(at).map_or(0..32, |byte| (byte & 31)..(byte & 31) + 1);
            let (bit, triples) = if literal.len() < BRIEF { (SHORT, 1) } else { (LONG, 3) };
            for from in 0..triples {
                for (one, two) in bytes(from).flat_map(|one| bytes(from + 1).map(move |two| (one, two))) {
                    let before = triple(triple(0, one), two);
                    bytes(from + 2).for_each(|three| stands[triple(before, three)] |= bit << from);
                }
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
        Self { stands, group, groups, literals }
    }

    /// All literals of a text, by where they end.
    pub fn find(&self, text: &[u8]) -> Vec<Hit> {
        let (mut hits, mut places) = (Vec::new(), [0; STRETCH]);
        let whole = text.len().saturating_sub(SEEN - 1);
        for from in (0..whole).step_by(STRETCH) {
            let to = whole.min(from + STRETCH);
            let count = self.opens(&text[from..to + SEEN - 1], &mut places);
            for place in &places[..count] {
                self.find_at(text, from + usize::from(*place) - 2, &mut hits);
            }
        }
        // The last few, behind which no three triples stand.
        (whole..text.len().saturating_sub(1)).for_each(|start| self.find_at(text, start, &mut hits));
        hits.sort_by_key(|hit| (hit.range.end, hit.range.start, hit.literal));
        hits
    }

    /// How many literals there may be in a stretch, and where each one's third triple stands.
    fn opens(&self, text: &[u8], places: &mut [u16; STRETCH]) -> usize {
        let [one, two, rest @ ..] = text else { return 0 };
        let (mut before, mut state, mut count) = (triple(0, *one) << 5 | triple(0, *two), 0_u32, 0);
        let mut next = |triple: usize, index: usize| {
            // Of each kind, which of its triples have stood in a row up to here; any may be the first.
            state = (state << 1).wrapping_add(u32::from(SHORT | LONG)) & u32::from(self.stands[triple % TRIPLES]);
            // Without a branch: the next place is written over this one if it is none.
            places[count % STRETCH] = index as u16;
            count += usize::from(state & u32::from(SHORT << 2 | LONG << 2) != 0);
        };
        // By twos, of which each is put together while the one before is looked up.
        let (twos, last) = rest.as_chunks();
        for (number, [one, two]) in twos.iter().enumerate() {
            before = before << 10 | triple(triple(0, *one), *two);
            next(before >> 5, 2 * number);
            next(before, 2 * number + 1);
        }
        last.iter().for_each(|byte| next(triple(before, *byte), 2 * twos.len()));
        count
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
