//! Places where a test has the program die, as if by `kill -9`: before and after everything that is written. Without the
//! feature `faults`, which only this package's own tests switch on, nothing of it is left in the program.

#[cfg(feature = "faults")]
mod armed {
    use std::sync::atomic::{AtomicU64, Ordering};

    /// How many more places are passed alive; 0 when nobody armed it.
    static LEFT: AtomicU64 = AtomicU64::new(0);

    /// Dies at the place of this number, counted from 1.
    pub fn arm(number: u64) {
        LEFT.store(number, Ordering::SeqCst);
    }

    pub fn point() {
        let left = LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left == Ok(1) {
            // Nothing is unwound, flushed or dropped.
            std::process::abort();
        }
    }
}

#[cfg(feature = "faults")]
pub use armed::{arm, point};

/// A place where a test may have the program die.
#[cfg(not(feature = "faults"))]
pub fn point() {}
