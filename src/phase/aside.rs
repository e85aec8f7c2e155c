//! What takes as long to free as something to write, and is freed by another thread.

use std::ops::{Deref, DerefMut};

/// Given back by a thread that has nothing else to do; by none if the program ends before.
pub(super) struct Aside<T: Send + 'static>(Option<T>);

impl<T: Send> Aside<T> {
    pub fn new(what: T) -> Self {
        Self(Some(what))
    }
}

impl<T: Send> Deref for Aside<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl<T: Send> DerefMut for Aside<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("it is there until it is dropped")
    }
}

impl<T: Send + 'static> Drop for Aside<T> {
    fn drop(&mut self) {
        if let Some(what) = self.0.take() {
            rayon::spawn(move || drop(what));
        }
    }
}
