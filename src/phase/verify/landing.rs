//! Landings: a merge that brings a dream into memory names who approved it, merges that dream and no other, and holds
//! what its sides hold and nothing else.

use super::change::FORGED;
use super::claim::entries;
use super::record::{Approver, History, Node, What};
use super::{Finding, Report, VerifyError, finding};
use crate::model::{DreamId, ObjectId};
use crate::store::{ReadError, Store, TreeDiff, Unexplained};
use std::collections::{BTreeSet, HashMap, HashSet};

const UNNAMED: &str =
    "ask who approved it; 'git dream revert' takes it back, and 'git dream approve' names who approves";

/// The commits that brought each dream into memory.
pub(super) type Landings = HashMap<DreamId, Vec<ObjectId>>;

/// Checks every merge, and gives what landed where. Merges of people that hold something of their own are edits.
pub(super) fn check(store: &Store, history: &mut History, report: &mut Report) -> Result<Landings, VerifyError> {
    let main: HashSet<ObjectId> = history.main_line().map(|node| node.id).collect();
    let mut judge = Judge { store, history, diff: TreeDiff::new(store), main };
    let (mut landings, mut edits) = (Landings::new(), Vec::new());
    for node in history.nodes.iter().filter(|node| node.in_memory) {
        match &node.what {
            What::Squash(dreams) => {
                dreams.iter().for_each(|dream| landings.entry(dream.clone()).or_default().push(node.id));
            }
            What::Change(dream, _) if judge.main.contains(&node.id) => {
                landings.entry(dream.clone()).or_default().push(node.id);
            }
            _ => {}
        }
        if node.parents.len() < 2 || history.shallow.contains(&node.id) {
            continue;
        }
        match judge.merge(node) {
            Ok(Merge { dreams, findings, own }) => {
                report.totals.landings += u64::from(!dreams.is_empty());
                dreams.into_iter().for_each(|dream| landings.entry(dream).or_default().push(node.id));
                report.find(findings);
                edits.extend(own.then_some(node.id));
            }
            Err(error) => report.find([finding("object", node.id, format!("could not {error}"), "'git fsck'")]),
        }
    }
    for id in edits {
        if let Some(place) = history.places.get(&id).copied() {
            history.nodes[place as usize].what = What::Plain { edits: true };
        }
    }
    Ok(landings)
}

struct Merge {
    dreams: BTreeSet<DreamId>,
    findings: Vec<Finding>,
    /// No landing, and it holds what none of its sides does.
    own: bool,
}

struct Judge<'a> {
    store: &'a Store,
    history: &'a History,
    diff: TreeDiff<'a>,
    main: HashSet<ObjectId>,
}

impl Judge<'_> {
    fn merge(&mut self, node: &Node) -> Result<Merge, ReadError> {
        let (base, side) = self.side(node)?;
        let mut dreams: BTreeSet<DreamId> = side.iter().filter_map(|node| node.what.of_branch()).cloned().collect();
        let mut findings = Vec::new();
        let mut wrong = |check, detail: String, remedy| findings.push(finding(check, node.id, detail, remedy));
        if let What::Approval(dream) = &node.what {
            if !self.history.limited && !dreams.contains(dream) {
                wrong("merge", format!("it claims to approve dream {dream}, and merges nothing of it"), FORGED);
            }
            for other in dreams.iter().filter(|other| *other != dream) {
                wrong("merge", format!("it claims to approve dream {dream}, and also merges {other}"), FORGED);
            }
            dreams.insert(dream.clone());
        }
        let landing = !dreams.is_empty();
        match node.approver {
            Approver::Missing => wrong("approver", "the approval names nobody in Approved-by".to_owned(), UNNAMED),
            Approver::Engine if landing => {
                wrong("approver", "an engine stands for the approval; a person has to".to_owned(), UNNAMED);
            }
            _ => {}
        }
        let strange = match node.parents[..] {
            [ours, theirs] => self.strange(node, base, ours, theirs)?,
            _ => vec!["it merges several branches at once".to_owned()],
        };
        let own = !landing && !strange.is_empty();
        if landing {
            strange.into_iter().for_each(|why| wrong("merge", why, FORGED));
            findings.iter_mut().for_each(|one| one.dream = dreams.first().cloned());
        }
        Ok(Merge { dreams, findings, own })
    }

    /// What a merge brought in, along its first parents, and the commit at which its sides part.
    fn side(&self, node: &Node) -> Result<(Option<ObjectId>, Vec<&Node>), ReadError> {
        let [ours, theirs, ..] = node.parents[..] else { return Ok((None, Vec::new())) };
        let side = self.history.side(node, &self.main);
        let simple = self.main.contains(&node.id) && side.iter().all(|node| node.parents.len() == 1);
        if simple {
            let base = side.last().map_or(Some(theirs), |last| last.parents.first().copied());
            return Ok((base, side));
        }
        let base = self.store.merge_base(ours, theirs)?;
        let end = side.iter().position(|node| Some(node.id) == base).unwrap_or(side.len());
        Ok((base, side[..end].to_vec()))
    }

    fn tree(&self, id: ObjectId) -> Result<ObjectId, ReadError> {
        self.history.node(id).map_or_else(|| self.store.commit(id).map(|commit| commit.tree), |node| Ok(node.tree))
    }

    /// What a merge holds that its sides do not explain, in words.
    fn strange(
        &mut self,
        node: &Node,
        base: Option<ObjectId>,
        ours: ObjectId,
        theirs: ObjectId,
    ) -> Result<Vec<String>, ReadError> {
        let base = base.map(|base| self.tree(base)).transpose()?;
        let (ours, theirs) = (self.tree(ours)?, self.tree(theirs)?);
        let mut strange = Vec::new();
        for one in self.diff.unexplained(base, ours, theirs, node.tree)? {
            if one.theirs == one.base {
                strange.push(format!("it changes {}, which nothing that it merges touches", one.path));
            } else if one.ours == one.base {
                strange.push(format!("it holds something else in {} than what it merges", one.path));
            } else if self.invents(&one)? {
                strange.push(format!("it says in {} what neither side says", one.path));
            }
        }
        Ok(strange)
    }

    /// Whether a file that both sides changed holds an entry of neither.
    fn invents(&self, one: &Unexplained) -> Result<bool, ReadError> {
        let mut known: BTreeSet<String> = BTreeSet::new();
        for side in [one.base, one.ours, one.theirs] {
            known.extend(entries(self.store, side)?);
        }
        Ok(entries(self.store, one.merged)?.iter().any(|entry| !known.contains(entry)))
    }
}
