//! One commit held against what it claims. Knows nothing of other commits but its parent's tree: what follows from
//! several commits together is checked when all have been read.

use super::change::{self, FORGED};
use super::evidence::{Ground, Library};
use super::record::{Approver, ChangeStep, Node, ReviewStep, What};
use super::sessions::Archive;
use super::squash::{Part, parts};
use super::{Finding, Totals, claim, finding};
use crate::model::{DreamId, ObjectId, SessionId, Trailers};
use crate::phase::message::quoted;
use crate::store::message::{Fact, read};
use crate::store::{Commit, FileDelta, ReadError, Signature, Store, TreeDiff};
use std::collections::{HashMap, HashSet};

/// What one commit gave.
pub(super) struct Examined {
    /// None where the object is no commit.
    pub node: Option<Node>,
    pub findings: Vec<Finding>,
    pub totals: Totals,
}

pub(super) struct Examiner<'a> {
    store: &'a Store,
    archive: &'a Archive,
    shallow: &'a HashSet<ObjectId>,
    diff: TreeDiff<'a>,
    library: Library<'a>,
}

/// The commit in hand.
struct Case {
    commit: Commit,
    /// None for a root, and where a shallow clone ends.
    parent_tree: Option<ObjectId>,
    /// What the commit does can be seen.
    whole: bool,
    findings: Vec<Finding>,
    totals: Totals,
}

impl Case {
    fn wrong(&mut self, check: &'static str, detail: impl Into<String>) {
        self.findings.push(finding(check, self.commit.id, detail.into(), FORGED));
    }

    fn changes_files(&self) -> bool {
        self.whole && self.parent_tree != Some(self.commit.tree)
    }
}

impl<'a> Examiner<'a> {
    pub fn new(store: &'a Store, archive: &'a Archive, shallow: &'a HashSet<ObjectId>) -> Self {
        let (diff, library) = (TreeDiff::new(store), Library::new(store, archive));
        Self { store, archive, shallow, diff, library }
    }

    /// Examines one commit; `trees` are those of commits that were just read.
    pub fn examine(&mut self, id: ObjectId, bytes: &[u8], trees: &HashMap<ObjectId, ObjectId>) -> Examined {
        let Some(commit) = Commit::decode(id, bytes) else {
            let broken = finding("object", id, "it is no commit that can be read".to_owned(), FETCH);
            return Examined { node: None, findings: vec![broken], totals: Totals::default() };
        };
        let cut = self.shallow.contains(&id);
        let (findings, totals) = Default::default();
        let mut case = Case { commit, parent_tree: None, whole: !cut, findings, totals };
        if let Some(parent) = case.commit.parents.first().copied().filter(|_| !cut) {
            let known = trees.get(&parent).copied();
            match known.map_or_else(|| self.store.commit(parent).map(|parent| parent.tree), Ok) {
                Ok(tree) => case.parent_tree = Some(tree),
                Err(error) => {
                    case.findings.push(finding("object", id, format!("could not {error}"), FETCH));
                    case.whole = false;
                }
            }
        }
        let (what, approver) = self.judge(&mut case);
        let Case { commit, findings, totals, .. } = case;
        let Commit { tree, parents, .. } = commit;
        let node = Node { id, tree, parents: parents.into(), approver, what, in_memory: false };
        Examined { node: Some(node), findings, totals }
    }

    fn judge(&mut self, case: &mut Case) -> (What, Approver) {
        let message = std::mem::take(&mut case.commit.message);
        let parts = parts(&message);
        // What nearly every commit is, without reading its trailers twice.
        if let [part] = &parts[..]
            && is_step(&part.trailers)
        {
            return (self.step(case, part), author(&case.commit));
        }
        case.commit.message.clone_from(&message);
        match read(&case.commit) {
            Some(Fact::Approval { dream, by, .. }) => self.approval(case, dream, by.as_deref()),
            Some(Fact::Rejection { by, .. }) => {
                if by.is_none() {
                    case.wrong("approver", "the rejection names nobody in Rejected-by");
                }
                (What::Rejection, Approver::Named)
            }
            Some(Fact::Revert { dream, by, .. }) => (What::Revert(dream), self.decided(case, by, "Reverted-by")),
            Some(Fact::Restore { dream, by }) => (What::Restore(dream), self.decided(case, by, "Restored-by")),
            Some(Fact::Squash { .. } | Fact::Review(..) | Fact::Change(..)) => {
                (self.squash(case, &parts), author(&case.commit))
            }
            Some(Fact::Undo(_)) | None => (self.plain(case, &parts), author(&case.commit)),
        }
    }

    /// A review or a change, whether well formed or not.
    fn step(&mut self, case: &mut Case, part: &Part) -> What {
        if part.trailers.get("Dream-Phase") != Some("review") {
            let step = self.change(case, part).map(|(dream, step)| What::Change(dream, Box::new(step)));
            return step.unwrap_or(What::Plain { edits: true });
        }
        let review = self.review(case, &part.trailers);
        if case.changes_files() {
            case.wrong("tree", "a review records what was read; this one changes files");
        }
        match part.trailers.get("Dream-Id").map(DreamId::new) {
            Some(Ok(dream)) => What::Review(dream, Box::new(review)),
            _ => {
                case.wrong("trailers", "its Dream-Id names no dream");
                What::Plain { edits: false }
            }
        }
    }

    fn plain(&mut self, case: &mut Case, parts: &[Part]) -> What {
        // Trailers of a dream from which nothing could be read were spoilt by somebody.
        if parts.iter().any(|part| part.trailers.get("Dream-Id").is_some()) {
            case.wrong("trailers", "its trailers name a dream and say nothing that can be understood");
        }
        let single = case.commit.parents.len() < 2;
        let empty_root = case.commit.parents.is_empty() && case.commit.tree == crate::store::object::EMPTY_TREE;
        What::Plain { edits: single && case.changes_files() && !empty_root }
    }

    fn approval(&mut self, case: &mut Case, dream: DreamId, by: Option<&str>) -> (What, Approver) {
        let approver = match by {
            None => Approver::Missing,
            Some(by) if is_engine(by) => Approver::Engine,
            Some(_) => Approver::Named,
        };
        if case.commit.parents.len() < 2 && case.changes_files() {
            case.wrong("merge", "it claims to approve a dream, and is no merge");
        }
        (What::Approval(dream), approver)
    }

    fn decided(&mut self, case: &mut Case, by: Option<String>, key: &str) -> Approver {
        match by {
            None => {
                case.wrong("approver", format!("it takes back or restores a dream, and names nobody in {key}"));
                Approver::Missing
            }
            Some(_) => Approver::Named,
        }
    }

    fn review(&mut self, case: &mut Case, trailers: &Trailers) -> ReviewStep {
        for key in ["Dream-Base", "Dream-Engine", "Dream-Settings"] {
            if trailers.all(key).count() != 1 {
                case.wrong(
                    "trailers",
                    format!("a review says {key} once; this one says it {} times", trailers.all(key).count()),
                );
            }
        }
        let base = trailers.get("Dream-Base").and_then(|id| ObjectId::parse(id).ok());
        let mut sessions = Vec::new();
        for value in trailers.all("Dream-Session") {
            let named = value
                .split_once('@')
                .and_then(|(id, blob)| Some((SessionId::new(id).ok()?, ObjectId::parse(blob).ok()?)));
            let Some((id, blob)) = named else {
                case.wrong("trailers", format!("'Dream-Session: {value}' names no session and blob"));
                continue;
            };
            match self.archive.place(&id) {
                Some(place) if self.archive.has_blob(place, blob) => sessions.push(place),
                Some(place) => {
                    sessions.push(place);
                    let why = format!(
                        "it read session {id} up to {}, which the stored transcript does not have",
                        blob.short()
                    );
                    case.findings.push(finding("sessions", case.commit.id, why, REPLACED));
                }
                None => {
                    let why = format!("it read session {id}, which is not stored");
                    case.findings.push(finding("sessions", case.commit.id, why, REPLACED));
                }
            }
        }
        sessions.sort_unstable();
        ReviewStep { base, sessions }
    }

    fn change(&mut self, case: &mut Case, part: &Part) -> Option<(DreamId, ChangeStep)> {
        let id = case.commit.id;
        let claim = change::read(&part.trailers, id, &mut case.findings);
        let deltas = self.deltas(case);
        let step = self.cite(case, part, claim.as_ref(), &deltas, true);
        let claim = claim?;
        if case.commit.parents.len() > 1 {
            case.wrong("tree", "it claims to be one change, and is a merge");
        } else if case.whole {
            match claim::check(self.store, &claim, &deltas) {
                Ok(wrong) => wrong.into_iter().for_each(|why| case.wrong("tree", why)),
                Err(error) => case.findings.push(finding("object", id, format!("could not {error}"), FETCH)),
            }
        }
        case.totals.changes += 1;
        Some((claim.dream, step?))
    }

    /// A squash brings many changes at once; each must hold, and together they must explain the tree.
    fn squash(&mut self, case: &mut Case, parts: &[Part]) -> What {
        let deltas = self.deltas(case);
        let (mut found, mut named, mut joins) = (Vec::new(), HashSet::new(), false);
        for part in parts {
            match part.trailers.get("Dream-Phase") {
                Some("review") => drop(self.review(case, &part.trailers)),
                Some(_) => {
                    let claim = change::read(&part.trailers, case.commit.id, &mut case.findings);
                    self.cite(case, part, claim.as_ref(), &deltas, false);
                    let Some(claim) = claim else { continue };
                    case.totals.changes += 1;
                    joins |= claim.change == crate::model::ChangeType::Join || claim.path.is_none();
                    named.extend(claim.path.map(String::from));
                    found.push(claim.dream);
                }
                None => found.extend(part.trailers.get("Dream-Id").and_then(|id| DreamId::new(id).ok())),
            }
        }
        let single = case.commit.parents.len() < 2;
        for delta in deltas.iter().filter(|delta| single && !named.contains(&delta.path)) {
            let absorbed = joins && claim::turnover(self.store, delta).is_ok_and(|turnover| turnover.come.is_empty());
            if !absorbed {
                case.wrong("tree", format!("it touches {}, which none of its changes names", delta.path));
            }
        }
        found.sort();
        found.dedup();
        What::Squash(found)
    }

    /// Looks up all evidence of one change.
    fn cite(
        &mut self,
        case: &mut Case,
        part: &Part,
        claim: Option<&change::Claim>,
        deltas: &[FileDelta],
        quotes_expected: bool,
    ) -> Option<ChangeStep> {
        let cited = change::evidence(&part.trailers, case.commit.id, &mut case.findings);
        case.findings.extend(claim.and_then(|claim| change::support(claim, &cited, case.commit.id)));
        let mut sessions: Vec<u32> = cited.iter().filter_map(|one| self.archive.place(&one.session)).collect();
        sessions.sort_unstable();
        sessions.dedup();
        let ground = Ground { commit: case.commit.id, parent_tree: case.parent_tree, deltas, quotes_expected };
        for (one, quote) in quoted(&part.text, cited) {
            case.findings.extend(self.library.check(&one, quote.as_deref(), &ground, &mut case.totals));
        }
        let claim = claim?;
        let path = claim.path.as_ref().map(|path| path.as_str().to_owned());
        let blob = deltas.iter().find(|delta| Some(&delta.path) == path.as_ref());
        let blob = blob.and_then(|delta| delta.new).map(|(_, id)| id);
        Some(ChangeStep { key: claim.key.clone(), change: claim.change, phase: claim.phase, sessions, path, blob })
    }

    fn deltas(&mut self, case: &mut Case) -> Vec<FileDelta> {
        if !case.whole {
            return Vec::new();
        }
        let found: Result<Vec<FileDelta>, ReadError> = self.diff.files(case.parent_tree, case.commit.tree);
        found.unwrap_or_else(|error| {
            case.findings.push(finding("object", case.commit.id, format!("could not {error}"), FETCH));
            case.whole = false;
            Vec::new()
        })
    }
}

/// A commit of a dream's own branch, by its trailers.
fn is_step(trailers: &Trailers) -> bool {
    let none = |key| trailers.get(key).is_none();
    trailers.get("Dream-Phase").is_some() && none("Dream-Decision") && none("Dream-Revert") && none("Dream-Restore")
}

fn author(commit: &Commit) -> Approver {
    let Signature { email, .. } = &commit.author;
    if email.ends_with(ENGINE) { Approver::Engine } else { Approver::Author }
}

/// Addresses of engines, which sign what they propose and approve nothing.
const ENGINE: &str = "@git-dream";

fn is_engine(person: &str) -> bool {
    person.trim_end().trim_end_matches('>').ends_with(ENGINE)
}

const FETCH: &str = "'git fsck' says what is missing or damaged; fetch it from a clone that has it";
const REPLACED: &str =
    "the sessions ref was rewritten: fetch refs/dream/sessions from a clone that still has the session";
