//! Rows in the order of ids: those that are kept, where they lie in the file, and those that are new or read otherwise
//! now. So that of thirty thousand none is copied because one is new.

use super::row::{Bytes, ROW, Row};
use crate::store::Mapped;
use std::cmp::Ordering;

#[derive(Default)]
pub(super) struct Rows {
    kept: Option<Mapped>,
    own: Vec<Bytes>,
    /// For each place which row stands there: one of those that are kept, or, numbered behind them, one of the others.
    order: Vec<u32>,
}

impl From<Mapped> for Rows {
    fn from(kept: Mapped) -> Self {
        let order = (0..kept.as_chunks::<ROW>().0.len() as u32).collect();
        Self { kept: Some(kept), own: Vec::new(), order }
    }
}

impl From<Vec<Bytes>> for Rows {
    fn from(own: Vec<Bytes>) -> Self {
        Self { kept: None, order: (0..own.len() as u32).collect(), own }
    }
}

impl Rows {
    fn kept(&self) -> &[Bytes] {
        self.kept.as_deref().unwrap_or_default().as_chunks().0
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    #[inline]
    pub fn get(&self, at: usize) -> Row<'_> {
        let (number, kept) = (self.order[at] as usize, self.kept());
        Row(kept.get(number).unwrap_or_else(|| &self.own[number - kept.len()]))
    }

    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// Where a row stands, or would.
    pub fn search(&self, order: impl Fn(Row<'_>) -> Ordering) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match order(self.get(middle)) {
                Ordering::Equal => return Ok(middle),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Takes in a row, and gives its number.
    fn add(&mut self, row: Bytes) -> u32 {
        self.own.push(row);
        (self.kept().len() + self.own.len() - 1) as u32
    }

    pub fn set(&mut self, at: usize, row: Bytes) {
        self.order[at] = self.add(row);
    }

    /// Takes rows out, by their places; rising.
    pub fn remove(&mut self, places: &[usize]) {
        let (mut at, mut gone) = (0, places.iter().peekable());
        if gone.peek().is_some() {
            self.order.retain(|_| {
                at += 1;
                gone.next_if(|next| **next == at - 1).is_none()
            });
        }
    }

    /// Puts rows in, each before the one that has its place now; rising.
    pub fn insert(&mut self, new: impl Iterator<Item = (usize, Bytes)>) {
        let (mut order, mut done) = (Vec::with_capacity(self.len() + new.size_hint().0), 0);
        for (before, row) in new {
            order.extend_from_slice(&self.order[done..before]);
            order.push(self.add(row));
            done = before;
        }
        order.extend_from_slice(&self.order[done..]);
        self.order = order;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(id: u16) -> Bytes {
        let mut row = [0; ROW];
        row[..2].copy_from_slice(&id.to_be_bytes());
        row
    }

    proptest! {
        /// Rounds of sessions that come, change and go, over some that are kept.
        #[test]
        fn rows_are_what_a_list_of_them_would_be(
            kept in prop::collection::btree_set(any::<u16>(), 0..40),
            rounds in prop::collection::vec(prop::collection::btree_map(any::<u16>(), 0..5_u8, 0..20), 0..5),
        ) {
            let mut list: Vec<Bytes> = kept.iter().map(|id| row(*id)).collect();
            let mut rows = Rows::from(Mapped::with(list.as_flattened()));
            let place = |list: &[Bytes], id: u16| list.binary_search_by(|row| row[..2].cmp(&id.to_be_bytes()));
            for round in rounds {
                // Of five: one changes, one goes, three come.
                let nth = |wanted: u8| {
                    let all = round.values().zip(0..list.len());
                    all.filter(|(fate, _)| **fate == wanted).map(|(_, nth)| nth).collect::<Vec<_>>()
                };
                let (changed, gone) = (nth(0), nth(1));
                for nth in changed {
                    list[nth][3] += 1;
                    rows.set(nth, list[nth]);
                }
                rows.remove(&gone);
                gone.iter().rev().for_each(|at| _ = list.remove(*at));
                let come = round.iter().filter(|(_, fate)| **fate > 1);
                let come: Vec<(usize, Bytes)> =
                    come.filter_map(|(id, _)| Some((place(&list, *id).err()?, row(*id)))).collect();
                rows.insert(come.iter().copied());
                come.iter().enumerate().for_each(|(nth, (before, row))| list.insert(before + nth, *row));
                prop_assert_eq!(rows.iter().map(|row| *row.0).collect::<Vec<_>>(), list.clone());
                for id in round.keys().chain(&kept) {
                    prop_assert_eq!(rows.search(|row| row.0[..2].cmp(&id.to_be_bytes())), place(&list, *id));
                }
            }
        }
    }
}
