//! A second opinion: somebody who sees each proposed change with its evidence and nothing else.

use super::bill::Bill;
use crate::model::{Change, Opinion};

/// What a reviewer does with the changes of a dream.
pub trait Reviewer {
    /// One opinion per change, in order. A reviewer that cannot answer says that a person must.
    fn judge(&self, changes: &[Change]) -> Vec<Opinion>;
    /// What the whole dream cost so far, where this reviewer is paid.
    fn bill(&self) -> Option<Bill> {
        None
    }
}
