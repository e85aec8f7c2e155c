//! Where a string of JSON ends. Most of a transcript is strings full of escapes: a search that stops at each backslash
//! guesses wrong at most of them, so 64 bytes are looked at together. How, is from Langdale and Lemire, "Parsing Gigabytes
//! of JSON per Second" (2019), with words of eight bytes in place of the processor's own wide ones.

const WORD: usize = size_of::<u64>();
const BLOCK: usize = u64::BITS as usize;
/// A string that ends within so many bytes, as keys do, is not worth a block.
const SHORT: usize = 16;
const EACH_BYTE: u64 = u64::MAX / 0xff;
const HIGH_BITS: u64 = EACH_BYTE << 7;
const EVEN_BITS: u64 = u64::MAX / 3;

/// The place of the quote that ends a string, of which `from` is the first byte inside; nothing if none does.
pub(super) fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < from + SHORT {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => break,
            _ => at += 1,
        }
    }
    // 1 if the last byte of the block before was a backslash that escapes.
    let mut carried = 0;
    loop {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let mut last = [0; BLOCK];
        let block = rest.first_chunk().unwrap_or_else(|| {
            last[..rest.len()].copy_from_slice(rest);
            &last
        });
        let mut quotes = places(block, b'"');
        let backslashes = places(block, b'\\');
        if backslashes | carried != 0 {
            quotes &= !escaped(backslashes, &mut carried);
        }
        if quotes != 0 {
            return Some(at + quotes.trailing_zeros() as usize);
        }
        at += BLOCK;
    }
}

/// A bit for each place of a byte, the first one lowest.
fn places(block: &[u8; BLOCK], byte: u8) -> u64 {
    let (words, _) = block.as_chunks::<WORD>();
    let bits = words.iter().enumerate().map(|(number, word)| {
        let differs = u64::from_le_bytes(*word) ^ (EACH_BYTE * u64::from(byte));
        // The high bit of each byte that is 0 ("Hacker's Delight", 6-1), then these next to each other.
        let zero = !((differs & !HIGH_BITS).wrapping_add(!HIGH_BITS) | differs) & HIGH_BITS;
        ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (number * WORD)
    });
    bits.fold(0, |all, some| all | some)
}

/// What stands behind a backslash that is not itself behind one: behind each run of them that begins at an odd place and
/// ends at an even one, or the other way, and every other byte of a run.
fn escaped(backslashes: u64, carried: &mut u64) -> u64 {
    let escaping = backslashes & !*carried;
    let behind = escaping << 1 | *carried;
    let odd_starts = escaping & !EVEN_BITS & !behind;
    let (ends, over) = odd_starts.overflowing_add(escaping);
    *carried = u64::from(over);
    (EVEN_BITS ^ (ends << 1)) & behind
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one_by_one(bytes: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            match bytes.get(at)? {
                b'"' => return Some(at),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    #[test]
    fn a_run_of_backslashes_escapes_every_other_byte_wherever_blocks_end() {
        for before in 0..150 {
            for run in 0..150 {
                let text = format!("{}{}\" \" ", "x".repeat(before), "\\".repeat(run));
                assert_eq!(string_end(text.as_bytes(), 0), one_by_one(text.as_bytes(), 0), "{before} {run}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_string_ends_where_a_look_at_each_byte_says(
            bytes in prop::collection::vec(prop_oneof![
                6 => Just(b'\\'), 1 => Just(b'"'), 4 => any::<u8>(), 6 => b'a'..=b'z',
            ], 0..400),
            from in 0_usize..100,
        ) {
            prop_assert_eq!(string_end(&bytes, from), one_by_one(&bytes, from));
        }
    }
}
