//! Places where a test has the program die, as if by `kill -9`: before and after everything that is written. Without
//! [`FAULTS`](crate::FAULTS) nothing of it is left in the program.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many more places are passed alive; 0 when nobody armed it.
static LEFT: AtomicU64 = AtomicU64::new(0);

/// Dies at the place of this number, counted from 1.
pub fn arm(number: u64) {
    LEFT.store(number, Ordering::SeqCst);
}

/// A place where a test may have the program die.
pub fn point() {
    if !crate::FAULTS {
        return;
    }
    let left = LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if left == Ok(1) {
        // Nothing is unwound, flushed or dropped.
        std::process::abort();
    }
}
