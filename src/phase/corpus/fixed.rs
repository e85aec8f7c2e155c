//! Rows of a fixed size in bytes: thirty thousand are read in the time that it takes to copy them.

use super::Text;
use crate::model::{Moment, OutcomeResult};
use crate::phase::reflection::{FailureClass, Manner};

/// What has always as many bytes, little-endian. Bytes that nobody wrote give some value, never an error: a checksum
/// stands before them.
pub trait Fixed: Copy {
    const SIZE: usize;
    fn put(&self, bytes: &mut Vec<u8>);
    /// Of exactly so many bytes.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Fixed for $number {
            const SIZE: usize = size_of::<$number>();

            fn put(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            #[inline(always)]
            fn get(bytes: &[u8]) -> Self {
                bytes.try_into().map_or(0 as $number, <$number>::from_le_bytes)
            }
        }
    )*};
}

numbers!(u8, u32, u64, i64, f64);

impl Fixed for bool {
    const SIZE: usize = 1;

    fn put(&self, bytes: &mut Vec<u8>) {
        u8::from(*self).put(bytes);
    }

    #[inline(always)]
    fn get(bytes: &[u8]) -> Self {
        u8::get(bytes) != 0
    }
}

impl<const N: usize> Fixed for [u8; N] {
    const SIZE: usize = N;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }

    #[inline(always)]
    fn get(bytes: &[u8]) -> Self {
        bytes.try_into().unwrap_or([0; N])
    }
}

impl Fixed for Option<u32> {
    const SIZE: usize = 5;

    fn put(&self, bytes: &mut Vec<u8>) {
        self.is_some().put(bytes);
        self.unwrap_or_default().put(bytes);
    }

    #[inline(always)]
    fn get(bytes: &[u8]) -> Self {
        bool::get(&bytes[..1]).then(|| u32::get(&bytes[1..5]))
    }
}

/// Values that have names, by their place among all.
macro_rules! named {
    ($what:ty, $($value:expr),*) => {
        impl $crate::phase::corpus::fixed::Fixed for $what {
            const SIZE: usize = 1;

            fn put(&self, bytes: &mut Vec<u8>) {
                let at = [$($value),*].iter().position(|value| value == self);
                bytes.push(at.unwrap_or_default() as u8);
            }

            #[inline(always)]
            fn get(bytes: &[u8]) -> Self {
                let all = [$($value),*];
                all[usize::from(bytes.first().copied().unwrap_or_default()).min(all.len() - 1)]
            }
        }
    };
}

named!(Manner, Manner::Remember, Manner::Standing, Manner::Correction, Manner::Refusal, Manner::Request);
named!(
    FailureClass,
    FailureClass::Usage,
    FailureClass::Protocol,
    FailureClass::Other,
    FailureClass::Check,
    FailureClass::Cancelled
);
named!(
    Option<OutcomeResult>,
    None,
    Some(OutcomeResult::Satisfied),
    Some(OutcomeResult::Failed),
    Some(OutcomeResult::NeedsRevision),
    Some(OutcomeResult::Interrupted)
);

/// Structs of such values.
macro_rules! rows {
    ($($(#[$doc:meta])* pub struct $row:ident { $($(#[$of:meta])* pub $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $row { $($(#[$of])* pub $field: $kind,)* }

        impl $crate::phase::corpus::fixed::Fixed for $row {
            const SIZE: usize = 0 $(+ <$kind as $crate::phase::corpus::fixed::Fixed>::SIZE)*;

            fn put(&self, bytes: &mut Vec<u8>) {
                $($crate::phase::corpus::fixed::Fixed::put(&self.$field, bytes);)*
            }

            #[inline(always)]
            fn get(bytes: &[u8]) -> Self {
                let rest = bytes;
                $(let ($field, rest) = rest.split_at(<$kind as $crate::phase::corpus::fixed::Fixed>::SIZE);)*
                let _ = rest;
                Self { $($field: <$kind as $crate::phase::corpus::fixed::Fixed>::get($field),)* }
            }
        }
    )*};
}

pub(super) use {named, rows};

impl Fixed for Moment {
    const SIZE: usize = 12;

    fn put(&self, bytes: &mut Vec<u8>) {
        self.seconds.put(bytes);
        self.nanoseconds.put(bytes);
    }

    #[inline(always)]
    fn get(bytes: &[u8]) -> Self {
        Self { seconds: i64::get(&bytes[..8]), nanoseconds: u32::get(&bytes[8..12]) }
    }
}

impl Fixed for Text {
    const SIZE: usize = 4;

    fn put(&self, bytes: &mut Vec<u8>) {
        self.number().put(bytes);
    }

    #[inline(always)]
    fn get(bytes: &[u8]) -> Self {
        Text::numbered(u32::get(bytes))
    }
}

pub fn bytes<R: Fixed>(rows: &[R]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.len() * R::SIZE);
    rows.iter().for_each(|row| row.put(&mut bytes));
    bytes
}
