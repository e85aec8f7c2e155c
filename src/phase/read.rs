//! Reading sessions: transcripts become reflections, in parallel, one transcript in memory per worker. A reflection is
//! kept in a cache keyed by engine and blob; the cache may be deleted at any time and changes no result.

use super::extract::{Extract, Reflection, Session};
use super::settle::{Quotes, Skipped};
use crate::config::Environment;
use crate::model::{Evidence, ObjectId, SessionId, SessionRecord};
use crate::store::Store;
use crate::text::{Scrubbed, secret};
use crate::transcript;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Opens the repository once per worker; a git2 repository cannot be shared between threads.
pub struct Reader<'a> {
    pub environment: &'a Environment,
    pub store: &'a Store,
}
