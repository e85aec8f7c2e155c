//! All sessions and memory together: what the finders found is grouped by meaning, weighed, worded, compared with what
//! memory holds, and put in the order in which it is most useful.

mod commands;
mod course;
mod directives;
mod draft;
mod duplicates;
mod facts;
mod files;
mod focus;
mod lesson;
mod mistakes;
mod prune;
mod requests;
mod rules;
mod standing;
mod workflows;

use crate::model::{BeliefKey, Proposal, SessionId};
use crate::phase::{Reflection, Situation};
use draft::Draft;
use std::collections::{HashMap, HashSet};

/// By texts, of which a night asks a million times; the order in which they come is nobody's.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
type Set<K> = HashSet<K, foldhash::fast::RandomState>;

/// How many sessions are looked up in history for one belief.
const LOOKED_UP: usize = 8;

/// The sessions in the order in which they happened, whatever the order in which they came.
pub struct Night<'a> {
    pub sessions: Vec<&'a Reflection>,
    pub situation: &'a Situation<'a>,
}

impl Night<'_> {
    /// How many sessions must agree; never fewer than two for what nobody said in so many words.
    pub fn support(&self) -> usize {
        self.situation.min_support.max(1) as usize
    }

    /// Whether what these sessions say of a belief was proposed before: then history has answered it. Asked of few
    /// sessions: what many say is sooner compared with memory than looked up for each of them.
    fn is_settled<'s>(&self, key: &BeliefKey, sessions: impl Iterator<Item = &'s SessionId> + Clone) -> bool {
        if sessions.clone().nth(LOOKED_UP).is_some() {
            return false;
        }
        let is_read = sessions.clone().all(|session| !self.situation.unread.contains(session));
        is_read && self.situation.memory.is_settled(key, sessions)
    }
}

/// What memory needs whatever the sessions said: duplicates joined, past dates retired. `others` is proposed already.
pub fn housekeeping(situation: &Situation<'_>, others: &[Proposal]) -> Vec<Proposal> {
    let night = Night { sessions: Vec::new(), situation };
    let memory = situation.memory;
    let mut proposals = duplicates::proposals(memory, others);
    let all: Vec<Proposal> = others.iter().chain(&proposals).cloned().collect();
    proposals.extend(prune::proposals(memory, &night, &all));
    proposals
}

/// Proposals, the most useful first.
pub fn propose(situation: &Situation<'_>) -> Vec<Proposal> {
    let mut sessions: Vec<&Reflection> = situation.reflections.iter().collect();
    sessions.sort_by(|a, b| (a.happened, &a.session).cmp(&(b.happened, &b.session)));
    sessions.dedup_by(|a, b| a.session == b.session);
    let night = Night { sessions, situation };
    let memory = situation.memory;

    // What one rule finds depends on no other.
    let statements = || rayon::join(|| directives::drafts(&night), || facts::drafts(&night));
    let habits = || (commands::drafts(&night), workflows::drafts(&night), files::drafts(&night));
    let calls = || rayon::join(|| mistakes::drafts(&night), habits);
    let ((directives, facts), (mistakes, (commands, workflows, files))) = rayon::join(statements, calls);
    let ((directives, mut told), (facts, more)) = (directives, facts);
    told.extend(more);
    let all = [directives, mistakes, commands, workflows, files, facts];
    let mut drafts: Vec<Draft<'_>> = all.into_iter().flatten().collect();
    drafts.retain(|draft| focus::allows(situation.instructions, draft));

    let mut proposals = standing::reconciled(draft::ordered(drafts), told, &night);
    proposals.extend(duplicates::proposals(memory, &proposals));
    proposals.extend(prune::proposals(memory, &night, &proposals));
    proposals
}

#[cfg(test)]
mod tests;
