//! Times in what is packed: to the nanosecond, for what must be read again as it was.
//! And as two numbers, for who compares tens of thousands.

use borsh::io::{self, Read, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{DateTime, Utc};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A time, in the order of times; in memory and in a file it is the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Moment {
    /// Since 1970.
    pub seconds: i64,
    pub nanoseconds: u32,
    /// Always 0.
    rest: u32,
}

impl Moment {
    pub fn new(seconds: i64, nanoseconds: u32) -> Self {
        Self { seconds, nanoseconds, rest: 0 }
    }

    /// One number in the order of times, of 96 bits.
    pub fn number(self) -> u128 {
        let since_the_first = self.seconds.cast_unsigned() ^ 1 << 63;
        u128::from(since_the_first) << 32 | u128::from(self.nanoseconds)
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(time: DateTime<Utc>) -> Self {
        Self::new(time.timestamp(), time.timestamp_subsec_nanos())
    }
}

impl From<Moment> for DateTime<Utc> {
    fn from(moment: Moment) -> Self {
        DateTime::from_timestamp(moment.seconds, moment.nanoseconds).unwrap_or_default()
    }
}

pub fn pack<W: Write>(time: &DateTime<Utc>, writer: &mut W) -> io::Result<()> {
    (time.timestamp(), time.timestamp_subsec_nanos()).serialize(writer)
}

pub fn unpack<R: Read>(reader: &mut R) -> io::Result<DateTime<Utc>> {
    let (seconds, nanoseconds) = BorshDeserialize::deserialize_reader(reader)?;
    DateTime::from_timestamp(seconds, nanoseconds).ok_or_else(|| io::Error::other("no time"))
}

/// The same where there may be none.
pub mod optional {
    use super::*;

    pub fn pack<W: Write>(time: &Option<DateTime<Utc>>, writer: &mut W) -> io::Result<()> {
        time.is_some().serialize(writer)?;
        time.as_ref().map_or(Ok(()), |time| super::pack(time, writer))
    }

    pub fn unpack<R: Read>(reader: &mut R) -> io::Result<Option<DateTime<Utc>>> {
        bool::deserialize_reader(reader)?.then(|| super::unpack(reader)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_the_order_of_times() {
        let times = [(i64::MIN / 1_000_000_000, 0), (-1, 999_999_999), (0, 0), (0, 1), (59, 1_999_999_999), (60, 0)];
        let times = times.map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("a time"));
        let moments = times.map(Moment::from);
        assert!(times.is_sorted() && moments.is_sorted() && moments.map(Moment::number).is_sorted());
        assert_eq!(moments.map(DateTime::from), times);
        assert!([DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC].map(Moment::from).is_sorted());
    }
}
