//! Lines that were copied into a resumed session count once, for the session that had them first.

use super::Columns;
use super::column::{Column, Row};
use super::rows::Spot;
use std::collections::{HashMap, HashSet};

type First = HashMap<u64, u32, foldhash::fast::RandomState>;

/// Which rows count, of those in the order of time.
pub fn originals<R: Row>(rows: &Column<R>, spot: impl Fn(&R) -> &Spot + Copy) -> impl Iterator<Item = &R> + Clone {
    let mut first = before(rows, spot);
    let kept = rows.kept().iter().filter(move |row| !spot(row).is_copy.get());
    kept.chain(rows.more().iter().filter(move |row| !is_copy(spot(row), &mut first)))
}

/// Who had those lines first that some new row has, among what is kept.
fn before<R: Row>(rows: &Column<R>, spot: impl Fn(&R) -> &Spot) -> First {
    let lines = rows.more().iter().map(|row| spot(row).line).filter(|line| *line != 0);
    let lines: HashSet<u64, foldhash::fast::RandomState> = lines.collect();
    let mut first = First::default();
    if !lines.is_empty() {
        let known = rows.kept().iter().map(&spot).filter(|spot| lines.contains(&spot.line));
        known.for_each(|spot| _ = first.entry(spot.line).or_insert(spot.session));
    }
    first
}

fn is_copy(spot: &Spot, first: &mut First) -> bool {
    spot.line != 0 && *first.entry(spot.line).or_insert(spot.session) != spot.session
}

impl Columns {
    /// Marks what does not count, so that it need not be found out of what is kept each night.
    pub(super) fn mark_copies(&mut self) {
        mark(self.said.to_mut().iter_mut().map(|row| &mut row.spot));
        mark(self.facts.to_mut().iter_mut().map(|row| &mut row.spot));
        mark(self.failures.to_mut().iter_mut().map(|row| &mut row.spot));
    }
}

fn mark<'s>(spots: impl Iterator<Item = &'s mut Spot>) {
    let mut first = First::default();
    spots.for_each(|spot| spot.is_copy = is_copy(spot, &mut first).into());
}
