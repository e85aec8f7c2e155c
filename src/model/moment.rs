//! Times in what is packed: to the nanosecond, for what must be read again as it was.

use borsh::io::{self, Read, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{DateTime, Utc};

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
