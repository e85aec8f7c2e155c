//! Places that are filled when somebody asks for them: few of many, so that those of ten thousand dreams or sessions cost
//! a command that asks about one nothing.

use std::sync::OnceLock;

/// Places that are made together.
const ROW: usize = 64;

pub(super) struct Slots<T> {
    rows: Vec<OnceLock<Box<[OnceLock<T>]>>>,
    length: usize,
}

impl<T> Slots<T> {
    pub fn new(length: usize) -> Self {
        Self { rows: (0..length.div_ceil(ROW)).map(|_| OnceLock::new()).collect(), length }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// What stands at a place, made if nobody asked before; nothing beyond the last place.
    pub fn get_or_init(&self, at: usize, make: impl FnOnce() -> T) -> Option<&T> {
        if at >= self.length {
            return None;
        }
        let row = self.rows.get(at / ROW)?.get_or_init(|| (0..ROW).map(|_| OnceLock::new()).collect());
        Some(row.get(at % ROW)?.get_or_init(make))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_filled_once_and_none_is_beyond_the_last() {
        let slots = Slots::new(ROW + 3);
        for at in 0..slots.len() {
            assert_eq!(slots.get_or_init(at, || at * 7), Some(&(at * 7)));
            assert_eq!(slots.get_or_init(at, || unreachable!("it is filled")), Some(&(at * 7)));
        }
        assert_eq!(slots.get_or_init(ROW + 3, || 0), None);
        assert_eq!(Slots::<u8>::new(0).get_or_init(0, || 0), None);
    }
}
