//! The files that a session changed, named by the last parts of their path: the same file in two work trees, or in two
//! people's clones, is one.

use super::habits::is_edit;
use super::reading::{Reading, Step};
use crate::phase::reflection::Cite;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many parts of a path name a file.
const PARTS: usize = 3;
/// A session that changes more files than this says nothing about which belong together.
const MANY: usize = 24;

/// The changed files, each with the call that changed it first.
pub fn edited(reading: &Reading<'_>) -> BTreeMap<String, Cite> {
    let mut found: BTreeMap<String, Cite> = BTreeMap::new();
    for step in reading.steps.iter().filter(|step| is_edit(step) && step.worked()) {
        for path in paths(step) {
            let Some((name, last)) = named(path) else { continue };
            let turn = &reading.session.turns[step.at];
            found.entry(name).or_insert_with(|| reading.cite(turn, last));
        }
    }
    if found.len() > MANY { BTreeMap::new() } else { found }
}

/// The paths of a call: its own, or those that a patch names.
fn paths<'a>(step: &Step<'a>) -> Vec<&'a str> {
    if let Some(path) = step.file {
        return vec![path];
    }
    let patch = match &step.call.input {
        Value::String(text) => Some(text.as_str()),
        input => ["input", "patch", "content"].iter().find_map(|key| input.get(*key)?.as_str()),
    };
    let marks = ["*** Update File: ", "*** Add File: "];
    let lines = patch.into_iter().flat_map(str::lines);
    lines.filter_map(|line| marks.iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim)).collect()
}

/// The last parts of a path, and the last one alone. Files of a temporary or hidden folder are nobody's.
fn named(path: &str) -> Option<(String, &str)> {
    let hidden = path.contains("/tmp/") || path.split(['/', '\\']).any(|part| part.starts_with(".claude"));
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let last = parts.last().filter(|_| !hidden)?;
    Some((parts[parts.len().saturating_sub(PARTS)..].join("/"), last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_the_end_of_its_path() {
        assert_eq!(
            named("/home/ann/work/shop/src/api/index.ts").map(|(name, _)| name).as_deref(),
            Some("src/api/index.ts")
        );
        assert_eq!(named("README.md").map(|(name, _)| name).as_deref(), Some("README.md"));
        assert_eq!(named("/tmp/x/plan.md"), None);
    }
}
