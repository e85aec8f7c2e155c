//! Ranges of commits on the command line, as git takes them.

use super::{Exit, Failure};
use crate::model::ObjectId;
use crate::store::Store;
use crate::text::Scrubbed;

/// The commits that a range means, as git says.
pub fn resolve(store: &Store, range: &str) -> Result<(Vec<ObjectId>, Vec<ObjectId>), Failure> {
    let unknown = || {
        let shown = Scrubbed::short(range, 60);
        Failure::refuse(format!("'{shown}' names no commits")).hint("name them as for 'git log': main~20..main")
    };
    if range.starts_with('-') {
        return Err(unknown().exit(Exit::Usage));
    }
    let output = store.git().run(&["rev-parse", "--revs-only", range, "--"])?;
    let (mut tips, mut hidden) = (Vec::new(), Vec::new());
    for line in output.text().lines() {
        let side = if line.starts_with('^') { &mut hidden } else { &mut tips };
        side.push(ObjectId::parse(line.trim_start_matches('^')).map_err(|_| unknown())?);
    }
    match output.success() && !tips.is_empty() {
        true => Ok((tips, hidden)),
        false => Err(unknown()),
    }
}
