//! All dreams, read back from history: one walk over memory and the tips of open and closed dreams, linear in their
//! number. What was read is kept beside the repository; then only what memory gained since is read.

mod history;
mod index;
mod keep;
mod lookup;
mod parts;
mod sessions_read;
mod standing;

pub use index::{DreamIndex, FileName};
pub use lookup::{Ledger, Row};
pub use sessions_read::{ReadMark, SessionsRead};

use super::dream::{CLOSED, Dream, OPEN};
use super::{ReadError, Store};
use crate::model::{DreamId, ObjectId};
use keep::Kept;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

type Dreams = BTreeMap<DreamId, Dream>;

/// Where the refs of dreams stand.
struct Tips {
    open: BTreeMap<DreamId, ObjectId>,
    closed: BTreeMap<DreamId, ObjectId>,
}

/// What memory gained since what is kept.
#[derive(Default)]
struct Gained {
    /// The dreams that it names, judged with what was known of them.
    judged: Dreams,
    commits: usize,
    /// Its first-parent line, newest first.
    line: Vec<ObjectId>,
}

/// So many times what is worth reading each time is read once, to be kept; of more all history is read.
const MOST: usize = 16;

impl Tips {
    fn of(&self, id: &DreamId) -> (Option<ObjectId>, Option<ObjectId>) {
        (self.open.get(id).copied(), self.closed.get(id).copied())
    }
}

impl Store {
    /// Reads the ledger as seen from a memory commit, or from a memory without one.
    pub fn ledger(&self, tip: Option<ObjectId>) -> Result<Ledger, ReadError> {
        // Where a clone is cut off, the same commit may have more history tomorrow.
        let kept = tip.filter(|_| !self.is_shallow()).and_then(|_| Kept::open(self));
        let tips = self.dream_tips(kept.as_deref())?;
        if let (Some(kept), Some(tip)) = (kept, tip)
            && let Some(ledger) = self.ledger_since(kept, tip, &tips)?
        {
            return Ok(ledger);
        }
        self.whole_ledger(tip, &tips)
    }

    fn dream_tips(&self, kept: Option<&Kept>) -> Result<Tips, ReadError> {
        let of = |prefix: &str, known: &dyn Fn(&DreamId) -> Option<ObjectId>| {
            let id = |name: &str| DreamId::new(name.strip_prefix(prefix)?).ok();
            let references = self.references(prefix)?;
            let tips = references.into_iter().filter_map(|(name, tip)| Some((id(&name)?, tip)));
            // A ref that leads to something else than a commit is no dream.
            let is_dream = |(id, tip): &(DreamId, ObjectId)| known(id) == Some(*tip) || self.commit(*tip).is_ok();
            Ok::<_, ReadError>(tips.filter(is_dream).collect())
        };
        let entry = |id: &DreamId| kept?.entry(id);
        Ok(Tips { open: of(OPEN, &|id| entry(id)?.open)?, closed: of(CLOSED, &|id| entry(id)?.closed)? })
    }

    fn whole_ledger(&self, tip: Option<ObjectId>, tips: &Tips) -> Result<Ledger, ReadError> {
        let all: Vec<ObjectId> = tip.iter().chain(tips.open.values()).chain(tips.closed.values()).copied().collect();
        let history = self.history(tip, &all)?;
        let mut dreams = standing::judge(&history, Dreams::new());
        let mut judged = BTreeMap::new();
        for id in tips.open.keys().chain(tips.closed.keys()) {
            judged.insert(id.clone(), dreams.get(id).cloned());
            dreams.entry(id.clone()).or_insert_with(|| Dream::new(id.clone()));
        }
        for (id, dream) in &mut dreams {
            (dream.open, dream.closed) = tips.of(id);
            history.add_proposal(dream);
            history.close(dream);
        }
        let (dreams, hidden): (Dreams, Dreams) = dreams.into_iter().partition(|(_, dream)| is_shown(dream));
        judged.extend(hidden.into_iter().map(|(id, dream)| (id, Some(dream))));
        if let Some(tip) = tip.filter(|tip| self.keeps(*tip)) {
            let main: Vec<ObjectId> = first_parents(&history, tip);
            // A file that cannot be written is no error.
            let _ = keep::write(self, tip, history.nodes.len(), &main, &judged, &dreams);
        }
        Ok(Ledger::new(tip, dreams))
    }

    /// Whether the ledger of a commit is kept: another commit than memory's own is asked about once.
    fn keeps(&self, tip: ObjectId) -> bool {
        !self.is_shallow() && self.memory_tip().ok().flatten().is_none_or(|memory| memory == tip)
    }

    /// The ledger from what is kept of it and what memory gained since; nothing where that would not be the same.
    fn ledger_since(&self, kept: Arc<Kept>, tip: ObjectId, tips: &Tips) -> Result<Option<Ledger>, ReadError> {
        let Some(Gained { judged, commits, line }) = self.gained_since(&kept, tip)? else { return Ok(None) };
        let moved =
            |id: &DreamId| tips.of(id) != kept.entry(id).map_or((None, None), |entry| (entry.open, entry.closed));
        let with_refs = kept.with_refs().chain(tips.open.keys()).chain(tips.closed.keys());
        let changed: BTreeSet<DreamId> = with_refs.filter(|id| moved(id)).chain(judged.keys()).cloned().collect();
        let (mut dreams, mut alone) = (Dreams::new(), BTreeMap::new());
        for id in changed {
            let Some(known) = judged.get(&id).cloned().map_or_else(|| kept.judged(&id), |dream| Some(Some(dream)))
            else {
                return Ok(None);
            };
            alone.insert(id.clone(), known.clone());
            let mut dream = known.unwrap_or_else(|| Dream::new(id.clone()));
            (dream.open, dream.closed) = tips.of(&id);
            if let Some(at) = dream.open.or(dream.closed) {
                let mut history = self.dream_history(at, &id, Some(tip))?;
                if let (Some(_), Some(closed)) = (dream.open, dream.closed) {
                    history.add(self.dream_history(closed, &id, Some(tip))?);
                }
                history.add_proposal(&mut dream);
                history.close(&mut dream);
            }
            dreams.insert(id, dream);
        }
        let is_old = commits > kept.worth_reading() || kept.is_outgrown(&dreams);
        if is_old && self.keeps(tip) {
            // A file that cannot be written is no error.
            let _ = keep::write_since(self, &kept, (tip, commits, &line), &alone, &dreams);
        }
        let left: BTreeSet<DreamId> = dreams.keys().cloned().collect();
        dreams.retain(|_, dream| is_shown(dream));
        Ok(Some(Ledger::since(tip, dreams, kept, &left)))
    }

    /// What memory's history since then says of dreams. Nothing where there is too much of it, or what is new may change
    /// what older commits mean.
    fn gained_since(&self, kept: &Arc<Kept>, tip: ObjectId) -> Result<Option<Gained>, ReadError> {
        if kept.tip() == tip {
            return Ok(Some(Gained::default()));
        }
        // What is kept may be of a history that was rewritten and is gone.
        let most = kept.worth_reading().saturating_mul(MOST);
        let Ok(Some(history)) = self.gained(tip, kept.tip(), most) else { return Ok(None) };
        let line = first_parents(&history, tip);
        let begins = line.last().and_then(|id| history.node(*id)).and_then(|node| node.parents.first().copied());
        let known = |id: &ObjectId| history.places.contains_key(id) || kept.is_on_main(*id);
        let parents = history.nodes.iter().flat_map(|node| &node.parents);
        if begins != Some(kept.tip()) || !parents.into_iter().all(known) || history.takes_back() {
            return Ok(None);
        }
        // Commits of a side branch may be older than what is kept, and then stand before it.
        let on_line: HashSet<ObjectId> = line.iter().copied().collect();
        let aside = history.named(|node| !on_line.contains(&node.id));
        let mut judged = Dreams::new();
        for id in history.named(|_| true) {
            match kept.judged(&id) {
                Some(Some(_)) if aside.contains(&id) => return Ok(None),
                Some(dream) => judged.extend(dream.map(|dream| (id, dream))),
                None => return Ok(None),
            }
        }
        Ok(Some(Gained { judged: standing::judge(&history, judged), commits: history.nodes.len(), line }))
    }
}

/// Not a review that landed without any change, such as a branch from which everything was dropped by hand.
fn is_shown(dream: &Dream) -> bool {
    dream.open.is_some() || dream.closed.is_some() || !dream.landings.is_empty()
}

/// The first-parent line of memory, newest first, as far as this history goes.
fn first_parents(history: &history::History, tip: ObjectId) -> Vec<ObjectId> {
    let next = |node: &&history::Node| node.parents.first().and_then(|parent| history.node(*parent));
    std::iter::successors(history.node(tip), next).map(|node| node.id).collect()
}
