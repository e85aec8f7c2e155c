//! Rows of one sort: those that are kept, where they lie in the file, and behind them those that are new. Thirty thousand
//! are looked at without one of them being copied.

use super::rows::Span;
use crate::store::Mapped;
use std::cmp::Ordering;
use std::fmt;
use std::iter::Chain;
use std::ops::{Index, Range};
use std::slice::Iter;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What lies in a file as it lies in memory.
pub trait Row: Copy + FromBytes + IntoBytes + Immutable + KnownLayout {}

impl<R: Copy + FromBytes + IntoBytes + Immutable + KnownLayout> Row for R {}

#[derive(Clone)]
pub struct Column<R> {
    kept: Option<Mapped>,
    more: Vec<R>,
}

impl<R> Default for Column<R> {
    fn default() -> Self {
        Self { kept: None, more: Vec::new() }
    }
}

impl<R: Row> Column<R> {
    /// Rows that are kept; nothing where these bytes are none.
    pub fn lying(bytes: Mapped) -> Option<Self> {
        <[R]>::ref_from_bytes(&bytes).ok()?;
        Some(Self { kept: Some(bytes), ..Self::default() })
    }

    pub fn kept(&self) -> &[R] {
        let rows = self.kept.as_ref().and_then(|bytes| <[R]>::ref_from_bytes(bytes).ok());
        rows.unwrap_or_default()
    }

    /// Those behind what is kept.
    pub fn more(&self) -> &[R] {
        &self.more
    }

    pub fn more_mut(&mut self) -> &mut [R] {
        &mut self.more
    }

    pub fn len(&self) -> usize {
        self.kept().len() + self.more.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> Chain<Iter<'_, R>, Iter<'_, R>> {
        self.kept().iter().chain(&self.more)
    }

    /// For who looks at thousands of them one by one.
    pub fn view(&self) -> View<'_, R> {
        View { kept: self.kept(), more: &self.more }
    }

    pub fn get(&self, at: usize) -> Option<&R> {
        self.view().get(at)
    }

    pub fn push(&mut self, row: R) {
        self.more.push(row);
    }

    /// Those of a span, which were put there together.
    pub fn of(&self, span: Span) -> &[R] {
        let Range { start, end } = span.range();
        let kept = self.kept();
        match start < kept.len() {
            true => &kept[start..end],
            false => &self.more[start - kept.len()..end - kept.len()],
        }
    }

    /// Runs of rows that belong together. None of them is both kept and new.
    pub fn runs(&self, is_one: impl Fn(&R, &R) -> bool + Clone) -> impl Iterator<Item = &[R]> {
        self.kept().chunk_by(is_one.clone()).chain(self.more.chunk_by(is_one))
    }

    /// All rows, to be changed.
    pub fn to_mut(&mut self) -> &mut Vec<R> {
        self.keep_first(0);
        &mut self.more
    }

    /// Puts what is new in its place, in an order in which what is kept is: of that only what comes behind is moved.
    pub fn sort_by(&mut self, order: impl Fn(&R, &R) -> Ordering) {
        if let Some(first) = self.more.iter().min_by(|a, b| order(a, b)) {
            let before = self.kept().partition_point(|row| order(row, first).is_le());
            self.keep_first(before);
            self.more.sort_by(order);
        }
    }

    /// Takes all but so many out of what is kept.
    pub fn keep_first(&mut self, count: usize) {
        let Some(behind) = self.kept().get(count..).filter(|behind| !behind.is_empty()) else { return };
        let mut rows = Vec::with_capacity(behind.len() + self.more.len());
        rows.extend_from_slice(behind);
        rows.append(&mut self.more);
        self.more = rows;
        self.kept = self.kept.take().and_then(|bytes| bytes.part(0..count * size_of::<R>()));
    }
}

/// A column's rows, found once.
#[derive(Clone, Copy)]
pub struct View<'c, R> {
    kept: &'c [R],
    more: &'c [R],
}

impl<'c, R> View<'c, R> {
    pub fn get(self, at: usize) -> Option<&'c R> {
        self.kept.get(at).or_else(|| self.more.get(at.checked_sub(self.kept.len())?))
    }
}

impl<R: Row> Index<usize> for View<'_, R> {
    type Output = R;

    fn index(&self, at: usize) -> &R {
        self.get(at).expect("there are so many rows")
    }
}

impl<R: Row> Extend<R> for Column<R> {
    fn extend<I: IntoIterator<Item = R>>(&mut self, rows: I) {
        self.more.extend(rows);
    }
}

impl<R: Row> Index<usize> for Column<R> {
    type Output = R;

    fn index(&self, at: usize) -> &R {
        self.view().get(at).expect("there are so many rows")
    }
}

impl<'c, R: Row> IntoIterator for &'c Column<R> {
    type Item = &'c R;
    type IntoIter = Chain<Iter<'c, R>, Iter<'c, R>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<R: Row + PartialEq> PartialEq for Column<R> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other)
    }
}

impl<R: Row + fmt::Debug> fmt::Debug for Column<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}
