//! A tree as a difference from the tree that it replaces: what the two share at both ends is copied, the middle is
//! given. One edit in a folder of thousands then costs bytes for one entry. Format: git's pack deltas.

/// The longest stretch that one copy instruction takes.
const MOST_COPIED: usize = 0xffff;
const MOST_INSERTED: usize = 0x7f;

/// Instructions that make `new` of `base`; nothing when they would save little.
pub fn delta(base: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let head = base.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (rest_base, rest_new) = (&base[head..], &new[head..]);
    let tail = rest_base.iter().rev().zip(rest_new.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = &rest_new[..rest_new.len() - tail];
    if middle.len() * 2 > new.len() {
        return None;
    }
    let mut out = Vec::with_capacity(middle.len() + 64);
    size(base.len(), &mut out);
    size(new.len(), &mut out);
    copy(0, head, &mut out);
    for step in middle.chunks(MOST_INSERTED) {
        out.push(step.len() as u8);
        out.extend_from_slice(step);
    }
    copy(base.len() - tail, tail, &mut out);
    Some(out)
}

/// Seven bits in each byte, the lowest first.
fn size(mut rest: usize, out: &mut Vec<u8>) {
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// One bit for each byte of offset and length that is not zero, then those bytes.
fn copy(mut from: usize, mut length: usize, out: &mut Vec<u8>) {
    while length > 0 {
        let step = length.min(MOST_COPIED);
        let at = out.len();
        out.push(0x80);
        let bytes = (from as u32).to_le_bytes().into_iter().chain((step as u16).to_le_bytes());
        for (bit, byte) in bytes.enumerate().filter(|(_, byte)| *byte != 0) {
            out[at] |= 1 << bit;
            out.push(byte);
        }
        from += step;
        length -= step;
    }
}

/// How far back in the pack the base stands, as git encodes it: the highest bits first, each step less one.
pub fn distance(mut back: u64) -> Vec<u8> {
    let mut bytes = vec![(back & 0x7f) as u8];
    while back > 0x7f {
        back = (back >> 7) - 1;
        bytes.push((back & 0x7f) as u8 | 0x80);
    }
    bytes.reverse();
    bytes
}
