//! What rows are made of: numbers, and names by their numbers. Any bytes are some value, never an error: a checksum stands
//! before them.

use crate::model::OutcomeResult;
use crate::phase::reflection::{FailureClass, Manner};
use std::fmt;
use std::marker::PhantomData;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One of some values that have names, in a byte.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Code<T> {
    byte: u8,
    of: PhantomData<T>,
}

/// What has a name, by its place among all.
pub trait Coded: Copy + PartialEq + 'static {
    const ALL: &'static [Self];
}

impl<T: Coded> Code<T> {
    pub fn get(self) -> T {
        T::ALL[usize::from(self.byte).min(T::ALL.len() - 1)]
    }
}

impl<T: Coded> From<T> for Code<T> {
    fn from(value: T) -> Self {
        let at = T::ALL.iter().position(|one| *one == value);
        Self { byte: at.unwrap_or_default() as u8, of: PhantomData }
    }
}

impl<T> Clone for Code<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Code<T> {}

impl<T> PartialEq for Code<T> {
    fn eq(&self, other: &Self) -> bool {
        self.byte == other.byte
    }
}

impl<T: Coded + fmt::Debug> fmt::Debug for Code<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

macro_rules! coded {
    ($what:ty: $($value:expr),*) => {
        impl $crate::phase::corpus::coded::Coded for $what {
            const ALL: &'static [Self] = &[$($value),*];
        }
    };
}

pub(super) use coded;

coded!(bool: false, true);
coded!(Manner: Manner::Remember, Manner::Standing, Manner::Correction, Manner::Refusal, Manner::Request);
coded!(
    FailureClass: FailureClass::Usage,
    FailureClass::Protocol,
    FailureClass::Other,
    FailureClass::Check,
    FailureClass::Cancelled
);
coded!(
    Option<OutcomeResult>: None,
    Some(OutcomeResult::Satisfied),
    Some(OutcomeResult::Failed),
    Some(OutcomeResult::NeedsRevision),
    Some(OutcomeResult::Interrupted)
);

/// A number, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Maybe {
    is: u32,
    number: u32,
}

impl Maybe {
    pub fn is_some(self) -> bool {
        self.is != 0
    }
}

impl From<Option<u32>> for Maybe {
    fn from(number: Option<u32>) -> Self {
        Self { is: u32::from(number.is_some()), number: number.unwrap_or_default() }
    }
}

/// Structs of such values, in an order in which nothing lies between them.
macro_rules! rows {
    ($($(#[$doc:meta])* pub struct $row:ident { $($(#[$of:meta])* pub $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq,
            zerocopy::FromBytes, zerocopy::IntoBytes, zerocopy::Immutable, zerocopy::KnownLayout,
        )]
        #[repr(C)]
        pub struct $row { $($(#[$of])* pub $field: $kind,)* }
    )*};
}

pub(super) use rows;
