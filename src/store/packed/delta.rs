//! A difference of a pack, applied to what it is a difference from. Writing them: `tree_delta`.

/// What the instructions make of the base; `None` where they are damaged, or make more than `most` bytes.
pub(super) fn apply(base: &[u8], mut instructions: &[u8], most: usize) -> Option<Vec<u8>> {
    let (from, size) = (number(&mut instructions)?, number(&mut instructions)?);
    if from != base.len() || size > most {
        return None;
    }
    let mut made = Vec::with_capacity(size);
    while let Some((&code, rest)) = instructions.split_first() {
        let piece = if code & 0x80 != 0 {
            instructions = rest;
            let offset = sparse(code & 0xf, &mut instructions)?;
            let length = match sparse(code >> 4 & 7, &mut instructions)? {
                0 => 0x10000,
                length => length,
            };
            base.get(offset..offset.checked_add(length)?)?
        } else {
            // An instruction 0 is kept for later versions.
            let (piece, after) = rest.split_at_checked(usize::from(code)).filter(|(piece, _)| !piece.is_empty())?;
            instructions = after;
            piece
        };
        if piece.len() > size - made.len() {
            return None;
        }
        made.extend_from_slice(piece);
    }
    (made.len() == size).then_some(made)
}

/// Seven bits in each byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 50)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

/// A number of which only the bytes are there that are not zero: a bit tells for each.
fn sparse(bits: u8, bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for place in (0..4).filter(|place| bits >> place & 1 == 1) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte) << (8 * place);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_difference_makes_what_it_was_made_of(
            head in prop::collection::vec(any::<u8>(), 0..70_000), tail in prop::collection::vec(any::<u8>(), 0..300),
            old in prop::collection::vec(any::<u8>(), 0..300), new in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let (base, made) = ([&head[..], &old, &tail].concat(), [&head[..], &new, &tail].concat());
            if let Some(told) = crate::store::tree_delta::delta(&base, &made) {
                prop_assert_eq!(apply(&base, &told, 1 << 20), Some(made.clone()));
                prop_assert!(made.is_empty() || apply(&base, &told, made.len() - 1).is_none());
                prop_assert_eq!(apply(&base, &told[..told.len() - 1], 1 << 20), None);
            }
        }

        #[test]
        fn no_bytes_at_all_bring_it_down(base in prop::collection::vec(any::<u8>(), 0..40),
            told in prop::collection::vec(any::<u8>(), 0..60)) {
            let sized = [&[base.len() as u8, 30][..], &told].concat();
            let made = apply(&base, &sized, 1 << 20);
            prop_assert!(made.is_none_or(|made| made.len() == 30));
            apply(&base, &told, 1 << 20);
        }
    }
}
