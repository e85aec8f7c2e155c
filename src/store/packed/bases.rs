//! Objects that were made last: in a walk through history the next one is often told as the difference from one of them.

use super::Object;

/// Bytes of all that is kept.
const KEPT: usize = 8 << 20;
/// Larger ones would drive out all others.
const LARGEST: usize = KEPT / 8;
const SLOTS: usize = 1 << 13;

/// A pack, and an offset in it.
pub(super) type Place = (usize, u64);

/// Each place has one slot, in which it takes the place of what was there; when all is too much, slots are emptied in
/// turn. So memory is let go of in small pieces, which the next object takes: the system is not asked for it again.
pub(super) struct Bases {
    slots: Vec<Option<(Place, Object)>>,
    bytes: usize,
    hand: usize,
}

impl Default for Bases {
    fn default() -> Self {
        Self { slots: vec![None; SLOTS], bytes: 0, hand: 0 }
    }
}

fn slot((pack, offset): Place) -> usize {
    // Fibonacci hashing: the upper bits of the product are spread well.
    let mixed = (offset ^ (pack as u64) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize % SLOTS
}

impl Bases {
    pub fn get(&self, place: Place) -> Option<Object> {
        let (own, object) = self.slots[slot(place)].as_ref()?;
        (*own == place).then(|| object.clone())
    }

    pub fn put(&mut self, place: Place, object: &Object) {
        if object.1.len() > LARGEST {
            return;
        }
        let slot = slot(place);
        self.empty(slot);
        self.bytes += object.1.len();
        while self.bytes > KEPT {
            self.empty(self.hand);
            self.hand = (self.hand + 1) % SLOTS;
        }
        self.slots[slot] = Some((place, object.clone()));
    }

    fn empty(&mut self, slot: usize) {
        self.bytes -= self.slots[slot].take().map_or(0, |(_, (_, bytes))| bytes.len());
    }
}
